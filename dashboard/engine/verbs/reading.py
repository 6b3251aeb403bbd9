"""What every verb of the desk needs: its arguments, the incident or unit it names, and whether they still are so."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from dashboard.engine.request import Refused, Request
from emergency.incidents import Incident, fold_incident
from emergency.life import Stage, objection
from emergency.units import Unit
from streams.events import IncidentPayload, Recording

if TYPE_CHECKING:
    from dashboard.engine.state import State

S = TypeVar("S", bound=msgspec.Struct)
EARLIEST = timedelta(hours=24)  # how long ago something may have been done that is entered now
_MISSING = re.compile(r"missing required field `(\w+)`")
_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$\.(?P<where>[^`]+)`)?$")


def read(request: Request, shape: type[S]) -> S:
    """The arguments in their shape. Raises Refused that names the field."""
    try:
        return msgspec.convert(request.args, shape)
    except msgspec.ValidationError as error:
        raise Refused(_said(str(error))) from None


def _said(message: str) -> str:
    if missing := _MISSING.search(message):
        return f"{missing[1]}: needed"
    parts = _AT.match(message)
    what, where = (parts["what"], parts["where"] or "") if parts else (message, "")
    if "length >= 1" in what:
        return f"{where}: needed"
    return f"{where}: {what}" if where else what


def unchanged(request: Request, seq: int) -> None:
    """Raises Refused when what the person saw is no longer so."""
    if request.if_version is not None and request.if_version != seq:
        raise Refused("changed since you saw it", {"version": seq})


def same_status(request: Request, unit: Unit) -> None:
    """Raises Refused when the unit's status is no longer what the person saw; a position is no change."""
    if request.if_version is not None and unit.status_seq > request.if_version:
        raise Refused("changed since you saw it", {"version": unit.seq, "unit_id": unit.unit_id})


def known_incident(state: State, incident_id: str) -> Incident:
    incident: Incident | None = state.incidents.get(incident_id)
    if incident is None or incident.received_at is None:
        raise Refused(f"incident {incident_id} is unknown")
    return incident


def open_incident(state: State, incident_id: str) -> Incident:
    """An incident that people work on. Raises Refused: unknown, closed, or part of another one."""
    incident = known_incident(state, incident_id)
    if incident.merged_into and incident.closed_at is None:
        lead = incident.merged_into
        raise Refused(f"incident {incident_id} is part of {lead}", {"incident_id": lead})
    if not incident.is_open:
        raise Refused(f"incident {incident_id} is closed")
    return incident


def sensible(incident: Incident, fact: type[IncidentPayload]) -> None:
    """Raises Refused when the table of an incident's life knows no such step from its stage."""
    if said := objection(Stage(incident.stage), fact):
        raise Refused(f"incident {incident.incident_id} cannot be {said}", {"stage": incident.stage})


def takes_effect(state: State, incident: Incident, fact: IncidentPayload, at: datetime | None) -> None:
    """Raises Refused when the fact, as of its time, would change nothing: then an answer "done" would be a lie."""
    recording = Recording(at=state.now, occurred_at=at or state.now, seq=incident.seq)
    if fold_incident(incident, fact, recording) is incident:
        raise Refused(f"incident {incident.incident_id}: that changes nothing", {"version": incident.seq})


def known_unit(state: State, unit_id: str) -> Unit:
    unit: Unit | None = state.units.get(unit_id)
    if unit is None:
        raise Refused(f"unit {unit_id} is unknown")
    return unit


def moment(state: State, at: datetime | None, after: datetime | None = None, what: str = "it began") -> datetime | None:
    """When an act happened that is entered late, or None for now. Raises Refused for what cannot have been."""
    if at is None:
        return None
    if at > state.now:
        raise Refused(f"at: lies ahead, it is {clock(state.now)} in the city")
    if at < state.now - EARLIEST:
        raise Refused("at: more than 24 h ago")
    if after is not None and at < after:
        raise Refused(f"at: before {what} ({clock(after)})")
    return at


def clock(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def about_unit(unit: Unit, **more: Any) -> dict[str, Any]:
    return {"unit_id": unit.unit_id, **more}
