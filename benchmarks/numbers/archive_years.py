"""How fast five years of a city's hotline answer: a briefing's figures, a trend, one cell in one month."""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import h3

from benchmarks.results import Result, percentile, rounded
from benchmarks.run import Run
from benchmarks.years import FIRST, LAST, make
from dashboard.briefing.document import Rules, make_briefing
from dashboard.briefing.period import Span, period_of
from dashboard.briefing.place import rules_of
from dashboard.settings import read_settings
from geo.cities import City, load_city
from streams.archive import lists, query
from streams.archive.view import Archive, View, bounds_of

NAME = "archive-years"
ASKS = "five made-up years: a day's briefing, the monthly trend, a cell's month; beside them SQLite with indexes"
CASES = (5_000_000, 500_000, 20_000)
READY = "BENCH_ARCHIVE"  # a folder that `python -m benchmarks.years` filled, e.g. with all 150 million
SUBSET = (10_000_000, 500_000, 20_000)
REPEATS = (15, 8, 2)
CITY_VOLUME = 150_000_000
BRIEFING_S, TREND_S, CELL_S = 2.0, 2.0, 1.0
_MONTH = "strftime('%Y-%m', received_at / 1000000 + 28800, 'unixepoch')"


def measure(run: Run) -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="hexwatch-bench-archive-") as scratch:
        folder = Path(os.environ[READY]) if READY in os.environ else Path(scratch) / "archive"
        if READY not in os.environ:
            run.say(f"writing {run.pick(*CASES):,} cases")
            make(folder, run.pick(*CASES), run.say)
        with Archive(folder).view() as view:
            rows = sum(file.rows for file in view.manifest.of("cases"))
            run.say("a subset for SQLite")
            with closing(sqlite3.connect(Path(scratch) / "beside.sqlite")) as beside:
                subset = _into_sqlite(view, beside, run.pick(*SUBSET))
                yield from _asked(run, view, Beside(beside, subset), rows)


@dataclass
class Beside:
    """The same questions to SQLite, over the newest days that make up the subset."""

    db: sqlite3.Connection
    days: list[date]

    @property
    def rows(self) -> int:
        return int(self.db.execute("SELECT count(*) FROM cases").fetchone()[0])

    def briefing(self, view: View, day: date) -> Any:
        start, end = (int(at.timestamp() * 1e6) for at in bounds_of(day, view.zone))
        ask = self.db.execute
        received = ask(
            "SELECT area, count(*) FROM cases WHERE received_at >= ? AND received_at < ? GROUP BY 1", (start, end)
        )
        closed = ask("SELECT area, count(*) FROM cases WHERE closed_at >= ? AND closed_at < ? GROUP BY 1", (start, end))
        standing = ask(
            "SELECT area, count(*), sum(target_at < ?) FROM cases WHERE received_at < ?"
            " AND (closed_at IS NULL OR closed_at >= ?) GROUP BY 1",
            (end, end, end),
        )
        return received.fetchall(), closed.fetchall(), standing.fetchall()

    def trend(self) -> Any:
        return self.db.execute(f"SELECT {_MONTH}, category, area, count(*) FROM cases GROUP BY 1, 2, 3").fetchall()

    def cell(self, view: View, cell: int, first: date, last: date) -> Any:
        start, end = (int(bounds_of(d, view.zone)[n].timestamp() * 1e6) for n, d in enumerate((first, last)))
        return self.db.execute(
            "SELECT * FROM cases WHERE cell = ? AND received_at >= ? AND received_at < ?", (cell, start, end)
        ).fetchall()


def _into_sqlite(view: View, db: sqlite3.Connection, most: int) -> list[date]:
    """The newest days with at most so many cases, with the indexes that these questions want."""
    db.execute("PRAGMA journal_mode = OFF")
    db.execute(
        "CREATE TABLE cases (case_id TEXT, area TEXT, category TEXT, channel TEXT, cell INTEGER, received_at INTEGER,"
        " closed_at INTEGER, target_at INTEGER)"
    )
    chosen: list[date] = []
    n = 0
    for day in reversed(view.manifest.days("cases")):
        rows = view.arrow(
            "SELECT case_id, area, category, channel, cell, epoch_us(received_at), epoch_us(closed_at),"
            f" epoch_us(target_at) FROM {view.table('cases', [day])}"
        )
        n += rows.num_rows
        if n > most and chosen:
            break
        chosen.append(date.fromisoformat(day))
        columns = [column.to_pylist() for column in rows.columns]
        db.executemany(f"INSERT INTO cases VALUES ({', '.join('?' * 8)})", zip(*columns, strict=True))
    for wanted in ("received_at, area", "closed_at, area", "cell, received_at", "category, area, received_at"):
        db.execute(f"CREATE INDEX {'_'.join(wanted.split(', '))} ON cases ({wanted})")
    db.commit()
    return sorted(chosen)


