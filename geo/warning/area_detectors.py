"""Detectors on whole areas by the hour: EWMA, CUSUM, EARS and Farrington, all references for those on zones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geo.warning.arrays import HOUR_S, Floats, Indexes, Integers
from geo.warning.baseline import ZoneTable
from geo.warning.counts import WINDOWS_H
from geo.warning.farrington import Plan, farrington, least_history, score
from geo.warning.grid import AREA_SCALE, Grid
from geo.warning.looking import Look, Scores, no_scores
from geo.warning.series import Ears, cusum, cusum_tail, ears, ears_tail, ewma
from geo.warning.tails import normal_tail, upper_tail

CHART_H = 72
DAYS_FOR_EARS = 12
WEEKS_BACK = Plan(frequency=7, back=6, half_window=1, recent=2, alpha=0.01, least_cases=3, least_steps=1)


class AreaHours:
    """Cases per hour, area and category: (hours, A, K), the last hour that is over at the end."""

    def __init__(self, grid: Grid, first_hour: int, counts: Indexes) -> None:
        self.grid, self.first_hour, self.counts = grid, first_hour, counts

    @classmethod
    def of(
        cls,
        grid: Grid,
        times_s: Floats,
        cell: Indexes,
        category: Indexes,
        from_s: float,
        until_s: float,
        categories: int,
    ) -> AreaHours:
        """Count cases (seconds since 1970, positions in the grid) of the whole hours of that time."""
        first, last = int(np.ceil(from_s / HOUR_S)), int(until_s // HOUR_S)
        hour = (times_s // HOUR_S).astype(np.int64) - first
        area = grid.area_of[cell]
        rows = (hour >= 0) & (hour < last - first) & (area >= 0)
        areas = len(grid.areas)
        keys = (hour[rows] * areas + area[rows]) * categories + category[rows]
        counts = np.bincount(keys, minlength=(last - first) * areas * categories)
        return cls(grid, first, counts.reshape(last - first, areas, categories).astype(np.int32))

    def until(self, now_s: float, hours: int) -> Floats:
        """The last `hours` whole hours before `now_s`, shape (A, K, hours). Raises ValueError when there are fewer."""
        end = int(now_s // HOUR_S) - self.first_hour
        if end - hours < 0 or end > len(self.counts):
            raise ValueError(f"{hours} hours before this instant are not all known")
        part: Floats = np.moveaxis(self.counts[end - hours : end], 0, -1).astype(np.float64)
        return part

    def days(self, now_s: float, days: int) -> Floats:
        """Sums of the last days of 24 hours, the last ending now, shape (A, K, days). Raises ValueError as `until`."""
        end = int(now_s // HOUR_S) - self.first_hour
        if end - 24 * days < 0 or end > len(self.counts):
            raise ValueError(f"{days} days before this instant are not all known")
        edges = self._sums[end - 24 * days : end + 1 : 24]
        found: Floats = np.moveaxis(np.diff(edges, axis=0), 0, -1).astype(np.float64)
        return found

    @cached_property
    def _sums(self) -> Indexes:
        """Cases before each hour, (hours + 1, A, K)."""
        none = np.zeros((1, *self.counts.shape[1:]), dtype=np.int32)
        return np.concatenate([none, np.cumsum(self.counts, axis=0, dtype=np.int32)])

    def has(self, now_s: float, hours: int) -> bool:
        """Whether so many hours before `now_s` are known."""
        end = int(now_s // HOUR_S) - self.first_hour
        return end - hours >= 0 and end <= len(self.counts)


@dataclass(frozen=True)
class Ewma:
    """Exponentially weighted mean of hourly residuals per area."""

    hours: AreaHours
    name: str = "ewma"

    def tests(self, look: Look) -> int:
        return _tests(look)

    def score(self, look: Look) -> Scores:
        chart = _residuals(self.hours, look)
        if chart is None:
            return no_scores()
        value = ewma(chart)[..., -1]
        return _areas(look, value, normal_tail(value), 3)


@dataclass(frozen=True)
class Cusum:
    """Cumulative sum of hourly residuals per area."""

    hours: AreaHours
    name: str = "cusum"

    def tests(self, look: Look) -> int:
        return _tests(look)

    def score(self, look: Look) -> Scores:
        chart = _residuals(self.hours, look)
        if chart is None:
            return no_scores()
        value = cusum(chart)[..., -1]
        return _areas(look, value, cusum_tail(value), 3)


@dataclass(frozen=True)
class EarsPerArea:
    """EARS on days of 24 hours that end now, per area; a spread of half a case at least."""

    hours: AreaHours
    method: Ears = "C1"

    @property
    def name(self) -> str:
        return f"ears-{self.method.lower()}"

    def tests(self, look: Look) -> int:
        return _tests(look)

    def score(self, look: Look) -> Scores:
        if not self.hours.has(look.now_s, DAYS_FOR_EARS * 24):
            return no_scores()
        days = self.hours.days(look.now_s, DAYS_FOR_EARS)
        value = ears(days, self.method, least_spread=0.5).statistic[..., -1]
        return _areas(look, value, ears_tail(value, self.method), 5)


@dataclass(frozen=True)
class FarringtonPerArea:
    """Farrington's flexible algorithm on days of 24 hours that end now, a week taking the place of the year."""

    hours: AreaHours
    plan: Plan = WEEKS_BACK
    name: str = "farrington"

    def tests(self, look: Look) -> int:
        return _tests(look)

    def score(self, look: Look) -> Scores:
        days = least_history(self.plan) + 1
        if not self.hours.has(look.now_s, days * 24):
            return no_scores()
        counts = self.hours.days(look.now_s, days)
        rows = counts.reshape(-1, days)
        chosen = np.flatnonzero(rows[:, -1] >= look.rules.least.min())
        value, chance = np.zeros(len(rows)), np.ones(len(rows))
        if chosen.size:
            verdict = farrington(rows[chosen], days - 1, self.plan)
            value[chosen] = score(rows[chosen, -1], verdict)
            mean = np.maximum(verdict.expected, 0.05)
            chance[chosen] = upper_tail(rows[chosen, -1], mean, (verdict.phi - 1) / mean)
        return _areas(look, value.reshape(counts.shape[:2]), chance.reshape(counts.shape[:2]), 5)


