"""A call in a foreign language at the hotline's desk, line by line, and the floor's hand-over sheet; on a real demo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.desks import unique
from tests.browser.hotlines import now_of, sign_in
from tests.browser.scripts import load_scripts
from tests.support.demo import KEY, Demo

pytestmark = pytest.mark.browser

HEARD, MEANT, REPLY = "في الدرج رائحة غاز", "It smells of gas on the stairs", "Please go outside at once"
LINE = '[data-part=call-lines] [data-line="{}"]'


@pytest.fixture(scope="module")
def desk(browser: Any, running_demo: Demo) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield sign_in(page, running_demo)
    context.close()


def told(demo: Demo, call_id: str, *facts: tuple[str, dict[str, Any]]) -> None:
    """Facts about a call from a source of its own, a tenth of a second apart."""
    began = datetime.fromisoformat(now_of(demo.url)) - timedelta(seconds=1)
    events = [
        {
            "source": "translator",
            "id": unique(f"{call_id}-{n}"),
            "type": f"call.{what}",
            "occurred_at": (began + timedelta(milliseconds=100 * n)).isoformat(),
            "data": {"call_id": call_id, **data},
        }
        for n, (what, data) in enumerate(facts)
    ]
    answer = httpx.post(f"{demo.url}/api/v1/events", json=events, headers={"X-API-Key": KEY}, timeout=30)
    assert answer.status_code in (200, 202), answer.text
    assert answer.json()["errors"] == []


def test_a_call_is_followed_with_its_translation_and_an_interpreter_until_its_end(
    desk: Any, running_demo: Demo
) -> None:
    call_id = unique("K")
    heard = {"line": "1", "speaker": "caller", "lang": "ar", "text": HEARD}
    told(
        running_demo,
        call_id,
        ("offered", {"channel": "foreign", "language": "ar"}),
        ("answered", {"agent_id": "a17"}),
        ("said", heard),
    )
    desk.locator(f'[data-call="{call_id}"]').wait_for(state="attached")
    desk.evaluate("(id) => hexwatch.desk.calls.choose(id)", call_id)
    first = desk.locator(LINE.format("1"))
    first.wait_for()
    assert first.locator(".call-text").get_attribute("lang") == "ar"
    assert first.locator(".call-text").evaluate("(node) => getComputedStyle(node).direction") == "rtl"
    told(
        running_demo,
        call_id,
        ("said", heard | {"translated": MEANT, "by": "machine"}),
        ("said", {"line": "2", "speaker": "agent", "lang": "en", "text": REPLY}),
    )
    desk.locator(LINE.format("2")).wait_for()
    desk.locator(LINE.format("1") + " .machine").wait_for()
    expect(first).to_contain_text(HEARD)
    expect(first).to_contain_text(MEANT)

    desk.keyboard.press("i")
    desk.wait_for_function("(id) => hexwatch.desk.store.topic('following').get(id)?.interpreter", arg=call_id)
    desk.keyboard.press("i")
    desk.wait_for_function("(id) => !hexwatch.desk.store.topic('following').get(id)?.interpreter", arg=call_id)

    told(running_demo, call_id, ("ended", {"case_id": "C-7"}))
    desk.locator('[data-part=call-state][data-state="over"]').wait_for()
    desk.locator("[data-part=call-links]", has_text="C-7").wait_for()
    assert MEANT in first.inner_text()
    expect(desk.locator(f'[data-call="{call_id}"]')).to_have_count(0)


def test_the_floor_is_handed_over_on_a_sheet_that_says_what_waits(desk: Any) -> None:
    desk.keyboard.press("s")
    window = desk.locator("[data-sheet=window]")
    window.locator('[data-part="overdue"] h4').wait_for()
    offer = window.locator("[data-sheet=offer]")
    expect(offer, "whoever does not lead the floor may read its sheet, and no more").to_be_disabled()
    window.locator("[data-sheet=take]").click()
    desk.wait_for_function("() => !document.querySelector('[data-sheet=offer]').disabled")
    window.locator(".sheet-offer textarea").fill("the gas body answers slowly")
    offer.click()
    offered = window.locator("[data-sheet=offered] .sheet-card")
    offered.wait_for()
    expect(offered).to_contain_text("the gas body answers slowly")
    offered.locator(".sheet-acts button").click()
    offered.wait_for(state="detached")
    window.locator("[data-sheet=positions] .mine button").click()
    desk.wait_for_function("() => document.querySelector('[data-sheet=offer]').disabled")
    window.locator("[data-sheet=close]").click()


SCRIPTS = (
    *("15-core.js", "59-store.js", "60-desk.js", "63-asks.js", "64-keymatch.js", "64-deskkeys.js", "63-offers.js"),
    *("63-asking.js", "65-fields.js", "80-hotline.js", "90-hotlinecalls.js"),
)


def test_lines_that_do_not_fit_are_asked_for_anew(browser: Any) -> None:
    page = load_scripts(browser.new_page(), SCRIPTS)
    joined = "([lines, after, told, n]) => hexwatch.joinedLines(lines, after, told, n)"
    assert page.evaluate(joined, [[1, 2, 3], 2, [4, 5], 4]) == [1, 2, 4, 5]
    assert page.evaluate(joined, [[1, 2, 3], 2, [4, 5], 5]) is None
    assert page.evaluate(joined, [[], 0, [], 0]) == []
    order = "(rows) => hexwatch.callsInOrder(new Map(rows)).map(([id]) => id)"
    assert page.evaluate(order, [["b", {"since": "2"}], ["c", {"since": "1"}], ["a", {"since": "2"}]]) == [
        "c",
        "a",
        "b",
    ]
    page.close()
