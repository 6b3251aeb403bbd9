"""What stands behind a figure: counted again by the same definition, so the list is as long as the figure says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from dashboard.briefing.counting import alerts_issued
from dashboard.briefing.document import Briefing
from dashboard.briefing.figures import FIGURES
from dashboard.briefing.period import Period
from dashboard.briefing.warned import SHOWN, Told, cases_of, raised_within, shown, useful_of, warnings_known
from emergency.tasks import EMERGENCY_NUMBERS
from layouts.briefing.definitions import DEFINITIONS
from streams.archive import lists
from streams.archive.view import View, Where

PAGE = 200
CASE_FIELDS: tuple[str, ...] = (
    *("case_id", "category", "area", "channel", "grade", "owner", "stage"),
    *("received_at", "target_at", "closed_at"),
)
INCIDENT_FIELDS: tuple[str, ...] = (
    *("incident_id", "kind", "priority", "area", "agency"),
    *("received_at", "closed_at", "t1", "t2", "t3", "dead"),
)
ORDERS = {"due": "due", "overdue": "due"}  # of the lists of cases; the others begin with the newest
CALL_FIELDS = ("call_id", "channel", "language", "offered_at", "answered_at", "ended_at", "calls")
CALLS = ("offered", "answered")
CASES_OF_WARNING = "warning_cases"
ALERT_FIELDS = ("alert_id", "event", "severity", "headline", "sender", "sent_at", "ended_at")


class NoList(LookupError):
    """A figure that is unknown, or that nothing can be listed for."""


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """One page of what a figure counted, how many there are in all, and what the figure says.

    `kind`: which of `FIGURES` it is; `about`: of the cases of an early warning, that warning.
    """

    figure: str
    kind: str
    definition: str
    value: float | int | None
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    total: int
    listed: int  # rows in all: fewer than the total where a row stands for several
    about: Told | None = None


def behind(view: View, briefing: Briefing, figure: str, offset: int = 0, limit: int = PAGE) -> Behind:
    """What stands behind a figure of a briefing. Raises NoList."""
    warned = briefing.warnings and briefing.warnings.listed(figure)
    if warned:
        return _of_warning(view, briefing, warned, offset, limit)
    counted = FIGURES.get(figure)
    if counted is None or not counted.behind:
        raise NoList(f"nothing can be listed for {figure[:100]!r}")
    where = Where(area=(briefing.area,)) if briefing.area else Where()
    if counted.behind in lists.FIGURES:
        period, order = briefing.period, ORDERS.get(counted.behind, "newest")
        found = lists.cases_behind(
            view, counted.behind, period.start, period.end, where, order=order, limit=limit, offset=offset
        )
        rows, total, columns = found.rows, found.total, CASE_FIELDS
        listed = total
    elif counted.behind in CALLS:
        period, columns = briefing.period, CALL_FIELDS
        called, listed = lists.calls_behind(
            view, counted.behind, period.start, period.end, EMERGENCY_NUMBERS, limit=limit, offset=offset
        )
        rows, total = called.rows, called.total
    else:
        columns, read = OTHERS[counted.behind]
        all_ = read(view, briefing.period, where)
        rows, total = all_[offset : offset + limit], len(all_)
        listed = total
    said = briefing.figures.get(figure)
    return Behind(
        figure=figure,
        kind=figure,
        definition=DEFINITIONS[figure],
        value=None if said is None else said.value,
        columns=columns,
        rows=_only(columns, rows),
        total=total,
        listed=listed,
    )


def _of_warning(view: View, briefing: Briefing, warned: Told, offset: int, limit: int) -> Behind:
    rows = cases_of(view, briefing.period, warned)
    return Behind(
        figure=warned.figure,
        kind=CASES_OF_WARNING,
        definition=DEFINITIONS[CASES_OF_WARNING],
        value=warned.observed,
        columns=CASE_FIELDS,
        rows=_only(CASE_FIELDS, rows[offset : offset + limit]),
        total=len(rows),
        listed=len(rows),
        about=warned,
    )


def _only(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in columns} for row in rows]


def _incidents(view: View, period: Period, where: Where) -> list[dict[str, Any]]:
    return [row for row in lists.incidents(view, period.start, period.end, where) if not row["is_exercise"]]


def _majors(view: View, period: Period, where: Where) -> list[dict[str, Any]]:
    return [row for row in _incidents(view, period, where) if row["is_major"]]


def _casualties(view: View, period: Period, where: Where) -> list[dict[str, Any]]:
    """Incidents at which somebody was hurt or died: the figure adds up people, not incidents."""
    return [row for row in _incidents(view, period, where) if any(row[name] for name in ("t1", "t2", "dead"))]


def _warnings(view: View, period: Period, where: Where) -> list[dict[str, Any]]:
    return [shown(one) for one in raised_within(warnings_known(view, period, where), period)]


def _useful(view: View, period: Period, where: Where) -> list[dict[str, Any]]:
    return [shown(one) for one in useful_of(raised_within(warnings_known(view, period, where), period))]


def _alerts(view: View, period: Period, where: Where) -> list[dict[str, Any]]:
    return alerts_issued(view, period)


OTHERS: dict[str, tuple[tuple[str, ...], Callable[[View, Period, Where], list[dict[str, Any]]]]] = {
    "incidents": (INCIDENT_FIELDS, _incidents),
    "major": (INCIDENT_FIELDS, _majors),
    "casualties": (INCIDENT_FIELDS, _casualties),
    "warnings": (SHOWN, _warnings),
    "useful": (SHOWN, _useful),
    "alerts": (ALERT_FIELDS, _alerts),
}
