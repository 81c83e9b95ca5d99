"""Workers of another installation: taken as they are where both see alike, else from their photos."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from facevec.decision.consent import ConsentPolicy
from facevec.decision.vectors import are_unit
from facevec.errors import (
    ContractMismatch,
    EnrolmentRefused,
    FacevecError,
    IdentitySealed,
    InputError,
    MemoryExhausted,
    NoFace,
    WorkerError,
)
from facevec.ports import Enrolments
from facevec.types import (
    Consent,
    DistinctFrom,
    Enrolment,
    NewPhoto,
    PhotoRecord,
    PhotoSource,
    Refusal,
    Worker,
    WorkerRecord,
)
from facevec.usecases.enrol import EnrolmentDesk
from facevec.usecases.enrol_or_add import Admission, Find, enrol_or_add
from facevec.usecases.identity import identity
from facevec.usecases.importing import Import, only_namesake
from facevec.usecases.people import refusal
from facevec.usecases.sealing import keeping_identity


def import_records(
    desk: EnrolmentDesk,
    records: Iterable[WorkerRecord],
    *,
    total: int,
    decided_by: str,
    on_worker: Callable[[], None] = lambda: None,
) -> Import:
    """Enrol the workers of an archive, or add what is new to the workers they are.

    Everybody is looked at as at any enrolment: names, faces that are somebody else's, and faces that are
    not those of the worker they come for. Templates of this installation's contract are taken as they are;
    of another the photos are looked at anew, where they are in the archive. decided_by: who says that
    look-alikes who were decided to be two people still are, and records the consents. These keep their
    dates; nobody comes whose consent has ended. total: how many workers there are in the archive.

    What is wrong with one worker is in the answer and stops nobody else. Raises RegistryError and ModelError
    before anybody is enrolled; afterwards they, and Ctrl-C, are what stopped the import.
    """
    admissions: list[Admission] = []
    new_ids: dict[int, int] = {}
    for record in records:
        others = tuple(
            new_ids[other.worker_id] for other in record.worker.distinct_from if other.worker_id in new_ids
        )
        distinct_from = DistinctFrom(others, decided_by) if others else None
        try:
            admission = _admission(desk, _signed(record, decided_by), distinct_from)
        except (FacevecError, KeyboardInterrupt) as error:
            if not admissions:
                raise
            return Import(tuple(admissions), total - len(admissions), error)
        if admission.enrolment.worker is not None:
            new_ids[record.worker.id] = admission.enrolment.worker.id
        admissions.append(admission)
        on_worker()
    return Import(tuple(admissions))


def _signed(record: WorkerRecord, by: str) -> WorkerRecord:
    """With the consent that came as one that whoever takes it in has recorded."""
    consent = record.worker.consent
    if consent is None:
        return record
    return replace(record, worker=replace(record.worker, consent=replace(consent, recorded_by=by)))


def _admission(desk: EnrolmentDesk, record: WorkerRecord, distinct_from: DistinctFrom | None) -> Admission:
    worker = record.worker
    try:
        _require_may_come(desk, worker)
        if not record.photos:
            raise NoFace("There is no template of this worker in the archive.")
        find = partial(_find, desk.registry, worker)
        contract = desk.vision.embedder.contract
        own = tuple(photo for photo in record.photos if photo.contract == contract)
        if own:
            return _carried(desk, find, replace(record, photos=own), distinct_from)
        return _enrolled_anew(desk, find, record, distinct_from)
    except (WorkerError, InputError, EnrolmentRefused, MemoryExhausted, ContractMismatch) as error:
        return Admission(Enrolment(worker.name, None, (), (refusal(worker.name, error),)), created=False)


def _enrolled_anew(
    desk: EnrolmentDesk, find: Find, record: WorkerRecord, distinct_from: DistinctFrom | None
) -> Admission:
    """From the photos that came, with this installation's model."""
    photos = [PhotoSource(each.photo.source, each.pixels) for each in record.photos if each.pixels]
    if not photos:
        raise ContractMismatch(
            "Their templates are of another model and their photos are not in the archive; enrol them from "
            "new photos."
        )
    return enrol_or_add(
        desk,
        find,
        record.worker.name,
        photos,
        external_id=record.worker.external_id,
        consent=record.worker.consent,
        distinct_from=distinct_from,
    )


