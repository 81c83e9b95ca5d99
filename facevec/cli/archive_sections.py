"""What an archive of workers holds beside themselves: their consents, and who looked at them."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from facevec.backups.people import Files, Section
    from facevec.bootstrap import App
    from facevec.types import AuditRecord, WorkerRecord

Audited = Mapping[int, Sequence[Mapping[str, Any]]]
"""Records of the audit trail about each worker, by id, the oldest first."""


def consents_section(facevec: App) -> Section:
    """`consents.json`: what the consent ledger says of the worker; `consent_texts/`: as they read it."""
    from facevec.presentation.answers.consents import ConsentEntriesAnswer

    def section(record: WorkerRecord) -> Files:
        entries = facevec.consent_records.entries(record.worker.id)
        yield "consents.json", _json(ConsentEntriesAnswer.of_entries(entries).document())
        versions = {entry.text_version for entry in entries}
        for text in facevec.consent_records.texts():
            if text.version in versions:
                yield f"consent_texts/{text.sha256}.txt", text.text.encode()

    return section


def visits_section(facevec: App) -> Section:
    """`visits.json`: when they were seen, where that is recorded."""
    from facevec.presentation.answers.visits import VisitsAnswer

    def section(record: WorkerRecord) -> Files:
        visits = facevec.visits.list(record.worker.id)
        yield "visits.json", _json(VisitsAnswer.of_visits(visits).document())

    return section


def seal_section(facevec: App) -> Section:
    """What the worker is sealed as, which is biometric data, too."""

    def section(record: WorkerRecord) -> Files:
        seal = facevec.registry.seal(record.worker.id)
        if seal is not None:
            file = io.BytesIO()
            np.save(file, seal.reference, allow_pickle=False)
            yield "sealed.npy", file.getvalue()

    return section


def readable_section(facevec: App, audited: Audited) -> Section:
    """`about.html`: all of it but the numbers, for a person to read."""
    from facevec.presentation.about import about

    def section(record: WorkerRecord) -> Files:
        entries = facevec.consent_records.entries(record.worker.id)
        visits = facevec.visits.list(record.worker.id)
        yield "about.html", about(record, entries, visits, audited[record.worker.id]).encode()

    return section


def reviews_section(facevec: App) -> Section:
    """`reviews.json`: identifications of the worker that people confirm, as long as they are kept."""
    from facevec.presentation.answers.reviews import ReviewAnswer, ReviewsAnswer

    def section(record: WorkerRecord) -> Files:
        kept = facevec.reviews.of_worker(record.worker.id)
        if kept:
            answers = (ReviewAnswer.of_review(each, record.worker) for each in kept)
            yield "reviews.json", _json(ReviewsAnswer(reviews=tuple(answers)).document())

    return section


def audit_section(audited: Audited) -> Section:
    """`audit.json`: who recognised, looked at or changed the worker."""

    def section(record: WorkerRecord) -> Files:
        yield "audit.json", _json({"records": audited[record.worker.id]})

    return section


def audited_of(facevec: App, worker_ids: Collection[int]) -> Audited:
    """What the audit trail holds of each of them; nothing of whoever else was there."""
    from facevec.audit.verify import Walk

    audited: dict[int, list[dict[str, Any]]] = {worker_id: [] for worker_id in worker_ids}
    for record in Walk(facevec.loaded.audit_folder, facevec.integrity_key):
        for worker_id in {*record.event.worker_ids} & audited.keys():
            audited[worker_id].append(_of_one(record, worker_id))
    return audited


def _of_one(record: AuditRecord, worker_id: int) -> dict[str, Any]:
    from facevec.presentation.answers.audit import RecordAnswer

    document = RecordAnswer.of_record(record).document()
    detail = document["detail"] if record.is_authentic else {}
    pictures = [
        {**picture, "faces": list(_faces_of_one(picture["faces"], worker_id))}
        for picture in detail.get("pictures", ())
        if "faces" in picture
    ]
    seen = {"pictures": [picture for picture in pictures if picture["faces"]]} if pictures else {}
    return {**document, "worker_ids": [worker_id], "detail": {**detail, **seen}}


def _faces_of_one(faces: Sequence[dict[str, Any]], worker_id: int) -> Iterator[dict[str, Any]]:
    for face in faces:
        near = [each for each in face.get("candidates", ()) if each[0] == worker_id]
        if face.get("worker") == worker_id or near:
            others_left_out = {name: face[name] for name in face if name not in ("worker", "candidates")}
            named = {"worker": worker_id} if face.get("worker") == worker_id else {}
            yield {**others_left_out, **named, **({"candidates": near} if near else {})}


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode()
