"""Scenes take their turns, stand still for a priority-1 incident and say why; keys choose and hold them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.browser.scripts import load_scripts
from tests.browser.staged import Staged, receive
from tests.browser.test_wall_live import open_wall

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

PLAY = """([scenes, everyMs, steps]) => {
  const turns = new hexwatch.Turns(scenes, everyMs, 0);
  return steps.map(([now, verb, value]) => {
    if (verb === "pause") turns.pause(now);
    if (verb === "choose") turns.choose(value, now);
    return Object.values(turns.at(now, verb === "urgent")).join();
  });
}"""
SCENE = "() => document.querySelector('.wall').dataset.scene"


def play(page: Any, scenes: list[str], *steps: tuple[Any, ...]) -> list[str]:
    return load_scripts(page).evaluate(PLAY, [scenes, 30_000, [list(step) for step in steps]])


def test_each_scene_stays_its_time_and_the_first_follows_the_last(page: Any) -> None:
    times = [(0,), (29_999,), (30_000,), (60_000,), (90_000,)]
    assert play(page, ["map", "hotline", "emergency"], *times) == ["map,", "map,", "hotline,", "emergency,", "map,"]


def test_a_priority_1_incident_stops_the_turns_and_afterwards_they_go_on_where_they_were(page: Any) -> None:
    steps = [(0,), (35_000,), (40_000, "urgent"), (400_000, "urgent"), (401_000,), (430_999,), (431_000,)]
    assert play(page, ["map", "hotline"], *steps) == [
        *("map,", "hotline,", "emergency,urgent", "emergency,urgent", "hotline,", "hotline,", "map,"),
    ]


def test_held_scenes_stay_until_they_go_on(page: Any) -> None:
    steps = [(0,), (10_000, "pause"), (300_000,), (310_000, "pause"), (339_999,), (340_000,)]
    expected = ["map,", "map,paused", "map,paused", "map,", "map,", "hotline,"]
    assert play(page, ["map", "hotline"], *steps) == expected


def test_even_a_held_wall_shows_the_emergency(page: Any) -> None:
    steps = [(0, "pause"), (1, "urgent"), (2,)]
    assert play(page, ["hotline"], *steps) == ["hotline,paused", "emergency,urgent", "hotline,paused"]


def test_who_chooses_another_scene_in_an_emergency_sees_it_for_a_minute(page: Any) -> None:
    steps = [(0, "urgent"), (10_000, "choose", "hotline"), (69_999, "urgent"), (70_000, "urgent")]
    shown = play(page, ["map"], *steps)
    assert shown == ["emergency,urgent", "hotline,paused", "hotline,paused", "emergency,urgent"]


def test_a_wall_without_scenes_never_changes(page: Any) -> None:
    assert play(page, [], (0,), (99_000, "urgent"), (1e9,)) == [",", ",", ","]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_an_urgent_moment_shows_the_emergency_and_a_calm_one_a_chosen_scene(
    page: Any, seed: int
) -> None:
    rng, now, steps = random.Random(seed), 0.0, []
    for _ in range(60):
        now += rng.choice([1, 400, 29_000, 90_000])
        steps.append((now, rng.choice(["", "", "urgent", "pause"])))
    for (_, verb), shown in zip(steps, play(page, ["map", "hotline"], *steps), strict=True):
        assert shown == "emergency,urgent" if verb == "urgent" else shown.split(",")[0] in {"map", "hotline"}


def test_the_wall_turns_and_stands_still_for_a_priority_1_incident_and_says_why(page: Any, live_demo: str) -> None:
    Staged(page, **{"incidents.by_priority.1": 0})
    open_wall(page, live_demo, "?scenes=map,hotline&every=5")
    assert page.evaluate(SCENE) == "map"
    page.wait_for_function(f"() => ({SCENE})() === 'hotline'")
    receive(page, figures={"set": {"incidents.by_priority.1": 1}})
    assert page.evaluate(SCENE) == "emergency"
    said = page.locator('[data-part="scene"]').inner_text()
    assert said == "Emergency: stays while an incident of priority 1 is open"
    page.locator(".incident-list").wait_for()
    receive(page, figures={"set": {"incidents.by_priority.1": 0}})
    page.wait_for_function(f"() => ({SCENE})() === 'hotline'")


def test_keys_choose_hold_and_leave_the_scenes(page: Any, live_demo: str) -> None:
    Staged(page, **{"incidents.by_priority.1": 0})
    open_wall(page, live_demo)
    shown = []
    for key in "1203":
        page.keyboard.press(key)
        shown.append(page.evaluate(SCENE))
    assert shown == ["map", "hotline", "", "emergency"]
    assert page.locator('[data-part="scene"]').inner_text() == "Emergency: held"
    page.keyboard.press("p")
    assert page.locator('[data-part="scene"]').inner_text() == "Emergency"


@pytest.mark.parametrize(
    ("scene", "shown", "gone"),
    [
        ("map", [".tile-today", ".map-panel"], [".channels", ".rankings", ".curve-panel", ".incident-list"]),
        ("hotline", [".channels", ".rankings", ".curve-panel", ".map-panel"], [".incident-list"]),
        ("emergency", [".incident-list", ".duty", ".map-panel"], [".channels", ".rankings", ".tiles"]),
    ],
)
def test_a_scene_leaves_out_what_is_not_its_subject(
    page: Any, live_demo: str, scene: str, shown: list[str], gone: list[str]
) -> None:
    Staged(page, **{"incidents.by_priority.1": 0})
    open_wall(page, live_demo, f"?scenes={scene}")
    assert [part for part in shown if not page.locator(part).first.is_visible()] == []
    assert [part for part in gone if page.locator(part).first.is_visible()] == []
