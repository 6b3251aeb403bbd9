"""What tests of the CAP feed share: a city's log, and a web server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import redis as redis_module

from streams.codec import decode_envelope
from streams.events import Envelope
from streams.feeds.cap.ledger import Ledger
from streams.feeds.cap.poll import open_ledger
from streams.keys import Keys
from tests.cap.web import Web, serving

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)


class CityInbox:
    """The streams of a city as a feed leaves them."""

    keys = Keys("testville")

    def __init__(self, redis: redis_module.Redis) -> None:
        self.redis = redis

    def ledger(self, place: str) -> Ledger:
        return open_ledger(self.redis, self.keys, place, lambda: NOW)

    def entries(self) -> list[Envelope]:
        found: Any = self.redis.xrange(self.keys.inbox)
        return [decode_envelope(fields[b"e"]) for _, fields in found]

    def types(self) -> list[str]:
        return [each.type for each in self.entries()]

    def alerts(self) -> list[str]:
        return [each.data["identifier"] for each in self.entries() if each.type == "alert.issued"]

    def dead(self) -> list[dict[str, bytes]]:
        found: Any = self.redis.xrange(self.keys.dead)
        return [{name.decode(): value for name, value in fields.items()} for _, fields in found]

    def reasons(self) -> list[str]:
        return [letter["reason"].decode() for letter in self.dead()]


@pytest.fixture
def city(redis: redis_module.Redis) -> CityInbox:
    return CityInbox(redis)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as server:
        yield server


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client
