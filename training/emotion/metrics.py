"""How good predictions are: accuracy, macro-F1, recall, calibration error."""

from __future__ import annotations

import torch


def confusion(predicted: torch.Tensor, labels: torch.Tensor, classes: int) -> torch.Tensor:
    """Counts int64 (classes, classes): a row for each true class, a column for each answer."""
    return torch.bincount(labels * classes + predicted, minlength=classes**2).view(classes, -1)


def accuracy(counts: torch.Tensor) -> float:
    """The share of right answers in a confusion matrix."""
    return float(counts.diag().sum() / counts.sum())


def recalls(counts: torch.Tensor) -> list[float]:
    """The share of each true class that was found."""
    return [float(value) for value in counts.diag() / counts.sum(1).clamp(min=1)]


def macro_f1(counts: torch.Tensor) -> float:
    """The mean over classes of F1, 2 * right / (true + answered)."""
    return float((2 * counts.diag() / (counts.sum(0) + counts.sum(1)).clamp(min=1)).mean())


def calibration_error(probabilities: torch.Tensor, labels: torch.Tensor, bins: int = 15) -> float:
    """Expected calibration error of the top class in equal bins (Guo et al., 2017)."""
    confidence, predicted = probabilities.max(1)
    bin_of = (confidence * bins).long().clamp(max=bins - 1)
    gap = (predicted == labels).double() - confidence.double()
    return float(torch.zeros(bins).double().index_add(0, bin_of, gap).abs().sum() / len(labels))
