"""The simulated city as a process: hotline, emergency side, scenes and a partner's Open311 server, by the city's clock.

It keeps nothing that could be lost. What was told so far stands in the log, what is still to come follows from the
committed documents; after any doubt everything is made anew from them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import redis
import structlog

from dashboard.city_time import city_time
from dashboard.colleagues import SECTOR, run_colleagues
from dashboard.story import Story
from geo.areas import Areas
from geo.cities import City
from hotline.dispatching import Catalogue
from streams.events import Envelope, type_of
from streams.keys import Keys
from streams.sim.city_side import EmergencySide
from streams.sim.contacts import Demand
from streams.sim.hotline_feed import HotlineFeed
from streams.sim.laws import Laws
from streams.sim.partner import Partner
from streams.sim.scenes import Scene, Told, load_scene, scene_distress, scene_events
from streams.sim.texts import Words

log = structlog.get_logger("simulation")

EVERY_S = 0.25


class Simulation:
    """One simulated city. `turn()` tells everything up to the committed clock."""

    def __init__(self, client: redis.Redis, keys: Keys, city: City, laws: Laws, *, surge: float = 1.0, port: int = 0):
        self.client, self.keys, self.surge = client, keys, surge
        words = Words.load(city.load_catalogue())
        self.story = Story(client, keys)
        self.hotline = HotlineFeed(client, keys, laws, words, self._demand, self._scene_between)
        self.emergency = EmergencySide.of_city(client, keys, city, laws.places.place, laws.seed, surge)
        self.partner = Partner(laws, words, port, now=lambda: self._at)
        self._at = datetime.fromtimestamp(0, UTC)
        self._scene: tuple[str, datetime | None, Scene] = ("", None, load_scene("quiet"))

    def run(self, stop: threading.Event) -> None:
        """Turn until told to stop. Raises Taken when another process simulates this city."""
        self.partner.start()
        try:
            while not stop.is_set():
                began = time.monotonic()
                try:
                    self.turn()
                except (redis.ConnectionError, redis.TimeoutError) as error:
                    log.warning("redis lost, trying again", error=str(error))
                stop.wait(max(0.02, EVERY_S - (time.monotonic() - began)))
        finally:
            self.partner.stop()

    def turn(self) -> None:
        """Tell what happened since the last turn, as far as the log is known to have all before."""
        now = city_time(self.client, self.keys)
        if now is None:
            return
        self._at = now
        self._follow_story()
        self.hotline.turn(now)
        self.emergency.turn(now)
        name, began, scene = self._scene
        self.partner.advance(now, scene, name, began)

    # --- scenes --------------------------------------------------------------------------------------------

    def _follow_story(self) -> None:
        name, began = self.story.scene()
        if (name, began) != self._scene[:2]:
            self._scene = (name, began, load_scene(name))

    def _scene_between(self, since: datetime, until: datetime) -> list[Envelope]:
        name, began, scene = self._scene
        if began is None:
            return []
        told = [*scene_events(scene, name, began), *scene_distress(scene, name, began, self.emergency.at_work)]
        return [envelope_of(event) for event in told if since < event.at <= until]

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
    catalogue: Catalogue | None = None,
) -> None:
    """Play a city and the colleagues in it until told to stop. Raises Taken, ValueError."""
    simulation = Simulation(client, keys, city, Laws.of_city(city, areas, seed), surge=surge, port=port)
    wish = {"sector": sector, "seed": seed, "catalogue": catalogue}
    colleagues = threading.Thread(target=run_colleagues, args=(client, keys, city, stop), kwargs=wish, daemon=True)
    colleagues.start()
    log.info("simulation started", city=keys.city, seed=seed, surge=surge)
    simulation.run(stop)
    colleagues.join(5)
