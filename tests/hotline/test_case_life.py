"""The life of a case: its table of steps is the folds' own, and no old fact or timer undoes a newer one."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.case_steps import APART_KEPT
from hotline.cases import Case, CaseStage, cases_touched, fold_case, fold_touched_case
from hotline.life import SENSIBLE_IN, TRANSITIONS, contradictions, is_legal, objection
from hotline.working_days import Calendar
from streams.events import (
    CaseAccepted,
    CaseAnswered,
    CaseClosed,
    CaseContacted,
    CaseDispatched,
    CaseFollowedUp,
    CaseHandled,
    CaseMerged,
    CaseNoted,
    CasePaused,
    CasePayload,
    CaseReceived,
    CaseRegraded,
    CaseReopened,
    CaseResumed,
    CaseReturned,
    CaseReturnReviewed,
    CaseUnmerged,
    Recording,
)
from tests.hotline.case_facts import MONDAY, Told, days, hours

BEIJING = Calendar.of(ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def told() -> Told:
    case = Told(BEIJING)
    case.received()
    return case


def test_a_case_lives_through_every_stage_and_back(told: Told) -> None:
    steps: list[tuple[CasePayload, str]] = [
        (CaseDispatched(case_id="c1", owner="Chaoyang", supporters=("urban",)), "dispatched"),
        (CaseReturned(case_id="c1", code="not_ours", reason="a park"), "return_asked"),
        (CaseReturnReviewed(case_id="c1", granted=True), "received"),
        (CaseDispatched(case_id="c1", owner="parks"), "dispatched"),
        (CaseAccepted(case_id="c1"), "accepted"),
        (CaseContacted(case_id="c1"), "contacted"),
        (CaseHandled(case_id="c1", result="mended"), "handled"),
        (CaseClosed(case_id="c1"), "closed"),
        (CaseFollowedUp(case_id="c1", contacted=True, resolved=False, satisfied=2), "followed_up"),
        (CaseReopened(case_id="c1", reason="broken again"), "accepted"),
        (CaseHandled(case_id="c1"), "handled"),
        (CaseClosed(case_id="c1"), "closed"),
        (CaseFollowedUp(case_id="c1", contacted=True, resolved=True, satisfied=5), "followed_up"),
    ]
    assert told.case is not None
    for payload, stage in steps:
        before = told.case.stage
        after = told.tell(payload, hours(1))
        assert after.stage == stage
        assert is_legal(before, after.stage), (before, after.stage)
    case = told.case
    assert (case.owner, case.supporters, case.returned, case.reopened) == ("parks", (), 1, 1)
    assert case.dispatched_at == MONDAY + hours(1)  # to the first owner
    assert case.owned_at == MONDAY + hours(4)
    assert (case.resolved, case.satisfied) == (True, 5)


def test_a_dispatch_after_a_question_to_return_grants_it(told: Told) -> None:
    """Sources of before the review was an event tell it so."""
    told.tell(CaseDispatched(case_id="c1", owner="Chaoyang"))
    told.tell(CaseReturned(case_id="c1", reason="not ours"))
    case = told.tell(CaseDispatched(case_id="c1", owner="urban"))
    assert (case.stage, case.owner, case.returned, case.return_asked_at) == ("dispatched", "urban", 1, None)


def test_a_return_that_is_not_granted_leaves_the_case_where_it_was(told: Told) -> None:
    told.tell(CaseDispatched(case_id="c1", owner="Chaoyang"))
    told.tell(CaseAccepted(case_id="c1"))
    told.tell(CaseReturned(case_id="c1", code="unclear"))
    case = told.tell(CaseReturnReviewed(case_id="c1", granted=False, reason="it is yours"))
    assert (case.stage, case.owner) == ("accepted", "Chaoyang")


def test_an_end_meant_before_the_reopening_ends_nothing(told: Told) -> None:
    """TicketsCAD GH#65: an old timer closed again what somebody had opened."""
    told.tell(CaseClosed(case_id="c1"), hours(1))
    told.tell(CaseReopened(case_id="c1", reason="no"), hours(1))
    meant_at = told.now - timedelta(minutes=30)
    assert told.tell(CaseClosed(case_id="c1"), hours(1), occurred_at=meant_at).closed_at is None
    assert told.tell(CaseClosed(case_id="c1"), hours(1)).stage == "closed"


def test_an_enquiry_knows_when_it_was_answered_and_complaints_who_reached_the_caller(told: Told) -> None:
    asked = Told(BEIJING)
    asked.received(kind="enquiry", language="ar")
    case = asked.tell(CaseAnswered(case_id="c1", language="ar", answer="…"), hours(0.5))
    assert (case.stage, case.answered_at) == ("handled", MONDAY + hours(0.5))
    told.tell(CaseDispatched(case_id="c1", owner="Chaoyang"))
    told.tell(CaseContacted(case_id="c1"), hours(2))
    told.tell(CaseClosed(case_id="c1"), hours(2))
    case = told.tell(CaseReopened(case_id="c1"), hours(2))
    assert (case.contacted_at, case.first_contacted_at) == (None, MONDAY + hours(2))
    assert told.tell(CaseDispatched(case_id="c1", owner="urban")).first_contacted_at is None


def test_notes_and_labels_are_no_part_of_the_life(told: Told) -> None:
    assert told.case is not None
    before = told.case
    case = told.tell(CaseNoted(case_id="c1", note_id="n1", text="promised for Friday"), hours(1))
    assert (case.notes, case.told, case.last_step_at) == (1, before.told, before.last_step_at)


