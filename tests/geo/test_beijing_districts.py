"""The shipped districts of Beijing: decoded right, moved right, and as far off as the notice says."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import build_beijing
from geo.cities import CITIES, load_city
from geo.features import AreaShape, points_to_shape, read_areas, shape_area_km2, shape_covers
from geo.gcj02 import gcj02_to_wgs84, wgs84_to_gcj02
from tests.geo.district_error import boundary_error, summary
from tests.support.shared_data import shared_path

NOTICE = CITIES / "NOTICE.md"
# adcode -> land area in km2 as the districts publish it; a coarse check that names sit on the right shapes.
PUBLISHED_KM2 = {110101: 41.8, 110102: 50.5, 110105: 470.8, 110106: 305.5, 110118: 2229.5, 110119: 1994.9}


@pytest.fixture(scope="module")
def districts() -> list[AreaShape]:
    return read_areas(CITIES / "beijing_districts.geojson")


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    north = (a[0] - b[0]) * 111_195
    east = (a[1] - b[1]) * 111_195 * math.cos(math.radians(a[0]))
    return math.hypot(north, east)


@given(st.floats(18.0, 53.0), st.floats(74.0, 135.0))
def test_to_gcj02_and_back_returns_within_a_metre_all_over_the_country(lat: float, lng: float) -> None:
    assert metres(gcj02_to_wgs84(*wgs84_to_gcj02(lat, lng)), (lat, lng)) < 0.01


@given(st.floats(39.4, 41.1), st.floats(115.4, 117.5))
def test_in_beijing_gcj02_lies_about_half_a_kilometre_to_the_north_east(lat: float, lng: float) -> None:
    shifted = wgs84_to_gcj02(lat, lng)
    assert shifted[0] > lat
    assert shifted[1] > lng
    assert 350 < metres(shifted, (lat, lng)) < 800


def test_gcj02_of_a_point_computed_by_hand() -> None:
    assert wgs84_to_gcj02(39.9042, 116.4074) == pytest.approx((39.9056033, 116.4136423), abs=1e-7)


def test_outside_mainland_china_nothing_is_shifted() -> None:
    assert wgs84_to_gcj02(42.36, -71.06) == (42.36, -71.06)
    assert gcj02_to_wgs84(42.36, -71.06) == (42.36, -71.06)


def test_an_encoded_ring_is_steps_from_its_start() -> None:
    # 'B' is code 66: 2, unfolded +1; 'A' is 65: 1, unfolded -1; '@' is 64: no step.
    ring = build_beijing.decode_ring("@@B@@A", [119_000, 40_900])
    steps = [(round(lat * 1024 + 0.5), round(lng * 1024 + 0.5)) for lat, lng in ring]
    assert steps == [(40_900, 119_000), (40_900, 119_001), (40_899, 119_001)]


def encoded(ring: list[tuple[int, int]]) -> tuple[str, list[int]]:
    """The package's encoding, written from its decoder, for rings of (east, north) in 1/1024 degree."""
    text, (east, north) = "", ring[0]
    for next_east, next_north in ring:
        text += "".join(chr(64 + ((step << 1) ^ (step >> 31))) for step in (next_east - east, next_north - north))
        east, north = next_east, next_north
    return text, list(ring[0])


@given(st.lists(st.tuples(st.integers(118_000, 120_500), st.integers(40_300, 42_200)), min_size=1, max_size=30))
def test_decoding_undoes_encoding(ring: list[tuple[int, int]]) -> None:
    decoded = build_beijing.decode_ring(*encoded(ring))
    assert [(round(lng * 1024 + 0.5), round(lat * 1024 + 0.5)) for lat, lng in decoded] == ring


def test_a_package_file_becomes_named_districts_in_wgs84() -> None:
    """A stand-in for the package's file: 16 squares in a row, encoded as it encodes."""
    squares = [
        [(119_000 + i * 9 + e, 40_900 + n) for e, n in ((0, 0), (9, 0), (9, 9), (0, 9), (0, 0))] for i in range(16)
    ]
    raw = [
        {
            "id": adcode,
            "geometry": {"type": "Polygon", "coordinates": [text], "encodeOffsets": [start]},
            "properties": {"name": "区"},
        }
        for adcode, (text, start) in zip(build_beijing.NAMES, map(encoded, squares), strict=True)
    ]
    made = build_beijing.districts_to_collection({"UTF8Encoding": True, "features": raw})
    assert [feature["properties"]["name"] for feature in made["features"]][:2] == ["Dongcheng", "Xicheng"]
    middle = gcj02_to_wgs84((40_904.5 - 0.5) / 1024, (119_004.5 - 0.5) / 1024)
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in made["features"]]
    assert [shape_covers(shape, *middle) for shape in shapes] == [True] + [False] * 15
    assert shapely.coverage_is_valid(shapes)


def test_another_file_than_the_package_s_is_refused() -> None:
    with pytest.raises(ValueError, match=r"echarts 4\.9\.0"):
        build_beijing.districts_to_collection({"features": []})


