"""Cities: the files that ship are sound, a wrong file says what is wrong, and unusable positions are known."""

from __future__ import annotations

import math
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import cities
from geo.areas import Areas
from geo.cells import point_to_cell
from geo.cities import BOUNDS_MARGIN, City, Placed, base_city_id, city_ids, load_city
from tests.support.shared_data import shared_path

SMALL = """\
id = "small"
zone = "Europe/Madrid"
default_points = [[41.65, -0.88]]
[names]
en = "Small"
zh = "小"
[bounds]
south = 41.6
west = -1.0
north = 41.7
east = -0.8
[view]
lat = 41.65
lng = -0.9
zoom = 12
"""


def small(tmp_path: Path, text: str = SMALL) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(text, encoding="utf-8")
    return path


# ---- the files that ship


def test_the_five_cities_ship() -> None:
    assert city_ids() == ["beijing", "boston", "montgomery", "nyc", "sf"]


@pytest.mark.parametrize("city_id", ["beijing", "boston", "montgomery", "nyc", "sf"])
def test_a_shipped_city_is_complete(city_id: str) -> None:
    city = load_city(city_id)
    assert {"en", "zh", "ar"} <= set(city.names)
    assert {"en", "zh", "ar"} <= set(city.languages)
    assert all({"en", "zh", "ar"} <= set(names) for names in city.agencies.values())
    assert city.usable(city.view.lat, city.view.lng)
    assert city.stale_after_s >= 600
    assert city.is_sensitive("Medical Incident")
    assert not city.is_sensitive("Structure Fire")


def test_beijing_has_the_deadlines_and_the_residents_it_should() -> None:
    beijing = load_city("beijing")
    hours = {grade: (d.dispatch_h, d.feedback_h) for grade, d in beijing.deadlines.items()}
    assert hours == {"I": (1, 2), "II": (2, 24), "III": (24, 7 * 24), "IV": (24, 15 * 24)}
    areas = beijing.load_areas()
    assert areas is not None
    assert beijing.population is not None
    assert set(beijing.population.areas) == set(areas.names()) == set(beijing.divisions)
    assert sum(beijing.population.areas.values()) == 21_893_095  # as published for the city
    assert sum(beijing.divisions.values()) == 343


def test_a_replay_has_the_settings_of_its_city_and_its_own_id() -> None:
    assert base_city_id("boston-replay") == "boston"
    assert base_city_id("beijing-sim") == "beijing"
    assert base_city_id("boston") == "boston"
    replay = load_city("boston-replay")
    assert replay.id == "boston-replay"
    assert replay == msgspec.structs.replace(load_city("boston"), id="boston-replay")


def test_a_city_that_is_not_there_is_refused_with_a_hint() -> None:
    with pytest.raises(ValueError, match="did you mean 'boston'"):
        load_city("bostn")
    with pytest.raises(ValueError, match=r"beijing, boston.*add atlantis\.toml"):
        load_city("atlantis")
    with pytest.raises(ValueError, match="no city"):
        load_city("../boston")


@pytest.mark.parametrize(
    ("city_id", "name", "columns", "unusable"),
    [
        ("boston", "service_requests/boston_311_2011-07_2011-10.csv.gz", ("latitude", "longitude"), 3_395),
        ("sf", "service_requests/sf_311_sample_2008_2018.csv.gz", ("latitude", "longitude"), 4_264),
        ("sf", "emergency/sf_fire_calls_sample_2000_2014.csv.gz", ("latitude", "longitude"), 0),
        ("nyc", "service_requests/nyc_311_animals_2025-01_2025-03.csv.gz", ("Latitude", "Longitude"), 62),
    ],
)
def test_of_real_records_exactly_those_without_a_place_are_unusable(
    city_id: str, name: str, columns: tuple[str, str], unusable: int
) -> None:
    city = load_city(city_id)
    table = pandas.read_csv(shared_path(name), usecols=list(columns))
    positions = zip(table[columns[0]].tolist(), table[columns[1]].tolist(), strict=True)
    assert sum(not city.usable(lat, lng) for lat, lng in positions) == unusable


