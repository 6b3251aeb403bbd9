"""Other agencies and hand-overs: each answer belongs to its question, and no clock acts on a newer offer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergency.agencies import asked_of, refuse_answer, refuse_ask, states, unanswered, waits_s
from emergency.handover import (
    OVERDUE,
    HandOver,
    answer_due_at,
    next_due,
    overdue,
    parties,
    refuse_offer,
)
from emergency.handover import refuse_answer as refuse_hand_over_answer
from emergency.incidents import Incident, fold_incident
from streams.events import (
    IncidentAgencyAnswered,
    IncidentAgencyAsked,
    IncidentAgencyReleased,
    IncidentClosed,
    IncidentHandedOver,
    IncidentHandOverAnswered,
    IncidentHandOverReturned,
    IncidentPayload,
    IncidentReceived,
    IncidentReopened,
    Recording,
)

BEGIN = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def told(incident: Incident | None, payload: IncidentPayload, at_s: float, by: str = "ann") -> Incident:
    recording = Recording(at=after(at_s), occurred_at=after(at_s), seq=int(at_s) + 1, actor=by)
    folded = fold_incident(incident, payload, recording)
    assert folded is not None
    return folded


def received(priority: int = 2, agency: str = "12345") -> Incident:
    return told(None, IncidentReceived(incident_id="i1", kind="Fire", priority=priority, agency=agency), 0)


def asked(agency: str) -> IncidentAgencyAsked:
    return IncidentAgencyAsked(incident_id="i1", agency=agency)


def answered(agency: str, answer: str) -> IncidentAgencyAnswered:
    return IncidentAgencyAnswered(incident_id="i1", agency=agency, answer=answer)


def offered(to: str = "110", **more: Any) -> IncidentHandedOver:
    return IncidentHandedOver(incident_id="i1", to=to, **more)


def said(answer: str, **more: Any) -> IncidentHandOverAnswered:
    return IncidentHandOverAnswered(incident_id="i1", answer=answer, **more)


def current(incident: Incident) -> HandOver:
    assert incident.handover is not None
    return incident.handover


# agencies that are asked


def test_each_agency_has_a_clock_of_its_own() -> None:
    incident = told(told(received(), asked("119"), 10), asked("120"), 40)
    incident = told(incident, answered("120", "accepted"), 45, by="120 desk")
    assert states(incident.agencies) == {"119": "asked", "120": "accepted"}
    fire, medical = asked_of(incident.agencies, "119"), asked_of(incident.agencies, "120")
    assert fire is not None
    assert medical is not None
    assert (waits_s(fire, after(100)), waits_s(medical, after(100))) == (90, 5)
    assert (medical.answered_by, fire.asked_by) == ("120 desk", "ann")
    assert [late.agency for late in unanswered(incident.agencies, after(131))] == ["119"]
    assert unanswered(incident.agencies, after(129)) == []


def test_an_agency_may_change_its_mind_and_is_asked_anew_only_after_it_declined() -> None:
    incident = told(told(received(), asked("119"), 10), answered("119", "accepted"), 20)
    assert refuse_ask(incident.agencies, "119", "12345") == "119 has accepted already"
    incident = told(incident, answered("119", "declined"), 30)
    assert refuse_ask(incident.agencies, "119", "12345") == ""
    again = told(incident, asked("119"), 40)
    known = asked_of(again.agencies, "119")
    assert known is not None
    assert (known.state, known.asked_at, known.answered_at) == ("asked", after(40), None)
    assert refuse_ask(again.agencies, "119", "12345") == "119 is asked already"
    assert refuse_ask((), "12345", "12345") == "12345 leads this incident"


def test_an_old_answer_says_nothing_about_a_newer_question() -> None:
    incident = told(told(told(received(), asked("119"), 10), answered("119", "declined"), 20), asked("119"), 40)
    assert told(incident, answered("119", "accepted"), 30) is incident
    assert told(incident, answered("120", "accepted"), 50) is incident, "it was never asked"
    assert told(incident, answered("119", "perhaps"), 50) is incident


def test_a_released_agency_is_asked_no_more() -> None:
    incident = told(received(), asked("119"), 10)
    incident = told(incident, IncidentAgencyReleased(incident_id="i1", agency="119"), 20)
    assert states(incident.agencies) == {}
    assert refuse_answer(incident.agencies, "119", "accepted") == "119 was not asked"
    assert told(incident, answered("119", "accepted"), 30) is incident
    assert states(told(incident, asked("119"), 40).agencies) == {"119": "asked"}


def test_every_step_says_which_agency_and_who() -> None:
    incident = told(told(received(), asked("119"), 10), answered("119", "declined"), 20, by="eve")
    assert [(s.what, s.why, s.by) for s in incident.steps[1:]] == [
        ("agency_asked", "119", "ann"),
        ("agency_answered", "119 declined", "eve"),
    ]


# handing over


def test_the_giver_keeps_the_incident_until_the_other_side_accepts() -> None:
    incident = told(received(), offered(), 10)
    assert (incident.agency, current(incident).giver, current(incident).state) == ("12345", "12345", "offered")
    incident = told(incident, said("informed"), 15)
    assert (current(incident).state, current(incident).informed_at) == ("offered", after(15))
    incident = told(incident, said("accepted"), 20)
    assert (incident.agency, current(incident).state, current(incident).informed_at) == ("110", "accepted", after(15))
    assert refuse_hand_over_answer(incident.handover, "declined") == "the offer to 110 was accepted"


@pytest.mark.parametrize(("priority", "seconds"), [(1, 60), (2, 120), (3, 300)])
def test_unanswered_it_is_back_with_its_giver_loudly(priority: int, seconds: int) -> None:
    incident = told(received(priority), offered(), 10)
    assert next_due(incident) == answer_due_at(after(10), priority) == after(10 + seconds)
    assert overdue(incident, after(9 + seconds)) is None
    fact = overdue(incident, after(10 + seconds))
    assert fact is not None
    incident = told(incident, fact, 10 + seconds, by="engine")
    assert (incident.agency, current(incident).state, current(incident).reason) == ("12345", "returned", OVERDUE)
    assert current(incident).is_loud
    assert (next_due(incident), overdue(incident, after(10_000))) == (None, None)


def test_the_clock_of_an_old_offer_does_nothing_to_a_new_one() -> None:
    first = told(received(), offered(), 10)
    clock = overdue(first, after(130))
    assert clock is not None
    declined = told(first, said("declined"), 20)
    assert told(declined, clock, 130) is declined
    second = told(declined, offered("119"), 30)
    assert told(second, clock, 130) is second
    assert current(told(second, IncidentHandOverReturned(incident_id="i1", due_at=after(150)), 150)).state == "returned"


def test_an_incident_that_is_over_is_not_given_back_by_a_clock() -> None:
    incident = told(told(received(), offered(), 10), IncidentClosed(incident_id="i1"), 20)
    assert (next_due(incident), overdue(incident, after(500))) == (None, None)
    incident = told(incident, IncidentReopened(incident_id="i1"), 30)
    assert next_due(incident) == after(130)


def test_who_hands_over_to_whom() -> None:
    assert parties(["12345", "110", "119", "gas", "water"]) == ("12345", "110", "119")
    assert parties(["fire", "police"]) == ("fire", "police")
    assert refuse_offer(None, "12345", "12345") == "12345 leads this incident"
    assert refuse_offer(current(told(received(), offered(), 1)), "119", "12345") == "it is offered to 110 already"
    assert refuse_hand_over_answer(None, "accepted") == "it was offered to nobody"


facts = st.one_of(
    st.builds(offered, st.sampled_from(("110", "119"))),
    st.builds(said, st.sampled_from(("accepted", "declined", "informed"))),
    st.builds(IncidentHandOverReturned, incident_id=st.just("i1"), due_at=st.integers(0, 900).map(after)),
    st.just(IncidentClosed(incident_id="i1")),
    st.just(IncidentReopened(incident_id="i1")),
)


@given(st.lists(st.tuples(facts, st.integers(0, 600)), max_size=20), st.integers(1, 3))
def test_whatever_is_told_in_whatever_order_each_offer_ends_once_and_after_it_began(
    history: list[tuple[IncidentPayload, int]], priority: int
) -> None:
    incident = received(priority)
    for payload, at_s in history:
        before = incident
        incident = told(incident, payload, at_s)
        assert told(incident, payload, at_s) is incident or isinstance(payload, IncidentReopened | IncidentHandedOver)
        was, now = before.handover, incident.handover
        if now is None:
            continue
        assert now.due_at == answer_due_at(now.offered_at, priority)
        if was is not None and was.state != "offered" and now.offered_at == was.offered_at:
            assert now.state == was.state, "an offer ends once"
        if now.answered_at is not None:
            assert now.state != "offered"
        if isinstance(payload, IncidentHandOverReturned) and incident is not before:
            assert was is not None
            assert (was.state, was.due_at) == ("offered", payload.due_at), "only the offer that is meant"
        assert incident.agency == before.agency or (now.state == "accepted" and incident.agency == now.to)
