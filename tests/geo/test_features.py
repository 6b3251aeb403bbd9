"""GeoJSON: what is built has (lng, lat), and files that would put a city into the sea are refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import features
from geo.cells import point_to_cell

SQUARE = [[[0, 0], [2, 0], [2, 1], [0, 1], [0, 0]]]


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def polygon(coordinates: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": coordinates}


def write(path: Path, *found: Any, **members: Any) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(found)} | members), encoding="utf-8")
    return path


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_point_is_written_longitude_first(lat: float, lng: float) -> None:
    built = features.point_to_feature(lat, lng, {"n": 1}, "p1")
    assert built == {
        "type": "Feature",
        "id": "p1",
        "geometry": {"type": "Point", "coordinates": [lng, lat]},
        "properties": {"n": 1},
    }


@given(st.floats(-89, 89), st.floats(-180, 180))
def test_a_cell_is_a_closed_ring_around_its_centre(lat: float, lng: float) -> None:
    cell = point_to_cell(lat, lng)
    built = features.cell_to_feature(cell, {"count": 3})
    (ring,) = built["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    assert len(ring) == (6 if h3.is_pentagon(cell) else 7)
    assert built["id"] == cell
    lngs = [x for x, _ in ring]
    assert max(lngs) - min(lngs) < 1.5  # degrees: never around the globe


def test_a_cell_on_the_antimeridian_is_not_drawn_around_the_globe() -> None:
    cell = next(
        c
        for c in h3.grid_disk(point_to_cell(0.0, 180.0), 2)
        if len({lng > 0 for _, lng in h3.cell_to_boundary(c)}) == 2
    )
    (ring,) = features.cell_to_feature(cell)["geometry"]["coordinates"]
    assert all(179 < lng < 181 for lng, _ in ring)


def test_a_pentagon_has_five_corners() -> None:
    (ring,) = features.cell_to_feature(h3.get_pentagons(9)[0])["geometry"]["coordinates"]
    assert len(ring) == 6


def test_a_file_of_areas_is_read_in_its_order_plain_or_packed(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.geojson", feature(polygon(SQUARE), name="b"), feature(polygon(SQUARE), name="a"))
    packed = tmp_path / "a.geojson.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    for path in (plain, packed):
        read = features.read_areas(path)
        assert [shape.properties["name"] for shape in read] == ["b", "a"]
        assert features.shape_to_box(read[0].geometry) == (0, 0, 1, 2)  # south, west, north, east


def test_what_was_read_is_written_again_as_it_was(tmp_path: Path) -> None:
    read = features.read_areas(write(tmp_path / "a.geojson", feature(polygon(SQUARE))))
    written = features.area_to_feature(read[0].geometry, {"name": "a"})
    assert written["geometry"] == polygon([[[float(x), float(y)] for x, y in SQUARE[0]]])


def test_a_bow_tie_is_made_valid_and_points_and_lines_fall_away(tmp_path: Path) -> None:
    bow_tie = polygon([[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]])
    mixed = {
        "type": "GeometryCollection",
        "geometries": [{"type": "Point", "coordinates": [9, 9]}, polygon(SQUARE)],
    }
    path = write(
        tmp_path / "a.geojson",
        feature(bow_tie),
        feature(mixed),
        feature(None),
        feature({"type": "Point", "coordinates": [1, 1]}),
    )
    tie, square = (shape.geometry for shape in features.read_areas(path))
    assert tie.is_valid
    assert tie.area == pytest.approx(2.0)
    assert square.geom_type == "Polygon"


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326"])
def test_longitude_and_latitude_by_any_of_their_names_is_fine(tmp_path: Path, name: str) -> None:
    assert features.read_areas(
        write(tmp_path / "a.geojson", feature(polygon(SQUARE)), crs={"properties": {"name": name}})
    )


def collection(features_as_text: str) -> bytes:
    return f'{{"type": "FeatureCollection", "features": [{features_as_text}]}}'.encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[]", "holds a list"),
        (b'{"type": "Topology", "objects": {}}', "type is 'Topology'"),
        (collection(""), "no feature has a Polygon"),
        (collection('3, null, {"geometry": {"type": "Point", "coordinates": [1, 2]}}'), "no feature has a Polygon"),
        (collection('{"geometry": {"type": "Polygon", "coordinates": [[[1, 2]]]}}'), "feature 0"),
        (collection('{"geometry": {"type": "Polygon", "coordinates": 7}}'), "feature 0"),
        (b"\x1f\x8b\x08broken", "cannot be read"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_file_of_areas_is_refused_by_name(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "broken.geojson"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=reason) as refused:
        features.read_areas(path)
    assert str(path) in str(refused.value)


def test_metres_are_refused_where_degrees_are_meant(tmp_path: Path) -> None:
    state_plane = [[[983000, 199000], [984000, 199000], [984000, 200000], [983000, 199000]]]
    with pytest.raises(ValueError, match="convert to degrees"):
        features.read_areas(write(tmp_path / "a.geojson", feature(polygon(state_plane))))
    named = {"properties": {"name": "urn:ogc:def:crs:EPSG::2263"}}
    with pytest.raises(ValueError, match="EPSG::2263"):
        features.read_areas(write(tmp_path / "b.geojson", feature(polygon(SQUARE)), crs=named))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.geojson"):
        features.read_areas(tmp_path / "nowhere.geojson")


def test_a_label_stands_inside_a_crescent() -> None:
    outer = [(0.0, 0.0), (0.0, 3.0), (3.0, 3.0), (3.0, 0.0), (2.9, 0.0), (2.9, 2.8), (0.1, 2.8), (0.1, 0.0)]
    crescent = features.points_to_shape(outer)
    assert not features.shape_covers(crescent, crescent.centroid.y, crescent.centroid.x)
    assert features.shape_covers(crescent, *features.shape_to_label_point(crescent))


def test_simplified_neighbours_keep_one_common_border() -> None:
    zigzag = [(i / 100, 1 + (i % 2) / 1000) for i in range(101)]
    left = features.points_to_shape([*zigzag, (1.0, 0.0), (0.0, 0.0)])
    right = features.points_to_shape([*zigzag, (1.0, 2.0), (0.0, 2.0)])
    new_left, new_right = features.simplify_together([left, right], 1000)
    assert len(new_left.exterior.coords) < len(left.exterior.coords) / 4
    assert new_left.intersection(new_right).area == pytest.approx(0, abs=1e-12)
    assert new_left.union(new_right).area == pytest.approx(left.union(right).area, rel=1e-9)


def test_area_of_a_degree_square_at_sixty_north_is_half_of_one_at_the_equator() -> None:
    def square(south: float) -> Any:
        return features.points_to_shape([(south, 0), (south, 1), (south + 1, 1), (south + 1, 0)])

    assert features.shape_area_km2(square(59.5)) == pytest.approx(111.195**2 / 2, rel=1e-3)
    assert features.shape_area_km2(square(-0.5)) == pytest.approx(111.195**2, rel=1e-3)
