"""A warm standby and what leaves memory: a late fact about a long closed case must find it there too."""

from __future__ import annotations

import redis as redis_module

from dashboard.engine.clock import Mode
from dashboard.engine.engine import Engine
from dashboard.engine.loading import Warm
from dashboard.engine.store import Store
from geo.cities import load_city
from tests.support.engines import TestCity
from tests.support.truth import assert_agrees_with_its_log


def successor(city: TestCity, warm: Warm | None) -> Engine:
    """The engine that takes over with this memory, and its first frames."""
    store = Store(city.client, city.keys, "standby")
    engine = Engine(store, city.city, None, Mode.LIVE, wall=city.wall, monotonic=city.wall.monotonic)
    engine.start(warm)
    city.engine = engine
    city.turn()
    city.turn()
    return engine


def test_a_case_that_left_memory_and_came_back_is_in_the_standbys_memory(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    city.case("c1", category="Noise")
    city.post("case.closed", case_id="c1")
    city.turn()
    warm = Warm(Store(redis, city.keys, "standby"), city.city)
    city.wall.pass_(hours=60)
    city.turn()
    warm.catch_up(city.engine.position)
    assert "c1" not in city.engine.state.cases
    city.post("case.reopened", case_id="c1", reason="again")
    city.turn()
    assert city.figures()["cases.open"] == 1
    warm.catch_up(city.engine.position)
    engine = successor(city, warm)
    assert set(engine.state.cases) == {"c1"}
    assert city.figures()["cases.open"] == 1
    assert_agrees_with_its_log(redis, city.keys, load_city("boston"))


def test_a_case_amended_long_after_its_end_is_no_new_case_to_a_standby(redis: redis_module.Redis) -> None:
    """The source repeats the receipt of a case that the standby has forgotten: it was received long ago."""
    city = TestCity(redis)
    city.case("c1")
    city.post("case.closed", case_id="c1")
    city.turn()
    warm = Warm(Store(redis, city.keys, "standby"), city.city)
    city.wall.pass_(hours=60)
    city.turn()
    warm.catch_up(city.engine.position)
    city.post("case.received", "told again", case_id="c1")
    city.turn()
    warm.catch_up(city.engine.position)
    successor(city, warm)
    assert city.figures()["cases.open"] == 0
    assert city.figures()["cases.received_today"] == 0
    assert_agrees_with_its_log(redis, city.keys, load_city("boston"))
