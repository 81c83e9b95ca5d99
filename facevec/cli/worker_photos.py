"""`facevec worker add-photos` and `remove-photo`: the photos of somebody who is enrolled already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

import click

from facevec.cli.common import Deed, confirm, exit_with, json_option, note, print_json, show
from facevec.cli.erasure import note_receipt
from facevec.cli.files import PATH
from facevec.cli.people import reader
from facevec.cli.reach import facevec
from facevec.errors import WorkerAmbiguous, WorkerNotFound
from facevec.presentation.plain import printable
from facevec.types import Enrolment, Photo, Refusal, Worker
from facevec.usecases.people import readable

photos_argument = click.argument("photos", nargs=-1, required=True, type=PATH, metavar="PHOTO...")

keep_photos_option = click.option(
    "--keep-photos",
    is_flag=True,
    default=None,
    help="Keep the photos themselves in the registry, not only what is computed from them.",
)


distinct_from_option = click.option(
    "--distinct-from",
    "distinct_from",
    multiple=True,
    metavar="WORKER",
    help="Enrol them although their face is like WORKER's, who is somebody else. It is recorded, with who "
    "says so; where a face may be either's, neither is named. May be given several times.",
)


@click.command("add-photos", cls=Deed)
@click.argument("key", metavar="WORKER")
@photos_argument
@distinct_from_option
@keep_photos_option
@click.option(
    "--reseed",
    is_flag=True,
    help="The photos say anew who WORKER is, whatever face was enrolled first: after years, say.",
)
@json_option
def add_photos(
    key: str,
    photos: tuple[Path, ...],
    *,
    distinct_from: tuple[str, ...],
    keep_photos: bool | None,
    reseed: bool,
    as_json: bool,
) -> None:
    """Add one or more photos to WORKER, who is enrolled already.

    Photos that will not do are refused one by one, with the reason; the others are added. Each is
    compared with the photos that WORKER has and with the face that was enrolled first, which stays
    known until WORKER is removed.
    """
    reached = facevec({"enrolment.keep_photos": keep_photos})
    worker = reached.find_worker(key, certain=True)
    unreadable: list[Refusal] = []
    sources = readable(map(str, photos), reader(reached.max_bytes), unreadable)
    others = [reached.find_worker(other, certain=True) for other in distinct_from]
    enrolment = reached.add_photos(worker, sources, distinct_from=others, reseed=reseed)
    if enrolment.reseeded:
        note(f"WARNING: id:{worker.id} is known anew by the face on these photos, whoever it was before.")
    report_enrolment(replace(enrolment, refused=(*unreadable, *enrolment.refused)), as_json=as_json)


@click.command("remove-photo", cls=Deed)
@click.argument("key", metavar="WORKER")
@click.argument("photo_key", metavar="PHOTO_ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove_photo(key: str, photo_key: str, yes: bool, as_json: bool) -> None:
    """Delete one photo of WORKER and what was computed from it, for good.

    `facevec worker show WORKER` lists the ids. Where a number may also be the name of another
    photo's file, write id:7. Without any photo left WORKER is not recognised.
    """
    from facevec.presentation.answers.workers import WorkerAnswer

    reached = facevec()
    worker = reached.find_worker(key, certain=True)
    name = printable(worker.name)
    photo = _photo_meant(photo_key, worker, reached.photos(worker))
    what = f"{photo.id} ({printable(photo.source)}) of {name} (id {worker.id})"
    if not yes:
        confirm(f"Delete photo {what} for good?")
    left, receipt = reached.remove_photo(worker, photo)
    note_receipt(receipt)
    if as_json:
        print_json(WorkerAnswer.of(left))
        return
    show(f"Photo {what} is removed; photos left: {left.photo_count}.")
    if not left.photo_count:
        note(
            f"WARNING: without a photo {name} is not recognised; `facevec worker add-photos id:{left.id} "
            f"PHOTO...` adds some of the face enrolled first, which stays known, and `facevec worker "
            f"remove id:{left.id}` deletes them."
        )


def _photo_meant(key: str, worker: Worker, photos: Sequence[Photo]) -> Photo:
    """The photo whose id is `key`. Raises WorkerNotFound, WorkerAmbiguous."""
    number = key.removeprefix("id:")
    photo = next((one for one in photos if str(one.id) == number), None)
    if photo is None:
        raise WorkerNotFound(
            f"Worker {worker.id} has no photo {key}; `facevec worker show id:{worker.id}` lists their photos."
        )
    for other in photos:
        if other is not photo and key == number and PurePath(other.source).stem == key:
            raise WorkerAmbiguous(
                f"{key} may be the id of {photo.source} or the file {other.source}: "
                f"say which by id:{photo.id}, id:{other.id}."
            )
    return photo


def report_enrolment(enrolment: Enrolment, *, as_json: bool) -> None:
    """Show what became of a worker's photos, and end the command with the exit code that says so."""
    from facevec.presentation.answers.workers import EnrolmentAnswer

    if as_json:
        print_json(EnrolmentAnswer.of(enrolment))
    else:
        _show(enrolment)
    exit_with([refusal.code for refusal in enrolment.refused], successes=len(enrolment.accepted))


def show_distinctions(worker: Worker) -> None:
    """A line for each look-alike who was decided to be somebody else."""
    from facevec.presentation import tables

    for other in worker.distinct_from:
        show(f"{printable(worker.name)} is not {tables.distinction_words(other)}.")


def _show(enrolment: Enrolment) -> None:
    from facevec.presentation import tables

    name = printable(enrolment.name)
    if enrolment.worker is None:
        note(f"{name} is not enrolled: no photo could be used.")
    elif not enrolment.accepted:
        note(f"No photo was added to {name} (id {enrolment.worker.id}).")
    else:
        show(tables.workers_table([enrolment.worker]))
        show_distinctions(enrolment.worker)
    if enrolment.turned:
        show(tables.turned_table(enrolment.turned))
    if enrolment.refused:
        show(tables.refusals_table(enrolment.refused))


def report_worker(worker: Worker, *, as_json: bool) -> None:
    """Show a worker as they are now."""
    from facevec.presentation import tables
    from facevec.presentation.answers.workers import WorkerAnswer

    if as_json:
        print_json(WorkerAnswer.of(worker))
    else:
        show(tables.workers_table([worker]))
