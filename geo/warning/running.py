"""Counts of instants that follow one another, for replays: what thresholds are learnt from, and evaluations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geo.warning.arrays import HOUR_S
from geo.warning.baseline import Baseline, Mark, ZoneTable
from geo.warning.counts import ONE, WINDOWS_H
from geo.warning.grid import Grid
from geo.warning.learning import History, events_at
from geo.warning.looking import Look, Rules


class RunningCounts:
    """`zone_counts` of one instant after the other: only what came and went since the last is counted.

    The same array is given again and again; what was made of it has to be done with before the next instant.
    """

    def __init__(self, grid: Grid, history: History, categories: int) -> None:
        self._grid, self._history, self._categories = grid, history, categories
        self._counts = np.zeros((len(WINDOWS_H), (grid.zones + 1) * categories), dtype=np.int32)
        self._spans = [(0, 0)] * len(WINDOWS_H)

    def look(
        self,
        baseline: Baseline,
        table: ZoneTable,
        now_s: float,
        marks: Sequence[Mark] = (),
        rules: Rules | None = None,
    ) -> Look:
        """A look at an instant not before the last one."""
        look = Look(self._grid, baseline, table, events_at(self._history, now_s), now_s, marks, rules)
        times = self._history.times_s
        end = int(np.searchsorted(times, now_s))
        for window, hours in enumerate(WINDOWS_H):
            begin = int(np.searchsorted(times, now_s - hours * HOUR_S, side="right"))
            first, last = self._spans[window]
            self._add(window, max(last, begin), end, ONE)
            self._add(window, first, min(begin, last), -ONE)
            self._spans[window] = begin, end
        look.counts = self._counts[:, : self._grid.zones * self._categories]
        return look

    def _add(self, window: int, begin: int, end: int, sign: np.int32) -> None:
        if end > begin:
            zones, category = self._grid.zones_of[self._history.cell[begin:end]], self._history.category[begin:end]
            keys = (zones * np.int32(self._categories) + category[:, None]).ravel()
            np.add.at(self._counts[window], keys, sign)
