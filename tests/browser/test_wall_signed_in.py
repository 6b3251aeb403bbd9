"""The same wall for someone who signed in: a click opens exactly the cases that the cell counts."""

from __future__ import annotations

from typing import Any

from tests.browser.desks import pass_the_door
from tests.browser.test_wall_live import FULLEST_CELL, open_wall

COUNT_OF = "(id) => { const { level, counts } = hexwatch.map.cells.drawn; return counts[level.ids.indexOf(id)]; }"


def sign_in(page: Any, base: str) -> None:
    pass_the_door(page, base, None, "/wall")
    page.wait_for_function("() => window.hexwatch?.stats?.framesApplied > 0")


def test_a_wrong_key_is_refused_in_words(page: Any, live_demo: str) -> None:
    page.goto(f"{live_demo}/signin?lang=zh_CN")
    page.fill("input[name=key]", "hx_wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert "无法识别此密钥" in page.get_by_role("alert").inner_text()


def test_a_click_lists_as_many_cases_as_the_cell_counts(page: Any, live_demo: str) -> None:
    sign_in(page, live_demo)
    open_wall(page, live_demo, "?measure=due_4h")
    page.wait_for_function("() => hexwatch.map.cells.counts.total() > 0")
    page.wait_for_function("() => hexwatch.map.cells.counts.reach <= hexwatch.map.grid.size")
    page.evaluate("() => hexwatch.map.cells._place()")
    cell = page.evaluate(FULLEST_CELL)
    page.mouse.click(cell["x"], cell["y"])
    rows = page.locator("#cases-list tbody tr")
    rows.first.wait_for()
    listed, counted = rows.count(), [cell["n"], page.evaluate(COUNT_OF, cell["cell"])]
    # The fullest cell lies under the mark of an incident as a rule; that must not be in the way.
    # The city lives on while the list is read: one more or less is the city, not the wall.
    assert min(counted) - 1 <= listed <= max(counted) + 1
