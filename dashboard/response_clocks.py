"""How fast a city answered: incidents of a window to the segments of their response, from raw values only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import structlog

from emergency.assignments import Assignment
from emergency.plans import Plans, places, plan_for
from emergency.segments import (
    IncidentTimes,
    Sample,
    Segment,
    SegmentFigures,
    TargetFile,
    UnitTimes,
    figures,
    load_target_file,
    samples,
)

log = structlog.get_logger(__name__)

SHARES = (0.5, 0.75, 0.9, 0.95, 0.99)
FEWEST_FOR_SHARE = 20  # below that only the two numbers are shown, no percentage


class Timed(msgspec.Struct, frozen=True):
    """What the clocks need of an incident's document; the rest of it is not even decoded."""

    incident_id: str
    kind: str = "other"
    priority: int = 2
    called_at: datetime | None = None
    occurred_at: datetime | None = None
    received_at: datetime | None = None
    closed_at: datetime | None = None
    cancelled_at: datetime | None = None
    merged_into: str = ""
    exercise: bool = False
    assignments: tuple[Assignment, ...] = ()

    @property
    def began_at(self) -> datetime | None:
        """When somebody knew of it."""
        return self.occurred_at or self.received_at

    @property
    def has_arrival(self) -> bool:
        return any(a.on_scene_at is not None for a in self.assignments)


def targets_of(file: str) -> TargetFile:
    """The targets that a setting names, or those that come with Hexwatch; for a wrong file too, with a warning."""
    try:
        return load_target_file(Path(file)) if file else load_target_file()
    except ValueError as error:
        log.warning("HEXWATCH_TARGETS cannot be used: the targets that come with Hexwatch are", reason=str(error))
        return load_target_file()


def response_times(
    docs: Iterable[bytes], unit_kinds: Mapping[str, str], plans: Plans, targets: TargetFile, now: datetime
) -> dict[str, Any]:
    """`incidents` and `segments` of the answer. `docs`: incidents as JSON; exercises and merged ones are left out."""
    decode = msgspec.json.Decoder(Timed).decode
    return timed_figures([decode(doc) for doc in docs], unit_kinds, plans, targets, now)


def timed_figures(
    all_: Sequence[Timed], unit_kinds: Mapping[str, str], plans: Plans, targets: TargetFile, now: datetime
) -> dict[str, Any]:
    """The same of incidents that are decoded already."""
    counted = [one for one in all_ if one.began_at is not None and not one.merged_into and not one.exercise]
    to_times = _timer(unit_kinds, plans, targets)
    passed = [sample for one in counted for sample in _samples(one, to_times(one))]
    found = figures(passed, now, targets.in_use, SHARES, applies_to=None)
    merged = sum(bool(one.merged_into) for one in all_)
    return {
        "incidents": _incidents(counted, now) | {"merged": merged},
        "segments": {segment.value: _told(said) for segment, said in found.items()},
    }


def _timer(unit_kinds: Mapping[str, str], plans: Plans, targets: TargetFile) -> Callable[[Timed], IncidentTimes]:
    """A function from incidents to their stamps; what depends on kinds alone is looked up once."""
    of_unit: dict[str, frozenset[str]] = {}
    of_incident: dict[tuple[str, int], tuple[int, frozenset[str]]] = {}

    def unit(run: Assignment) -> UnitTimes:
        kind = unit_kinds.get(run.unit_id, "")
        if kind not in of_unit:
            of_unit[kind] = targets.of_unit(kind)
        return UnitTimes(
            told_at=run.notified_at or run.dispatched_at,
            rolling_at=run.en_route_at,
            arrived_at=run.on_scene_at,
            cleared_at=run.cleared_at,
            classes=of_unit[kind],
        )

    def times(one: Timed) -> IncidentTimes:
        key = one.kind, one.priority
        if key not in of_incident:
            wanted = len(places(plan_for(plans, *key).requirements))
            of_incident[key] = wanted, targets.of_incident(one.kind)
        wanted, classes = of_incident[key]
        began_at = one.began_at
        assert began_at is not None, "others are left out before"
        return IncidentTimes(
            received_at=one.called_at or began_at,
            answered_at=began_at,
            units=tuple(unit(run) for run in one.assignments),
            wanted=wanted,
            closed_at=one.closed_at,
            classes=classes,
        )

    return times


def _samples(one: Timed, times: IncidentTimes) -> list[Sample]:
    """An incident whose call nobody timed says nothing about answering."""
    cut = samples(times)
    return cut if one.called_at is not None else [s for s in cut if s.segment is not Segment.ANSWER]


def _incidents(counted: Sequence[Timed], now: datetime) -> dict[str, Any]:
    """Beside the segments: for how many nobody ever arrived, and who has waited longest until now."""
    waiting = [one for one in counted if one.closed_at is None and not one.has_arrival]
    never = [one for one in counted if one.closed_at is not None and not one.has_arrival]
    oldest = min(waiting, key=lambda one: str(one.began_at), default=None)
    oldest_s = None if oldest is None or oldest.began_at is None else (now - oldest.began_at).total_seconds()
    return {
        "n": len(counted),
        "arrived": sum(one.has_arrival for one in counted),
        "waiting": len(waiting),
        "oldest_waiting_s": oldest_s,
        "oldest_waiting_id": None if oldest is None else oldest.incident_id,
        "never_arrived": _part(len(never), len(counted)),
        "cancelled_before_arrival": sum(one.cancelled_at is not None for one in never),
    }


def _told(said: SegmentFigures) -> dict[str, Any]:
    return {
        "n": said.ended,
        "of": said.of,
        "percentiles_s": {f"p{round(100 * share)}": seconds for share, seconds in said.percentiles.items()},
        "waiting": said.waiting,
        "oldest_waiting_s": said.oldest_waiting_s,
        "never": _part(said.never, said.of),
        "contradictory": said.contradictory,
        "targets": [
            {
                "edition": held.target.edition,
                "applies_to": held.target.applies_to,
                "seconds": held.target.seconds,
                "target_share": held.target.share,
                "source": held.target.source,
                "is_checked": held.target.is_checked,
                "within": _part(held.n, held.of),
                "is_met": held.is_met,
            }
            for held in said.held
        ],
    }


def _part(n: int, of: int) -> dict[str, Any]:
    """n of N, and the share where there are enough to speak of one."""
    return {"n": n, "of": of, "share": round(n / of, 4) if of >= FEWEST_FOR_SHARE else None}
