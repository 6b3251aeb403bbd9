"""The one writer of the reader's file: rows in, position with them, all in one SQLite transaction.

The file is disposable. It is made anew when its schema or city differ, when it is damaged, or when the log has a
gap after its position; then `begin_build` empties it, and readers are told to wait until `finish_build`.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import msgspec

from streams.reader_places import Places
from streams.reader_schema import CALLERS, SCHEMA, TABLES, WORDS, Table, create_indexes, create_tables
from streams.reader_tally import TALLY, create_tally
from streams.reader_text import bigrams

BUILD_CHUNK = 5_000
WORDED = len(WORDS)
_META = "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
_SETTINGS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA cache_size=-32768",
    "PRAGMA secure_delete=ON",  # what was erased leaves no bytes behind
    "PRAGMA wal_autocheckpoint=4000",
)


class Busy(Exception):
    """Another process writes this file."""


class Row(msgspec.Struct, frozen=True):
    """What the file holds of one subject. `values` follow the table's stored columns, `words` are those of `WORDS`.

    `base` is the seq of the document a build found: events up to it are already in it. `place` 0: not yet stored.
    """

    id: str
    values: tuple[Any, ...]
    doc: bytes
    seq: int
    received_us: int | None = None
    words: tuple[str, ...] = ("", "", "")
    base: int = 0
    place: int = 0


@dataclass(frozen=True)
class Position:
    """How far the file has come: the last event's stream id and its mark, and the seq known to be complete."""

    event_id: str = "0-0"
    mark: str = ""
    seq: int = 0
    epoch: int = 0


