"""What a day of a deadline is: every local day, or only working days, with the holidays of a city.

Days are local: a deadline of seven days ends at the same clock time seven dates later, whatever the clocks did in
between; hours are elapsed time. So a day over the change of clocks lasts 23 or 25 hours, and 24 hours never do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
FURTHEST = 800  # dates looked at for the next working day: two years of holidays are a mistake in a file


@dataclass(frozen=True)
class Calendar:
    """The days of one city. `holidays` are no working days; `workdays` are, although they fall on a weekend."""

    zone: ZoneInfo
    only_working: bool = False
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    @classmethod
    def of(
        cls, zone: ZoneInfo, days: str = "calendar", holidays: Iterable[date] = (), workdays: Iterable[date] = ()
    ) -> Calendar:
        """`days` is "calendar" or "working"."""
        return cls(zone, days == "working", frozenset(holidays), frozenset(workdays))

    def counts(self, day: date) -> bool:
        """Whether a local date counts as a day of a deadline."""
        if not self.only_working or day in self.workdays:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def after(self, start: datetime, days: int) -> datetime:
        """The instant (UTC) that lies `days` counting days after the aware instant `start`.

        It has the local clock time of `start`. What begins on a day that does not count begins with the first
        instant of the next one that does, so one day from a Sunday is all of Monday. Where that clock time does not
        exist on its day, the deadline is as much later as the clocks were put forward.
        """
        local = start.astimezone(self.zone)
        day, clock, left = local.date(), local.time(), days
        if not self.counts(day):
            day, clock = self._next(day), time()
        for _ in range(left):
            day = self._next(day)
        return datetime.combine(day, clock.replace(fold=0), self.zone).astimezone(UTC)

    def rolled(self, at: datetime) -> datetime:
        """The same instant, or the same clock time on the next day that counts."""
        local = at.astimezone(self.zone)
        if self.counts(local.date()):
            return at.astimezone(UTC)
        day = self._next(local.date())
        return datetime.combine(day, local.time().replace(fold=0), self.zone).astimezone(UTC)

    def _next(self, day: date) -> date:
        for _ in range(FURTHEST):
            day += DAY
            if self.counts(day):
                return day
        raise ValueError(f"holidays: no working day within {FURTHEST} days of {day}")
