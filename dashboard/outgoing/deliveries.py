"""What is sent of an event, and how far each hook has come: its cursor, its failed tries, its dead letters.

One hash per hook, `keys.of("webhook", name)`: `at` the entry up to which everything is settled, `attempts` the failed
tries of the one after it, `disabled` the reason why nothing is sent, and what `webhook list` shows. Others that follow
the log have a noun of their own in place of `webhook`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import redis

from dashboard.outgoing.hooks import Hook
from streams.codec import encode
from streams.events import PRIVATE_FIELDS, Envelope
from streams.keys import Keys

BATCH = 500
DEAD_KEPT = 10_000
START = "0-0"

Entry = tuple[str, bytes]


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one hook: the id is the same at every try."""

    id: str
    entry_id: str
    type: str
    body: bytes


def delivery_of(hook: Hook, entry_id: str, event: Envelope, city: str, mode: str) -> Delivery:
    """The event as this hook may see it: what identifies it, and the fields that the file allows."""
    delivery_id = f"{city}/{hook.name}/{entry_id}"
    placed = event.placed or {}
    body = {
        "id": delivery_id,
        "city": city,
        "mode": mode,  # `simulation` and `replay` are not the real city: receivers must not act on them
        "seq": int(entry_id.partition("-")[0]),
        "type": event.type,
        "version": event.version,
        "source": event.source,
        "event_id": event.id,
        "subject": event.subject,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "placed": {name: placed[name] for name in ("area", "cell") if name in hook.fields and placed.get(name)},
        "data": {name: _seemly(value) for name, value in event.data.items() if name in hook.fields - PRIVATE_FIELDS},
    }
    return Delivery(delivery_id, entry_id, event.type, encode(body))


