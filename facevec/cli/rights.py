"""`facevec rights`: the papers that a law asks for, filled with what this installation does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.common import Deed, app, json_option, note, print_json, show
from facevec.cli.files import PATH, named, require_place, write_whole
from facevec.errors import InputError

if TYPE_CHECKING:
    from facevec.presentation.dossier import Dossier

SUFFIXES = (".md", ".html")

out_option = click.option(
    "--out",
    type=PATH,
    required=True,
    metavar="FILE",
    help="The file to write: .md to go on writing in, or .html.",
)


@click.group()
def rights() -> None:
    """Papers for whoever answers for the installation; what a person gets is `facevec worker export`."""


@rights.command(cls=Deed)
@out_option
@json_option
def record(out: Path, as_json: bool) -> None:
    """Write a record of processing (GDPR, Article 30), as far as facevec knows it.

    Purposes, data, recipients, retention and security as they are set and stand now. What
    it cannot know is marked TO BE FILLED IN.
    """
    from facevec.cli.rights_record import processing_record

    _write(out, processing_record(app()), as_json=as_json)


@rights.command(cls=Deed)
@out_option
@json_option
def assessment(out: Path, as_json: bool) -> None:
    """Write a data protection impact assessment (GDPR, Article 35) to be completed.

    What decides, with its measured error rates where there are any, the risks, and what is
    switched on or off against each.
    """
    from facevec.cli.rights_assessment import impact_assessment

    _write(out, impact_assessment(app()), as_json=as_json)


def _write(out: Path, dossier: Dossier, *, as_json: bool) -> None:
    from facevec.presentation.answers.rights import PaperAnswer
    from facevec.presentation.dossier import TO_FILL_IN, html, markdown

    if out.suffix not in SUFFIXES:
        raise InputError(f"{named(out)} ends neither with .md nor with .html; call it so.")
    require_place(out)
    text = markdown(dossier) if out.suffix == ".md" else html(dossier)
    blanks = text.count(TO_FILL_IN)
    write_whole(out, text.encode())
    if as_json:
        print_json(PaperAnswer(file=str(out), to_be_filled_in=blanks))
        return
    show(f"{named(out)}: {blanks} places are to be filled in.")
    note("It says what is set and stands now, and is no legal advice.")
