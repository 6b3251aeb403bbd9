"""What one may ask of the archive: counts, stocks, trends, and the cases behind each of them.

Everything follows `recorded_at`: what a period or an instant shows is what was recorded before its end, so the same
question gives the same answer for ever, whatever was recorded later. A period is [start, end); a stock *at* an
instant holds what was recorded before it, and overdue is an open case whose target lies before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from streams.archive.rollups import FLOW_SQL
from streams.archive.schema import CASE_COLUMNS, DIMENSIONS, FLOWS, LOG, RANGED, STOCKS
from streams.archive.view import EVERYTHING, ONE_DAY, View, Where, bounds_of, days_between

Row = dict[str, Any]
UNITS = ("day", "week", "month", "year")


@dataclass(frozen=True)
class Cut:
    """A period as the daily counts see it: whole days that they hold, and what is left at both ends."""

    whole: tuple[date, ...]
    rest: tuple[tuple[datetime, datetime], ...]


def counts(
    view: View,
    start: datetime,
    end: datetime,
    where: Where = EVERYTHING,
    by: Sequence[str] = (),
    *,
    from_rows: bool = False,
) -> list[Row]:
    """`FLOWS` (received, closed, closed_late …) of [start, end), by any of the cases' columns or `day`.

    A case counts as closed on each day at whose end it stood closed since that day. Whole days come from the daily
    counts where these can answer; `from_rows` asks the rows in any case. Without `by` exactly one row.
    """
    plain = where.is_plain and all(name in (*DIMENSIONS, "day") for name in by) and not from_rows
    cut = cut_days(view, start, end) if plain else Cut((), ((start, end),))
    parts, values = [], []
    if cut.whole:
        sql, some = _from_counts(view, cut.whole, where)
        parts.append(sql)
        values += some
    for low, high in cut.rest:
        sql, some = _from_rows(view, low, high, where, by)
        parts.append(sql)
        values += some
    names = ", ".join(by)
    sums = ", ".join(f"coalesce(sum({name}), 0)::BIGINT AS {name}" for name in FLOWS)
    if not parts:
        return [] if by else [dict.fromkeys(FLOWS, 0)]
    joined = " UNION ALL BY NAME ".join(f"({part})" for part in parts)
    grouping = f" GROUP BY {names} ORDER BY {names}" if by else ""
    return view.rows(f"SELECT {names + ', ' if by else ''}{sums} FROM ({joined}){grouping}", values)


def cut_days(view: View, start: datetime, end: datetime) -> Cut:
    """Which whole local days of [start, end) the daily counts hold."""
    days = days_between(start, end, view.zone)
    whole = [day for day in days if _is_rolled(view, day) and _is_within(day, start, end, view.zone)]
    if not whole:
        return Cut((), ((start, end),) if end > start else ())
    first, last = bounds_of(whole[0], view.zone)[0], bounds_of(whole[-1], view.zone)[1]
    rest = tuple((low, high) for low, high in ((start, first), (last, end)) if high > low)
    return Cut(tuple(whole), rest)


def _is_within(day: date, start: datetime, end: datetime, zone: str) -> bool:
    low, high = bounds_of(day, zone)
    return start <= low and high <= end


def _is_rolled(view: View, day: date) -> bool:
    """Whether the counts of that day are complete: of imports always, of the log up to the last day that ended."""
    return not has_log(view) or day.isoformat() <= view.manifest.rolled


def has_log(view: View) -> bool:
    """Whether the archive holds anything of the city's own log."""
    return any(file.origin == LOG for file in view.manifest.files)


def _from_counts(view: View, days: Sequence[date], where: Where) -> tuple[str, list[Any]]:
    months = sorted({f"{day:%Y-%m}" for day in days})
    condition, values = where.sql()
    sql = f"SELECT * EXCLUDE (month) FROM {view.table('daily_cases', months)} WHERE day BETWEEN ? AND ? AND {condition}"
    return sql, [days[0], days[-1], *values]


