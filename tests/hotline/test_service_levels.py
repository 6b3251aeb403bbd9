"""Five service levels on the same calls, and what else a floor is measured by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.intervals import Interval
from hotline.service_levels import (
    FORMULAS,
    LEAST_OBSERVED_M,
    Effort,
    Peak,
    Variant,
    Waits,
    by_interval,
    first_contact,
    handle_time_s,
    levels,
    observed_m,
    occupancy,
    peak_and_off,
    waits_of,
)

# The example of callcentrehelper.com: 860 of 1,000 answered within 20 s; 60 gave up, 20 within 20 s, 10 within 5.
EXAMPLE = Waits(answered=1000, abandoned=60, within=860, gave_up_within=20, gave_up_short=10)
SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 3, 1, 16, tzinfo=UTC)

waits = st.tuples(*(st.integers(0, 300) for _ in range(5))).map(
    lambda n: Waits(
        answered=n[0] + n[1],
        within=n[0],
        abandoned=n[2] + n[3] + n[4],
        gave_up_within=n[3] + n[4],
        gave_up_short=n[4],
    )
)


def percent(said: dict[str, int]) -> int:
    return round(100 * said["n"] / said["of"])


def test_the_five_variants_give_81_82_83_and_86_percent_of_the_same_calls() -> None:
    said = {name: percent(level) for name, level in levels(EXAMPLE).items()}
    assert said == {"ignored": 86, "offered": 81, "removed": 83, "positive": 83, "short": 82}
    assert set(FORMULAS) == set(Variant)


def test_an_interval_of_the_board_is_judged_as_its_calls_are() -> None:
    interval = Interval(offered=1060, answered=1000, within=860, abandoned=60, late=40, short=10)
    assert waits_of(interval) == EXAMPLE


@given(waits)
def test_no_variant_leaves_0_to_1_and_their_order_is_always_the_same(known: Waits) -> None:
    said = levels(known)
    for level in said.values():
        assert 0 <= level["n"] <= level["of"]
    if min(level["of"] for level in said.values()) > 0:
        share = {name: level["n"] / level["of"] for name, level in said.items()}
        assert share["offered"] <= share["short"] <= share["positive"]
        assert share["offered"] <= share["removed"] <= share["positive"] + 1e-12
        assert share["removed"] <= share["ignored"] + 1e-12


def test_occupancy_and_handle_time_of_a_worked_hour() -> None:
    """Three agents for an hour: 30 calls of 4 minutes talk, half a minute on hold, half a minute of writing."""
    hour = Effort(talk_s=7200, hold_s=900, wrap_up_s=900, available_s=1800, handled=30)
    assert occupancy(hour) == pytest.approx(9000 / 10800)
    assert handle_time_s(hour) == 300
    assert (occupancy(Effort()), handle_time_s(Effort(available_s=60))) == (None, None)


def test_who_was_seen_for_less_than_half_an_hour_has_no_occupancy_yet() -> None:
    """Only contacts that ended count at first: everybody would look busy all the time."""
    busy, ended, others = Effort(talk_s=900), Interval(handled=2), Interval(spent={"talking": 60_000})
    assert [occupancy(busy, minutes) for minutes in (None, 0, LEAST_OBSERVED_M - 1, LEAST_OBSERVED_M)] == [
        *(None, None, None),
        1.0,
    ]
    half_past = MIDNIGHT + timedelta(minutes=30)
    day = {MIDNIGHT: others, half_past: ended, half_past + timedelta(minutes=15): ended}
    first, now = first_contact(day), MIDNIGHT + timedelta(minutes=52)
    assert first == half_past
    assert first_contact({MIDNIGHT: others}) is None
    assert observed_m(day, first, now) == 22
    assert observed_m([half_past + timedelta(minutes=15)], first, now) == 7
    assert observed_m([MIDNIGHT], first, now) is None  # what ended later began before anybody was seen
    assert observed_m(day, None, now) is None


def quarters(n: int = 96) -> dict[datetime, Interval]:
    """A local day in which every quarter has as many calls as its number."""
    start = MIDNIGHT
    return {
        start + timedelta(minutes=15 * i): Interval(offered=i, answered=i, within=i // 2, waits={3: i} if i else {})
        for i in range(n)
    }


def test_half_hours_and_peaks_are_sums_of_quarters() -> None:
    day = quarters()
    halves = by_interval(day, 30)
    assert len(halves) == 48
    assert halves[MIDNIGHT + timedelta(hours=1)].offered == 4 + 5
    assert list(by_interval(day, 15)) == sorted(day)
    split = peak_and_off(day, SHANGHAI, Peak(start_h=9, end_h=18))
    assert split["peak"].offered == sum(range(36, 72))
    assert split["peak"].offered + split["off_peak"].offered == sum(range(96))
    assert sum(half.offered for half in halves.values()) == sum(range(96))
    with pytest.raises(ValueError, match="15 or 30"):
        by_interval(day, 60)
