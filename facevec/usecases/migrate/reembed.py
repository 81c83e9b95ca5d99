"""Making the templates of another model from the very photos that are enrolled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import numpy.typing as npt

from facevec.decision.vectors import pairwise_distances
from facevec.errors import EnrolmentRefused, InputError, NotTheSamePerson
from facevec.events import Events
from facevec.ports import FaceEmbedder, ModelChanges, Vision
from facevec.types import Purpose, WaitingPhoto
from facevec.usecases.roll import require_ascending
from facevec.usecases.see import see

logger = Events()

SAME_TEMPLATE = 0.2
"""A face that is the enrolled one comes as near to its template: one network, one photo, another machine."""

WORKERS_A_BLOCK = 100

Template = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reembedder:
    """embedders: of both models, by contract."""

    vision: Vision
    embedders: Mapping[str, FaceEmbedder]

    def template(self, photo: WaitingPhoto, data: bytes, contract: str) -> Template:
        """(dimension,): of the face whose template `photo` has, under `contract`.

        Which face of a photo is the worker's says the template that is there: its model makes it again.
        Raises InputError for another file or one that cannot be read, NotTheSamePerson where that face is
        not seen any more.
        """
        if hashlib.sha256(data).hexdigest() != photo.sha256:
            raise InputError(f"Photo {photo.id} is not the file that was enrolled; give a new one.")
        (known,) = (embedder for each, embedder in self.embedders.items() if each != contract)
        scene = see(self.vision, data)
        templates = known.embed(scene.image, scene.faces, Purpose.TEMPLATE)
        distances = pairwise_distances(templates, photo.template[None])[:, 0]
        if not len(distances) or distances.min() > SAME_TEMPLATE:
            raise NotTheSamePerson(
                f"The face that was enrolled is not seen in photo {photo.id}; give the worker a new one."
            )
        face = scene.faces[int(distances.argmin())]
        (template,) = self.embedders[contract].embed(scene.image, [face], Purpose.TEMPLATE)
        return np.asarray(template, np.float32)


@dataclass(frozen=True, slots=True)
class NotEmbedded:
    """A photo that was there and from which no template could be made, and why."""

    worker_id: int
    photo_id: int
    code: str
    reason: str


@dataclass(slots=True)
class Reembedding:
    """What came of some photos."""

    embedded: int = 0
    refused: list[NotEmbedded] = field(default_factory=list)


def reembed_kept(
    changes: ModelChanges, reembedder: Reembedder, on_worker: Callable[[int], None]
) -> Reembedding:
    """Make what is missing from photos that were kept. Begun anew after a kill, it goes on where it was.

    on_worker: is told how many photos of the next worker were looked at; what it raises ends the work, and
    what was made by then stays. Raises RegistryError, ModelError.
    """
    work = Reembedding()
    for contract in reembedder.embedders:
        for worker_id, photos in _by_worker(changes, contract):
            kept = [photo for photo in photos if photo.has_pixels]
            templates = {}
            for photo in kept:
                data = changes.pixels(photo.id)
                template = None if data is None else _made(reembedder, photo, data, contract, work)
                if template is not None:
                    templates[photo.id] = template
            if templates:
                work.embedded += changes.keep(worker_id, contract, templates)
            on_worker(len(kept))
    return work


def reembed_file(changes: ModelChanges, reembedder: Reembedder, data: bytes, work: Reembedding) -> bool:
    """Make what is missing from this very file, if it is an enrolled photo's; whether it waited for it."""
    waiting = changes.waiting_photo(hashlib.sha256(data).hexdigest())
    if waiting is None:
        return False
    contract, photo = waiting
    template = _made(reembedder, photo, data, contract, work)
    if template is not None:
        work.embedded += changes.keep(photo.worker_id, contract, {photo.id: template})
    return True


@dataclass(frozen=True, slots=True)
class Successor:
    """What is kept beside the templates of the model in force while the model is changed.

    embedder: of the model that is not in force.
    """

    embedder: FaceEmbedder
    changes: ModelChanges
    reembedder: Reembedder

    def take(self, data: bytes) -> None:
        """Of a file that is enrolled already: what is missing is made, or logged why not.

        Raises RegistryError, ModelError.
        """
        work = Reembedding()
        reembed_file(self.changes, self.reembedder, data, work)
        for refused in work.refused:
            logger.warning("photo_not_embedded", photo_id=refused.photo_id, reason=refused.reason)


def _made(
    reembedder: Reembedder, photo: WaitingPhoto, data: bytes, contract: str, work: Reembedding
) -> Template | None:
    try:
        return reembedder.template(photo, data, contract)
    except (InputError, EnrolmentRefused) as error:
        work.refused.append(NotEmbedded(photo.worker_id, photo.id, error.code, str(error)))
    return None


def _by_worker(changes: ModelChanges, contract: str) -> Iterator[tuple[int, list[WaitingPhoto]]]:
    after = 0
    while True:
        last, some = changes.waiting(contract, after, WORKERS_A_BLOCK)
        if last is None:
            return
        require_ascending(np.array([last]), after)
        after = last
        for worker_id, photos in groupby(some, lambda photo: photo.worker_id):
            yield worker_id, list(photos)
