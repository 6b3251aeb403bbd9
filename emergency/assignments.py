"""Assignments: what one unit did at one incident, stamp by stamp, as the incident remembers it.

Stamps are times outside (`occurred_at`), so that a step which is told late, or was written on paper first, stands
where it happened. A unit that comes back after it cleared gets a second assignment.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from streams.events import (
    Recording,
    UnitAcknowledged,
    UnitArrived,
    UnitAssignment,
    UnitCleared,
    UnitDelivered,
    UnitDeparted,
    UnitDispatched,
    UnitDiverted,
    UnitNotified,
    UnitRecalled,
    UnitRestored,
    UnitTransported,
)


class Doing(StrEnum):
    """What a unit does in one assignment, in the order in which the steps normally come."""

    DISPATCHED = "dispatched"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    EN_ROUTE = "en-route"
    ON_SCENE = "on-scene"
    TRANSPORTING = "transporting"
    AT_HOSPITAL = "at-hospital"


STEPS: dict[type[UnitAssignment], Doing] = {
    UnitDispatched: Doing.DISPATCHED,
    UnitNotified: Doing.NOTIFIED,
    UnitAcknowledged: Doing.ACKNOWLEDGED,
    UnitDeparted: Doing.EN_ROUTE,
    UnitArrived: Doing.ON_SCENE,
    UnitTransported: Doing.TRANSPORTING,
    UnitDelivered: Doing.AT_HOSPITAL,
}
RANK: dict[str, int] = {doing.value: rank for rank, doing in enumerate(Doing)}
STAMPS: dict[type[UnitAssignment], str] = {cls: f"{doing.value.replace('-', '_')}_at" for cls, doing in STEPS.items()}
ENDINGS: dict[type[UnitAssignment], str] = {
    UnitCleared: "cleared",
    UnitRecalled: "recalled",
    UnitDiverted: "diverted",
}
TAKEN_AWAY = frozenset({"recalled", "diverted"})  # ended by the desk, not by the crew
UNACKNOWLEDGED_AFTER = timedelta(seconds=30)


class Assignment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One unit on one incident. `ended` is "" while it is there, else cleared, recalled or diverted (then `to`)."""

    unit_id: str
    dispatched_at: datetime | None = None
    notified_at: datetime | None = None
    acknowledged_at: datetime | None = None
    en_route_at: datetime | None = None
    on_scene_at: datetime | None = None
    transporting_at: datetime | None = None
    at_hospital_at: datetime | None = None
    cleared_at: datetime | None = None
    ended: str = ""
    to: str = ""
    by: str = ""  # who assigned it
    ended_by: str = ""

    @property
    def is_active(self) -> bool:
        return not self.ended

    @property
    def status(self) -> str:
        """The furthest step that was stamped; "" when only the end is known."""
        return next((doing for cls, doing in _BACKWARDS if getattr(self, STAMPS[cls]) is not None), "")

    @property
    def began_at(self) -> datetime | None:
        """The earliest stamp, or None when only the end is known."""
        return min((at for name in STAMPS.values() if (at := getattr(self, name)) is not None), default=None)


_BACKWARDS = tuple((cls, doing.value) for cls, doing in reversed(STEPS.items()))
Assignments = tuple[Assignment, ...]


def is_late(payload: UnitAssignment, occurred_at: datetime, cleared_at: datetime | None) -> bool:
    """Whether a step belongs before an ending. Assigned at that very instant, the unit was assigned anew."""
    if cleared_at is None:
        return False
    return occurred_at < cleared_at or (occurred_at == cleared_at and type(payload) is not UnitDispatched)


def fold_assignments(known: Assignments, payload: UnitAssignment, recording: Recording) -> Assignments:
    """The assignments of an incident after one fact of a unit, or the same object when it changes nothing."""
    if isinstance(payload, UnitRestored):
        return _restored(known, payload)
    if type(payload) in ENDINGS:
        return _ended(known, payload, recording)
    return _stepped(known, payload, recording)


def _stepped(known: Assignments, payload: UnitAssignment, recording: Recording) -> Assignments:
    mine = [n for n, a in enumerate(known) if a.unit_id == payload.unit_id]
    name, at = STAMPS[type(payload)], recording.occurred_at
    late = next((n for n in mine if known[n].ended and is_late(payload, at, known[n].cleared_at)), None)
    place = late if late is not None else next((n for n in mine if known[n].is_active), None)
    by = {"by": recording.by} if type(payload) is UnitDispatched else {}
    if place is not None:
        before = getattr(known[place], name)
        if before is not None and (late is not None or at >= before):
            return known  # told again; of two times for one step the earlier holds
        return _put(known, place, msgspec.structs.replace(known[place], **{name: at}, **by))
    if mine and known[mine[-1]].ended in TAKEN_AWAY and type(payload) is not UnitDispatched:
        return known  # the desk took the unit away: only the desk, or a new dispatch, puts it back
    return (*known, msgspec.structs.replace(Assignment(unit_id=payload.unit_id), **{name: at}, **by))


def _ended(known: Assignments, payload: UnitAssignment, recording: Recording) -> Assignments:
    place = _last(known, payload.unit_id)
    at, ending = recording.occurred_at, ENDINGS[type(payload)]
    told = {"ended": ending, "to": getattr(payload, "to", ""), "ended_by": recording.by}
    if place is None:
        return (*known, msgspec.structs.replace(Assignment(unit_id=payload.unit_id), cleared_at=at, **told))
    run = known[place]
    if run.ended:
        if run.cleared_at is not None and at <= run.cleared_at:
            return known
        return _put(known, place, msgspec.structs.replace(run, cleared_at=at))
    if run.began_at is not None and at < run.began_at:
        return known  # it ended something earlier
    return _put(known, place, msgspec.structs.replace(run, cleared_at=at, **told))


def _restored(known: Assignments, payload: UnitRestored) -> Assignments:
    place = _last(known, payload.unit_id)
    if place is None or known[place].is_active:
        return known
    return _put(known, place, msgspec.structs.replace(known[place], cleared_at=None, ended="", to="", ended_by=""))


def _last(known: Assignments, unit_id: str) -> int | None:
    return next((n for n in range(len(known) - 1, -1, -1) if known[n].unit_id == unit_id), None)


def _put(known: Assignments, place: int, assignment: Assignment) -> Assignments:
    return (*known[:place], assignment, *known[place + 1 :])


def assignment_of(assignments: Assignments, unit_id: str) -> Assignment | None:
    """The newest assignment of a unit, active or ended."""
    place = _last(assignments, unit_id)
    return None if place is None else assignments[place]


class Unacknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """An assignment that nobody has confirmed: the crew must be asked by `fallback`."""

    incident_id: str
    unit_id: str
    since: datetime
    fallback: str = "radio"


def unacknowledged(
    incident_id: str, assignments: Iterable[Assignment], now: datetime, after: timedelta = UNACKNOWLEDGED_AFTER
) -> list[Unacknowledged]:
    """Assignments older than `after` (from dispatch) without an acknowledgement or any later step, oldest first.

    The default of 30 s is a setting of this product, not a standard's.
    """
    waiting = [
        Unacknowledged(incident_id=incident_id, unit_id=a.unit_id, since=a.dispatched_at)
        for a in assignments
        if a.is_active
        and a.dispatched_at is not None
        and RANK[a.status] < RANK[Doing.ACKNOWLEDGED]
        and now - a.dispatched_at > after
    ]
    return sorted(waiting, key=lambda u: (u.since, u.unit_id))
