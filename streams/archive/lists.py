"""The rows behind the figures: cases, incidents, assignments and calls of the archive as plain dictionaries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from streams.archive.longest import STANDING, first_standing, is_stepped
from streams.archive.query import Row, open_sql, stock
from streams.archive.schema import CASE_COLUMNS
from streams.archive.view import EVERYTHING, View, Where, bounds_of, days_between

FIGURES = ("received", "unlocated", "closed", "closed_late", "followed_up", "open", "deadline", "overdue", "due")
NAMES = ", ".join(CASE_COLUMNS)
ORDERS = {
    "newest": "received_at DESC, case_id",
    "oldest": "received_at, case_id",
    "due": "target_at NULLS LAST, case_id",
    "closed": "closed_at DESC, case_id",
}
MOST_ROWS = 10_000
NEXT = timedelta(hours=24)  # what is `due` is due so soon
CALL_COUNTS = ("offered", "answered", "abandoned", "answered_20s")
_SEEN = {
    "received": "received_at >= ? AND received_at < ?",
    "unlocated": "received_at >= ? AND received_at < ? AND cell IS NULL",
    "closed": "closed_at >= ? AND closed_at < ? AND received_at IS NOT NULL",
    "closed_late": "closed_at >= ? AND closed_at < ? AND received_at IS NOT NULL AND target_at < closed_at",
    "followed_up": "followed_up_at >= ? AND followed_up_at < ? AND received_at IS NOT NULL",
}
_STANDING = STANDING | {"due": "true"}


@dataclass(frozen=True)
class Found:
    """Some rows of a list, and how many it has in all."""

    rows: list[Row]
    total: int


def cases_behind(
    view: View,
    figure: str,
    start: datetime,
    end: datetime,
    where: Where = EVERYTHING,
    *,
    order: str = "newest",
    limit: int = 100,
    offset: int = 0,
    from_rows: bool = False,
) -> Found:
    """The cases that `counts` or `stock` counted: flows of [start, end) of at most one local day's repetition,
    stocks just before `end`. `total` equals the figure; with a `limit` of 0 only that is counted.

    A case closed on several days of a longer period is listed once for each, as it is counted. A stock is told from
    the daily counts where these can answer, and its first rows from the files that can hold them; `from_rows` asks
    all rows in any case.
    """
    sql, values = _behind(view, figure, start, end)
    condition, filters = where.sql()
    rows, values = f"SELECT * FROM ({sql}) WHERE {condition}", [*values, *filters]
    limit, offset = min(limit, MOST_ROWS), max(offset, 0)
    if figure in STANDING and where.is_plain and not from_rows:
        total = stock(view, end, where)[0][figure]
    else:
        total = view.rows(f"SELECT count(*) AS n FROM ({rows})", values)[0]["n"]
    if limit <= 0:
        return Found([], total)
    if is_stepped(figure, order, offset + limit) and not from_rows:
        return Found(first_standing(view, figure, end, where, order, offset + limit)[offset:], total)
    return Found(view.rows(f"{rows} ORDER BY {ORDERS[order]} LIMIT {limit} OFFSET {offset}", values), total)


def _behind(view: View, figure: str, start: datetime, end: datetime) -> tuple[str, list[Any]]:
    if figure in _STANDING:
        sql, values = open_sql(view, end, due=(end, end + NEXT) if figure == "due" else None)
        more = [end] if "?" in _STANDING[figure] else []
        return f"SELECT * FROM ({sql}) WHERE {_STANDING[figure]}", [*values, *more]
    if figure not in _SEEN:
        raise ValueError(f"figure {figure!r}: one of {', '.join(FIGURES)}")
    parts, values = [], []
    for day in days_between(start, end, view.zone):
        low, high = bounds_of(day, view.zone)
        low, high = max(low, start), min(high, end)
        parts.append(
            f"SELECT {NAMES} FROM (SELECT * FROM {view.table('case_events', [day.isoformat()])}"
            " WHERE recorded_at >= ? AND recorded_at < ?"
            " QUALIFY row_number() OVER (PARTITION BY case_id ORDER BY seq DESC, index DESC) = 1)"
            f" WHERE {_SEEN[figure]}"
        )
        values += [low, high, low, high]
    return " UNION ALL ".join(parts) or f"SELECT {NAMES} FROM {view.table('case_events', [])}", values


def cases_named(
    view: View,
    case_ids: Sequence[str],
    start: datetime | None = None,
    end: datetime | None = None,
    *,
    order: str = "newest",
) -> list[Row]:
    """Cases by their ids, as known just before `end` of what was recorded since the local day of `start` (without
    these: as known last); ids of which no receipt is known are left out.
    """
    if not case_ids:
        return []
    days = None if start is None or end is None else view.days_from(start, end)
    until, values = ("", []) if end is None else (" AND recorded_at < ?", [end])
    return view.rows(
        f"SELECT {NAMES} FROM {view.table('case_events', days)}"
        f" WHERE case_id IN (SELECT unnest(?::VARCHAR[])) AND received_at IS NOT NULL{until}"
        " QUALIFY row_number() OVER (PARTITION BY case_id ORDER BY seq DESC, index DESC) = 1"
        f" ORDER BY {ORDERS[order]}",
        [list(case_ids), *values],
    )


def cases_of_cell(view: View, cell: str, first: date, last: date, limit: int = MOST_ROWS) -> Found:
    """Cases received on local days first to last in a cell of any resolution up to 9, newest first."""
    start, end = bounds_of(first, view.zone)[0], bounds_of(last, view.zone)[1]
    condition, filters = Where(cell=cell).sql()
    table = view.table("cases", view.days_from(start, end))
    rows = view.rows(f"SELECT {NAMES} FROM {table} WHERE {condition} ORDER BY received_at DESC, case_id", filters)
    return Found(rows[:limit], len(rows))


def incidents(view: View, start: datetime, end: datetime, where: Where = EVERYTHING) -> list[Row]:
    """Incidents received in [start, end), as known before `end`, oldest first."""
    condition, filters = where.sql()
    days = view.days_from(start, end)
    return view.rows(
        f"SELECT * FROM (SELECT * FROM {view.table('incident_events', days)} WHERE recorded_at < ?"
        " QUALIFY row_number() OVER (PARTITION BY incident_id ORDER BY seq DESC, index DESC) = 1)"
        f" WHERE received_at >= ? AND received_at < ? AND {condition} ORDER BY received_at, incident_id",
        [end, start, end, *filters],
    )


def assignments(view: View, start: datetime, end: datetime, until: datetime | None = None) -> list[Row]:
    """Units on incidents received in [start, end): one row each, as known at the end of the day after, or of `until`.

    For response times: all stamps are times outside.
    """
    days = view.days_from(start, until or end + timedelta(days=1))
    return view.rows(
        f"SELECT * FROM {view.latest('assignments', days)} WHERE received_at >= ? AND received_at < ?"
        " ORDER BY received_at, incident_id, number",
        [start, end],
    )


def calls(view: View, start: datetime, end: datetime, by: Sequence[str] = (), apart: Collection[str] = ()) -> list[Row]:
    """Calls offered in [start, end) by columns: `offered`, `answered`, `abandoned` and `answered_20s`.

    Channels and agencies `apart` are left out. By nothing or by channel also those count that were over when the
    archive began.
    """
    names = ", ".join(by)
    offered, values = _offered(view, start, end, apart)
    parts = [
        "SELECT *, 1 AS offered, (answered_at IS NOT NULL)::INT AS answered,"
        " (answered_at IS NULL AND coalesce(abandoned_at, ended_at) IS NOT NULL)::INT AS abandoned,"
        " coalesce(epoch(answered_at - coalesce(queued_at, offered_at)) <= 20, false)::INT AS answered_20s"
        f" FROM {offered}"
    ]
    if set(by) <= {"channel"} and view.manifest.of("found_calls"):
        parts.append(f"SELECT * FROM {view.table('found_calls')} WHERE quarter_at >= ? AND quarter_at < ?")
        values += [start, end]
    sums = ", ".join(f"coalesce(sum({name}), 0)::BIGINT AS {name}" for name in CALL_COUNTS)
    return view.rows(
        f"SELECT {names + ', ' if by else ''}{sums} FROM ({' UNION ALL BY NAME '.join(f'({p})' for p in parts)})"
        f"{f' GROUP BY {names} ORDER BY {names}' if by else ''}",
        values,
    )


def _offered(view: View, start: datetime, end: datetime, apart: Collection[str]) -> tuple[str, list[Any]]:
    """FROM and WHERE of the calls offered in [start, end), without some channels and agencies."""
    days = view.days_from(start, end + timedelta(days=1))
    left_out = ", ".join("?" * len(apart))
    others = f" AND lower(channel) NOT IN ({left_out}) AND coalesce(agency, '') NOT IN ({left_out})" if apart else ""
    calls_ = f"{view.latest('calls', days)} WHERE offered_at >= ? AND offered_at < ?{others}"
    return calls_, [start, end, *apart, *apart]


def calls_behind(
    view: View,
    figure: str,
    start: datetime,
    end: datetime,
    apart: Collection[str] = (),
    *,
    limit: int = 100,
    offset: int = 0,
) -> tuple[Found, int]:
    """The calls that `calls` counted as `offered` or `answered`, oldest first; and how many rows that makes.

    A row stands for `calls` calls: one, or those of a quarter of an hour that were over when the archive began. The
    total is of calls and equals the figure.
    """
    if figure not in ("offered", "answered"):
        raise ValueError(f"figure {figure!r}: offered or answered")
    offered, values = _offered(view, start, end, apart)
    sql = (
        f"SELECT call_id, channel, language, offered_at, answered_at, ended_at, 1 AS calls FROM {offered}"
        f" AND {figure}_at IS NOT NULL UNION ALL SELECT '', channel, '', quarter_at, NULL, NULL, {figure}"
        f" FROM {view.table('found_calls')} WHERE quarter_at >= ? AND quarter_at < ? AND {figure} > 0"
    )
    values += [start, end]
    told = view.rows(f"SELECT count(*) AS n, coalesce(sum(calls), 0)::BIGINT AS calls FROM ({sql})", values)[0]
    limit = min(max(limit, 0), MOST_ROWS)
    rows = view.rows(f"{sql} ORDER BY offered_at, call_id, channel LIMIT {limit} OFFSET {max(offset, 0)}", values)
    return Found(rows, told["calls"]), told["n"]


def alerts(view: View, start: datetime, end: datetime) -> list[Row]:
    """Alerts recorded in [start, end), as known now, oldest first."""
    return view.rows(
        f"SELECT * FROM {view.latest('alerts')} WHERE recorded_at >= ? AND recorded_at < ? ORDER BY recorded_at",
        [start, end],
    )