def area_detectors(hours: AreaHours) -> Sequence[Ewma | Cusum | EarsPerArea | FarringtonPerArea]:
    """All of them."""
    return (
        *(Ewma(hours), Cusum(hours)),
        *(EarsPerArea(hours, "C1"), EarsPerArea(hours, "C2"), EarsPerArea(hours, "C3")),
        FarringtonPerArea(hours),
    )


def _tests(look: Look) -> int:
    return len(look.grid.areas) * look.categories


def _residuals(hours: AreaHours, look: Look) -> Floats | None:
    """Standardised hourly residuals (A, K, CHART_H)."""
    if not hours.has(look.now_s, CHART_H):
        return None
    counted = hours.until(look.now_s, CHART_H)
    last = int(look.now_s // HOUR_S)
    rates = look.baseline.rates(np.arange(last - CHART_H, last), look.marks)
    of_area = _area_zones(look.table)
    expected = look.table.share[of_area].astype(np.float64)[:, :, None] * rates
    scatter = look.baseline.dispersion[AREA_SCALE][None, :, :1]
    found: Floats = (counted - expected) / np.sqrt(np.maximum(expected, 0.05) * (1 + scatter * expected))
    return found


def _area_zones(table: ZoneTable) -> Integers:
    return np.flatnonzero(table.scale == AREA_SCALE)


def _areas(look: Look, value: Floats, p: Floats, window: int) -> Scores:
    """Areas and categories with enough cases and a chart above 0; `window` stands for the chart."""
    of_area = _area_zones(look.table)
    counts = look.counts.reshape(len(WINDOWS_H), -1, look.categories)[window][of_area]
    area, category = np.nonzero((counts >= look.rules.least) & (np.nan_to_num(value, nan=0.0) > 0))
    zone = of_area[area]
    return Scores(
        zone=zone,
        category=category,
        window=np.full(len(zone), window),
        observed=counts[area, category].astype(np.float64),
        expected=look.table.share[zone, category].astype(np.float64) * look.city[category, window],
        dispersion=look.baseline.dispersion[AREA_SCALE, category, window],
        strength=np.minimum(value[area, category], 1e6),
        p=p[area, category],
    )
