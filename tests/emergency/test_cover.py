"""Cover: the expected first arrival per area, with and without the units that would be taken."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emergency.coverage import Cover, Place
from emergency.fleet import Fleet
from emergency.plans import Service
from emergency.travel import METRES_PER_DEGREE, assumed
from emergency.units import Unit

NOW = datetime(2026, 3, 2, 9, 40, tzinfo=UTC)
MODEL = assumed("Asia/Shanghai")
ABLE = {"engine": frozenset({"pump"}), "ambulance": frozenset({"transport"})}
SERVICES = {"fire": Service("pump", 300), "medical": Service("transport", 300)}


def north(metres: float) -> tuple[float, float]:
    return 39.9 + metres / METRES_PER_DEGREE, 116.4


def a_unit(unit_id: str, metres: float, kind: str = "engine", busy: bool = False) -> Unit:
    lat, lng = north(metres)
    return Unit(unit_id=unit_id, kind=kind, lat=lat, lng=lng, assignments={"x": "on-scene"} if busy else {})


def a_cover(units: list[Unit], *places: Place) -> Cover:
    return Cover(Fleet(ABLE, units), MODEL, places, SERVICES, NOW)


def test_taking_the_only_near_engine_leaves_its_area_uncovered() -> None:
    cover = a_cover([a_unit("E1", 0), a_unit("E2", 5000)], Place("south", *north(0)), Place("north", *north(5000)))
    (change,) = cover.changes(["E1"])
    assert (change.area, change.service, change.is_uncovered) == ("south", "fire", True)
    assert change.before_s == pytest.approx(110)
    assert change.after_s == pytest.approx(110 + 0.133 * 5000, abs=1)
    assert cover.uncovered(["E1"]) == [change]


def test_nobody_left_is_said_as_nothing_not_as_a_number() -> None:
    (change,) = a_cover([a_unit("E1", 0)], Place("south", *north(0))).changes(["E1"])
    assert change.after_s is None
    assert change.is_uncovered


def test_an_area_that_was_not_covered_is_slower_but_not_newly_uncovered() -> None:
    cover = a_cover([a_unit("E1", 9000), a_unit("E2", 20_000)], Place("south", *north(0)))
    assert [change.is_uncovered for change in cover.changes(["E1"])] == [False]


def test_units_of_another_service_or_busy_ones_are_not_missed() -> None:
    units = [a_unit("E1", 0), a_unit("A1", 0, "ambulance"), a_unit("E2", 100, busy=True)]
    cover = a_cover(units, Place("south", *north(0)))
    assert [change.service for change in cover.changes(["A1"])] == ["medical"]
    assert cover.changes(["E2"]) == []
    assert cover.changes(["unheard-of"]) == []


def test_what_the_fleet_learns_counts_at_once() -> None:
    cover = a_cover([a_unit("E1", 0), a_unit("E2", 50)], Place("south", *north(0)))
    assert cover.uncovered(["E1"]) == []
    cover.fleet.put(a_unit("E2", 50, busy=True))
    assert len(cover.uncovered(["E1"])) == 1
    cover.fleet.put(a_unit("E1", 0, busy=True))
    cover.fleet.put(a_unit("E2", 50))
    assert len(cover.uncovered(["E2"])) == 1


def test_an_areas_time_is_the_mean_over_where_its_people_are() -> None:
    places = [Place("all", *north(0), 3.0), Place("all", *north(4000), 1.0)]
    cover = a_cover([a_unit("E1", 0), a_unit("E2", 20_000)], *places)
    (change,) = cover.changes(["E1"])
    assert change.before_s == pytest.approx(110 + 0.133 * 4000 / 4, abs=1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.sets(st.integers(0, 7)), st.integers(0, 7))
def test_taking_more_never_makes_an_area_faster(far: list[int], taken: set[int], more: int) -> None:
    units = [a_unit(f"E{n}", 200.0 * metres) for n, metres in enumerate(far)]
    cover = a_cover(units, *(Place(f"a{n % 3}", *north(1500.0 * n)) for n in range(7)))
    few = {change.area: change for change in cover.changes([f"E{n}" for n in taken])}
    many = {change.area: change for change in cover.changes([f"E{n}" for n in taken | {more}])}
    assert few.keys() <= many.keys()
    for area, change in few.items():
        after = many[area].after_s
        assert after is None or (change.after_s is not None and after >= change.after_s)
        assert many[area].before_s == change.before_s
