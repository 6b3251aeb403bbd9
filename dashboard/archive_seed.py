"""How the archive joins a city that lives already: is its log whole, and what stands in Redis now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import redis

from dashboard.archive_rows import NOUNS
from dashboard.engine.clock import Clock
from dashboard.engine.state import State
from geo.cities import load_city
from streams.archive.manifest import START
from streams.keys import CLOSED_NOUNS, Keys

SCAN_COUNT = 10_000
COUNTED = {"case.received": "cases", "incident.received": "incidents"}


class _Type(msgspec.Struct):
    type: str
    subject: str = ""


_type = msgspec.json.Decoder(_Type)


def is_whole(client: redis.Redis, keys: Keys) -> bool:
    """Whether the log still tells of everything: as many cases and incidents were received in it as were counted."""
    with client.pipeline(transaction=True) as pipe:
        pipe.hget(keys.position, "totals")
        pipe.xrevrange(keys.events, count=1)
        totals, newest = pipe.execute()
    counted = msgspec.json.decode(totals) if totals else {}
    last = newest[0][0].decode() if newest else START
    received: dict[str, set[str]] = {noun: set() for noun in COUNTED.values()}
    after = START
    while after != last:
        entries: Any = client.xrange(keys.events, f"({after}", last, count=SCAN_COUNT)
        if not entries:
            return False
        for _, fields in entries:
            fact = _type.decode(fields[b"e"])
            if fact.type in COUNTED:
                received[COUNTED[fact.type]].add(fact.subject)
        after = entries[-1][0].decode()
    return all(len(found) >= counted.get(noun, 0) for noun, found in received.items())


def documents_now(client: redis.Redis, keys: Keys) -> tuple[str, datetime | None, dict[str, dict[str, bytes]]]:
    """(end of the log before the scan, city time, documents by noun). Documents may be newer than that end."""
    with client.pipeline(transaction=True) as pipe:
        pipe.xrevrange(keys.events, count=1)
        pipe.hmget(keys.position, ["seq", "clock", "closed_days"])
        newest, (seq, clock, closed_days) = pipe.execute()
    last = newest[0][0].decode() if newest else f"{int(seq or 0)}-0"
    found: dict[str, dict[str, bytes]] = {noun: {} for noun in NOUNS.values()}
    for day in msgspec.json.decode(closed_days, type=list[str]) if closed_days else []:
        for entity, noun in CLOSED_NOUNS.items():
            found[NOUNS[entity]] |= _scan(client, keys.of(noun, day))
    for noun in NOUNS.values():
        found[noun] |= _scan(client, keys.of(noun))
    at = msgspec.json.decode(clock, type=Clock).at if clock else None
    return last, at, found


def _scan(client: redis.Redis, key: str) -> dict[str, bytes]:
    return {name.decode(): raw for name, raw in client.hscan_iter(key, count=SCAN_COUNT)}


def small_nouns(keys: Keys) -> list[str]:
    """Hashes of documents that the archiver does not follow itself: few enough to be read at once."""
    city = load_city(keys.city)
    state = State(city, datetime.fromisoformat("2000-01-01T00:00:00+00:00"))
    rooms = [room.noun for room in state.rooms.values() if room.noun not in NOUNS.values()]
    return [*dict.fromkeys([*rooms, *state.ledgers, "held"])]
