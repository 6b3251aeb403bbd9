"""Units on the map: they glide to where they were last heard of, never for longer than a second, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.scripts import load_scripts
from tests.browser.staged import Staged, receive
from tests.browser.test_wall_live import open_wall

pytestmark = pytest.mark.browser

UNIT = {"id": "e1", "kind": "engine", "status": "on-scene", "lat": 39.93, "lng": 116.45, "incidents": ["a"]}
GLIDE = """([told, still, times]) => {
  const fleet = new hexwatch.Fleet(), at = (unit) => new Map([["e1", unit]]);
  fleet.show(at(told[0]), null, 0, 0, still);
  fleet.show(at(told[1]), null, 0, 1000, still);
  const unit = fleet.units.get("e1"), from = hexwatch.worldX(told[0].lng), to = hexwatch.worldX(told[1].lng);
  return times.map((now) => (hexwatch.along(unit, now).x - from) / (to - from));
}"""


def glide(page: Any, to_lng: float, times: list[float], *, still: bool = False) -> list[float]:
    return load_scripts(page).evaluate(GLIDE, [[UNIT, UNIT | {"lng": to_lng}], still, times])


def test_a_unit_glides_and_is_there_within_a_second(page: Any) -> None:
    shares = glide(page, 116.46, [1000, 1200, 1500, 2000, 9000])
    assert shares == sorted(shares)
    assert (shares[0], shares[3], shares[4]) == pytest.approx((0, 1, 1))
    assert 0 < shares[1] < shares[2] < 1


def test_who_wants_no_motion_sees_none(page: Any) -> None:
    assert glide(page, 116.46, [1000], still=True) == pytest.approx([1])


def test_a_corrected_position_is_no_drive(page: Any) -> None:
    assert glide(page, 117.2, [1000]) == pytest.approx([1])


def test_a_unit_sent_elsewhere_turns_where_it_is(page: Any) -> None:
    script = """([told]) => {
      const fleet = new hexwatch.Fleet(), at = (lng) => new Map([["e1", { ...told, lng }]]);
      fleet.show(at(116.45), null, 0, 0, false);
      fleet.show(at(116.46), null, 0, 1000, false);
      const unit = fleet.units.get("e1"), before = hexwatch.along(unit, 1400).x;
      fleet.show(at(116.44), null, 0, 1400, false);
      return [before, hexwatch.along(unit, 1400).x];
    }"""
    before, after = load_scripts(page).evaluate(script, [UNIT])
    assert after == pytest.approx(before)


def test_units_that_leave_or_lose_their_place_are_gone(page: Any) -> None:
    script = """([told]) => {
      const fleet = new hexwatch.Fleet(), { lat, ...placeless } = told, seen = [];
      fleet.show(new Map([["e1", told], ["e2", told], ["e3", told]]), null, 0, 0, false);
      fleet.show(new Map([["e1", told], ["e3", placeless]]), ["e2", "e3"], 0, 0, false);
      seen.push([...fleet.units.keys()]);
      fleet.show(new Map(), null, 0, 0, false);
      return [...seen, [...fleet.units.keys()]];
    }"""
    assert load_scripts(page).evaluate(script, [UNIT]) == [["e1"], []]


@pytest.mark.parametrize(
    ("status", "incidents", "stand"),
    [("available", [], "available"), ("on-scene", ["a"], "busy"), ("out-of-service", [], "out")],
)
def test_status_is_told_by_the_shape_of_the_mark(page: Any, status: str, incidents: list[str], stand: str) -> None:
    unit = UNIT | {"status": status, "incidents": incidents}
    assert load_scripts(page).evaluate("(unit) => hexwatch.standOf(unit)", unit) == stand


def test_each_service_has_a_shape_of_its_own(page: Any) -> None:
    kinds = ["engine", "ambulance", "police_car", "gas_crew"]
    assert len(set(load_scripts(page).evaluate("(kinds) => kinds.map(hexwatch.shapeOf)", kinds))) == 4


def test_hundreds_of_units_are_drawn_in_one_refresh_and_motion_ends(page: Any, live_demo: str) -> None:
    units = {
        f"u{n}": UNIT | {"id": f"u{n}", "lat": 39.8 + n / 2000, "lng": 116.3 + (n * 7 % 500) / 1500} for n in range(500)
    }
    Staged(page, {"units": units})
    open_wall(page, live_demo)
    moved = {id_: unit | {"lng": unit["lng"] + 0.004} for id_, unit in units.items()}
    began = page.evaluate("() => performance.now()")
    receive(page, units={"set": moved})
    page.wait_for_function("(began) => hexwatch.map.units.fleet.gliding > began", arg=began)
    script = """() => {
      const layer = hexwatch.map.units, started = performance.now();
      layer._place();
      return performance.now() - started;
    }"""
    assert min(page.evaluate(script) for _ in range(25)) < 16  # what else the machine does is not the page's
    page.wait_for_function("() => hexwatch.map.units.fleet.gliding < performance.now()")
