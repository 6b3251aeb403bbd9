"""How long from the XADD of a complaint until its cell is drawn in a browser, with 200 others watching."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import Any

from benchmarks.browser import NO_BROWSER, wall
from benchmarks.drip import Drip, committed_seqs
from benchmarks.machine import browser_path
from benchmarks.results import Result, not_measured, percentile
from benchmarks.run import Run
from benchmarks.traffic import Traffic
from benchmarks.viewers import Viewers

NAME = "seen-in-browser"
ASKS = "XADD of a complaint to its cell drawn in Chromium, with 200 viewers and 200 events/s"
TARGET = "p50 ≤ 300 ms, p99 ≤ 1,000 ms"
P50_MS, P99_MS = 300, 1000
VIEWERS = (200, 50, 10)
PER_S = 200
SECONDS = (15.0, 3.0, 2.0)
SETTLE_S = 2.0
# What a wall listens to, as its page names it.
WALL_TOPICS = [
    *("figures", "clock", "sources", "curve", "incidents.public", "units"),
    *("channels", "agents", "attention", "alerts.public", "notices", "warnings.public", "cells:open:"),
]
# Notes at each drawing of the cells which seq it shows: the one whose counts were handed to the layer before it.
INSTRUMENT = """() => {
  const map = hexwatch.map, log = (hexwatch.drawings = []);
  let shown = -1;
  const show = map.showCells.bind(map), drawn = map.cells.onDrawn;
  map.showCells = (values, keys) => { shown = hexwatch.live.picture.seq; show(values, keys); };
  map.cells.onDrawn = (what) => { drawn(what); log.push([shown, Date.now()]); };
}"""


def measure(run: Run) -> Iterator[Result]:
    if browser_path() is None:
        yield not_measured(NAME, "ms", TARGET, NO_BROWSER)
        return
    servers, viewers, seconds = run.live(), run.pick(*VIEWERS), run.pick(*SECONDS)
    with Viewers(servers, viewers, WALL_TOPICS) as crowd, wall(servers) as page:
        page.evaluate(INSTRUMENT)
        crowd.report()
        with Drip(servers, Traffic(seed=200), PER_S) as drip:
            page.wait_for_timeout(seconds * 1000)
        page.wait_for_timeout(SETTLE_S * 1000)
        drawings: list[list[float]] = page.evaluate("() => hexwatch.drawings")
        others = crowd.report()
    complaints = {i: at for i, at in drip.appended.items() if drip.types[i] == "case.received"}
    delays = delays_ms(complaints, committed_seqs(servers, set(complaints)), drawings)
    yield Result(
        name=NAME,
        value=round(percentile(delays, 0.99)),
        unit="ms (p99)",
        target=TARGET,
        met=percentile(delays, 0.5) <= P50_MS and percentile(delays, 0.99) <= P99_MS,
        n=len(delays),
        compared_with={
            "p50 ms": round(percentile(delays, 0.5)),
            "worst ms": round(max(delays)),
            "never drawn": len(complaints) - len(delays),
            "the other viewers, frame age p50 ms": _rounded(others["p50_ms"]),
            "the other viewers, frame age p99 ms": _rounded(others["p99_ms"]),
        },
        conditions={
            "viewers": viewers,
            "events/s sent": round(len(drip.appended) / seconds),
            "drawn": "script of the drawing has ended; the compositor may need one more screen refresh",
            "browser": "headless Chromium, software rendering, 1920×1080, on the same cores",
        },
    )


def delays_ms(appended: dict[str, float], seqs: dict[str, int], drawings: list[list[float]]) -> list[float]:
    """From XADD to the first drawing that shows at least the entry's seq; those never drawn are left out."""
    reached = [seq for seq, _ in drawings]
    delays = []
    for entry_id, at in appended.items():
        index = bisect.bisect_left(reached, seqs.get(entry_id, 1 << 60))
        if index < len(drawings):
            delays.append(drawings[index][1] - at * 1000)
    return delays


def _rounded(value: Any) -> int | None:
    return None if value is None else round(value)
