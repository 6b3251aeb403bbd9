"""Any requests of any people, late facts and passing time, with the engine replaced at any moment: what a hotline
desk may rely on."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import redis as redis_module
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from dashboard.engine.rooms.cases import CASE_MAPPED
from dashboard.engine.tally import EVERY
from dashboard.engine.verbs.cases import CASE_VERBS
from hotline.cases import CASE_MEASURES, Case, CaseStage, case_flags
from hotline.life import is_legal
from tests.engine.case_desk import CaseDesk
from tests.support.truth import assert_agrees_with_its_log, committed_documents

CASES, PEOPLE, BODIES = ("c1", "c2", "c3"), ("ann", "bob", "eve"), ("Chaoyang", "urban", "gas")
LATE = ("dispatched", "accepted", "returned", "contacted", "handled", "closed", "reopened", "resumed", "merged")
SEVERAL = frozenset({"undo", "review_return"})  # steps in one


def some_request(draw: random.Random, now: datetime) -> tuple[str, dict[str, Any]]:
    """A verb and arguments that may or may not make sense now."""
    case = {"case_id": draw.choice(CASES)}
    why = {"reason": "x"}
    until = {"until": now + timedelta(minutes=draw.choice((-5, 30, 3000)))}
    asked: dict[str, dict[str, Any]] = {
        "dispatch_case": case | {"owner": draw.choice(BODIES), "supporters": draw.sample(BODIES, 1)},
        "accept_case": case,
        "ask_return": case | why | {"code": draw.choice(("unclear", "tired"))},
        "review_return": case | why | {"granted": draw.random() < 0.5, "owner": draw.choice(("", *BODIES))},
        "contact_case": case,
        "handle_case": case | {"result": "x"},
        "answer_case": case | {"answer": "x"},
        "close_case": case,
        "follow_up": case | {"contacted": True, "resolved": draw.choice((None, True, False))},
        "reopen_case": case | why,
        "regrade_case": case | why | {"grade": draw.choice(("I", "II", "III", "IV"))},
        "pause_case": case | until | {"reason": draw.choice(("weather", "legal_procedure"))},
        "resume_case": case,
        "note_case": case | {"text": "x"},
        "merge_cases": case | {"into": draw.choice(CASES)},
        "unmerge_case": case,
        "flag_case": case | why | until | {"flag": "repeat"},
        "unflag_case": case | {"flag": "repeat"},
        "undo": {},
    }
    verb = draw.choice([*asked, "dispatch_case", "merge_cases", "undo", "ask_return", "review_return"])
    return verb, asked[verb]


def test_every_verb_of_cases_is_tried() -> None:
    asked = {some_request(random.Random(n), datetime(2026, 3, 4))[0] for n in range(2000)}
    assert asked == {*CASE_VERBS, "undo"} - {"erase"}


class Floor(RuleBasedStateMachine):
    """Three people at three cases, one of them an enquiry."""

    redis: redis_module.Redis

    def __init__(self) -> None:
        super().__init__()
        self.redis.flushall()
        self.desk = CaseDesk(self.redis)
        for case_id, kind in zip(CASES, ("complaint", "complaint", "enquiry"), strict=True):
            self.desk.received(case_id, kind=kind)
        self.asked: dict[str, dict[str, Any]] = {}

    @property
    def cases(self) -> dict[str, Case]:
        """Also those that left the engine's memory."""
        return committed_documents(self.redis, self.desk.keys).cases

    @rule(person=st.sampled_from(PEOPLE), draw=st.randoms(use_true_random=False))
    def somebody_asks(self, person: str, draw: random.Random) -> None:
        verb, args = some_request(draw, self.desk.wall.at)
        before, facts_before = self.cases, len(self.desk.events())
        request_id = self.desk.ask(verb, actor=person, role="hotline", **args)
        self.desk.turn()
        reply = self.asked[request_id] = self.desk.reply(request_id)
        facts = [fact for fact in self.desk.events()[facts_before:] if fact["source"] == "desk"]
        assert bool(facts) == (reply["outcome"] == "done"), (verb, args, reply)
        assert reply["outcome"] == "done" or reply["reason"]
        assert all(fact["actor"] == person for fact in facts)
        after = self.cases
        if reply["outcome"] == "done":
            assert after != before, (verb, "said done and changed nothing")
            if verb not in SEVERAL:
                for case_id, case in before.items():
                    assert is_legal(case.stage, after[case_id].stage), (verb, case.stage, after[case_id].stage)
        if verb == "review_return" and reply["outcome"] == "done":
            assert before[args["case_id"]].return_asked_by != person

    @rule(draw=st.randoms(use_true_random=False), late_s=st.sampled_from((0, 30, 4000)))
    def something_late_comes_in(self, draw: random.Random, late_s: int) -> None:
        """What other systems say, older than what people did since: kept, and no old end ends anything newer."""
        case_id, what = draw.choice(CASES), draw.choice(LATE)
        said: dict[str, Any] = {"dispatched": {"owner": "gas"}, "merged": {"into": draw.choice((*CASES, "c9"))}}
        before = self.cases[case_id]
        at = self.desk.wall.at - timedelta(seconds=late_s)
        self.desk.post(f"case.{what}", source="old system", at=at, case_id=case_id, **said.get(what, {}))
        self.desk.turn()
        after = self.cases[case_id]
        if what == "closed" and before.reopened_at is not None and at < before.reopened_at:
            assert after.closed_at == before.closed_at

    @rule(minutes=st.sampled_from((1, 40, 300, 1500)))
    def time_passes(self, minutes: int) -> None:
        self.desk.wall.pass_(minutes=minutes)
        self.desk.turn()

    @rule()
    def another_engine_takes_over(self) -> None:
        before = self.cases
        self.desk.engine = self.desk.new_engine()
        assert self.cases == before
        self.desk.turn()

    @rule()
    def the_same_request_gets_the_same_answer(self) -> None:
        for request_id, reply in list(self.asked.items())[-1:]:
            self.desk.ask("close_case", request_id, case_id="c1")
            self.desk.turn()
            assert self.desk.reply(request_id) == reply

    @invariant()
    def received_counts_never_change_and_open_ones_count_leads(self) -> None:
        figures, cases = self.desk.figures(), self.cases
        assert figures["cases.received_total"] == 3
        assert figures["cases.open"] == sum(case.is_open for case in cases.values())

    @invariant()
    def counts_kept_up_to_date_equal_counts_made_anew(self) -> None:
        state = self.desk.engine.state
        totals: Counter[str] = Counter()
        for case in state.cases.values():
            flags = case_flags(case, state.now, state.day_start)
            totals.update(name for name, bit in CASE_MEASURES.items() if flags & bit)
        for name, bit in CASE_MEASURES.items():
            assert state.case_room.tally.count(name) == totals[name], name
            if name in CASE_MAPPED:
                assert sum(state.case_room.tally.cells[bit].get(EVERY, {}).values()) == totals[name]

    @invariant()
    def merged_cases_have_one_lead_that_counts_them(self) -> None:
        cases = self.cases
        led = Counter(case.merged_into for case in cases.values() if case.merged_into)
        assert led == {case_id: case.members for case_id, case in cases.items() if case.members}
        assert all(not cases[lead].merged_into for lead in led)

    @invariant()
    def a_clock_stands_no_longer_than_was_said(self) -> None:
        now = self.desk.engine.state.now
        for case in self.cases.values():
            assert (case.paused_at is None) == (case.paused_until is None)
            assert case.paused_until is None or case.paused_until > now
            assert case.stage in CaseStage
            assert case.return_asked_at is None or case.owner

    def teardown(self) -> None:
        self.desk.turn()
        assert_agrees_with_its_log(self.redis, self.desk.keys, self.desk.city)


def test_a_floor_of_any_requests_keeps_its_promises(redis: redis_module.Redis) -> None:
    class OnThisServer(Floor):
        pass

    OnThisServer.redis = redis
    checks = list(HealthCheck)
    run_state_machine_as_test(
        OnThisServer,
        settings=settings(max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=checks),
    )
