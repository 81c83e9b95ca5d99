"""`facevec models add` and `remove`: networks that somebody brings."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from facevec.cli.common import Deed, app, json_option, note, print_json, show
from facevec.cli.measure import distances_of
from facevec.errors import ModelRefused
from facevec.types import Evidence


class Describing(Deed):
    """A command with an option for each field of a network's description, made when it is asked for them."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own, and the description's before `--help`."""
        own = super().get_params(ctx)
        return [*self.params, *_options(), *own[len(self.params) :]]


@click.command(cls=Describing)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "name", required=True, metavar="NAME", help="What to call it.")
@click.option(
    "--description",
    type=click.Path(path_type=Path),
    help="A TOML file with what follows; FILE.toml where that is there.",
)
@json_option
def add(file: Path, name: str, description: Path | None, as_json: bool, **fields: str | None) -> None:
    """Take a network of your own for recognising faces: ONNX, or OpenVINO's xml with its bin beside it.

    Its description says how it wants to see a face: a TOML file, options, or at a
    terminal answers to questions. It is looked through without being run, then tried on
    drawn faces in a process with bounds; nothing is kept of one that is refused. See
    docs/adding-a-model.md.
    """
    from facevec.config import temporary_folder
    from facevec.presentation.answers.models import ModelFile

    store = app().models
    note("Trying it on drawn faces; this takes seconds, or a minute for a large one.")
    store.add(file, name, _fields(file, description, fields), temporary_folder())
    entry = store.entry(name)
    if as_json:
        print_json(ModelFile.of_entry(entry, distances=distances_of(entry)))
        return
    published = store.catalogue.scale(name).match.evidence is Evidence.PUBLISHED
    show(f'{name} is here; vision.embedding_model = "{name}" takes it in a new registry.')
    note(
        f"Its distances are {'those you say others published' if published else 'assumed, and narrow'}: no "
        "rate is promised before `facevec models measure` measured them on a folder of people, or "
        "`facevec calibrate` on your workers."
    )


@click.command(cls=Deed)
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Forget the network NAME that was added; never while the registry works with it."""
    from facevec.presentation.answers.models import ModelRemoved
    from facevec.usecases.model import networks_of

    facevec = app()
    recorded = facevec.registry.state().model
    if recorded is not None and name in networks_of(recorded):
        raise ModelRefused(
            f"The registry of this FACEVEC_HOME works with {recorded} and keeps it, so {name} "
            "stays; `facevec models migrate` changes a registry's model."
        )
    change = facevec.model_changes.current()
    if change is not None and name in {*networks_of(change.before.name), *networks_of(change.after.name)}:
        raise ModelRefused(
            f"The registry is being changed from {change.before.name} to {change.after.name}, so {name} "
            "stays; `facevec models migrate --finish` ends that."
        )
    facevec.models.remove(name)
    if as_json:
        print_json(ModelRemoved(removed=name))
    else:
        show(f"{name} is forgotten.")


def _fields(file: Path, description: Path | None, options: dict[str, str | None]) -> dict[str, object]:
    """The description's fields: of the file, then of the options, then what is missing, asked for."""
    from facevec.vision.added.description import read_description, value_of

    beside = Path(f"{file}.toml")
    source = description or (beside if beside.is_file() else None)
    fields = {} if source is None else dict(read_description(source))
    fields |= {name: value_of(name, text) for name, text in options.items() if text is not None}
    return fields | _answers(fields)


def _answers(fields: dict[str, object]) -> dict[str, object]:
    """Fields that have to be there and are not, asked for at a terminal."""
    from facevec.vision.added.description import Description, value_of

    answers: dict[str, object] = {}
    if not _is_asked():
        return answers
    for name, field in Description.model_fields.items():
        aligned = {**fields, **answers}.get("crop") == "aligned"
        if name not in fields and (field.is_required() or (name == "landmarks" and aligned)):
            answers[name] = value_of(name, click.prompt(f"{name} ({field.description})", err=True))
    return answers


def _is_asked() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty()


def _options() -> list[click.Option]:
    from facevec.vision.added.description import Description

    return [
        click.Option([f"--{name}"], help=field.description)
        for name, field in Description.model_fields.items()
        if name != "distances"  # a table: it comes in a file
    ]
