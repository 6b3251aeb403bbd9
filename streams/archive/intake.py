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

import numpy as np
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
            yield lean.joined(waiting)
            waiting, n = [], 0
    if waiting:
        yield lean.joined(waiting)


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
    """Without later rows of cases that the file has more than once, and with one file a table and day."""
    doubled = _doubled(folder, [file for file in files if file.table == "cases"])
    groups: dict[tuple[str, str], list[File]] = {}
    for file in files:
        groups.setdefault((file.table, file.day), []).append(file)
    if not doubled and all(len(group) == 1 for group in groups.values()):
        return files
    seen: set[tuple[str, int]] = set()
    kept: list[File] = []
    for (table, day), group in sorted(groups.items()):
        if len(group) == 1 and not doubled:
            kept += group
            continue
        rows = read(folder, sorted(group, key=lambda file: _number(file.path)), table)
        rows = _first_only(rows, doubled, seen, table)
        rows = rows.sort_by([(key, "ascending") for key in ("cell", TIME_OF[table], "case_id")])
        kept += write_many(folder, [Part(table, day, f"{name}-all", rows, group[0].origin)])
        for file in group:
            (folder / file.path).unlink(missing_ok=True)
    return [file for file in kept if file.rows]


def _number(path: str) -> int:
    """Which chunk of the import a file holds."""
    return int(Path(path).stem.rpartition("-")[2])


def _doubled(folder: Path, files: list[File]) -> set[str]:
    """Ids that stand in more than one row."""
    db = connect()
    try:
        found = db.execute(
            f"SELECT case_id FROM {source(folder, files, 'cases')} GROUP BY 1 HAVING count(*) > 1"
        ).fetchall()
    finally:
        db.close()
    return {name for (name,) in found}


def _first_only(rows: Any, doubled: set[str], seen: set[tuple[str, int]], table: str) -> Any:
    """Of each doubled case one receipt and one closing: those that stand first."""
    if not doubled:
        return rows
    suspect = np.asarray(pc.is_in(rows["case_id"], value_set=pa.array(sorted(doubled), pa.string())))
    keep = np.ones(rows.num_rows, bool)
    offset = 0 if table == "cases" else 10
    for row in np.flatnonzero(suspect).tolist():
        step = rows["index"][row].as_py() if table == "case_events" else 0
        key = rows["case_id"][row].as_py(), offset + step
        keep[row] = key not in seen
        seen.add(key)
    return rows.filter(pa.array(keep))
