"""From bytes to faces: the one way into everything that searches, enrols or measures."""

from __future__ import annotations

from dataclasses import dataclass

from facevec.decision import subject
from facevec.ports import Vision
from facevec.types import Face, Image
from facevec.usecases.turns import TURNS, Turn

SURE_WHEN_TURNED = 0.997
"""Least score of the best face of a turned picture: three more looks are three more chances to err.

Of 129 photos of lfw-dev on their side, in which nothing was found as they lay, 127 show a face as sure as
this in the right turn and none in a wrong one; what was seen in a turned picture of dogs scores 0.994.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A decoded picture and every face in it, largest first, all as they were looked at.

    turn: how the picture that was sent was turned for that; see `as_sent`.
    """

    image: Image
    faces: tuple[Face, ...]
    turn: Turn = Turn.NONE

    def subject(self) -> Face:
        """The one face the picture is about. Raises NoFace, SeveralFaces."""
        return self.faces[subject.subject(self.faces, self.image.width, self.image.height)]

    def most_prominent(self) -> Face:
        """The face the picture is most about, whether or not it stands out. Raises NoFace."""
        return self.faces[subject.most_prominent(self.faces, self.image.width, self.image.height)]

    def sent(self) -> Image:
        """The picture as it was sent."""
        return self.turn.undone(self.image)

    def as_sent(self, face: Face) -> Face:
        """`face` where it lies in the picture as it was sent."""
        return self.turn.in_original(face, self.image)


def see(vision: Vision, data: bytes) -> Scene:
    """Every face in the picture `data`. Raises what `ImageDecoder.decode` raises.

    Where nothing is found, the picture is turned, unless `vision.turns` is off: cameras forget to say which
    way was up. Of several turns that show a face the one counts whose best face is surest.
    """
    image = vision.decoder.decode(data)
    faces = vision.detector.detect(image)
    if faces or not vision.turns:
        return Scene(image, faces)
    turned = ((turn, turn.applied(image)) for turn in TURNS)
    scenes = [Scene(each, vision.detector.detect(each), turn) for turn, each in turned]
    best = max(scenes, key=_surest)
    return best if _surest(best) >= SURE_WHEN_TURNED else Scene(image, faces)


def _surest(scene: Scene) -> float:
    return max((face.detection_score for face in scene.faces), default=0.0)
