"""How fast a point finds its cell and area, beside asking every polygon."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from benchmarks.results import Result, rounded
from benchmarks.run import Run
from benchmarks.traffic import CITY
from geo.cells import point_to_cell
from geo.cities import City, load_city
from geo.features import read_areas, shape_covers

NAME = "area-lookup"
ASKS = "points per second from (lat, lng) to cell and area, beside asking every polygon"
POINTS = (200_000, 50_000, 5_000)
NAIVE = (5_000, 2_000, 300)
ROUNDS = 3


def measure(run: Run) -> Iterator[Result]:
    city = load_city(CITY)
    began = time.perf_counter()
    areas = city.load_areas()
    build_s = time.perf_counter() - began
    points, some = _points(city, run.pick(*POINTS)), _points(city, run.pick(*NAIVE))
    if city.areas is None or areas is None:
        raise AssertionError(f"{CITY} has an area file")
    shapes = [(str(area.properties[city.area_name_property]), area.geometry) for area in read_areas(city.areas)]
    _same_answers(city, areas, shapes, some)
    ours = median(_per_s(lambda lat, lng: city.place(lat, lng, areas), points) for _ in range(ROUNDS))
    naive = median(_per_s(lambda lat, lng: _naive(shapes, lat, lng), some) for _ in range(ROUNDS))
    cells = median(_per_s(point_to_cell, points) for _ in range(ROUNDS))
    yield Result(
        name=NAME,
        value=round(ours),
        unit="points/s",
        target="(no promise: far above the engine's events/s)",
        met=None,
        n=len(points) * ROUNDS,
        compared_with={
            "asking every polygon, points/s": round(naive),
            "ours ÷ asking every polygon": rounded(ours / naive),
            "H3 cell alone, points/s": round(cells),
        },
        conditions={
            "areas": len(shapes),
            "points": "uniform in the city's box: usable or not, cell, area",
            "building the table took s": rounded(build_s),
        },
    )


def _points(city: City, count: int) -> list[tuple[float, float]]:
    rng, box = random.Random(9), city.bounds
    return [(rng.uniform(box.south, box.north), rng.uniform(box.west, box.east)) for _ in range(count)]


def _per_s(find: Callable[[float, float], Any], points: list[tuple[float, float]]) -> float:
    began = time.perf_counter()
    for lat, lng in points:
        find(lat, lng)
    return len(points) / (time.perf_counter() - began)


def _naive(shapes: list[tuple[str, Any]], lat: float, lng: float) -> str:
    return next((name for name, shape in shapes if shape_covers(shape, lat, lng)), "")


def _same_answers(city: City, areas: Any, shapes: list[tuple[str, Any]], points: list[tuple[float, float]]) -> None:
    """A fast answer counts only when it is the right one."""
    differing = [point for point in points if city.place(*point, areas).area != _naive(shapes, *point)]
    if differing:
        raise AssertionError(f"{len(differing)} of {len(points)} points differ, first {differing[0]}")
