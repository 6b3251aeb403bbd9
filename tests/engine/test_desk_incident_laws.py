"""Hand-overs, reports, demotions and call-backs in any order, while time passes and engines are replaced.

The log is read by a model of a few lines: whatever the engine said by itself must have been due, and nothing that was
due may go unsaid.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import msgspec
import redis as redis_module
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from emergency.handover import ANSWER_WITHIN
from emergency.major import REPORT_EVERY, Hospital, fold_hospital
from emergency.tasks import Task, fold_task
from streams.codec import payload_of
from streams.events import HospitalPayload, TaskPayload, recording_of
from tests.engine.test_desk_verbs import Desk
from tests.support.truth import assert_agrees_with_its_log, assert_same, log_of

INCIDENTS, UNITS, PEOPLE, CASES = ("i1", "i2"), ("E1", "E2"), ("ann", "bob"), ("c1", "c2")
AGENCIES = ("fire", "police", "ems")
ASKED_IN_A_ROW = 12
OFTEN = (
    *("hand_over", "answer_hand_over", "answer_hand_over", "answer_agency", "promote_case", "demote_incident"),
    *("declare_major", "report_situation", "report_casualties", "call_back", "undo", "undo"),
)


def some_request(draw: random.Random, incidents: list[str], tasks: list[str]) -> tuple[str, dict[str, Any]]:
    """A verb and arguments that may or may not make sense now."""
    on: dict[str, Any] = {"incident_id": draw.choice(incidents)}
    agency = {"agency": draw.choice(AGENCIES)}
    asked: dict[str, dict[str, Any]] = {
        "ask_agency": on | agency,
        "answer_agency": on | agency | {"answer": draw.choice(("accepted", "declined"))},
        "hand_over": on | {"to": draw.choice(AGENCIES)},
        "answer_hand_over": on | {"answer": draw.choice(("accepted", "declined", "informed"))},
        "promote_case": {"case_id": draw.choice(CASES), "kind": "Fire"},
        "demote_incident": on | {"reason": "x"},
        "declare_major": on | {"commander": draw.choice(("B1", "B2"))},
        "report_casualties": on | {"t1": draw.randint(0, 2)},
        "report_situation": on | {"text": "x"},
        "report_hospital": {"hospital": "General", "t1": draw.randint(0, 2)},
        "call_back": {"task_id": draw.choice([*tasks, "none"]), "result": draw.choice(("reached", "no-answer"))},
        "escalate": on | {"priority": draw.randint(1, 3)},
        "close_incident": on,
        "reopen_incident": on | {"reason": "x"},
        "close_case": {"case_id": draw.choice(CASES)},
        "dispatch": on | {"unit_ids": [draw.choice(UNITS)]},
        "clear_unit": on | {"unit_id": draw.choice(UNITS)},
        "undo": {},
    }
    verb = draw.choice([*asked, *OFTEN])
    return verb, asked[verb]


class Joint(RuleBasedStateMachine):
    """Two people at two incidents and two cases; emergency calls are given up now and then."""

    redis: redis_module.Redis

    def __init__(self) -> None:
        super().__init__()
        self.redis.flushall()
        self.desk = Desk(self.redis)
        for case_id in CASES:
            self.desk.case(case_id)
        self.desk.turn()
        self.calls = 0

    @rule(seed=st.integers(0, 9999))
    def people_ask(self, seed: int) -> None:
        """Some requests in a row: few of any requests make sense at any time."""
        draw = random.Random(f"{seed} after {len(self.desk.events())}")  # small seeds come often
        for _ in range(ASKED_IN_A_ROW):
            state = self.desk.engine.state
            verb, args = some_request(draw, sorted(state.incidents)[:3], sorted(state.task_room.documents)[:2])
            before = len(self.desk.events())
            reply = self.desk.asked(verb, draw.choice(PEOPLE), **args)
            said = [event for event in self.desk.events()[before:] if event["source"] == "desk"]
            assert bool(said) == (reply["outcome"] == "done"), (verb, args, reply)
            assert reply["outcome"] == "done" or reply["reason"]
            if draw.random() < 0.15:
                self.desk.wall.pass_(seconds=draw.choice((5, 29, 61, 130, 901)))

    @rule(seconds=st.sampled_from((1, 20, 59, 61, 130, 400, 901)))
    def time_passes(self, seconds: int) -> None:
        self.desk.wall.pass_(seconds=seconds)

    @rule()
    def a_caller_gives_up(self) -> None:
        self.calls += 1
        for kind in ("call.offered", "call.abandoned"):
            more = {"channel": "911", "phone": "617-555-0177"} if kind == "call.offered" else {}
            self.desk.post(kind, source="phones", call_id=f"K{self.calls}", **more)
        self.desk.turn()

    @rule(which=st.integers(0, 5))
    def an_old_clock_is_told_again(self, which: int) -> None:
        """Another system repeats what our engine said, or says it of an offer that never was."""
        told = [e for e in self.desk.events() if e["type"] in ("incident.hand_over_returned", "incident.situation_due")]
        if not told:
            return
        old = told[-1 - which % len(told)]
        incident_id = old["data"]["incident_id"]
        if old["type"] == "incident.situation_due":
            self.desk.asked("report_situation", incident_id=incident_id, text="x")
        else:
            self.desk.asked("hand_over", incident_id=incident_id, to="police")
        before = self.desk.incident(incident_id)
        self.desk.post(old["type"], source="other", at=self.desk.wall.at, **old["data"])
        self.desk.turn()
        after = self.desk.incident(before.incident_id)
        for field in ("handover", "major", "agency"):
            was, now = getattr(before, field), getattr(after, field)
            assert was == now or _is_due(field, before, self.desk.wall.at), "an old clock acted on a newer state"

    @rule()
    def another_engine_takes_over(self) -> None:
        before = self.desk.engine.state
        self.desk.engine = self.desk.new_engine()
        after = self.desk.engine.state
        assert after.incidents == before.incidents
        assert after.task_room.documents == before.task_room.documents
        assert after.task_room.incidents == before.task_room.incidents
        assert after.hospital_room.documents == before.hospital_room.documents
        self.desk.turn()

    @invariant()
    def what_the_engine_said_was_due_and_what_was_due_is_said(self) -> None:
        self.desk.turn()
        now = self.desk.engine.state.now
        for incident in self.desk.engine.state.incidents.values():
            if incident.is_open and incident.handover is not None and incident.handover.is_offered:
                assert incident.handover.due_at > now
            if incident.is_open and incident.major is not None:
                assert incident.major.report_due_at > now or incident.major.overdue_at == incident.major.report_due_at
        assert_engine_spoke_in_time(self.desk.events())

    @invariant()
    def cases_and_incidents_name_each_other(self) -> None:
        state = self.desk.engine.state
        for incident in state.incidents.values():
            if incident.case_id:
                case = state.cases[incident.case_id]
                assert case.incident_id
                if case.promoted_at is not None:
                    assert state.incidents[case.incident_id].case_id == case.case_id
            if incident.demoted_at is not None:
                assert incident.case_id
                assert not incident.is_open

    @invariant()
    def the_queue_is_what_is_open(self) -> None:
        state = self.desk.engine.state
        queue = self.desk.view("queue")
        assert set(queue) == {i for i, known in state.incidents.items() if known.is_open}
        assert set(self.desk.view("tasks")) == {i for i, task in state.task_room.documents.items() if task.is_open}
        assert self.desk.figures()["incidents.open"] == len(queue)

    def teardown(self) -> None:
        self.desk.turn()
        assert_agrees_with_its_log(self.redis, self.desk.keys, self.desk.city)
        assert_tasks_and_hospitals_agree(self.desk)


def _is_due(field: str, incident: Any, now: datetime) -> bool:
    """Whether the clock's own deadline came in that very turn."""
    due_at = incident.handover.due_at if field != "major" else incident.major.report_due_at
    return bool(due_at <= now)


