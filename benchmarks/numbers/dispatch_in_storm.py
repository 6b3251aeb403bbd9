"""How soon a dispatcher is answered while a million entries wait in the inbox."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from benchmarks.results import Result, percentile
from benchmarks.run import Run
from benchmarks.servers import Servers
from benchmarks.traffic import Traffic
from streams.codec import encode
from streams.events import Envelope

NAME = "dispatch-in-storm"
ASKS = "reply time of dispatch requests while 1,000,000 entries wait in the inbox"
MOST_MS = 1000
WAITING = (1_000_000, 60_000, 5_000)
REQUESTS = (200, 40, 10)
EVERY_S = 0.05
INCIDENT = "i-storm"
UNITS = 300
TIMEOUT_MS = 12_000
TEMPLATE = 5_000  # entries made once; the rest differ from them by their ids


def measure(run: Run) -> Iterator[Result]:
    waiting, requests = run.pick(*WAITING), run.pick(*REQUESTS)
    with run.servers() as servers:
        engine = servers.start_engine()
        servers.append(_scene(datetime.now(UTC)))
        servers.wait_until_taken()
        calm = [_ask(servers, f"calm-{number}", number) for number in range(min(20, requests))]
        run.say(f"filling the inbox with {waiting:,} entries")
        assert engine.process is not None, "the engine runs"
        engine.process.send_signal(signal.SIGSTOP)  # it looks away until the storm has gathered
        _fill(servers, waiting)
        recorded = servers.client.xlen(servers.keys.events)
        engine.process.send_signal(signal.SIGCONT)
        storm = _ask_again_and_again(servers, requests, len(calm))
        taken = int(servers.client.xlen(servers.keys.events)) - int(recorded) - len(storm)
    yield _result(calm, storm, waiting, waiting - taken)


def _ask_again_and_again(servers: Servers, requests: int, first_unit: int) -> list[tuple[float, bool]]:
    answers = []
    for number in range(requests):
        answers.append(_ask(servers, f"storm-{number}", first_unit + number))
        time.sleep(EVERY_S)
    return answers


def _result(calm: list[tuple[float, bool]], storm: list[tuple[float, bool]], waiting: int, left: int) -> Result:
    times = [ms for ms, _ in storm]
    p99 = percentile(times, 0.99)
    return Result(
        name=NAME,
        value=round(p99),
        unit="ms (p99)",
        target=f"p99 ≤ {MOST_MS:,} ms",
        met=p99 <= MOST_MS and all(granted for _, granted in storm),
        n=len(times),
        compared_with={
            "p50 ms": round(percentile(times, 0.5)),
            "worst ms": round(max(times)),
            "granted": sum(granted for _, granted in storm),
            "with an empty inbox, p50 ms": round(percentile([ms for ms, _ in calm], 0.5)),
        },
        conditions={
            "entries waiting at the first request": waiting,
            "entries waiting at the last request": left,
            "engine": "works through the storm all the while",
        },
    )


def _scene(now: datetime) -> list[bytes]:
    """One incident, and units that are free."""
    data: list[tuple[str, dict[str, Any]]] = [("incident.received", {"incident_id": INCIDENT, "kind": "Fire"})]
    data += [("unit.listed", {"unit_id": f"u{number}"}) for number in range(UNITS)]
    return [
        encode(Envelope(source="cad", id=f"scene-{index}", type=type_, occurred_at=now, data=said))
        for index, (type_, said) in enumerate(data)
    ]


def _fill(servers: Servers, count: int) -> None:
    """Without fsync while it fills: how the storm came is not what is measured."""
    servers.client.config_set("appendfsync", "no")
    now = datetime.now(UTC) - timedelta(seconds=1)
    traffic = Traffic(seed=600, only_cases=True)
    some = [traffic.entry(now) for _ in range(min(TEMPLATE, count))]
    for turn in range(count // len(some)):
        servers.append([_again(entry.raw, turn) for entry in some])
    servers.client.config_set("appendfsync", "always")


def _again(raw: bytes, turn: int) -> bytes:
    """The same entry under other ids."""
    return raw.replace(b'"600-', b'"600.%d-' % turn).replace(b'"c600-', b'"c600.%d-' % turn)


def _ask(servers: Servers, request_id: str, number: int) -> tuple[float, bool]:
    """(ms until the reply was there, whether it was granted)."""
    request = {
        "request_id": request_id,
        "verb": "dispatch",
        "actor": "benchmark",
        "role": "dispatcher",
        "valid_until": datetime.now(UTC) + timedelta(seconds=10),
        "args": {"incident_id": INCIDENT, "unit_ids": [f"u{number}"]},
    }
    newest: Any = servers.client.xrevrange(servers.keys.replies, count=1)
    after = newest[0][0] if newest else "0-0"
    began = time.perf_counter()
    servers.client.xadd(servers.keys.requests, {"e": encode(request)})
    answer: Any = servers.client.xread({servers.keys.replies: after}, block=TIMEOUT_MS)
    ms = (time.perf_counter() - began) * 1000
    replies = [msgspec.json.decode(fields[b"e"]) for _, fields in answer[0][1]] if answer else []
    return ms, any(r["request_id"] == request_id and r["outcome"] == "done" for r in replies)
