"""From bytes to faces: the one way into everything that searches, enrols or measures."""

from __future__ import annotations

from dataclasses import dataclass

from facevec.decision import subject
from facevec.ports import Vision
from facevec.types import Face, Image


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A decoded picture and every face in it, largest first."""

    image: Image
    faces: tuple[Face, ...]

    def subject(self) -> Face:
        """The one face the picture is about. Raises NoFace, SeveralFaces."""
        return self.faces[subject.subject(self.faces, self.image.width, self.image.height)]

    def most_prominent(self) -> Face:
        """The face the picture is most about, whether or not it stands out. Raises NoFace."""
        return self.faces[subject.most_prominent(self.faces, self.image.width, self.image.height)]


def see(vision: Vision, data: bytes) -> Scene:
    """Every face in the picture `data`. Raises what `ImageDecoder.decode` raises."""
    image = vision.decoder.decode(data)
    return Scene(image, vision.detector.detect(image))
