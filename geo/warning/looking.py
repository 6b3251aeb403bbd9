"""One look at the city: counted and expected of every zone, category and window, and what detectors say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from geo.warning.arrays import Booleans, Floats, Indexes, Integers
from geo.warning.baseline import Baseline, Mark, ZoneTable
from geo.warning.counts import WINDOWS_H, Events, zone_counts
from geo.warning.grid import Grid

STRANGE = 2.5  # standardised residual below which no chance is worth computing
MORE = 1.0  # cases more than expected
LEAST = 3  # cases below which no count is unusual
NEAR_RING, NEAR_H = 2, 3  # where a category counts only nearby and soon


class Rules(NamedTuple):
    """What is asked of each category before anything is said of it.

    `least` (K): cases below which nothing is said. `near` (K): whether it counts only in neighbouring cells (a disk
    of ring 2, 2 km²) and within three hours: a few reports of one thing mean little when they are far apart.
    """

    least: Integers
    near: Booleans

    @classmethod
    def plain(cls, categories: int) -> Rules:
        """`LEAST` cases, anywhere."""
        return cls(np.full(categories, LEAST), np.zeros(categories, dtype=bool))

    def only(self, category: int) -> Rules:
        """The same for one category alone."""
        return Rules(self.least[[category]], self.near[[category]])


@dataclass(frozen=True)
class Scores:
    """What a detector finds worth telling, as columns of equal length.

    `strength` is the detector's own measure, the larger the stranger; `p` the chance of at least that in a quiet
    city, for this zone, category and window alone.
    """

    zone: Integers
    category: Integers
    window: Integers  # position in WINDOWS_H
    observed: Floats
    expected: Floats
    dispersion: Floats
    strength: Floats
    p: Floats

    def __len__(self) -> int:
        return len(self.zone)

    def where(self, rows: Booleans | Integers) -> Scores:
        """The rows that are true, or at these positions."""
        return Scores(**{part.name: getattr(self, part.name)[rows] for part in fields(self)})

    def best(self) -> Scores:
        """The strongest of each category."""
        order = np.lexsort((-self.strength, self.category))
        _, first = np.unique(self.category[order], return_index=True)
        return self.where(order[first])


def no_scores() -> Scores:
    """Nothing found."""
    none, nothing = np.empty(0, dtype=np.int64), np.empty(0)
    return Scores(none, none, none, nothing, nothing, nothing, nothing, nothing)


class Look:
    """Counts and expected counts at one instant, each made when a detector first asks for it."""

    def __init__(
        self,
        grid: Grid,
        baseline: Baseline,
        table: ZoneTable,
        events: Events,
        now_s: float,
        marks: Sequence[Mark] = (),
        rules: Rules | None = None,
    ) -> None:
        """Without `rules` they are plain."""
        self.grid, self.baseline, self.table, self.events = grid, baseline, table, events
        self.now_s, self.marks = now_s, marks
        self.categories = len(baseline.level)
        self.rules = rules or Rules.plain(self.categories)

    @cached_property
    def counts(self) -> Indexes:
        """(W, Z * K)"""
        return zone_counts(self.grid, self.events, self.categories)

    @cached_property
    def city(self) -> Floats:
        """Expected cases of the city, (K, W)."""
        return self.baseline.city(self.now_s, self.marks)

    @cached_property
    def strange(self) -> Candidates:
        """Zones, categories and windows with clearly more cases than expected."""
        return _joined([self._strange_in(window) for window in range(len(WINDOWS_H))])

    def _strange_in(self, window: int) -> Candidates:
        """Those of one window. Most of the city falls out with the first comparisons, before scatter is looked up."""
        flat = np.flatnonzero(self.counts[window] >= self.rules.least.min())
        category = flat % self.categories
        observed = self.counts[window, flat].astype(np.float64)
        expected = self.table.share.ravel()[flat] * self.city[category, window]
        more = observed - expected > np.maximum(MORE, STRANGE * np.sqrt(expected))
        rows = np.flatnonzero(more & (observed >= self.rules.least[category]) & self._is_asked(window, flat))
        flat, category, observed, expected = flat[rows], category[rows], observed[rows], expected[rows]
        zone = flat // self.categories
        own = 1.0 / (self.table.seen.ravel()[flat].astype(np.float64) + 1.0)
        dispersion = self.baseline.dispersion[self.table.scale[zone], category, window] + own
        z = (observed - expected) / np.sqrt(np.maximum(expected, 1e-9) * (1 + dispersion * expected))
        rows = np.flatnonzero(z > STRANGE)
        at = np.full(len(rows), window)
        return Candidates(zone[rows], category[rows], at, observed[rows], expected[rows], dispersion[rows], z[rows])

    def _is_asked(self, window: int, flat: Integers) -> Booleans:
        """Whether a place and category (zone * K + category) may be spoken of in this window."""
        zone, category = np.divmod(flat, self.categories)
        is_near = (self.table.scale[zone] <= NEAR_RING) & (WINDOWS_H[window] <= NEAR_H)
        asked: Booleans = ~self.rules.near[category] | is_near
        return asked


@dataclass(frozen=True)
class Candidates:
    """Zones, categories and windows as columns, with counts and the standardised residual `z`.

    `dispersion` holds the scatter of counts and that of a share known from few cases only: 1 / (cases seen + 1), as
    a gamma-Poisson prediction has it.
    """

    zone: Integers
    category: Integers
    window: Integers
    observed: Floats
    expected: Floats
    dispersion: Floats
    z: Floats

    def where(self, rows: Booleans | Integers) -> Candidates:
        """The rows that are true, or at these positions."""
        return Candidates(**{part.name: getattr(self, part.name)[rows] for part in fields(self)})

    def scores(self, strength: Floats, p: Floats) -> Scores:
        """With what a detector made of them: per zone and category the strongest window, of equal ones the shortest."""
        order = np.lexsort((self.window, -strength, self.category, self.zone))
        zone, category = self.zone[order], self.category[order]
        is_first = np.ones(len(order), dtype=bool)
        is_first[1:] = (zone[1:] != zone[:-1]) | (category[1:] != category[:-1])
        rows = order[is_first]
        kept = self.where(rows)
        return Scores(
            kept.zone,
            kept.category,
            kept.window,
            kept.observed,
            kept.expected,
            kept.dispersion,
            strength[rows],
            p[rows],
        )


def _joined(parts: Sequence[Candidates]) -> Candidates:
    return Candidates(
        **{part.name: np.concatenate([getattr(p, part.name) for p in parts]) for part in fields(Candidates)}
    )


class Detector(Protocol):
    """Anything that finds the unusual. Pure: the same look gives the same scores."""

    @property
    def name(self) -> str: ...

    def score(self, look: Look) -> Scores:
        """What is unusual now; at most one row per zone and category."""
        ...

    def tests(self, look: Look) -> int:
        """How many chances were taken to find something: what false discoveries are counted against."""
        ...
