"""What units did at an incident: stamps told late, ends that are too old, and who has not answered."""

from __future__ import annotations

from datetime import timedelta

from emergency.assignments import assignment_of, unacknowledged
from emergency.units import AFTER_TAKING, ENDED_BEFORE, NOT_IN_SERVICE, is_silent, unit_contradictions
from streams.events import (
    IncidentCancelled,
    IncidentClosed,
    IncidentReceived,
    IncidentReopened,
    UnitAcknowledged,
    UnitArrived,
    UnitCleared,
    UnitDeparted,
    UnitDispatched,
    UnitDiverted,
    UnitMoved,
    UnitNotified,
    UnitRecalled,
    UnitSignalled,
)
from tests.emergency.test_incident_life_laws import BEGIN, Facts

E1_I1 = {"unit_id": "E1", "incident_id": "i1"}


def board() -> Facts:
    made = Facts()
    made.tell(IncidentReceived(incident_id="i1", kind="fire", priority=1))
    made.tell(IncidentReceived(incident_id="i2", kind="fire", priority=2))
    return made


def pass_s(made: Facts, seconds: int) -> None:
    made.now += timedelta(seconds=seconds)


def test_each_step_has_its_stamp_and_the_incident_its_stage() -> None:
    made = board()
    for cls in (UnitDispatched, UnitNotified, UnitAcknowledged, UnitDeparted, UnitArrived):
        made.tell(cls(**E1_I1))
        pass_s(made, 60)
    run = assignment_of(made.incidents["i1"].assignments, "E1")
    assert run is not None
    stamps = (run.dispatched_at, run.notified_at, run.acknowledged_at, run.en_route_at, run.on_scene_at)
    assert stamps == tuple(BEGIN + timedelta(seconds=60 * n) for n in range(5))
    assert [step.what for step in made.incidents["i1"].steps] == ["received", "dispatched", "on-scene"]


def test_a_step_from_paper_stands_where_it_happened_and_moves_nobody_back() -> None:
    made = board()
    made.tell(UnitDispatched(**E1_I1))
    pass_s(made, 600)
    made.tell(UnitArrived(**E1_I1))
    made.tell(UnitDeparted(**E1_I1), late=500)
    run = assignment_of(made.incidents["i1"].assignments, "E1")
    assert run is not None
    assert run.en_route_at == BEGIN + timedelta(seconds=100)
    assert made.units["E1"].status == run.status == "on-scene"


def test_of_two_times_for_one_step_the_earlier_holds() -> None:
    made = board()
    made.tell(UnitDispatched(**E1_I1))
    pass_s(made, 600)
    made.tell(UnitArrived(**E1_I1))
    made.tell(UnitArrived(**E1_I1), late=60)
    pass_s(made, 60)
    made.tell(UnitArrived(**E1_I1))
    (run,) = made.incidents["i1"].assignments
    assert run.on_scene_at == BEGIN + timedelta(seconds=540)


def test_a_step_of_before_the_end_fills_the_gap_and_revives_nothing() -> None:
    made = board()
    made.tell(UnitDispatched(**E1_I1))
    pass_s(made, 600)
    made.tell(UnitCleared(**E1_I1))
    made.tell(UnitArrived(**E1_I1), late=300)
    (run,) = made.incidents["i1"].assignments
    assert run.on_scene_at == BEGIN + timedelta(seconds=300)
    assert not made.units["E1"].is_busy
    assert made.incidents["i1"].stage == "cleared"


def test_an_end_that_is_older_than_the_assignment_ends_nothing() -> None:
    made = board()
    made.tell(UnitDispatched(**E1_I1))
    pass_s(made, 600)
    made.tell(UnitCleared(**E1_I1), late=300)
    pass_s(made, 60)
    made.tell(UnitDispatched(**E1_I1))
    old = UnitCleared(**E1_I1)
    assert unit_contradictions(made.units["E1"], old, made.now - timedelta(seconds=100)) == [ENDED_BEFORE]
    made.tell(old, late=100)
    assert made.units["E1"].assignments == {"i1": "dispatched"}
    assert [run.is_active for run in made.incidents["i1"].assignments] == [False, True]


def test_a_unit_that_was_taken_away_comes_back_only_when_it_is_dispatched_again() -> None:
    made = board()
    made.tell(UnitDispatched(**E1_I1))
    pass_s(made, 60)
    made.tell(UnitRecalled(**E1_I1))
    pass_s(made, 60)
    assert unit_contradictions(made.units["E1"], UnitArrived(**E1_I1), made.now) == [AFTER_TAKING]
    made.tell(UnitArrived(**E1_I1))
    assert not made.units["E1"].is_busy
    made.tell(UnitDispatched(**E1_I1))
    assert made.units["E1"].assignments == {"i1": "dispatched"}


