"""`facevec index`: the gallery's copy on disk."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING

import click

from facevec.cli.common import FAULTS_EXIT_CODE, app, json_option, print_json, show
from facevec.cli.night import rebuild_index, show_report
from facevec.files import size_in_words

if TYPE_CHECKING:
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

    facevec = app()
    result = facevec.gallery.status()
    age = _age_seconds(result)
    if as_json:
        thresholds = ThresholdsAnswer.of_standing(facevec.standing())
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
    show(words.standing_in_words(facevec.standing()))


@index.command("prove")
@click.option("--probes", default=32, show_default=True, type=click.IntRange(2, 10_000), help="How many.")
@click.option(
    "--recall",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.0, 1.0),
    help="Share of the neighbours that must be right; 1 asks for the oracle's answers.",
)
@json_option
def prove_index(probes: int, recall: float, as_json: bool) -> None:
    """Search with the engine in use, and compare with every worker in the registry, one by one.

    Half of the probes are much like workers from all over the registry. Exit code 4 when an answer is not
    that of comparing everybody, or, below a recall of 1, when fewer neighbours are right.
    """
    from facevec.presentation.answers.system import ProofAnswer
    from facevec.usecases.prove_index import prove

    facevec = app()
    contract = facevec.registry.state().contract
    proof = None
    if contract is not None:
        proof = prove(
            facevec.registry, contract, partial(facevec.gallery.live, contract), facevec.clock, probes
        )
    if as_json:
        print_json(ProofAnswer.of(proof, engine=facevec.settings.gallery.engine) if proof else None)
    elif proof is None:
        show("Nobody is enrolled: there is nothing to search.")
    else:
        show(
            f"Engine {facevec.settings.gallery.engine}: {proof.workers} workers, {proof.probes} probes, "
            f"{proof.right} of {proof.neighbours} neighbours right, {proof.different} answers differ.\n"
            f"A search {proof.milliseconds:.2f} ms, of eight together {proof.batch_milliseconds:.2f} ms."
        )
    if proof is not None and (proof.recall < recall or (recall == 1.0 and proof.different)):
        click.get_current_context().exit(FAULTS_EXIT_CODE)


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
