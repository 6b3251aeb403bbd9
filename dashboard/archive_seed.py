"""How the archive begins: with a city as it was written before its engine ran, with a log that is whole, or with what
stands in Redis now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import redis

from dashboard.archive_rows import NOUNS, table_of
from dashboard.engine.clock import Clock
from dashboard.engine.state import State
from emergency.tasks import is_emergency
from geo.cities import load_city
from hotline.calls import Call
from hotline.channels import KEY_FORMAT, Floor, Quarter
from hotline.intervals import BOUNDS_S, Interval
from streams.archive.checkpoints import GRID, POSITION, Checkpoint
from streams.archive.manifest import START
from streams.codec import decode_envelope, encode
from streams.keys import CLOSED_NOUNS, Keys

SCAN_COUNT = 10_000
QUARTERS = "quarters"
SOON_S = 20
COUNTED = {"case.received": "cases", "incident.received": "incidents"}
SEED_KEPT_S = 3600  # an archiver that has not come by then joins the city as it stands
FOLDED_AT_ONCE = 20_000  # facts that a replay may have to fold from an empty city: some seconds


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


def first_checkpoint(client: redis.Redis, keys: Keys, wall: datetime) -> Checkpoint | None:
    """The city before its first second: as it was put aside, or empty where the log tells everything; else None."""
    seed = kept_seed(client, keys)
    return seed if seed is not None or not is_whole(client, keys) else empty_city(client, keys, wall)


def empty_city(client: redis.Redis, keys: Keys, wall: datetime) -> Checkpoint:
    """The city before the first fact of a log that is whole: nothing, at the instant of that fact.

    A replay can go on from it while few facts follow; without a clock, or with more of them, it only begins the files.
    """
    with client.pipeline(transaction=True) as pipe:
        pipe.xrange(keys.events, count=1)
        pipe.xlen(keys.events)
        pipe.hget(keys.position, "clock")
        first, n, raw = pipe.execute()
    clock = msgspec.json.decode(raw, type=Clock) if raw else None
    fact = decode_envelope(first[0][1][b"e"]) if first else None
    at = wall if clock is None else clock.at if fact is None else fact.recorded_at or clock.at
    if clock is None or n > FOLDED_AT_ONCE:
        return Checkpoint(START, at, {})
    return Checkpoint(START, at, {}, position={"clock": encode(msgspec.structs.replace(clock, at=at))})


def keep_seed(client: redis.Redis, keys: Keys) -> None:
    """Put a city's documents aside before its engine first runs, so that the archive begins with its first second."""
    with client.pipeline(transaction=True) as pipe:
        for noun in _seed_nouns(keys):
            pipe.copy(keys.of(noun), _aside(keys, noun), replace=True)
            pipe.expire(_aside(keys, noun), SEED_KEPT_S)
        pipe.execute()


def kept_seed(client: redis.Redis, keys: Keys) -> Checkpoint | None:
    """What was put aside, or None. Nobody changes it, so it need not be read at once."""
    position: Any = client.hgetall(_aside(keys, POSITION))
    if not position:
        return None
    nouns = [noun for noun in _seed_nouns(keys) if noun not in (POSITION, GRID)]
    documents = {noun: _scan(client, _aside(keys, noun)) for noun in nouns}
    grid: Any = client.lrange(_aside(keys, GRID), 0, -1)
    clock = msgspec.json.decode(position[b"clock"], type=Clock)
    held = {name.decode(): value for name, value in position.items()}
    return Checkpoint(f"{int(position[b'seq'])}-0", clock.at, documents, tuple(cell.decode() for cell in grid), held)


def drop_seed(client: redis.Redis, keys: Keys) -> None:
    """It stands in files now."""
    client.delete(*(_aside(keys, noun) for noun in _seed_nouns(keys)))


def _seed_nouns(keys: Keys) -> list[str]:
    return [*NOUNS.values(), *small_nouns(keys), GRID, POSITION]


def _aside(keys: Keys, noun: str) -> str:
    return keys.of("archive-seed", noun)


def documents_now(client: redis.Redis, keys: Keys) -> tuple[str, datetime | None, dict[str, dict[str, bytes]]]:
    """(end of the log before the scan, city time, documents by noun). Documents may be newer than that end.

    Calls and their counts by the quarter of an hour (noun `quarters`) are of one instant: they are held together.
    """
    with client.pipeline(transaction=True) as pipe:
        pipe.xrevrange(keys.events, count=1)
        pipe.hmget(keys.position, ["seq", "clock", "closed_days"])
        pipe.hgetall(keys.quarters)
        pipe.hgetall(keys.calls)
        newest, (seq, clock, closed_days), quarters, calls = pipe.execute()
    last = newest[0][0].decode() if newest else f"{int(seq or 0)}-0"
    found: dict[str, dict[str, bytes]] = {noun: {} for noun in NOUNS.values()}
    for day in msgspec.json.decode(closed_days, type=list[str]) if closed_days else []:
        for entity, noun in CLOSED_NOUNS.items():
            found[NOUNS[entity]] |= _scan(client, keys.of(noun, day))
    for noun in set(NOUNS.values()) - {NOUNS["call"]}:
        found[noun] |= _scan(client, keys.of(noun))
    found[NOUNS["call"]], found[QUARTERS] = _named(calls), _named(quarters)
    at = msgspec.json.decode(clock, type=Clock).at if clock else None
    return last, at, found


def found_calls(documents: Mapping[str, Mapping[str, bytes]]) -> Any:
    """Rows of `found_calls`: what the quarters counted, without the calls that still have a document."""
    held = Floor()
    for raw in documents.get(NOUNS["call"], {}).values():
        call = msgspec.json.decode(raw, type=Call)
        if not is_emergency(call.channel, call.agency):
            held.move(None, call)
    known = held.documents()
    rows = []
    for key, raw in sorted(documents.get(QUARTERS, {}).items()):
        at = datetime.strptime(key, KEY_FORMAT).replace(tzinfo=UTC)
        for channel, interval in sorted(msgspec.json.decode(raw, type=Quarter).items()):
            mine = known.get(key, {}).get(channel, Interval())
            counted = [max(0, n - of_held) for n, of_held in zip(_counts(interval), _counts(mine), strict=True)]
            if any(counted):
                rows.append((channel, at, *counted))
    return table_of("found_calls", rows)


def _counts(interval: Interval) -> tuple[int, int, int, int]:
    soon = sum(n for bucket, n in interval.waits.items() if BOUNDS_S[bucket] <= SOON_S)
    return interval.offered, interval.answered, interval.abandoned, soon


def _named(found: Mapping[bytes, bytes]) -> dict[str, bytes]:
    return {name.decode(): raw for name, raw in found.items()}


def _scan(client: redis.Redis, key: str) -> dict[str, bytes]:
    return {name.decode(): raw for name, raw in client.hscan_iter(key, count=SCAN_COUNT)}


def small_nouns(keys: Keys) -> list[str]:
    """Hashes of documents that the archiver does not follow itself: few enough to be read at once."""
    city = load_city(keys.city)
    state = State(city, datetime.fromisoformat("2000-01-01T00:00:00+00:00"))
    rooms = [room.noun for room in state.rooms.values() if room.noun not in NOUNS.values()]
    return [*dict.fromkeys([*rooms, *state.ledgers, "held"])]
