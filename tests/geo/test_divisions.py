"""Illustrative divisions: 343 of them, labelled, the same each time, and nobody is lost or counted twice."""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import divisions
from geo.areas import Areas
from geo.cities import City, Population, load_city
from geo.divisions import Divisions, city_to_divisions, residents_by_cell


@pytest.fixture(scope="module")
def beijing() -> City:
    return load_city("beijing")


@pytest.fixture(scope="module")
def areas(beijing: City) -> Areas:
    loaded = beijing.load_areas()
    assert loaded is not None
    return loaded


@pytest.fixture(scope="module")
def residents(beijing: City, areas: Areas) -> dict[str, int]:
    return residents_by_cell(beijing, areas)


@pytest.fixture(scope="module")
def divided(beijing: City, areas: Areas) -> Divisions:
    return city_to_divisions(beijing, areas)


def test_each_district_keeps_its_residents_to_the_person(
    beijing: City, areas: Areas, residents: dict[str, int]
) -> None:
    assert beijing.population is not None
    totals = {name: sum(residents[cell] for cell in members) for name, members in areas.cells_by_area().items()}
    assert totals == beijing.population.areas


def test_people_live_in_towns_and_not_evenly_over_the_mountains(areas: Areas, residents: dict[str, int]) -> None:
    members = areas.cells_by_area()["Yanqing"]
    most = sorted((residents[cell] for cell in members), reverse=True)
    assert sum(most[: len(most) // 10]) > 0.4 * sum(most)
    assert min(most) > 0  # but nowhere is forbidden


def test_every_district_has_its_share_of_343_and_no_division_is_empty(beijing: City, divided: Divisions) -> None:
    assert Counter(division.area for division in divided.divisions) == beijing.divisions
    assert len(divided.divisions) == 343
    assert all(division.cells for division in divided.divisions)
    assert len({division.name for division in divided.divisions}) == 343


def test_divisions_share_the_cells_of_their_district_without_rest(
    areas: Areas, divided: Divisions, residents: dict[str, int]
) -> None:
    by_area: dict[str, list[str]] = {}
    for division in divided.divisions:
        by_area.setdefault(division.area, []).extend(division.cells)
        assert division.residents == sum(residents[cell] for cell in division.cells)
        assert all(divided.division_of(cell) is division for cell in division.cells[:3])
    assert {name: sorted(cells) for name, cells in by_area.items()} == areas.cells_by_area()
    assert divided.division_of("89283082803ffff") is None


def test_a_district_is_always_divided_alike_whatever_the_others_are(
    beijing: City, areas: Areas, divided: Divisions
) -> None:
    inner = msgspec.structs.replace(beijing, divisions={"Xicheng": 15, "Dongcheng": 17})
    again = {division.name: division for division in city_to_divisions(inner, areas).divisions}
    assert len(again) == 32
    assert all(again[division.name] == division for division in divided.divisions if division.name in again)


def test_every_name_says_that_the_division_is_illustrative(areas: Areas, divided: Divisions) -> None:
    chaoyang = [division for division in divided.divisions if division.area == "Chaoyang"]
    assert chaoyang[6].name == "Chaoyang 07 (illustrative)"
    assert chaoyang[6].local_name("zh", areas) == "朝阳区 07(示意)"
    assert chaoyang[6].local_name("zh-Hans", areas) == "朝阳区 07(示意)"
    assert chaoyang[6].local_name("ar", areas) == "تشاويانغ 07 (توضيحي)"
    assert chaoyang[6].local_name("tlh", areas) == "Chaoyang 07 (illustrative)"


def test_outlines_are_labelled_and_do_not_overlap(areas: Areas, divided: Divisions) -> None:
    outlines = divided.outlines(areas, "zh")
    assert len(outlines["features"]) == 343
    assert all(feature["properties"]["illustrative"] for feature in outlines["features"])
    assert outlines["features"][0]["properties"]["label"] == "东城区 01(示意)"
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in outlines["features"]]
    assert sum(s.area for s in shapes) == pytest.approx(shapely.union_all(shapes).area, rel=1e-3)


@given(st.integers(0, 10_000_000), st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=200))
def test_shares_are_whole_and_add_up(total: int, weights: list[float]) -> None:
    shares = divisions._apportion(total, np.array(weights))
    assert shares.sum() == total
    exact = np.array(weights) / sum(weights) * total
    assert np.all(np.abs(shares - exact) < 1 + 1e-6 * total)


def test_more_parts_than_cells_are_refused(beijing: City, areas: Areas) -> None:
    many = msgspec.structs.replace(beijing, divisions={"Dongcheng": 10_000})
    with pytest.raises(ValueError, match=r"divisions\.Dongcheng: 10000 parts"):
        city_to_divisions(many, areas)


def test_a_city_without_population_has_no_residents_to_spread(areas: Areas) -> None:
    assert residents_by_cell(load_city("boston"), areas) == {}


def test_residents_given_by_cell_are_taken_as_given(beijing: City, areas: Areas) -> None:
    given_cells = {"8931aa42d4fffff": 12}
    own = msgspec.structs.replace(beijing, population=Population("a count", cells=given_cells))
    assert residents_by_cell(own, areas) == given_cells
