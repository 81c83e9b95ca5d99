"""The evaluation of an emotion model in words and as tables for a terminal."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from facevec.types import EMOTIONS
from facevec.usecases.evaluate_emotion import BATCH, EmotionEvaluation


def headlines(evaluation: EmotionEvaluation) -> tuple[tuple[str, str], ...]:
    """The figures that fit in a line each."""
    held_out, floor = evaluation.held_out_calibration_error, evaluation.at_floor
    right = "none of them to judge" if floor.accuracy is None else f"{floor.accuracy:.1%} of them rightly"
    return (
        ("model", evaluation.model),
        ("faces", str(evaluation.faces)),
        ("accuracy", f"{evaluation.accuracy:.2%}"),
        ("macro-F1", f"{evaluation.macro_f1:.4f}"),
        ("expected calibration error", f"{evaluation.calibration_error:.4f}"),
        (
            "the same, fitted on one half, measured on the other",
            "too few faces" if held_out is None else f"{held_out:.4f}",
        ),
        (f"at the confidence floor of {floor.floor:g}", f"{floor.answered:.1%} answered, {right}"),
        (f"time a face, in batches of {BATCH}", f"{evaluation.ms_per_face:.2f} ms"),
    )


def evaluation_tables(evaluation: EmotionEvaluation) -> Group:
    """Headlines, each emotion, and what was taken for what."""
    return Group(_headlines(evaluation), "", _classes(evaluation), "", _confusion(evaluation))


def _headlines(evaluation: EmotionEvaluation) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in headlines(evaluation):
        table.add_row(name, Text(value, "bold"))
    return table


def _classes(evaluation: EmotionEvaluation) -> Table:
    table = Table("emotion", box=None, pad_edge=False, header_style="bold")
    for column in ("faces", "precision", "recall", "F1"):
        table.add_column(column, justify="right")
    for one in evaluation.classes:
        table.add_row(one.name, str(one.faces), f"{one.precision:.3f}", f"{one.recall:.3f}", f"{one.f1:.3f}")
    return table


def _confusion(evaluation: EmotionEvaluation) -> Table:
    table = Table("said \\ answered", box=None, pad_edge=False, header_style="bold")
    for emotion in EMOTIONS:
        table.add_column(emotion, justify="right")
    for row, (emotion, counts) in enumerate(zip(EMOTIONS, evaluation.confusion, strict=True)):
        cells = (
            Text(str(count), "bold" if row == place else ("dim" if not count else ""))
            for place, count in enumerate(counts)
        )
        table.add_row(emotion, *cells)
    return table
