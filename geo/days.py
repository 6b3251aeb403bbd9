"""Local days of a city as instants: a day begins at local midnight and lasts 23, 24 or 25 hours.

Arithmetic goes through the calendar date, never through "plus 24 hours", so daylight-saving days come out right;
where midnight does not exist (some zones change then), the day begins at the instant of the change.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_info(zone: str) -> ZoneInfo:
    """The IANA zone. Raises ValueError when there is none of that name."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"zone {zone!r} is unknown: use an IANA name such as America/New_York") from error


def local_date(now: datetime, zone: str) -> date:
    """The calendar date in the zone at an aware instant. Raises ValueError for a naive one."""
    if now.tzinfo is None:
        raise ValueError(f"{now.isoformat()} has no zone: use an aware datetime")
    return now.astimezone(zone_info(zone)).date()


def day_start(now: datetime, zone: str) -> datetime:
    """First instant (aware, UTC) of the zone's local day that `now` lies in."""
    return _first_instant(local_date(now, zone), zone)


def next_day_start(now: datetime, zone: str) -> datetime:
    """First instant (aware, UTC) of the following local day; always after `now`."""
    today = local_date(now, zone)
    following = today + timedelta(days=1)
    while (start := _first_instant(following, zone)).astimezone(zone_info(zone)).date() == today:
        following += timedelta(days=1)
    return start


def date_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """First instant (aware, UTC) of a calendar date in the zone, and of the next."""
    at = datetime(day.year, day.month, day.day, 12, tzinfo=zone_info(zone))
    return day_start(at, zone), next_day_start(at, zone)


def day_length(now: datetime, zone: str) -> timedelta:
    """How long the local day of `now` lasts: 23 or 25 hours when clocks change."""
    return next_day_start(now, zone) - day_start(now, zone)


@lru_cache(maxsize=4096)
def _first_instant(day: date, zone: str) -> datetime:
    # In a gap, fold 0 reads the clock as before the change, which gives just the instant of the change;
    # where midnight comes twice, fold 0 is the first.
    return datetime.combine(day, time.min, zone_info(zone)).astimezone(UTC)
