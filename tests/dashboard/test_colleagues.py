"""Simulated colleagues at work: they ask as people do, leave a sector to people, and never ask twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import redis as redis_module

from dashboard.colleagues import Colleagues, run_colleagues
from streams.sim.dispatching import processing_time
from streams.sim.incidents import load_incidents
from tests.support.emergency import SEED, SimCity, instant, types, world
from tests.support.redis_server import wait_until

pytestmark = pytest.mark.thorough


@pytest.fixture
def city(redis: redis_module.Redis) -> SimCity:
    """A quiet night with colleagues who leave Chaoyang to people."""
    return SimCity(redis, sector="Chaoyang")


def dispatches(city: SimCity, incident_id: str = "E9") -> list[dict[str, Any]]:
    return [e for e in city.story(incident_id) if e["type"] == "unit.dispatched"]


def requests(city: SimCity) -> list[dict[str, Any]]:
    """What was asked for incidents; alarms are heard beside that."""
    entries: Any = city.client.xrange(city.keys.requests)
    asked = [msgspec.json.decode(fields[b"e"]) for _, fields in entries]
    return [request for request in asked if request["verb"] not in ("ack_alarm", "check_in", "end_unit_emergency")]


def wait_of(incident_id: str, priority: int) -> timedelta:
    return processing_time(world().fleet, SEED, incident_id, priority)


def test_an_incident_gets_the_nearest_free_ambulance_after_a_dispatchers_time(city: SimCity) -> None:
    nearest = city.nearest("ambulance")[0]
    city.incident("E9")
    city.live(100)
    (sent,) = dispatches(city)
    assert sent["data"]["unit_id"] == nearest
    assert sent["actor"] == "simulated dispatcher Haidian"
    waited = instant(sent["recorded_at"]) - instant(city.story("E9")[0]["recorded_at"])
    assert wait_of("E9", 2) <= waited <= wait_of("E9", 2) + timedelta(seconds=3)


def test_the_graver_the_sooner() -> None:
    names = [f"E{n}" for n in range(200)]
    means = [sum((wait_of(name, priority) for name in names), timedelta()) / len(names) for priority in (1, 2, 3)]
    assert means == sorted(means)
    assert timedelta(seconds=20) <= min(wait_of(name, 1) for name in names)
    assert max(wait_of(name, 3) for name in names) <= timedelta(seconds=90)


def test_all_that_an_incident_needs_is_sent_and_nothing_twice(city: SimCity) -> None:
    city.incident("E9", kind="structure_fire", priority=1)
    city.live(300)
    kinds = sorted(world().units[e["data"]["unit_id"]].kind for e in dispatches(city))
    needs = load_incidents().needs("structure_fire", 1)
    assert kinds == sorted(kind for kind, n in needs.items() for _ in range(n))


def test_an_incident_lives_to_its_end_without_anybody(city: SimCity) -> None:
    city.incident("E9")
    city.live(7200, step_s=5)
    assert types(city.story("E9"))[-1] == "incident.closed"
    assert "E9" not in city.city.view("incidents")
    assert len(dispatches(city)) == 1


# --- the sector ----------------------------------------------------------------------------------------------

CHAOYANG = (39.93, 116.47)


def test_in_the_sector_they_wait_90_s_for_people_then_take_over(city: SimCity) -> None:
    city.incident("E9", where=CHAOYANG, area="Chaoyang", priority=1)
    city.live(88)
    assert dispatches(city) == []
    city.live(8)
    assert len(dispatches(city)) == 1


def test_what_a_person_sent_in_the_sector_is_left_as_it_is(city: SimCity) -> None:
    city.incident("E9", where=CHAOYANG, area="Chaoyang", kind="structure_fire", priority=1)
    city.live(40)
    city.city.ask("dispatch", incident_id="E9", unit_ids=[city.nearest("engine", CHAOYANG)[0]])
    city.live(200)
    assert [e["actor"] for e in dispatches(city)] == ["ann"]


def test_when_a_person_calls_everybody_back_and_does_nothing_more_they_take_over(city: SimCity) -> None:
    city.incident("E9", where=CHAOYANG, area="Chaoyang")
    unit_id = city.nearest("ambulance", CHAOYANG)[0]
    city.live(10)
    city.city.ask("dispatch", incident_id="E9", unit_ids=[unit_id])
    city.live(20)
    city.city.ask("clear_unit", unit_id=unit_id, incident_id="E9")
    city.live(80)
    assert len(dispatches(city)) == 1
    city.live(20)
    assert [e["actor"] for e in dispatches(city)] == ["ann", "simulated dispatcher Chaoyang"]


def test_elsewhere_they_add_what_a_person_did_not_send(city: SimCity) -> None:
    city.incident("E9", kind="traffic_collision", priority=2)
    city.live(5)
    city.city.ask("dispatch", incident_id="E9", unit_ids=[city.nearest("traffic_police")[0]])
    city.live(100)
    assert [world().units[e["data"]["unit_id"]].kind for e in dispatches(city)] == ["traffic_police", "ambulance"]


def test_without_a_sector_nothing_waits_for_people(redis: redis_module.Redis) -> None:
    city = SimCity(redis, sector=None)
    city.incident("E9", where=CHAOYANG, area="Chaoyang", priority=1)
    city.live(60)
    assert len(dispatches(city)) == 1


# --- alarms ----------------------------------------------------------------------------------------------------


def heard(city: SimCity) -> dict[str, tuple[str, float]]:
    """Incident -> who acknowledged its alarm, and how many seconds after it was raised."""
    told = city.city.events(alarms=True)
    raised = {e["data"]["alarm_id"]: e for e in told if e["type"] == "alarm.raised"}
    found = {}
    for event in (e for e in told if e["type"] == "alarm.acknowledged"):
        began = raised[event["data"]["alarm_id"]]
        waited = instant(event["recorded_at"]) - instant(began["recorded_at"])
        found[began["data"]["about"].partition(":")[2]] = (event["actor"], waited.total_seconds())
    return found


def test_alarms_of_sectors_where_nobody_sits_are_heard_by_a_colleague_in_the_sector_of_people_later(
    redis: redis_module.Redis,
) -> None:
    city = SimCity(redis, sector="Chaoyang")
    city.incident("E9", priority=1)
    city.live(20)
    assert heard(city)["E9"][0] == "simulated dispatcher Haidian"
    assert 4 <= heard(city)["E9"][1] <= 17
    city.incident("E8", where=CHAOYANG, area="Chaoyang", kind="nobody knows", priority=1, text="x")
    city.live(80)
    assert "E8" not in heard(city)


def test_a_colleague_calls_a_crew_that_forgot_to_check_in(city: SimCity) -> None:
    city.incident("E9", kind="structure_fire", priority=3)
    city.city.post("unit.arrived", source="radio", unit_id="X1", incident_id="E9")
    city.live(20 * 60 + 100, step_s=5)
    (checked,) = [e for e in city.city.events() if e["type"] == "unit.checked_in" and e["data"]["unit_id"] == "X1"]
    assert checked["actor"] == "simulated dispatcher Haidian"


# --- refusals and restarts -----------------------------------------------------------------------------------


def just_before(city: SimCity) -> None:
    """Live to the last second before the colleagues look at E9."""
    city.live(wait_of("E9", 2).total_seconds() - 1)
    assert requests(city) == []


def test_a_unit_that_a_person_takes_first_is_refused_and_another_one_sent(city: SimCity) -> None:
    first, second = city.nearest("ambulance")[:2]
    city.incident("E9")
    city.incident("X1", where=CHAOYANG, area="Chaoyang")
    just_before(city)
    taken = city.city.ask("dispatch", incident_id="X1", unit_ids=[first])
    for _ in range(3):  # the colleagues do not know of it yet: the engine reads hers first
        city.city.wall.pass_(seconds=1)
        city.colleagues.turn(city.now + timedelta(seconds=3))
    city.live(30)
    assert city.city.reply(taken)["outcome"] == "done"
    refused = city.city.reply("colleague:E9:0")
    assert (refused["outcome"], refused["detail"]["unit_id"]) == ("refused", first)
    assert [e["data"]["unit_id"] for e in dispatches(city)] == [second]
    assert [r["request_id"] for r in requests(city)] == [taken, "colleague:E9:0", "colleague:E9:1"]


def test_without_an_answer_they_do_not_ask_again_and_after_a_restart_under_the_same_id(city: SimCity) -> None:
    city.incident("E9")
    just_before(city)
    city.city.wall.pass_(seconds=1)
    for seconds in (3, 4, 5):
        city.colleagues.turn(city.now + timedelta(seconds=seconds))
    assert [r["request_id"] for r in requests(city)] == ["colleague:E9:0"]
    city.restart()
    city.colleagues.turn(city.now + timedelta(seconds=6))
    assert [r["request_id"] for r in requests(city)] == ["colleague:E9:0", "colleague:E9:0"]
    city.live(60)
    assert len(dispatches(city)) == 1


def test_after_a_restart_answered_attempts_are_not_made_again(city: SimCity) -> None:
    city.incident("E9", kind="structure_fire", priority=1)
    city.live(60)
    sent = dispatches(city)
    unit = sent[0]["data"]["unit_id"]
    city.city.ask("clear_unit", unit_id=unit, incident_id="E9")
    city.restart()
    city.live(120)
    assert dispatches(city) == sent, "who was there once is not replaced"


def test_a_request_that_came_too_late_is_made_anew(city: SimCity) -> None:
    city.incident("E9")
    just_before(city)
    city.colleagues.turn(city.now + timedelta(seconds=3))
    city.city.wall.pass_(seconds=60)  # the engine was away
    city.live(30)
    assert "late" in city.city.reply("colleague:E9:0")["reason"]
    assert len(dispatches(city)) == 1


def test_units_out_of_service_are_not_asked_for(city: SimCity) -> None:
    first, second = city.nearest("ambulance")[:2]
    city.city.post("unit.signalled", source="radio", unit_id=first, status="out_of_service", reason="puncture")
    city.incident("E9")
    city.live(100)
    assert [e["data"]["unit_id"] for e in dispatches(city)] == [second]


def test_when_nobody_is_free_they_wait_until_somebody_is(city: SimCity) -> None:
    for unit in world().units.values():
        if unit.kind == "gas_crew":
            city.city.post("unit.signalled", source="radio", unit_id=unit.unit_id, status="out_of_service")
    city.incident("E9", kind="gas_leak", priority=3)
    city.live(120)
    assert requests(city) == []
    city.city.post("unit.signalled", source="radio", unit_id="G001", status="available")
    city.live(5)
    assert [e["data"]["unit_id"] for e in dispatches(city)] == ["G001"]


def test_nobody_acts_on_a_picture_that_is_behind(city: SimCity) -> None:
    """A dispatch that lies unread in the inbox must not be doubled by a request, which is read first."""
    unit_id = city.nearest("ambulance")[3]
    city.incident("E9")
    just_before(city)
    city.city.post("unit.dispatched", source="other-cad", unit_id=unit_id, incident_id="E9")
    city.colleagues.turn(city.now + timedelta(seconds=5))
    assert requests(city) == []
    city.live(30)
    assert [e["data"]["unit_id"] for e in dispatches(city)] == [unit_id]


# --- case workers --------------------------------------------------------------------------------------------


def test_case_workers_close_a_few_old_cases_and_leave_young_ones(redis: redis_module.Redis) -> None:
    city = SimCity(redis)
    for n in range(30):
        city.city.case(f"old{n}", where=(39.99, 116.31))
    city.live(5 * 3600, step_s=60)
    for n in range(30):
        city.city.case(f"young{n}", where=(39.99, 116.31))
    city.live(1800, step_s=5)
    closed = [e for e in city.city.events() if e["type"] == "case.closed"]
    assert 5 <= len(closed) <= 30
    assert {e["actor"] for e in closed} == {"simulated case worker"}
    assert not [e for e in closed if e["subject"].startswith("case:young")]
    assert not city.city.dead()


# --- the loop ------------------------------------------------------------------------------------------------


@pytest.fixture
def looping(city: SimCity) -> Iterator[SimCity]:
    stop = threading.Event()
    arguments = (city.client, city.keys, city.city.city, stop, "Chaoyang", SEED, 0.05)
    thread = threading.Thread(target=run_colleagues, args=arguments)
    thread.start()
    yield city
    stop.set()
    thread.join(60)
    assert not thread.is_alive()


def test_the_loop_follows_the_committed_clock(looping: SimCity) -> None:
    looping.with_colleagues = False
    looping.incident("E9")
    looping.live(95)
    wait_until(lambda: requests(looping), what="a request")
    assert requests(looping)[0]["args"]["incident_id"] == "E9"


def test_before_an_engine_has_run_they_do_nothing(redis: redis_module.Redis, city: SimCity) -> None:
    redis.flushall()
    stop = threading.Event()
    thread = threading.Thread(target=run_colleagues, args=(redis, city.keys, city.city.city, stop, None, SEED, 0.01))
    thread.start()
    stop.set()
    thread.join(60)
    assert redis.keys("*") == []
    assert Colleagues(redis, city.keys, city.city.city).turn(city.now) == 0
