"""Alarms on a real Redis: raised and cleared by what happens, answered by people, and the same after any take-over."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from dashboard.accounts.accounts import open_accounts
from dashboard.accounts.audit import Actor
from dashboard.accounts.sessions import mark_of
from dashboard.engine.clock import Mode
from emergency.alarm_rules import incident_dues, load_settings
from tests.accounts.conftest import CONSOLE, PASSWORD, cheap
from tests.engine.test_desk_laws import some_request
from tests.support.engines import CORNER, TestCity
from tests.support.truth import assert_agrees_with_its_log

LAT, LNG = CORNER
AREA = "Roxbury"


class AlarmDesk(TestCity):
    """A city with one incident of each priority, three units that tell positions, and short ways to look at alarms."""

    __test__ = False

    def __init__(self, client: redis_module.Redis, **given: Any):
        super().__init__(client, **given)
        for unit_id in ("E1", "E2", "E3"):
            self.post("unit.listed", unit_id=unit_id, kind="engine", crew=4)
        self.turn()

    def incident(self, incident_id: str, priority: int = 2, kind: str = "fire", area: str = AREA, **data: Any) -> None:
        place = {"lat": LAT, "lng": LNG, "area": area} | data
        self.post("incident.received", incident_id=incident_id, kind=kind, priority=priority, **place)
        self.turn()

    def asked(self, verb: str, actor: str = "ann", **args: Any) -> dict[str, Any]:
        request_id = self.ask(verb, actor=actor, **args)
        self.turn()
        return self.reply(request_id)

    def did(self, verb: str, actor: str = "ann", **args: Any) -> dict[str, Any]:
        reply = self.asked(verb, actor, **args)
        assert reply["outcome"] == "done", reply
        return reply.get("detail", {})

    def refused(self, verb: str, actor: str = "ann", **args: Any) -> str:
        reply = self.asked(verb, actor, **args)
        assert reply["outcome"] == "refused", reply
        return reply["reason"]

    def wait(self, seconds: float) -> None:
        """Let time pass in steps of at most five seconds, a turn at each."""
        while seconds > 0:
            self.wall.pass_(seconds=min(seconds, 5) - 1)
            self.turn()
            seconds -= 5

    def alarms(self) -> dict[tuple[str, str], dict[str, Any]]:
        """What the screens show: (kind, thing) -> alarm; each member of a group by itself."""
        return {(row["kind"], about): row for row in self.view("alarms").values() for about in row["members"]}

    def told(self, *types: str) -> list[dict[str, Any]]:
        return [e for e in self.events(alarms=True) if e["type"] in types]

    def restart(self) -> None:
        self.engine = self.new_engine()
        self.turn()


@pytest.fixture
def desk(redis: redis_module.Redis) -> Iterator[AlarmDesk]:
    made = AlarmDesk(redis)
    yield made
    made.turn()
    assert_agrees_with_its_log(redis, made.keys, made.city)


# causes and their end


def test_a_priority_1_sounds_in_the_turn_that_took_it_and_is_silent_when_somebody_goes(desk: AlarmDesk) -> None:
    desk.incident("i1", priority=1)
    row = desk.alarms()["new", "incident:i1"]
    assert (row["state"], row["severity"], row["owner"], row["action"]) == ("sounding", 1, AREA, "assign")
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    assert desk.alarms() == {}
    assert [e["type"] for e in desk.told("alarm.raised", "alarm.cleared")] == ["alarm.raised", "alarm.cleared"]


def test_a_priority_1_that_nobody_was_sent_to_for_a_minute_sounds_anew_though_it_was_heard(desk: AlarmDesk) -> None:
    desk.incident("i1", priority=1)
    desk.did("ack_alarm", alarm_id=desk.alarms()["new", "incident:i1"]["id"])
    assert desk.alarms()["new", "incident:i1"]["by"] == "ann"
    desk.wait(65)
    assert {key: row["state"] for key, row in desk.alarms().items()} == {("unassigned", "incident:i1"): "sounding"}


def test_what_came_and_went_within_a_turn_is_never_heard(desk: AlarmDesk) -> None:
    desk.post("incident.received", incident_id="i1", kind="fire", priority=1, lat=LAT, lng=LNG)
    desk.post("unit.dispatched", source="cad", unit_id="E1", incident_id="i1")
    desk.turn()
    assert desk.told("alarm.raised") == []


def test_an_unlocated_priority_1_sounds_until_somebody_knows_where(desk: AlarmDesk) -> None:
    incident_id = desk.did("create_incident", kind="fire", priority=1, phone="617-555-0100")["incident_id"]
    assert {kind for kind, _ in desk.alarms()} == {"new", "unlocated"}
    desk.did("relocate", incident_id=incident_id, lat=LAT, lng=LNG)
    assert {kind for kind, _ in desk.alarms()} == {"new"}


def test_a_crew_that_does_not_answer_is_called_by_radio(desk: AlarmDesk) -> None:
    desk.incident("i1")
    desk.did("dispatch", incident_id="i1", unit_ids=["E1", "E2", "E3"])
    desk.did("acknowledge", unit_id="E1", incident_id="i1")
    desk.did("stand_down", unit_id="E2", incident_id="i1")
    desk.wait(40)
    row = desk.alarms()["unacknowledged", "unit:E3"]
    assert list(desk.alarms()) == [("unacknowledged", "unit:E3")]
    assert (row["action"], row["clears"]) == ("call-by-radio", "acknowledged-or-ended")
    desk.did("report", unit_id="E3", incident_id="i1", status="en-route")
    assert desk.alarms() == {}


def test_what_another_system_dispatched_is_not_asked_for_here(desk: AlarmDesk) -> None:
    desk.incident("i1")
    desk.post("unit.dispatched", source="cad", unit_id="E1", incident_id="i1")
    desk.wait(60)
    assert desk.alarms() == {}


def test_a_robbed_incident_is_loud_and_falls_silent_with_its_replacement(desk: AlarmDesk) -> None:
    desk.incident("i1")
    desk.incident("i2", priority=1)
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    desk.did("divert", unit_id="E1", incident_id="i2")
    assert list(desk.alarms()) == [("requeued", "incident:i1")]
    desk.did("dispatch", incident_id="i1", unit_ids=["E2"])
    assert desk.alarms() == {}


def test_an_unanswered_hand_over_and_a_late_report_have_alarms_of_their_own(desk: AlarmDesk) -> None:
    desk.incident("i1")
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    desk.did("acknowledge", unit_id="E1", incident_id="i1")
    desk.did("declare_major", incident_id="i1", commander="Ortiz", staging="north gate")
    desk.wait(16 * 60)
    assert ("report", "incident:i1") in desk.alarms()
    desk.did("report_situation", incident_id="i1", text="second floor burns")
    assert desk.alarms() == {}


# crews


def test_a_crew_in_danger_is_never_shelved_and_ends_when_it_is_safe(desk: AlarmDesk) -> None:
    desk.incident("i1")
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    assert desk.did("unit_emergency", unit_id="E1", reason="roof fell")["incident_ids"] == ["i1"]
    row = desk.alarms()["distress", "unit:E1"]
    assert (row["severity"], row["may_be_shelved"], row["rank"][0], row["owner"]) == (1, False, 0, AREA)
    assert desk.view("roster")["E1"]["distress"]
    until = (desk.wall.at + timedelta(minutes=5)).isoformat()
    assert desk.refused("shelve_alarm", alarm_id=row["id"], reason="x", until=until).startswith("a crew in danger")
    assert "already" in desk.refused("unit_emergency", unit_id="E1")
    desk.did("end_unit_emergency", unit_id="E1", reason="all out")
    assert ("distress", "unit:E1") not in desk.alarms()
    assert desk.refused("end_unit_emergency", unit_id="E1") == "unit E1 is not in danger"


def test_a_call_for_help_by_mistake_is_taken_back(desk: AlarmDesk) -> None:
    desk.did("unit_emergency", unit_id="E1")
    desk.did("undo")
    assert desk.alarms() == {}
    assert desk.engine.state.units["E1"].distress_at is None


def at_work(desk: AlarmDesk, unit_id: str = "E1", status: str = "on-scene") -> None:
    desk.did("dispatch", incident_id="i1", unit_ids=[unit_id])
    desk.did("report", unit_id=unit_id, incident_id="i1", status=status)


def test_a_missed_check_in_sounds_then_the_unit_is_out_of_contact_until_it_checks_in(desk: AlarmDesk) -> None:
    desk.incident("i1")
    at_work(desk)
    assert desk.view("roster")["E1"]["check_in_due_at"] is not None
    desk.wait(20 * 60)
    assert list(desk.alarms()) == [("check-in", "unit:E1")]
    assert desk.engine.state.units["E1"].out_of_contact == ""
    desk.wait(130)
    assert desk.view("roster")["E1"]["reason"] == "missed check-in"
    assert desk.view("roster")["E1"]["status"] == "on-scene"
    desk.did("check_in", unit_id="E1")
    assert desk.alarms() == {}
    assert desk.view("roster")["E1"]["reason"] == ""
    assert [e["data"]["status"] for e in desk.told("unit.signalled")] == ["out_of_contact"]


def test_leaving_the_scene_ends_the_timer_and_the_loss_of_contact(desk: AlarmDesk) -> None:
    desk.incident("i1")
    at_work(desk)
    desk.wait(24 * 60)
    desk.did("clear_unit", unit_id="E1", incident_id="i1")
    assert desk.alarms() == {}
    assert desk.view("roster")["E1"]["status"] == "available"
    assert [(e["data"]["status"], e["source"]) for e in desk.told("unit.signalled")] == [
        ("out_of_contact", "engine"),
        ("in_contact", "engine"),
    ]


def test_a_unit_that_falls_silent_on_the_road_is_in_contact_with_its_next_position(desk: AlarmDesk) -> None:
    desk.incident("i1")
    desk.post("unit.moved", unit_id="E1", lat=LAT, lng=LNG)
    at_work(desk, status="en-route")
    for _ in range(30):
        desk.wait(10)
        desk.post("unit.moved", unit_id="E1", lat=LAT, lng=LNG)
    assert desk.alarms() == {}
    desk.wait(190)
    assert list(desk.alarms()) == [("silent", "unit:E1")]
    assert desk.view("roster")["E1"]["out_of_contact"]
    desk.post("unit.moved", unit_id="E1", lat=LAT, lng=LNG)
    desk.turn()
    assert desk.alarms() == {}
    assert not desk.view("roster")["E1"]["out_of_contact"]


def test_in_a_replay_nobody_checks_in_and_nobody_is_silent(redis: redis_module.Redis) -> None:
    city = TestCity(redis, mode=Mode.REPLAY)
    data = {"unit_id": "E1", "incident_id": "i1"}
    for minutes, type_ in ((0, "incident.received"), (1, "unit.dispatched"), (2, "unit.departed"), (5, "unit.arrived")):
        at = city.wall.at + timedelta(minutes=minutes)
        given = {"incident_id": "i1", "kind": "fire"} if type_ == "incident.received" else data
        city.post(type_, source="sf", at=at, **given)
    city.post("clock.advanced", source="sf", at=city.wall.at + timedelta(hours=3))
    city.turn()
    city.turn()
    assert city.view("roster")["E1"]["check_in_due_at"] is None
    assert not [e["type"] for e in city.events(alarms=True) if e["type"].startswith(("alarm.", "unit.signalled"))]


# the roster


def test_the_roster_changes_with_a_status_and_not_with_a_position(desk: AlarmDesk) -> None:
    before = desk.view("roster")["E1"]
    assert (before["crew"], before["status"]) == (4, "available")
    assert "pump" in before["capabilities"]
    frames = desk.client.xlen(desk.keys.frames)
    desk.post("unit.moved", unit_id="E1", lat=LAT, lng=LNG)
    desk.turn()
    newest: Any = desk.client.xrevrange(desk.keys.frames, count=1)
    assert desk.client.xlen(desk.keys.frames) > frames
    assert b"roster" not in newest[0][1]
    assert desk.view("roster")["E1"] == before
    desk.incident("i1")
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    row = desk.view("roster")["E1"]
    assert (row["status"], row["status_by"], row["incidents"]) == ("dispatched", "ann", ["i1"])
    assert row["version"] > before["version"]


# what people do with alarms


def shelved(desk: AlarmDesk, minutes: float = 10) -> str:
    desk.incident("i1", priority=1)
    alarm_id = desk.alarms()["new", "incident:i1"]["id"]
    until = (desk.wall.at + timedelta(minutes=minutes)).isoformat()
    desk.did("shelve_alarm", alarm_id=alarm_id, reason="they walk over", until=until)
    return alarm_id


def test_a_shelved_alarm_comes_back_by_itself_after_a_take_over_too(desk: AlarmDesk) -> None:
    desk.incident("i1", priority=3, cell="")
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    desk.wait(40)
    alarm_id = desk.alarms()["unacknowledged", "unit:E1"]["id"]
    until = (desk.wall.at + timedelta(minutes=10)).isoformat()
    desk.did("shelve_alarm", alarm_id=alarm_id, reason="radio is down there", until=until)
    desk.restart()
    row = desk.view("alarms")[alarm_id]
    assert (row["state"], row["by"], row["reason"]) == ("shelved", "ann", "radio is down there")
    desk.wait(590)
    assert desk.view("alarms")[alarm_id]["state"] == "shelved"
    desk.wait(15)
    assert desk.view("alarms")[alarm_id]["state"] == "sounding"
    assert len(desk.told("alarm.raised")) == 1


def test_a_shelving_is_undone_and_fetched_back(desk: AlarmDesk) -> None:
    alarm_id = shelved(desk)
    desk.did("undo")
    assert desk.view("alarms")[alarm_id]["state"] == "sounding"
    assert "not shelved" in desk.refused("unshelve_alarm", alarm_id=alarm_id)


@pytest.mark.parametrize(("minutes", "why"), [(-1, "within 8 h"), (9 * 60, "within 8 h")])
def test_an_alarm_is_shelved_for_a_shift_at_most(desk: AlarmDesk, minutes: int, why: str) -> None:
    desk.incident("i1", priority=1)
    alarm_id = desk.alarms()["new", "incident:i1"]["id"]
    until = (desk.wall.at + timedelta(minutes=minutes)).isoformat()
    assert why in desk.refused("shelve_alarm", alarm_id=alarm_id, reason="x", until=until)
    assert desk.refused("shelve_alarm", alarm_id=alarm_id, until=until) == "reason: needed"


def test_what_is_heard_or_over_is_not_heard_again(desk: AlarmDesk) -> None:
    desk.incident("i1", priority=1)
    alarm_id = desk.alarms()["new", "incident:i1"]["id"]
    desk.did("ack_alarm", alarm_id=alarm_id)
    assert desk.refused("ack_alarm", "bob", alarm_id=alarm_id) == "ann has acknowledged it already"
    assert "what was heard was heard" in desk.refused("undo")
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    assert "is over" in desk.refused("ack_alarm", "bob", alarm_id=alarm_id)
    assert "unknown" in desk.refused("ack_alarm", "bob", alarm_id="nothing")


def test_nobody_outside_raises_or_clears_an_alarm(desk: AlarmDesk) -> None:
    desk.incident("i1", priority=1)
    alarm_id = desk.alarms()["new", "incident:i1"]["id"]
    desk.post("alarm.cleared", source="cad", alarm_id=alarm_id)
    desk.turn()
    assert desk.view("alarms")[alarm_id]["state"] == "sounding"
    assert len(desk.dead()) == 1


def test_what_others_told_against_each_other_stands_with_the_incident_and_is_not_repaired(desk: AlarmDesk) -> None:
    desk.incident("i1")
    desk.incident("i2")
    desk.post("unit.dispatched", source="cad", unit_id="E1", incident_id="i1")
    desk.post("unit.dispatched", source="cad", unit_id="E1", incident_id="i2")
    desk.post("incident.contained", source="cad", incident_id="i1")
    desk.turn()
    flags = {i: [(f.said, f.by, f.unit_id) for f in desk.engine.state.incidents[i].flags] for i in ("i1", "i2")}
    assert flags["i2"] == [("double-assigned at source", "cad", "E1")]
    assert flags["i1"] == [("contained while dispatched", "cad", "")]
    assert set(desk.engine.state.units["E1"].assignments) == {"i1", "i2"}


# escalation and rates


def test_an_alarm_where_nobody_sits_escalates_and_one_that_is_heard_does_not(desk: AlarmDesk, tmp_path: Path) -> None:
    accounts = open_accounts(desk.client, desk.keys, tmp_path, passwords=cheap())
    accounts.audit.now = desk.wall
    person = accounts.people.add(CONSOLE, "ann", ("dispatcher",), PASSWORD)
    mark = mark_of(accounts.sessions.begin(person, "10.0.0.7"))
    accounts.positions.take(Actor("ann", "dispatcher", "10.0.0.7", mark), AREA)
    desk.incident("i1", priority=1)
    desk.incident("i2", priority=1, area="Mattapan")
    desk.wait(25)
    escalated = {about: row["escalated"] for (_, about), row in desk.alarms().items()}
    assert escalated == {"incident:i1": False, "incident:i2": True}
    assert [e["data"]["reason"] for e in desk.told("alarm.escalated")] == ["unattended"]
    desk.wait(25)
    assert desk.alarms()["new", "incident:i1"]["escalated"], "she is there, but does not answer"
    rates = desk.view("alarm_rates")
    assert (rates[AREA]["last_10min"], rates[AREA]["guidance"], rates[AREA]["who"]) == (1, 1, "ann")
    desk.did("ack_alarm", alarm_id=desk.alarms()["new", "incident:i1"]["id"])
    desk.wall.pass_(minutes=11)
    desk.turn()
    assert AREA not in desk.view("alarm_rates") or desk.view("alarm_rates")[AREA]["last_10min"] == 1


def test_a_flood_sounds_once_for_each_kind_and_area_but_for_every_priority_1(desk: AlarmDesk) -> None:
    for n in range(30):
        priority = 1 if n % 10 == 0 else 3
        place = {"lat": LAT, "lng": LNG, "area": AREA}
        desk.post("incident.received", incident_id=f"i{n}", kind="storm", priority=priority, **place)
    desk.turn()
    assert len(desk.view("alarms")) == 3
    desk.wait(605)
    rows = desk.view("alarms").values()
    grave = [row for row in rows if row["severity"] == 1]
    assert sorted(row["subject"] for row in grave) == ["incident:i0", "incident:i10", "incident:i20"]
    assert all(row["count"] == 1 for row in grave)
    mild = [row for row in rows if row["severity"] == 3]
    assert sum(row["count"] for row in mild) == 27
    assert len(mild) <= 11
    assert max(row["count"] for row in mild) >= 17
    group = max(mild, key=lambda row: row["count"])
    desk.did("dispatch", incident_id=group["subject"].partition(":")[2], unit_ids=["E1"])
    after = desk.view("alarms")[group["id"]]
    assert (after["count"], after["state"]) == (group["count"] - 1, "sounding")
    assert group["subject"] not in after["members"]


# laws


class Night(RuleBasedStateMachine):
    """People ask, crews report, time passes, engines come and go; alarms follow from what is so, and nothing else."""

    redis: redis_module.Redis

    def __init__(self) -> None:
        super().__init__()
        self.redis.flushall()
        self.desk = AlarmDesk(self.redis)
        for n in (1, 2, 3):
            self.desk.incident(f"i{n}", priority=min(n, 2), kind="fire")
        self.heard: set[str] = set()

    @rule(draw=st.randoms(use_true_random=False), person=st.sampled_from(("ann", "bob")))
    def somebody_asks(self, draw: random.Random, person: str) -> None:
        verb, args = some_request(draw)
        self.desk.asked(verb, person, **args)

    @rule(draw=st.randoms(use_true_random=False))
    def somebody_answers_an_alarm(self, draw: random.Random) -> None:
        rows = sorted(self.desk.view("alarms"))
        if not rows:
            return
        verb = draw.choice(("ack_alarm", "ack_alarm", "shelve_alarm", "unshelve_alarm"))
        until = (self.desk.wall.at + timedelta(seconds=draw.choice((20, 200)))).isoformat()
        more = {"reason": "x", "until": until} if verb == "shelve_alarm" else {}
        self.desk.asked(verb, alarm_id=draw.choice(rows), **more)

    @rule(draw=st.randoms(use_true_random=False))
    def a_crew_speaks(self, draw: random.Random) -> None:
        unit = draw.choice(("E1", "E2", "E3"))
        late = timedelta(seconds=draw.choice((0, 0, 40, 400)))
        told = draw.choice(("unit.emergency", "unit.emergency_ended", "unit.checked_in", "unit.moved"))
        place = {"lat": LAT, "lng": LNG} if told == "unit.moved" else {}
        self.desk.post(told, source="radio", at=self.desk.wall.at - late, unit_id=unit, **place)
        self.desk.turn()

    @rule(seconds=st.sampled_from((1, 15, 31, 70, 200, 700)))
    def time_passes(self, seconds: int) -> None:
        self.desk.wall.pass_(seconds=seconds)
        self.desk.turn()

    @rule()
    def another_engine_takes_over(self) -> None:
        shown, told = self.desk.view("alarms"), len(self.desk.told("alarm.raised", "alarm.unshelved"))
        self.desk.engine = self.desk.new_engine()
        assert self.desk.engine.state.alarm_room.documents.keys() >= shown.keys()
        self.desk.engine.turn(block_ms=None)  # not a moment later
        assert self.desk.view("alarms") == shown
        assert len(self.desk.told("alarm.raised", "alarm.unshelved")) == told, "none sounds twice"

    @invariant()
    def every_cause_has_exactly_one_alarm(self) -> None:
        """What waits sounds, is heard or is shelved; what does not wait has no alarm, whatever timers there were."""
        state = self.desk.engine.state
        members = Counter((row["kind"], about) for row in self.desk.view("alarms").values() for about in row["members"])
        assert set(members.values()) <= {1}
        now, rules = state.now, load_settings()
        expected = {
            (due.kind, due.about)
            for incident in state.incidents.values()
            for due in incident_dues(incident, rules)
            if due.holds(now)
        }
        expected |= {("distress", f"unit:{u.unit_id}") for u in state.units.values() if u.distress_at is not None}
        about_units = ("unacknowledged", "check-in", "silent")
        assert {key for key in members if key[0] not in about_units} == expected

    @invariant()
    def what_is_grave_is_never_hidden(self) -> None:
        incidents = self.desk.engine.state.incidents
        for row in self.desk.view("alarms").values():
            assert row["kind"] != "distress" or row["state"] != "shelved"
            things = [about.partition(":")[2] for about in row["members"] if about.startswith("incident:")]
            grave = [i for i in things if incidents[i].priority == 1]
            assert not grave or len(row["members"]) == 1

    @invariant()
    def the_rate_is_what_the_log_tells(self) -> None:
        now = self.desk.engine.state.now
        owners = {e["data"]["alarm_id"]: e["data"].get("owner", "") for e in self.desk.told("alarm.raised")}
        began = [
            (owners[e["data"]["alarm_id"]], e["recorded_at"]) for e in self.desk.told("alarm.raised", "alarm.unshelved")
        ]
        lately = (now - timedelta(minutes=10)).isoformat()
        counted = Counter(owner for owner, at in began if owner and at.replace("Z", "+00:00") > lately)
        assert {owner: row["last_10min"] for owner, row in self.desk.view("alarm_rates").items()} == dict(counted)

    def teardown(self) -> None:
        self.desk.turn()
        assert_agrees_with_its_log(self.redis, self.desk.keys, self.desk.city)


def test_alarms_follow_from_what_is_so(redis: redis_module.Redis) -> None:
    class OnThisServer(Night):
        pass

    OnThisServer.redis = redis
    run_state_machine_as_test(
        OnThisServer,
        settings=settings(
            max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
