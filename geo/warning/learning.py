"""Baselines learnt from cases: levels with trend, hours of the week, shares of places, scatter of counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import h3
import numpy as np

from geo.warning.arrays import DAY_S, HOUR_S, HOURS_OF_WEEK, Floats, Indexes, Integers, hours_of_week, local_days
from geo.warning.baseline import STEEPEST, Baseline, Mark, zone_table
from geo.warning.counts import WINDOWS_H, Events, zone_counts
from geo.warning.grid import CITY_ZONE, SCALES, Grid

SHAPE_PRIOR = 6.0  # cases that an hour of the week borrows from all categories
SHARE_PRIOR = 15.0  # cases that a place borrows from all categories, and from its surroundings
FACTOR_PRIOR = 20.0
PLACE_HALF_LIFE_DAYS = 60.0
LEVEL_HALF_LIFE_DAYS = 21.0
SHAPE_HALF_LIFE_DAYS = 56.0
BURST = 4  # a cell's cases of one category and day above this, and above three times its mean, are not learnt from
OUTLIER = 2.58  # standardised residual of a day above which it counts less (as in Farrington's algorithm)
SLOPE_SPREAD = 0.01  # prior standard deviation of the relative change per day
HOLDOUT_SHARE = 0.25
MOST_HOLDOUT_DAYS = 28
LOOK_EVERY_H = 5  # prime to 24: the looks of a holdout fall on all hours of the day
DISPERSION_PRIOR = 200.0  # expected pairs that a category borrows from all categories
MOST_DISPERSION = 500.0
UPSET = 4.0  # standard deviations by which a category's day is above the expected when it is not measured by


class History(NamedTuple):
    """Cases to learn from, oldest first: seconds since 1970 and positions in the grid, from `since_s` to `until_s`."""

    times_s: Floats
    cell: Indexes
    category: Indexes
    since_s: float
    until_s: float

    @classmethod
    def of(cls, times_s: Floats, cell: Indexes, category: Indexes, since_s: float, until_s: float) -> History:
        """The cases of that time in order, whatever order they come in."""
        rows = np.flatnonzero((times_s >= since_s) & (times_s < until_s))
        rows = rows[np.argsort(times_s[rows], kind="stable")]
        return cls(times_s[rows], cell[rows], category[rows], since_s, until_s)

    def between(self, since_s: float, until_s: float) -> History:
        """The cases of a part of the time."""
        begin, end = np.searchsorted(self.times_s, [since_s, until_s])
        part = slice(begin, end)
        return History(self.times_s[part], self.cell[part], self.category[part], since_s, until_s)


def learn(grid: Grid, history: History, zone: str, marks: Sequence[Mark] = ()) -> Baseline:
    """A baseline for the time after `history.until_s`.

    Scatter is measured on the last quarter of the history (28 days at most) with a baseline of the rest: a model
    is always better on what it has seen. Raises ValueError for a history without a single whole hour.
    """
    if history.until_s - history.since_s < HOUR_S:
        raise ValueError("a history of at least one hour is needed")
    whole = _fit(grid, history, zone, marks)
    span = history.until_s - history.since_s
    split = history.until_s - min(HOLDOUT_SHARE * span, MOST_HOLDOUT_DAYS * DAY_S)
    if split - history.since_s < DAY_S or history.until_s - split < 2 * DAY_S:
        return whole
    earlier = _fit(grid, history.between(history.since_s, split), zone, marks)
    return replace(whole, dispersion=_dispersion(grid, earlier, history, split, marks))


def _fit(grid: Grid, history: History, zone: str, marks: Sequence[Mark]) -> Baseline:
    hours = np.arange(int(history.since_s // HOUR_S), int(np.ceil(history.until_s / HOUR_S)))
    counts = _hourly(history, hours, len(grid.categories))
    of_week, day = hours_of_week(hours, zone), local_days(hours, zone)
    usual = _outside(hours, marks)
    weight = usual.astype(np.float64)
    for _ in range(2):  # the second time with days weighted by how usual they were
        aged = weight * 0.5 ** ((hours[-1] - hours) / 24 / SHAPE_HALF_LIFE_DAYS)[:, None]
        shape = _shape(counts, of_week, aged)
        level, slope, trust = _levels(counts, shape[:, of_week].T, day, usual)
        weight = usual * trust
    share, seen, new_share = _shares(grid, history)
    found = Baseline(
        zone=zone,
        since_s=history.since_s,
        until_s=history.until_s,
        level=level,
        slope=slope,
        shape=shape,
        share=share,
        seen=seen,
        dispersion=np.full((SCALES, len(grid.categories), len(WINDOWS_H)), 0.1),
        new_share=new_share,
    )
    return replace(found, factors=_factors(found, hours, counts, marks))


def _hourly(history: History, hours: Integers, categories: int) -> Floats:
    """(hours, K)"""
    keys = ((history.times_s // HOUR_S).astype(np.int64) - hours[0]) * categories + history.category
    counts: Floats = np.bincount(keys, minlength=len(hours) * categories).reshape(len(hours), categories).astype(float)
    return counts


def _outside(hours: Integers, marks: Sequence[Mark]) -> Floats:
    """(hours, 1): 1 where no mark lies, 0 inside one: what is special is not what is usual."""
    inside = np.zeros(len(hours), dtype=bool)
    for mark in marks:
        inside |= ((hours + 1) * HOUR_S > mark.from_s) & (hours * HOUR_S < mark.until_s)
    found: Floats = (~inside if not inside.all() else np.ones(len(hours), dtype=bool)).astype(np.float64)[:, None]
    return found


def _shape(counts: Floats, of_week: Integers, weight: Floats) -> Floats:
    """(K, 168) with mean 1: each hour of the week borrows from its hour of day, this from all categories together."""
    weight = np.broadcast_to(weight, counts.shape)
    weighted = _by_slot(counts * weight, of_week, HOURS_OF_WEEK)
    time = _by_slot(weight, of_week, HOURS_OF_WEEK)
    everything = weighted.sum(axis=0, keepdims=True) + 1e-9
    pooled = (everything + everything.mean() * 0.05) / np.maximum(time.mean(axis=0, keepdims=True), 1e-9)
    pooled = _smooth(pooled / pooled.mean())
    rate = weighted.sum(axis=1, keepdims=True) / np.maximum(time.sum(axis=1, keepdims=True), 1e-9)
    slots = np.arange(HOURS_OF_WEEK)
    daily = slots % 24 + 24 * (slots >= 5 * 24)  # working days apart from weekends
    prior = np.broadcast_to(pooled, weighted.shape)
    for group in (daily, slots):
        cases = _by_slot(weighted.T, group, group.max() + 1)
        usual = _by_slot((prior * time).T, group, group.max() + 1) * rate
        ratio = (cases + SHAPE_PRIOR) / (usual + SHAPE_PRIOR)
        prior = prior * ratio[:, group]
    found: Floats = prior / prior.mean(axis=1, keepdims=True)
    return found


def _by_slot(values: Floats, slot: Integers, slots: int) -> Floats:
    """(rows, K) summed to (K, slots)."""
    return np.array([np.bincount(slot, column, minlength=slots) for column in values.T])


def _smooth(shape: Floats) -> Floats:
    found: Floats = 0.25 * np.roll(shape, 1, axis=-1) + 0.5 * shape + 0.25 * np.roll(shape, -1, axis=-1)
    return found


def _levels(counts: Floats, shape: Floats, day: Integers, usual: Floats) -> tuple[Floats, Floats, Floats]:
    """Level at the end (K), slope per day (K), and how far each hour's day is trusted (hours, K).

    Per category a log-linear trend over days by iterated weighted least squares; recent days count more, days far
    above it less, and steep slopes are not believed on few cases.
    """
    first = day - day[0]
    cases, expected = _by_slot(counts * usual, first, first[-1] + 1), _by_slot(shape * usual, first, first[-1] + 1)
    age = (np.arange(first[-1] + 1) - first[-1]).astype(float)
    recent = 0.5 ** (-age / LEVEL_HALF_LIFE_DAYS)
    trust = np.ones_like(cases)
    level = (cases.sum(axis=1) + 0.5) / (expected.sum(axis=1) + 1e-9)
    slope = np.zeros_like(level)
    for _ in range(6):
        mean = np.maximum(expected * level[:, None] * np.exp(slope[:, None] * age), 1e-9)
        scatter = (trust * (cases - mean) ** 2 / mean).sum(axis=1) / np.maximum(trust.sum(axis=1) - 2, 1)
        scatter = np.maximum(scatter, 1.0)[:, None]
        far = (cases - mean) / np.sqrt(scatter * mean)
        trust = np.where(far > OUTLIER, (OUTLIER / np.maximum(far, OUTLIER)) ** 2, 1.0)
        weight = recent * trust / scatter
        level, slope = _newton(cases, mean, weight, age, level, slope)
    return level, slope, trust[:, first].T


def _newton(
    cases: Floats, mean: Floats, weight: Floats, age: Floats, level: Floats, slope: Floats
) -> tuple[Floats, Floats]:
    """One step towards the most likely level and slope (Poisson score, slope drawn to 0)."""
    miss, curve = weight * (cases - mean), weight * mean
    g0, g1 = miss.sum(axis=1), (miss * age).sum(axis=1) - slope / SLOPE_SPREAD**2
    a, b = curve.sum(axis=1) + 1e-6, (curve * age).sum(axis=1)
    c = (curve * age**2).sum(axis=1) + 1 / SLOPE_SPREAD**2
    det = a * c - b * b
    up, steeper = (c * g0 - b * g1) / det, (a * g1 - b * g0) / det
    return level * np.exp(np.clip(up, -1, 1)), np.clip(slope + steeper, -STEEPEST, STEEPEST)


def _shares(grid: Grid, history: History) -> tuple[Floats, Floats, Floats]:
    """Shares of cells (C, K), cases behind them (C, K), and the share of a cell that never had a case (K).

    From the city down to areas, parents of resolution 7 and 8, and cells: each place divides its parent's cases as
    its own counts say, as far as there are enough, and else as all categories together do.
    """
    size, categories = len(grid.cells), len(grid.categories)
    weight = _burst_weights(history, categories) * 0.5 ** (
        (history.until_s - history.times_s) / DAY_S / PLACE_HALF_LIFE_DAYS
    )
    keys = history.cell.astype(np.int64) * categories + history.category
    seen: Floats = np.bincount(keys, weight, minlength=size * categories).reshape(size, categories).astype(np.float64)
    total = seen.sum(axis=1, keepdims=True)
    share, pooled = np.ones((1, categories)), np.ones((1, 1))
    above = np.zeros(size, dtype=np.int64)
    for group in _levels_of_places(grid):
        parent = _first_of(group, above)
        cells_in = np.bincount(group).astype(float)
        equal = (cells_in / np.bincount(parent, cells_in)[parent])[:, None]
        within = _divide(_sum_by(total, group), parent, equal)
        share = share[parent] * _divide(_sum_by(seen, group), parent, within)
        pooled = pooled[parent] * within
        above = group
    return share, seen, share.min(axis=0) if size else np.zeros(categories)


def _divide(cases: Floats, parent: Integers, prior: Floats) -> Floats:
    """How each place's parent divides its cases among its children; per parent this sums to 1."""
    sums = _sum_by(cases, parent)
    found: Floats = (cases + SHARE_PRIOR * prior) / (sums[parent] + SHARE_PRIOR)
    return found


