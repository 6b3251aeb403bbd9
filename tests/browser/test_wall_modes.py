"""What a screen is set to: visitor mode hides everything at once, night is darker, sound is off until switched on."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from layouts.tokens import DARK, NIGHT
from tests.browser.scripts import load_scripts
from tests.browser.staged import FULL, Staged, receive
from tests.browser.test_wall_live import open_wall
from tests.browser.waits import becomes

pytestmark = pytest.mark.browser

INCIDENTS = {
    "a": {
        **{"id": "a", "kind": "structure_fire", "priority": 1, "lat": 39.93, "lng": 116.45, "area": "Chaoyang"},
        **{"received_at": "now-600", "units": 2, "status": "open"},
    },
    "b": {"id": "b", "kind": "crisis", "priority": 2, "area": "Haidian", "received_at": "now-60", "units": 0},
}
UNITS = {
    "e1": {"id": "e1", "kind": "engine", "status": "on-scene", "lat": 39.93, "lng": 116.45, "incidents": ["a"]},
    "m1": {"id": "m1", "kind": "ambulance", "status": "available", "lat": 39.96, "lng": 116.40, "incidents": []},
}
SENSITIVE = """() => ({
  marks: document.querySelectorAll(".incident").length,
  counted: hexwatch.map.labels.byArea.size,
  units: hexwatch.map.units.fleet.units.size,
  shown: [...document.querySelectorAll("[data-private]")]
    .filter((n) => n.checkVisibility({ visibilityProperty: true })).length,
})"""
NUMBERS = f"() => {{ const {{ marks, counted, units }} = ({SENSITIVE})(); return [marks, counted, units]; }}"
SAID = "() => document.querySelector('.strip').innerText.replace(/[▲\\n]/g, '').trim()"
NIGHT_ASKED = "() => new URL(location.href).searchParams.get('palette')"
NOTHING = {"marks": 0, "counted": 0, "units": 0, "shown": 0}


def staged(page: Any) -> Staged:
    return Staged(page, FULL | {"incidents.public": INCIDENTS, "units": UNITS}, **{"incidents.by_priority.1": 1})


def test_one_key_hides_everything_sensitive_at_once_until_it_is_lifted(page: Any, live_demo: str) -> None:
    staged(page)
    open_wall(page, live_demo)
    becomes(page, NUMBERS, [1, 1, 2])
    page.keyboard.press("v")
    assert page.evaluate(SENSITIVE) == NOTHING
    assert page.locator('[data-part="visitor"]').inner_text() == "VISITORS"
    becomes(page, SAID, "3 matters need a decision")
    page.keyboard.press("v")
    becomes(page, NUMBERS, [1, 1, 2])
    expect(page.locator('[data-part="visitor"]')).to_be_hidden()


def test_visitor_mode_survives_a_reload_and_no_frame_brings_anything_back(page: Any, live_demo: str) -> None:
    staged(page)
    open_wall(page, live_demo)
    page.keyboard.press("v")
    open_wall(page, live_demo, "?scenes=emergency")
    assert page.locator('[data-part="visitor"]').is_visible()
    assert page.evaluate(SENSITIVE) == NOTHING
    receive(page, incidents__public={"set": {"c": INCIDENTS["a"] | {"id": "c"}}}, units={"set": {"e2": UNITS["e1"]}})
    assert page.evaluate(SENSITIVE) == NOTHING
    assert page.locator(".incident-list").inner_text().endswith("Hidden in visitor mode")


def test_visitors_open_no_list_and_see_no_cells_of_incidents(page: Any, live_demo: str) -> None:
    staged(page)
    open_wall(page, live_demo, "?measure=incidents")
    assert page.evaluate("() => hexwatch.map.cells.counts.total()") > 0
    page.keyboard.press("v")
    assert page.evaluate("() => hexwatch.map.cells.counts.total()") == 0
    receive(page, **{"cells:incidents__public:": {"set": {"1": 3}}})
    assert page.evaluate("() => hexwatch.map.cells.counts.total()") == 0
    page.locator('[data-part="away"]').click(force=True)
    page.evaluate("() => hexwatch.map._choosePlace({ without_location: true })")
    page.wait_for_function(
        "(n) => hexwatch.stats.framesApplied > n", arg=page.evaluate("hexwatch.stats.framesApplied") + 2
    )
    assert not page.get_by_role("dialog", name="Cases of this place").is_visible()


def test_the_night_palette_comes_by_key_or_address_and_reaches_the_canvases(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    look = "() => [getComputedStyle(document.body).backgroundColor, hexwatch.map.labels.look.text]"
    assert page.evaluate(look)[1] == DARK["text"]
    page.keyboard.press("n")
    becomes(page, look, ["rgb(0, 0, 0)", NIGHT["text"]])
    becomes(page, NIGHT_ASKED, "night")
    open_wall(page, live_demo, "?palette=night")
    becomes(page, look, ["rgb(0, 0, 0)", NIGHT["text"]])
    page.keyboard.press("n")
    becomes(page, NIGHT_ASKED, None)


def test_only_an_incident_that_is_new_and_grave_is_worth_a_tone(page: Any) -> None:
    script = """() => {
      const newness = new hexwatch.Newness();
      const at = (...ids) => new Map(ids.map((id) => [id, { priority: Number(id[0]) }]));
      return [at("1a"), at("1a", "2b"), at("1a", "1c"), at("1c"), at(), at("1a")].map((open) => newness.hear(open));
    }"""
    assert load_scripts(page).evaluate(script) == [False, False, True, False, False, True]


def test_sound_is_off_until_switched_on_and_then_one_tone_sounds(page: Any, live_demo: str) -> None:
    staged(page)
    asked: list[str] = []
    open_wall(page, live_demo)
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        "() => { const t = hexwatch.wall.modes.tone; t.played = 0; const p = t.play; t.play = (n) => (t.played += 1); }"
    )
    new = INCIDENTS["a"] | {"id": "n1"}
    receive(page, incidents__public={"set": {"n1": new}})
    assert page.evaluate("() => hexwatch.wall.modes.tone.played") == 0
    page.keyboard.press("s")
    receive(page, incidents__public={"set": {"n2": new | {"id": "n2"}}})
    assert page.evaluate("() => hexwatch.wall.modes.tone.played") == 2, "one to hear what it sounds like, one for n2"
    assert page.locator('[data-part="sound"]').is_visible()
    assert [url for url in asked if not any(known in url for known in ("live", "_dash", "/story"))] == []


def test_the_window_lists_every_key_and_each_is_a_button(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo, "?scenes=map&measure=overdue")
    page.keyboard.press("?")
    window = page.get_by_role("dialog", name="Keys and settings")
    window.wait_for()
    keys = page.evaluate("() => [...document.querySelectorAll('.keys-window [data-key]')].map((b) => b.dataset.key)")
    assert keys == [*"vnsp0123+-f"]
    assert set(keys) | {"?"} == set(page.evaluate("() => Object.keys(hexwatch.wall.keys.actOf)"))
    link = page.locator('[data-part="kiosk-link"]').input_value()
    assert link == f"{live_demo}/wall?scenes=map&measure=overdue&kiosk=KEY"
    window.get_by_role("button", name="Night palette").click()
    assert page.evaluate("() => document.documentElement.dataset.palette") == "night"
    page.keyboard.press("Escape")
    expect(window).to_be_hidden()


def test_typing_is_no_command(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    page.locator("#map-category").click()
    page.keyboard.type("vn")
    assert page.evaluate("() => document.querySelector('.wall').dataset.visitor") == "off"
    assert page.evaluate("() => document.documentElement.dataset.palette") == "dark"
