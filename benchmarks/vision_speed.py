"""facevec's vision beside the plain way, in one run: `python benchmarks/vision_speed.py [--threads 1]`.

The plain way is facenet_pytorch's MTCNN.detect on the whole picture and torch eager. Where torchvision's own
suppression does not load, facevec's stands in for it there, which flatters the plain way. Medians of
repeated calls; a public-domain portrait only. Of a model of two networks, what the second costs stands below.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import cv2
import numpy as np
import skimage.data
import torch

from facevec.config import load
from facevec.networks import installed_networks
from facevec.types import Image, Purpose
from facevec.usecases.model import networks_of
from facevec.vision.suppression import suppress
from facevec.vision.torchvision_ops import ensure_torchvision_operators


def median_ms(work: Callable[[], object], repeats: int) -> float:
    """Milliseconds of the median call, after one that does not count."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def fastest_ms(works: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """Milliseconds of the fastest call of each, in turns: a busy core slows all alike."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for work, measured in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            measured.append(time.perf_counter() - start)
    return [1000 * min(measured) for measured in times]


def unseen(image: Image) -> Image:
    """The picture as another one: of one that was seen nothing is embedded twice."""
    return Image(image.pixels)


class Published(Protocol):
    """facenet-pytorch's detector."""

    def detect(self, pixels: object, landmarks: bool = False) -> tuple[Any, ...]:
        """Boxes, scores and landmarks of the faces, or None of each."""
        ...


def plain_detector() -> Published:
    """facenet-pytorch's detector, mended where torchvision lacks its operators."""
    ensure_torchvision_operators()
    from facenet_pytorch import MTCNN
    from facenet_pytorch.models.utils import detect_face
    from torchvision.extension import _has_ops

    if not _has_ops():
        detect_face.batched_nms = lambda boxes, scores, _image, limit: torch.as_tensor(
            suppress(boxes.numpy(), scores.numpy(), limit)
        )
    return MTCNN(keep_all=True)


def pictures() -> dict[str, Image]:
    """A small face, one in full HD, and a large picture without any."""
    portrait = skimage.data.astronaut()
    full_hd = np.full((1080, 1920, 3), 100, np.uint8)
    full_hd[28:1052, 400:1424] = cv2.resize(portrait, (1024, 1024), interpolation=cv2.INTER_CUBIC)
    small = cv2.resize(portrait, (250, 250), interpolation=cv2.INTER_AREA)
    return {
        "250 x 250": Image(small),
        "1920 x 1080": Image(full_hd),
        "6000 x 4000 blank": Image(np.full((4000, 6000, 3), 128, np.uint8)),
    }


def report(name: str, ours: float, plain: float) -> None:
    """One line of the table."""
    print(f"{name:34} {ours:9.1f} {plain:9.1f} {plain / ours:7.1f}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--model", default="casia-webface")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    ours, theirs = (
        installed_networks(
            load(
                flags={
                    "emotion.model": "emotion-small",
                    "vision.threads": options.threads,
                    "vision.engine": engine,
                }
            )
        )
        for engine in ("openvino", "torch")
    )
    vision, reference = ours.vision(options.model), theirs.vision(options.model)
    plain = plain_detector()

    print(f"{options.threads} thread(s)".ljust(34), "  facevec     plain   ratio   (ms)")
    for name, image in pictures().items():
        repeats = 1 if "blank" in name else options.repeats
        ours = median_ms(lambda image=image: vision.detector.detect(image), options.repeats)
        theirs = median_ms(lambda image=image: plain.detect(image.pixels), repeats)
        report(f"detect {name}", ours, theirs)

    image = pictures()["1920 x 1080"]
    face = vision.detector.detect(image)[0]
    for count in (1, 8, 32):
        batch = [replace(face, detection_score=1 - place / 100) for place in range(count)]  # none twice
        for part, ours, theirs in (
            ("embed", vision.embedder.embed, reference.embedder.embed),
            (
                "recheck",
                *(partial(one.embedder.embed, purpose=Purpose.RECHECK) for one in (vision, reference)),
            ),
            ("emotion", vision.emotion.read, reference.emotion.read),
        ):
            repeats = max(2, options.repeats // (1 + count // 8))
            fast = median_ms(lambda run=ours, batch=batch: run(unseen(image), batch), repeats)
            slow = median_ms(lambda run=theirs, batch=batch: run(unseen(image), batch), repeats)
            report(f"{part}, {count} face(s), a face", fast / count, slow / count)

    first, *others = networks_of(options.model)
    if others:
        print(f"\n{options.model}".ljust(34), "   first      both   ratio   (ms)")
        alone = ours.vision(first).embedder
        for purpose in Purpose:
            runs = [
                lambda each=each, purpose=purpose: each.embed(unseen(image), [face], purpose)
                for each in (alone, vision.embedder)
            ]
            report(f"{purpose.value}, a face", *fastest_ms(runs, 10 * options.repeats))


if __name__ == "__main__":
    main()
