"""What a hotline desk may ask about cases: granted into facts, or refused with the reason."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
import redis as redis_module

from tests.engine.case_desk import CaseDesk
from tests.support.engines import everything

WORDS = "she will be called on Friday under 138 0013 8000"


@pytest.fixture
def desk(redis: redis_module.Redis) -> CaseDesk:
    city = CaseDesk(redis)
    city.received("c1")
    return city


def test_a_case_is_dispatched_returned_redispatched_closed_asked_about_and_reopened(desk: CaseDesk) -> None:
    desk.done("dispatch_case", "c1", owner="Chaoyang", supporters=["urban", "Chaoyang"], reason="its street")
    assert (desk.of("c1").supporters, desk.of("c1").stage) == (("urban",), "dispatched")
    desk.done("ask_return", "c1", "cho", code="not_ours", reason="a private yard")
    assert desk.refused("review_return", "c1", "cho", granted=True).endswith("somebody else must review it")
    reply = desk.done("review_return", "c1", "ann", granted=True, owner="housing", reason="an estate's own road")
    assert reply["detail"]["owner"] == "housing"
    case = desk.of("c1")
    assert (case.stage, case.owner, case.returned) == ("dispatched", "housing", 1)
    for verb, args in (
        ("accept_case", {}),
        ("contact_case", {}),
        ("handle_case", {"result": "filled"}),
        ("close_case", {"reason": "done"}),
    ):
        desk.done(verb, "c1", "hou", **args)
    assert desk.of("c1").follow_up_due_at == desk.of("c1").closed_at + timedelta(hours=72)
    desk.done("follow_up", "c1", contacted=True, resolved=False, satisfied=2)
    assert "was followed up" in desk.refused("follow_up", "c1", contacted=True, resolved=True)
    desk.done("reopen_case", "c1", reason="it is open again")
    assert desk.of("c1").stage == "accepted"
    facts = [event for event in desk.events() if event["source"] == "desk"]
    assert [fact["type"].partition(".")[2] for fact in facts] == [
        *("dispatched", "returned", "return_reviewed", "dispatched", "accepted", "contacted", "handled", "closed"),
        *("followed_up", "reopened"),
    ]
    assert {fact["actor"] for fact in facts} == {"ann", "cho", "hou"}


def test_returns_are_limited_in_count_and_in_time(desk: CaseDesk) -> None:
    desk.done("dispatch_case", "c1", owner="Chaoyang")
    assert "is none of not_ours" in desk.refused("ask_return", "c1", code="tired", reason="x")
    for owner in ("urban", "housing"):
        desk.done("ask_return", "c1", "cho", code="unclear", reason="x")
        desk.done("review_return", "c1", granted=True, owner=owner)
    assert "asked back 2 times: no more than 2" in desk.refused("ask_return", "c1", code="unclear", reason="x")
    desk.received("c2")
    desk.done("dispatch_case", "c2", owner="Chaoyang")
    desk.wall.pass_(hours=25)
    assert "could be given back until" in desk.refused("ask_return", "c2", code="unclear", reason="x")
    desk.received("c3", grade="I")
    desk.done("dispatch_case", "c3", owner="gas")
    desk.wall.pass_(minutes=31)
    assert "could be given back until" in desk.refused("ask_return", "c3", code="unclear", reason="x")


def test_a_return_that_is_not_granted_says_why(desk: CaseDesk) -> None:
    desk.done("dispatch_case", "c1", owner="Chaoyang")
    assert "given back while received" in desk.refused("ask_return", desk.received("c9").case_id, code="x", reason="x")
    desk.done("ask_return", "c1", "cho", code="unclear", reason="x")
    assert desk.refused("close_case", "c1").endswith("closed while return asked")
    assert desk.refused("review_return", "c1", granted=False).startswith("reason: needed")
    assert desk.refused("review_return", "c1", granted=False, reason="x", owner="urban").startswith("owner:")
    assert desk.refused("review_return", "c1", granted=True, owner="Chaoyang").startswith("owner:")
    assert "review that" in desk.refused("dispatch_case", "c1", owner="Chaoyang")
    desk.done("review_return", "c1", granted=False, reason="the street is yours")
    assert (desk.of("c1").stage, desk.of("c1").owner) == ("dispatched", "Chaoyang")
    assert "reviewed while dispatched" in desk.refused("review_return", "c1", granted=True)


def test_a_clock_stands_only_for_reasons_grades_and_times_of_the_rules(desk: CaseDesk) -> None:
    target = desk.of("c1").target_at
    assert target is not None
    now = desk.wall.at
    soon, late = now + timedelta(days=2), now + timedelta(days=30)
    assert "is none of" in desk.refused("pause_case", "c1", reason="tea", until=soon)
    assert "at most 10 days" in desk.refused("pause_case", "c1", reason="caller_away", until=late)
    assert "lies behind" in desk.refused("pause_case", "c1", reason="caller_away", until=now - timedelta(days=1))
    desk.received("grave", grade="I")
    assert "is for grades III, IV" in desk.refused("pause_case", "grave", reason="caller_away", until=soon)
    desk.done("pause_case", "c1", reason="caller_away", until=soon)
    assert "stands already" in desk.refused("pause_case", "c1", reason="caller_away", until=soon)
    moved = desk.of("c1").target_at
    assert moved is not None
    assert timedelta(days=1, hours=23) < moved - target < timedelta(days=2)
    desk.wall.pass_(days=1)
    desk.done("resume_case", "c1")
    assert "does not stand" in desk.refused("resume_case", "c1")
    late_by = desk.of("c1").target_at - target  # type: ignore[operator]
    assert timedelta(hours=23) < late_by < timedelta(hours=25)


def test_the_engine_resumes_by_itself_and_a_prolonged_pause_is_not_over(desk: CaseDesk) -> None:
    until = desk.wall.at + timedelta(days=1)
    desk.done("pause_case", "c1", reason="weather", until=until)
    desk.wall.pass_(hours=2)
    desk.done("resume_case", "c1")
    desk.done("pause_case", "c1", reason="weather", until=until + timedelta(days=2))
    desk.wall.pass_(hours=23)  # the first pause would be over
    desk.turn()
    assert desk.of("c1").paused_at is not None
    desk.wall.pass_(days=3)
    desk.turn()
    assert desk.of("c1").paused_at is None
    resumed = [event for event in desk.events() if event["type"] == "case.resumed"]
    assert [event["source"] for event in resumed] == ["desk", "engine"]


def test_another_grade_has_other_deadlines_in_every_count(desk: CaseDesk) -> None:
    assert desk.figures()["cases.due_4h"] == 0
    assert "is none of I, II, III, IV" in desk.refused("regrade_case", "c1", grade="V", reason="x")
    assert "has grade III already" in desk.refused("regrade_case", "c1", grade="III", reason="x")
    desk.done("regrade_case", "c1", grade="I", reason="the lid is missing")
    assert desk.figures()["cases.due_4h"] == 1
    desk.wall.pass_(hours=3)
    desk.turn()
    assert desk.figures()["cases.overdue"] == 1
    desk.done("regrade_case", "c1", grade="III", reason="it was put back")
    assert desk.figures()["cases.overdue"] == 0


def test_merged_cases_are_received_twice_and_open_once(desk: CaseDesk) -> None:
    desk.received("c2")
    desk.received("c3")
    before = desk.figures()
    assert desk.refused("merge_cases", "c1", into="c1").startswith("into:")
    desk.done("merge_cases", "c2", into="c1", reason="the same hole")
    assert "is part of c1" in desk.refused("close_case", "c2")
    assert "is part of c1" in desk.refused("reopen_case", "c2", reason="x")
    assert "is part of c1" in desk.refused("merge_cases", "c3", into="c2")
    assert "leads 1: merge the other way round" in desk.refused("merge_cases", "c1", into="c3")
    after = desk.figures()
    assert after["cases.open"] == before["cases.open"] - 1 == 2
    for figure in ("cases.received_today", "cases.received_1h", "cases.received_24h", "cases.received_total"):
        assert after[figure] == before[figure] == 3
    assert (desk.of("c1").members, desk.of("c2").status) == (1, "closed")
    desk.done("unmerge_case", "c2")
    assert desk.figures() | {"x": 0} == before | {"x": 0}
    assert "is no part of another" in desk.refused("unmerge_case", "c2")


def test_a_merge_from_outside_that_makes_no_sense_loses_no_case(desk: CaseDesk) -> None:
    desk.told("merged", "c1", into="nowhere")
    assert (desk.of("c1").is_open, desk.figures()["cases.open"]) == (True, 1)
    assert desk.events()[-1]["flags"] == ["merged into an unknown case"]


def test_a_question_is_answered_and_a_complaint_is_not(desk: CaseDesk) -> None:
    desk.received("ask", kind="enquiry", language="ar", grade="")
    desk.done("answer_case", "ask", answer="Half price above 60, with a passport")
    case = desk.of("ask")
    assert (case.stage, case.answered_at is not None) == ("handled", True)
    assert "handled, not answered" in desk.refused("answer_case", "c1", answer="no")


def test_words_of_notes_and_answers_stand_apart_from_everything_that_is_shown(desk: CaseDesk) -> None:
    desk.received("ask", kind="enquiry")
    note = desk.done("note_case", "c1", text=WORDS)["detail"]["note_id"]
    desk.done("answer_case", "ask", answer=WORDS)
    assert desk.private("c1")[f"note:{note}"] == WORDS
    assert desk.private("ask")["answer"] == WORDS
    stored = everything(desk.client, desk.keys)
    for noun in ("private", "requests"):  # what was asked stays in the requests' stream for a while
        assert "138 0013" in repr(stored.pop(desk.keys.of(noun)))
    assert "138 0013" not in repr(stored)


def test_own_acts_are_undone_while_nothing_rests_on_them(desk: CaseDesk) -> None:
    first = desk.of("c1")

    def undone() -> None:
        desk.done("undo", actor="ann")

    desk.done("dispatch_case", "c1", owner="urban")
    undone()
    case = desk.of("c1")
    assert (case.stage, case.owner, case.dispatched_at) == ("received", "", None)
    for verb, args in (
        ("regrade_case", {"grade": "II", "reason": "x"}),
        ("pause_case", {"reason": "weather", "until": desk.wall.at + timedelta(days=1)}),
        ("close_case", {}),
    ):
        desk.done(verb, "c1", **args)
        undone()
        case = desk.of("c1")
        assert (case.is_open, case.grade, case.paused_at) == (True, "III", None), verb
    assert case.target_at is not None
    assert first.target_at is not None
    assert case.target_at - first.target_at < timedelta(seconds=5)  # the clock stood for a second
    desk.received("c2")
    desk.done("merge_cases", "c2", into="c1")
    undone()
    assert desk.of("c2").is_open
    desk.done("dispatch_case", "c1", owner="urban")
    desk.done("accept_case", "c1", "urb")
    assert "went on since: it is accepted" in desk.refused("undo", actor="ann")
    assert "the owner said so" in desk.refused("undo", actor="urb")
    desk.done("dispatch_case", "c1", owner="housing")
    assert "something was done by who had it" in desk.refused("undo", actor="ann")


def test_what_somebody_saw_must_still_be_so(desk: CaseDesk) -> None:
    version = desk.of("c1").seq
    desk.told("amended", "c1", category="trees")
    request = {"request_id": "old", "verb": "close_case", "actor": "ann", "role": "hotline"}
    request |= {"valid_until": desk.wall.at + timedelta(seconds=9), "if_version": version, "args": {"case_id": "c1"}}
    desk.client.xadd(desk.keys.requests, {"e": msgspec.json.encode(request)})
    desk.turn()
    assert desk.reply("old")["reason"] == "changed since you saw it"


def test_unknown_and_badly_said_things_are_refused_with_their_field(desk: CaseDesk) -> None:
    assert desk.refused("accept_case", "nobody") == "case nobody is unknown here"
    assert desk.refused("dispatch_case", "c1").startswith("owner: needed")
    assert desk.refused("dispatch_case", "c1", owner="").startswith("owner: needed")
    assert "satisfied" in desk.refused("follow_up", "c1", contacted=True, satisfied=6)
    assert desk.refused("regrade_case", "c1", grade="II").startswith("reason: needed")
    desk.done("dispatch_case", "c1", owner="urban")
    assert "is with urban already" in desk.refused("dispatch_case", "c1", owner="urban")


def test_labels_are_put_on_for_a_time_and_taken_off(desk: CaseDesk) -> None:
    until = desk.wall.at + timedelta(days=30)
    assert "at most 366 days" in desk.refused(
        "flag_case", "c1", flag="unreasonable", reason="x", until=desk.wall.at + timedelta(days=500)
    )
    desk.done("flag_case", "c1", flag="unreasonable", reason="asks for the moon", until=until)
    assert [label.flag for label in desk.of("c1").labels] == ["unreasonable"]
    desk.done("unflag_case", "c1", flag="unreasonable")
    assert "has no label" in desk.refused("unflag_case", "c1", flag="unreasonable")
