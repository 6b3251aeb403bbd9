"""Work lists as SQL: clauses to conditions, an order to runs of an index, and a page anywhere in half a million rows.

An order is walked in *runs*: pieces of the list, one after the other, each in the order of an index that holds all
that the conditions ask about. How many rows each run has is known first: from the tally, by grade and slot of time,
where it counts all that the list is narrowed by; else they are counted in the index. So a page in the middle reads no
row before it, and what has no deadline, or no grade, comes last in either direction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from geo.cells import cell_to_descendant_range
from streams.reader_query import Condition
from streams.reader_schema import BASES, CASES, OPEN_FIELDS, PLACE_BITS, due_of, to_microseconds
from streams.reader_tally import BY, SLOT_US, first_of_slot, slots
from streams.reader_text import match_expression

Term: TypeAlias = tuple[str, str, Any]
Clauses: TypeAlias = tuple[tuple[Term, ...], ...]

SORTS = ("due", "received", "age", "grade")
EQUAL = frozenset({"area", "category", "channel", "tongue", "owner", "grade", "stage"})  # filters by equality
FILTERS = EQUAL | {"cell", "q"}
FOUND, LISTED = "temp.found", "temp.listed"  # of this connection alone
ANY = -1  # in the place of a slot: any deadline
FEW_DUE = 20_000  # so many cases between two deadlines are looked through for the oldest, more are met soon by receipt
_BY_RECEIPT = {"open": "cases_open_received"}  # of the other bases the rows are sorted, which are fewer
_OPERATORS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True)
class Run:
    """A piece of a list: what holds of its rows beside the list's own conditions, and the columns it is ordered by."""

    condition: Condition
    order: str
    n: int = 0


