"""Counts of cases by local day: how they follow from rows, for an import or for a day of the log.

A day's flows come from the last state of each case on that day; the three stocks are kept as the change over the day,
so that a case which stays open for years costs two rows and not one a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from streams.archive.files import Part, write_many
from streams.archive.manifest import File
from streams.archive.schema import DIMENSIONS, FLOWS, LOG, STOCKS, TABLES
from streams.archive.view import connect, source

DIMS = ", ".join(DIMENSIONS)
CHANGES = tuple(f"{name}_change" for name in STOCKS)

# The state in which each case ended each day. Later facts of a case have a higher seq and index.
LAST_OF_DAY = """
SELECT * FROM {rows}
QUALIFY row_number() OVER (PARTITION BY case_id, day ORDER BY seq DESC, index DESC) = 1
"""
FLOW_SQL = {
    "received": "{received}",
    "closed": "{closed}",
    "closed_late": "{closed} AND target_at < closed_at",
    "followed_up": "{asked}",
    "contacted": "{asked} AND contacted",
    "resolved": "{asked} AND resolved",
    "resolved_known": "{asked} AND resolved IS NOT NULL",
    "satisfied": "{asked} AND satisfied >= 4",
    "satisfied_known": "{asked} AND satisfied IS NOT NULL",
}


def flow_columns(is_on_day: str) -> str:
    """The flows as aggregates over the last states of a day; `is_on_day` says of `{at}` whether it lies on it."""
    words = {
        name: f"(received_at IS NOT NULL AND {is_on_day.format(at=at)})"
        for name, at in (("received", "received_at"), ("closed", "closed_at"), ("asked", "followed_up_at"))
    }
    return ", ".join(f"count(*) FILTER ({sql.format(**words)}) AS {name}" for name, sql in FLOW_SQL.items())


def flows_sql(rows: str, zone: str) -> str:
    """Flows by day and dimensions of the `case_events` in `rows` (a table expression with the folder's `day`)."""
    columns = flow_columns(f"CAST(timezone('{zone}', {{at}}) AS DATE) = day")
    return f"SELECT day, {DIMS}, {columns} FROM ({LAST_OF_DAY.format(rows=rows)}) GROUP BY ALL"


def import_changes_sql(events: str, cases: str, zone: str) -> str:
    """Changes of the stocks that imported cases (whole lives, never reopened) make on each day.

    A stock at an instant holds what was recorded before it; overdue is an open case whose target lies before it. The
    folders say on which day something was recorded; only deadlines need the zone, and only those that passed.
    """

    def day(instant: str) -> str:
        return f"CAST(timezone('{zone}', {instant}) AS DATE)"

    late_at = "greatest(target_at, received_at)"
    passed = f"target_at IS NOT NULL AND (closed_at IS NULL OR closed_at > {late_at})"
    came, went = "type = 'case.received'", "type = 'case.closed'"
    steps = (
        ("open_change", 1, events, "day", came),
        ("open_change", -1, events, "day", went),
        ("deadline_change", 1, events, "day", f"{came} AND target_at IS NOT NULL"),
        ("deadline_change", -1, events, "day", f"{went} AND target_at IS NOT NULL"),
        (
            "overdue_change",
            1,
            cases,
            day(late_at),
            f"{passed} AND (closed_at IS NULL OR {day('closed_at')} > {day(late_at)})",
        ),
        ("overdue_change", -1, events, "day", f"{went} AND {passed} AND day > {day(late_at)}"),
    )
    selects = [
        f"SELECT {at} AS day, {DIMS}, {by} * count(*) AS {name} FROM {rows} WHERE {condition} GROUP BY ALL"
        for name, by, rows, at, condition in steps
    ]
    return " UNION ALL BY NAME ".join(f"({select})" for select in selects)


def joined_sql(flows: str, changes: str, origin: str) -> str:
    """One row a day and combination, zeros where one side has nothing; without rows of nothing but zeros."""
    values = ", ".join(f"coalesce(sum({name}), 0)::BIGINT AS {name}" for name in (*FLOWS, *CHANGES))
    some = " OR ".join(f"{name} <> 0" for name in (*FLOWS, *CHANGES))
    return (
        f"SELECT * FROM (SELECT day, '{origin}' AS origin, {DIMS}, {values}"
        f" FROM (({flows}) UNION ALL BY NAME ({changes})) GROUP BY ALL) WHERE {some} ORDER BY day, {DIMS}"
    )


def of_origin(folder: Path, files: Sequence[File], zone: str, origin: str, name: str) -> list[File]:
    """Roll-up files of an import, from its files of rows."""
    db = connect(memory="4GB")
    try:
        rows = daily_of_import(db, folder, files, zone, origin)
    finally:
        db.close()
    return write_many(folder, month_parts(rows, name, origin))


def daily_of_import(db: Any, folder: Path, files: Sequence[File], zone: str, origin: str) -> Any:
    """The counts of an import by day, from its rows."""
    events = source(folder, [f for f in files if f.table == "case_events"], "case_events")
    cases = source(folder, [f for f in files if f.table == "cases"], "cases")
    # An import's lives are simple: one receipt and at most one closing, so its flows need no window over each day.
    query = joined_sql(_simple_flows_sql(events), import_changes_sql(events, cases, zone), origin)
    return db.sql(query).to_arrow_table()


def _simple_flows_sql(rows: str) -> str:
    zeros = ", ".join(f"0 AS {name}" for name in FLOWS if name not in ("received", "closed", "closed_late"))
    return (
        f"SELECT day, {DIMS},"
        " count(*) FILTER (type = 'case.received') AS received, count(*) FILTER (type = 'case.closed') AS closed,"
        f" count(*) FILTER (type = 'case.closed' AND target_at < closed_at) AS closed_late, {zeros}"
        f" FROM {rows} GROUP BY ALL"
    )


def month_parts(rows: Any, name: str, origin: str) -> Iterable[Part]:
    """Counts by day, cut into months; `rows` are sorted by day."""
    rows = rows.cast(TABLES["daily_cases"].arrow)
    if not rows.num_rows:
        return
    days = np.asarray(rows["day"].combine_chunks().cast(pa.int32())).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    starts = [0, *(np.flatnonzero(months[1:] != months[:-1]) + 1).tolist()]
    for start, end in zip(starts, [*starts[1:], len(months)], strict=True):
        yield Part("daily_cases", str(months[start]), name, rows.slice(start, end - start), origin)


def stock_changes(
    before: Mapping[tuple[str, ...], Sequence[int]], after: Mapping[tuple[str, ...], Sequence[int]]
) -> dict[tuple[str, ...], tuple[int, ...]]:
    """What the stocks (by dimensions: open, with a deadline, overdue) changed by, where they did."""
    nothing = (0,) * len(STOCKS)
    found = {}
    for key in before.keys() | after.keys():
        change = tuple(b - a for a, b in zip(before.get(key, nothing), after.get(key, nothing), strict=True))
        if any(change):
            found[key] = change
    return found


def log_days_sql(rows: str, changes: str, zone: str) -> str:
    """Counts by day of the log: flows of its `case_events`, and given changes of the stocks."""
    return joined_sql(flows_sql(rows, zone), changes, LOG)
