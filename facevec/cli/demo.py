"""`facevec demo`: the whole of it on two public domain portraits, leaving nothing behind but a picture."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.common import Deed, build, json_option, note, print_json, settings, show
from facevec.cli.files import as_text, named, write_whole
from facevec.cli.recognize import annotation_targets, only
from facevec.cli.throwaway import throwaway
from facevec.config import Loaded, temporary_folder
from facevec.errors import EnrolmentRefused, ModelMissing
from facevec.types import PhotoSource

if TYPE_CHECKING:
    from facevec.bootstrap import App
    from facevec.cli.samples import Portraits
    from facevec.presentation.answers.recognition import FilesRecognized
    from facevec.types import Worker

SAMPLE = "sample.png"
HONESTY = """{name} was enrolled from one photo. The sample picture shows three altered versions of that
very photo (small and mirrored, dark, tilted) and a stranger, Grace Hopper. It proves that facevec
works here, not how well it tells people apart: for that, enrol your own and try other photos."""
NEXT_STEPS = """Next steps:
  facevec worker import DIR                       enrol your people: one folder a person, photos in it
  facevec recognize PHOTO --annotate result.jpg   find them in any picture
  facevec doctor                                  check this installation"""


@click.command(cls=Deed)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("facevec-demo.jpg"),
    show_default=True,
    help="Where to write the annotated picture.",
)
@json_option
def demo(out: Path, as_json: bool) -> None:
    """Enrol one person, recognise them beside a stranger, and show the result.

    Gets a model if none is here. The registry it works in is deleted at the end.
    """
    from facevec.cli.samples import portraits
    from facevec.presentation import tables
    from facevec.presentation.answers.recognition import DemoAnswer

    annotation_targets([Path(SAMPLE)], out)
    people = portraits()
    with tempfile.TemporaryDirectory(prefix="facevec-demo-", dir=temporary_folder()) as folder:
        facevec = _ready_app(throwaway(settings(), Path(folder)))
        with facevec:
            worker = _enrol(facevec, people)
            answer = _recognize(facevec, people, out)
    if as_json:
        print_json(DemoAnswer.of(answer, enrolled=worker, annotated=as_text(out.resolve())))
        return
    show(tables.recognition_table(SAMPLE, only(answer)))
    show(HONESTY.format(name=worker.name))
    show(f"\nAnnotated picture: {named(out.resolve())}\n")
    show(NEXT_STEPS)


def _ready_app(loaded: Loaded) -> App:
    """The application with a model; fetches one if there is none. Raises ModelError."""
    from facevec.cli.models import fetch_progress
    from facevec.vision.weights.resolve import resolve

    facevec = build(loaded)
    try:
        note(f"Taking {facevec.sight.model}, which is here already.")
    except ModelMissing:
        note("Getting a model; this happens once.")
        with fetch_progress() as progress:
            choice = resolve(facevec.models, loaded.settings.vision.embedding_model, progress)
        note(choice.why)
    return facevec


def _enrol(facevec: App, people: Portraits) -> Worker:
    from facevec.usecases.enrol import enrol_worker

    note(f"Enrolling {people.name} from one photo.")
    enrolment = enrol_worker(facevec.desk, people.name, [PhotoSource("portrait", people.known_file())])
    if enrolment.worker is None:
        raise EnrolmentRefused(f"The sample photo was refused: {enrolment.refused[0].reason}")
    return enrolment.worker


def _recognize(facevec: App, people: Portraits, out: Path) -> FilesRecognized:
    from facevec.cli.reach.local import Local

    note("Recognising everyone in a picture of four.")
    sight = Local(facevec).recognize(people.sample_file())
    write_whole(out, sight.drawn(out.suffix))
    return sight.answer(SAMPLE)
