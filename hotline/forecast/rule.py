"""The simple rule that a forecast must beat: time left against the usual handling time of such cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from hotline.forecast.columns import HOUR_S, Columns, Floats

ENOUGH = 5  # closed cases of a kind before its own median counts
_LEVELS = (0, 1, 2, 3)  # all, allowed time, category, kind of it: not the unit


class Rule:
    """`usual`: the median handling time of closed cases, in hours, and their number, by group."""

    def __init__(self, usual: Mapping[str, tuple[float, int]]) -> None:
        self.usual = dict(usual)

    @classmethod
    def learnt(cls, past: Columns) -> Rule:
        """From the closed cases among those known: what is still open does not count, as in any rule of thumb."""
        closed = np.flatnonzero(np.isfinite(past.closed))
        hours = (past.closed - past.received) / HOUR_S
        lived: dict[str, list[float]] = defaultdict(list)
        for level in _LEVELS:
            names = past.groups[level]
            for i in closed:
                lived[names[i]].append(hours[i])
        return cls({name: (float(np.median(of)), len(of)) for name, of in lived.items() if len(of) >= ENOUGH})

    def usual_of(self, groups: Sequence[str]) -> tuple[float, int] | None:
        """Usual hours and the number of cases behind them, of the finest group with enough; None: nothing is known."""
        return next((self.usual[name] for name in reversed(groups) if name in self.usual), None)

    def chances(self, cases: Columns, at: float) -> Floats:
        """`usual / (usual + left)`: a half when just the usual time is left. Without any closed case the whole allowed
        time stands for the usual one."""
        left = np.maximum(cases.target - at, 0.0) / HOUR_S
        allowed = (cases.target - cases.received) / HOUR_S
        usual = np.array([self._hours(groups, allowed[i]) for i, groups in enumerate(zip(*cases.groups, strict=True))])
        chance = np.where(left > 0, usual / np.maximum(usual + left, 1e-9), 1.0) if cases.n else np.zeros(0)
        return np.clip(chance, 0.0, 1.0)

    def _hours(self, groups: Sequence[str], allowed_h: float) -> float:
        found = self.usual_of(groups)
        return allowed_h if found is None else found[0]
