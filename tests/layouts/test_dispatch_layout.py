"""The dispatch desk's page: who gets it, in which language, and that its scripts have every word they say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layouts.context import Viewer
from layouts.dispatch.slots import SLOTS
from layouts.dispatch.words import PLURALS, TABLES, WORDS, words_for_desk
from layouts.pages.dispatch import TOPICS, desk_options, dispatch, setup
from layouts.replay.words import words_for_replay
from layouts.shell import PAGES
from layouts.texts import DESK_LANGUAGES, LANGUAGES
from tests.layouts.pages import small_context

ASSETS = Path(__file__).resolve().parents[2] / "assets"
# Families of keys that scripts put together from codes: `status.` + the unit's status.
BUILT = (
    *("mode.", "link.", "age.", "source.", "status.", "stage.", "step.", "why.", "did.", "offer.", "hint.", "key."),
    *("capability.", "service.", "short.", "reason.", "ask.", "incident.", "rec."),
)


def desk_page(viewer: Viewer | None = None, search: str = "") -> Any:
    context = small_context() if viewer is None else replace(small_context(), viewer=lambda: viewer)
    return PAGES["/dispatch"](context, search)


def text_of(component: Any) -> str:
    return json.dumps(component.to_plotly_json(), default=lambda one: one.to_plotly_json(), ensure_ascii=False)


def test_who_may_read_incidents_gets_the_desk_and_others_a_sentence() -> None:
    assert "dispatch-page" in text_of(desk_page(Viewer(name="ada", role="dispatcher")))
    refused = text_of(desk_page(Viewer(name="wall", role="kiosk", may_read=False, may_ask=False)))
    assert "dispatch-page" not in refused
    assert "This page is for dispatchers." in refused
    assert "/signin?next=/dispatch" in refused


@pytest.mark.parametrize(("lang", "direction"), [("en", "ltr"), ("zh_CN", "ltr"), ("ar", "rtl")])
def test_the_desk_speaks_the_languages_of_its_operators(lang: str, direction: str) -> None:
    told, options = desk_options(f"?lang={lang}")
    page = dispatch(small_context(), told, options, Viewer())
    assert (page.lang, page.dir) == (LANGUAGES[lang].html, direction)
    assert setup(small_context(), told, options, Viewer())["words"]["ask.unsent"] == words_for_desk(told)["ask.unsent"]


def test_a_language_that_no_operator_works_in_falls_back_and_the_persons_own_is_the_default() -> None:
    assert desk_options("?lang=fr")[0].id == "en"
    assert desk_options("", "ar")[0].id == "ar"
    assert desk_options("?lang=zh", "ar")[0].id == "zh_CN"


def test_an_unknown_panel_is_the_whole_desk() -> None:
    assert desk_options("?panel=map")[1].panel == "map"
    assert desk_options("?panel=elsewhere")[1].panel == ""


def test_every_slot_that_is_filled_stands_on_the_page() -> None:
    page = text_of(desk_page())
    assert [name for name in SLOTS if f'"data-slot": "{name}"' not in page] == []


def test_the_page_asks_for_the_topics_of_a_desk() -> None:
    assert {"queue", "roster", "alarms", "tasks", "clock"} <= set(TOPICS)


def test_scripts_of_the_desk_say_only_words_that_they_are_given() -> None:
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in desk_scripts())
    given = set(words_for_desk(LANGUAGES["en"])) | set(words_for_replay(LANGUAGES["en"]))  # of the past: both
    said = set(re.findall(r'say(?:ing)?\(\s*"([a-z_]+\.[^"$]+)"', scripts))
    assert said
    assert said - given == set()


def test_no_word_of_the_desk_is_left_over() -> None:
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in desk_scripts())
    own = {
        key for words, plurals in [(WORDS, PLURALS), *((t.WORDS, t.PLURALS) for t in TABLES)] for key in words | plurals
    }
    unused = {key for key in own if f'"{key}"' not in scripts and not key.startswith(_built(scripts))}
    assert unused == set()


def _built(scripts: str) -> tuple[str, ...]:
    """Families whose keys a script completes itself: `say(`status.${…}`)`."""
    begun = re.findall(r"`([a-z_]+\.[a-z_]*)\$\{", scripts)
    return (*BUILT, *begun, *re.findall(r"\"([a-z_]+\.(?:[a-z_]+_)?)\"", scripts))


@pytest.mark.parametrize("lang", DESK_LANGUAGES)
def test_two_tables_never_give_the_same_word(lang: str) -> None:
    keys = [
        key for words, plurals in [(WORDS, PLURALS), *((t.WORDS, t.PLURALS) for t in TABLES)] for key in words | plurals
    ]
    assert len(keys) == len(set(keys))


def desk_scripts() -> list[Path]:
    return sorted(path for path in ASSETS.glob("*.js") if "59" <= path.name < "80")
