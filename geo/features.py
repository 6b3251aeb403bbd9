"""GeoJSON in and out: the only module where a position is written (lng, lat).

Everything else says lat, lng. Builders return plain dictionaries ready for `json.dumps`; area files are read into
shapely geometries whose x is the longitude and y the latitude, and the few questions asked of such geometries
(does it cover a point, where does its name go, how large is its box) are answered here, in lat, lng.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import h3

from geo import cells as h3_cells

if TYPE_CHECKING:
    import numpy as np

Feature: TypeAlias = dict[str, Any]
Shape: TypeAlias = Any  # a shapely Polygon or MultiPolygon; shapely ships no types
Shapes: TypeAlias = "np.ndarray[Any, np.dtype[np.object_]]"

METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371,008.8 m (IUGG mean radius)
_DECIMALS = 5  # of written degrees: one metre
_LONGITUDE_LATITUDE = ("CRS84", "EPSG:4326", "EPSG::4326", "OGC:CRS84")


@dataclass(frozen=True)
class AreaShape:
    """One polygon feature of an area file: its properties as found, its geometry valid and of polygons only."""

    properties: Mapping[str, Any]
    geometry: Shape


# ---- building


def point_to_feature(
    lat: float, lng: float, properties: Mapping[str, Any] | None = None, feature_id: str | None = None
) -> Feature:
    """A GeoJSON point."""
    return _feature({"type": "Point", "coordinates": [lng, lat]}, properties, feature_id)


def cell_to_feature(cell: str, properties: Mapping[str, Any] | None = None) -> Feature:
    """A GeoJSON polygon of the cell, closed, with the cell as id; on the antimeridian it runs past 180 degrees."""
    corners = h3_cells.cells_to_corners([cell])[0].tolist()
    ring = _unwrapped([[round(lng, 6), round(lat, 6)] for lat, lng in corners])
    if ring[-1] == ring[-2]:
        ring.pop()  # a pentagon's repeated vertex
    return _feature({"type": "Polygon", "coordinates": [[*ring, ring[0]]]}, properties, cell)


def area_to_feature(
    shape: Shape, properties: Mapping[str, Any] | None = None, feature_id: str | None = None
) -> Feature:
    """A GeoJSON polygon of a geometry read by `read_areas`, rounded to a metre."""
    geometry = json.loads(_shapely().to_geojson(shape))
    geometry["coordinates"] = _rounded(geometry["coordinates"])
    return _feature(geometry, properties, feature_id)


def features_to_collection(features: Iterable[Feature]) -> Feature:
    """A GeoJSON FeatureCollection."""
    return {"type": "FeatureCollection", "features": list(features)}


def _feature(geometry: Mapping[str, Any], properties: Mapping[str, Any] | None, feature_id: str | None) -> Feature:
    feature: Feature = {"type": "Feature", "geometry": dict(geometry), "properties": dict(properties or {})}
    return feature if feature_id is None else {"type": "Feature", "id": feature_id} | feature


def _rounded(coordinates: Any) -> Any:
    if isinstance(coordinates, (int, float)):
        return round(float(coordinates), _DECIMALS)
    return [_rounded(part) for part in coordinates]


def _unwrapped(ring: list[list[float]]) -> list[list[float]]:
    wide = max(lng for lng, _ in ring) - min(lng for lng, _ in ring) > 180
    return [[lng + 360 if wide and lng < 0 else lng, lat] for lng, lat in ring]


# ---- reading area files


def read_areas(path: Path) -> list[AreaShape]:
    """Polygon features of a GeoJSON file (plain or gzip), in its order; features without polygons are left out.

    Raises ValueError, naming the file and what is needed, for anything that is not GeoJSON in degrees
    (RFC 7946: longitude, latitude on WGS 84) or holds no polygon.
    """
    document = _load(path)
    _refuse_other_reference_system(path, document)
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise ValueError(f"{path}: type is {document.get('type')!r}: use a GeoJSON FeatureCollection of polygons")
    shapes = [shape for number, raw in enumerate(features) if (shape := _area(path, number, raw)) is not None]
    if not shapes:
        raise ValueError(f"{path}: no feature has a Polygon or MultiPolygon: use a file of areas")
    return shapes


def read_bytes(path: Path) -> bytes:
    """The file's bytes, unpacked when it is gzip. Raises ValueError when it cannot be read."""
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError) as error:
        raise ValueError(f"{path}: cannot be read ({error}): use a GeoJSON file, plain or gzip") from error


