"""Emergency calls that are silent or given up: the same for whoever asks, each with an end, some every hour."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import redis as redis_module
from hypothesis import given, settings
from hypothesis import strategies as st

from emergency.tasks import is_emergency
from streams.events import CallAbandoned, CallEnded, CallOffered
from streams.sim.incidents import load_incidents
from streams.sim.lost_calls import LONGEST, LostCalls
from streams.sim.runs import Moment
from tests.support.emergency import NIGHT, SimCity

MIDNIGHT = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SETTING = load_incidents()


def lost_calls(seed: str = "a", surge: float = 1.0) -> LostCalls:
    return LostCalls(SETTING, seed, ZoneInfo("Asia/Shanghai"), surge)


def by_call(moments: list[Moment]) -> dict[str, list[Moment]]:
    found: dict[str, list[Moment]] = {}
    for moment in moments:
        found.setdefault(moment.payload.call_id, []).append(moment)  # type: ignore[attr-defined]
    return found


@settings(max_examples=30)
@given(st.lists(st.integers(0, 7_200_000), min_size=3, max_size=3))
def test_time_may_be_cut_anywhere(cuts_ms: list[int]) -> None:
    first, second, third = (MIDNIGHT + timedelta(milliseconds=ms) for ms in sorted(cuts_ms))
    one = lost_calls()
    assert one.between(first, second) + one.between(second, third) == one.between(first, third)


def test_a_day_has_about_150_each_on_an_emergency_number_and_each_ends_soon() -> None:
    calls = by_call(lost_calls().between(MIDNIGHT, MIDNIGHT + DAY + LONGEST))
    assert 110 < len(calls) < 190
    ends: Counter[str] = Counter()
    for moments in calls.values():
        offered, last = moments[0].payload, moments[-1]
        if isinstance(offered, CallOffered):  # the first may have begun to ring before midnight
            assert is_emergency(offered.channel, offered.agency)
            assert offered.phone.startswith("100 0000")
            assert last.at - moments[0].at < LONGEST
        ends[type(last.payload).__name__] += 1
        assert isinstance(last.payload, CallAbandoned) or (isinstance(last.payload, CallEnded) and last.payload.silent)
    assert min(ends.values()) > 30
    assert lost_calls(surge=0).between(MIDNIGHT, MIDNIGHT + DAY) == []


def test_each_becomes_a_task_with_a_number_and_the_hotlines_figures_know_nothing_of_it(
    redis: redis_module.Redis,
) -> None:
    city = SimCity(redis, NIGHT, surge=12.0, with_colleagues=False)
    city.live(180, step_s=3)
    tasks = city.city.view("tasks")
    assert tasks
    for task in tasks.values():
        assert task["kind"] == "call-back"
        assert task["agency"] in SETTING.lost_calls.agencies
        assert task["phone_known"]
        assert "phone" not in task
    assert city.city.view("channels") == {}
    assert "calls.offered_today" not in city.city.figures()
    opened = [e for e in city.city.events() if e["type"] == "task.opened"]
    city.restart()
    city.live(6, step_s=3)
    again = [e["id"] for e in city.city.events() if e["type"].startswith("call.")]
    assert len(again) == len(set(again))
    assert len([e for e in city.city.events() if e["type"] == "task.opened"]) >= len(opened)
