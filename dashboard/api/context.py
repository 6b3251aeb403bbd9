"""What the API is given by the running program."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import redis

from dashboard.access import Access
from streams.keys import Keys
from streams.reader import Reader


def _wall() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return "r-" + secrets.token_hex(16)


@dataclass(frozen=True)
class ApiContext:
    """Redis, the reader's file, who may do what, and the limits of intake."""

    client: redis.Redis
    keys: Keys
    reader: Reader
    access: Access
    max_backlog: int = 200_000  # inbox entries
    max_memory_mb: int = 0  # of Redis; 0: not watched
    now: Callable[[], datetime] = _wall
    new_id: Callable[[], str] = _new_id
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
