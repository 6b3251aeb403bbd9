"""Situations in any order of requests, late facts, merges, closings and restarts: counts reconcile with the log.

The model is the log itself, read by a few lines: an incident is counted once however many cases it stands for, no
case is in two open situations, and a case stands for the incident of its situation or says why not.
"""

from __future__ import annotations

import random
from typing import Any

import redis as redis_module
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.support.engines import CORNER
from tests.support.situations import GAS, Floor
from tests.support.truth import assert_agrees_with_its_log

PEOPLE = ("ann", "bob")
OFTEN = ("offer_situation", "promote_situation", "undo", "undo", "add_to_situation", "demote_incident")


def some_request(draw: random.Random, floor: Floor) -> tuple[str, dict[str, Any]]:
    """A verb and arguments that may or may not make sense now."""
    state = floor.engine.state
    on = {"situation_id": draw.choice([*state.situation_room.documents, "none"])}
    some = draw.sample(GAS, draw.randint(1, 3))
    incident = {"incident_id": draw.choice([*state.incidents, "none"])}
    one, other = draw.sample(GAS, 2)
    asked: dict[str, dict[str, Any]] = {
        "open_situation": {"title": "x", "case_ids": some},
        "add_to_situation": on | {"case_ids": some},
        "remove_from_situation": on | {"case_ids": some[:1], "reason": "x"},
        "offer_situation": on,
        "decline_situation": on | {"reason": "x"},
        "promote_situation": on | draw.choice(({"kind": "gas_leak", "priority": 1}, incident)),
        "close_situation": on,
        "merge_situations": on | {"into": draw.choice([*state.situation_room.documents, "none"])},
        "split_situation": on,
        "promote_case": {"case_id": one, "kind": "fire"},
        "demote_incident": incident | {"reason": "x"},
        "cancel": incident | {"reason": "x"},
        "close_incident": incident,
        "merge_cases": {"case_id": one, "into": other},
        "unmerge_case": {"case_id": one},
        "close_case": {"case_id": one, "reason": "x"},
        "reopen_case": {"case_id": one, "reason": "x"},
        "undo": {},
    }
    verb = draw.choice([*asked, *OFTEN])
    return verb, asked[verb]


class Shift(RuleBasedStateMachine):
    """Two people and four cases; facts about the cases come late, and engines are replaced."""

    redis: redis_module.Redis

    def __init__(self) -> None:
        super().__init__()
        self.redis.flushall()
        self.floor = Floor(self.redis)

    @rule(seed=st.integers(0, 9999))
    def people_ask(self, seed: int) -> None:
        draw = random.Random(seed)
        for _ in range(8):
            verb, args = some_request(draw, self.floor)
            self.floor.ask(verb, actor=draw.choice(PEOPLE), **args)
            if draw.random() < 0.5:
                self.floor.turn()
        self.floor.turn()

    @rule(case_id=st.sampled_from(GAS), north=st.integers(-3, 3))
    def a_case_turns_out_to_be_elsewhere(self, case_id: str, north: int) -> None:
        self.floor.post("case.amended", case_id=case_id, lat=CORNER[0] + north * 0.001, lng=CORNER[1])
        self.floor.turn()

    @rule(case_id=st.sampled_from(GAS))
    def a_closing_comes_late(self, case_id: str) -> None:
        self.floor.post("case.closed", at=self.floor.wall.at, case_id=case_id)
        self.floor.turn()

    @rule()
    def another_engine_takes_over(self) -> None:
        self.floor.engine = self.floor.new_engine()
        self.floor.turn()

    @invariant()
    def no_case_is_in_two_open_situations(self) -> None:
        open_ones = [s for s in self.floor.engine.state.situation_room.documents.values() if s.is_open]
        members = [case_id for s in open_ones for case_id in s.case_ids]
        assert len(members) == len(set(members))
        for situation in open_ones:
            for case_id in situation.case_ids:
                assert self.floor.engine.state.cases[case_id].situation_id == situation.situation_id

    @invariant()
    def each_incident_is_counted_once(self) -> None:
        state = self.floor.engine.state
        figures = self.floor.figures()
        assert figures["incidents.received_total"] == len(state.incidents)
        assert figures["incidents.open"] == sum(i.is_open for i in state.incidents.values())
        assert figures["cases.received_total"] == len(GAS)

    @invariant()
    def an_incident_stands_for_a_situation_or_its_cases_stand_free(self) -> None:
        state = self.floor.engine.state
        promoted = [s for s in state.situation_room.documents.values() if s.promoted_at is not None]
        for situation in promoted:
            assert situation.incident_id in state.incidents
            assert state.incidents[situation.incident_id].demoted_at is None

    @invariant()
    def desks_see_what_is_open(self) -> None:
        shown = self.floor.view("situations")
        known = self.floor.engine.state.situation_room.documents
        assert set(shown) == {key for key, s in known.items() if s.is_open}
        for key, row in shown.items():
            assert (row["n"], row["state"]) == (len(known[key].case_ids), known[key].state)

    def teardown(self) -> None:
        assert_agrees_with_its_log(self.redis, self.floor.keys, self.floor.city)


def test_situations_reconcile_whatever_happens(redis: redis_module.Redis) -> None:
    Shift.redis = redis
    run_state_machine_as_test(
        Shift,
        settings=settings(
            max_examples=8,
            stateful_step_count=8,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
