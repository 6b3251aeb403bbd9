"""The figures of a briefing: one table of names, definitions, and where each is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from layouts.briefing.definitions import DEFINITIONS


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
class Counted:
    """How a figure is counted. `behind`: the list that holds what it counts; empty: there is none."""

    unit: str = "cases"
    behind: str = ""


# What each is stands in words in `layouts.briefing.definitions`. Everything that the archive counts follows
# `recorded_at`: what was known at the cut-off, and nothing later.
FIGURES: dict[str, Counted] = {
    "cases_received": Counted(behind="received"),
    "cases_closed": Counted(behind="closed"),
    "cases_closed_late": Counted(behind="closed_late"),
    "cases_followed_up": Counted(behind="followed_up"),
    "cases_open": Counted(behind="open"),
    "cases_with_deadline": Counted(behind="deadline"),
    "cases_overdue": Counted(behind="overdue"),
    "cases_due_24h": Counted(behind="due"),
    "cases_without_location": Counted(behind="unlocated"),
    "contacts_offered": Counted("contacts", behind="offered"),
    "contacts_answered": Counted("contacts", behind="answered"),
    "incidents_received": Counted("incidents", behind="incidents"),
    "incidents_major": Counted("incidents", behind="major"),
    "deaths": Counted("people", behind="casualties"),
    "gravely_hurt": Counted("people", behind="casualties"),
    "warnings_raised": Counted("warnings", behind="warnings"),
    "warnings_useful": Counted("warnings", behind="useful"),
    "warning_cases": Counted(),  # one for each warning, in `WarningCounts.told`, each with a list of its own
    "alerts_issued": Counted("alerts", behind="alerts"),
}


def figure(name: str, value: float | int | None, **more: Any) -> Figure:
    """A figure with the definition of its name. Raises KeyError for one that is not defined."""
    return Figure(value=value, definition=DEFINITIONS[name], unit=FIGURES[name].unit, **more)
