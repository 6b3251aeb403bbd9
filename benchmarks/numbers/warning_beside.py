"""Whether frames stay punctual while early warning looks at a large city beside the engine, and while it learns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import mean, median
from typing import Any

import msgspec

from benchmarks.drip import Drip
from benchmarks.machine import cpu_s, resident_mb
from benchmarks.numbers.seen_in_browser import WALL_TOPICS
from benchmarks.numbers.warning_cost import MOST_MB, MOST_S
from benchmarks.results import Result, rounded
from benchmarks.run import Run
from benchmarks.servers import READY_S, Servers, python, wait_until
from benchmarks.traffic import RECEIVED
from benchmarks.viewers import Viewers
from benchmarks.warned_city import CATEGORIES, CityTraffic, learning
from dashboard.warner.field import NoField, read_seen
from dashboard.warner.past import ARCHIVE, KeptModel

NAME = "frames-beside-warning"
ASKS = "age of frames while early warning looks at 20,000 cells and 10 categories beside the engine, and without it"
NOISE_MS = 50.0
CELLS = (20_000, 20_000, 1_000)
A_DAY = (65_000, 65_000, 2_000)
LEARNT_DAYS = (14, 10, 8)
ROUNDS = (5, 2, 1)
ROUND_S = (30.0, 15.0, 4.0)
EVERY_S = (5, 5, 1)
VIEWERS = (50, 20, 5)
PER_S = 50
LEARN_S = 900.0
NICE = ("nice", "-n", "19")


@dataclass
class Looks:
    """What the process that warns did while viewers watched."""

    n: int = 0
    cpu_s: list[float] = field(default_factory=list)
    mb: list[float] = field(default_factory=list)


def measure(run: Run) -> Iterator[Result]:
    cells, every_s, round_s = run.pick(*CELLS), run.pick(*EVERY_S), run.pick(*ROUND_S)
    with run.servers() as servers:
        servers.start_engine()
        servers.start_web()
        run.say("a day of cases")
        _fill(servers, cells, run.pick(*A_DAY))
        quiet, beside, looks = [], [], Looks()
        complaints = run.pick(*A_DAY) / 86_400 / (PER_S * RECEIVED)
        drip = Drip(servers, CityTraffic(seed=700, cells=cells, complaints=complaints), PER_S)
        with Viewers(servers, run.pick(*VIEWERS), WALL_TOPICS) as crowd, drip:
            run.say("learning, at the lowest priority")
            learning_too, learnt = _while_learning(servers, crowd, (cells, run.pick(*A_DAY), run.pick(*LEARNT_DAYS)))
            for _ in range(run.pick(*ROUNDS)):
                quiet.append(crowd.over(round_s))
                run.say("the same with early warning")
                beside.append(_while_looking(servers, crowd, every_s, round_s, looks))
    without, with_looks = median(r["p99_ms"] for r in quiet), median(r["p99_ms"] for r in beside)
    conditions = {
        "looked": f"{looks.n} times, every {every_s} s instead of every 5 minutes",
        "cells": cells,
        "categories": f"{len(CATEGORIES)}, and the themes of grave words",
        "cases a day": run.pick(*A_DAY),
        "load": f"{PER_S} events/s; of the cases among them as many are complaints as on the day before",
        "learning a model, s of processor time": rounded(learnt["learn_s"]),
        "age": "from the engine's clock at the beginning of the turn to the viewer's socket",
    }
    yield Result(
        name=NAME,
        value=round(with_looks),
        unit="ms (frame age, p99)",
        target=f"unchanged within noise ({NOISE_MS:.0f} ms)",
        met=with_looks - without <= NOISE_MS,
        n=sum(r["frames"] for r in beside),
        compared_with={
            "without early warning, p99 ms": round(without),
            "without, every round": [round(r["p99_ms"]) for r in quiet],
            "with it, every round": [round(r["p99_ms"]) for r in beside],
            "while it learns, p99 ms": round(learning_too["p99_ms"]),
            "longest silence without, ms": round(max(r["longest_gap_ms"] for r in quiet)),
            "longest silence with, ms": round(max(r["longest_gap_ms"] for r in beside)),
        },
        conditions=conditions,
    )
    yield from _costs(looks)


def _costs(looks: Looks) -> Iterator[Result]:
    """Of the running process: with the log that it reads, and what it writes."""
    yield Result(
        name=f"{NAME}: one look",
        value=rounded(mean(looks.cpu_s)),
        unit="s of processor time of the running process",
        target=f"≤ {MOST_S:g} s every five minutes",
        met=mean(looks.cpu_s) <= MOST_S,
        n=looks.n,
        conditions={"counted": "all that the process does from look to look"},
    )
    yield Result(
        name=f"{NAME}: memory",
        value=round(max(looks.mb)),
        unit="MB, resident, of the running process",
        target=f"≤ {MOST_MB} MB",
        met=max(looks.mb) <= MOST_MB,
        n=len(looks.mb),
        conditions={"counted": "the whole process with its libraries; learning is another one"},
    )


def _fill(servers: Servers, cells: int, n: int) -> None:
    """The cases of a day that ends now, which early warning counts; each fourth entry closes one."""
    begin = datetime.now(UTC) - timedelta(days=1)
    entries = CityTraffic(seed=701, only_cases=True, cells=cells).entries(n * 4 // 3, begin, timedelta(days=0.75) / n)
    servers.append([entry.raw for entry in entries])
    servers.wait_until_taken()


def _while_learning(servers: Servers, crowd: Viewers, sizes: tuple[int, int, int]) -> tuple[dict[str, Any], Any]:
    """What viewers see while a model is learnt, and what that cost; the model is put where a warner finds it."""
    path = servers.folder / "learnt"
    log = servers.folder / "logs" / "learning.log"
    process = servers.run_loose("learning", [*NICE, *learning(*sizes, datetime.now(UTC), path)])
    crowd.report()
    wait_until(lambda: process.poll() is not None, LEARN_S, "a model is learnt", every_s=0.2)
    seen = crowd.report()
    if process.returncode:
        raise ChildProcessError(log.read_text(encoding="utf-8", errors="replace")[-500:])
    kept = KeptModel(ARCHIVE, path.read_bytes(), [])
    (servers.folder / f"warnings-{servers.city}.model").write_bytes(msgspec.msgpack.encode(kept))
    return seen, json.loads(log.read_text(encoding="utf-8").splitlines()[-1])


def _while_looking(servers: Servers, crowd: Viewers, every_s: int, round_s: float, looks: Looks) -> dict[str, Any]:
    with _warner(servers, every_s) as pid:
        before, cpu_before = _looked_at(servers), cpu_s(pid)
        seen = crowd.over(round_s)
        n = round((_looked_at(servers) - before).total_seconds() / every_s)
        looks.n += n
        looks.cpu_s.append((cpu_s(pid) - cpu_before) / max(n, 1))
        looks.mb.append(resident_mb(pid))
    return seen


@contextmanager
def _warner(servers: Servers, every_s: int) -> Iterator[int]:
    """The product's warner, once it has looked with its model; at the priority that it gives itself."""
    began = datetime.now(UTC)
    process = servers.run_loose("warner", python("-m", "benchmarks.warner_often", str(every_s)))
    try:
        wait_until(lambda: _looked_at(servers) > began, READY_S, "early warning looks", every_s=0.2)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _looked_at(servers: Servers) -> datetime:
    """When it looked last with something to compare with."""
    try:
        seen = read_seen(servers.folder / f"warnings-{servers.city}.seen")
    except NoField:
        return datetime.min.replace(tzinfo=UTC)
    return seen.at if seen.cells else datetime.min.replace(tzinfo=UTC)
