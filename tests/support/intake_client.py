"""A careful client of POST /api/v1/events: sends the same ids again until it is told that they are durable."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

RETRY_S = 0.05
ANSWER_S = 5.0


@dataclass
class IntakeClient:
    """Posts events in order from a thread of its own, in batches of random size, `pause_s` apart on average.

    Whatever was not answered by 202 is sent again as it was; `unsure` counts batches that had to be sent again.
    """

    base: str
    key: str
    events: Sequence[dict[str, Any]]
    seed: int
    pause_s: float = 0.02
    accepted: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    unsure: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> IntakeClient:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def end(self) -> None:
        self.stop.set()
        self._thread.join(ANSWER_S + 1)

    def _run(self) -> None:
        draw = random.Random(f"client {self.seed}")
        sent = 0
        with httpx.Client(headers={"X-API-Key": self.key}, timeout=ANSWER_S) as http:
            while sent < len(self.events) and not self.stop.is_set():
                batch = self.events[sent : sent + draw.randint(1, 40)]
                if self._deliver(http, batch):
                    self.accepted += [(event["source"], event["id"]) for event in batch]
                sent += len(batch)
                self.stop.wait(draw.expovariate(1 / self.pause_s))

    def _deliver(self, http: httpx.Client, batch: Sequence[dict[str, Any]]) -> bool:
        """True once the batch was accepted; False when it was refused for good or the client was told to stop."""
        while not self.stop.is_set():
            try:
                answer = http.post(f"{self.base}/api/v1/events", json=list(batch))
            except httpx.TransportError:
                self.unsure += 1
            else:
                if answer.status_code == 202:
                    return True
                if answer.status_code < 500:
                    self.refused.append(answer.text)
                    return False
                self.unsure += 1
            self.stop.wait(RETRY_S)
        return False
