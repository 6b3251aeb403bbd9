"""H3 cells: points are binned once at the finest resolution, and after that only rolled up to parents.

Binning the same points again at a coarser resolution is another thing than rolling up: H3 parents do not contain
their children exactly, so 6-7 % of points would change cell between two zooms and the zooms would disagree.
Every function here works on H3 ids as text (`"892a3066a03ffff"`); integers appear only for ranges in SQL.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

import h3

if TYPE_CHECKING:
    import numpy as np

FINEST = 9  # about 0.1 km2, a city block
COARSEST = 6  # about 36 km2
RESOLUTIONS = tuple(range(FINEST, COARSEST - 1, -1))
VERTICES = 6
MOST_CELLS_IN_BOX = 1_000_000
# Degrees added around a box (3 m): H3 compares straight sides in degrees with sides that are arcs, and finds
# nothing at all inside a box without area.
_SKIN = 3e-5

# An H3 index keeps its resolution in bits 52-55 and one three-bit digit per resolution below, the coarsest highest
# (h3geo.org, "H3Index bit layout"). Digits finer than the index's own resolution are all 7.
_RESOLUTION_SHIFT = 52
_DIGIT_BITS = 3
_FINEST_OF_H3 = 15


def point_to_cell(lat: float, lng: float) -> str:
    """The cell of a point in degrees at `FINEST`.

    Raises ValueError (h3's own subclass) when a coordinate is not a finite number.
    """
    cell: str = h3.latlng_to_cell(lat, lng, FINEST)
    return cell


def points_to_counts(points: Iterable[tuple[float, float]]) -> Counter[str]:
    """Number of (lat, lng) points per cell at `FINEST`."""
    return Counter(h3.latlng_to_cell(lat, lng, FINEST) for lat, lng in points)


def cell_to_parent(cell: str, resolution: int) -> str:
    """The cell's ancestor at `resolution`; the cell itself at its own resolution. Raises ValueError when finer."""
    parent: str = h3.cell_to_parent(cell, resolution)
    return parent


def cell_to_children(cell: str, resolution: int) -> list[str]:
    """The cells of a finer resolution inside a cell, in the order of their ids."""
    return sorted(h3.cell_to_children(cell, resolution))


def counts_to_parents(counts: Mapping[str, int], resolution: int) -> Counter[str]:
    """Roll counts up to their ancestors at `resolution`; the sum stays the same, and so does a second roll-up."""
    rolled: Counter[str] = Counter()
    for cell, n in counts.items():
        rolled[h3.cell_to_parent(cell, resolution)] += n
    return rolled


def cell_area_km2(cell: str) -> float:
    """The cell's own area on the sphere in square kilometres (cells of one resolution differ by up to a third)."""
    area: float = h3.cell_area(cell, unit="km^2")
    return area


def cell_to_center(cell: str) -> tuple[float, float]:
    """The cell's centre as (lat, lng) in degrees."""
    center: tuple[float, float] = h3.cell_to_latlng(cell)
    return center


def cell_to_descendant_range(cell: str) -> tuple[int, int]:
    """Smallest and largest integer id among the cell's descendants at `FINEST`, both inclusive.

    A cell at `FINEST` lies below `cell` exactly when its id lies in the range, so `BETWEEN` on an integer column
    finds the whole family; ids fit a signed 64-bit column. Raises ValueError for a cell finer than `FINEST`.
    """
    resolution = h3.get_resolution(cell)
    if resolution > FINEST:
        raise ValueError(f"cell {cell} has resolution {resolution}: use one of resolution {FINEST} or coarser")
    finest = (h3.str_to_int(cell) & ~(0xF << _RESOLUTION_SHIFT)) | FINEST << _RESOLUTION_SHIFT
    shifts = [(_FINEST_OF_H3 - level) * _DIGIT_BITS for level in range(resolution + 1, FINEST + 1)]
    lowest = finest & ~sum(7 << shift for shift in shifts)
    return lowest, lowest + sum(6 << shift for shift in shifts)


def cells_in_box(south: float, west: float, north: float, east: float, resolution: int = FINEST) -> list[str]:
    """Every cell at `resolution` that reaches into the box (degrees); `west > east` crosses the antimeridian.

    Raises ValueError when the box is upside down, not on the globe, or would hold more than a million cells.
    """
    if not (-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
        raise ValueError(f"box {south}, {west}, {north}, {east}: use south <= north, longitudes within -180 to 180")
    if west > east:
        halves = (
            cells_in_box(south, west, north, 180.0, resolution),
            cells_in_box(south, -180.0, north, east, resolution),
        )
        return list(dict.fromkeys(chain(*halves)))
    _refuse_too_many(south, west, north, east, resolution)
    low, high = max(-90.0, south - _SKIN), min(90.0, north + _SKIN)
    found: dict[str, None] = {}
    # Beyond the antimeridian a shape would be taken for one around the globe.
    for left, right in _slices(max(-180.0, west - _SKIN), min(180.0, east + _SKIN)):
        shape = h3.LatLngPoly([(low, left), (low, right), (high, right), (high, left)])
        found |= dict.fromkeys(h3.h3shape_to_cells_experimental(shape, resolution, contain="overlap"))
    return list(found)


def cells_to_boundaries(cells: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Outlines as float32 of shape (cells, 6, 2), (lat, lng) in degrees, counter-clockwise; about 8 us a cell.

    A pentagon repeats its last vertex. The few hexagons on an edge of H3's icosahedron have extra points on
    their sides; those are left out (measured: they lie within a tenth of a side's length from it).
    """
    import numpy as np

    return cells_to_corners(cells).astype(np.float32)


def cells_to_corners(cells: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """As `cells_to_boundaries`, in full precision: float32 is off by up to half a metre."""
    import numpy as np

    outlines = [_six_vertices(cell) for cell in cells]
    flat = np.fromiter(chain.from_iterable(chain.from_iterable(outlines)), dtype=np.float64, count=len(cells) * 12)
    return flat.reshape(len(cells), VERTICES, 2)


def _six_vertices(cell: str) -> Sequence[tuple[float, float]]:
    outline: Sequence[tuple[float, float]] = h3.cell_to_boundary(cell)
    if len(outline) == VERTICES:
        return outline
    corners = [h3.vertex_to_latlng(vertex) for vertex in h3.cell_to_vertexes(cell)]
    return corners + corners[-1:] * (VERTICES - len(corners))


def _slices(west: float, east: float) -> Iterable[tuple[float, float]]:
    """Strips of at most 90 degrees: H3 takes a ring wider than half the globe for its complement."""
    n = max(1, math.ceil((east - west) / 90))
    return pairwise([west + (east - west) * i / n for i in range(n)] + [east])


def _refuse_too_many(south: float, west: float, north: float, east: float, resolution: int) -> None:
    sphere_km2 = 4 * math.pi * 6371.007**2
    share = (math.sin(math.radians(north)) - math.sin(math.radians(south))) / 2 * (east - west) / 360
    expected = share * sphere_km2 / h3.average_hexagon_area(resolution, unit="km^2")
    if expected > MOST_CELLS_IN_BOX:
        raise ValueError(
            f"the box holds about {expected:,.0f} cells of resolution {resolution}: use a smaller box or a coarser one"
        )
