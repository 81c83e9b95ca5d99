"""Facevec in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facevec.bootstrap import App
from facevec.cli.files import read_picture
from facevec.cli.own_workers import measure_own_workers
from facevec.cli.people import reader
from facevec.cli.recorded import noted, recorded_itself
from facevec.cli.two_people import require_second
from facevec.cli.users import this_user
from facevec.errors import IdentitySealed
from facevec.types import (
    Approval,
    AuditEvent,
    Consent,
    ConsentText,
    DistinctFrom,
    Enrolment,
    LedgerEntry,
    Photo,
    PhotoSource,
    Receipt,
    Review,
    Verification,
    Visit,
    Worker,
)
from facevec.usecases import accounts, approvals, remove
from facevec.usecases import consent as recording
from facevec.usecases.everybody import everybody
from facevec.usecases.people import OnPhoto, Person, readable
from facevec.usecases.recognize import RecognizedImage
from facevec.usecases.reviews import pending
from facevec.usecases.sealing import keeping_identity
from facevec.usecases.see import Scene, see

if TYPE_CHECKING:
    from facevec.presentation.answers.recognition import FilesRecognized
    from facevec.presentation.answers.reviews import ReviewAnswer
    from facevec.usecases.importing import Import


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """`port.Sight` of a picture that was looked at here."""

    scene: Scene
    image: RecognizedImage

    def answer(self, path: str) -> FilesRecognized:
        from facevec.presentation.answers.recognition import FileRecognized, FilesRecognized

        return FilesRecognized.of(self.image, images=[FileRecognized.of_image(path, self.image)])

    def drawn(self, suffix: str) -> bytes:
        from facevec.presentation.annotate import annotate
        from facevec.presentation.encode import encode

        return encode(annotate(self.scene.sent().pixels, self.image), suffix)


class Local:
    """`port.Facevec` over the application."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.max_bytes = app.settings.vision.max_file_bytes
        self._see = app.see

    @contextmanager
    def looking_ahead(self, pictures: Sequence[Path]) -> Iterator[Callable[[Path], bytes]]:
        if len(pictures) == 1:  # it is read before any model is loaded
            yield lambda path: read_picture(path, self.max_bytes)
            return
        from facevec.usecases.ahead import looking_ahead, to_recognize

        every = [(str(path), to_recognize) for path in pictures]
        with looking_ahead(self._app.vision, reader(self.max_bytes), every) as (vision, read):
            self._see = partial(see, vision)
            yield lambda path: read(str(path))

    def recognize(self, picture: bytes) -> Seen:
        scene = self._see(picture)
        return Seen(scene, self._record(picture, self._app.recognize(scene)))

    def _record(self, picture: bytes, seen: RecognizedImage) -> RecognizedImage:
        """Each picture by itself, before anybody is told who is in it; as it may be told."""
        hashed, contract = self._app.audit.picture(picture), self._app.vision.embedder.contract
        image = self._app.review_desk.hold_back(seen, hashed, contract, this_user())
        worker_ids, detail = accounts.of_recognition([(hashed, image)], contract)
        self._app.audit.record(AuditEvent("recognize", this_user(), worker_ids=worker_ids, detail=detail))
        recorded_itself()
        return image

    def verify_pictures(self, first: bytes, second: bytes) -> Verification:
        return self._verified(self._app.verify_pictures(first, second), [first, second], None)

    def verify_worker(self, picture: bytes, worker: Worker) -> Verification:
        return self._verified(self._app.verify_worker(picture, worker.id), [picture], worker.id)

    def _verified(
        self, verification: Verification, pictures: Sequence[bytes], worker_id: int | None
    ) -> Verification:
        hashed = [self._app.audit.picture(picture) for picture in pictures]
        _account(accounts.of_verification(verification, hashed, worker_id))
        return verification

    def list_workers(self) -> Iterable[Worker]:
        return everybody(self._app.registry)

    def find_worker(self, key: str, *, certain: bool = False) -> Worker:
        registry = self._app.registry
        if not certain:
            return _about(registry.find_worker(key))
        with remove.finishing(registry, self._app.copies):
            return _about(registry.find_worker(key, certain=True))

    def photos(self, worker: Worker) -> Sequence[Photo]:
        return self._app.registry.photos(worker.id)

    def enrol(
        self,
        name: str,
        photos: Iterable[PhotoSource],
        *,
        external_id: str | None,
        consent: Consent | None,
        distinct_from: Sequence[Worker],
    ) -> Enrolment:
        from facevec.usecases.enrol import enrol_worker

        pictures = list(photos)
        asking = approvals.enrolment(
            name,
            external_id,
            (photo.data for photo in pictures),
            consent=consent,
            distinct_from=[other.id for other in distinct_from],
            now=self._app.clock(),
        )
        require_second(self._app, asking)
        enrolment = enrol_worker(
            self._app.desk,
            name,
            pictures,
            external_id=external_id,
            consent=_signed(consent) if consent else None,
            distinct_from=_decided(distinct_from),
        )
        _account(accounts.of_enrolment(enrolment))
        return enrolment

    def add_photos(
        self, worker: Worker, photos: Iterable[PhotoSource], *, distinct_from: Sequence[Worker], reseed: bool
    ) -> Enrolment:
        from facevec.usecases.enrol import add_photos

        others, pictures = _decided(distinct_from), list(photos)
        data, ids = (photo.data for photo in pictures), [other.id for other in distinct_from]
        require_second(self._app, approvals.more_photos(worker.id, data, distinct_from=ids, reseed=reseed))
        enrolment = add_photos(self._app.desk, worker, pictures, distinct_from=others, reseed=reseed)
        _account(accounts.of_enrolment(enrolment))
        return enrolment

    def import_people(
        self, people: Sequence[Person], *, consent: Consent | None, on_photo: OnPhoto
    ) -> Import:
        from facevec.usecases.importing import import_people

        read = reader(self.max_bytes)
        if consent is not None:
            self._require_second_for_all(people, consent)
        signed = _signed(consent) if consent else None
        report = import_people(self._app.desk, people, read, consent=signed, on_photo=on_photo)
        for admission in report.admissions:
            worker_ids, _ = accounts.of_enrolment(admission.enrolment)
            noted(*worker_ids)
        noted(accepted=report.enrolled, refused=len(report.refused))
        measure_own_workers(self._app)
        return report

    def _require_second_for_all(self, people: Sequence[Person], consent: Consent) -> None:
        """For one consent of them all; their photos are read for it where that takes two people alone."""
        read = reader(self.max_bytes)
        pictures = (photo.data for one in people for photo in readable(one.photos, read, []))
        asking = partial(approvals.enrolments, [one.name for one in people], now=self._app.clock())
        if self._app.approval_desk.takes_two(asking((), consent)):
            require_second(self._app, asking(pictures, consent))

    def record_consent(self, worker: Worker, consent: Consent) -> Worker:
        app = self._app
        newest = app.registry.newest_consent(worker.id)
        require_second(app, approvals.consenting(worker.id, consent, newest, app.clock()))
        signed = _signed(consent)
        policy = app.settings.consent.policy()
        return recording.record_consent(app.registry, worker.id, signed, policy, app.clock(), deliberate=True)

    def withdraw_consent(self, worker: Worker) -> tuple[Worker, str | None]:
        require_second(self._app, approvals.withdrawal(worker.id))
        return _proved(self._app.erasures.withdraw(self._app.copies, worker.id, this_user()))

    def consent_entries(self, worker: Worker) -> Sequence[LedgerEntry]:
        return self._app.consent_records.entries(worker.id)

    def consent_texts(self) -> Sequence[ConsentText]:
        return self._app.consent_records.texts()

    def consent_text(self, version: str) -> ConsentText:
        return self._app.consent_records.text(version)

    def add_consent_text(self, version: str, text: str) -> ConsentText:
        return self._app.consent_records.add_text(version, text, this_user())

    def approvals(self) -> Sequence[Approval]:
        return self._app.approvals.listed()

    def decide_approval(self, approval_id: int, *, approved: bool) -> Approval:
        decided = self._app.approvals.decide(approval_id, this_user(), approved=approved)
        _account(accounts.of_approval(decided))
        return decided

    def withdraw_approval(self, approval_id: int) -> None:
        _account(accounts.of_approval(self._app.approvals.withdraw(approval_id, this_user())))

    def reviews(self) -> Sequence[ReviewAnswer]:
        waiting = pending(self._app.reviews, self._app.registry)
        return [_answered(review, worker) for review, worker in waiting]

    def decide_review(self, review_id: int, *, confirmed: bool) -> ReviewAnswer:
        review = self._app.review_desk.decide(review_id, this_user(), confirmed=confirmed)
        noted(review=review.id, state=review.state)
        return _answered(review, self._app.registry.worker(review.identification.worker_id))

    def visits(
        self, worker: Worker | None, since: datetime | None, until: datetime | None
    ) -> Sequence[Visit]:
        return self._app.visits.list(None if worker is None else worker.id, since=since, until=until)

    def rename(self, worker: Worker, name: str) -> Worker:
        require_second(self._app, approvals.renaming(worker.id, name))
        return self._app.registry.update_worker(worker.id, name=name)

    def remove(self, worker: Worker) -> tuple[Worker, str | None]:
        require_second(self._app, approvals.removal(worker.id))
        return _proved(self._app.erasures.remove_worker(self._app.copies, worker.id, this_user()))

    def remove_photo(self, worker: Worker, photo: Photo) -> tuple[Worker, str | None]:
        erasures, copies = self._app.erasures, self._app.copies
        asking = approvals.emptying(worker.id, photo.id)
        if self._app.approval_desk.takes_two(asking):
            guard = keeping_identity(self._app.desk.rules)
            try:
                return _proved(erasures.remove_photo(copies, worker.id, photo.id, guard))
            except IdentitySealed:
                require_second(self._app, asking)
        return _proved(erasures.remove_photo(copies, worker.id, photo.id))

    def receipt(self, receipt_id: str) -> Mapping[str, Any]:
        from facevec.erasure.receipts import document_of

        receipt = settled(self._app).receipts.read(receipt_id)
        return document_of(receipt, self._app.integrity_key)


def settled(app: App) -> App:
    """`app`, once removals that were killed have come to their end, and to their receipts."""
    app.finish_removals()
    return app


def _proved(erased: tuple[Worker, Receipt | None]) -> tuple[Worker, str | None]:
    worker, receipt = erased
    return worker, None if receipt is None else receipt.id


def _decided(others: Sequence[Worker]) -> DistinctFrom | None:
    """That somebody is none of `others`, as the user of this system says; None without any."""
    if not others:
        return None
    return DistinctFrom(tuple(worker.id for worker in others), this_user())


def _signed(consent: Consent) -> Consent:
    """`consent` as the user of this system records it."""
    return replace(consent, recorded_by=this_user())


def _about(worker: Worker) -> Worker:
    noted(worker.id)
    return worker


def _answered(review: Review, worker: Worker) -> ReviewAnswer:
    from facevec.presentation.answers.reviews import ReviewAnswer

    return ReviewAnswer.of_review(review, _about(worker))


def _account(account: accounts.Account) -> None:
    worker_ids, detail = account
    noted(*worker_ids, **detail)
