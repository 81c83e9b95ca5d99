"""`facevec index`: the gallery's copy on disk."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import click

from facevec.cli.common import json_option, print_json, settings, show
from facevec.cli.night import rebuild_index, show_report
from facevec.files import size_in_words

if TYPE_CHECKING:
    from facevec.bootstrap import App
    from facevec.usecases.rebuild import IndexStatus


@click.group()
def index() -> None:
    """Look at the index on disk, and do the nightly job, which builds it anew.

    The index only makes the start faster: workers that are added or removed count at
    once, with no rebuild, and deleting it loses nothing.
    """


index.add_command(rebuild_index)
index.add_command(show_report)


@index.command("status")
@json_option
def status(as_json: bool) -> None:
    """Hold what is searched against the registry, to the last byte; say which thresholds are in force."""
    from facevec.presentation import calibration_words as words
    from facevec.presentation.answers.system import IndexWithAge
    from facevec.presentation.answers.thresholds import ThresholdsAnswer

    app = _app()
    result = app.gallery.status()
    age = _age_seconds(result)
    if as_json:
        thresholds = ThresholdsAnswer.of_standing(app.standing())
        print_json(IndexWithAge.of(result, age_seconds=age, thresholds=thresholds))
        return
    counts = f"{result.workers} workers, {result.templates} templates"
    show(f"Registry    revision {result.registry_revision}: {counts}")
    show(f"Model       {result.model or 'none yet'}, contract {result.contract or 'none yet'}")
    show(f"Engine      {result.engine}, {result.kind}")
    if result.engine == "faiss":
        show(f"Generation  {_generation(result, age)}")
    else:
        show(f"References  {_references(result)}")
    for worker_id, photo_id in result.set_aside:
        show(
            f"Set aside   photo {photo_id} of worker {worker_id}: its template is not as facevec wrote it; "
            "remove the photo and enrol it again"
        )
    show(words.standing_in_words(app.standing()))


def _generation(result: IndexStatus, age: float | None) -> str:
    if result.fault is not None:
        return f"not used: {result.fault}"
    if age is None or result.size is None:
        return "none; the registry is read at each start. `facevec index rebuild` builds one."
    return (
        f"{result.generation}, verified: {result.generation_workers} workers, "
        f"{size_in_words(result.size)}, {_duration(age)} old, {result.lag} revisions behind"
    )


def _references(result: IndexStatus) -> str:
    if result.fault is not None:
        return result.fault
    if result.generation_workers is None:
        return "none yet; the first search makes them."
    return (
        f"{result.generation_workers}, each as its templates give it, {size_in_words(result.size or 0)}, "
        f"{result.lag or 0} revisions behind"
    )


def _age_seconds(result: IndexStatus) -> float | None:
    if result.created_at is None:
        return None
    return (datetime.now(timezone.utc) - result.created_at).total_seconds()


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _app() -> App:
    from facevec.cli.common import build

    return build(settings())