# A piece of a list: (grade, first microsecond of a slot of time or `ANY`, None where there is no deadline, how many).
Counted: TypeAlias = tuple[str, int | None, int]


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
        return due_of(self.base)

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

    @property
    def is_tallied(self) -> bool:
        """Whether the tally counts all that the list is narrowed by."""
        asked = {field for clause in self.clauses for field, _, _ in clause}
        asked.update(name for name in self.filters or {} if name != "q" or self.q)
        return asked <= {self.due, *BY}

    @property
    def is_gathered(self) -> bool:
        """Whether its rows are gathered from the search index first (`gathering`): then they alone are looked at."""
        return self.words is not None and self.base in _BY_RECEIPT

    def gathering(self) -> list[tuple[str, list[Any]]]:
        """Statements that gather place, deadline and grade of all rows with the words of the list.

        Each match is sought in the index by receipt, which takes less than asking of each row whether it matches.
        """
        narrowing, values = self._narrowing(with_words=False)
        found = f"FROM {CASES.fts} AS f CROSS JOIN {self._index('received')} ON r.place = f.rowid"
        these = f"f.{CASES.fts} MATCH ? AND f.rowid > 0 AND {BASES[self.base]} AND {narrowing}"
        return [
            (f"DROP TABLE IF EXISTS {LISTED}", []),
            (f"CREATE TABLE {LISTED} (place INTEGER PRIMARY KEY, {self.due}, grade)", []),
            (
                f"INSERT INTO {LISTED} SELECT r.place, r.{self.due}, r.grade {found} WHERE {these}",
                [self.words, *values],
            ),
        ]

    def conditions(self) -> Condition:
        """What holds of every row of the list, once its words were looked up (`looking_up`)."""
        narrowing, values = self._narrowing()
        return f"r.place > 0 AND {BASES[self.base]} AND {narrowing}", values

    @property
    def scanned(self) -> tuple[Any, ...]:
        """What lists have in common that are summed up in one pass (`summed`)."""
        return self.base, self.words, *sorted((name, str(value)) for name, value in (self.filters or {}).items())

    def _narrowing(self, with_words: bool = True) -> Condition:
        """What holds beside the base."""
        return _all([*map(_clause, self.clauses), self._filtered(with_words)])

    def _filtered(self, with_words: bool = True) -> Condition:
        """What the filters ask for."""
        parts: list[Condition] = []
        for name, value in (self.filters or {}).items():
            if name == "q":
                parts += [(f"r.place IN (SELECT place FROM {FOUND})", [])] if self.q and with_words else []
            elif name == "cell":
                parts.append(("r.cell BETWEEN ? AND ?", list(cell_to_descendant_range(value))))
            elif name in EQUAL:
                parts.append((f"r.{name} = ?", [value]))
            else:
                raise KeyError(name)
        return _all(parts)

    def summed(self, queries: Sequence[ListQuery], now: datetime) -> tuple[str, list[Any]]:
        """SQL for one row of (n, smallest place, next due) for each of these lists, which differ in their clauses only.

        `next due` is not before `now`. Half a million rows are passed over once, not once a list.
        """
        columns: list[Condition] = []
        for query in queries:
            sql, values = _all(list(map(_clause, query.clauses)))
            columns += [
                (f"count(CASE WHEN {sql} THEN 1 END)", values),
                (f"min(CASE WHEN {sql} THEN r.place END)", values),
                (f"min(CASE WHEN {sql} AND r.{self.due} >= ? THEN r.{self.due} END)", [*values, to_microseconds(now)]),
            ]
        sql, values = self._filtered()
        found = f"FROM {self._index('due')} WHERE r.place > 0 AND {BASES[self.base]} AND {sql}"
        asked = ", ".join(column for column, _ in columns)
        return f"SELECT {asked} {found}", [*(value for _, values in columns for value in values), *values]

    def oldest(self, n: int) -> tuple[str, list[Any]]:
        """SQL for the smallest place of the list, of which it is known that it has `n` rows."""
        sql, values = self.conditions()
        is_cut = any(field == self.due for clause in self.clauses for field, _, _ in clause)
        if self.base in _BY_RECEIPT and not (is_cut and n <= FEW_DUE):
            return f"SELECT r.place FROM {self._index('received')} WHERE {sql} ORDER BY r.place LIMIT 1", values
        return f"SELECT min(r.place) FROM {self._index('due')} WHERE {sql}", values

    def next_due(self, now: datetime) -> tuple[str, list[Any]]:
        """SQL for the first deadline of the list that is not before `now`."""
        sql, values = self.conditions()
        due = f"r.{self.due}"
        found = f"SELECT {due} FROM {self._index('due')} WHERE {sql} AND {due} >= ? ORDER BY {due} LIMIT 1"
        return found, [*values, to_microseconds(now)]

    def tallied(self) -> tuple[str, list[Any]]:
        """SQL for `Counted` rows, by grade and slot, of a list that `is_tallied`.

        A slot that a clause cuts in two is counted in the index, every other one is taken from the tally.
        """
        narrowing, values = self._narrowing()
        instants = (value for clause in self.clauses for _, _, value in clause if isinstance(value, datetime))
        cut = sorted({first_of_slot(to_microseconds(instant)) for instant in instants})
        kept = f"({slots(self.base)} AND slot NOT IN ({', '.join('?' * len(cut))})) AS r"
        sql = [f"SELECT r.grade, r.{self.due}, sum(r.n) FROM {kept} WHERE {narrowing} GROUP BY r.slot, r.grade"]
        found = [*cut, *values]
        for slot in cut:
            counted, values = self._within(slot).condition
            conditions, more = self.conditions()
            rows = f"{self._index('due')} WHERE {conditions} AND {counted} GROUP BY r.grade"
            sql.append(f"SELECT r.grade, {slot}, count(*) FROM {rows}")
            found += [*more, *values]
        return " UNION ALL ".join(sql), found

    def counts(self) -> tuple[str, list[Any]]:
        """SQL for (grade, rows with a deadline, rows without) of any list; only as fine as its order needs."""
        rows, values = self._listed()
        if self.sort in ("received", "age"):
            return f"SELECT '', count(*), 0 FROM {rows}", values
        known = f"count(r.{self.due})"
        grade, grouped = ("r.grade", " GROUP BY 1") if self.sort == "grade" else ("''", "")
        return f"SELECT {grade}, {known}, count(*) - {known} FROM {rows}{grouped}", values

    def counted_by(self, column: str) -> tuple[str, list[Any]]:
        """SQL for (value of the column, number of rows). Raises KeyError for a column that no filter has."""
        if column not in EQUAL:
            raise KeyError(column)
        sql, values = self.conditions()
        named = f"coalesce(r.{column}, '')"
        return f"SELECT {named}, count(*) FROM {self._index('due')} WHERE {sql} GROUP BY 1", values

    def runs(self, counted: Sequence[Counted]) -> list[Run]:
        """The runs in their order, from what was counted."""
        if self.sort in ("received", "age"):
            # The oldest was received first: age runs against the time of receipt.
            way = "ASC" if self.descending == (self.sort == "age") else "DESC"
            return [Run(("1", []), f"r.place {way}", sum(n for _, _, n in counted))]
        by_grade = self.sort == "grade"
        pieces: Counter[tuple[str, int | None]] = Counter()
        for grade, slot, n in counted:
            pieces[grade if by_grade else "", slot] += n
        way = "DESC" if self.descending and not by_grade else "ASC"
        grades = sorted({grade for grade, _ in pieces}, reverse=self.descending)
        runs = []
        for grade in sorted(grades, key=lambda grade: not grade):  # no grade comes last
            of = [slot for slot_grade, slot in pieces if slot_grade == grade and slot is not None]
            of.sort(reverse=way == "DESC")
            runs += [self._within(slot, way, grade if by_grade else None, pieces[grade, slot]) for slot in (*of, None)]
        return [run for run in runs if run.n]

    def _within(self, slot: int | None, way: str = "ASC", grade: str | None = None, n: int = 0) -> Run:
        """The rows of one slot of time, of one grade if given, by their deadline."""
        due, bounds = f"r.{self.due}", list[Any]()
        sql = f"{due} IS NULL" if slot is None else f"{due} IS NOT NULL"
        if slot is not None and slot != ANY:
            sql, bounds = f"{due} >= ? AND {due} < ?", [slot, slot + SLOT_US]
        known = (sql, bounds) if grade is None else (f"r.grade = ? AND {sql}", [grade, *bounds])
        return Run(known, f"{due} {way}, r.place {way}", n)

    def places(self, run: Run, skip: int, limit: int) -> tuple[str, list[Any]]:
        """SQL for the places of a part of a run."""
        rows, values = self._listed()
        more, more_values = run.condition
        found = f"SELECT r.place FROM {rows} AND {more} ORDER BY {run.order} LIMIT ? OFFSET ?"
        return found, [*values, *more_values, limit, skip]

    def _listed(self) -> Condition:
        """SQL after FROM: the rows of the list, in an index of its order, or those that were gathered."""
        if self.is_gathered:
            return f"{LISTED} AS r WHERE 1", []
        sql, values = self.conditions()
        return f"{self._index('received' if self.sort in ('received', 'age') else 'due')} WHERE {sql}", values

    def _index(self, order: str) -> str:
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


def counted_of(rows: Iterable[Sequence[Any]]) -> list[Counted]:
    """The pieces of a list from the rows of `ListQuery.counts`."""
    return [
        piece for grade, known, unknown in rows for piece in ((grade or "", ANY, known), (grade or "", None, unknown))
    ]


def summary_of(row: Sequence[Any]) -> Summary:
    n, place, due_us = row
    return Summary(n, None if place is None else place >> PLACE_BITS, due_us)


def _all(parts: Sequence[Condition]) -> Condition:
    return " AND ".join(sql for sql, _ in parts) or "1", [value for _, values in parts for value in values]


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