def test_a_robbed_incident_waits_again_until_somebody_is_sent() -> None:
    made = board()
    made.tell(UnitDispatched(**E1_I1))
    made.tell(UnitArrived(**E1_I1))
    pass_s(made, 60)
    made.tell(UnitDiverted(**E1_I1, to="i2"))
    assert (made.incidents["i1"].stage, made.incidents["i1"].requeued_at) == ("received", made.now)
    made.tell(UnitDispatched(unit_id="E2", incident_id="i1"))
    assert (made.incidents["i1"].stage, made.incidents["i1"].requeued_at) == ("dispatched", None)


def test_an_old_end_closes_no_reopened_incident() -> None:
    made = board()
    made.tell(IncidentClosed(incident_id="i1"))
    pass_s(made, 600)
    made.tell(IncidentReopened(incident_id="i1", reason="smoke again"))
    made.tell(IncidentClosed(incident_id="i1", reason="timer"), late=300)
    made.tell(IncidentCancelled(incident_id="i1", reason="timer"), late=300)
    assert made.incidents["i1"].is_open
    pass_s(made, 1)
    made.tell(IncidentClosed(incident_id="i1"))
    assert not made.incidents["i1"].is_open


def test_a_reopened_incident_is_not_done_because_somebody_was_there_once() -> None:
    made = board()
    made.tell(UnitDispatched(**E1_I1))
    made.tell(UnitCleared(**E1_I1))
    made.tell(IncidentClosed(incident_id="i1"))
    pass_s(made, 60)
    made.tell(IncidentReopened(incident_id="i1"))
    assert made.incidents["i1"].stage == "received"


def test_an_assignment_that_nobody_confirmed_alarms_after_30_s_and_names_the_radio() -> None:
    made = board()
    made.tell(UnitDispatched(**E1_I1))
    pass_s(made, 5)
    made.tell(UnitDispatched(unit_id="E2", incident_id="i1"))
    made.tell(UnitNotified(unit_id="E2", incident_id="i1"))
    pass_s(made, 25)
    crew = made.incidents["i1"].assignments
    assert unacknowledged("i1", crew, made.now) == []
    pass_s(made, 1)
    (alarm,) = unacknowledged("i1", crew, made.now)
    assert (alarm.unit_id, alarm.since, alarm.fallback) == ("E1", BEGIN, "radio")
    pass_s(made, 5)
    assert [a.unit_id for a in unacknowledged("i1", crew, made.now)] == ["E1", "E2"], "told is not acknowledged"
    made.tell(UnitAcknowledged(**E1_I1))
    made.tell(UnitDeparted(unit_id="E2", incident_id="i1"))
    assert unacknowledged("i1", made.incidents["i1"].assignments, made.now) == []


def test_a_unit_says_what_it_can_do_and_who_said_so() -> None:
    made = board()
    made.tell(UnitSignalled(unit_id="E1", status="out_of_service", reason="puncture"))
    assert (made.units["E1"].status, made.units["E1"].status_by) == ("out-of-service", "cad")
    assert unit_contradictions(made.units["E1"], UnitDispatched(**E1_I1), made.now) == [NOT_IN_SERVICE]
    made.tell(UnitSignalled(unit_id="E1", status="returning"))
    assert made.units["E1"].status == "returning"
    assert made.units["E1"].may_be_sent
    made.tell(UnitSignalled(unit_id="E1", status="out_of_contact"))
    assert not made.units["E1"].may_be_sent
    made.tell(UnitSignalled(unit_id="E1", status="available"))
    assert made.units["E1"].status == "available"


def test_a_unit_at_work_that_says_nothing_is_silent() -> None:
    made = board()
    made.tell(UnitDispatched(**E1_I1))
    longest = timedelta(minutes=10)
    pass_s(made, 590)
    made.tell(UnitMoved(unit_id="E1", lat=42.3, lng=-71.1))
    pass_s(made, 300)
    assert not is_silent(made.units["E1"], made.now, longest)
    pass_s(made, 301)
    assert is_silent(made.units["E1"], made.now, longest)
    made.tell(UnitCleared(**E1_I1))
    assert not is_silent(made.units["E1"], made.now + timedelta(hours=1), longest)
