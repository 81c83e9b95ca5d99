"""`facevec verify`: whether two pictures show one person, or a picture shows a worker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.common import json_option, note, print_json, show
from facevec.cli.files import PATH, read_picture
from facevec.cli.reach import facevec

if TYPE_CHECKING:
    from facevec.types import Verification


@click.command()
@click.argument("picture", type=PATH)
@click.argument("other", type=PATH, required=False)
@click.option("--worker", "key", metavar="WORKER", help="Compare PICTURE with this worker.")
@json_option
def verify(picture: Path, other: Path | None, key: str | None, as_json: bool) -> None:
    """Say whether PICTURE shows the same person as OTHER, or the worker named by --worker.

    The distance between two faces has a threshold of its own (match.verify_threshold), whatever the size of
    the gallery.
    """
    from facevec.presentation.answers.recognition import VerificationAnswer

    if (other is None) == (key is None):
        raise click.UsageError("Give either OTHER or --worker WORKER.")
    reached = facevec()
    data = read_picture(picture, reached.max_bytes)
    if other is not None:
        verification = reached.verify_pictures(data, read_picture(other, reached.max_bytes))
    else:
        verification = reached.verify_worker(data, reached.find_worker(key or ""))
    if as_json:
        print_json(VerificationAnswer.of_verification(verification))
    else:
        _show(verification)


def _show(verification: Verification) -> None:
    says = "ambiguous: as well a look-alike" if verification.ambiguous else "somebody else"
    words = "the same person" if verification.same else says
    show(f"{words}  distance {verification.distance:.2f}, at most {verification.threshold:.2f} is the same")
    if verification.bands is not None:
        note("The distance is the edge of a band: the key lacks the scope scores.")
