"""The tables of the reader's file, as data, and the SQL that follows from them.

Each subject is a narrow row of indexed columns (`cases`) and a wide one (`cases_docs`: the document, its address
and text), so that a scan over half a million rows reads megabytes, not gigabytes. The primary key `place` orders
rows by time of receipt: microseconds << 10 plus a running number. One integer thus serves as the order of the list,
the cursor, the tie-break of every index (SQLite appends it) and the rowid of the full-text index, which can walk
its matches newest first without sorting them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SCHEMA = 1
PLACE_BITS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST_MICROSECOND = (1 << (63 - PLACE_BITS)) - 2


@dataclass(frozen=True)
class Table:
    """One kind of subject: its columns besides place, id, seq and base; which are indexed; which are searched."""

    name: str
    columns: dict[str, str]
    indexed: tuple[str, ...]
    searched: tuple[str, ...] = ()
    by_time: bool = True  # listed newest first; otherwise by id

    @property
    def docs(self) -> str:
        return f"{self.name}_docs"

    @property
    def fts(self) -> str:
        return f"{self.name}_fts"


CASES = Table(
    "cases",
    columns={
        "kind": "TEXT",
        "category": "TEXT",
        "subcategory": "TEXT",
        "channel": "TEXT",
        "language": "TEXT",
        "grade": "TEXT",
        "status": "TEXT",
        "area": "TEXT",
        "cell": "INTEGER",
        "received_at": "INTEGER",
        "closed_at": "INTEGER",
        "target_at": "INTEGER",
        "lat": "REAL",
        "lng": "REAL",
    },
    indexed=("category", "channel", "status", "area", "cell", "target_at"),
    searched=("id", "category", "address", "text"),
)
INCIDENTS = Table(
    "incidents",
    columns={
        "kind": "TEXT",
        "priority": "INTEGER",
        "agency": "TEXT",
        "status": "TEXT",
        "area": "TEXT",
        "cell": "INTEGER",
        "received_at": "INTEGER",
        "closed_at": "INTEGER",
        "lat": "REAL",
        "lng": "REAL",
    },
    indexed=("status", "area", "cell"),
    searched=("id", "kind", "address", "text"),
)
UNITS = Table(
    "units",
    columns={
        "kind": "TEXT",
        "station": "TEXT",
        "agency": "TEXT",
        "status": "TEXT",
        "position_at": "INTEGER",
        "lat": "REAL",
        "lng": "REAL",
    },
    indexed=(),
    by_time=False,
)
TABLES: dict[str, Table] = {table.name: table for table in (CASES, INCIDENTS, UNITS)}
# Merge late and many at once: twice as many rows a second as by default, and 5 ms more for the rarest searches.
_FTS_SETTINGS = {"automerge": 16, "hashsize": 32 << 20, "pgsz": 16_000}
# Fields of the index that every role with lists may search; the others hold a person's words.
OPEN_FIELDS = {"cases": ("id", "category"), "incidents": ("id", "kind")}


def to_microseconds(instant: datetime) -> int:
    """Microseconds since 1970 UTC of an aware instant."""
    return (instant - _EPOCH) // _MICROSECOND


def first_place(instant: datetime) -> int:
    """The smallest place of a row received at `instant`; instants before 1970 share the first."""
    return first_place_us(to_microseconds(instant))


def first_place_us(received_us: int) -> int:
    """The same for microseconds since 1970."""
    return min(max(received_us, 1), _LAST_MICROSECOND) << PLACE_BITS


def create_tables(table: Table) -> list[str]:
    """Statements that make a table, empty and without its indexes."""
    columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
    statements = [
        f"CREATE TABLE {table.name} (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, {columns},"
        " seq INTEGER NOT NULL, base INTEGER NOT NULL DEFAULT 0)",
        f"CREATE TABLE {table.docs} (place INTEGER PRIMARY KEY, doc BLOB NOT NULL,"
        " address TEXT NOT NULL DEFAULT '', text TEXT NOT NULL DEFAULT '')",
    ]
    if table.searched:
        fields = ", ".join(table.searched)
        # No copy of the text in the index: it stands once, in the wide row, from where it can be erased.
        statements.append(
            f"CREATE VIRTUAL TABLE {table.fts} USING fts5({fields}, content='', tokenize='ascii', columnsize=0)"
        )
        statements += [
            f"INSERT INTO {table.fts}({table.fts}, rank) VALUES ('{name}', {value})"
            for name, value in _FTS_SETTINGS.items()
        ]
    return statements


def create_indexes(table: Table) -> list[str]:
    """Statements that index a filled table."""
    return [f"CREATE INDEX {table.name}_{column} ON {table.name} ({column})" for column in table.indexed]
