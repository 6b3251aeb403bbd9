"""How long cases of a kind stay open: chances to be closed in each slice of their age, finer groups leaning on coarser.

The hazard of a slice is the share of cases closed in it among those that reached it (a life table, cases that are
still open counting for as long as they were seen). A group with few cases is drawn towards the group it is part of,
as if that had lent it `STRENGTH` cases; nothing is assumed about the shape of a curve.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hotline.forecast.columns import Flags, Floats, Ints, codes_of

STRENGTH = 8.0
MOST = 0.999  # a hazard of one would say that nothing ever lives on


class Survival:
    """Cumulative hazards of every group of every level, at the edges of the slices."""

    def __init__(self, edges: Floats, known: Sequence[dict[str, int]], hazards: Sequence[Floats]) -> None:
        self.edges, self.known, self.hazards = edges, tuple(known), tuple(hazards)

    @classmethod
    def learnt(
        cls, edges: Floats, entered: Floats, lived: Floats, closed: Flags, groups: Sequence[Sequence[str]]
    ) -> Survival:
        """From each case's age when it began to be watched and when it was last seen (in the unit of the edges),
        whether it was closed then, and its groups. What was closed before anybody watched must not be among them."""
        known: list[dict[str, int]] = []
        rates: list[Floats] = []
        for names in groups:
            level = {name: i for i, name in enumerate(dict.fromkeys(names))}
            codes = codes_of(names, level)
            died, risk = _life_table(edges, entered, lived, closed, codes, len(level))
            parent = _parents(edges, known, rates, groups, len(known), codes, len(level), died, risk)
            known.append(level)
            rates.append((died + STRENGTH * parent) / (risk + STRENGTH))
        return cls(edges, known, [_cumulative(rate) for rate in rates])

    def hazard(self, groups: Sequence[Sequence[str]], ages: Floats) -> Floats:
        """The cumulative hazard at each age, of the finest group that is known."""
        level_of, code_of = self._finest(groups, len(ages))
        found = np.zeros(len(ages))
        for level, curves in enumerate(self.hazards):
            mine = np.flatnonzero(level_of == level)
            found[mine] = _at(self.edges, curves, code_of[mine], ages[mine])
        return found

    def lives_on(self, groups: Sequence[Sequence[str]], ages: Floats, until: Floats) -> Floats:
        """The chance that a case open at an age is still open at a later one."""
        more = self.hazard(groups, until) - self.hazard(groups, ages)
        return np.exp(-np.maximum(more, 0.0))

    def _finest(self, groups: Sequence[Sequence[str]], n: int) -> tuple[Ints, Ints]:
        level_of, code_of = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        for level, known in enumerate(self.known):
            codes = codes_of(groups[level], known)
            level_of[codes >= 0] = level
            code_of[codes >= 0] = codes[codes >= 0]
        return level_of, code_of


def _life_table(
    edges: Floats, entered: Floats, lived: Floats, closed: Flags, codes: Ints, n: int
) -> tuple[Floats, Floats]:
    """Closed in each slice, and at risk in it: one row per group. Who comes or goes within a slice counts half."""

    def counted(ages: Floats, chosen: Flags) -> Floats:
        slot = np.clip(np.searchsorted(edges, ages, side="right") - 1, 0, len(edges) - 1)
        flat = (codes * len(edges) + slot)[chosen]
        return np.bincount(flat, minlength=n * len(edges)).reshape(n, len(edges)).astype(float)

    everyone = np.ones(len(lived), dtype=bool)
    died, left = counted(lived, closed), counted(lived, ~closed)
    came, late = counted(entered, everyone), counted(entered, entered > 0)
    gone = np.cumsum(died + left, axis=1) - died - left
    reached = np.cumsum(came, axis=1) - gone
    return died, np.maximum(reached - left / 2 - late / 2, died)


def _parents(
    edges: Floats,
    known: list[dict[str, int]],
    rates: list[Floats],
    groups: Sequence[Sequence[str]],
    level: int,
    codes: Ints,
    n: int,
    died: Floats,
    risk: Floats,
) -> Floats:
    """The rates that each group of a level leans on: those of the group around it; for the first, its own, each slice
    leaning on the one before, so that ages which nobody has reached yet go on as the last known ones."""
    if level == 0:
        return _carried_on(edges, died.sum(axis=0), risk.sum(axis=0))[None, :].repeat(n, axis=0)
    above = np.zeros(n, dtype=np.int64)
    above[codes] = codes_of(groups[level - 1], known[level - 1])
    return rates[level - 1][above]


def _carried_on(edges: Floats, died: Floats, risk: Floats) -> Floats:
    widths = np.append(np.diff(edges), edges[-1] - edges[-2])
    found = np.zeros(len(edges))
    per_width = died.sum() / max(float((risk * widths).sum()), 1.0)
    for i, width in enumerate(widths):
        found[i] = (died[i] + STRENGTH * min(per_width * width, MOST)) / (risk[i] + STRENGTH)
        per_width = -np.log1p(-min(found[i], MOST)) / width
    return found


def _cumulative(rates: Floats) -> Floats:
    steps = -np.log1p(-np.minimum(rates, MOST))
    return np.concatenate((np.zeros((len(rates), 1)), np.cumsum(steps, axis=1)), axis=1)


def _at(edges: Floats, curves: Floats, codes: Ints, ages: Floats) -> Floats:
    """Between two edges the hazard is even; behind the last it goes on as in the last slice."""
    widths = np.append(np.diff(edges), edges[-1] - edges[-2])
    slot = np.clip(np.searchsorted(edges, ages, side="right") - 1, 0, len(edges) - 1)
    share = np.maximum(ages - edges[slot], 0.0) / widths[slot]
    from_, to = curves[codes, slot], curves[codes, slot + 1]
    found: Floats = from_ + share * (to - from_)
    return found