def _load(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_bytes(path).decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{path}: not JSON in UTF-8 ({error}): use a GeoJSON file") from error
    if not isinstance(document, dict):
        raise ValueError(f"{path}: holds a {type(document).__name__}: use a GeoJSON FeatureCollection of polygons")
    return document


def _refuse_other_reference_system(path: Path, document: Mapping[str, Any]) -> None:
    named = document.get("crs")
    if named is None:
        return
    name = str(named.get("properties", {}).get("name", "")) if isinstance(named, dict) else str(named)
    if not name.upper().endswith(_LONGITUDE_LATITUDE):
        raise ValueError(f"{path}: coordinates are in {name or 'an unnamed system'}: convert to longitude, latitude")


def _area(path: Path, number: int, raw: Any) -> AreaShape | None:
    geometry = raw.get("geometry") if isinstance(raw, dict) else None
    if not isinstance(geometry, dict):
        return None
    shapely = _shapely()
    try:
        shape = shapely.from_geojson(json.dumps(geometry))
    except shapely.errors.GEOSException as error:
        raise ValueError(f"{path}: feature {number}: {error}: use a valid Polygon or MultiPolygon") from error
    polygons = shape_to_polygons(
        shape if shape.is_valid else shapely.make_valid(shape, method="structure", keep_collapsed=False)
    )
    if not polygons:
        return None
    shape = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
    west, south, east, north = shape.bounds
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        raise ValueError(f"{path}: feature {number} reaches {east:.0f}, {north:.0f}: convert to degrees (lng, lat)")
    return AreaShape(raw.get("properties") or {}, shape)


# ---- questions to geometries, in lat, lng


def shape_covers(shape: Shape, lat: float, lng: float) -> bool:
    """Whether the point lies in the shape or on its border. Fast once `shapely.prepare` has seen the shape."""
    return bool(_shapely().intersects_xy(shape, lng, lat))


def shape_to_box(shape: Shape) -> tuple[float, float, float, float]:
    """South, west, north, east in degrees."""
    west, south, east, north = shape.bounds
    return south, west, north, east


def shape_to_label_point(shape: Shape) -> tuple[float, float]:
    """(lat, lng) well inside the largest part, where its name is written.

    The centre of the largest circle that fits (to a fiftieth of the part's size), as it looks on the map.
    """
    shapely = _shapely()
    largest = max(shape_to_polygons(shape), key=lambda part: part.area)
    west, south, east, north = largest.bounds
    size = max(east - west, north - south)
    rough = largest.simplify(size / 200)
    point = shapely.maximum_inscribed_circle(rough, tolerance=size / 50).coords[0]
    if not shapely.intersects_xy(largest, *point):
        point = largest.representative_point().coords[0]
    lng, lat = point
    return lat, lng


def points_to_shape(ring: Sequence[tuple[float, float]]) -> Shape:
    """The polygon inside a ring of (lat, lng), made valid where the ring touches or crosses itself."""
    shapely = _shapely()
    shape = shapely.Polygon([(lng, lat) for lat, lng in ring])
    return shape if shape.is_valid else shapely.make_valid(shape, method="structure", keep_collapsed=False)


def shape_to_polygons(shape: Shape) -> list[Shape]:
    """The polygons of any geometry, collections opened; points and lines fall away."""
    if shape.geom_type == "Polygon":
        return [shape] if shape.area > 0 else []
    return [part for piece in getattr(shape, "geoms", ()) for part in shape_to_polygons(piece)]


def shape_area_km2(shape: Shape) -> float:
    """Area in square kilometres, flat at the shape's own latitude: within 1 % for a city or province."""
    import math

    south, _, north, _ = shape_to_box(shape)
    return float(shape.area) * (METRES_PER_DEGREE / 1000) ** 2 * math.cos(math.radians((south + north) / 2))


def simplify_together(shapes: Sequence[Shape], tolerance_m: float) -> list[Shape]:
    """Fewer vertices, by about `tolerance_m`; borders that two shapes share stay shared, so no slivers open."""
    shapely = _shapely()
    if tolerance_m <= 0:
        return list(shapes)
    simple = shapely.coverage_simplify(list(shapes), tolerance_m / METRES_PER_DEGREE)
    return [new if shape_to_polygons(new) else old for new, old in zip(simple, shapes, strict=True)]


def cells_to_union(cells: Iterable[str]) -> Shape:
    """The geometry around all the cells, which must be of one resolution and away from the antimeridian."""
    return _shapely().geometry.shape(h3.cells_to_h3shape(list(cells), tight=False))


def cells_to_shapes(cells: Sequence[str], growth: float = 1.0) -> Shapes:
    """Hexagons as shapely polygons, each enlarged about its middle by `growth` (1.1: a tenth larger across).

    A cell on the antimeridian becomes a collection with one copy on either side of the map.
    """
    import numpy as np

    shapely = _shapely()
    rings = h3_cells.cells_to_corners(cells)[:, :, ::-1]  # (lng, lat)
    wide = np.ptp(rings[:, :, 0], axis=1) > 180
    rings[wide, :, 0] %= 360
    middle = rings.mean(axis=1, keepdims=True)
    rings = middle + (rings - middle) * growth
    shapes: Shapes = np.asarray(shapely.polygons(rings), dtype=object)
    for number in np.flatnonzero(wide):
        shapes[number] = shapely.MultiPolygon([shapes[number], shapely.Polygon(rings[number] - [360, 0])])
    return shapes


def _shapely() -> Any:
    import shapely

    return shapely
