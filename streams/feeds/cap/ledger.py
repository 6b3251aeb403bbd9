"""What a polling feed has taken: its entries, its dead letters and its memory move in one transaction.

The cursor (hash `keys.cursor(feed)`) holds `position`, a number that grows with each commit and guards against a
second process on the same source, and the feed's memory: one field per document that it has taken.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import redis

from streams.codec import MAX_ENTRY_BYTES, encode
from streams.cursor import Append, Cursor
from streams.events import Envelope
from streams.feeds.appender import FeedTaken
from streams.keys import Keys

_POSITION = "position"


class Ledger:
    """One feed's hand on the log. `now` is the city's time; one ledger per source and place that it reads."""

    def __init__(self, client: redis.Redis, keys: Keys, feed: str, source: str, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self.feed, self.source, self.now = feed, source, now
        self._cursor = Cursor(client, keys.cursor(feed), _POSITION, self._taken)
        self.memory: dict[str, str] = {k.decode(): v.decode() for k, v in self._cursor.read().items()}
        self.position = int(self.memory.pop(_POSITION, "0"))  # how many commits this feed has made
        self._pending: list[Append] = []
        self._remembered: dict[str, str] = {}
        self._forgotten: set[str] = set()
        self._dead = 0

    def say(self, envelope: Envelope) -> None:
        """Append an entry with the next commit."""
        self._pending.append((self._keys.inbox, {"e": encode(envelope)}))

    def bury(self, raw: bytes, reason: str) -> None:
        """Put what could not be understood to the dead letters with the next commit, whole up to an entry's size."""
        if len(raw) > MAX_ENTRY_BYTES:
            reason = f"{reason} (here are the first {MAX_ENTRY_BYTES // 1024} kB)"
        said = {"reason": reason, "source": self.source, "feed": self.feed, "at": self.now().isoformat()}
        letter = {name: text.encode() for name, text in said.items()} | {"raw": raw[:MAX_ENTRY_BYTES]}
        self._pending.append((self._keys.dead, letter))
        self._dead += 1

    def remember(self, name: str, value: str) -> None:
        self.memory[name] = self._remembered[name] = value
        self._forgotten.discard(name)

    def forget(self, name: str) -> None:
        if self.memory.pop(name, None) is not None:
            self._remembered.pop(name, None)
            self._forgotten.add(name)

    def tell(self, what: str, **data: object) -> None:
        """Append what the feed has to say of itself: `feed.<what>`."""
        at = self.now()
        event_id = f"{self.feed}:{what}:{self.position}:{at.isoformat()}"
        told = {"feed": self.source, **data}
        self.say(Envelope(source=self.source, id=event_id, type=f"feed.{what}", occurred_at=at, data=told))

    def commit(self) -> None:
        """Append and remember all of it, or none. Raises FeedTaken, redis errors (then open a new ledger)."""
        if self._dead:
            self.tell("rejected", n=self._dead)  # dead letters never pass the engine: it learns their number
        if not (self._pending or self._remembered or self._forgotten):
            return
        fields = {**self._remembered, _POSITION: str(self.position + 1)}
        self._cursor.commit(self._pending, fields, self._forgotten)
        self.position += 1
        self._pending, self._remembered, self._forgotten, self._dead = [], {}, set(), 0

    def _taken(self) -> FeedTaken:
        return FeedTaken(f"{self.feed}: another process reads it")
