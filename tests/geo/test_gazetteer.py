"""Places by what somebody types: names in any script, house numbers, areas as words, nearness, and the cost of it."""

from __future__ import annotations

import math
from random import Random

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.gazetteer import (
    Gazetteer,
    Place,
    cell_to_place,
    point_to_place,
    text_to_cell,
    text_to_point,
)
from geo.place_names import fold, phrase, words
from tests.support.cost import least_cpu_s


def street(name: str, area: str = "", at: tuple[float, float] = (42.33, -71.08), n: int = 5, **more: str) -> Place:
    names = {"": name, **more}
    return Place(id=f"street:{name}|{area}", kind="street", names=names, lat=at[0], lng=at[1], area=area, n=n)


def area(name: str, at: tuple[float, float] = (42.33, -71.08), **names: str) -> Place:
    return Place(id=f"area:{name}", kind="area", names={"": name, **names}, lat=at[0], lng=at[1], area=name)


def landmark(name: str, at: tuple[float, float] = (42.33, -71.08), *also: str, **names: str) -> Place:
    return Place(id=f"landmark:{name}", kind="landmark", names={"": name, **names}, lat=at[0], lng=at[1], also=also)


def ids(gazetteer: Gazetteer, text: str, near: tuple[float, float] | None = None, limit: int = 10) -> list[str]:
    return [found.place.id.partition(":")[2] for found in gazetteer.search(text, near, limit)]


BOSTON = Gazetteer(
    [
        area("Roxbury"),
        area("Charlestown", (42.38, -71.06)),
        street("Main St", "Charlestown", (42.38, -71.06), n=118),
        street("Main St", "Roxbury", (42.33, -71.08), n=3),
        street("Maintenance Way", "Roxbury"),
        street("North Main Ave", "Roxbury"),
        street("42nd St", "Roxbury"),
        street("St. Botolph Street", "Roxbury"),
        landmark("Main Library", (42.35, -71.08), "Copley Library"),
        landmark("Café Müller"),
    ]
)
BEIJING = Gazetteer(
    [
        area("Dongcheng", (39.93, 116.41), zh="东城区", ar="دونغتشنغ"),
        area("Xicheng", (39.91, 116.36), zh="西城区"),
        street("Chunhe Hutong", "Dongcheng", (39.93, 116.41), n=0, zh="春和胡同"),
        street("Xin’an Lu", "Dongcheng", (39.93, 116.41), n=0, zh="信安路"),
        street("Minghe Hutong", "Xicheng", (39.91, 116.36), n=0, zh="明和胡同"),
        landmark("Xidan", (39.908, 116.374), zh="西单"),
        landmark("Chunhe Park", (39.93, 116.41), zh="春和公园"),
    ]
)


# how names fit


def test_the_same_name_goes_before_longer_ones_and_these_before_names_with_the_word() -> None:
    assert ids(BOSTON, "main st") == ["Main St|Charlestown", "Main St|Roxbury"]
    assert ids(BOSTON, "main") == [
        *(
            "Main Library",
            "Main St|Charlestown",
            "Maintenance Way|Roxbury",
            "Main St|Roxbury",
            "North Main Ave|Roxbury",
        ),
    ]
    assert [found.why for found in BOSTON.search("main street", limit=1)] == [("exact", "learnt")]
    assert [found.why[0] for found in BOSTON.search("main")] == ["prefix"] * 4 + ["words"]


def test_short_and_long_forms_of_a_street_are_one() -> None:
    assert ids(BOSTON, "Main Street") == ids(BOSTON, "MAIN ST.") == ["Main St|Charlestown", "Main St|Roxbury"]
    assert ids(BOSTON, "main stre") == ["Main St|Charlestown", "Main St|Roxbury"]
    assert ids(BOSTON, "saint botolph st") == ["St. Botolph Street|Roxbury"]
    assert ids(BOSTON, "n main avenue") == ["North Main Ave|Roxbury"]


def test_a_word_may_say_the_area_but_does_not_find_everything_in_it() -> None:
    assert ids(BOSTON, "main st roxbury") == ["Main St|Roxbury"]
    assert ids(BOSTON, "roxb main") == ["North Main Ave|Roxbury", "Maintenance Way|Roxbury", "Main St|Roxbury"]
    assert ids(BOSTON, "roxbury") == ["Roxbury"]


def test_a_house_number_is_passed_over_and_a_number_in_a_name_is_not() -> None:
    assert ids(BOSTON, "12 Main St") == ["Main St|Charlestown", "Main St|Roxbury"]
    assert BOSTON.search("12 Main St")[0].why == ("exact", "number", "learnt")
    assert ids(BOSTON, "42nd") == ["42nd St|Roxbury"]
    assert ids(BOSTON, "7") == []


def test_accents_case_and_further_names_do_not_matter() -> None:
    assert ids(BOSTON, "CAFE muller") == ["Café Müller"]
    assert ids(BOSTON, "copley") == ["Main Library"]
    assert ids(BEIJING, "xinan lu") == ids(BEIJING, "Xin'an lu") == ids(BEIJING, "XIN’AN LU") == ["Xin’an Lu|Dongcheng"]


