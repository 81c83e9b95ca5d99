"""Temperature scaling (Guo et al., "On Calibration of Modern Neural Networks", 2017)."""

from __future__ import annotations

import torch
from torch.nn import functional

from training.emotion.metrics import calibration_error


def fit_temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """The temperature of 0.3 to 3 with the smallest negative log likelihood."""
    grid = torch.linspace(0.3, 3.0, 541)
    losses = [float(functional.cross_entropy(logits / value, labels)) for value in grid]
    return round(float(grid[losses.index(min(losses))]), 3)


def held_out_error(logits: torch.Tensor, labels: torch.Tensor, seed: int = 0, rounds: int = 20) -> float:
    """Mean calibration error on one half after fitting on the other, over seeded halvings."""
    random = torch.Generator().manual_seed(seed)
    errors = []
    for _ in range(rounds):
        order = torch.randperm(len(labels), generator=random)
        fit, rest = order[: len(order) // 2], order[len(order) // 2 :]
        temperature = fit_temperature(logits[fit], labels[fit])
        probabilities = torch.softmax(logits[rest] / temperature, 1)
        errors.append(calibration_error(probabilities, labels[rest]))
    return sum(errors) / len(errors)
