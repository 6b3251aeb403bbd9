"""Is it alive, is it ready, and how is it doing: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import redis
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from dashboard.archive_pulse import archive_counts
from dashboard.open311.onwards.books import onward_counts
from dashboard.story import SIMULATOR
from streams.codec import encode
from streams.keys import Keys

SILENT_S = 3.0
BEHIND_S = 5.0
HISTORY = timedelta(minutes=10)


@dataclass(frozen=True)
class Pulse:
    """What one look at Redis says of the engine and its queues."""

    epoch: int
    seq: int
    behind_s: float  # age of the oldest entry that waits in the inbox, by stream ids
    backlog: int
    dead: int
    memory_bytes: int
    cases: int  # received since the city began
    told_at: str  # how far the simulator has told, ISO 8601; "" where there is none
    clock: dict[str, Any]


def take_pulse(client: redis.Redis, keys: Keys) -> Pulse:
    """Read the pulse. Raises redis errors."""
    with client.pipeline(transaction=False) as pipe:
        pipe.hmget(keys.position, "epoch", "seq", "inbox", "clock", "totals")
        pipe.xrevrange(keys.inbox, count=1)
        pipe.xlen(keys.dead)
        pipe.info("memory")
        pipe.hget(keys.cursor(SIMULATOR), "until")
        (epoch, seq, inbox, clock, totals), newest, dead, memory, until = pipe.execute()
    passed = (inbox or b"0-0").decode()
    backlog, behind_s = _backlog(client, keys, passed, newest)
    return Pulse(
        epoch=int(epoch or 0),
        seq=int(seq or 0),
        behind_s=behind_s,
        backlog=backlog,
        dead=dead,
        memory_bytes=int(memory["used_memory"]),
        told_at=(until or b"").decode(),
        cases=msgspec.json.decode(totals)["cases"] if totals else 0,
        clock=msgspec.json.decode(clock) if clock else {},
    )


def _backlog(client: redis.Redis, keys: Keys, passed: str, newest: list[Any]) -> tuple[int, float]:
    """How many entries wait, and for how long the oldest of them has."""
    if not newest or newest[0][0].decode() == passed:
        return 0, 0.0
    waiting: Any = client.xrange(keys.inbox, min=f"({passed}", count=1)
    if not waiting:
        return 0, 0.0
    ms = int(newest[0][0].decode().partition("-")[0]) - int(waiting[0][0].decode().partition("-")[0])
    # Trimmed up to about the position, so the length is what waits, give or take one node of the stream.
    return int(client.xlen(keys.inbox)), ms / 1000


def unready(pulse: Pulse, silent_s: float) -> str:
    """Why the city is not ready, or an empty string."""
    if not pulse.clock:
        return "no engine has run yet"
    if silent_s > SILENT_S:
        return "no frame from the engine" if silent_s == float("inf") else f"no frame for {silent_s:.0f} s"
    if _is_rushing(pulse.clock):
        return f"the replay runs at full speed, now at {pulse.clock['at']}"
    if pulse.behind_s > BEHIND_S:
        return f"the engine is {pulse.behind_s:.0f} s behind the inbox"
    if pulse.clock.get("mode") == "simulation" and _is_filling(pulse):
        return f"the simulated city takes in its history, now at {pulse.told_at or 'its beginning'}"
    return ""


def _is_filling(pulse: Pulse) -> bool:
    """Whether the simulator still tells of times long before the clock; a source that is merely quiet is no sign."""
    if not pulse.cases:
        return True
    if not pulse.told_at:
        return False
    told_at, now = datetime.fromisoformat(pulse.told_at), datetime.fromisoformat(pulse.clock["at"])
    return now - told_at > HISTORY


def _is_rushing(clock: dict[str, Any]) -> bool:
    return clock.get("mode") == "replay" and clock.get("speed", 1.0) is None and not clock.get("standing", False)


def health(client: redis.Redis, keys: Keys, silent_s: Callable[[], float], clients: Callable[[], int]) -> Blueprint:
    """The three routes; open to everybody who can reach the port, since they tell no figures of the city."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return _answer(200, {"status": "alive"})

    @blueprint.get("/readyz")
    def readyz() -> Response:
        try:
            pulse = take_pulse(client, keys)
        except redis.RedisError as error:
            return _answer(503, {"status": "not ready", "reason": f"redis: {error}"})
        reason = unready(pulse, silent_s())
        if reason:
            return _answer(503, {"status": "not ready", "reason": reason})
        return _answer(200, {"status": "ready", "seq": pulse.seq})

    @blueprint.get("/metrics")
    def metrics() -> Response:
        try:
            pulse, onwards = take_pulse(client, keys), onward_counts(client, keys)
            archive = archive_counts(client, keys, pulse.seq)
        except redis.RedisError as error:
            return _answer(503, {"status": f"redis: {error}"})
        exposed = _exposition(keys.city, pulse, silent_s(), clients(), *onwards.values(), *archive.values())
        return Response(exposed, mimetype=CONTENT_TYPE_LATEST)

    return blueprint


# Metric name -> what it says; a test holds docs/operations.md to this table.
METRICS: dict[str, str] = {
    "hexwatch_epoch": "Take-overs of the engine so far",
    "hexwatch_seq": "Number of the last commit",
    "hexwatch_inbox_backlog": "Entries that wait in the inbox",
    "hexwatch_inbox_behind_seconds": "How long the oldest waiting entry has waited",
    "hexwatch_dead_letters": "Dead letters kept",
    "hexwatch_redis_memory_bytes": "Memory that Redis uses",
    "hexwatch_frame_age_seconds": "Seconds since this web process saw a frame",
    "hexwatch_live_clients": "Live connections of this web process",
    "hexwatch_onwards_open": "Cases that other bodies have over Open311",
    "hexwatch_onwards_dead_letters": "Cases that could not be sent on, or that the body no longer knows",
    "hexwatch_archive_age_seconds": "Seconds since the archiver last told how far it is; -1 where none ran",
    "hexwatch_archive_behind_entries": "Commits that stand in no file of the archive yet",
    "hexwatch_archive_bytes": "Size of the archive's files",
    "hexwatch_archive_gaps": "Times that the log was trimmed before it was archived",
}


def _exposition(city: str, pulse: Pulse, silent_s: float, clients: int, *others: float) -> bytes:
    values = (
        pulse.epoch, pulse.seq, pulse.backlog, pulse.behind_s, pulse.dead, pulse.memory_bytes, silent_s, clients,
        *others,
    )  # fmt: skip
    registry = CollectorRegistry()
    for (name, text), value in zip(METRICS.items(), values, strict=True):
        Gauge(name, text, ["city"], registry=registry).labels(city).set(value)
    return generate_latest(registry)


def _answer(status: int, body: dict[str, Any]) -> Response:
    return Response(encode(body), status, mimetype="application/json")
