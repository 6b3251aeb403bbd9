"""Lists and search: what any process may ask of the reader's file.

The file is written by one process per machine (`streams.reader_writer`) and may vanish and come back at any time:
it is a projection. Whoever reads opens it anew for each question, so a rebuilt file is seen at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from streams.reader_query import FEW, MAX_LIMIT, BadCursor, Query, build, encode_cursor
from streams.reader_schema import CASES, INCIDENTS, SCHEMA, UNITS, Table

__all__ = ["BadCursor", "NotReady", "Page", "Reader", "TooMany"]

MAP_BYTES = 1 << 30
WAIT_FOR_LOCK_S = 5.0


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
        return db


def _steered(db: sqlite3.Connection, query: Query) -> Query:
    """The query, told which index to use when a range turns out to hold few rows."""
    for column, sql, parameters in query.probes():
        if db.execute(sql, parameters).fetchone()[0] <= FEW:
            return query.by_index(column)
    return query


def _count(db: sqlite3.Connection, query: Query) -> int:
    return int(db.execute(*query.count()).fetchone()[0])