def briefing(view: View, city: City, rules: Rules, day: date) -> None:
    """The product's own briefing of a day, as `brief` makes it before it writes files."""
    make_briefing(view, city, period_of(Span.DAY, day, view.zone), rules, datetime.now(UTC))


def _asked(run: Run, view: View, beside: Beside, rows: int) -> Iterator[Result]:
    draw = random.Random(5)
    days = view.manifest.days("cases")
    volume = {"cases": rows, "the city's real volume": CITY_VOLUME, "files": len(view.manifest.files)}
    repeats = run.pick(*REPEATS)
    chosen = [date.fromisoformat(draw.choice(days[len(days) // 2 :])) for _ in range(repeats)]
    city = load_city(view.manifest.city)
    rules = rules_of(read_settings({}), city)
    took = _times_s([partial(briefing, view, city, rules, day) for day in chosen])
    yield _result(
        "a day's briefing", took, BRIEFING_S, volume,
        {f"SQLite of {beside.rows:,}: the day, what stands, by district (p50 s)": _p50(
            [partial(beside.briefing, view, d) for d in draw.choices(beside.days, k=min(3, repeats))])},
    )  # fmt: skip
    ask = lambda raw: query.trend(view, FIRST, LAST, "month", ("category", "area"), from_rows=raw)  # noqa: E731
    took = _times_s([lambda: ask(False)] * min(5, repeats))
    yield _result(
        "five-year trend", took, TREND_S, volume,
        {"the same from the rows (s)": _p50([lambda: _raw_trend(view)]),
         f"SQLite of {beside.rows:,} (p50 s)": _p50([beside.trend])},
    )  # fmt: skip
    yield from _cells(view, beside, volume, draw, repeats)


def _raw_trend(view: View) -> Any:
    return view.rows(
        f"SELECT date_trunc('month', day) AS month, category, area, count(*) FROM {view.table('cases')} GROUP BY ALL"
    )


def _cells(view: View, beside: Beside, volume: dict[str, int], draw: random.Random, repeats: int) -> Iterator[Result]:
    asked: list[Callable[[], Any]] = []
    also: list[Callable[[], Any]] = []
    for _ in range(repeats):
        day = date.fromisoformat(draw.choice(view.manifest.days("cases")))
        first = day.replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        row = view.rows(f"SELECT cell FROM {view.table('cases', [day.isoformat()])} USING SAMPLE 1")[0]
        cell = h3.int_to_str(row["cell"])
        asked.append(partial(lists.cases_of_cell, view, cell, first, last))
        also.append(partial(beside.cell, view, row["cell"], first, last))
    yield _result("a cell's month", _times_s(asked), CELL_S, volume, {f"SQLite of {beside.rows:,} (p50 s)": _p50(also)})


def _result(what: str, took: list[float], most_s: float, volume: dict[str, int], beside: dict[str, Any]) -> Result:
    worst = percentile(took, 0.99)
    held = worst <= most_s
    return Result(
        name=f"{NAME}: {what}",
        value=rounded(worst),
        unit="s (the slowest)",
        target=f"≤ {most_s:g} s at {CITY_VOLUME:,} cases",
        # A smaller archive proves nothing of the promise unless it is broken there already.
        met=held if volume["cases"] >= CITY_VOLUME or not held else None,
        n=len(took),
        compared_with={"p50 s": rounded(percentile(took, 0.5)), **beside},
        conditions=volume,
    )


def _times_s(asked: list[Callable[[], Any]]) -> list[float]:
    times = []
    for ask in asked:
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    return times


def _p50(asked: list[Callable[[], Any]]) -> float:
    return rounded(percentile(_times_s(asked), 0.5))
