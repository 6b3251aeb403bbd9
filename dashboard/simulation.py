"""The simulated city as a process: hotline, emergency side, scenes and a partner's Open311 server, by the city's clock.

It keeps nothing that could be lost. What was told so far stands in the log, what is still to come follows from the
committed documents; after any doubt everything is made anew from them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import redis
import structlog

from dashboard.colleagues import SECTOR, city_time, run_colleagues
from dashboard.story import Story
from geo.areas import Areas
from geo.cities import City
from streams.events import CaseReceived, Envelope, type_of
from streams.keys import Keys
from streams.sim.city_side import EmergencySide
from streams.sim.contacts import Demand
from streams.sim.cursor import SimLog
from streams.sim.hotline_side import HotlineSide
from streams.sim.laws import Laws
from streams.sim.partner import Partner
from streams.sim.scenes import Scene, Told, load_scene, scene_events
from streams.sim.texts import Words

log = structlog.get_logger("simulation")

EVERY_S = 0.25
PASSED_S = 0.05


class Simulation:
    """One simulated city. `turn()` tells everything up to the committed clock."""

    def __init__(
        self, client: redis.Redis, keys: Keys, city: City, areas: Areas | None, seed: str, surge: float, port: int
    ):
        self.client, self.keys = client, keys
        self.laws = Laws.of_city(city, areas, seed)
        self.words = Words.load(city.load_catalogue())
        self.surge = surge
        self.story = Story(client, keys)
        self.log = SimLog(client, keys)
        self.emergency = EmergencySide.of_city(client, keys, city, self.laws.places.place, seed, surge)
        self.partner = Partner(self.laws, self.words, port, now=self._now)
        self.hotline: HotlineSide | None = None
        self._at: datetime | None = None
        self._scene: tuple[str, datetime | None, Scene] = ("", None, load_scene("quiet"))

    def _now(self) -> datetime:
        return self._at or city_time(self.client, self.keys) or datetime.fromtimestamp(0).astimezone()

    # --- the loop ------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Turn until told to stop. Raises Taken when another process simulates this city."""
        self.partner.start()
        try:
            while not stop.is_set():
                began = time.monotonic()
                try:
                    self.turn(stop)
                except (redis.ConnectionError, redis.TimeoutError) as error:
                    # Whether the last append was executed is unknown: only the committed documents can tell.
                    log.warning("redis lost, beginning anew from its documents", error=str(error))
                    self.hotline = None
                stop.wait(max(0.02, EVERY_S - (time.monotonic() - began)))
        finally:
            self.partner.stop()

    def turn(self, stop: threading.Event) -> None:
        """Tell what happened since the last turn."""
        now = city_time(self.client, self.keys)
        if now is None:
            return
        if self.hotline is None and not self._begin(now, stop):
            return
        assert self.hotline is not None
        since = self.hotline.at
        if now > since:
            self._at = now
            self._follow_story()
            self._tell(self.hotline, since, now)
        self.emergency.turn(now)

    def _begin(self, now: datetime, stop: threading.Event) -> bool:
        """Go on from the committed documents, once the engine has taken all that was told."""
        self.log.load()
        end = self.log.end()
        while not self.log.is_passed(end):
            if stop.wait(PASSED_S):
                return False
        self._follow_story()
        at = self.log.until or now
        cases, calls, agents = (self.log.documents(noun) for noun in ("cases", "calls", "agents"))
        self.hotline = HotlineSide.resumed(self.laws, self.words, at, cases, calls, agents, self._demand)
        self.partner.begin(at)
        return True

    def _tell(self, hotline: HotlineSide, since: datetime, now: datetime) -> None:
        before = dict(hotline.counts)
        envelopes = hotline.advance(now, self.log.standing)
        scene = [envelope_of(told) for told in self._scene_between(since, now)]
        counts = {name: n - before[name] for name, n in hotline.counts.items()}
        counts["cases"] += sum(envelope.type == type_of(CaseReceived) for envelope in scene)
        together = sorted([*envelopes, *scene], key=lambda envelope: envelope.occurred_at)
        self.log.append(together, now, counts)
        name, began, played = self._scene
        self.partner.advance(now, played if began is not None else None, name, began)

    # --- scenes --------------------------------------------------------------------------------------------

    def _follow_story(self) -> None:
        name, began = self.story.scene()
        if (name, began) != self._scene[:2]:
            self._scene = (name, began, load_scene(name))

    def _scene_between(self, since: datetime, until: datetime) -> list[Told]:
        name, began, scene = self._scene
        if began is None:
            return []
        return [told for told in scene_events(scene, name, began) if since < told.at <= until]

    def _demand(self, minute: datetime) -> Demand:
        """What the hotline is asked for in a minute: the scene's waves, and the surge of the command line."""
        _, began, scene = self._scene
        asked = scene.demand((minute + timedelta(minutes=1) - began).total_seconds()) if began else Demand()
        return Demand(asked.surge * self.surge, asked.weights)


def envelope_of(told: Told) -> Envelope:
    """An event of a scene as it enters the log."""
    data: Mapping[str, Any] = msgspec.to_builtins(told.payload)
    return Envelope(
        source=told.source, id=told.id, type=type_of(type(told.payload)), occurred_at=told.at, data=dict(data)
    )


def run_simulation(
    client: redis.Redis,
    keys: Keys,
    city: City,
    areas: Areas | None,
    stop: threading.Event,
    *,
    seed: str,
    surge: float = 1.0,
    port: int = 0,
    sector: str | None = SECTOR,
) -> None:
    """Play a city and the colleagues in it until told to stop. Raises Taken, ValueError."""
    simulation = Simulation(client, keys, city, areas, seed, surge, port)
    colleagues = threading.Thread(
        target=run_colleagues, args=(client, keys, city, stop), kwargs={"sector": sector, "seed": seed}, daemon=True
    )
    colleagues.start()
    log.info("simulation started", city=keys.city, seed=seed, open311=simulation.partner.url)
    simulation.run(stop)
    colleagues.join(5)
