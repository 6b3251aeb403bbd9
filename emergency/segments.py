"""Response-time segments of an emergency, from the answer to the full plan, and how they met their targets.

Cut as NFPA 1710 (3.3.53) and NENA-STA-020 cut them: answer is receipt to acknowledgement; processing is acknowledgement
to the first unit sent; turnout is told to rolling, per unit; travel is rolling to arrival, of the unit that arrives
first; the full plan is from the first unit rolling to the arrival that completes what the plan asked for.

Percentiles are exact, from all raw values of the window: an average of daily percentiles is no percentile.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import msgspec

from geo.toml_files import read_toml, typed

TARGETS = Path(__file__).parent / "response_targets.toml"


class Segment(StrEnum):
    """In the order in which they pass."""

    ANSWER = "answer"
    PROCESSING = "processing"
    TURNOUT = "turnout"
    TRAVEL = "travel"
    FULL_PLAN = "full_plan"


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So large a `share` (0 to 1) of one segment within `seconds`. `is_checked` False: nobody read it in a source."""

    edition: str
    segment: Segment
    seconds: Annotated[float, msgspec.Meta(gt=0)]
    share: Annotated[float, msgspec.Meta(gt=0, le=1)]
    source: str
    applies_to: str = ""
    is_checked: bool = True


