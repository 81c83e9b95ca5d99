"""Facevec in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from facevec.bootstrap import App
from facevec.cli.files import read_picture
from facevec.cli.own_workers import measure_own_workers
from facevec.cli.people import reader
from facevec.cli.users import system_user
from facevec.ports import Vision
from facevec.types import (
    Consent,
    ConsentText,
    DistinctFrom,
    Enrolment,
    LedgerEntry,
    Photo,
    PhotoSource,
    Verification,
    Worker,
)
from facevec.usecases import consent as recording
from facevec.usecases import enrol, importing, remove
from facevec.usecases.ahead import looking_ahead, to_recognize
from facevec.usecases.everybody import everybody
from facevec.usecases.people import OnPhoto, Person
from facevec.usecases.recognize import RecognizedImage, recognize
from facevec.usecases.see import Scene, see

if TYPE_CHECKING:
    from facevec.presentation.answers.recognition import FilesRecognized


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
        self._ahead: Vision | None = None

    @contextmanager
    def looking_ahead(self, pictures: Sequence[Path]) -> Iterator[Callable[[Path], bytes]]:
        if len(pictures) == 1:  # it is read before any model is loaded
            yield lambda path: read_picture(path, self.max_bytes)
            return
        every = [(str(path), to_recognize) for path in pictures]
        with looking_ahead(self._app.vision, reader(self.max_bytes), every) as (self._ahead, read):
            yield lambda path: read(str(path))

    def recognize(self, picture: bytes) -> Seen:
        vision = self._ahead or self._app.vision
        scene = see(vision, picture)
        identifier = replace(self._app.identifier, embedder=vision.embedder)
        return Seen(scene, recognize(vision, identifier, self._app.operating_point(), scene))

    def verify_pictures(self, first: bytes, second: bytes) -> Verification:
        return self._app.verify_pictures(first, second)

    def verify_worker(self, picture: bytes, worker: Worker) -> Verification:
        return self._app.verify_worker(picture, worker.id)

    def list_workers(self) -> Iterable[Worker]:
        return everybody(self._app.registry)

    def find_worker(self, key: str, *, certain: bool = False) -> Worker:
        registry = self._app.registry
        if not certain:
            return registry.find_worker(key)
        with remove.finishing(registry, self._app.copies):
            return registry.find_worker(key, certain=True)

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
        return enrol.enrol_worker(
            self._app.desk,
            name,
            photos,
            external_id=external_id,
            consent=_signed(consent) if consent else None,
            distinct_from=_decided(distinct_from),
        )

    def add_photos(
        self, worker: Worker, photos: Iterable[PhotoSource], *, distinct_from: Sequence[Worker], reseed: bool
    ) -> Enrolment:
        others = _decided(distinct_from)
        return enrol.add_photos(self._app.desk, worker, photos, distinct_from=others, reseed=reseed)

    def import_people(
        self, people: Sequence[Person], *, consent: Consent | None, on_photo: OnPhoto
    ) -> importing.Import:
        read = reader(self.max_bytes)
        signed = _signed(consent) if consent else None
        report = importing.import_people(self._app.desk, people, read, consent=signed, on_photo=on_photo)
        measure_own_workers(self._app)
        return report

    def record_consent(self, worker: Worker, consent: Consent) -> Worker:
        app = self._app
        signed = _signed(consent)
        policy = app.settings.consent.policy()
        return recording.record_consent(
            app.registry, worker.id, signed, policy, app.clock(), after_withdrawal=True
        )

    def withdraw_consent(self, worker: Worker) -> Worker:
        app = self._app
        return recording.withdraw(app.registry, app.copies, worker.id, app.clock(), _user())

    def consent_entries(self, worker: Worker) -> Sequence[LedgerEntry]:
        return self._app.consent_records.entries(worker.id)

    def consent_texts(self) -> Sequence[ConsentText]:
        return self._app.consent_records.texts()

    def consent_text(self, version: str) -> ConsentText:
        return self._app.consent_records.text(version)

    def add_consent_text(self, version: str, text: str) -> ConsentText:
        return self._app.consent_records.add_text(version, text, _user())

    def rename(self, worker: Worker, name: str) -> Worker:
        return self._app.registry.update_worker(worker.id, name=name)

    def remove(self, worker: Worker) -> Worker:
        return remove.remove_worker(self._app.registry, self._app.copies, worker.id, _user())

    def remove_photo(self, worker: Worker, photo: Photo) -> Worker:
        return remove.remove_photo(self._app.registry, self._app.copies, worker.id, photo.id)


def _decided(others: Sequence[Worker]) -> DistinctFrom | None:
    """That somebody is none of `others`, as the user of this system says; None without any."""
    if not others:
        return None
    return DistinctFrom(tuple(worker.id for worker in others), _user())


def _signed(consent: Consent) -> Consent:
    """`consent` as the user of this system records it."""
    return replace(consent, recorded_by=_user())


def _user() -> str:
    return f"user:{system_user()}"
