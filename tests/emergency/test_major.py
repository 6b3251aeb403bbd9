"""A major incident: who commands, how many are hurt, and reports that are due on time and never twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from emergency.incidents import Incident, fold_incident
from emergency.major import REPORT_EVERY, Casualties, Major, fold_hospital, next_report, report_due
from streams.events import (
    HospitalReported,
    IncidentCasualtiesReported,
    IncidentClosed,
    IncidentMajorDeclared,
    IncidentPayload,
    IncidentReceived,
    IncidentReopened,
    IncidentSituationDue,
    IncidentSituationReported,
    Recording,
)

BEGIN = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
EVERY_M = REPORT_EVERY.total_seconds() / 60


def after(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def recording(minutes: float, seq: int = 1) -> Recording:
    return Recording(at=after(minutes), occurred_at=after(minutes), seq=seq, actor="ann")


def told(incident: Incident | None, payload: IncidentPayload, minutes: float) -> Incident:
    folded = fold_incident(incident, payload, recording(minutes))
    assert folded is not None
    return folded


def declared(commander: str = "B2", staging: str = "north gate") -> IncidentMajorDeclared:
    return IncidentMajorDeclared(incident_id="i1", commander=commander, staging=staging)


def hurt(t1: int, t2: int = 0, t3: int = 0, dead: int = 0) -> IncidentCasualtiesReported:
    return IncidentCasualtiesReported(incident_id="i1", t1=t1, t2=t2, t3=t3, dead=dead)


def report(report_id: str) -> IncidentSituationReported:
    return IncidentSituationReported(incident_id="i1", report_id=report_id)


def major() -> Incident:
    return told(told(None, IncidentReceived(incident_id="i1", kind="Fire", priority=1), 0), declared(), 5)


def of(incident: Incident) -> Major:
    assert incident.major is not None
    return incident.major


def test_commander_and_staging_are_replaced_and_the_declaration_can_be_taken_back() -> None:
    incident = told(major(), declared("B7"), 10)
    assert (of(incident).commander, of(incident).declared_at) == ("B7", after(5))
    assert told(incident, declared("B7"), 11) is incident
    gone = told(incident, IncidentMajorDeclared(incident_id="i1", withdrawn=True), 12)
    assert gone.major is None
    assert told(gone, hurt(1), 13) is gone, "nobody counts the hurt of an incident that is no major one"


def test_the_newest_count_holds_whatever_comes_late() -> None:
    incident = told(told(major(), hurt(2, 5, 11, 1), 20), hurt(1), 10)
    assert of(incident).casualties == Casualties(t1=2, t2=5, t3=11, dead=1)
    assert of(told(incident, hurt(0), 21)).casualties == Casualties()


def test_a_report_is_due_every_quarter_of_an_hour_and_called_for_once() -> None:
    incident = major()
    assert next_report(incident) == after(5 + EVERY_M)
    assert report_due(incident, after(4.9 + EVERY_M)) is None
    due = report_due(incident, after(5 + EVERY_M))
    assert due == IncidentSituationDue(incident_id="i1", due_at=after(5 + EVERY_M))
    assert due is not None
    late = told(incident, due, 5 + EVERY_M)
    assert of(late).overdue_at == after(5 + EVERY_M)
    assert (report_due(late, after(500)), next_report(late)) == (None, None)
    told_of = told(late, report("r1"), 22)
    assert (of(told_of).overdue_at, of(told_of).reports) == (None, 1)
    assert next_report(told_of) == after(22 + EVERY_M)
    assert told(told_of, due, 30) is told_of, "it was for the report that has come"
    assert told(told_of, report("r1"), 23) is told_of


def test_nobody_waits_for_reports_of_an_incident_that_is_over() -> None:
    over = told(major(), IncidentClosed(incident_id="i1"), 10)
    assert (next_report(over), report_due(over, after(600))) == (None, None)
    assert next_report(told(over, IncidentReopened(incident_id="i1"), 11)) == after(5 + EVERY_M)


steps = st.one_of(
    st.builds(declared, st.sampled_from(("B1", "B2"))),
    st.just(IncidentMajorDeclared(incident_id="i1", withdrawn=True)),
    st.builds(hurt, st.integers(0, 9)),
    st.builds(report, st.sampled_from("abcdef")),
    st.builds(IncidentSituationDue, incident_id=st.just("i1"), due_at=st.integers(0, 90).map(after)),
)


@given(st.lists(st.tuples(steps, st.integers(0, 60)), max_size=20))
def test_a_clock_speaks_only_of_the_report_that_is_awaited(history: list[tuple[IncidentPayload, int]]) -> None:
    incident = told(None, IncidentReceived(incident_id="i1"), 0)
    for payload, minutes in history:
        before = incident
        incident = told(incident, payload, minutes)
        now = incident.major
        if now is None:
            continue
        assert now.report_due_at == (now.reported_at or now.declared_at) + REPORT_EVERY
        assert now.overdue_at in (None, now.report_due_at)
        if isinstance(payload, IncidentSituationDue) and incident is not before:
            assert payload.due_at == now.report_due_at


def test_a_hospital_is_believed_for_what_it_said_last() -> None:
    first = fold_hospital(None, HospitalReported(hospital="General", t1=2, t2=6, t3=20), recording(10))
    assert first is not None
    assert (first.t1, first.t2, first.t3, first.at, first.by) == (2, 6, 20, after(10), "ann")
    assert fold_hospital(first, HospitalReported(hospital="General", t1=9), recording(5)) is first
    assert fold_hospital(first, HospitalReported(hospital="General", t1=2, t2=6, t3=20), recording(10, 2)) is first
    full = fold_hospital(first, HospitalReported(hospital="General"), recording(15))
    assert full is not None
    assert (full.t1, full.t2, full.t3) == (0, 0, 0)
