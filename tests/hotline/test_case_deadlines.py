"""Deadlines: grades, days that are local, working days with holidays, pauses, and a grade that changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cities import load_city
from hotline.case_rules import default_case_rules, load_case_rules
from hotline.deadlines import Deadlines
from hotline.working_days import Calendar
from streams.events import (
    CaseClosed,
    CaseDispatched,
    CasePaused,
    CaseRegraded,
    CaseResumed,
    CaseReturned,
    CaseReturnReviewed,
)
from tests.hotline.case_facts import GRADES, MONDAY, Told, days, hours

SHANGHAI, MADRID = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Madrid")
EVERY_DAY = Calendar.of(SHANGHAI)
# National Day 2026 with its week, and the Saturday that makes up for it: dates of this test, not of a law.
HOLIDAYS = [date(2026, 10, day) for day in range(1, 8)]
WORKED = Calendar.of(SHANGHAI, "working", HOLIDAYS, [date(2026, 10, 10)])


def local(zone: ZoneInfo, *at: int) -> datetime:
    return datetime(*at, tzinfo=zone)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("grade", "dispatch_h", "feedback"),
    [("I", 1, hours(2)), ("II", 2, hours(24)), ("III", 24, days(7)), ("IV", 24, days(15))],
)
def test_beijings_grades_from_its_own_file(grade: str, dispatch_h: float, feedback: timedelta) -> None:
    deadlines = Deadlines.of_city(load_city("beijing"), default_case_rules())
    assert deadlines.dispatch_due_at(grade, MONDAY) == MONDAY + hours(dispatch_h)
    assert deadlines.target_at(grade, MONDAY) == MONDAY + feedback
    assert deadlines.target_at("unheard of", MONDAY) is None


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        # Wednesday before the holidays: Thursday the 8th, Friday the 9th and the worked Saturday count.
        ((2026, 9, 30, 15, 0), 3, (2026, 10, 10, 15, 0)),
        ((2026, 9, 30, 15, 0), 4, (2026, 10, 12, 15, 0)),
        # What comes on a holiday begins with the next working day, and one day of it is all of that day.
        ((2026, 10, 3, 11, 0), 1, (2026, 10, 9, 0, 0)),
        ((2026, 9, 26, 9, 30), 1, (2026, 9, 29, 0, 0)),
        ((2026, 9, 25, 9, 30), 1, (2026, 9, 28, 9, 30)),
        ((2026, 9, 25, 9, 30), 7, (2026, 10, 12, 9, 30)),
    ],
)
def test_working_days_step_over_weekends_and_holidays(start: tuple[int, ...], n: int, end: tuple[int, ...]) -> None:
    assert WORKED.after(local(SHANGHAI, *start), n) == local(SHANGHAI, *end)


def test_days_are_local_and_hours_are_elapsed_when_the_clocks_change() -> None:
    """Madrid puts its clocks forward on 29 March 2026 at 02:00 and back on 25 October at 03:00."""
    madrid = Deadlines(GRADES, Calendar.of(MADRID), default_case_rules())
    spring, autumn = local(MADRID, 2026, 3, 28, 12, 0), local(MADRID, 2026, 10, 24, 12, 0)
    assert madrid.target_at("III", spring) == local(MADRID, 2026, 4, 4, 12, 0)
    assert madrid.target_at("III", spring) == spring.astimezone(UTC) + hours(167)
    assert madrid.target_at("III", autumn) == autumn.astimezone(UTC) + hours(169)
    for start in (spring, autumn):
        assert madrid.target_at("II", start) == start.astimezone(UTC) + hours(24)
    assert madrid.target_at("II", spring) == local(MADRID, 2026, 3, 29, 13, 0)


def test_a_clock_time_that_does_not_exist_is_as_much_later() -> None:
    calendar = Calendar.of(MADRID)
    due = calendar.after(local(MADRID, 2026, 3, 22, 2, 30), 7)
    assert due == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30 in summer time
    assert due.astimezone(MADRID).hour == 3


def test_a_changed_grade_is_reckoned_from_the_receipt_and_undone_again() -> None:
    told = Told(EVERY_DAY)
    assert told.received().target_at == MONDAY + days(7)
    case = told.tell(CaseRegraded(case_id="c1", grade="II", reason="the light hangs over the road"), hours(3))
    assert (case.target_at, case.dispatch_due_at) == (MONDAY + hours(24), MONDAY + hours(2))
    assert told.tell(CaseRegraded(case_id="c1", grade="III"), hours(1)).target_at == MONDAY + days(7)
    assert told.case is not None
    assert told.case.regraded == 2


def test_a_sources_own_deadline_goes_before_the_grades() -> None:
    told = Told(EVERY_DAY)
    assert told.received(target_at=MONDAY + days(1)).target_at == MONDAY + days(1)


def test_a_pause_moves_the_deadline_and_gives_back_what_it_did_not_use() -> None:
    told = Told(EVERY_DAY)
    told.received()
    case = told.tell(CasePaused(case_id="c1", reason="caller_away", until=MONDAY + days(4)), days(1))
    assert case.target_at == MONDAY + days(7 + 3)
    case = told.tell(CaseResumed(case_id="c1"), days(1))  # two days early
    assert (case.target_at, case.paused_s, case.paused_at) == (MONDAY + days(8), 86_400, None)


def test_a_resumption_told_late_counts_no_more_than_was_said() -> None:
    told = Told(EVERY_DAY)
    told.received()
    told.tell(CasePaused(case_id="c1", reason="weather", until=MONDAY + days(2)), days(1))
    case = told.tell(CaseResumed(case_id="c1"), days(5))
    assert (case.target_at, case.paused_s) == (MONDAY + days(8), 86_400)


def test_a_pause_over_a_weekend_ends_on_a_working_day_and_taken_back_leaves_no_trace() -> None:
    friday = local(SHANGHAI, 2026, 9, 11, 10, 0).astimezone(UTC)
    told = Told(Calendar.of(SHANGHAI, "working"), at=friday)
    target = told.received().target_at
    assert target == local(SHANGHAI, 2026, 9, 22, 10, 0)  # seven working days
    until = friday + days(5) + hours(1)
    case = told.tell(CasePaused(case_id="c1", reason="weather", until=until), hours(1))
    assert case.target_at == local(SHANGHAI, 2026, 9, 28, 10, 0)  # the 27th is a Sunday
    assert told.tell(CaseResumed(case_id="c1")).target_at == target


def test_what_is_overdue_stays_overdue_and_a_closed_case_does_not_stand() -> None:
    told = Told(EVERY_DAY)
    told.received(grade="I")
    case = told.tell(CasePaused(case_id="c1", reason="weather", until=MONDAY + days(9)), days(1))
    assert case.target_at == MONDAY + hours(2)
    told = Told(EVERY_DAY)
    told.received()
    told.tell(CasePaused(case_id="c1", reason="weather", until=MONDAY + days(5)), days(1))
    case = told.tell(CaseClosed(case_id="c1"), days(1))
    assert (case.paused_at, case.target_at, case.paused_s) == (None, MONDAY + days(8), 86_400)


def test_callers_of_complaints_are_asked_and_those_of_praise_are_not() -> None:
    told = Told(EVERY_DAY)
    told.received()
    assert told.tell(CaseClosed(case_id="c1"), days(1)).follow_up_due_at == MONDAY + days(1) + hours(72)
    praise = Told(EVERY_DAY)
    praise.received(kind="praise")
    assert praise.tell(CaseClosed(case_id="c1")).follow_up_due_at is None


def test_a_case_that_came_back_has_a_new_time_to_be_passed_on() -> None:
    told = Told(EVERY_DAY)
    told.received(grade="II")
    told.tell(CaseDispatched(case_id="c1", owner="A"), hours(1))
    told.tell(CaseReturned(case_id="c1", code="unclear"), hours(2))
    case = told.tell(CaseReturnReviewed(case_id="c1", granted=True), hours(1))
    assert case.dispatch_due_at == MONDAY + hours(4 + 2)


starts = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20)).map(lambda at: at.replace(tzinfo=UTC))


@settings(max_examples=150, deadline=None)
@given(starts, st.integers(0, 15), st.sampled_from([SHANGHAI, MADRID]), st.booleans())
def test_more_days_are_never_earlier_and_the_clock_time_stays(
    start: datetime, n: int, zone: ZoneInfo, working: bool
) -> None:
    calendar = Calendar.of(zone, "working" if working else "calendar", HOLIDAYS)
    due, next_due = calendar.after(start, n), calendar.after(start, n + 1)
    assert start <= due < next_due or not calendar.counts(start.astimezone(zone).date())
    assert calendar.counts(due.astimezone(zone).date())
    if calendar.counts(start.astimezone(zone).date()):
        was, will = start.astimezone(zone), due.astimezone(zone)
        exists = will.replace(tzinfo=None).time() == was.replace(tzinfo=None).time()
        assert exists or will.hour - was.hour == 1  # the hour that a spring night skips
    assert calendar.rolled(due) == due


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 60), st.integers(0, 80)), max_size=5))
def test_pauses_move_a_deadline_by_just_what_they_lasted(pauses: list[tuple[int, int, int]]) -> None:
    """Hours before, hours planned, hours after which somebody resumes (or the time runs out)."""
    told = Told(EVERY_DAY)
    told.received(grade="IV")
    stood = timedelta(0)
    for wait_h, planned_h, resumed_h in pauses:
        assert told.case is not None
        target = told.case.target_at
        begun = told.now + hours(wait_h)
        told.tell(CasePaused(case_id="c1", reason="weather", until=begun + hours(planned_h)), hours(wait_h))
        case = told.tell(CaseResumed(case_id="c1"), hours(resumed_h))
        if target is not None and target > begun:
            stood += hours(min(planned_h, resumed_h))
        assert case.target_at == MONDAY + days(15) + stood


def test_rules_say_what_is_wrong_in_them(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "cases.toml").write_text("[returns]\nmost = -1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"cases\.toml: returns\.most"):
        load_case_rules(folder)
    (folder / "cases.toml").write_text("[pauses.rain]\nmost = 3\n", encoding="utf-8")
    with pytest.raises(ValueError, match="most is not a key"):
        load_case_rules(folder)
