"""The hotline's page for the people of a single body: its cases and the opened one, and nothing of the floor."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layouts.context import Viewer
from layouts.hotline.words import LIST_NAMES, OWN_LISTS
from layouts.pages.dispatch import desk_options
from layouts.pages.hotline import OWN_TOPICS, hotline, setup
from layouts.replay.past import onlooker
from layouts.shell import PAGES
from tests.layouts.pages import small_context
from tests.layouts.test_hotline_layout import text_of

GAS = Viewer(
    name="sun",
    role="agency",
    bodies=("gas",),
    may_read=False,
    may_ask=False,
    may_case=False,
    may_list=False,
    may_reveal=False,
)
FLOOR = ("channel-cards", "hotlinemap", "clusters-list", "ranking-rows", "calls-list", "search-button", "similar-rows")


@pytest.mark.parametrize("lang", ["en", "zh_CN", "ar"])
def test_the_floor_is_not_on_the_page_of_a_body(lang: str) -> None:
    told, options = desk_options(f"?lang={lang}")
    page, whole = (
        text_of(hotline(small_context(), told, options, GAS)),
        text_of(hotline(small_context(), told, options, Viewer())),
    )
    for part in FLOOR:
        assert f'"data-part": "{part}"' in whole
        assert f'"data-part": "{part}"' not in page
    for part in ("case-acts", "case-reveal", "worklist-box", "bulk-bar"):
        assert f'"data-part": "{part}"' in page
    assert [name for name in LIST_NAMES if f'"data-worklist": "{name}"' in page] == [
        name for name in LIST_NAMES if name in OWN_LISTS
    ]


def test_its_scripts_listen_to_nothing_that_is_counted_over_all_cases() -> None:
    told, options = desk_options("")
    said = setup(small_context(), told, options, GAS)
    assert tuple(said["topics"]) == OWN_TOPICS
    assert said["who"]["bodies"] == ["gas"]
    assert "figures" in setup(small_context(), told, options, Viewer())["topics"]


def test_other_pages_and_the_past_are_not_for_the_people_of_a_body() -> None:
    context = replace(small_context(), viewer=lambda: GAS)
    for address in ("/dispatch", "/warning", "/replay"):
        page = text_of(PAGES[address](context, "?view=hotline"))
        assert "worklist-box" not in page, address
        assert "case-acts" not in page, address
    assert onlooker(GAS).bodies == ("gas",), "who looks at the past keeps the narrowing"
