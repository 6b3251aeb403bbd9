"""Panels on screens of any size and number, the people at other desks, and the board that outlives the server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.desks import READY, people, post_incident, unique
from tests.browser.test_dispatch_map import SELECT, SIZE, desk
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

KEPT = "() => Object.keys(localStorage).filter((key) => key.startsWith('hexwatch.desk.paper.')).length"
SOME_UNIT = """() => {
  const [id] = hexwatch.desk.store.topic("roster").keys();
  hexwatch.desk.store.selectUnit(id);
  return id;
}"""


@pytest.fixture
def small(page: Any) -> Any:
    page.set_viewport_size(SIZE)
    return page


# what stands where


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_at_1366_by_768_nothing_essential_lies_below_the_fold(small: Any, live_demo: str, lang: str) -> None:
    desk(small, live_demo, f"?lang={lang}")
    script = """() => {
      const columns = [".desk-queue", ".deskmap-box", ".deskmap-foot", ".board-bar", ".board-columns"];
      return [...columns, ".board-detail", ".desk-incident", ".desk-foot"].map((part) => {
        const box = document.querySelector(part).getBoundingClientRect();
        return [part, box.left, box.top, box.right, box.bottom];
      });
    }"""
    for name, left, top, right, bottom in small.evaluate(script):
        assert left >= 0, name
        assert top >= 0, name
        assert right <= SIZE["width"], name
        assert bottom <= SIZE["height"], name
        assert bottom - top >= 20, name
    assert small.evaluate("() => document.documentElement.scrollHeight") <= SIZE["height"]
    assert small.evaluate("() => document.querySelector('.board-list').clientHeight") >= 5 * 26
    assert small.evaluate("() => getComputedStyle(document.querySelector('.deskmap-box')).direction") == "ltr"


@pytest.mark.parametrize(("panel", "shown"), [("map", ".desk-map"), ("queue", ".desk-queue"), ("units", ".desk-units")])
def test_a_panel_alone_fills_its_window(small: Any, live_demo: str, panel: str, shown: str) -> None:
    desk(small, live_demo, f"?panel={panel}")
    visible = [name for name in (".desk-map", ".desk-queue", ".desk-units", ".desk-incident") if small.is_visible(name)]
    assert visible == [shown]
    assert small.locator(shown).bounding_box()["width"] > 1200


def test_the_borders_move_by_keys_and_are_found_again(small: Any, live_demo: str) -> None:
    desk(small, live_demo)
    width = "() => document.querySelector('.desk-queue').getBoundingClientRect().width"
    before = small.evaluate(width)
    small.focus('[data-split="queue"]')
    for _ in range(3):
        small.keyboard.press("ArrowRight")
    moved = small.evaluate(width)
    assert moved == pytest.approx(before + 48, abs=1)
    assert small.get_attribute('[data-split="queue"]', "aria-valuenow") == str(round(moved))
    small.reload()
    small.wait_for_function(READY)
    assert small.evaluate(width) == pytest.approx(moved, abs=1)
    small.locator('[data-split="queue"]').dispatch_event("dblclick")
    assert small.evaluate(width) == pytest.approx(320, abs=1)


def test_in_arabic_a_border_follows_the_arrow_all_the_same(small: Any, live_demo: str) -> None:
    desk(small, live_demo, "?lang=ar")
    left = "() => document.querySelector('[data-split=queue]').getBoundingClientRect().left"
    before = small.evaluate(left)
    small.focus('[data-split="queue"]')
    small.keyboard.press("ArrowLeft")
    assert small.evaluate(left) == pytest.approx(before - 16, abs=1)


# several windows, several people, and none


def test_what_is_selected_in_one_window_is_selected_in_all_of_that_person(
    small: Any, live_demo: str, running_demo: Demo
) -> None:
    desk(small, live_demo, "", people(running_demo)[0])
    other = small.context.new_page()
    other.goto(f"{live_demo}/dispatch?panel=units")
    other.wait_for_function(READY)
    incident_id = small.evaluate("() => [...hexwatch.desk.store.topic('queue').keys()][0]")
    small.evaluate(SELECT, incident_id)
    other.wait_for_function("(id) => hexwatch.desk.store.selected() === id", arg=incident_id)
    unit_id = other.evaluate(SOME_UNIT)
    small.wait_for_function("(id) => hexwatch.desk.store.unit() === id", arg=unit_id)
    late = small.context.new_page()
    late.goto(f"{live_demo}/dispatch?panel=queue")
    late.wait_for_function("(id) => window.hexwatch?.desk?.store?.selected() === id", arg=incident_id)


def test_two_dispatchers_see_what_the_other_looks_at(
    small: Any, browser: Any, live_demo: str, running_demo: Demo
) -> None:
    one, two = people(running_demo)[0], people(running_demo)[-1]
    desk(small, live_demo, "", one)
    context = browser.new_context(viewport=SIZE)
    page = context.new_page()
    page.set_default_timeout(60_000)
    desk(page, live_demo, "", two)
    incident_id = post_incident(live_demo, unique("watched"), priority=3)
    small.wait_for_function("(id) => hexwatch.desk.store.topic('queue').has(id)", arg=incident_id)
    small.evaluate(SELECT, incident_id)
    page.wait_for_function(
        "(id) => hexwatch.othersAt(hexwatch.desk.store, `incident:${id}`).length === 1", arg=incident_id
    )
    assert one[0] in page.inner_text("[data-part=others]")
    assert page.locator(".incident.watched").count() >= 1
    seen = page.locator('[data-column="available"] .board-row').first.get_attribute("data-unit")
    small.evaluate("() => hexwatch.desk.store.select('')")
    small.evaluate("(id) => hexwatch.desk.store.selectUnit(id)", seen)
    page.wait_for_function(
        "(id) => document.querySelector(`.board-row[data-unit='${id}'] .row-looks`)?.textContent", arg=seen
    )
    context.close()


def test_the_last_board_is_there_when_nobody_answers_any_more(small: Any, live_demo: str) -> None:
    desk(small, live_demo)
    assert small.evaluate("() => hexwatch.desk.paper.fetch()")
    small.context.set_offline(True)
    small.evaluate("() => hexwatch.live.stop()")
    small.evaluate("() => hexwatch.live.tell('cut', Date.now())")
    link = small.locator(".paper-link")
    link.wait_for(state="visible")
    assert link.inner_text().startswith("Board of")
    link.click()
    sheet = small.frame_locator(".paper-sheet")
    sheet.locator("h2", has_text="Open incidents").wait_for()
    assert sheet.locator("script").count() == 0
    kept = small.evaluate(KEPT)
    assert kept == 1
    small.evaluate("() => hexwatch.desk.store.linked('refused', Date.now())")
    assert small.evaluate(KEPT) == 0