def assert_engine_spoke_in_time(events: list[dict[str, Any]]) -> None:
    """A model of offers and reports: nothing but what each fact says of itself."""
    offers: dict[str, datetime] = {}
    reports: dict[str, datetime] = {}
    priority: dict[str, int] = {}
    for event in events:
        kind, data, at = event["type"], event["data"], datetime.fromisoformat(event["occurred_at"])
        incident_id = data.get("incident_id", "")
        if kind in ("incident.received", "incident.escalated"):
            priority[incident_id] = data.get("priority", 2)
        elif kind == "incident.handed_over":
            offers[incident_id] = at + ANSWER_WITHIN[priority[incident_id]]
        elif kind == "incident.hand_over_answered" and data["answer"] != "informed":
            offers.pop(incident_id, None)
        elif kind == "incident.hand_over_returned":
            due_at = datetime.fromisoformat(data["due_at"])
            if event["source"] == "engine":
                assert offers.get(incident_id) == due_at <= at, event
            if offers.get(incident_id) == due_at:
                offers.pop(incident_id)
        elif kind == "incident.major_declared":
            if data.get("withdrawn"):
                reports.pop(incident_id, None)
            else:
                reports.setdefault(incident_id, at + REPORT_EVERY)
        elif kind == "incident.situation_reported":
            reports[incident_id] = at + REPORT_EVERY
        elif kind == "incident.situation_due" and event["source"] == "engine":
            assert reports.get(incident_id) == datetime.fromisoformat(data["due_at"]) <= at, event


def assert_tasks_and_hospitals_agree(desk: Desk) -> None:
    """Their committed documents are the fold of the log, and each call has one task."""
    tasks: dict[str, Any] = {}
    hospitals: dict[str, Any] = {}
    for fact in log_of(desk.client, desk.keys):
        payload, recording = payload_of(fact.envelope), recording_of(fact.envelope, fact.seq)
        if isinstance(payload, TaskPayload):
            tasks[payload.task_id] = fold_task(tasks.get(payload.task_id), payload, recording)
        elif isinstance(payload, HospitalPayload):
            hospitals[payload.hospital] = fold_hospital(hospitals.get(payload.hospital), payload, recording)
    for noun, kind, expected in (("tasks", Task, tasks), ("hospitals", Hospital, hospitals)):
        raw: Any = desk.client.hgetall(desk.keys.of(noun))
        found = {name.decode(): msgspec.json.decode(value, type=kind) for name, value in raw.items()}
        left = {i for i, d in expected.items() if noun == "tasks" and d.closed_at is not None} - found.keys()
        cutoff = desk.engine.state.now - timedelta(hours=26)
        assert all(expected[i].closed_at <= cutoff for i in left)
        assert_same(found, {i: d for i, d in expected.items() if i not in left}, noun)


def test_offers_reports_demotions_and_call_backs_keep_their_promises(redis: redis_module.Redis) -> None:
    class OnThisServer(Joint):
        pass

    OnThisServer.redis = redis
    checks = list(HealthCheck)
    run_state_machine_as_test(
        OnThisServer,
        settings=settings(max_examples=30, stateful_step_count=15, deadline=None, suppress_health_check=checks),
    )
