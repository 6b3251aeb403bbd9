"""The file that says which cases are similar: written by one process, read by any. Scores and ids, no words of callers.

It is disposable: the process begins a new one whenever it starts, and readers wait until that is ready.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from dashboard.settings import Settings
from hotline.similar.index import Cluster
from hotline.similar.score import Evidence

SCHEMA = "1"
_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE evidence (case_id TEXT PRIMARY KEY, doc BLOB NOT NULL) WITHOUT ROWID",
    # The open cases that lie with others: what a work list of similar cases holds.
    "CREATE TABLE similar_open (case_id TEXT PRIMARY KEY, cluster_id TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX similar_cluster ON similar_open (cluster_id)",
    "CREATE TABLE clusters (id TEXT PRIMARY KEY, n INTEGER NOT NULL, since TEXT NOT NULL, doc BLOB NOT NULL)",
)
_decode_evidence = msgspec.json.Decoder(list[Evidence]).decode
_decode_cluster = msgspec.json.Decoder(Cluster).decode


class NotReady(Exception):
    """There is no file yet, or one of another city or version."""


def similar_path(settings: Settings) -> Path:
    """Where this machine keeps the file of a city."""
    return settings.data / f"similar-{settings.city}.sqlite3"


class SimilarFile:
    """The writer's side. A file that is there is emptied."""

    def __init__(self, path: Path, city: str):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(path, isolation_level=None)
        self.city = city
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=OFF")  # what is lost is made again
        with self.transaction():
            for (name,) in self.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                self.db.execute(f"DROP TABLE {name}")
            for statement in _TABLES:
                self.db.execute(statement)
            self.say(schema=SCHEMA, city=city)

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def say(self, **values: object) -> None:
        """Facts about the file itself: `seq` it stands at, `behind` how many cases wait to be compared."""
        rows = [(name, str(value)) for name, value in values.items()]
        self.db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    def write_evidence(self, case_id: str, found: Iterable[Evidence]) -> None:
        """All that is known of one case, in place of what stood there."""
        known = list(found)
        if known:
            self.db.execute("INSERT OR REPLACE INTO evidence VALUES (?, ?)", (case_id, msgspec.json.encode(known)))
        else:
            self.db.execute("DELETE FROM evidence WHERE case_id = ?", (case_id,))

    def write_clusters(self, gone: Iterable[str], clusters: Iterable[Cluster]) -> None:
        for cluster_id in gone:
            self.db.execute("DELETE FROM clusters WHERE id = ?", (cluster_id,))
            self.db.execute("DELETE FROM similar_open WHERE cluster_id = ?", (cluster_id,))
        for cluster in clusters:
            row = (cluster.id, cluster.n, cluster.since.isoformat(), msgspec.json.encode(cluster))
            self.db.execute("INSERT OR REPLACE INTO clusters VALUES (?, ?, ?, ?)", row)
            members = [(case_id, cluster.id) for case_id in cluster.case_ids]
            self.db.executemany("INSERT OR REPLACE INTO similar_open VALUES (?, ?)", members)


class SimilarReader:
    """The readers' side: opens the file anew for each question. Every method may block, and raises NotReady."""

    def __init__(self, path: Path, city: str):
        self.path = path
        self.city = city

    def of_case(self, case_id: str) -> tuple[list[Evidence], Cluster | None, Mapping[str, str]]:
        """(evidence, the likeliest first; the case's cluster; what the file says of itself)."""
        with self._open() as (db, meta):
            row = db.execute("SELECT doc FROM evidence WHERE case_id = ?", (case_id,)).fetchone()
            found = _decode_evidence(row[0]) if row else []
            sql = "SELECT c.doc FROM similar_open AS o JOIN clusters AS c ON c.id = o.cluster_id WHERE o.case_id = ?"
            row = db.execute(sql, (case_id,)).fetchone()
        return found, _decode_cluster(row[0]) if row else None, meta

    def clusters(self, limit: int, least: int) -> tuple[list[Cluster], int, Mapping[str, str]]:
        """(the largest clusters of at least so many cases, then the newest; how many there are; of the file itself)."""
        with self._open() as (db, meta):
            sql = "SELECT doc FROM clusters WHERE n >= ? ORDER BY n DESC, since DESC, id LIMIT ?"
            found = [_decode_cluster(doc) for (doc,) in db.execute(sql, (least, limit))]
            (total,) = db.execute("SELECT count(*) FROM clusters WHERE n >= ?", (least,)).fetchone()
        return found, total, meta

    def similar_ids(self) -> dict[str, str]:
        """Each open case that lies with others -> its cluster."""
        with self._open() as (db, _):
            return dict(db.execute("SELECT case_id, cluster_id FROM similar_open").fetchall())

    @contextmanager
    def _open(self) -> Iterator[tuple[sqlite3.Connection, Mapping[str, str]]]:
        try:
            with closing(sqlite3.connect(f"file:{quote(str(self.path))}?mode=ro", uri=True, timeout=5)) as db:
                db.execute("BEGIN")
                meta: dict[str, str] = dict(db.execute("SELECT name, value FROM meta").fetchall())
                if meta.get("schema") != SCHEMA or meta.get("city") != self.city or "seq" not in meta:
                    raise NotReady("similar cases are being looked for; ask again shortly")
                yield db, meta
        except sqlite3.Error as error:
            raise NotReady(f"similar cases cannot be read: {error}") from None


def evidence_rows(found: Sequence[Evidence], known: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Evidence beside what is known of the other case now; of cases that nobody knows any more, nothing."""
    return [
        msgspec.to_builtins(evidence) | {"proposed": evidence.is_proposed} | known[evidence.case_id]
        for evidence in found
        if evidence.case_id in known
    ]