def _from_rows(view: View, start: datetime, end: datetime, where: Where, by: Sequence[str]) -> tuple[str, list[Any]]:
    """The same counts from the rows: the last state of each case on each day, as known before `end`."""
    condition, filters = where.sql()
    days = days_between(start, end, view.zone)
    table = view.table("case_events", [day.isoformat() for day in days])
    bounds = ", ".join(
        f"(DATE '{day}', TIMESTAMPTZ '{low.isoformat()}', TIMESTAMPTZ '{high.isoformat()}')"
        for day in days
        for low, high in [bounds_of(day, view.zone)]
    )
    on_day = "({at} >= greatest(low, ?) AND {at} < least(high, ?))"
    columns, values = [], []
    for name, sql in FLOW_SQL.items():
        words = {
            word: f"(received_at IS NOT NULL AND {on_day.format(at=at)})"
            for word, at in (("received", "received_at"), ("closed", "closed_at"), ("asked", "followed_up_at"))
        }
        columns.append(f"count(*) FILTER ({sql.format(**words)}) AS {name}")
        values += [start, end]
    names = ", ".join(by)
    sql = (
        f"SELECT {names + ', ' if by else ''}{', '.join(columns)} FROM (SELECT * FROM {table}"
        " WHERE recorded_at >= ? AND recorded_at < ?"
        " QUALIFY row_number() OVER (PARTITION BY case_id, day ORDER BY seq DESC, index DESC) = 1)"
        f" JOIN (VALUES {bounds}) AS bounds(day, low, high) USING (day) WHERE {condition}"
        f"{' GROUP BY ' + names if by else ''}"
    )
    return sql, [*values, start, end, *filters]


def stock(
    view: View, at: datetime, where: Where = EVERYTHING, by: Sequence[str] = (), *, from_rows: bool = False
) -> list[Row]:
    """`open`, `deadline` (open with one) and `overdue` just before `at`, by any of the cases' columns.

    From the daily counts and what changed since the last of them, where these can answer. Without `by` one row.
    """
    if from_rows or not where.is_plain or any(name not in DIMENSIONS for name in by):
        return _stock_from_rows(view, at, where, by)
    return _stock_from_counts(view, at, where, by)


def _stock_from_rows(view: View, at: datetime, where: Where, by: Sequence[str]) -> list[Row]:
    sql, values = open_sql(view, at)
    condition, filters = where.sql()
    names = ", ".join(by)
    return view.rows(
        f"SELECT {names + ', ' if by else ''}count(*) AS open, count(target_at) AS deadline,"
        f" count(*) FILTER (target_at < ?) AS overdue FROM ({sql}) WHERE {condition}"
        f"{f' GROUP BY {names} ORDER BY {names}' if by else ''}",
        [at, *values, *filters],
    )


def _stock_from_counts(view: View, at: datetime, where: Where, by: Sequence[str]) -> list[Row]:
    day = _last_counted(view, at)
    condition, filters = where.sql()
    until = bounds_of(day, view.zone)[1]
    sums = ", ".join(f"{name}_change AS {name}" for name in STOCKS)
    months = [month for month in view.manifest.days("daily_cases") if month <= f"{day:%Y-%m}"]
    parts = [
        f"SELECT {', '.join(DIMENSIONS)}, {sums} FROM {view.table('daily_cases', months)} WHERE day <= DATE '{day}'"
    ]
    values: list[Any] = []
    if until < at:
        sql, values = _since_sql(view, until, at)
        parts.append(sql)
    names = ", ".join(by)
    totals = ", ".join(f"coalesce(sum({name}), 0)::BIGINT AS {name}" for name in STOCKS)
    joined = " UNION ALL BY NAME ".join(f"({part})" for part in parts)
    found = view.rows(
        f"SELECT {names + ', ' if by else ''}{totals} FROM ({joined}) WHERE {condition}"
        f"{f' GROUP BY {names} ORDER BY {names}' if by else ''}",
        [*values, *filters],
    )
    return [row for row in found if not by or any(row[name] for name in STOCKS)]


