"""How many false warnings a day are accepted: false discoveries over the city, thresholds learnt from quiet days."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geo.warning.arrays import Booleans, Floats, Integers
from geo.warning.grid import Grid
from geo.warning.looking import Scores

FALSE_PER_DAY = 1.0
APART_S = 12 * 3600.0  # peaks of a category nearer than this in time, and touching in place, are one matter
APART_KM = 0.5
TAIL_PRIOR = 8.0  # peaks that a category borrows from all categories
_KM_PER_DEGREE = 111.195


class Peaks(NamedTuple):
    """The strongest finding of each look and category, as columns."""

    at_s: Floats
    category: Integers
    strength: Floats
    lat: Floats
    lng: Floats
    radius_km: Floats
    zone: Integers

    def where(self, rows: Booleans | Integers) -> Peaks:
        """The rows that are true, or at these positions."""
        return Peaks(**{name: column[rows] for name, column in self._asdict().items()})


def peaks_of(grid: Grid, looks: Sequence[tuple[float, Scores]]) -> Peaks:
    """The best score of each category of each look (seconds since 1970, scores)."""
    best = [(now_s, scores.best()) for now_s, scores in looks if len(scores)]
    zone = np.concatenate([scores.zone for _, scores in best]) if best else np.empty(0, dtype=np.int64)
    known, position = np.unique(zone, return_inverse=True)
    places = [grid.place(number) for number in known.tolist()]
    lat, lng, radius = (
        np.array([getattr(place, name) for place in places], dtype=np.float64) for name in ("lat", "lng", "radius_km")
    )
    return Peaks(
        at_s=np.repeat([now_s for now_s, _ in best], [len(scores) for _, scores in best]).astype(np.float64),
        category=np.concatenate([s.category for _, s in best]) if best else np.empty(0, dtype=np.int64),
        strength=np.concatenate([s.strength for _, s in best]) if best else np.empty(0),
        lat=lat[position],
        lng=lng[position],
        radius_km=radius[position],
        zone=zone,
    )


def separate(peaks: Peaks) -> Peaks:
    """One peak per matter, the strongest first: those of its category near in time and place are part of it."""
    kept: list[int] = []
    for category in np.unique(peaks.category).tolist():
        rows = np.flatnonzero(peaks.category == category)
        rows = rows[np.argsort(-peaks.strength[rows], kind="stable")]
        free = np.ones(len(rows), dtype=bool)
        for place, row in enumerate(rows.tolist()):
            if not free[place]:
                continue
            kept.append(row)
            near = np.abs(peaks.at_s[rows] - peaks.at_s[row]) <= APART_S
            north = (peaks.lat[rows] - peaks.lat[row]) * _KM_PER_DEGREE
            east = (peaks.lng[rows] - peaks.lng[row]) * _KM_PER_DEGREE * math.cos(math.radians(peaks.lat[row]))
            touch = np.hypot(north, east) <= peaks.radius_km[rows] + peaks.radius_km[row] + APART_KM
            free &= ~(near & touch)
    chosen = peaks.where(np.array(kept, dtype=np.int64))
    return chosen.where(np.argsort(-chosen.strength, kind="stable"))


@dataclass(frozen=True)
class Law:
    """How often a strength is reached by chance, per category: rate * exp(-(strength - floor) / scale) a day.

    `rate` and `scale` (K) come from separated peaks of quiet days; categories with few borrow from all others.
    `limit` is the rate a day at which the budget is spent: a strength that comes less often is a warning.
    """

    rate: Floats
    scale: Floats
    floor: float
    limit: float
    days: float

    def per_day(self, category: Integers, strength: Floats) -> Floats:
        """How many findings of that category and at least that strength a quiet day has."""
        over = np.maximum(np.asarray(strength) - self.floor, 0.0)
        found: Floats = self.rate[category] * np.exp(-over / self.scale[category])
        return found

    def is_warning(self, category: Integers, strength: Floats) -> Booleans:
        """Whether the budget allows to tell."""
        told: Booleans = (self.per_day(category, strength) <= self.limit) & (np.asarray(strength) > self.floor)
        return told

    def threshold(self, category: int) -> float:
        """The strength at which a category becomes a warning."""
        over = self.scale[category] * math.log(max(self.rate[category] / self.limit, 1.0))
        return float(self.floor + over)

    def to_bytes(self) -> bytes:
        """Everything, to be kept."""
        out = io.BytesIO()
        np.savez(out, rate=self.rate, scale=self.scale, rest=np.array([self.floor, self.limit, self.days]))
        return out.getvalue()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Law:
        """Read what `to_bytes` wrote. Raises ValueError for anything else."""
        try:
            with np.load(io.BytesIO(raw), allow_pickle=False) as kept:
                floor, limit, days = kept["rest"].tolist()
                return cls(kept["rate"], kept["scale"], floor, limit, days)
        except (KeyError, OSError, EOFError, ValueError) as error:
            raise ValueError(f"not a law of strengths: {error}") from None


def learn_law(quiet: Peaks, days: float, categories: int, false_per_day: float = FALSE_PER_DAY) -> Law:
    """The law that would have given `false_per_day` warnings over those days.

    Everything found in them is called false, also what was real: the threshold errs to the side of silence. With no
    peaks at all (a short or empty history) no strength is ever enough.
    """
    found = separate(quiet)
    if not len(found.strength):
        return Law(np.ones(categories), np.ones(categories), math.inf, 0.0, days)
    # A tail has one shape only far out: the floor leaves the strongest dozen a day, and enough to learn from.
    keep = min(len(found.strength), max(int(12 * days), 4 * categories))
    floor = float(found.strength[keep - 1])
    found = found.where(np.arange(keep))
    n = np.bincount(found.category, minlength=categories).astype(np.float64)
    excess = np.bincount(found.category, found.strength - floor, minlength=categories)
    mean = max(float(excess.sum() / n.sum()), 1e-6)
    scale = (excess + TAIL_PRIOR * mean) / (n + TAIL_PRIOR)
    rate = (n + TAIL_PRIOR * n.mean() / max(n.mean(), TAIL_PRIOR)) / days
    law = Law(rate, scale, floor, math.inf, days)
    rates = np.sort(law.per_day(found.category, found.strength))
    return Law(rate, scale, floor, _limit(rates, false_per_day * days), days)


def _limit(rates: Floats, most: float) -> float:
    """The rate below which `most` of the sorted rates lie; a share of a warning is interpolated."""
    if most >= len(rates):
        return float(rates[-1])
    if most < 1:
        return float(rates[0]) * most
    whole = int(most)
    return float(math.sqrt(rates[whole - 1] * rates[whole]))


def false_discoveries(p: Floats, tests: int, level: float) -> Booleans:
    """Which of these chances are discoveries when `level` of all discoveries may be false (Benjamini-Hochberg 1995).

    `tests` is how many were looked at, also those whose chance was not worth computing. Zones overlap, so tests are
    positively dependent, for which the procedure still holds (Benjamini and Yekutieli 2001).
    """
    told = np.zeros(len(p), dtype=bool)
    if not len(p):
        return told
    order = np.argsort(p, kind="stable")
    passed = np.flatnonzero(p[order] <= level * np.arange(1, len(p) + 1) / max(tests, len(p)))
    if passed.size:
        told[order[: passed[-1] + 1]] = True
    return told
