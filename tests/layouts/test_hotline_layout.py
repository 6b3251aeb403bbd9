"""The hotline desk's page: who gets it, in which language, and that its scripts have every word they say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geo.cities import load_city
from layouts.context import Context, Viewer
from layouts.hotline.call_words import CALL_WORDS, FLOOR_WORDS
from layouts.hotline.case_words import CASE_PLURALS, CASE_WORDS
from layouts.hotline.words import FILTER_NAMES, LIST_NAMES, MEASURES, PANEL_NAMES, PLURALS, WORDS, words_for_hotline
from layouts.pages.dispatch import desk_options
from layouts.pages.hotline import TOPICS, hotline, owners, setup
from layouts.shell import PAGES
from layouts.texts import DESK_LANGUAGES, LANGUAGES
from tests.layouts.pages import small_context

ASSETS = Path(__file__).resolve().parents[2] / "assets"
# The contract of GET /api/v1/worklists.
SERVED_LISTS = {
    *("unassigned", "overdue", "due_soon", "returns", "follow_ups", "similar", "repeat", "foreign", "enterprise"),
    "open",
}


def hotline_page(viewer: Viewer | None = None, search: str = "") -> Any:
    context = small_context() if viewer is None else replace(small_context(), viewer=lambda: viewer)
    return PAGES["/hotline"](context, search)


def text_of(component: Any) -> str:
    return json.dumps(component.to_plotly_json(), default=lambda one: one.to_plotly_json(), ensure_ascii=False)


def scripts_of_the_hotline() -> str:
    paths = sorted(path for path in ASSETS.glob("*.js") if "80" <= path.name < "95")
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def test_who_may_read_cases_gets_the_desk_and_others_a_sentence() -> None:
    assert "hotline-page" in text_of(hotline_page(Viewer(name="wei", role="hotline")))
    refused = text_of(hotline_page(Viewer(name="wall", role="kiosk", may_read=False, may_ask=False)))
    assert "hotline-page" not in refused
    assert "This page is for the hotline." in refused
    assert "/signin?next=/hotline" in refused


@pytest.mark.parametrize(("lang", "direction"), [("en", "ltr"), ("zh_CN", "ltr"), ("ar", "rtl")])
def test_the_desk_speaks_the_languages_of_its_operators_and_mirrors_its_grid(lang: str, direction: str) -> None:
    told, options = desk_options(f"?lang={lang}")
    page = hotline(small_context(), told, options, Viewer())
    assert (page.lang, page.dir) == (LANGUAGES[lang].html, direction)
    assert f'"enableRtl": {str(direction == "rtl").lower()}' in text_of(page)
    assert (
        setup(small_context(), told, options, Viewer())["words"]["act.dispatch_case"]
        == words_for_hotline(told)["act.dispatch_case"]
    )


def test_tabs_filters_panels_and_measures_stand_on_the_page() -> None:
    page = text_of(hotline_page())
    for attribute, names in (
        ("data-worklist", LIST_NAMES),
        ("data-filter", FILTER_NAMES),
        ("data-tab", PANEL_NAMES),
        ("data-lower", PANEL_NAMES),
    ):
        assert [name for name in names if f'"{attribute}": "{name}"' not in page] == []
    assert [measure for measure in MEASURES if f'"value": "{measure}"' not in page] == []
    assert set(LIST_NAMES) == SERVED_LISTS


def test_every_part_that_a_script_asks_for_is_on_the_page() -> None:
    page = text_of(hotline_page())
    asked = set(re.findall(r'desk\.part\("([a-z-]+)"\)', scripts_of_the_hotline()))
    assert len(asked) > 30
    assert [part for part in sorted(asked) if f'"data-part": "{part}"' not in page] == []


def test_the_page_asks_for_the_topics_of_a_hotline() -> None:
    assert {"clock", "channels", "agents", "situations", "matters", "following"} <= set(TOPICS)
    assert [measure for measure in MEASURES if f"cells:{measure}:" not in TOPICS] == []


def test_scripts_of_the_hotline_say_only_words_that_they_are_given() -> None:
    given = set(words_for_hotline(LANGUAGES["en"]))
    said = set(re.findall(r'say\(\s*"([a-z_]+\.[^"$]+)"', scripts_of_the_hotline()))
    assert said
    assert said - given == set()


def test_what_scripts_put_together_from_codes_has_words() -> None:
    given, scripts = set(words_for_hotline(LANGUAGES["en"])), scripts_of_the_hotline()
    verbs = set(re.findall(r"^    (\w+): \{$|^    (\w+): \{ stages", scripts.partition("const VERBS")[2], re.MULTILINE))
    named = {one for pair in verbs for one in pair if one}
    assert {"dispatch_case", "review_return", "follow_up", "reopen_case"} <= named
    assert [verb for verb in named if not {f"act.{verb}", f"did.{verb}"} <= given] == []
    assert [name for name in LIST_NAMES if f"list.none_{name}" not in given] == []
    columns = set(re.findall(r'plain\("(\w+)"', scripts))
    assert [column for column in columns if f"column.{column}" not in given] == []
    labels = set(re.findall(r'label: "([a-z_.]+)"', scripts))
    assert labels - given == set()


def test_no_word_of_the_hotline_is_left_over() -> None:
    scripts = scripts_of_the_hotline()
    begun = (*re.findall(r"`([a-z_]+\.[a-z_]*)\$\{", scripts), *re.findall(r'"([a-z_]+\.(?:[a-z_]+_)?)"', scripts))
    own = WORDS | PLURALS | CASE_WORDS | CASE_PLURALS | CALL_WORDS | FLOOR_WORDS
    assert {key for key in own if f'"{key}"' not in scripts and not key.startswith(begun)} == set()


@pytest.mark.parametrize("lang", DESK_LANGUAGES)
def test_each_word_is_said_in_the_language_of_the_page(lang: str) -> None:
    words = words_for_hotline(LANGUAGES[lang])
    assert (words["word.yes"] == "yes") == (lang == "en")
    assert not set(WORDS) & set(CASE_WORDS)


def test_the_catalogue_says_to_whom_a_category_goes() -> None:
    city = load_city("beijing")
    suggested = owners(Context(city, catalogue=city.load_catalogue()))
    assert suggested["gas_smell"] == "gas"
    assert owners(small_context()) == {}
