"""The briefings of a running city: made when somebody asks, and kept as soon as nothing in them can change any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from dashboard.briefing.document import Briefing, Rules, briefing_id, make_briefing
from dashboard.briefing.emergencies import SETTLED
from dashboard.briefing.kept import Kept
from dashboard.briefing.period import Period, Span, comparisons, first_of, period_of
from geo.cities import City
from geo.days import local_date
from streams.archive.query import has_log
from streams.archive.view import Archive, View

MOST_RUNNING = 20
FRESH_S = 30.0  # a running day's briefing is not counted anew more often


class NotYet(LookupError):
    """A period of which nothing can be said: it lies ahead, or before the archive begins."""


@dataclass
class BriefingDesk:
    """Makes briefings of one city. Every method blocks: call it in the thread pool."""

    archive: Archive
    kept: Kept
    city: City
    rules: Rules
    monotonic: Callable[[], float]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _running: dict[tuple[Span, date, str], tuple[float, Briefing]] = field(default_factory=dict)

    def known_until(self, view: View) -> datetime | None:
        """How far the archive knows the city's own log; None where there is none: imports know all they ever will."""
        return view.manifest.recorded_until if has_log(view) else None

    def today(self, view: View) -> date:
        """The local day until which the archive knows something."""
        until = self.known_until(view)
        if until is not None:
            return local_date(until, view.zone)
        days = view.manifest.days("case_events")
        if not days:
            raise NotYet("the archive is empty")
        return date.fromisoformat(max(days))

    def find(self, briefing_id_: str) -> Briefing | None:
        """A briefing that is kept."""
        return self.kept.latest(briefing_id_)

    def running(self, briefing_id_: str) -> Briefing | None:
        """One of a period that still runs, as it was shown last."""
        return next((made for _, made in list(self._running.values()) if made.id == briefing_id_), None)

    def brief(self, span: Span, day: date, area: str = "") -> Briefing:
        """The briefing of a period: the kept one, or made now, and kept when the period is over. Raises NotYet."""
        first = first_of(span, day)
        with self.archive.view() as view:
            until = self.known_until(view)
            period = period_of(span, day, view.zone, until)
            if until is not None and until <= period.start:
                raise NotYet(f"nothing is known of {first} yet")
            whole = period_of(span, day, view.zone)
            if period.is_whole and (held := self.kept.latest(briefing_id(self.city.id, whole, area))) is not None:
                return held
            return self._made(view, period, area)

    def _made(self, view: View, period: Period, area: str) -> Briefing:
        key = (period.span, period.first, area)
        known = self._running.get(key)
        if known is not None and self.monotonic() - known[0] < FRESH_S:
            return known[1]
        before = self.kept.latest(briefing_id(self.city.id, comparisons(period)["before"], area))
        made = make_briefing(view, self.city, period, self.rules, self.now(), area, before)
        if self._is_settled(view, period):
            return self.kept.keep(made)[0]
        if len(self._running) >= MOST_RUNNING:
            self._running.clear()
        self._running[key] = (self.monotonic(), made)
        return made

    def _is_settled(self, view: View, period: Period) -> bool:
        """Whether crews that were sent in the period had time to arrive: only then a briefing is frozen."""
        until = self.known_until(view)
        return period.is_whole and (until is None or until >= period.end + SETTLED)


def desk_of(folder: Path, kept: Path, city: City, rules: Rules, monotonic: Callable[[], float]) -> BriefingDesk:
    """The desk of one city."""
    return BriefingDesk(Archive(folder), Kept(kept), city, rules, monotonic)
