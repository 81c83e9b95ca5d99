"""The evaluation of identification in words and as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType

from facevec.decision.rates import Rate
from facevec.presentation import uneven_words
from facevec.presentation.plain import printable
from facevec.presentation.writable import Table
from facevec.types import Estimate, Refusal
from facevec.usecases.evaluation import Evaluation, RatePoint

METHOD = (
    "Each photo goes the way it goes in production: detection, quality gate, embedding, exact search, "
    "threshold and margin. Of a photo with several faces the most prominent one (large and near the "
    "middle) is searched for. A worker's photo without a usable face counts as missed; a stranger's is "
    "left out. Intervals are 95 %: Clopper and Pearson where each person is searched for once, else by "
    "bootstrap over people, who are resampled with all their photos."
)


def headline(evaluation: Evaluation) -> str:
    """What a security lead asks first, in plain words."""
    point = evaluation.in_force
    return (
        f"At the threshold in force ({point.threshold:.3f}), {_per_thousand(point.fpir)} of 1,000 strangers "
        f"would be given a name (95 % interval {_interval(point.fpir)}), and {_per_thousand(point.fnir)} of "
        f"1,000 photos of workers would not be given the right one ({_interval(point.fnir)}), in a gallery "
        f"of {evaluation.enrolled:,} workers."
    )


def facts(evaluation: Evaluation) -> tuple[tuple[str, str], ...]:
    """What was measured on what."""
    point = evaluation.in_force
    return (
        ("model", evaluation.model),
        (
            "workers enrolled",
            f"{evaluation.enrolled:,} of {evaluation.people:,}, {evaluation.templates:,} photos",
        ),
        ("photos enrolled, at most", f"{evaluation.enrol_photos} a worker"),
        ("searches for workers (mated)", _counted(point.fnir)),
        ("searches for strangers (non-mated)", _counted(point.fpir)),
        ("the right worker is nearest (rank 1)", uneven_words.share(evaluation.rank_one)),
        ("people who could not be enrolled (FTE)", uneven_words.share(evaluation.fte)),
        ("least margin in force", f"{evaluation.point.min_margin.value:g}"),
    )


def points_rows(evaluation: Evaluation) -> list[tuple[str, ...]]:
    """A row for each operating point: name, threshold, FPIR, FNIR, TPIR."""
    return [_point_row(point) for point in (evaluation.in_force, *evaluation.points)]


def tpir(point: RatePoint) -> Estimate:
    """The share of workers' photos given the right name: what FNIR leaves, unless it was estimated."""
    missed = point.fnir
    return point.tpir or Estimate(1 - missed.value, 1 - missed.high, 1 - missed.low)


def look_alike_rows(evaluation: Evaluation) -> list[tuple[str, ...]]:
    """Who was refused at enrolment as whom, nearest first."""
    return [(f"{one.distance:.3f}", one.shows, one.taken_for) for one in evaluation.look_alikes]


LOOK_ALIKES = "Refused at enrolment as somebody else (one person under two names, or two who look alike):"

LOOK_ALIKE_COLUMNS = ("distance", "shows", "refused as")

POINT_COLUMNS = ("operating point", "threshold", "FPIR", "FNIR", "TPIR")


def evaluation_tables(evaluation: Evaluation) -> Group:
    """Headline, facts, operating points, worst confusions and who could not be enrolled."""
    about = Table(box=None, show_header=False, pad_edge=False)
    for name, value in facts(evaluation):
        about.add_row(name, value)
    points = Table(*POINT_COLUMNS, box=None, pad_edge=False, header_style="bold")
    for row in points_rows(evaluation):
        points.add_row(*row)
    parts: list[RenderableType] = [headline(evaluation), "", about, "", points]
    if evaluation.confusions:
        worst = Table("distance", "shows", "taken for", "named now", box=None, pad_edge=False)
        for one in evaluation.confusions:
            worst.add_row(
                f"{one.distance:.3f}",
                printable(one.shows),
                printable(one.taken_for),
                "yes" if one.named else "no",
            )
        parts += ["", "Nearest to a wrong name:", worst]
    if evaluation.groups:
        parts += ["", uneven_words.groups_table(evaluation.groups)]
    if evaluation.lambs:
        parts += ["", uneven_words.lambs_table(evaluation.lambs)]
    if evaluation.look_alikes:
        alike = Table(*LOOK_ALIKE_COLUMNS, box=None, pad_edge=False)
        for row in look_alike_rows(evaluation):
            alike.add_row(*map(printable, row))
        parts += ["", LOOK_ALIKES, alike]
    if evaluation.not_enrolled:
        parts += ["", "Could not be enrolled:", _refusals(evaluation.not_enrolled)]
    return Group(*parts)


def _refusals(refused: Sequence[Refusal]) -> Table:
    table = Table("person", "reason", box=None, pad_edge=False)
    for one in refused:
        table.add_row(printable(one.source), printable(one.reason))
    return table


def _point_row(point: RatePoint) -> tuple[str, ...]:
    name = "in force" if point.target_fpir is None else f"FPIR {point.target_fpir:g}"
    rates = (uneven_words.share(rate) for rate in (point.fpir, point.fnir, tpir(point)))
    return (name, f"{point.threshold:.4f}", *rates)


def _counted(rate: Rate) -> str:
    return f"{rate.trials:,} of {rate.people:,} people"


def _per_thousand(rate: Rate) -> str:
    return _thousandths(rate.value)


def _interval(rate: Rate) -> str:
    return f"{_thousandths(rate.low)} to {_thousandths(rate.high)}"


def _thousandths(share: float) -> str:
    """Two digits that count, and no ".0"."""
    number = 1000 * share
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")  # noqa: PLR2004  # two digits
