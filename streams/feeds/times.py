"""Times as cities write them: local, without a zone, falsely labelled UTC, doubled or missing on two nights a year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = 1900, 2199
_MICROSECOND = timedelta(microseconds=1)


def parse_time(text: str, formats: tuple[str, ...]) -> datetime:
    """The first format that fits: `iso` or a strptime pattern. Raises ValueError when none does."""
    for pattern in formats:
        try:
            return datetime.fromisoformat(text) if pattern == "iso" else datetime.strptime(text, pattern)
        except ValueError:
            continue
    raise ValueError(f"not a time: {text[:40]!r}")


def without_false_utc(moment: datetime) -> datetime:
    """Local time that was labelled +00:00 by mistake; another offset is believed."""
    return moment.replace(tzinfo=None) if moment.tzinfo and not moment.utcoffset() else moment


def instant(moment: datetime, zone: ZoneInfo, not_before: datetime | None = None) -> datetime:
    """The UTC instant of a city-local time; one that carries an offset is taken as it is.

    In the doubled hour of autumn the first pass is meant, unless that lies before `not_before` (what happened
    earlier to the same record): then the second. A time that the spring night skips moves forward by the gap.
    Raises ValueError outside the years 1900 to 2199.
    """
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"not a believable year: {moment.year}")
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    first = moment.replace(tzinfo=zone).astimezone(UTC)
    if not_before is None or first >= not_before:
        return first
    return max(first, moment.replace(tzinfo=zone, fold=1).astimezone(UTC))


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970: what is sorted and stored on disk."""
    return (moment - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The UTC instant of `to_micros`."""
    return EPOCH + timedelta(microseconds=micros)
