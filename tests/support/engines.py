"""An engine on a real Redis with a clock that the test moves, and builders of entries."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import redis

from dashboard.callers.numbers import dialling_of
from dashboard.callers.sealing import Sealer
from dashboard.engine.clock import Mode
from dashboard.engine.engine import Engine
from dashboard.engine.store import Store
from geo.cities import City, load_city
from streams.keys import Keys

NOON = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)  # a Wednesday, 12:00 in Boston
CALLER_KEY = b"a key of the tests, which is long"
CITY_HALL = (42.3594, -71.0587)  # Boston's default point
CORNER = (42.3301, -71.0899)


class Wall:
    """A wall clock that stands until it is moved; `monotonic` moves with it."""

    def __init__(self, at: datetime = NOON):
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def pass_(self, **delta: float) -> None:
        self.at += timedelta(**delta)


class TestCity:
    """One city under test: its inbox, its requests, and an engine that is turned by hand."""

    __test__ = False

    def __init__(self, client: redis.Redis, city: str = "boston", mode: Mode = Mode.LIVE, at: datetime = NOON):
        self.client = client
        self.city: City = load_city(city)
        self.keys = Keys(city)
        self.wall = Wall(at)
        self.mode = mode
        self.sealer = Sealer(CALLER_KEY, dialling_of(self.city))
        self._numbers = itertools.count(1)
        self.engine = self.new_engine()

    def new_engine(self, store: type[Store] = Store) -> Engine:
        """Another engine of the same city, started: it fences the ones before."""
        engine = Engine(
            store(self.client, self.keys, "test"),
            self.city,
            None,
            self.mode,
            wall=self.wall,
            monotonic=self.wall.monotonic,
            sealer=self.sealer,
        )
        engine.start()
        return engine

    def post(self, type_: str, id: str = "", source: str = "311", at: datetime | None = None, **data: Any) -> str:
        """Append one event to the inbox; returns its id."""
        number = next(self._numbers)
        event = {
            "source": source,
            "id": id or f"e{number}",
            "type": type_,
            "occurred_at": at or self.wall.at,
            "data": data,
        }
        self.client.xadd(self.keys.inbox, {"e": msgspec.json.encode(event)})
        return event["id"]

    def case(self, case_id: str, where: tuple[float, float] | None = CORNER, **data: Any) -> None:
        place = {"lat": where[0], "lng": where[1]} if where else {}
        self.post("case.received", f"{case_id}:received", case_id=case_id, **place, **data)

    def ask(
        self,
        verb: str,
        request_id: str = "",
        valid_s: float = 10,
        actor: str = "ann",
        role: str = "dispatcher",
        **args: Any,
    ) -> str:
        """Append one request; returns its id."""
        request_id = request_id or f"r{next(self._numbers)}"
        request = {
            "request_id": request_id,
            "verb": verb,
            "actor": actor,
            "role": role,
            "valid_until": self.wall.at + timedelta(seconds=valid_s),
            "args": args,
        }
        self.client.xadd(self.keys.requests, {"e": msgspec.json.encode(request)})
        return request_id

    def turn(self) -> None:
        """One turn without waiting, far enough after the last that a frame is due."""
        self.wall.pass_(seconds=1)
        self.engine.turn(block_ms=None)

    def reply(self, request_id: str) -> dict[str, Any]:
        raw: Any = self.client.get(self.keys.reply(request_id))
        return msgspec.json.decode(raw) if raw else {}

    def figures(self) -> dict[str, Any]:
        """The committed figures."""
        return self.view("figures")

    def view(self, topic: str) -> dict[str, Any]:
        raw: Any = self.client.hgetall(self.keys.view(topic))
        return {name.decode(): msgspec.json.decode(value) for name, value in raw.items()}

    def events(self, alarms: bool = False) -> list[dict[str, Any]]:
        """All recorded facts, oldest first; without `alarms`, what the engine says of them is left out."""
        entries: Any = self.client.xrange(self.keys.events)
        facts = [msgspec.json.decode(fields[b"e"]) for _, fields in entries]
        return facts if alarms else [fact for fact in facts if not fact["type"].startswith("alarm.")]

    def dead(self) -> list[dict[bytes, bytes]]:
        entries: Any = self.client.xrange(self.keys.dead)
        return [fields for _, fields in entries]


def everything(client: redis.Redis, keys: Keys) -> dict[str, Any]:
    """All that is committed for a city, to compare two runs or to see that nothing moved."""
    found: dict[str, Any] = {}
    for raw_key in sorted(client.scan_iter(f"{keys.of('*').replace('{', '?').replace('}', '?')}")):
        key = raw_key.decode()
        kind = client.type(key).decode()  # type: ignore[union-attr]
        readers: dict[str, Any] = {
            "hash": client.hgetall,
            "stream": client.xrange,
            "set": client.smembers,
            "string": client.get,
            "list": lambda k: client.lrange(k, 0, -1),
        }
        if kind != "none":  # it lapsed between the two questions
            found[key] = readers[kind](key)
    return found
