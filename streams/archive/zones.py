"""Many instants at once between a city's clock and UTC, by the same rules as `streams.feeds.times.instant`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

Array = np.ndarray[Any, np.dtype[np.int64]]

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
FIRST, LAST = datetime(1899, 12, 30, tzinfo=UTC), datetime(2200, 1, 3, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Changes(NamedTuple):
    """Instants (UTC microseconds) at which a zone's offset changes, and the offsets (microseconds) around them."""

    at: Array
    offsets: Array  # one more than `at`


@lru_cache(maxsize=16)
def changes_of(zone: str) -> Changes:
    """Every change of the zone's offset between the years 1900 and 2199, found to the second."""
    info, step = ZoneInfo(zone), timedelta(days=4)  # no zone changed there and back within four days
    at: list[int] = []
    now, offset = FIRST, _offset(info, FIRST)
    offsets = [offset]
    while now < LAST:
        after = _offset(info, now + step)
        if after != offset:
            at.append(_change_between(info, now, now + step))
            offsets.append(after)
            offset = after
        now += step
    return Changes(np.array(at, np.int64), np.array(offsets, np.int64))


def _offset(info: ZoneInfo, at: datetime) -> int:
    found = at.astimezone(info).utcoffset() or timedelta()
    return int(found.total_seconds()) * SECOND_US


def _change_between(info: ZoneInfo, low: datetime, high: datetime) -> int:
    before = _offset(info, low)
    lowest, highest = 0, int((high - low).total_seconds())
    while highest - lowest > 1:
        middle = (lowest + highest) // 2
        if _offset(info, low + timedelta(seconds=middle)) == before:
            lowest = middle
        else:
            highest = middle
    return (low + timedelta(seconds=highest) - _EPOCH) // timedelta(microseconds=1)


def local_to_utc(local: Array, zone: str, not_before: Array | None = None) -> Array:
    """UTC microseconds of local ones (microseconds of the wall clock since 1970).

    In the doubled hour the first pass is meant, unless that lies before `not_before`; a skipped time moves forward.
    """
    changes = changes_of(zone)
    before, after = changes.offsets[:-1], changes.offsets[1:]
    first = local - changes.offsets[np.searchsorted(changes.at + np.maximum(before, after), local, side="right")]
    if not_before is None:
        return first
    second = local - changes.offsets[np.searchsorted(changes.at + np.minimum(before, after), local, side="right")]
    return np.where(first < not_before, np.maximum(first, second), first)


def utc_to_days(utc: Array, zone: str) -> Array:
    """Local calendar days (since 1970) of UTC microseconds."""
    changes = changes_of(zone)
    local = utc + changes.offsets[np.searchsorted(changes.at, utc, side="right")]
    return local // DAY_US


def day_name(day: int) -> str:
    """`2011-08-28` of a day number."""
    return (_EPOCH + timedelta(days=int(day))).date().isoformat()
