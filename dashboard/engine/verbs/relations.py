"""What a dispatcher may ask about how things belong together: link, merge, split, and the promotion of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.engine import arguments as given
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.verbs.incidents import new_incident_id
from dashboard.engine.verbs.reading import known_incident, open_incident, read, sensible, unchanged
from emergency.assignments import STEPS, Doing
from streams.events import (
    CasePromoted,
    IncidentLinked,
    IncidentMerged,
    IncidentPromoted,
    IncidentReceived,
    IncidentSplit,
    Payload,
    UnitDispatched,
    UnitDiverted,
)

if TYPE_CHECKING:
    from dashboard.engine.state import State

STEP_OF = {doing.value: cls for cls, doing in STEPS.items()}


def link(state: State, request: Request) -> Granted:
    """Two incidents have to do with each other, and both go on."""
    asked = read(request, given.Link)
    incident, other = open_incident(state, asked.incident_id), known_incident(state, asked.to)
    unchanged(request, incident.seq)
    _different(asked.incident_id, asked.to)
    if other.incident_id in incident.links:
        raise Refused(f"incidents {asked.incident_id} and {asked.to} are linked already")
    return Granted([IncidentLinked(incident_id=asked.incident_id, to=asked.to, reason=asked.reason)])


def merge(state: State, request: Request) -> Granted:
    """Both are one emergency, led by `into`. Units of the one that is merged go on under the lead as they are."""
    asked = read(request, given.Merge)
    incident, lead = open_incident(state, asked.incident_id), open_incident(state, asked.into)
    unchanged(request, incident.seq)
    _different(asked.incident_id, asked.into)
    sensible(incident, IncidentMerged)
    if incident.exercise != lead.exercise:
        raise Refused("an exercise and an emergency are never one")
    if incident.members:
        raise Refused(f"incident {asked.incident_id} leads {', '.join(incident.members)}: merge the other way round")
    facts: list[Payload] = [IncidentMerged(incident_id=asked.incident_id, into=asked.into, reason=asked.reason)]
    moved = {a.unit_id: a.status for a in incident.assignments if a.is_active}
    for unit_id, status in moved.items():
        facts += _moved(unit_id, status, asked.incident_id, asked.into, unit_id in state.crews.get(asked.into, ()))
    return Granted(facts, {"lead": lead.incident_id, "unit_ids": sorted(moved)})


def _moved(unit_id: str, status: str, incident_id: str, into: str, is_there: bool) -> list[Payload]:
    """The unit leaves the one and is on the other with the status it has."""
    facts: list[Payload] = [UnitDiverted(unit_id=unit_id, incident_id=incident_id, to=into, reason="merged")]
    if is_there:
        return facts
    facts.append(UnitDispatched(unit_id=unit_id, incident_id=into))
    if status in STEP_OF and status != Doing.DISPATCHED:
        facts.append(STEP_OF[status](unit_id=unit_id, incident_id=into))
    return facts


def split(state: State, request: Request) -> Granted:
    """An incident is an emergency of its own after all. Units stay with the lead."""
    asked = read(request, given.Split)
    incident = known_incident(state, asked.incident_id)
    unchanged(request, incident.seq)
    sensible(incident, IncidentSplit)
    lead = incident.merged_into
    fact = IncidentSplit(incident_id=asked.incident_id, of=lead, reason=asked.reason)
    return Granted([fact], {"lead": lead})


def promote_case(state: State, request: Request) -> Granted:
    """Make an incident of a case. The case goes on, and the incident says which it was."""
    asked = read(request, given.PromoteCase)
    case = state.cases.get(asked.case_id)
    if case is None or case.received_at is None:
        raise Refused(f"case {asked.case_id} is unknown here")
    if not case.is_open:
        raise Refused(f"case {asked.case_id} is not open")
    unchanged(request, case.seq)
    for incident in state.incidents.values():
        if incident.case_id == asked.case_id and incident.is_open:
            known = incident.incident_id
            raise Refused(f"case {asked.case_id} is incident {known} already", {"incident_id": known})
    incident_id = new_incident_id(state)
    received = IncidentReceived(
        incident_id=incident_id,
        kind=asked.kind,
        priority=asked.priority,
        lat=case.lat,
        lng=case.lng,
        area=case.area,
        agency=asked.agency,
    )
    promoted = IncidentPromoted(incident_id=incident_id, case_id=asked.case_id)
    stands_for = CasePromoted(case_id=asked.case_id, incident_id=incident_id)
    return Granted([received, promoted, stands_for], {"incident_id": incident_id, "case_id": asked.case_id})


def _different(one: str, other: str) -> None:
    if one == other:
        raise Refused("needs two different incidents")


RELATION_VERBS = {"link": link, "merge": merge, "split": split, "promote_case": promote_case}
