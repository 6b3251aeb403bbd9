"""What time it is in a city: the clock that its engine committed last, for whoever is not the engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import redis

from dashboard.engine.clock import Clock, Mode
from streams.keys import Keys

_decode = msgspec.json.Decoder(Clock).decode


def committed_clock(client: redis.Redis, keys: Keys) -> Clock | None:
    """The clock of the last commit, None before an engine has run."""
    raw: Any = client.hget(keys.position, "clock")
    return _decode(raw) if raw else None


def city_time(client: redis.Redis, keys: Keys) -> datetime | None:
    """The time of the last commit, None before an engine has run."""
    clock = committed_clock(client, keys)
    return clock.at if clock else None


def city_now(client: redis.Redis, keys: Keys) -> datetime:
    """The same for those who cannot do without. Raises LookupError before an engine has run."""
    at = city_time(client, keys)
    if at is None:
        raise LookupError(f"{keys.city}: no engine has run yet")
    return at


def records_clock(client: redis.Redis, keys: Keys) -> Callable[[], datetime]:
    """The clock that records from outside are compared with: the wall's in a live city, else the engine's.

    Raises LookupError before an engine has run.
    """
    clock = committed_clock(client, keys)
    if clock is None:
        raise LookupError(f"{keys.city}: no engine has run yet")
    return (lambda: datetime.now(UTC)) if clock.mode is Mode.LIVE else (lambda: city_now(client, keys))
