"""What the desk looks like: on its smallest screen, mirrored, empty, cut off, with others there; and for whom it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.desks import READY, end_posted, incident, people, post_incident, settle, sign_in, unique
from tests.browser.staged import Staged, receive
from tests.browser.test_dispatch_desk import HAS_RECOMMENDATION, ROW, ROWS
from tests.browser.test_wall_live import Line
from tests.support.demo import Demo
from tests.support.redis_server import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

SMALLEST = {"width": 1366, "height": 768}
BOX = "(selector) => document.querySelector(selector).getBoundingClientRect().toJSON()"
# Elements whose own text is wider than they are, and that neither wrap nor end in dots.
CUT = """(selector) => [...document.querySelectorAll(selector)].filter((one) => {
  const style = getComputedStyle(one);
  const wide = one.offsetParent && one.clientWidth && one.scrollWidth > one.clientWidth + 1;
  return wide && style.textOverflow !== "ellipsis" && style.overflowX !== "auto" && style.clipPath === "none";
}).map((one) => one.textContent.slice(0, 60))"""


def row(id_: str, tier: int = 1, urgency: int = 5, since: str = "now-42", **more: Any) -> dict[str, Any]:
    """One row of the queue as the engine says it."""
    plain = {"kind": "structure_fire", "priority": 1, "stage": "received", "status": "open", "area": "Haidian"}
    found = {"id": id_, **plain, "lat": 39.96, "lng": 116.3, "units": [], "links": [], "notes": 0, "version": 1}
    return {**found, "received_at": since, "rank": [tier, urgency, since], "why": ["unassigned"], **more}


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    end_posted()


@pytest.fixture
def desk(page: Any, running_demo: Demo) -> Any:
    page.set_viewport_size(SMALLEST)
    return page


@pytest.fixture
def other(browser: Any, running_demo: Demo) -> Iterator[Any]:
    """A second dispatcher at another desk."""
    context = browser.new_context(viewport=SMALLEST)
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield sign_in(page, running_demo.url, people(running_demo)[-1])
    context.close()


@pytest.mark.parametrize("lang", ["en", "zh_CN", "ar"])
def test_the_decision_stands_on_the_smallest_screen_in_every_language(desk: Any, running_demo: Demo, lang: str) -> None:
    sign_in(desk, running_demo.url, people(running_demo)[0], f"?lang={lang}")
    incident_id = post_incident(running_demo.url, unique("fold"))
    desk.wait_for_selector(ROW.format(incident_id))
    desk.evaluate("(id) => hexwatch.desk.store.select(id)", incident_id)
    desk.wait_for_function(HAS_RECOMMENDATION, arg=incident_id)
    size = desk.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert size == [SMALLEST["width"], SMALLEST["height"]], "the page scrolls"
    for part in ("rec-send", "rec-take", "queue-list", "hints"):
        box = desk.evaluate(BOX, f"[data-part={part}]")
        assert box["bottom"] <= SMALLEST["height"], f"{part} is below the fold"
        assert box["left"] >= 0
        assert box["right"] <= SMALLEST["width"], f"{part} is outside"
    assert desk.evaluate(CUT, ".desk-header *, .desk-hints, .rec-acts *, .desk-column-head *, .incident-head *") == []


def test_arabic_mirrors_the_columns_but_neither_the_map_nor_the_clock(desk: Any, running_demo: Demo) -> None:
    sign_in(desk, running_demo.url, people(running_demo)[0], "?lang=ar")
    queue, incident = (desk.evaluate(BOX, f"[data-panel-name={name}]") for name in ("queue", "incident"))
    assert queue["left"] > incident["left"]
    direction = "(selector) => getComputedStyle(document.querySelector(selector)).direction"
    assert desk.evaluate(direction, "[data-part=time]") == "ltr"
    assert desk.evaluate(direction, ".leaflet-container") == "ltr"
    assert desk.evaluate(direction, ".queue-list") == "rtl"


def test_the_queue_says_why_it_is_in_this_order(desk: Any, running_demo: Demo) -> None:
    queue = {
        "w": row("w", 2, 7, units=[{"id": "E1", "status": "on-scene", "at": "now-9"}], why=["working"]),
        "p": row("p", 1, 5, why=["unassigned"]),
        "d": row("d", 0, 11, priority=2, why=["distress", "working"]),
        "r": row("r", 1, 4, why=["requeued", "unassigned"], area="", lat=None, lng=None),
    }
    Staged(desk, {"queue": queue})
    sign_in(desk, running_demo.url, people(running_demo)[0])
    assert desk.evaluate(ROWS) == ["d", "r", "p", "w"]
    whys = desk.locator(".queue-why").all_inner_texts()
    assert whys == ["crew in danger · being worked", "lost its unit · no unit yet", "no unit yet", "being worked"]
    assert desk.locator(f"{ROW.format('r')} .queue-place").inner_text() == "place unknown"
    assert "E1" in desk.locator(ROW.format("w")).inner_text()
    assert desk.locator("[data-waiting='1']").inner_text() == "2"


def test_an_empty_queue_says_so_and_the_next_incident_stands_there(desk: Any, running_demo: Demo) -> None:
    Staged(desk, {"queue": {}})
    sign_in(desk, running_demo.url, people(running_demo)[0])
    empty = desk.locator("[data-part=queue-empty]")
    assert "No open incident" in empty.inner_text()
    assert "No incident selected" in desk.locator("[data-part=incident-empty]").inner_text()
    receive(desk, queue={"set": {"n": row("n", since="2026-01-01T00:00:00Z")}})
    desk.wait_for_selector(f"{ROW.format('n')}.fresh")
    assert not empty.is_visible()
    assert "new · no unit yet" in desk.locator(f"{ROW.format('n')} .queue-why").inner_text()


def test_an_exercise_is_hatched_and_named(desk: Any, running_demo: Demo) -> None:
    Staged(desk, {"queue": {"x": row("x", exercise=True)}})
    sign_in(desk, running_demo.url, people(running_demo)[0])
    desk.keyboard.press("j")
    assert (
        desk.locator(f"{ROW.format('x')}.exercise").evaluate("(one) => getComputedStyle(one).backgroundImage") != "none"
    )
    assert "EXERCISE" in desk.locator("[data-part=incident-title]").inner_text()


def test_two_dispatchers_see_what_each_has_open(desk: Any, other: Any, running_demo: Demo) -> None:
    sign_in(desk, running_demo.url, people(running_demo)[0])
    incident_id = post_incident(running_demo.url, unique("seen"))
    for page in (desk, other):
        page.wait_for_selector(ROW.format(incident_id))
    other.evaluate("(id) => hexwatch.desk.store.select(id)", incident_id)
    looks = desk.locator(f"{ROW.format(incident_id)} .queue-looks:not(:empty)")
    looks.wait_for()
    assert people(running_demo)[-1][0] in (looks.get_attribute("title") or "")


def test_a_cut_off_desk_keeps_its_picture_says_since_when_and_comes_back(desk: Any, running_demo: Demo) -> None:
    line = Line(desk)
    sign_in(desk, running_demo.url, people(running_demo)[0])
    line.is_cut = True
    bar = desk.locator("[data-part=cut]")
    bar.wait_for()
    assert "Cut off since" in bar.inner_text()
    rows = desk.evaluate(ROWS)
    assert rows
    meanwhile = post_incident(running_demo.url, unique("meanwhile"))
    wait_until(lambda: incident(running_demo.url, meanwhile).get("status") == "open", 20, "the city goes on")
    assert set(desk.evaluate(ROWS)) == set(rows), "what is cut off knows nothing new"
    assert desk.locator("[data-part=queue-age]").inner_text() == "stale"
    line.is_cut = False
    bar.wait_for(state="hidden")
    desk.wait_for_selector(ROW.format(meanwhile))


def test_a_stranger_signs_in_first_and_who_may_not_read_incidents_is_told_so(page: Any, running_demo: Demo) -> None:
    page.goto(f"{running_demo.url}/dispatch")
    assert page.url.startswith(f"{running_demo.url}/signin"), page.url
    [(name, password)] = people(running_demo, "viewer")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.get_by_text("This page is for dispatchers").wait_for()
    assert page.locator("#dispatch-page").count() == 0


def test_the_address_opens_the_incident_that_it_names(desk: Any, running_demo: Demo) -> None:
    incident_id = post_incident(running_demo.url, unique("linked"))
    sign_in(desk, running_demo.url, people(running_demo)[0])
    desk.goto(f"{running_demo.url}/dispatch?incident={incident_id}")
    desk.wait_for_function(READY)
    settle(desk)
    desk.wait_for_function(
        "(id) => document.querySelector('[data-part=incident-title]').textContent.includes(id)", arg=incident_id
    )


@pytest.mark.parametrize("lang", ["en", "zh_CN", "ar"])
def test_axe_finds_nothing_serious(desk: Any, running_demo: Demo, lang: str) -> None:
    from tests.browser.test_wall_axe import grave_findings

    sign_in(desk, running_demo.url, people(running_demo)[0], f"?lang={lang}")
    incident_id = post_incident(running_demo.url, unique("axe"))
    desk.wait_for_selector(ROW.format(incident_id))
    desk.evaluate("(id) => hexwatch.desk.store.select(id)", incident_id)
    desk.wait_for_function(HAS_RECOMMENDATION, arg=incident_id)
    assert grave_findings(desk) == []
    desk.keyboard.press("?")
    desk.locator("[data-part=desk-keys]").wait_for()
    assert grave_findings(desk) == []
