"""The emergency side on a real log: it follows whoever dispatches, and a restart changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
import redis as redis_module

from emergency.units import DOUBLE_ASSIGNED
from streams.sim.city_log import Overtaken
from streams.sim.driving import distance_m
from tests.support.emergency import NIGHT, RUSH, SimCity, instant, types, world
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.thorough

LIFE = ["incident.received", "unit.dispatched", "unit.departed", "unit.arrived", "unit.cleared", "incident.closed"]
FASTEST_MPS = 20.0


@pytest.fixture
def city(redis: redis_module.Redis) -> SimCity:
    """A night without colleagues and without incidents but those of the test."""
    return SimCity(redis, with_colleagues=False)


UNTOLD = frozenset({"unit.transported", "unit.delivered", "unit.notified", "unit.acknowledged"})


def lived(city: SimCity, incident_id: str) -> list[str]:
    return [name for name in types(city.story(incident_id)) if name not in UNTOLD]


# --- whoever dispatches --------------------------------------------------------------------------------------


def test_a_person_dispatches_and_the_unit_drives_works_and_comes_home(city: SimCity) -> None:
    city.incident("E9")
    unit_id = city.nearest("ambulance")[0]
    city.live(30)
    request = city.city.ask("dispatch", incident_id="E9", unit_ids=[unit_id])
    city.live(3)
    assert city.city.reply(request)["outcome"] == "done"
    city.live(7200, step_s=5)
    assert lived(city, "E9") == LIFE
    story = city.story("E9")
    assert [e["occurred_at"] for e in story] == sorted(e["occurred_at"] for e in story)
    assert story[1]["actor"] == "ann"
    arrived = next(e for e in story if e["type"] == "unit.arrived")
    moved = [e for e in city.city.events() if e["type"] == "unit.moved" and e["data"]["unit_id"] == unit_id]
    there = [(e["data"]["lat"], e["data"]["lng"]) for e in moved if e["occurred_at"] == arrived["occurred_at"]]
    assert distance_m(there[0], (39.99, 116.31)) < 2
    home = world().units[unit_id].home
    assert distance_m((city.unit(unit_id)["lat"], city.unit(unit_id)["lng"]), home) < 2
    assert city.unit(unit_id)["status"] == "available"


def test_a_unit_that_a_person_clears_turns_back_and_its_old_plan_is_mute(city: SimCity) -> None:
    city.incident("E9")
    unit_id = city.nearest("ambulance")[2]
    city.live(5)
    city.city.ask("dispatch", incident_id="E9", unit_ids=[unit_id])
    city.live(150)
    assert city.unit(unit_id)["status"] == "en-route"
    city.city.ask("clear_unit", unit_id=unit_id, incident_id="E9")
    city.live(7200, step_s=5)
    assert lived(city, "E9") == ["incident.received", "unit.dispatched", "unit.departed", "unit.cleared"]
    assert city.unit(unit_id)["status"] == "available"
    assert "E9" in city.city.view("incidents"), "nobody worked there, so nobody says that it is over"


def test_a_unit_sent_elsewhere_at_once_serves_only_the_newer_incident(city: SimCity) -> None:
    city.incident("E8")
    city.incident("E9", where=(39.93, 116.40), area="Dongcheng")
    unit_id = city.nearest("ambulance")[0]
    city.live(5)
    city.city.ask("dispatch", incident_id="E8", unit_ids=[unit_id])
    city.live(120)
    city.city.ask("clear_unit", unit_id=unit_id, incident_id="E8")
    city.city.ask("dispatch", incident_id="E9", unit_ids=[unit_id])
    city.live(7200, step_s=5)
    assert lived(city, "E9") == LIFE
    assert "unit.arrived" not in types(city.story("E8"))


def test_a_clearing_that_races_with_the_plan_is_not_undone_by_it(city: SimCity) -> None:
    """The plan's next step may lie in the inbox already when the person's request is decided."""
    city.incident("E9")
    unit_id = city.nearest("ambulance")[1]
    city.live(5)
    city.city.ask("dispatch", incident_id="E9", unit_ids=[unit_id])
    city.live(2)
    assert city.unit(unit_id)["status"] in ("dispatched", "notified")
    while True:
        city.city.wall.pass_(seconds=1)
        city.side.turn(city.now)  # up to the clock as it was committed last
        unread: Any = city.client.xrange(city.keys.inbox, min=f"({city.city.engine.position.inbox}")
        if any(b"unit.departed" in fields[b"e"] for _, fields in unread):
            break
        city.city.engine.turn(block_ms=None)
    city.city.ask("clear_unit", unit_id=unit_id, incident_id="E9")
    city.live(3600, step_s=5)
    assert city.unit(unit_id)["status"] == "available"
    assert "unit.arrived" not in types(city.story("E9"))


def test_an_incident_of_another_source_is_served_but_not_closed(city: SimCity) -> None:
    city.city.post("incident.received", source="desk-api", incident_id="X1", kind="fire", lat=39.99, lng=116.31)
    city.live(3)
    city.city.ask("dispatch", incident_id="X1", unit_ids=[city.nearest("engine")[0]])
    city.live(9000, step_s=10)
    assert lived(city, "X1") == LIFE[:-1]


def test_an_incident_without_a_place_is_looked_for_near_the_station(city: SimCity) -> None:
    city.city.post("incident.received", "E9:received", source="cad", incident_id="E9", kind="medical_other")
    city.live(3)
    city.city.ask("dispatch", incident_id="E9", unit_ids=["A001"])
    city.live(7200, step_s=10)
    assert lived(city, "E9") == LIFE


def test_it_waits_longer_while_a_kind_of_unit_that_is_wanted_never_came(city: SimCity) -> None:
    city.incident("E9", kind="gas_leak", priority=2)
    city.live(3)
    city.city.ask("dispatch", incident_id="E9", unit_ids=[city.nearest("engine")[0]])
    city.live(9000, step_s=10)
    story = city.story("E9")
    cleared, closed = (next(e for e in story if e["type"] == t) for t in ("unit.cleared", "incident.closed"))
    waited = instant(closed["occurred_at"]) - instant(cleared["occurred_at"])
    assert waited == timedelta(seconds=world().fleet.closing.uncovered_after_s)


# --- restarts ------------------------------------------------------------------------------------------------

Fact = tuple[str, str, Any]


def facts(city: SimCity) -> list[Fact]:
    """What happened, without where in the log it stands."""
    return sorted((e["occurred_at"], e["id"], str(sorted(e["data"].items()))) for e in city.city.events())


def busy_night(client: redis_module.Redis, restarts: set[int], steps: int = 150) -> SimCity:
    client.flushall()
    city = SimCity(client, NIGHT, surge=4.0)
    for step in range(steps):
        if step in restarts:
            city.restart()
        city.live(5, step_s=5)
    return city


def test_a_restart_in_the_middle_equals_going_on(redis: redis_module.Redis) -> None:
    went_on = facts(busy_night(redis, set()))
    restarted = facts(busy_night(redis, {1, 7, 60, 61, 100, 149}))
    assert len(went_on) > 800
    assert went_on == restarted


def test_a_side_that_dies_before_its_commit_loses_nothing(redis: redis_module.Redis) -> None:
    went_on = facts(busy_night(redis, set(), steps=80))
    redis.flushall()
    city = SimCity(redis, NIGHT, surge=4.0)
    for step in range(80):
        city.city.wall.pass_(seconds=5)
        if step % 7 == 3:  # its facts are read and its plans told, but nothing is written
            lost = city.new_side()
            lost._log.commit = lambda *_: (_ for _ in ()).throw(redis_module.ConnectionError("lost"))  # type: ignore[method-assign]
            with pytest.raises(redis_module.ConnectionError):
                lost.turn(city.now + timedelta(seconds=1))
            city.restart()
        city.step()
    assert facts(city) == went_on


def test_two_sides_at_once_tell_nothing_twice(redis: redis_module.Redis) -> None:
    city = SimCity(redis, NIGHT, surge=4.0, with_colleagues=False)
    rival = city.new_side()
    overtaken = 0
    for _ in range(60):
        city.city.wall.pass_(seconds=5)
        while city.city.engine.turn(block_ms=None) == 2000:
            pass
        for side in (city.side, rival):
            try:
                side.turn(city.now)
            except Overtaken:
                overtaken += 1
    inbox = [e["id"] for e in city.city.events()]
    assert overtaken > 10
    assert len(inbox) == len(set(inbox))


def test_without_its_memory_it_goes_on_from_the_documents(redis: redis_module.Redis) -> None:
    city = SimCity(redis, NIGHT, surge=2.0)
    city.live(1800, step_s=5)
    busy = [unit for unit in city.city.view("units").values() if unit["incidents"]]
    assert {unit["status"] for unit in busy} >= {"en-route", "on-scene"}
    redis.delete(city.keys.cursor("sim-emergency"))
    city.surge = 0.0
    city.restart()
    city.live(9000, step_s=10)
    assert [unit for unit in city.city.view("units").values() if unit["incidents"]] == []
    assert city.city.view("incidents") == {}
    assert not [e for e in city.city.events() if e.get("flags")]


def test_a_log_that_was_trimmed_beyond_the_last_fact_read_is_no_gap(city: SimCity) -> None:
    city.incident("E9")
    unit_id = city.nearest("ambulance")[0]
    city.live(90)  # patrols were told of meanwhile, so the memory knows how far it read
    city.city.ask("dispatch", incident_id="E9", unit_ids=[unit_id])
    city.city.turn()
    for n in range(5):  # the side is away while the log goes on
        city.city.case(f"c{n}", where=(39.99, 116.31))
        city.city.turn()
    city.client.xtrim(city.keys.events, maxlen=2, approximate=False)
    city.restart()
    city.live(7200, step_s=10)
    assert types(city.story("E9"))[-1] == "incident.closed"


# --- laws of a busy twenty minutes --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Busy:
    """What twenty minutes at rush, with three times the usual incidents, left behind."""

    events: list[dict[str, Any]]
    most_assignments: int
    cpu_s: dict[str, float]
    lasted_s: int
    figures: dict[str, Any]
    outcomes: Counter[str]


@pytest.fixture(scope="module")
def busy(redis_server: RedisServer) -> Iterator[Busy]:
    client = redis_server.client()
    client.flushall()
    city = SimCity(client, RUSH, surge=3.0, sector="Chaoyang")
    city.cpu_s = dict.fromkeys(city.cpu_s, 0.0)  # the past is played once
    most = 0
    for _ in range(150):
        city.live(8, step_s=2)
        raw: dict[bytes, bytes] = client.hgetall(city.keys.units)  # type: ignore[assignment]
        most = max(most, *(len(msgspec.json.decode(doc).get("assignments", ())) for doc in raw.values()))
    answers: Any = client.xrange(city.keys.replies)
    outcomes = Counter(msgspec.json.decode(fields[b"e"])["outcome"] for _, fields in answers)
    yield Busy(city.city.events(), most, city.cpu_s, 1200, city.city.figures(), outcomes)
    client.flushall()
    client.close()


def _when(event: dict[str, Any]) -> datetime:
    return instant(event["occurred_at"])


def test_no_unit_is_ever_on_two_incidents(busy: Busy) -> None:
    assert busy.outcomes["done"] > 50
    assert busy.most_assignments == 1
    assert not [e for e in busy.events if DOUBLE_ASSIGNED in (e.get("flags") or ())]


def test_no_unit_moves_faster_than_72_km_h(busy: Busy) -> None:
    last: dict[str, tuple[Any, tuple[float, float]]] = {}
    for event in sorted((e for e in busy.events if e["type"] == "unit.moved"), key=_when):
        at, here = _when(event), (event["data"]["lat"], event["data"]["lng"])
        if before := last.get(event["data"]["unit_id"]):
            elapsed_s = (at - before[0]).total_seconds()
            assert distance_m(before[1], here) <= FASTEST_MPS * elapsed_s + 3, event
        last[event["data"]["unit_id"]] = at, here


def test_positions_of_a_unit_are_5_s_apart_but_for_the_one_on_arrival(busy: Busy) -> None:
    told: dict[str, list[Any]] = {}
    for event in busy.events:
        if event["type"] == "unit.moved":
            told.setdefault(event["data"]["unit_id"], []).append(_when(event))
    gaps = [(b - a).total_seconds() for times in told.values() for a, b in pairwise(times)]
    assert sum(gap < 5 for gap in gaps) < len(gaps) * 0.02


def test_steps_of_an_assignment_come_in_their_order(busy: Busy) -> None:
    order = ("dispatched", "notified", "acknowledged", "departed", "arrived", "transported", "delivered", "cleared")
    reached: dict[tuple[str, str], int] = {}
    for event in busy.events:
        name = event["type"].partition(".")[2]
        if event["type"].startswith("unit.") and name in order:
            key = event["data"]["unit_id"], event["data"]["incident_id"]
            assert order.index(name) > reached.get(key, -1), event
            reached[key] = order.index(name) if name != "cleared" else -1


def test_the_city_was_full_from_the_first_moment(busy: Busy) -> None:
    first = [e for e in busy.events if _when(e) <= RUSH]
    assert sum(e["type"] == "incident.received" for e in first) > 900
    assert sum(e["type"] == "incident.closed" for e in first) > 800
    assert busy.figures["units.total"] == 500
    assert busy.figures["units.busy"] > 100


def test_an_hour_of_the_emergency_side_costs_far_less_than_a_tenth_of_a_core(busy: Busy) -> None:
    per_hour = {name: cpu_s * 3600 / busy.lasted_s for name, cpu_s in busy.cpu_s.items()}
    print({name: f"{cpu_s:.1f} s of CPU per simulated hour" for name, cpu_s in per_hour.items()})
    assert sum(per_hour.values()) < 180, per_hour
