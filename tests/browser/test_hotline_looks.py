"""What the hotline desk looks like with half a million cases: on its smallest screen, mirrored, empty, cut off."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.hotlines import ROW, TOTAL, StagedHotline, now_of, sign_in
from tests.browser.test_dispatch_looks import BOX, CUT, SMALLEST
from tests.browser.test_wall_live import Line
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

FIRST = "C-000000"


@pytest.fixture
def staged(page: Any, running_demo: Demo) -> Any:
    """The page, not signed in yet, with everything staged."""
    page.set_viewport_size(SMALLEST)
    page.staged = StagedHotline(page, now_of(running_demo.url))
    return page


def opened(page: Any, case_id: str = FIRST) -> Any:
    page.evaluate("(id) => hexwatch.desk.openCase(id)", case_id)
    page.wait_for_function("() => hexwatch.desk.case.history && hexwatch.desk.similar.rows.length")
    return page


@pytest.mark.parametrize("lang", ["en", "zh_CN", "ar"])
def test_nothing_essential_is_below_the_fold_of_the_smallest_screen(staged: Any, running_demo: Demo, lang: str) -> None:
    sign_in(staged, running_demo, query=f"?lang={lang}")
    staged.locator(ROW.format(FIRST)).wait_for()
    opened(staged)
    size = staged.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert size == [SMALLEST["width"], SMALLEST["height"]], "the page scrolls"
    for part in ("channel-cards", "hotlinemap", "case-acts", "case-clock", "worklist-box", "hints", "time"):
        box = staged.evaluate(BOX, f"[data-part={part}]")
        assert box["bottom"] <= SMALLEST["height"], f"{part} is below the fold"
        assert box["width"] > 0
        assert box["left"] >= 0
        assert box["right"] <= SMALLEST["width"], f"{part} is outside"
    assert staged.evaluate(CUT, ".desk-header > *, .list-foot *, .case-head *, .tabs *") == []


def test_arabic_mirrors_the_columns_but_neither_the_map_nor_the_clock(staged: Any, running_demo: Demo) -> None:
    sign_in(staged, running_demo, query="?lang=ar")
    channels, lists = (staged.evaluate(BOX, f"[data-panel-name={name}]") for name in ("channels", "lists"))
    assert channels["left"] > lists["left"]
    direction = "(selector) => getComputedStyle(document.querySelector(selector)).direction"
    assert staged.evaluate(direction, "[data-part=time]") == "ltr"
    assert staged.evaluate(direction, ".leaflet-container") == "ltr"
    assert staged.evaluate(direction, ".worklist-grid .ag-row") == "rtl"


def test_half_a_million_rows_are_reached_without_loading_them(staged: Any, running_demo: Demo) -> None:
    sign_in(staged, running_demo, query="?list=open")
    staged.locator(ROW.format(FIRST)).wait_for()
    staged.evaluate("(n) => hexwatch.desk.grid.api.ensureIndexVisible(n)", TOTAL - 1)
    staged.locator(ROW.format(f"C-{TOTAL - 1:06d}")).wait_for()
    assert len([one for one in staged.staged.asked if one["list"] == "open"]) < 20
    height = staged.locator(".worklist-grid .ag-row").first.bounding_box()["height"]
    assert height == 28


def test_keys_walk_the_list_and_the_open_case_follows(staged: Any, running_demo: Demo) -> None:
    sign_in(staged, running_demo)
    staged.locator(ROW.format(FIRST)).wait_for()
    staged.keyboard.press("j")
    staged.keyboard.press("Enter")
    staged.wait_for_function("() => hexwatch.desk.store.selected() === 'C-000000'")
    staged.keyboard.press("j")
    staged.keyboard.press("j")
    staged.keyboard.press("k")
    staged.wait_for_function("() => hexwatch.desk.store.selected() === 'C-000001'")
    staged.keyboard.press("Escape")
    assert staged.evaluate("() => hexwatch.desk.store.selected()") == ""


def test_a_cell_filters_the_list_and_its_chip_takes_the_filter_away(staged: Any, running_demo: Demo) -> None:
    sign_in(staged, running_demo)
    staged.wait_for_function("() => hexwatch.desk.map.cells.drawn?.cells > 0")
    view = "() => [hexwatch.desk.map.map.getCenter(), hexwatch.desk.map.map.getZoom()]"
    before = staged.evaluate(view)
    staged.evaluate("""() => {
      const { drawn } = hexwatch.desk.map.cells, number = drawn.counts.findIndex((n) => n > 0);
      hexwatch.desk.lists.choose({ cell: drawn.level.ids[number] });
    }""")
    chip = staged.locator("[data-part=chips] .chip")
    chip.wait_for()
    staged.wait_for_function("() => hexwatch.desk.grid.total === 37")
    assert staged.staged.asked[-1]["cell"]
    assert all(
        "cell=" in href
        for href in staged.evaluate("() => [...document.querySelectorAll('[data-export]')].map((a) => a.href)")
    )
    chip.click()
    staged.wait_for_function("() => hexwatch.desk.grid.total !== 37")
    assert staged.evaluate(view) == before, "the map moved"


def test_many_cases_are_previewed_before_anything_is_asked_for(staged: Any, running_demo: Demo) -> None:
    sign_in(staged, running_demo)
    staged.locator(ROW.format(FIRST)).wait_for()
    for _ in range(3):
        staged.keyboard.press("j")
        staged.keyboard.press("x")
    bar = staged.locator("[data-part=bulk-bar]")
    bar.wait_for()
    bar.get_by_role("button", name="Accept").click()
    rows = staged.locator(".bulk-row")
    assert [rows.nth(n).get_attribute("data-state") for n in range(3)] == ["out", "", "out"]
    assert staged.staged.sent == []
    staged.locator("[data-bulk=do]").click()
    staged.locator(".bulk-row[data-state=done]").wait_for()
    [sent] = staged.staged.sent
    assert (sent["verb"], sent["case_id"], sent["if_version"]) == ("accept_case", "C-000001", 1)


def test_many_cases_go_each_to_whom_the_catalogue_suggests(staged: Any, running_demo: Demo) -> None:
    sign_in(staged, running_demo)
    staged.locator(ROW.format(FIRST)).wait_for()
    for _ in range(2):
        staged.keyboard.press("j")
        staged.keyboard.press("x")
    staged.locator("[data-part=bulk-bar]").get_by_role("button", name="Dispatch").click()
    staged.locator(".bulk-row", has_text="Gas utility").first.wait_for()
    staged.locator("[data-bulk=do]").click()
    staged.locator(".bulk-row[data-state=done]").nth(1).wait_for()
    assert [(one["owner"], one["supporters"]) for one in staged.staged.sent] == [("gas", ["Chaoyang"])] * 2


def test_a_refusal_says_why(staged: Any, running_demo: Demo) -> None:
    sign_in(staged, running_demo)
    staged.staged.outcome = (409, {"outcome": "refused", "reason": "it was closed meanwhile", "detail": {}})
    opened(staged)
    staged.keyboard.press("d")
    staged.locator(".case-form .strong").click()
    refused = staged.locator('.ask[data-state="refused"]')
    refused.wait_for()
    assert "it was closed meanwhile" in refused.inner_text()
    assert FIRST in refused.inner_text()


def test_a_situation_is_merged_into_another_and_a_part_of_it_split_off(staged: Any, running_demo: Demo) -> None:
    sign_in(staged, running_demo)
    staged.locator("[data-tab=situations]").click()
    card = staged.locator("[data-situation=s1]")
    page = card.get_by_role("link", name="Governance case")
    expect(page).to_have_attribute("href", "/briefing/case/s1?lang=en")
    for button, field, chosen in (
        ("Merge into another", "into", "s2"),
        ("Split off a part", "situation_id", "s0"),
    ):
        card.get_by_role("button", name=button).click()
        form = staged.locator("[data-form=window]")
        form.locator(f'[data-name="{field}"]').select_option(chosen)
        form.locator('[data-name="reason"]').fill("one smell")
        form.locator("[data-form=do]").click()
        form.wait_for(state="hidden")
    assert not staged.locator("[data-situation=s2]").get_by_role("button", name="Split off a part").count()
    merged, split = staged.staged.sent
    said = [(one["verb"], one["situation_id"], one.get("into"), one.get("if_version")) for one in (merged, split)]
    assert said == [("merge_situations", "s1", "s2", 7), ("split_situation", "s0", None, None)]


def test_the_body_that_the_catalogue_names_is_suggested_first(staged: Any, running_demo: Demo) -> None:
    sign_in(staged, running_demo)
    opened(staged, "C-000002")
    staged.keyboard.press("d")
    first = staged.locator('.case-form [data-name="owner"] option').first
    assert "suggested" in first.inner_text()
    assert first.get_attribute("value") == staged.evaluate("() => hexwatch.desk.setup.owners.gas_smell")


def test_evidence_stands_side_by_side_and_what_says_the_opposite_is_not_merged(staged: Any, running_demo: Demo) -> None:
    sign_in(staged, running_demo)
    opened(staged)
    rows = staged.locator("[data-part=similar-rows] tr")
    assert "42 m" in rows.nth(0).inner_text().replace("\u2066", "").replace("\u2069", "")
    assert "83%" in rows.nth(0).inner_text()
    assert "the opposite is said" in rows.nth(1).inner_text()
    assert [rows.nth(n).get_by_role("button", name="Merge").is_visible() for n in range(2)] == [True, False]
    rows.nth(0).get_by_role("button", name="Compare").click()
    staged.locator("[data-part=compare] table").wait_for()


def test_a_matter_that_fits_shows_its_script_in_the_callers_language(staged: Any, running_demo: Demo) -> None:
    sign_in(staged, running_demo)
    opened(staged, "C-000025")  # heating in Chaoyang, said in English
    script = staged.locator("[data-part=case-matters] .script")
    script.wait_for()
    assert "Heating is being repaired" in script.inner_text()


def test_search_finds_by_the_last_digits_and_shows_who_calls(staged: Any, running_demo: Demo) -> None:
    sign_in(staged, running_demo)
    staged.keyboard.press("/")
    staged.keyboard.type("1234")
    staged.locator(".result").first.wait_for()
    staged.locator("[data-search=nuisance]", has_text="hoax calls").wait_for()
    assert "2 cases so far" in staged.locator("[data-search=caller-said]").inner_text()
    staged.keyboard.press("Enter")
    staged.wait_for_function("() => hexwatch.desk.store.selected() === 'C-000003'")


def test_the_ranking_names_its_rule_and_shows_ranks_as_ranges(staged: Any, running_demo: Demo) -> None:
    sign_in(staged, running_demo)
    staged.locator("[data-tab=ranking]").click()
    staged.locator("[data-part=ranking-rows] tr").first.wait_for()
    assert "2026.1" in staged.locator("[data-part=ranking-rule]").inner_text()
    first = staged.locator("[data-part=ranking-rows] tr").first.inner_text()
    assert "1–2" in first
    assert "93% of 340" in first
    assert "31 cases wait" in staged.locator("[data-part=ranking-foot]").inner_text()


def test_what_the_server_does_not_have_is_an_empty_state_and_not_a_broken_page(page: Any, running_demo: Demo) -> None:
    page.set_viewport_size(SMALLEST)
    StagedHotline(page, now_of(running_demo.url), without=("worklists", "cases/rows", "similar", "rankings", "search"))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(page, running_demo)
    page.locator("[data-part=worklist-empty]", has_text="does not have it yet").wait_for()
    assert "does not have it yet" in page.locator("[data-part=clusters-empty]").inner_text()
    page.locator("[data-tab=ranking]").click()
    page.locator("[data-part=ranking-empty]", has_text="does not have it yet").wait_for()
    assert errors == []


def test_a_cut_off_desk_keeps_its_picture_and_says_since_when(staged: Any, running_demo: Demo) -> None:
    line = Line(staged)
    sign_in(staged, running_demo)
    staged.wait_for_function("() => hexwatch.stats.framesReceived > 0")  # a greeting that is swallowed is no cut
    line.is_cut = True
    bar = staged.locator("[data-part=cut]")
    bar.wait_for()
    assert "Cut off since" in bar.inner_text()
    assert staged.locator("[data-part=worklist-age]").inner_text() == "stale"
    assert staged.locator(".channel-card").count() == 6
    line.is_cut = False
    bar.wait_for(state="hidden")


@pytest.mark.parametrize(("lang", "size"), [("en", SMALLEST), ("ar", {"width": 1920, "height": 1080})])
def test_axe_finds_nothing_serious_on_the_hotline(
    staged: Any, running_demo: Demo, lang: str, size: dict[str, int]
) -> None:
    from tests.browser.test_wall_axe import grave_findings

    staged.set_viewport_size(size)
    sign_in(staged, running_demo, query=f"?lang={lang}")
    opened(staged)
    assert grave_findings(staged) == []
    staged.keyboard.press("/")
    staged.locator("[data-search=window]").wait_for()
    assert grave_findings(staged) == []
