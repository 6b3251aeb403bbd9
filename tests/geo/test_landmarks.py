"""The landmarks that come with Hexwatch: readable, inside their city, named, and where their district says."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.cities import CITIES, base_city_id, city_ids, load_city
from geo.gazetteer import Gazetteer
from geo.gazetteer_files import landmarks_file, read_landmarks

FILES = sorted(CITIES.glob("*_landmarks.toml"))
# District by landmark, for those that everybody can name one for and that lie clear of a border.
DISTRICTS = {
    "tiananmen": "Dongcheng",
    "temple_of_heaven": "Dongcheng",
    "beijing_station": "Dongcheng",
    "union_hospital": "Dongcheng",
    "xidan": "Xicheng",
    "beihai_park": "Xicheng",
    "beijing_zoo": "Xicheng",
    "summer_palace": "Haidian",
    "tsinghua": "Haidian",
    "peking_university": "Haidian",
    "wudaokou": "Haidian",
    "national_stadium": "Chaoyang",
    "guomao": "Chaoyang",
    "sanlitun": "Chaoyang",
    "wangjing_soho": "Chaoyang",
    "lugou_bridge": "Fengtai",
    "shougang_park": "Shijingshan",
    "universal_resort": "Tongzhou",
    "ming_tombs": "Changping",
    "badaling": "Yanqing",
    "mutianyu": "Huairou",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_landmarks_are_of_a_city_and_inside_it(path: Path) -> None:
    city = load_city(path.stem.removesuffix("_landmarks"))
    places = read_landmarks(path)
    assert places
    for place in places:
        assert city.usable(place.lat, place.lng), place.id
        assert "en" in place.names, place.id
        assert place.precision_m >= 50, place.id
    assert len({(place.lat, place.lng) for place in places}) == len(places)


def test_every_city_has_landmarks_and_its_replay_and_simulation_have_the_same() -> None:
    assert {path.stem.removesuffix("_landmarks") for path in FILES} == set(city_ids())
    assert landmarks_file("boston-replay") == landmarks_file("boston")
    assert base_city_id("beijing-sim") == "beijing"


def test_landmarks_of_beijing_lie_in_their_districts() -> None:
    areas = load_city("beijing").load_areas()
    assert areas is not None
    known = {place.id.partition(":")[2]: place for place in read_landmarks(landmarks_file("beijing"))}
    assert {name: areas.area_of(known[name].lat, known[name].lng) for name in DISTRICTS} == DISTRICTS
    assert all("zh" in place.names for place in known.values())


def test_a_landmark_is_found_in_either_language() -> None:
    gazetteer = Gazetteer(read_landmarks(landmarks_file("beijing")))
    for text in ("天坛", "temple of h", "Temple of Heaven"):
        assert gazetteer.search(text)[0].place.id == "landmark:temple_of_heaven"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[landmarks.a]\nlat = 1.0\nlng = 2.0\nnames = { en = 'A' }", "source is missing"),
        ("source = 's'\n[landmarks.a]\nlat = 91.0\nlng = 2.0\nnames = { en = 'A' }", "landmarks.a.lat"),
        ("source = 's'\n[landmarks.a]\nlat = 1.0\nlng = 2.0\nnames = {}", "landmarks.a.names: give at least one"),
        ("source = 's'\n[landmarks.a]\nlat = 1.0\nlng = 2.0\nnames = { en = 'A' }\nkind = 'x'", "kind is not a key"),
    ],
)
def test_a_wrong_file_is_refused_with_the_key(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "x_landmarks.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=complaint):
        read_landmarks(path)
