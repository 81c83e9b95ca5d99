"""Pictures of an emotion model's evaluation, as PNG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from facevec.types import EMOTIONS
from facevec.usecases.evaluate_emotion import EmotionEvaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette (2008), told apart with every common colour vision.
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#e69f00", "#009e73", "#8a8f98"
DOTS_AN_INCH = 130
DARK_CELL = 0.55


def confusion_picture(done: EmotionEvaluation) -> bytes:
    """What was taken for what: shares of each row, with the counts below."""
    figure, axes = _sheet(7.2, 6.2)
    counts = done.confusion
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape):
        share = shares[row, column]
        axes.text(
            column,
            row,
            f"{share:.0%}\n{counts[row, column]}",
            ha="center",
            va="center",
            fontsize=8,
            color="white" if share > DARK_CELL else "black",
        )
    axes.set_xticks(range(len(EMOTIONS)), EMOTIONS, rotation=35, ha="right")
    axes.set_yticks(range(len(EMOTIONS)), EMOTIONS)
    axes.set_xlabel("the model's answer")
    axes.set_ylabel("what people said")
    axes.spines[:].set_visible(False)
    axes.set_title(f"{done.model}: {done.accuracy:.1%} of {done.faces} faces right")
    return _png(figure)


def reliability_picture(done: EmotionEvaluation) -> bytes:
    """How often a probability comes true, over how often it is given."""
    figure, axes = _sheet(6.2, 5.4)
    bins = done.reliability
    middles = [(one.low + one.high) / 2 for one in bins]
    width = (bins[0].high - bins[0].low) * 0.92
    axes.bar(
        middles,
        [one.faces / done.faces for one in bins],
        width,
        color=GREY,
        alpha=0.35,
        label="share of the faces",
    )
    axes.plot([0, 1], [0, 1], color="black", linewidth=1, linestyle="--", label="as it should be")
    axes.plot(
        [one.confidence for one in bins],
        [one.accuracy for one in bins],
        color=BLUE,
        marker="o",
        label="share answered rightly",
    )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("highest probability")
    axes.set_title(f"Expected calibration error {done.calibration_error:.3f}")
    axes.legend(loc="upper left", frameon=False)
    return _png(figure)


def classes_picture(done: EmotionEvaluation) -> bytes:
    """Precision, recall and F1 of each emotion."""
    figure, axes = _sheet(7.2, 4.2)
    places = np.arange(len(done.classes))
    for shift, name, colour in ((-1, "precision", ORANGE), (0, "recall", BLUE), (1, "f1", GREEN)):
        values = [getattr(one, name) for one in done.classes]
        bars = axes.bar(places + 0.27 * shift, values, 0.25, color=colour, label=name.replace("f1", "F1"))
        axes.bar_label(bars, [f"{value:.2f}" for value in values], fontsize=6.5, padding=1)
    axes.set_xticks(places, [f"{one.name}\n{one.faces} faces" for one in done.classes], fontsize=8)
    axes.set_ylim(0, 1.05)
    axes.set_title(f"Each emotion; macro-F1 {done.macro_f1:.3f}")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3, frameon=False)
    return _png(figure)


def floor_picture(done: EmotionEvaluation) -> bytes:
    """What a confidence floor gains in accuracy and costs in answers."""
    figure, axes = _sheet(6.2, 4.6)
    floors = [point.floor for point in done.floors]
    axes.plot(
        floors, [point.answered for point in done.floors], color=ORANGE, label="share of faces answered"
    )
    sure = [(point.floor, point.accuracy) for point in done.floors if point.accuracy is not None]
    axes.plot(*zip(*sure, strict=True), color=BLUE, label="share of the answers right")
    axes.axvline(done.at_floor.floor, color="black", linewidth=1, linestyle="--", label="floor in force")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("confidence floor")
    axes.set_title("What the confidence floor does")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, frameon=False, fontsize=8)
    return _png(figure)


def _sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """Width and height in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DOTS_AN_INCH)
    return file.getvalue()
