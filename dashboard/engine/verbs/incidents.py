"""What a dispatcher may ask about one incident: enter, triage, correct, note, cancel, close and reopen it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dashboard.engine import arguments as given
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.verbs.reading import known_incident, moment, open_incident, read, sensible, unchanged
from emergency.incidents import Incident, arrivals
from geo.cities import UNKNOWN_KIND
from streams.events import (
    IncidentAlarmRaised,
    IncidentCancelled,
    IncidentClosed,
    IncidentContained,
    IncidentEscalated,
    IncidentNoted,
    IncidentReceived,
    IncidentRelocated,
    IncidentReopened,
    IncidentTriaged,
    Payload,
    UnitRecalled,
)

if TYPE_CHECKING:
    from dashboard.engine.state import State

FIRST_FIELDS = ("kind", "lat", "area", "address", "phone", "text")


def create_incident(state: State, request: Request) -> Granted:
    """Save an incident from its first field: what, where, or whom to call back. The rest may come later."""
    asked = read(request, given.CreateIncident)
    if all(getattr(asked, name) in ("", None) for name in FIRST_FIELDS):
        raise Refused("a kind, a place, a call-back number or a word is needed")
    together(asked.lat, asked.lng)
    incident_id = new_incident_id(state)
    fact = IncidentReceived(
        incident_id=incident_id,
        kind=asked.kind or UNKNOWN_KIND,
        priority=asked.priority,
        lat=asked.lat,
        lng=asked.lng,
        area=asked.area,
        address=asked.address,
        text=asked.text,
        name=asked.name,
        phone=asked.phone,
        agency=asked.agency,
        exercise=asked.exercise,
    )
    return Granted([fact], {"incident_id": incident_id}, occurred_at=moment(state, asked.at))


def new_incident_id(state: State) -> str:
    """The next number of the city's day, short enough to be said by radio."""
    day, n = f"{state.now.astimezone(ZoneInfo(state.city.zone)):%y%m%d}", state.totals["incidents"]
    while True:
        n += 1
        if (incident_id := f"{day}-{n:04d}") not in state.incidents:
            return incident_id


def together(lat: float | None, lng: float | None) -> None:
    if (lat is None) != (lng is None):
        raise Refused("lat, lng: come together")


def _before(incident: Incident, *names: str) -> dict[str, object]:
    return {name: getattr(incident, name) for name in names}


def triage(state: State, request: Request) -> Granted:
    """Say what it is and how grave, from the caller's words."""
    asked = read(request, given.Triage)
    incident = _workable(state, request, asked.incident_id)
    sensible(incident, IncidentTriaged)
    before = _before(incident, "kind", "priority") | {"withdrawn": incident.triaged_at is None}
    if not before["withdrawn"] and _says_nothing_new(incident, asked):
        raise Refused(f"incident {asked.incident_id} is {incident.kind}, priority {incident.priority}, already")
    fact = IncidentTriaged(incident_id=asked.incident_id, kind=asked.kind, priority=asked.priority, reason=asked.reason)
    return Granted([fact], before=before)


def _says_nothing_new(incident: Incident, asked: given.Triage) -> bool:
    return asked.kind in ("", incident.kind) and asked.priority in (None, incident.priority)


def escalate(state: State, request: Request) -> Granted:
    asked = read(request, given.Escalate)
    incident = _workable(state, request, asked.incident_id)
    sensible(incident, IncidentEscalated)
    if incident.priority == asked.priority:
        raise Refused(f"incident {asked.incident_id} has priority {asked.priority} already")
    fact = IncidentEscalated(incident_id=asked.incident_id, priority=asked.priority, reason=asked.reason)
    return Granted([fact], before=_before(incident, "priority"))


def further_alarm(state: State, request: Request) -> Granted:
    """Call a further alarm of its plan, or fewer again; what it asks for then is recommended and missed as before."""
    asked = read(request, given.FurtherAlarm)
    incident = _workable(state, request, asked.incident_id)
    sensible(incident, IncidentAlarmRaised)
    if incident.alarm == asked.alarm:
        raise Refused(f"incident {asked.incident_id} has alarm {asked.alarm} already")
    fact = IncidentAlarmRaised(incident_id=asked.incident_id, alarm=asked.alarm, reason=asked.reason)
    return Granted([fact], before=_before(incident, "alarm"))


