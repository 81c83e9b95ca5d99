"""Faces turned and scaled so that their landmarks lie where a network was taught to see them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from facevec.types import Face, Image, Pixels, Point

Matrix = npt.NDArray[np.float64]
Places = npt.NDArray[np.complex128]
"""Points of the plane; pixel (0, 0) reaches from 0 to 1 + 1j."""

_LEAST_TURN = 1e-3
"""Of landmarks that are no face's: no picture is shrunk further."""


def aligned_crops(
    image: Image, faces: Sequence[Face], landmarks: Sequence[Point], *, size: int, margin: int
) -> Pixels:
    """(n, size, size, 3) uint8: each face by the similarity that takes its landmarks nearest to `landmarks`.

    landmarks: where they belong, as shares of the side. margin: pixels of the finished crop that lie
    outside the frame these are meant for, half of them on each side; below 0 the crop shows less.
    Outside the picture its border is repeated.
    """
    targets = (_complex(landmarks) - (0.5 + 0.5j)) * (size - margin) + (0.5 + 0.5j) * size
    return np.stack(
        [_crop(image, similarity(_complex(face.landmarks.points()), targets), size) for face in faces]
    )


def similarity(points: Places, targets: Places) -> tuple[complex, complex]:
    """(turn, shift) for which turn * points + shift is nearest to `targets`, by least squares."""
    from_middle = points - points.mean()
    # Landmarks less than a pixel apart are one point.
    spread = max(float((np.abs(from_middle) ** 2).sum()), 1.0)
    turn = complex((from_middle.conj() * (targets - targets.mean())).sum()) / spread
    if abs(turn) < _LEAST_TURN:
        turn = complex(_LEAST_TURN)
    return turn, complex(targets.mean() - turn * points.mean())


def _crop(image: Image, moved: tuple[complex, complex], size: int) -> Pixels:
    """By area first when it shrinks, so that no detail turns into noise; then turned, and grown, linearly."""
    turn, shift = moved
    left, top, right, bottom = _surroundings(image, turn, shift, size)
    piece = image.pixels[top:bottom, left:right]
    shrunk = _shrunk(piece, min(abs(turn), 1.0))
    across, down = (old / new for old, new in zip(piece.shape[1::-1], shrunk.shape[1::-1], strict=True))
    whole = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag], [0, 0, 1]])
    # OpenCV counts from the middle of a pixel.
    matrix = _moved(-0.5, -0.5) @ whole @ _moved(left, top) @ np.diag([across, down, 1]) @ _moved(0.5, 0.5)
    warped = cv2.warpAffine(
        shrunk, matrix[:2], (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warped, dtype=np.uint8)


def _surroundings(image: Image, turn: complex, shift: complex, size: int) -> tuple[int, int, int, int]:
    """The edges of what the crop shows of the picture; at least a pixel."""
    corners = (np.array([0, size, size * 1j, size * (1 + 1j)]) - shift) / turn
    reach = 2 / min(abs(turn), 1.0)  # what lies between two pixels is made of both
    left = min(max(math.floor(corners.real.min() - reach), 0), image.width - 1)
    top = min(max(math.floor(corners.imag.min() - reach), 0), image.height - 1)
    right = min(math.ceil(corners.real.max() + reach), image.width)
    bottom = min(math.ceil(corners.imag.max() + reach), image.height)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _shrunk(piece: Pixels, factor: float) -> Pixels:
    height, width = piece.shape[:2]
    sides = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(cv2.resize(piece, sides, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _moved(x: float, y: float) -> Matrix:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def _complex(points: Sequence[Point]) -> Places:
    return np.array([complex(*point) for point in points])
