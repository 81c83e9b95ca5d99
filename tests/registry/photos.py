"""Made-up enrolment photos: a number gives always the same one."""

from __future__ import annotations

import hashlib

import numpy as np

from facevec.types import NewPhoto, Quality
from tests.toy import DIMENSION

HUGE = 2**70
"""An id that no database holds."""

QUALITY = Quality(size=120.0, sharpness=55.5, brightness=130.0, contrast=40.0, yaw=0.1, roll=-3.0)


def vector(number: int) -> np.ndarray:
    drawn = np.random.default_rng(number).normal(size=DIMENSION)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def photo(
    number: int, *, contract: str = "contract-a", source: str | None = None, pixels: bytes | None = None
) -> NewPhoto:
    return NewPhoto(
        sha256=hashlib.sha256(str(number).encode()).hexdigest(),
        source=source or f"photo-{number}.jpg",
        quality=QUALITY,
        template=vector(number),
        contract=contract,
        pixels=pixels,
    )
