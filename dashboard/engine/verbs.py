"""What operators may ask for: each verb is decided into facts, or refused with its reason.

Requests are the only thing that is refused for contradicting the state; facts from outside are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from dashboard.engine.publish_verbs import PUBLISH_VERBS
from dashboard.engine.request import Refused, Request
from dashboard.engine.state import State
from streams.codec import MAX_ID, Malformed
from streams.events import (
    CaseClosed,
    CaseReopened,
    IncidentClosed,
    Payload,
    SubjectErased,
    UnitCleared,
    UnitDispatched,
)

Verb = Callable[[State, Request], list[Payload]]


def decode_request(raw: bytes) -> Request:
    """A request from its stream entry. Raises Malformed with a reason."""
    try:
        request = msgspec.json.decode(raw, type=Request)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"not a request: {error}") from None
    if request.valid_until.tzinfo is None:
        raise Malformed("valid_until: needs a zone")
    if not 0 < len(request.request_id) <= MAX_ID:
        raise Malformed(f"request_id: needs 1 to {MAX_ID} characters")
    return request


def decide_request(state: State, request: Request, wall: datetime) -> list[Payload]:
    """Facts that grant the request. Raises Refused: late, unknown, changed since, or against the state."""
    if wall > request.valid_until:
        raise Refused("late: not executed, because it was decided after its time; ask again")
    verb = VERBS.get(request.verb)
    if verb is None:
        raise Refused(f"unknown verb {request.verb!r}; known: {', '.join(sorted(VERBS))}")
    return verb(state, request)


def _text(request: Request, name: str) -> str:
    value = request.args.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(f"{name}: needed, as text")
    return value


def _unchanged(request: Request, seq: int) -> None:
    if request.if_version is not None and request.if_version != seq:
        raise Refused("changed since you saw it", {"version": seq})


def _open_incident(state: State, request: Request) -> str:
    incident_id = _text(request, "incident_id")
    incident = state.incidents.get(incident_id)
    if incident is None:
        raise Refused(f"incident {incident_id} is unknown")
    if not incident.is_open:
        raise Refused(f"incident {incident_id} is closed")
    _unchanged(request, incident.seq)
    return incident_id


def dispatch(state: State, request: Request) -> list[Payload]:
    """Assign units to an open incident: all of them or none, and never a busy one."""
    incident_id = _open_incident(state, request)
    unit_ids = request.args.get("unit_ids")
    if not isinstance(unit_ids, list) or not unit_ids or not all(isinstance(u, str) for u in unit_ids):
        raise Refused("unit_ids: needed, a list of unit ids")
    for unit_id in unit_ids:
        unit = state.units.get(unit_id)
        if unit is None:
            raise Refused(f"unit {unit_id} is unknown")
        if unit.is_busy:
            on = ", ".join(unit.assignments)
            raise Refused(f"unit {unit_id} is {unit.status} on {on}", {"unit_id": unit_id, "incident_id": on})
        if unit.out_of_service:
            raise Refused(f"unit {unit_id} is out of service: {unit.out_of_service}", {"unit_id": unit_id})
    return [UnitDispatched(unit_id=u, incident_id=incident_id) for u in dict.fromkeys(unit_ids)]


def clear_unit(state: State, request: Request) -> list[Payload]:
    unit_id, incident_id = _text(request, "unit_id"), _text(request, "incident_id")
    unit = state.units.get(unit_id)
    if unit is None or incident_id not in unit.assignments:
        raise Refused(f"unit {unit_id} is not on {incident_id}")
    _unchanged(request, unit.seq)
    return [UnitCleared(unit_id=unit_id, incident_id=incident_id)]


def close_incident(state: State, request: Request) -> list[Payload]:
    incident_id = _open_incident(state, request)
    if crew := state.crews.get(incident_id):
        raise Refused(f"units are still assigned: {', '.join(sorted(crew))}")
    return [IncidentClosed(incident_id=incident_id, reason=str(request.args.get("reason", "")))]


def close_case(state: State, request: Request) -> list[Payload]:
    case_id = _text(request, "case_id")
    case = state.cases.get(case_id)
    if case is None or not case.is_open:
        raise Refused(f"case {case_id} is not open")
    _unchanged(request, case.seq)
    return [CaseClosed(case_id=case_id, reason=str(request.args.get("reason", "")))]


def reopen_case(state: State, request: Request) -> list[Payload]:
    case_id = _text(request, "case_id")
    case = state.cases.get(case_id)
    if case is None or case.received_at is None:
        raise Refused(f"case {case_id} is unknown here")
    if case.is_open:
        raise Refused(f"case {case_id} is open")
    _unchanged(request, case.seq)
    return [CaseReopened(case_id=case_id, reason=_text(request, "reason"))]


def erase(state: State, request: Request) -> list[Payload]:
    """Erase a subject's personal fields; the counts stay."""
    return [SubjectErased(erased=_text(request, "subject"))]


VERBS: dict[str, Verb] = {
    "dispatch": dispatch,
    "clear_unit": clear_unit,
    "close_incident": close_incident,
    "close_case": close_case,
    "reopen_case": reopen_case,
    "erase": erase,
    **PUBLISH_VERBS,
}
