"""What `/readyz` goes by, for a city that is simulated: the simulator's own progress, not who happens to be quiet."""

from __future__ import annotations

from datetime import timedelta

import redis

from dashboard.engine.clock import Mode
from dashboard.health import HISTORY, take_pulse, unready
from dashboard.story import SIMULATOR
from tests.support.engines import TestCity


def said(city: TestCity) -> str:
    return unready(take_pulse(city.client, city.keys), silent_s=0.0)


def told_until(city: TestCity, before_now: timedelta) -> None:
    until = city.engine.clock.at - before_now
    city.client.hset(city.keys.cursor(SIMULATOR), "until", until.isoformat())


def test_a_simulated_city_is_ready_once_its_history_is_told(redis: redis.Redis) -> None:
    city = TestCity(redis, mode=Mode.SIMULATION)
    city.turn()
    assert "takes in its history" in said(city)
    city.case("c1")
    city.turn()
    told_until(city, HISTORY + timedelta(seconds=1))
    assert "takes in its history" in said(city)
    told_until(city, timedelta(seconds=1))
    assert said(city) == ""


def test_a_source_that_is_quiet_for_long_does_not_make_a_simulation_unready(redis: redis.Redis) -> None:
    city = TestCity(redis, mode=Mode.SIMULATION)
    city.case("c1")
    city.turn()
    city.wall.pass_(seconds=HISTORY.total_seconds() * 2)
    city.turn()
    told_until(city, timedelta(seconds=1))
    assert said(city) == ""
