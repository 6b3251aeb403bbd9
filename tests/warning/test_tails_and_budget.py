"""Chances, false discoveries and the budget of false warnings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from geo.warning.budget import Law, Peaks, false_discoveries, learn_law, separate
from geo.warning.series import cusum, ewma
from geo.warning.tails import gumbel_fit, gumbel_tail, interval, likelihood_ratio, upper_tail

DAYS = 30.0


def _peaks(at_s: list[float], strength: list[float], lat: list[float], category: list[int] | None = None) -> Peaks:
    n = len(at_s)
    return Peaks(
        at_s=np.array(at_s),
        category=np.array(category or [0] * n),
        strength=np.array(strength),
        lat=np.array(lat),
        lng=np.zeros(n),
        radius_km=np.full(n, 0.5),
        zone=np.zeros(n, dtype=np.int64),
    )


def _quiet(seed: int, categories: int = 3) -> Peaks:
    """Many findings, each far from the others; the last category has a tail twice as long."""
    rng = np.random.default_rng(seed)
    category = np.repeat(np.arange(categories), 400)
    n = len(category)
    strength = rng.exponential(np.where(category == categories - 1, 2.0, 1.0))
    at_s = rng.permutation(n) * DAYS * 86_400 / n
    return Peaks(at_s, category, strength, rng.random(n) * 60, rng.random(n) * 60, np.full(n, 0.1), np.arange(n))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.floats(0.001, 30), st.sampled_from([0.0, 0.05, 0.7, 5.0]))
def test_tails_are_those_of_the_negative_binomial(n: int, mean: float, dispersion: float) -> None:
    ours = float(upper_tail(np.array(n), np.array(mean), np.array(dispersion)))
    if dispersion:
        known = stats.nbinom.sf(n - 1, 1 / dispersion, 1 / (1 + dispersion * mean))
    else:
        known = stats.poisson.sf(n - 1, mean)
    assert ours == pytest.approx(max(known, 1e-300), rel=1e-6, abs=1e-290)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.floats(0.01, 30))
def test_likelihood_ratio_grows_with_the_count_and_shrinks_with_scatter(n: int, mean: float) -> None:
    poisson = likelihood_ratio(np.array([n, n + 1.0]), np.full(2, mean), np.zeros(2))
    assert poisson[0] <= poisson[1]
    assert likelihood_ratio(np.array([float(n)]), np.array([mean]), np.array([0.5]))[0] <= poisson[0] + 1e-9
    if n > mean:
        assert poisson[0] == pytest.approx(n * math.log(n / mean) - (n - mean), rel=1e-9)


def test_gumbel_gives_back_the_chances_of_what_it_was_fitted_to() -> None:
    rng = np.random.default_rng(2)
    drawn = rng.gumbel(3.0, 1.5, 4000)
    location, scale = gumbel_fit(drawn)
    fresh = gumbel_tail(rng.gumbel(3.0, 1.5, 4000), np.array(location), np.array(scale))
    assert abs((fresh < 0.1).mean() - 0.1) < 0.03


def test_interval_holds_most_usual_counts() -> None:
    low, high = interval(4.0, 0.3)
    drawn = np.random.default_rng(3).negative_binomial(1 / 0.3, 1 / (1 + 0.3 * 4), 5000)
    assert 0.93 < ((drawn >= low) & (drawn <= high)).mean() < 0.995


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(1e-12, 1.0), max_size=40), st.floats(0.01, 0.5))
def test_false_discoveries_follow_the_definition(p: list[float], level: float) -> None:
    tests = len(p) + 7
    ordered = sorted(p)
    passed = [x for rank, x in enumerate(ordered, 1) if x <= level * rank / tests]
    known = [x <= passed[-1] if passed else False for x in p]
    assert false_discoveries(np.array(p), tests, level).tolist() == known


def test_one_matter_seen_many_times_is_one_peak() -> None:
    peaks = _peaks([0, 1800, 3600, 50 * 3600, 0], [5, 9, 7, 4, 6], [42.0, 42.001, 42.0, 42.0, 43.0])
    found = separate(peaks)
    assert found.strength.tolist() == [9, 6, 4]


def test_the_same_place_in_another_category_is_another_matter() -> None:
    assert len(separate(_peaks([0, 0], [5, 9], [42.0, 42.0], [0, 1])).strength) == 2


@pytest.mark.parametrize("false_per_day", [0.3, 1.0, 5.0])
def test_the_budget_is_kept_on_the_days_learnt_from_and_nearly_on_others(false_per_day: float) -> None:
    law = learn_law(_quiet(1), DAYS, 3, false_per_day)
    for seed, slack in ((1, 0.05), (2, 0.6)):
        quiet = separate(_quiet(seed))
        told = law.is_warning(quiet.category, quiet.strength).sum() / DAYS
        assert told == pytest.approx(false_per_day, abs=slack * false_per_day + 1 / DAYS)


def test_a_category_with_long_tails_does_not_eat_the_budget_of_the_others() -> None:
    law = learn_law(_quiet(1), DAYS, 3, 1.0)
    assert law.threshold(2) > law.threshold(0) + 1
    assert law.per_day(np.array([0]), np.array([law.threshold(0)]))[0] == pytest.approx(law.limit, rel=1e-6)


def test_no_quiet_days_no_warning_and_the_law_comes_back_from_its_bytes() -> None:
    silent = learn_law(_peaks([], [], []), 0.0, 2)
    assert not silent.is_warning(np.array([0, 1]), np.array([50.0, 99.0])).any()
    law = learn_law(_quiet(1), DAYS, 3, 1.0)
    again = Law.from_bytes(law.to_bytes())
    assert again.threshold(1) == pytest.approx(law.threshold(1))
    with pytest.raises(ValueError, match="not a law"):
        Law.from_bytes(b"nothing")


def test_charts_stay_low_in_quiet_and_rise_with_a_shift() -> None:
    rng = np.random.default_rng(8)
    quiet = rng.standard_normal((200, 72))
    shifted = quiet + np.where(np.arange(72) >= 60, 1.5, 0.0)
    assert np.std(ewma(quiet)[:, -1]) == pytest.approx(1.0, abs=0.15)
    assert np.median(ewma(shifted)[:, -1]) > 3
    assert np.median(cusum(shifted)[:, -1]) > 4 * np.median(cusum(quiet)[:, -1] + 0.5)
