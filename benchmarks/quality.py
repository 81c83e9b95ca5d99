"""What bad pictures cost, and what the quality gate says of them: `python -m benchmarks.quality DIR`.

DIR holds one folder a person (LFW). The mated probes of one deal of `benchmarks.protocol` are searched as
they are and after being blurred, darkened, overexposed and shrunk; the projection is learnt on people who
are not measured. For each distortion: faces not found, named rightly and wrongly of those found at the
default distance, the middle of the measure that it changes, and the share that each default gate refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks import protocol
from facevec.config import EnrolmentSettings, ProbeSettings
from facevec.decision.quality import quality_faults
from facevec.decision.resolve import TARGET_FPIR
from facevec.decision.vectors import pairwise_distances, unit
from facevec.types import Image, Pixels, Quality, Vectors
from facevec.usecases.see import look
from training.identification import alternatives
from training.identification.photos import embed_folder, instruments, scale_of

PROBES = 150
Distortion = Callable[[Pixels], Pixels]


def blurred(deviation: float) -> Distortion:
    """Out of focus: Gaussian of this deviation, pixels of a face about 95 wide."""
    return lambda pixels: np.asarray(cv2.GaussianBlur(pixels, (0, 0), deviation), np.uint8)


def exposed(gain: float) -> Distortion:
    """Light times `gain`, with the noise of a sensor (deviation 3) and what goes above white lost."""

    def distort(pixels: Pixels) -> Pixels:
        noise = np.random.default_rng(0).normal(0, 3, pixels.shape)
        return np.clip(np.rint(pixels * gain + noise), 0, 255).astype(np.uint8)

    return distort


def shrunk(scale: float) -> Distortion:
    """A face further away."""
    return lambda pixels: np.asarray(
        cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
    )


DISTORTIONS: tuple[tuple[str, str, Distortion], ...] = (
    ("as they are", "size", lambda pixels: pixels),
    *((f"blur {deviation}", "sharpness", blurred(deviation)) for deviation in (1.5, 2.5, 4, 6)),
    *((f"light x {gain}", "brightness", exposed(gain)) for gain in (0.3, 0.15, 0.08, 2.0, 3.0)),
    *((f"size x {scale}", "size", shrunk(scale)) for scale in (0.5, 0.35, 0.25)),
)


@dataclass(frozen=True, slots=True)
class Tried:
    """One probe with a face: its quality, and whether it was named rightly or wrongly."""

    quality: Quality
    right: bool
    wrong: bool


def line(name: str, measure: str, tried: list[Tried], probes: int) -> str:
    """A line of the table."""
    gates = [settings().gate() for settings in (ProbeSettings, EnrolmentSettings)]
    refused = [np.mean([bool(quality_faults(one.quality, gate)) for one in tried]) for gate in gates]
    cells = (
        f"{1 - len(tried) / probes:.3f}",
        f"{np.mean([one.right for one in tried]):.3f}",
        f"{np.mean([one.wrong for one in tried]):.3f}",
        f"{measure} {np.median([getattr(one.quality, measure) for one in tried]):.1f}",
        *(f"{share:.3f}" for share in refused),
    )
    return f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    """The command line."""
    parser = protocol.arguments(__doc__)
    parser.add_argument("--match", type=float, help="match threshold; the model's own unless given")
    options = parser.parse_args()

    embedded = embed_folder(options.folder, model=options.model, cache=options.cache)
    _, owners = np.unique(embedded.people, return_inverse=True)
    dealt = protocol.deal(embedded.people, embedded.files, number=0, enrolled=3)
    learnt = embedded.probes[dealt.training]
    project = alternatives.shipped(options.model)(learnt, owners[dealt.training])
    templates = project(embedded.templates)
    references: Vectors = unit(np.stack([templates[rows].sum(axis=0) for rows in dealt.gallery]))
    vision, _ = instruments(options.model)
    limit = options.match or scale_of(options.model).match.distance(TARGET_FPIR)
    chosen = list(zip(dealt.probes, dealt.truth, strict=True))[:PROBES]
    heads = (
        "distortion",
        "no face",
        "right",
        "wrong",
        "median",
        "probe gate refuses",
        "enrolment gate refuses",
    )
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)
    for name, measure, distort in DISTORTIONS:
        tried = []
        for row, worker in chosen:
            path = options.folder / embedded.people[row] / embedded.files[row]
            scene = look(vision, Image(distort(vision.decoder.decode(path.read_bytes()).pixels)))
            if not scene.faces:
                continue
            face = scene.most_prominent()
            probe = project(vision.embedder.embed(scene.image, [face]))
            distances = pairwise_distances(probe, references)[0]
            named = distances.min() <= limit
            right = bool(named and distances.argmin() == worker)
            tried.append(Tried(face.quality, right, bool(named and not right)))
        print(line(name, measure, tried, len(chosen)), flush=True)


if __name__ == "__main__":
    main()
