"""`facevec models measure`: the distances that suit a model, on people whose names are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.clutter import show_unused
from facevec.cli.common import Deed, app, json_option, print_json, progress, show
from facevec.cli.files import PATH
from facevec.cli.people import Roster, people_in, reader, strangers_in, strangers_option
from facevec.errors import NotAuthentic

if TYPE_CHECKING:
    from facevec.bootstrap import App
    from facevec.types import MeasuredScale, ModelScale, Refusal
    from facevec.vision.weights.status import ModelStatus


@click.command(cls=Deed)
@click.argument("name")
@click.argument("folder", type=PATH, metavar="DIR")
@strangers_option
@json_option
def measure(name: str, folder: Path, strangers: Path | None, as_json: bool) -> None:
    """Measure the distances that suit the model NAME, on people whose names are known.

    DIR holds one folder a person; those with two photos or more may be enrolled, the others and
    all in --strangers are strangers. Where strangers are too few, everybody is searched for, each
    among all others. The result stands beside the model, with how sure each distance is and on
    whom it was measured; it counts from now on in every process that uses these models, unless
    settings or a calibration come first. Of two networks together NAME is both, with a + between
    them. Neither photos nor vectors are kept, and a projection is not learnt.
    """
    from facevec.presentation import scale_words as words
    from facevec.presentation.answers.scales import ScaleMeasured

    facevec = app(many=True)
    people = people_in(folder)
    others = Roster() if strangers is None else strangers_in(strangers)
    known = facevec.networks.scale(name)
    measured, refused = _measure(facevec, name, known, people, others)
    facevec.networks.keep_measured(measured)
    aside = (*people.passed_over, *others.passed_over)
    unusable = (*refused, *people.unusable, *others.unusable)
    if as_json:
        print_json(ScaleMeasured.of_measured(measured, before=known, refused=unusable, passed_over=aside))
        return
    show(words.table(measured, known))
    show_unused(unusable, aside)
    show(words.provenance(measured))
    show("Stored beside the model; it counts from now on.")


def distances_of(entry: ModelStatus) -> str | None:
    """Where those of a model that makes embeddings come from; None of any other."""
    from facevec.presentation.scale_words import origin
    from facevec.vision.models.model import EmbeddingModel

    model = entry.model
    if not isinstance(model, EmbeddingModel):
        return None
    try:
        return origin(model.scale, app().networks.measured(model.name))
    except NotAuthentic:
        return "not authentic: measure them again"


def _measure(
    facevec: App, name: str, known: ModelScale, people: Roster, others: Roster
) -> tuple[MeasuredScale, tuple[Refusal, ...]]:
    from facevec.usecases import measure as usecase

    read = reader(facevec.settings.vision.max_file_bytes)
    vision = facevec.networks.vision(name)
    with progress() as bar:
        photos = bar.add_task("Looking at photos", total=people.photo_count + others.photo_count)
        draws = bar.add_task("Drawing galleries", total=None, visible=False)
        steps = usecase.Progress(
            on_photo=lambda _photo: bar.advance(photos),
            on_draws=lambda count: bar.update(draws, total=count, visible=True),
            on_draw=lambda: bar.advance(draws),
        )
        return usecase.measure(
            vision, known, people.people, others.people, read, facevec.clock, progress=steps
        )
