"""What the use cases need from the outside, and nothing of how it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from facevec.types import (
    ApiKey,
    Calibration,
    Candidate,
    Consent,
    Emotion,
    Face,
    Generation,
    Image,
    Looks,
    NewPhoto,
    Photo,
    Pixels,
    Probabilities,
    RegistryState,
    Scope,
    Snapshot,
    Templates,
    Vectors,
    Worker,
)


class ImageDecoder(Protocol):
    def decode(self, data: bytes) -> Image:
        """The picture in `data`.

        Raises FileEmpty, FileTooLarge, NotAnImage, ImageTruncated, ImageTooLarge, ImageTooSmall.
        """
        ...


class FaceDetector(Protocol):
    @property
    def threshold(self) -> float:
        """Smallest detection score that counts as a face, 0 to 1."""
        ...

    def detect(self, image: Image) -> tuple[Face, ...]:
        """Every face scoring at least `threshold`, largest first; boxes inside the picture."""
        ...


class FaceEmbedder(Protocol):
    @property
    def model(self) -> str:
        """Name of the weights in the catalogue."""
        ...

    @property
    def contract(self) -> str:
        """Embedding contract: only vectors of one contract are ever compared."""
        ...

    def embed(self, image: Image, faces: Sequence[Face], looks: Looks = Looks.ONCE) -> Vectors:
        """(len(faces), dimension) float32, rows of unit length; one batched call a view.

        looks: each view costs as much as the first.
        """
        ...


class EmotionReader(Protocol):
    @property
    def model(self) -> str:
        """Name of the weights in the catalogue."""
        ...

    def read(self, image: Image, faces: Sequence[Face]) -> tuple[Emotion, ...]:
        """One emotion a face; one batched call."""
        ...


class EmotionClassifier(Protocol):
    @property
    def model(self) -> str:
        """Name of the weights in the catalogue."""
        ...

    def classify(self, crops: Sequence[Pixels]) -> Probabilities:
        """A row for each picture, which shows one face from edge to edge: no margin is added."""
        ...


class Gallery(Protocol):
    """One unit vector a worker: the reference that stands for all their templates."""

    def __len__(self) -> int: ...

    def search(self, probes: Vectors, k: int) -> tuple[tuple[Candidate, ...], ...]:
        """For each row of `probes` its `k` nearest workers (fewer in a smaller gallery), nearest first."""
        ...

    def put(self, worker_ids: npt.NDArray[np.int64], references: Vectors) -> None:
        """Add workers, or replace those already there."""
        ...

    def remove(self, worker_ids: npt.NDArray[np.int64]) -> None:
        """Forget workers; ids that are not there are ignored."""
        ...


class LiveGallery(Protocol):
    """The gallery as the registry has it now."""

    def search(self, probes: Vectors, k: int) -> tuple[int, tuple[tuple[Candidate, ...], ...]]:
        """(revision, candidates): brought up to the registry's revision before searching; thread-safe."""
        ...

    def extent(self) -> tuple[int, int]:
        """(revision, workers) without asking the registry; (0, 0) before the first search."""
        ...


