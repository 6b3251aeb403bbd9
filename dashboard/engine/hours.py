"""Cases received per minute: the curve, yesterday at the same clock time, and the expected band come from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hotline.expected import Band, expected_band

KEEP_DAYS = 29
BAND_DAYS = 28
SLOT_M = 5
HOUR_FORMAT = "%Y-%m-%dT%H"


class Hours:
    """Minute counts by UTC hour, and the sums people ask of them in local time."""

    def __init__(self, zone: ZoneInfo, hours: dict[str, list[int]] | None = None):
        self.zone = zone
        self.hours = hours or {}
        self.changed: set[str] = set()  # since the last commit
        self.touched: set[str] = set()  # since the last frame
        self._key_of: tuple[datetime, str] | None = None

    def add(self, at: datetime) -> None:
        """Count one case received at `at` (aware UTC)."""
        start = at.replace(minute=0, second=0, microsecond=0)
        if self._key_of is None or self._key_of[0] != start:
            self._key_of = (start, start.strftime(HOUR_FORMAT))
        key = self._key_of[1]
        minutes = self.hours.get(key)
        if minutes is None:
            minutes = self.hours[key] = [0] * 60
        minutes[at.minute] += 1
        self.changed.add(key)
        self.touched.add(key)

    def between(self, start: datetime, end: datetime) -> int:
        """Cases in whole minutes of [start, end), both aware UTC and cut to the minute."""
        total, at = 0, start.replace(second=0, microsecond=0)
        end = end.replace(second=0, microsecond=0)
        while at < end:
            hour = at.replace(minute=0)
            stop = min(hour + timedelta(hours=1), end)
            minutes = self.hours.get(hour.strftime(HOUR_FORMAT))
            if minutes:
                last = 60 if stop.minute == 0 else stop.minute
                total += sum(minutes[at.minute : last])
            at = stop
        return total

    def first_day(self) -> date | None:
        """The first local day that is known from its beginning."""
        if not self.hours:
            return None
        start = datetime.strptime(min(self.hours), HOUR_FORMAT).replace(tzinfo=UTC).astimezone(self.zone)
        return start.date() if start.time() == time() else start.date() + timedelta(days=1)

    def local(self, day: date, clock: time) -> datetime:
        """The UTC instant of a local clock time on `day`."""
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def yesterday_same_time(self, now: datetime) -> int | None:
        """Cases received yesterday up to the same clock time, or None when that day is not known whole."""
        local = now.astimezone(self.zone)
        yesterday = local.date() - timedelta(days=1)
        first = self.first_day()
        if first is None or yesterday < first:
            return None
        return self.between(self.local(yesterday, time()), self.local(yesterday, local.time()))

    def band(self, now: datetime) -> Band | None:
        """The expected band for the hour that ends now, from the same clock hour of up to 28 earlier days.

        Working days are compared with working days, weekends with weekends.
        """
        local = now.astimezone(self.zone)
        first = self.first_day()
        if first is None:
            return None
        counts = []
        for back in range(1, BAND_DAYS + 1):
            day = local.date() - timedelta(days=back)
            if day < first:
                break
            if (day.weekday() >= 5) == (local.weekday() >= 5):
                end = self.local(day, local.time())
                counts.append(self.between(end - timedelta(hours=1), end))
        return expected_band(counts)

    def curve(self, now: datetime) -> dict[str, int]:
        """Counts per five-minute slot of today and yesterday, keyed by local slot start; empty slots left out.

        On the day on which an hour comes twice, its slots hold both.
        """
        today = now.astimezone(self.zone).date()
        at = self.local(today - timedelta(days=1), time())
        end = self.local(today + timedelta(days=1), time())
        slots: dict[str, int] = {}
        while at < end:
            for slot, n in self.slots_of(at.strftime(HOUR_FORMAT)).items():
                slots[slot] = slots.get(slot, 0) + n
            at += timedelta(hours=1)
        return slots

    def slots_of(self, key: str) -> dict[str, int]:
        """The twelve five-minute slots of one UTC hour, those that are not empty."""
        minutes = self.hours.get(key)
        if minutes is None:
            return {}
        start = datetime.strptime(key, HOUR_FORMAT).replace(tzinfo=UTC)
        sums = {m: sum(minutes[m : m + SLOT_M]) for m in range(0, 60, SLOT_M)}
        return {self._slot(start + timedelta(minutes=m)): n for m, n in sums.items() if n}

    def _slot(self, at: datetime) -> str:
        return at.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")

    def take_changed(self) -> Mapping[str, list[int]]:
        """Hours to write since the last commit."""
        found = {hour: self.hours[hour] for hour in self.changed if hour in self.hours}
        self.changed.clear()
        return found

    def forget(self, now: datetime) -> list[str]:
        """Drop hours that nothing asks for any more; returns their keys."""
        limit = (now - timedelta(days=KEEP_DAYS + 1)).strftime(HOUR_FORMAT)
        old = [key for key in self.hours if key < limit]
        for key in old:
            del self.hours[key]
        return old