def stocks(
    view: View, instants: Sequence[datetime], where: Where = EVERYTHING, by: Sequence[str] = ()
) -> list[list[Row]]:
    """`stock` just before each of several instants, at about the cost of one."""
    if not instants or not where.is_plain or any(name not in DIMENSIONS for name in by):
        return [stock(view, at, where, by) for at in instants]
    days = [_last_counted(view, at) for at in instants]
    condition, filters = where.sql()
    sums = ", ".join(
        f"coalesce(sum({name}_change) FILTER (day <= DATE '{day}'), 0)::BIGINT AS {name}_{n}"
        for n, day in enumerate(days)
        for name in STOCKS
    )
    months = [month for month in view.manifest.days("daily_cases") if month <= f"{max(days):%Y-%m}"]
    names = ", ".join(by)
    counted = view.rows(
        f"SELECT {names + ', ' if by else ''}{sums} FROM {view.table('daily_cases', months)} WHERE {condition}"
        f"{f' GROUP BY {names}' if by else ''}",
        filters,
    )
    found = []
    for n, (day, at) in enumerate(zip(days, instants, strict=True)):
        stood = [{**{key: row[key] for key in by}, **{key: row[f"{key}_{n}"] for key in STOCKS}} for row in counted]
        found.append(_summed([*stood, *_since(view, bounds_of(day, view.zone)[1], at, where, by)], by))
    return found


def _since(view: View, since: datetime, at: datetime, where: Where, by: Sequence[str]) -> list[Row]:
    """How the stocks changed in [since, at)."""
    if since >= at:
        return []
    sql, values = _since_sql(view, since, at)
    condition, filters = where.sql()
    totals = ", ".join(f"coalesce(sum({name}), 0)::BIGINT AS {name}" for name in STOCKS)
    names = ", ".join(by)
    return view.rows(
        f"SELECT {names + ', ' if by else ''}{totals} FROM ({sql}) WHERE {condition}"
        f"{f' GROUP BY {names}' if by else ''}",
        [*values, *filters],
    )


