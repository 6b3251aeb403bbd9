"""What is expected: cases per zone, category and window, with how far real counts scatter around it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from geo.warning.arrays import DAY_S, HOUR_S, Floats, Integers, Singles, hours_of_week
from geo.warning.counts import WINDOWS_H
from geo.warning.grid import RINGS, Grid

FEWEST_DAYS = 7  # with less history nothing is called unusual
SETTLED_DAYS = 28
STEEPEST = 0.02  # change of a level per day that is believed: 2 %
_FORMAT = 1


class Mark(NamedTuple):
    """A span of time with a name: a holiday, a notice, a weather alert. `until_s` is not included."""

    name: str
    from_s: float
    until_s: float


@dataclass(frozen=True)
class Baseline:
    """Expected counts, made of factors: city level x hour of week x marks, times the zone's share of the category.

    Axes: K categories, C cells, Z zones, W windows, S scales (rings, area, city).

    * `level` (K): cases per hour at `until_s`; `slope` (K): its relative change per day.
    * `shape` (K, 168): the hour of the week, mean 1.
    * `share` (C, K): of the city's cases of a category, how many come from the cell; sums to 1 over cells.
    * `seen` (C, K): cases behind the share, older ones counting less.
    * `dispersion` (S, K, W): over-dispersion beyond chance, measured on days that were not learnt from.
    * `factors`: name of a mark -> (K), how many times more cases while it lasts.
    """

    zone: str
    since_s: float
    until_s: float
    level: Floats
    slope: Floats
    shape: Floats
    share: Floats
    seen: Floats
    dispersion: Floats
    new_share: Floats
    factors: Mapping[str, Floats] = field(default_factory=dict)
    gumbel: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def days(self) -> float:
        """How many days were learnt from."""
        return (self.until_s - self.since_s) / DAY_S

    @property
    def is_ready(self) -> bool:
        """Whether there is enough history to call anything unusual."""
        return self.days >= FEWEST_DAYS

    def city(self, now_s: float, marks: Sequence[Mark] = (), windows_h: Sequence[int] = WINDOWS_H) -> Floats:
        """Expected cases of the whole city in windows that end now, shape (K, W)."""
        edges = np.arange(int((now_s - windows_h[-1] * HOUR_S) // HOUR_S), int(now_s // HOUR_S) + 1)
        rates = self.rates(edges, marks)
        begin = np.maximum(edges * HOUR_S, now_s - np.array(windows_h)[:, None] * HOUR_S)
        part = np.clip(np.minimum((edges + 1) * HOUR_S, now_s) - begin, 0, None) / HOUR_S
        found: Floats = rates @ part.T
        return found

    def rates(self, hours: Integers, marks: Sequence[Mark] = ()) -> Floats:
        """Expected cases per hour of the city in hours counted since 1970, shape (K, hours)."""
        ahead = np.clip((hours + 0.5) * HOUR_S - self.until_s, -SETTLED_DAYS * DAY_S, 7 * DAY_S) / DAY_S
        trend = np.exp(self.slope[:, None] * ahead)
        rates: Floats = self.level[:, None] * self.shape[:, hours_of_week(hours, self.zone)] * trend
        for mark in marks:
            if mark.name in self.factors:
                inside = (hours + 1) * HOUR_S > mark.from_s
                inside &= hours * HOUR_S < mark.until_s
                rates[:, inside] *= self.factors[mark.name][:, None]
        return rates

    def only(self, category: int) -> Baseline:
        """The same for one category alone."""
        k = slice(category, category + 1)
        return replace(
            self,
            level=self.level[k],
            slope=self.slope[k],
            shape=self.shape[k],
            share=self.share[:, k],
            seen=self.seen[:, k],
            dispersion=self.dispersion[:, k],
            new_share=self.new_share[k],
            factors={name: factor[k] for name, factor in self.factors.items()},
            gumbel={name: fit[k] for name, fit in self.gumbel.items()},
        )

    def with_cells(self, cells: int) -> Baseline:
        """The same when the grid has grown to so many cells: a new one gets what a cell without cases has."""
        missing = cells - len(self.share)
        if missing <= 0:
            return self
        share = np.vstack([self.share, np.repeat(self.new_share[None], missing, axis=0)])
        return replace(self, share=share, seen=np.vstack([self.seen, np.zeros((missing, share.shape[1]))]))

    def to_bytes(self) -> bytes:
        """Everything, to be kept; the grid is not part of it (cells in the order learnt from are the caller's)."""
        out = io.BytesIO()
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        arrays |= {f"factor {name}": factor for name, factor in self.factors.items()}
        arrays |= {f"gumbel {name}": fit for name, fit in self.gumbel.items()}
        known: dict[str, Any] = {"format": _FORMAT, "zone": self.zone, "since_s": self.since_s, "until_s": self.until_s}
        np.savez_compressed(out, **known, **_small(arrays))
        return out.getvalue()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Baseline:
        """Read what `to_bytes` wrote. Raises ValueError for anything else."""
        try:
            with np.load(io.BytesIO(raw), allow_pickle=False) as kept:
                if int(kept["format"]) != _FORMAT:
                    raise ValueError(f"format {int(kept['format'])}, this reads {_FORMAT}")
                named = {name: kept[name].astype(np.float64) for name in kept.files if kept[name].dtype.kind == "f"}
                zone = str(kept["zone"])
        except (KeyError, OSError, EOFError, ValueError) as error:
            raise ValueError(f"not a baseline: {error}") from None
        return cls(
            zone=zone,
            since_s=float(named["since_s"]),
            until_s=float(named["until_s"]),
            **{name: named[name] for name in _ARRAYS},
            factors={n.removeprefix("factor "): a for n, a in named.items() if n.startswith("factor ")},
            gumbel={n.removeprefix("gumbel "): a for n, a in named.items() if n.startswith("gumbel ")},
        )


_ARRAYS = ("level", "slope", "shape", "share", "seen", "dispersion", "new_share")


def _small(arrays: Mapping[str, Floats]) -> dict[str, Any]:
    return {name: array.astype(np.float32) for name, array in arrays.items()}


@dataclass(frozen=True)
class ZoneTable:
    """A baseline rolled up to zones, made once a day: what `Look` needs of it besides the time.

    `share` (Z, K) and `seen` (Z, K) are sums over the zone's cells; `scale`, `area` and `cells` (Z) describe the
    zones: which kind, where, and of how many cells.
    """

    share: Singles
    seen: Singles
    scale: Integers
    area: Integers
    cells: Floats


def zone_table(grid: Grid, baseline: Baseline, was: ZoneTable | None = None) -> ZoneTable:
    """Sums over cells for every zone. The grid may have grown since the baseline was learnt.

    `was`: the table of the same baseline before the grid grew; most of it still holds.
    """
    known = baseline.with_cells(len(grid.cells))
    return ZoneTable(
        share=grid.zone_sums(known.share, was.share if was else None),
        seen=grid.zone_sums(known.seen, was.seen if was else None),
        scale=grid.scales().astype(np.int64),
        area=grid.zone_areas().astype(np.int64),
        cells=np.bincount(grid.zones_of.ravel(), minlength=grid.zones + 1)[: grid.zones].astype(np.float64),
    )


def support(baseline: Baseline, table: ZoneTable, category: int) -> dict[str, int]:
    """How many disks of each ring rest on at least five cases of a category: an honest word on thin data."""
    rich = table.seen[:, category] >= 5
    return {f"ring {ring}": int(rich[table.scale == ring].sum()) for ring in RINGS}
