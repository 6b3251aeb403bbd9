"""The reader at half a million open cases: facts a second into the file, and how long a person waits for a list.

`python -m benchmarks.reader [--cases 500000]` prints JSON lines: what, value, unit, sample size, target.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import h3
import redis
import structlog

from dashboard.reader_process import Tail
from streams.codec import encode
from streams.events import Envelope
from streams.keys import Keys
from streams.reader import Reader
from streams.reader_schema import CASES
from streams.reader_writer import ReaderWriter
from tests.support.city_log import START
from tests.support.redis_server import RedisServer

CITY = Keys("bench")
CENTRE = (42.33, -71.08)
CATEGORIES = ("Missed Trash", "Street Light Outages", "Pothole", "Noise", "Graffiti", "垃圾清运", "噪音扰民")
CHANNELS = ("phone", "web", "app")
HAN = "垃圾噪音道路积水路灯停车占道小区物业漏水供暖施工扰民广场舞井盖破损公交地铁医院学校"
PER_COMMIT = 500
REPEATS = 5
TARGET_MS = 300


def words_of(rng: random.Random, vocabulary: list[str], n: int) -> dict[str, str]:
    text = "".join(rng.choices(HAN, k=24)) if n % 4 == 0 else " ".join(rng.choices(vocabulary, k=8))
    return {"address": f"{rng.randint(1, 999)} {rng.choice(vocabulary)} Street", "text": text}


def fact(rng: random.Random, n: int) -> Envelope:
    at = START + timedelta(seconds=n)
    lat, lng = CENTRE[0] + rng.gauss(0, 0.08), CENTRE[1] + rng.gauss(0, 0.08)
    data = {
        "case_id": f"1010{n:08d}",
        "category": rng.choice(CATEGORIES),
        "channel": rng.choice(CHANNELS),
        "lat": lat,
        "lng": lng,
        "target_at": at + timedelta(hours=rng.randint(1, 100)),
    }
    return Envelope(
        source="bench",
        id=str(n),
        type="case.received",
        occurred_at=at,
        recorded_at=at,
        subject=f"case:{data['case_id']}",
        data=data,
        placed={"cell": h3.latlng_to_cell(lat, lng, 9), "area": f"Area {rng.randint(1, 20)}"},
    )


def write_log(client: redis.Redis, first: int, n: int) -> None:
    """`n` receipts, with their private fields, as an engine would have committed them."""
    rng = random.Random(first)
    vocabulary = ["".join(rng.choices("etaoinshrdlucmfwyp", k=rng.randint(3, 9))) for _ in range(5_000)]
    for start in range(first, first + n, PER_COMMIT):
        seq = start // PER_COMMIT + 1
        with client.pipeline(transaction=False) as pipe:
            for index in range(PER_COMMIT):
                envelope = fact(rng, start + index)
                pipe.hset(CITY.private, envelope.subject, encode(words_of(rng, vocabulary, start + index)))
                pipe.execute_command("XADD", CITY.events, f"{seq}-{index}", "e", encode(envelope))
            pipe.hset(CITY.position, mapping={"seq": seq, "epoch": 1})
            pipe.execute()


def follow(client: redis.Redis, tail: Tail, cases: int) -> Iterator[tuple[int, int, float, float]]:
    """(facts in the file, the last part of them, facts a second of that part, microseconds of processor for each)."""
    part = 50_000
    for first in range(0, cases, part):
        n = min(part, cases - first)
        write_log(client, first, n)
        before, before_cpu, taken = time.perf_counter(), time.process_time(), 0
        while step := tail.step():
            taken += step
        cpu_us = (time.process_time() - before_cpu) / taken * 1e6
        yield first + n, n, taken / (time.perf_counter() - before), cpu_us
        client.delete(CITY.private)  # the log is as large as the file; keep memory for one part of it
        client.xtrim(CITY.events, maxlen=1, approximate=False)


def questions(cases: int) -> dict[str, dict[str, Any]]:
    now = START + timedelta(seconds=cases)
    cell = h3.latlng_to_cell(*CENTRE, 9)
    return {
        "first page": {},
        "open": {"status": "open"},
        "one area": {"area": "Area 3", "status": "open"},
        "area, category and channel": {"area": "Area 3", "category": "Noise", "channel": "web", "status": "open"},
        "an area without cases": {"area": "nowhere", "status": "open"},
        "a category and channel that never meet": {"category": "Noise", "channel": "fax"},
        **{f"a cell of resolution {r}": {"cell": h3.cell_to_parent(cell, r), "status": "open"} for r in (9, 8, 7, 6)},
        "overdue": {"status": "open", "due_before": now},
        "the few longest overdue": {"status": "open", "due_before": START + timedelta(hours=2)},
        "the last hour": {"received_from": now - timedelta(hours=1)},
        "search 垃圾": {"q": "垃圾"},
        "search one character": {"q": "扰"},
        "search a word of every case": {"q": "street"},
        "search two words": {"q": "missed trash"},
        "search an id": {"q": f"1010{cases // 2:08d}"},
        "search in one area": {"q": "street", "area": "Area 3"},
        "search nothing has": {"q": "zzzqqq"},
    }


def took_ms(ask: Callable[[], object]) -> tuple[float, float]:
    """(median, slowest) of a few times."""
    times = []
    for _ in range(REPEATS):
        before = time.perf_counter()
        ask()
        times.append((time.perf_counter() - before) * 1_000)
    return median(times), max(times)


def say(what: str, value: float, unit: str, n: int, **more: Any) -> None:
    print(json.dumps({"what": what, "value": round(value, 1), "unit": unit, "n": n} | more, ensure_ascii=False))


def measure(client: redis.Redis, folder: Path, cases: int) -> None:
    with ReaderWriter(folder / "reader.sqlite", CITY.city) as writer:
        tail = Tail(client, CITY, writer, "bench")
        tail.step()
        for held, n, per_second, cpu_us in follow(client, tail, cases):
            say(f"reader: facts at {held} cases", per_second, "1/s", n, target=10_000, cpu_us=round(cpu_us))
        writer.analyze()
        reader = Reader(writer.path, CITY.city)
        say("reader: file", writer.path.stat().st_size / 1e6, "MB", cases)
        for name, filters in questions(cases).items():
            typical, slowest = took_ms(lambda filters=filters: reader.list_cases(filters, 50))  # type: ignore[misc]
            say(f"list: {name}", typical, "ms", REPEATS, slowest=round(slowest, 1), target=TARGET_MS)
            counted, slowest = took_ms(lambda filters=filters: reader.count(CASES, filters))  # type: ignore[misc]
            say(f"count: {name}", counted, "ms", REPEATS, slowest=round(slowest, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=500_000)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    cases = max(PER_COMMIT, parser.parse_args().cases // PER_COMMIT * PER_COMMIT)
    with tempfile.TemporaryDirectory() as name:
        server = RedisServer(Path(name) / "redis", appendfsync="no").start()
        try:
            with server.client() as client:
                measure(client, Path(name), cases)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
