"""A standby that was kept warm begins with exactly the memory that a fresh start would load."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
import redis as redis_module
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.engine.clock import Mode
from dashboard.engine.engine import Engine
from dashboard.engine.loading import Warm
from dashboard.engine.store import Store
from tests.support.engines import TestCity


def memory(engine: Engine) -> dict[str, Any]:
    """What an engine knows, to compare two."""
    state = engine.state
    return {
        "cases": state.cases,
        "incidents": state.incidents,
        "units": state.units,
        "alarms": state.alarm_room.documents,
        "totals": state.totals,
        "hours": state.hours.hours,
        "grid": state.grid,
        "crews": state.crews,
        "flags": state.case_room.tally.flags | state.incident_room.tally.flags,
        "total": {k: v for k, v in state.case_room.tally.total.items() if v},
        "tasks": state.task_room.documents,
        "incident views": state.views.current.get("incidents", {}),
        "unit views": state.views.current.get("units", {}),
        "alarm views": state.views.current.get("alarms", {}),
    }


KINDS = ("case.received", "case.closed", "case.reopened", "unit.dispatched", "unit.cleared", "incident")


def live_a_little(city: TestCity, rng: random.Random, n: int) -> None:
    for _ in range(n):
        case_id, unit_id, incident_id = f"c{rng.randrange(9)}", f"u{rng.randrange(3)}", f"i{rng.randrange(3)}"
        kind = rng.choice(
            ["case.received", "case.closed", "case.reopened", "unit.dispatched", "unit.cleared", "incident", "call"]
        )
        if kind == "incident":
            exercise = incident_id == "i2"
            city.post(
                "incident.received", incident_id=incident_id, kind="Fire", lat=42.33, lng=-71.09, exercise=exercise
            )
            city.post("incident.handed_over", incident_id=incident_id, to="police")
            city.post("incident.major_declared", incident_id=incident_id, commander="B2")
        elif kind == "call":
            city.post("call.offered", call_id=case_id, channel="911")
            city.post(rng.choice(("call.abandoned", "call.answered")), call_id=case_id)
        elif kind.startswith("unit"):
            city.post(kind, unit_id=unit_id, incident_id=incident_id)
        else:
            extra = {"lat": 42.3 + rng.random() / 50, "lng": -71.1} if kind == "case.received" else {}
            city.post(kind, case_id=case_id, **extra)
        if rng.random() < 0.3:
            city.wall.pass_(minutes=rng.randrange(90))
            city.turn()
    city.turn()


class ScannedWhileItChanges(Store):
    """A store whose documents change under the scan: the active engine commits between two hashes."""

    meanwhile: Any = None

    def documents(self, key: str, kind: type[Any]) -> Any:
        if self.meanwhile is not None:
            self.meanwhile()
        return list(super().documents(key, kind))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_warm_standby_equals_a_fresh_start(redis: redis_module.Redis, seed: int) -> None:
    redis.flushall()
    rng = random.Random(seed)
    city = TestCity(redis)
    live_a_little(city, rng, 30)
    store = ScannedWhileItChanges(redis, city.keys, "standby")
    store.meanwhile = lambda: live_a_little(city, rng, 6)
    warm = Warm(store, city.city)
    store.meanwhile = None
    for _ in range(rng.randrange(4)):
        live_a_little(city, rng, 12)
        warm.catch_up(store.position())
    live_a_little(city, rng, 12)
    city.wall.pass_(hours=rng.randrange(40))
    successor = Engine(store, city.city, None, city.mode, wall=city.wall, monotonic=city.wall.monotonic)
    successor.start(warm)
    fresh = city.new_engine()
    assert memory(successor) == memory(fresh)
    assert successor.state.now - fresh.state.now == timedelta()


def test_an_engine_of_another_mode_is_refused_before_anybody_is_fenced(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    city.turn()
    epoch = redis.hget(city.keys.position, "epoch")
    wrong = Engine(Store(redis, city.keys, "x"), city.city, None, Mode.REPLAY)
    with pytest.raises(ValueError, match="runs as live"):
        wrong.start()
    assert redis.hget(city.keys.position, "epoch") == epoch
