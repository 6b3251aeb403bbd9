"""Timers by the second: which documents must be looked at again, and when."""

from __future__ import annotations

import heapq
import math
from datetime import datetime

Key = tuple[str, str]  # (entity, id)


class Timers:
    """Wakes keys at or just after an instant.

    Instants are rounded up to the second, so that a million timers share few heap entries. A timer is never
    cancelled: whoever is woken looks at the current document and the clock, so an old timer cannot act on a
    newer state; at worst it finds nothing to do.
    """

    def __init__(self) -> None:
        self._heap: list[int] = []
        self._due: dict[int, list[Key]] = {}

    def set(self, at: datetime, key: Key) -> None:
        second = math.ceil(at.timestamp())
        waiting = self._due.get(second)
        if waiting is None:
            self._due[second] = [key]
            heapq.heappush(self._heap, second)
        else:
            waiting.append(key)

    def due(self, now: datetime) -> list[Key]:
        """Take out every key whose second has begun, in order of time.

        A list, not a generator: a key that is set again for this very instant waits for the next look instead of
        keeping this one busy for ever.
        """
        limit = now.timestamp()
        keys: list[Key] = []
        while self._heap and self._heap[0] <= limit:
            keys += self._due.pop(heapq.heappop(self._heap))
        return keys

    def __len__(self) -> int:
        return sum(map(len, self._due.values()))
