"""Pictures of an evaluation of identification, as SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facevec.presentation.plots import BLUE, GREEN, GREY, ORANGE, sheet, svg
from facevec.usecases.evaluation import Evaluation, RatePoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ticker import FixedLocator

SIZE = 7.2, 4.8
SHARES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
BINS = 60


def det_picture(evaluation: Evaluation) -> str:
    """FNIR over FPIR, both logarithmic, with the interval of FNIR and the operating points."""
    figure, axes = sheet(*SIZE)
    curve = evaluation.curve
    floor = _floor(evaluation)
    shown = (curve.fpir > 0) & (curve.fpir < 1)
    fpir = curve.fpir[shown]
    low, high = np.maximum(curve.fnir_band[:, shown], floor / 10)
    axes.fill_between(fpir, low, high, color=BLUE, alpha=0.18, linewidth=0, label="95 % interval of FNIR")
    axes.plot(fpir, np.maximum(curve.fnir[shown], floor / 10), color=BLUE, label="every threshold")
    for point, mark, colour in _marked(evaluation):
        axes.plot(
            max(point.fpir.value, floor),
            max(point.fnir.value, floor / 10),
            mark,
            color=colour,
            markersize=8,
            label=_name(point),
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(floor, 1)
    axes.set_ylim(top=1)
    _label_shares(axes)
    axes.grid(color=GREY, alpha=0.25)
    axes.set_xlabel("FPIR: share of strangers who are given a name")
    axes.set_ylabel("FNIR: share of workers who are missed")
    axes.legend(loc="upper right", frameon=False, fontsize=8)
    return svg(figure)


def distances_picture(evaluation: Evaluation) -> str:
    """How far the nearest worker is from photos of workers and of strangers."""
    figure, axes = sheet(*SIZE)
    both = np.concatenate([evaluation.nearest_mated, evaluation.nearest_non_mated])
    edges = np.linspace(both.min(), both.max(), BINS + 1)
    for values, colour, name in (
        (evaluation.nearest_mated, BLUE, "photos of workers, to their own"),
        (evaluation.nearest_non_mated, ORANGE, "photos of strangers, to whoever is nearest"),
    ):
        share = np.full(len(values), 1 / max(len(values), 1))
        axes.hist(
            values, edges.tolist(), weights=share, color=colour, alpha=0.6, label=f"{name} ({len(values):,})"
        )
    _threshold_line(axes, evaluation)
    axes.set_xlabel("distance to the nearest worker")
    axes.set_ylabel("share of the photos")
    axes.yaxis.set_major_formatter(_percent)
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    axes.margins(y=0.3)
    return svg(figure)


def rates_picture(evaluation: Evaluation) -> str:
    """FPIR and FNIR over the threshold, with their intervals."""
    figure, axes = sheet(*SIZE)
    curve = evaluation.curve
    floor = _floor(evaluation)
    for rate, band, colour, name in (
        (curve.fpir, curve.fpir_band, ORANGE, "FPIR: strangers who are given a name"),
        (curve.fnir, curve.fnir_band, BLUE, "FNIR: workers who are missed"),
    ):
        axes.fill_between(
            curve.thresholds, *np.maximum(band, floor / 10), color=colour, alpha=0.18, linewidth=0
        )
        axes.plot(curve.thresholds, np.where(rate > 0, rate, np.nan), color=colour, label=name)
    _threshold_line(axes, evaluation)
    axes.set_yscale("log")
    axes.set_ylim(floor / 2, 1.3)
    axes.yaxis.set_major_locator(_at(SHARES))
    axes.yaxis.set_major_formatter(_percent)
    axes.yaxis.minorticks_off()
    axes.grid(color=GREY, alpha=0.25)
    axes.set_xlabel("match threshold")
    axes.set_ylabel("share of searches")
    axes.legend(loc="lower left", frameon=False, fontsize=8)
    return svg(figure)


def _marked(evaluation: Evaluation) -> list[tuple[RatePoint, str, str]]:
    colours = (GREEN, ORANGE)
    targets = [(point, "o", colours[place % len(colours)]) for place, point in enumerate(evaluation.points)]
    return [(evaluation.in_force, "D", "black"), *targets]


def _name(point: RatePoint) -> str:
    what = "in force" if point.target_fpir is None else f"FPIR at most {100 * point.target_fpir:g} %"
    return f"{what}: threshold {point.threshold:.3f}"


def _floor(evaluation: Evaluation) -> float:
    """The smallest share one search can be, a little less."""
    return 0.7 / max(evaluation.in_force.fpir.trials, evaluation.in_force.fnir.trials)


def _threshold_line(axes: Axes, evaluation: Evaluation) -> None:
    threshold = evaluation.in_force.threshold
    axes.axvline(
        threshold, color="black", linewidth=1, linestyle="--", label=f"threshold in force, {threshold:.3f}"
    )


def _label_shares(axes: Axes) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(_at(SHARES))
        axis.set_major_formatter(_percent)
        axis.minorticks_off()


def _percent(share: float, _place: object = None) -> str:
    return f"{100 * share:g} %"


def _at(places: tuple[float, ...]) -> FixedLocator:
    from matplotlib.ticker import FixedLocator

    return FixedLocator(places)
