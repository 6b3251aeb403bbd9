"""Taking back one's own last act within half a minute: by facts that compensate it, or refused with the reason.

An act is only taken back while nothing later rests on it. What was said by a crew or written down is not taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dashboard.engine import arguments as given
from dashboard.engine.acts import Act
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.verbs.alarms import ALARM_STAYS, ALARM_UNDOING
from dashboard.engine.verbs.matters import MATTER_UNDOING
from dashboard.engine.verbs.reading import known_incident, read
from dashboard.engine.verbs.situation_merges import SITUATION_MERGE_UNDOING
from dashboard.engine.verbs.situations import SITUATION_UNDOING, an_incident_again
from dashboard.engine.verbs.undo_cases import CASE_STAYS, CASE_UNDOING
from emergency.agencies import asked_of
from emergency.assignments import RANK, Assignment, Doing, assignment_of
from emergency.incidents import Incident, Step
from streams.events import (
    CaseClosed,
    CaseDemoted,
    CasePromoted,
    HospitalReported,
    IncidentAgencyAsked,
    IncidentAgencyReleased,
    IncidentAlarmRaised,
    IncidentCancelled,
    IncidentCasualtiesReported,
    IncidentClosed,
    IncidentDemoted,
    IncidentEscalated,
    IncidentHandedOver,
    IncidentHandOverReturned,
    IncidentLinked,
    IncidentMajorDeclared,
    IncidentMerged,
    IncidentReceived,
    IncidentRelocated,
    IncidentReopened,
    IncidentSplit,
    IncidentTriaged,
    IncidentUnlinked,
    Payload,
    TaskClosed,
    TaskReopened,
    UnitCleared,
    UnitDispatched,
    UnitDiverted,
    UnitRecalled,
    UnitRestored,
    UnitStacked,
    UnitUnstacked,
)

if TYPE_CHECKING:
    from dashboard.engine.state import State

WITHIN = timedelta(seconds=30)
WHY = "undone"
ENDS = frozenset({"closed", "cancelled", "merged"})
Undoing = Callable[["State", Act], list[Payload]]


def undo(state: State, request: Request) -> Granted:
    """Take back the last act of the person who asks."""
    asked = read(request, given.Undo)
    act: Act | None = state.acts.last.get(request.actor)
    if act is None:
        raise Refused("nothing of yours to undo")
    if asked.request and asked.request != act.request_id:
        raise Refused(f"your last act is another one: {act.verb}", {"verb": act.verb, "request": act.request_id})
    if request.decided_at is not None and request.decided_at - act.at > WITHIN:
        raise Refused(f"{act.verb}: more than {WITHIN.seconds} s ago", {"verb": act.verb})
    undoing = UNDOING.get(act.verb)
    if undoing is None:
        raise Refused(f"{act.verb} cannot be undone: {STAYS.get(act.verb, 'it has a request of its own')}")
    return Granted(undoing(state, act), {"undone": act.verb, "request": act.request_id})


# what later facts may rest on an act


def _later(incident: Incident, act: Act) -> tuple[Step, ...]:
    """What happened to an incident after the act."""
    n = incident.told - act.marks.get(incident.incident_id, incident.told)
    return incident.steps[-n:] if n else ()


def _rests(state: State, act: Act, incident_id: str, on: Iterable[str] | None = None) -> Incident:
    """The incident of an act. Raises Refused when something that rests on the act happened since (None: anything)."""
    incident = known_incident(state, incident_id)
    for step in _later(incident, act):
        if on is None or step.what in on:
            raise Refused(
                f"incident {incident_id} was {step.what} by {step.by} since",
                {"incident_id": incident_id, "what": step.what, "by": step.by},
            )
    return incident


def _run(state: State, unit_id: str, incident_id: str) -> Assignment:
    incident = known_incident(state, incident_id)
    run = assignment_of(incident.assignments, unit_id)
    if run is None:
        raise Refused(f"unit {unit_id} is not on {incident_id}")
    return run


def _unheard(state: State, unit_id: str, incident_id: str) -> None:
    """Raises Refused when the crew knows of its assignment, or it has ended: then only standing it down is honest."""
    run = _run(state, unit_id, incident_id)
    if not run.is_active:
        raise Refused(f"unit {unit_id} has left {incident_id} since")
    if RANK[run.status] >= RANK[Doing.ACKNOWLEDGED]:
        way = "stand_down" if RANK[run.status] < RANK[Doing.ON_SCENE] else "clear_unit"
        detail = {"verb": way, "unit_id": unit_id, "incident_id": incident_id}
        raise Refused(f"unit {unit_id} is {run.status} on {incident_id}: {way}", detail)


def _back(state: State, unit_id: str, incident_id: str) -> UnitRestored:
    """The unit is there again as it was. Raises Refused when it does something else by now."""
    unit = state.units[unit_id]
    if unit.is_busy:
        raise Refused(f"unit {unit_id} is {unit.status} on {', '.join(unit.assignments)} since", {"unit_id": unit_id})
    return _restored(state, unit_id, incident_id)


def _restored(state: State, unit_id: str, incident_id: str) -> UnitRestored:
    status = _run(state, unit_id, incident_id).status or Doing.DISPATCHED.value
    return UnitRestored(unit_id=unit_id, incident_id=incident_id, status=status)


def _only(act: Act, kind: type[Payload]) -> Any:
    return next(act.payloads(kind))


# one for each verb


def _created(state: State, act: Act) -> list[Payload]:
    incident_id = _only(act, IncidentReceived).incident_id
    _rests(state, act, incident_id)
    if crew := state.crews.get(incident_id):
        raise Refused(f"units are assigned to {incident_id} since: {', '.join(sorted(crew))}")
    return [IncidentCancelled(incident_id=incident_id, reason=WHY)]


def _promoted(state: State, act: Act) -> list[Payload]:
    fact = _only(act, CasePromoted)
    return [*_created(state, act), CaseDemoted(case_id=fact.case_id, incident_id=fact.incident_id, reason=WHY)]


def _demoted(state: State, act: Act) -> list[Payload]:
    fact = _only(act, IncidentDemoted)
    _rests(state, act, fact.incident_id, {"reopened"})
    case = state.cases.get(fact.case_id)
    if case is None or not case.is_open:
        raise Refused(f"case {fact.case_id} was closed since", {"case_id": fact.case_id})
    if case.promoted_at is not None:
        raise Refused(f"case {fact.case_id} is incident {case.incident_id} since", {"incident_id": case.incident_id})
    facts: list[Payload] = [
        IncidentReopened(incident_id=fact.incident_id, reason=WHY),
        CasePromoted(case_id=fact.case_id, incident_id=fact.incident_id),
        *an_incident_again(act, fact.case_id),
    ]
    return [*facts, CaseClosed(case_id=fact.case_id, reason=WHY)] if act.before["reopened"] else facts


def _asked(state: State, act: Act) -> list[Payload]:
    fact = _only(act, IncidentAgencyAsked)
    known = asked_of(known_incident(state, fact.incident_id).agencies, fact.agency)
    if known is None or not known.is_waiting:
        raise Refused(f"{fact.agency} has answered since", {"incident_id": fact.incident_id})
    return [IncidentAgencyReleased(incident_id=fact.incident_id, agency=fact.agency, reason=WHY)]


def _handed_over(state: State, act: Act) -> list[Payload]:
    fact = _only(act, IncidentHandedOver)
    known = known_incident(state, fact.incident_id).handover
    if known is None or not known.is_offered:
        raise Refused(f"{fact.to} has answered since, or the time ran out", {"incident_id": fact.incident_id})
    return [IncidentHandOverReturned(incident_id=fact.incident_id, due_at=known.due_at, reason=WHY)]


def _declared_major(state: State, act: Act) -> list[Payload]:
    incident_id = _only(act, IncidentMajorDeclared).incident_id
    _rests(state, act, incident_id, {"major_declared", "casualties_reported", "situation_reported"} | ENDS)
    return [IncidentMajorDeclared(incident_id=incident_id, **act.before)]


def _casualties(state: State, act: Act) -> list[Payload]:
    incident_id = _only(act, IncidentCasualtiesReported).incident_id
    _rests(state, act, incident_id, {"casualties_reported", "major_declared"} | ENDS)
    return [IncidentCasualtiesReported(incident_id=incident_id, **act.before)]


def _hospital(state: State, act: Act) -> list[Payload]:
    fact = _only(act, HospitalReported)
    known = state.hospital_room.documents[fact.hospital]
    if not act.before:
        raise Refused(f"{fact.hospital} had said nothing before: report what is so")
    if (known.t1, known.t2, known.t3) != (fact.t1, fact.t2, fact.t3):
        raise Refused(f"{fact.hospital} said something else since", {"by": known.by})
    return [HospitalReported(hospital=fact.hospital, **act.before)]


def _called_back(state: State, act: Act) -> list[Payload]:
    """The end of a task is taken back; that somebody called is not."""
    fact = next(act.payloads(TaskClosed), None)
    if fact is None:
        raise Refused("call_back cannot be undone: the call was made")
    task = state.task_room.documents.get(fact.task_id)
    if task is None or task.is_open:
        raise Refused(f"task {fact.task_id} is open again since")
    return [TaskReopened(task_id=fact.task_id, reason=WHY)]


def _triaged(state: State, act: Act) -> list[Payload]:
    incident_id = _only(act, IncidentTriaged).incident_id
    _rests(state, act, incident_id, {"triaged", "escalated"} | ENDS)
    before = act.before
    return [
        IncidentTriaged(
            incident_id=incident_id,
            kind=before["kind"],
            priority=before["priority"],
            reason=WHY,
            withdrawn=before["withdrawn"],
        )
    ]


def _escalated(state: State, act: Act) -> list[Payload]:
    incident_id = _only(act, IncidentEscalated).incident_id
    _rests(state, act, incident_id, {"triaged", "escalated"} | ENDS)
    return [IncidentEscalated(incident_id=incident_id, priority=act.before["priority"], reason=WHY)]


def _alarm_raised(state: State, act: Act) -> list[Payload]:
    incident_id = _only(act, IncidentAlarmRaised).incident_id
    _rests(state, act, incident_id, {"alarm_raised"} | ENDS)
    return [IncidentAlarmRaised(incident_id=incident_id, alarm=act.before["alarm"], reason=WHY)]


def _relocated(state: State, act: Act) -> list[Payload]:
    incident_id = _only(act, IncidentRelocated).incident_id
    _rests(state, act, incident_id, {"relocated"} | ENDS)
    return [IncidentRelocated(incident_id=incident_id, reason=WHY, **act.before)]


def _cancelled(state: State, act: Act) -> list[Payload]:
    incident_id = _only(act, IncidentCancelled).incident_id
    _rests(state, act, incident_id, {"reopened"})
    back = [_back(state, fact.unit_id, incident_id) for fact in act.payloads(UnitRecalled)]
    return [IncidentReopened(incident_id=incident_id, reason=WHY), *back]


def _closed(state: State, act: Act) -> list[Payload]:
    incident_id = _only(act, IncidentClosed).incident_id
    _rests(state, act, incident_id, {"reopened"})
    return [IncidentReopened(incident_id=incident_id, reason=WHY)]


def _reopened(state: State, act: Act) -> list[Payload]:
    incident_id = _only(act, IncidentReopened).incident_id
    _rests(state, act, incident_id)
    if crew := state.crews.get(incident_id):
        raise Refused(f"units are assigned to {incident_id} since: {', '.join(sorted(crew))}")
    if act.before["cancelled"]:
        return [IncidentCancelled(incident_id=incident_id, reason=WHY)]
    return [IncidentClosed(incident_id=incident_id, reason=WHY)]


def _linked(state: State, act: Act) -> list[Payload]:
    fact = _only(act, IncidentLinked)
    _rests(state, act, fact.incident_id, {"unlinked"})
    return [IncidentUnlinked(incident_id=fact.incident_id, to=fact.to, reason=WHY)]


def _merged(state: State, act: Act) -> list[Payload]:
    fact = _only(act, IncidentMerged)
    _rests(state, act, fact.incident_id, {"split", "closed", "cancelled"})
    _rests(state, act, fact.into, {"closed", "cancelled", "merged"})
    facts: list[Payload] = [IncidentSplit(incident_id=fact.incident_id, of=fact.into, reason=WHY)]
    brought = {step.unit_id for step in act.payloads(UnitDispatched)}
    for moved in act.payloads(UnitDiverted):
        facts += _moved_back(state, moved, moved.unit_id in brought)
    return facts


def _moved_back(state: State, moved: UnitDiverted, brought: bool) -> list[Payload]:
    """A unit that a merge moved goes back as long as it stands where the merge put it."""
    run = _run(state, moved.unit_id, moved.to)
    before = _run(state, moved.unit_id, moved.incident_id)
    if not run.is_active or (brought and run.status != before.status):
        raise Refused(f"unit {moved.unit_id} went on since", {"unit_id": moved.unit_id, "incident_id": moved.to})
    facts: list[Payload] = [_restored(state, moved.unit_id, moved.incident_id)]
    if brought:
        facts.insert(0, UnitRecalled(unit_id=moved.unit_id, incident_id=moved.to, reason=WHY))
    return facts


def _split(state: State, act: Act) -> list[Payload]:
    fact = _only(act, IncidentSplit)
    _rests(state, act, fact.incident_id)
    _rests(state, act, fact.of, ENDS)
    return [IncidentMerged(incident_id=fact.incident_id, into=fact.of, reason=WHY)]


def _dispatched(state: State, act: Act) -> list[Payload]:
    facts: list[Payload] = []
    for fact in act.payloads(UnitDispatched):
        _unheard(state, fact.unit_id, fact.incident_id)
        facts.append(UnitRecalled(unit_id=fact.unit_id, incident_id=fact.incident_id, reason=WHY))
    return facts


def _diverted(state: State, act: Act) -> list[Payload]:
    went = _only(act, UnitDispatched)
    _unheard(state, went.unit_id, went.incident_id)
    facts: list[Payload] = [UnitRecalled(unit_id=went.unit_id, incident_id=went.incident_id, reason=WHY)]
    for left in act.payloads(UnitDiverted):
        if not known_incident(state, left.incident_id).is_open:
            raise Refused(f"incident {left.incident_id} is over since", {"incident_id": left.incident_id})
        facts.append(_restored(state, left.unit_id, left.incident_id))
    return facts


def _left(state: State, act: Act) -> list[Payload]:
    fact = next(act.payloads(UnitRecalled, UnitCleared))
    _rests(state, act, fact.incident_id, ENDS)
    return [_back(state, fact.unit_id, fact.incident_id)]


def _stacked(state: State, act: Act) -> list[Payload]:
    fact = _only(act, UnitStacked)
    if fact.incident_id not in state.units[fact.unit_id].stacked:
        raise Refused(f"incident {fact.incident_id} does not wait for unit {fact.unit_id} any more")
    return [UnitUnstacked(unit_id=fact.unit_id, incident_id=fact.incident_id)]


UNDOING: dict[str, Undoing] = {
    "create_incident": _created,
    "promote_case": _promoted,
    "demote_incident": _demoted,
    "ask_agency": _asked,
    "hand_over": _handed_over,
    "declare_major": _declared_major,
    "report_casualties": _casualties,
    "report_hospital": _hospital,
    "call_back": _called_back,
    "triage": _triaged,
    "escalate": _escalated,
    "further_alarm": _alarm_raised,
    "relocate": _relocated,
    "cancel": _cancelled,
    "close_incident": _closed,
    "reopen_incident": _reopened,
    "link": _linked,
    "merge": _merged,
    "split": _split,
    "dispatch": _dispatched,
    "divert": _diverted,
    "stand_down": _left,
    "clear_unit": _left,
    "stack": _stacked,
    **ALARM_UNDOING,
    **CASE_UNDOING,
    **SITUATION_UNDOING,
    **SITUATION_MERGE_UNDOING,
    **MATTER_UNDOING,
}
STAYS: dict[str, str] = {
    "note": "what was written stays; write another note",
    "acknowledge": "a crew said so",
    "report": "a crew said so",
    "contain": "a crew said so",
    "answer_agency": "the agency said so; write down what it says now",
    "answer_hand_over": "the other side said so; hand it over anew",
    "report_situation": "what was reported stays; report again",
    "signal_unit": "a crew said so; signal what is so now",
    **ALARM_STAYS,
    **CASE_STAYS,
    "undo": "do again what you want done",
}
