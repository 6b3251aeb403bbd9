"""Which time a briefing speaks of, and with which times it compares: as much of one day with as much of another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from geo.public_holidays import SAME_WEEKDAY_LAST_YEAR
from streams.archive.view import bounds_of

WEEK = timedelta(days=7)


class Span(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """Local days `first` to `last` of a zone, known up to `cut_off`: the end of the last day, or earlier."""

    span: Span
    first: date
    last: date
    zone: str
    cut_off: datetime

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def start(self) -> datetime:
        return bounds_of(self.first, self.zone)[0]

    @property
    def end(self) -> datetime:
        """The first instant that the period does not hold."""
        return min(bounds_of(self.last, self.zone)[1], self.cut_off)

    @property
    def is_whole(self) -> bool:
        return self.cut_off >= bounds_of(self.last, self.zone)[1]

    def moved(self, first: date) -> Period:
        """The period of the same kind that begins on another day, cut at the same clock time of its last day."""
        last = last_of(self.span, first)
        end = bounds_of(last, self.zone)[1]
        if self.is_whole:
            return Period(span=self.span, first=first, last=last, zone=self.zone, cut_off=end)
        zone = ZoneInfo(self.zone)
        reached = self.cut_off.astimezone(zone)
        day = first + (reached.date() - self.first)
        cut_off = min(datetime.combine(day, reached.time(), zone), end)
        return Period(span=self.span, first=first, last=last, zone=self.zone, cut_off=cut_off)


def last_of(span: Span, first: date) -> date:
    """The last day of the day, week or month that begins on `first`."""
    if span is Span.DAY:
        return first
    if span is Span.WEEK:
        return first + timedelta(days=6)
    return (first.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def first_of(span: Span, day: date) -> date:
    """The first day of the day, week (from Monday) or month that holds a day."""
    if span is Span.DAY:
        return day
    return day - timedelta(days=day.weekday()) if span is Span.WEEK else day.replace(day=1)


def period_of(span: Span, day: date, zone: str, cut_off: datetime | None = None) -> Period:
    """The period of that span that holds a day; whole unless it is cut off earlier."""
    first = first_of(span, day)
    last = last_of(span, first)
    end = bounds_of(last, zone)[1]
    return Period(span=span, first=first, last=last, zone=zone, cut_off=end if cut_off is None else min(cut_off, end))


def _months_back(first: date, n: int) -> date:
    month = first.year * 12 + first.month - 1 - n
    return date(month // 12, month % 12 + 1, 1)


# How far back the period lies with which one compares, by its name and the span.
_BACK: dict[str, dict[Span, Callable[[date], date]]] = {
    "before": {
        Span.DAY: lambda first: first - timedelta(days=1),
        Span.WEEK: lambda first: first - WEEK,
        Span.MONTH: lambda first: _months_back(first, 1),
    },
    "same_weekday": {Span.DAY: lambda first: first - WEEK},
    "last_year": {
        Span.DAY: lambda first: first - SAME_WEEKDAY_LAST_YEAR,
        Span.WEEK: lambda first: first - SAME_WEEKDAY_LAST_YEAR,
        Span.MONTH: lambda first: _months_back(first, 12),
    },
}


def comparisons(period: Period, like: date | None = None) -> dict[str, Period]:
    """The periods beside which the figures stand: the one before, the same weekday, and last year's.

    `like`: the day of last year that is to be compared instead, for holidays that move.
    """
    found = {name: period.moved(back[period.span](period.first)) for name, back in _BACK.items() if period.span in back}
    if like is not None:
        found["last_year"] = period.moved(like)
    return found


def history(period: Period, most: int = 12) -> list[Period]:
    """Earlier periods of the same kind, the nearest first: of a day, the same weekdays."""
    if period.span is Span.MONTH:
        return [period.moved(_months_back(period.first, n)) for n in range(1, most + 1)]
    return [period.moved(period.first - WEEK * n) for n in range(1, most + 1)]
