"""Work lists as SQL: clauses to conditions, an order to runs of an index, and a page anywhere in half a million rows.

An order is walked in *runs*: pieces of the list, one after the other, each in the order of an index that holds all that
the conditions ask about. How many rows each run has is counted first, so a page in the middle passes over the entries
of an index and reads no row before the page; and what has no deadline, or no grade, comes last in either direction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from geo.cells import cell_to_descendant_range
from streams.reader_query import Condition
from streams.reader_schema import BASES, CASES, OPEN_FIELDS, PLACE_BITS, to_microseconds
from streams.reader_text import match_expression

Term: TypeAlias = tuple[str, str, Any]
Clauses: TypeAlias = tuple[tuple[Term, ...], ...]

SORTS = ("due", "received", "age", "grade")
EQUAL = frozenset({"area", "category", "channel", "tongue", "owner", "grade", "stage"})  # filters by equality
FILTERS = EQUAL | {"cell", "q"}
FOUND = "temp.found"  # of this connection alone
_BY_RECEIPT = {"open": "cases_open_received"}  # of the other bases the rows are sorted, which are fewer
_OPERATORS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True)
class Run:
    """A piece of a list: what holds of its rows beside the list's own conditions, and the columns it is ordered by."""

    condition: Condition
    order: str
    n: int = 0


@dataclass(frozen=True)
class Summary:
    """How many cases a list has, when the oldest came, and when the next is due (microseconds since 1970)."""

    n: int
    oldest_us: int | None
    next_due_us: int | None


@dataclass(frozen=True)
class ListQuery:
    """One list, narrowed and ordered. `clauses` hold of its rows beside the base.

    `filters`: names of `FILTERS`. With `private`, `q` searches a person's words, too. Raises KeyError for names that
    do not exist, ValueError for a cell finer than the finest.
    """

    base: str
    clauses: Clauses = ()
    filters: Mapping[str, Any] | None = None
    sort: str = "due"
    descending: bool = False
    private: bool = False

    @property
    def due(self) -> str:
        return "follow_up_due_at" if self.base == "follow_up" else "target_at"

    @property
    def q(self) -> str:
        return str((self.filters or {}).get("q") or "").strip()

    @property
    def words(self) -> str | None:
        """What the search index is asked for `q`; None when there is no word in it."""
        return match_expression(self.q, () if self.private else OPEN_FIELDS[CASES.name])

    @property
    def is_impossible(self) -> bool:
        """Whether no row can be in it."""
        return bool(self.q) and self.words is None

    def conditions(self) -> Condition:
        """What holds of every row of the list, once its words were looked up (`looking_up`)."""
        parts = [(f"r.place > 0 AND {BASES[self.base]}", []), *map(_clause, self.clauses)]
        for name, value in (self.filters or {}).items():
            if name == "q":
                parts += [(f"r.place IN (SELECT place FROM {FOUND})", [])] if self.q else []
            elif name == "cell":
                parts.append(("r.cell BETWEEN ? AND ?", list(cell_to_descendant_range(value))))
            elif name in EQUAL:
                parts.append((f"r.{name} = ?", [value]))
            else:
                raise KeyError(name)
        return " AND ".join(sql for sql, _ in parts), [value for _, values in parts for value in values]

    def summary(self, now: datetime) -> tuple[str, list[Any]]:
        """SQL for (n, smallest place, next due) of the list; `next due` is not before `now`."""
        sql, values = self.conditions()
        due = f"min(CASE WHEN r.{self.due} >= ? THEN r.{self.due} END)"
        found = f"SELECT count(*), min(r.place), {due} FROM {self._rows('due')} WHERE {sql}"
        return found, [to_microseconds(now), *values]

    def counts(self) -> tuple[str, list[Any]]:
        """SQL for (what tells the runs apart, number of rows), in no order."""
        sql, values = self.conditions()
        if self.sort == "grade":
            return f"SELECT r.grade, count(*) FROM {self._rows('due')} WHERE {sql} GROUP BY 1", values
        if self.sort == "due":
            known = f"count(r.{self.due})"
            return f"SELECT {known}, count(*) - {known} FROM {self._rows('due')} WHERE {sql}", values
        return f"SELECT count(*), 0 FROM {self._rows('received')} WHERE {sql}", values

    def runs(self, counted: Sequence[Sequence[Any]]) -> list[Run]:
        """The runs in their order, from the rows of `counts`."""
        way = "DESC" if self.descending else "ASC"
        if self.sort == "grade":
            grades = sorted(((grade or "", n) for grade, n in counted if grade), reverse=self.descending)
            grades += [(grade or "", n) for grade, n in counted if not grade]
            order = f"r.{self.due} ASC, r.place ASC"
            return [Run(("r.grade = ?", [grade]), order, n) for grade, n in grades]
        if self.sort == "due":
            known, unknown = counted[0]
            column = f"r.{self.due}"
            return [
                Run((f"{column} IS NOT NULL", []), f"{column} {way}, r.place {way}", known),
                Run((f"{column} IS NULL", []), f"r.place {way}", unknown),
            ]
        # The oldest was received first: age runs against the time of receipt.
        way = "ASC" if self.descending == (self.sort == "age") else "DESC"
        return [Run(("1", []), f"r.place {way}", counted[0][0])]

    def places(self, run: Run, skip: int, limit: int) -> tuple[str, list[Any]]:
        """SQL for the places of a part of a run."""
        sql, values = self.conditions()
        more, more_values = run.condition
        which = "received" if self.sort in ("received", "age") else "due"
        found = f"SELECT r.place FROM {self._rows(which)} WHERE {sql} AND {more} ORDER BY {run.order} LIMIT ? OFFSET ?"
        return found, [*values, *more_values, limit, skip]

    def _rows(self, order: str) -> str:
        by_due = f"cases_{self.base}_due"
        index = by_due if order == "due" else _BY_RECEIPT.get(self.base, by_due)
        return f"{CASES.name} AS r INDEXED BY {index}"


