"""`facevec audit`: who did what, and whether anybody changed the record of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.common import (
    FAULTS_EXIT_CODE,
    Deed,
    app,
    json_option,
    note,
    print_json,
    settings,
    show,
)
from facevec.cli.dates import MOMENT
from facevec.cli.files import PATH, named
from facevec.cli.recorded import noted
from facevec.cli.two_people import require_second
from facevec.errors import InputError, OutputUnwritable
from facevec.files import creating
from facevec.types import AuditHead, AuditRecord
from facevec.usecases import approvals

if TYPE_CHECKING:
    from facevec.audit.verify import Walk

SHOWN = 100


@click.group()
def audit() -> None:
    """Look through the record of who did what; hold it against the integrity key.

    Every recognition, verification, enrolment, look at somebody, change and key is in it,
    with what decided: ids, and no name, picture or vector (docs/audit.md).
    """


@audit.command()
@click.option(
    "--anchors", type=PATH, metavar="FILE", help="What an anchor was told, beside audit.anchor_file."
)
@json_option
def verify(anchors: Path | None, as_json: bool) -> None:
    """Hold each record against the one before, the integrity key and the anchors; exit code 4 for a fault."""
    from facevec.audit.verify import verify
    from facevec.integrity import key_at
    from facevec.presentation.answers.audit import AuditVerified, Fault

    loaded = settings()
    own = loaded.settings.audit.anchor_file
    files = [loaded.within_home(own)] if own is not None and loaded.within_home(own).exists() else []
    ends = [end for file in (*files, *([anchors] if anchors else [])) for end in _anchors(file)]
    count, findings = verify(loaded.audit_folder, key_at(loaded.integrity_key_file), ends)
    faults = [one for one in findings if one.is_fault]
    if as_json:
        print_json(
            AuditVerified(records=count, anchors=len(ends), findings=tuple(Fault.of(one) for one in findings))
        )
    else:
        for one in findings:
            show(f"Segment {one.segment}: {one.sentence}{'' if one.is_fault else ' A crash leaves that.'}")
        held = f"held against {len(ends)} anchors" if ends else "without an anchor (audit.anchor_file)"
        show(f"{count} records, {held}; {len(faults) or 'no'} faults.")
    if faults:
        click.get_current_context().exit(FAULTS_EXIT_CODE)


@audit.command()
@click.option("--worker", type=int, metavar="ID", help="About this worker, who may be removed.")
@click.option("--by", metavar="WHO", help="By key:ID, user:NAME or facevec.")
@click.option("--what", metavar="DEED", help="An operation of the API or a command, or how it begins.")
@click.option("--request", metavar="ID", help="The request with this id.")
@click.option("--since", type=MOMENT, help="From this day or moment on.")
@click.option("--until", type=MOMENT, help="Before this day or moment.")
@json_option
def search(as_json: bool, **wanted: object) -> None:
    """List records, the newest last, as a table at most the last 100; the search is recorded, too.

    Beside a record that is not as facevec wrote it stands a mark: !
    """
    from facevec.presentation.answers.audit import AuditRecords, RecordAnswer
    from facevec.presentation.tables import audit_table

    walk = _walk(wanted)
    records = sorted(_chosen(walk, **wanted), key=lambda record: record.at)  # type: ignore[arg-type]  # as the options are
    faults = faults_told(walk)
    if as_json:
        answers = tuple(RecordAnswer.of_record(each) for each in records)
        print_json(AuditRecords(records=answers, faults=faults))
        return
    if not records:
        note("Nothing of the kind is recorded.")
        return
    show(audit_table(records[-SHOWN:]))
    if len(records) > SHOWN:
        note(f"{len(records) - SHOWN} older ones are left out; --since and --until choose, --json has all.")


@audit.command(cls=Deed)
@click.argument("file", type=PATH)
@click.option("--worker", type=int, metavar="ID", help="About this worker alone.")
@click.option("--since", type=MOMENT, help="From this day or moment on.")
@click.option("--until", type=MOMENT, help="Before this day or moment.")
@json_option
def export(file: Path, as_json: bool, **wanted: object) -> None:
    """Write records into FILE, one JSON object a line; the export is recorded, too.

    Each says whether it is as facevec wrote it (authentic).
    """
    import json

    from facevec.presentation.answers.audit import AuditExported, RecordAnswer

    worker = wanted["worker"]
    limits = {name: str(wanted[name]) for name in ("since", "until") if wanted[name]}
    workers = [worker] if isinstance(worker, int) else None
    require_second(app(), approvals.exporting("audit", workers, encrypted=False, **limits))
    walk = _walk(wanted)
    count = 0
    try:
        with creating(file) as out:
            for record in _chosen(walk, **wanted):  # type: ignore[arg-type]  # as the options are
                line = json.dumps(RecordAnswer.of_record(record).document(), ensure_ascii=False)
                out.write(f"{line}\n".encode())
                count += 1
    except OSError as error:
        raise OutputUnwritable(f"{named(file)} cannot be written: {error.strerror or error}.") from error
    faults = faults_told(walk)
    if as_json:
        print_json(AuditExported(file=str(file), records=count, faults=faults))
    else:
        show(f"{count} records in {named(file)}.")


def faults_told(walk: Walk) -> int:
    """How much is wrong with the trail, which was gone through; told where anything is."""
    faults = sum(one.is_fault for one in walk.findings)
    if faults:
        note(f"{faults} faults in the trail, not all of it is as facevec wrote it: `facevec audit verify`.")
    return faults


def _walk(wanted: Mapping[str, object]) -> Walk:
    """The trail, looked through by order of somebody, which is recorded."""
    from facevec.audit.verify import Walk

    facevec = app()
    worker = wanted.get("worker")
    noted(
        *([worker] if isinstance(worker, int) else []),
        **{name: str(value) for name, value in wanted.items() if value is not None},
    )
    return Walk(facevec.loaded.audit_folder, facevec.integrity_key)


def _chosen(
    walk: Walk,
    *,
    worker: int | None = None,
    by: str | None = None,
    what: str | None = None,
    request: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[AuditRecord]:
    for record in walk:
        event = record.event
        if (
            (worker is None or worker in event.worker_ids)
            and (by is None or event.by == by)
            and (what is None or event.what.startswith(what))
            and (request is None or event.request_id == request)
            and (since is None or record.at >= since)
            and (until is None or record.at < until)
        ):
            yield record


def _anchors(file: Path) -> Iterator[AuditHead]:
    """What was told: a moment, a segment, a record and its mark a line."""
    try:
        text = file.read_text(encoding="utf-8")
        for line in text.splitlines():
            _, segment, number, mark = line.split()[-4:]
            yield AuditHead(int(segment), int(number), mark)
    except (OSError, ValueError) as error:
        raise InputError(f"{named(file)} holds no anchors: {error}.") from error
