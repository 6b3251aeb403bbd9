"""Recorded files into the archive: cases column by column, incidents and units through the folds of the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dashboard.archive_rows import Memory, Rows, assignment_values, incident_values, table_of
from dashboard.projection import Fact
from emergency.incidents import Incident
from geo.areas import Areas
from geo.cities import City
from geo.days import local_date
from streams.archive.files import Part, sync_all, write_many
from streams.archive.intake import adopt, import_cases, origin_of
from streams.archive.manifest import File, Origin, load_for
from streams.codec import decode_envelope, payload_of, split_private
from streams.events import Envelope, IncidentReceived
from streams.feeds.prepare import Prepared, prepare
from streams.feeds.preset import Preset
from streams.feeds.sequence import as_recorded

Progress = Callable[[float], None]


def import_file(
    folder: Path,
    path: Path,
    preset: Preset,
    city: City,
    areas: Areas | None,
    work_dir: Path,
    progress: Progress | None = None,
) -> Origin:
    """Load a recorded file into the archive; the same file again replaces what it brought before.

    Raises FeedError when the file does not fit the preset, BadArchive when the folder is another city's.
    """
    now = datetime.now(UTC)
    if preset.record == "case":
        return import_cases(folder, path, preset, city, areas, now, progress)
    manifest = load_for(folder, city.id, city.zone)
    origin = origin_of(path, preset)
    prepared = prepare(path, preset, work_dir, progress=_share(progress))
    files = _incident_files(folder, prepared, city, areas, origin, f"{origin}-{manifest.generation + 1}")
    sync_all()
    rows = sum(file.rows for file in files if file.table == "incidents")
    made = Origin(
        path=path.name,
        preset=preset.name,
        rows=rows,
        refused=prepared.dead,
        repeated=prepared.repeated,
        imported_at=now,
    )
    adopt(folder, city, origin, made, files)
    return made


def _share(progress: Progress | None) -> Callable[[int, int | None], None] | None:
    if progress is None:
        return None
    return lambda rows, of: progress(0.9 * rows / of if of else 0.0)


def _incident_files(
    folder: Path, prepared: Prepared, city: City, areas: Areas | None, origin: str, name: str
) -> list[File]:
    """Facts by day, then every incident and its units once, in the folder of its receipt."""
    memory, files = Memory(), []
    for day, rows in _by_day(prepared, city, areas, memory):
        table = rows.tables().get("incident_events")
        if table is not None:
            files += write_many(folder, [Part("incident_events", day, name, table, origin)])
    by_day: dict[str, list[Incident]] = {}
    for incident in memory.documents["incident"].values():
        if incident.received_at is not None:
            by_day.setdefault(local_date(incident.received_at, city.zone).isoformat(), []).append(incident)
    for day, incidents in sorted(by_day.items()):
        incidents.sort(key=lambda incident: incident.incident_id)
        tables = {
            "incidents": table_of("incidents", [(*incident_values(i.incident_id, i), i.seq) for i in incidents]),
            "assignments": table_of("assignments", [row for i in incidents for row in assignment_values(i)]),
        }
        files += write_many(folder, [Part(t, day, name, rows, origin) for t, rows in tables.items() if rows.num_rows])
    return files


def _by_day(prepared: Prepared, city: City, areas: Areas | None, memory: Memory) -> Iterator[tuple[str, Rows]]:
    rows, current = Rows(), ""
    for number, item in enumerate(as_recorded(prepared, 0, None)):
        if item.reason:
            continue
        envelope = recorded(decode_envelope(item.body), city, areas)
        day = local_date(envelope.occurred_at, city.zone).isoformat()
        if day != current and rows.facts:
            yield current, rows
            rows = Rows()
        current = day
        memory.take(Fact(0, number, envelope), rows)
    if rows.facts:
        yield current, rows


def recorded(envelope: Envelope, city: City, areas: Areas | None) -> Envelope:
    """The event as the engine would have recorded it the moment it happened."""
    payload: Any = payload_of(envelope)
    public, _ = split_private(envelope.data)
    placed = None
    if isinstance(payload, IncidentReceived):
        place = city.place(payload.lat, payload.lng, areas, payload.area or "")
        placed = {"cell": place.cell, "area": place.area}
    return Envelope(
        source=envelope.source,
        id=envelope.id,
        type=envelope.type,
        version=envelope.version,
        occurred_at=envelope.occurred_at,
        recorded_at=envelope.occurred_at,
        subject=payload.subject,
        data=public,
        placed=placed,
        flags=envelope.flags,
    )
