"""Local days: they begin at midnight, follow each other without gaps, and are 23 or 25 hours when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.days import day_length, day_start, local_date, next_day_start

NEW_YORK = "America/New_York"
ZONES = [NEW_YORK, "America/Los_Angeles", "Asia/Shanghai", "America/Havana", "America/Sao_Paulo", "Asia/Beirut"]
ZONES += ["Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
instants = st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))


def local(zone: str, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold)  # type: ignore[arg-type,misc]


@given(instants, st.sampled_from(ZONES))
def test_every_instant_lies_in_its_day_and_days_follow_each_other(now: datetime, zone: str) -> None:
    start, following = day_start(now, zone), next_day_start(now, zone)
    assert start <= now < following
    assert day_start(start, zone) == start
    assert day_start(following, zone) == following
    assert next_day_start(following - timedelta(microseconds=1), zone) == following
    assert local_date(start, zone) == local_date(now, zone) < local_date(following, zone)
    assert day_length(now, zone) in {timedelta(hours=h) for h in (23, 23.5, 24, 24.5, 25)}


@pytest.mark.parametrize(
    ("day", "hours", "start_utc", "end_utc"),
    [
        ((2011, 8, 28), 24, "2011-08-28T04:00", "2011-08-29T04:00"),
        ((2017, 3, 12), 23, "2017-03-12T05:00", "2017-03-13T04:00"),  # clocks go forward at 2
        ((2017, 11, 5), 25, "2017-11-05T04:00", "2017-11-06T05:00"),  # clocks go back at 2
    ],
)
def test_days_of_new_york(day: tuple[int, int, int], hours: int, start_utc: str, end_utc: str) -> None:
    for hour in range(24):
        now = local(NEW_YORK, *day, hour, 30)
        assert day_length(now, NEW_YORK) == timedelta(hours=hours)
        assert day_start(now, NEW_YORK) == datetime.fromisoformat(start_utc).replace(tzinfo=UTC)
        assert next_day_start(now, NEW_YORK) == datetime.fromisoformat(end_utc).replace(tzinfo=UTC)


def test_both_halves_of_the_doubled_hour_lie_in_one_day() -> None:
    first, second = (local(NEW_YORK, 2017, 11, 5, 1, 30, fold=fold) for fold in (0, 1))
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)
    assert day_start(first, NEW_YORK) == day_start(second, NEW_YORK)


def test_a_day_without_midnight_begins_at_the_change() -> None:
    noon = local("America/Sao_Paulo", 2018, 11, 4, 12)
    assert day_start(noon, "America/Sao_Paulo") == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert day_length(noon, "America/Sao_Paulo") == timedelta(hours=23)


def test_a_day_with_two_midnights_begins_at_the_first() -> None:
    noon = local("America/Havana", 2012, 11, 4, 12)
    assert day_start(noon, "America/Havana") == datetime(2012, 11, 4, 4, tzinfo=UTC)
    assert day_length(noon, "America/Havana") == timedelta(hours=25)


def test_samoa_had_no_thirtieth_of_december_2011() -> None:
    last = local("Pacific/Apia", 2011, 12, 29, 12)
    assert local_date(next_day_start(last, "Pacific/Apia"), "Pacific/Apia").isoformat() == "2011-12-31"
    assert day_length(last, "Pacific/Apia") == timedelta(hours=24)


def test_starts_are_aware_and_in_utc_whatever_the_zone_of_now() -> None:
    now = datetime(2011, 8, 28, 1, 0, tzinfo=timezone(timedelta(hours=8)))
    assert day_start(now, NEW_YORK) == datetime(2011, 8, 27, 4, tzinfo=UTC)
    assert day_start(now, NEW_YORK).tzinfo is UTC


def test_a_naive_instant_and_an_unknown_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        day_start(datetime(2011, 8, 28), NEW_YORK)
    for zone in ("America/Gotham", "", "../etc/passwd"):
        with pytest.raises(ValueError, match="IANA"):
            day_start(datetime(2011, 8, 28, tzinfo=UTC), zone)
