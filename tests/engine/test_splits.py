"""Yesterday by now, by category and area: equal to counting the cases themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.engine.splits import Splits

NOW = datetime(2026, 3, 11, 9, 37, 30, tzinfo=UTC)
ZONES = ("Asia/Shanghai", "Asia/Kolkata", "America/New_York")
cases = st.lists(st.tuples(st.sampled_from(["noise", "trees"]), st.integers(0, 3 * 24 * 60)), max_size=60)


@settings(max_examples=60, deadline=None)
@given(cases, st.sampled_from(ZONES), st.integers(0, 24 * 60))
def test_today_and_yesterday_equal_a_count_of_the_cases(told: list[tuple[str, int]], zone: str, ahead: int) -> None:
    now = NOW + timedelta(minutes=ahead)
    splits, counted = Splits(ZoneInfo(zone)), {"today": 0, "yesterday": 0}
    splits.add("other", "North", now - timedelta(days=4))
    local = now.astimezone(ZoneInfo(zone)).replace(second=0)
    midnight = local.replace(hour=0, minute=0)
    yesterday = midnight - timedelta(days=1)
    for category, minutes in told:
        at = now - timedelta(minutes=minutes)
        splits.add(category, "North", at)
        counted["today"] += category == "noise" and midnight <= at < local
        counted["yesterday"] += category == "noise" and yesterday <= at < local - timedelta(days=1)
    found = splits.so_far(now).get("c:noise")
    if found is None:
        assert counted == {"today": 0, "yesterday": 0}
    else:
        assert (found.today, found.yesterday) == (counted["today"], counted["yesterday"])


def test_a_day_not_known_from_its_beginning_is_not_compared_with() -> None:
    splits = Splits(ZoneInfo("UTC"))
    splits.add("noise", "North", NOW - timedelta(days=1))
    splits.add("noise", "North", NOW - timedelta(hours=1))
    assert splits.so_far(NOW)["c:noise"].yesterday is None


@pytest.mark.parametrize(("today", "said"), [(10, ""), (200, "above"), (0, "below")])
def test_an_arrow_needs_a_day_outside_the_band_of_days_alike(today: int, said: str) -> None:
    splits = Splits(ZoneInfo("UTC"))
    splits.add("other", "North", datetime(2026, 2, 1, tzinfo=UTC))
    for back in range(1, 28):
        for n in range(9 + back % 3):
            splits.add("noise", "North", NOW - timedelta(days=back, minutes=2 + n))
    for n in range(today):
        splits.add("noise", "North", NOW - timedelta(minutes=2 + n))
    assert splits.so_far(NOW)["c:noise"].usual == said
