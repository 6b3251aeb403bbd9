"""A feed's hand on the log: entries and the feed's position move in one transaction, so nothing repeats or is lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

import redis

from streams.codec import encode
from streams.cursor import Cursor, entry_order
from streams.events import Envelope
from streams.feeds.items import Item
from streams.keys import Keys

BACKLOG_LIMIT = 50_000


class FeedTaken(RuntimeError):
    """Another process moved this feed's cursor: only one may replay it."""


class Appender:
    """Collects what happens next and appends it together with the cursor.

    The cursor (hash `keys.cursor(feed)`) says `position`, the next item of the sequence; `at`, the city's time
    reached; and what the replay notes there itself, such as `finished`. One appender per feed.
    """

    def __init__(self, client: redis.Redis, keys: Keys, feed: str, source: str, wall: Callable[[], datetime]) -> None:
        self._client: Any = client
        self._keys, self._wall = keys, wall
        self.feed, self.source = feed, source
        self._cursor = Cursor(client, keys.cursor(feed), "position", self._taken)
        self._pending: list[tuple[str, dict[str, bytes]]] = []
        self._unread: deque[tuple[tuple[int, int], int]] = deque()
        self.notes: dict[str, str] = {k.decode(): v.decode() for k, v in self._cursor.read().items()}
        self.position = int(self.notes.get("position", "0"))
        self.at = datetime.fromisoformat(self.notes["at"]) if "at" in self.notes else None
        self.entries = 0
        self.dead = 0
        self._count_unread()

    @property
    def pending(self) -> int:
        """How many appends wait for `commit`."""
        return len(self._pending)

    def add(self, item: Item) -> None:
        """Take the next item of the sequence: an entry for the inbox or a dead letter."""
        if item.reason:
            self._pending.append((self._keys.dead, self._letter(item)))
            self.dead += 1
        else:
            self._pending.append((self._keys.inbox, {"e": item.body}))
            self.entries += 1
        self.position = item.position + 1
        self.at = item.at

    def say(self, envelope: Envelope) -> None:
        """Append what the feed itself has to tell: its clock, its start and its end."""
        self._pending.append((self._keys.inbox, {"e": encode(envelope)}))

    def commit(self, **notes: str) -> None:
        """Append all that was taken and move the cursor, or do neither. Raises FeedTaken, redis errors."""
        self._own_up()
        self.notes |= notes | {"position": str(self.position)} | ({"at": self.at.isoformat()} if self.at else {})
        ids = self._cursor.commit(self._pending, self.notes)
        appended = [i for i, (stream, _) in zip(ids, self._pending, strict=True) if stream == self._keys.inbox]
        if appended:
            self._unread.append((entry_order(appended[-1]), len(appended)))
        self._pending = []

    def _taken(self) -> FeedTaken:
        return FeedTaken(f"{self.feed}: another process replays it")

    def _own_up(self) -> None:
        """Dead letters never pass the engine; it learns their number, so that every screen shows it."""
        n = sum(stream == self._keys.dead for stream, _ in self._pending)
        if n and self.at is not None:
            event_id = f"{self.feed}:rejected:{self.position}"
            data = {"feed": self.source, "n": n}
            self.say(Envelope(source=self.source, id=event_id, type="feed.rejected", occurred_at=self.at, data=data))

    def backlog(self) -> int:
        """How many entries of the inbox the engine has not passed yet, as far as this feed appended them."""
        passed = entry_order(self._client.hget(self._keys.position, "inbox") or b"0-0")
        while self._unread and self._unread[0][0] <= passed:
            self._unread.popleft()
        return sum(n for _, n in self._unread)

    def _count_unread(self) -> None:
        """What already lies in the inbox counts as unread until the engine has passed its end."""
        newest = self._client.xrevrange(self._keys.inbox, count=1)
        if newest:
            self._unread.append((entry_order(newest[0][0]), int(self._client.xlen(self._keys.inbox))))

    def _letter(self, item: Item) -> dict[str, bytes]:
        said = {"reason": item.reason, "source": self.source, "feed": self.feed, "at": self._wall().isoformat()}
        return {k: v.encode() for k, v in said.items()} | {"raw": item.body}
