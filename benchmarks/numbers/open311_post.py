"""How many requests a second outside apps may file over Open311, and how long each waits for its number."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import msgspec

from benchmarks.results import Result, percentile, rounded
from benchmarks.run import Run
from benchmarks.servers import Servers
from dashboard.access_keys import new_key
from streams.codec import encode

NAME = "open311-post"
ASKS = "requests filed per second over Open311, with engine, reader and clients on the same machine"
LEAST_PER_S = 300
MOST_MS = 200
SECONDS = (20.0, 6.0, 1.0)
APPS = 24  # keys, each of one portal
CONNECTIONS = 24
CITY = "beijing"
PATH = "/open311/v2/requests.json"
EVENTS = "/api/v1/events"


def measure(run: Run) -> Iterator[Result]:
    seconds = run.pick(*SECONDS)
    with run.servers(CITY) as servers:
        servers.more |= {"HEXWATCH_OPEN311_PER_MINUTE": "1000000", "HEXWATCH_MAX_CLIENTS": "100"}
        servers.start_engine()
        servers.start_web()
        keys = [new_key(servers.client, servers.keys, f"app {n}", "reporter") for n in range(APPS)]
        reports = [_report(servers, keys[n % APPS], n) for n in range(CONNECTIONS * 8)]
        _load(servers, reports, 1.0)
        run.say(f"as fast as {CONNECTIONS} connections go")
        fastest = _load(servers, reports, seconds)
        run.say(f"{fastest.per_s:.0f}/s; now {LEAST_PER_S}/s by the clock")
        steady = _load(servers, reports, seconds, LEAST_PER_S)
        plain_key = new_key(servers.client, servers.keys, "plain", "admin")
        plain = _load(servers, [_event(servers, plain_key, n) for n in range(2_000)], seconds / 4)
        servers.wait_until_taken()
        _check(servers, [*fastest.numbers, *steady.numbers])
        yield _result(fastest, steady, plain)


def _result(fastest: Load, steady: Load, plain: Load) -> Result:
    p99 = percentile(steady.ms, 0.99)
    return Result(
        name=NAME,
        value=round(fastest.per_s),
        unit="requests/s",
        target=f"≥ {LEAST_PER_S}/s, and at {LEAST_PER_S}/s p99 ≤ {MOST_MS} ms",
        met=fastest.per_s >= LEAST_PER_S and steady.per_s >= LEAST_PER_S * 0.98 and p99 <= MOST_MS,
        n=len(fastest.ms) + len(steady.ms),
        compared_with={
            f"at {LEAST_PER_S}/s by the clock: requests/s": round(steady.per_s),
            f"at {LEAST_PER_S}/s by the clock: p50 ms": rounded(percentile(steady.ms, 0.5)),
            f"at {LEAST_PER_S}/s by the clock: p99 ms": rounded(p99),
            "as fast as they go: p50 ms": rounded(percentile(fastest.ms, 0.5)),
            "as fast as they go: p99 ms": rounded(percentile(fastest.ms, 0.99)),
            "POST /api/v1/events, one event each, as fast as they go: requests/s": round(plain.per_s),
        },
        conditions={
            "load": f"{CONNECTIONS} connections of {APPS} keys; each report with position, words, name and number",
            "on the same two cores": "one web process, engine, Redis (fsync always) and the clients",
            "time of a request": "by the clock from the moment it was due, not from when a connection was free",
            "every number": "was found among the engine's cases afterwards",
        },
    )


# requests, ready to be sent


def _report(servers: Servers, key: str, number: int) -> bytes:
    form = {
        "service_code": ("noise", "heating", "street_lights", "gas_smell")[number % 4],
        "lat": f"{39.85 + number % 97 / 600:.5f}",
        "long": f"{116.30 + number % 89 / 500:.5f}",
        "description": f"夜间施工噪声扰民，影响休息 {number}",
        "first_name": "Wang",
        "phone": f"+86 10 5555 {number:04d}",
    }
    return _request(servers, PATH, "application/x-www-form-urlencoded", key, urlencode(form).encode())


def _event(servers: Servers, key: str, number: int) -> bytes:
    data = {"case_id": f"plain-{number}", "category": "noise", "lat": 39.9, "lng": 116.4, "text": "夜间施工噪声扰民"}
    event = {
        "source": "bench",
        "id": f"plain-{number}",
        "type": "case.received",
        "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "data": data,
    }
    return _request(servers, EVENTS, "application/json", key, encode(event))


def _request(servers: Servers, path: str, kind: str, key: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{servers.port}\r\nX-API-Key: {key}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


# clients


@dataclass
class Load:
    """What some clients saw: milliseconds of each request, and the numbers that they were given."""

    seconds: float = 0.0
    ms: list[float] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)

    @property
    def per_s(self) -> float:
        return len(self.ms) / self.seconds


def _load(servers: Servers, requests: Sequence[bytes], seconds: float, per_s: float = 0.0) -> Load:
    """Requests over some connections: `per_s` by the clock, or each as soon as the one before it is answered."""
    return asyncio.run(_run(servers, requests, seconds, per_s))


async def _run(servers: Servers, requests: Sequence[bytes], seconds: float, per_s: float) -> Load:
    load, began = Load(), time.perf_counter()
    numbers = iter(range(1 << 62))

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", servers.port)
        while True:
            number = next(numbers)
            due = began + number / per_s if per_s else time.perf_counter()
            if due - began >= seconds:
                break
            if (wait_s := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait_s)
            writer.write(requests[number % len(requests)])
            body = await _answer(reader)
            load.ms.append((time.perf_counter() - due) * 1000)
            if isinstance(body, list):
                load.numbers.append(body[0]["service_request_id"])
        writer.close()

    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    load.seconds = time.perf_counter() - began
    return load


async def _answer(reader: asyncio.StreamReader) -> object:
    """The body of an answer. Raises AssertionError for one that is no success."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    if not 200 <= status < 300:
        raise AssertionError(f"HTTP {status}: {body[:300]!r}")
    return msgspec.json.decode(body)


def _check(servers: Servers, numbers: Sequence[str]) -> None:
    """Every number that was given is a case."""
    if len(set(numbers)) != len(numbers):
        raise AssertionError("a number was given twice")
    names: Any = servers.client.hkeys(servers.keys.cases)
    kept = {name.decode() for name in names}
    if missing := set(numbers) - kept:
        raise AssertionError(f"{len(missing)} of {len(numbers)} numbers are no cases")
