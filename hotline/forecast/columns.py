"""Cases as columns: what a forecast of missed deadlines looks at, and what was known of them at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
HOUR_S = 3600.0
# Allowed times that differ by less than the half share their band: 4 h and 5 h do, a day and two days do not.
_BANDS_PER_DOUBLING = 1.0


class Told(NamedTuple):
    """One case with a deadline. Instants in seconds since 1970; `closed` is infinite while it is open."""

    case_id: str
    received: float
    target: float
    closed: float
    grade: str = ""
    category: str = ""
    subcategory: str = ""
    unit: str = ""  # who must handle it, or else the area
    cell: str = ""


class Columns(NamedTuple):
    """Cases, one per row: instants in seconds since 1970, and the groups each belongs to, from all to the finest."""

    received: Floats
    target: Floats
    closed: Floats
    groups: tuple[tuple[str, ...], ...]  # per level, per case

    @property
    def n(self) -> int:
        return len(self.received)

    def taken(self, chosen: Flags | Ints) -> Columns:
        """The chosen rows."""
        where = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        groups = tuple(tuple(level[i] for i in where) for level in self.groups)
        return Columns(self.received[where], self.target[where], self.closed[where], groups)

    def known_at(self, at: float) -> Columns:
        """What was known at an instant: nothing received later, no closing of later."""
        past = self.taken(self.received <= at)
        return past._replace(closed=np.where(past.closed <= at, past.closed, np.inf))


def columns(cases: Iterable[Told]) -> Columns:
    """The columns of cases whose deadline lies after their receipt; others can say nothing of missing."""
    told = [case for case in cases if case.target > case.received]
    levels = tuple(zip(*(group_names(case) for case in told), strict=True)) or ((),) * LEVELS
    return Columns(
        np.array([case.received for case in told], dtype=float),
        np.array([case.target for case in told], dtype=float),
        np.array([case.closed for case in told], dtype=float),
        levels,
    )


LEVELS = 5


def group_names(case: Told) -> tuple[str, ...]:
    """The groups of a case, each inside the one before: all, its allowed time and grade, category, kind of it, unit."""
    allowed_h = max((case.target - case.received) / HOUR_S, 1.0)
    band = f"{case.grade}/{round(_BANDS_PER_DOUBLING * np.log2(allowed_h))}"
    names = (case.category, case.subcategory, case.unit)
    return ("", band, *("\x1f".join((band, *names[: i + 1])) for i in range(len(names))))


def told_of(case: Any) -> Told | None:
    """A case document as a row; None without receipt or deadline. A merged one counts as open no longer."""
    received: datetime | None = case.received_at
    if received is None or case.target_at is None:
        return None
    over: datetime | None = case.over_at
    return Told(
        case.case_id,
        received.timestamp(),
        case.target_at.timestamp(),
        np.inf if over is None else over.timestamp(),
        case.grade,
        case.category,
        case.subcategory,
        case.owner or case.area,
        case.cell,
    )


def codes_of(names: Sequence[str], known: dict[str, int]) -> Ints:
    """The number of each name; -1 for one that is not known."""
    return np.array([known.get(name, -1) for name in names], dtype=np.int64)
