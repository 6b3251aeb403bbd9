"""How many events per second one engine takes from the inbox to committed state with everything it maintains."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from benchmarks.results import Result, rounded
from benchmarks.run import Run
from benchmarks.servers import Servers
from benchmarks.traffic import CITY, Traffic
from dashboard.engine.clock import Mode
from dashboard.engine.engine import READ_COUNT, Engine
from dashboard.engine.store import Store
from geo.areas import Areas
from geo.cities import City, load_city

NAME = "engine-throughput"
ASKS = "events per second from inbox to committed state, beside a bare XREADGROUP + XACK loop"
LEAST_PER_S = 20_000
LEAST_SHARE = 1 / 10
EVENTS = (40_000, 8_000, 2_000)
ROUNDS = (3, 3, 1)
GROUP = "bare"


def measure(run: Run) -> Iterator[Result]:
    count, rounds = run.pick(*EVENTS), run.pick(*ROUNDS)
    city = load_city(CITY)
    entries = _entries(count)
    gc.set_threshold(50_000, 20, 100)  # as the engine's own process does
    engine, bare = [], []
    with run.servers() as servers:
        areas = city.load_areas(cache_dir=servers.folder / "cache")
        for number in range(rounds):
            bare.append(count / _bare_loop(servers, entries))
            seconds, cpu_s = _engine(servers, entries, city, areas)
            engine.append((count / seconds, count / cpu_s))
            run.say(f"round {number + 1}: engine {count / seconds:,.0f}/s, bare loop {bare[-1]:,.0f}/s")
    yield _result([per_s for per_s, _ in engine], [per_cpu_s for _, per_cpu_s in engine], bare, count)


def _result(engine: list[float], per_cpu_s: list[float], bare: list[float], count: int) -> Result:
    share = median(e / b for e, b in zip(engine, bare, strict=True))
    return Result(
        name=NAME,
        value=round(median(engine)),
        unit="events/s",
        target=f"≥ {LEAST_PER_S:,} events/s and ≥ 1/10 of the bare loop",
        met=median(engine) >= LEAST_PER_S and share >= LEAST_SHARE,
        n=count * len(engine),
        compared_with={
            "bare XREADGROUP + XACK loop, events/s": round(median(bare)),
            "share of the bare loop": rounded(share),
            "every round, engine": [round(v) for v in engine],
            "every round, bare loop": [round(v) for v in bare],
            "events per second of the engine's own processor time": round(median(per_cpu_s)),
        },
        conditions={
            "load": "55 % complaints with text, place and deadline in 30 categories, 25 % closings, 15 % moving units, "
            "5 % incidents and their units; areas of Beijing",
            "batch": f"both read {READ_COUNT} entries at once from the same Redis; medians",
        },
    )


def _entries(count: int) -> list[bytes]:
    """Entries of the last seconds: their times lie before the clock's, so none is held back."""
    step = timedelta(milliseconds=1)
    return [e.raw for e in Traffic().entries(count, datetime.now(UTC) - step * (count + 1000), step)]


def _fill(servers: Servers, entries: list[bytes]) -> None:
    servers.client.flushall()
    servers.append(entries)


def _bare_loop(servers: Servers, entries: list[bytes]) -> float:
    """Seconds that reading and acknowledging alone take: the least that any consumer group pays."""
    _fill(servers, entries)
    client, inbox = servers.client, servers.keys.inbox
    client.xgroup_create(inbox, GROUP, "0")
    began, taken = time.perf_counter(), 0
    while taken < len(entries):
        answer: Any = client.xreadgroup(GROUP, "one", {inbox: ">"}, count=READ_COUNT)
        ids = [entry_id for entry_id, _ in answer[0][1]]
        client.xack(inbox, GROUP, *ids)
        taken += len(ids)
    return time.perf_counter() - began


def _engine(servers: Servers, entries: list[bytes], city: City, areas: Areas | None) -> tuple[float, float]:
    """(seconds, seconds of its own processor) from the first read to the last commit, with all that lies between."""
    _fill(servers, entries)
    engine = Engine(Store(servers.client, servers.keys, "benchmark"), city, areas, Mode.LIVE)
    engine.start()
    began, began_cpu, taken = time.perf_counter(), time.process_time(), 0
    while taken < len(entries):
        taken += engine.turn(block_ms=None)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    recorded = servers.client.xlen(servers.keys.events)
    if recorded < len(entries):
        raise AssertionError(f"only {recorded} of {len(entries)} events were recorded")
    return seconds, cpu_s
