"""Baselines: what is expected follows what was, and says how much it rests on."""

from __future__ import annotations

import numpy as np
import pytest

from geo.warning.arrays import DAY_S, HOUR_S, hours_of_week, local_days
from geo.warning.baseline import Baseline, Mark, support, zone_table
from geo.warning.counts import WINDOWS_H
from geo.warning.grid import CITY_ZONE
from geo.warning.learning import History, learn
from tests.warning.made import SINCE_S, ZONE, made_grid, made_history

GRID = made_grid()
HISTORY = made_history()
BASELINE = learn(GRID, HISTORY, ZONE)
UNTIL_S = HISTORY.until_s


def test_a_week_of_a_steady_city_is_expected_within_a_few_percent() -> None:
    week = np.sum([BASELINE.city(UNTIL_S + day * DAY_S)[:, -1] for day in range(1, 8)], axis=0)
    assert week[0] == pytest.approx(3 * 24 * 7, rel=0.08)
    assert week[1] == pytest.approx(1 * 24 * 7, rel=0.12)


def test_noon_and_night_are_told_apart() -> None:
    # Windows of six hours; since clocks went forward the made city's day begins at nine.
    day, night = BASELINE.city(UNTIL_S + 16 * HOUR_S)[0, 3], BASELINE.city(UNTIL_S + 7 * HOUR_S)[0, 3]
    assert day == pytest.approx(6 * 4.5, rel=0.2)
    assert night == pytest.approx(6 * 1.5, rel=0.3)


def test_a_window_is_the_sum_of_its_hours() -> None:
    now_s = UNTIL_S + 7 * HOUR_S + 1234
    windows = BASELINE.city(now_s)
    hourly = sum(BASELINE.city(now_s - hour * HOUR_S)[:, 0] for hour in range(24))
    np.testing.assert_allclose(windows[:, -1], hourly, rtol=1e-9)
    assert (np.diff(windows, axis=1) > 0).all()


def test_shares_of_cells_are_whole_and_zones_add_them_up() -> None:
    np.testing.assert_allclose(BASELINE.share.sum(axis=0), 1.0, rtol=1e-9)
    table = zone_table(GRID, BASELINE)
    np.testing.assert_allclose(table.share[CITY_ZONE], 1.0, rtol=1e-5)
    np.testing.assert_allclose(table.share[1] + table.share[2], 1.0, rtol=1e-5)
    zone = GRID.first_disk + 45 * 4 + 2
    np.testing.assert_allclose(table.share[zone], BASELINE.share[GRID.zone_cells(zone)].sum(axis=0), rtol=1e-5)


def test_a_busy_corner_is_expected_to_be_busy_and_a_rare_subject_borrows_from_all() -> None:
    rng = np.random.default_rng(5)
    extra = SINCE_S + np.sort(rng.random(300)) * 28 * DAY_S
    times = np.concatenate([HISTORY.times_s, extra])
    cell = np.concatenate([HISTORY.cell, np.full(300, 7, dtype=np.int32)])
    category = np.concatenate([HISTORY.category, np.zeros(300, dtype=np.int32)])
    found = learn(GRID, History.of(times, cell, category, SINCE_S, UNTIL_S), ZONE)
    assert found.share[7, 0] > 8 * np.median(found.share[:, 0])
    assert found.share[7, 1] > np.median(found.share[:, 1])


def test_yesterdays_burst_does_not_make_todays_look_usual() -> None:
    times = np.concatenate([HISTORY.times_s, np.full(80, UNTIL_S - 20 * HOUR_S)])
    cell = np.concatenate([HISTORY.cell, np.full(80, 11, dtype=np.int32)])
    category = np.concatenate([HISTORY.category, np.ones(80, dtype=np.int32)])
    found = learn(GRID, History.of(times, cell, category, SINCE_S, UNTIL_S), ZONE)
    here = found.share[11, 1] * found.city(UNTIL_S + DAY_S)[1, -1]
    assert here < 3 * BASELINE.share[11, 1] * BASELINE.city(UNTIL_S + DAY_S)[1, -1]


