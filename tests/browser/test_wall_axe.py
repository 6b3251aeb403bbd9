"""Accessibility of the wall by axe-core, and type by the legibility formula on computed styles."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from layouts.scale import smallest_font_px
from tests.browser.staged import FIGURES, Staged
from tests.browser.test_wall_live import open_wall
from tests.browser.test_wall_looks import FULL_HD, TEXTS

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

GRAVE = {"serious", "critical"}


def grave_findings(page: Any) -> list[str]:
    """`rule: element` for each finding that axe calls serious or critical."""
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['html'][:160]}" for v in found if v["impact"] in GRAVE for node in v["nodes"]]


@pytest.mark.parametrize("palette", ["dark", "night"])
@pytest.mark.parametrize("lang", ["en", "zh_CN", "ar"])
def test_axe_finds_nothing_serious(page: Any, live_demo: str, lang: str, palette: str) -> None:
    Staged(page, **FIGURES)
    open_wall(page, live_demo, f"?lang={lang}&palette={palette}")
    assert grave_findings(page) == []


@pytest.mark.parametrize("scene", ["map", "hotline", "emergency"])
def test_axe_finds_nothing_serious_in_any_scene(page: Any, live_demo: str, scene: str) -> None:
    Staged(page, **FIGURES)
    open_wall(page, live_demo, f"?scenes={scene}")
    assert grave_findings(page) == []


def test_axe_finds_nothing_serious_in_the_window_of_keys(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    page.keyboard.press("?")
    page.locator(".keys-window").wait_for()
    assert grave_findings(page) == []


def test_axe_would_find_something(page: Any, live_demo: str) -> None:
    open_wall(page, live_demo)
    page.evaluate("() => document.querySelector('[data-act=zoom-in]').removeAttribute('aria-label')")
    page.evaluate("() => { const b = document.querySelector('[data-act=zoom-in]'); b.textContent = ''; b.title = ''; }")
    assert any(found.startswith("button-name") for found in grave_findings(page))


@pytest.mark.parametrize("distance_m", [2, 3, 4, 5, 8])
@pytest.mark.parametrize("scene", ["", "map", "hotline", "emergency"])
def test_every_text_of_every_scene_is_legible_at_the_stated_distance_and_none_is_cut(
    page: Any, live_demo: str, distance_m: float, scene: str
) -> None:
    Staged(page, **FIGURES)
    page.set_viewport_size(FULL_HD)
    open_wall(page, live_demo, f"?distance={distance_m}&pitch=0.63&scenes={scene}")
    texts = page.evaluate(TEXTS)
    assert [t for t in texts if t["px"] < smallest_font_px(distance_m, 0.63) - 0.1] == []
    assert [t for t in texts if t["outside"]] == []
    overlaps = """() => {
      const seen = [...document.querySelectorAll(".wall-main > *, .side > *, .wall-header, .strip")];
      const shown = seen.filter((n) => n.checkVisibility() && n.className !== "side");
      const boxes = shown.map((n) => [n.className, n.getBoundingClientRect()]);
      const across = (a, b) => a.left < b.right - 1 && b.left < a.right - 1;
      const meet = (a, b) => across(a, b) && a.top < b.bottom - 1 && b.top < a.bottom - 1;
      return boxes.flatMap(([a, x], i) => boxes.slice(i + 1).filter(([, y]) => meet(x, y)).map(([b]) => `${a} / ${b}`));
    }"""
    assert page.evaluate(overlaps) == []
