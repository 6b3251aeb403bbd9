"""Entries appended at a steady rate from a thread of their own, each with the instant at which Redis had it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import redis

from benchmarks.servers import Servers
from benchmarks.traffic import Traffic


@dataclass
class Drip:
    """`with Drip(servers, traffic, rate):` appends until the block ends. `appended` maps entry ids to epoch seconds."""

    servers: Servers
    traffic: Traffic
    per_s: float
    appended: dict[str, float] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Drip:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with redis.Redis(unix_socket_path=str(self.servers.socket), protocol=2) as client:
            due = time.monotonic()
            while not self._stop.wait(max(0.0, due - time.monotonic())):
                self._append(client)
                # Behind schedule nothing is skipped: the next ones follow at once.
                due += 1 / self.per_s

    def _append(self, client: redis.Redis) -> None:
        entry = self.traffic.entry(datetime.now(UTC))
        self.appended[entry.id] = time.time()
        self.types[entry.id] = entry.type
        client.xadd(self.servers.keys.inbox, {"e": entry.raw})


def committed_seqs(servers: Servers, wanted: set[str], newest: int = 200_000) -> dict[str, int]:
    """Entry id -> seq of the commit that recorded it, for those among the newest facts."""
    from streams.codec import decode_envelope

    entries: Any = servers.client.xrevrange(servers.keys.events, count=newest)
    seqs: dict[str, int] = {}
    for entry_id, fields in entries:
        envelope = decode_envelope(fields[b"e"])
        if envelope.id in wanted:
            seqs[envelope.id] = int(entry_id.partition(b"-")[0])
    return seqs
