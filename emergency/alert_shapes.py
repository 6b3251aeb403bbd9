"""Where an alert warns, as shapes: GeoJSON for API and maps, H3 cells for counting what lies inside.

Rings are (lat, lng) as everywhere; positions turn to (lng, lat) only in the GeoJSON at the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from emergency.alerts import Alert, alert_infos
from geo.cells import FINEST, MOST_CELLS_IN_BOX, point_to_cell
from geo.features import Feature, points_to_shape, shape_area_km2, shape_to_polygons
from streams.events import AlertArea

CORNERS = 36
_EARTH_KM = 6371.0088  # mean radius (IUGG)
_DECIMALS = 6

Ring = Sequence[tuple[float, float]]
Box = tuple[float, float, float, float]  # south, west, north, east in degrees


def circle_to_ring(lat: float, lng: float, radius_km: float) -> list[tuple[float, float]]:
    """The closed 36-gon around a circle on the sphere, as (lat, lng); no point of the circle lies outside of it.

    A circle that holds a pole becomes the belt of all longitudes that it reaches. Longitudes are -180..180.
    """
    reach = math.degrees(radius_km / _EARTH_KM)
    if abs(lat) + reach >= 90:
        south, north = max(-90.0, lat - reach), min(90.0, lat + reach)
        return [(south, -180.0), (south, 180.0), (north, 180.0), (north, -180.0), (south, -180.0)]
    # Corners lie as far out as makes the middles of the sides touch the circle.
    distance = math.atan(math.tan(radius_km / _EARTH_KM) / math.cos(math.pi / CORNERS))
    ring = [_destination(lat, lng, distance, 2 * math.pi * n / CORNERS) for n in range(CORNERS)]
    return [*ring, ring[0]]


def _destination(lat: float, lng: float, distance: float, bearing: float) -> tuple[float, float]:
    """The point at an angular distance in radians along a great circle."""
    phi = math.radians(lat)
    sine = math.sin(phi) * math.cos(distance) + math.cos(phi) * math.sin(distance) * math.cos(bearing)
    east = math.sin(bearing) * math.sin(distance) * math.cos(phi)
    turned = math.degrees(math.atan2(east, math.cos(distance) - math.sin(phi) * sine))
    return math.degrees(math.asin(max(-1.0, min(1.0, sine)))), (lng + turned + 540) % 360 - 180


def alert_to_features(alert: Alert, now: datetime | None = None) -> list[Feature]:
    """GeoJSON features: one for each polygon and circle, and one without geometry for an area told by words or codes.

    From the infos in effect at `now` (without `now`: from all). A circle of radius 0 is a point, others are 36-gons.
    """
    features: list[Feature] = []
    for area, told in _areas(alert, now):
        geometries: list[dict[str, Any] | None] = [_polygon(ring) for ring in area.polygons]
        geometries += [
            _polygon(circle_to_ring(*circle)) if circle[2] else _point(circle[0], circle[1]) for circle in area.circles
        ]
        for geometry in geometries or [None]:
            features.append({"type": "Feature", "geometry": geometry, "properties": told})
    return features


def _areas(alert: Alert, now: datetime | None) -> Iterator[tuple[AlertArea, dict[str, Any]]]:
    """Each area once, though several languages tell it, with what is said of it."""
    seen = set()
    for info in alert_infos(alert, now):
        for area in info.areas:
            place = (area.polygons, area.circles, area.geocodes)
            key = place if any(place) else area.description
            if key in seen:
                continue
            seen.add(key)
            yield (
                area,
                {
                    "alert_id": alert.alert_id,
                    "event": info.event,
                    "severity": info.severity,
                    "description": area.description,
                    "geocodes": [list(code) for code in area.geocodes],
                },
            )


def _point(lat: float, lng: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lng, lat]}


def _polygon(ring: Ring) -> dict[str, Any]:
    """Counter-clockwise, as RFC 7946 asks; one across the antimeridian runs past 180 degrees."""
    lngs = [lng for _, lng in ring]
    belt = max(lngs) - min(lngs) == 360
    shift = 360 if max(lngs) - min(lngs) > 180 and not belt else 0
    outline = [[round(lng + shift if lng < 0 else lng, _DECIMALS), round(lat, _DECIMALS)] for lat, lng in ring]
    turn = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(outline))
    return {"type": "Polygon", "coordinates": [outline if turn >= 0 else outline[::-1]]}


def alert_cells(
    alert: Alert, resolution: int = FINEST, *, within: Box | None = None, now: datetime | None = None
) -> set[str]:
    """H3 cells whose centres lie in the alert's polygons and circles; for a shape smaller than that, those it touches.

    `within` (a city's bounds) cuts the shapes first: an alert for a whole country has more cells than anybody wants.
    Areas told by words or geocodes have none. Raises ValueError beyond a million cells.
    """
    found: set[str] = set()
    for area, _ in _areas(alert, now):
        for ring in (*area.polygons, *(circle_to_ring(*circle) for circle in area.circles if circle[2])):
            found |= _ring_to_cells(ring, resolution, within)
        for lat, lng, radius_km in area.circles:
            if not radius_km and (within is None or _is_inside(lat, lng, within)):
                found.add(_cell_of(lat, lng, resolution))
    return found


def _ring_to_cells(ring: Ring, resolution: int, within: Box | None) -> set[str]:
    import h3
    import shapely

    shape = points_to_shape(_unwrapped(ring))
    if within is not None:
        south, west, north, east = within
        box = shapely.union_all([shapely.box(west + turn, south, east + turn, north) for turn in (0, 360)])
        shape = shape.intersection(box)
    found: set[str] = set()
    for part in shape_to_polygons(shape):
        if shape_area_km2(part) / h3.average_hexagon_area(resolution, unit="km^2") > MOST_CELLS_IN_BOX:
            raise ValueError(
                f"more than {MOST_CELLS_IN_BOX:,} cells of resolution {resolution}: give the city's bounds"
            )
        outline = h3.LatLngPoly([(lat, (lng + 180) % 360 - 180) for lng, lat in part.exterior.coords])
        cells = h3.h3shape_to_cells(outline, resolution)
        found.update(cells or h3.h3shape_to_cells_experimental(outline, resolution, contain="overlap"))
    return found


def _unwrapped(ring: Ring) -> list[tuple[float, float]]:
    lngs = [lng for _, lng in ring]
    wide = 180 < max(lngs) - min(lngs) < 360
    return [(lat, lng + 360 if wide and lng < 0 else lng) for lat, lng in ring]


def _is_inside(lat: float, lng: float, box: Box) -> bool:
    south, west, north, east = box
    return south <= lat <= north and west <= lng <= east


def _cell_of(lat: float, lng: float, resolution: int) -> str:
    import h3

    cell: str = point_to_cell(lat, lng) if resolution == FINEST else h3.latlng_to_cell(lat, lng, resolution)
    return cell
