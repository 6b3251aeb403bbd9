"""Alarms: who must act from when, what ends them, and what stays loud when everything sounds at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergency.alarm_rules import (
    MISSED,
    RULES,
    SILENT,
    Due,
    Post,
    check_in_due_at,
    incident_dues,
    load_settings,
    lost_contact,
    next_look,
    task_dues,
    unit_dues,
)
from emergency.alarm_rules import SETTINGS as SETTINGS_FILE
from emergency.alarms import (
    WINDOW,
    Alarm,
    alarm_view,
    escalation,
    fold_alarm,
    outdated,
    raise_or_join,
    rank,
    rate,
    returning,
)
from emergency.assignments import Assignment
from emergency.incidents import Incident
from emergency.tasks import Task
from emergency.units import Unit, fold_unit
from streams.events import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmEscalated,
    AlarmJoined,
    AlarmLeft,
    AlarmPayload,
    AlarmRaised,
    AlarmShelved,
    AlarmUnshelved,
    Recording,
    UnitCheckedIn,
    UnitEmergency,
    UnitEmergencyEnded,
)

NOON = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
SETTINGS = load_settings()


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def recording(seconds: float = 0, by: str = "ann") -> Recording:
    return Recording(at=at(seconds), occurred_at=at(seconds), seq=int(seconds) + 1, source="desk", actor=by)


def incident(**given: Any) -> Incident:
    known: dict[str, Any] = {"kind": "fire", "priority": 2, "cell": "892a306", "area": "North", "received_at": NOON}
    return Incident(incident_id="i1", **known | given)


def kinds(found: list[Due], now: datetime) -> list[str]:
    return [due.kind for due in found if due.holds(now)]


# incidents


@pytest.mark.parametrize(
    ("priority", "seconds", "sounds"),
    [
        (1, 0, ["new"]),
        (1, 59, ["new"]),
        (1, 60, ["unassigned"]),
        (2, 179, []),
        (2, 180, ["unassigned"]),
        (3, 599, []),
        (3, 600, ["unassigned"]),
    ],
)
def test_an_incident_that_nobody_was_sent_to_sounds_by_its_priority(
    priority: int, seconds: int, sounds: list[str]
) -> None:
    assert kinds(incident_dues(incident(priority=priority), SETTINGS), at(seconds)) == sounds


def test_a_unit_on_the_way_the_end_or_a_lead_ends_the_waiting() -> None:
    late = at(3600)
    there = (Assignment(unit_id="E1", dispatched_at=NOON),)
    left = (Assignment(unit_id="E1", dispatched_at=NOON, on_scene_at=at(60), cleared_at=at(600), ended="cleared"),)
    assert kinds(incident_dues(incident(), SETTINGS), late) == ["unassigned"]
    for changes in (
        {"assignments": there},
        {"assignments": left, "stage": "cleared"},
        {"closed_at": at(60)},
        {"merged_into": "i2"},
    ):
        assert incident_dues(incident(**changes), SETTINGS) == []


def test_a_robbed_incident_is_loud_at_once_and_until_somebody_goes() -> None:
    robbed = incident(requeued_at=at(100), priority=3)
    (due,) = incident_dues(robbed, SETTINGS)
    assert (due.kind, due.at, due.until, due.severity) == ("requeued", at(100), None, 2)
    assert kinds(incident_dues(robbed, SETTINGS), at(9999)) == ["requeued"]


def test_a_grave_incident_without_any_place_asks_for_one_also_when_units_are_there() -> None:
    lost = incident(priority=1, cell="", area="")
    assert kinds(incident_dues(lost, SETTINGS), NOON) == ["new", "unlocated"]
    sent = msgspec.structs.replace(lost, assignments=(Assignment(unit_id="E1", dispatched_at=NOON),))
    assert kinds(incident_dues(sent, SETTINGS), NOON) == ["unlocated"]
    assert kinds(incident_dues(incident(priority=1, cell=""), SETTINGS), NOON) == ["new"], "an area is a place"
    assert kinds(incident_dues(incident(cell="", area=""), SETTINGS), NOON) == []


def test_a_call_that_must_be_returned_sounds_when_it_is_late() -> None:
    task = Task(task_id="t1", opened_at=NOON, due_at=at(60))
    (due,) = task_dues(task)
    assert (due.about, due.holds(at(59)), due.holds(at(60))) == ("task:t1", False, True)
    assert task_dues(msgspec.structs.replace(task, closed_at=at(70))) == []


# units


def unit(status: str = "dispatched", **given: Any) -> Unit:
    known: dict[str, Any] = {"assignments": {"i1": status}, "status_at": NOON, "status_by": "ann"}
    return Unit(unit_id="E1", **known | given)


def post(status_stamp: str = "dispatched_at", ours: bool = True, **given: Any) -> dict[str, Post]:
    run = Assignment(unit_id="E1", dispatched_at=NOON, by="ann")
    return {"i1": Post(incident(**given), msgspec.structs.replace(run, **{status_stamp: NOON}), ours)}


def test_an_assignment_that_nobody_confirmed_names_the_radio_after_30_s() -> None:
    (due,) = unit_dues(unit(), post(), SETTINGS)
    assert (due.kind, due.at, due.about, due.area) == ("unacknowledged", at(30), "unit:E1", "North")
    assert RULES["unacknowledged"].action == "call-by-radio"
    assert unit_dues(unit("acknowledged"), post("acknowledged_at"), SETTINGS) == []
    assert unit_dues(unit("en-route"), post("en_route_at"), SETTINGS) == []
    assert unit_dues(unit(), post(ours=False), SETTINGS) == [], "another system's crew answers there"
    assert [due.severity for due in unit_dues(unit(), post(priority=1), SETTINGS)] == [1]


def test_what_was_written_on_paper_is_not_late_when_it_is_entered() -> None:
    (due,) = unit_dues(unit(status_at=at(1200)), post(), SETTINGS)
    assert due.at == at(1230)


def test_a_crew_on_scene_must_check_in_by_the_kind_of_incident() -> None:
    on_scene = unit("on-scene")
    assert check_in_due_at(on_scene, post("on_scene_at"), SETTINGS) == at(20 * 60)
    assert check_in_due_at(on_scene, post("on_scene_at", kind="Medical Incident"), SETTINGS) is None
    assert check_in_due_at(unit("en-route"), post("en_route_at"), SETTINGS) is None
    well = fold_unit(on_scene, UnitCheckedIn(unit_id="E1"), recording(600))
    assert check_in_due_at(well, post("on_scene_at"), SETTINGS) == at(600 + 20 * 60)
    assert kinds(unit_dues(on_scene, post("on_scene_at"), SETTINGS), at(1200)) == ["check-in"]
    assert unit_dues(on_scene, post("on_scene_at"), SETTINGS, watched=False) == []


def test_contact_is_lost_by_a_missed_check_in_or_by_silence_on_the_road() -> None:
    on_scene, there = unit("on-scene"), post("on_scene_at")
    assert lost_contact(on_scene, there, SETTINGS, at(1200 + 119)) == ""
    assert lost_contact(on_scene, there, SETTINGS, at(1200 + 120)) == MISSED
    driving, way = unit("en-route", moved_at=NOON, position_at=at(60)), post("en_route_at")
    assert lost_contact(driving, way, SETTINGS, at(60 + 179)) == ""
    assert lost_contact(driving, way, SETTINGS, at(60 + 180)) == SILENT
    assert lost_contact(unit("en-route"), way, SETTINGS, at(9999)) == "", "it never told a position"


def test_a_crew_in_danger_stays_so_until_somebody_ends_it_and_old_words_change_nothing() -> None:
    known = fold_unit(unit(), UnitEmergency(unit_id="E1", reason="roof"), recording(100))
    assert kinds(unit_dues(known, post(), SETTINGS), at(100))[0] == "distress"
    assert fold_unit(known, UnitEmergency(unit_id="E1"), recording(110)) is known
    assert fold_unit(known, UnitEmergencyEnded(unit_id="E1"), recording(99)) is known
    safe = fold_unit(known, UnitEmergencyEnded(unit_id="E1"), recording(200))
    assert safe.distress_at is None
    assert fold_unit(safe, UnitEmergency(unit_id="E1"), recording(150)) is safe
    assert fold_unit(safe, UnitEmergency(unit_id="E1"), recording(201)).distress_at == at(201)


# one alarm


def raised(kind: str = "unassigned", severity: int = 2, about: str = "incident:i1", seconds: float = 0) -> Alarm:
    payload = AlarmRaised(
        alarm_id=f"{kind}:{about}", kind=kind, severity=severity, about=about, area="North", owner="North"
    )
    found = fold_alarm(None, payload, recording(seconds, "engine"))
    assert found is not None
    return found


def after(alarm: Alarm, *steps: tuple[float, AlarmPayload]) -> Alarm:
    for seconds, payload in steps:
        found = fold_alarm(alarm, payload, recording(seconds))
        assert found is not None
        alarm = found
    return alarm


def test_an_acknowledged_alarm_is_silent_until_it_is_over() -> None:
    heard = after(raised(), (10, AlarmAcknowledged(alarm_id="a")))
    assert (heard.state, heard.by, heard.is_active) == ("acknowledged", "ann", True)
    assert fold_alarm(heard, AlarmAcknowledged(alarm_id="a"), recording(11, "bob")) is heard
    over = after(heard, (20, AlarmCleared(alarm_id="a")))
    assert not over.is_active
    assert fold_alarm(over, AlarmAcknowledged(alarm_id="a"), recording(30)) is over


def test_a_shelved_alarm_returns_by_itself_and_sounds() -> None:
    shelved = after(raised(), (10, AlarmShelved(alarm_id="a", reason="they walk", until=at(600))))
    view = alarm_view(shelved)
    assert (view["state"], view["until"], view["reason"]) == ("shelved", at(600), "they walk")
    assert returning(shelved, at(599)) is None
    back = returning(shelved, at(600))
    assert back is not None
    again = after(shelved, (600, back))
    assert (again.state, again.until, again.sounded) == ("sounding", None, (NOON, at(600)))


def test_distress_is_never_shelved_and_stands_before_everything() -> None:
    help_ = raised("distress", 1, "unit:E1", 500)
    assert after(help_, (510, AlarmShelved(alarm_id="a", reason="x", until=at(600)))).is_sounding
    others = [raised(kind, severity) for kind in RULES if kind != "distress" for severity in (1, 2, 3)]
    assert min([*others, help_], key=rank) is help_


@pytest.mark.parametrize(
    ("attended", "seconds", "why"),
    [(False, 19, ""), (False, 20, "unattended"), (True, 20, ""), (True, 119, ""), (True, 120, "unacknowledged")],
)
def test_an_alarm_that_reaches_nobody_goes_to_the_supervisor(attended: bool, seconds: int, why: str) -> None:
    step = escalation(raised(), attended, at(seconds), SETTINGS)
    assert (step.reason if step else "") == why


def test_what_was_heard_or_has_escalated_escalates_no_more() -> None:
    heard = after(raised(), (10, AlarmAcknowledged(alarm_id="a")))
    told = after(raised(), (20, AlarmEscalated(alarm_id="a", reason="unattended")))
    assert [escalation(alarm, False, at(9999), SETTINGS) for alarm in (heard, told)] == [None, None]
    assert alarm_view(told)["escalated"]


def test_a_cause_that_became_graver_or_moved_sounds_anew() -> None:
    alarm = raised()
    due = Due(kind="unassigned", about="incident:i1", severity=2, area="North", at=NOON)
    assert outdated(alarm, "incident:i1", {"unassigned": due}, NOON) is None
    for changes in ({"severity": 1}, {"area": "South"}, {"at": at(60)}):
        changed = msgspec.structs.replace(due, **changes)
        assert isinstance(outdated(alarm, "incident:i1", {"unassigned": changed}, NOON), AlarmCleared)
    milder = msgspec.structs.replace(due, severity=3)
    assert outdated(alarm, "incident:i1", {"unassigned": milder}, NOON) is None


def test_a_group_is_over_when_its_last_member_is() -> None:
    group = after(raised(), (5, AlarmJoined(alarm_id="a", about="incident:i2")))
    assert (alarm_view(group)["count"], alarm_view(group)["subject"]) == (2, "incident:i1")
    assert isinstance(outdated(group, "incident:i1", {}, at(6)), AlarmLeft)
    left = after(group, (6, AlarmLeft(alarm_id="a", about="incident:i1")))
    assert alarm_view(left)["subject"] == "incident:i2"
    assert isinstance(outdated(left, "incident:i2", {}, at(7)), AlarmCleared)


# floods


causes = st.builds(
    lambda n, kind, priority, area, gap: (n, kind, priority, area, gap),
    st.integers(0, 40),
    st.sampled_from(("unassigned", "requeued", "report")),
    st.sampled_from((1, 2, 3)),
    st.sampled_from(("North", "South")),
    st.integers(0, 90),
)
acts = st.sampled_from(("", "", "", "ack", "shelve"))


@given(st.lists(st.tuples(causes, acts), max_size=80))
def test_in_any_flood_what_is_grave_sounds_by_itself_and_the_rest_is_grouped(story: list[Any]) -> None:
    """One position hears everything; in a flood it hears at most one alarm for each area, kind and severity."""
    alarms: dict[str, Alarm] = {}
    sounded: list[datetime] = []
    priorities: dict[str, int] = {}
    seconds = 0.0
    for (n, kind, priority, area, gap), act in story:
        seconds += gap
        about, now = f"incident:i{n}", at(seconds)
        if any(about in alarm.members for alarm in alarms.values()):
            continue
        priorities[about] = priority
        due = Due(kind=kind, about=about, severity=priority, area=area, at=now)
        flooded = rate(sounded, now) >= SETTINGS.rate.flood
        alike = [a for a in alarms.values() if (a.kind, a.area) == (kind, area) and a.state != "shelved"]
        step = raise_or_join(due, alarms.values(), sounded, now, SETTINGS, f"a{len(alarms)}")
        if isinstance(step, AlarmRaised):
            assert not flooded or priority == 1 or not [a for a in alike if 1 < a.severity <= priority]
            sounded.append(now)
        else:
            assert flooded
            assert priority > 1
        found = fold_alarm(alarms.get(step.alarm_id), step, recording(seconds, "engine"))
        assert found is not None
        if act == "ack":
            found = after(found, (seconds, AlarmAcknowledged(alarm_id=found.alarm_id)))
        elif act == "shelve":
            found = after(found, (seconds, AlarmShelved(alarm_id=found.alarm_id, reason="x", until=at(seconds + 60))))
        alarms[found.alarm_id] = found
        for alarm in alarms.values():
            grave = [member for member in alarm.members if priorities[member] == 1]
            assert len(grave) <= 1, "two incidents of priority 1 never share an alarm"
            assert not grave or len(alarm.members) == 1
    assert rate(sounded, at(seconds)) == sum(at(seconds) - WINDOW < when for when in sounded)


@given(
    st.lists(st.tuples(st.sampled_from(("ack", "shelve", "unshelve", "escalate", "join", "left")), st.integers(0, 60))),
    st.integers(1, 3),
)
def test_an_alarm_is_always_in_one_state_and_sounds_as_often_as_it_says(steps: list[Any], severity: int) -> None:
    alarm, seconds, sounded = raised(severity=severity), 0.0, 1
    made: dict[str, Any] = {
        "ack": AlarmAcknowledged(alarm_id="a"),
        "shelve": AlarmShelved(alarm_id="a", reason="x", until=at(10_000)),
        "unshelve": AlarmUnshelved(alarm_id="a"),
        "escalate": AlarmEscalated(alarm_id="a", reason="unattended"),
        "join": AlarmJoined(alarm_id="a", about="incident:i2"),
        "left": AlarmLeft(alarm_id="a", about="incident:i2"),
    }
    for name, gap in steps:
        seconds += gap
        before, alarm = alarm, after(alarm, (seconds, made[name]))
        began = alarm.is_sounding and not before.is_sounding
        sounded += began
        assert (alarm.until is not None) == (alarm.state == "shelved")
        assert len(alarm.sounded) == min(sounded, 20)
        assert began == (name == "unshelve" and before.state == "shelved")


def test_settings_say_what_is_wrong_with_them(tmp_path: Path) -> None:
    path = tmp_path / "alarms.toml"
    good = SETTINGS_FILE.read_text(encoding="utf-8")
    path.write_text(good.replace("silent_s = 180", "silent_s = 0"), encoding="utf-8")
    with pytest.raises(ValueError, match="silent_s"):
        load_settings(path)


def test_the_next_look_is_the_first_instant_at_which_something_begins_or_ends() -> None:
    dues = incident_dues(incident(priority=1), SETTINGS)
    assert next_look(dues, NOON) == at(60)
    assert next_look(dues, at(60)) is None
