"""An import over a service: whoever is there already is sent what is new, and no photo twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from facevec.cli.reach.port import Facevec
from facevec.errors import PhotoAlreadyEnrolled
from facevec.registry.names import canonical_name
from facevec.types import Consent, Enrolment, PhotoSource, Worker
from facevec.usecases.enrol_or_add import Admission
from facevec.usecases.importing import only_namesake
from facevec.usecases.people import OnPhoto


class Admissions:
    """`usecases.importing.Admit` over a service. Who is enrolled there is asked for once, at the first."""

    def __init__(self, service: Facevec, consent: Consent | None, on_photo: OnPhoto) -> None:
        self._service = service
        self._consent = consent
        self._on_photo = on_photo
        self._workers: dict[str, list[Worker]] | None = None

    def __call__(self, name: str, photos: Iterable[PhotoSource]) -> Admission:
        worker = only_namesake(self._named(name))
        owned = self._hashes(worker)
        hashes: dict[str, str] = {}
        new: list[PhotoSource] = []
        for photo in photos:
            hashes[photo.name] = hashlib.sha256(photo.data).hexdigest()
            if hashes[photo.name] not in owned:
                new.append(photo)
            self._on_photo(photo.name)
        already = [one for one, digest in hashes.items() if digest in owned]
        enrolment = self._sent(name, worker, new)
        copies = [one.source for one in enrolment.refused if one.code == PhotoAlreadyEnrolled.code]
        if copies and enrolment.worker is not None:
            owned = self._hashes(enrolment.worker)
            copies = [one for one in copies if hashes.get(one) in owned]
        refused = [one for one in enrolment.refused if one.source not in copies]
        return Admission(
            replace(enrolment, refused=refused),
            created=worker is None and enrolment.worker is not None,
            already=(*already, *copies),
        )

    def _named(self, name: str) -> list[Worker]:
        if self._workers is None:
            self._workers = {}
            for worker in self._service.list_workers():
                self._workers.setdefault(canonical_name(worker.name), []).append(worker)
        return self._workers.get(canonical_name(name), [])

    def _hashes(self, worker: Worker | None) -> set[str]:
        return set() if worker is None else {photo.sha256 for photo in self._service.photos(worker)}

    def _sent(self, name: str, worker: Worker | None, photos: list[PhotoSource]) -> Enrolment:
        if worker is None:
            return self._service.enrol(
                name, photos, external_id=None, consent=self._consent, distinct_from=()
            )
        if self._consent is not None and worker.consent is None:
            worker = self._service.record_consent(worker, self._consent)
        if not photos:
            return Enrolment(worker.name, worker, ())
        return self._service.add_photos(worker, photos, distinct_from=(), reseed=False)