def _carried(
    desk: EnrolmentDesk, find: Find, record: WorkerRecord, distinct_from: DistinctFrom | None
) -> Admission:
    """With the templates that came."""
    worker = find()
    if worker is not None:
        worker = desk.registry.workers([worker.id]).get(worker.id)
        if worker is None:
            raise WorkerError("They are enrolled here, and their consent has ended; renew it first.")
    owners = {each.photo.sha256: desk.registry.photo_owner(each.photo.sha256) for each in record.photos}
    mine = None if worker is None else worker.id
    already = tuple(each.photo.source for each in record.photos if mine and owners[each.photo.sha256] == mine)
    new = [each for each in record.photos if mine is None or owners[each.photo.sha256] != mine]
    if not new and worker is not None:
        return Admission(Enrolment(worker.name, worker, ()), created=False, already=already)
    consent = record.worker.consent if worker is None else worker.consent
    accepted, refused = _accepted(
        desk, worker, [_new_photo(desk, each, consent) for each in new], distinct_from
    )
    enrolment = _written(desk, record, worker, accepted, refused, distinct_from)
    return Admission(enrolment, created=worker is None and enrolment.worker is not None, already=already)


def _accepted(
    desk: EnrolmentDesk,
    worker: Worker | None,
    photos: Sequence[NewPhoto],
    distinct_from: DistinctFrom | None,
) -> tuple[list[NewPhoto], list[Refusal]]:
    contract = desk.vision.embedder.contract
    whom = identity(desk.registry, desk.live, desk.rules, contract, worker, distinct_from, reseed=False)
    accepted, refused = [], []
    for photo, fault in zip(photos, whom.faults(photos), strict=True):
        if fault is None:
            accepted.append(photo)
        else:
            refused.append(refusal(photo.source, fault))
    return accepted, refused


def _written(
    desk: EnrolmentDesk,
    record: WorkerRecord,
    worker: Worker | None,
    accepted: list[NewPhoto],
    refused: list[Refusal],
    distinct_from: DistinctFrom | None,
) -> Enrolment:
    name = record.worker.name
    if not accepted:
        return Enrolment(name, worker, (), refused)
    desk.registry.claim_model(desk.vision.embedder.model, desk.vision.embedder.contract)
    if worker is None:
        consent = record.worker.consent
        enrolled = desk.registry.add_worker(name, record.worker.external_id, consent, accepted, distinct_from)
        return Enrolment(name, enrolled, tuple(photo.source for photo in accepted), refused)
    try:
        enrolled = desk.registry.add_photos(
            worker.id, accepted, keeping_identity(desk.rules), distinct_from=distinct_from
        )
    except IdentitySealed as error:
        sealed = [refusal(photo.source, error) for photo in accepted]
        return Enrolment(name, worker, (), [*refused, *sealed])
    return Enrolment(name, enrolled, tuple(photo.source for photo in accepted), refused)


def _require_may_come(desk: EnrolmentDesk, worker: Worker) -> None:
    ConsentPolicy(required=desk.consents.required).require(worker.consent, desk.clock())
    if worker.status != "active":
        raise WorkerError("They were inactive where they come from; nobody is carried over who is.")


def _new_photo(desk: EnrolmentDesk, record: PhotoRecord, consent: Consent | None) -> NewPhoto:
    template = np.ascontiguousarray(record.template, np.float32)
    if template.shape != (desk.vision.embedder.dimension,) or not are_unit(template[np.newaxis]).all():
        raise InputError(f"The template of {record.photo.source} is none of this model's.")
    return NewPhoto(
        sha256=record.photo.sha256,
        source=record.photo.source,
        quality=record.photo.quality,
        template=template,
        contract=record.contract,
        pixels=record.pixels if desk.keeps_photos(consent) else None,
    )


def _find(registry: Enrolments, worker: Worker) -> Worker | None:
    """Who it is here: by their external id where they have one, else by name."""
    if worker.external_id is not None:
        return registry.worker_of(worker.external_id, worker.name)
    return only_namesake(registry.namesakes(worker.name))
