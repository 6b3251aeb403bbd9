"""Which day of last year a day is compared with: holidays with the same holidays, ordinary days with ordinary ones.

Holidays that follow the moon move by weeks from year to year. Which days they are says the package `holidays`
(tables of official days, China's days off and working weekends among them), by country or part of one (ISO 3166).
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import holidays

ONE_DAY = timedelta(days=1)
SAME_WEEKDAY_LAST_YEAR = timedelta(days=364)
YEAR = timedelta(days=365)
MOVES_MOST = timedelta(days=60)  # between two years: a lunar month and a little
WEEKS_NEARBY = (0, -7, 7, -14, 14, -21, 21)  # where another ordinary day of the same weekday is looked for
MADE_UP = ("Day off", "day off")  # a day that is free for a weekend that was worked
WEEKEND = (5, 6)


class Alike(NamedTuple):
    """A day of last year, and the holiday that both days belong to ("" for ordinary days).

    `is_worked`: the day is one of a weekend that is worked for days off (调休), and the other is worked, too.
    """

    day: date
    holiday: str
    is_worked: bool = False


@lru_cache(maxsize=64)
def is_known(code: str) -> bool:
    """Whether the days of `CN` or `US-MA` are known."""
    country, _, part = code.partition("-")
    known = holidays.list_supported_countries(include_aliases=True)
    return country in known and (not part or part in known[country])


def days_off(code: str, first: date, last: date) -> int:
    """How many official days off lie in first to last; 0 without a known code."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return sum(day in _years(code, day.year)[0] for day in days) if is_known(code) else 0


def alike(code: str, day: date) -> Alike:
    """The day of last year that is like this one. Without a known code: the same weekday, 364 days before."""
    code = code if is_known(code) else ""
    if code and (free := _break(code, day)):
        for name, first in _names(code, free):
            if (then := _last_year(code, name, first)) is not None:
                during = _break(code, then)
                return Alike(min(max(then + (day - first), during[0]), during[-1]), name)
    before = day - SAME_WEEKDAY_LAST_YEAR
    if not code:
        return Alike(before, "")
    if _is_worked(code, day):
        return Alike(_worked_last_year(code, day) or _nearest_working(code, before), "", is_worked=True)
    nearby = [before + timedelta(days=days) for days in WEEKS_NEARBY]
    return Alike(next((day for day in nearby if not _break(code, day) and not _is_worked(code, day)), before), "")


def _is_worked(code: str, day: date) -> bool:
    return day in _years(code, day.year)[1]


def _worked_last_year(code: str, day: date) -> date | None:
    """The weekend day that was worked for the same holiday, of several the one that lay most alike."""
    off = _off_for(code, day)
    for name, first in _names(code, [] if off is None else _break(code, off)):
        if (then := _last_year(code, name, first)) is not None:
            during = _break(code, then)
            years = {one.year + more for one in during for more in (-1, 0, 1)}
            worked = [one for year in sorted(years) for one in _years(code, year)[1] if _off_for(code, one) in during]
            if worked:
                return min(worked, key=lambda one: (abs((one - then) - (day - first)), one))
    return None


def _off_for(code: str, worked: date) -> date | None:
    """The day off that a worked weekend day was given for; its name tells it (`substituted from 02/14/2026`)."""
    for year in (worked.year, worked.year + 1, worked.year - 1):
        for day, name in _years(code, year)[0].items():
            if name.startswith(MADE_UP) and f"{worked:%m/%d/%Y}" in name:
                return day
    return None


def _nearest_working(code: str, day: date) -> date:
    days = [day + side * timedelta(days=n) for n in range(int(MOVES_MOST / ONE_DAY)) for side in (-1, 1)]
    return next((one for one in days if not _is_free(code, one)), day)


def _break(code: str, day: date) -> list[date]:
    """The days off around a day, weekends among them; none where no holiday is one of them."""
    if not _is_free(code, day):
        return []
    first = last = day
    while _is_free(code, first - ONE_DAY):
        first -= ONE_DAY
    while _is_free(code, last + ONE_DAY):
        last += ONE_DAY
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return days if any(_name(code, one) for one in days) else []


def _is_free(code: str, day: date) -> bool:
    off, worked = _years(code, day.year)
    return day in off or (day.weekday() in WEEKEND and day not in worked)


def _names(code: str, days: list[date]) -> list[tuple[str, date]]:
    """The holidays of a break and their first days, those on most days first."""
    named = [(name, day) for day in days if (name := _name(code, day)) and not name.startswith(MADE_UP)]
    names = [name for name, _ in named]
    firsts = dict(reversed(named))
    return sorted(firsts.items(), key=lambda item: (-names.count(item[0]), item[1]))


def _last_year(code: str, name: str, first: date) -> date | None:
    """The first day of the same holiday a year before."""
    about = first - YEAR
    found = [day for year in (about.year - 1, about.year, about.year + 1) for day in _firsts(code, year).get(name, ())]
    near = [day for day in found if abs(day - about) <= MOVES_MOST]
    return min(near, key=lambda day: abs(day - about), default=None)


@lru_cache(maxsize=256)
def _firsts(code: str, year: int) -> dict[str, tuple[date, ...]]:
    """The days on which each holiday of a year begins."""
    days = [day for day in sorted(_years(code, year)[0]) if _name(code, day) != _name(code, day - ONE_DAY)]
    found: dict[str, tuple[date, ...]] = {}
    for day in days:
        found[_name(code, day)] = (*found.get(_name(code, day), ()), day)
    return found


def _name(code: str, day: date) -> str:
    """Without what tells a moved day from the day itself; the first of several names."""
    said = _years(code, day.year)[0].get(day, "")
    return said.partition(";")[0].replace(" (observed)", "").strip()


@lru_cache(maxsize=256)
def _years(code: str, year: int) -> tuple[dict[date, str], frozenset[date]]:
    """(official days off by date, weekend days that are worked) of one year."""
    country, _, part = code.partition("-")
    found = holidays.country_holidays(country, subdiv=part or None, years=[year], language="en_US")
    worked: set[date] = getattr(found, "weekend_workdays", set())
    off = {day: name for day, name in found.items() if day.year == year}
    return off, frozenset(day for day in worked if day.year == year)
