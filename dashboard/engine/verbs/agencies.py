"""What a dispatcher may ask about other agencies: their help, handing an incident over, and the way back to a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.engine import arguments as given
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.verbs.reading import (
    clock,
    known_incident,
    moment,
    open_incident,
    read,
    sensible,
    takes_effect,
    unchanged,
)
from dashboard.engine.verbs.situations import no_incident
from emergency import agencies, handover
from streams.events import (
    CaseDemoted,
    CaseReopened,
    IncidentAgencyAnswered,
    IncidentAgencyAsked,
    IncidentDemoted,
    IncidentHandedOver,
    IncidentHandOverAnswered,
    Payload,
)

if TYPE_CHECKING:
    from dashboard.engine.state import State

HOTLINE_ROLE = "hotline"


def ask_agency(state: State, request: Request) -> Granted:
    """Ask another agency to help. Who leads stays; its answer has a clock of its own."""
    asked = read(request, given.AskAgency)
    incident = open_incident(state, asked.incident_id)
    unchanged(request, incident.seq)
    sensible(incident, IncidentAgencyAsked)
    _known_agency(state, asked.agency)
    _unless(agencies.refuse_ask(incident.agencies, asked.agency, incident.agency))
    fact = IncidentAgencyAsked(incident_id=asked.incident_id, agency=asked.agency, reason=asked.reason)
    at = moment(state, asked.at, incident.occurred_at, "it was received")
    takes_effect(state, incident, fact, at)
    return Granted([fact], occurred_at=at)


def answer_agency(state: State, request: Request) -> Granted:
    """What an agency said that was asked."""
    asked = read(request, given.AnswerAgency)
    incident = known_incident(state, asked.incident_id)
    unchanged(request, incident.seq)
    _unless(agencies.refuse_answer(incident.agencies, asked.agency, asked.answer))
    known = agencies.asked_of(incident.agencies, asked.agency)
    at = moment(state, asked.at, known.asked_at if known else None, "it was asked")
    fact = IncidentAgencyAnswered(
        incident_id=asked.incident_id, agency=asked.agency, answer=asked.answer, reason=asked.reason
    )
    takes_effect(state, incident, fact, at)
    return Granted([fact], occurred_at=at)


def hand_over(state: State, request: Request) -> Granted:
    """Offer the incident to another number. It stays with its giver until the other side accepts, in time."""
    asked = read(request, given.HandOver)
    incident = open_incident(state, asked.incident_id)
    unchanged(request, incident.seq)
    sensible(incident, IncidentHandedOver)
    parties = handover.parties(state.city.agencies)
    if parties and asked.to not in parties:
        raise Refused(f"to: one of {', '.join(parties)}", {"parties": list(parties)})
    _as_hotline(request, incident.agency, "leads")
    _unless(handover.refuse_offer(incident.handover, asked.to, incident.agency))
    due_at = state.now + state.alarm_room.settings.hand_over_within(incident.priority)
    fact = IncidentHandedOver(
        incident_id=asked.incident_id, to=asked.to, reason=asked.reason, informed=asked.informed, due_at=due_at
    )
    takes_effect(state, incident, fact, None)
    return Granted([fact], {"due_at": clock(due_at)})


def answer_hand_over(state: State, request: Request) -> Granted:
    """What the other side said, or that the caller was told; accepted, the incident is theirs to lead."""
    asked = read(request, given.AnswerHandOver)
    incident = open_incident(state, asked.incident_id)
    unchanged(request, incident.seq)
    known = incident.handover
    _unless(handover.refuse_answer(known, asked.answer))
    if known is not None:
        _as_hotline(request, known.giver if asked.answer == handover.INFORMED else known.to, "is asked")
    at = moment(state, asked.at, known.offered_at if known else None, "it was offered")
    fact = IncidentHandOverAnswered(
        incident_id=asked.incident_id, answer=asked.answer, reason=asked.reason, informed=asked.informed
    )
    takes_effect(state, incident, fact, at)
    return Granted([fact], occurred_at=at)


def _as_hotline(request: Request, whose: str, how: str) -> None:
    """Who works at the hotline speaks for it alone: it offers what it leads or nobody does, and answers for itself."""
    if request.role == HOTLINE_ROLE and whose not in ("", handover.HOTLINE):
        raise Refused(f"{whose} {how}: that is for its dispatchers to say", {"agency": whose})


def demote_incident(state: State, request: Request) -> Granted:
    """It was no emergency: back to the case that it was made of, which is opened again if it was closed meanwhile."""
    asked = read(request, given.DemoteIncident)
    incident = open_incident(state, asked.incident_id)
    unchanged(request, incident.seq)
    if not incident.case_id:
        raise Refused(f"incident {asked.incident_id} was not made of a case: close or cancel it")
    if crew := sorted(state.crews.get(asked.incident_id, ())):
        raise Refused(f"units are still assigned: {', '.join(crew)}", {"unit_ids": crew})
    sensible(incident, IncidentDemoted)
    case = state.cases.get(incident.case_id)
    if case is None or case.received_at is None:
        raise Refused(f"case {incident.case_id} is unknown here by now: close the incident")
    facts: list[Payload] = [
        IncidentDemoted(incident_id=asked.incident_id, case_id=case.case_id, reason=asked.reason),
        CaseDemoted(case_id=case.case_id, incident_id=asked.incident_id, reason=asked.reason),
    ]
    if not case.is_open:
        facts.append(CaseReopened(case_id=case.case_id, reason=asked.reason))
    facts += no_incident(state, asked.incident_id, asked.reason, but=case.case_id)
    return Granted(facts, {"case_id": case.case_id}, {"reopened": not case.is_open})


def _known_agency(state: State, agency: str) -> None:
    known = state.city.agencies
    if known and agency not in known:
        raise Refused(f"agency: one of {', '.join(known)}", {"agencies": list(known)})


def _unless(objection: str) -> None:
    if objection:
        raise Refused(objection)


AGENCY_VERBS = {
    "ask_agency": ask_agency,
    "answer_agency": answer_agency,
    "hand_over": hand_over,
    "answer_hand_over": answer_hand_over,
    "demote_incident": demote_incident,
}
