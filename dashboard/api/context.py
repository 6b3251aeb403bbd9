"""What the API is given by the running program."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import redis

from dashboard.access import Access
from dashboard.recommending import Recommender
from emergency.segments import TargetFile
from geo.gazetteer import Gazetteer
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
    recommender: Recommender | None = None  # None: one that knows no settings
    targets: TargetFile | None = None  # of response times; None: those that come with Hexwatch
    gazetteer: Callable[[], Gazetteer] | None = None  # None: no places are known
    eido_domain: str = ""  # ends this city's identifiers in EIDO
    now: Callable[[], datetime] = _wall
    new_id: Callable[[], str] = _new_id
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
