"""Vector scaling (Guo et al., "On Calibration of Modern Neural Networks", 2017): logits that mean something.

Each class has a scale and a shift of its own. One temperature for all left this network's middling
readings too bold; two numbers a class mend that, and disappear into its last layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from training.emotion.metrics import figures

FOLDS, ROUNDS = 5, 5

PULL = 1e-3
"""How strongly scales are held together and shifts near 0, against chance in rare classes."""


@dataclass(frozen=True)
class Scaling:
    """Logits (N, C) become `logits * scales + shifts`; both (C,)."""

    scales: torch.Tensor
    shifts: torch.Tensor

    def __call__(self, logits: torch.Tensor) -> torch.Tensor:
        return logits * self.scales + self.shifts

    def fold_into(self, layer: nn.Linear) -> None:
        """Make `layer` give the scaled logits by itself."""
        with torch.no_grad():
            layer.weight.mul_(self.scales[:, None])
            layer.bias.mul_(self.scales).add_(self.shifts)


def fit(logits: torch.Tensor, labels: torch.Tensor) -> Scaling:
    """The scaling with the smallest negative log likelihood."""
    scales = torch.ones(logits.shape[1], requires_grad=True)
    shifts = torch.zeros(logits.shape[1], requires_grad=True)
    optimizer = torch.optim.LBFGS([scales, shifts], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        likelihood = functional.cross_entropy(logits * scales + shifts, labels)
        loss = likelihood + PULL * ((scales - scales.mean()).square().sum() + shifts.square().sum())
        loss.backward()
        return loss

    optimizer.step(closure)
    return Scaling(scales.detach(), shifts.detach())


def held_out(logits: torch.Tensor, labels: torch.Tensor, seed: int = 0) -> tuple[float, float]:
    """(accuracy, calibration error), each picture scaled by what was fitted without its fold.

    `FOLDS` folds, the mean of `ROUNDS` seeded ways to make them.
    """
    random = torch.Generator().manual_seed(seed)
    accuracies, errors = [], []
    for _ in range(ROUNDS):
        fold = torch.randperm(len(labels), generator=random) % FOLDS
        scaled = torch.empty_like(logits)
        for number in range(FOLDS):
            rest = fold == number
            scaled[rest] = fit(logits[~rest], labels[~rest])(logits[rest])
        measured = figures(scaled, labels)
        errors.append(measured.calibration_error)
        accuracies.append(measured.accuracy)
    return sum(accuracies) / ROUNDS, sum(errors) / ROUNDS
