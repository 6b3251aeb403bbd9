"""What a dispatcher may ask about units: send, divert, queue, call back and clear them, and say what radio brings.

No unit is on two incidents unless it was diverted (then it left the first) or the second only waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dashboard.engine import arguments as given
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.verbs.reading import (
    about_unit,
    clock,
    known_unit,
    moment,
    open_incident,
    read,
    same_status,
    unchanged,
)
from dashboard.engine.verbs.relations import STEP_OF
from emergency.assignments import RANK, Assignment, Doing, assignment_of
from emergency.incidents import Incident
from emergency.units import Unit, fold_unit
from streams.events import (
    Payload,
    Recording,
    UnitCleared,
    UnitDispatched,
    UnitDiverted,
    UnitPayload,
    UnitRecalled,
    UnitSignalled,
    UnitStacked,
)

if TYPE_CHECKING:
    from dashboard.engine.state import State

CARRYING = frozenset({Doing.TRANSPORTING.value, Doing.AT_HOSPITAL.value})


def dispatch(state: State, request: Request) -> Granted:
    """Assign units to an open incident: all of them or none, and never a busy one."""
    asked = read(request, given.Dispatch)
    incident = open_incident(state, asked.incident_id)
    unchanged(request, incident.seq)
    _as_displayed(state, asked.expected, incident.seq)
    at = moment(state, asked.at, incident.reopened_at or incident.occurred_at, "it was received")
    facts: list[Payload] = []
    for unit_id in dict.fromkeys(asked.unit_ids):
        unit = known_unit(state, unit_id)
        _free(unit)
        fact = _assigned(unit, asked.incident_id)
        _takes_effect(state, unit, fact, at)
        facts.append(fact)
    return Granted(facts, occurred_at=at)


def _assigned(unit: Unit, incident_id: str) -> UnitDispatched:
    """The fact with the unit's kind and home: whoever is told of it, a station's printer, knows whether it is meant."""
    return UnitDispatched(unit_id=unit.unit_id, incident_id=incident_id, kind=unit.kind, station=unit.station)


def _as_displayed(state: State, expected: Sequence[given.SeenUnit], version: int) -> None:
    """Raises Refused with the difference when a unit's status changed since it was shown; a position is no change."""
    units = [(seen, known_unit(state, seen.unit_id)) for seen in expected]
    changed = [unit for seen, unit in units if unit.status_seq > seen.version]
    if changed:
        said = ", ".join(f"{unit.unit_id} is {unit.status}{_where(unit)}" for unit in changed)
        detail = {"changed": [_difference(unit) for unit in changed], "version": version}
        raise Refused(f"changed since you saw it: {said}", detail)


def _where(unit: Unit) -> str:
    return f" on {', '.join(unit.assignments)}" if unit.is_busy else ""


def _difference(unit: Unit) -> dict[str, Any]:
    return {
        "unit_id": unit.unit_id,
        "version": unit.seq,
        "status": unit.status,
        "incident_ids": list(unit.assignments),
        "reason": unit.out_of_service or unit.out_of_contact,
        "status_at": unit.status_at,
        "status_by": unit.status_by,
    }


def _free(unit: Unit) -> None:
    """Raises Refused for a unit that is at work or not in service."""
    if unit.is_busy:
        on = ", ".join(unit.assignments)
        raise Refused(f"unit {unit.unit_id} is {unit.status} on {on}", about_unit(unit, incident_id=on))
    if unit.out_of_service:
        raise Refused(f"unit {unit.unit_id} is out of service: {unit.out_of_service}", about_unit(unit))


