"""Illustrative divisions: each district cut into as many parts as it has sub-districts, by where people may live.

The real boundaries of the sub-districts are not openly published. These parts are made by arithmetic, the same on
every machine, and their names say so: `Chaoyang 07 (illustrative)`. Nothing here is a statement about a real place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from geo import cells, features
from geo.areas import Areas
from geo.cities import City

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

# Share of the density at a centre of weight 1 that even an empty hill gets.
COUNTRYSIDE = 0.08
ROUNDS = 10
_KM_PER_DEGREE = features.METRES_PER_DEGREE / 1000

LABELS: Mapping[str, str] = {
    "en": "{area} {number:02d} (illustrative)",
    "zh": "{area} {number:02d}(示意)",
    "ko": "{area} {number:02d} (예시)",
    "ja": "{area} {number:02d}(例示)",
    "de": "{area} {number:02d} (beispielhaft)",
    "fr": "{area} {number:02d} (illustratif)",
    "ru": "{area} {number:02d} (условно)",
    "es": "{area} {number:02d} (ilustrativo)",
    "ar": "{area} {number:02d} (توضيحي)",
    "pt": "{area} {number:02d} (ilustrativo)",
}


@dataclass(frozen=True)
class Division:
    """One illustrative part of an area: its finest cells and the residents put into them."""

    area: str
    number: int
    cells: tuple[str, ...]
    residents: int

    @property
    def name(self) -> str:
        return LABELS["en"].format(area=self.area, number=self.number)

    def local_name(self, lang: str, areas: Areas) -> str:
        """The name in a language, the area's name included; English where the label has no translation."""
        known = lang if lang in LABELS else lang.replace("_", "-").partition("-")[0]
        label = LABELS.get(known, LABELS["en"])
        return label.format(area=areas.local_name(self.area, lang), number=self.number)


@dataclass(frozen=True)
class Divisions:
    """All divisions of a city, and the table from finest cell to division."""

    divisions: tuple[Division, ...]

    def division_of(self, cell: str) -> Division | None:
        """The division of a finest cell, by the cell's centre; None outside all areas."""
        return self._by_cell.get(cell)

    def outlines(self, areas: Areas, lang: str = "en", tolerance_m: float = 150.0) -> features.Feature:
        """A GeoJSON FeatureCollection with `name`, `area`, `label` (in `lang`), `residents` and `illustrative`.

        The steps of the hexagons are smoothed by about `tolerance_m` metres.
        """
        shapes = features.simplify_together([features.cells_to_union(d.cells) for d in self.divisions], tolerance_m)
        return features.features_to_collection(
            features.area_to_feature(shape, _properties(division, areas, lang), division.name)
            for division, shape in zip(self.divisions, shapes, strict=True)
        )

    @cached_property
    def _by_cell(self) -> dict[str, Division]:
        return {cell: division for division in self.divisions for cell in division.cells}


def _properties(division: Division, areas: Areas, lang: str) -> dict[str, Any]:
    return {
        "name": division.name,
        "area": division.area,
        "label": division.local_name(lang, areas),
        "residents": division.residents,
        "illustrative": True,
    }


def city_to_divisions(city: City, areas: Areas) -> Divisions:
    """Divide each area of the city file's `divisions` into that many parts.

    Raises ValueError when an area has fewer cells than parts, or the city file names areas that are not there.
    """
    by_area = areas.cells_by_area()
    residents = residents_by_cell(city, areas)
    found: list[Division] = []
    for area, parts in city.divisions.items():
        if len(by_area.get(area, ())) < parts:
            raise ValueError(
                f"divisions.{area}: {parts} parts need as many cells, there are {len(by_area.get(area, ()))}"
            )
        found += _divide(area, by_area[area], residents, parts)
    return Divisions(tuple(found))


