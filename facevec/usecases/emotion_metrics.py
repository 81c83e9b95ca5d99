"""How good emotion probabilities are beside what people said of the same faces. Pure functions.

`labels` are (n,) int64, places in `EMOTIONS`; `probabilities` are (n, 7) as in `types.Probabilities`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevec.types import EMOTIONS, Probabilities

Labels = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int64]
"""(7, 7) int64: a row for what people said, a column for what the model answered."""

BINS = 15
FEWEST_TO_HALVE = 4 * BINS
"""With fewer faces a half says nothing about calibration."""
_TEMPERATURES = (0.1, 10.0)
_SEARCH_STEPS = 40


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One emotion. faces: so labelled. The shares are 0 where there is nothing to take a share of."""

    name: str
    faces: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Faces whose highest probability is above `low` and at most `high`: its mean, and the share right."""

    low: float
    high: float
    faces: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class FloorPoint:
    """What a confidence floor does: the share of faces still answered, and the share of those right.

    accuracy: None where nothing is answered.
    """

    floor: float
    answered: float
    accuracy: float | None


def confusion(probabilities: Probabilities, labels: Labels) -> Counts:
    """How often each answer was given for each label."""
    counts = np.zeros((len(EMOTIONS), len(EMOTIONS)), np.int64)
    np.add.at(counts, (labels, probabilities.argmax(axis=1)), 1)
    return counts


def class_figures(counts: Counts) -> tuple[ClassFigures, ...]:
    """Precision, recall and F1 of each emotion."""
    right, said, answered = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    precision, recall = right / np.maximum(answered, 1), right / np.maximum(said, 1)
    f1 = 2 * right / np.maximum(said + answered, 1)
    rows = zip(EMOTIONS, said, precision, recall, f1, strict=True)
    return tuple(ClassFigures(name, int(n), float(p), float(r), float(f)) for name, n, p, r, f in rows)


def macro_f1(figures: Sequence[ClassFigures]) -> float:
    """The mean F1 of the emotions that occur among the labels."""
    return float(np.mean([one.f1 for one in figures if one.faces]))


def reliability(probabilities: Probabilities, labels: Labels, bins: int = BINS) -> tuple[ReliabilityBin, ...]:
    """Equal bins of the highest probability; those without a face are left out."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return tuple(
        ReliabilityBin(
            low=number / bins,
            high=(number + 1) / bins,
            faces=int(inside.sum()),
            confidence=float(confidence[inside].mean()),
            accuracy=float(right[inside].mean()),
        )
        for number in range(bins)
        if (inside := place == number).any()
    )


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Expected calibration error: the gap between confidence and accuracy, averaged over faces.

    Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 3.
    """
    return sum(one.faces * abs(one.accuracy - one.confidence) for one in bins) / sum(
        one.faces for one in bins
    )


def held_out_calibration_error(
    probabilities: Probabilities, labels: Labels, *, seed: int = 0, rounds: int = 20
) -> float | None:
    """The calibration error on one half after a temperature was fitted on the other.

    The mean over seeded halvings: what calibration is worth on faces it has not seen. None with
    fewer than FEWEST_TO_HALVE faces.
    """
    if len(labels) < FEWEST_TO_HALVE:
        return None
    random = np.random.default_rng(seed)
    errors = []
    for _ in range(rounds):
        fit, rest = np.array_split(random.permutation(len(labels)), 2)
        cooled = tempered(probabilities[rest], fit_temperature(probabilities[fit], labels[fit]))
        errors.append(calibration_error(reliability(cooled, labels[rest])))
    return float(np.mean(errors))


def fit_temperature(probabilities: Probabilities, labels: Labels) -> float:
    """The temperature, 0.1 to 10, under which the labels are likeliest; 1 leaves all as it is.

    The likelihood has one maximum in 1 / temperature, so a ternary search finds it.
    """
    low, high = np.log(_TEMPERATURES)
    for _ in range(_SEARCH_STEPS):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if _loss(probabilities, labels, left) < _loss(probabilities, labels, right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def tempered(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Probabilities sharpened (below 1) or softened (above 1): softmax of their logarithm / temperature."""
    logits = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny)) / temperature
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Probabilities = raised / raised.sum(axis=1, keepdims=True)
    return shares


def floor_point(probabilities: Probabilities, labels: Labels, floor: float) -> FloorPoint:
    """What is answered, and how well, when a highest probability below `floor` is withheld."""
    answered = probabilities.max(axis=1) >= floor
    right = (probabilities.argmax(axis=1) == labels)[answered]
    return FloorPoint(floor, float(answered.mean()), float(right.mean()) if len(right) else None)


def _loss(probabilities: Probabilities, labels: Labels, log_temperature: float) -> float:
    shares = tempered(probabilities, float(np.exp(log_temperature)))
    of_label = shares[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(of_label, np.finfo(np.float64).tiny)).mean())
