"""Cases received per minute by category and by area: what yesterday was by now, and whether today is as usual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from dashboard.engine.hours import BAND_DAYS, HOUR_FORMAT, KEEP_DAYS
from hotline.expected import expected_band

CATEGORY, AREA = "c:", "a:"
Piece = tuple[str, int, int]  # UTC hour, first minute, minute after the last


class SoFar(msgspec.Struct, frozen=True):
    """One category or area today, up to now. `usual` is "above" or "below" outside the expected band, else ""."""

    today: int
    yesterday: int | None
    usual: str


class Splits:
    """Minute counts by UTC hour and name; a name is a category or an area with its sign before it."""

    def __init__(self, zone: ZoneInfo, hours: dict[str, dict[str, list[int]]] | None = None):
        self.zone = zone
        self.hours = hours or {}
        self.totals = {hour: {name: sum(m) for name, m in names.items()} for hour, names in self.hours.items()}
        self.changed: set[str] = set()  # hours, since the last commit
        self._key_of: tuple[datetime, str] | None = None

    def add(self, category: str, area: str, at: datetime) -> None:
        """Count one case received at `at` (aware UTC)."""
        start = at.replace(minute=0, second=0, microsecond=0)
        if self._key_of is None or self._key_of[0] != start:
            self._key_of = (start, start.strftime(HOUR_FORMAT))
        key = self._key_of[1]
        names, totals = self.hours.setdefault(key, {}), self.totals.setdefault(key, {})
        for name in (CATEGORY + category, AREA + area):
            minutes = names.get(name)
            if minutes is None:
                minutes = names[name] = [0] * 60
            minutes[at.minute] += 1
            totals[name] = totals.get(name, 0) + 1
        self.changed.add(key)

    def so_far(self, now: datetime) -> dict[str, SoFar]:
        """Every name that occurred today or yesterday, compared with earlier days up to the same clock time."""
        local = now.astimezone(self.zone)
        days = [local.date() - timedelta(days=back) for back in range(BAND_DAYS + 1)]
        first = self._first_day()
        known = [day for day in days if first is not None and day >= first]
        alike = [day for day in known[1:] if (day.weekday() >= 5) == (local.weekday() >= 5)]
        spans = {day: list(self._pieces(day, local.time())) for day in {days[0], days[1], *known}}
        names = {name for day in days[:2] for hour, _, _ in spans[day] for name in self.totals.get(hour, ())}
        return {
            name: SoFar(
                today := self._count(name, spans[days[0]]),
                self._count(name, spans[days[1]]) if days[1] in known else None,
                _usual(today, [self._count(name, spans[day]) for day in alike]),
            )
            for name in names
        }

    def same_hour(self, name: str, now: datetime) -> list[int]:
        """Counts of a name in the hour up to this clock time, on earlier days of the same class."""
        local, first = now.astimezone(self.zone), self._first_day()
        counts = []
        for back in range(1, BAND_DAYS + 1):
            day = local.date() - timedelta(days=back)
            if first is None or day < first:
                break
            if (day.weekday() >= 5) == (local.weekday() >= 5):
                end = datetime.combine(day, local.time(), self.zone).astimezone(UTC)
                counts.append(self._count(name, _between(end - timedelta(hours=1), end)))
        return counts

    def _count(self, name: str, pieces: Iterable[Piece]) -> int:
        total = 0
        for hour, first, end in pieces:
            if end - first == 60:
                total += self.totals.get(hour, {}).get(name, 0)
            elif minutes := self.hours.get(hour, {}).get(name):
                total += sum(minutes[first:end])
        return total

    def _pieces(self, day: date, clock: time) -> Iterable[Piece]:
        """The whole minutes from local midnight of `day` to a clock time, by UTC hour."""
        start = datetime.combine(day, time(), self.zone).astimezone(UTC)
        return _between(start, datetime.combine(day, clock, self.zone).astimezone(UTC))

    def _first_day(self) -> date | None:
        """The first local day that is known from its beginning."""
        if not self.hours:
            return None
        start = datetime.strptime(min(self.hours), HOUR_FORMAT).replace(tzinfo=UTC).astimezone(self.zone)
        return start.date() if start.time() == time() else start.date() + timedelta(days=1)

    def take_changed(self) -> Mapping[str, dict[str, list[int]]]:
        """Hours to write since the last commit."""
        found = {hour: self.hours[hour] for hour in self.changed if hour in self.hours}
        self.changed.clear()
        return found

    def forget(self, now: datetime) -> list[str]:
        """Drop hours that nothing asks for any more; returns their keys."""
        limit = (now - timedelta(days=KEEP_DAYS + 1)).strftime(HOUR_FORMAT)
        old = [hour for hour in self.hours if hour < limit]
        for hour in old:
            del self.hours[hour], self.totals[hour]
        return old


def _between(start: datetime, end: datetime) -> Iterable[Piece]:
    """The whole minutes of [start, end), both aware UTC and cut to the minute, by UTC hour."""
    at, end = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    while at < end:
        hour = at.replace(minute=0)
        stop = min(hour + timedelta(hours=1), end)
        yield hour.strftime(HOUR_FORMAT), at.minute, stop.minute or 60
        at = stop


def _usual(today: int, before: list[int]) -> str:
    band = expected_band(before)
    if band is None or band.low <= today <= band.high:
        return ""
    return "above" if today > band.high else "below"
