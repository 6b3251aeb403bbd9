"""The words and places of what comes in at the desk: nothing that engine, grammar or gazetteer can say lacks words."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from dashboard.accounts.handover import SECTOR_KINDS
from dashboard.accounts.positions import Presence
from dashboard.api.asking import VERBS
from emergency.alarm_rules import RULES, load_settings
from geo.gazetteer import Kind
from layouts.context import Viewer
from layouts.dispatch.alarms import guidance
from layouts.dispatch.incoming import SLOTS
from layouts.dispatch.input_words import PLURALS, WORDS
from layouts.texts import DESK_LANGUAGES, LANGUAGES
from tests.layouts.pages import small_context
from tests.layouts.test_dispatch_layout import text_of

ASSETS = Path(__file__).resolve().parents[2] / "assets"
GRAMMAR = (ASSETS / "65-command.js").read_text(encoding="utf-8")
SPOKEN = "\n".join(path.read_text(encoding="utf-8") for path in [*ASSETS.glob("6[5-9]-*.js"), *ASSETS.glob("70-*.js")])


def test_every_word_of_the_grammar_is_explained_and_has_its_sentence() -> None:
    names = re.findall(r'\{ name: "(\w+)"', GRAMMAR)
    assert len(names) == len(set(names)) > 30
    assert {f"command.is_{name}" for name in names} <= WORDS.keys()
    assert {f"command.do_{name}" for name in [*names, "divert"]} <= WORDS.keys()


def test_every_request_of_the_grammar_is_one_that_the_api_knows() -> None:
    verbs = set(re.findall(r'verb: "(\w+)"', GRAMMAR)) | set(re.findall(r'about\("(\w+)"', GRAMMAR))
    assert len(verbs) > 20
    assert verbs <= VERBS.keys()


def test_words_of_the_grammar_are_unambiguous() -> None:
    rows = re.findall(r'\{ name: "\w+", of: "(\w*)", words: \[([^\]]*)\]', GRAMMAR)
    told = [(of.rstrip("s"), word) for of, words in rows for word in re.findall(r'"([^"]+)"', words)]
    assert len(told) == len(set(told))


@pytest.mark.parametrize("kind", RULES)
def test_every_alarm_says_what_it_is_what_to_do_and_what_ends_it(kind: str) -> None:
    rule = RULES[kind]
    keys = (f"alarm.kind_{kind}", f"alarm.action_{rule.action}", f"alarm.clears_{rule.clears}")
    assert {key.replace("-", "_") for key in keys} <= WORDS.keys()


def test_kinds_of_places_and_parts_of_sheets_have_words() -> None:
    assert {f"new.place_{kind}" for kind in get_args(Kind)} <= WORDS.keys()
    assert {f"sheet.{kind}" for kind in SECTOR_KINDS} <= WORDS.keys()
    assert {f"sheet.{presence.value}" for presence in Presence} <= WORDS.keys()


def test_the_scripts_say_only_what_there_are_words_for_and_leave_none_unsaid() -> None:
    said = set(re.findall(r'"((?:command|new|alarm|sound|lock|task|sheet)\.[a-z0-9_]+)"', SPOKEN))
    begun = {key for key in said if key.endswith("_")}
    begun |= set(re.findall(r"`((?:command|new|alarm|sound|lock|task|sheet)\.[a-z_]*)\$\{", SPOKEN))
    known = WORDS.keys() | PLURALS.keys()
    assert said - begun <= known
    assert [key for key in known - said if not key.startswith(tuple(begun))] == []


def test_the_guidance_is_that_of_the_alarms_themselves() -> None:
    rate = load_settings().rate
    told = {"acceptable": rate.acceptable, "manageable": rate.manageable, "flood": rate.flood}
    assert guidance(small_context()) == told


@pytest.mark.parametrize("lang", DESK_LANGUAGES)
@pytest.mark.parametrize("name", SLOTS)
def test_every_place_is_filled_in_every_language(name: str, lang: str) -> None:
    assert SLOTS[name](small_context(), LANGUAGES[lang])


def test_the_lock_screen_names_the_person_and_nothing_else() -> None:
    context = replace(small_context(), viewer=lambda: Viewer(name="ada", role="dispatcher"))
    shown: list[Any] = SLOTS["lock-screen"](context, LANGUAGES["en"])
    lock = next(part for part in shown if getattr(part, "data-lock", "") == "window")
    assert text_of(lock).count('"ada"') == 1
    assert "dispatcher" not in text_of(lock)
