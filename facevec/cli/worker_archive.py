"""Workers carried from one installation to another: `facevec worker export`, and import of such a file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.backup import backup_key_option, key_of, note_in_clear
from facevec.cli.common import Deed, app, json_option, print_json, progress, show
from facevec.cli.files import PATH, named, require_place
from facevec.cli.importing import report_import
from facevec.cli.own_workers import measure_own_workers
from facevec.cli.people import Roster
from facevec.cli.recorded import noted
from facevec.cli.two_people import require_second
from facevec.cli.users import this_user
from facevec.files import sha256_of, size_in_words
from facevec.usecases import approvals

if TYPE_CHECKING:
    from facevec.backups.people import Archive, Section
    from facevec.backups.people_reading import OpenArchive
    from facevec.bootstrap import App
    from facevec.types import WorkerRecord


@click.command("export", cls=Deed)
@click.argument("keys", metavar="[WORKER]...", nargs=-1)
@click.option("--out", type=PATH, required=True, metavar="FILE", help="The archive to write.")
@backup_key_option
@json_option
def export_workers(keys: tuple[str, ...], out: Path, key_file: Path | None, as_json: bool) -> None:
    """Write workers, all or those that are named, to an archive that people and programs can read.

    A ZIP file: of each worker who they are, their templates and sealed face, the photos that are
    kept, what the consent ledger says of them with the texts they agreed to, when they were seen
    where that is recorded, and who recognised, looked at or changed them; about.html is for the
    person to read. `facevec worker import FILE` takes it into another installation.
    """
    from facevec.backups.people import write_archive
    from facevec.presentation.answers.backups import ArchiveAnswer

    require_place(out)
    facevec = app()
    registry = facevec.registry
    workers = [registry.find_worker(one) for one in keys] if keys else registry.list_workers()
    ids = dict.fromkeys(worker.id for worker in workers)
    noted(*ids)
    asking = approvals.exporting("workers", list(ids) if keys else None, encrypted=key_file is not None)
    require_second(facevec, asking)
    state = registry.state()
    sections = _sections(facevec, ids)
    with progress(unit="workers") as bar:
        task = bar.add_task("Exporting", total=len(ids))

        def records() -> Iterator[WorkerRecord]:
            for worker_id in ids:
                yield facevec.records.record(worker_id)
                bar.advance(task)

        archive = write_archive(
            out,
            records(),
            model=state.model,
            contract=state.contract,
            key=key_of(key_file),
            sections=sections,
        )
    if as_json:
        count = len(archive.manifest.folders)
        print_json(ArchiveAnswer.of(archive, path=str(out), workers=count))
    else:
        _show(archive, len(ids))


def _sections(facevec: App, ids: Collection[int]) -> Sequence[Section]:
    """All that an archive of these workers holds, what is kept about them elsewhere too."""
    from facevec.backups.people import SECTIONS
    from facevec.cli.archive_sections import (
        audit_section,
        audited_of,
        consents_section,
        readable_section,
        reviews_section,
        seal_section,
        visits_section,
    )

    audited = audited_of(facevec, ids)
    return (
        *SECTIONS,
        consents_section(facevec),
        visits_section(facevec),
        seal_section(facevec),
        audit_section(audited),
        reviews_section(facevec),
        readable_section(facevec, audited),
    )


def _show(archive: Archive, workers: int) -> None:
    words = f"{workers} workers, {archive.photos} templates, {size_in_words(archive.size)}"
    show(f"{named(archive.path)}: {words}.")
    if not archive.encrypted:
        note_in_clear("names and templates")


def import_archive(file: Path, key_file: Path | None, *, keep_photos: bool | None, as_json: bool) -> None:
    """Enrol the workers of an archive, and say what became of them."""
    from facevec.backups.people_reading import opened_archive
    from facevec.usecases.carrying import import_records

    facevec = app({"enrolment.keep_photos": keep_photos})
    key = key_of(key_file)
    require_second(facevec, approvals.importing(sha256_of(file)))
    with opened_archive(file, key) as archive, progress(unit="workers") as bar:
        archive.require_all()
        folders, largest = archive.manifest.folders, facevec.settings.vision.max_file_bytes
        for _ in _records(archive, folders, largest):
            pass  # all of it can be read before anybody is enrolled
        task = bar.add_task("Enrolling", total=len(folders))
        report = import_records(
            facevec.desk,
            _records(archive, folders, largest),
            total=len(folders),
            decided_by=this_user(),
            on_worker=lambda: bar.advance(task),
        )
    enrolled = (one.enrolment.worker for one in report.admissions)
    noted(*(worker.id for worker in enrolled if worker is not None))
    measure_own_workers(facevec)
    report_import(report, Roster(), as_json=as_json)


def _records(archive: OpenArchive, folders: Sequence[str], largest: int) -> Iterator[WorkerRecord]:
    for folder in folders:
        yield archive.record(folder, largest)
