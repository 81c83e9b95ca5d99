"""`facevec review`: identifications that people confirm before they count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from facevec.cli.common import Deed, json_option, note, print_json, show
from facevec.cli.reach import facevec

if TYPE_CHECKING:
    from facevec.presentation.answers.reviews import ReviewAnswer


@click.group()
def review() -> None:
    """Confirm or reject who was recognised, where people have to (review.confirm).

    No picture is kept: look at whom it is about, or at the picture where it was taken. With
    review.persons two people confirm. What nobody confirms in time counts as rejected.
    """


@review.command("list")
@json_option
def list_reviews(as_json: bool) -> None:
    """List identifications that wait, the oldest first."""
    from facevec.presentation.answers.reviews import ReviewsAnswer
    from facevec.presentation.tables import reviews_table

    pending = facevec().reviews()
    if as_json:
        print_json(ReviewsAnswer(reviews=tuple(pending)))
    elif pending:
        show(reviews_table(pending))
    else:
        note("No identification waits for somebody.")


@review.command(cls=Deed)
@click.argument("review_id", metavar="ID", type=int)
@json_option
def confirm(review_id: int, as_json: bool) -> None:
    """Say that it is the worker."""
    _report(facevec().decide_review(review_id, confirmed=True), as_json=as_json)


@review.command(cls=Deed)
@click.argument("review_id", metavar="ID", type=int)
@json_option
def reject(review_id: int, as_json: bool) -> None:
    """Say that it is somebody else."""
    _report(facevec().decide_review(review_id, confirmed=False), as_json=as_json)


def _report(decided: ReviewAnswer, *, as_json: bool) -> None:
    from facevec.presentation.tables import reviews_table

    if as_json:
        print_json(decided)
    else:
        show(reviews_table([decided]))
