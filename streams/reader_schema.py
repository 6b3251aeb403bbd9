"""The tables of the reader's file, as data, and the SQL that follows from them.

Each subject is a narrow row of indexed columns (`cases`) and a wide one (`cases_docs`: the document, its address
and text), so that a scan over half a million rows reads megabytes, not gigabytes. The primary key `place` orders
rows by time of receipt: microseconds << 10 plus a running number. One integer thus serves as the order of the list,
the cursor, the tie-break of every index (SQLite appends it) and the rowid of the full-text index, which can walk
its matches newest first without sorting them.

The work lists of half a million open cases are walked in indexes that hold all that a list may be narrowed by
(`COVERS`): neither a filter nor a page in the middle touches a row that is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SCHEMA = 3
PLACE_BITS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST_MICROSECOND = (1 << (63 - PLACE_BITS)) - 2


@dataclass(frozen=True)
class Table:
    """One kind of subject: its columns besides place, id, seq and base; which are indexed; which are searched.

    `told` are columns that come from the private record, not from the document.
    """

    name: str
    columns: dict[str, str]
    indexed: tuple[str, ...]
    searched: tuple[str, ...] = ()
    by_time: bool = True  # listed newest first; otherwise by id
    told: tuple[str, ...] = ()

    @property
    def stored(self) -> dict[str, str]:
        """All columns in the order of a row's values."""
        return self.columns | dict.fromkeys(self.told, "TEXT")

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
        "tongue": "TEXT",
        "stage": "TEXT",
        "owner": "TEXT",
        "dispatch_due_at": "INTEGER",
        "follow_up_due_at": "INTEGER",
        "merged_into": "TEXT",
        "members": "INTEGER",
        "situation_id": "TEXT",
    },
    indexed=("category", "channel", "status", "area", "cell", "target_at"),
    searched=("id", "category", "address", "text", "name"),
    told=("caller", "tail"),
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
    searched=("id", "kind", "address", "text", "name"),
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
WORDS = ("address", "text", "name")  # columns of the wide row, from the private record
REPEATED = 3  # cases of one caller in the file, from which on each of them is marked
# What a list is made of, as conditions on the rows of `cases`; the indexes below hold those rows and no others.
BASES = {
    "open": "status = 'open'",
    "follow_up": "stage = 'closed' AND merged_into = '' AND follow_up_due_at IS NOT NULL AND received_at IS NOT NULL",
    # Few among many as a rule: an index of their own costs little and is counted at once.
    "unassigned": "status = 'open' AND owner = ''",
    "returns": "status = 'open' AND stage = 'return_asked'",
    "similar": "status = 'open' AND (situation_id <> '' OR members > 0)",
    "repeat": "status = 'open' AND repeated = 1",
    "enterprise": "status = 'open' AND channel = 'enterprise'",
}
_NARROWING = ("area", "category", "channel", "tongue", "owner", "grade", "stage", "cell")
# Index -> (base, its columns). The first column is the order; `place`, which ends every index, is the receipt.
COVERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "cases_open_due": ("open", ("target_at", *_NARROWING)),
    "cases_open_received": ("open", ("place", "target_at", *_NARROWING)),
    "cases_follow_up_due": ("follow_up", ("follow_up_due_at", *_NARROWING)),
    **{f"cases_{base}_due": (base, ("target_at", *_NARROWING)) for base in list(BASES)[2:]},
}
# Merge late and many at once: twice as many rows a second as by default, and 5 ms more for the rarest searches.
_FTS_SETTINGS = {"automerge": 16, "hashsize": 32 << 20, "pgsz": 16_000}
# Fields of the index that every role with lists may search; the others hold a person's words.
OPEN_FIELDS = {"cases": ("id", "category"), "incidents": ("id", "kind")}

CALLERS = "callers"  # caller -> how many cases of theirs the file holds
# Each of a caller's rows changes once when the third comes, and once when fewer than three are left.
_CAME = (
    f"INSERT INTO {CALLERS} SELECT NEW.caller, 1 WHERE NEW.caller IS NOT NULL"
    f" ON CONFLICT (caller) DO UPDATE SET n = n + 1;"
    f" UPDATE cases SET repeated = 1 WHERE caller = NEW.caller AND repeated = 0"
    f" AND (SELECT n FROM {CALLERS} WHERE caller = NEW.caller) >= {REPEATED};"
)
_WENT = (
    f"UPDATE {CALLERS} SET n = n - 1 WHERE caller = OLD.caller;"
    f" UPDATE cases SET repeated = 0 WHERE caller = OLD.caller AND repeated = 1"
    f" AND (SELECT n FROM {CALLERS} WHERE caller = OLD.caller) < {REPEATED};"
    f" DELETE FROM {CALLERS} WHERE caller = OLD.caller AND n = 0;"
)


def due_of(base: str) -> str:
    """The column that says by when something must be done about a case of this base."""
    return "follow_up_due_at" if base == "follow_up" else "target_at"


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
    columns = ", ".join(f"{name} {kind}" for name, kind in table.stored.items())
    words = ", ".join(f"{name} TEXT NOT NULL DEFAULT ''" for name in WORDS)
    kept = ", repeated INTEGER NOT NULL DEFAULT 0" if "caller" in table.told else ""
    statements = [
        f"CREATE TABLE {table.name} (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, {columns},"
        f" seq INTEGER NOT NULL, base INTEGER NOT NULL DEFAULT 0{kept})",
        f"CREATE TABLE {table.docs} (place INTEGER PRIMARY KEY, doc BLOB NOT NULL, {words})",
    ]
    if kept:
        statements.append(f"CREATE TABLE {CALLERS} (caller TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID")
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
    statements = [f"CREATE INDEX {table.name}_{column} ON {table.name} ({column})" for column in table.indexed]
    return [*statements, *_callers_and_lists()] if "caller" in table.told else statements


def _callers_and_lists() -> list[str]:
    """Who called how often is counted here for a filled table, and from then on by triggers, row by row."""
    count = f"INSERT INTO {CALLERS} SELECT caller, count(*) FROM cases WHERE caller IS NOT NULL GROUP BY caller"
    mark = f"UPDATE cases SET repeated = 1 WHERE caller IN (SELECT caller FROM {CALLERS} WHERE n >= {REPEATED})"
    return [
        "CREATE INDEX cases_caller ON cases (caller, repeated) WHERE caller IS NOT NULL",
        "CREATE INDEX cases_tail ON cases (tail) WHERE tail IS NOT NULL",
        count,
        mark,
        *(f"CREATE INDEX {name} ON cases ({', '.join(of)}) WHERE {BASES[base]}" for name, (base, of) in COVERS.items()),
        f"CREATE TRIGGER caller_came AFTER INSERT ON cases WHEN NEW.caller IS NOT NULL BEGIN {_CAME} END",
        f"CREATE TRIGGER caller_went AFTER DELETE ON cases WHEN OLD.caller IS NOT NULL BEGIN {_WENT} END",
        f"CREATE TRIGGER caller_changed AFTER UPDATE OF caller ON cases WHEN NEW.caller IS NOT OLD.caller BEGIN"
        f" UPDATE cases SET repeated = 0 WHERE place = NEW.place; {_WENT} {_CAME} END",
    ]
