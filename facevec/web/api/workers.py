"""Enrolling workers, looking at them, letting them go."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from flask import Response

from facevec.errors import (
    EnrolmentRefused,
    IdentitySealed,
    PhotoAlreadyEnrolled,
    WorkerNotFound,
)
from facevec.ports import Guard
from facevec.presentation.answers.problems import Reason
from facevec.presentation.answers.workers import EnrolmentAnswer, WorkerAnswer, WorkerDetails, WorkerPage
from facevec.types import DistinctFrom, Enrolment, PhotoSource, Receipt, Worker
from facevec.usecases import approvals
from facevec.usecases.accounts import of_enrolment
from facevec.usecases.enrol import add_photos
from facevec.usecases.enrol_or_add import Admission, enrol_or_add
from facevec.usecases.people import refusal
from facevec.usecases.remove import finishing
from facevec.usecases.scores import enrolment_in_bands
from facevec.usecases.sealing import keeping_identity
from facevec.web import call
from facevec.web.api.consents import agreed
from facevec.web.api.cursors import cursor_of, last_of
from facevec.web.api.erasures import proved
from facevec.web.api.events import index_cleaned_later, warn, warn_of_look_alikes
from facevec.web.api.versions import fingerprint, require_match, tagged
from facevec.web.limits import require_few
from facevec.web.problems import Problem, forbidden
from facevec.web.routes import PREFIX, Table, answer
from facevec.web.schemas import (
    NewWorkerForm,
    NewWorkerJson,
    NoQuery,
    PageQuery,
    PhotosForm,
    PhotosJson,
    WorkerChanges,
)
from facevec.web.service import Service
from facevec.web.two_people import require_second

table = Table("Workers")


@table.add("GET", "/workers", scope="enrol", query=PageQuery, answers={200: WorkerPage, 304: None})
def list_workers(service: Service, parameters: PageQuery) -> Response:
    """Workers by ascending id, in parts."""
    # Of a registry that was replaced, the same revision is another state.
    state = service.app.registry.state().position.digest
    listed = service.app.registry.list_workers(last_of(parameters.cursor), parameters.limit + 1)
    shown = listed[: parameters.limit]
    cursor = cursor_of(shown[-1].id) if len(listed) > parameters.limit else None
    workers = tuple(WorkerAnswer.of(worker) for worker in shown)
    return tagged(answer(WorkerPage(workers=workers, next_cursor=cursor)), state)


@table.add(
    "POST",
    "/workers",
    scope="enrol",
    json=NewWorkerJson,
    form=NewWorkerForm,
    answers={201: EnrolmentAnswer, 200: EnrolmentAnswer},
    heavy=True,
    problems=(404, 409, 422),
)
def create_worker(service: Service, parameters: NewWorkerForm | NewWorkerJson) -> Response:
    """Enrol a worker; the same external id and name again adds the photos that are new."""
    require_few(parameters.files, service.server.max_files)
    distinct_from = _distinct_from(parameters.distinct_from)
    consent = agreed(service, parameters.consent) if parameters.consent else None
    asking = approvals.enrolment(
        parameters.name,
        parameters.external_id,
        (file.data for file in parameters.files),
        consent=consent,
        distinct_from=parameters.distinct_from,
        now=service.app.clock(),
    )
    require_second(service, asking)
    with service.gate.place():
        admission = enrol_or_add(
            service.app.desk,
            partial(_known, service, parameters),
            parameters.name,
            _named(parameters.files),
            external_id=parameters.external_id,
            consent=consent,
            distinct_from=distinct_from,
        )
    admission = replace(admission, enrolment=_told(service, admission.enrolment))
    warn_of_look_alikes(admission.enrolment, distinct_from)
    return _admitted(admission, service.server.public_url)


@table.add(
    "GET", "/workers/<int:worker_id>", scope="enrol", answers={200: WorkerDetails, 304: None}, problems=(404,)
)
def show_worker(service: Service, _parameters: NoQuery, worker_id: int) -> Response:
    """A worker with their photos."""
    details = _details(service, worker_id)
    return tagged(answer(details), fingerprint(details))


@table.add(
    "PATCH",
    "/workers/<int:worker_id>",
    scope="admin",
    json=WorkerChanges,
    answers={200: WorkerAnswer},
    problems=(404, 409, 412),
)
def change_worker(service: Service, parameters: WorkerChanges, worker_id: int) -> Response:
    """Rename a worker; `If-Match` refuses when somebody changed them since."""
    require_match(_details(service, worker_id))
    require_second(service, approvals.renaming(worker_id, parameters.name))
    return answer(WorkerAnswer.of(service.app.registry.update_worker(worker_id, name=parameters.name)))


@table.add(
    "DELETE",
    "/workers/<int:worker_id>",
    scope="admin",
    answers={204: None},
    erases=True,
    problems=(404, 412),
)
def delete_worker(service: Service, _parameters: NoQuery, worker_id: int) -> Response:
    """Let a worker go: from here on nothing names them."""
    with finishing(service.app.registry, service.app.copies):
        require_match(_details(service, worker_id))
    require_second(service, approvals.removal(worker_id))
    receipt = None
    with index_cleaned_later():
        _, receipt = service.app.erasures.remove_worker(service.app.copies, worker_id, call.by())
    return proved(Response(status=HTTPStatus.NO_CONTENT), receipt)


@table.add(
    "POST",
    "/workers/<int:worker_id>/photos",
    scope="enrol",
    json=PhotosJson,
    form=PhotosForm,
    answers={200: EnrolmentAnswer},
    heavy=True,
    problems=(404, 409, 422),
)
def add_worker_photos(service: Service, parameters: PhotosForm | PhotosJson, worker_id: int) -> Response:
    """Add photos to a worker; those that will not do are refused one by one."""
    require_few(parameters.files, service.server.max_files)
    if parameters.reseed and not call.current().may("admin"):
        raise forbidden(
            "reseed: Saying anew who a worker is needs a key with the scope admin; use one that has."
        )
    worker = service.app.registry.worker(worker_id)
    distinct_from = _distinct_from(parameters.distinct_from)
    pictures = (file.data for file in parameters.files)
    others = parameters.distinct_from
    require_second(
        service, approvals.more_photos(worker_id, pictures, distinct_from=others, reseed=parameters.reseed)
    )
    with service.gate.place():
        enrolment = add_photos(
            service.app.desk,
            worker,
            _named(parameters.files),
            reseed=parameters.reseed,
            distinct_from=distinct_from,
        )
    enrolment = _told(service, enrolment)
    if not enrolment.accepted:
        raise _refused(enrolment)
    warn_of_look_alikes(enrolment, distinct_from)
    if enrolment.reseeded:
        warn("identity_reseeded", worker_id, "Photos by order of an admin key say anew who this worker is.")
    return answer(EnrolmentAnswer.of(enrolment))


@table.add(
    "DELETE",
    "/workers/<int:worker_id>/photos/<int:photo_id>",
    scope="enrol",
    answers={204: None},
    erases=True,
    problems=(404,),
)
def delete_photo(service: Service, _parameters: NoQuery, worker_id: int, photo_id: int) -> Response:
    """Remove one photo of a worker; the last, or what says too much of who they are, only for `admin`."""
    try:
        receipt = _remove_photo(service, worker_id, photo_id, keeping_identity(service.app.desk.rules))
    except IdentitySealed:
        if not call.current().may("admin"):
            raise
        require_second(service, approvals.emptying(worker_id, photo_id))
        receipt = _remove_photo(service, worker_id, photo_id, None)
    with suppress(WorkerNotFound):  # they may be gone altogether by now
        if not service.app.registry.worker(worker_id).photo_count:
            warn("identity_emptied", worker_id, "The last photo of this worker was removed by an admin key.")
    return proved(Response(status=HTTPStatus.NO_CONTENT), receipt)


def _remove_photo(service: Service, worker_id: int, photo_id: int, guard: Guard | None) -> Receipt | None:
    receipt = None
    with index_cleaned_later():
        _, receipt = service.app.erasures.remove_photo(service.app.copies, worker_id, photo_id, guard)
    return receipt


def _told(service: Service, enrolment: Enrolment) -> Enrolment:
    """`enrolment` as the client may know it: how near refused faces are to others is for `scores`."""
    call.current().note(of_enrolment(enrolment))
    if call.current().may("scores"):
        return enrolment
    return enrolment_in_bands(enrolment, service.app.desk.rules.other_person_threshold.value)


def _known(service: Service, parameters: NewWorkerForm | NewWorkerJson) -> Worker | None:
    if parameters.external_id is None:
        return None
    return service.app.registry.worker_of(parameters.external_id, parameters.name)


def _distinct_from(worker_ids: list[int]) -> DistinctFrom | None:
    """The workers who the key of this request says are somebody else; None without any.

    Raises Problem 403 without the scope admin: from here on neither of the two is named where they cannot
    be told apart, so it takes from a worker what removing them would.
    """
    if not worker_ids:
        return None
    call.current().worker_ids.update(worker_ids)
    key = call.current().key
    if key is None or not key.may("admin"):
        raise forbidden(
            "distinct_from: Saying that somebody who looks like a worker is another person needs a key with "
            "the scope admin; use one that has."
        )
    return DistinctFrom(tuple(worker_ids), call.by())


def _named(files: list[PhotoSource]) -> list[PhotoSource]:
    """Photos that came without a name are called by their place in the request."""
    return [PhotoSource(f.name or f"files[{i}]", f.data) for i, f in enumerate(files)]


def _admitted(admission: Admission, public_url: str | None) -> Response:
    """Photos that are the worker's already are listed as refused, and fail nothing."""
    repeated = (refusal(photo, PhotoAlreadyEnrolled()) for photo in admission.already)
    enrolment = replace(admission.enrolment, refused=(*repeated, *admission.enrolment.refused))
    if not enrolment.accepted and admission.enrolment.refused:
        raise _refused(enrolment)
    if not admission.created or enrolment.worker is None:
        return answer(EnrolmentAnswer.of(enrolment))
    response = answer(EnrolmentAnswer.of(enrolment), HTTPStatus.CREATED)
    path = f"workers/{enrolment.worker.id}"  # relative to the request's: a proxy may show it below any path
    response.headers["Location"] = f"{public_url}{PREFIX}/{path}" if public_url else path
    return response


def _refused(enrolment: Enrolment) -> Problem:
    reasons = [Reason.of(refusal) for refusal in enrolment.refused]
    repeated = all(refusal.code == PhotoAlreadyEnrolled.code for refusal in enrolment.refused)
    return Problem(
        HTTPStatus.CONFLICT if repeated else HTTPStatus.UNPROCESSABLE_ENTITY,
        PhotoAlreadyEnrolled.code if repeated else EnrolmentRefused.code,
        "No photo could be enrolled; `reasons` says why for each, and nothing was changed.",
        reasons=reasons,
    )


def _details(service: Service, worker_id: int) -> WorkerDetails:
    registry = service.app.registry
    photos = registry.photos(worker_id)
    return WorkerDetails.of(registry.worker(worker_id), photos=photos)
