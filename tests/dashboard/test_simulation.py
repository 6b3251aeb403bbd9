"""The simulated city whole: a past that the engine takes as its own, and a present that no restart repeats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import pytest
import redis as redis_module

from dashboard.engine.clock import Mode
from dashboard.seeding import NOUNS, seed_city
from dashboard.simulation import Simulation
from dashboard.story import Story
from geo.days import day_start
from streams.keys import Keys
from streams.sim.laws import Laws
from streams.sim.profile import load_profile
from tests.sim.hotline_world import areas, beijing
from tests.support.engines import TestCity

EVENING = datetime(2026, 11, 24, 9, 40, tzinfo=UTC)
KEYS = Keys("beijing-sim")
CONTACTS = 3_000  # a day, instead of 70,000


@cache
def small() -> Laws:
    """Beijing as a small town, with the same laws."""
    profile = load_profile()
    day = msgspec.structs.replace(profile.day, contacts=CONTACTS)
    return Laws.of_city(beijing(), areas(), "test", msgspec.structs.replace(profile, day=day))


def seeded(redis: redis_module.Redis) -> int:
    return seed_city(redis, KEYS, beijing(), areas(), EVENING, small(), lambda what, done, of: None)


class Town:
    """Engine and simulation of a small town, turned by hand."""

    def __init__(self, redis: redis_module.Redis):
        self.redis = redis
        self.city = TestCity(redis, city="beijing-sim", mode=Mode.SIMULATION, at=EVENING)
        self.simulation = Simulation(redis, KEYS, beijing(), small())

    def live(self, seconds: int, restart_at: int | None = None) -> None:
        for second in range(0, seconds, 5):
            self.city.wall.pass_(seconds=5)
            self.city.turn()
            if second == restart_at:
                self.simulation = Simulation(self.redis, KEYS, beijing(), small())
            self.simulation.turn()
        for _ in range(3):
            self.city.turn()

    def cases(self) -> dict[str, Any]:
        found: Any = self.redis.hgetall(KEYS.cases)
        return {name.decode(): msgspec.json.decode(raw) for name, raw in found.items()}


def test_a_past_is_what_the_engine_would_have_counted(redis: redis_module.Redis) -> None:
    total = seeded(redis)
    cases = {n: msgspec.json.decode(raw) for n, raw in redis.hgetall(KEYS.cases).items()}  # type: ignore[union-attr]
    city = TestCity(redis, city="beijing-sim", mode=Mode.SIMULATION, at=EVENING)
    for _ in range(8):
        city.turn()
    figures = city.figures()
    midnight = day_start(EVENING, "Asia/Shanghai")
    received = [datetime.fromisoformat(case["received_at"]) for case in cases.values()]
    assert figures["cases.received_total"] == total
    assert figures["cases.received_today"] == sum(at >= midnight for at in received)
    assert figures["cases.received_24h"] == sum(at > city.engine.clock.at - timedelta(hours=24) for at in received)
    assert figures["cases.open"] == sum("closed_at" not in case for case in cases.values())
    assert figures["band.days"] >= 7
    assert figures["yesterday.received_same_time"] > 0
    assert figures["units.total"] > 400
    assert figures["calls.offered_today"] > 0.4 * CONTACTS
    assert len(city.view("curve")) > 200


def test_the_past_is_written_once_and_an_interrupted_one_begins_anew(redis: redis_module.Redis) -> None:
    first = seeded(redis)
    cases = redis.hgetall(KEYS.cases)
    with pytest.raises(LookupError, match="has begun"):
        seeded(redis)
    redis.delete(KEYS.position, KEYS.cursor("sim"), KEYS.cursor("sim-emergency"), KEYS.inbox)
    redis.hset(KEYS.cases, "left-over", "{}")
    assert seeded(redis) == first
    assert redis.hgetall(KEYS.cases) == cases
    assert all(redis.exists(KEYS.of(noun)) for noun in NOUNS)


def test_a_restart_in_the_middle_tells_the_same_story(redis: redis_module.Redis) -> None:
    stories = []
    for restart_at in (None, 300):
        redis.flushdb()
        seeded(redis)
        town = Town(redis)
        town.live(600, restart_at)
        cases = town.cases()
        stories.append({name: (case["category"], case.get("closed_at")) for name, case in cases.items()})
        proof = Story(redis, KEYS).proof()
        Story(redis, KEYS).note(seeded="0")
        assert town.city.dead() == []
        assert proof["sent"] > 10
    assert stories[0].keys() == stories[1].keys()
    assert stories[0] == stories[1]


def test_every_case_that_was_sent_is_counted(redis: redis_module.Redis) -> None:
    story = Story(redis, KEYS)
    story.note(seeded=str(seeded(redis)))
    town = Town(redis)
    story.play("gas", EVENING + timedelta(seconds=10))
    town.live(120)
    proof = story.proof()
    assert proof["sent"] == proof["counted"]
    gas = [case for name, case in town.cases().items() if name.startswith("Sgas-") and case["category"] == "gas_smell"]
    assert len(gas) == 3  # the fourth comes through Open311


def test_a_scene_brings_incidents_and_alerts(redis: redis_module.Redis) -> None:
    seeded(redis)
    town = Town(redis)
    Story(redis, KEYS).play("storm", EVENING + timedelta(seconds=5))
    town.live(90)
    assert [alert["event"] for alert in town.city.view("alerts").values()] == ["Rainstorm"]
    kinds = [incident["kind"] for incident in town.city.view("incidents").values()]
    assert {"tree_down", "flooding"} <= set(kinds)
