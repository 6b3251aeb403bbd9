"""A simulated city's emergency side under test: engine, city side and colleagues, turned by hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import redis

from dashboard.colleagues import Colleagues
from dashboard.engine.clock import Mode
from geo.cities import load_city
from streams.sim.city_side import EmergencySide, make_world
from streams.sim.driving import distance_m
from streams.sim.fleet import SimUnit
from streams.sim.incidents import Arrivals
from streams.sim.places import Places
from streams.sim.runs import World
from tests.support.engines import TestCity

CITY = "beijing-sim"
SEED = "test"
NIGHT = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)  # 01:00 in Beijing, when the past to be played is short
RUSH = datetime(2026, 3, 4, 9, 40, tzinfo=UTC)  # 17:40
UNIVERSITY = (39.99, 116.31)  # a scene in Haidian


@cache
def places() -> Places:
    """Where the people of Beijing live; takes a second, so once for all tests."""
    city = load_city(CITY)
    areas = city.load_areas()
    assert areas is not None
    return Places.of_city(city, areas)


@cache
def world() -> World:
    return make_world(load_city(CITY), places().place, SEED)


class SimCity:
    """A city whose minutes pass when told. `surge` 0 leaves only the incidents that the test posts."""

    def __init__(
        self,
        client: redis.Redis,
        at: datetime = NIGHT,
        surge: float = 0.0,
        sector: str | None = None,
        with_colleagues: bool = True,
    ):
        self.surge = surge
        self.city = TestCity(client, CITY, Mode.SIMULATION, at)
        self.client, self.keys = client, self.city.keys
        self.sector, self.with_colleagues = sector, with_colleagues
        self.cpu_s = {"side": 0.0, "colleagues": 0.0}
        self.restart()
        self.live(3)  # the past is played, read and shown

    @property
    def now(self) -> datetime:
        return self.city.engine.clock.at

    def new_side(self) -> EmergencySide:
        arrivals = Arrivals(world().incidents, SEED, places().place, self.city.city.zone, self.surge)
        return EmergencySide(self.client, self.keys, world(), arrivals)

    def restart(self) -> None:
        """Other processes take the place of those that played the city: nothing is left but what is committed."""
        self.side = self.new_side()
        self.colleagues = Colleagues(self.client, self.keys, self.city.city, self.sector, SEED, wall=self.city.wall)

    def live(self, seconds: float, step_s: float = 1.0) -> None:
        """Let city time pass in steps of so many seconds."""
        end = self.city.wall.at + timedelta(seconds=seconds)
        while self.city.wall.at < end:
            self.city.wall.pass_(seconds=step_s)
            self.step()

    def step(self) -> None:
        """One turn of everybody, without letting time pass."""
        while self.city.engine.turn(block_ms=None) == 2000:
            pass
        began = time.process_time()
        self.side.turn(self.now)
        between = time.process_time()
        if self.with_colleagues:
            self.colleagues.turn(self.now)
        self.cpu_s["side"] += between - began
        self.cpu_s["colleagues"] += time.process_time() - between

    def incident(self, incident_id: str, where: tuple[float, float] = UNIVERSITY, **data: Any) -> None:
        """Post an incident of the simulator's own."""
        given: dict[str, Any] = {"kind": "medical_trauma", "priority": 2, "area": "Haidian"} | data
        given |= {"incident_id": incident_id, "lat": where[0], "lng": where[1]}
        self.city.post("incident.received", f"{incident_id}:received", source="cad", **given)

    def story(self, incident_id: str) -> list[dict[str, Any]]:
        """All facts of one incident."""
        return [e for e in self.city.events() if e["data"].get("incident_id") == incident_id]

    def unit(self, unit_id: str) -> dict[str, Any]:
        return self.city.view("units")[unit_id]

    def nearest(self, kind: str, where: tuple[float, float] = UNIVERSITY) -> list[str]:
        """Free units of a kind that stand at home, nearest first."""
        seen = self.city.view("units")
        units = [u for u in world().units.values() if u.kind == kind and _is_at_home(u, seen[u.unit_id])]
        return [u.unit_id for u in sorted(units, key=lambda u: distance_m(u.home, where))]


def _is_at_home(unit: SimUnit, seen: dict[str, Any]) -> bool:
    return seen["status"] == "available" and distance_m(unit.home, (seen["lat"], seen["lng"])) < 1


def types(story: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in story]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
