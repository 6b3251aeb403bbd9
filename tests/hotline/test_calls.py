"""The life of a call, and the laws of its facts: any order, any repeats, one document."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.calls import (
    ABANDONED_AFTER_ANSWERED,
    ANSWERED_AFTER_ABANDONED,
    ANSWERED_TWICE,
    Call,
    call_contradiction,
    call_spent_at,
    fold_call,
    talk_s,
    wait_s,
)
from streams.codec import encode
from streams.events import (
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallOffered,
    CallPayload,
    CallQueued,
    Recording,
)

FIVE_PM = datetime(2026, 1, 30, 9, tzinfo=UTC)
OFFERED = CallOffered(call_id="K1", channel="foreign", language="ar")
QUEUED, ABANDONED = CallQueued(call_id="K1"), CallAbandoned(call_id="K1")
ANSWERED, ENDED = CallAnswered(call_id="K1", agent_id="A7"), CallEnded(call_id="K1", case_id="S1")

Told = tuple[CallPayload, float]
LIFE: list[Told] = [(OFFERED, 0), (QUEUED, 2), (ANSWERED, 12), (ABANDONED, 11), (ENDED, 200)]


def told(*facts: Told, before: Call | None = None) -> Call:
    call = before
    for seq, (payload, after_s) in enumerate(facts, start=1):
        at = FIVE_PM + timedelta(seconds=after_s)
        call = fold_call(call, payload, Recording(at=FIVE_PM + timedelta(hours=1), occurred_at=at, seq=seq))
    assert call is not None
    return call


def test_a_call_is_offered_queued_answered_and_ended() -> None:
    states = [told(*LIFE[:n]).state for n in (1, 2, 3)] + [told(*LIFE).state]
    assert states == ["offered", "queued", "answered", "ended"]
    call = told(*LIFE)
    assert (call.channel, call.language, call.agent_id, call.case_id) == ("foreign", "ar", "A7", "S1")
    assert wait_s(call) == 10
    assert talk_s(call) == 188


def test_a_wait_is_measured_where_it_happens_not_when_the_log_took_the_facts() -> None:
    """All facts above were recorded at the same instant, an hour later: the wait is still ten seconds."""
    assert wait_s(told((OFFERED, 0), (ANSWERED, 10))) == 10


def test_a_caller_who_gives_up_was_abandoned_even_when_the_line_is_closed_later() -> None:
    call = told((OFFERED, 0), (QUEUED, 2), (ABANDONED, 40), (ENDED, 41))
    assert call.state == "abandoned"
    assert wait_s(call) == 38
    assert talk_s(call) is None


def test_a_call_that_ended_without_answer_was_abandoned_then() -> None:
    call = told((OFFERED, 0), (ENDED, 30))
    assert (call.state, call.gone_at, call.waiting_since) == ("abandoned", FIVE_PM + timedelta(seconds=30), None)


def test_abandoned_after_answered_changes_nothing_and_is_flagged() -> None:
    answered = told((OFFERED, 0), (ANSWERED, 10))
    assert call_contradiction(answered, ABANDONED) == ABANDONED_AFTER_ANSWERED
    assert told((ABANDONED, 20), before=answered) is answered


@pytest.mark.parametrize(
    ("facts", "payload", "flag"),
    [
        ([(OFFERED, 0), (ABANDONED, 5)], ANSWERED, ANSWERED_AFTER_ABANDONED),
        ([(OFFERED, 0), (ANSWERED, 5)], CallAnswered(call_id="K1", agent_id="A8"), ANSWERED_TWICE),
        ([(OFFERED, 0), (ANSWERED, 5)], ANSWERED, None),
        ([(OFFERED, 0)], ABANDONED, None),
    ],
)
def test_what_cannot_be_true_together_is_named(facts: list[Told], payload: CallPayload, flag: str | None) -> None:
    assert call_contradiction(told(*facts), payload) == flag


def test_a_fact_before_the_offer_makes_a_stub_that_waits_nowhere() -> None:
    stub = told((QUEUED, 2))
    assert (stub.offered_at, stub.waiting_since, wait_s(stub, FIVE_PM)) == (None, None, None)
    assert told((OFFERED, 0), before=stub).waiting_since == FIVE_PM + timedelta(seconds=2)


def test_the_wait_of_a_waiting_caller_grows_and_is_never_negative() -> None:
    call = told((OFFERED, 10))
    assert wait_s(call) is None
    assert wait_s(call, FIVE_PM + timedelta(seconds=70)) == 60
    assert wait_s(call, FIVE_PM) == 0
    assert wait_s(told((OFFERED, 10), (ANSWERED, 3))) == 0


def test_a_document_survives_its_storage() -> None:
    call = told(*LIFE)
    assert msgspec.json.decode(encode(call), type=Call) == call


@given(st.lists(st.sampled_from(LIFE), min_size=1, max_size=12).filter(lambda f: {*f} == {*LIFE} or len({*f}) < 5))
def test_repeats_and_order_do_not_matter(facts: list[Told]) -> None:
    def without_seq(call: Call) -> Call:
        return msgspec.structs.replace(call, seq=0)

    in_order = [fact for fact in LIFE if fact in facts]
    assert without_seq(told(*facts)) == without_seq(told(*in_order))


@given(st.permutations(LIFE))
def test_every_order_of_a_whole_life_ends_alike(facts: list[Told]) -> None:
    call = told(*facts)
    assert (call.state, wait_s(call), talk_s(call), call.agent_id) == ("ended", 10, 188, "A7")


@given(st.lists(st.sampled_from(LIFE), max_size=6), st.lists(st.sampled_from(LIFE), max_size=6))
def test_an_answered_call_never_waits_again(earlier: list[Told], later: list[Told]) -> None:
    call = told(*earlier, (ANSWERED, 12))
    for fact in later:
        call = told(fact, before=call)
        assert call.waiting_since is None
        assert call.state in ("answered", "ended")


@given(st.lists(st.sampled_from(LIFE), min_size=1, max_size=6))
def test_a_fact_told_twice_returns_the_same_object(facts: list[Told]) -> None:
    call = told(*facts)
    for fact in facts:
        assert told(fact, before=call) is call


def test_a_finished_call_stays_for_late_facts_and_a_lost_one_leaves_in_the_end() -> None:
    ended = told((OFFERED, 0), (ANSWERED, 10), (ENDED, 60))
    assert call_spent_at(ended) == FIVE_PM + timedelta(seconds=60, hours=1)
    assert call_spent_at(told((OFFERED, 0))) == FIVE_PM + timedelta(hours=4)
    assert call_spent_at(told((QUEUED, 5))) == FIVE_PM + timedelta(seconds=5, hours=4)
