"""Results as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.text import Text

from facevec.dates import day_in_words, in_words
from facevec.presentation.plain import printable
from facevec.presentation.writable import Table
from facevec.types import (
    Approval,
    AuditRecord,
    Consent,
    ConsentText,
    Distinction,
    Emotion,
    Enrolment,
    LedgerEntry,
    Photo,
    Refusal,
    Status,
    TurnedPhoto,
    Visit,
    Worker,
)

if TYPE_CHECKING:
    from facevec.presentation.answers.recognition import EmotionRead, FaceDecided, FileRecognized
    from facevec.presentation.answers.reviews import ReviewAnswer

STATUS_STYLES = {
    Status.IDENTIFIED: "green",
    Status.UNKNOWN: "red",
    Status.AMBIGUOUS: "yellow",
    Status.LOW_QUALITY: "dim",
    Status.UNCONFIRMED: "cyan",
}


def recognition_table(path: str, image: FileRecognized) -> Group:
    """One picture and its faces, largest first."""
    title = Text(_title(path, image), "bold")
    return Group(title, _faces_table(image), "") if image.faces else Group(title, "")


def _faces_table(image: FileRecognized) -> Table:
    # Where emotions are switched off no face speaks of them.
    emotions = any("emotion" in face.model_fields_set for face in image.faces)
    emotion = ("emotion",) if emotions else ()
    table = _table("#", "who", "status", "distance", "margin", *emotion, "box")
    for number, face in enumerate(image.faces, start=1):
        style = STATUS_STYLES[Status(face.status)]
        table.add_row(
            str(number),
            Text(printable(face.worker.name), "bold") if face.worker else Text("-", "dim"),
            Text(face.status.replace("_", " "), style),
            _number(face.distance),
            _number(face.margin),
            *([emotion_words(face.emotion)] if emotions else []),
            _box(face),
        )
    return table


def workers_table(workers: Iterable[Worker]) -> Table:
    """Workers by id."""
    table = _table("id", "name", "external id", "photos", "status", "consent", "enrolled")
    for worker in workers:
        table.add_row(
            str(worker.id),
            Text(printable(worker.name), "bold"),
            printable(worker.external_id or "-"),
            str(worker.photo_count),
            worker.status,
            consent_words(worker.consent),
            day_in_words(worker.created_at),
        )
    return table


def photos_table(photos: Iterable[Photo]) -> Table:
    """A worker's photos."""
    table = _table("photo", "source", "face px", "sharpness", "kept", "enrolled")
    for photo in photos:
        table.add_row(
            str(photo.id),
            printable(photo.source),
            f"{photo.quality.size:.0f}",
            f"{photo.quality.sharpness:.0f}",
            "yes" if photo.has_pixels else "no",
            day_in_words(photo.created_at),
        )
    return table


def enrolments_table(rows: Sequence[tuple[Enrolment, int]]) -> Table:
    """What was enrolled; each row has how many photos were enrolled before."""
    table = _table("id", "name", "enrolled", "already enrolled", "refused")
    for enrolment, already in rows:
        refused = len(enrolment.refused)
        table.add_row(
            str(enrolment.worker.id) if enrolment.worker else "-",
            Text(printable(enrolment.name), "bold"),
            str(len(enrolment.accepted)),
            str(already),
            Text(str(refused), "red" if refused else ""),
        )
    return table


def refusals_table(refusals: Iterable[Refusal]) -> Table:
    """Photos that were not enrolled, and why."""
    table = _table("photo", "refused because", "reason", title="Refused")
    for refusal in refusals:
        code = refusal.code.replace("_", " ")
        table.add_row(printable(refusal.source), Text(code, "red"), printable(refusal.reason))
    return table


def turned_table(photos: Iterable[TurnedPhoto]) -> Table:
    """Photos that did not lie as they should."""
    table = _table("photo", "degrees clockwise", title="Looked at turned")
    for photo in photos:
        table.add_row(printable(photo.source), str(photo.degrees))
    return table


def settings_table(rows: Sequence[tuple[str, object, str]]) -> Table:
    """Settings: key, value, origin."""
    table = _table("setting", "value", "from")
    for key, value, origin in rows:
        table.add_row(key, "not set" if value is None else printable(str(value)), origin)
    return table


def checks_table(rows: Sequence[tuple[str, str, str]]) -> Table:
    """Checks of the doctor: name, "ok", "warn" or "fail", and what was found or should be done."""
    styles = {"ok": "green", "warn": "yellow", "fail": "bold red"}
    table = _table("check", "", "found")
    for name, level, text in rows:
        table.add_row(name, Text(level, styles[level]), printable(text))
    return table


def emotion_words(emotion: Emotion | EmotionRead | None) -> str:
    """The top emotion with its probability, or why there is none."""
    if emotion is None:
        return "-"
    return "unclear" if emotion.top is None else f"{emotion.top} {emotion.scores[emotion.top]:.0%}"


