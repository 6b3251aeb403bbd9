"""A steady stream of entries into an inbox, from a thread of its own, that knows what was acknowledged."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime
from typing import Any

import msgspec
import redis

from streams.keys import Keys
from tests.support.made_city import posted_events

RETRY_S = 0.02


class Pump:
    """Appends made-up events one small transaction after the other until stopped; repeats what was not answered."""

    def __init__(self, client: redis.Redis, keys: Keys, seed: int, cases: int = 20_000, pause_s: float = 0.004):
        self.client, self.keys, self.seed, self.pause_s = client, keys, seed, pause_s
        self.events = posted_events(seed, cases, datetime.now(UTC))
        self.acknowledged = 0  # how many of `events` are durable
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> Pump:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def told(self) -> set[tuple[str, str]]:
        """(source, id) of everything acknowledged so far."""
        return {(event["source"], event["id"]) for event in self.events[: self.acknowledged]}

    def _run(self) -> None:
        draw = random.Random(f"pump {self.seed}")
        while not self._stop.is_set() and self.acknowledged < len(self.events):
            batch = self.events[self.acknowledged : self.acknowledged + draw.randint(1, 12)]
            try:
                self._append(batch)
            except redis.RedisError:
                self._stop.wait(RETRY_S)
                continue
            self.acknowledged += len(batch)
            self._stop.wait(draw.expovariate(1 / self.pause_s))

    def _append(self, batch: list[dict[str, Any]]) -> None:
        with self.client.pipeline(transaction=True) as pipe:
            for event in batch:
                pipe.xadd(self.keys.inbox, {"e": msgspec.json.encode(event)})
            pipe.execute()
