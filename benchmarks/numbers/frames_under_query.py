"""Whether frames stay punctual while an archive query runs in the thread pool of the same web process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import httpx

from benchmarks.drip import Drip
from benchmarks.numbers.seen_in_browser import WALL_TOPICS
from benchmarks.results import Result
from benchmarks.run import Run
from benchmarks.servers import Servers, free_port, python
from benchmarks.traffic import Traffic
from benchmarks.viewers import Viewers

NAME = "frames-under-query"
ASKS = "age of frames while a 2 s DuckDB query runs in the thread pool, beside none and beside one in line"
NOISE_MS = 50.0
QUERY_S = (2.0, 1.0, 0.3)
ROUNDS = (5, 2, 1)
VIEWERS = (50, 20, 5)
PER_S = 50
FIRST_ROWS = (1_000_000, 1_000_000, 100_000)


def measure(run: Run) -> Iterator[Result]:
    servers, query_s = run.live(), run.pick(*QUERY_S)
    port = _start_web(servers)
    rows = _calibrated(port, run.pick(*FIRST_ROWS), query_s)
    quiet, pooled = [], []
    with Viewers(servers, run.pick(*VIEWERS), WALL_TOPICS, port=port) as crowd, Drip(servers, Traffic(seed=500), PER_S):
        for _ in range(run.pick(*ROUNDS)):
            quiet.append(crowd.over(query_s))
            pooled.append(_during(crowd, port, rows, "pool"))
        inline = _during(crowd, port, rows, "inline")
    without, with_query = median(r["p99_ms"] for r in quiet), median(r["p99_ms"] for r in pooled)
    yield Result(
        name=NAME,
        value=round(with_query),
        unit="ms (frame age, p99)",
        target=f"unchanged within noise ({NOISE_MS:.0f} ms)",
        met=with_query - without <= NOISE_MS,
        n=sum(r["frames"] for r in pooled),
        compared_with={
            "without a query, p99 ms": round(without),
            "without a query, every round": [round(r["p99_ms"]) for r in quiet],
            "with the query, every round": [round(r["p99_ms"]) for r in pooled],
            "longest silence without, ms": round(max(r["longest_gap_ms"] for r in quiet)),
            "longest silence with, ms": round(max(r["longest_gap_ms"] for r in pooled)),
            "longest silence with the query in line, ms": round(inline["longest_gap_ms"]),
        },
        conditions={
            "query": f"one thread, {median(r['query_s'] for r in pooled):.1f} s, over {rows:,} rows",
            "age": "from the engine's clock at the beginning of the turn to the viewer's socket",
        },
    )


def _start_web(servers: Servers) -> int:
    """A second web process of the live city, with a door for the query."""
    port = free_port()
    words = ["-m", "gunicorn", "--worker-class=gevent", "--workers=1", f"--bind=127.0.0.1:{port}"]
    options = ["--log-level=warning", "--no-control-socket", "benchmarks.query_web:create_app()"]
    servers.run_loose("query-web", python(*words, *options))
    servers.wait_for_web(port)
    return port


def _ask(port: int, rows: int, how: str) -> float:
    """Seconds that the query took in the web process."""
    answer = httpx.get(f"http://127.0.0.1:{port}/benchmark/query", params={"rows": rows, "how": how}, timeout=60)
    return float(answer.raise_for_status().json()["seconds"])


def _calibrated(port: int, rows: int, query_s: float) -> int:
    """How many rows make the query last as long as wanted here."""
    _ask(port, rows, "pool")  # loads DuckDB
    once_s = min(_ask(port, rows, "pool") for _ in range(3))
    return max(1000, round(rows * query_s / once_s))


def _during(crowd: Viewers, port: int, rows: int, how: str) -> dict[str, Any]:
    """What the viewers saw while one query ran."""
    took: list[float] = []
    crowd.report()
    asking = threading.Thread(target=lambda: took.append(_ask(port, rows, how)))
    asking.start()
    asking.join()
    if how == "inline":
        time.sleep(0.5)  # what it held up arrives now
    return {**crowd.report(), "query_s": took[0]}