def _takes_effect(state: State, unit: Unit, fact: UnitPayload, at: datetime | None) -> None:
    """Raises Refused when the fact, as of its time, would change nothing: then an answer "done" would be a lie."""
    recording = Recording(at=state.now, occurred_at=at or state.now, seq=unit.seq)
    if fold_unit(unit, fact, recording) is unit:
        incident_id = getattr(fact, "incident_id", "")
        cleared = unit.cleared.get(incident_id)
        since = f", which it left at {clock(cleared)}" if cleared is not None else ""
        about = f"{incident_id}{since}" if incident_id else unit.status
        raise Refused(f"unit {unit.unit_id}: that changes nothing on {about}", about_unit(unit, version=unit.seq))


def _on(state: State, request: Request, unit_id: str, incident_id: str) -> Unit:
    """A unit at work on an incident. Raises Refused."""
    unit = state.units.get(unit_id)
    if unit is None or incident_id not in unit.assignments:
        raise Refused(f"unit {unit_id} is not on {incident_id}")
    found: Unit = unit
    same_status(request, found)
    return found


def acknowledge(state: State, request: Request) -> Granted:
    """The crew has understood, said by radio."""
    asked = read(request, given.Acknowledge)
    return _step(state, request, asked.unit_id, asked.incident_id, Doing.ACKNOWLEDGED.value, asked.at)


def report(state: State, request: Request) -> Granted:
    """What radio brings of a unit at work: the next step, or an earlier one that nobody had written down."""
    asked = read(request, given.Report)
    return _step(state, request, asked.unit_id, asked.incident_id, asked.status, asked.at)


def _step(state: State, request: Request, unit_id: str, incident_id: str, status: str, at: datetime | None) -> Granted:
    unit = _on(state, request, unit_id, incident_id)
    run = _run(state, unit_id, incident_id)
    when = moment(state, at, run.dispatched_at if run else None, "it was dispatched")
    if getattr(run, f"{status.replace('-', '_')}_at", None) is not None:
        raise Refused(f"unit {unit_id} is {unit.assignments[incident_id]} on {incident_id} already", about_unit(unit))
    if when is None and RANK[status] <= RANK[unit.assignments[incident_id]]:
        now = unit.assignments[incident_id]
        raise Refused(f"unit {unit_id} is {now} on {incident_id}; say when it was {status}", about_unit(unit))
    fact = STEP_OF[status](unit_id=unit_id, incident_id=incident_id)
    return Granted([fact], occurred_at=when)


def _run(state: State, unit_id: str, incident_id: str) -> Assignment | None:
    incident = state.incidents.get(incident_id)
    return assignment_of(incident.assignments, unit_id) if incident is not None else None


def divert(state: State, request: Request) -> Granted:
    """Move a unit in one decision: it leaves where it was, which is queued again, and the answer says so."""
    asked = read(request, given.Divert)
    incident = open_incident(state, asked.incident_id)
    unchanged(request, incident.seq)
    unit = known_unit(state, asked.unit_id)
    if asked.incident_id in unit.assignments:
        raise Refused(f"unit {asked.unit_id} is {unit.status} on {asked.incident_id} already", about_unit(unit))
    if not unit.is_busy:
        raise Refused(f"unit {asked.unit_id} is {unit.status}: dispatch it", about_unit(unit))
    if unit.status in CARRYING:
        raise Refused(f"unit {asked.unit_id} is {unit.status} with a patient", about_unit(unit))
    if unit.out_of_service:
        raise Refused(f"unit {asked.unit_id} is out of service: {unit.out_of_service}", about_unit(unit))
    _no_exercise(state, unit, incident)
    facts: list[Payload] = []
    for left in unit.assignments:
        leaving = UnitDiverted(unit_id=asked.unit_id, incident_id=left, to=asked.incident_id, reason=asked.reason)
        _takes_effect(state, unit, leaving, None)
        facts.append(leaving)
    going = _assigned(unit, asked.incident_id)
    _takes_effect(state, unit, going, None)
    robbed = [_robbed(state, left, asked.unit_id) for left in unit.assignments]
    return Granted([*facts, going], {"unit_id": asked.unit_id, "robbed": robbed})


