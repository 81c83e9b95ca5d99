"""Figures of an emotion model, against cases worked out by hand and data of known calibration."""

from __future__ import annotations

import numpy as np
import pytest

from facevec.types import EMOTIONS
from facevec.usecases import emotion_metrics as metrics

CLASSES = len(EMOTIONS)


def rows(*answers: tuple[int, float]) -> np.ndarray:
    """Probabilities whose highest is (place, value); the rest share what is left."""
    made = np.array([np.full(CLASSES, (1 - value) / (CLASSES - 1)) for _, value in answers])
    for row, (place, value) in zip(made, answers, strict=True):
        row[place] = value
    return made


def drawn(count: int, temperature: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities too sharp by `temperature`, and labels drawn from the true ones."""
    random = np.random.default_rng(seed)
    logits = random.normal(scale=2, size=(count, CLASSES))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([random.choice(CLASSES, p=row) for row in true])
    return metrics.tempered(true, 1 / temperature), labels


def test_counts_and_shares_by_hand() -> None:
    probabilities = rows((0, 0.9), (0, 0.9), (1, 0.9), (1, 0.9), (2, 0.9))
    labels = np.array([0, 1, 1, 1, 0])
    counts = metrics.confusion(probabilities, labels)
    assert counts[:3, :3].tolist() == [[1, 0, 1], [1, 2, 0], [0, 0, 0]]
    assert counts.sum() == 5
    first, second, third, *_ = metrics.class_figures(counts)
    assert (first.faces, first.precision, first.recall, first.f1) == (2, 0.5, 0.5, 0.5)
    assert (second.precision, second.recall, second.f1) == (1, pytest.approx(2 / 3), pytest.approx(0.8))
    assert (third.faces, third.recall) == (0, 0)
    assert metrics.macro_f1(metrics.class_figures(counts)) == pytest.approx((0.5 + 0.8) / 2)


def test_the_calibration_error_by_hand() -> None:
    probabilities = rows((0, 0.95), (0, 0.95), (0, 0.55), (0, 0.55))
    bins = metrics.reliability(probabilities, np.array([0, 0, 0, 1]))
    assert [(one.faces, one.accuracy) for one in bins] == [(2, 0.5), (2, 1.0)]
    assert metrics.calibration_error(bins) == pytest.approx((0.05 + 0.05) / 2)


def test_a_bin_holds_its_upper_edge_and_a_certain_answer_has_a_bin() -> None:
    bins = metrics.reliability(rows((0, 0.5), (0, 1.0)), np.array([0, 0]), bins=2)
    assert [(one.low, one.high, one.faces) for one in bins] == [(0.0, 0.5, 1), (0.5, 1.0, 1)]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_temperature_is_found_again(temperature: float) -> None:
    probabilities, labels = drawn(6000, temperature)
    assert metrics.fit_temperature(probabilities, labels) == pytest.approx(temperature, rel=0.06)


def test_calibration_on_unseen_halves_mends_what_is_too_sure() -> None:
    probabilities, labels = drawn(3000, 2.5)
    assert metrics.calibration_error(metrics.reliability(probabilities, labels)) > 0.1
    held_out = metrics.held_out_calibration_error(probabilities, labels)
    assert held_out is not None
    assert held_out < 0.04
    assert metrics.held_out_calibration_error(probabilities, labels) == held_out
    assert metrics.held_out_calibration_error(probabilities[:10], labels[:10]) is None


def test_a_certain_wrong_answer_spoils_no_figure() -> None:
    probabilities = np.eye(CLASSES)[[0] * 80]
    labels = np.array([0, 1] * 40)
    assert np.isfinite(metrics.fit_temperature(probabilities, labels))
    assert metrics.held_out_calibration_error(probabilities, labels) is not None


def test_a_floor_withholds_what_is_below_it() -> None:
    probabilities = rows((0, 0.9), (0, 0.5), (1, 0.3))
    labels = np.array([0, 1, 1])
    points = [metrics.floor_point(probabilities, labels, floor) for floor in (0.0, 0.5, 0.8, 0.95)]
    assert [round(point.answered, 3) for point in points] == [1.0, 0.667, 0.333, 0.0]
    assert [point.accuracy for point in points] == [pytest.approx(2 / 3), 0.5, 1.0, None]
