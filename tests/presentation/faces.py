"""Made-up recognitions."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timezone

from facevec.config import Settings
from facevec.decision.resolve import operating_point
from facevec.types import (
    EMOTIONS,
    Box,
    Consent,
    Emotion,
    Face,
    Landmarks,
    Quality,
    Status,
    Worker,
)
from facevec.usecases.recognize import Circumstances, Recognition, RecognizedImage
from tests.toy import SCALE

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


def circumstances() -> Circumstances:
    return Circumstances(
        model="casia-webface",
        point=operating_point(Settings().match_overrides(), None, SCALE),
        detection_threshold=0.9,
        index_revision=12,
    )


def image(width: int, height: int, *faces: Recognition) -> RecognizedImage:
    decided_by = {each.name: getattr(circumstances(), each.name) for each in fields(Circumstances)}
    return RecognizedImage(width=width, height=height, faces=faces, faces_detected=len(faces), **decided_by)
