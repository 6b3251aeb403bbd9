"""A file's records laid out in the order in which they happened: sorted on disk, once per file and preset."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, time
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from streams.codec import encode
from streams.feeds.answers import translate
from streams.feeds.items import Item
from streams.feeds.preset import Preset
from streams.feeds.records import Entry, Rank, Rejected, Translator
from streams.feeds.rows import FeedError, Health, Progress, Source, identity, open_rows
from streams.feeds.times import EPOCH, from_micros, instant, to_micros

LAYOUT = 1  # raise it when the same file and preset would give other entries or another order
DEAD = -1  # the rank of what could not be understood: it sorts before what happened at the same instant
DEAD_BYTES = 16 * 1024
CHUNK_ROWS = 20_000
DAY_US = 24 * 3600 * 1_000_000
MEMORY = "512MB"  # beyond it DuckDB sorts on disk

_COLUMNS = pa.schema(
    [
        ("micros", pa.int64()),
        ("rank", pa.int8()),
        ("row", pa.int64()),
        ("record", pa.string()),
        ("unit", pa.string()),
        ("expired", pa.bool_()),
        ("id", pa.string()),
        ("body", pa.binary()),
        ("reason", pa.string()),
    ]
)


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A sorted file ready to be replayed, and what was counted on the way.

    `feed` names file, preset and order, so that a cursor never belongs to another sequence. `items` counts
    entries and dead letters, `repeated` the equal ids that were dropped. `day_start` is the local midnight before
    the first entry. `refused` says why nothing but the dead letters may be replayed; empty when all is well.
    """

    feed: str
    path: Path
    rows: int
    items: int
    entries: int
    dead: int
    repeated: int
    first_at: datetime | None
    last_at: datetime | None
    day_start: datetime | None
    refused: str = ""


def prepare(
    path: Path, preset: Preset, work_dir: Path, *, by_day: bool = False, progress: Progress | None = None
) -> Prepared:
    """Read, translate and sort the file into `work_dir`, or find what an earlier call left there.

    With `by_day` the order is by time of day, so that one recorded day can be repeated without end: what happens
    n days after the first day then belongs to the n-th repetition. Raises FeedError for a file that does not fit,
    and when `work_dir` has no room.
    """
    feed = feed_name(path, preset, by_day=by_day)
    work_dir.mkdir(parents=True, exist_ok=True)
    summary = work_dir / f"{feed}.json"
    if summary.exists() and (work_dir / f"{feed}.parquet").exists():
        found = msgspec.json.decode(summary.read_bytes(), type=Prepared, dec_hook=_to_path)
        return msgspec.structs.replace(found, path=work_dir / f"{feed}.parquet")
    scratch = work_dir / f"{feed}.sorting"
    shutil.rmtree(scratch, ignore_errors=True)  # of a run that was killed
    scratch.mkdir()
    try:
        prepared = _sorted(path, preset, feed, scratch, work_dir / f"{feed}.parquet", by_day, progress)
        (scratch / "summary").write_bytes(msgspec.json.encode(prepared, enc_hook=str))
        (scratch / "summary").rename(summary)
    except (OSError, duckdb.Error) as error:
        raise FeedError(f"{path.name}: cannot be sorted in {work_dir}: {error}") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return prepared


def feed_name(path: Path, preset: Preset, *, by_day: bool = False) -> str:
    """`<source>-<hash>`: equal as long as file, preset and order are. Raises FeedError when it cannot be read."""
    described = repr((LAYOUT, by_day, identity(path), msgspec.json.encode(preset, order="deterministic")))
    return f"{preset.source}-{hashlib.blake2b(described.encode(), digest_size=6).hexdigest()}"


def items(prepared: Prepared, position: int = 0) -> Iterator[Item]:
    """The sequence from `position` on; earlier parts of the file are not read."""
    with closing(pq.ParquetFile(prepared.path)) as file:
        start = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if start + rows > position:
                yield from _items_of(file.read_row_group(group), start, max(0, position - start))
            start += rows


