"""One look at an archive: the files that one manifest names, as tables for DuckDB."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from geo.cells import cell_to_descendant_range
from geo.days import date_bounds, local_date
from streams.archive.manifest import NAME, BadArchive, File, Manifest, load
from streams.archive.schema import DIMENSIONS, GREW, LATEST, TABLES

THREADS = 2
MEMORY = "2GB"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Where:
    """Which cases (or incidents). Several words of one kind: any of them. `cell` may be of any resolution up to 9."""

    area: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    subcategory: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    grade: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    agency: tuple[str, ...] = ()
    priority: tuple[int, ...] = ()
    cell: str = ""

    def sql(self, prefix: str = "") -> tuple[str, list[Any]]:
        """(condition, parameters); `true` without filters."""
        found, values = [], []
        for item in fields(self):
            wanted = getattr(self, item.name)
            if item.name == "cell" or not wanted:
                continue
            found.append(f"{prefix}{item.name} IN ({', '.join('?' * len(wanted))})")
            values += list(wanted)
        if self.cell:
            found.append(f"{prefix}cell BETWEEN ? AND ?")
            values += cell_to_descendant_range(self.cell)
        return " AND ".join(found) or "true", values

    @property
    def is_plain(self) -> bool:
        """Whether the daily counts can answer it."""
        return not self.cell and all(item.name in DIMENSIONS or not getattr(self, item.name) for item in fields(self))


EVERYTHING = Where()


@dataclass
class View:
    """What one manifest names, and a connection of one's own."""

    folder: Path
    manifest: Manifest
    db: Any

    @property
    def zone(self) -> str:
        return self.manifest.zone

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Answer rows by column name; instants are aware, in UTC."""
        found: list[dict[str, Any]] = self.arrow(sql, values).to_pylist()
        return found

    def arrow(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The answer as a pyarrow table."""
        return self.db.sql(sql, params=list(values)).to_arrow_table()

    def table(self, table: str, days: Iterable[str] | None = None) -> str:
        """A table expression over the files of some days (None: all), with the folder's `day`."""
        return source(self.folder, self.manifest.of(table, days), table)

    def due_between(self, low: datetime, high: datetime) -> str:
        """`cases` from the files that may have deadlines in [low, high)."""
        first, last = _micros(low), _micros(high)
        files = [
            f
            for f in self.manifest.of("cases")
            if f.due_low is not None and f.due_high is not None and f.due_low < last and f.due_high >= first
        ]
        return source(self.folder, files, "cases")

    def latest(self, table: str, days: Iterable[str] | None = None) -> str:
        """Incidents, assignments, calls or alerts, only the newest rows of each."""
        if table not in LATEST:
            raise ValueError(f"{table}: has one row each already")
        key, rows = TABLES[table].key, self.table(table, days)
        return f"(SELECT * FROM {rows} QUALIFY rank() OVER (PARTITION BY {key} ORDER BY seq DESC) = 1)"

    def days_from(self, start: datetime, end: datetime) -> list[str]:
        """Local days that [start, end) reaches into."""
        return [day.isoformat() for day in days_between(start, end, self.zone)]


def source(folder: Path, files: Iterable[File], table: str) -> str:
    """A table expression over some files; the day (or month) of the folder stands in `day` (or `month`).

    Columns that all files are too old to have are null, like those that some have not.
    """
    files = list(files)
    listed = ", ".join("'" + str(folder / file.path).replace("'", "''") + "'" for file in files)
    monthly = TABLES[table].by == "month"
    if not listed:
        extra = ", NULL::VARCHAR AS month" if monthly else ", NULL::DATE AS day"
        return f"({TABLES[table].empty_sql.replace(' WHERE false', extra + ' WHERE false')})"
    types = "" if monthly else ", hive_types = {'day': DATE}"
    if all(file.columns >= GREW.get(table, 1) for file in files):
        return f"read_parquet([{listed}], hive_partitioning = true{types})"
    rows = f"SELECT * FROM read_parquet([{listed}], hive_partitioning = true{types}, union_by_name = true)"
    return f"({rows} UNION ALL BY NAME {TABLES[table].empty_sql})"


def days_between(start: datetime, end: datetime, zone: str) -> list[date]:
    """Local days that [start, end) reaches into, in order; none when it is empty."""
    if end <= start:
        return []
    day, last = local_date(start, zone), local_date(end - timedelta(microseconds=1), zone)
    return [day + ONE_DAY * n for n in range((last - day).days + 1)]


def bounds_of(day: date, zone: str) -> tuple[datetime, datetime]:
    """First instant of a local day, and of the next."""
    return date_bounds(day, zone)


def _micros(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)


@dataclass
class Archive:
    """The archive in a folder, for readers. Every question may take long: ask it in the thread pool.

    The manifest is read anew when it was replaced; one `View` keeps to one manifest.
    """

    folder: Path
    threads: int = THREADS
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _read: tuple[int, Manifest] | None = None
    _db: Any = None

    @property
    def exists(self) -> bool:
        return (self.folder / NAME).exists()

    @property
    def manifest(self) -> Manifest:
        """Raises BadArchive when there is none or it cannot be used."""
        try:
            stamp = (self.folder / NAME).stat().st_mtime_ns
        except OSError:
            raise BadArchive(f"{self.folder}: holds no archive yet") from None
        with self._lock:
            if self._read is None or self._read[0] != stamp:
                found = load(self.folder)
                if found is None:
                    raise BadArchive(f"{self.folder}: holds no archive yet")
                self._read = stamp, found
            return self._read[1]

    @contextmanager
    def view(self) -> Iterator[View]:
        """The archive as it is now."""
        manifest = self.manifest
        with self._lock:
            if self._db is None:
                self._db = connect(self.threads)
            cursor = self._db.cursor()
        try:
            cursor.execute("SET TimeZone = 'UTC'")
            yield View(self.folder, manifest, cursor)
        finally:
            cursor.close()


def connect(threads: int = THREADS, memory: str = MEMORY, options: Mapping[str, str] | None = None) -> Any:
    """A DuckDB in memory with the settings that every question here has."""
    spill = {"temp_directory": str(Path(tempfile.gettempdir()) / f"hexwatch-duckdb-{os.getpid()}")}
    db = duckdb.connect(config={"threads": str(threads), "memory_limit": memory, **spill, **(options or {})})
    db.execute("SET TimeZone = 'UTC'; SET parquet_metadata_cache = true; SET enable_progress_bar = false")
    return db
