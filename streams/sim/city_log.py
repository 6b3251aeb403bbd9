"""The emergency side's hand on the log: facts and documents it reads, entries and memory it commits together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
import redis

from streams.codec import decode_envelope, encode
from streams.cursor import Cursor, entry_order
from streams.events import Envelope
from streams.keys import Keys
from streams.sim.incidents import SOURCE

FEED = "sim-emergency"
READ_COUNT = 5000
START = "0-0"
# What is worth decoding of all that the log tells.
HEARD = tuple(
    f'"{name}"'.encode()
    for name in (
        *("unit.dispatched", "unit.cleared", "unit.recalled", "unit.diverted"),
        *("incident.closed", "incident.cancelled", "incident.merged"),
    )
)


class Overtaken(RuntimeError):
    """Another process moved the cursor; the next turn goes on from what that one committed."""


class Scene(msgspec.Struct, frozen=True):
    """What is read of an incident's document."""

    kind: str = ""
    priority: int = 2
    lat: float | None = None
    lng: float | None = None
    cell: str = ""
    source: str = ""

    @property
    def where(self) -> tuple[float, float] | None:
        """Its position in degrees, None without a usable one."""
        return (self.lat, self.lng) if self.cell and self.lat is not None and self.lng is not None else None


class UnitDocument(msgspec.Struct, frozen=True):
    """What is read of a unit's document."""

    assignments: dict[str, str] = {}
    status_at: datetime | None = None
    lat: float | None = None
    lng: float | None = None
    position_at: datetime | None = None


class Memory(msgspec.Struct, frozen=True):
    """The cursor as committed: city time told so far, and notes by name."""

    until: datetime | None
    notes: dict[str, bytes]


class CityLog:
    """One city's log as the emergency side uses it. `tail` is the last fact read."""

    def __init__(self, client: redis.Redis, keys: Keys):
        self._client: Any = client
        self._keys = keys
        self._cursor = Cursor(client, keys.cursor(FEED), "until", self._taken)
        self.tail = START

    def remember(self) -> Memory:
        """Read the cursor and go on after the last fact it knows of; without a cursor after the newest fact."""
        found = self._cursor.read()
        self.tail = found[b"tail"].decode() if b"tail" in found else self._end()
        until = datetime.fromisoformat(found[b"until"].decode()) if b"until" in found else None
        return Memory(until, {name.decode(): raw for name, raw in found.items()})

    def is_cut_off(self) -> bool:
        """Whether the log was trimmed beyond the last fact that was read; if so, reading goes on at its end."""
        oldest = self._client.xrange(self._keys.events, count=1)
        if not oldest or self.tail == START or entry_order(oldest[0][0]) <= entry_order(self.tail):
            return False
        self.tail = self._end()
        return True

    def _end(self) -> str:
        newest = self._client.xrevrange(self._keys.events, count=1)
        return newest[0][0].decode() if newest else START

    def facts(self) -> Iterator[Envelope]:
        """Facts that somebody else brought about, as far as the log has them."""
        while True:
            found = self._client.xread({self._keys.events: self.tail}, count=READ_COUNT)
            entries = found[0][1] if found else []
            for entry_id, fields in entries:
                raw = fields[b"e"]
                self.tail = entry_id.decode()
                if any(name in raw for name in HEARD):
                    fact = decode_envelope(raw)
                    if fact.source != SOURCE:
                        yield fact
            if len(entries) < READ_COUNT:
                return

    def has_units(self) -> bool:
        return bool(self._client.exists(self._keys.units))

    def units(self) -> dict[str, UnitDocument]:
        """All units' documents by id."""
        found: dict[bytes, bytes] = self._client.hgetall(self._keys.units)
        return {unit_id.decode(): msgspec.json.decode(raw, type=UnitDocument) for unit_id, raw in found.items()}

    def scenes(self, incident_ids: Iterable[str]) -> dict[str, Scene]:
        """The documents of those incidents that have one."""
        names = sorted(incident_ids)
        if not names:
            return {}
        found = zip(names, self._client.hmget(self._keys.incidents, names), strict=True)
        return {name: msgspec.json.decode(raw, type=Scene) for name, raw in found if raw is not None}

    def commit(self, entries: list[Envelope], notes: dict[str, bytes | None], until: datetime) -> None:
        """Append entries, oldest first, and move the cursor, or do neither; a note of None is deleted.

        Raises Overtaken, redis errors.
        """
        gone = [name for name, raw in notes.items() if raw is None]
        kept: dict[str, Any] = {name: raw for name, raw in notes.items() if raw is not None}
        told = sorted(entries, key=lambda said: said.occurred_at)
        appends = [(self._keys.inbox, {"e": encode(said)}) for said in told]
        self._cursor.commit(appends, kept | {"until": until.isoformat(), "tail": self.tail}, gone)

    def _taken(self) -> Overtaken:
        return Overtaken(f"{self._keys.city}: another process plays the emergency side")
