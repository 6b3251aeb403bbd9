"""What has left the engine's memory comes back when a late fact asks for it, wherever in a batch that fact stands."""

from __future__ import annotations

from datetime import timedelta

import redis as redis_module

from dashboard.engine.clock import Mode
from geo.cities import load_city
from tests.support.engines import NOON, TestCity
from tests.support.truth import assert_agrees_with_its_log


def test_a_case_that_leaves_memory_in_the_middle_of_a_batch_is_found_later_in_it(redis: redis_module.Redis) -> None:
    """At full speed one batch of a sparse file spans weeks."""
    city = TestCity(redis, mode=Mode.REPLAY)
    city.post("case.received", at=NOON, case_id="c1")
    city.post("case.closed", at=NOON + timedelta(hours=1), case_id="c1")
    city.post("case.reopened", at=NOON + timedelta(hours=60), case_id="c1", reason="again")
    city.turn()
    city.turn()
    assert city.figures()["cases.open"] == 1
    assert_agrees_with_its_log(redis, city.keys, load_city("boston"))


def test_a_receipt_told_again_weeks_later_in_the_same_batch_is_no_new_case(redis: redis_module.Redis) -> None:
    city = TestCity(redis, mode=Mode.REPLAY)
    city.post("case.received", "first", at=NOON, case_id="c1")
    city.post("case.closed", at=NOON + timedelta(hours=1), case_id="c1")
    city.post("case.received", "second", at=NOON + timedelta(hours=60), case_id="c1")
    city.turn()
    city.turn()
    assert city.figures()["cases.received_total"] == 1
    assert city.figures()["cases.open"] == 0
    assert_agrees_with_its_log(redis, city.keys, load_city("boston"))


def test_what_was_held_finds_a_case_that_left_memory_meanwhile(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    city.case("c1")
    city.post("case.closed", case_id="c1")
    city.turn()
    city.wall.pass_(hours=3)
    city.post("case.reopened", at=city.wall.at + timedelta(hours=23, minutes=30), case_id="c1", reason="again")
    city.turn()
    city.wall.pass_(hours=23, minutes=15)
    city.turn()
    assert "c1" not in city.engine.state.cases
    city.wall.pass_(hours=1)
    city.turn()
    city.turn()
    assert city.figures()["cases.open"] == 1
    assert_agrees_with_its_log(redis, city.keys, load_city("boston"))
