"""Where to look: the cells with cases, and the zones that a matter may fill, from one block to the whole city."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import h3
import numpy as np

from geo.warning.arrays import Floats, Indexes, Singles

RINGS = (0, 1, 2, 3)  # disks of 1, 7, 19 and 37 cells: about 0.1, 0.7, 2 and 4 km2 at resolution 9
_DISK = (1, 7, 19, 37)
_PER_CELL = sum(_DISK)
# Where a cell's disks of each ring begin among its zones; the first two are the city and its area.
_BEGIN = tuple(2 + sum(_DISK[:ring]) for ring in RINGS)
ZONES_PER_CELL = 2 + _PER_CELL
AREA_SCALE = len(RINGS)
CITY_SCALE = AREA_SCALE + 1
SCALES = CITY_SCALE + 1
CITY_ZONE = 0
_EARTH_KM = 6371.0


def disk_columns(ring: int) -> slice:
    """Which columns of `Grid.zones_of` are the disks of a ring that hold a cell."""
    return slice(_BEGIN[ring], _BEGIN[ring] + _DISK[ring])


class Place(NamedTuple):
    """A zone in words and degrees: `scale` is its ring, or AREA_SCALE, or CITY_SCALE."""

    scale: int
    lat: float
    lng: float
    radius_km: float
    area: str


class Grid:
    """Cells, areas and categories by position, and every zone each cell lies in.

    Zone 0 is the city, then come the areas, then for each cell its disks of ring 0, 1, 2 and 3. `zones_of` has one
    row per cell; a disk whose centre is no cell of the grid is the number `zones`, which stands for none.
    """

    def __init__(self, cells: Iterable[str], categories: Sequence[str], area_by_cell: Mapping[str, str]) -> None:
        """`area_by_cell` may lack cells and name areas as "": these belong to no area, only to the city."""
        self.cells: list[str] = []
        self.categories = tuple(categories)
        self.areas = tuple(sorted({name for name in area_by_cell.values() if name}))
        self._area_at = {name: number for number, name in enumerate(self.areas)}
        self.index: dict[str, int] = {}
        self.area_of: Indexes = np.empty(0, dtype=np.int32)
        self.lat: Floats = np.empty(0)
        self.lng: Floats = np.empty(0)
        self._disks: Indexes = np.empty((0, _DISK[-1]), dtype=np.int32)
        self.zones_of: Indexes = np.empty((0, ZONES_PER_CELL), dtype=np.int32)
        self.grow(cells, area_by_cell)

    @property
    def zones(self) -> int:
        """How many zones there are."""
        return self.first_disk + len(self.cells) * len(RINGS)

    @property
    def first_disk(self) -> int:
        """The zone of the first cell's ring 0; those before are the city and the areas."""
        return 1 + len(self.areas)

    def disks(self, ring: int) -> slice:
        """The zones that are disks of a ring, in the order of their cells."""
        return slice(self.first_disk + ring, None, len(RINGS))

    def grow(self, cells: Iterable[str], area_by_cell: Mapping[str, str]) -> None:
        """Add cells that are not known yet; zones that exist keep their numbers. An area nobody knew counts as none."""
        fresh = [cell for cell in dict.fromkeys(cells) if cell not in self.index]
        if not fresh:
            return
        begin = len(self.cells)
        self.index.update((cell, begin + n) for n, cell in enumerate(fresh))
        self.cells += fresh
        self.area_of = np.append(
            self.area_of, [self._area_at.get(area_by_cell.get(cell, ""), -1) for cell in fresh]
        ).astype(np.int32)
        points = [h3.cell_to_latlng(cell) for cell in fresh]
        self.lat = np.append(self.lat, [lat for lat, _ in points])
        self.lng = np.append(self.lng, [lng for _, lng in points])
        rows = np.array([self._disk(cell) for cell in fresh], dtype=np.int32)
        self._disks = np.vstack([self._disks, rows])
        for number, row in enumerate(rows[:, 1:].tolist(), begin):
            self._tell_neighbours(number, [other if other < begin else -1 for other in row])
        self.zones_of = self._zones()

    def zone_cells(self, zone: int) -> Indexes:
        """Positions of the zone's cells."""
        if zone == CITY_ZONE:
            return np.arange(len(self.cells), dtype=np.int32)
        if zone < self.first_disk:
            return np.flatnonzero(self.area_of == zone - 1).astype(np.int32)
        cell, ring = divmod(zone - self.first_disk, len(RINGS))
        disk = self._disks[cell, : _DISK[ring]]
        members: Indexes = disk[disk >= 0]
        return members

    def zone_sums(self, values: Floats, was: Singles | None = None) -> Singles:
        """(C, K) summed over the cells of every zone: (Z, K).

        `was`: the sums before the grid grew, of values that still hold; only zones with new cells are summed again.
        """
        found = np.empty((self.zones, values.shape[1]), dtype=np.float32)
        centres = np.arange(len(self.cells))
        if was is not None:
            found[: len(was)] = was
            disks = self._disks[(len(was) - self.first_disk) // len(RINGS) :]
            centres = np.unique(disks[disks >= 0])
        found[CITY_ZONE] = values.sum(axis=0)
        for category, column in enumerate(values.T):
            found[1 : self.first_disk, category] = np.bincount(self.area_of + 1, column, minlength=self.first_disk)[1:]
        padded = np.vstack([values, np.zeros((1, values.shape[1]))])  # -1, a place without a cell, is the last row
        around = np.zeros((len(centres), values.shape[1]))
        for ring, begin, end in zip(RINGS, (0, *_DISK), _DISK, strict=False):
            for column in range(begin, end):
                around += padded[self._disks[centres, column]]
            found[self.first_disk + ring + centres * len(RINGS)] = around
        return found

    def place(self, zone: int) -> Place:
        """Where a zone is and how large."""
        if zone < self.first_disk:
            members = self.zone_cells(zone)
            lat, lng = float(self.lat[members].mean()), float(self.lng[members].mean())
            far = float(self.distances_km(lat, lng)[members].max(initial=0.0))
            scale, area = (CITY_SCALE, "") if zone == CITY_ZONE else (AREA_SCALE, self.areas[zone - 1])
            return Place(scale, lat, lng, far, area)
        cell, ring = divmod(zone - self.first_disk, len(RINGS))
        number = int(self.area_of[cell])
        area = self.areas[number] if number >= 0 else ""
        return Place(ring, float(self.lat[cell]), float(self.lng[cell]), 0.2 + 0.33 * ring, area)

    def scales(self) -> Indexes:
        """The scale of every zone."""
        rings = np.tile(np.array(RINGS, dtype=np.int32), len(self.cells))
        return np.concatenate([[CITY_SCALE], np.full(len(self.areas), AREA_SCALE), rings]).astype(np.int32)

    def zone_areas(self) -> Indexes:
        """The area of every zone by its centre, -1 for none and for the city."""
        return np.concatenate([[-1], np.arange(len(self.areas)), np.repeat(self.area_of, len(RINGS))]).astype(np.int32)

    def distances_km(self, lat: float, lng: float) -> Floats:
        """From a point in degrees to every cell's centre; flat, good within a city."""
        north = np.radians(self.lat - lat)
        east = np.radians(self.lng - lng) * math.cos(math.radians(lat))
        far: Floats = _EARTH_KM * np.hypot(north, east)
        return far

    def _disk(self, cell: str) -> list[int]:
        """The cell and its neighbours by ring; -1 where there is none. A pentagon's missing ones are -1 too."""
        found: list[int] = []
        for ring, size in zip(RINGS, _DISK, strict=True):
            around = [self.index.get(other, -1) for other in h3.grid_ring(cell, ring)]
            found += (around + [-1] * 6)[: size - len(found)] if ring else around
            found += [-1] * (size - len(found))
        return found

    def _tell_neighbours(self, number: int, neighbours: Sequence[int]) -> None:
        """Older cells learn of a new one: it takes a free place of its ring in their rows."""
        for place, other in enumerate(neighbours, 1):
            if other < 0 or number in self._disks[other]:
                continue
            ring = next(ring for ring in RINGS if place < _DISK[ring])
            row = self._disks[other]
            free = np.flatnonzero(row[_DISK[ring - 1] : _DISK[ring]] < 0)
            if free.size:
                row[_DISK[ring - 1] + free[0]] = number

    def _zones(self) -> Indexes:
        """To lie in the disk around a centre is to have that centre in one's own disk."""
        found = np.empty((len(self.cells), ZONES_PER_CELL), dtype=np.int32)
        found[:, 0] = CITY_ZONE
        found[:, 1] = np.where(self.area_of >= 0, self.area_of + 1, self.zones)
        for ring, begin, size in zip(RINGS, _BEGIN, _DISK, strict=True):
            disk = self._disks[:, :size]
            found[:, begin : begin + size] = np.where(disk >= 0, self.first_disk + disk * len(RINGS) + ring, self.zones)
        return found