class Registry(Protocol):
    """The workers, their photos and templates. SQL is the truth; each method is one transaction."""

    def state(self) -> RegistryState: ...

    def claim_model(self, model: str, contract: str) -> RegistryState:
        """Record the model of this registry at first use.

        Raises ContractMismatch when another contract stands there already.
        """
        ...

    def require_addable(self, name: str, external_id: str | None, consent: Consent | None) -> None:
        """Raises WorkerExists or WorkerError when `add_worker` would, whatever the photos."""
        ...

    def add_worker(
        self,
        name: str,
        external_id: str | None,
        consent: Consent | None,
        photos: Sequence[NewPhoto],
    ) -> Worker:
        """Raises WorkerExists, WorkerError, PhotoAlreadyEnrolled, ContractMismatch."""
        ...

    def add_photos(self, worker_id: int, photos: Sequence[NewPhoto]) -> Worker:
        """Raises WorkerNotFound, PhotoAlreadyEnrolled, ContractMismatch."""
        ...

    def remove_photo(self, worker_id: int, photo_id: int) -> Worker:
        """Raises WorkerNotFound when worker or photo is not there."""
        ...

    def update_worker(self, worker_id: int, *, name: str) -> Worker:
        """Raises WorkerNotFound, WorkerExists, WorkerError."""
        ...

    def set_consent(self, worker_id: int, consent: Consent) -> Worker:
        """Record `consent` in place of the one before. Raises WorkerNotFound, WorkerError."""
        ...

    def remove_worker(self, worker_id: int) -> Worker:
        """Delete the worker with all photos and templates; their last state is returned.

        Raises WorkerNotFound.
        """
        ...

    def worker(self, worker_id: int) -> Worker:
        """Raises WorkerNotFound."""
        ...

    def find_worker(self, key: str) -> Worker:
        """The worker with this id, external id or exact name.

        Raises WorkerNotFound, WorkerAmbiguous.
        """
        ...

    def worker_of(self, external_id: str, name: str) -> Worker | None:
        """The worker of this external id, None when nobody has it.

        Raises WorkerExists when they are not called `name`, WorkerError when either cannot be used.
        """
        ...

    def workers(self, ids: Sequence[int]) -> Mapping[int, Worker]:
        """Those of `ids` that exist and are active; one query."""
        ...

    def list_workers(self, after_id: int = 0, limit: int | None = None) -> tuple[Worker, ...]:
        """By ascending id."""
        ...

    def photos(self, worker_id: int) -> tuple[Photo, ...]:
        """Raises WorkerNotFound."""
        ...

    def photo_owner(self, sha256: str) -> int | None:
        """The worker who has enrolled this very file, if any."""
        ...

    def templates(self, contract: str, worker_ids: Sequence[int] | None = None) -> tuple[int, Templates]:
        """(revision, templates) read together: of active workers, under `contract`.

        worker_ids: only these workers; None is all.
        """
        ...

    def enrolled(self, contract: str) -> tuple[int, int, int]:
        """(revision, workers, templates) read together: how many `templates` would give."""
        ...

    def withheld(self) -> tuple[tuple[int, ...], datetime | None]:
        """(ids of the workers who may not be recognised now, when the next consent ends), read together.

        None: nobody else's consent ends.
        """
        ...

    def withheld_templates(self, contract: str) -> Templates:
        """Under `contract`, of the workers who may not be recognised now: inactive, or consent ended.

        For enrolment alone, so that nobody is enrolled under a second name.
        """
        ...

    def changed_since(self, revision: int) -> tuple[int, tuple[int, ...]]:
        """(revision now, ids of the workers touched since), read together."""
        ...

    def newest_removal(self) -> int:
        """Revision at which a worker or a photo was last removed; 0 when none ever was."""
        ...


class GenerationStore(Protocol):
    """Snapshots of the gallery on disk: a faster start, never the truth."""

    def publish(self, read: Callable[[], Snapshot], newest_removal: Callable[[], int]) -> Generation:
        """Take the lock, then read, write, verify and make current; all of it or nothing.

        newest_removal: as `Registry.newest_removal`; asked when all is written. What was read before it
        is read again, and no older generation is kept: afterwards no file holds a removed face.

        Raises RebuildRunning when another process publishes, GalleryError when it cannot be written.
        """
        ...

    def load(self, contract: str, newest_revision: int) -> Generation | None:
        """The current generation, every byte verified; None when there is none.

        Raises GalleryError when it must not be used: damaged, under another contract, or
        of a revision the registry has not reached.
        """
        ...

    def discard(self, before_revision: int) -> int:
        """Delete every generation older than `before_revision`, and say how many there were.

        Called after a worker or a photo was removed, so that no file holds the face any longer.
        Waits for a running rebuild; raises RebuildRunning when that takes too long.
        """
        ...


class Calibrations(Protocol):
    """The calibrations that were put in force. Every method may raise RegistryError."""

    def add(self, calibration: Calibration) -> None:
        """From now on this one counts for its contract, in every process."""
        ...

    def latest(self, contract: str | None = None) -> Calibration | None:
        """The newest of `contract`, or of any."""
        ...


class ApiKeys(Protocol):
    """The keys of the service: issued once, kept as hashes only. Every method may raise RegistryError."""

    def create(
        self, name: str, scopes: Sequence[Scope], expires_at: datetime | None = None
    ) -> tuple[ApiKey, str]:
        """(the key's entry, the key itself, which is never shown again).

        Raises InputError for an empty or overlong name, no scope, or an expiry that has passed.
        """
        ...

    def list(self) -> tuple[ApiKey, ...]:
        """Every key ever issued, oldest first."""
        ...

    def revoke(self, key_id: str) -> ApiKey:
        """From now on the key opens nothing. Raises ApiKeyNotFound."""
        ...

    def find(self, presented: str) -> ApiKey | None:
        """The valid key that `presented` is, compared in constant time."""
        ...

    def any_valid(self) -> bool:
        """Whether some key is neither revoked nor expired."""
        ...

    def note_use(self, key: ApiKey) -> None:
        """Remember, to the hour, that the key was used."""
        ...
