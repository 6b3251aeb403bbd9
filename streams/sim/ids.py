"""Ids of simulated contacts: readable, stable, and turned back into the number they stand for."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from streams.sim.contacts import PER_MINUTE
from streams.sim.randomness import number_of_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ID = re.compile(r"[SK](\d{6})-(\d{4})-(\d{3,5})")
_FORMAT = "%y%m%d-%H%M"


def case_id(number: int, zone: tzinfo) -> str:
    """`S260114-1740-003`: local day and minute of the contact, and its place in the minute."""
    return f"S{_stamp(number // PER_MINUTE, zone)}-{number % PER_MINUTE:03d}"


def call_id(number: int, zone: tzinfo) -> str:
    """The same with a `K`: the call of that contact."""
    return f"K{_stamp(number // PER_MINUTE, zone)}-{number % PER_MINUTE:03d}"


def number_of(subject_id: str, zone: tzinfo) -> int | None:
    """The contact's number, or None for an id that no simulated contact has."""
    match = _ID.fullmatch(subject_id)
    if match is None:
        return None
    day, clock, place = match.groups()
    minute = _minute(f"{day}-{clock}", zone)
    return None if minute is None else minute * PER_MINUTE + int(place)


def life_number(subject_id: str, zone: tzinfo) -> int:
    """The number from which the life of a case is drawn, for cases from elsewhere too."""
    number = number_of(subject_id, zone)
    return number_of_text(subject_id) if number is None else number


@lru_cache(maxsize=4096)
def _stamp(minute: int, zone: tzinfo) -> str:
    return (_EPOCH + timedelta(minutes=minute)).astimezone(zone).strftime(_FORMAT)


@lru_cache(maxsize=4096)
def _minute(stamp: str, zone: tzinfo) -> int | None:
    # In an hour that clocks repeat, two minutes share a stamp; the first is meant. Beijing has no such hour.
    try:
        local = datetime.strptime(stamp, _FORMAT).replace(tzinfo=zone)
    except ValueError:
        return None
    return int((local - _EPOCH).total_seconds()) // 60
