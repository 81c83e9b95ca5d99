"""What an archive of workers holds beside themselves: their consents, and who looked at them."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from facevec.backups.people import Files, Section
    from facevec.bootstrap import App
    from facevec.types import AuditRecord, WorkerRecord


def ledger_section(facevec: App) -> Section:
    """`consents.json`: what the consent ledger says of the worker."""
    from facevec.presentation.answers.consents import ConsentEntriesAnswer

    def section(record: WorkerRecord) -> Files:
        entries = facevec.consent_records.entries(record.worker.id)
        yield "consents.json", _json(ConsentEntriesAnswer.of_entries(entries).document())

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


def texts_section(facevec: App) -> Section:
    """`consent_texts/`: what the worker agreed to, as they read it."""

    def section(record: WorkerRecord) -> Files:
        entries = facevec.consent_records.entries(record.worker.id)
        versions = {entry.text_version for entry in entries}
        for text in facevec.consent_records.texts():
            if text.version in versions:
                yield f"consent_texts/{text.sha256}.txt", text.text.encode()

    return section


def readable_section(facevec: App, audited: Section) -> Section:
    """`about.html`: all of it but the numbers, for a person to read. audited: as `audit_section`."""
    from facevec.presentation.about import about

    def section(record: WorkerRecord) -> Files:
        entries = facevec.consent_records.entries(record.worker.id)
        files = dict(audited(record))
        records = json.loads(files["audit.json"])["records"]
        yield "about.html", about(record, entries, records).encode()

    return section


def audit_section(facevec: App, worker_ids: Collection[int]) -> Section:
    """`audit.json`: who recognised, looked at or changed the worker; nothing of whoever else was there."""
    from facevec.audit.verify import Walk

    about: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for record in Walk(facevec.loaded.audit_folder, facevec.integrity_key):
        for worker_id in {*record.event.worker_ids}.intersection(worker_ids):
            about[worker_id].append(_of_one(record, worker_id))

    def section(record: WorkerRecord) -> Files:
        yield "audit.json", _json({"records": about[record.worker.id]})

    return section


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
