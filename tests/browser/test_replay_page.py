"""The page of the past in a browser: it shows what the archive tells, moves when told, and is nowhere live."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser

from tests.replaying.test_past_pictures import Recorded
from tests.support.processes import START_S, System, running

pytestmark = pytest.mark.browser

READY_MS = 40_000
SHOWN = "(at) => window.hexwatch?.wall?.replay?.shown === Date.parse(at) && !document.querySelector('.wall.waiting')"
OPEN = '[data-figure="cases.open"]'


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, datetime]]:
    """Four hours of a small city in an archive, a web process and a replayer, and an instant between."""
    folder = tmp_path_factory.mktemp("replay-page")
    with running(folder, OPEN_WALL="yes", ARCHIVE_FOLDER=str(folder / "archive")) as system:
        web, _ = system.add("web", "serve"), system.add("replayer", "replayer")
        recorded = Recorded(system.client, folder / "archive", steps=28, step_m=9)
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


def at_of(page: Any) -> str:
    return parse_qs(urlsplit(page.url).query)["at"][0]


def test_it_shows_the_picture_of_its_address_and_holds_no_connection(past: Any) -> None:
    go_back(past)
    asked = {"at": past.at, "topics": ["figures", "clock"]}
    topics = httpx.get(f"{past.base}/replay/snapshot", params=asked, timeout=20).json()["topics"]
    assert (
        past.evaluate("Number(hexwatch.live.picture.topic('figures').get('cases.open'))")
        == topics["figures"]["cases.open"]
    )
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
    assert past.locator("[data-replay=play]").get_attribute("aria-pressed") == "false"
    assert at_of(past) > past.at
    go_back(past)
    before = past.evaluate("hexwatch.wall.replay.first")
    past.keyboard.press("ArrowLeft")
    minute_before = datetime.fromisoformat(past.at).timestamp() * 1000 - 60_000
    past.wait_for_function("(at) => hexwatch.wall.replay.shown === at", arg=max(before, minute_before))
    assert datetime.fromisoformat(at_of(past)).timestamp() * 1000 == max(before, minute_before)
