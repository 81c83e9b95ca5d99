"""What is cut out of a picture for the networks that look at one face."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from facevec.types import Box, Face, Image, Pixels


def embedding_crops(image: Image, faces: Sequence[Face], *, size: int, margin: int) -> Pixels:
    """(n, size, size, 3) uint8: each box with a margin, stretched to a square.

    margin: pixels of the finished crop that lie outside the box, half of them on each side, as in
    facenet-pytorch's `extract_face`; the network was trained on faces cut and stretched so.
    What would lie outside the picture is left away.
    """
    share = margin / (size - margin) / 2
    crops = [_resized(_inside(image, _grown(face.box, share, share)), size) for face in faces]
    return np.stack(crops)


def square_crops(image: Image, faces: Sequence[Face], *, size: int, margin: float) -> Pixels:
    """(n, size, size, 3) uint8: the square round each box's centre, undistorted.

    margin: how much the square goes beyond the box on each side, as a share of its longer side.
    Outside the picture its border is repeated.
    """
    return np.stack([_resized(_square(image, face.box, margin), size) for face in faces])


def whole_square(pixels: Pixels, *, size: int) -> Pixels:
    """(size, size, 3) uint8: a whole picture as `square_crops` gives a face that fills it."""
    height, width = pixels.shape[:2]
    return _resized(_square(Image(pixels), Box(0, 0, width, height), 0.0), size)


def _grown(box: Box, across: float, down: float) -> Box:
    dx, dy = box.width * across, box.height * down
    return Box(box.x_min - dx, box.y_min - dy, box.x_max + dx, box.y_max + dy)


def _inside(image: Image, box: Box) -> Pixels:
    left, top = max(int(box.x_min), 0), max(int(box.y_min), 0)
    right, bottom = min(int(box.x_max), image.width), min(int(box.y_max), image.height)
    return image.pixels[top : max(bottom, top + 1), left : max(right, left + 1)]


def _square(image: Image, box: Box, margin: float) -> Pixels:
    side = max(1, round(max(box.width, box.height) * (1 + 2 * margin)))
    left = math.floor((box.x_min + box.x_max - side) / 2)
    top = math.floor((box.y_min + box.y_max - side) / 2)
    piece = _inside(image, Box(left, top, left + side, top + side))
    beyond = (-top, top + side - image.height, -left, left + side - image.width)
    above, below, before, after = (max(0, part) for part in beyond)
    if not any((above, below, before, after)):
        return piece
    padded = cv2.copyMakeBorder(piece, above, below, before, after, cv2.BORDER_REPLICATE)
    return np.asarray(padded, dtype=np.uint8)


def _resized(pixels: Pixels, size: int) -> Pixels:
    """By area when it shrinks, so that no detail turns into noise; linear when it grows."""
    shrinks = min(pixels.shape[:2]) >= size
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (size, size), interpolation=method), dtype=np.uint8)