def _items_of(table: Any, start: int, skip: int) -> Iterator[Item]:
    names = ("micros", "record", "body", "reason", "closes", "day")
    columns = [table.column(name).slice(skip).to_pylist() for name in names]
    for i, (at, record, body, reason, closes, day) in enumerate(zip(*columns, strict=True), start + skip):
        yield Item(i, from_micros(at), record, body, reason, None if closes is None else from_micros(closes), day)


def _to_path(kind: type, value: Any) -> Any:
    return Path(value)


# sorting


def _sorted(
    path: Path, preset: Preset, feed: str, scratch: Path, target: Path, by_day: bool, progress: Progress | None
) -> Prepared:
    with closing(duckdb.connect(str(scratch / "sort.duckdb"))) as db:
        db.execute(f"SET memory_limit = '{MEMORY}'; SET threads = 2; SET TimeZone = 'UTC'")
        db.execute("SET temp_directory = ?", [str(scratch / "spill")])
        with open_rows(path, preset) as source:
            rows, refused = _load(db, source, Translator(preset), progress)
        kept = _arrange(db, preset, bool(refused))
        _write(db, scratch / "sorted", by_day, kept)
        (scratch / "sorted").rename(target)
        return _summary(db, feed, target, rows, refused, kept)


def _load(db: Any, source: Source, translator: Translator, progress: Progress | None) -> tuple[int, str]:
    """Translate every row into the table `raw`. Returns (rows read, why the feed must be refused or nothing)."""
    table = _Table(db, "raw")
    occurrences: Counter[bytes] = Counter()
    health = Health()
    number, last_at = 0, None
    for number, row in enumerate(source.rows, 1):
        answer = translate(translator, row, occurrences)
        if isinstance(answer, Rejected):
            table.add_dead(number, last_at, answer)
            if health.is_lost(malformed=True):
                table.flush()
                return number, f"most of the rows up to row {number} are malformed; the last one: {answer.reason}"
        else:
            health.is_lost(malformed=False)
            last_at = answer[0].occurred_at
            table.add_entries(number, answer)
        if number % CHUNK_ROWS == 0:
            table.flush()
            if progress is not None:
                progress(number, round(number / max(source.share(), 1e-9)))
    table.flush()
    if progress is not None:
        progress(number, number)
    return number, ""


class _Table:
    """Collects rows of one table and hands them to DuckDB in chunks."""

    def __init__(self, db: Any, name: str) -> None:
        self._db, self._name = db, name
        db.register("chunk", pa.Table.from_pylist([], schema=_COLUMNS))
        db.execute(f"CREATE TABLE IF NOT EXISTS {name} AS SELECT * FROM chunk")
        self._rows: list[tuple[Any, ...]] = []

    def add_entries(self, number: int, entries: list[Entry]) -> None:
        for entry in entries:
            envelope = entry.envelope
            self._rows.append(
                (
                    *(to_micros(entry.occurred_at), int(entry.rank), number, entry.record, entry.unit, entry.expired),
                    *(envelope.id, encode(envelope), ""),
                )
            )

    def add_dead(self, number: int, at: datetime | None, rejected: Rejected) -> None:
        """A dead letter stands where the row before it stands; its time is not known."""
        micros = None if at is None else to_micros(at)
        raw = rejected.raw[:DEAD_BYTES]
        self._rows.append((micros, DEAD, number, "", "", False, f"row:{number}", raw, rejected.reason))

    def flush(self) -> None:
        if self._rows:
            columns = [pa.array(c, f.type) for c, f in zip(zip(*self._rows, strict=True), _COLUMNS, strict=True)]
            self._db.register("chunk", pa.Table.from_arrays(columns, schema=_COLUMNS))
            self._db.execute(f"INSERT INTO {self._name} SELECT * FROM chunk")
            self._rows = []


