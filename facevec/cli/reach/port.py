"""What commands ask of facevec, wherever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from facevec.types import (
    Approval,
    Consent,
    ConsentText,
    Enrolment,
    LedgerEntry,
    Photo,
    PhotoSource,
    Verification,
    Visit,
    Worker,
)

if TYPE_CHECKING:
    from facevec.presentation.answers.recognition import FilesRecognized
    from facevec.presentation.answers.reviews import ReviewAnswer
    from facevec.usecases.importing import Import
    from facevec.usecases.people import OnPhoto, Person


class Sight(Protocol):
    """A picture in which everyone is named."""

    def answer(self, path: str) -> FilesRecognized:
        """What was recognised in the picture, which is called `path`, and what decided it."""
        ...

    def drawn(self, suffix: str) -> bytes:
        """The annotated picture as a file of this kind, a key of `presentation.encode.FORMATS`."""
        ...


class Facevec(Protocol):
    """Recognises, verifies and enrols. Every method raises FacevecError.

    max_bytes: of a picture that is read at all.
    """

    max_bytes: int

    def looking_ahead(self, pictures: Sequence[Path]) -> AbstractContextManager[Callable[[Path], bytes]]:
        """What reads each of `pictures`, which are recognised inside the block, in this order."""
        ...

    def recognize(self, picture: bytes) -> Sight: ...

    def verify_pictures(self, first: bytes, second: bytes) -> Verification: ...

    def verify_worker(self, picture: bytes, worker: Worker) -> Verification: ...

    def list_workers(self) -> Iterable[Worker]:
        """Everyone, by ascending id."""
        ...

    def find_worker(self, key: str, *, certain: bool = False) -> Worker:
        """As `ports.WorkerDirectory.find_worker`."""
        ...

    def photos(self, worker: Worker) -> Sequence[Photo]: ...

    def enrol(
        self,
        name: str,
        photos: Iterable[PhotoSource],
        *,
        external_id: str | None,
        consent: Consent | None,
        distinct_from: Sequence[Worker],
    ) -> Enrolment:
        """Enrol somebody who, as this user says, is none of `distinct_from`."""
        ...

    def add_photos(
        self, worker: Worker, photos: Iterable[PhotoSource], *, distinct_from: Sequence[Worker], reseed: bool
    ) -> Enrolment: ...

    def import_people(
        self, people: Sequence[Person], *, consent: Consent | None, on_photo: OnPhoto
    ) -> Import:
        """As `usecases.importing.import_people`, of people whose photos are named by their paths."""
        ...

    def record_consent(self, worker: Worker, consent: Consent) -> Worker:
        """Record it in place of the one before, even after a withdrawal where this user may do that."""
        ...

    def withdraw_consent(self, worker: Worker) -> tuple[Worker, str | None]:
        """End it now, and destroy what the worker is told by; which receipt proves that."""
        ...

    def consent_entries(self, worker: Worker) -> Sequence[LedgerEntry]:
        """What the ledger says of them, oldest first."""
        ...

    def consent_texts(self) -> Sequence[ConsentText]:
        """Every text that is kept."""
        ...

    def consent_text(self, version: str) -> ConsentText: ...

    def add_consent_text(self, version: str, text: str) -> ConsentText: ...

    def approvals(self) -> Sequence[Approval]:
        """What takes two people and waits, or was decided and not yet done."""
        ...

    def decide_approval(self, approval_id: int, *, approved: bool) -> Approval: ...

    def withdraw_approval(self, approval_id: int) -> None: ...

    def reviews(self) -> Sequence[ReviewAnswer]:
        """Identifications that wait for people."""
        ...

    def decide_review(self, review_id: int, *, confirmed: bool) -> ReviewAnswer: ...

    def visits(
        self, worker: Worker | None, since: datetime | None, until: datetime | None
    ) -> Sequence[Visit]:
        """As `ports.Visits.list`; distances may be left out."""
        ...

    def rename(self, worker: Worker, name: str) -> Worker: ...

    def remove(self, worker: Worker) -> tuple[Worker, str | None]:
        """Who was removed; which receipt proves it."""
        ...

    def remove_photo(self, worker: Worker, photo: Photo) -> tuple[Worker, str | None]:
        """The worker without the photo; which receipt proves that."""
        ...

    def receipt(self, receipt_id: str) -> Mapping[str, Any]:
        """What is handed out, to the last letter. Raises ReceiptNotFound, ReceiptUnusable."""
        ...
