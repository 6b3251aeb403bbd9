"""Endpoints and runs of the feed, for its tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import redis as redis_module

from streams.codec import decode_envelope
from streams.events import Envelope
from streams.feeds.open311.endpoint import Endpoint
from streams.feeds.open311.http import Limits
from streams.feeds.open311.poll import PollResult, poll
from streams.keys import Keys
from tests.open311.servers import NOON

KEYS = Keys("springfield")


def endpoint(**said: Any) -> Endpoint:
    """One with the usual settings, or these."""
    return msgspec.convert({"url": "http://127.0.0.1:1/v2"} | said, Endpoint)


class Clock:
    """The city's time: stands until it is moved. Waiting moves it, so that no test sleeps."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self.waits: list[float] = []
        self.at_wait: Callable[[], None] = lambda: None

    def __call__(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at += timedelta(seconds=seconds)
        self.at_wait()


class Feed:
    """An endpoint polled into a real Redis, pass by pass."""

    def __init__(self, client: redis_module.Redis, url: str, clock: Clock | None = None, **said: Any) -> None:
        self.client: Any = client
        self.endpoint = endpoint(**{"url": url, "source": "springfield-311", "days": 1} | said)
        self.clock = clock or Clock()
        self.said: list[str] = []

    def once(self) -> PollResult:
        """One pass by a process that has just started."""
        return self._poll(once=True)

    def passes(self, n: int, before_each: Callable[[int], None] = lambda _: None) -> PollResult:
        """So many passes, or failed ones, by one process."""
        waits = len(self.clock.waits)
        self.clock.at_wait = lambda: before_each(len(self.clock.waits) - waits)
        return self._poll(stopping=lambda: len(self.clock.waits) - waits >= n)

    def until(self, done: Callable[[], bool]) -> PollResult:
        """A process that is asked to stop when something is done, in the middle of a pass if need be."""
        return self._poll(stopping=done)

    def _poll(self, **how: Any) -> PollResult:
        return poll(
            self.client,
            KEYS,
            self.endpoint,
            now=self.clock,
            wait=self.clock.wait,
            draw=lambda: 0.5,
            say=self.said.append,
            limits=Limits(total_s=60, silent_s=30),
            **how,
        )

    def inbox(self) -> list[Envelope]:
        """Everything appended, oldest first."""
        return [decode_envelope(fields[b"e"]) for _, fields in self.client.xrange(KEYS.inbox)]

    def told(self, prefix: str = "case.") -> list[str]:
        """Types and subjects of what was told."""
        said = [envelope for envelope in self.inbox() if envelope.type.startswith(prefix)]
        return [f"{e.type.partition('.')[2]} {e.subject.partition(':')[2]}" for e in said]

    def dead(self) -> list[dict[bytes, bytes]]:
        return [fields for _, fields in self.client.xrange(KEYS.dead)]
