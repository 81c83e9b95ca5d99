"""Run everything once, so that the first picture waits for nothing; see whether one could be served."""

from __future__ import annotations

from facevec.ports import LiveGallery, Vision
from facevec.types import Box, Face, Image, Landmarks, Quality
from facevec.types.lazy_numpy import np

SIDE = 320
"""Side of the picture the networks are run on, pixels; what it shows does not matter."""

_FACE = Face(
    box=Box(90, 70, 230, 250),
    landmarks=Landmarks((125, 140), (195, 140), (160, 175), (132, 210), (188, 210)),
    detection_score=1.0,
    quality=Quality(size=140, sharpness=50, brightness=128, contrast=40, yaw=0, roll=0),
)


def warm(vision: Vision, live: LiveGallery) -> None:
    """Detect, embed, read an emotion and search, on noise.

    Raises ModelError, RegistryError, ContractMismatch.
    """
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    image = Image(noise)
    vision.detector.detect(image)
    probes = vision.embedder.embed(image, [_FACE])
    if vision.emotion:
        vision.emotion.read(image, [_FACE])
    live.search(probes, 1)


def can_search(live: LiveGallery, dimension: int) -> int:
    """The revision at which the live view answers now. Raises RegistryError."""
    probe = np.zeros((1, dimension), np.float32)
    probe[0, 0] = 1.0
    return live.search(probe, 1)[0].revision
