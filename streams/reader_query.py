"""Filters to SQL: every condition a list may have, its parameters, and the cursor that continues a list."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from geo.cells import cell_to_descendant_range
from streams.reader_schema import CASES, INCIDENTS, OPEN_FIELDS, UNITS, Table, first_place, to_microseconds
from streams.reader_text import match_expression

Condition = tuple[str, list[Any]]
MAX_LIMIT = 1_000
FEW = 5_000  # rows that are sooner fetched and sorted than met while walking half a million in order
RANGES = {"cell": ("cell",), "target_at": ("due_before", "due_from")}


class BadCursor(ValueError):
    """The cursor was not made by this list."""


@dataclass(frozen=True)
class Query:
    """A statement's pieces: table, conditions on its rows, their parameters, and the words to search.

    SQLite knows nothing of how ranges are spread, so two hints steer it. Half of all rows share a status: that index
    serves only when nothing else is asked (a unary plus keeps a term off its index). And a range may hold ten rows,
    to be found by its index and sorted, or all of them, to be met while walking the rows in order: `probes` tell.
    """

    table: Table
    conditions: tuple[str, ...] = ()
    parameters: tuple[Any, ...] = ()
    words: str | None = None  # FTS5 expression
    is_impossible: bool = False  # finds nothing and never runs
    ranges: tuple[tuple[str, Condition], ...] = ()  # indexed column -> what is asked of it
    index: str = ""  # the one to use, when a probe found few rows in its range

    def probes(self) -> Iterator[tuple[str, str, list[Any]]]:
        """(column, SQL, parameters): each counts the rows of a range, up to one more than is few."""
        for column, (condition, parameters) in self.ranges:
            rows = f"SELECT 1 FROM {self.table.name} AS r WHERE {condition} LIMIT {FEW + 1}"
            yield column, f"SELECT count(*) FROM ({rows})", parameters

    def by_index(self, column: str) -> Query:
        return replace(self, index=f"{self.table.name}_{column}")

    def page(self, limit: int, cursor: str | None) -> tuple[str, list[Any]]:
        """SQL for one page plus one row, which tells whether another page follows."""
        key = "f.rowid" if self.words else "r.place" if self.table.by_time else "r.id"
        way = ("DESC", "<") if self.table.by_time else ("ASC", ">")
        conditions, parameters = self._where()
        if cursor is not None:
            conditions.append(f"{key} {way[1]} ?")
            parameters.append(decode_cursor(cursor, self.table))
        order = f"{key} {way[0]}"
        # The page is found on narrow rows alone; only its few documents are read.
        chosen = f"SELECT r.place, r.id FROM {self._rows()}{_where(conditions)} ORDER BY {order} LIMIT ?"
        sql = (
            f"SELECT p.place, p.id, d.doc FROM ({chosen}) AS p CROSS JOIN {self.table.docs} AS d"
            f" ON d.place = p.place ORDER BY {'p.place' if self.table.by_time else 'p.id'} {way[0]}"
        )
        return sql, [*parameters, limit + 1]

    def count(self) -> tuple[str, list[Any]]:
        conditions, parameters = self._where()
        rows = f"{self.table.fts} AS f" if self.words and not self.conditions else self._rows()
        return f"SELECT count(*) FROM {rows}{_where(conditions)}", parameters

    def _rows(self) -> str:
        if self.words:
            return f"{self.table.fts} AS f CROSS JOIN {self.table.name} AS r ON r.place = f.rowid"
        return f"{self.table.name} AS r" + (f" INDEXED BY {self.index}" if self.index else "")

    def _where(self) -> tuple[list[str], list[Any]]:
        """All conditions. Rows below zero wait for their receipt and are not listed."""
        found = [(f"{self.table.fts} MATCH ?", [self.words]), ("f.rowid > 0", [])] if self.words else []
        if self.table.by_time and not self.words:
            found.append(("r.place > 0", []))
        sql = [text for text, _ in found] + [*self.conditions]
        return sql, [value for _, values in found for value in values] + [*self.parameters]


def equal(column: str) -> Callable[[Any], Condition]:
    return lambda value: (f"r.{column} = ?", [value])


def _in_cell(cell: str) -> Condition:
    return "r.cell BETWEEN ? AND ?", list(cell_to_descendant_range(cell))


def _in_box(box: tuple[float, float, float, float]) -> Condition:
    """South, west, north, east, in degrees."""
    south, west, north, east = box
    return "r.lat BETWEEN ? AND ? AND r.lng BETWEEN ? AND ?", [south, north, west, east]


def _due_before(instant: datetime) -> Condition:
    return "r.target_at < ?", [to_microseconds(instant)]


def _due_from(instant: datetime) -> Condition:
    return "r.target_at >= ?", [to_microseconds(instant)]


def _without_location(without: bool) -> Condition:
    return ("r.cell IS NULL" if without else "r.cell IS NOT NULL"), []


def _received_from(instant: datetime) -> Condition:
    return "r.place >= ?", [first_place(instant)]


def _received_to(instant: datetime) -> Condition:
    return "r.place < ?", [first_place(instant)]


_WHEN_AND_WHERE: dict[str, Callable[[Any], Condition]] = {
    "area": equal("area"),
    "cell": _in_cell,
    "box": _in_box,
    "status": equal("status"),
    "kind": equal("kind"),
    "without_location": _without_location,
    "received_from": _received_from,
    "received_to": _received_to,
}
# What each list may be narrowed by, besides `q`. Values arrive typed: text, an aware instant, an H3 id.
FILTERS: dict[str, dict[str, Callable[[Any], Condition]]] = {
    "cases": {
        **_WHEN_AND_WHERE,
        "category": equal("category"),
        "channel": equal("channel"),
        "due_from": _due_from,
        "due_before": _due_before,
    },
    "incidents": {**_WHEN_AND_WHERE, "priority": equal("priority"), "agency": equal("agency")},
    "units": {name: equal(name) for name in ("kind", "status", "station", "agency")},
}


def build(table: Table, filters: Mapping[str, Any], *, private: bool = True) -> Query:
    """A query for all rows that meet every filter; `q` searches personal words only when `private`.

    Raises KeyError for a filter the table does not have, ValueError for a cell finer than the finest.
    """
    q = str(filters.get("q") or "").strip()
    words = match_expression(q, () if private else OPEN_FIELDS[table.name]) if q else None
    narrowing = {name: value for name, value in filters.items() if name != "q"}
    pairs = [FILTERS[table.name][name](value) for name, value in narrowing.items()]
    if len(narrowing) > 1:
        pairs = [(sql.replace("r.status", "+r.status"), values) for sql, values in pairs]
    return Query(
        table,
        tuple(sql for sql, _ in pairs),
        tuple(value for _, values in pairs for value in values),
        words,
        is_impossible=bool(q) and words is None,
        ranges=() if words else tuple(_ranges(table, narrowing)),
    )


def _ranges(table: Table, narrowing: Mapping[str, Any]) -> Iterator[tuple[str, Condition]]:
    """The range filters, by the column whose index could find them."""
    for column, names in RANGES.items():
        given = [FILTERS[table.name][name](narrowing[name]) for name in names if name in narrowing]
        if given:
            yield column, (" AND ".join(sql for sql, _ in given), [value for _, values in given for value in values])


def encode_cursor(key: int | str) -> str:
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, table: Table) -> int | str:
    """Raises BadCursor for anything that `encode_cursor` did not make for such a table."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        if not table.by_time:
            return text
        place = int(text)
    except (binascii.Error, UnicodeError, ValueError):
        raise BadCursor("cursor: use the value of `next` of the page before") from None
    if not 0 < place < 1 << 63:
        raise BadCursor("cursor: use the value of `next` of the page before")
    return place


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


__all__ = ["CASES", "FILTERS", "INCIDENTS", "MAX_LIMIT", "UNITS", "BadCursor", "Query", "build"]
