"""An incident: one emergency, from its receipt to its closing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from emergency.agencies import AGENCY_FOLDS, AskedAgencies
from emergency.assignments import Assignments, fold_assignments
from emergency.handover import HANDOVER_FOLDS, HandOver
from emergency.life import OVER, Stage, stage_at_work
from emergency.major import MAJOR_FOLDS, Major
from emergency.merging import MERGING_FOLDS, OTHERS
from streams.events import (
    TYPES,
    IncidentAlarmRaised,
    IncidentCancelled,
    IncidentClosed,
    IncidentContained,
    IncidentDemoted,
    IncidentEscalated,
    IncidentNoted,
    IncidentPayload,
    IncidentPromoted,
    IncidentReceived,
    IncidentRelocated,
    IncidentReopened,
    IncidentTriaged,
    Payload,
    Recording,
    UnitAssignment,
    UnitDiverted,
)

STEPS_KEPT = 100
PLACES_KEPT = 20
FLAGS_KEPT = 20


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that happened to an incident: what, when (outside), by whom, and why in words."""

    what: str
    at: datetime
    by: str = ""
    why: str = ""


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Where an incident was said to be until `until`."""

    lat: float | None = None
    lng: float | None = None
    area: str = ""
    until: datetime


class Flag(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A contradiction in what others told of an incident: what it is, when (outside), who told it, of which unit."""

    said: str
    at: datetime
    by: str = ""
    unit_id: str = ""


