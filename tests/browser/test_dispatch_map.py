"""Map, board, windows and paper of the desk, on a real demo."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.browser.desks import CHAOYANG, incident, people, post_incident, request, sign_in, unique
from tests.browser.staged import Staged, receive
from tests.support.demo import Demo
from tests.support.redis_server import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

SIZE = {"width": 1366, "height": 768}
MAP_READY = "() => Boolean(hexwatch.desk.map)"
# Where on the map no unit, incident or tag is near.
EMPTY_SPOT = """() => {
  const { map, units } = hexwatch.desk.map, box = map.getContainer().getBoundingClientRect();
  for (let x = 30; x < box.width - 30; x += 15) for (let y = 30; y < box.height - 30; y += 15) {
    const on = document.elementFromPoint(box.left + x, box.top + y);
    if (units.unitAt(map.containerPointToLatLng([x, y])) || on.closest(".leaflet-marker-icon")) continue;
    return { x: box.left + x, y: box.top + y };
  }
}"""
SELECT = "(id) => hexwatch.desk.store.select(id)"
CENTRE = """() => {
  const { map } = hexwatch.desk.map, { lat, lng } = map.getCenter();
  return [lat, lng, map.getZoom()];
}"""
ACTIVE = "() => document.activeElement.closest('[data-column]')?.dataset.column"
UNIT = {
    **{"kind": "engine", "station": "S1", "agency": "119", "status": "available", "status_at": "now-300"},
    **{"status_by": "cad", "incidents": [], "stacked": [], "reason": "", "capabilities": ["pump"], "version": 1},
    **{"check_in_due_at": None, "distress": False, "out_of_contact": False},
}
INCIDENT = {
    **{"id": "x1", "kind": "structure_fire", "priority": 1, "stage": "received", "status": "open", "area": "Chaoyang"},
    **{"lat": CHAOYANG[0], "lng": CHAOYANG[1], "received_at": "now-60", "units": [], "rank": [1, 1, ""], "why": []},
    **{"exercise": False, "version": 1},
}


def plain(text: str | None) -> str:
    """Without the marks that keep the order of digits and names."""
    return re.sub("[\u2066-\u2069]", "", text or "")


def unit(id_: str, **more: Any) -> dict[str, dict[str, Any]]:
    return {id_: UNIT | {"id": id_} | more}


@pytest.fixture
def small(page: Any) -> Any:
    page.set_viewport_size(SIZE)
    return page


def desk(page: Any, base: str, query: str = "", who: tuple[str, str] | None = None) -> Any:
    """A desk that is up, with its map where it has one."""
    sign_in(page, base, who, query)
    if "panel=units" not in query and "panel=queue" not in query:
        page.wait_for_function(MAP_READY)
    return page


# the board


def test_two_thousand_units_are_a_few_dozen_rows(small: Any, live_demo: str) -> None:
    many = {k: v for n in range(2000) for k, v in unit(f"U{n}", status="available" if n % 2 else "on-scene").items()}
    Staged(small, {"roster": many})
    desk(small, live_demo)
    counts = small.locator("[data-part=column-count]").all_inner_texts()
    assert sum(map(int, counts)) == 2000
    assert small.locator(".board-row").count() < 120
    small.focus('[data-column="available"] .board-list')
    small.keyboard.press("End")
    row = small.locator('[data-column="available"] .board-row.active')
    assert row.get_attribute("data-unit") == "U1999"
    assert row.get_attribute("aria-setsize") == "1000"
    assert row.get_attribute("aria-posinset") == "1000"
    assert small.locator('[data-column="available"] .board-list').get_attribute(
        "aria-activedescendant"
    ) == row.get_attribute("id")
    spent = """() => {
      const started = performance.now();
      for (let i = 0; i < 5; i++) hexwatch.desk.board._roster(new Set(["U1"]));
      return (performance.now() - started) / 5;
    }"""
    assert sorted(small.evaluate(spent) for _ in range(5))[0] < 16


STAGED_UNITS = {
    **unit("E1"),
    **unit("E2", status="dispatched", status_at="now-45", incidents=["x1"]),
    **unit("E10", status="en-route", incidents=["x1"], stacked=["x2"]),
    **unit("M1", kind="ambulance", status="on-scene", incidents=["x1"], capabilities=["transport"]),
    **unit("M2", kind="ambulance", status="out-of-service", reason="repair", status_by="ann"),
}
STAGED_PLACES = {
    "E1": {
        "id": "E1",
        "kind": "engine",
        "status": "available",
        "lat": 39.92,
        "lng": 116.45,
        "position_at": "now-1200",
        "incidents": [],
    },
    "M1": {
        "id": "M1",
        "kind": "ambulance",
        "status": "on-scene",
        "lat": 39.93,
        "lng": 116.46,
        "position_at": "now-5",
        "incidents": ["x1"],
    },
}


@pytest.fixture
def told(small: Any) -> Staged:
    return Staged(small, {"roster": STAGED_UNITS, "units": STAGED_PLACES, "queue": {"x1": INCIDENT}})


@pytest.fixture
def staged(small: Any, live_demo: str, told: Staged) -> Any:
    return desk(small, live_demo)


def tell(page: Any, told: Staged, **topics: dict[str, Any]) -> None:
    """A frame with these values, and every later snapshot says the same."""
    for name, values in topics.items():
        told.topics[name] = told.topics[name] | values
    receive(page, **{name: {"set": values} for name, values in topics.items()})


def in_columns(page: Any) -> dict[str, list[str]]:
    script = """() => Object.fromEntries([...document.querySelectorAll('[data-column]')].map((column) => {
      const rows = [...column.querySelectorAll('.board-row:not([hidden])')];
      return [column.dataset.column, rows.map((row) => row.dataset.unit)];
    }))"""
    return {name: ids for name, ids in page.evaluate(script).items() if ids}


def test_units_stand_by_state_and_say_how_old_all_of_it_is(staged: Any) -> None:
    assert in_columns(staged) == {
        **{"available": ["E1"], "notified": ["E2"], "en-route": ["E10"], "on-scene": ["M1"], "out": ["M2"]},
    }
    said = {
        id_: plain(staged.locator(f'.board-row[data-unit="{id_}"]').get_attribute("aria-label")) for id_ in STAGED_UNITS
    }
    assert "OLD position: 20 min" in said["E1"]
    assert "set by cad" in said["E1"]
    assert re.search(r"position \d+ s old", said["M1"])
    assert "position unknown" in said["M2"]
    assert "repair · since" in said["M2"]
    assert "next job: x2" in said["E10"]
    assert "late" in staged.locator('.board-row[data-unit="E2"]').get_attribute("class")


def test_the_keyboard_goes_through_columns_and_offers_the_acts(staged: Any) -> None:
    staged.evaluate(SELECT, "x1")
    staged.keyboard.press("b")
    staged.keyboard.press("ArrowDown")
    assert staged.evaluate(ACTIVE) == "available"
    staged.keyboard.press("3")
    assert staged.evaluate(ACTIVE) == "en-route"
    assert staged.evaluate("() => hexwatch.desk.choice.units.size") == 0, "a digit on the board chose a recommended row"
    staged.keyboard.press("ArrowRight")
    assert staged.evaluate(ACTIVE) == "on-scene"
    assert staged.evaluate("() => hexwatch.desk.store.unit()") == "M1"
    staged.keyboard.press("Enter")
    words = staged.locator(".unit-acts [role=menuitem]").all_inner_texts()
    assert words[0].startswith("transporting:")
    assert words[1].startswith("Clear of")
    staged.keyboard.press("Escape")
    assert staged.is_hidden(".unit-acts")
    assert staged.evaluate(ACTIVE) == "on-scene"
    staged.keyboard.press("1")
    staged.keyboard.press("Space")
    assert staged.evaluate("() => [...hexwatch.desk.choice.units]") == ["E1"]


def test_filters_narrow_and_distress_stands_above_them(staged: Any, told: Staged) -> None:
    staged.keyboard.press("b")
    staged.keyboard.type("ambul")
    assert in_columns(staged) == {"on-scene": ["M1"], "out": ["M2"]}
    assert staged.inner_text("[data-part=board-count]") == "2 of 5 shown"
    tell(staged, told, roster=unit("E10", status="en-route", incidents=["x1"], distress=True, status_at=None))
    staged.locator(".board-distress").wait_for()
    assert "DISTRESS E10" in plain(staged.inner_text(".board-distress"))
    staged.click("[data-part=board-all]")
    assert sorted(id_ for ids in in_columns(staged).values() for id_ in ids) == sorted(STAGED_UNITS)
    staged.select_option("[data-part=board-kind]", "ambulance")
    assert in_columns(staged) == {"on-scene": ["M1"], "out": ["M2"]}


def test_rows_keep_their_places_under_a_pointer(staged: Any, told: Staged) -> None:
    staged.hover('.board-row[data-unit="E1"]')
    tell(staged, told, roster={**unit("A0", status_at=None), **unit("E1", status="on-scene", status_at=None)})
    assert in_columns(staged)["available"] == ["E1"]
    assert "gone" in staged.locator('[data-column="available"] .board-row').first.get_attribute("class")
    assert staged.inner_text('[data-column="available"] [data-part=column-count]') == "1"
    staged.mouse.move(10, 10)
    staged.wait_for_function("() => document.querySelector('[data-column=available] .board-row').dataset.unit === 'A0'")


def test_what_is_chosen_from_the_menu_is_what_the_engine_does(small: Any, live_demo: str, running_demo: Demo) -> None:
    incident_id = post_incident(live_demo, unique("board"), kind="road_hazard", priority=3)
    wait_until(lambda: incident(live_demo, incident_id).get("status") == "open", 10, "the incident is there")
    free = running_demo.get("/api/v1/units", status="available", kind="police_car", limit=1).json()["units"][0][
        "unit_id"
    ]
    assert request(live_demo, "dispatch", incident_id=incident_id, unit_ids=[free])["outcome"] == "done"
    desk(small, live_demo, "?panel=units", people(running_demo)[0])
    small.wait_for_function("(id) => hexwatch.desk.store.topic('roster').get(id)?.incidents.length", arg=free)
    small.evaluate("(id) => hexwatch.desk.store.selectUnit(id)", free)
    small.click(f'.board-row[data-unit="{free}"]')
    small.locator(".unit-acts [role=menuitem]", has_text="Stand down").click()

    def ended() -> list[tuple[str, str]]:
        return [(run["unit_id"], run.get("ended", "")) for run in incident(live_demo, incident_id)["assignments"]]

    wait_until(lambda: (free, "recalled") in ended(), 10, "the unit was called back")


# the map


def test_exercises_are_hatched_the_chosen_one_is_framed_and_no_update_moves_the_map(staged: Any, told: Staged) -> None:
    tell(staged, told, queue={"x2": INCIDENT | {"id": "x2", "exercise": True, "received_at": None, "lat": 39.99}})
    staged.evaluate(SELECT, "x1")
    assert staged.locator(".incident.chosen").count() == 1
    assert staged.locator(".incident.exercise .hatch").evaluate("(node) => getComputedStyle(node).display") == "block"
    assert "exercise" in staged.locator(".incident.exercise").get_attribute("aria-label")
    before = staged.evaluate(CENTRE)
    moved = STAGED_PLACES["E1"] | {"lat": 40.2, "lng": 116.9, "position_at": None}
    tell(staged, told, queue={"x1": INCIDENT | {"lat": 40.1, "received_at": None}}, units={"E1": moved})
    staged.evaluate(SELECT, "x2")
    assert staged.evaluate(CENTRE) == before
    staged.evaluate("() => document.activeElement.blur()")
    staged.keyboard.press("g")
    lat, lng, zoom = staged.evaluate(CENTRE)
    assert (lat, lng) == pytest.approx((39.99, CHAOYANG[1]), abs=0.01)
    assert zoom > before[2]
    staged.keyboard.press("m")
    staged.wait_for_function("(zoom) => hexwatch.desk.map.map.getZoom() < zoom", arg=zoom)


def test_a_mark_is_chosen_by_pointer_or_key(staged: Any) -> None:
    mark = staged.locator(".incident").first
    mark.focus()
    staged.keyboard.press("Enter")
    assert staged.evaluate("() => hexwatch.desk.store.selected()") == "x1"


def test_areas_left_thin_are_hatched_and_named_and_candidates_are_numbered(small: Any, live_demo: str) -> None:
    thin = [{"area": "Chaoyang", "service": "fire", "before_s": 200, "after_s": 431, "within_s": 320}]

    def answer(route: Any) -> None:
        told = route.fetch()
        route.fulfill(
            status=told.status, content_type="application/json", body=json.dumps(told.json() | {"uncovered": thin})
        )

    small.route("**/api/v1/recommendation*", answer)
    desk(small, live_demo)
    incident_id = post_incident(live_demo, unique("thin"))
    small.wait_for_function("(id) => hexwatch.desk.store.topic('queue').has(id)", arg=incident_id)
    small.evaluate(SELECT, incident_id)
    small.wait_for_function(
        "(id) => hexwatch.desk.choice.answer?.incident_id === id && hexwatch.desk.choice.rows.length", arg=incident_id
    )
    assert "Chaoyang (fire service: 7:11)" in plain(small.inner_text("[data-part=deskmap-said]"))
    assert small.evaluate("() => hexwatch.desk.map.thin.rings.length") > 0
    tags = small.locator(".tag.candidate")
    numbers = [int(plain(text).split()[0]) for text in tags.all_inner_texts()]
    assert numbers == sorted(numbers)
    assert numbers[0] == 1
    assert "there in" in tags.first.get_attribute("aria-label")
    first = tags.first.get_attribute("data-tag")
    tags.first.dispatch_event("click")
    assert small.evaluate("() => [...hexwatch.desk.choice.units]") == [first]
    assert "taken" in small.locator(f'.tag[data-tag="{first}"]').get_attribute("class")


def test_a_click_on_the_map_is_a_place_for_the_chosen_incident(small: Any, live_demo: str, running_demo: Demo) -> None:
    desk(small, live_demo, "", people(running_demo)[0])
    incident_id = post_incident(live_demo, unique("place"), kind="road_hazard", priority=3)
    small.wait_for_function("(id) => hexwatch.desk.store.topic('queue').has(id)", arg=incident_id)
    small.evaluate(SELECT, incident_id)
    spot = small.evaluate(EMPTY_SPOT)
    small.mouse.click(spot["x"], spot["y"])
    at = [float(part) for part in plain(small.inner_text("[data-part=place-said]")).split(", ")]
    small.click("[data-place-act=relocate]")
    small.wait_for_selector('.ask[data-state="done"]')
    document = incident(live_demo, incident_id)
    assert [document["lat"], document["lng"]] == pytest.approx(at)
    assert document["places"][0]["lat"] == pytest.approx(CHAOYANG[0])


def test_a_form_may_ask_for_a_place_and_escape_gives_none(staged: Any) -> None:
    ask = """() => {
      const detail = { done: (at) => window.picked.push(at) };
      window.picked = [];
      document.dispatchEvent(new CustomEvent("desk:pick-place", { detail }));
    }"""
    staged.evaluate(ask)
    assert "Escape" in staged.inner_text("[data-part=deskmap-said]")
    box = staged.locator(".deskmap-box").bounding_box()
    staged.mouse.click(box["x"] + 50, box["y"] + 50)
    (at,) = staged.evaluate("() => window.picked")
    assert 35 < at["lat"] < 45
    assert staged.is_hidden(".place-menu")
