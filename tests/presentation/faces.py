"""Made-up recognitions."""

from __future__ import annotations

from datetime import datetime, timezone

from facevec.types import (
    EMOTIONS,
    Box,
    Consent,
    Emotion,
    Face,
    Landmarks,
    Quality,
    RecognisedImage,
    Recognition,
    Status,
    Worker,
)

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
EVEN = dict.fromkeys(EMOTIONS, 0.05) | {"happiness": 0.7}


def worker(name: str = "Ada Lovelace", worker_id: int = 7) -> Worker:
    return Worker(worker_id, name, "E7", "active", Consent("2026-01", WHEN), WHEN, 3)


def recognition(
    box: Box, status: Status = Status.IDENTIFIED, name: str = "Ada Lovelace", emotion: Emotion | None = None
) -> Recognition:
    middle = ((box.x_min + box.x_max) / 2, (box.y_min + box.y_max) / 2)
    quality = Quality(size=box.width, sharpness=50, brightness=100, contrast=40, yaw=0.1, roll=0)
    face = Face(box, Landmarks(middle, middle, middle, middle, middle), 0.98765, quality)
    known = worker(name) if status is Status.IDENTIFIED else None
    return Recognition(face, status, known, 0.654321, 0.5, emotion or Emotion(EVEN, "happiness"))


def image(width: int, height: int, *faces: Recognition) -> RecognisedImage:
    return RecognisedImage(width, height, faces, "casia-webface", 0.95, 0.9, 12)