class Class(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a target's `applies_to` means: kinds of incident and of unit, as in file names (`medical*`)."""

    incidents: tuple[str, ...] = ()
    units: tuple[str, ...] = ()


class TargetFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it stands."""

    used: tuple[str, ...]
    targets: tuple[Target, ...]
    classes: dict[str, Class] = {}

    @property
    def in_use(self) -> tuple[Target, ...]:
        """The targets of the editions that the city names."""
        return tuple(target for target in self.targets if target.edition in self.used)

    def of_incident(self, kind: str) -> frozenset[str]:
        """The classes that a kind of incident belongs to."""
        return frozenset(name for name, said in self.classes.items() if _fits(kind, said.incidents))

    def of_unit(self, kind: str) -> frozenset[str]:
        """The classes that a kind of unit belongs to."""
        return frozenset(name for name, said in self.classes.items() if _fits(kind, said.units))


NOBODY: frozenset[str] = frozenset()


class UnitTimes(msgspec.Struct, frozen=True, kw_only=True):
    """When one unit was told, rolled, arrived and was free again; None: not recorded, or not yet."""

    told_at: datetime | None = None
    rolling_at: datetime | None = None
    arrived_at: datetime | None = None
    cleared_at: datetime | None = None
    classes: frozenset[str] = NOBODY


class IncidentTimes(msgspec.Struct, frozen=True, kw_only=True):
    """The stamps of one incident. `wanted`: units its first alarm asks for; `closed_at`: over, or cancelled.

    `classes`, here and of units, say which targets are for them.
    """

    received_at: datetime
    answered_at: datetime | None = None
    units: tuple[UnitTimes, ...] = ()
    wanted: int = 0
    closed_at: datetime | None = None
    classes: frozenset[str] = NOBODY


class Sample(msgspec.Struct, frozen=True):
    """One passage through a segment: begun, ended or not; `is_over` says that an end will not come any more."""

    segment: Segment
    began_at: datetime
    ended_at: datetime | None
    is_over: bool = False
    classes: frozenset[str] = NOBODY


class Held(msgspec.Struct, frozen=True):
    """A target against raw values: `n` of `of` within it. `is_met` None: nothing to judge."""

    target: Target
    n: int
    of: int

    @property
    def is_met(self) -> bool | None:
        return None if self.of == 0 else self.n >= self.target.share * self.of - 1e-9


class SegmentFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One segment over a window. Percentiles in seconds by share, of those that ended; beside them who did not.

    `waiting` are still under way, `oldest_waiting_s` the longest of them; `never` are over without an end (of `of`).
    """

    segment: Segment
    ended: int
    percentiles: dict[float, float]
    held: tuple[Held, ...]
    waiting: int
    oldest_waiting_s: float | None
    never: int
    contradictory: int  # ended before they began: left out of everything else

    @property
    def of(self) -> int:
        """All that began."""
        return self.ended + self.waiting + self.never


def load_target_file(path: Path = TARGETS) -> TargetFile:
    """Targets and classes. Raises ValueError naming the file and what is wrong in it."""
    file = typed(read_toml(path), TargetFile, path, "a file of targets")
    known = {target.edition for target in file.targets}
    for edition in file.used:
        if edition not in known:
            raise ValueError(f"{path}: used: there are no targets of edition {edition!r}")
    for target in file.targets:
        if target.applies_to and target.applies_to not in file.classes:
            raise ValueError(f"{path}: targets: applies_to {target.applies_to!r} is not among the classes")
    return file


def load_targets(path: Path = TARGETS) -> tuple[Target, ...]:
    """The targets of the editions in use. Raises ValueError naming the file and what is wrong in it."""
    return load_target_file(path).in_use


def samples(incident: IncidentTimes) -> list[Sample]:
    """An incident's passages through the segments, as far as they began.

    A segment whose end was not recorded is over as soon as a later stamp says that it must have passed.
    """
    told = _first(unit.told_at for unit in incident.units)
    rolling = _first(unit.rolling_at for unit in incident.units)
    arrivals = sorted(unit.arrived_at for unit in incident.units if unit.arrived_at is not None)
    over = incident.closed_at is not None
    found = [Sample(Segment.ANSWER, incident.received_at, incident.answered_at, over or told is not None)]
    if incident.answered_at is not None:
        found.append(Sample(Segment.PROCESSING, incident.answered_at, told, over))
    for unit in incident.units:
        if unit.told_at is not None:
            gone = over or unit.arrived_at is not None or unit.cleared_at is not None
            found.append(Sample(Segment.TURNOUT, unit.told_at, unit.rolling_at, gone, unit.classes))
    if rolling is not None:
        first = min((unit for unit in incident.units if unit.arrived_at), key=_arrival, default=None)
        since = rolling if first is None else first.rolling_at
        if since is not None:
            ended = None if first is None else first.arrived_at
            found.append(Sample(Segment.TRAVEL, since, ended, over or _all_cleared(incident), incident.classes))
        if incident.wanted > 0:
            complete = arrivals[incident.wanted - 1] if len(arrivals) >= incident.wanted else None
            found.append(Sample(Segment.FULL_PLAN, rolling, complete, over, incident.classes))
    return found


def figures(
    passed: Iterable[Sample],
    now: datetime,
    targets: Sequence[Target],
    shares: Sequence[float] = (0.5, 0.9),
    applies_to: str | None = "",
) -> dict[Segment, SegmentFigures]:
    """The figures of every segment at `now`, from whatever samples the window holds.

    A target counts all whose time it could judge: those that ended, those that never will, and those that still
    wait although the target has passed. `applies_to` takes the targets for everybody and those for that class, for
    all samples; None takes every target, and for each the samples of its own class.
    """
    by_segment: dict[Segment, list[Sample]] = {segment: [] for segment in Segment}
    for sample in passed:
        by_segment[sample.segment].append(sample)
    usable = [target for target in targets if applies_to is None or target.applies_to in ("", applies_to)]
    of_class = applies_to is None
    return {
        segment: _figures(segment, found, now, [t for t in usable if t.segment is segment], shares, of_class)
        for segment, found in by_segment.items()
    }


def _figures(
    segment: Segment,
    found: Sequence[Sample],
    now: datetime,
    targets: Sequence[Target],
    shares: Sequence[float],
    of_class: bool,
) -> SegmentFigures:
    values, waits, never = _sorted_out(found, now)
    held = []
    for target in targets:
        lasted, waiting, lost = values, waits, never
        if of_class and target.applies_to:
            lasted, waiting, lost = _sorted_out([s for s in found if target.applies_to in s.classes], now)
        within = sum(seconds <= target.seconds for seconds in lasted)
        too_late = sum(seconds > target.seconds for seconds in waiting)
        held.append(Held(target, within, len(lasted) + lost + too_late))
    return SegmentFigures(
        segment=segment,
        ended=len(values),
        percentiles={share: percentile(values, share) for share in shares} if values else {},
        held=tuple(held),
        waiting=len(waits),
        oldest_waiting_s=max(waits, default=None),
        never=never,
        contradictory=len(found) - len(values) - len(waits) - never,
    )


def _sorted_out(found: Sequence[Sample], now: datetime) -> tuple[list[float], list[float], int]:
    """Seconds of those that ended (sorted) and of those that wait; how many never will. Contradictions are in none."""
    lasted = [(s.ended_at - s.began_at).total_seconds() for s in found if s.ended_at is not None]
    waits = [(now - s.began_at).total_seconds() for s in found if s.ended_at is None and not s.is_over]
    never = sum(s.ended_at is None and s.is_over for s in found)
    return sorted(seconds for seconds in lasted if seconds >= 0), waits, never


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the ordered values that at least `share` (0 to 1) of them do not exceed (nearest rank).

    Raises ValueError for none.
    """
    if not ordered:
        raise ValueError("no values, so no percentile")
    return ordered[max(0, math.ceil(share * len(ordered) - 1e-9) - 1)]


def _first(instants: Iterable[datetime | None]) -> datetime | None:
    return min((at for at in instants if at is not None), default=None)


def _arrival(unit: UnitTimes) -> tuple[float, float]:
    """Of two that arrive in the same second, the one that rolled first."""
    arrived, rolling = (math.inf if at is None else at.timestamp() for at in (unit.arrived_at, unit.rolling_at))
    return arrived, rolling


def _fits(kind: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(kind, pattern) for pattern in patterns)


def _all_cleared(incident: IncidentTimes) -> bool:
    return all(unit.cleared_at is not None for unit in incident.units)
