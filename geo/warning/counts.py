"""What came in lately: a ring of five-minute bins, added up over every zone and window."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geo.warning.arrays import HOUR_S, Floats, Indexes, Integers
from geo.warning.grid import Grid

BIN_S = 300
WINDOWS_H = (1, 2, 3, 6, 12, 24)
ONE = np.int32(1)  # of the type of the counts: with Python's 1, adding takes twenty times as long
_BINS = WINDOWS_H[-1] * HOUR_S // BIN_S


class Events(NamedTuple):
    """Cases of the longest window as columns: position of cell and category, and how many seconds ago."""

    cell: Indexes
    category: Indexes
    age_s: Floats


class RecentCounts:
    """Cases of the last 24 hours in bins of five minutes; a case of minute 12:03 counts from 12:00 to 12:05.

    A window ends with the bin that `now` lies in, so counts at 12:05 hold what came before 12:05 and all of that
    bin that is known already.
    """

    def __init__(self) -> None:
        self._bins: deque[tuple[int, Indexes, Indexes]] = deque()  # (number of the bin, cells, categories)

    def add(self, times_s: Sequence[float] | Floats, cell: Indexes, category: Indexes) -> None:
        """Take cases (seconds since 1970, positions in the grid), in any order; what is too old goes with `drop`."""
        bins = (np.asarray(times_s, dtype=np.float64) // BIN_S).astype(np.int64)
        for number in np.unique(bins).tolist():
            rows = bins == number
            self._bins.append((number, cell[rows].astype(np.int32), category[rows].astype(np.int32)))

    def drop(self, now_s: float) -> None:
        """Forget what no window reaches any more."""
        oldest = int(now_s // BIN_S) - _BINS
        self._bins = deque(part for part in self._bins if part[0] > oldest)

    def events(self, now_s: float) -> Events:
        """The cases of the longest window that ends now; those of later bins are not there yet."""
        now_bin = int(now_s // BIN_S)
        parts = [part for part in self._bins if now_bin - _BINS < part[0] <= now_bin]
        if not parts:
            nothing = np.empty(0, dtype=np.int32)
            return Events(nothing, nothing, np.empty(0))
        ages = np.repeat([(now_bin - number) * float(BIN_S) for number, _, _ in parts], [len(p[1]) for p in parts])
        return Events(np.concatenate([p[1] for p in parts]), np.concatenate([p[2] for p in parts]), ages)

    def __len__(self) -> int:
        return sum(len(cells) for _, cells, _ in self._bins)


def zone_counts(grid: Grid, events: Events, categories: int, windows_h: Sequence[int] = WINDOWS_H) -> Indexes:
    """Cases per window, zone and category, shape (windows, zones * categories), category changing fastest.

    Every case is added to all zones its cell lies in (67 at most), so the cost follows the cases, not the city;
    a window holds the shorter ones.
    """
    width = (grid.zones + 1) * categories
    found = np.zeros((len(windows_h), width), dtype=np.int32)
    before = -1.0
    for number, hours in enumerate(windows_h):
        rows = np.flatnonzero((events.age_s > before) & (events.age_s < hours * HOUR_S))
        if number:
            found[number] = found[number - 1]
        if rows.size:
            _add(found[number], grid, events, rows, categories)
        before = np.nextafter(hours * HOUR_S, 0.0)
    return found[:, : grid.zones * categories]


def _add(into: Indexes, grid: Grid, events: Events, rows: Integers, categories: int) -> None:
    keys = (grid.zones_of[events.cell[rows]] * np.int32(categories) + events.category[rows, None]).ravel()
    np.add.at(into, keys, ONE)
