"""The three minutes that convince, played by themselves before a real browser: a calm city, the smell of gas, a dead
engine that nobody misses for long, and the proof that nothing was lost or doubled.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo

FIRST_FRAME_MS = 30_000
GAS_MS = 75_000  # told from 0:20 on, the last of the four through Open311
KILL_MS = 60_000
BACK_MS = 15_000
COUNTED_MS = 20_000


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path / "city", "--scene", "quiet", "--autoplay", warnings="yes").start()
    yield demo
    demo.stop()


@pytest.mark.thorough
@pytest.mark.timeout(300)
def test_the_story_plays_itself(story: Demo, page: Page) -> None:
    page.goto(f"{story.url}/wall")
    strip = page.locator("[data-part=strip]")
    # 0:00 a full wall, and nothing needs a decision
    expect(strip).to_contain_text("Nothing needs a decision", timeout=FIRST_FRAME_MS)
    picture = story.get("/api/v1/picture").json()
    assert picture["clock"]["mode"] == "simulation"
    assert datetime.fromisoformat(picture["clock"]["now"]).weekday() < 5
    assert picture["cases"]["received_today"] > 40_000
    assert picture["cases"]["open"] > 30_000
    assert picture["units"]["total"] > 400
    assert page.evaluate("hexwatch.map.cells.drawn.occupied.length ?? hexwatch.map.cells.drawn.occupied") > 100
    # 0:20 the gas calls appear, and the strip says how many where how few were to be expected, and whose it is
    expect(strip).to_contain_text("Gas smell, Chaoyang: 4", timeout=GAS_MS)
    expect(strip).to_contain_text("Gas utility")
    items = story.get("/api/v1/picture").json()["attention"]
    (gas,) = [item for item in items if item["kind"] in ("warning", "cluster") and item["category"] == "gas_smell"]
    assert gas["n"] == 4
    assert gas["expected"] < 0.5
    # and early warning, which learnt while the city's past was written, says so, too
    page.wait_for_function(
        "fetch('/story').then((r) => r.json()).then((s) => Boolean(s.stops.warning && s.stops.calls))", timeout=GAS_MS
    )
    # 1:15 the engine is killed; the page says so, keeps the last picture, and comes back by itself
    cut = page.locator("[data-part=cut]")
    expect(page.locator("[data-part=story-proof]")).to_contain_text("counted")
    before = story.get("/story").json()["killed_at"]
    assert before is None
    page.wait_for_function("fetch('/story').then((r) => r.json()).then((s) => Boolean(s.killed_at))", timeout=KILL_MS)
    expect(cut).to_be_hidden(timeout=BACK_MS)
    seq = story.get("/api/v1/picture").json()["seq"]
    page.wait_for_function("(seq) => hexwatch.live.picture.seq > seq", arg=seq, timeout=BACK_MS)
    # and every case that was sent was counted once
    page.wait_for_function(
        "fetch('/story').then((r) => r.json()).then((s) => s.proof.sent === s.proof.counted && s.proof.sent > 0)",
        timeout=COUNTED_MS,
    )
    expect(page.locator("[data-part=story-proof].equal")).to_be_visible(timeout=COUNTED_MS)
