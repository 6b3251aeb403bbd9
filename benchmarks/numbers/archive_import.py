"""How fast an open-data file enters the archive: reading, times, places, areas, sorting, files, daily counts."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.results import Result
from benchmarks.run import Run
from geo.cities import City, load_city
from streams.archive.intake import import_cases
from streams.feeds.prepare import prepare
from streams.feeds.preset import load_preset

NAME = "archive-import"
ASKS = "rows per second of a file of Boston's form into the archive; beside it the way of a replay's preparation"
ROWS = (2_000_000, 200_000, 5_000)
ROWS_BESIDE = (40_000, 10_000, 1_000)
LEAST_PER_S = 200_000
POINTS = 60_000  # different places: cities round to four or five decimals, and addresses come again
HEAD = "case_enquiry_id,open_dt,target_dt,closed_dt,source,reason,type,neighborhood,location,latitude,longitude"


def measure(run: Run) -> Iterator[Result]:
    preset, city = load_preset("boston-311"), load_city("boston")
    with tempfile.TemporaryDirectory(prefix="hexwatch-bench-import-") as scratch:
        folder = Path(scratch)
        areas = city.load_areas(cache_dir=folder / "cache")
        rows = run.pick(*ROWS)
        run.say(f"writing a file of {rows:,} rows")
        path = write_rows(folder / "rows.csv", rows, city)
        run.say("importing it")
        began = time.perf_counter()
        made = import_cases(folder / "archive", path, preset, city, areas, datetime.now(UTC))
        per_s = made.rows / (time.perf_counter() - began)
        fewer = write_rows(folder / "fewer.csv", run.pick(*ROWS_BESIDE), city)
        began = time.perf_counter()
        prepared = prepare(fewer, preset, folder / "prepared")
        beside = prepared.rows / (time.perf_counter() - began)
        yield Result(
            name=NAME,
            value=round(per_s),
            unit="rows/s",
            target=f"≥ {LEAST_PER_S:,} rows/s on two cores",
            met=per_s >= LEAST_PER_S,
            n=made.rows,
            compared_with={"row by row, as a replay prepares the same file (rows/s)": round(beside)},
            conditions={
                "file": f"{path.stat().st_size / 2**20:,.0f} MB of CSV, {POINTS:,} different places, four months"
            },
        )


def write_rows(path: Path, rows: int, city: City) -> Path:
    """A file as a city publishes it: in the order of receipt, three quarters closed, most with a deadline."""
    draw = np.random.default_rng(rows)
    begin = datetime(2011, 7, 1)
    view = city.view
    lat = np.round(view.lat + draw.normal(0, 0.03, POINTS), 4)
    lng = np.round(view.lng + draw.normal(0, 0.03, POINTS), 4)
    step = timedelta(days=120) / rows
    places = draw.integers(0, POINTS, rows).tolist()
    hours = (np.exp(draw.normal(3, 1.2, rows))).tolist()
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD + "\n")
        for n, (place, took_h) in enumerate(zip(places, hours, strict=True)):
            opened = begin + n * step
            closed = f"{opened + timedelta(hours=took_h):%Y-%m-%d %H:%M:%S}" if n % 4 else ""
            target = f"{opened + timedelta(days=n % 9 + 1):%Y-%m-%d %H:%M:%S}" if n % 7 else ""
            source = ("Constituent Call", "Self Service", "Employee Generated")[n % 3]
            file.write(
                f"10100{n},{opened:%Y-%m-%d %H:%M:%S},{target},{closed},{source},Reason {n % 31},Type {n % 134},"
                f"Roxbury,{n % 900} Main Street,{lat[place]},{lng[place]}\n"
            )
    return path