def test_a_rising_subject_has_a_slope() -> None:
    rng = np.random.default_rng(3)
    day = np.arange(28)
    n = rng.poisson(30 * 1.02**day)
    times = SINCE_S + (np.repeat(day, n) + rng.random(n.sum())) * DAY_S
    history = History.of(
        times, rng.integers(0, 91, n.sum()).astype(np.int32), np.zeros(n.sum(), dtype=np.int32), SINCE_S, UNTIL_S
    )
    found = learn(made_grid(("roads",)), history, ZONE)
    assert 0.005 < found.slope[0] <= 0.02
    assert found.level[0] * 24 > 38  # the mean of the month is 40 a day, its end is at 51


def test_scattered_counts_are_known_to_scatter() -> None:
    even = learn(GRID, made_history(days=42, seed=2), ZONE).dispersion
    rng = np.random.default_rng(9)
    doubled = made_history(days=42, seed=2)
    again = rng.random(len(doubled.times_s)) < 0.3  # three of ten call again within minutes, from the same cell
    times = np.concatenate([doubled.times_s, doubled.times_s[again] + 60])
    columns = (
        np.concatenate([doubled.cell, doubled.cell[again]]),
        np.concatenate([doubled.category, doubled.category[again]]),
    )
    uneven = learn(GRID, History.of(times, *columns, doubled.since_s, doubled.until_s), ZONE).dispersion
    assert uneven[1, 0, 3] > 2 * even[1, 0, 3] + 0.1
    assert even[1, 0, 5] < 0.5


def test_days_with_a_mark_have_a_factor_and_are_not_learnt_as_usual() -> None:
    rng = np.random.default_rng(4)
    storm = Mark("alert:wind", SINCE_S + 10 * DAY_S, SINCE_S + 11 * DAY_S)
    times = np.concatenate([HISTORY.times_s, storm.from_s + rng.random(250) * DAY_S])
    cell = np.concatenate([HISTORY.cell, rng.integers(0, 91, 250).astype(np.int32)])
    category = np.concatenate([HISTORY.category, np.ones(250, dtype=np.int32)])
    found = learn(GRID, History.of(times, cell, category, SINCE_S, UNTIL_S), ZONE, [storm])
    assert found.factors["alert:wind"][1] > 4
    assert found.factors["alert:wind"][0] == pytest.approx(1.0, abs=0.4)
    next_storm = Mark("alert:wind", UNTIL_S, UNTIL_S + DAY_S)
    usual, stormy = found.city(UNTIL_S + DAY_S)[1, -1], found.city(UNTIL_S + DAY_S, [next_storm])[1, -1]
    assert stormy > 4 * usual


def test_little_history_is_said_and_warns_of_nothing() -> None:
    week = HISTORY.between(SINCE_S, SINCE_S + 5 * DAY_S)
    assert not learn(GRID, week, ZONE).is_ready
    assert BASELINE.is_ready
    with pytest.raises(ValueError, match="one hour"):
        learn(GRID, HISTORY.between(SINCE_S, SINCE_S + 60), ZONE)
    rich = support(BASELINE, zone_table(GRID, BASELINE), 1)
    assert rich["ring 3"] > rich["ring 0"]


def test_a_baseline_comes_back_from_its_bytes() -> None:
    again = Baseline.from_bytes(BASELINE.to_bytes())
    np.testing.assert_allclose(again.city(UNTIL_S + HOUR_S), BASELINE.city(UNTIL_S + HOUR_S), rtol=1e-5)
    assert again.zone == ZONE
    assert again.dispersion.shape[2] == len(WINDOWS_H)
    with pytest.raises(ValueError, match="not a baseline"):
        Baseline.from_bytes(b"something else")


def test_hours_of_the_week_follow_the_citys_clocks_over_a_change() -> None:
    # Clocks went forward in Boston on 2026-03-08 at 02:00: Monday is 168 local hours but 167 real ones later.
    monday = int(SINCE_S // HOUR_S)
    assert hours_of_week(np.array([monday, monday + 167]), ZONE).tolist() == [0, 0]
    assert np.diff(local_days(np.array([monday, monday + 23, monday + 24]), ZONE)).tolist() == [0, 1]
