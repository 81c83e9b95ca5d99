"""`facevec models migrate`: changing the embedding model of a registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.common import (
    Deed,
    app,
    confirm,
    end_early,
    json_option,
    note,
    print_json,
    progress,
    show,
)
from facevec.cli.files import PATH, named, read_picture
from facevec.cli.folders import everything_in
from facevec.cli.recorded import noted
from facevec.errors import FacevecError
from facevec.types import Coverage, Model, ModelChange

if TYPE_CHECKING:
    from facevec.bootstrap import App
    from facevec.decision.point import OperatingPoint
    from facevec.usecases.migrate.compare import Comparison, ModelTrial
    from facevec.usecases.migrate.reembed import Reembedding

LEASE = "model change"
LISTED = 20
"""So many workers, or photos, are named one by one."""


def _deed(name: str, about: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """One of the options of which one counts."""
    return click.option(f"--{name}", "deed", flag_value=name, help=about)


@click.command(cls=Deed)
@click.argument("name", required=False)
@click.option("--photos", type=PATH, metavar="DIR", help="Files that were enrolled and not kept.")
@_deed("status", "Say how far it has come, and do nothing.")
@_deed("compare", "Hold both models against each other on the enrolled photos.")
@_deed("switch", "From now on the new model decides.")
@click.option("--leave-behind", is_flag=True, help="With --switch: also where workers have no new template.")
@_deed("back", "The model of before decides again.")
@_deed("finish", "Forget the templates of the model that does not decide.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def migrate(
    *,
    name: str | None,
    photos: Path | None,
    deed: str | None,
    leave_behind: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Change the registry's embedding model to NAME, with the way back open until --finish.

    Templates of NAME are made from photos that were kept, then from those of --photos, and of
    whoever is enrolled meanwhile; the model of before goes on deciding. Begun again, it goes on
    where it was. --switch shows both models on your own photos and asks.
    """
    if (leave_behind and deed != "switch") or (deed is not None and (name or photos)):
        raise click.UsageError(
            "NAME and --photos begin the change or go on with it; --leave-behind goes with --switch."
        )
    facevec = app()
    noted(deed=deed or "embed")
    if deed == "switch":
        _switch(facevec, leave_behind=leave_behind, yes=yes, as_json=as_json)
    elif deed == "back":
        _report(facevec, facevec.model_changes.back(), as_json=as_json)
    elif deed == "finish":
        _finish(facevec, yes=yes, as_json=as_json)
    elif deed is None:
        _carry_on(facevec, name, photos, as_json=as_json)
    else:
        change = facevec.model_changes.required()
        comparison = _compared(facevec, change) if deed == "compare" else None
        _report(facevec, change, comparison=comparison, as_json=as_json)


def _carry_on(facevec: App, name: str | None, photos: Path | None, *, as_json: bool) -> None:
    """Begin or go on: make what is missing of the templates."""
    from facevec.jobs.lease import holding, this_process

    change = facevec.model_changes.required() if name is None else _begun(facevec, name)
    with holding(facevec.leases, LEASE, this_process()) as require_lease:
        work = _embedded(facevec, change, photos, require_lease)
    _report(facevec, change, work=work, as_json=as_json)


def _begun(facevec: App, name: str) -> ModelChange:
    embedder = facevec.networks.vision(name).embedder
    return facevec.model_changes.begin(Model(name, embedder.contract))


def _embedded(
    facevec: App, change: ModelChange, photos: Path | None, require_lease: Callable[[], None]
) -> Reembedding:
    from facevec.usecases.migrate.reembed import reembed_file, reembed_kept

    other = facevec.other_model.embedder(change.other)
    reembedder = facevec.other_model.reembedder(facevec.vision, other)
    coverage = facevec.model_changes.coverage()
    with _bar(coverage.of_photos - coverage.photos) as advance:

        def on_worker(count: int) -> None:
            require_lease()
            advance(count)

        work = reembed_kept(facevec.model_changes, reembedder, on_worker)
    if photos is None:
        return work
    files = everything_in(photos).files
    with _bar(len(files)) as advance:
        for file in files:
            require_lease()
            try:
                data = read_picture(file, facevec.settings.vision.max_file_bytes)
            except FacevecError as error:
                note(f"{named(file)}: {error}")
                continue
            reembed_file(facevec.model_changes, reembedder, data, work)
            advance(1)
    return work


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    with progress(unit="photos") as bar:
        task = bar.add_task("Embedding", total=total)
        yield lambda count: bar.update(task, advance=count)


def _switch(facevec: App, *, leave_behind: bool, yes: bool, as_json: bool) -> None:
    from facevec.usecases.model import require_asked

    change = facevec.model_changes.required()
    vision = facevec.settings.vision
    require_asked(change.after.name, vision.embedding_model, vision.second_model)
    facevec.other_model.embedder(change.other)  # it is here, and as it was when the change began
    comparison = _compared(facevec, change)
    if comparison is not None and not as_json:
        _show_comparison(comparison)
    if not yes:
        confirm(f"Let {change.after.name} decide from now on, instead of {change.before.name}?")
    change = facevec.model_changes.switch(leave_behind=leave_behind)
    _report(facevec, change, comparison=comparison if as_json else None, as_json=as_json)