# An equal id says the same thing again: the first in the file counts. A record closes with its last closing.
_KEEP = """
CREATE TABLE kept AS SELECT * FROM raw WHERE rank >= 0 AND {entries}
QUALIFY row_number() OVER (PARTITION BY id ORDER BY row) = 1
"""
_CALLS = f"""
SELECT record, max(micros) AS micros, bool_or(expired) AS expired, max(row) AS row FROM kept GROUP BY record
HAVING count(DISTINCT unit) FILTER (unit <> '') > 0
   AND count(DISTINCT unit) FILTER (unit <> '') = count(*) FILTER (rank = {int(Rank.CLEARED)})
ORDER BY record
"""
_ALL = f"""
CREATE TABLE sequence AS
SELECT k.*, c.closes FROM kept k LEFT JOIN (
    SELECT record, max(micros) AS closes FROM kept WHERE rank = {int(Rank.CLOSED)} GROUP BY record
) c USING (record)
UNION ALL
SELECT * REPLACE (coalesce(micros, (SELECT min(micros) FROM raw), 0) AS micros), NULL FROM raw WHERE rank < 0
"""


def _arrange(db: Any, preset: Preset, refused: bool) -> datetime | None:
    """Drop what is repeated, close calls with many rows, add the dead letters. Returns the local midnight."""
    db.execute(_KEEP.format(entries="false" if refused else "true"))
    if preset.record == "unit-row":
        _close_calls(db, Translator(preset))
    db.execute(_ALL)
    first = db.execute("SELECT min(micros) FROM kept").fetchone()[0]
    if first is None:
        return None
    local = from_micros(first).astimezone(preset.tz)
    return instant(datetime.combine(local.date(), time()), preset.tz)


def _close_calls(db: Any, translator: Translator) -> None:
    """A call is over when the last of its units is available again; one with a unit still out stays open."""
    calls = db.cursor().execute(_CALLS)
    table = _Table(db, "call_closings")
    while batch := calls.fetchmany(CHUNK_ROWS):
        for record, at, expired, row in batch:
            table.add_entries(row, [translator.call_closing(record, from_micros(at), expired)])
        table.flush()
    db.execute("INSERT INTO kept SELECT * FROM call_closings")


def _write(db: Any, path: Path, by_day: bool, day_start: datetime | None) -> None:
    """The sequence as Parquet: by instant, or by time of day counted from `day_start`; then by rank and row."""
    start = to_micros(day_start or EPOCH)
    day = f"CAST(floor((micros - {start}) / {DAY_US}::DOUBLE) AS BIGINT)" if by_day else "0"
    order = f"micros - {start} - day * {DAY_US}" if by_day else "micros"
    quoted = str(path).replace("'", "''")
    db.execute(
        f"COPY (SELECT micros, rank, record, body, reason, closes, {day} AS day FROM sequence"
        f" ORDER BY {order}, rank, row, id) TO '{quoted}' (FORMAT parquet, ROW_GROUP_SIZE {CHUNK_ROWS})"
    )


def _summary(db: Any, feed: str, path: Path, rows: int, refused: str, day_start: datetime | None) -> Prepared:
    dead, entries, first, last = db.execute(
        "SELECT count(*) FILTER (rank < 0), count(*) FILTER (rank >= 0),"
        " min(micros) FILTER (rank >= 0), max(micros) FILTER (rank >= 0) FROM sequence"
    ).fetchone()
    repeated = db.execute("SELECT count(*) - count(DISTINCT id) FROM raw WHERE rank >= 0").fetchone()[0]
    return Prepared(
        feed=feed,
        path=path,
        rows=rows,
        items=dead + entries,
        entries=entries,
        dead=dead,
        repeated=repeated,
        first_at=None if first is None else from_micros(first),
        last_at=None if last is None else from_micros(last),
        day_start=day_start,
        refused=refused,
    )