def looking_up(words: str) -> list[tuple[str, list[Any]]]:
    """Statements that put the places of all rows with these words where the conditions look for them.

    Once for all that is asked of a list: finding the words that a quarter of all cases have takes longer than the rest.
    """
    return [
        (f"CREATE TABLE IF NOT EXISTS {FOUND} (place INTEGER PRIMARY KEY)", []),
        (f"DELETE FROM {FOUND}", []),
        (f"INSERT INTO {FOUND} SELECT rowid FROM {CASES.fts} WHERE {CASES.fts} MATCH ? AND rowid > 0", [words]),
    ]


def slices(runs: Sequence[Run], start: int, end: int) -> Iterator[tuple[Run, int, int]]:
    """(run, how many of its rows to pass over, how many to take) for the rows `start` to `end` of a list."""
    before = 0
    for run in runs:
        first, last = max(start - before, 0), min(end - before, run.n)
        if first < last:
            yield run, first, last - first
        before += run.n


def summary_of(row: Sequence[Any]) -> Summary:
    n, place, due_us = row
    return Summary(n, None if place is None else place >> PLACE_BITS, due_us)


def _clause(terms: Sequence[Term]) -> Condition:
    parts = [_term(*term) for term in terms]
    sql = " OR ".join(text for text, _ in parts)
    return f"({sql})", [value for _, values in parts for value in values]


def _term(field: str, how: str, value: Any) -> Condition:
    column = f"r.{field}"
    if field not in CASES.stored and field != "repeated":
        raise KeyError(field)
    if how in ("is", "is not"):
        return f"{column} {how.upper()} NULL", []
    if how == "not in":
        return f"{column} NOT IN ({', '.join('?' * len(value))})", list(value)
    return f"{column} {_OPERATORS[how]} ?", [to_microseconds(value) if isinstance(value, datetime) else value]