def _finish(facevec: App, *, yes: bool, as_json: bool) -> None:
    from facevec.presentation.answers.model_change import ModelChangeFinished, ModelOfChange

    change = facevec.model_changes.required()
    if not yes:
        confirm(f"Keep {change.in_force.name}, and delete all templates of {change.other.name} for good?")
    change, forgotten = facevec.model_changes.finish()
    noted(kept=change.in_force.name, gone=change.other.name, forgotten_photos=forgotten)
    fault = _cleared(facevec)
    if as_json:
        kept, gone = (ModelOfChange.of(model) for model in (change.in_force, change.other))
        print_json(ModelChangeFinished(kept=kept, gone=gone, forgotten_photos=forgotten))
    else:
        show(f"{change.in_force.name} stays; the templates of {change.other.name} are deleted.")
        if forgotten:
            show(f"{forgotten} photos had no others and are forgotten.")
    if fault is not None:
        note("What is kept beside the registry may still hold those faces; run `facevec index rebuild`.")
        end_early(fault)


def _cleared(facevec: App) -> FacevecError | None:
    """Have nothing beside the registry hold what it does not any more; why that went wrong."""
    from facevec.usecases.remove import EVERY

    try:
        facevec.generations.discard(EVERY)
        facevec.gallery.rebuild()
    except FacevecError as error:
        return error
    return None


def _compared(facevec: App, change: ModelChange) -> Comparison | None:
    from facevec.usecases.migrate.compare import compare
    from facevec.usecases.scale import scale_in_force
    from facevec.usecases.standing import current_point

    def point_of(model: Model) -> OperatingPoint:
        scale = scale_in_force(facevec.networks, facevec.own_scales, model.name, model.contract)
        overrides = facevec.settings.match_overrides()
        return current_point(facevec.calibrations, model.contract, overrides, scale)

    return compare(facevec.registry, change, point_of)


def _report(
    facevec: App,
    change: ModelChange,
    *,
    work: Reembedding | None = None,
    comparison: Comparison | None = None,
    as_json: bool,
) -> None:
    noted(before=change.before.name, after=change.after.name)
    coverage = facevec.model_changes.coverage()
    if as_json:
        from facevec.presentation.answers.model_change import ModelChangeAnswer

        workers = facevec.registry.known(coverage.needed)
        print_json(ModelChangeAnswer.of_change(change, coverage, workers, work, comparison))
        return
    if work is not None:
        show(f"{work.embedded} templates made.")
        for refused in work.refused[:LISTED]:
            note(f"id:{refused.worker_id}: {refused.reason}")
    if comparison is not None:
        _show_comparison(comparison)
    _show_coverage(facevec, change, coverage)


def _show_coverage(facevec: App, change: ModelChange, coverage: Coverage) -> None:
    show(f"From {change.before.name} to {change.after.name}; {change.in_force.name} decides.")
    ready = coverage.workers - len(coverage.needed)
    show(
        f"{ready} of {coverage.workers} workers, and {coverage.photos} of {coverage.of_photos} photos, have "
        f"templates of {change.other.name} too."
    )
    if coverage.needed:
        known = facevec.registry.known(coverage.needed[:LISTED])
        show("Photos are needed of:")
        for worker_id, worker in known.items():
            show(f"  {worker.name} (id:{worker_id})")
        if len(coverage.needed) > LISTED:
            show(f"  and {len(coverage.needed) - LISTED} more; --json lists all.")
        show(
            "The files that were enrolled: --photos DIR, or `facevec worker import`. Others: `facevec worker "
            "add-photos`."
        )
    elif change.switched_at is None:
        show(
            "`facevec models migrate --compare` shows both on your photos, --switch lets the new one decide."
        )
    else:
        show("--back returns to the model of before; --finish deletes its templates.")


def _show_comparison(comparison: Comparison) -> None:
    show(f"On {comparison.photos} photos of {comparison.workers} workers, each searched for without itself:")
    for trial in (comparison.before, comparison.after):
        show(f"  {_trial(trial)}")
    show(f"{len(comparison.disagreements)} of {comparison.searched} searches for workers end otherwise.")


def _trial(trial: ModelTrial) -> str:
    fpir, fnir = trial.fpir, trial.fnir
    missed = "nobody has two photos"
    if fnir is not None:
        missed = f"workers missed (FNIR) {fnir.value:.4f} [{fnir.low:.4f}, {fnir.high:.4f}]"
    return (
        f"{trial.model}, at a distance of {trial.threshold:.3f}: {missed}; strangers named (FPIR) "
        f"{fpir.value:.4f} [{fpir.low:.4f}, {fpir.high:.4f}]"
    )
