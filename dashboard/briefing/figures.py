"""The figures of a briefing: one table of names, definitions, and where each is counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One number. `n` of `of` stand beside a share; `low` to `high` is the expected range, from `days` earlier periods.

    `value` None: unknown, and `why` says the reason.
    """

    value: float | int | None
    definition: str
    unit: str = ""
    n: int | None = None
    of: int | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    days: int | None = None
    why: str = ""


@dataclass(frozen=True)
class Definition:
    """What a figure is. `behind`: the list of the archive that holds its cases; empty: none.

    `is_stock`: how many there are just before the cut-off, not how many came to be within the period.
    """

    text: str
    unit: str = "cases"
    behind: str = ""
    is_stock: bool = False


# Everything that the archive counts follows `recorded_at`: what was known at the cut-off, and nothing later.
DEFINITIONS: dict[str, Definition] = {
    "cases_received": Definition("cases whose receipt was recorded within the period", behind="received"),
    "cases_closed": Definition("cases that stood closed at the end of the day they were closed on", behind="closed"),
    "cases_closed_late": Definition("of those, closed after their deadline", behind="closed_late"),
    "cases_followed_up": Definition("cases whose callers were asked within the period", behind="followed_up"),
    "cases_open": Definition("cases received and not closed just before the cut-off", behind="open", is_stock=True),
    "cases_with_deadline": Definition("open cases that have a deadline", behind="deadline", is_stock=True),
    "cases_overdue": Definition("open cases whose deadline lies before the cut-off", behind="overdue", is_stock=True),
    "cases_due_24h": Definition(
        "open cases whose deadline lies within the 24 hours after the cut-off", behind="due_24h", is_stock=True
    ),
    "cases_without_location": Definition(
        "cases received within the period that stand on no map: no place, or only a default point",
        behind="unlocated",
    ),
    "contacts_offered": Definition("calls and conversations offered on channels with a queue", unit="contacts"),
    "contacts_answered": Definition("of those, answered", unit="contacts"),
    "incidents_received": Definition(
        "emergencies whose receipt was recorded within the period, exercises left out",
        unit="incidents",
        behind="incidents",
    ),
    "incidents_major": Definition("of those, declared major incidents", unit="incidents", behind="major"),
    "deaths": Definition(
        "people reported dead at incidents received within the period", unit="people", behind="casualties"
    ),
    "gravely_hurt": Definition(
        "people reported as T1 or T2 at incidents received within the period", unit="people", behind="casualties"
    ),
    "alerts_issued": Definition(
        "public alerts recorded within the period, exercises and tests left out", unit="alerts", behind="alerts"
    ),
}


def figure(name: str, value: float | int | None, **more: Any) -> Figure:
    """A figure with the definition of its name. Raises KeyError for one that is not defined."""
    defined = DEFINITIONS[name]
    return Figure(value=value, definition=defined.text, unit=defined.unit, **more)


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """How to find the cases behind a figure again."""

    figure: str
    start: datetime
    end: datetime
    area: str = ""
    category: str = ""
