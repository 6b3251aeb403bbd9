"""How the wall fits: nothing cut, nothing below the legible size, panels that leave instead of shrinking."""

from __future__ import annotations

from typing import Any

import pytest

from layouts.scale import Viewing, parts_shown, room, smallest_font_px
from tests.browser.staged import FULL, Staged
from tests.browser.test_wall_live import READY
from tests.browser.waits import becomes

pytestmark = pytest.mark.browser

FULL_HD = {"width": 1920, "height": 1080}
FOUR_K = {"width": 3840, "height": 2160}
DESK = {"width": 1366, "height": 768}

# Every visible element that holds text of its own, with its font size and whether its text is cut. The story bar
# belongs to the demonstration and is for who stands at the screen.
TEXTS = """() => [...document.querySelectorAll(".wall *")].filter((node) => {
  const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
  return own && !node.closest(".story") && node.checkVisibility() && node.getBoundingClientRect().width > 0;
}).map((node) => {
  const style = getComputedStyle(node), box = node.getBoundingClientRect();
  return { text: node.textContent.trim().slice(0, 40), px: parseFloat(style.fontSize), what: node.className,
    outside: box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1 };
})"""
SEEN = f"() => ({TEXTS})().length"
OUTSIDE = f"() => ({TEXTS})().filter((one) => one.outside)"
SMALLER = f"(px) => ({TEXTS})().filter((one) => one.px < px - 0.1)"
CUT_FIGURES = """() => [...document.querySelectorAll(".tile-figure")].filter((n) => n.checkVisibility())
  .filter((n) => n.scrollWidth > n.clientWidth + 1).map((n) => n.textContent)"""
HIDDEN_PARTS = (
    """() => [...new Set([...document.querySelectorAll("[data-rank].left-out")].map((n) => n.dataset.rank))].sort()"""
)


def open_wall(page: Any, base: str, size: dict[str, int], query: str) -> Any:
    page.set_viewport_size(size)
    page.goto(f"{base}/wall{query}")
    page.wait_for_function(READY)
    return page


SIZES = {"1080p": FULL_HD, "4K": FOUR_K, "desk": DESK}
SELDOM = {("4K", "en"), ("4K", "zh"), ("desk", "en"), ("desk", "ar")}  # much the same as their neighbours


@pytest.mark.parametrize(
    ("size", "lang"),
    [
        pytest.param(size, lang, id=f"{name}-{lang}", marks=[pytest.mark.thorough] * ((name, lang) in SELDOM))
        for name, size in SIZES.items()
        for lang in ("en", "zh", "ar")
    ],
)
def test_everything_fits_at_every_size_and_in_every_language(
    page: Any, live_demo: str, size: dict[str, int], lang: str
) -> None:
    open_wall(page, live_demo, size, f"?lang={lang}")
    page.wait_for_function(f"() => ({SEEN})() > 30")
    becomes(page, SMALLER, [], size["height"] * 0.02)
    becomes(page, OUTSIDE, [])
    becomes(page, CUT_FIGURES, [])
    overflow = (
        "() => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    )
    becomes(page, overflow, [0, 0])


@pytest.mark.parametrize("distance_m", [3, pytest.param(4, marks=pytest.mark.thorough), 5, 8])
def test_type_is_legible_at_the_stated_distance_and_what_does_not_fit_leaves(
    page: Any, live_demo: str, distance_m: float
) -> None:
    open_wall(page, live_demo, FULL_HD, f"?distance_m={distance_m}&pitch_mm=0.63")
    becomes(page, SMALLER, [], smallest_font_px(distance_m, 0.63))
    becomes(page, CUT_FIGURES, [])
    becomes(page, OUTSIDE, [])
    viewing = Viewing(distance_m, 0.63)
    shown = set(parts_shown(1920, 1080, viewing))
    assert not shown & set(page.evaluate(HIDDEN_PARTS))
    assert page.evaluate("() => document.querySelector('.wall').dataset.room") == room(1920, 1080, viewing)


def test_both_wall_sizes_look_the_same(page: Any, live_demo: str) -> None:
    Staged(page, FULL)

    def shares(size: dict[str, int]) -> list[float]:
        open_wall(page, live_demo, size, "")
        boxes = [page.locator(s).bounding_box() for s in (".map-panel", ".tile-open", ".curve-panel", ".strip")]
        return [round(b[side] / size[of], 2) for b in boxes for side, of in (("width", "width"), ("height", "height"))]

    assert shares(FULL_HD) == pytest.approx(shares(FOUR_K), abs=0.011)


def test_the_keyboard_reaches_the_switches_and_shows_where_it_is(page: Any, live_demo: str) -> None:
    Staged(
        page, {"attention": {}}
    )  # each sentence of the strip may be reached, too: of a live city there are any number
    open_wall(page, live_demo, FULL_HD, "")
    reached: list[str] = []
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.id || document.activeElement.dataset.act || ''"))
    assert {"map-measure", "map-category", "refit"} <= set(reached)
    page.locator('[data-act="refit"]').focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