class Incident(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One incident as of `seq`. `received_at`, `closed_at` and `merged_at` are times of recording, all others times
    outside; priority 1 is the gravest.

    `steps` keeps the last hundred things that happened, `told` counts all of them. `requeued_at` is set while it waits
    because its last unit was taken away for something else.
    """

    incident_id: str
    kind: str = "other"
    priority: int = 2
    alarm: int = 1  # how many alarms of its plan are called
    lat: float | None = None
    lng: float | None = None
    cell: str = ""
    area: str = ""
    agency: str = ""
    source: str = ""
    called_at: datetime | None = None  # when the call began to ring, if its source says so
    occurred_at: datetime | None = None
    received_at: datetime | None = None
    closed_at: datetime | None = None
    reopened: int = 0
    stage: str = "received"
    triaged_at: datetime | None = None
    contained_at: datetime | None = None
    cancelled_at: datetime | None = None
    reopened_at: datetime | None = None
    requeued_at: datetime | None = None
    merged_into: str = ""
    merged_at: datetime | None = None
    members: tuple[str, ...] = ()  # merged into this one
    links: tuple[str, ...] = ()
    case_id: str = ""  # the case it was made of
    demoted_at: datetime | None = None  # back to that case: it was no emergency
    exercise: bool = False  # worked like any other, counted nowhere
    agencies: AskedAgencies = ()  # others that were asked to help
    handover: HandOver | None = None  # the last one
    major: Major | None = None
    assignments: Assignments = ()
    places: tuple[Place, ...] = ()  # where it was said to be before
    notes: int = 0
    flags: tuple[Flag, ...] = ()  # what outside records of it contradict: kept as told, never repaired
    steps: tuple[Step, ...] = ()
    told: int = 0
    seq: int = 0

    @property
    def is_open(self) -> bool:
        return self.received_at is not None and self.closed_at is None and not self.merged_into

    @property
    def status(self) -> str:
        return "open" if self.is_open else "closed"

    @property
    def over_at(self) -> datetime | None:
        """Since when nobody waits for it: closed, merged, or only heard of through units that have all left."""
        if self.closed_at is not None or self.merged_at is not None:
            return self.closed_at or self.merged_at
        if self.received_at is not None or any(a.is_active for a in self.assignments):
            return None
        return max((a.cleared_at for a in self.assignments if a.cleared_at is not None), default=None)


def incidents_touched(payload: Payload) -> tuple[str, ...]:
    """Incidents other than its subject that a fact also changes."""
    field = _other_field(type(payload))
    return (getattr(payload, field),) if field else ()


@cache
def _other_field(cls: type[Payload]) -> str:
    if issubclass(cls, UnitAssignment):
        return "incident_id"
    return OTHERS.get(cls, ("", None))[0]


def fold_incident(incident: Incident | None, payload: IncidentPayload, recording: Recording) -> Incident | None:
    """The incident after one fact about it, or the same object when the fact changes nothing."""
    return _flagged(_folded(incident, payload, recording), payload, recording)


def _flagged(incident: Incident | None, payload: Payload, recording: Recording) -> Incident | None:
    """With what the fact contradicts, also where the fact changed nothing else."""
    if incident is None or not recording.flags:
        return incident
    unit_id, at, by = getattr(payload, "unit_id", ""), recording.occurred_at, recording.by
    told = tuple(Flag(said=said, at=at, by=by, unit_id=unit_id) for said in recording.flags)
    new = tuple(flag for flag in told if flag not in incident.flags)
    kept = (*incident.flags, *new)[-FLAGS_KEPT:]
    return msgspec.structs.replace(incident, flags=kept, seq=recording.seq) if new else incident


def _folded(incident: Incident | None, payload: IncidentPayload, recording: Recording) -> Incident | None:
    if isinstance(payload, IncidentReceived):
        return _received(incident, payload, recording)
    if isinstance(payload, IncidentClosed | IncidentCancelled | IncidentDemoted):
        return _closed(incident, payload, recording)
    change = FOLDS.get(type(payload))
    if incident is None or incident.received_at is None or change is None:
        return incident
    changes = change(incident, payload, recording)
    if not changes:
        return incident
    return _changed(incident, changes, recording, WHAT[type(payload)], _why(payload))


def fold_touched(
    incident: Incident | None, incident_id: str, payload: Payload, recording: Recording
) -> Incident | None:
    """The incident after one fact about something else: a unit of its own, or an incident merged into or linked to it.

    A unit's fact may come before the incident's receipt: then it is kept for it.
    """
    return _flagged(_touched(incident, incident_id, payload, recording), payload, recording)


def _touched(incident: Incident | None, incident_id: str, payload: Payload, recording: Recording) -> Incident | None:
    if isinstance(payload, UnitAssignment):
        known = incident or Incident(incident_id=incident_id, source=recording.source)
        after = _worked(known, payload, recording)
        return incident if after is known else after
    other = OTHERS.get(type(payload))
    if incident is None or incident.received_at is None or other is None:
        return incident
    _, what, change = other
    changes = change(incident, payload)
    return _changed(incident, changes, recording, what, payload.incident_id) if changes else incident  # type: ignore[attr-defined]


def stage_of(incident: Incident) -> Stage:
    """The stage that follows from the incident's own facts and its units."""
    if incident.closed_at is not None:
        return Stage.CANCELLED if incident.cancelled_at is not None else Stage.CLOSED
    if incident.merged_into:
        return Stage.MERGED
    at_work = stage_at_work(incident.assignments, incident.contained_at is not None)
    if at_work is not None:
        return at_work
    if incident.requeued_at is None and _was_done(incident):
        return Stage.CLEARED
    return Stage.RECEIVED if incident.triaged_at is None else Stage.TRIAGED


def _was_done(incident: Incident) -> bool:
    """Whether a crew left it by itself since it was last opened."""
    since = incident.reopened_at
    return any(
        a.ended == "cleared" and (since is None or (a.cleared_at is not None and a.cleared_at > since))
        for a in incident.assignments
    )


def arrivals(incident: Incident) -> list[str]:
    """Units that have been on its scene since it was last opened."""
    since = incident.reopened_at
    return [
        a.unit_id
        for a in incident.assignments
        if a.on_scene_at is not None and (since is None or a.is_active or a.on_scene_at > since)
    ]


Changes = dict[str, Any]


def _changed(incident: Incident, changes: Changes, recording: Recording, what: str, why: str = "") -> Incident:
    """The incident with changes, its stage, and the step that says who did it."""
    after = msgspec.structs.replace(incident, **changes, seq=recording.seq)
    stage = stage_of(after)
    if not what:
        if stage == incident.stage:
            return after
        what = stage.value
    step = Step(what=what, at=recording.occurred_at, by=recording.by, why=why)
    steps = (*incident.steps[1 - STEPS_KEPT :], step)
    return msgspec.structs.replace(after, stage=stage.value, steps=steps, told=incident.told + 1)


def _why(payload: IncidentPayload) -> str:
    agency, answer = getattr(payload, "agency", ""), getattr(payload, "answer", "")
    alarm = getattr(payload, "alarm", "")
    whose = " ".join(str(said) for said in (agency, answer, alarm) if said)
    for name in ("reason", "note_id", "report_id", "case_id", "to", "into", "of", "commander"):
        if said := getattr(payload, name, ""):
            return f"{whose}: {said}" if whose else str(said)
    return whose


def _received(incident: Incident | None, payload: IncidentReceived, recording: Recording) -> Incident:
    if incident is not None and incident.received_at is not None:
        return incident
    known = incident or Incident(incident_id=payload.incident_id)
    changes = {
        "kind": payload.kind,
        "priority": payload.priority,
        "lat": payload.lat,
        "lng": payload.lng,
        "cell": recording.cell,
        "area": recording.area,
        "agency": payload.agency,
        "exercise": payload.exercise,
        "source": recording.source,
        "called_at": payload.called_at,
        "occurred_at": recording.occurred_at,
        "received_at": recording.at,
    }
    return _changed(known, changes, recording, "received")


def _closed(
    incident: Incident | None, payload: IncidentClosed | IncidentCancelled | IncidentDemoted, recording: Recording
) -> Incident | None:
    known = incident or Incident(incident_id=payload.incident_id, source=recording.source)
    if known.closed_at is not None or (known.reopened_at is not None and recording.occurred_at < known.reopened_at):
        return incident  # over already, or meant before it was reopened: an old end ends nothing new
    changes: Changes = {"closed_at": recording.at, "requeued_at": None}
    if isinstance(payload, IncidentCancelled):
        changes["cancelled_at"] = recording.occurred_at
    elif isinstance(payload, IncidentDemoted):
        changes |= {"demoted_at": recording.occurred_at, "case_id": payload.case_id}
    return _changed(known, changes, recording, WHAT[type(payload)], payload.reason)


def _worked(incident: Incident, payload: UnitAssignment, recording: Recording) -> Incident:
    assignments = fold_assignments(incident.assignments, payload, recording)
    if assignments is incident.assignments:
        return incident
    changes: Changes = {"assignments": assignments}
    if any(a.is_active for a in assignments):
        changes["requeued_at"] = None
    elif any(a.is_active for a in incident.assignments) and incident.is_open and isinstance(payload, UnitDiverted):
        changes["requeued_at"] = recording.occurred_at
    return _changed(incident, changes, recording, "", payload.unit_id)


def _reopened(incident: Incident, payload: IncidentReopened, recording: Recording) -> Changes:
    if incident.closed_at is None:
        return {}
    gone = dict.fromkeys(("closed_at", "cancelled_at", "demoted_at", "contained_at", "requeued_at"))
    return {**gone, "reopened": incident.reopened + 1, "reopened_at": recording.occurred_at}


def _escalated(incident: Incident, payload: IncidentEscalated, recording: Recording) -> Changes:
    return {"priority": payload.priority} if payload.priority != incident.priority else {}


def _alarm_raised(incident: Incident, payload: IncidentAlarmRaised, recording: Recording) -> Changes:
    return {"alarm": payload.alarm} if payload.alarm != incident.alarm and payload.alarm >= 1 else {}


def _triaged(incident: Incident, payload: IncidentTriaged, recording: Recording) -> Changes:
    kind, priority = payload.kind or incident.kind, payload.priority or incident.priority
    triaged_at = None if payload.withdrawn else incident.triaged_at or recording.occurred_at
    changes = {"kind": kind, "priority": priority, "triaged_at": triaged_at}
    return changes if any(getattr(incident, name) != value for name, value in changes.items()) else {}


def _relocated(incident: Incident, payload: IncidentRelocated, recording: Recording) -> Changes:
    changes = {"lat": payload.lat, "lng": payload.lng, "cell": recording.cell, "area": recording.area}
    if all(getattr(incident, name) == value for name, value in changes.items()):
        return {}
    old = Place(lat=incident.lat, lng=incident.lng, area=incident.area, until=recording.occurred_at)
    return {**changes, "places": (*incident.places[1 - PLACES_KEPT :], old)}


def _contained(incident: Incident, payload: IncidentContained, recording: Recording) -> Changes:
    over = incident.stage in OVER or incident.contained_at is not None
    return {} if over else {"contained_at": recording.occurred_at}


def _noted(incident: Incident, payload: IncidentNoted, recording: Recording) -> Changes:
    return {"notes": incident.notes + 1}


def _promoted(incident: Incident, payload: IncidentPromoted, recording: Recording) -> Changes:
    return {"case_id": payload.case_id} if incident.case_id != payload.case_id else {}


FOLDS: dict[type[IncidentPayload], Callable[[Incident, Any, Recording], Changes]] = {
    IncidentReopened: _reopened,
    IncidentEscalated: _escalated,
    IncidentAlarmRaised: _alarm_raised,
    IncidentTriaged: _triaged,
    IncidentRelocated: _relocated,
    IncidentContained: _contained,
    IncidentNoted: _noted,
    IncidentPromoted: _promoted,
    **AGENCY_FOLDS,
    **HANDOVER_FOLDS,
    **MAJOR_FOLDS,
    **MERGING_FOLDS,
}
# fact -> the word for what happened, as in its type
WHAT: dict[type[Payload], str] = {cls: name.partition(".")[2] for name, cls in TYPES.items()}
