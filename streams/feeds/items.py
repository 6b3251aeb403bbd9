"""What a feed lays out before it appends it: one step after the other."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Item(NamedTuple):
    """One step of the sequence: an entry (`body` is its envelope as JSON) or, with a reason, a dead letter."""

    position: int
    at: datetime
    record: str
    body: bytes
    reason: str
    closes_at: datetime | None
    day: int
