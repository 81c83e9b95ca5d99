"""What is kept of somebody, for them to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from facevec.dates import in_words
from facevec.presentation.dossier import Dossier, Section, html
from facevec.types import LedgerEntry, Visit, WorkerRecord


def about(
    record: WorkerRecord,
    entries: Sequence[LedgerEntry],
    visits: Sequence[Visit],
    records: Sequence[Mapping[str, Any]],
) -> str:
    """The page. records: of the audit trail, about them alone."""
    worker = record.worker
    return html(
        Dossier(
            f"What is kept of {worker.name}",
            (
                f"Number {worker.id}, external id {worker.external_id or 'none'}, enrolled "
                f"{in_words(worker.created_at)}.",
                "From each photo numbers were computed, by which you are told; no photo can be had back from "
                "them. They stand in templates.npy and sealed.npy.",
            ),
            (_photos(record), _consents(entries), _visits(visits), _uses(records)),
        )
    )


def _photos(record: WorkerRecord) -> Section:
    rows = [
        (one.photo.source, in_words(one.photo.created_at), "no" if one.pixels is None else "yes, in photos/")
        for one in record.photos
    ]
    return Section("Photos you were enrolled from", (), ("photo", "when", "kept"), rows)


def _consents(entries: Sequence[LedgerEntry]) -> Section:
    rows = [
        (
            entry.kind,
            in_words(entry.recorded_at),
            entry.text_version,
            in_words(entry.given_at),
            in_words(entry.expires_at) if entry.expires_at else "no end",
            entry.recorded_by,
        )
        for entry in entries
    ]
    columns = ("what", "when", "text", "from", "until", "recorded by")
    return Section("What you agreed to", () if rows else ("Nothing is recorded.",), columns, rows)


def _visits(visits: Sequence[Visit]) -> Section:
    rows = [
        (one.place, in_words(one.first_at), in_words(one.last_at), one.identification.request_id)
        for one in visits
    ]
    text = () if rows else ("Nothing is recorded.",)
    return Section("When and where you were seen", text, ("place", "from", "until", "request"), rows)


def _uses(records: Sequence[Mapping[str, Any]]) -> Section:
    rows = [
        (str(one["at"]), str(one["what"]), str(one["by"]), str(one["purpose"] or ""), str(one["outcome"]))
        for one in records
    ]
    text = () if rows else ("Nothing is recorded.",)
    columns = ("when", "what", "by", "for", "outcome")
    return Section("Who recognised, looked at or changed you", text, columns, rows)