def test_of_the_calls_of_montgomery_only_a_few_lie_in_other_states() -> None:
    city = load_city("montgomery")
    table = pandas.read_csv(shared_path("emergency/montgomery_pa_911_2015-12_2016-05.csv.gz"), usecols=["lat", "lng"])
    outside = [p for p in zip(table.lat.tolist(), table.lng.tolist(), strict=True) if not city.usable(*p)]
    assert 10 <= len(outside) <= 30
    assert (32.3871, -86.2761) in [(round(lat, 4), round(lng, 4)) for lat, lng in outside]  # Alabama


# ---- positions


@pytest.mark.parametrize(
    ("lat", "lng"),
    [
        (None, None),
        (None, -0.9),
        (41.65, None),
        (0.0, 0.0),
        (41.65, -0.88),
        (41.65004, -0.88004),  # the same to four decimals
        (math.nan, -0.9),
        (math.inf, -0.9),
        (41.65, 359.1),
        (41.7 + BOUNDS_MARGIN + 0.001, -0.9),
        (41.65, -1.0 - BOUNDS_MARGIN - 0.001),
    ],
)
def test_a_position_that_says_nothing_is_not_usable(tmp_path: Path, lat: float | None, lng: float | None) -> None:
    city = City.from_toml(small(tmp_path))
    assert not city.usable(lat, lng)
    assert city.place(lat, lng) == Placed("", "")
    assert city.place(lat, lng, said="Old Town") == Placed("", "Old Town")


def test_positions_near_a_default_point_and_just_outside_are_usable(tmp_path: Path) -> None:
    city = City.from_toml(small(tmp_path))
    assert city.usable(41.6502, -0.88)
    assert city.usable(41.7 + BOUNDS_MARGIN - 0.001, -0.9)


def test_null_island_is_unusable_even_for_a_city_around_it(tmp_path: Path) -> None:
    text = SMALL.replace("41.6\n", "-1\n").replace("41.7\n", "50\n").replace("east = -0.8", "east = 1")
    city = City.from_toml(small(tmp_path, text))
    assert city.usable(0.1, 0.1)
    assert not city.usable(0.0, 0.0)
    assert not city.usable(0.00001, -0.00001)


@given(st.floats(41.6, 41.7), st.floats(-1.0, -0.8))
def test_a_usable_position_counts_in_its_cell(lat: float, lng: float) -> None:
    city = msgspec.convert(tomllib.loads(SMALL), City)
    placed = city.place(lat, lng)
    assert placed.cell == (point_to_cell(lat, lng) if city.usable(lat, lng) else "")


def test_with_areas_the_position_decides_and_without_them_the_record(tmp_path: Path) -> None:
    beijing = load_city("beijing")
    areas = beijing.load_areas()
    assert isinstance(areas, Areas)
    here = (39.9930, 116.3966)
    assert beijing.place(*here, areas, said="Haidian") == Placed(point_to_cell(*here), "Chaoyang")
    assert beijing.place(*here, None, said="Haidian") == Placed(point_to_cell(*here), "Haidian")
    assert beijing.place(None, None, areas, said="Haidian") == Placed("", "Haidian")


def test_areas_can_come_from_a_file_given_by_hand() -> None:
    boston = load_city("boston")
    assert boston.load_areas() is None
    areas = boston.load_areas(shared_path("boundaries/boston_neighborhoods.geojson"))
    assert areas is not None
    assert boston.place(42.2838, -71.1334, areas).area == "Roslindale"


# ---- sensitive kinds and names


@pytest.mark.parametrize(
    ("kind", "sensitive"),
    [
        ("Medical Incident", True),
        ("EMS: CARDIAC EMERGENCY", True),
        ("ems: fall victim", True),
        ("Aggravated ASSAULT", True),
        ("Domestic dispute", True),
        ("Suicide attempt", True),
        ("急病救护·家庭暴力", True),
        ("Traffic: VEHICLE ACCIDENT -", False),
        ("Structure Fire", False),
        ("", False),
    ],
)
def test_sensitive_kinds_are_known_whatever_their_case(tmp_path: Path, kind: str, sensitive: bool) -> None:
    assert City.from_toml(small(tmp_path)).is_sensitive(kind) is sensitive


def test_a_city_may_have_its_own_sensitive_kinds_or_none(tmp_path: Path) -> None:
    own = City.from_toml(small(tmp_path, 'sensitive_kinds = ["Noise*"]\n' + SMALL))
    assert own.is_sensitive("Noise at night")
    assert not own.is_sensitive("Medical Incident")
    assert not City.from_toml(small(tmp_path, "sensitive_kinds = []\n" + SMALL)).is_sensitive("")


