"""The channel board: who waits, how long, and how soon calls are answered, with the variant named."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from layouts.texts import LANGUAGES
from layouts.wall.names import CHANNELS
from layouts.wall.words import words_for_scripts
from tests.browser.scripts import load_scripts
from tests.browser.staged import FIGURES, HOTLINE, Staged, receive
from tests.browser.test_wall_live import open_wall

pytestmark = pytest.mark.browser

ROWS = """() => [...document.querySelectorAll('[data-part="channel-rows"] tr')]
  .map((row) => row.innerText.split(/\\s*\\t\\s*/))"""
ROW = """([words, tag, channel, now]) => {
  const speech = new hexwatch.Speech(words, tag, "Asia/Shanghai", {});
  return hexwatch.channelRow("phone", channel, { now: Date.parse(now) }, speech);
}"""
NOW = "2026-11-23T10:05:00Z"


def row(page: Any, **channel: Any) -> dict[str, Any]:
    english = LANGUAGES["en"]
    return load_scripts(page).evaluate(ROW, [words_for_scripts(english), english.tag, channel, NOW])


@pytest.mark.parametrize(
    ("n", "of", "said", "missed"),
    [(0, 0, "–", False), (5, 7, "5 of 7", False), (19, 20, "95% of 20", False), (18, 20, "90% of 20", True)],
)
def test_a_service_level_is_a_share_only_from_twenty_calls_on(
    page: Any, n: int, of: int, said: str, missed: bool
) -> None:
    shown = row(page, waiting=0, service_level={"n": n, "of": of, "threshold_s": 15, "goal": 0.95})
    assert (shown["level"], shown["missed"]) == (said, missed)


@pytest.mark.parametrize(("since", "said", "late"), [("10:04:50", "10 s", False), ("10:03:00", "2 min", True)])
def test_the_longest_wait_counts_from_the_oldest_caller(page: Any, since: str, said: str, late: bool) -> None:
    level = {"n": 1, "of": 1, "threshold_s": 15, "goal": 0.95}
    shown = row(page, waiting=2, waiting_since=f"2026-11-23T{since}Z", service_level=level)
    assert (shown["longest"], shown["late"]) == (said, late)


def test_nobody_waiting_is_no_wait_of_zero(page: Any) -> None:
    assert row(page, waiting=0, waiting_since=None)["longest"] == "–"


def test_the_board_lists_channels_in_a_fixed_order_and_names_the_variant(page: Any, live_demo: str) -> None:
    Staged(page, **FIGURES)
    open_wall(page, live_demo)
    rows = page.evaluate(ROWS)
    assert [cells[0] for cells in rows] == [name for id_, name in CHANNELS.items() if id_ in HOTLINE]
    assert rows[0][1] == "12"
    assert rows[0][2].startswith("▲"), "a wait beyond the threshold has a sign, not only a colour"
    assert rows[0][3] == "▼\u200991% of 340"
    assert rows[0][4] == "98% of 13,210"
    variant = page.locator('[data-part="channel-variant"]').inner_text()
    assert variant == "answered ≤15 s / (answered + abandoned >15 s)"
    others = page.locator('[data-part="channel-others"]').inner_text()
    assert "WeChat" in others
    assert "Phone" not in others
    assert page.locator('[data-part="agents"] li').count() == 5


def test_the_wait_ticks_with_the_citys_clock_and_ends_when_the_last_caller_is_answered(
    page: Any, live_demo: str
) -> None:
    Staged(page, **FIGURES)
    open_wall(page, live_demo)
    longest = page.locator(".calls td.longest").first
    before = longest.inner_text()
    assert before.startswith("▲")
    page.wait_for_function("(before) => document.querySelector('.calls td.longest').textContent !== before", arg=before)
    assert longest.inner_text().startswith("▲")
    receive(page, channels={"set": {"phone": HOTLINE["phone"] | {"waiting": 0, "waiting_since": None}}})
    expect(longest).to_have_text("–")


def test_without_calls_the_board_shows_the_cases_of_each_channel(page: Any, live_demo: str) -> None:
    Staged(page, {"channels": {}, "agents": {}}, **FIGURES)
    open_wall(page, live_demo)
    assert not page.locator(".calls").is_visible()
    assert "Phone" in page.locator('[data-part="channel-others"]').inner_text()
    assert not page.locator('[data-part="agents-line"]').is_visible()


def test_changes_stand_beside_the_ranks_and_an_arrow_only_where_the_day_is_unusual(page: Any, live_demo: str) -> None:
    Staged(page)
    open_wall(page, live_demo)
    figures = {
        **{"cases.by_area.A": 99_000, "yesterday.by_area.A": 90_000, "usual.by_area.A": "above"},
        **{"cases.by_area.B": 98_000, "yesterday.by_area.B": 49_000},
        **{"cases.by_area.C": 97_000, "yesterday.by_area.C": 7, "usual.by_area.C": "below"},
    }
    receive(page, figures={"set": figures})
    cells = page.locator('[data-part="rank-areas"] td.change')
    expect(cells.first).to_contain_text("+10%")
    shown = [cells.nth(i).locator(".sign, .by").all_inner_texts() for i in range(3)]
    plain = [[text.strip("\u2066\u2069") for text in pair] for pair in shown]
    assert plain == [["▲", "+10%"], ["", "+100%"], ["▼", "+96,993"]]
