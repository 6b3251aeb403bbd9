"""A page of the wall over a week in fast motion: its heap after each collection, its nodes, its frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.processes import START_S, running
from tests.support.week import Week
from tests.support.week_runs import DAYS, assert_flat

READY = "() => window.hexwatch?.stats.seq >= 0 && window.hexwatch.map"
SHOWS = "(seq) => window.hexwatch.stats.seq >= seq"
HEAP_KB = 3_000
NODES = 400


def watch_a_week(page: Any, folder: Path, step_m: float, per_day: int) -> None:
    """A frame a step, the next when the page has drawn the last. Fails when its heap or its nodes grow."""
    with running(folder, OPEN_WALL="yes") as system:
        web = system.add("web", "serve")
        week = Week(system.client, system.city, step_m, per_day, seed=1)
        system.until(system.web_answers, START_S, "the web answers", web)
        page.goto(f"{system.base}/wall")
        page.wait_for_function(READY)
        tools = page.context.new_cdp_session(page)
        tools.send("HeapProfiler.enable")
        steps, weights = 0, []
        for _ in range(DAYS):
            for seq in week.day():
                page.wait_for_function(SHOWS, arg=seq)
                steps += 1
            weights.append(weigh(page, tools))
    print(weights)
    assert weights[-1]["frames"] >= steps * 0.9, "most of the steps were to come as frames, not as snapshots"
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
