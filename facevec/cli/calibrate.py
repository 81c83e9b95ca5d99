"""`facevec calibrate`: set the threshold for a target FPIR, from the people who come to this door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from facevec.cli.clutter import passed_over
from facevec.cli.common import app, json_option, note, print_json, progress, show, stderr
from facevec.cli.groups import grouped, groups_in, groups_option, require_members
from facevec.cli.people import Roster, reader, strangers_in, strangers_option
from facevec.cli.recorded import noted
from facevec.cli.session import Session
from facevec.cli.two_people import require_second
from facevec.errors import InputError
from facevec.types import Refusal
from facevec.usecases.approvals import calibrating

if TYPE_CHECKING:
    from facevec.bootstrap import App
    from facevec.decision.point import OperatingPoint
    from facevec.decision.uneven import Lamb
    from facevec.usecases.calibrate import Calibrated
    from facevec.usecases.strangers import Stranger


@click.group(invoke_without_command=True)
@click.option(
    "--target-fpir",
    type=click.FloatRange(0, 0.5, min_open=True),
    help="The share of strangers who may be given a name, instead of match.target_fpir.",
)
@strangers_option
@groups_option
@click.option("--dry-run", is_flag=True, help="Measure only; change nothing.")
@json_option
@click.pass_context
def calibrate(
    ctx: click.Context,
    target_fpir: float | None,
    strangers: Path | None,
    groups: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Set match threshold and margin so that few strangers are given a name.

    It measures with the workers enrolled here: with photos of strangers as the camera shows
    them, or without any, by searching for each worker in the gallery of all others. The result
    is kept in the registry and counts at once, in running services too, unless match.threshold
    or match.min_margin is set. The photos are not kept.
    """
    if ctx.invoked_subcommand is not None:
        _require_no_options(ctx, ctx.invoked_subcommand)
        return
    from facevec.presentation.answers.thresholds import CalibrationMade
    from facevec.usecases import calibrate as usecase

    ctx.ensure_object(Session).deed = not dry_run
    facevec = app(many=strangers is not None)
    refused: list[Refusal] = []
    people = Roster() if strangers is None else strangers_in(strangers)
    if groups is not None:
        if strangers is None:
            raise InputError("--groups names the groups of strangers; give their photos with --strangers.")
        people = grouped(people, groups_in(groups))
        require_members(groups, people)
    point = facevec.operating_point()
    searched = None if strangers is None else _search(facevec, point, people, refused)
    target = facevec.settings.match.target_fpir if target_fpir is None else target_fpir
    calibrated = usecase.calibrate(facevec.registry, point, target, searched, facevec.clock)
    calibration, lambs = calibrated.calibration, _named(facevec, calibrated.lambs)
    if not dry_run:
        require_second(facevec, calibrating(calibration))
        facevec.calibrations.add(calibration)
        noted(match_threshold=calibration.match_threshold, target_fpir=calibration.target_fpir)
    overruled = _overruled(facevec)
    if as_json:
        made = CalibrationMade.of_calibration(
            calibration,
            stored=not dry_run,
            overruled_by=overruled,
            groups=calibrated.groups,
            lambs=lambs,
            refused=refused,
            passed_over=people.passed_over,
        )
        print_json(made)
    else:
        _show(calibrated, lambs, people.passed_over, overruled, stored=not dry_run)


@calibrate.command("show")
@json_option
def show_thresholds(as_json: bool) -> None:
    """Say which thresholds are in force, where they come from, and whether they still hold."""
    from facevec.presentation import calibration_words as words
    from facevec.presentation.answers.thresholds import ThresholdsAnswer

    standing = app().standing()
    if as_json:
        print_json(ThresholdsAnswer.of_standing(standing))
    else:
        show(words.standing_in_words(standing))


def _require_no_options(ctx: click.Context, subcommand: str) -> None:
    """Raises UsageError for an option before `subcommand`, which would not see it."""
    for option in ctx.command.params:
        if ctx.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"{option.opts[0]} stands before `{subcommand}`, where it counts for nothing: leave it out, "
                "or write it at the end."
            )


def _search(facevec: App, point: OperatingPoint, people: Roster, refused: list[Refusal]) -> list[Stranger]:
    """The searches for their faces; what gives none is said, and added to `refused`."""
    from facevec.presentation.tables import refusals_table
    from facevec.usecases.probes import Prober
    from facevec.usecases.strangers import search_strangers

    read = reader(facevec.settings.vision.max_file_bytes)
    with progress(unit="photos") as bar:
        task = bar.add_task("Searching for strangers", total=people.photo_count)
        prober = Prober(facevec.vision, facevec.identifier, point, read, lambda _photo: bar.advance(task))
        strangers = search_strangers(prober, people.people)
    refused += (*prober.refused, *people.unusable)
    if refused:
        stderr().print(refusals_table(refused))
    return strangers


def _show(
    calibrated: Calibrated,
    lambs: Sequence[Lamb],
    aside: Sequence[str],
    overruled: Sequence[str],
    *,
    stored: bool,
) -> None:
    """lambs: as they are called. aside: what was passed over. overruled: the settings that count first."""
    from facevec.presentation import calibration_words as words
    from facevec.presentation import uneven_words

    if aside:
        show(passed_over(aside))
    show(words.measured(calibrated.calibration))
    show(words.sample(calibrated.calibration))
    if calibrated.groups:
        show(uneven_words.groups_table(calibrated.groups))
    if lambs:
        show(uneven_words.lambs_table(lambs))
    show("Stored; it counts from now on." if stored else "Nothing was changed (--dry-run).")
    if overruled:
        note(f"{' and '.join(overruled)} set by you still count first; unset them to use the calibration.")


def _overruled(facevec: App) -> list[str]:
    match = facevec.settings.match
    return [f"match.{name}" for name in ("threshold", "min_margin") if getattr(match, name) is not None]


def _named(facevec: App, lambs: Sequence[Lamb]) -> list[Lamb]:
    """Each by id and name."""
    workers = facevec.registry.workers([int(lamb.worker) for lamb in lambs])
    return [
        replace(lamb, worker=f"{workers[int(lamb.worker)].name} (id:{lamb.worker})")
        for lamb in lambs
        if int(lamb.worker) in workers
    ]
