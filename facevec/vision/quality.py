"""What can be measured of a face before it is recognised."""

from __future__ import annotations

import math

import cv2
import numpy as np

from facevec.types import Box, Landmarks, Pixels, Quality

_SIDE = 112  # sharpness is compared at one size, so that it does not depend on the camera


def measure_quality(pixels: Pixels, box: Box, landmarks: Landmarks) -> Quality:
    """The `Quality` of the face in `box`, which lies inside `pixels`; units are explained there."""
    grey = _grey_crop(pixels, box)
    mean, deviation = cv2.meanStdDev(grey)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return Quality(
        size=min(box.width, box.height),
        sharpness=float(cv2.Laplacian(small, cv2.CV_32F).var()),
        brightness=float(mean.item()),
        contrast=float(deviation.item()),
        yaw=_yaw(landmarks),
        roll=_roll(landmarks),
    )


def _grey_crop(pixels: Pixels, box: Box) -> Pixels:
    top, left = int(box.y_min), int(box.x_min)
    bottom, right = math.ceil(box.y_max), math.ceil(box.x_max)
    grey = cv2.cvtColor(pixels[top:bottom, left:right], cv2.COLOR_RGB2GRAY)
    return np.asarray(grey, dtype=np.uint8)


def _yaw(marks: Landmarks) -> float:
    """Distance of the nose from the middle of the eyes along their line, in eye distances."""
    (left_x, left_y), (right_x, right_y), (nose_x, nose_y) = marks.left_eye, marks.right_eye, marks.nose
    across, down = right_x - left_x, right_y - left_y
    squared = max(across * across + down * down, 1.0)  # eyes less than a pixel apart are one point
    along = (nose_x - (left_x + right_x) / 2) * across + (nose_y - (left_y + right_y) / 2) * down
    return abs(along) / squared


def _roll(marks: Landmarks) -> float:
    (left_x, left_y), (right_x, right_y) = marks.left_eye, marks.right_eye
    return math.degrees(math.atan2(right_y - left_y, right_x - left_x))
