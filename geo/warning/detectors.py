"""Detectors on zones: negative binomial tails, residuals over rings, the space-time scan, and a bad reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geo.warning.arrays import HOUR_S, Floats
from geo.warning.baseline import Baseline, ZoneTable
from geo.warning.counts import WINDOWS_H, Events
from geo.warning.grid import AREA_SCALE, CITY_SCALE, RINGS, Grid
from geo.warning.looking import STRANGE, Candidates, Detector, Look, Rules, Scores
from geo.warning.tails import gumbel_fit, gumbel_tail, likelihood_ratio, normal_tail, upper_tail

REPLICAS = 60
LEAST_SCALE = 1.0  # of the largest ratio: each single one falls off like exp(-ratio), whatever few replicas say
MOST_SCATTER = 1.0  # of cells in a simulated city; more is bursts, not places that differ


@dataclass(frozen=True)
class Tail:
    """Negative binomial tail of every zone and window: strength is -log10 of the smallest chance per zone."""

    name: str = "tail"
    scales: tuple[int, ...] | None = None

    def tests(self, look: Look) -> int:
        return _single_tests(look)

    def score(self, look: Look) -> Scores:
        found = _of_scales(look, self.scales)
        chance = upper_tail(found.observed, found.expected, found.dispersion)
        return found.scores(-np.log10(chance), chance)


@dataclass(frozen=True)
class RingResidual:
    """Residuals of a cell with its neighbours, in standard deviations: z over H3 rings."""

    name: str = "ring-z"
    rings: tuple[int, ...] = (1, 2)

    def tests(self, look: Look) -> int:
        return _single_tests(look)

    def score(self, look: Look) -> Scores:
        found = _of_scales(look, self.rings)
        return found.scores(found.z, upper_tail(found.observed, found.expected, found.dispersion))


@dataclass(frozen=True)
class Scan:
    """Expectation-based space-time scan over rings, areas and windows of 1 to 24 hours.

    Strength is the largest log likelihood ratio of the zone (Poisson, or negative binomial when not `poisson`), p
    that of the largest in a whole quiet city of the category, from a Gumbel distribution fitted to simulated cities
    whose counts scatter as the baseline says (`calibrated`), so that looking at all zones and windows, and scatter,
    are paid for. Sources: M. Kulldorff 1997 and 2001; D. Neill 2009; for the Gumbel form A.
    Abrams, K. Kleinman and Kulldorff 2010.
    """

    name: str = "scan"
    poisson: bool = True
    scales: tuple[int, ...] | None = None

    def tests(self, look: Look) -> int:
        """p is already that of a whole city: one test per category, or one per zone and window without its law."""
        return look.categories if self.name in look.baseline.gumbel else _single_tests(look)

    def score(self, look: Look) -> Scores:
        found = _of_scales(look, self.scales)
        ratio = self._ratio(found)
        scores = found.scores(ratio, np.ones(len(ratio)))
        return replace(scores, p=self._chance(look, scores))

    def calibrated(
        self,
        grid: Grid,
        baseline: Baseline,
        table: ZoneTable,
        rng: np.random.Generator,
        replicas: int = REPLICAS,
        rules: Rules | None = None,
    ) -> Baseline:
        """The baseline with the law of the largest ratio per category, at a quiet and at a busy hour."""
        known = rules or Rules.plain(len(baseline.level))
        fits = np.empty((len(baseline.level), 6))
        for category in range(len(baseline.level)):
            alone = baseline.only(category)
            own = ZoneTable(table.share[:, [category]], table.seen[:, [category]], table.scale, table.area, table.cells)
            for place, now_s in enumerate(_quiet_and_busy(alone)):
                quiet = (quiet_city(grid, alone, now_s, rng) for _ in range(replicas))
                looks = (Look(grid, alone, own, events, now_s, rules=known.only(category)) for events in quiet)
                largest = np.array([self._largest(look) for look in looks])
                load = float(np.log(alone.city(now_s)[0, -1] + 1e-9))
                location, scale = gumbel_fit(largest)
                fits[category, 3 * place : 3 * place + 3] = (load, location, max(scale, LEAST_SCALE))
        return replace(baseline, gumbel={**baseline.gumbel, self.name: fits})

    def _largest(self, look: Look) -> float:
        return float(self._ratio(_of_scales(look, self.scales)).max(initial=0.0))

    def _ratio(self, found: Candidates) -> Floats:
        scatter = np.zeros(len(found.zone)) if self.poisson else found.dispersion
        return likelihood_ratio(found.observed, found.expected, scatter)

    def _chance(self, look: Look, scores: Scores) -> Floats:
        fits = look.baseline.gumbel.get(self.name)
        if fits is None:  # not calibrated: the chance of this zone alone
            return upper_tail(scores.observed, scores.expected, scores.dispersion)
        load = np.log(look.city[:, -1] + 1e-9)
        span = np.maximum(fits[:, 3] - fits[:, 0], 1e-6)
        at = np.clip((load - fits[:, 0]) / span, 0.0, 1.0)
        location = fits[:, 1] + at * (fits[:, 4] - fits[:, 1])
        scale = fits[:, 2] + at * (fits[:, 5] - fits[:, 2])
        return gumbel_tail(scores.strength, location[scores.category], scale[scores.category])


@dataclass(frozen=True)
class RawGiStar:
    """Getis-Ord Gi* on raw counts of 24 hours: the usual hot-spot map, kept as the bad reference.

    z of a disk's sum against the mean and variance of all cells' counts. It finds where people live, not what is new.
    """

    name: str = "raw-gi"
    ring: int = 2

    def tests(self, look: Look) -> int:
        return _single_tests(look)

    def score(self, look: Look) -> Scores:
        counts, disks = look.counts[-1].reshape(-1, look.categories), look.grid.disks(self.ring)
        single, around = counts[look.grid.disks(0)].astype(np.float64), counts[disks]
        size, members = len(single), look.table.cells[disks][:, None]
        z = around - single.mean(axis=0) * members
        z /= (single.std(axis=0) + 1e-9) * np.sqrt(np.maximum(members * (size - members), 1.0) / max(size - 1, 1))
        row, category = np.nonzero((z > STRANGE) & (around >= look.rules.least))
        zone, last = look.grid.first_disk + self.ring + len(RINGS) * row, len(WINDOWS_H) - 1
        return Scores(
            zone=zone,
            category=category,
            window=np.full(len(zone), last),
            observed=counts[zone, category].astype(np.float64),
            expected=look.table.share[zone, category] * look.city[category, last],
            dispersion=look.baseline.dispersion[self.ring, category, last],
            strength=z[row, category],
            p=normal_tail(z[row, category]),
        )


def quiet_city(grid: Grid, baseline: Baseline, now_s: float, rng: np.random.Generator) -> Events:
    """Cases of the longest window as they come when nothing is the matter: one category, drawn from the baseline.

    Each cell's mean is itself drawn (gamma), with the scatter measured on disks of ring 1 in six hours, 1 at most.
    """
    hours = np.arange(int(now_s // HOUR_S) - WINDOWS_H[-1], int(now_s // HOUR_S) + 1)
    rates = baseline.rates(hours)[0]
    begin, end = now_s - WINDOWS_H[-1] * HOUR_S, now_s
    part = np.clip(np.minimum((hours + 1) * HOUR_S, end) - np.maximum(hours * HOUR_S, begin), 0, None) / HOUR_S
    expected = rates * part
    scatter = min(float(baseline.dispersion[1, 0, 3]), MOST_SCATTER)
    share = baseline.with_cells(len(grid.cells)).share[:, 0]
    if scatter > 0:
        share = share * rng.gamma(1 / scatter, scatter, len(share))
    n = int(rng.poisson(expected.sum() * share.sum()))
    cell = np.searchsorted(np.cumsum(share), rng.random(n) * share.sum()).clip(0, len(share) - 1).astype(np.int32)
    hour = np.searchsorted(np.cumsum(expected), rng.random(n) * expected.sum()).clip(0, len(hours) - 1)
    at = np.clip((hours[hour] + rng.random(n)) * HOUR_S, begin + 1, end)
    return Events(cell, np.zeros(n, dtype=np.int32), now_s - at)


def _quiet_and_busy(baseline: Baseline) -> tuple[float, float]:
    """Two instants of the coming week, with the fewest and the most cases expected in 24 hours."""
    hours = baseline.until_s + HOUR_S * np.arange(0, 7 * 24, 3)
    loads = [float(baseline.city(now_s)[0, -1]) for now_s in hours.tolist()]
    return float(hours[int(np.argmin(loads))]), float(hours[int(np.argmax(loads))])


def _single_tests(look: Look) -> int:
    return look.grid.zones * look.categories * len(WINDOWS_H)


def _of_scales(look: Look, scales: tuple[int, ...] | None) -> Candidates:
    if scales is None:
        return look.strange
    return look.strange.where(np.isin(look.table.scale[look.strange.zone], scales))


DEFAULT = Scan()
ON_ZONES: Sequence[Detector] = (DEFAULT, Scan("scan-nb", poisson=False), Tail(), RingResidual(), RawGiStar())
EVERYWHERE = (*RINGS, AREA_SCALE, CITY_SCALE)
