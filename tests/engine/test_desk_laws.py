"""Any requests of any people, with the engine replaced at any moment: what a dispatch desk may rely on."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import redis as redis_module
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from emergency.life import OPEN, Stage, is_legal
from tests.engine.test_desk_verbs import Desk
from tests.support.engines import CORNER
from tests.support.truth import assert_agrees_with_its_log, committed_documents

INCIDENTS, UNITS, PEOPLE = ("i1", "i2", "i3"), ("E1", "E2", "E3"), ("ann", "bob", "eve")
STATUSES = ("acknowledged", "en-route", "on-scene", "transporting", "at-hospital")


def some_request(draw: random.Random) -> tuple[str, dict[str, Any]]:
    """A verb and arguments that may or may not make sense now."""
    incident, other, unit = draw.choice(INCIDENTS), draw.choice(INCIDENTS), draw.choice(UNITS)
    on = {"incident_id": incident}
    there = on | {"unit_id": unit}
    asked: dict[str, dict[str, Any]] = {
        "triage": on | {"kind": draw.choice(("Fire", "Alarm"))},
        "escalate": on | {"priority": draw.randint(1, 3)},
        "further_alarm": on | {"alarm": draw.randint(1, 3)},
        "relocate": on | {"lat": CORNER[0] + draw.choice((0, 0.01)), "lng": CORNER[1]},
        "contain": on,
        "note": on | {"text": "x"},
        "cancel": on | {"reason": "x"},
        "close_incident": on,
        "reopen_incident": on | {"reason": "x"},
        "link": on | {"to": other},
        "merge": on | {"into": other},
        "split": on,
        "dispatch": on | {"unit_ids": draw.sample(UNITS, draw.randint(1, 2))},
        "acknowledge": there,
        "report": there | {"status": draw.choice(STATUSES)},
        "divert": there,
        "stack": there,
        "stand_down": there,
        "clear_unit": there,
        "undo": {},
    }
    verb = draw.choice([*asked, "dispatch", "dispatch", "divert", "undo"])
    return verb, asked[verb]


class Shift(RuleBasedStateMachine):
    """Three people at three incidents with three units."""

    redis: redis_module.Redis

    def __init__(self) -> None:
        super().__init__()
        self.redis.flushall()
        self.desk = Desk(self.redis)
        self.desk.post("incident.received", incident_id="i3", kind="Fire", priority=3)
        self.desk.turn()
        self.asked: dict[str, dict[str, Any]] = {}
        self.stages = self.now_stages()

    def now_stages(self) -> dict[str, Stage]:
        return {i: Stage(known.stage) for i, known in self.desk.engine.state.incidents.items()}

    @rule(person=st.sampled_from(PEOPLE), draw=st.randoms(use_true_random=False))
    def somebody_asks(self, person: str, draw: random.Random) -> None:
        verb, args = some_request(draw)
        before = len(self.desk.events())
        request_id = self.desk.ask(verb, actor=person, **args)
        self.desk.turn()
        reply = self.desk.reply(request_id)
        self.asked[request_id] = reply
        facts = [fact for fact in self.desk.events()[before:] if fact["source"] != "engine"]
        assert bool(facts) == (reply["outcome"] == "done"), (verb, args, reply)
        assert reply["outcome"] == "done" or reply["reason"]
        assert all(fact["actor"] == person for fact in facts)
        after = self.now_stages()
        if reply["outcome"] == "done" and verb not in ("undo", "merge", "cancel"):  # those are several steps in one
            for incident_id, stage in self.stages.items():
                assert is_legal(stage, after[incident_id]), (verb, stage, after[incident_id])
        self.stages = after

    @rule(draw=st.randoms(use_true_random=False), late_s=st.sampled_from((0, 30, 300)))
    def an_old_paper_comes_in(self, draw: random.Random, late_s: int) -> None:
        """Ends of other systems, and steps of crews, that are older than what people did since."""
        incident, unit = draw.choice(INCIDENTS), draw.choice(UNITS)
        at = self.desk.wall.at - timedelta(seconds=late_s)
        running = self.desk.unit(unit).assignments
        if incident in running:
            self.desk.post("unit.arrived", source="radio", at=at, unit_id=unit, incident_id=incident)
        else:
            self.desk.post("unit.cleared", source="radio", at=at, unit_id=unit, incident_id=incident)
        self.desk.turn()
        assert self.desk.unit(unit).assignments.keys() == running.keys()
        self.stages = self.now_stages()

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        self.desk.wall.pass_(seconds=seconds)

    @rule()
    def another_engine_takes_over(self) -> None:
        before = self.desk.engine.state
        self.desk.engine = self.desk.new_engine()
        after = self.desk.engine.state
        assert (after.incidents, after.units, after.crews) == (before.incidents, before.units, before.crews)
        assert after.acts.last == before.acts.last
        self.desk.turn()

    @rule()
    def the_same_request_gets_the_same_answer(self) -> None:
        for request_id, reply in self.asked.items():
            self.desk.ask("escalate", request_id, incident_id="i1", priority=1)
            self.desk.turn()
            assert self.desk.reply(request_id) == reply
            break

    @invariant()
    def no_unit_is_on_two_incidents(self) -> None:
        for unit in self.desk.engine.state.units.values():
            assert len(unit.assignments) <= 1
            assert not set(unit.stacked) & set(unit.assignments)

    @invariant()
    def what_is_open_is_counted_once(self) -> None:
        figures, stages = self.desk.figures(), self.now_stages()
        assert figures["incidents.open"] == sum(stage in OPEN for stage in stages.values())
        assert figures["incidents.received_total"] == 3

    @invariant()
    def merged_incidents_and_their_leads_name_each_other(self) -> None:
        incidents = self.desk.engine.state.incidents
        told = {(i, known.merged_into) for i, known in incidents.items() if known.merged_into}
        assert told == {(member, i) for i, known in incidents.items() for member in known.members}
        assert all(not incidents[lead].merged_into for _, lead in told)

    def teardown(self) -> None:
        self.desk.turn()
        assert_agrees_with_its_log(self.redis, self.desk.keys, self.desk.city)


def test_a_shift_of_any_requests_keeps_its_promises(redis: redis_module.Redis) -> None:
    class OnThisServer(Shift):
        pass

    OnThisServer.redis = redis
    checks = list(HealthCheck)
    run_state_machine_as_test(
        OnThisServer,
        settings=settings(max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=checks),
    )


def test_two_hundred_conflicting_requests_while_engines_come_and_go(redis: redis_module.Redis) -> None:
    """Twenty people want the same four units for the same four incidents, some too late, some asking twice."""
    draw = random.Random(20)
    desk = Desk(redis)
    for n in range(3, 5):
        desk.post("incident.received", incident_id=f"i{n}", kind="Fire")
    desk.post("unit.listed", unit_id="E4")
    desk.turn()
    asked: dict[str, str] = {}
    valid_s: dict[str, float] = {}
    for n in range(200):
        incident, unit = f"i{draw.randint(1, 4)}", f"E{draw.randint(1, 4)}"
        verb = draw.choice(("dispatch", "dispatch", "dispatch", "divert", "clear_unit", "stack", "stand_down"))
        args: dict[str, Any] = {"incident_id": incident}
        args |= {"unit_ids": [unit]} if verb == "dispatch" else {"unit_id": unit}
        request_id = f"r-{n}"
        valid_s[request_id] = 10 if draw.random() < 0.8 else -1
        asked[request_id] = verb
        for _ in range(draw.choice((1, 1, 2))):
            desk.ask(verb, request_id, valid_s=valid_s[request_id], actor=f"person {n % 20}", **args)
        if draw.random() < 0.1:
            desk.turn()
        if draw.random() < 0.05:
            desk.engine = desk.new_engine()
    desk.turn()
    replies = {request_id: desk.reply(request_id) for request_id in asked}
    facts = Counter(event["id"].rpartition(":")[0] for event in desk.events() if event["source"] == "desk")
    outcomes = Counter(reply["outcome"] for reply in replies.values())
    assert outcomes["done"] > 10
    assert outcomes["refused"] > 50
    for request_id, reply in replies.items():
        assert (facts[request_id] > 0) == (reply["outcome"] == "done"), request_id
        assert reply["outcome"] == "done" or reply["reason"]
        if valid_s[request_id] < 0:
            assert reply["reason"].startswith("late")
        expected = {"dispatch": 1, "clear_unit": 1, "stack": 1, "stand_down": 1, "divert": 2}[asked[request_id]]
        assert facts[request_id] in (0, expected), "once, however often it was asked"
    assert_agrees_with_its_log(redis, desk.keys, desk.city)
    units = committed_documents(redis, desk.keys).units.values()
    assert all(len(unit.assignments) <= 1 for unit in units)
