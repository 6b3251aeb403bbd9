"""Findings become warnings that last: one for each matter, which grows, moves, fades and closes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

State = Literal["rising", "standing", "fading", "closed"]
FADES_AFTER = timedelta(minutes=30)
CLOSES_AFTER = timedelta(hours=3)
LONGEST_TRACE = 288
_KM_PER_DEGREE = 111.195


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a detector says at one instant of one category: where, in which window, how much, how strange.

    `per_day` is how many findings so strange a quiet day has; `opens` whether that is seldom enough for a warning
    (others only keep one alive). `low` and `high` enclose 95 % of usual counts.
    """

    category: str
    cells: frozenset[str]
    lat: float
    lng: float
    radius_km: float
    area: str
    window_h: int
    observed: int
    expected: float
    low: float
    high: float
    strength: float
    p: float
    per_day: float
    opens: bool = True


class Point(msgspec.Struct, frozen=True, array_like=True):
    """One step of a warning's life."""

    at: datetime
    lat: float
    lng: float
    observed: int
    expected: float
    strength: float


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """A warning through time. `latest` is what was found last, `peak` the strongest; `cells` all it ever covered."""

    id: str
    category: str
    state: State
    first_seen_at: datetime
    last_seen_at: datetime
    cells: frozenset[str]
    latest: Finding
    peak: Finding
    trace: tuple[Point, ...] = ()
    closed_at: datetime | None = None
    merged_into: str = ""

    @property
    def moved_km(self) -> float:
        """How far it is now from where it was first seen."""
        return _km(self.trace[0], self.trace[-1]) if self.trace else 0.0


def advance(
    tracks: Sequence[Track], findings: Iterable[Finding], now: datetime, new_id: Callable[[], str]
) -> list[Track]:
    """The warnings after a look at `now`: those that go on, then new ones; closed ones are told once, then left out.

    Of findings of one category that overlap only the strangest counts. It continues the oldest warning it overlaps;
    other warnings it overlaps are closed as merged into that one. Without findings a warning fades after 30 minutes
    and closes after three hours. Pure: the same calls give the same warnings.
    """
    living = sorted((t for t in tracks if t.state != "closed"), key=lambda t: (t.first_seen_at, t.id))
    after: dict[str, Track] = {track.id: track for track in living}
    taken: set[str] = set()
    for finding in distinct(findings):
        touched = [t for t in living if t.id not in taken and t.category == finding.category and _meet(t, finding)]
        taken |= {track.id for track in touched}
        if touched:
            first, *others = touched
            merged = first.cells.union(*(other.cells for other in others))
            after[first.id] = _seen(msgspec.structs.replace(first, cells=merged), finding, now)
            for other in others:
                after[other.id] = _closed(other, now, first.id)
        elif finding.opens:
            track = _opened(finding, now, new_id())
            after[track.id] = track
    for track in living:
        if track.id not in taken:
            after[track.id] = _unseen(track, now)
    return list(after.values())


def distinct(findings: Iterable[Finding]) -> list[Finding]:
    """The strangest first, without those of the same category that overlap a stranger one."""
    chosen: list[Finding] = []
    covered: dict[str, set[str]] = {}
    for finding in sorted(findings, key=lambda f: (f.per_day, -f.strength, f.category, f.lat, f.lng)):
        cells = covered.setdefault(finding.category, set())
        if cells.isdisjoint(finding.cells):
            chosen.append(finding)
            cells |= finding.cells
    return chosen


def _meet(track: Track, finding: Finding) -> bool:
    """Whether the finding is about where the warning last was."""
    return not track.latest.cells.isdisjoint(finding.cells)


def _opened(finding: Finding, now: datetime, id: str) -> Track:
    return Track(
        id=id,
        category=finding.category,
        state="rising",
        first_seen_at=now,
        last_seen_at=now,
        cells=finding.cells,
        latest=finding,
        peak=finding,
        trace=(_point(finding, now),),
    )


def _seen(track: Track, finding: Finding, now: datetime) -> Track:
    rises = finding.observed > track.latest.observed or finding.strength > track.latest.strength
    return msgspec.structs.replace(
        track,
        state="rising" if rises else "standing",
        last_seen_at=now,
        cells=track.cells | finding.cells,
        latest=finding,
        peak=max(track.peak, finding, key=lambda f: (-f.per_day, f.strength)),
        trace=(track.trace[0], *track.trace[1:][2 - LONGEST_TRACE :], _point(finding, now)),
    )


def _unseen(track: Track, now: datetime) -> Track:
    silent = now - track.last_seen_at
    if silent >= CLOSES_AFTER:
        return _closed(track, now)
    return msgspec.structs.replace(track, state="fading") if silent >= FADES_AFTER else track


def _closed(track: Track, now: datetime, into: str = "") -> Track:
    return msgspec.structs.replace(track, state="closed", closed_at=now, merged_into=into)


def _point(finding: Finding, now: datetime) -> Point:
    return Point(now, finding.lat, finding.lng, finding.observed, finding.expected, finding.strength)


def _km(a: Point, b: Point) -> float:
    east = (a.lng - b.lng) * math.cos(math.radians(a.lat))
    return _KM_PER_DEGREE * math.hypot(a.lat - b.lat, east)
