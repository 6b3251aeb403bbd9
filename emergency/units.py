"""A unit: an engine, ambulance or team that is sent, its assignments and its last position."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from types import UnionType
from typing import Any, TypeVar

import msgspec

from emergency.assignments import ENDINGS, RANK, STEPS, TAKEN_AWAY, Doing, is_late
from streams.events import (
    Recording,
    UnitAssignment,
    UnitCheckedIn,
    UnitCleared,
    UnitDispatched,
    UnitDiverted,
    UnitEmergency,
    UnitEmergencyEnded,
    UnitListed,
    UnitMoved,
    UnitPayload,
    UnitRecalled,
    UnitRestored,
    UnitSignalled,
    UnitStacked,
    UnitUnstacked,
)

T = TypeVar("T")


class UnitStatus(StrEnum):
    """What a unit does or whether it can be sent (NIEM primary unit status, in the trade's words)."""

    AVAILABLE = "available"
    DISPATCHED = Doing.DISPATCHED.value
    NOTIFIED = Doing.NOTIFIED.value
    ACKNOWLEDGED = Doing.ACKNOWLEDGED.value
    EN_ROUTE = Doing.EN_ROUTE.value
    ON_SCENE = Doing.ON_SCENE.value
    TRANSPORTING = Doing.TRANSPORTING.value
    AT_HOSPITAL = Doing.AT_HOSPITAL.value
    RETURNING = "returning"
    OUT_OF_SERVICE = "out-of-service"
    OUT_OF_CONTACT = "out-of-contact"


SENDABLE = frozenset({UnitStatus.AVAILABLE.value, UnitStatus.RETURNING.value})
NO_REASON = "no reason given"
# What each signal says: fields of the unit; "" in `out_of_…` stands for the reason that was given.
SIGNALS: dict[str, dict[str, Any]] = {
    "out_of_service": {"out_of_service": NO_REASON},
    "available": {"out_of_service": "", "out_of_contact": "", "returning": False},
    "returning": {"out_of_service": "", "out_of_contact": "", "returning": True},
    "out_of_contact": {"out_of_contact": NO_REASON},
    "in_contact": {"out_of_contact": ""},
}


class Unit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One unit as of `seq`. `assignments` maps incident id to the status there, oldest first.

    Normally it has at most one entry; two mean that the source sent the unit twice (kept and flagged).
    """

    unit_id: str
    kind: str = ""
    station: str = ""
    agency: str = ""
    assignments: dict[str, str] = {}
    status_at: datetime | None = None
    status_by: str = ""  # who said so
    status_seq: int = 0  # the commit since which its status is this: a desk's version of it, whatever positions came
    stacked: tuple[str, ...] = ()  # incidents that wait for it as next jobs, the next one first
    returning: bool = False  # on the way home: may be sent
    lat: float | None = None
    lng: float | None = None
    position_at: datetime | None = None
    moved_at: datetime | None = None  # when the unit was there, by its source: an older report changes nothing
    out_of_service: str = ""  # the reason, while it is not to be sent
    out_of_contact: str = ""  # the reason, while it does not answer: kept beside an assignment, shown without one
    cleared: dict[str, datetime] = {}  # when it last cleared each recent incident: a late step must not revive it
    began: dict[str, datetime] = {}  # the earliest step of each assignment: an older end ends something else
    taken: tuple[str, ...] = ()  # recent incidents that the desk took it from: only a new dispatch brings it back
    crew: int | None = None  # how many people
    checked_in_at: datetime | None = None  # when the crew last said that all of it is well, outside
    distress_at: datetime | None = None  # since when its crew is in danger, outside
    distress: str = ""  # why
    distress_by: str = ""
    safe_at: datetime | None = None  # when the last danger ended, outside: an older call for help changes nothing
    seq: int = 0

    @property
    def is_busy(self) -> bool:
        return bool(self.assignments)

    @property
    def status(self) -> str:
        """Status on the newest assignment; without one whether it may be sent."""
        if self.assignments:
            return next(reversed(self.assignments.values()))
        if self.out_of_service:
            return UnitStatus.OUT_OF_SERVICE.value
        if self.out_of_contact:
            return UnitStatus.OUT_OF_CONTACT.value
        return (UnitStatus.RETURNING if self.returning else UnitStatus.AVAILABLE).value

    @property
    def may_be_sent(self) -> bool:
        return self.status in SENDABLE


def fold_unit(unit: Unit | None, payload: UnitPayload, recording: Recording) -> Unit:
    """The unit after one fact, or the same object when the fact changes nothing.

    A step that happened before the unit cleared that incident came late and must not revive the assignment;
    one that happened later is a new assignment.
    """
    known = unit or Unit(unit_id=payload.unit_id)
    if isinstance(payload, UnitMoved):
        if known.moved_at is not None and recording.occurred_at <= known.moved_at:
            return known
        return msgspec.structs.replace(
            known,
            lat=payload.lat,
            lng=payload.lng,
            position_at=recording.at,
            moved_at=recording.occurred_at,
            seq=recording.seq,
        )
    if isinstance(payload, UnitListed):
        return _listed(known, payload, recording)
    fold = next((fold for cls, fold in FOLDS if isinstance(payload, cls)), None)
    return known if fold is None else fold(known, payload, recording)


def _set(unit: Unit, recording: Recording, **changes: Any) -> Unit:
    """The unit with another status: who set it, and when."""
    told = {"status_at": recording.at, "status_by": recording.by, "status_seq": recording.seq}
    return msgspec.structs.replace(unit, **changes, **told, seq=recording.seq)


def _listed(unit: Unit, payload: UnitListed, recording: Recording) -> Unit:
    place = {} if payload.lat is None else {"lat": payload.lat, "lng": payload.lng, "position_at": recording.at}
    return msgspec.structs.replace(
        unit,
        kind=payload.kind or unit.kind,
        station=payload.station or unit.station,
        agency=payload.agency or unit.agency,
        crew=unit.crew if payload.crew is None else payload.crew,
        seq=recording.seq,
        **place,
    )


def _signalled(unit: Unit, payload: UnitSignalled, recording: Recording) -> Unit:
    said = SIGNALS.get(payload.status, SIGNALS["available"])
    changes = {name: payload.reason or value if value == NO_REASON else value for name, value in said.items()}
    if all(getattr(unit, name) == value for name, value in changes.items()):
        return unit
    return _set(unit, recording, **changes)


def _stepped(unit: Unit, payload: UnitAssignment, recording: Recording) -> Unit:
    """Advance one assignment; its steps never go backwards."""
    incident_id, status, at = payload.incident_id, STEPS[type(payload)], recording.occurred_at
    if is_late(payload, at, unit.cleared.get(incident_id)) or comes_after_taking(unit, payload):
        return unit
    current = unit.assignments.get(incident_id)
    began = at if current is None else min(unit.began.get(incident_id, at), at)
    if current is not None and RANK[current] >= RANK[status]:
        if unit.began.get(incident_id) == began:
            return unit
        return msgspec.structs.replace(unit, began={**unit.began, incident_id: began}, seq=recording.seq)
    return _set(
        unit,
        recording,
        kind=payload.kind or unit.kind,
        station=payload.station or unit.station,
        assignments={**unit.assignments, incident_id: status.value},
        began={**unit.began, incident_id: began},
        taken=_rest(unit.taken, incident_id),
        stacked=_rest(unit.stacked, incident_id),
        returning=False,
    )


REMEMBERED_CLEARINGS = 8


def _ended(unit: Unit, payload: UnitAssignment, recording: Recording) -> Unit:
    incident_id, at = payload.incident_id, recording.occurred_at
    before = unit.cleared.get(incident_id)
    is_there = incident_id in unit.assignments
    if is_older(unit, payload, at) or (not is_there and before is not None and at <= before):
        return unit
    cleared = {k: v for k, v in unit.cleared.items() if k != incident_id} | {incident_id: at}
    recent = dict(list(cleared.items())[-REMEMBERED_CLEARINGS:])
    taken = unit.taken
    if is_there or before is None:  # later words on an end do not change who ended it
        taken = _rest(taken, incident_id)
        taken = (*taken, incident_id) if ENDINGS[type(payload)] in TAKEN_AWAY else taken
    return _set(
        unit,
        recording,
        assignments=_without(unit.assignments, incident_id),
        began={i: began for i, began in unit.began.items() if i in recent or i in unit.assignments},
        cleared=recent,
        taken=tuple(i for i in taken if i in recent),
    )


def _restored(unit: Unit, payload: UnitRestored, recording: Recording) -> Unit:
    incident_id = payload.incident_id
    if incident_id in unit.assignments or incident_id not in unit.cleared or payload.status not in RANK:
        return unit
    return _set(
        unit,
        recording,
        assignments={**unit.assignments, incident_id: payload.status},
        cleared=_without(unit.cleared, incident_id),
        taken=_rest(unit.taken, incident_id),
    )


def _stacked(unit: Unit, payload: UnitStacked, recording: Recording) -> Unit:
    if payload.incident_id in unit.stacked or payload.incident_id in unit.assignments:
        return unit
    return msgspec.structs.replace(unit, stacked=(*unit.stacked, payload.incident_id), seq=recording.seq)


def _unstacked(unit: Unit, payload: UnitUnstacked, recording: Recording) -> Unit:
    if payload.incident_id not in unit.stacked:
        return unit
    return msgspec.structs.replace(unit, stacked=_rest(unit.stacked, payload.incident_id), seq=recording.seq)


def _checked_in(unit: Unit, payload: UnitCheckedIn, recording: Recording) -> Unit:
    """Whoever checks in is in contact."""
    at = recording.occurred_at
    if unit.checked_in_at is not None and at <= unit.checked_in_at:
        return unit
    checked = msgspec.structs.replace(unit, checked_in_at=at, seq=recording.seq)
    return _set(checked, recording, out_of_contact="") if unit.out_of_contact else checked


def _in_danger(unit: Unit, payload: UnitEmergency, recording: Recording) -> Unit:
    at = recording.occurred_at
    if unit.distress_at is not None or (unit.safe_at is not None and at <= unit.safe_at):
        return unit
    return msgspec.structs.replace(
        unit, distress_at=at, distress=payload.reason, distress_by=recording.by, seq=recording.seq
    )


def _safe(unit: Unit, payload: UnitEmergencyEnded, recording: Recording) -> Unit:
    at = recording.occurred_at
    if unit.distress_at is None or at < unit.distress_at:
        return unit  # it ended something earlier
    return msgspec.structs.replace(unit, distress_at=None, distress="", distress_by="", safe_at=at, seq=recording.seq)


def _rest(ids: tuple[str, ...], gone: str) -> tuple[str, ...]:
    return tuple(i for i in ids if i != gone) if gone in ids else ids


def _without(by_incident: dict[str, T], gone: str) -> dict[str, T]:
    return {i: value for i, value in by_incident.items() if i != gone}


# The first that fits: endings and restorings are assignments too.
FOLDS: tuple[tuple[type[UnitPayload] | UnionType, Callable[[Unit, Any, Recording], Unit]], ...] = (
    (UnitCleared | UnitRecalled | UnitDiverted, _ended),
    (UnitRestored, _restored),
    (UnitAssignment, _stepped),
    (UnitSignalled, _signalled),
    (UnitStacked, _stacked),
    (UnitUnstacked, _unstacked),
    (UnitCheckedIn, _checked_in),
    (UnitEmergency, _in_danger),
    (UnitEmergencyEnded, _safe),
)


# contradictions and alarms

DOUBLE_ASSIGNED = "double-assigned at source"
AFTER_TAKING = "step after the desk took the unit away"
ENDED_BEFORE = "ended before it began"
NOT_IN_SERVICE = "assigned while out of service"


def comes_after_taking(unit: Unit, payload: UnitAssignment) -> bool:
    """Whether a step goes on with an assignment that the desk ended: it is kept in the log and changes nothing."""
    incident_id = payload.incident_id
    return incident_id in unit.taken and incident_id not in unit.assignments and type(payload) is not UnitDispatched


def is_older(unit: Unit, payload: UnitAssignment, occurred_at: datetime) -> bool:
    """Whether an end lies before the assignment began, so that it ended an earlier one."""
    began = unit.began.get(payload.incident_id)
    return began is not None and payload.incident_id in unit.assignments and occurred_at < began


def unit_contradictions(unit: Unit | None, payload: UnitAssignment, occurred_at: datetime) -> list[str]:
    """What a fact from outside contradicts: it is kept as it is, and flagged with these words."""
    if unit is None:
        return []
    if type(payload) in ENDINGS:
        return [ENDED_BEFORE] if is_older(unit, payload, occurred_at) else []
    if type(payload) not in STEPS:
        return []
    flags = []
    if any(other != payload.incident_id for other in unit.assignments):
        flags.append(DOUBLE_ASSIGNED)
    late = is_late(payload, occurred_at, unit.cleared.get(payload.incident_id))
    if not late and comes_after_taking(unit, payload):
        flags.append(AFTER_TAKING)
    if type(payload) is UnitDispatched and unit.out_of_service:
        flags.append(NOT_IN_SERVICE)
    return flags


def is_silent(unit: Unit, now: datetime, longest: timedelta) -> bool:
    """Whether a unit at work was not heard of for `longest`: neither a position nor a word about its status."""
    heard = max((at for at in (unit.position_at, unit.status_at) if at is not None), default=None)
    return unit.is_busy and (heard is None or now - heard > longest)
