"""A unit: an engine, ambulance or team that is sent, its assignments and its last position."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from streams.events import (
    Recording,
    UnitArrived,
    UnitAssignment,
    UnitCleared,
    UnitDelivered,
    UnitDeparted,
    UnitDispatched,
    UnitListed,
    UnitMoved,
    UnitPayload,
    UnitSignalled,
    UnitTransported,
)


class UnitStatus(StrEnum):
    """Where a unit is in its current assignment (NIEM primary unit status, in the trade's words)."""

    AVAILABLE = "available"
    DISPATCHED = "dispatched"
    EN_ROUTE = "en-route"
    ON_SCENE = "on-scene"
    TRANSPORTING = "transporting"
    AT_HOSPITAL = "at-hospital"
    OUT_OF_SERVICE = "out-of-service"


# What each step says of the assignment, and the order in which steps normally come.
STEPS: dict[type[UnitAssignment], UnitStatus] = {
    UnitDispatched: UnitStatus.DISPATCHED,
    UnitDeparted: UnitStatus.EN_ROUTE,
    UnitArrived: UnitStatus.ON_SCENE,
    UnitTransported: UnitStatus.TRANSPORTING,
    UnitDelivered: UnitStatus.AT_HOSPITAL,
}


_ORDER = {status.value: rank for rank, status in enumerate(STEPS.values())}


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
    lat: float | None = None
    lng: float | None = None
    position_at: datetime | None = None
    moved_at: datetime | None = None  # when the unit was there, by its source: an older report changes nothing
    out_of_service: str = ""  # the reason, while it is not to be sent
    cleared: dict[str, datetime] = {}  # when it last cleared each recent incident: a late step must not revive it
    seq: int = 0

    @property
    def is_busy(self) -> bool:
        return bool(self.assignments)

    @property
    def status(self) -> str:
        """Status on the newest assignment; without one whether it may be sent."""
        if self.assignments:
            return next(reversed(self.assignments.values()))
        return (UnitStatus.OUT_OF_SERVICE if self.out_of_service else UnitStatus.AVAILABLE).value


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
    if isinstance(payload, UnitCleared):
        return _cleared(known, payload, recording)
    if isinstance(payload, UnitAssignment):
        return _stepped(known, payload, recording)
    if isinstance(payload, UnitSignalled):
        return _signalled(known, payload, recording)
    return known


def _listed(unit: Unit, payload: UnitListed, recording: Recording) -> Unit:
    place = {} if payload.lat is None else {"lat": payload.lat, "lng": payload.lng, "position_at": recording.at}
    return msgspec.structs.replace(
        unit,
        kind=payload.kind or unit.kind,
        station=payload.station or unit.station,
        agency=payload.agency or unit.agency,
        seq=recording.seq,
        **place,
    )


def _signalled(unit: Unit, payload: UnitSignalled, recording: Recording) -> Unit:
    out = (payload.reason or "no reason given") if payload.status == "out_of_service" else ""
    if out == unit.out_of_service:
        return unit
    return msgspec.structs.replace(unit, out_of_service=out, status_at=recording.at, seq=recording.seq)


def _stepped(unit: Unit, payload: UnitAssignment, recording: Recording) -> Unit:
    """Advance one assignment; its steps never go backwards."""
    incident_id, status = payload.incident_id, STEPS[type(payload)]
    cleared_at = unit.cleared.get(incident_id)
    if cleared_at is not None and recording.occurred_at <= cleared_at:
        return unit
    current = unit.assignments.get(incident_id)
    if current is not None and _ORDER[current] >= _ORDER[status]:
        return unit
    return msgspec.structs.replace(
        unit,
        kind=payload.kind or unit.kind,
        station=payload.station or unit.station,
        assignments={**unit.assignments, incident_id: status.value},
        status_at=recording.at,
        seq=recording.seq,
    )


REMEMBERED_CLEARINGS = 8


def _cleared(unit: Unit, payload: UnitCleared, recording: Recording) -> Unit:
    before = unit.cleared.get(payload.incident_id)
    if before is not None and recording.occurred_at <= before:
        return unit
    cleared = {k: v for k, v in unit.cleared.items() if k != payload.incident_id} | {
        payload.incident_id: recording.occurred_at
    }
    recent = dict(list(cleared.items())[-REMEMBERED_CLEARINGS:])
    rest = {i: s for i, s in unit.assignments.items() if i != payload.incident_id}
    return msgspec.structs.replace(unit, assignments=rest, cleared=recent, status_at=recording.at, seq=recording.seq)
