"""facevec's faces beside those of facenet-pytorch's MTCNN, and what the network makes of them in torch.

`python -m benchmarks.parity [--data DIR] [--pictures 500]`: all of `photos` and so many of `lfw-dev`. Neither
reduces a picture first. A face is the same where the boxes overlap by `SAME` of their union.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.photos import DATA, photos_among
from benchmarks.protocol import share
from benchmarks.vision_speed import Published, plain_detector
from facevec import config
from facevec.errors import FacevecError
from facevec.networks import installed_networks
from facevec.ports import FaceDetector, FaceEmbedder
from facevec.types import Box, Face, Image, Landmarks, Quality

SAME = 0.95
SURE = 0.9
"""Smallest score of a face that counts."""

_UNMEASURED = Quality(0, 0, 0, 0, 0, 0)


@dataclass(slots=True)
class Parity:
    """reference, ours: how many faces each sees. Of each that both see: overlap of the boxes; how far the
    farthest landmark is off, as a share of the box's shorter side; cosine of the embeddings.
    """

    reference: int = 0
    ours: int = 0
    overlaps: list[float] = field(default_factory=list)
    landmarks: list[float] = field(default_factory=list)
    cosines: list[float] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return len(self.overlaps) / self.reference

    @property
    def precision(self) -> float:
        return len(self.overlaps) / self.ours


def parity(
    detector: FaceDetector,
    images: Iterable[Image],
    embedders: tuple[FaceEmbedder, FaceEmbedder] | None = None,
) -> Parity:
    """Both on the same pictures. embedders: ours and the reference's; None embeds nothing."""
    published = plain_detector()
    result = Parity()
    for image in images:
        theirs = list(_reference_faces(published, image))
        ours = [face for face in detector.detect(image) if face.detection_score >= SURE]
        result.reference += len(theirs)
        result.ours += len(ours)
        for face, other in _pairs(ours, theirs):
            result.overlaps.append(overlap(face.box, other.box))
            points, others = (np.array(each.landmarks.points()) for each in (face, other))
            off = np.linalg.norm(points - others, axis=1).max() / min(other.box.width, other.box.height)
            result.landmarks.append(float(off))
            if embedders:
                (first,), (second,) = (
                    embedder.embed(image, [each])
                    for embedder, each in zip(embedders, (face, other), strict=True)
                )
                result.cosines.append(float(first @ second))
    return result


def overlap(box: Box, other: Box) -> float:
    """Of the union of both."""
    width = min(box.x_max, other.x_max) - max(box.x_min, other.x_min)
    height = min(box.y_max, other.y_max) - max(box.y_min, other.y_min)
    common = max(width, 0.0) * max(height, 0.0)
    return common / (box.area + other.area - common)


def _reference_faces(published: Published, image: Image) -> Iterator[Face]:
    """Boxes cut off at the picture's borders, as facevec's are."""
    boxes, scores, points = published.detect(image.pixels, landmarks=True)
    if boxes is None:
        return
    limits = np.array([image.width, image.height] * 2)
    for box, score, marks in zip(np.clip(boxes, 0, limits), scores, points, strict=True):
        if score >= SURE:
            landmarks = Landmarks(*((float(x), float(y)) for x, y in marks))
            yield Face(Box(*map(float, box)), landmarks, float(score), _UNMEASURED)


def _pairs(ours: Sequence[Face], theirs: Sequence[Face]) -> Iterator[tuple[Face, Face]]:
    """Each face of ours with the one of theirs that is the same; none twice."""
    left = list(theirs)
    for face in ours:
        best = max(left, key=lambda other: overlap(face.box, other.box), default=None)
        if best is not None and overlap(face.box, best.box) >= SAME:
            left.remove(best)
            yield face, best


def images_in(data: Path, count: int, flags: dict[str, object]) -> Iterator[Image]:
    """Every picture of `photos`, and so many of `lfw-dev`, the same each time."""
    decoder = installed_networks(config.load(flags=flags)).decoder()
    photos = photos_among((data / "photos").rglob("*"))
    people = sorted((data / "lfw-dev").rglob("*.jpg"), key=lambda path: share(path.name))
    for path in [*photos, *people[:count]]:
        try:
            yield decoder.decode(path.read_bytes())
        except FacevecError as error:
            print(f"{path.name}: {error}")


def in_words(off: Sequence[float], limit: float) -> str:
    """By how much faces are off: the worst, the median, and how many by more than `limit`."""
    beyond = sum(each > limit for each in off)
    return f"worst {max(off):.6f}, median {np.median(off):.6f}, more than {limit} for {beyond} of {len(off)}"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--pictures", type=int, default=500)
    parser.add_argument("--boxes", action="store_true", help="embed nothing")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="of facevec's settings"
    )
    options = parser.parse_args()
    flags: dict[str, object] = {"vision.max_side": 100_000, "emotion.enabled": False}
    flags |= dict(pair.split("=", 1) for pair in options.set)
    ours, reference = (
        installed_networks(config.load(flags={**flags, **engine})).vision("casia-webface")
        for engine in ({}, {"vision.engine": "torch"})
    )
    images = images_in(options.data, options.pictures, flags)
    embedders = None if options.boxes else (ours.embedder, reference.embedder)
    result = parity(ours.detector, images, embedders)
    print(f"faces at {SURE}: {result.reference} of the reference, {result.ours} of facevec")
    print(f"recall {result.recall:.4f}, precision {result.precision:.4f}")
    print(f"boxes overlap less than wholly by: {in_words([1 - each for each in result.overlaps], 0.001)}")
    print(f"landmarks are off, of the box, by: {in_words(result.landmarks, 0.02)}")
    if result.cosines:
        print(
            f"cosines of embeddings less than 1 by: {in_words([1 - each for each in result.cosines], 0.0001)}"
        )


if __name__ == "__main__":
    main()
