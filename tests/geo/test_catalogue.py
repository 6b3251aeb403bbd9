"""The catalogue of names: Beijing's is complete in ten languages, and a wrong file says what is wrong."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.catalogue import TABLES, Catalogue, Said, readable
from geo.cities import City, city_ids, load_city

LANGUAGES = ("zh", "en", "ko", "ja", "de", "fr", "ru", "es", "ar", "pt")
# What the rest of the system calls things: the ids that travel in events.
IDS: dict[Said, str] = {
    "category": """heating water_supply power_supply gas_smell gas_supply drainage flooding noise parking
        traffic_signals roads public_transport street_lights trees sanitation illegal_construction
        property_management elevators housing consumer_dispute food_safety labour education healthcare elderly_care
        social_security air_quality dust animals telecom market_order enterprise_support visa_residence tourism
        government_service collapse smoke other""",
    "incident_kind": """structure_fire vehicle_fire outside_fire smoke gas_leak alarm rescue elevator_rescue
        water_rescue medical_cardiac medical_breathing medical_trauma medical_stroke medical_other traffic_collision
        traffic_hazard disturbance theft domestic crisis flooding tree_down power_line hazmat""",
    "unit_kind": "engine ladder rescue ambulance police_car traffic_police gas_crew command",
    "area": """Dongcheng Xicheng Chaoyang Fengtai Shijingshan Haidian Mentougou Fangshan Tongzhou Shunyi Changping
        Daxing Huairou Pinggu Miyun Yanqing""",
}
LATIN = r"A-Za-zÀ-ÖØ-öø-ÿŒœ’\-"
SCRIPTS = {
    "zh": r"[\u4e00-\u9fff0-9]+",
    "ja": r"[\u4e00-\u9fff\u3040-\u30ff\u30fb0-9 ]+",
    "ko": r"[\uac00-\ud7a30-9· ]+",
    "ru": r"[А-Яа-яЁё0-9\- ]+",
    "ar": r"[\u0621-\u0652\u06700-9 ]+",
} | dict.fromkeys(("en", "de", "fr", "es", "pt"), rf"[{LATIN}0-9 ]+")
WIDEST = {"zh": 10, "ja": 11, "ko": 12}  # characters of double width; elsewhere 22 letters
SMALL = """\
[categories.gas_smell]
names = { en = "Gas smell", zh = "燃气异味" }
owner = "gas"
grave = true
[incident_kinds.gas_leak]
names = { en = "Gas leak" }
[areas]
East = { en = "East", zh = "东" }
"""


@pytest.fixture(scope="module")
def beijing() -> Catalogue:
    return load_city("beijing").load_catalogue()


def small(tmp_path: Path, text: str = SMALL) -> Path:
    path = tmp_path / "small_catalogue.toml"
    path.write_text(text, encoding="utf-8")
    return path


# ---- Beijing's


@pytest.mark.parametrize("kind", IDS)
def test_every_id_has_a_name_in_ten_languages_and_no_other_is_named(beijing: Catalogue, kind: Said) -> None:
    names = beijing.names(kind)
    assert set(names) == set(IDS[kind].split())
    assert all(tuple(said) == LANGUAGES for said in names.values())


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", IDS)
def test_no_two_things_of_a_kind_have_the_same_name(beijing: Catalogue, kind: Said, lang: str) -> None:
    seen = Counter(names[lang].casefold() for names in beijing.names(kind).values())
    assert [name for name, n in seen.items() if n > 1] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_are_written_in_the_script_of_their_language(beijing: Catalogue, lang: str) -> None:
    every = [names[lang] for kind in IDS for names in beijing.names(kind).values()]
    agencies = [names[lang] for names in load_city("beijing").agencies.values()]
    assert [name for name in every + agencies if not re.fullmatch(SCRIPTS[lang], name)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_are_short_enough_for_a_wall(beijing: Catalogue, lang: str) -> None:
    widest = WIDEST.get(lang, 22)
    every = [names[lang] for kind in IDS for names in beijing.names(kind).values()]
    assert [name for name in every if not 1 <= len(name.strip()) == len(name) <= widest] == []


def test_areas_are_those_of_the_boundaries_and_agree_with_the_names_that_the_file_gives(beijing: Catalogue) -> None:
    areas = load_city("beijing").load_areas()
    assert areas is not None
    assert set(areas.names()) == set(beijing.areas)
    for name in areas.names():
        assert {lang: areas.local_name(name, lang) for lang in ("zh", "ar")} == {
            lang: beijing.name_of("area", name, lang) for lang in ("zh", "ar")
        }


def test_owners_are_agencies_with_names_in_ten_languages_and_grades_have_deadlines(beijing: Catalogue) -> None:
    city = load_city("beijing")
    assert all(tuple(names) == LANGUAGES for names in city.agencies.values())
    assert beijing.owners() == set(city.agencies)
    assert all(category.owner for category in beijing.categories.values())
    assert {category.grade for category in beijing.categories.values()} == set(city.deadlines)
    assert beijing.owner_of("gas_smell") == "gas"
    assert beijing.owner_of("nothing we know") == ""


def test_what_endangers_life_is_grave_and_of_the_first_grade(beijing: Catalogue) -> None:
    assert beijing.grave() == {"gas_smell", "smoke", "collapse", "flooding"}
    assert {key for key, category in beijing.categories.items() if category.grade == "I"} == beijing.grave()


def test_a_simulation_has_the_catalogue_of_its_city_and_other_cities_have_none() -> None:
    assert load_city("beijing-sim").load_catalogue() == load_city("beijing").load_catalogue()
    assert load_city("boston").load_catalogue() == Catalogue()
    assert "beijing_catalogue" not in city_ids()


# ---- asking for a name


@pytest.mark.parametrize(
    ("lang", "said"),
    [("zh", "燃气异味"), ("zh_CN", "燃气异味"), ("zh-Hans", "燃气异味"), ("de", "Gas smell"), ("", "Gas smell")],
)
def test_a_name_falls_back_to_the_first_part_of_the_language_and_then_to_english(
    tmp_path: Path, lang: str, said: str
) -> None:
    assert Catalogue.from_toml(small(tmp_path)).name_of("category", "gas_smell", lang) == said


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("water_rescue", "Water rescue"),
        ("noise", "Noise"),
        ("EMS: FALL VICTIM", "EMS: FALL VICTIM"),
        ("Request for Pothole Repair", "Request for Pothole Repair"),
        ("", ""),
    ],
)
def test_an_id_without_a_name_is_made_readable_and_a_text_is_left_alone(beijing: Catalogue, id: str, said: str) -> None:
    assert readable(id) == said
    assert Catalogue().name_of("category", id, "zh") == said


@given(st.sampled_from(sorted(TABLES)), st.text(max_size=30), st.text(max_size=10))
def test_there_is_always_a_name(kind: Said, id: str, lang: str) -> None:
    said = Catalogue().name_of(kind, id, lang)
    assert isinstance(said, str)
    assert bool(said) or not id.replace("_", " ").strip()


# ---- wrong files


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('en = "Gas smell", ', "", r"categories\.gas_smell\.names\.en: missing"),
        ('names = { en = "Gas leak" }', "", r"incident_kinds\.gas_leak: names is missing"),
        ('en = "East", ', "", r"areas\.East\.en: missing"),
        ('"Gas smell"', '""', r"categories\.gas_smell\.names\.en: Expected `str` of length >= 1"),
        ("grave = true", 'grave = "yes"', r"categories\.gas_smell\.grave: Expected `bool`"),
        ('owner = "gas"', 'ownr = "gas"', "ownr is not a key of a catalogue"),
        ("[areas]", "[area]", "area is not a key of a catalogue"),
        ("[areas]", "[areas", "not TOML"),
    ],
)
def test_a_wrong_file_names_itself_the_key_and_what_is_needed(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SMALL
    path = small(tmp_path, SMALL.replace(old, new, 1))
    with pytest.raises(ValueError, match=said) as refused:
        Catalogue.from_toml(path)
    assert str(refused.value).startswith(str(path))


def city_with_catalogue(tmp_path: Path) -> Path:
    text = (Path(__file__).parents[2] / "geo" / "cities" / "boston.toml").read_text(encoding="utf-8")
    path = tmp_path / "boston.toml"
    path.write_text('catalogue = "small_catalogue.toml"\n' + text, encoding="utf-8")
    return path


def test_a_city_without_the_file_it_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"catalogue: there is no file .*small_catalogue\.toml"):
        City.from_toml(city_with_catalogue(tmp_path))


def test_an_owner_that_is_no_agency_of_the_city_is_named(tmp_path: Path) -> None:
    small(tmp_path)
    city = City.from_toml(city_with_catalogue(tmp_path))
    with pytest.raises(ValueError, match=r"small_catalogue\.toml: owner: gas is not among the city's agencies"):
        city.load_catalogue()
