"""What a polling feed has taken: its entries, its dead letters and its memory move in one transaction.

The cursor (hash `keys.cursor(feed)`) holds `position`, a number that grows with each commit and guards against a
second process on the same source, and the feed's memory: one field per document that it has taken.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import redis
from redis.exceptions import WatchError

from streams.codec import MAX_ENTRY_BYTES, encode
from streams.events import Envelope
from streams.feeds.appender import FeedTaken
from streams.keys import Keys

_POSITION = "position"


class Ledger:
    """One feed's hand on the log. `now` is the city's time; one ledger per source and place that it reads."""

    def __init__(self, client: redis.Redis, keys: Keys, feed: str, source: str, now: Callable[[], datetime]) -> None:
        self._client: Any = client
        self._keys, self._cursor_key = keys, keys.cursor(feed)
        self.feed, self.source, self.now = feed, source, now
        found: Any = self._client.hgetall(self._cursor_key)
        self.memory: dict[str, str] = {k.decode(): v.decode() for k, v in found.items()}
        self._stored = self.memory.pop(_POSITION, "")
        self._pending: list[tuple[str, dict[str, bytes]]] = []
        self._remembered: dict[str, str] = {}
        self._forgotten: set[str] = set()
        self._dead = 0

    @property
    def position(self) -> int:
        """How many commits this feed has made."""
        return int(self._stored or 0)

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
        after = str(self.position + 1)
        with self._client.pipeline(transaction=True) as pipe:
            pipe.watch(self._cursor_key)
            self._refuse_taken()
            pipe.multi()
            for stream, fields in self._pending:
                pipe.xadd(stream, fields)
            if self._forgotten:
                pipe.hdel(self._cursor_key, *self._forgotten)
            pipe.hset(self._cursor_key, mapping={**self._remembered, _POSITION: after})
            try:
                pipe.execute()
            except WatchError:
                self._refuse_taken()
                # The client says the same when the connection breaks while it watches.
                raise redis.ConnectionError("the connection broke during a commit") from None
        self._stored = after
        self._pending, self._remembered, self._forgotten, self._dead = [], {}, set(), 0

    def _refuse_taken(self) -> None:
        stored: Any = self._client.hget(self._cursor_key, _POSITION)
        if (stored or b"").decode() != self._stored:
            raise FeedTaken(f"{self.feed}: another process reads it")
