"""Facevec behind a service: its answers become the values that commands work with."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facevec import client as calls
from facevec.cli.common import note
from facevec.cli.files import read_picture
from facevec.cli.people import reader
from facevec.cli.reach import values
from facevec.cli.reach.meant import meant
from facevec.client import Client, ClientError, Problem
from facevec.client.answers import RecognitionAnswer
from facevec.errors import (
    ConsentTextNotFound,
    EnrolmentRefused,
    FacevecError,
    PhotoAlreadyEnrolled,
    ReceiptNotFound,
    ServiceBusy,
    ServiceDenied,
    ServiceError,
    ServiceUnreachable,
)
from facevec.types import (
    Approval,
    Consent,
    ConsentText,
    Enrolment,
    LedgerEntry,
    Photo,
    PhotoSource,
    Refusal,
    Verification,
    Visit,
    Worker,
    is_receipt_id,
)
from facevec.usecases.people import OnPhoto, Person

if TYPE_CHECKING:
    from facevec.presentation.answers.recognition import FilesRecognized
    from facevec.presentation.answers.reviews import ReviewAnswer
    from facevec.usecases.importing import Import

DENIED, BUSY = frozenset({401, 403}), frozenset({429, 503})
ENROLLED_NOBODY = frozenset({EnrolmentRefused.code, PhotoAlreadyEnrolled.code})


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """`port.Sight` of a picture that a service looked at. It draws, too, as it would for anybody."""

    client: Client
    picture: bytes
    files: FilesRecognized

    def answer(self, path: str) -> FilesRecognized:
        images = [image.model_copy(update={"path": path}) for image in self.files.images]
        return self.files.model_copy(update={"images": tuple(images)})

    def drawn(self, suffix: str) -> bytes:
        import numpy as np
        from PIL import Image

        from facevec.presentation.encode import FORMATS, encode

        with _told():
            jpeg = self.client.recognize_annotated(self.picture, visit=False)
        if FORMATS[suffix.lower()] == "JPEG":
            return jpeg
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
            return encode(np.asarray(picture.convert("RGB")), suffix)


class Service:
    """`port.Facevec` over a client. What a picture may weigh is the service's to say."""

    max_bytes = 2**28

    def __init__(self, client: Client) -> None:
        self._client = client
        self._banded = False

    @contextmanager
    def looking_ahead(self, _pictures: Sequence[Path]) -> Iterator[Callable[[Path], bytes]]:
        yield lambda path: read_picture(path, self.max_bytes)

    def recognize(self, picture: bytes) -> Answered:
        with _told():
            answer = self._client.recognize(picture, visit=False)
            files = values.files(answer)
        self._tell_of_bands(answer)
        return Answered(self._client, picture, files)

    def _tell_of_bands(self, answer: RecognitionAnswer) -> None:
        """Once, that distances are no more than edges."""
        if not self._banded and any(getattr(image, "bands", None) for image in answer.images):
            self._banded = True
            note("Distances and margins are edges of bands: the key lacks the scope scores.")

    def verify_pictures(self, first: bytes, second: bytes) -> Verification:
        with _told():
            return values.verification(self._client.verify(first, other=second))

    def verify_worker(self, picture: bytes, worker: Worker) -> Verification:
        with _told():
            return values.verification(self._client.verify(picture, worker_id=worker.id))

    def list_workers(self) -> Iterable[Worker]:
        with _told():
            yield from map(values.worker, self._client.workers())

    def find_worker(self, key: str, *, certain: bool = False) -> Worker:
        return meant([*self.list_workers()], key, certain=certain)

    def photos(self, worker: Worker) -> Sequence[Photo]:
        with _told():
            return values.photos(self._client.show_worker(worker.id))

    def enrol(
        self,
        name: str,
        photos: Iterable[PhotoSource],
        *,
        external_id: str | None,
        consent: Consent | None,
        distinct_from: Sequence[Worker],
    ) -> Enrolment:
        pictures = _pictures(photos)
        if not pictures:
            return Enrolment(name, None, ())
        with _told(), _refusals(name) as enrolment:
            answer = self._client.create_worker(
                name,
                pictures,
                external_id=external_id,
                consent=_said(consent) if consent else None,
                distinct_from=[other.id for other in distinct_from],
            )
            return values.enrolment(answer)
        return enrolment.outcome

    def add_photos(
        self, worker: Worker, photos: Iterable[PhotoSource], *, distinct_from: Sequence[Worker], reseed: bool
    ) -> Enrolment:
        pictures = _pictures(photos)
        if not pictures:
            return Enrolment(worker.name, worker, ())
        others = [other.id for other in distinct_from]
        with _told(), _refusals(worker.name, worker) as enrolment:
            answer = self._client.add_worker_photos(worker.id, pictures, reseed=reseed, distinct_from=others)
            return values.enrolment(answer)
        return enrolment.outcome

    def import_people(
        self, people: Sequence[Person], *, consent: Consent | None, on_photo: OnPhoto
    ) -> Import:
        from facevec.cli.reach.importing import Admissions
        from facevec.usecases.importing import admit_people

        return admit_people(Admissions(self, consent, on_photo), people, reader(self.max_bytes))

    def record_consent(self, worker: Worker, consent: Consent) -> Worker:
        with _told():
            return values.worker(
                self._client.record_worker_consent(
                    worker.id,
                    consent.text_version,
                    given_at=consent.given_at,
                    expires_at=consent.expires_at,
                    emotion=consent.emotion,
                    photos=consent.photos,
                    visits=consent.visits,
                )
            )

    def withdraw_consent(self, worker: Worker) -> tuple[Worker, str | None]:
        with _told():
            answer = self._client.withdraw_worker_consent(worker.id)
            return values.worker(answer), _named(answer.receipt)

    def consent_entries(self, worker: Worker) -> Sequence[LedgerEntry]:
        with _told():
            return values.entries(self._client.list_worker_consents(worker.id))

    def consent_texts(self) -> Sequence[ConsentText]:
        with _told():
            return values.texts(self._client.list_consent_texts())

    def consent_text(self, version: str) -> ConsentText:
        with _told():
            texts = {text.version: text for text in values.texts(self._client.list_consent_texts())}
        if version not in texts:
            raise ConsentTextNotFound(f"The service keeps no consent text {version!r}.")
        return texts[version]

    def add_consent_text(self, version: str, text: str) -> ConsentText:
        with _told():
            return values.text(self._client.add_consent_text(version, text))

    def approvals(self) -> Sequence[Approval]:
        with _told():
            return [values.approval(each) for each in self._client.list_approvals().approvals]

    def decide_approval(self, approval_id: int, *, approved: bool) -> Approval:
        with _told():
            return values.approval(
                self._client.decide_approval(approval_id, "approve" if approved else "refuse")
            )

    def withdraw_approval(self, approval_id: int) -> None:
        with _told():
            self._client.withdraw_approval(approval_id)

    def reviews(self) -> Sequence[ReviewAnswer]:
        with _told():
            return [values.review(each) for each in self._client.list_reviews().reviews]

    def decide_review(self, review_id: int, *, confirmed: bool) -> ReviewAnswer:
        with _told():
            decided = self._client.decide_review(review_id, "confirm" if confirmed else "reject")
            return values.review(decided)

    def visits(
        self, worker: Worker | None, since: datetime | None, until: datetime | None
    ) -> Sequence[Visit]:
        with _told():
            worker_id = None if worker is None else worker.id
            return [values.visit(each) for each in self._client.visits(worker_id, since=since, until=until)]

    def rename(self, worker: Worker, name: str) -> Worker:
        with _told():
            return values.worker(self._client.change_worker(worker.id, name))

    def remove(self, worker: Worker) -> tuple[Worker, str | None]:
        with _told():
            return worker, _named(self._client.delete_worker(worker.id))

    def remove_photo(self, worker: Worker, photo: Photo) -> tuple[Worker, str | None]:
        with _told():
            receipt = self._client.delete_photo(worker.id, photo.id)
            return values.worker(self._client.show_worker(worker.id)), _named(receipt)

    def receipt(self, receipt_id: str) -> Mapping[str, Any]:
        if not is_receipt_id(receipt_id):
            raise ReceiptNotFound(f"There is no receipt {receipt_id[:40]!r}: they have numbers.")
        with _told():
            return self._client.show_erasure(int(receipt_id)).document


