"""Lists and search: what any process may ask of the reader's file.

The file is written by one process per machine (`streams.reader_writer`) and may vanish and come back at any time:
it is a projection. Whoever reads opens it anew for each question, so a rebuilt file is seen at once.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from streams.reader_lists import Counted, ListQuery, Run, Summary, counted_of, looking_up, slices, summary_of
from streams.reader_query import FEW, MAX_LIMIT, BadCursor, Query, build, encode_cursor
from streams.reader_schema import CASES, INCIDENTS, SCHEMA, UNITS, WORDS, Table
from streams.reader_text import match_expression

__all__ = ["BadCursor", "ListPage", "ListRow", "NotReady", "Page", "Reader", "TooMany"]

MAP_BYTES = 1 << 30
WAIT_FOR_LOCK_S = 5.0
STEPS_BETWEEN_LOOKS = 10_000  # instructions of SQLite between two looks at the clock
AT_ONCE = 1_000  # rows that a walk through a list takes at a time


class NotReady(Exception):
    """The file is absent, being built, or of another schema or city; ask again shortly."""


class TooMany(ValueError):
    """More documents than were asked for at once; the message says how many that may be."""


@dataclass(frozen=True)
class Page:
    """One page of documents (JSON), newest first, as of `seq`. `next` continues the list, `total` if counted."""

    docs: tuple[bytes, ...]
    next: str | None
    seq: int
    total: int | None = None


@dataclass(frozen=True)
class ListRow:
    """One case of a list: its document (JSON), who called (a keyed hash, if known), and whether that is a repeat."""

    doc: bytes
    caller: str = ""
    repeated: bool = False


@dataclass(frozen=True)
class Found:
    """One case that a search found, with its words by field: personal, only to be told to those who may know them."""

    row: ListRow
    words: Mapping[str, str]


@dataclass(frozen=True)
class ListPage:
    """Some rows of a list in its order, how many it has in all, and the seq as of which that is true."""

    rows: tuple[ListRow, ...]
    total: int
    seq: int


class Reader:
    """Questions to the file at `path` about one city. Every method may block: run it in the thread pool.

    All raise NotReady while there is nothing to answer from.
    """

    def __init__(self, path: Path, city: str) -> None:
        self.path = path
        self.city = city

    def list_cases(
        self,
        filters: Mapping[str, Any],
        limit: int = 50,
        cursor: str | None = None,
        *,
        count: bool = False,
        private: bool = True,
    ) -> Page:
        """Cases that meet `filters` (keys of `FILTERS["cases"]` and `q`), newest first.

        Pages follow the time of receipt, and among cases of one microsecond the order in which they came; the
        order is the same for every filter, so no case is shown twice or left out while others arrive.
        """
        return self.page(CASES, filters, limit, cursor, count=count, private=private)

    def list_incidents(
        self,
        filters: Mapping[str, Any],
        limit: int = 50,
        cursor: str | None = None,
        *,
        count: bool = False,
        private: bool = True,
    ) -> Page:
        """Incidents, newest first; the same rules as for cases."""
        return self.page(INCIDENTS, filters, limit, cursor, count=count, private=private)

    def list_units(
        self, filters: Mapping[str, Any], limit: int = 50, cursor: str | None = None, *, count: bool = False
    ) -> Page:
        """Units by id."""
        return self.page(UNITS, filters, limit, cursor, count=count)

    def page(
        self,
        table: Table,
        filters: Mapping[str, Any],
        limit: int,
        cursor: str | None = None,
        *,
        count: bool = False,
        private: bool = True,
    ) -> Page:
        """One page of any table. Raises BadCursor; `limit` is held within 1 to `MAX_LIMIT`."""
        limit = min(max(limit, 1), MAX_LIMIT)
        query = build(table, filters, private=private)
        with self._snapshot() as (db, seq):
            if query.is_impossible:
                return Page((), None, seq, 0 if count else None)
            query = _steered(db, query)
            rows = db.execute(*query.page(limit, cursor)).fetchall()
            total = _count(db, query) if count else None
        last = rows[limit - 1] if len(rows) > limit else None
        key = None if last is None else last[0] if table.by_time else last[1]
        docs = tuple(bytes(doc) for _, _, doc in rows[:limit])
        return Page(docs, None if key is None else encode_cursor(key), seq, total)

    def count(self, table: Table, filters: Mapping[str, Any], *, private: bool = True) -> int:
        """How many rows meet the filters."""
        query = build(table, filters, private=private)
        with self._snapshot() as (db, _):
            return 0 if query.is_impossible else _count(db, _steered(db, query))

    def document(self, table: Table, subject_id: str) -> tuple[bytes | None, int]:
        """(the document as JSON or None, seq as of which that is true)."""
        sql = f"SELECT d.doc FROM {table.name} AS r JOIN {table.docs} AS d ON d.place = r.place WHERE r.id = ?"
        with self._snapshot() as (db, seq):
            row = db.execute(sql, (subject_id,)).fetchone()
        return (bytes(row[0]) if row else None), seq

    def documents(self, table: Table, filters: Mapping[str, Any], most: int) -> tuple[list[bytes], int]:
        """Every document (JSON) that meets the filters, in the list's order, and the seq as of which that is true.

        For figures over raw values. Raises TooMany beyond `most`.
        """
        query = build(table, filters)
        with self._snapshot() as (db, seq):
            found = [] if query.is_impossible else db.execute(*_steered(db, query).page(most, None)).fetchall()
        if len(found) > most:
            raise TooMany(f"more than {most:,} {table.name}")
        return [bytes(doc) for _, _, doc in found], seq

    def list_rows(self, query: ListQuery, start: int, end: int) -> ListPage:
        """The rows `start` to `end` (not included) of a work list."""
        with self._snapshot() as (db, seq):
            runs = _runs(db, query)
            rows = tuple(row for part in slices(runs, start, end) for row in _rows(db, query, *part))
        return ListPage(rows, sum(run.n for run in runs), seq)

    def summaries(self, queries: Mapping[str, ListQuery], now: datetime) -> tuple[dict[str, Summary], int]:
        """What each list holds at `now`, all as of one seq."""
        with self._snapshot() as (db, seq):
            found = {name: _summary(db, query, now) for name, query in queries.items() if query.is_tallied}
            rest = {name: query for name, query in queries.items() if name not in found}
            found |= _scanned(db, rest, now)
        return {name: found[name] for name in queries}, seq

    def counted_by(self, column: str, queries: Mapping[str, ListQuery]) -> dict[str, dict[str, int]]:
        """How many cases of each list have which value of a column that lists may be narrowed by ("" for none)."""
        with self._snapshot() as (db, _):
            return {name: _by_value(db, query, column) for name, query in queries.items()}

    @contextmanager
    def walk(self, query: ListQuery) -> Iterator[tuple[int, int, Iterator[list[ListRow]]]]:
        """(rows in all, seq, the rows in the list's order, some at a time): one state of the list to its end."""
        with self._snapshot() as (db, seq):
            runs = _runs(db, query)
            yield sum(run.n for run in runs), seq, _parts(db, query, runs)

    def cases_of(self, column: str, value: str, limit: int) -> tuple[list[ListRow], int]:
        """The newest cases whose `caller` or `tail` (keyed hashes) is this, and the seq as of which that is true."""
        assert column in CASES.told
        chosen = f"SELECT r.place FROM cases AS r WHERE r.{column} = ? AND r.place > 0 ORDER BY r.place DESC LIMIT ?"
        with self._snapshot() as (db, seq):
            return _rows_at(db, [place for (place,) in db.execute(chosen, (value, limit))]), seq

    def cases_with(self, fields: Sequence[str], words: str, limit: int, most_s: float) -> list[Found]:
        """The newest cases that have each of these words in one of the searched fields.

        Looks for `most_s` at most: where a rare word meets a frequent one, the oldest may be left out.
        """
        expression = match_expression(words, fields)
        if expression is None:
            return []
        chosen = (
            f"SELECT f.rowid FROM {CASES.fts} AS f WHERE f.rowid > 0 AND {CASES.fts} MATCH ?"
            " ORDER BY f.rowid DESC LIMIT ?"
        )
        with self._snapshot() as (db, _):
            places = _within(db, most_s, chosen, (expression, limit))
            return [_found_at(db, place) for place in places]

    def case_named(self, case_id: str) -> list[Found]:
        """The case with this id, if the file has it."""
        with self._snapshot() as (db, _):
            places = db.execute("SELECT place FROM cases WHERE id = ? AND place > 0", (case_id,)).fetchall()
            return [_found_at(db, place) for (place,) in places]

    def seq(self) -> int:
        """The commit up to which the file knows everything."""
        with self._snapshot() as (_, seq):
            return seq

    @contextmanager
    def _snapshot(self) -> Iterator[tuple[sqlite3.Connection, int]]:
        """One consistent view of the file and the seq it stands at."""
        with closing(self._open()) as db:
            yield db, self._begin(db)

    def _begin(self, db: sqlite3.Connection) -> int:
        """Start reading; the seq the file stands at. Whatever fails here says that the writer is not done."""
        try:
            db.execute("BEGIN")
            meta = dict(db.execute("SELECT name, value FROM meta").fetchall())
        except sqlite3.DatabaseError as error:
            raise NotReady(f"the lists cannot be read now: {error}") from error
        if meta.get("schema") != str(SCHEMA) or meta.get("city") != self.city or meta.get("ready") != "1":
            raise NotReady("the lists are being built")
        return int(meta["seq"])

    def _open(self) -> sqlite3.Connection:
        address = f"file:{quote(str(self.path.absolute()))}?mode=ro"
        try:
            db = sqlite3.connect(
                address, uri=True, timeout=WAIT_FOR_LOCK_S, isolation_level=None, check_same_thread=False
            )
        except sqlite3.OperationalError as error:
            raise NotReady(f"the lists cannot be read now: {error}") from error
        db.execute(f"PRAGMA mmap_size={MAP_BYTES}")
        db.execute("PRAGMA temp_store=MEMORY")
        return db


def _steered(db: sqlite3.Connection, query: Query) -> Query:
    """The query, told which index to use when a range turns out to hold few rows."""
    for column, sql, parameters in query.probes():
        if db.execute(sql, parameters).fetchone()[0] <= FEW:
            return query.by_index(column)
    return query


def _look_up(db: sqlite3.Connection, query: ListQuery) -> None:
    """The words that all of several lists are narrowed by."""
    for statement in looking_up(query.words) if query.words else ():
        db.execute(*statement)


def _prepare(db: sqlite3.Connection, query: ListQuery) -> None:
    """What must be looked up or gathered before the list can be walked."""
    if not query.is_gathered:
        return _look_up(db, query)
    for statement in query.gathering():
        db.execute(*statement)


def _by_value(db: sqlite3.Connection, query: ListQuery, column: str) -> dict[str, int]:
    """How many rows of a list have which value of a column."""
    if query.is_impossible:
        return {}
    _look_up(db, query)
    return dict(db.execute(*query.counted_by(column)).fetchall())


def _summary(db: sqlite3.Connection, query: ListQuery, now: datetime) -> Summary:
    """Of a list that the tally counts."""
    n = sum(n for _, _, n in _counted(db, query))
    if not n:
        return Summary(0, None, None)
    [place], due = db.execute(*query.oldest(n)).fetchone(), db.execute(*query.next_due(now)).fetchone()
    return summary_of((n, place, None if due is None else due[0]))


def _scanned(db: sqlite3.Connection, queries: Mapping[str, ListQuery], now: datetime) -> dict[str, Summary]:
    """Of lists that the tally does not count: those of one base and filter in one pass over its index."""
    found, looked_up = {}, ""
    scans: dict[tuple[Any, ...], list[str]] = {}
    for name, query in queries.items():
        if query.is_impossible:
            found[name] = Summary(0, None, None)
        else:
            scans.setdefault(query.scanned, []).append(name)
    for names in scans.values():
        same = [queries[name] for name in names]
        if (words := same[0].words) and words != looked_up:
            _look_up(db, same[0])
            looked_up = words
        values = iter(db.execute(*same[0].summed(same, now)).fetchone())
        rows = zip(values, values, values, strict=True)
        found |= {name: summary_of(row) for name, row in zip(names, rows, strict=True)}
    return found


def _runs(db: sqlite3.Connection, query: ListQuery) -> list[Run]:
    if query.is_impossible:
        return []
    _prepare(db, query)
    return query.runs(_counted(db, query))


def _counted(db: sqlite3.Connection, query: ListQuery) -> list[Counted]:
    if query.is_tallied:
        return db.execute(*query.tallied()).fetchall()
    return counted_of(db.execute(*query.counts()).fetchall())


def _rows(db: sqlite3.Connection, query: ListQuery, run: Run, skip: int, limit: int) -> list[ListRow]:
    return _rows_at(db, [place for (place,) in db.execute(*query.places(run, skip, limit))])


def _parts(db: sqlite3.Connection, query: ListQuery, runs: Sequence[Run]) -> Iterator[list[ListRow]]:
    for run in runs:
        found = db.execute(*query.places(run, 0, run.n))
        while some := found.fetchmany(AT_ONCE):
            yield _rows_at(db, [place for (place,) in some])


def _rows_at(db: sqlite3.Connection, places: Sequence[int]) -> list[ListRow]:
    """The rows at these places, in their order: what is shown is read last, and only that."""
    sql = (
        "SELECT d.doc, r.caller, r.repeated FROM cases AS r JOIN cases_docs AS d ON d.place = r.place WHERE r.place = ?"
    )
    found = (db.execute(sql, (place,)).fetchone() for place in places)
    return [ListRow(bytes(doc), caller or "", bool(repeated)) for doc, caller, repeated in found]


def _found_at(db: sqlite3.Connection, place: int) -> Found:
    [row] = _rows_at(db, [place])
    words = db.execute(f"SELECT {', '.join(WORDS)} FROM cases_docs WHERE place = ?", (place,)).fetchone()
    return Found(row, dict(zip(WORDS, words, strict=True)))


def _within(db: sqlite3.Connection, most_s: float, sql: str, parameters: Sequence[Any]) -> list[int]:
    """The places that a statement finds in that time."""
    until, places = time.monotonic() + most_s, []
    db.set_progress_handler(lambda: time.monotonic() > until, STEPS_BETWEEN_LOOKS)
    try:
        for (place,) in db.execute(sql, parameters):
            places.append(place)
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
    finally:
        db.set_progress_handler(None, 0)
    return places


def _count(db: sqlite3.Connection, query: Query) -> int:
    return int(db.execute(*query.count()).fetchone()[0])
