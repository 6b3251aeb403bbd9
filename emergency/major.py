"""A major incident: who commands, where units gather, how many are hurt, and the report that is due now and then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from streams.events import (
    HospitalPayload,
    HospitalReported,
    IncidentCasualtiesReported,
    IncidentMajorDeclared,
    IncidentPayload,
    IncidentSituationDue,
    IncidentSituationReported,
    Recording,
)

if TYPE_CHECKING:
    from emergency.incidents import Incident

REPORT_EVERY = timedelta(minutes=15)  # a setting of this product, not a standard's
CAPACITY_HOLDS = timedelta(hours=2)  # an older figure of a hospital is shown as old


class Casualties(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """How many in all, by triage category: T1 immediate, T2 urgent, T3 delayed, and dead."""

    t1: int = 0
    t2: int = 0
    t3: int = 0
    dead: int = 0


class Major(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What makes an incident a major one. Times are times outside; `report_due_at` is when the next report is due,
    `overdue_at` the due time of one that has not come.
    """

    commander: str = ""
    staging: str = ""
    declared_at: datetime
    declared_by: str = ""
    casualties: Casualties = Casualties()
    casualties_at: datetime | None = None
    reports: int = 0
    reported_at: datetime | None = None
    last_report: str = ""  # its id: the words stand apart
    report_due_at: datetime
    overdue_at: datetime | None = None


class Hospital(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """How many patients of each category a hospital can take, as it said last."""

    hospital: str
    t1: int = 0
    t2: int = 0
    t3: int = 0
    at: datetime
    by: str = ""
    seq: int = 0


Changes = dict[str, Any]


def report_due(incident: Incident, now: datetime) -> IncidentSituationDue | None:
    """The fact that a situation report is overdue at `now`, once per report, or None."""
    due_at = next_report(incident)
    if due_at is None or now < due_at:
        return None
    return IncidentSituationDue(incident_id=incident.incident_id, due_at=due_at)


def next_report(incident: Incident) -> datetime | None:
    """When the next report becomes overdue, or None: no major incident, over, or overdue already."""
    major = incident.major
    if major is None or not incident.is_open or major.overdue_at is not None:
        return None
    return major.report_due_at


def fold_hospital(hospital: Hospital | None, payload: HospitalPayload, recording: Recording) -> Hospital | None:
    """What is known of a hospital after one fact; an older figure does not replace a newer one."""
    if not isinstance(payload, HospitalReported) or (hospital is not None and recording.occurred_at < hospital.at):
        return hospital
    said: dict[str, Any] = {
        "t1": payload.t1,
        "t2": payload.t2,
        "t3": payload.t3,
        "at": recording.occurred_at,
        "by": recording.by,
    }
    if hospital is not None and all(getattr(hospital, name) == value for name, value in said.items()):
        return hospital
    return Hospital(hospital=payload.hospital, seq=recording.seq, **said)


def _declared(incident: Incident, payload: IncidentMajorDeclared, recording: Recording) -> Changes:
    known, at = incident.major, recording.occurred_at
    if payload.withdrawn:
        return {"major": None} if known is not None and at >= known.declared_at else {}
    if known is None:
        due_at = at + REPORT_EVERY
        major = Major(declared_at=at, declared_by=recording.by, report_due_at=due_at, **_said(payload))
        return {"major": major}
    if (known.commander, known.staging) == (payload.commander, payload.staging):
        return {}
    return {"major": msgspec.structs.replace(known, **_said(payload))}


def _said(payload: IncidentMajorDeclared) -> dict[str, Any]:
    return {"commander": payload.commander, "staging": payload.staging}


def _counted(incident: Incident, payload: IncidentCasualtiesReported, recording: Recording) -> Changes:
    known, at = incident.major, recording.occurred_at
    told = Casualties(t1=payload.t1, t2=payload.t2, t3=payload.t3, dead=payload.dead)
    if known is None or at < (known.casualties_at or known.declared_at) or told == known.casualties:
        return {}
    return {"major": msgspec.structs.replace(known, casualties=told, casualties_at=at)}


def _reported(incident: Incident, payload: IncidentSituationReported, recording: Recording) -> Changes:
    known, at = incident.major, recording.occurred_at
    if known is None or payload.report_id == known.last_report or at < (known.reported_at or known.declared_at):
        return {}
    told = {"reports": known.reports + 1, "reported_at": at, "last_report": payload.report_id}
    return {"major": msgspec.structs.replace(known, **told, report_due_at=at + REPORT_EVERY, overdue_at=None)}


def _overdue(incident: Incident, payload: IncidentSituationDue, recording: Recording) -> Changes:
    known = incident.major
    if known is None or known.report_due_at != payload.due_at or known.overdue_at is not None:
        return {}  # it was for a report that has come
    return {"major": msgspec.structs.replace(known, overdue_at=payload.due_at)}


MAJOR_FOLDS: dict[type[IncidentPayload], Callable[[Incident, Any, Recording], Changes]] = {
    IncidentMajorDeclared: _declared,
    IncidentCasualtiesReported: _counted,
    IncidentSituationReported: _reported,
    IncidentSituationDue: _overdue,
}
