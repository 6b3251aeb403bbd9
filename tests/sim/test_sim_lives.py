"""Lives of simulated cases: stable, in order, within what the grades and the facts about the city say."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.events import CaseClosed, CaseDispatched, CaseFollowedUp, CaseReopened
from streams.sim.ids import case_id
from streams.sim.lives import Lives
from streams.sim.profile import GRADES, KINDS
from streams.sim.steps import ROUNDS, STEPS, Receipt, Step, fits
from tests.sim.hotline_world import WEDNESDAY, ZONE, laws

FIRST = int(WEDNESDAY.timestamp()) // 60 * (1 << 14)

receipts = st.builds(
    Receipt,
    case_id=st.one_of(st.integers(FIRST, FIRST + 10**9).map(lambda n: case_id(n, ZONE)), st.text(min_size=1)),
    received_at=st.integers(0, 20 * 86_400_000).map(lambda ms: WEDNESDAY + timedelta(milliseconds=ms)),
    kind=st.sampled_from(KINDS),
    category=st.sampled_from(["noise", "gas_smell", "heating", "unknown"]),
    grade=st.sampled_from([*GRADES, ""]),
    area=st.sampled_from(["Chaoyang", ""]),
    spoken=st.booleans(),
)


def many(grade: str, kind: str = "complaint", n: int = 4000, hour: float = 10.0) -> list[tuple[Receipt, list[Step]]]:
    at = WEDNESDAY + timedelta(hours=hour)
    asked = [Receipt(case_id(FIRST + i * 7919, ZONE), at, kind, "noise", grade, "Chaoyang") for i in range(n)]
    return list(zip(asked, laws().lives.plans(asked), strict=True))


def closing(plan: list[Step]) -> Step:
    return next(step for step in plan if step.name == "closed")


@settings(deadline=None)
@given(st.lists(receipts, min_size=1, max_size=8))
def test_a_plan_is_the_same_asked_alone_or_among_others(asked: list[Receipt]) -> None:
    together = laws().lives.plans(asked)
    assert together == [laws().lives.plan(receipt) for receipt in asked]


@settings(deadline=None)
@given(receipts)
def test_every_life_is_in_order_and_ends_closed(receipt: Receipt) -> None:
    plan = laws().lives.plan(receipt)
    assert [step.at for step in plan] == sorted(step.at for step in plan)
    assert all(step.at >= receipt.received_at for step in plan)
    assert [step.name for step in plan] == [name for name in STEPS if name in {step.name for step in plan}]
    is_open, reopened = True, 0
    for step in plan:
        assert fits(step, is_open, reopened), step
        assert step.round == ROUNDS[STEPS.index(step.name)]
        if isinstance(step.payload, CaseClosed):
            is_open = False
        elif isinstance(step.payload, CaseReopened):
            is_open, reopened = True, reopened + 1
    assert not is_open


def test_questions_asked_aloud_are_answered_at_once_and_written_ones_within_two_hours() -> None:
    for receipt, plan in many("", "enquiry", 200):
        assert [(step.name, step.at) for step in plan] == [("closed", receipt.received_at)]
    written = [Receipt(case_id(FIRST + i, ZONE), WEDNESDAY, "enquiry", "noise", "", "", False) for i in range(500)]
    delays = [plan[0].at - WEDNESDAY for plan in laws().lives.plans(written)]
    assert timedelta(minutes=1) <= min(delays)
    assert max(delays) <= timedelta(hours=2)


def test_work_orders_leave_after_three_or_four_minutes_and_grave_ones_sooner() -> None:
    def minutes(grade: str) -> float:
        delays = [plan[0].at - receipt.received_at for receipt, plan in many(grade)]
        return sum(delays, timedelta()).total_seconds() / 60 / len(delays)

    assert minutes("III") == pytest.approx(3.7, abs=0.3)
    assert minutes("I") < 2


@pytest.mark.parametrize(("grade", "late"), [("I", 0.03), ("II", 0.04), ("III", 0.03), ("IV", 0.022)])
def test_a_few_of_each_grade_miss_their_deadline(grade: str, late: float) -> None:
    found = many(grade)
    missed = 0
    for receipt, plan in found:
        target = laws().lives.target_at(receipt.received_at, grade)
        assert target is not None
        missed += closing(plan).at > target
    assert missed / len(found) == pytest.approx(late, abs=0.015)


def test_graver_cases_are_closed_sooner() -> None:
    medians = [
        np.median([(closing(plan).at - receipt.received_at).total_seconds() for receipt, plan in many(grade, n=800)])
        for grade in GRADES
    ]
    assert medians == sorted(medians)
    assert medians[0] < 3600


def test_ordinary_cases_are_closed_by_day() -> None:
    hours = {closing(plan).at.astimezone(ZONE).hour for grade in ("III", "IV") for _, plan in many(grade)}
    life = laws().profile.life
    assert hours == set(range(life.works_from_h, life.works_until_h))


def test_callers_are_mostly_content_and_some_cases_are_opened_again() -> None:
    plans = [plan for _, plan in many("III", n=8000)]
    answers = [s.payload for plan in plans for s in plan if s.name == "followed-up"]
    said = [a for a in answers if isinstance(a, CaseFollowedUp) and a.resolved is not None]
    assert len(said) / len(answers) == pytest.approx(0.93, abs=0.01)
    assert sum(bool(a.resolved) for a in said) / len(said) == pytest.approx(0.973, abs=0.01)
    content = [a for a in said if a.satisfied is not None and a.satisfied >= 4]
    assert len(content) / len(said) == pytest.approx(0.955, abs=0.02)
    names = Counter(step.name for plan in plans for step in plan)
    assert 0.01 < names["reopened"] / len(plans) < 0.03
    assert names["reopened"] == names["closed-2"] == names["followed-up-2"]
    assert 0.025 < names["returned"] / len(plans) < 0.045


def test_a_returned_case_goes_to_somebody_else() -> None:
    plans = [plan for _, plan in many("IV", n=3000)]
    returned = [plan for plan in plans if any(step.name == "returned" for step in plan)]
    assert returned
    for plan in returned:
        owners = [step.payload.owner for step in plan if isinstance(step.payload, CaseDispatched)]
        assert len(owners) == len(set(owners)) == 2


def test_gas_goes_to_the_gas_utility_and_noise_to_the_district() -> None:
    def owner(category: str, area: str) -> str:
        step = laws().lives.plan(Receipt("S260114-1000-001", WEDNESDAY, "complaint", category, "II", area))[0]
        assert isinstance(step.payload, CaseDispatched)
        return step.payload.owner

    assert owner("gas_smell", "Chaoyang") == "gas"
    assert owner("noise", "Chaoyang") == "Chaoyang"
    assert owner("noise", "") == "urban"


def test_an_old_timer_never_closes_what_a_person_opened_again() -> None:
    plan = laws().lives.plan(Receipt("S260114-1000-002", WEDNESDAY, "complaint", "noise", "III", "Chaoyang"))
    closed = closing(plan)
    assert fits(closed, is_open=True, reopened=0)
    assert not fits(closed, is_open=True, reopened=1)
    assert not fits(closed, is_open=False, reopened=0)


def test_what_cannot_live_any_more_is_never_needed() -> None:
    """`may_live` saves asking a million cases: it must not lose one that is open."""
    law, lives = laws().contacts, laws().lives
    now = int(WEDNESDAY.timestamp()) // 60
    columns = law.columns(law.numbers(np.arange(now - 12 * 1440, now - 60)))
    spoken = laws().are_spoken(columns)
    received = columns.at_ms + 300_000 * spoken
    fates = lives.fates(columns.number, received, columns.kind, columns.grade, spoken)
    is_open = fates.open_at(now * 60_000)
    kept = lives.may_live(columns.number, columns.at_ms, now * 60_000)
    assert is_open.sum() > 20_000
    assert not (is_open & ~kept).any()
    assert kept.mean() < 0.6


def test_a_city_without_deadlines_is_refused() -> None:
    with pytest.raises(ValueError, match="missing I, II, III, IV"):
        Lives(laws().profile, "s", {}, ZONE)
