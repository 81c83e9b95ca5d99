"""The estimates hold on searches whose true error rates are known."""

from __future__ import annotations

import numpy as np
import pytest

from facevec.usecases import openset
from facevec.usecases.openset import Searches


def searches(scores: list[float], people: list[int] | None = None) -> Searches:
    return Searches(np.array(scores), np.array(people if people else range(len(scores)), np.int64))


@pytest.mark.parametrize(
    ("events", "trials", "low", "high"),
    [(0, 10, 0.0, 0.3085), (5, 100, 0.0164, 0.1128), (10, 10, 0.6915, 1.0), (1, 2, 0.0126, 0.9874)],
)
def test_the_exact_interval_is_the_published_one(events: int, trials: int, low: float, high: float) -> None:
    assert openset.clopper_pearson(events, trials) == pytest.approx((low, high), abs=1e-4)


def test_the_rule_of_three() -> None:
    assert openset.upper_bound(0, 300) == pytest.approx(0.01, rel=0.01)
    assert openset.people_needed(0.01) == 300


def test_a_cut_names_no_more_strangers_than_allowed_and_not_one_fewer() -> None:
    strangers = searches([0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4])
    for share, named in ((0.0, 0), (0.09, 0), (0.1, 1), (0.35, 3), (1.0, 10)):
        threshold = openset.cut(strangers, share)
        assert (strangers.scores <= threshold).sum() == named


def test_a_cut_for_others_keeps_the_share_on_average() -> None:
    shares = []
    for seed in range(300):
        known = searches(list(np.random.default_rng(seed).random(450)))
        shares.append(openset.cut_for_others(known, 0.01))
    assert 0.008 <= np.mean(shares) <= 0.01


def test_a_search_that_no_threshold_names_is_always_missed_and_never_false() -> None:
    assert openset.fnir(searches([0.4, np.inf]), 2.0).value == 0.5
    assert openset.fpir(searches([0.4, np.inf]), 2.0).value == 0.5


def test_intervals_over_people_cover_the_truth_at_about_their_rate() -> None:
    """80 people with 1 to 6 photos each, whose own error rates differ: 10 % on the whole."""
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        people = np.repeat(np.arange(80), rng.integers(1, 7, 80))
        own = rng.beta(0.5, 4.5, 80)
        rate = openset.rate(rng.random(len(people)) < own[people], people)
        covered += rate.low <= 0.1 <= rate.high
    assert 0.88 <= covered / 200 <= 0.99


def test_fpir_at_a_cut_found_on_other_strangers_lies_in_the_interval_told_there() -> None:
    inside = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        known, others = (searches(list(rng.normal(1, 0.1, size))) for size in (500, 100_000))
        threshold = openset.cut(known, 0.01)
        told = openset.fpir(known, threshold)
        inside += told.low <= openset.fpir(others, threshold).value <= told.high
    assert inside >= 92


def test_tpir_and_its_interval() -> None:
    """Scores N(0.5, 0.1) and N(1, 0.1): at FPIR 0.01 the threshold is 0.767 and TPIR 0.9962."""
    rng = np.random.default_rng(4)
    mated = searches(list(rng.normal(0.5, 0.1, 1500)))
    strangers = searches(list(rng.normal(1.0, 0.1, 1500)))
    found = openset.tpir_at(mated, strangers, 0.01)
    assert found.low <= 0.9962 <= found.high
    assert found.low <= found.value <= found.high
    assert found.high - found.low < 0.02


def test_the_curve_agrees_with_the_rates_and_lies_in_its_bands() -> None:
    rng = np.random.default_rng(5)
    mated, strangers = searches(list(rng.normal(0.5, 0.1, 300))), searches(list(rng.normal(1, 0.1, 300)))
    steps = np.linspace(0.4, 1.2, 9)
    curve = openset.curve(mated, strangers, steps)
    assert [openset.fpir(strangers, step).value for step in steps] == pytest.approx(list(curve.fpir))
    assert [openset.fnir(mated, step).value for step in steps] == pytest.approx(list(curve.fnir))
    assert (curve.fpir_band[0] <= curve.fpir).all()
    assert (curve.fpir <= curve.fpir_band[1]).all()
    assert (np.diff(curve.fpir) >= 0).all()
    assert (np.diff(curve.fnir) <= 0).all()
