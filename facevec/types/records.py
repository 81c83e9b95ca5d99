"""All that is kept of a worker, as it is carried from one installation to another."""

from __future__ import annotations

from dataclasses import dataclass

from facevec.types.arrays import Vector
from facevec.types.people import Photo, Worker


@dataclass(frozen=True, slots=True, eq=False)
class PhotoRecord:
    """An enrolment photo, what was computed from it, and its bytes where they are kept.

    template: (dimension,) float32, unit length, under `contract`.
    """

    photo: Photo
    template: Vector
    contract: str
    pixels: bytes | None


@dataclass(frozen=True, slots=True, eq=False)
class WorkerRecord:
    """A worker and their photos, oldest first."""

    worker: Worker
    photos: tuple[PhotoRecord, ...]
