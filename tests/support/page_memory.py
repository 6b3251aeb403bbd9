"""A page of the wall over a week in fast motion: its heap after each collection, its nodes, its frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.processes import START_S, running
from tests.support.week_runs import DAYS, assert_flat, week

READY = "() => window.hexwatch?.stats.seq >= 0 && window.hexwatch.map"
FRAME_S = 0.05  # the socket component keeps only the newest message of a moment: much faster, and frames are skipped
HEAP_KB = 3_000
NODES = 400


def watch_a_week(page: Any, folder: Path, step_m: float, per_day: int, least_frames: int) -> None:
    """Fails when heap or nodes of the page grow after the warm-up, or when too few frames reached it."""
    with (
        running(folder, OPEN_WALL="yes", FRAME_RING_S="5") as system,
        week(system, step_m, per_day, FRAME_S) as begin,
    ):
        web = system.add("web", "serve")
        system.until(system.web_answers, START_S, "the web answers", web)
        page.goto(f"{system.base}/wall")
        page.wait_for_function(READY, timeout=30_000)
        tools = page.context.new_cdp_session(page)
        tools.send("HeapProfiler.enable")
        weights = [weigh(page, tools) for _ in begin()]
    print(weights)
    assert len(weights) == DAYS
    assert weights[-1]["frames"] >= least_frames
    assert_flat([weight["heap_kb"] for weight in weights], HEAP_KB, "heap")
    assert_flat([weight["nodes"] for weight in weights], NODES, "nodes")


def weigh(page: Any, tools: Any) -> dict[str, float]:
    tools.send("HeapProfiler.collectGarbage")
    return {
        "frames": page.evaluate("hexwatch.stats.framesApplied"),
        "snapshots": page.evaluate("hexwatch.stats.snapshots"),
        "heap_kb": tools.send("Runtime.getHeapUsage")["usedSize"] / 1024,
        "nodes": tools.send("Memory.getDOMCounters")["nodes"],
    }
