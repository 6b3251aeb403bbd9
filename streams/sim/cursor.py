"""The simulation's hand on the log: what happened and how far it was told move in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import redis

from streams.codec import encode
from streams.cursor import Cursor, entry_order
from streams.events import Envelope
from streams.keys import Keys
from streams.sim.steps import Stands

FEED = "sim"
_decoder = msgspec.json.Decoder()


class Taken(RuntimeError):
    """Another process tells the same story and moved the cursor; whoever hears this stops or starts anew."""


class SimLog:
    """The cursor (hash `keys.cursor("sim")`) says `until`, the city time told so far, and counts by name."""

    def __init__(self, client: redis.Redis, keys: Keys, feed: str = FEED) -> None:
        """Reads the cursor. Raises redis errors."""
        self._client: Any = client
        self._keys = keys
        self._cursor = Cursor(client, keys.cursor(feed), "until", self._taken)
        self.until: datetime | None = None
        self.counts: dict[str, int] = {}
        self.load()

    def load(self) -> datetime | None:
        """Read the cursor anew: the city time told so far, None when nothing was told yet."""
        found = self._cursor.read()
        until = found.pop(b"until", None)
        self.until = None if until is None else datetime.fromisoformat(until.decode())
        self.counts = {name.decode(): int(n) for name, n in found.items()}
        return self.until

    def append(self, envelopes: Sequence[Envelope], until: datetime, counts: Mapping[str, int] | None = None) -> None:
        """Append what happened up to `until` (aware) and move the cursor there, or do neither.

        `counts` are added to those of the cursor. Raises Taken when another process moved the cursor since it was
        read, redis errors when the server cannot be asked; then it is open whether the transaction happened, and
        `load` tells.
        """
        added = {name: self.counts.get(name, 0) + n for name, n in (counts or {}).items()}
        appends = [(self._keys.inbox, {"e": encode(envelope)}) for envelope in envelopes]
        self._cursor.commit(appends, {"until": until.isoformat(), **added})
        self.until = until
        self.counts |= added

    def _taken(self) -> Taken:
        return Taken(f"{self._keys.city}: another process plays the hotline")

    def end(self) -> bytes:
        """Id of the newest entry of the inbox."""
        newest = self._client.xrevrange(self._keys.inbox, count=1)
        return newest[0][0] if newest else b"0-0"

    def is_passed(self, entry_id: bytes) -> bool:
        """Whether the engine took everything up to that entry, so that the documents know of it."""
        passed = self._client.hget(self._keys.position, "inbox") or b"0-0"
        return entry_order(passed) >= entry_order(entry_id)

    def documents(self, noun: str) -> list[dict[str, Any]]:
        """All documents of one kind (`cases`, `calls`, `agents`) as plain mappings."""
        return [_decoder.decode(raw) for raw in self._client.hvals(self._keys.of(noun))]

    def standing(self, case_ids: Sequence[str]) -> dict[str, Stands]:
        """How cases stand. Those without a document are absent."""
        found = self._client.hmget(self._keys.cases, list(dict.fromkeys(case_ids)))
        documents = [_decoder.decode(raw) for raw in found if raw is not None]
        return {
            d["case_id"]: Stands(is_open(d), int(d.get("reopened", 0)), d.get("return_asked_at") is not None)
            for d in documents
        }


def is_open(case: Mapping[str, Any]) -> bool:
    """Whether a case's document says that it is open; one that was merged lives on in its lead."""
    return case.get("received_at") is not None and case.get("closed_at") is None and not case.get("merged_into")
