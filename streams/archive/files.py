"""Writing Parquet files that are whole or not there, and knowing whether they still are what was written."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from streams.archive.manifest import File, sync_folder
from streams.archive.schema import COLUMNS, LOG, TABLES

# Small groups let a reader skip what is not of the cell or the time it looks for; larger ones compress no better.
GROUP_ROWS = 16_384
CHUNK_BYTES = 1 << 20
FOLDER_OF = {"month": "month"}
ASIDE = "aside"
DIGEST_BYTES = 16


class Part(NamedTuple):
    """Rows to be written: of which table and day, under which name, made of which entries."""

    table: str
    day: str
    name: str
    rows: Any  # pyarrow.Table
    origin: str = LOG
    first: str = ""
    last: str = ""
    at: datetime | None = None
    whole: bool = False


def path_of(table: str, day: str, name: str) -> str:
    """`cases/day=2011-08-28/<name>.parquet`, relative to the archive's folder."""
    return f"{table}/{FOLDER_OF.get(TABLES[table].by, 'day')}={day}/{name}.parquet"


def write_parts(folder: Path, parts: Iterable[Part]) -> list[File]:
    """Write all and make each durable; nobody reads them before a manifest names them."""
    with ThreadPoolExecutor(4) as pool:
        files = list(pool.map(lambda part: _write(folder, part), parts))
    folders = {(folder / file.path).parent for file in files}
    for path in sorted(folders | {path.parent for path in folders}):
        sync_folder(path)
    return files


def write_many(folder: Path, parts: Iterable[Part]) -> list[File]:
    """The same for the many files of an import, under names that no manifest has had: durable after `sync_all`."""
    return [_described(folder, part, _written(folder, part)) for part in parts]


def sync_all() -> None:
    """Make everything written so far durable: one call in place of one for each of some thousand files."""
    os.sync()


def _write(folder: Path, part: Part) -> File:
    path = folder / path_of(part.table, part.day, part.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    write_table(beside, part.table, part.rows)
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    described = _described(folder, part, beside)
    beside.replace(path)
    return described


def _written(folder: Path, part: Part) -> Path:
    path = folder / path_of(part.table, part.day, part.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(path, part.table, part.rows)
    return path


def _described(folder: Path, part: Part, written: Path) -> File:
    size, digest = fingerprint(written)
    low, high = _due(part)
    return File(
        table=part.table,
        day=part.day,
        path=path_of(part.table, part.day, part.name),
        rows=part.rows.num_rows,
        size=size,
        digest=digest,
        origin=part.origin,
        first=part.first,
        last=part.last,
        due_low=low,
        due_high=high,
        at=part.at,
        whole=part.whole,
        columns=COLUMNS,
    )


def write_table(path: Path, table: str, rows: Any) -> None:
    """One Parquet file in the archive's way: no Arrow schema inside, so that every reader sees the same types."""
    spec = TABLES[table]
    pq.write_table(
        rows.select(list(spec.names)),
        path,
        compression="zstd",
        compression_level=1,
        row_group_size=GROUP_ROWS,
        store_schema=False,
        # What readers skip groups by; for words a dictionary says as much.
        write_statistics=[c.name for c in spec.columns if c.type in ("number", "instant", "day") or c.name == spec.key],
        use_dictionary=[c.name for c in spec.columns if c.type == "text" and c.name not in (*UNIQUE, spec.key)],
    )


UNIQUE = frozenset({"event_id", "data", "document", "key"})  # a dictionary of these would be as long as the column


def _due(part: Part) -> tuple[int | None, int | None]:
    if part.table != "cases" or not part.rows.num_rows:
        return None, None
    found = pc.min_max(part.rows["target_at"].cast(pa.int64())).as_py()
    return found["min"], found["max"]


def fingerprint(path: Path) -> tuple[int, str]:
    """(size, digest) of a file's bytes. Raises OSError."""
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def damage(folder: Path, file: File) -> str:
    """What is wrong with a file, or an empty string."""
    try:
        size, digest = fingerprint(folder / file.path)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if size != file.size:
        return f"has {size:,} bytes, {file.size:,} were written"
    return "" if digest == file.digest else "its bytes are not those that were written"


def set_aside(folder: Path, file: File) -> Path | None:
    """Move a damaged file out of the readers' way; None when it is gone already."""
    path = folder / file.path
    target = folder / ASIDE / file.path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    except FileNotFoundError:
        return None
    sync_folder(path.parent)
    return target


def read(folder: Path, files: Iterable[File], table: str) -> Any:
    """All rows of some files as one pyarrow table in the table's schema."""
    schema = TABLES[table].arrow
    found = [_as_written(pq.read_table(folder / file.path, partitioning=None), schema) for file in files]
    return pa.concat_tables(found) if found else schema.empty_table()


def _as_written(rows: Any, schema: Any) -> Any:
    """Columns of today's schema; those that an older file has not are null."""
    columns = [
        rows[field.name].cast(field.type) if field.name in rows.column_names else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def strays(folder: Path, named: Iterable[str], origin: str = LOG) -> list[Path]:
    """Files of one origin that no manifest names: of a writer that died, or replaced by a compaction."""
    known = set(named)
    names = (f"{origin}-*", f".{origin}-*")
    found = (path for table in TABLES for name in names for path in (folder / table).glob(f"*/{name}"))
    return sorted(path for path in found if str(path.relative_to(folder)) not in known)