def test_a_name_falls_back_to_the_language_without_region_and_then_to_english(tmp_path: Path) -> None:
    city = City.from_toml(small(tmp_path))
    assert [city.name(lang) for lang in ("zh", "zh-Hans", "zh_CN", "ar", "en")] == ["小", "小", "小", "Small", "Small"]


# ---- wrong files


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('zone = "Europe/Madrid"\n', "", "zone is missing"),
        ("Europe/Madrid", "Europe/Atlantis", "zone: zone 'Europe/Atlantis' is unknown: use an IANA name"),
        ("south = 41.6", 'south = "41.6"', r"bounds\.south: Expected `float`, got `str`"),
        ("south = 41.6", "south = 141.6", r"bounds\.south: Expected `float` <= 90"),
        ("south = 41.6", "south = 41.8", "bounds: south must be below north"),
        ("east = -0.8\n", "", "bounds: east is missing"),
        ("lat = 41.65", "lat = 42.65", "view: lies outside bounds"),
        ("zoom = 12", "zoom = 99", r"view\.zoom"),
        ("zoom = 12", "zoom = 12\nzom = 1", "view: zom is not a key"),
        ('en = "Small"\n', "", r"names\.en"),
        ('id = "small"', 'id = "smal"', "use the file's name, 'small'"),
        ('id = "small"', 'id = "Small City"', "id: "),
        ('id = "small"', 'id = "small"\nlanguage = "en"', "language is not a key of a city file"),
        ('id = "small"', 'id = "small"\nareas = "nowhere.geojson"', r"areas: there is no file .*nowhere\.geojson"),
        ('id = "small"', 'id = "small"\nareas = 3', "areas: "),
        ('id = "small"', 'id = "small"\nstale_after_s = 0', "stale_after_s: Expected `int` >= 1"),
        ('id = "small"', 'id = "small"\ndeadline_days = "lunar"', "deadline_days: "),
        ('id = "small"', 'id = "small"\ndivisions = { A = 2 }', "divisions: A need residents"),
        ("[[41.65, -0.88]]", "[[41.65]]", r"default_points\[0\]"),
        ("[[41.65, -0.88]]", "[[-0.88, 241.65]]", r"default_points\[0\]\[1\]"),
        ("zoom = 12", "zoom = 12\n[deadlines.I]\ndispatch_h = 3\nfeedback_h = 2", r"deadlines\.I: dispatch_h is after"),
        ("zoom = 12", "zoom = 12\n[population]\nareas = { A = 3 }", "population: source is missing"),
        ("zoom = 12", "zoom = = 12", "not TOML"),
    ],
)
def test_a_wrong_file_names_itself_the_key_and_what_is_needed(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SMALL
    path = small(tmp_path, SMALL.replace(old, new, 1))
    with pytest.raises(ValueError, match=said) as refused:
        City.from_toml(path)
    assert str(refused.value).startswith(str(path))


def test_a_missing_file_and_one_that_is_not_text_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.toml: cannot be read"):
        City.from_toml(tmp_path / "nowhere.toml")
    path = tmp_path / "small.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"small\.toml: cannot be read"):
        City.from_toml(path)


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = small(tmp_path, SMALL.replace("Europe/Madrid", "Nowhere").replace("lat = 41.65", "lat = 0"))
    with pytest.raises(ValueError, match=r"zone.*; view"):
        City.from_toml(path)


def test_cities_of_another_folder_can_be_loaded(tmp_path: Path) -> None:
    small(tmp_path)
    assert city_ids(tmp_path) == ["small"]
    assert load_city("small-replay", tmp_path).name("zh") == "小"


# ---- starting fast


def test_importing_geo_loads_no_slow_library() -> None:
    code = (
        "import sys, geo.cells, geo.features, geo.areas, geo.area_table, geo.cities, geo.days, geo.divisions;"
        "geo.cities.load_city('beijing');"
        "print([m for m in ('geopandas', 'pandas', 'shapely', 'numpy', 'dash', 'flask') if m in sys.modules])"
    )
    root = Path(cities.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.strip() == "[]"
