"""An incident: one emergency, from its receipt to its closing."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntFlag

import msgspec

from streams.events import (
    IncidentClosed,
    IncidentEscalated,
    IncidentPayload,
    IncidentReceived,
    IncidentReopened,
    Recording,
)

DAY = timedelta(hours=24)


class Incident(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One incident as of `seq`. Times are times of recording; priority 1 is the gravest."""

    incident_id: str
    kind: str = "other"
    priority: int = 2
    lat: float | None = None
    lng: float | None = None
    cell: str = ""
    area: str = ""
    agency: str = ""
    source: str = ""
    occurred_at: datetime | None = None
    received_at: datetime | None = None
    closed_at: datetime | None = None
    reopened: int = 0
    seq: int = 0

    @property
    def is_open(self) -> bool:
        return self.received_at is not None and self.closed_at is None

    @property
    def status(self) -> str:
        return "open" if self.is_open else "closed"


class IncidentFlag(IntFlag):
    """Which counts an incident belongs to at one instant."""

    INCIDENTS = 1  # open: the measure that the map shows
    RECEIVED_24H = 2
    RECEIVED_TODAY = 4
    CLOSED_TODAY = 8


INCIDENT_MEASURES: dict[str, int] = {flag.name.lower(): flag.value for flag in IncidentFlag if flag.name}


def fold_incident(incident: Incident | None, payload: IncidentPayload, recording: Recording) -> Incident | None:
    """The incident after one fact, or the same object when the fact changes nothing."""
    if isinstance(payload, IncidentReceived):
        return _received(incident, payload, recording)
    if isinstance(payload, IncidentClosed):
        return _closed(incident, payload, recording)
    if incident is None or incident.received_at is None:
        return incident
    if isinstance(payload, IncidentReopened) and incident.closed_at is not None:
        return msgspec.structs.replace(incident, closed_at=None, reopened=incident.reopened + 1, seq=recording.seq)
    if isinstance(payload, IncidentEscalated) and incident.priority != payload.priority:
        return msgspec.structs.replace(incident, priority=payload.priority, seq=recording.seq)
    return incident


def _received(incident: Incident | None, payload: IncidentReceived, recording: Recording) -> Incident:
    if incident is not None and incident.received_at is not None:
        return incident
    return Incident(
        incident_id=payload.incident_id,
        kind=payload.kind,
        priority=payload.priority,
        lat=payload.lat,
        lng=payload.lng,
        cell=recording.cell,
        area=recording.area,
        agency=payload.agency,
        source=recording.source,
        occurred_at=recording.occurred_at,
        received_at=recording.at,
        closed_at=incident.closed_at if incident else None,
        seq=recording.seq,
    )


def _closed(incident: Incident | None, payload: IncidentClosed, recording: Recording) -> Incident:
    if incident is None:
        incident_id = payload.incident_id
        return Incident(incident_id=incident_id, source=recording.source, closed_at=recording.at, seq=recording.seq)
    if incident.closed_at is not None:
        return incident
    return msgspec.structs.replace(incident, closed_at=recording.at, seq=recording.seq)


def incident_flags(incident: Incident, now: datetime, day_start: datetime) -> int:
    """The `IncidentFlag` bits of an incident at `now`; windows as in `hotline.cases.case_flags`."""
    received_at, closed_at = incident.received_at, incident.closed_at
    if received_at is None or received_at > now:
        return 0
    flags = 0
    if closed_at is None:
        flags |= 1
    elif day_start <= closed_at <= now:
        flags |= 8
    if received_at > now - DAY:
        flags |= 2
    if received_at >= day_start:
        flags |= 4
    return flags


def incident_next_change(incident: Incident, now: datetime, next_day: datetime, flags: int) -> datetime | None:
    """The first instant after `now` at which `incident_flags` differs if no fact comes, or None."""
    changes = [at for at in (incident.received_at, incident.closed_at) if at is not None and at > now]
    if flags & 2 and incident.received_at is not None:
        changes.append(incident.received_at + DAY)
    if flags & 12:
        changes.append(next_day)
    return min(changes) if changes else None
