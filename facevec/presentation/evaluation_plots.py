"""Pictures of an evaluation of identification, as SVG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from facevec.presentation.emotion_plots import BLUE, GREEN, GREY, ORANGE
from facevec.usecases.evaluation import Evaluation, OperatingPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator

SHARES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
BINS = 60


def det_picture(done: Evaluation) -> str:
    """FNIR over FPIR, both logarithmic, with the interval of FNIR and the operating points."""
    figure, axes = _sheet()
    curve = done.curve
    floor = _floor(done)
    shown = (curve.fpir > 0) & (curve.fpir < 1)
    fpir = curve.fpir[shown]
    low, high = np.maximum(curve.fnir_band[:, shown], floor / 10)
    axes.fill_between(fpir, low, high, color=BLUE, alpha=0.18, linewidth=0, label="95 % interval of FNIR")
    axes.plot(fpir, np.maximum(curve.fnir[shown], floor / 10), color=BLUE, label="every threshold")
    for point, mark, colour in _marked(done):
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
    return _svg(figure)


def distances_picture(done: Evaluation) -> str:
    """How far the nearest worker is from photos of workers and of strangers."""
    figure, axes = _sheet()
    both = np.concatenate([done.nearest_mated, done.nearest_non_mated])
    edges = np.linspace(both.min(), both.max(), BINS + 1)
    for values, colour, name in (
        (done.nearest_mated, BLUE, "photos of workers, to their own"),
        (done.nearest_non_mated, ORANGE, "photos of strangers, to whoever is nearest"),
    ):
        share = np.full(len(values), 1 / max(len(values), 1))
        axes.hist(
            values, edges.tolist(), weights=share, color=colour, alpha=0.6, label=f"{name} ({len(values):,})"
        )
    _threshold_line(axes, done)
    axes.set_xlabel("distance to the nearest worker")
    axes.set_ylabel("share of the photos")
    axes.yaxis.set_major_formatter(_percent)
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    axes.margins(y=0.3)
    return _svg(figure)


def rates_picture(done: Evaluation) -> str:
    """FPIR and FNIR over the threshold, with their intervals."""
    figure, axes = _sheet()
    curve = done.curve
    floor = _floor(done)
    for rate, band, colour, name in (
        (curve.fpir, curve.fpir_band, ORANGE, "FPIR: strangers who are given a name"),
        (curve.fnir, curve.fnir_band, BLUE, "FNIR: workers who are missed"),
    ):
        axes.fill_between(
            curve.thresholds, *np.maximum(band, floor / 10), color=colour, alpha=0.18, linewidth=0
        )
        axes.plot(curve.thresholds, np.where(rate > 0, rate, np.nan), color=colour, label=name)
    _threshold_line(axes, done)
    axes.set_yscale("log")
    axes.set_ylim(floor / 2, 1.3)
    axes.yaxis.set_major_locator(_at(SHARES))
    axes.yaxis.set_major_formatter(_percent)
    axes.yaxis.minorticks_off()
    axes.grid(color=GREY, alpha=0.25)
    axes.set_xlabel("match threshold")
    axes.set_ylabel("share of searches")
    axes.legend(loc="lower left", frameon=False, fontsize=8)
    return _svg(figure)


def _marked(done: Evaluation) -> list[tuple[OperatingPoint, str, str]]:
    colours = (GREEN, ORANGE)
    targets = [(point, "o", colours[place % len(colours)]) for place, point in enumerate(done.points)]
    return [(done.in_force, "D", "black"), *targets]


def _name(point: OperatingPoint) -> str:
    what = "in force" if point.target_fpir is None else f"FPIR at most {100 * point.target_fpir:g} %"
    return f"{what}: threshold {point.threshold:.3f}"


def _floor(done: Evaluation) -> float:
    """The smallest share one search can be, a little less."""
    return 0.7 / max(done.in_force.fpir.trials, done.in_force.fnir.trials)


def _threshold_line(axes: Axes, done: Evaluation) -> None:
    threshold = done.in_force.threshold
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


def _sheet() -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.8), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure) -> str:
    """The figure as an SVG element; text stays text."""
    import matplotlib

    file = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "facevec"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()
    return text[text.index("<svg") :]