def residents_by_cell(city: City, areas: Areas) -> dict[str, int]:
    """Residents per finest cell: as the city file gives them, or each area's spread illustratively over its cells.

    The spread thins out exponentially around the city file's `centres`; areas keep their totals to the person.
    An empty mapping for a city without population.
    """
    if city.population is None:
        return {}
    if city.population.cells:
        return dict(city.population.cells)
    by_area = areas.cells_by_area()
    spread: dict[str, int] = {}
    for area, total in city.population.areas.items():
        members = by_area.get(area, [])
        if members:
            shares = _apportion(total, _density(city, members))
            spread.update(zip(members, shares.tolist(), strict=True))
    return spread


def _density(city: City, members: Sequence[str]) -> Floats:
    import numpy as np

    where, scale = _flat_km(members)
    density = np.full(len(members), COUNTRYSIDE)
    for centre in city.centres:
        distance_km = np.linalg.norm(where - np.array([centre.lat, centre.lng]) * scale, axis=1)
        density += centre.weight * np.exp(-distance_km / centre.reach_km)
    return density


def _apportion(total: int, weights: Floats) -> Integers:
    """Whole numbers in proportion to the weights that add up to the total (largest remainders)."""
    import numpy as np

    exact = weights / weights.sum() * total
    whole: Integers = np.floor(exact).astype(np.int64)
    most = np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]
    whole[most] += 1
    return whole


def _divide(area: str, members: Sequence[str], residents: Mapping[str, int], parts: int) -> list[Division]:
    import numpy as np

    people = np.array([residents.get(cell, 0) for cell in members], dtype=np.int64)
    where, _ = _flat_km(members)
    owner = _voronoi(where, people.astype(np.float64) + 1e-6, parts)
    groups = [np.flatnonzero(owner == part) for part in range(parts)]
    groups.sort(key=lambda group: (-where[group, 0].mean(), where[group, 1].mean()))  # from north to south
    return [
        Division(area, number, tuple(members[int(i)] for i in group), int(people[group].sum()))
        for number, group in enumerate(groups, start=1)
    ]


def _voronoi(where: Floats, weights: Floats, parts: int) -> Integers:
    """Owner of each place among `parts` seeds, none without a place.

    Lloyd's rounds (S. Lloyd, 1982), weighted, from seeds that lie far apart where many live.
    """
    import numpy as np

    seeds = _far_apart(where, weights, parts)
    for _ in range(ROUNDS):
        owner = _nearest(where, seeds)
        for part in range(parts):
            group = np.flatnonzero(owner == part)
            middle = np.average(where[group], axis=0, weights=weights[group])
            # The seed stays a place of its own part, so that it is its own nearest and the part never empties.
            seeds[part] = group[np.argmin(((where[group] - middle) ** 2).sum(axis=1))]
    return _nearest(where, seeds)


def _far_apart(where: Floats, weights: Floats, parts: int) -> Integers:
    import numpy as np

    seeds = [int(np.argmax(weights))]
    gap = ((where - where[seeds[0]]) ** 2).sum(axis=1)
    while len(seeds) < parts:
        seeds.append(int(np.argmax(gap * weights)))
        gap = np.minimum(gap, ((where - where[seeds[-1]]) ** 2).sum(axis=1))
    return np.array(seeds, dtype=np.int64)


def _nearest(where: Floats, seeds: Integers) -> Integers:
    """For each place the number of the nearest seed; seeds are given as numbers of places."""
    import numpy as np

    # |a - b|2 = |a|2 - 2ab + |b|2, and |a|2 is the same for all seeds of one place.
    at = where[seeds] - where.mean(axis=0)
    distance: Floats = (at**2).sum(axis=1) - 2 * ((where - where.mean(axis=0)) @ at.T)
    nearest: Integers = np.argmin(distance, axis=1)
    return nearest


def _flat_km(members: Sequence[str]) -> tuple[Floats, Floats]:
    """Centres in kilometres (north, east) from 0,0, flat at their middle latitude; and kilometres per degree."""
    import numpy as np

    degrees = np.array([cells.cell_to_center(cell) for cell in members])
    scale = np.array([_KM_PER_DEGREE, _KM_PER_DEGREE * np.cos(np.radians(np.median(degrees[:, 0])))])
    return degrees * scale, scale
