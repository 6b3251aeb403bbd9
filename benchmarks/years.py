"""Five years of a large city, made up: `python -m benchmarks.years --size 150000000 --out FOLDER` writes its archive.

150 million cases is what Beijing's 12345 takes in five years. They are drawn, not real: districts, categories, channels
and hours in fixed proportions, closings lognormal, deadlines by grade; all follows from the seed. About 155 bytes
a case on disk in all tables. Never put the result under version control.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import h3
import numpy as np
import pyarrow as pa

from geo.cities import load_city
from streams.archive import lean, rollups
from streams.archive.files import Part, sync_all, write_many
from streams.archive.manifest import File, Manifest, Origin, change
from streams.archive.zones import DAY_US, day_name

CITY, ORIGIN = "beijing", "made-up"
FIRST, LAST = date(2021, 1, 1), date(2025, 12, 31)
SEED = 2021
AREAS, CATEGORIES = 16, 20
CHANNELS = (("phone", 60), ("app", 18), ("wechat", 12), ("web", 6), ("enterprise", 3), ("foreign", 1))
GRADES = (("1", 10, 1), ("2", 60, 7), ("3", 30, 15))  # grade, share, days until due
HOURS = np.array([8, 5, 4, 3, 3, 4, 12, 30, 60, 72, 70, 62, 48, 55, 62, 64, 60, 50, 42, 36, 30, 24, 18, 12], float)
CELLS = 16_000
NEVER_CLOSED = 0.004
HOUR_US = DAY_US // 24

Say = Callable[[str], None]


def make(folder: Path, cases: int, say: Say = lambda _: None) -> Manifest:
    """Write an archive of that many cases; returns its manifest."""
    zone = load_city(CITY).zone
    cells = _cells()
    files: list[File] = []
    began = time.monotonic()
    days = (LAST - FIRST).days + 1
    months = _months()
    with ThreadPoolExecutor(2) as pool:
        for number, (start, length) in enumerate(months):
            rows = _month(np.random.default_rng([SEED, number]), start, length, round(cases * length / days), cells)
            writes = [partial(_write, folder, part) for part in _parts(rows, zone, number)]
            files += pool.map(lambda write: write(), writes)
            say(f"{number + 1} of {len(months)} months, {time.monotonic() - began:.0f} s")
    say("counting days")
    files += rollups.of_origin(folder, files, zone, ORIGIN, ORIGIN)
    sync_all()
    rows_written = sum(file.rows for file in files if file.table == "cases")
    origin = Origin(path="made up", preset="none", rows=rows_written, imported_at=datetime.now(UTC))
    return change(folder, CITY, zone, lambda m: m.changed(files, origins={ORIGIN: origin}))


def _write(folder: Path, part: Callable[[], Part]) -> File:
    return write_many(folder, [part()])[0]


def _parts(rows: Any, zone: str, number: int) -> Iterator[Callable[[], Part]]:
    """Receipts stand in their month; closings of later months come beside those months' own."""
    name = f"{ORIGIN}-{number:02d}"
    for day in lean.by_receipt(rows, zone):
        yield partial(_cases, day, name)
    for day in lean.by_event(rows, zone):
        yield partial(_events, day, name)


def _cases(day: lean.Day, name: str) -> Part:
    return Part("cases", day_name(day.day), name, lean.as_cases(day.rows, ORIGIN), ORIGIN)


def _events(day: lean.Day, name: str) -> Part:
    return Part("case_events", day_name(day.day), name, lean.as_events(day.rows, day.closing, ORIGIN), ORIGIN)


def _months() -> list[tuple[int, int]]:
    """(first day since 1970, days) of each month."""
    starts = np.arange(np.datetime64(FIRST, "M"), np.datetime64(LAST, "M") + 1)
    firsts = starts.astype("datetime64[D]").astype(int)
    lengths = (starts + 1).astype("datetime64[D]").astype(int) - firsts
    return list(zip(firsts.tolist(), lengths.tolist(), strict=True))


def _cells() -> Any:
    """Cells of the city, densest first in the draw, and the district of each."""
    city = load_city(CITY)
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(city.view.lat, city.view.lng, 9), 73))[:CELLS]
    return np.array([h3.str_to_int(cell) for cell in cells], np.int64), np.array([h3.cell_to_latlng(c) for c in cells])


def _month(draw: Any, first_day: int, length: int, n: int, cells: Any) -> Any:
    """Lean rows of one month."""
    offset = 8 * HOUR_US  # Beijing's clock, all year
    day = draw.integers(0, length, n)
    hour = draw.choice(24, n, p=HOURS / HOURS.sum())
    received = (first_day + day) * DAY_US + hour * HOUR_US + draw.integers(0, HOUR_US, n) - offset
    took = (np.exp(draw.normal(np.log(60), 1.1, n)) * HOUR_US).astype(np.int64)
    end = (np.datetime64(LAST, "D").astype(int) + 1) * DAY_US - offset
    closed = received + took
    is_closed = (draw.random(n) > NEVER_CLOSED) & (closed < end)
    numbers, places = cells
    where = np.minimum((draw.random(n) ** 2 * len(numbers)).astype(int), len(numbers) - 1)
    grade = draw.choice(3, n, p=np.array([share for _, share, _ in GRADES]) / 100)
    due = received + np.array([days for _, _, days in GRADES])[grade] * DAY_US
    return pa.table(
        {
            "case_id": pa.array(np.char.add(f"{first_day}-", np.arange(n).astype(str)).tolist(), pa.string()),
            "kind": _words(draw.choice(2, n, p=[0.6, 0.4]), ["complaint", "enquiry"]),
            "category": _words(
                (draw.random(n) ** 1.7 * CATEGORIES).astype(int), [f"category-{c:02d}" for c in range(20)]
            ),
            "subcategory": _words(draw.integers(0, 200, n), [f"matter-{c:03d}" for c in range(200)]),
            "channel": _words(
                draw.choice(len(CHANNELS), n, p=np.array([w for _, w in CHANNELS]) / 100), [c for c, _ in CHANNELS]
            ),
            "language": _words(np.zeros(n, int), ["zh"]),
            "grade": _words(grade, [g for g, _, _ in GRADES]),
            "area": _words(where * AREAS // len(numbers), [f"district-{a:02d}" for a in range(AREAS)]),
            "lat": pa.array(np.round(places[where, 0] + draw.normal(0, 0.0005, n), 5)),
            "lng": pa.array(np.round(places[where, 1] + draw.normal(0, 0.0005, n), 5)),
            "cell": pa.array(numbers[where]),
            "received_at": pa.array(received),
            "closed_at": pa.array(closed, mask=~is_closed),
            "target_at": pa.array(due, mask=draw.random(n) < 0.1),
        }
    )


def _words(codes: Any, words: list[str]) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(np.minimum(codes, len(words) - 1).astype(np.int32)), words)


@click.command()
@click.option(
    "--size", type=int, default=1_000_000, show_default=True, help="cases; the city's real volume is 150,000,000"
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="a folder outside the project"
)
def main(size: int, out: Path) -> None:
    """Write five made-up years of a city's hotline as an archive."""
    began = time.monotonic()
    manifest = make(out, size, lambda text: print(text, file=sys.stderr))
    took = time.monotonic() - began
    mb = sum(file.size for file in manifest.files) / 2**20
    click.echo(
        f"{size:,} cases, {len(manifest.files):,} files, {mb:,.0f} MB in {took:.0f} s ({size / took:,.0f} cases/s)"
    )


if __name__ == "__main__":
    main()
