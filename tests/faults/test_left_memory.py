"""What has left the engine's memory comes back when a late fact asks for it, wherever in a batch that fact stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis as redis_module

from dashboard.engine.clock import Mode
from dashboard.engine.rooms.sources import MOST_UNHEARD, OTHERS
from geo.cities import load_city
from streams.codec import encode
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


@pytest.mark.parametrize("late", ["incident.reopened", "incident.received"])
def test_an_incident_closed_days_ago_is_found_again_by_a_late_fact(redis: redis_module.Redis, late: str) -> None:
    city = TestCity(redis)
    city.post("incident.received", "first", incident_id="i1", kind="Fire", lat=42.33, lng=-71.09)
    city.post("incident.closed", incident_id="i1")
    city.turn()
    city.wall.pass_(hours=49)
    city.turn()
    city.turn()
    assert "i1" not in city.engine.state.incidents
    city.post(late, "late", incident_id="i1")
    city.turn()
    city.turn()
    assert city.figures()["incidents.received_total"] == 1
    assert city.figures()["incidents.open"] == (late == "incident.reopened")
    assert_agrees_with_its_log(redis, city.keys, load_city("boston"))


def test_a_person_may_reopen_a_case_that_left_memory_in_this_very_turn(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    city.case("c1")
    city.post("case.closed", case_id="c1")
    city.turn()
    city.wall.pass_(hours=60)
    city.ask("reopen_case", case_id="c1", reason="again")
    city.turn()
    city.turn()
    assert city.figures()["cases.open"] == 1
    assert_agrees_with_its_log(redis, city.keys, load_city("boston"))


def test_invented_source_names_share_one_row_after_a_while(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    for number in range(3 * MOST_UNHEARD):
        city.client.xadd(city.keys.inbox, {"e": encode({"source": f"made-up-{number}", "id": "?"})})
    city.turn()
    sources = city.engine.state.sources
    assert len(sources) <= MOST_UNHEARD + 2
    assert sum(source.dead for source in sources.values()) == 3 * MOST_UNHEARD
    assert sources[OTHERS].dead == 2 * MOST_UNHEARD


def test_the_grid_does_not_tell_where_a_sensitive_incident_was(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    city.post("incident.received", incident_id="i1", kind="Medical Incident", lat=42.33, lng=-71.09)
    city.turn()
    numbered = list(city.engine.state.grid)
    assert len(numbered) == 49
    assert numbered == sorted(numbered)
    assert city.engine.state.incidents["i1"].cell in numbered
