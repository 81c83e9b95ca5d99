"""`facevec explain`: why a request was decided as it was, from its record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facevec.cli.audit import faults_told
from facevec.cli.common import app, json_option, print_json, show
from facevec.cli.files import PATH
from facevec.cli.recorded import noted
from facevec.errors import InputError
from facevec.presentation.plain import printable

if TYPE_CHECKING:
    from facevec.bootstrap import App
    from facevec.types import AuditRecord


@click.command()
@click.argument("request_id")
@click.option(
    "--picture",
    type=PATH,
    metavar="FILE",
    help="The picture of the request: recognise it in the present gallery, beside what was decided then.",
)
@json_option
def explain(request_id: str, picture: Path | None, as_json: bool) -> None:
    """Say why the request REQUEST_ID was decided as it was, by its record in the audit trail.

    The record holds no picture; with --picture it is held against the record and looked at
    again.
    """
    from facevec.audit.verify import Walk
    from facevec.presentation.answers.audit import Explanation, RecordAnswer

    facevec = app()
    walk = Walk(facevec.loaded.audit_folder, facevec.integrity_key)
    recorded_then = [one for one in walk if one.event.request_id == request_id]
    noted(*{worker for one in recorded_then for worker in one.event.worker_ids}, request=request_id)
    if not recorded_then:
        raise InputError(f"No request {request_id!r} is recorded; `facevec audit search` lists what is.")
    faults_told(walk)
    now = None if picture is None else _again(facevec, picture, recorded_then)
    if as_json:
        told_then = tuple(RecordAnswer.of_record(one) for one in recorded_then)
        print_json(Explanation(records=told_then, now=now))
        return
    for record in recorded_then:
        for line in _words(record):
            show(line)
    for face in now or ():
        show(f"Now: {_face(face)}")


def _again(facevec: App, path: Path, recorded: Sequence[AuditRecord]) -> tuple[dict[str, Any], ...]:
    """The faces as they would be decided now. Raises InputError for another picture."""
    from facevec.cli.people import reader
    from facevec.usecases import accounts

    data = reader(facevec.settings.vision.max_file_bytes)(str(path))
    hashed = facevec.audit.picture(data)
    details = [record.event.detail for record in recorded if record.is_authentic]
    if hashed not in [one.get("picture") for detail in details for one in detail.get("pictures", ())]:
        raise InputError(f"{path} is not a picture of that request: its keyed hash is another.")
    image = facevec.recognize(facevec.see(data))
    workers, said = accounts.of_recognition([(hashed, image)], facevec.vision.embedder.contract)
    noted(*workers)
    return tuple(said["pictures"][0]["faces"])


def _words(record: AuditRecord) -> Iterator[str]:
    event, detail = record.event, record.event.detail
    workers = ", ".join(map(str, event.worker_ids)) or "nobody"
    when = record.at.isoformat(timespec="seconds")
    yield f"{when}  {printable(f'{event.what} by {event.by}: {event.outcome}')}; about {workers}"
    if not record.is_authentic:
        yield "  Somebody without the integrity key wrote this: what it says of the decision is not shown."
        return
    if "match_threshold" in detail:
        yield (
            f"  {detail['model']}, contract {str(detail['contract'])[:12]}, revision {detail['revision']}: "
            f"named at {detail['match_threshold']} or nearer ({detail['threshold_from']}), by a margin of "
            f"{detail['min_margin']} or more ({detail['margin_from']})."
        )
    if "verify_threshold" in detail:
        answer = "one person" if detail["same"] else "not one person"
        yield f"  {answer}: distance {detail['distance']}, at most {detail['verify_threshold']} is one."
    for picture in detail.get("pictures", ()):
        for face in picture.get("faces", ()):
            yield f"  {_face(face)}"


def _face(face: dict[str, Any]) -> str:
    who = f" worker {face['worker']}" if "worker" in face else ""
    numbers = [f"{name} {face[name]}" for name in ("distance", "margin") if name in face]
    return f"{face['status']}{who}" + (f": {', '.join(numbers)}" if numbers else "")
