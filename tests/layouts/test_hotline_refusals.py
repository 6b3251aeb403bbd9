"""Whatever the engine refuses the hotline has words in the desk's languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layouts.context import Viewer
from layouts.dispatch.reasons import REASONS as DISPATCHERS
from layouts.dispatch.reasons import patterns
from layouts.hotline.reasons import REASONS
from layouts.hotline.words import words_for_hotline
from layouts.pages.dispatch import desk_options
from layouts.pages.hotline import setup
from layouts.texts import LANGUAGES
from tests.layouts.pages import small_context
from tests.support.refusals import said_in

VERBS = Path(__file__).resolve().parents[2] / "dashboard" / "engine" / "verbs"
REFUSING = (
    *("cases", "case_relations", "reading_cases", "undo_cases"),
    *("situations", "situation_merges", "matters", "callers", "calls"),
)
SAMPLES = {
    "clock(": "2026-03-04T17:00:00Z",
    "until": "2026-03-04T17:00:00Z",
    "len(": "2",
    "members": "2",
    "most": "3",
    "MOST": "3",
    "days": "3",
    "LONGEST": "90",
    "case.returned": "2",
    "RESOLUTIONS": "9",
    "situation.state": "promoted",
    "stage": "return asked",
    "said": "given back while return asked",
    "how": "withdrawn",
    "crew": "E1, E2",
}
GIVEN = sorted({one for name in REFUSING for one in said_in(VERBS / f"{name}.py", SAMPLES)})
ROWS = REASONS + DISPATCHERS


def first_row(reason: str) -> str:
    return next((name for name, pattern, _ in ROWS if re.fullmatch(pattern, reason)), "")


def test_there_are_many_reasons() -> None:
    assert len(GIVEN) > 60


@pytest.mark.parametrize(("bare", "filled"), GIVEN, ids=[bare for bare, _ in GIVEN])
def test_every_reason_has_words(bare: str, filled: str) -> None:
    assert first_row(filled), filled


def test_every_row_fills_the_blanks_of_its_text_and_is_named_once() -> None:
    assert len({name for name, _, _ in ROWS}) == len(ROWS)
    for name, pattern, text in REASONS:
        assert set(re.findall(r"\{(\w+)\}", text)) <= set(re.compile(pattern).groupindex), name


def test_no_row_is_left_over() -> None:
    said = {first_row(filled) for _, filled in GIVEN}
    assert [name for name, _, _ in REASONS if name not in said] == []


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("case c1 cannot be given back while return asked", "hotline_not_now"),
        ("case c1 is part of c2", "hotline_part"),
        ("case c1 is with gas already", "hotline_with_owner"),
        ("case c1 is in situation s1", "hotline_in_situation"),
        ("case c1 is not in situation s1", "hotline_not_in_situation"),
        ("case c1 is open", "hotline_is_open"),
        ("situation s1 is part of s2", "hotline_situation_part"),
        ("situation s1 is unknown", "hotline_situation_unknown"),
        ("situation s1 is declined", "hotline_situation_is"),
        ("until: at most 5 days ahead for weather", "hotline_days_ahead"),
        ("you are in this call already, as interpreter", "hotline_in_call"),
        ("changed since you saw it", "changed"),
        ("close_case: more than 30 s ago", "too_late"),
    ],
)
def test_the_first_row_that_fits_is_the_right_one(reason: str, name: str) -> None:
    assert first_row(reason) == name


@pytest.mark.parametrize("lang", ["zh_CN", "ar"])
def test_the_page_is_given_the_patterns_with_words_in_its_language(lang: str) -> None:
    told, options = desk_options(f"?lang={lang}")
    known, words = setup(small_context(), told, options, Viewer()), words_for_hotline(LANGUAGES[lang])
    assert known["reasons"] == patterns(ROWS)
    english = words_for_hotline(LANGUAGES["en"])
    for name, _ in known["reasons"]:
        assert words[f"refused.{name}"] != english[f"refused.{name}"], name
