"""What a dispatcher may ask about a major incident: declare it, count the hurt, report, and ask hospitals for room."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from dashboard.engine import arguments as given
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.verbs.reading import clock, moment, open_incident, read, sensible, takes_effect, unchanged
from emergency.incidents import Incident
from emergency.major import REPORT_EVERY, Hospital, Major
from streams.events import (
    HospitalReported,
    IncidentCasualtiesReported,
    IncidentMajorDeclared,
    IncidentSituationReported,
)

if TYPE_CHECKING:
    from dashboard.engine.state import State


def declare_major(state: State, request: Request) -> Granted:
    """Make it a major incident, or say anew who commands and where units gather; what is not given stays."""
    asked = read(request, given.DeclareMajor)
    incident = open_incident(state, asked.incident_id)
    unchanged(request, incident.seq)
    sensible(incident, IncidentMajorDeclared)
    known = incident.major
    if known is None and not asked.commander:
        raise Refused("commander: needed")
    fact = IncidentMajorDeclared(
        incident_id=asked.incident_id,
        commander=asked.commander or (known.commander if known else ""),
        staging=asked.staging or (known.staging if known else ""),
    )
    at = moment(state, asked.at, incident.occurred_at, "it was received")
    takes_effect(state, incident, fact, at)
    before = {"commander": known.commander, "staging": known.staging} if known else {"withdrawn": True}
    return Granted(
        [fact], {"report_due_at": clock((at or state.now) + REPORT_EVERY)} if known is None else {}, before, at
    )


def report_casualties(state: State, request: Request) -> Granted:
    """How many there are in all, by triage category."""
    asked = read(request, given.ReportCasualties)
    incident, major = _major(state, request, asked.incident_id)
    fact = IncidentCasualtiesReported(
        incident_id=asked.incident_id, t1=asked.t1, t2=asked.t2, t3=asked.t3, dead=asked.dead
    )
    at = moment(state, asked.at, major.casualties_at or major.declared_at, "the last count")
    takes_effect(state, incident, fact, at)
    return Granted([fact], before=msgspec.structs.asdict(major.casualties), occurred_at=at)


def report_situation(state: State, request: Request) -> Granted:
    """The commander's report; the words are kept apart, and the next one is due in a quarter of an hour."""
    asked = read(request, given.ReportSituation)
    incident, major = _major(state, request, asked.incident_id)
    fact = IncidentSituationReported(incident_id=asked.incident_id, report_id=request.request_id, text=asked.text)
    at = moment(state, asked.at, major.reported_at or major.declared_at, "the last report")
    takes_effect(state, incident, fact, at)
    due_at: datetime = (at or state.now) + REPORT_EVERY
    return Granted([fact], {"report_id": request.request_id, "report_due_at": clock(due_at)}, occurred_at=at)


def report_hospital(state: State, request: Request) -> Granted:
    """How many patients of each category a hospital can take now."""
    asked = read(request, given.ReportHospital)
    known: Hospital | None = state.hospital_room.documents.get(asked.hospital)
    if known is not None:
        unchanged(request, known.seq)
    at = moment(state, asked.at, known.at if known else None, "what it said last")
    fact = HospitalReported(hospital=asked.hospital, t1=asked.t1, t2=asked.t2, t3=asked.t3)
    before: dict[str, Any] = {} if known is None else {"t1": known.t1, "t2": known.t2, "t3": known.t3}
    return Granted([fact], before=before, occurred_at=at)


def _major(state: State, request: Request, incident_id: str) -> tuple[Incident, Major]:
    incident = open_incident(state, incident_id)
    unchanged(request, incident.seq)
    if incident.major is None:
        raise Refused(f"incident {incident_id} is no major incident: declare it")
    return incident, incident.major


MAJOR_VERBS = {
    "declare_major": declare_major,
    "report_casualties": report_casualties,
    "report_situation": report_situation,
    "report_hospital": report_hospital,
}
