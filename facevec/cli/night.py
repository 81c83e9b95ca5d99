"""`facevec index rebuild` and `facevec index report`: the nightly job, and what the last one came to."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.common import Deed, app, json_option, note, print_json, say_error, show
from facevec.files import size_in_words

if TYPE_CHECKING:
    from facevec.types import NightReport, StepReport, Worker


@click.command("rebuild", cls=Deed)
@click.option("--step", "only", multiple=True, metavar="NAME", help="Take this step alone; may be repeated.")
@click.option(
    "--trust-the-clock", "trust_clock", is_flag=True, help="The clock is right, though time has leapt."
)
@json_option
def rebuild_index(*, only: tuple[str, ...], trust_clock: bool, as_json: bool) -> None:
    """Write the index anew, and look for what somebody should look at: the nightly job.

    Services go on answering meanwhile. With pgvector every reference in the database is held
    against the templates that it was made of, mended where it differs, and the graph over
    them made anew. `facevec index report` shows what was seen. Exit code 110 when another
    process is at it, on whatever machine.
    """
    from facevec.jobs.nightly import exit_code, work
    from facevec.presentation.answers.night import RebuildAnswer
    from facevec.usecases.night.reading import with_workers
    from facevec.usecases.night.steps import STEPS

    names = [name for name, _ in STEPS]
    for name in only:
        if name not in names:
            raise click.UsageError(f"There is no step {name!r}; there are {', '.join(names)}.")
    facevec = app()
    report = work(facevec, only=only, trust_clock=trust_clock, on_step=_told)
    if as_json:
        print_json(RebuildAnswer.of_night(*with_workers(report, facevec.registry)))
    else:
        _show(report)
    if report.failure is not None:
        say_error(report.failure.reason or "")
    click.get_current_context().exit(exit_code(report))


@click.command("report")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it there as a page that needs nothing beside it. It holds names.",
)
@json_option
def show_report(html: Path | None, as_json: bool) -> None:
    """Show what the last night came to: findings, whom they are about, and what to do."""
    from facevec.presentation.answers.night import NightAnswer
    from facevec.usecases.night.reading import with_workers

    facevec = app()
    kept = facevec.night_reports.latest()
    if kept is None:
        if as_json:
            print_json(None)
        else:
            show("There was no night yet; `facevec index rebuild` makes one.")
        return
    report, workers = with_workers(kept, facevec.registry)
    if as_json:
        print_json(NightAnswer.of_night(report, workers))
    else:
        _show_findings(report, workers)
    if html is not None:
        from facevec.cli.reports import write_report
        from facevec.presentation.night_report import night_page

        write_report({html: night_page(report, workers).encode()}, html)


def _told(step: StepReport) -> None:
    """Progress, a line a step, for whoever looks on."""
    from facevec.presentation import night_words as words

    if not sys.stderr.isatty():
        return
    seen = f"{step.count} to look at" if step.code is None else step.reason
    note(f"{words.title(step.name)}: {seen} ({step.seconds:.1f} s)")


def _show(report: NightReport) -> None:
    from facevec.presentation import night_words as words

    index = report.step("index")
    figures: Mapping[str, object] = {} if index is None else index.figures
    if isinstance(size := figures.get("size"), int):
        generation = figures["generation"]
        kept = "References" if generation is None else f"Generation {generation}"
        mended = f", {figures['mended']} of them mended" if figures["mended"] else ""
        show(
            f"{kept}: {figures['workers']} workers, {figures['templates']} templates, "
            f"{size_in_words(size)} in {figures['seconds']:.1f} s{mended}."
        )
    elif index is not None and index.code is None:
        show("Nobody was ever enrolled: there is nothing to index.")
    seen = [f"{words.title(step.name)}: {step.count}" for step in report.steps if step.count]
    if seen:
        show("\n".join([*seen, "`facevec index report` lists them."]))


def _show_findings(report: NightReport, workers: Mapping[int, Worker]) -> None:
    from facevec.presentation import night_words as words
    from facevec.presentation.writable import Table

    show(words.headline(report))
    for step in words.with_findings(report):
        show("")
        show(f"{words.title(step.name)} ({step.count}). {step.reason or words.advice(step.name)}")
        if not step.findings:
            continue
        table = Table(*words.COLUMNS, box=None, header_style="bold")
        for row in words.rows(step, workers):
            table.add_row(*row)
        show(table)
        if words.left_out(step):
            show(f"And {words.left_out(step)} more.")
    if not words.with_findings(report):
        show("There is nothing to look at.")