def square(south: float, west: float, size: float) -> Any:
    north, east = south + size, west + size
    return points_to_shape([(south, west), (south, east), (north, east), (north, west)])


def test_a_mosaic_has_no_overlaps_gaps_or_specks() -> None:
    left, right = square(40.0, 116.0, 0.1), square(40.0, 116.099, 0.1)  # they overlap by 0.001
    hole = square(40.02, 116.02, 0.003)  # nobody's
    speck = square(40.1, 116.199, 0.002)  # of the right one, but it touches it at a corner only
    above = square(40.1, 116.199, 0.1).difference(speck)
    made = build_beijing.to_mosaic([left.difference(hole), right.union(speck), above])
    assert shapely.coverage_is_valid(made)
    assert [shape.geom_type for shape in made] == ["Polygon", "Polygon", "Polygon"]
    assert made[0].contains(hole)
    assert made[2].contains(speck)
    assert shapely.union_all(made).equals(shapely.union_all([left, right, speck, above]))


def test_sixteen_districts_with_three_names_each(districts: list[AreaShape]) -> None:
    assert len(districts) == 16
    for district in districts:
        english, arabic = build_beijing.NAMES[str(district.properties["adcode"])]
        assert district.properties["name"] == english
        assert district.properties["name:ar"] == arabic
        assert re.fullmatch(r"[\u4e00-\u9fff]+区", district.properties["name:zh"])


def test_the_districts_tile_the_city_without_gaps_or_overlaps(districts: list[AreaShape]) -> None:
    document = json.loads((CITIES / "beijing_districts.geojson").read_text(encoding="utf-8"))
    assert all(shapely.geometry.shape(f["geometry"]).is_valid for f in document["features"])
    shapes = [district.geometry for district in districts]
    assert shapely.coverage_is_valid(shapes)
    assert shapely.union_all(shapes).geom_type == "Polygon"
    assert sum(map(shape_area_km2, shapes)) == pytest.approx(16_410, rel=0.01)
    for district in districts:
        if published := PUBLISHED_KM2.get(district.properties["adcode"]):
            assert shape_area_km2(district.geometry) == pytest.approx(published, rel=0.03)


def test_well_known_places_lie_in_their_districts() -> None:
    areas = load_city("beijing").load_areas()
    assert areas is not None
    places = {
        "Dongcheng": (39.9163, 116.3972),  # Forbidden City
        "Haidian": (39.9999, 116.2755),  # Summer Palace
        "Chaoyang": (39.9930, 116.3966),  # Bird's Nest
        "Shunyi": (40.1300, 116.6547),
        "Yanqing": (40.3560, 116.0150),  # Badaling
    }
    assert {name: areas.area_of(*place) for name, place in places.items()} == {name: name for name in places}
    assert areas.area_of(39.52, 116.70) == ""  # Langfang, outside


def test_the_notice_states_the_error_that_is_measured(districts: list[AreaShape]) -> None:
    """Per district: overlap and median distance to the detailed file, as printed in NOTICE.md."""
    detailed = {
        a.properties["name"]: a.geometry
        for a in read_areas(shared_path("boundaries/beijing_districts_16_detailed.geojson"))
    }
    rows = re.findall(r"^\| (\w+) \| ([\d.]+) \| (\d+) \| (\d+) \|$", NOTICE.read_text(encoding="utf-8"), re.MULTILINE)
    stated = {name: (float(overlap), int(median), int(p95)) for name, overlap, median, p95 in rows}
    assert set(stated) == {d.properties["name"] for d in districts} | {"All"}
    everything = []
    for district in districts:
        error, distances = boundary_error(district.geometry, detailed[district.properties["name:zh"]])
        everything.append(distances)
        assert stated[district.properties["name"]] == (
            round(error.overlap, 3),
            round(error.median_m),
            round(error.p95_m),
        )
        assert error.overlap > 0.96
        assert error.median_m < 40
    whole = boundary_error(
        shapely.union_all([d.geometry for d in districts]), shapely.union_all(list(detailed.values()))
    )[0].overlap
    error = summary(whole, np.concatenate(everything))
    assert stated["All"] == (round(error.overlap, 3), round(error.median_m), round(error.p95_m))


def test_without_the_way_back_from_gcj02_the_error_would_be_many_times_larger(districts: list[AreaShape]) -> None:
    detailed = {
        a.properties["name"]: a.geometry
        for a in read_areas(shared_path("boundaries/beijing_districts_16_detailed.geojson"))
    }
    dongcheng = districts[0]
    shifted = shapely.transform(
        dongcheng.geometry, lambda c: np.array([wgs84_to_gcj02(lat, lng)[::-1] for lng, lat in c])
    )
    other = detailed[dongcheng.properties["name:zh"]]
    assert boundary_error(shifted, other)[0].median_m > 5 * boundary_error(dongcheng.geometry, other)[0].median_m