def _sum_by(values: Floats, group: Integers) -> Floats:
    return np.array([np.bincount(group, column) for column in values.T]).T


def _first_of(group: Integers, values: Integers) -> Integers:
    """For each group the value of its members (all have the same)."""
    found = np.zeros(group.max(initial=-1) + 1, dtype=np.int64)
    found[group] = values
    return found


def _levels_of_places(grid: Grid) -> list[Integers]:
    """For each level from areas to cells, the group of each cell; groups lie whole in one group of the level above."""
    names: list[tuple[object, ...]] = [(int(area),) for area in grid.area_of]
    levels = [names]
    for resolution in (7, 8):
        levels.append(
            [(*above, h3.cell_to_parent(cell, resolution)) for above, cell in zip(levels[-1], grid.cells, strict=True)]
        )
    numbered = []
    for level in levels:
        position: dict[tuple[object, ...], int] = {}
        numbered.append(np.array([position.setdefault(name, len(position)) for name in level], dtype=np.int64))
    return [*numbered, np.arange(len(grid.cells))]


def _burst_weights(history: History, categories: int) -> Floats:
    """Less than 1 for the cases of a burst, so that yesterday's matter does not make today's look usual."""
    days = max(1.0, (history.until_s - history.since_s) / DAY_S)
    day = ((history.times_s - history.since_s) // DAY_S).astype(np.int64)
    place = history.cell.astype(np.int64) * categories + history.category
    _, by_place, per_place = np.unique(place, return_inverse=True, return_counts=True)
    _, by_day, per_day = np.unique(place * 100_000 + day, return_inverse=True, return_counts=True)
    most = np.maximum(BURST, 3 * per_place[by_place] / days)
    found: Floats = np.minimum(1.0, most / per_day[by_day])
    return found


def _factors(baseline: Baseline, hours: Integers, counts: Floats, marks: Sequence[Mark]) -> dict[str, Floats]:
    """How many times more cases came under each kind of mark, drawn to 1 where few came."""
    found = {}
    usual = baseline.rates(hours).T
    for name in sorted({mark.name for mark in marks}):
        inside = np.zeros(len(hours), dtype=bool)
        for mark in marks:
            if mark.name == name:
                inside |= ((hours + 1) * HOUR_S > mark.from_s) & (hours * HOUR_S < mark.until_s)
        found[name] = (counts[inside].sum(axis=0) + FACTOR_PRIOR) / (usual[inside].sum(axis=0) + FACTOR_PRIOR)
    return found


def _dispersion(grid: Grid, baseline: Baseline, history: History, split_s: float, marks: Sequence[Mark]) -> Floats:
    """(S, K, W) by moments, on the days from `split_s`: squared misses beyond chance per square of the expected.

    Counts far above the expected are cut before: a storm in the holdout must not make the next one invisible.
    """
    categories, table = len(grid.categories), zone_table(grid, baseline)
    share = table.share.astype(np.float64)
    excess = np.zeros((SCALES, categories, len(WINDOWS_H)))
    squares = np.zeros_like(excess)
    sums = np.array(
        [[share[table.scale == s].sum(axis=0), (share[table.scale == s] ** 2).sum(axis=0)] for s in range(SCALES)]
    )
    for now_s in np.arange(split_s + DAY_S, history.until_s, LOOK_EVERY_H * HOUR_S):
        city = baseline.city(now_s, marks)
        counts = zone_counts(grid, events_at(history, now_s), categories)
        in_city = counts[-1, CITY_ZONE * categories : (CITY_ZONE + 1) * categories]
        calm = in_city <= 1.5 * city[:, -1] + UPSET * np.sqrt(city[:, -1])
        city = city * calm[:, None]
        squares += sums[:, 1, :, None] * city**2
        excess += sums[:, 1, :, None] * city**2 - sums[:, 0, :, None] * city
        for window in range(len(WINDOWS_H)):
            busy = np.flatnonzero(counts[window])
            zone, k = np.divmod(busy, categories)
            rows = calm[k]
            busy, zone, k = busy[rows], zone[rows], k[rows]
            mean = share[zone, k] * city[k, window]
            n = np.minimum(counts[window, busy], mean + 4 * np.sqrt(mean) + 2)
            np.add.at(excess[:, :, window], (table.scale[zone], k), n * n - 2 * n * mean)
    return _shrunk(excess, squares)


def _shrunk(excess: Floats, squares: Floats) -> Floats:
    pooled = excess.sum(axis=1, keepdims=True) / np.maximum(squares.sum(axis=1, keepdims=True), 1e-9)
    found: Floats = np.clip(
        (excess + DISPERSION_PRIOR * np.maximum(pooled, 0.0)) / (squares + DISPERSION_PRIOR), 0.0, MOST_DISPERSION
    )
    return found


def events_at(history: History, now_s: float) -> Events:
    """The cases of the longest window before `now_s`, of a history whose times ascend."""
    begin, end = np.searchsorted(history.times_s, [now_s - WINDOWS_H[-1] * HOUR_S, now_s])
    return Events(history.cell[begin:end], history.category[begin:end], now_s - history.times_s[begin:end])
