"""`facevec evaluate`: how often facevec is wrong on people whose names are known."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.common import app, json_option, note, print_json, progress, show
from facevec.cli.files import PATH, folders_in, named, photos_in, read_picture, require_folder, write_whole

if TYPE_CHECKING:
    from facevec.usecases.evaluation import Person


@click.command()
@click.argument("folder", type=PATH, metavar="DIR")
@click.option(
    "--strangers",
    type=PATH,
    metavar="DIR",
    help="Photos of people who are not enrolled: loose, or one folder a person.",
)
@click.option(
    "--enrol-photos",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Enrol so many photos of each person, the first by name; the others are searched for.",
)
@click.option(
    "--report",
    "out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.html",
    help="Write a page with plots that opens anywhere; it names folders and shows no photo.",
)
@json_option
def evaluate(
    folder: Path, strangers: Path | None, enrol_photos: int, out: Path | None, as_json: bool
) -> None:
    """Measure how often strangers are named and workers missed.

    DIR holds one folder a person. People with two photos or more are enrolled with the first of
    them and searched for with the others; at least one photo stays for that. People with one
    photo, and all in --strangers, are strangers. Nothing is written to the registry: the people
    are enrolled in a temporary one, through the same checks as `facevec worker add`.
    """
    from facevec.presentation import evaluation_figures as figures
    from facevec.usecases import evaluate as usecase

    facevec = app()
    people = people_in(folder)
    others = [] if strangers is None else strangers_in(strangers)
    if out is not None:
        from facevec.presentation.emotion_report import require_plots

        require_plots()
    read = partial(_read, facevec.settings.vision.max_file_bytes)
    thresholds = facevec.thresholds
    with progress(unit="photos") as bar, facevec.trial_desk() as desk:
        task = bar.add_task("Evaluating", total=sum(len(one.photos) for one in (*people, *others)))
        done = usecase.evaluate(
            desk,
            thresholds,
            people,
            others,
            read,
            enrol_photos=enrol_photos,
            on_photo=lambda _photo: bar.advance(task),
        )
    if out is not None:
        from facevec.presentation.evaluation_report import report

        write_whole(out, report(done, folder.name).encode())
        note(f"Report: {named(out)}")
    if as_json:
        print_json(figures.as_json(done))
    else:
        show(figures.evaluation_tables(done))


def people_in(folder: Path) -> list[Person]:
    """Each folder in `folder`. Raises FileMissing, FolderUnreadable, InputError."""
    from facevec.usecases.evaluation import Person

    require_folder(folder)
    return [Person(named(path.relative_to(folder)), _names(path)) for path in folders_in(folder)]


def strangers_in(folder: Path) -> list[Person]:
    """Each folder in `folder`, and each loose photo as a person. Raises as `people_in`."""
    from facevec.usecases.evaluation import Person

    loose = [
        Person(named(path.relative_to(folder)), (str(path),))
        for path in (photos_in(folder) if folder.is_dir() else ())
        if not path.is_dir()
    ]
    return [person for person in (*people_in(folder), *loose) if person.photos]


def _names(folder: Path) -> tuple[str, ...]:
    return tuple(str(path) for path in photos_in(folder) if not path.is_dir())


def _read(max_bytes: int, photo: str) -> bytes:
    return read_picture(Path(photo), max_bytes)
