"""An engine that loads for longer than its lease lasts keeps it, and one that was fenced meanwhile does not."""

from __future__ import annotations

import redis as redis_module

from dashboard.engine.lease import lease_kept
from tests.support.engines import TestCity
from tests.support.redis_server import wait_until


def test_a_lease_that_ran_out_while_loading_is_renewed(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    city.turn()
    store = city.engine.store
    with lease_kept(store, store.position().epoch):
        redis.delete(city.keys.lease)
        wait_until(lambda: store.lease_holder() == store.engine_id)
    redis.delete(city.keys.lease)
    assert store.lease_holder() is None  # nobody renews it any more


def test_who_was_fenced_while_loading_takes_no_lease_away(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    city.turn()
    old = city.engine.store
    with lease_kept(old, old.position().epoch) as keeper:
        new = city.new_engine().store
        redis.delete(city.keys.lease)
        wait_until(lambda: not keeper.is_alive())
        assert new.lease_holder() is None
    assert not old.renew_lease(new.position().epoch - 1)
    assert new.renew_lease(new.position().epoch)
