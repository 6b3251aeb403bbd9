"""Names for the columns and tables of numbers that early warning works on, and hours of the week."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from geo.days import zone_info

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Singles: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Indexes: TypeAlias = np.ndarray[Any, np.dtype[np.int32]]
Booleans: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

HOUR_S = 3600
DAY_S = 86_400
HOURS_OF_WEEK = 168


def hours_of_week(hours: Integers, zone: str) -> Integers:
    """Local hour of the week (0 = Monday 00:00-01:00) of hours counted since 1970 in UTC.

    Zones that differ from UTC by half hours are taken at the begin of the UTC hour. Raises ValueError for a zone
    that does not exist.
    """
    from datetime import UTC, datetime

    tz = zone_info(zone)
    offsets = np.empty(len(hours), dtype=np.int64)
    known: dict[int, int] = {}
    for position, hour in enumerate(hours.tolist()):
        # Clocks change at most once in six hours, so one question answers for six (and for both sides at a change).
        if (part := hour) not in known:
            moment = datetime.fromtimestamp(part * HOUR_S, UTC).astimezone(tz)
            known[part] = int((moment.utcoffset() or moment - moment).total_seconds()) // HOUR_S
        offsets[position] = known[part]
    found: Integers = (hours + offsets + 3 * 24) % HOURS_OF_WEEK  # 1 January 1970 was a Thursday
    return found


def local_days(hours: Integers, zone: str) -> Integers:
    """Local calendar days since 1970 of hours counted since 1970 in UTC."""
    of_week = hours_of_week(hours, zone)
    offset = (of_week - 3 * 24 - hours) % HOURS_OF_WEEK
    offset = np.where(offset > HOURS_OF_WEEK // 2, offset - HOURS_OF_WEEK, offset)
    days: Integers = (hours + offset) // 24
    return days