def test_chinese_is_found_by_any_part_of_a_name_and_with_its_address_around_it() -> None:
    assert ids(BEIJING, "春和") == ["Chunhe Park", "Chunhe Hutong|Dongcheng"]
    assert ids(BEIJING, "胡同") == ["Chunhe Hutong|Dongcheng", "Minghe Hutong|Xicheng"]
    assert ids(BEIJING, "单") == ["Xidan"]
    assert ids(BEIJING, "东城区春和胡同12号院") == ["Chunhe Hutong|Dongcheng"]
    assert ids(BEIJING, "西城区春和胡同") == []
    assert ids(BEIJING, "دونغ") == ["Dongcheng"]


def test_among_equals_what_is_near_comes_first() -> None:
    assert ids(BOSTON, "main st", near=(42.33, -71.08))[0] == "Main St|Roxbury"
    assert "near" in BOSTON.search("main st", near=(42.33, -71.08))[0].why
    assert ids(BOSTON, "main st", near=(42.38, -71.06))[0] == "Main St|Charlestown"


@pytest.mark.parametrize("text", ["", "  ", "!?", "zzz", "main zzz", "\0", "東" * 300, "a " * 400])
def test_what_fits_nothing_finds_nothing(text: str) -> None:
    assert ids(BOSTON, text) == [] or text.startswith("a ")
    assert ids(Gazetteer(), text) == []


def test_each_place_is_offered_once_though_several_of_its_names_fit() -> None:
    many = Gazetteer([landmark("Park", (0, 0), "Park One", "Parkway", de="Park", en="park"), street("Parker St")])
    assert ids(many, "park") == ["Park", "Parker St|"]
    assert ids(many, "park", limit=1) == ["Park"]


WORDS = st.text(st.sampled_from("abé春和胡路 -’12"), min_size=1, max_size=12)


@given(st.lists(WORDS, min_size=1, max_size=30, unique=True), st.data())
def test_every_place_is_found_by_its_own_name_and_by_the_beginning_of_it(names: list[str], data: st.DataObject) -> None:
    gazetteer = Gazetteer(street(name) for name in names)
    name = data.draw(st.sampled_from(names))
    if not words(name):
        assert ids(gazetteer, name) == []
        return
    assert f"{name}|" in ids(gazetteer, name, limit=50)
    begun = phrase(words(name))[: data.draw(st.integers(1, 12))]
    if not begun.strip().isdigit() and words(begun):
        found = ids(gazetteer, begun, limit=50)
        assert f"{name}|" in found or any(word.isdigit() for word in words(begun))


@given(st.lists(WORDS, min_size=1, max_size=20), WORDS, st.integers(1, 5))
def test_a_shorter_list_is_the_beginning_of_a_longer_one(names: list[str], text: str, limit: int) -> None:
    gazetteer = Gazetteer(street(f"{name}", str(n)) for n, name in enumerate(names))
    assert ids(gazetteer, text, limit=limit) == ids(gazetteer, text, limit=40)[:limit]


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text) or "’" in text or "'" in text


# points and cells


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("39.91, 116.40", (39.91, 116.4)),
        (" 39.91，116.40 ", (39.91, 116.4)),
        ("39.91 116.40", (39.91, 116.4)),
        ("-33.8,151", (-33.8, 151.0)),
        ("42.3° , -71.1°", (42.3, -71.1)),
        ("12 34", None),
        ("12 Main", None),
        ("95.0, 10.0", None),
        ("39.91, 216.40", None),
        ("39.91", None),
    ],
)
def test_two_numbers_are_a_point_when_they_can_be_one(text: str, point: tuple[float, float] | None) -> None:
    assert text_to_point(text) == point


@given(st.floats(-85, 85), st.floats(-179, 179), st.integers(6, 12))
def test_a_cell_is_a_place_at_its_centre_and_others_are_no_cells(lat: float, lng: float, resolution: int) -> None:
    cell = h3.latlng_to_cell(lat, lng, resolution)
    assert text_to_cell(f" {cell.upper()} ") == cell
    place = cell_to_place(cell)
    assert h3.latlng_to_cell(place.lat, place.lng, resolution) == cell
    assert text_to_cell(cell[:-1] + "0") in (None, cell[:-1] + "0")
    assert text_to_cell(h3.cell_to_parent(cell, 3)) is None


def test_a_point_is_called_by_its_degrees() -> None:
    assert point_to_place(39.91, 116.4).names == {"": "39.91000, 116.40000"}


def test_a_position_must_be_a_number() -> None:
    with pytest.raises(ValueError, match="street:a"):
        Gazetteer([street("a", at=(math.nan, 0))])


# cost


def test_a_search_among_a_hundred_thousand_names_costs_less_than_20_ms() -> None:
    random = Random(1)
    stems = [f"{a}{b}" for a in ("Ash", "Bay", "Cedar", "Dor", "Elm", "Fern", "Glen", "Har") for b in range(700)]
    kinds = ("St", "Ave", "Road", "Square")
    places = [
        street(
            f"{random.choice(stems)} {kinds[i % 4]}",
            f"area {i % 60}",
            (42 + random.random(), -71 - random.random()),
            n=i % 300,
            zh=f"{chr(0x4E00 + i % 5000)}{chr(0x4E00 + i % 777)}路",
        )
        for i in range(50_000)
    ]
    gazetteer = Gazetteer(places)
    for text in ("s", "st", "ash12 st area 7", "1 elm3 avenue", "路", "一", "area", "zzz", "har699 road"):
        cost_s = least_cpu_s(lambda text=text: gazetteer.search(text, (42.5, -71.5)))  # type: ignore[misc]
        assert cost_s < 0.02, (text, cost_s)
