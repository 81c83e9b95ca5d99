"""How good predictions are, by the metrics with which the product measures any emotion model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from facevec.usecases import emotion_metrics as metrics


@dataclass(frozen=True)
class Figures:
    """Shares, 0 to 1. recall: by emotion. calibration_error: expected, of the likeliest emotion."""

    accuracy: float
    macro_f1: float
    recall: Mapping[str, float]
    calibration_error: float


def figures(logits: torch.Tensor, labels: torch.Tensor) -> Figures:
    """Of logits (N, 7) and labels int64 (N,), indices into `EMOTIONS`."""
    probabilities, said = torch.softmax(logits.double(), 1).numpy(), labels.numpy()
    counts = metrics.confusion(probabilities, said)
    classes = metrics.class_figures(counts)
    return Figures(
        accuracy=float(counts.trace() / len(said)),
        macro_f1=metrics.macro_f1(classes),
        recall={each.name: each.recall for each in classes},
        calibration_error=metrics.calibration_error(metrics.reliability(probabilities, said)),
    )
