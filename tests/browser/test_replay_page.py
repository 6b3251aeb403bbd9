"""The page of the past in a browser: it shows what the archive tells, moves when told, and is nowhere live."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from dashboard.access_keys import new_key
from tests.browser.waits import becomes
from tests.replaying.test_past_pictures import Recorded
from tests.support.processes import START_S, System, running

pytestmark = pytest.mark.browser

READY_MS = 90_000
SHOWN = "(at) => window.hexwatch?.wall?.replay?.shown === Date.parse(at) && !document.querySelector('.wall.waiting')"
AT_OF = "() => Date.parse(new URL(location.href).searchParams.get('at'))"
# The server is busy now, and the page asks again: a browser notes it all the same.
PASSING = re.compile(r"status of (429|503|504)")
OPEN = '[data-figure="cases.open"]'


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, datetime]]:
    """Four hours of a small city in an archive, a web process and a replayer, and an instant between."""
    folder = tmp_path_factory.mktemp("replay-page")
    with running(folder, OPEN_WALL="yes", ARCHIVE_FOLDER=str(folder / "archive")) as system:
        web, _ = system.add("web", "serve"), system.add("replayer", "replayer")
        recorded = Recorded(system.client, folder / "archive", steps=28, step_m=9, is_busy=True)
        system.until(system.web_answers, START_S, "the web answers", web)
        yield system, list(recorded.pictures)[5]


def text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def past(browser: Browser, city: tuple[System, datetime]) -> Iterator[Any]:
    """The page at an instant that can be shown, with what it connected to."""
    system, instant = city
    at = text(instant)
    page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
    page.set_default_timeout(60_000)
    page.sockets = []
    page.on("websocket", lambda socket: page.sockets.append(socket.url))
    page.goto(f"{system.base}/replay?at={at}&lang=en")
    page.wait_for_function(SHOWN, arg=at, timeout=READY_MS)
    page.at, page.base = at, system.base
    yield page
    page.context.close()


def go_back(page: Any) -> None:
    """To the instant of the fixture, wherever another test went."""
    page.evaluate("(at) => { hexwatch.wall.replay.play(false); hexwatch.wall.replay.go(Date.parse(at)); }", page.at)
    page.wait_for_function(SHOWN, arg=page.at)


def test_it_shows_the_picture_of_its_address_and_holds_no_connection(past: Any) -> None:
    go_back(past)
    asked = {"at": past.at, "topics": ["figures", "clock"]}
    topics = httpx.get(f"{past.base}/replay/snapshot", params=asked, timeout=20).json()["topics"]
    becomes(past, "() => hexwatch.live.picture.topic('figures').get('cases.open')", topics["figures"]["cases.open"])
    painted = "([place, text]) => document.querySelector(place).textContent === text"
    past.wait_for_function(painted, arg=[OPEN, str(topics["figures"]["cases.open"])])
    assert topics["clock"]["now"] == past.at
    assert past.sockets == []


def test_nobody_takes_it_for_the_live_wall(past: Any) -> None:
    assert past.locator(".replay-badge").inner_text() == "REPLAY"
    assert past.locator(".replay-badge").is_visible()
    frame = past.evaluate("getComputedStyle(document.querySelector('.wall.replay'), '::after').borderImageSource")
    assert "repeating-linear-gradient" in frame
    assert not past.locator(".sources").is_visible()
    assert past.locator("[data-story]").count() == 0
    assert past.locator('[data-part="to-live"]').get_attribute("href").startswith("/wall")


def test_it_plays_stops_and_steps_and_the_address_follows(past: Any) -> None:
    go_back(past)
    past.keyboard.press(" ")
    past.wait_for_function("(at) => hexwatch.wall.replay.shown > Date.parse(at)", arg=past.at)
    past.keyboard.press(" ")
    expect(past.locator("[data-replay=play]")).to_have_attribute("aria-pressed", "false")
    past.wait_for_function(f"(at) => ({AT_OF})() > Date.parse(at)", arg=past.at)
    go_back(past)
    before = past.evaluate("hexwatch.wall.replay.first")
    past.keyboard.press("ArrowLeft")
    minute_before = datetime.fromisoformat(past.at).timestamp() * 1000 - 60_000
    past.wait_for_function("(at) => hexwatch.wall.replay.shown === at", arg=max(before, minute_before))
    becomes(past, AT_OF, max(before, minute_before))


DESK_SHOWN = (
    """(at) => window.hexwatch?.desk?.replay?.shown === Date.parse(at) && !document.querySelector('.desk.waiting')"""
)


@pytest.fixture(scope="module")
def desk(browser: Browser, city: tuple[System, datetime]) -> Iterator[Callable[[str], Any]]:
    """Opens a desk of the past as a dispatcher; `errors` is what its console complained of, `posts` what it sent."""
    system, instant = city
    key = new_key(system.client, system.keys, "a desk", "dispatcher")
    context = browser.new_context(viewport={"width": 1366, "height": 768}, extra_http_headers={"X-API-Key": key})

    def opened(view: str) -> Any:
        def complain(said: Any) -> None:
            if said.type == "error" and not PASSING.search(said.text):
                page.errors.append(said.text)

        page = context.new_page()
        page.set_default_timeout(60_000)
        page.errors, page.sockets, page.posts, page.at = [], [], [], text(instant)
        page.on("console", complain)
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("websocket", lambda socket: page.sockets.append(socket.url))
        page.on("request", lambda sent: page.posts.append(sent.url) if sent.method == "POST" else None)
        page.goto(f"{system.base}/replay?view={view}&at={page.at}&lang=en")
        page.wait_for_function(DESK_SHOWN, arg=page.at, timeout=READY_MS)
        return page

    yield opened
    context.close()


def answer(page: Any, path: str) -> dict[str, Any]:
    """What the server tells the page."""
    found: dict[str, Any] = page.evaluate("(path) => fetch(path).then((answer) => answer.json())", path)
    return found


def snapshot(page: Any, topic: str) -> dict[str, Any]:
    """A topic at the page's instant."""
    return dict(answer(page, f"/replay/snapshot?at={page.at}&topics={topic}")["topics"][topic])


