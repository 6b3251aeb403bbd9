"""An open-data file of cases into the archive, past the log: what was recorded there is what happened there.

Rows are taken in chunks that fit into memory, each sorted into files by day; where a file's order put one day into
several chunks, its files are made one at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from geo.areas import Areas
from geo.cities import City
from streams.archive import lean, rollups
from streams.archive.case_columns import CaseColumns, Places
from streams.archive.columns_of_files import Told, batches, estimated_rows
from streams.archive.files import Part, read, strays, sync_all, write_many
from streams.archive.manifest import File, Manifest, Origin, change, load_for
from streams.archive.view import connect, source
from streams.archive.zones import day_name
from streams.feeds.preset import Preset
from streams.feeds.rows import FeedError, identity

MOST_REFUSED = 0.5  # beyond this share the preset or the file is the wrong one
CHUNK_ROWS = 3_000_000  # about 400 MB while they are sorted
WRITERS = 2
TIME_OF = {"cases": "received_at", "case_events": "recorded_at"}

Progress = Callable[[float], None]


def origin_of(path: Path, preset: Preset) -> str:
    """The name under which a file stands in the archive: equal as long as its content and preset are."""
    return f"{preset.source}-{identity(path)}"


def import_cases(
    folder: Path,
    path: Path,
    preset: Preset,
    city: City,
    areas: Areas | None,
    now: datetime,
    progress: Progress | None = None,
) -> Origin:
    """Load a file of cases into the archive at `folder`; the same file again replaces what it brought before.

    Raises FeedError when the file does not fit the preset, BadArchive when the folder is another city's.
    """
    manifest = load_for(folder, city.id, city.zone)  # says before any work whether the folder is this city's
    origin, told = origin_of(path, preset), Told()
    name = f"{origin}-{manifest.generation + 1}"
    columns = CaseColumns(preset, Places(city, areas), told)
    files = _written(folder, _chunks(path, preset, columns, progress), city.zone, preset.source, origin, name)
    if told.refused > told.rows * MOST_REFUSED:
        discard(folder, files)
        raise FeedError(f"{path.name}: {told.refused:,} of {told.rows:,} rows refused: {(told.reasons or [''])[0]}")
    files = _once(folder, files, name)
    files += rollups.of_origin(folder, files, city.zone, origin, name)
    sync_all()
    rows = sum(file.rows for file in files if file.table == "cases")
    made = Origin(
        path=path.name,
        preset=preset.name,
        rows=rows,
        refused=told.refused,
        repeated=told.rows - told.refused - rows,
        imported_at=now,
    )
    adopt(folder, city, origin, made, files)
    return made


def discard(folder: Path, files: list[File]) -> None:
    """Remove files that no manifest will name."""
    for file in files:
        (folder / file.path).unlink(missing_ok=True)


def adopt(folder: Path, city: City, origin: str, made: Origin, files: list[File]) -> None:
    """Name an import's files in the manifest, in place of those that the same file brought before."""

    def renamed(manifest: Manifest) -> Manifest:
        before = [file.path for file in manifest.files if file.origin == origin]
        return manifest.changed(files, before, origins=manifest.origins | {origin: made})

    named = change(folder, city.id, city.zone, renamed)
    for path in strays(folder, [file.path for file in named.files], origin):
        path.unlink(missing_ok=True)


def _chunks(path: Path, preset: Preset, columns: CaseColumns, progress: Progress | None) -> Iterator[Any]:
    """Lean rows, as many at a time as memory should hold."""
    expected = estimated_rows(path)
    waiting: list[Any] = []
    n = 0
    for batch in batches(path, preset, columns.told):
        rows = columns.rows(batch)
        waiting.append(rows)
        n += rows.num_rows
        if progress is not None:
            progress(min(0.95, 0.95 * columns.told.rows / expected))
        if n >= CHUNK_ROWS:
            yield lean.once(lean.joined(waiting))
            waiting, n = [], 0
    if waiting:
        yield lean.once(lean.joined(waiting))


def _written(folder: Path, chunks: Iterable[Any], zone: str, source: str, origin: str, name: str) -> list[File]:
    """Files by day of every chunk; two at a time, since compressing is most of the work."""
    files: list[File] = []
    with ThreadPoolExecutor(WRITERS) as pool:
        for number, rows in enumerate(chunks):
            parts = _parts(rows, zone, source, origin, f"{name}-{number}")
            files += pool.map(lambda part: write_many(folder, [part()])[0], parts)
    return files


def _parts(rows: Any, zone: str, source: str, origin: str, name: str) -> Iterator[Callable[[], Part]]:
    for day in lean.by_receipt(rows, zone):
        yield partial(_case_part, day, source, origin, name)
    for day in lean.by_event(rows, zone):
        yield partial(_event_part, day, source, origin, name)


def _case_part(day: lean.Day, source: str, origin: str, name: str) -> Part:
    return Part("cases", day_name(day.day), name, lean.as_cases(day.rows, source), origin)


def _event_part(day: lean.Day, source: str, origin: str, name: str) -> Part:
    return Part("case_events", day_name(day.day), name, lean.as_events(day.rows, day.closing, source), origin)


def _once(folder: Path, files: list[File], name: str) -> list[File]:
    """One file a table and day; of cases that stand in several chunks only the rows of the first."""
    first = _first_chunk(folder, [file for file in files if file.table == "cases"])
    groups: dict[tuple[str, str], list[File]] = {}
    for file in files:
        groups.setdefault((file.table, file.day), []).append(file)
    kept: list[File] = []
    for (table, day), group in sorted(groups.items()):
        if len(group) == 1 and not first:
            kept += group
            continue
        rows = pa.concat_tables([_of_chunk(read(folder, [file], table), _chunk(file), first) for file in group])
        rows = rows.sort_by([(key, "ascending") for key in ("cell", TIME_OF[table], "case_id")])
        if rows.num_rows:
            kept += write_many(folder, [Part(table, day, f"{name}-all", rows, group[0].origin)])
        discard(folder, group)
    return kept


def _chunk(file: File) -> int:
    """Which chunk of the import a file holds."""
    return int(Path(file.path).stem.rpartition("-")[2])


def _first_chunk(folder: Path, files: list[File]) -> dict[str, int]:
    """Ids that stand in more than one chunk, and the first that has them."""
    if len({_chunk(file) for file in files}) < 2:
        return {}
    db = connect()
    try:
        found = db.execute(
            "SELECT case_id, min(regexp_extract(filename, '-([0-9]+)[.]parquet$', 1)::INT) FROM"
            f" {source(folder, files, 'cases').removesuffix(')')}, filename = true)"
            " GROUP BY 1 HAVING count(*) > 1"
        ).fetchall()
    finally:
        db.close()
    return dict(found)


def _of_chunk(rows: Any, chunk: int, first: dict[str, int]) -> Any:
    """Rows without those that an earlier chunk has told already."""
    later = pa.array([name for name, its in first.items() if its != chunk], pa.string())
    return rows.filter(pc.invert(pc.is_in(rows["case_id"], value_set=later))) if len(later) else rows
