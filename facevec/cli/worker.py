"""`facevec worker`: enrol people, look at them, rename and remove them, record their consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import click

from facevec.cli.clutter import passed_over
from facevec.cli.common import Deed, app, confirm, json_option, note, print_json, progress, show
from facevec.cli.dates import ENDING, ENDING_HELP
from facevec.cli.files import PATH, named
from facevec.cli.importing import report_import
from facevec.cli.people import people_in, reader
from facevec.cli.reach import facevec
from facevec.cli.worker_photos import (
    add_photos,
    distinct_from_option,
    keep_photos_option,
    photos_argument,
    remove_photo,
    report_enrolment,
    show_distinctions,
)
from facevec.errors import InputError
from facevec.types import Consent, Refusal, Worker


def consent_options(command: click.decorators.FC) -> click.decorators.FC:
    """The options that record a consent."""
    command = click.option(
        "--consent-emotion",
        is_flag=True,
        help="They also agreed to their expressions being read; see emotion.consented_only.",
    )(command)
    command = click.option(
        "--consent-expires",
        type=ENDING,
        help=f"When the consent ends: {ENDING_HELP}",
    )(command)
    return click.option(
        "--consent",
        "consent_text",
        metavar="TEXT_VERSION",
        help="Record that the worker agreed, now, to this version of your consent text.",
    )(command)


@click.group()
def worker() -> None:
    """Enrol workers from photos; list, show, rename and remove them; record their consent.

    WORKER is an id, an external id or an exact name; id:7, external:E-7 and name:7 say which it is.
    Where some worker has a number as name or external id, a command that changes anything takes a
    bare number for an id only when it is written so: id:7.
    """


worker.add_command(add_photos)
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
    consent_emotion: bool,
    keep_photos: bool | None,
    as_json: bool,
) -> None:
    """Enrol NAME from one or more photos of their face.

    Photos that will not do are refused one by one, with the reason; the others are enrolled.
    Where photos disagree, whoever is on more than half of them is enrolled, else nobody.
    """
    from facevec.usecases.people import readable

    reached = facevec({"enrolment.keep_photos": keep_photos})
    unreadable: list[Refusal] = []
    enrolment = reached.enrol(
        name,
        readable(map(str, photos), reader(reached.max_bytes), unreadable),
        external_id=external_id,
        consent=_consent(consent_text, consent_expires, consent_emotion),
        distinct_from=[reached.find_worker(key, certain=True) for key in distinct_from],
    )
    report_enrolment(replace(enrolment, refused=(*unreadable, *enrolment.refused)), as_json=as_json)


@worker.command("import", cls=Deed)
@click.argument("folder", type=PATH, metavar="DIR")
@consent_options
@keep_photos_option
@json_option
def import_workers(
    folder: Path,
    consent_text: str | None,
    consent_expires: datetime | None,
    consent_emotion: bool,
    keep_photos: bool | None,
    as_json: bool,
) -> None:
    """Enrol everyone in DIR: one folder a person, named after them, with photos in it.

    An underscore in a folder's name stands for a space. Folders whose names differ only in case,
    underscores, spaces, Unicode form, or dots at the end are one person's. What systems, cameras
    and storage devices leave in folders is passed over, and said; photos that lie in no folder are
    refused. Links to files are followed, links to folders are not. Run it again after adding photos
    or people: what is enrolled already is left as it is. When it is stopped midway, by Ctrl-C or by
    a registry that is busy, what was done by then is shown and kept.
    """
    reached = facevec({"enrolment.keep_photos": keep_photos}, many=True)
    roster = people_in(folder)
    if not roster.people:
        aside = f" {passed_over(roster.passed_over)}" if roster.passed_over else ""
        raise InputError(
            f"{named(folder)} holds no folders; give each person one, named after them, with their photos."
            f"{aside}"
        )
    consent = _consent(consent_text, consent_expires, consent_emotion)
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

    workers = facevec().list_workers()
    if as_json:
        from facevec.presentation.answers.workers import WorkerAnswer, WorkersAnswer

        print_json(WorkersAnswer(workers=tuple(WorkerAnswer.of(each) for each in workers)))
    elif workers:
        show(tables.workers_table(workers))
    else:
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
    _report(reached.rename(reached.find_worker(key, certain=True), name), as_json=as_json)


@worker.command(cls=Deed)
@click.argument("key", metavar="WORKER")
@click.argument("text_version", required=False)
@click.option("--expires", type=ENDING, help=f"When it ends: {ENDING_HELP}")
@click.option("--emotion", is_flag=True, help="They also agreed to their expressions being read.")
@click.option("--withdraw", is_flag=True, help="End the consent that is recorded, now.")
@json_option
def consent(
    key: str,
    text_version: str | None,
    expires: datetime | None,
    emotion: bool,
    withdraw: bool,
    as_json: bool,
) -> None:
    """Record that WORKER agreed, now, to TEXT_VERSION of your consent text; or withdraw their consent.

    It takes the place of an earlier consent. Without --emotion theirs covers no reading of
    expressions. A worker whose consent is withdrawn or has expired is not named any more;
    `facevec worker remove` deletes them.
    """
    from facevec.usecases.consent import withdraw_consent

    if withdraw == (text_version is not None):
        raise click.UsageError("Give either TEXT_VERSION or --withdraw.")
    if withdraw and (expires is not None or emotion):
        raise click.UsageError("--expires and --emotion go with TEXT_VERSION, not with --withdraw.")
    registry = app().registry
    worker_id = registry.find_worker(key, certain=True).id
    if text_version is None:
        changed = withdraw_consent(registry, worker_id, datetime.now(timezone.utc))
    else:
        changed = registry.set_consent(worker_id, _given_now(text_version, expires, emotion))
    _report(changed, as_json=as_json)


@worker.command(cls=Deed)
@click.argument("key", metavar="WORKER")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove(key: str, yes: bool, as_json: bool) -> None:
    """Delete WORKER with all photos and everything computed from them, for good."""
    from facevec.presentation.answers.workers import WorkerAnswer
    from facevec.presentation.plain import printable

    reached = facevec()
    worker = reached.find_worker(key, certain=True)
    name = printable(worker.name)
    if not yes:
        confirm(f"Delete {name} (id {worker.id}, {worker.photo_count} photos) for good?")
    removed = reached.remove(worker)
    if as_json:
        print_json(WorkerAnswer.of(removed))
    else:
        show(f"{name} (id {removed.id}) is removed and will not be recognised any more.")


def _report(worker: Worker, *, as_json: bool) -> None:
    from facevec.presentation import tables
    from facevec.presentation.answers.workers import WorkerAnswer

    if as_json:
        print_json(WorkerAnswer.of(worker))
    else:
        show(tables.workers_table([worker]))


def _consent(text_version: str | None, expires: datetime | None, emotion: bool) -> Consent | None:
    if text_version is not None:
        return _given_now(text_version, expires, emotion)
    if expires is not None or emotion:
        raise click.UsageError(
            "--consent-expires and --consent-emotion say more of a consent; add --consent TEXT_VERSION."
        )
    return None


def _given_now(text_version: str, expires: datetime | None, emotion: bool) -> Consent:
    return Consent(text_version, datetime.now(timezone.utc), expires, emotion)