def test_a_merged_case_is_open_through_its_lead_alone() -> None:
    member, lead = Told(BEIJING).received(), Told(BEIJING).received()
    lead = Case(case_id="c2", received_at=lead.received_at, seq=1)
    fact = CaseMerged(case_id="c1", into="c2")
    recording = Recording(at=MONDAY + hours(1), occurred_at=MONDAY + hours(1), seq=2)
    after, led = fold_case(member, fact, recording), fold_touched_case(lead, fact, recording)
    assert after is not None
    assert led is not None
    assert (after.is_open, after.stage, led.members, led.is_open) == (False, member.stage, 1, True)
    assert cases_touched(fact) == ("c2",)
    apart = CaseUnmerged(case_id="c1", of="c2")
    again, alone = fold_case(after, apart, recording), fold_touched_case(led, apart, recording)
    assert again is not None
    assert alone is not None
    assert (again.is_open, again.merged_into, alone.members) == (True, "", 0)
    assert again.apart == ("c2",)
    merged_anew = fold_case(again, fact, recording)
    assert merged_anew is not None
    assert merged_anew.apart == ()
    taken_back = fold_case(merged_anew, CaseUnmerged(case_id="c1", of="c2", undone=True), recording)
    assert taken_back is not None
    assert (taken_back.is_open, taken_back.apart) == (True, ())


def test_of_many_cases_that_one_was_taken_apart_from_the_last_are_remembered() -> None:
    case = Case(case_id="c1", received_at=MONDAY, seq=1)
    recording = Recording(at=MONDAY, occurred_at=MONDAY, seq=2)
    for n in [*range(APART_KEPT + 5), APART_KEPT]:
        for fact in (CaseMerged(case_id="c1", into=f"o{n}"), CaseUnmerged(case_id="c1", of=f"o{n}")):
            folded = fold_case(case, fact, recording)
            assert folded is not None
            case = folded
    assert len(case.apart) == len(set(case.apart)) == APART_KEPT
    assert case.apart[-1] == f"o{APART_KEPT}"
    assert "o0" not in case.apart


def test_a_merge_that_makes_no_sense_is_flagged_and_changes_nothing() -> None:
    member = Case(case_id="c1", received_at=MONDAY, seq=1)
    fact = CaseMerged(case_id="c1", into="c2")
    lead = Case(case_id="c2", received_at=MONDAY, seq=1)
    assert contradictions(member, fact, lead) == []
    for wrong in (None, member, Case(case_id="c2"), Case(case_id="c2", received_at=MONDAY, merged_into="c3")):
        flags = contradictions(member, fact, wrong)
        assert flags
        recording = Recording(at=MONDAY, occurred_at=MONDAY, seq=2, flags=tuple(flags))
        assert fold_case(member, fact, recording) is member
        assert fold_touched_case(lead, fact, recording) is lead


def test_every_stage_is_in_the_table_and_every_objection_has_words() -> None:
    assert set(TRANSITIONS) == set(CaseStage)
    for fact, stages in SENSIBLE_IN.items():
        for stage in CaseStage:
            assert bool(objection(stage, fact)) == (stage not in stages)
    assert objection(CaseStage.CLOSED, CaseReturned) == "given back while closed"


# what a desk may do, in any order
ACTS: dict[str, CasePayload] = {
    "dispatch": CaseDispatched(case_id="c1", owner="A"),
    "dispatch elsewhere": CaseDispatched(case_id="c1", owner="B"),
    "accept": CaseAccepted(case_id="c1"),
    "ask": CaseReturned(case_id="c1", code="unclear"),
    "grant": CaseReturnReviewed(case_id="c1", granted=True),
    "refuse": CaseReturnReviewed(case_id="c1", granted=False),
    "contact": CaseContacted(case_id="c1"),
    "handle": CaseHandled(case_id="c1"),
    "answer": CaseAnswered(case_id="c1"),
    "close": CaseClosed(case_id="c1"),
    "follow up": CaseFollowedUp(case_id="c1", contacted=True, resolved=True),
    "reopen": CaseReopened(case_id="c1"),
    "regrade": CaseRegraded(case_id="c1", grade="II"),
    "pause": CasePaused(case_id="c1", reason="weather", until=MONDAY + days(3)),
    "resume": CaseResumed(case_id="c1"),
}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(sorted(ACTS)), max_size=25))
def test_no_sensible_act_leaves_the_table(names: list[str]) -> None:
    told = Told(BEIJING)
    told.received()
    for name in names:
        assert told.case is not None
        before, payload = told.case, ACTS[name]
        if objection(before.stage, type(payload)):
            continue
        after = told.tell(payload, timedelta(minutes=10))
        assert is_legal(before.stage, after.stage), (before.stage, name, after.stage)
        assert after.is_open == (after.closed_at is None)
        assert after.stage != "received" or not after.owner


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(sorted(ACTS)), max_size=25))
def test_any_facts_in_any_order_leave_a_case_that_can_be_said(names: list[str]) -> None:
    """Outside facts are kept whatever they contradict: received stays received, and times never run backwards."""
    told = Told(BEIJING)
    first = told.received()
    for name in names:
        case = told.tell(ACTS[name], timedelta(minutes=10))
        assert case.received_at == first.received_at
        assert case.stage in CaseStage
        assert case.last_step_at is None or case.last_step_at <= told.now
        assert case.paused_s >= 0
        assert fold_case(case, CaseReceived(case_id="c1"), Recording(at=told.now, occurred_at=told.now, seq=99)) is case