@dataclass(slots=True)
class _Refused:
    """What became of photos, none of which was taken."""

    outcome: Enrolment


@contextmanager
def _refusals(name: str, worker: Worker | None = None) -> Iterator[_Refused]:
    """Photos that are all refused are an outcome, as they are here, and no error."""
    refused = _Refused(Enrolment(name, worker, ()))
    try:
        yield refused
    except Problem as problem:
        if problem.code not in ENROLLED_NOBODY or not problem.reasons:
            raise
        reasons: list[Refusal] = [values.refusal(reason) for reason in problem.reasons]
        refused.outcome = Enrolment(name, worker, (), reasons)


@contextmanager
def _told() -> Iterator[None]:
    """What the client raises, as errors of facevec: of the code that the service said where there is one."""
    try:
        yield
    except Problem as problem:
        raise _error(problem) from problem
    except ClientError as error:
        raise ServiceUnreachable(str(error)) from error


def _error(problem: Problem) -> FacevecError:
    kind = _by_code().get(problem.code)
    if kind is not None:
        return kind(str(problem))
    sentence = f"{problem} ({problem.code}; the service's log has more under {problem.request_id})"
    if problem.status in DENIED:
        return ServiceDenied(sentence)
    return ServiceBusy(sentence) if problem.status in BUSY else ServiceError(sentence)


def _by_code(root: type[FacevecError] = FacevecError) -> dict[str, type[FacevecError]]:
    """The errors that are nothing but a code and a sentence."""
    plain = {} if root.__init__ is not Exception.__init__ else {root.code: root}
    return plain | {code: kind for below in root.__subclasses__() for code, kind in _by_code(below).items()}


def _named(receipt: int | None) -> str | None:
    return None if receipt is None else str(receipt)


def _pictures(photos: Iterable[PhotoSource]) -> list[tuple[str, bytes]]:
    return [(photo.name, photo.data) for photo in photos]


def _said(consent: Consent) -> calls.Consent:
    return calls.Consent(
        consent.text_version,
        consent.given_at,
        consent.expires_at,
        consent.emotion,
        consent.photos,
        consent.visits,
    )