def _summed(rows: Sequence[Row], by: Sequence[str]) -> list[Row]:
    """One row for each combination that has any, sorted; without `by` exactly one."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = tuple(row[name] for name in by)
        total = found.setdefault(key, {**{name: row[name] for name in by}, **dict.fromkeys(STOCKS, 0)})
        for name in STOCKS:
            total[name] += row[name]
    return [found[key] for key in sorted(found, key=_last_null) if not by or any(found[key][n] for n in STOCKS)]


def _last_null(key: tuple[Any, ...]) -> list[tuple[bool, Any]]:
    return [(word is None, word) for word in key]


def _last_counted(view: View, at: datetime) -> date:
    """The last local day that ended by `at` and whose counts are complete."""
    days = days_between(at - timedelta(days=3), at, view.zone)
    last = [day for day in days if bounds_of(day, view.zone)[1] <= at][-1]
    if not has_log(view):
        return last
    if view.manifest.rolled:
        return min(last, date.fromisoformat(view.manifest.rolled))
    first = min(file.day for file in view.manifest.files if file.origin == LOG and file.table in RANGED)
    return min(last, date.fromisoformat(first) - ONE_DAY)


def _since_sql(view: View, since: datetime, at: datetime) -> tuple[str, list[Any]]:
    """What happened to the stocks in [since, at): cases that changed, before and after; and deadlines that passed."""
    days = view.days_from(since, at)
    events = f"SELECT * FROM {view.table('case_events', days)} WHERE recorded_at >= ? AND recorded_at < ?"
    passed, some = open_sql(view, since, due=(since, at))
    before = ", ".join(f"was_{name} AS {name}" for name in DIMENSIONS)
    after = ", ".join(DIMENSIONS)
    sql = f"""
    WITH touched AS (
        SELECT *, row_number() OVER (PARTITION BY case_id ORDER BY seq, index) AS nth,
               row_number() OVER (PARTITION BY case_id ORDER BY seq DESC, index DESC) AS nth_last FROM ({events})
    )
    SELECT {before}, -1 AS open, -(was_target_at IS NOT NULL)::INT AS deadline,
        -coalesce(was_target_at < ?, false)::INT AS overdue FROM touched WHERE nth = 1 AND was_open
    UNION ALL
    SELECT {after}, 1, (target_at IS NOT NULL)::INT, coalesce(target_at < ?, false)::INT
        FROM touched WHERE nth_last = 1 AND is_open
    UNION ALL
    SELECT {after}, 0, 0, 1 FROM ({passed}) WHERE case_id NOT IN (SELECT case_id FROM touched)
    """
    return sql, [since, at, since, at, *some]


Due = tuple[datetime, datetime] | None


def open_sql(view: View, at: datetime, due: Due = None) -> tuple[str, list[Any]]:
    """SELECT of all cases (columns of a case) open just before `at`, optionally only those due in a period.

    `cases` says it for whoever lived a plain life; of the others, and of those that changed after the last
    compaction, the newest state before `at` does.
    """
    plain, values = plain_open_sql(view, at, view.due_between(*due) if due else view.table("cases"), due)
    if not has_log(view):
        return plain, values
    states, more = revised_open_sql(view, at, due)
    return f"{plain} UNION ALL {states}", [*values, *more]


def plain_open_sql(view: View, at: datetime, cases: str, due: Due = None) -> tuple[str, list[Any]]:
    """Those of them that some files of `cases` (a table expression) can tell of."""
    as_then = ", ".join(CASE_COLUMNS).replace(" closed_at,", " NULL::TIMESTAMPTZ AS closed_at,")
    as_then = as_then.replace("is_open", "true AS is_open")
    limit, some = _due_sql(due)
    sql = (
        f"SELECT {as_then} FROM (SELECT * FROM {cases} WHERE NOT is_revised AND received_at < ?"
        f" AND (closed_at IS NULL OR closed_at >= ?) AND {limit})"
    )
    if has_log(view):
        sql = f"SELECT * FROM ({sql}) WHERE case_id NOT IN ({_fresh_sql(view)})"
    return sql, [at, at, *some]


def revised_open_sql(view: View, at: datetime, due: Due = None) -> tuple[str, list[Any]]:
    """The others: their newest state before `at`."""
    limit, some = _due_sql(due)
    revised = f"SELECT case_id FROM {view.table('cases')} WHERE is_revised AND received_at < ?"
    sql = (
        f"SELECT {', '.join(CASE_COLUMNS)} FROM (SELECT * FROM {view.table('case_events')} WHERE recorded_at < ?"
        f" AND (case_id IN ({revised}) OR case_id IN ({_fresh_sql(view)}))"
        " QUALIFY row_number() OVER (PARTITION BY case_id ORDER BY seq DESC, index DESC) = 1)"
        f" WHERE is_open AND {limit}"
    )
    return sql, [at, at, *some]


def _due_sql(due: Due) -> tuple[str, list[Any]]:
    return ("target_at >= ? AND target_at < ?", list(due)) if due else ("true", [])


def _fresh_sql(view: View) -> str:
    """Cases that changed after the last compaction."""
    late = view.table("case_events", derived_days(view))
    return f"SELECT case_id FROM {late} WHERE seq > {int(view.manifest.derived.partition('-')[0])}"


def derived_days(view: View) -> list[str]:
    """Days that may hold facts which `cases` does not know yet."""
    derived = int(view.manifest.derived.partition("-")[0])
    found = [
        file.day
        for file in view.manifest.of("case_events", origin=LOG)
        if int((file.last or "0").partition("-")[0]) > derived
    ]
    return sorted(set(found))


def trend(
    view: View,
    first: date,
    last: date,
    unit: str = "month",
    by: Sequence[str] = (),
    where: Where = EVERYTHING,
    *,
    from_rows: bool = False,
) -> list[Row]:
    """`FLOWS` by day, week, month or year (`period`, its first day) and by columns, for local days first to last."""
    if unit not in UNITS:
        raise ValueError(f"unit {unit!r}: one of {', '.join(UNITS)}")
    start, end = bounds_of(first, view.zone)[0], bounds_of(last, view.zone)[1]
    plain = where.is_plain and all(name in DIMENSIONS for name in by) and not from_rows
    if plain and _is_rolled(view, last):
        sql, values = _from_counts(view, days_between(start, end, view.zone), where)
    else:
        sql, values = _plain_rows(view, start, end, where, by)
    names = "".join(f"{name}, " for name in by)
    sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in FLOWS)
    return view.rows(
        f"SELECT date_trunc('{unit}', day)::DATE AS period, {names}{sums} FROM ({sql})"
        f" GROUP BY ALL ORDER BY period{''.join(f', {name}' for name in by)}",
        values,
    )


def _plain_rows(view: View, start: datetime, end: datetime, where: Where, by: Sequence[str]) -> tuple[str, list[Any]]:
    names = tuple(dict.fromkeys(("day", *by)))
    return _from_rows(view, start, end, where, names)
