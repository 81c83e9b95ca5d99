"""Where the faces of a picture are."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from facevec.events import Events
from facevec.types import TURNS, Box, Face, Image, Landmarks, Pixels, Point, Turn
from facevec.vision import glance
from facevec.vision.engines.base import Engine, Network, NotConverted, NotKept
from facevec.vision.hands import Hands
from facevec.vision.mtcnn import Cascade, Detections, Proposals
from facevec.vision.networks.mtcnn import cells_spec, few_bits_spec, mtcnn_spec
from facevec.vision.quality import measure_quality
from facevec.vision.screening import CellLook, FullLook, ScreenedLook

logger = Events()


class _Reduced(NamedTuple):
    """A picture as it is searched. smallest: shorter side of the faces that are looked for, its pixels."""

    image: Image
    smallest: float


class MtcnnDetector:
    """`ports.FaceDetector` by MTCNN.

    threshold: smallest score of a face, 0 to 1 (the cascade itself ends at 0.7).
    min_face: smallest shorter side of a face that is looked for, pixels of the picture; the cascade itself
    begins at 20. max_side: longer side in pixels to which a larger picture is reduced before it is searched.
    hands: so many threads share the work on pictures. lack: as in `Vision`.
    """

    def __init__(
        self, *, engine: Engine, threshold: float, min_face: float, max_side: int, hands: int = 1
    ) -> None:
        pnet = engine.load(mtcnn_spec("pnet"), side_by_side=hands)
        rnet = engine.load(mtcnn_spec("rnet"), side_by_side=hands)
        onet = engine.load(mtcnn_spec("onet"), side_by_side=hands)
        shared = Hands(hands)
        look, self.lack = _cell_look(engine, pnet, hands)
        self._cascade = Cascade(look, rnet, onet, shared)
        self._glance = glance.Glance(pnet, rnet, onet, shared)
        self._threshold = threshold
        self._min_face = min_face
        self._max_side = max_side

    @property
    def threshold(self) -> float:
        return self._threshold

    def detect(self, image: Image) -> tuple[Face, ...]:
        return self._faces(image, self._propose(self._reduced(image)))

    def detect_or_turn(self, image: Image, sure: float) -> tuple[tuple[Face, ...], Turn]:
        reduced = self._reduced(image)
        proposals = self._propose(reduced)
        faces = self._faces(image, proposals)
        if any(face.detection_score >= sure for face in faces):
            return faces, Turn.NONE
        return faces, self._turn(reduced, proposals)

    def _reduced(self, image: Image) -> _Reduced:
        pixels = _within(image.pixels, self._max_side)
        return _Reduced(Image(pixels), self._min_face * pixels.shape[0] / image.height)

    def _propose(self, reduced: _Reduced) -> Proposals:
        return self._cascade.propose(reduced.image.pixels, reduced.smallest)

    def _turn(self, reduced: _Reduced, proposals: Proposals) -> Turn:
        likely = self._glance.turn(proposals)
        if likely is not Turn.NONE or not glance.is_pale(proposals.table):
            return likely
        prominent = glance.smallest(reduced.image.height, reduced.image.width)
        smallest = max(prominent, reduced.smallest)
        turned = (_Reduced(turn.applied(reduced.image), smallest) for turn in TURNS)
        looks = (self._cascade.judge(self._propose(each)) for each in turned)
        return glance.likely([float(look.scores.max(initial=0.0)) for look in looks])

    def _faces(self, image: Image, proposals: Proposals) -> tuple[Face, ...]:
        detections, table = self._cascade.judge(proposals), proposals.table
        stretch = np.array([image.width / table.width, image.height / table.height], np.float32)
        faces = [
            face
            for index in np.flatnonzero(detections.scores >= self._threshold)
            if (face := _face(image.pixels, detections, int(index), stretch))
        ]
        return tuple(sorted(faces, key=lambda face: (-face.box.area, face.box.x_min, face.box.y_min)))


def _cell_look(engine: Engine, pnet: Network, hands: int) -> tuple[CellLook, str | None]:
    """(in few bits first, where that takes less time; what lacks for that, None where nothing does).

    It finds nothing that is not found without it: who lacks it is told, and waits a little longer.
    """
    full = FullLook(pnet)
    if not engine.computes("int8"):
        return full, None
    try:
        few_bits, side_by_side = (
            engine.load(spec, side_by_side=hands) for spec in (few_bits_spec(), cells_spec())
        )
    except (NotConverted, NotKept) as error:
        lack = f"The same faces are found, a little slower than they could be. {error}"
        logger.warning("detector_slower", code=error.code, reason=lack)
        return full, lack
    return ScreenedLook(few_bits, side_by_side, pnet), None


def _within(pixels: Pixels, max_side: int) -> Pixels:
    """The picture itself, or one reduced so that neither side is longer than `max_side`."""
    height, width = pixels.shape[:2]
    scale = max_side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _face(
    pixels: Pixels, detections: Detections, index: int, stretch: npt.NDArray[np.float32]
) -> Face | None:
    """One detection in full resolution, or None when no pixel of it is inside the picture."""
    height, width = pixels.shape[:2]
    x_min, y_min, x_max, y_max = (float(edge) for edge in detections.boxes[index] * np.tile(stretch, 2))
    box = Box(max(x_min, 0.0), max(y_min, 0.0), min(x_max, float(width)), min(y_max, float(height)))
    if box.width < 1 or box.height < 1 or not math.isfinite(box.area):
        return None
    left_eye, right_eye, nose, mouth_left, mouth_right = _points(detections.points[index] * stretch)
    marks = Landmarks(left_eye, right_eye, nose, mouth_left, mouth_right)
    score = float(detections.scores[index])
    return Face(box, marks, score, measure_quality(pixels, box, marks))


def _points(rows: npt.NDArray[np.float32]) -> list[Point]:
    return [(float(x), float(y)) for x, y in rows]