def _seemly(value: Any) -> Any:
    """The value without personal fields at any depth: a source may send more than we know of."""
    if isinstance(value, Mapping):
        return {name: _seemly(inner) for name, inner in value.items() if name not in PRIVATE_FIELDS}
    return [_seemly(inner) for inner in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Progress:
    """A hook's hash, read at once."""

    at: str = ""
    attempts: int = 0
    disabled: str = ""
    delivered: int = 0
    last_at: str = ""
    last_error: str = ""


@dataclass(frozen=True)
class Look:
    """One look at the log from a cursor: what follows, what is missing before that, and where the log ends."""

    entries: list[Entry]
    missing: str
    end: str


class Ledger:
    """The book of one hook in Redis. Only the process that delivers moves the cursor."""

    def __init__(self, client: redis.Redis, keys: Keys, name: str, noun: str = "webhook"):
        self.client = client
        self.keys = keys
        self.key = keys.of(noun, name)
        self.dead_key = keys.of(f"{noun}-dead", name)

    def progress(self) -> Progress:
        found: Any = self.client.hgetall(self.key)
        said = {name.decode(): value.decode() for name, value in found.items()}
        return Progress(
            at=said.get("at", ""),
            attempts=int(said.get("attempts", 0)),
            disabled=said.get("disabled", ""),
            delivered=int(said.get("delivered", 0)),
            last_at=said.get("last_at", ""),
            last_error=said.get("last_error", ""),
        )

    # following the log

    def begin(self) -> str:
        """Where the hook stands; one that was never seen begins at the end of the log, not with all of the past."""
        last: Any = self.client.xrevrange(self.keys.events, count=1)
        self.client.hsetnx(self.key, "at", last[0][0] if last else START)
        return self.progress().at

    def read(self, at: str) -> Look:
        """What follows `at`, together with the proof that nothing in between was trimmed away."""
        streams: dict[Any, Any] = {self.keys.events: at}
        with self.client.pipeline(transaction=True) as pipe:
            pipe.xread(streams, count=BATCH)
            pipe.xrange(self.keys.events, at, at, count=1)
            pipe.xrevrange(self.keys.events, count=1)
            answer, anchor, last = pipe.execute()
        end = last[0][0].decode() if last else START
        missing = "" if at == START or anchor else f"the log no longer holds {at}, nor what may have followed it"
        return Look(_entries(answer), missing, end)

    def wait(self, at: str, block_ms: int) -> None:
        """Until something was appended, or `block_ms` passed."""
        streams: dict[Any, Any] = {self.keys.events: at}
        self.client.xread(streams, count=1, block=block_ms)

    def mode(self) -> str:
        """The clock mode of the city: live, simulation or replay."""
        raw: Any = self.client.hget(self.keys.view("clock"), "mode")
        return msgspec.json.decode(raw) if raw else ""

    # moving on

    def skip(self, entry_id: str) -> None:
        """Everything up to here is settled: delivered, dead, or not wanted."""
        self.client.hset(self.key, mapping={"at": entry_id, "attempts": 0})

    def miss(self, missing: str, at: datetime) -> None:
        """Leave word that something between the cursor and the log's first entry was never sent."""
        letter: dict[Any, Any] = {"reason": f"missing: {missing}", "at": at.isoformat()}
        self.client.xadd(self.dead_key, letter, maxlen=DEAD_KEPT, approximate=True)

    def took(self, delivery: Delivery, at: datetime) -> None:
        with self.client.pipeline(transaction=True) as pipe:
            pipe.hset(self.key, mapping={"at": delivery.entry_id, "attempts": 0, "last_at": at.isoformat()})
            pipe.hdel(self.key, "last_error")
            pipe.hincrby(self.key, "delivered", 1)
            pipe.execute()

    def failed(self, reason: str) -> int:
        """One more failed try of the event after the cursor; how many there are now, also from before a restart."""
        with self.client.pipeline(transaction=True) as pipe:
            pipe.hincrby(self.key, "attempts", 1)
            pipe.hset(self.key, "last_error", reason)
            attempts, _ = pipe.execute()
        return int(attempts)

    def bury(self, delivery: Delivery, reason: str, at: datetime) -> None:
        """The event goes to the hook's dead letters and the cursor past it, together: it can be in no third state."""
        with self.client.pipeline(transaction=True) as pipe:
            pipe.xadd(self.dead_key, _dead_letter(delivery, reason, at), maxlen=DEAD_KEPT, approximate=True)
            pipe.hset(self.key, mapping={"at": delivery.entry_id, "attempts": 0})
            pipe.execute()

    def lose(self, delivery: Delivery, reason: str, at: datetime) -> None:
        """A dead letter of something that was settled before; the cursor stays."""
        self.client.xadd(self.dead_key, _dead_letter(delivery, reason, at), maxlen=DEAD_KEPT, approximate=True)

    def disable(self, reason: str) -> None:
        """Send nothing more until somebody enables the hook; the cursor stands, so nothing is lost meanwhile."""
        self.client.hset(self.key, "disabled", reason)

    def enable(self) -> None:
        self.client.hdel(self.key, "disabled", "last_error")

    # dead letters

    def dead(self, count: int | None = None) -> list[tuple[str, dict[str, Any]]]:
        """(letter id, fields), newest first; all but `body` as text."""
        found: Any = self.client.xrevrange(self.dead_key, count=count)
        return [(letter_id.decode(), _letter(fields)) for letter_id, fields in found]

    def count_dead(self) -> int:
        return int(self.client.xlen(self.dead_key))

    def remove_dead(self, letter_id: str) -> None:
        self.client.xdel(self.dead_key, letter_id)


def _dead_letter(delivery: Delivery, reason: str, at: datetime) -> dict[Any, Any]:
    said = {"id": delivery.id, "type": delivery.type, "body": delivery.body}
    return {**said, "reason": reason, "at": at.isoformat()}


def _letter(fields: Mapping[bytes, bytes]) -> dict[str, Any]:
    said = {name.decode(): value for name, value in fields.items()}
    return {name: value if name == "body" else value.decode(errors="replace") for name, value in said.items()}


def _entries(answer: Any) -> list[Entry]:
    """(id, JSON) of an XREAD of one stream."""
    streams: Iterable[Any] = answer.values() if isinstance(answer, dict) else [rows for _, rows in answer or []]
    return [(entry_id.decode(), (fields or {}).get(b"e", b"")) for rows in streams for entry_id, fields in rows]
