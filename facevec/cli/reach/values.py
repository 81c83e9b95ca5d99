"""What a service answers, as facevec's own values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from facevec.client import NotUnderstood, answers
from facevec.client.reading import BESIDE, Answer
from facevec.types import (
    Approval,
    Bands,
    Consent,
    ConsentText,
    Distinction,
    Enrolment,
    Identification,
    LedgerEntry,
    Photo,
    Quality,
    Refusal,
    RefusedAs,
    TurnedPhoto,
    Verification,
    Visit,
    Worker,
)

if TYPE_CHECKING:
    from facevec.presentation.answers.base import Answer as Shown
    from facevec.presentation.answers.recognition import FilesRecognized
    from facevec.presentation.answers.reviews import ReviewAnswer

Model = TypeVar("Model", bound="Shown")


def files(answer: answers.RecognitionAnswer) -> FilesRecognized:
    """As the command line shows it: without candidates and bands. Raises NotUnderstood."""
    from facevec.presentation.answers.recognition import FilesRecognized

    return _understood(FilesRecognized, answer.document)


def worker(answer: answers.WorkerAnswer | answers.WorkerDetails) -> Worker:
    """All that the registry says of them."""
    return Worker(
        id=answer.id,
        name=answer.name,
        external_id=answer.external_id,
        status=answer.status,
        consent=None if answer.consent is None else Consent(**_fields(answer.consent)),
        created_at=answer.created_at,
        photo_count=answer.photo_count,
        distinct_from=tuple(Distinction(**_fields(other)) for other in answer.distinct_from),
    )


def entries(answer: answers.ConsentEntriesAnswer) -> Sequence[LedgerEntry]:
    """What the ledger says of a worker."""
    return [LedgerEntry(**{**_fields(each), "purposes": tuple(each.purposes)}) for each in answer.entries]


def text(answer: answers.ConsentTextAnswer) -> ConsentText:
    """A consent text."""
    return ConsentText(**_fields(answer))


def texts(answer: answers.ConsentTextsAnswer) -> Sequence[ConsentText]:
    """Every consent text."""
    return [text(each) for each in answer.texts]


def approval(answer: answers.ApprovalAnswer) -> Approval:
    """Something that takes two people."""
    return Approval(**_fields(answer))


def review(answer: answers.ReviewAnswer) -> ReviewAnswer:
    """An identification that people decide. Raises NotUnderstood."""
    from facevec.presentation.answers.reviews import ReviewAnswer

    return _understood(ReviewAnswer, answer.document)


def photos(answer: answers.WorkerDetails) -> Sequence[Photo]:
    """Those of a worker."""
    return [
        Photo(
            id=each.id,
            worker_id=answer.id,
            sha256=each.sha256,
            source=each.source,
            quality=Quality(**_fields(each.quality)),
            created_at=each.created_at,
            has_pixels=each.has_pixels,
        )
        for each in answer.photos
    ]


def enrolment(answer: answers.EnrolmentAnswer) -> Enrolment:
    """What became of photos."""
    return Enrolment(
        name=answer.name,
        worker=None if answer.worker is None else worker(answer.worker),
        accepted=answer.accepted,
        refused=[refusal(reason) for reason in answer.refused],
        reseeded=answer.reseeded,
        turned=[TurnedPhoto(**_fields(each)) for each in answer.turned],
    )


def refusal(reason: answers.Reason) -> Refusal:
    """Why a photo was not taken, and whose face it is where that is why."""
    if reason.worker_id is None or reason.distance is None:
        return Refusal(reason.source, reason.code, reason.reason)
    return RefusedAs(reason.source, reason.code, reason.reason, reason.worker_id, reason.distance)


def verification(answer: answers.VerificationAnswer) -> Verification:
    """Whether two faces are one person."""
    return Verification(
        distance=answer.distance,
        threshold=answer.verify_threshold,
        same=answer.same,
        model=answer.model,
        ambiguous=answer.ambiguous,
        bands=None if answer.bands is None else Bands(answer.bands.distance, answer.bands.margin),
    )


def visit(answer: answers.VisitAnswer) -> Visit:
    """When a worker was seen; its random name stays with the service."""
    return Visit(
        id=answer.id,
        name="",
        worker_id=answer.worker_id,
        place=answer.place,
        first_at=answer.first_at,
        last_at=answer.last_at,
        sightings=answer.sightings,
        identification=Identification(
            answer.by, answer.request_id, answer.distance, answer.contract, _fields(answer.point)
        ),
    )


def _understood(kind: type[Model], document: Mapping[str, Any]) -> Model:
    """Raises NotUnderstood."""
    try:
        return kind.model_validate(document, extra="ignore")
    except ValueError as error:
        raise NotUnderstood(
            "The service answers with what this facevec does not know; is it another version?"
        ) from error


def _fields(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in vars(answer).items() if name not in BESIDE}
