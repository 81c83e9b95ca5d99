"""Turning photos into templates of a worker, refusing those that would spoil the gallery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facevec.decision.consent import ANY_CONSENT, ConsentPolicy, may_keep_photos, not_recognizable
from facevec.decision.resolve import EnrolmentRules
from facevec.errors import (
    EnrolledAsAnother,
    EnrolmentRefused,
    FacevecError,
    IdentitySealed,
    InputError,
    MemoryExhausted,
    PhotoAlreadyEnrolled,
    WorkerError,
    WorkerNotFound,
)
from facevec.ports import Clock, Enrolments, LiveGallery, Vision, utc_now
from facevec.types import (
    Consent,
    DistinctFrom,
    Enrolment,
    NewPhoto,
    Photo,
    PhotoSource,
    Refusal,
    RefusedAs,
    RefusedFor,
    Turn,
    TurnedPhoto,
    Worker,
)
from facevec.usecases.identify import Identifier
from facevec.usecases.identity import Identity, identity
from facevec.usecases.people import OnPhoto, refusal
from facevec.usecases.portrait import Portrait, portrait, template
from facevec.usecases.sealing import keeping_identity
from facevec.usecases.see import see

if TYPE_CHECKING:
    from facevec.usecases.migrate.reembed import Successor


@dataclass(frozen=True, slots=True)
class EnrolmentDesk:
    """What enrolment works with. successor: while the model is changed, the other one."""

    vision: Vision
    registry: Enrolments
    live: LiveGallery
    rules: EnrolmentRules
    keep_photos: bool = False
    consents: ConsentPolicy = ANY_CONSENT
    clock: Clock = utc_now
    successor: Successor | None = None

    @property
    def identifier(self) -> Identifier:
        """Searches among those whom this desk enrols."""
        return Identifier(self.vision.embedder, self.registry, self.live)

    def keeps_photos(self, consent: Consent | None) -> bool:
        """Whether photos of who has this consent are kept beside their templates."""
        return self.keep_photos and may_keep_photos(consent)

    def portrait(self, photo: PhotoSource, turned: list[TurnedPhoto], *, keep: bool) -> Portrait:
        """What a photo shows; one that had to be turned is added to `turned`. keep: the photo itself, too.

        Raises NoFace, and what `ImageDecoder.decode` raises.
        """
        scene = see(self.vision, photo.data)
        if scene.turn is not Turn.NONE:
            turned.append(TurnedPhoto(photo.name, scene.turn.value))
        beside = () if self.successor is None else (self.successor.embedder,)
        return portrait(self.vision.embedder, photo, scene, beside=beside, keep=keep)

    def template(self, seen: Portrait, place: int) -> NewPhoto:
        """The photo, to be enrolled by the face at `place`. Raises EnrolmentRefused if it is no good."""
        return template(seen, place, self.rules.gate, self.vision.embedder.contract)


def enrol_worker(
    desk: EnrolmentDesk,
    name: str,
    photos: Iterable[PhotoSource],
    *,
    external_id: str | None = None,
    consent: Consent | None = None,
    distinct_from: DistinctFrom | None = None,
    on_photo: OnPhoto | None = None,
) -> Enrolment:
    """Enrol a new worker from `photos`; photos that will not do are refused one by one.

    Nothing is written when every photo is refused. distinct_from: workers who are somebody else although
    their faces are alike; it is recorded, and recognition names neither where it cannot tell them apart.
    Raises WorkerExists, WorkerError and what `ConsentPolicy.require` does before any photo is looked at,
    RegistryError and ContractMismatch.
    """
    desk.consents.require(consent, desk.clock())
    desk.registry.require_addable(name, external_id, consent, distinct_from)
    _require_others(desk.registry, distinct_from, worker=None)
    keep = desk.keeps_photos(consent)
    accepted, refused, turned = _examine(desk, photos, None, distinct_from, on_photo, keep=keep)
    if not accepted:
        # Where somebody enrolled them meanwhile, the photos are refused as theirs: say what came first.
        desk.registry.require_addable(name, external_id, consent, distinct_from)
        return Enrolment(name, None, (), refused, turned=turned)
    desk.registry.claim_model(desk.vision.embedder.model, desk.vision.embedder.contract)
    worker = desk.registry.add_worker(name, external_id, consent, accepted, distinct_from)
    sources = tuple(photo.source for photo in accepted)
    return Enrolment(worker.name, worker, sources, refused, turned=turned)


def add_photos(
    desk: EnrolmentDesk,
    worker: Worker,
    photos: Iterable[PhotoSource],
    *,
    reseed: bool = False,
    distinct_from: DistinctFrom | None = None,
    on_photo: OnPhoto | None = None,
) -> Enrolment:
    """Add `photos` to a worker already enrolled; those of somebody else are refused.

    reseed: whoever is on the photos is the worker, whatever was sealed and enrolled before. distinct_from:
    as for `enrol_worker`.

    Raises WorkerNotFound, RegistryError and ContractMismatch, and WorkerError for a worker who may not
    be recognised now: nothing could be compared with their other photos.
    """
    current = desk.registry.workers([worker.id]).get(worker.id)
    if current is None:
        raise not_recognizable(worker.id)
    _require_others(desk.registry, distinct_from, worker=current)
    keep = desk.keeps_photos(current.consent)
    accepted, refused, turned = _examine(
        desk, photos, current, distinct_from, on_photo, keep=keep, reseed=reseed
    )
    if accepted:
        desk.registry.claim_model(desk.vision.embedder.model, desk.vision.embedder.contract)
        guard = None if reseed else keeping_identity(desk.rules)
        try:
            worker = desk.registry.add_photos(
                worker.id, accepted, guard, reseed=reseed, distinct_from=distinct_from
            )
        except IdentitySealed as error:
            refused += [_refusal(photo.source, error) for photo in accepted]
            accepted = []
    sources = tuple(photo.source for photo in accepted)
    return Enrolment(worker.name, worker, sources, refused, reseeded=reseed and bool(accepted), turned=turned)


def _require_others(
    registry: Enrolments, distinct_from: DistinctFrom | None, *, worker: Worker | None
) -> None:
    """Raises WorkerNotFound for somebody who is not enrolled, WorkerError for `worker` themselves."""
    for worker_id in distinct_from.worker_ids if distinct_from else ():
        if worker is not None and worker_id == worker.id:
            raise WorkerError(f"Worker {worker_id} cannot be distinct from themselves; name another worker.")
        registry.worker(worker_id)


def _examine(
    desk: EnrolmentDesk,
    photos: Iterable[PhotoSource],
    worker: Worker | None,
    distinct_from: DistinctFrom | None,
    on_photo: OnPhoto | None,
    *,
    keep: bool,
    reseed: bool = False,
) -> tuple[list[NewPhoto], list[Refusal], list[TurnedPhoto]]:
    """(accepted, refused, turned). keep: the photos themselves, too."""
    usable: list[NewPhoto] = []
    undecided: list[Portrait] = []
    refused: list[Refusal] = []
    turned: list[TurnedPhoto] = []
    for photo in photos:
        try:
            seen = desk.portrait(photo, turned, keep=keep)
            _refuse_duplicate(desk.registry, seen.sha256, [*usable, *undecided], worker)
            if seen.subject is None:
                undecided.append(seen)
            else:
                usable.append(desk.template(seen, seen.subject))
        except (InputError, EnrolmentRefused) as error:
            refused.append(_refusal(photo.name, error))
            if desk.successor is not None and isinstance(error, PhotoAlreadyEnrolled):
                desk.successor.take(photo.data)
        except MemoryExhausted as error:
            raise MemoryExhausted(f"{photo.name}: {error}") from error
        if on_photo:
            on_photo(photo.name)
    contract = desk.vision.embedder.contract
    whom = identity(desk.registry, desk.live, desk.rules, contract, worker, distinct_from, reseed=reseed)
    return _accepted(desk, whom, usable, undecided, refused), refused, turned


def _accepted(
    desk: EnrolmentDesk,
    whom: Identity,
    usable: list[NewPhoto],
    undecided: Iterable[Portrait],
    refused: list[Refusal],
) -> list[NewPhoto]:
    """Those of `usable` and `undecided` that show whom they must; the others are added to `refused`."""
    reference = whom.reference(usable)
    for seen in undecided:
        try:
            usable.append(desk.template(seen, whom.place(seen.templates, reference)))
        except EnrolmentRefused as error:
            refused.append(_refusal(seen.source, error))
    accepted: list[NewPhoto] = []
    for photo, fault in zip(usable, whom.faults(usable), strict=True):
        if fault is None:
            accepted.append(photo)
        else:
            refused.append(_refusal(photo.source, fault))
    return accepted


def _refusal(source: str, error: FacevecError) -> Refusal:
    if isinstance(error, EnrolledAsAnother):
        return RefusedAs(source, error.code, str(error), error.worker_id, error.distance)
    if isinstance(error, PhotoAlreadyEnrolled) and error.owner_id is not None:
        return RefusedFor(source, error.code, str(error), error.owner_id)
    return refusal(source, error)


def _refuse_duplicate(
    registry: Enrolments, sha256: str, earlier: Sequence[NewPhoto | Portrait], worker: Worker | None
) -> None:
    for other in earlier:
        if sha256 == other.sha256:
            raise PhotoAlreadyEnrolled(f"This is the same file as {other.source}; it counts once.")
    owner = registry.photo_owner(sha256)
    if owner is None:
        return
    if worker is not None and owner == worker.id:
        raise PhotoAlreadyEnrolled
    try:
        sentence = _owned_by(registry.worker(owner), registry.photos(owner), sha256)
    except WorkerNotFound as error:
        if registry.photo_owner(sha256) != owner:  # the owner was removed meanwhile: the file is nobody's
            return
        raise PhotoAlreadyEnrolled(
            f"This file is already enrolled, as a photo of worker {owner}, who is not: the database was "
            "changed by something else than facevec; run `facevec db check`, and restore a backup."
        ) from error
    raise PhotoAlreadyEnrolled(sentence, owner_id=owner)


def _owned_by(owner: Worker, photos: Iterable[Photo], sha256: str) -> str:
    """That a file is among the `photos` of another worker, and what to do about it."""
    photo_id = next((photo.id for photo in photos if photo.sha256 == sha256), None)
    return (
        f"This file is already enrolled, as photo {photo_id} of worker {owner.id} ({owner.name}); if it does "
        f"not show them, `facevec worker remove-photo id:{owner.id} id:{photo_id}` takes it from them; if it "
        "shows both, crop it to the one whom you enrol."
    )
