"""What is with which body now: one hash per body of cases that it was sent and has not finished."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
import redis

from dashboard.outgoing.deliveries import Ledger
from streams.codec import encode
from streams.events import Envelope
from streams.keys import Keys

NOUN = "onwards"


class Sent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One case with a body: its number there, or the token that it will be told by, and what was told of it here."""

    case_id: str
    request_id: str = ""
    token: str = ""
    sent_at: datetime
    is_accepted: bool = False
    notes: str = ""  # digest of the last note that was taken over
    misses: int = 0  # how often in a row the body did not know it


class Book:
    """The cases with one body."""

    def __init__(self, client: redis.Redis, keys: Keys, agency: str) -> None:
        self.client: Any = client
        self.keys = keys
        self.key = keys.of(f"{NOUN}-open", agency.lower())

    def all(self) -> dict[str, Sent]:
        found = self.client.hvals(self.key)
        return {sent.case_id: sent for sent in (msgspec.json.decode(raw, type=Sent) for raw in found)}

    def get(self, case_id: str) -> Sent | None:
        raw = self.client.hget(self.key, case_id)
        return msgspec.json.decode(raw, type=Sent) if raw else None

    def keep(self, sent: Sent) -> None:
        self.client.hset(self.key, sent.case_id, encode(sent))

    def tell(self, facts: Iterable[Envelope], changed: Iterable[Sent] = (), done: Iterable[str] = ()) -> None:
        """Facts into the inbox together with what they change here: told once, whatever happens in between."""
        with self.client.pipeline(transaction=True) as pipe:
            for fact in facts:
                pipe.xadd(self.keys.inbox, {"e": encode(fact)})
            for sent in changed:
                pipe.hset(self.key, sent.case_id, encode(sent))
            for case_id in done:
                pipe.hdel(self.key, case_id)
            pipe.execute()


def ledger_of(client: redis.Redis, keys: Keys, agency: str) -> Ledger:
    """How far the log was read for a body, and what it could not be sent."""
    return Ledger(client, keys, agency.lower(), NOUN)


def bodies_key(keys: Keys) -> str:
    """Set of the bodies that a process has served."""
    return keys.of(f"{NOUN}-bodies")


def onward_counts(client: redis.Redis, keys: Keys) -> Mapping[str, int]:
    """How many cases are with other bodies, and how many could not be sent: dead ends that somebody must see."""
    names: Any = client.smembers(bodies_key(keys))
    agencies = sorted(name.decode() for name in names)
    with client.pipeline(transaction=False) as pipe:
        for agency in agencies:
            pipe.hlen(Book(client, keys, agency).key)
            pipe.xlen(ledger_of(client, keys, agency).dead_key)
        counts = pipe.execute()
    return {"open": sum(counts[::2]), "dead": sum(counts[1::2])}
