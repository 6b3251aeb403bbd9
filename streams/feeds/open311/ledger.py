"""What was told of each record, in Redis: moved in the transaction that appends the events, so nothing repeats."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
import redis

from streams.codec import MAX_ENTRY_BYTES, encode
from streams.cursor import Append, Cursor, entry_order
from streams.events import Envelope
from streams.feeds.appender import FeedTaken
from streams.feeds.open311.envelopes import Known
from streams.feeds.records import Rejected
from streams.feeds.times import to_micros
from streams.keys import Keys

_CHUNK = 1000
_decode = msgspec.json.Decoder(Known).decode


class Ledger:
    """One source's cursor and what it knows. One writer: another that moved the cursor meanwhile is noticed.

    `notes` are the cursor's fields: `turn` counts commits, the rest belongs to the caller. Beside it stand two
    hashes: `<cursor>:known`, record -> what was last told of it; `<cursor>:rejected`, digest of a malformed record
    -> when, so that one that is seen again is not counted again.
    """

    def __init__(self, client: redis.Redis, keys: Keys, source: str) -> None:
        self._client: Any = client
        self._keys = keys
        self.source = source
        self._cursor = Cursor(client, keys.cursor(source), "turn", self._taken)
        self._known = keys.cursor(f"{source}:known")
        self._rejected = keys.cursor(f"{source}:rejected")
        self.notes: dict[str, str] = {k.decode(): v.decode() for k, v in self._cursor.read().items()}
        self.turn = int(self.notes.get("turn", "0"))
        self._last = ""

    def known(self, records: Iterable[str]) -> dict[str, Known]:
        """What was told of these records."""
        names = list(dict.fromkeys(records))
        found = self._client.hmget(self._known, names) if names else []
        return {name: _decode(raw) for name, raw in zip(names, found, strict=True) if raw}

    def rejected_before(self, letters: Iterable[Rejected]) -> set[str]:
        """Digests of those that are dead letters already."""
        names = list(dict.fromkeys(letter_digest(letter) for letter in letters))
        found = self._client.hmget(self._rejected, names) if names else []
        return {name for name, raw in zip(names, found, strict=True) if raw}

    def open_before(self, at: datetime) -> list[str]:
        """Records that are open and were requested before that instant."""
        micros = to_micros(at)
        return [name for name, known in self._all() if known.is_open and known.requested < micros]

    @property
    def is_empty(self) -> bool:
        """Whether no record was ever told."""
        return not self._client.exists(self._known)

    def commit(
        self,
        envelopes: list[Envelope],
        known: dict[str, Known],
        letters: list[Rejected],
        now: datetime,
        **notes: str,
    ) -> None:
        """Append the events and dead letters and move what is known, or do neither. Raises FeedTaken, redis errors."""
        told = [*envelopes, *self._own_up(letters, now)]
        appends: list[Append] = [(self._keys.inbox, {"e": encode(envelope)}) for envelope in told]
        appends += [(self._keys.dead, self._letter(letter, now)) for letter in letters]

        def remember(pipe: Any) -> None:
            for letter in letters:
                pipe.hset(self._rejected, letter_digest(letter), now.isoformat())
            for record, value in known.items():
                pipe.hset(self._known, record, encode(value))

        ids = self._cursor.commit(appends, notes | {"turn": str(self.turn + 1)}, also=remember)
        self.turn += 1
        self.notes |= notes
        if told:
            self._last = ids[len(told) - 1].decode()

    def _taken(self) -> FeedTaken:
        return FeedTaken(f"{self.source}: another process polls it")

    def backlog(self) -> int:
        """How many entries wait for the engine, counted only while it has not passed the last one of this feed."""
        if not self._last:
            return 0
        passed = (self._client.hget(self._keys.position, "inbox") or b"0-0").decode()
        return 0 if entry_order(passed) >= entry_order(self._last) else int(self._client.xlen(self._keys.inbox))

    def forget(self, before: datetime) -> int:
        """Drop what was closed before that instant, and dead letters told before it; returns how many records."""
        micros, day = to_micros(before), before.isoformat()
        old = [name for name, known in self._all() if not known.is_open and _newest(known) < micros]
        told = [name for name, at in self._client.hscan_iter(self._rejected, count=_CHUNK) if at.decode() < day]
        for key, names in ((self._known, old), (self._rejected, told)):
            for start in range(0, len(names), _CHUNK):
                self._client.hdel(key, *names[start : start + _CHUNK])
        return len(old)

    def _all(self) -> Iterator[tuple[str, Known]]:
        for name, raw in self._client.hscan_iter(self._known, count=_CHUNK):
            yield name.decode(), _decode(raw)

    def _own_up(self, letters: list[Rejected], now: datetime) -> list[Envelope]:
        """Dead letters never pass the engine; it learns their number, so that every screen shows it."""
        if not letters:
            return []
        return [self.about("rejected", now, n=len(letters))]

    def about(self, what: str, now: datetime, **data: object) -> Envelope:
        """What the feed has to say of itself, under an id that no other commit has."""
        return Envelope(
            source=self.source,
            id=f"{self.source}:{what}:{self.turn + 1}",
            type=f"feed.{what}",
            occurred_at=now,
            data={"feed": self.source, **data},
            subject=f"feed:{self.source}",
        )

    def _letter(self, letter: Rejected, now: datetime) -> dict[str, bytes]:
        said = {"reason": letter.reason, "source": self.source, "feed": "open311", "at": now.isoformat()}
        return {k: v.encode("utf-8", "replace") for k, v in said.items()} | {"raw": letter.raw[:MAX_ENTRY_BYTES]}


def letter_digest(letter: Rejected) -> str:
    """Equal for equal bytes that were refused for the same reason."""
    return hashlib.blake2b(letter.reason.encode("utf-8", "replace") + b"\0" + letter.raw, digest_size=12).hexdigest()


def _newest(known: Known) -> int:
    return max(known.requested, known.updated)
