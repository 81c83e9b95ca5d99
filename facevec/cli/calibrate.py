"""`facevec calibrate`: set the threshold for a target FPIR, from the people who come to this door."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.clutter import passed_over
from facevec.cli.common import Session, app, json_option, note, print_json, progress, show
from facevec.cli.files import PATH
from facevec.cli.people import Crowd, reader, strangers_in
from facevec.types import Refusal

if TYPE_CHECKING:
    from facevec.bootstrap import App
    from facevec.usecases.calibrate import Stranger


@click.group(invoke_without_command=True)
@click.option(
    "--target-fpir",
    type=click.FloatRange(0, 0.5, min_open=True),
    default=0.01,
    show_default=True,
    help="The share of strangers who may be given a name.",
)
@click.option(
    "--strangers",
    type=PATH,
    metavar="DIR",
    help="Photos of people who are not enrolled: loose, or one folder a person.",
)
@click.option("--dry-run", is_flag=True, help="Measure only; change nothing.")
@json_option
@click.pass_context
def calibrate(
    ctx: click.Context, target_fpir: float, strangers: Path | None, dry_run: bool, as_json: bool
) -> None:
    """Set match threshold and margin so that few strangers are given a name.

    It measures with the workers enrolled here: with photos of strangers as the camera shows
    them, or without any, by searching for each worker in the gallery of all others. The result
    is kept in the registry and counts at once, in running services too, unless match.threshold
    or match.min_margin is set. The photos are not kept.
    """
    if ctx.invoked_subcommand is not None:
        return
    from facevec.presentation import calibration_words as words
    from facevec.presentation.answers.thresholds import CalibrationMade
    from facevec.usecases import calibrate as usecase

    ctx.ensure_object(Session).deed = not dry_run
    facevec = app()
    refused: list[Refusal] = []
    people = Crowd() if strangers is None else strangers_in(strangers)
    faces = None if strangers is None else _look(facevec, people, refused)
    done = usecase.calibrate(facevec.registry, facevec.thresholds, target_fpir, faces)
    if not dry_run:
        facevec.calibrations.add(done)
    overruled = _overruled(facevec)
    if as_json:
        made = CalibrationMade.of_calibration(
            done,
            stored=not dry_run,
            overruled_by=overruled,
            refused=refused,
            passed_over=people.passed_over,
        )
        print_json(made)
        return
    if people.passed_over:
        show(passed_over(people.passed_over))
    show(words.found(done))
    show(words.sample(done))
    show("Nothing was changed (--dry-run)." if dry_run else "Stored; it counts from now on.")
    if overruled:
        note(f"{' and '.join(overruled)} set by you still count first; unset them to use the calibration.")


@calibrate.command("show")
@json_option
def show_thresholds(as_json: bool) -> None:
    """Say which thresholds are in force, where they come from, and whether they still hold."""
    from facevec.presentation import calibration_words as words
    from facevec.presentation.answers.thresholds import ThresholdsAnswer

    status = app().threshold_status()
    if as_json:
        print_json(ThresholdsAnswer.of_status(status))
    else:
        show(words.status(status))


def _look(facevec: App, people: Crowd, refused: list[Refusal]) -> list[Stranger]:
    """Their faces; what gives none is told, and added to `refused`."""
    from facevec.presentation.tables import refusals_table
    from facevec.usecases.calibrate import look_at_strangers

    max_bytes = facevec.settings.vision.max_file_bytes
    with progress(unit="photos") as bar:
        task = bar.add_task("Looking at strangers", total=people.photo_count)
        found, faceless = look_at_strangers(
            facevec.vision, people.people, reader(max_bytes), lambda _photo: bar.advance(task)
        )
    refused += (*faceless, *people.unusable)
    if refused:
        from facevec.cli.common import stderr

        stderr().print(refusals_table(refused))
    return found


def _overruled(facevec: App) -> list[str]:
    match = facevec.settings.match
    return [f"match.{name}" for name in ("threshold", "min_margin") if getattr(match, name) is not None]
