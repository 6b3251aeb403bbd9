"""What stands behind a figure: counted again by the same definition, so the list is as long as the figure says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec

from dashboard.briefing.counting import alerts_issued
from dashboard.briefing.document import Briefing
from dashboard.briefing.figures import FIGURES
from dashboard.briefing.period import Period
from layouts.briefing.definitions import DEFINITIONS
from streams.archive import lists, query
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
ALERT_FIELDS = ("alert_id", "event", "severity", "headline", "sender", "sent_at", "ended_at")
NEXT = timedelta(hours=24)


class NoList(LookupError):
    """A figure that is unknown, or that nothing can be listed for."""


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """One page of what a figure counted, and how many there are in all."""

    figure: str
    definition: str
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    total: int


Rows = tuple[list[dict[str, Any]], int]


def behind(view: View, briefing: Briefing, figure: str, offset: int = 0, limit: int = PAGE) -> Behind:
    """What stands behind a figure of a briefing. Raises NoList."""
    counted = FIGURES.get(figure)
    if counted is None or not counted.behind:
        raise NoList(f"nothing can be listed for {figure[:100]!r}")
    where = Where(area=(briefing.area,)) if briefing.area else Where()
    if counted.behind in lists.FIGURES:
        found = lists.cases_behind(
            view, counted.behind, briefing.period.start, briefing.period.end, where, limit=limit, offset=offset
        )
        rows, total, columns = found.rows, found.total, CASE_FIELDS
    else:
        columns, read = OTHERS[counted.behind]
        all_ = read(view, briefing.period, where)
        rows, total = all_[offset : offset + limit], len(all_)
    kept = [{name: row[name] for name in columns} for row in rows]
    return Behind(figure=figure, definition=DEFINITIONS[figure], columns=columns, rows=kept, total=total)


def _unlocated(view: View, period: Period, where: Where) -> list[dict[str, Any]]:
    found = lists.cases_behind(view, "received", period.start, period.end, where, limit=lists.MOST_ROWS)
    return [row for row in found.rows if row["cell"] is None]


def _due(view: View, period: Period, where: Where) -> list[dict[str, Any]]:
    sql, values = query.open_sql(view, period.end, due=(period.end, period.end + NEXT))
    condition, filters = where.sql()
    return view.rows(f"SELECT * FROM ({sql}) WHERE {condition} ORDER BY target_at, case_id", [*values, *filters])


def _incidents(view: View, period: Period, where: Where) -> list[dict[str, Any]]:
    return [row for row in lists.incidents(view, period.start, period.end, where) if not row["is_exercise"]]


def _majors(view: View, period: Period, where: Where) -> list[dict[str, Any]]:
    return [row for row in _incidents(view, period, where) if row["is_major"]]


def _casualties(view: View, period: Period, where: Where) -> list[dict[str, Any]]:
    """Incidents at which somebody was hurt or died: the figure adds up people, not incidents."""
    return [row for row in _incidents(view, period, where) if any(row[name] for name in ("t1", "t2", "dead"))]


def _alerts(view: View, period: Period, where: Where) -> list[dict[str, Any]]:
    return alerts_issued(view, period)


OTHERS: dict[str, tuple[tuple[str, ...], Callable[[View, Period, Where], list[dict[str, Any]]]]] = {
    "unlocated": (CASE_FIELDS, _unlocated),
    "due_24h": (CASE_FIELDS, _due),
    "incidents": (INCIDENT_FIELDS, _incidents),
    "major": (INCIDENT_FIELDS, _majors),
    "casualties": (INCIDENT_FIELDS, _casualties),
    "alerts": (ALERT_FIELDS, _alerts),
}
