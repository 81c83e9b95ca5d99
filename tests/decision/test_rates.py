"""The estimates hold on searches whose true error rates are known."""

from __future__ import annotations

import numpy as np
import pytest

from facevec.decision import rates
from facevec.decision.rates import Searches


def searches(scores: list[float], people: list[int] | None = None) -> Searches:
    return Searches(np.array(scores), np.array(people if people else range(len(scores)), np.int64))


@pytest.mark.parametrize(
    ("events", "trials", "low", "high"),
    [(0, 10, 0.0, 0.3085), (5, 100, 0.0164, 0.1128), (10, 10, 0.6915, 1.0), (1, 2, 0.0126, 0.9874)],
)
def test_the_exact_interval_is_the_published_one(events: int, trials: int, low: float, high: float) -> None:
    assert rates.clopper_pearson(events, trials) == pytest.approx((low, high), abs=1e-4)


def test_the_rule_of_three() -> None:
    """Without an event in 300 searches the one-sided bound of 95 % is about 0.01."""
    _, bound = rates.clopper_pearson(0, 300, confidence=0.9)
    assert bound == pytest.approx(0.01, rel=0.01)
    assert rates.people_needed(0.01) == 300


def test_a_cut_names_no_more_strangers_than_allowed_and_not_one_fewer() -> None:
    strangers = searches([0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4])
    for share, named in ((0.0, 0), (0.09, 0), (0.1, 1), (0.35, 3), (1.0, 10)):
        threshold = rates.cut(strangers, share)
        assert (strangers.scores <= threshold).sum() == named


def test_a_cut_for_others_keeps_the_share_on_average() -> None:
    shares = []
    for seed in range(300):
        known = searches(list(np.random.default_rng(seed).random(450)))
        shares.append(rates.cut_for_others(known, 0.01))
    assert 0.008 <= np.mean(shares) <= 0.01


def test_a_search_that_no_threshold_names_is_always_missed_and_never_false() -> None:
    assert rates.fnir(searches([0.4, np.inf]), 2.0).value == 0.5
    assert rates.fpir(searches([0.4, np.inf]), 2.0).value == 0.5


def test_intervals_over_people_cover_the_truth_at_about_their_rate() -> None:
    """80 people with 1 to 6 photos each, whose own error rates differ: 10 % on the whole."""
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        people = np.repeat(np.arange(80), rng.integers(1, 7, 80))
        own = rng.beta(0.5, 4.5, 80)
        interval = rates.rate(rng.random(len(people)) < own[people], people)
        covered += interval.low <= 0.1 <= interval.high
    assert 0.88 <= covered / 200 <= 0.99


@pytest.mark.slow
def test_fpir_at_a_cut_found_on_other_strangers_lies_in_the_interval_told_there() -> None:
    inside = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        known, others = searches(list(rng.normal(1, 0.1, 500))), rng.normal(1, 0.1, 100_000)
        threshold = rates.cut(known, 0.01)
        rate = rates.fpir(known, threshold)
        inside += rate.low <= (others <= threshold).mean() <= rate.high
    assert inside >= 92


def test_tpir_and_its_interval() -> None:
    """Scores N(0.5, 0.1) and N(1, 0.1): at FPIR 0.01 the threshold is 0.767 and TPIR 0.9962."""
    rng = np.random.default_rng(4)
    mated = searches(list(rng.normal(0.5, 0.1, 1500)))
    strangers = searches(list(rng.normal(1.0, 0.1, 1500)))
    tpir = rates.tpir_at(mated, strangers, 0.01)
    assert tpir.low <= 0.9962 <= tpir.high
    assert tpir.low <= tpir.value <= tpir.high
    assert tpir.high - tpir.low < 0.02


def test_the_curve_agrees_with_the_rates_and_lies_in_its_bands() -> None:
    rng = np.random.default_rng(5)
    mated, strangers = searches(list(rng.normal(0.5, 0.1, 300))), searches(list(rng.normal(1, 0.1, 300)))
    steps = np.linspace(0.4, 1.2, 9)
    curve = rates.curve(mated, strangers, steps)
    assert [rates.fpir(strangers, step).value for step in steps] == pytest.approx(list(curve.fpir))
    assert [rates.fnir(mated, step).value for step in steps] == pytest.approx(list(curve.fnir))
    assert (curve.fpir_band[0] <= curve.fpir).all()
    assert (curve.fpir <= curve.fpir_band[1]).all()
    assert (np.diff(curve.fpir) >= 0).all()
    assert (np.diff(curve.fnir) <= 0).all()


@pytest.mark.parametrize("trials", [1, 3, 30, 400])
def test_the_exact_interval_is_scipys(trials: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    for events in {0, 1, trials // 3, trials // 2, trials}:
        theirs = stats.binomtest(events, trials).proportion_ci(0.95, method="exact")
        assert rates.clopper_pearson(events, trials) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_a_table_worked_by_hand() -> None:
    """Five strangers at 0.5 to 0.9: at FPIR 0.2 one of them is named, so the cut lies just below 0.6.

    Of four workers' searches, 0.3 and 0.55 are named rightly, 0.6 is too far, and one is never right.
    """
    strangers, mated = searches([0.5, 0.6, 0.7, 0.8, 0.9]), searches([0.3, 0.55, 0.6, np.inf])
    threshold = rates.cut(strangers, 0.2)
    assert threshold < 0.6
    assert threshold == pytest.approx(0.6)
    assert rates.fpir(strangers, threshold).value == 0.2
    assert rates.fnir(mated, threshold).value == 0.5
    assert rates.tpir_at(mated, strangers, 0.2).value == 0.5
    once = np.ones((1, 5))
    assert rates.hits(mated, rates.cuts(strangers, 0.2, once), np.ones((1, 4))).tolist() == [0.5]


def test_people_that_count_twice_count_twice() -> None:
    strangers, mated = searches([0.5, 0.6]), searches([0.3, 0.55])
    weights = np.array([[2.0, 0.0], [0.0, 2.0]])
    cuts = rates.cuts(strangers, 0.0, weights)
    assert cuts == pytest.approx([0.5, 0.6])
    assert rates.hits(mated, cuts, weights).tolist() == [1.0, 1.0]
    assert rates.hits(mated, cuts, weights[::-1]).tolist() == [0.0, 1.0]
