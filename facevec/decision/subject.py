"""Which face a photo is about: one rule, for enrolment, verification and every measurement."""

from __future__ import annotations

from collections.abc import Sequence

from facevec.errors import NoFace, SeveralFaces
from facevec.types import Face

AREA_RATIO = 1.5
PROMINENCE_RATIO = 2.0
"""How many times larger, and more prominent, than any other face a photo's subject is.

Measured on the 421 photos of lfw-dev with several faces: 101 stay undecided, in the other 320 the
subject is always the labelled person.
"""


def prominence(face: Face, width: int, height: int) -> float:
    """How much a photo of `width` x `height` pixels is about `face`: square pixels, less off the centre.

    area / (1 + (offset / side)²), offset being the distance of the face's centre from the photo's.
    """
    box = face.box
    across = (box.x_min + box.x_max - width) / 2
    down = (box.y_min + box.y_max - height) / 2
    return box.area / (1 + (across**2 + down**2) / max(box.area, 1.0))


def most_prominent(faces: Sequence[Face], width: int, height: int) -> int:
    """Index of the most prominent of `faces`. Raises NoFace."""
    if not faces:
        raise NoFace("No face was found.")
    return max(range(len(faces)), key=lambda place: prominence(faces[place], width, height))


def subject(faces: Sequence[Face], width: int, height: int) -> int:
    """Index of the most prominent of `faces`, where it stands out from all others.

    Raises NoFace, and SeveralFaces when no face stands out.
    """
    if not faces:
        raise NoFace("No face was found; use a photo that shows the worker's face from the front.")
    place = most_prominent(faces, width, height)
    chosen = faces[place]
    least = prominence(chosen, width, height) / PROMINENCE_RATIO
    others = (face for other, face in enumerate(faces) if other != place)
    if any(
        chosen.box.area < AREA_RATIO * face.box.area or prominence(face, width, height) > least
        for face in others
    ):
        raise SeveralFaces(
            f"{len(faces)} faces were found and none stands out; crop the photo to the worker."
        )
    return place