def relocate(state: State, request: Request) -> Granted:
    """Put it where it is; the answer names the units that are under way to the old place."""
    asked = read(request, given.Relocate)
    together(asked.lat, asked.lng)
    incident = _workable(state, request, asked.incident_id)
    sensible(incident, IncidentRelocated)
    if (asked.lat, asked.lng, asked.area) == (incident.lat, incident.lng, incident.area) and not asked.address:
        raise Refused(f"incident {asked.incident_id} is there already")
    fact = IncidentRelocated(
        incident_id=asked.incident_id,
        lat=asked.lat,
        lng=asked.lng,
        area=asked.area,
        address=asked.address,
        reason=asked.reason,
    )
    warn = sorted({a.unit_id for a in incident.assignments if a.is_active})
    return Granted([fact], {"warn": warn} if warn else {}, _before(incident, "lat", "lng", "area"))


def contain(state: State, request: Request) -> Granted:
    asked = read(request, given.Contain)
    incident = _workable(state, request, asked.incident_id)
    sensible(incident, IncidentContained)
    at = moment(state, asked.at, incident.occurred_at, "it was received")
    return Granted([IncidentContained(incident_id=asked.incident_id, reason=asked.reason)], occurred_at=at)


def note(state: State, request: Request) -> Granted:
    """Write something down, also of an incident that is over; the words are kept apart from the log."""
    asked = read(request, given.Note)
    incident = known_incident(state, asked.incident_id)
    at = moment(state, asked.at, incident.occurred_at, "it was received")
    fact = IncidentNoted(incident_id=asked.incident_id, note_id=request.request_id, text=asked.text)
    return Granted([fact], {"note_id": request.request_id}, occurred_at=at)


def cancel(state: State, request: Request) -> Granted:
    """Nobody is needed. Units under way are called back; once one has arrived it is closed, not cancelled."""
    asked = read(request, given.Cancel)
    incident = _workable(state, request, asked.incident_id)
    if there := arrivals(incident):
        raise Refused(f"{', '.join(there)} arrived: clear the units and close it", {"unit_ids": there})
    sensible(incident, IncidentCancelled)
    called_back = sorted({a.unit_id for a in incident.assignments if a.is_active})
    facts: list[Payload] = [
        UnitRecalled(unit_id=unit_id, incident_id=asked.incident_id, reason=asked.reason) for unit_id in called_back
    ]
    facts.append(
        IncidentCancelled(incident_id=asked.incident_id, reason=asked.reason, before_arrival=bool(called_back))
    )
    at = moment(state, asked.at, _last_begun(incident), "its units were sent")
    return Granted(facts, {"recalled": called_back} if called_back else {}, occurred_at=at)


def _last_begun(incident: Incident) -> datetime | None:
    began = [at for a in incident.assignments if a.is_active and (at := a.began_at) is not None]
    return max(began, default=incident.occurred_at)


def close_incident(state: State, request: Request) -> Granted:
    asked = read(request, given.CloseIncident)
    incident = _workable(state, request, asked.incident_id)
    if crew := state.crews.get(asked.incident_id):
        raise Refused(f"units are still assigned: {', '.join(sorted(crew))}", {"unit_ids": sorted(crew)})
    sensible(incident, IncidentClosed)
    at = moment(state, asked.at, incident.reopened_at or incident.occurred_at, "it was opened")
    return Granted([IncidentClosed(incident_id=asked.incident_id, reason=asked.reason)], occurred_at=at)


def reopen_incident(state: State, request: Request) -> Granted:
    asked = read(request, given.ReopenIncident)
    incident = known_incident(state, asked.incident_id)
    unchanged(request, incident.seq)
    if incident.is_open:
        raise Refused(f"incident {asked.incident_id} is open")
    sensible(incident, IncidentReopened)
    fact = IncidentReopened(incident_id=asked.incident_id, reason=asked.reason)
    return Granted([fact], before={"cancelled": incident.cancelled_at is not None})


def _workable(state: State, request: Request, incident_id: str) -> Incident:
    incident = open_incident(state, incident_id)
    unchanged(request, incident.seq)
    return incident


INCIDENT_VERBS = {
    "create_incident": create_incident,
    "triage": triage,
    "escalate": escalate,
    "further_alarm": further_alarm,
    "relocate": relocate,
    "contain": contain,
    "note": note,
    "cancel": cancel,
    "close_incident": close_incident,
    "reopen_incident": reopen_incident,
}
