"""`facevec worker`: enrol people, look at them, rename and remove them, record their consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path

import click

from facevec.cli.backup import backup_key_option
from facevec.cli.clutter import passed_over
from facevec.cli.common import Deed, confirm, json_option, note, print_json, print_json_list, progress, show
from facevec.cli.erasure import note_receipt
from facevec.cli.files import PATH, named
from facevec.cli.importing import report_import
from facevec.cli.people import people_in, reader
from facevec.cli.reach import facevec
from facevec.cli.worker_archive import export_workers, import_archive
from facevec.cli.worker_consent import consent, consent_of, consent_options
from facevec.cli.worker_photos import (
    add_photos,
    distinct_from_option,
    keep_photos_option,
    photos_argument,
    remove_photo,
    report_enrolment,
    report_worker,
    show_distinctions,
)
from facevec.errors import InputError
from facevec.presentation.plain import printable
from facevec.types import Refusal
from facevec.usecases.people import readable

ROWS_A_TABLE = 1_000
"""Workers in one table; those that follow stand in another."""


@click.group()
def worker() -> None:
    """Enrol workers from photos; list, show, rename and remove them; record their consent.

    WORKER is an id, an external id or an exact name; id:7, external:E-7 and name:7 say which it is.
    Where some worker has a number as name or external id, a command that changes anything takes a
    bare number for an id only when it is written so: id:7.
    """


worker.add_command(add_photos)
worker.add_command(consent)
worker.add_command(export_workers)
worker.add_command(remove_photo)


@worker.command(cls=Deed)
@click.argument("name")
@photos_argument
@click.option("--external-id", metavar="ID", help="The worker's id in your own systems.")
@distinct_from_option
@consent_options
@keep_photos_option
@json_option
def add(
    name: str,
    photos: tuple[Path, ...],
    *,
    external_id: str | None,
    distinct_from: tuple[str, ...],
    consent_text: str | None,
    consent_expires: datetime | None,
    keep_photos: bool | None,
    as_json: bool,
    **purposes: bool,
) -> None:
    """Enrol NAME from one or more photos of their face.

    Photos that will not do are refused one by one, with the reason; the others are enrolled.
    Where photos disagree, whoever is on more than half of them is enrolled, else nobody.
    """
    reached = facevec({"enrolment.keep_photos": keep_photos})
    unreadable: list[Refusal] = []
    enrolment = reached.enrol(
        name,
        readable(map(str, photos), reader(reached.max_bytes), unreadable),
        external_id=external_id,
        consent=consent_of(consent_text, consent_expires, purposes),
        distinct_from=[reached.find_worker(key, certain=True) for key in distinct_from],
    )
    report_enrolment(replace(enrolment, refused=(*unreadable, *enrolment.refused)), as_json=as_json)


@worker.command("import", cls=Deed)
@click.argument("folder", type=PATH, metavar="DIR|FILE")
@consent_options
@keep_photos_option
@backup_key_option
@json_option
def import_workers(
    folder: Path,
    consent_text: str | None,
    consent_expires: datetime | None,
    keep_photos: bool | None,
    key_file: Path | None,
    as_json: bool,
    **purposes: bool,
) -> None:
    """Enrol everyone in DIR: one folder a person, named after them, with photos in it.

    An underscore in a folder's name stands for a space. Folders whose names differ only in case,
    underscores, spaces, Unicode form, or dots at the end are one person's. What systems, cameras
    and storage devices leave in folders is passed over, and said; photos that lie in no folder are
    refused. Links to files are followed, links to folders are not. Run it again after adding photos
    or people: what is enrolled already is left as it is. When it is stopped midway, by Ctrl-C or by
    a registry that is busy, what was done by then is shown and kept.

    FILE is an archive of `facevec worker export`: its workers come with their templates and
    consents where both installations have one model, else from the photos in it, and are
    looked at as at any enrolment.
    """
    if folder.is_file():
        if consent_text or consent_expires or any(purposes.values()):
            raise click.UsageError("An archive holds the consents; leave --consent out.")
        import_archive(folder, key_file, keep_photos=keep_photos, as_json=as_json)
        return
    if key_file is not None:
        raise click.UsageError("--key-file is of an archive; a folder has none.")
    reached = facevec({"enrolment.keep_photos": keep_photos}, many=True)
    roster = people_in(folder)
    if not roster.people:
        aside = f" {passed_over(roster.passed_over)}" if roster.passed_over else ""
        raise InputError(
            f"{named(folder)} holds no folders; give each person one, named after them, with their photos."
            f"{aside}"
        )
    consent = consent_of(consent_text, consent_expires, purposes)
    with progress(unit="photos") as bar:
        task = bar.add_task("Enrolling", total=roster.photo_count)
        report = reached.import_people(
            roster.people, consent=consent, on_photo=lambda _photo: bar.advance(task)
        )
    report_import(report, roster, as_json=as_json)


@worker.command("list")
@json_option
def list_workers(as_json: bool) -> None:
    """List everyone who is enrolled."""
    from facevec.presentation import tables

    workers = iter(facevec().list_workers())
    if as_json:
        from facevec.presentation.answers.workers import WorkerAnswer

        print_json_list("workers", map(WorkerAnswer.of, workers))
        return
    is_empty = True
    while page := [*islice(workers, ROWS_A_TABLE)]:
        show(tables.workers_table(page))
        is_empty = False
    if is_empty:
        note("Nobody is enrolled yet; `facevec worker add NAME PHOTO...` enrols somebody.")


@worker.command("show")
@click.argument("key", metavar="WORKER")
@json_option
def show_worker(key: str, as_json: bool) -> None:
    """Show one worker and the photos they were enrolled from."""
    from facevec.presentation import tables
    from facevec.presentation.answers.workers import WorkerDetails

    reached = facevec()
    worker = reached.find_worker(key)
    photos = reached.photos(worker)
    if as_json:
        print_json(WorkerDetails.of(worker, photos=photos))
        return
    show(tables.workers_table([worker]))
    show_distinctions(worker)
    show(tables.photos_table(photos))


@worker.command(cls=Deed)
@click.argument("key", metavar="WORKER")
@click.argument("name")
@json_option
def rename(key: str, name: str, as_json: bool) -> None:
    """Give WORKER another NAME."""
    reached = facevec()
    report_worker(reached.rename(reached.find_worker(key, certain=True), name), as_json=as_json)


@worker.command(cls=Deed)
@click.argument("key", metavar="WORKER")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove(key: str, yes: bool, as_json: bool) -> None:
    """Delete WORKER with all photos and everything computed from them, for good."""
    from facevec.presentation.answers.workers import WorkerAnswer

    reached = facevec()
    worker = reached.find_worker(key, certain=True)
    name = printable(worker.name)
    if not yes:
        confirm(f"Delete {name} (id {worker.id}, {worker.photo_count} photos) for good?")
    removed, receipt = reached.remove(worker)
    if as_json:
        print_json(WorkerAnswer.of(removed))
    else:
        show(f"{name} (id {removed.id}) is removed and will not be recognised any more.")
    note_receipt(receipt)
