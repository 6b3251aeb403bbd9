"""Which counts an incident belongs to at one instant, and when that changes by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emergency.incidents import Incident

DAY = timedelta(hours=24)


class IncidentFlag(IntFlag):
    """Which counts an incident belongs to at one instant."""

    INCIDENTS = 1  # open: the measure that the map shows
    RECEIVED_24H = 2
    RECEIVED_TODAY = 4
    CLOSED_TODAY = 8


INCIDENT_MEASURES: dict[str, int] = {flag.name.lower(): flag.value for flag in IncidentFlag if flag.name}


def incident_flags(incident: Incident, now: datetime, day_start: datetime) -> int:
    """The `IncidentFlag` bits of an incident at `now`; windows as in `hotline.cases.case_flags`.

    An exercise is counted nowhere.
    """
    received_at, closed_at = incident.received_at, incident.closed_at
    if received_at is None or received_at > now or incident.exercise:
        return 0
    flags = 0
    if closed_at is None:
        flags |= 0 if incident.merged_into else 1
    elif day_start <= closed_at <= now:
        flags |= 8
    if received_at > now - DAY:
        flags |= 2
    if received_at >= day_start:
        flags |= 4
    return flags


def incident_next_change(incident: Incident, now: datetime, next_day: datetime, flags: int) -> datetime | None:
    """The first instant after `now` at which `incident_flags` differs if no fact comes, or None."""
    if incident.exercise:
        return None
    changes = [at for at in (incident.received_at, incident.closed_at) if at is not None and at > now]
    if flags & 2 and incident.received_at is not None:
        changes.append(incident.received_at + DAY)
    if flags & 12:
        changes.append(next_day)
    return min(changes) if changes else None
