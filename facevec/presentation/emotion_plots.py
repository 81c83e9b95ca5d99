"""Pictures of an emotion model's evaluation, as PNG."""

from __future__ import annotations

import numpy as np

from facevec.presentation.plots import BLUE, GREEN, GREY, ORANGE, png, sheet
from facevec.types import EMOTIONS
from facevec.usecases.evaluate_emotion import EmotionEvaluation

DARK_CELL = 0.55


def confusion_picture(evaluation: EmotionEvaluation) -> bytes:
    """What was taken for what: shares of each row, with the counts below."""
    figure, axes = sheet(7.2, 6.2)
    counts = evaluation.confusion
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
    axes.set_title(f"{evaluation.model}: {evaluation.accuracy:.1%} of {evaluation.faces} faces right")
    return png(figure)


def reliability_picture(evaluation: EmotionEvaluation) -> bytes:
    """How often a probability comes true, over how often it is given."""
    figure, axes = sheet(6.2, 5.4)
    bins = evaluation.reliability
    middles = [(one.low + one.high) / 2 for one in bins]
    width = (bins[0].high - bins[0].low) * 0.92
    axes.bar(
        middles,
        [one.faces / evaluation.faces for one in bins],
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
    axes.set_title(f"Expected calibration error {evaluation.calibration_error:.3f}")
    axes.legend(loc="upper left", frameon=False)
    return png(figure)


def classes_picture(evaluation: EmotionEvaluation) -> bytes:
    """Precision, recall and F1 of each emotion."""
    figure, axes = sheet(7.2, 4.2)
    places = np.arange(len(evaluation.classes))
    for shift, name, colour in ((-1, "precision", ORANGE), (0, "recall", BLUE), (1, "f1", GREEN)):
        values = [getattr(one, name) for one in evaluation.classes]
        bars = axes.bar(places + 0.27 * shift, values, 0.25, color=colour, label=name.replace("f1", "F1"))
        axes.bar_label(bars, [f"{value:.2f}" for value in values], fontsize=6.5, padding=1)
    axes.set_xticks(places, [f"{one.name}\n{one.faces} faces" for one in evaluation.classes], fontsize=8)
    axes.set_ylim(0, 1.05)
    axes.set_title(f"Each emotion; macro-F1 {evaluation.macro_f1:.3f}")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3, frameon=False)
    return png(figure)


def floor_picture(evaluation: EmotionEvaluation) -> bytes:
    """What a confidence floor gains in accuracy and costs in answers."""
    figure, axes = sheet(6.2, 4.6)
    floors = [point.floor for point in evaluation.floors]
    axes.plot(
        floors, [point.answered for point in evaluation.floors], color=ORANGE, label="share of faces answered"
    )
    sure = [(point.floor, point.accuracy) for point in evaluation.floors if point.accuracy is not None]
    axes.plot(*zip(*sure, strict=True), color=BLUE, label="share of the answers right")
    axes.axvline(
        evaluation.at_floor.floor, color="black", linewidth=1, linestyle="--", label="floor in force"
    )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("confidence floor")
    axes.set_title("What the confidence floor does")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, frameon=False, fontsize=8)
    return png(figure)
