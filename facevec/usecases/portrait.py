"""A photo as enrolment sees it: whom it is about, and a template of each face that it may be about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from facevec.decision.quality import require
from facevec.errors import SeveralFaces
from facevec.ports import FaceEmbedder
from facevec.types import Face, NewPhoto, PhotoSource, Purpose, QualityGate, Vectors
from facevec.usecases.see import Scene


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A photo, the faces that it may be about, and a template of each.

    subject: index of the face it is about, None when none stands out. beside: templates under the other
    contract while the model is changed, by contract.
    """

    source: str
    sha256: str
    pixels: bytes | None
    faces: tuple[Face, ...]
    templates: Vectors
    subject: int | None
    beside: Mapping[str, Vectors]


def may_be_meant(scene: Scene) -> tuple[Face, ...]:
    """The face that a photo is about; all of them where none stands out. Raises NoFace."""
    try:
        return (scene.subject(),)
    except SeveralFaces:
        return scene.faces


def portrait(
    embedder: FaceEmbedder, photo: PhotoSource, scene: Scene, *, beside: Sequence[FaceEmbedder], keep: bool
) -> Portrait:
    """beside: whose templates are kept as well. keep: the photo itself, too. Raises NoFace."""
    faces = may_be_meant(scene)
    return Portrait(
        source=photo.name,
        sha256=hashlib.sha256(photo.data).hexdigest(),
        pixels=photo.data if keep else None,
        faces=faces,
        templates=embedder.embed(scene.image, faces, Purpose.TEMPLATE),
        subject=0 if len(faces) == 1 else None,
        beside={other.contract: other.embed(scene.image, faces, Purpose.TEMPLATE) for other in beside},
    )


def template(seen: Portrait, place: int, gate: QualityGate, contract: str) -> NewPhoto:
    """The photo, enrolled by the face at `place`. Raises EnrolmentRefused where that is not good enough."""
    quality = seen.faces[place].quality
    require(quality, gate, "enrolment")
    return NewPhoto(
        sha256=seen.sha256,
        source=seen.source,
        quality=quality,
        template=seen.templates[place],
        contract=contract,
        pixels=seen.pixels,
        beside={contract: templates[place] for contract, templates in seen.beside.items()},
    )
