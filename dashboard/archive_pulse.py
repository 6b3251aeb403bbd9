"""How the archive is doing, as the archiver last told: for `/metrics`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import redis

from streams.keys import Keys

NEVER = -1.0


def archive_counts(client: redis.Redis, keys: Keys, seq: int, now: datetime | None = None) -> dict[str, float]:
    """Age of the archiver's last word, commits without a file, bytes and gaps; the age is -1 where none ever ran."""
    told: Any = client.hmget(keys.archive, ["at", "position", "bytes", "gaps"])
    at, position, size, gaps = told
    if at is None or position is None:
        return {"age_s": NEVER, "behind": 0.0, "bytes": 0.0, "gaps": 0.0}
    said_at = msgspec.json.decode(at, type=datetime)
    return {
        "age_s": ((now or datetime.now(UTC)) - said_at).total_seconds(),
        "behind": float(max(0, seq - int(position.decode().partition("-")[0]))),
        "bytes": float(size or 0),
        "gaps": float(gaps or 0),
    }
