"""`facevec evaluate`: how often facevec is wrong on people whose names are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from facevec.cli.clutter import show_unused
from facevec.cli.common import app, json_option, print_json, progress, show
from facevec.cli.files import PATH, named, require_place
from facevec.cli.groups import grouped, groups_in, groups_option, require_members
from facevec.cli.people import Roster, people_in, reader, strangers_in, strangers_option
from facevec.cli.reports import write_report
from facevec.usecases.people import Person


@click.command()
@click.argument("folder", type=PATH, metavar="DIR")
@strangers_option
@groups_option
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
    folder: Path,
    strangers: Path | None,
    groups: Path | None,
    enrol_photos: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure how often strangers are named and workers missed.

    DIR holds one folder a person. People with two photos or more are enrolled with the first of
    them and searched for with the others; at least one photo stays for that. People with one
    photo, and all in --strangers, are strangers. Nothing is written to the registry: the people
    are enrolled in a temporary one, through the same checks as `facevec worker add`.
    """
    from facevec.presentation import evaluation_figures as figures
    from facevec.presentation.answers.evaluation import EvaluationAnswer
    from facevec.usecases import evaluate as usecase

    facevec = app(many=True)
    of_groups = None if groups is None else groups_in(groups)
    people = grouped(people_in(folder), of_groups)
    others = grouped(Roster() if strangers is None else strangers_in(strangers), of_groups)
    if groups is not None:
        require_members(groups, people, others)
    if out is not None:
        from facevec.presentation.plots import require_plots

        require_plots()
        require_place(out)
    read = reader(facevec.settings.vision.max_file_bytes)
    point = facevec.operating_point()
    with progress(unit="photos") as bar, facevec.trial_desk() as desk:
        task = bar.add_task("Evaluating", total=people.photo_count + others.photo_count)
        evaluation = usecase.evaluate(
            desk,
            point,
            _displayed(people),
            _displayed(others),
            read,
            enrol_photos=enrol_photos,
            on_photo=lambda _photo: bar.advance(task),
        )
    unusable = (*people.unusable, *others.unusable)
    aside = (*people.passed_over, *others.passed_over)
    if as_json:
        print_json(EvaluationAnswer.of_evaluation(evaluation, unusable=unusable, passed_over=aside))
    else:
        show(figures.evaluation_tables(evaluation))
        show_unused(unusable, aside)
    if out is not None:
        from facevec.presentation.evaluation_report import report

        page = report(evaluation, named(folder.name)).encode("utf-8", "backslashreplace")
        write_report({out: page}, out)


def _displayed(roster: Roster) -> list[Person]:
    """Under names that can be printed, whatever bytes those of the folders are made of."""
    return [replace(person, name=named(person.name)) for person in roster.people]
