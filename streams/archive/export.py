"""Rows of the archive as files for others: CSV, Parquet, GeoParquet."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streams.archive.schema import LATEST, TABLES
from streams.archive.view import EVERYTHING, View, Where

FORMATS = ("csv", "parquet", "geoparquet")
TIME_OF = {"cases": "received_at", "incidents": "received_at", "assignments": "received_at", "calls": "offered_at"}
# What a spreadsheet would run as a formula gets a quote before it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
POINT_WKB = np.frombuffer(b"\x01\x01\x00\x00\x00", np.uint8)
_SPREADSHEET_ROWS = 50_000


def export(
    view: View,
    table: str,
    target: Path,
    form: str,
    start: datetime | None = None,
    end: datetime | None = None,
    where: Where = EVERYTHING,
) -> int:
    """Write the rows of a table recorded (cases, incidents: received; calls: offered) in [start, end) to one file.

    Returns how many. Raises ValueError for a form that the table does not have. The file is whole or not there.
    """
    if form not in FORMATS:
        raise ValueError(f"format {form!r}: one of {', '.join(FORMATS)}")
    if form == "geoparquet" and "lat" not in TABLES[table].names:
        raise ValueError(f"{table}: has no places, so there is no GeoParquet of it")
    sql, values = _select(view, table, start, end, where)
    rows = view.arrow(sql, values)
    beside = target.with_name(f".{target.name}.part")
    {"csv": _csv, "parquet": _parquet, "geoparquet": _geoparquet}[form](rows, beside)
    beside.replace(target)
    return int(rows.num_rows)


def _select(
    view: View, table: str, start: datetime | None, end: datetime | None, where: Where
) -> tuple[str, list[Any]]:
    spec = TABLES[table]
    time = TIME_OF.get(table, "recorded_at" if "recorded_at" in spec.names else "")
    condition, values = where.sql()
    limits = []
    for sign, at in ((">=", start), ("<", end)):
        if at is not None and time:
            limits.append(f"{time} {sign} ?")
            values.append(at)
    days = None
    if start is not None and end is not None and time in ("recorded_at", "received_at") and spec.by != "month":
        days = view.days_from(start, end) if table in ("cases", "case_events", "events", "incident_events") else None
    source = view.latest(table, days) if table in LATEST else view.table(table, days)
    names = ", ".join(spec.names)
    return (
        f"SELECT {names} FROM {source} WHERE {' AND '.join([condition, *limits])} ORDER BY {', '.join(spec.order)}",
        values,
    )


def _csv(rows: Any, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(rows.column_names)
        for batch in rows.to_batches(_SPREADSHEET_ROWS):
            writer.writerows([_cell(value) for value in row.values()] for row in batch.to_pylist())


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _parquet(rows: Any, path: Path) -> None:
    pq.write_table(rows, path, compression="zstd")


def _geoparquet(rows: Any, path: Path) -> None:
    """GeoParquet 1.1: points as WKB in `geometry`, longitude first as that format has it; cells also as text."""
    lat, lng = (np.array(rows[name].combine_chunks().fill_null(np.nan), np.float64) for name in ("lat", "lng"))
    has = np.isfinite(lat) & np.isfinite(lng)
    points = np.zeros((len(lat), 21), np.uint8)
    points[:, :5] = POINT_WKB
    points[:, 5:] = np.stack([lng, lat], axis=1).astype("<f8").view(np.uint8)
    offsets = pa.py_buffer(np.arange(0, 21 * (len(lat) + 1), 21, dtype=np.int32).tobytes())
    wkb = pa.Array.from_buffers(pa.binary(), len(lat), [None, offsets, pa.py_buffer(points.tobytes())])
    geometry = pa.array([w if h else None for w, h in zip(wkb.to_pylist(), has.tolist(), strict=True)], pa.binary())
    about: dict[str, Any] = {"encoding": "WKB", "geometry_types": ["Point"]}  # without a crs: OGC:CRS84
    if has.any():
        about["bbox"] = [float(lng[has].min()), float(lat[has].min()), float(lng[has].max()), float(lat[has].max())]
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": about}}
    table = rows.append_column("geometry", geometry)
    table = table.replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, path, compression="zstd")