@dataclass
class ReaderWriter:
    """Opens (and locks) the file at `path` for one city. Raises Busy when another process has it."""

    path: Path
    city: str
    db: sqlite3.Connection = field(init=False)
    _lock: int = field(init=False)
    _places: Places = field(init=False)

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(self.path.with_name(self.path.name + ".lock"))
        try:
            self._open()
        except BaseException:
            os.close(self._lock)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.db.close()
        os.close(self._lock)

    # where it stands

    @property
    def is_ready(self) -> bool:
        return self._meta().get("ready") == "1"

    @property
    def position(self) -> Position:
        meta = self._meta()
        return Position(
            meta.get("position", "0-0"), meta.get("mark", ""), int(meta.get("seq", 0)), int(meta.get("epoch", 0))
        )

    def move(self, position: Position) -> None:
        """Say how far the file has come; in the transaction that wrote the rows."""
        self._set(position=position.event_id, mark=position.mark, seq=str(position.seq), epoch=str(position.epoch))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._places.forget()
            with suppress(sqlite3.Error):
                self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    # rows

    def rows(self, table: Table, ids: Sequence[str]) -> dict[str, Row]:
        """The stored rows among `ids`."""
        columns = ", ".join([*(f"d.{name}" for name in WORDS), *(f"r.{name}" for name in table.stored)])
        sql = (
            f"SELECT r.place, r.id, r.seq, r.base, d.doc, {columns} FROM {table.name} AS r"
            f" JOIN {table.docs} AS d ON d.place = r.place WHERE r.id IN ({', '.join('?' * len(ids))})"
        )
        found = self.db.execute(sql, ids).fetchall() if ids else []
        return {
            subject_id: Row(subject_id, tuple(more[WORDED:]), bytes(doc), seq, None, tuple(more[:WORDED]), base, place)
            for place, subject_id, seq, base, doc, *more in found
        }

    def save(self, table: Table, changes: Iterable[tuple[Row | None, Row]], *, index: bool = True) -> None:
        """Write (row as stored or None, row as it shall be), and with `index` its text into the search."""
        new, changed, moved = [], [], []
        for old, row in changes:
            if old is None:
                new.append(self._placed(table, row))
            elif table.by_time and old.place < 0 and row.received_us is not None:
                moved.append((old, self._placed(table, row)))  # its receipt came after its closing
            else:
                changed.append((old, row))
        self._insert(table, sorted(new, key=lambda row: row.place))
        self._update(table, changed)
        for old, _ in moved:
            self._delete(table, old.place)
        self._insert(table, [row for _, row in moved])
        if index and table.searched:
            pairs: list[tuple[Row | None, Row]] = [(None, row) for row in new]
            self._index(table, [*pairs, *changed, *moved])
        self._places.forget()

    def prune(self, table: Table, closed_before_us: int, limit: int = 2_000) -> int:
        """Forget up to `limit` subjects closed before that instant; the archive has them. Returns how many."""
        sql = f"SELECT id FROM {table.name} WHERE status = 'closed' AND closed_at < ? LIMIT ?"
        ids = [subject_id for (subject_id,) in self.db.execute(sql, (closed_before_us, limit))]
        gone = list(self.rows(table, ids).values())
        if table.searched:
            self._unindex(table, sorted(gone, key=lambda row: row.place))
        for row in gone:
            self._delete(table, row.place)
        self.db.execute(f"DELETE FROM {TALLY} WHERE n = 0")  # days that have passed
        return len(gone)

    # building

    def begin_build(self) -> None:
        """Empty the file; readers wait from now on. Until it is finished nothing in it is worth an fsync."""
        self.db.execute("PRAGMA synchronous=OFF")
        with self.transaction():
            self.db.execute("DROP TABLE IF EXISTS meta")
            for name in (CALLERS, TALLY):
                self.db.execute(f"DROP TABLE IF EXISTS {name}")
            self.db.execute(_META)
            for table in TABLES.values():
                for name in (table.name, table.docs, table.fts):
                    self.db.execute(f"DROP TABLE IF EXISTS {name}")
                for statement in create_tables(table):
                    self.db.execute(statement)
            self._set(schema=str(SCHEMA), city=self.city, ready="0", seq="0")
        self._places.begin()

    def finish_build(self, position: Position) -> None:
        """Index the rows that were saved without index, and open the lists."""
        self._places.end()
        for table in TABLES.values():
            with self.transaction():
                for statement in create_indexes(table):
                    self.db.execute(statement)
            if table.searched:
                self._index_all(table)
        with self.transaction():
            for statement in create_tally():
                self.db.execute(statement)
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        with self.transaction():
            self.move(position)
            self._set(ready="1")
        self.analyze()

    def analyze(self) -> None:
        """Tell the query planner how the values are spread (a sample; milliseconds)."""
        self.db.execute("PRAGMA analysis_limit=1000")
        self.db.execute("ANALYZE")

    @property
    def needs_scrub(self) -> bool:
        return self._meta().get("scrub") == "1"

    def ask_for_scrub(self) -> None:
        """Remember, also over a restart, that words were erased; in the transaction that erased them."""
        self._set(scrub="1")

    def scrub(self) -> None:
        """Rewrite the search index and the log file, which still hold pairs of erased words. Takes seconds."""
        for table in TABLES.values():
            if table.searched:
                self.db.execute(f"INSERT INTO {table.fts}({table.fts}) VALUES ('optimize')")
        self._set(scrub="0")
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def throw_away(self) -> None:
        """The file is damaged: start with an empty one."""
        self.db.close()
        self._replace()

    # inside

    def _open(self) -> None:
        """A connection to a file of our schema and city; any other file is replaced."""
        try:
            self._use(_connect(self.path))
            meta = self._meta()
        except sqlite3.DatabaseError as error:
            # A lock or a full disk is no reason to throw rows away; a foreign or damaged file is.
            if isinstance(error, sqlite3.OperationalError) and "no such table" not in str(error):
                raise
            meta = {}
        if meta.get("schema") != str(SCHEMA) or meta.get("city") != self.city:
            self._replace()

    def _use(self, db: sqlite3.Connection) -> None:
        self.db, self._places = db, Places(db)

    def _replace(self) -> None:
        if hasattr(self, "db"):
            self.db.close()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self._use(_connect(self.path))
        self.begin_build()

    def _meta(self) -> dict[str, str]:
        return dict(self.db.execute("SELECT name, value FROM meta").fetchall())

    def _set(self, **values: str) -> None:
        self.db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    def _placed(self, table: Table, row: Row) -> Row:
        return msgspec.structs.replace(row, place=self._places.next(table, row.received_us))

    def _insert(self, table: Table, rows: Sequence[Row]) -> None:
        columns = ("place", "id", *table.stored, "seq", "base")
        self.db.executemany(
            f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
            [(row.place, row.id, *row.values, row.seq, row.base) for row in rows],
        )
        self.db.executemany(
            f"INSERT INTO {table.docs} (place, doc, {', '.join(WORDS)}) VALUES (?, ?{', ?' * WORDED})",
            [(row.place, row.doc, *row.words) for row in rows],
        )

    def _update(self, table: Table, pairs: Sequence[tuple[Row, Row]]) -> None:
        """Rows grouped by which columns differ, so that SQLite touches only the indexes of those."""
        groups: dict[tuple[int, ...], list[tuple[Any, ...]]] = {}
        for old, row in pairs:
            differing = tuple(i for i, value in enumerate(row.values) if value != old.values[i])
            groups.setdefault(differing, []).append((*(row.values[i] for i in differing), row.seq, old.place))
        names = list(table.stored)
        for differing, parameters in groups.items():
            assignments = ", ".join(f"{names[i]} = ?" for i in differing) + ", " * bool(differing) + "seq = ?"
            self.db.executemany(f"UPDATE {table.name} SET {assignments} WHERE place = ?", parameters)
        self.db.executemany(
            f"UPDATE {table.docs} SET doc = ?, {', '.join(f'{name} = ?' for name in WORDS)} WHERE place = ?",
            [(row.doc, *row.words, old.place) for old, row in pairs],
        )

    def _delete(self, table: Table, place: int) -> None:
        self.db.execute(f"DELETE FROM {table.name} WHERE place = ?", (place,))
        self.db.execute(f"DELETE FROM {table.docs} WHERE place = ?", (place,))

    def _index(self, table: Table, pairs: Sequence[tuple[Row | None, Row]]) -> None:
        """Bring the search index from the old rows' words to the new ones'.

        In order of place: FTS5 writes its buffer to disk whenever a rowid is smaller than the one before.
        """
        differing = [(old, row) for old, row in pairs if old is None or _words(table, old) != _words(table, row)]
        self._unindex(table, [old for old, _ in differing if old is not None])
        rows = sorted((row.place or (old.place if old else 0), _words(table, row)) for old, row in differing)
        self.db.executemany(_into_search(table), [(place, *map(bigrams, words)) for place, words in rows])

    def _unindex(self, table: Table, rows: Sequence[Row]) -> None:
        """Take rows out of the search: the index must be told the very words it was given."""
        fields = ", ".join(table.searched)
        marks = ", ?" * len(table.searched)
        sql = f"INSERT INTO {table.fts} ({table.fts}, rowid, {fields}) VALUES ('delete', ?{marks})"
        ordered = sorted((row.place, _words(table, row)) for row in rows)
        self.db.executemany(sql, [(place, *map(bigrams, words)) for place, words in ordered])

    def _index_all(self, table: Table) -> None:
        """The search index of a freshly loaded table, in chunks by place."""
        names = ", ".join(f"{'d' if name in WORDS else 'r'}.{name}" for name in table.searched)
        chunk = (
            f"SELECT r.place, {names} FROM {table.name} AS r JOIN {table.docs} AS d ON d.place = r.place"
            " WHERE r.place > ? ORDER BY r.place LIMIT ?"
        )
        insert = _into_search(table)
        last = -(1 << 62)
        while rows := self.db.execute(chunk, (last, BUILD_CHUNK)).fetchall():
            with self.transaction():
                self.db.executemany(insert, [(place, *map(bigrams, words)) for place, *words in rows])
            last = rows[-1][0]


def _words(table: Table, row: Row) -> tuple[str, ...]:
    """The searched fields of a row as they stand, in the index's order."""
    second = row.values[list(table.columns).index(table.searched[1])]
    return (row.id, second or "", *row.words)


def _into_search(table: Table) -> str:
    return f"INSERT INTO {table.fts} (rowid, {', '.join(table.searched)}) VALUES (?{', ?' * len(table.searched)})"


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30.0)
    try:
        for statement in _SETTINGS:
            db.execute(statement)
    except BaseException:
        db.close()
        raise
    return db


def _lock(path: Path) -> int:
    """Hold `path` until closed; the system lets go of it when the process dies."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise Busy(f"{path}: another reader process writes this file") from None
    return handle
