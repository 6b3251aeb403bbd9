"""`/warning` on a real demo: what begins is ranked, shown with its evidence, and people say what they make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desks import forget, pass_the_door, people, unique
from tests.browser.hotlines import post_case
from tests.browser.waits import becomes
from tests.browser.warners import WANGJING, Warner
from tests.support.demo import Demo
from tests.support.redis_server import wait_until

pytestmark = pytest.mark.browser

ROWS = "() => [...document.querySelectorAll('.warning-list .warning-row b')].map((one) => one.textContent)"
SHOWN = "(n) => document.querySelectorAll('.warning-list .warning-row').length === n"
ANSWERED = "() => document.querySelector('[data-part=answer]').textContent !== ''"
ASK = """async (id) => (await fetch("/api/v1/requests", {
  method: "POST", body: JSON.stringify({ verb: "acknowledge_warning", warning_id: id }),
  headers: { "Content-Type": "application/json", "X-CSRF-Token": hexwatch.warningPage.setup.who.csrf },
})).status"""
POLYGONS = ".warning-map polygon"


@pytest.fixture
def warner(running_demo: Demo) -> Iterator[Warner]:
    """Three warnings, the last said the least strange."""
    said = Warner(running_demo)
    ids = [unique(name) for name in ("wg", "wt", "ww")]
    cases = [unique(f"gas{n}") for n in range(2)]
    for n, case_id in enumerate(cases):
        place = {"lat": WANGJING[0] + n * 0.0005, "lng": WANGJING[1]}
        post_case(running_demo.url, case_id, category="gas_smell", text="smell of gas in the hall", **place)
    said.raise_(ids[1], 0.5, category="trees", owner="parks", observed=9, expected=1.5)
    said.raise_(ids[0], 0.1, category="gas_smell", case_ids=cases)
    said.raise_(ids[2], 0.2, ring=2, category="said:gas", said="gas")
    said.look(*ids)
    said.wait(*ids)
    said.ids = ids
    yield said
    said.leave(*ids)


def open_page(page: Any, demo: Demo, role: str, query: str = "") -> Any:
    [who, *_more] = people(demo, role)
    pass_the_door(page, demo.url, who, f"/warning{query}")
    return page


def answer(page: Any) -> str:
    page.wait_for_function(ANSWERED)
    return re.sub("[\u2066-\u2069]", "", page.locator("[data-part=answer]").inner_text())


def test_a_supervisor_reads_the_warnings_and_acts_on_each(page: Any, running_demo: Demo, warner: Warner) -> None:
    open_page(page, running_demo, "hotline")
    page.wait_for_function(SHOWN, arg=3)
    the_strangest_first = ["Gas smell · Chaoyang", "Callers speak of “gas” · Chaoyang", "Trees · Chaoyang"]
    becomes(page, ROWS, the_strangest_first)
    # its evidence: bars against the band, the cases behind it
    page.locator(".warning-curve rect.bar").first.wait_for(state="attached")
    expect(page.locator(".warning-curve rect.bar")).to_have_count(24)
    expect(page.locator(".warning-curve rect.over")).to_have_count(1)
    expect(page.locator(".warning-curve polygon.band")).to_have_count(1)
    expect(page.locator("[data-part=evidence]")).to_contain_text("gas")
    # the map: what is more than usual, what was counted, what was to be expected
    page.locator(POLYGONS).first.wait_for(state="attached")
    drawn = {}
    for measure in ("residual", "observed", "expected"):
        page.locator(f"[data-measure={measure}]").click()
        page.wait_for_function(
            "(m) => document.querySelector(`[data-measure=${m}]`).ariaPressed === 'true'"
            " && document.querySelector('.warning-map').dataset.drawn === m",
            arg=measure,
        )
        drawn[measure] = page.locator(POLYGONS).count()
    assert drawn["observed"] < drawn["expected"]
    # another one
    page.locator(".warning-row").nth(2).click()
    expect(page.locator("[data-part=chosen]")).to_have_text("Trees · Chaoyang")
    page.on("dialog", lambda dialog: dialog.accept("announced felling"))
    page.locator("[data-verb=dismiss_warning]").click()
    assert answer(page) == "Dismissed"
    page.wait_for_function(SHOWN, arg=2)
    page.locator(".warning-row").nth(0).click()
    page.locator("[data-verb=acknowledge_warning]").click()
    assert answer(page) == "Acknowledged"
    page.locator(".warning-row").nth(0).filter(has_text="acknowledged").wait_for()
    page.locator("[data-verb=warning_situation]").click()
    page.wait_for_function("() => document.querySelector('[data-part=answer]').textContent.startsWith('Situation')")
    page.locator(".warning-row").nth(1).click()
    page.locator("[data-verb=warning_case]").click()
    assert answer(page).startswith("Case P")
    page.locator("[data-part=verdicts]").filter(has_text="judged warnings were useful").wait_for()

    def told() -> Any:
        return running_demo.get("/api/v1/warnings/verdicts").json()

    wait_until(lambda: told()["acted"] >= 2, what="two were acted upon")
    assert told()["dismissed_for"]["announced felling"] >= 1


def test_who_leads_reads_and_cannot_act_and_a_viewer_is_sent_away(
    page: Any, running_demo: Demo, warner: Warner
) -> None:
    open_page(page, running_demo, "leader", f"?warning={warner.ids[2]}")
    page.wait_for_function(SHOWN, arg=3)
    expect(page.locator("[data-part=chosen]")).to_contain_text("Callers speak of")
    expect(page.locator("[data-verb]:visible")).to_have_count(0)
    assert page.evaluate(ASK, warner.ids[2]) == 403
    forget(page)
    open_page(page, running_demo, "viewer")
    page.get_by_text("This page is for the desks").wait_for()
    assert page.locator(".warning").count() == 0
