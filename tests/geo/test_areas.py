"""Areas: the table answers as comparing each point with each polygon would, only much faster."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import area_table, features
from geo.areas import Areas
from geo.cells import COARSEST, FINEST, cell_to_center, cell_to_parent, point_to_cell
from tests.support.shared_data import shared_path

NYC = "boundaries/nyc_community_districts_detailed.geojson.gz"


def box(south: float, west: float, north: float, east: float, **properties: Any) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def write(path: Path, *found: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": found}), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Areas:
    """West and East share a border at 116.05; Park lies inside West, and comes after it; Lake comes before East."""
    path = tmp_path_factory.mktemp("areas") / "toy.geojson"
    write(
        path,
        box(40.0, 116.0, 40.1, 116.05, name="West", **{"name:zh": "西", "name:ar": "غرب"}),
        box(40.02, 116.01, 40.04, 116.03, name="Park"),
        box(40.05, 116.07, 40.08, 116.09, name="Lake"),
        box(40.0, 116.05, 40.1, 116.1, name="East", **{"name:zh": "东"}),
        box(40.2, 116.0, 40.21, 116.01, name="West"),
        box(41.0, 117.0, 41.1, 117.1),
    )
    return Areas.load(path)


def naive_area(areas: list[tuple[str, Any]], lat: float, lng: float) -> str:
    """The first area that holds the point, comparing it with one after the other."""
    return next((name for name, shape in areas if shapely.intersects_xy(shape, lng, lat)), "")


@given(st.floats(39.98, 40.12), st.floats(115.98, 116.12))
def test_the_table_answers_as_the_polygons_do(toy: Areas, lat: float, lng: float) -> None:
    expected = naive_area(list(zip(toy.names(), toy._shapes, strict=True)), lat, lng)
    assert toy.area_of(lat, lng) == expected
    assert toy.area_of(lat, lng, point_to_cell(lat, lng)) == expected


@pytest.mark.parametrize(
    ("lat", "lng", "name"),
    [
        (40.03, 116.02, "West"),  # also Park, which comes later
        (40.06, 116.08, "Lake"),  # also East, which comes later
        (40.06, 116.06, "East"),
        (40.205, 116.005, "West"),  # its second part
        (40.05, 116.05, "West"),  # on the common border
        (40.0, 116.0, "West"),  # on a corner
        (40.15, 116.05, ""),
        (41.05, 117.05, ""),  # a feature without a name
        (-10.0, 20.0, ""),
    ],
)
def test_who_owns_a_point(toy: Areas, lat: float, lng: float, name: str) -> None:
    assert toy.area_of(lat, lng) == name


def test_names_come_in_the_order_of_the_file_and_in_several_languages(toy: Areas) -> None:
    assert toy.names() == ("West", "Park", "Lake", "East")
    assert toy.local_name("West", "zh") == "西"
    assert toy.local_name("West", "zh-Hans") == "西"
    assert toy.local_name("West", "zh_CN") == "西"
    assert toy.local_name("East", "ar") == "East"
    assert toy.local_name("Elsewhere", "zh") == "Elsewhere"


def test_labels_stand_in_their_areas(toy: Areas) -> None:
    labels = toy.labels()
    assert [label.name for label in labels] == list(toy.names())
    shapes = dict(zip(toy.names(), toy._shapes, strict=True))
    assert all(features.shape_covers(shapes[label.name], label.lat, label.lng) for label in labels)
    assert 40.0 < labels[0].lat < 40.1  # in the larger part


def test_outlines_carry_all_names(toy: Areas) -> None:
    outlines = toy.outlines(10)
    assert outlines["type"] == "FeatureCollection"
    west = outlines["features"][0]
    assert west["properties"] == {"name": "West", "name:zh": "西", "name:ar": "غرب"}
    assert west["geometry"]["type"] == "MultiPolygon"
    json.dumps(outlines)


def test_cells_by_area_agree_with_the_centres(toy: Areas) -> None:
    by_area = toy.cells_by_area()
    assert list(by_area) == list(toy.names())
    assert sum(map(len, by_area.values())) == len({cell for members in by_area.values() for cell in members})
    for name, members in by_area.items():
        assert all(toy.area_of(*cell_to_center(cell)) == name for cell in members[:50])
    assert by_area["Park"] == []  # all of it belongs to West, which comes first


def test_another_property_may_hold_the_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", box(0, 0, 0.1, 0.1, ward=311.0, zh="甲"), box(1, 1, 1.1, 1.1, ward=312))
    areas = Areas.load(path, "ward", {"zh": "zh"})
    assert areas.names() == ("311", "312")
    assert areas.local_name("311", "zh") == "甲"


@pytest.mark.parametrize("key", [None, "title"])
def test_without_a_name_the_properties_that_are_there_are_listed(tmp_path: Path, key: str | None) -> None:
    path = write(tmp_path / "a.geojson", box(0, 0, 0.1, 0.1, ward=311, area=3))
    with pytest.raises(ValueError, match="ward, area") as refused:
        Areas.load(path, key)
    assert str(path) in str(refused.value)


# ---- the table


@given(st.floats(-85, 85), st.floats(-179.9, 179.9))
def test_descendants_stay_within_the_enlarged_ancestor(lat: float, lng: float) -> None:
    """What the level-by-level search rests on: a settled cell settles all its finest descendants."""
    finest = point_to_cell(lat, lng)
    for resolution in range(COARSEST, FINEST):
        (large,) = features.cells_to_shapes([cell_to_parent(finest, resolution)], area_table._GROWTH_OF_FAMILIES)
        both_sides = shapely.union(large, shapely.affinity.translate(large, -360))
        assert all(features.shape_covers(both_sides, *corner) for corner in h3.cell_to_boundary(finest))


def test_areas_across_the_antimeridian_answer_on_both_sides(tmp_path: Path) -> None:
    path = write(
        tmp_path / "fiji.geojson",
        box(-17.0, 179.9, -16.9, 180.0, name="Taveuni"),
        box(-17.0, -180.0, -16.9, -179.9, name="Taveuni"),
    )
    areas = Areas.load(path)
    for lng in (179.95, 179.99999, -179.99999, -179.95):
        assert areas.area_of(-16.95, lng) == "Taveuni"
    assert areas.area_of(-16.95, 179.8) == ""


def test_very_large_areas_are_learnt_as_points_come(tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", box(40, 0, 44, 4, name="South"), box(44, 0, 48, 4, name="North"))
    areas = Areas.load(path, cache_dir=tmp_path / "cache")
    assert len(areas._owners) == 0
    assert [areas.area_of(lat, 2.0) for lat in (43.9, 43.99999, 44.00001, 46.0, 48.1)] == [
        "South",
        "South",
        "North",
        "North",
        "",
    ]
    assert 0 < len(areas._owners) < 5 * 7**3
    assert areas.area_of(60.0, 60.0) == ""
    with pytest.raises(ValueError, match="60,000 km2"):
        areas.cells_by_area()
    assert not (tmp_path / "cache").exists()


def test_the_table_is_kept_under_the_hash_of_its_file(tmp_path: Path) -> None:
    path, cache = write(tmp_path / "a.geojson", box(40, 116, 40.05, 116.05, name="A")), tmp_path / "cache"
    built = Areas.load(path, cache_dir=cache)
    (kept,) = cache.iterdir()
    written = kept.stat().st_mtime_ns
    again = Areas.load(path, cache_dir=cache)
    assert again._owners == built._owners
    assert kept.stat().st_mtime_ns == written
    write(path, box(40, 116, 40.05, 116.06, name="A"))
    assert Areas.load(path, cache_dir=cache).area_of(40.02, 116.058) == "A"
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no longer a table", None])
def test_a_damaged_table_is_built_again(tmp_path: Path, damage: bytes | None) -> None:
    path, cache = write(tmp_path / "a.geojson", box(40, 116, 40.05, 116.05, name="A")), tmp_path / "cache"
    Areas.load(path, cache_dir=cache)
    (kept,) = cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:-200] if damage is None else damage)
    assert Areas.load(path, cache_dir=cache).area_of(40.02, 116.02) == "A"
    assert Areas.load(path, cache_dir=cache).area_of(40.02, 116.02) == "A"


def test_a_table_of_more_areas_than_there_are_is_not_used(tmp_path: Path) -> None:
    kept = tmp_path / "table.npz"
    area_table.save_table(kept, {point_to_cell(40, 116): 3, point_to_cell(41, 116): (0, 2)})
    assert area_table.load_table(kept, 3) is None
    assert area_table.load_table(kept, 4) == {point_to_cell(40, 116): 3, point_to_cell(41, 116): (0, 2)}


def test_a_folder_that_takes_no_files_costs_only_the_keeping(tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", box(40, 116, 40.05, 116.05, name="A"))
    (tmp_path / "file").write_text("not a folder")
    with pytest.warns(RuntimeWarning, match="area table not kept"):
        areas = Areas.load(path, cache_dir=tmp_path / "file")
    assert areas.area_of(40.02, 116.02) == "A"


# ---- real boundaries


@pytest.mark.parametrize(
    ("name", "key", "count"),
    [
        (NYC, None, 71),
        ("boundaries/sf_analysis_neighborhoods.geojson.gz", "nhood", 41),
        ("boundaries/boston_neighborhoods.geojson", None, 26),
        ("boundaries/nyc_boroughs_simplified.geojson", None, 5),
        ("boundaries/beijing_districts_16_detailed.geojson", None, 16),
    ],
)
def test_on_real_boundaries_no_point_is_given_to_another_area(name: str, key: str | None, count: int) -> None:
    path = shared_path(name)
    areas = Areas.load(path, key)
    assert len(areas.names()) == count
    south, west, north, east = features.shape_to_box(shapely.union_all([shapely.box(*s.bounds) for s in areas._shapes]))
    rng = np.random.default_rng(11)
    lats, lngs = rng.uniform(south, north, 20_000), rng.uniform(west, east, 20_000)
    expected = np.full(20_000, "", dtype=object)
    for area, shape in reversed(list(zip(areas.names(), areas._shapes, strict=True))):
        expected[shapely.intersects_xy(shape, lngs, lats)] = area
    assert [areas.area_of(lat, lng) for lat, lng in zip(lats, lngs, strict=True)] == expected.tolist()


def test_complex_polygons_do_not_slow_positions_down() -> None:
    """The lesson of tile38#245, where 400 complex polygons brought 5,000 positions a minute to a halt.

    Same process, same points, 71 polygons of 83,041 vertices: at least twenty times the rate of comparing each
    point with each polygon, and hundreds of thousands of positions a second.
    """
    path = shared_path(NYC)
    areas = Areas.load(path, "BoroCD")
    raw = [(f"{s.properties['BoroCD']:.0f}", s.geometry) for s in features.read_areas(path)]
    rng = np.random.default_rng(5)
    points = list(
        zip(rng.uniform(40.55, 40.88, 60_000).tolist(), rng.uniform(-74.05, -73.75, 60_000).tolist(), strict=True)
    )
    cells = [point_to_cell(*point) for point in points]

    started = time.process_time()
    naive = [naive_area(raw, lat, lng) for lat, lng in points[:300]]
    naive_rate = 300 / (time.process_time() - started)

    started = time.process_time()
    fast = [areas.area_of(lat, lng) for lat, lng in points]
    rate = len(points) / (time.process_time() - started)

    interior = [(p, c) for p, c in zip(points, cells, strict=True) if isinstance(areas._owners.get(c, ""), str)]
    started = time.process_time()
    for (lat, lng), cell in interior:
        areas.area_of(lat, lng, cell)
    interior_rate = len(interior) / (time.process_time() - started)

    print(f"points/s: naive {naive_rate:,.0f}, table {rate:,.0f}, interior cells given {interior_rate:,.0f}")
    assert fast[:300] == naive
    assert rate > 20 * naive_rate
    assert interior_rate > 300_000
