"""The gazetteer of the running city: areas, landmarks, learnt streets, and the invented ones of a simulation."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import structlog

from dashboard.blocking import run_blocking
from dashboard.settings import Settings
from geo.areas import Areas
from geo.catalogue import Catalogue
from geo.cities import City, base_city_id
from geo.gazetteer import Gazetteer, Place, areas_to_places
from geo.gazetteer_files import landmarks_file, read_landmarks, read_streets

log = structlog.get_logger(__name__)

SIMULATION = "-sim"


class KeptGazetteer:
    """The gazetteer, read once, when it is first asked for, outside the loop that serves others."""

    def __init__(self, settings: Settings, city: City, areas: Areas | None) -> None:
        self.settings, self.city, self.areas = settings, city, areas
        self._turn = threading.Lock()
        self._kept: Gazetteer | None = None

    def __call__(self) -> Gazetteer:
        """Raises ValueError for a file that cannot be read."""
        with self._turn:
            if self._kept is None:
                self._kept = run_blocking(load_gazetteer, self.settings, self.city, self.areas)
            return self._kept

    def warm(self) -> None:
        """Read it before somebody waits for it; what is wrong with a file is said in the log."""
        try:
            self()
        except ValueError as error:
            log.error("places cannot be read", reason=str(error))


def load_gazetteer(settings: Settings, city: City, areas: Areas | None) -> Gazetteer:
    """All places of the city (a second, in a thread). Raises ValueError for a file that cannot be read."""
    places = [*_areas(city, areas), *_landmarks(city)]
    if settings.places:
        places += read_streets(Path(settings.places)).streets
    if areas is not None and city.id.endswith(SIMULATION):
        places += _invented(city, areas)
    return Gazetteer(_within(areas, places), areas.area_of if areas is not None else None)


def _areas(city: City, areas: Areas | None) -> list[Place]:
    if areas is None:
        return []
    said = _catalogue(city).areas
    names: Mapping[str, Mapping[str, str]] = {
        name: {**areas.local_names(name), **said.get(name, {})} for name in areas.names()
    }
    return areas_to_places(areas.labels(), names, areas.sizes_km2())


def _catalogue(city: City) -> Catalogue:
    return Catalogue.from_toml(city.catalogue) if city.catalogue else Catalogue()


def _landmarks(city: City) -> list[Place]:
    path = landmarks_file(base_city_id(city.id))
    return read_landmarks(path) if path.is_file() else []


def _invented(city: City, areas: Areas) -> Iterator[Place]:
    from streams.sim.street_places import invented_places
    from streams.sim.texts import read_streets as read_invented_streets

    return invented_places(city, areas, read_invented_streets())


def _within(areas: Areas | None, places: list[Place]) -> Iterator[Place]:
    """Each place with the area that it lies in, where the city has areas and the place does not say."""
    for place in places:
        if place.area or areas is None:
            yield place
        else:
            yield msgspec.structs.replace(place, area=areas.area_of(place.lat, place.lng))
