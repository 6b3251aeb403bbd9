"""A zombie writes nothing: an engine stopped anywhere before EXEC, and continued after a take-over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import redis as redis_module

from dashboard.engine.store import Batch, Fenced, Store
from tests.support.engines import TestCity, everything


class StoppedBeforeExec(Store):
    """A store whose process is stopped when every command of the commit is queued, just before EXEC."""

    meanwhile: Callable[[], None]

    def _queue_replies(self, pipe: Any, batch: Batch) -> None:
        super()._queue_replies(pipe, batch)
        self.meanwhile()


def test_an_engine_stopped_between_watch_and_exec_writes_nothing_after_a_take_over(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    city.case("before")
    city.turn()
    zombie = city.new_engine(StoppedBeforeExec)
    after_take_over: dict[str, Any] = {}

    def take_over() -> None:
        successor = city.new_engine()
        city.wall.pass_(seconds=1)
        successor.turn(block_ms=None)
        city.engine = successor
        after_take_over.update(everything(redis, city.keys))

    zombie.store.meanwhile = take_over  # type: ignore[attr-defined]
    city.case("during", text="a call for help")
    city.ask("erase", subject="case:before")
    with pytest.raises(Fenced):
        zombie.turn(block_ms=None)
    assert everything(redis, city.keys) == after_take_over
    assert city.figures()["cases.received_total"] == 2


def test_an_engine_that_slept_through_a_take_over_stops_at_its_next_commit(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    city.turn()
    old = city.engine
    city.engine = city.new_engine()
    city.turn()
    before = everything(redis, city.keys)
    city.wall.pass_(seconds=1)
    with pytest.raises(Fenced):
        old.turn(block_ms=None)
    after = everything(redis, city.keys)
    assert after == before


def test_a_commit_that_redis_refuses_leaves_no_half(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    city.case("c1")
    city.turn()
    before = everything(redis, city.keys)
    city.case("c2")
    inbox = redis.xrange(city.keys.inbox)
    redis.config_set("maxmemory", "1")
    try:
        city.wall.pass_(seconds=1)
        with pytest.raises(redis_module.exceptions.RedisError):
            city.engine.turn(block_ms=None)
    finally:
        redis.config_set("maxmemory", "0")
    now = everything(redis, city.keys)
    assert {k: v for k, v in now.items() if k != city.keys.inbox} == {
        k: v for k, v in before.items() if k != city.keys.inbox
    }
    assert now[city.keys.inbox] == inbox