def acts_of(page: Any) -> list[str]:
    """Requests, not Dash's own callbacks."""
    return [url for url in page.posts if "/_dash-" not in url]


def test_the_dispatch_desk_of_the_past_shows_its_queue_and_does_nothing(desk: Callable[[str], Any]) -> None:
    page = desk("dispatch")
    queue = snapshot(page, "queue")
    assert queue
    becomes(page, "() => hexwatch.desk.store.topic('queue').size", len(queue))
    assert page.locator(".replay-badge").is_visible()
    chosen = next(iter(queue))
    page.evaluate("(id) => hexwatch.desk.store.select(id)", chosen)
    page.wait_for_function("document.querySelectorAll('[data-part=timeline] li:not(.skeleton) time').length > 0")
    asked = page.evaluate("(id) => hexwatch.desk.ask('note', { incident_id: id, text: 'x' })", chosen)
    assert asked["state"] == "denied"
    page.wait_for_function("document.querySelector('.ask-reason')?.textContent.startsWith('This is the past')")
    for hidden in (".rec-acts", "[data-part=note-button]", "[data-alarm=ack]"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert (acts_of(page), page.sockets, page.errors) == ([], [], [])
    page.locator("[data-replay-view=hotline]").click()
    expect(page.locator(".desk.hotline.replay")).to_have_count(1, timeout=READY_MS)
    page.wait_for_function(DESK_SHOWN, arg=page.at, timeout=READY_MS)
    page.close()


def test_the_hotline_desk_of_the_past_shows_the_lists_of_then(desk: Callable[[str], Any]) -> None:
    page = desk("hotline")
    open_then = snapshot(page, "figures")["cases.open"]
    page.wait_for_function(
        "(n) => document.querySelector('[data-worklist=open] b').textContent === String(n)", arg=open_then
    )
    page.locator("[data-worklist=open]").click()
    page.wait_for_function("(n) => hexwatch.desk.grid.total === n", arg=open_then)
    [row] = answer(page, f"/replay/cases/rows?at={page.at}&list=open&end=1")["rows"]
    page.evaluate("(id) => hexwatch.desk.openCase(id)", row["case_id"])
    page.wait_for_function("document.querySelectorAll('[data-part=case-timeline] li').length > 0")
    assert "Not known of the past" in page.evaluate("hexwatch.hotline.trouble(410)")
    for hidden in ("[data-export]", "[data-part=case-reveal]", "[data-part=search-button]"):
        assert not page.locator(hidden).first.is_visible(), hidden
    before = page.evaluate("hexwatch.desk.replay.shown")
    page.evaluate("hexwatch.desk.replay.hasten(60); hexwatch.desk.replay.play(true)")
    page.wait_for_function("(before) => hexwatch.desk.replay.shown > before", arg=before)
    page.evaluate("hexwatch.desk.replay.play(false)")
    assert (acts_of(page), page.sockets, page.errors) == ([], [], [])
    page.close()