def consent_words(consent: Consent | None) -> str:
    """To which text somebody agreed, to what beside being recognised, and until when."""
    if consent is None:
        return "-"
    also = " and ".join(consent.purposes[1:])
    until = f", until {in_words(consent.expires_at)}" if consent.expires_at else ""
    return printable(consent.text_version) + (f", {also} too" if also else "") + until


def ledger_table(entries: Iterable[LedgerEntry]) -> Table:
    """What the consent ledger says of somebody."""
    table = _table("entry", "what", "text", "for", "from", "until", "recorded by", "at")
    for entry in entries:
        table.add_row(
            str(entry.number),
            entry.kind,
            printable(entry.text_version),
            ", ".join(entry.purposes),
            in_words(entry.given_at),
            in_words(entry.expires_at) if entry.expires_at else "-",
            printable(entry.recorded_by),
            in_words(entry.recorded_at),
        )
    return table


def approvals_table(approvals: Iterable[Approval]) -> Table:
    """What takes two people, and what was said to it."""
    table = _table("id", "deed", "worker", "content", "asked by", "ends", "state", "by")
    for one in approvals:
        content = ", ".join(f"{name}: {value}" for name, value in one.content.items() if value)
        hidden = "" if one.whole else "(the rest is with who asked)"
        table.add_row(
            str(one.id),
            one.deed,
            "-" if one.worker_id is None else str(one.worker_id),
            printable(" ".join(filter(None, (content, hidden))) or "-"),
            printable(one.asked_by),
            in_words(one.ends_at),
            one.state,
            printable(one.decided_by or "-"),
        )
    return table


def reviews_table(reviews: Iterable[ReviewAnswer]) -> Table:
    """Who was recognised, and what people said of it."""
    table = _table("id", "worker", "distance", "face", "asked by", "asked", "ends", "state", "confirmed by")
    for one in reviews:
        table.add_row(
            str(one.id),
            f"{printable(one.worker.name)} (id {one.worker.id})",
            f"{one.distance:.3f} of {one.match_threshold:.3f}",
            str(one.face + 1),
            printable(one.asked_by),
            in_words(one.asked_at),
            in_words(one.ends_at),
            one.state,
            f"{len(one.confirmed_by)} of {one.persons}",
        )
    return table


def visits_table(visits: Iterable[Visit]) -> Table:
    """When and where workers were seen."""
    table = _table("worker", "place", "from", "until", "sightings", "distance", "by", "request")
    for visit in visits:
        first = visit.identification
        table.add_row(
            str(visit.worker_id),
            printable(visit.place),
            visit.first_at.isoformat(timespec="seconds"),
            visit.last_at.isoformat(timespec="seconds"),
            str(visit.sightings),
            _number(first.distance),
            printable(first.by),
            printable(first.request_id),
        )
    return table


def audit_table(records: Iterable[AuditRecord]) -> Table:
    """What was done, by whom, and about whom; beside what facevec did not write so stands a mark."""
    table = _table("when", "what", "by", "from", "about", "outcome", "request")
    for record in records:
        event = record.event
        table.add_row(
            record.at.isoformat(timespec="seconds") + ("" if record.is_authentic else " !"),
            printable(event.what),
            printable(event.by),
            printable(event.source or "-"),
            " ".join(map(str, event.worker_ids)) or "-",
            printable(event.outcome),
            printable(event.request_id or "-"),
        )
    return table


def texts_table(texts: Iterable[ConsentText]) -> Table:
    """Consent texts by version."""
    table = _table("version", "characters", "SHA-256", "added by", "added")
    for text in texts:
        table.add_row(
            printable(text.version),
            str(len(text.text)),
            text.sha256,
            printable(text.added_by),
            in_words(text.added_at),
        )
    return table


def distinction_words(other: Distinction) -> str:
    """A look-alike who was decided to be somebody else, and by whom."""
    by, day = printable(other.decided_by), day_in_words(other.decided_at)
    return f"{printable(other.name)} (id {other.worker_id}), as {by} decided on {day}"


def _title(path: str, image: FileRecognized) -> str:
    count = len(image.faces)
    faces = "no face" if count == 0 else f"{count} face{'s' if count > 1 else ''}"
    turned = f", looked at turned by {image.turned} degrees clockwise" if image.turned else ""
    return f"{printable(path)}  {image.width} x {image.height}  {faces}{turned}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _box(face: FaceDecided) -> str:
    box = face.box
    return f"{box.x_min:.0f},{box.y_min:.0f} - {box.x_max:.0f},{box.y_max:.0f}"


def _table(*columns: str, title: str | None = None) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        title=title and Text(title, "bold"),
        title_justify="left",
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
