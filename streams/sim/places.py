"""Where people are: the built-up cells of a city, and points drawn in them in proportion to residents."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import NamedTuple

import numpy as np

from geo import cells
from geo.areas import Areas
from geo.cities import City
from geo.divisions import residents_by_cell
from streams.sim.randomness import Floats, Integers, Shares

# A finest cell (0.1 km2) with fewer residents is countryside. Illustrative; it leaves the towns of every district.
BUILT_UP = 60
# Points keep within the circle that fits into a finest cell, so that they count in the cell they were drawn for.
_REACH_M = 130.0
_METRES_PER_DEGREE = 111_195.0
_DECIMALS = 5  # a metre


class Place(NamedTuple):
    """A point in degrees and the name of its area."""

    lat: float
    lng: float
    area: str


class Places:
    """A sampler of points by residents: areas keep their shares of residents, mountains get nothing."""

    def __init__(self, residents: Mapping[str, Mapping[str, int]]) -> None:
        """`residents` by area, then by finest cell. Raises ValueError when nobody lives anywhere."""
        kept = [
            (number, cell, weight)
            for number, members in enumerate(residents.values())
            for cell, weight in _built_up(members).items()
        ]
        if not kept:
            raise ValueError("places: no residents, give the city file a [population]")
        self.areas: tuple[str, ...] = tuple(residents)
        self.cells: tuple[str, ...] = tuple(cell for _, cell, _ in kept)
        self._area_of_cell: Integers = np.array([number for number, _, _ in kept], dtype=np.int64)
        self._centres: Floats = np.array([cells.cell_to_center(cell) for cell in self.cells])
        self._choice = Shares([weight for _, _, weight in kept])
        self._reach_lat = _REACH_M / _METRES_PER_DEGREE
        self._reach_lng: Floats = self._reach_lat / np.cos(np.radians(self._centres[:, 0]))

    @classmethod
    def of_city(cls, city: City, areas: Areas) -> Places:
        """The places of a city with areas and population (about 0.8 s for Beijing). Raises ValueError."""
        residents = residents_by_cell(city, areas)
        by_area = areas.cells_by_area()
        return cls({area: {cell: residents.get(cell, 0) for cell in members} for area, members in by_area.items()})

    def place(self, random: Random) -> Place:
        """A point somewhere in a built-up area, and that area."""
        drawn = np.array([[random.random()], [random.random()], [random.random()]])
        lat, lng, area = self.place_all(*drawn)
        return Place(float(lat[0]), float(lng[0]), self.areas[int(area[0])])

    def place_all(self, which: Floats, how_far: Floats, whither: Floats) -> tuple[Floats, Floats, Integers]:
        """Columns of latitudes, longitudes (degrees) and area numbers for three columns of draws."""
        cell = self._choice.of_all(which)
        far, angle = np.sqrt(how_far), whither * (2 * np.pi)
        lat = self._centres[cell, 0] + self._reach_lat * far * np.sin(angle)
        lng = self._centres[cell, 1] + self._reach_lng[cell] * far * np.cos(angle)
        return lat.round(_DECIMALS), lng.round(_DECIMALS), self._area_of_cell[cell]


def _built_up(members: Mapping[str, int]) -> dict[str, float]:
    """The cells of one area that are no countryside; its residents all live in them."""
    towns = {cell: n for cell, n in members.items() if n >= BUILT_UP} or {c: n for c, n in members.items() if n}
    scale = sum(members.values()) / max(1, sum(towns.values()))
    return {cell: n * scale for cell, n in towns.items()}
