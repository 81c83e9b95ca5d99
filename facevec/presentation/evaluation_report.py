"""An evaluation of identification as one HTML page that needs nothing beside it. It shows no photo."""

from __future__ import annotations

from collections.abc import Iterable

from facevec.presentation import evaluation_figures as figures
from facevec.presentation import evaluation_plots as plots
from facevec.presentation import uneven_words
from facevec.presentation.report import page
from facevec.types import Refusal
from facevec.usecases.evaluation import Confusion, Evaluation


def report(evaluation: Evaluation, source: str) -> str:
    """The page. source: what was evaluated, as the reader would recognise it."""
    return page(
        "evaluation.html",
        evaluation=evaluation,
        source=source,
        figures=figures,
        uneven=uneven_words,
        det=plots.det_picture(evaluation),
        distances=plots.distances_picture(evaluation),
        rates=plots.rates_picture(evaluation),
        confusions=[_row(confusion) for confusion in evaluation.confusions],
        not_enrolled=_rows(evaluation.not_enrolled),
        refused=_rows(evaluation.refused),
        not_searched=_rows(evaluation.not_searched),
    )


def _row(confusion: Confusion) -> tuple[str, ...]:
    return (
        f"{confusion.distance:.3f}",
        confusion.shows,
        confusion.taken_for,
        "a worker" if confusion.mated else "a stranger",
        "yes" if confusion.named else "no",
    )


def _rows(refused: Iterable[Refusal]) -> list[tuple[str, ...]]:
    return [(refusal.source, refusal.reason) for refusal in refused]