def _no_exercise(state: State, unit: Unit, incident: Incident) -> None:
    """Raises Refused when an exercise would take a unit from an emergency."""
    works_at = [known for left in unit.assignments if (known := state.incidents.get(left)) is not None]
    if incident.exercise and not all(known.exercise for known in works_at):
        raise Refused(f"unit {unit.unit_id} works at an emergency: no exercise takes it away", about_unit(unit))


def _robbed(state: State, incident_id: str, unit_id: str) -> dict[str, Any]:
    """What the person must know of an incident that lost a unit: how grave it is and who is left there."""
    rest = sorted(state.crews.get(incident_id, set()) - {unit_id})
    incident = state.incidents.get(incident_id)
    told = {"kind": incident.kind, "priority": incident.priority} if incident is not None else {}
    return {"incident_id": incident_id, **told, "unit_ids": rest, "requeued": not rest}


def stack(state: State, request: Request) -> Granted:
    """Let an incident wait for a unit that is at work; nothing is sent until somebody sends it."""
    asked = read(request, given.OfAssignment)
    unchanged(request, open_incident(state, asked.incident_id).seq)
    unit = known_unit(state, asked.unit_id)
    if asked.incident_id in unit.assignments:
        raise Refused(f"unit {asked.unit_id} is {unit.status} on {asked.incident_id} already", about_unit(unit))
    if not unit.is_busy:
        raise Refused(f"unit {asked.unit_id} is {unit.status}: dispatch it", about_unit(unit))
    if asked.incident_id in unit.stacked:
        raise Refused(f"incident {asked.incident_id} waits for unit {asked.unit_id} already", about_unit(unit))
    fact = UnitStacked(unit_id=asked.unit_id, incident_id=asked.incident_id)
    return Granted([fact], {"stacked": [*unit.stacked, asked.incident_id]})


def stand_down(state: State, request: Request) -> Granted:
    """Call a unit back before it arrives."""
    asked = read(request, given.StandDown)
    unit = _on(state, request, asked.unit_id, asked.incident_id)
    status = unit.assignments[asked.incident_id]
    if RANK[status] >= RANK[Doing.ON_SCENE]:
        raise Refused(f"unit {asked.unit_id} is {status} on {asked.incident_id}: clear it", about_unit(unit))
    fact = UnitRecalled(unit_id=asked.unit_id, incident_id=asked.incident_id, reason=asked.reason)
    return _leaving(state, unit, fact, asked.incident_id, asked.at)


def clear_unit(state: State, request: Request) -> Granted:
    """The unit is done there; the answer names what waits for it."""
    asked = read(request, given.ClearUnit)
    unit = _on(state, request, asked.unit_id, asked.incident_id)
    fact = UnitCleared(unit_id=asked.unit_id, incident_id=asked.incident_id)
    return _leaving(state, unit, fact, asked.incident_id, asked.at)


def _leaving(
    state: State, unit: Unit, fact: UnitRecalled | UnitCleared, incident_id: str, at: datetime | None
) -> Granted:
    when = moment(state, at, unit.began.get(incident_id), "it was dispatched")
    _takes_effect(state, unit, fact, when)
    detail: dict[str, Any] = {"next": unit.stacked[0]} if unit.stacked else {}
    return Granted([fact], detail, occurred_at=when)


def signal_unit(state: State, request: Request) -> Granted:
    """Whether a unit can be sent, as its crew or its station says."""
    asked = read(request, given.SignalUnit)
    unit = known_unit(state, asked.unit_id)
    same_status(request, unit)
    fact = UnitSignalled(unit_id=asked.unit_id, status=asked.status, reason=asked.reason)
    _takes_effect(state, unit, fact, None)
    return Granted([fact])


UNIT_VERBS = {
    "dispatch": dispatch,
    "acknowledge": acknowledge,
    "report": report,
    "divert": divert,
    "stack": stack,
    "stand_down": stand_down,
    "clear_unit": clear_unit,
    "signal_unit": signal_unit,
}
