"""Whatever the engine refuses of an early warning has words in the desk's languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layouts.context import Viewer
from layouts.pages.dispatch import desk_options
from layouts.pages.warning import setup
from layouts.texts import LANGUAGES
from layouts.warning.reasons import REASONS
from layouts.warning.words import words_for_warning
from tests.layouts.pages import small_context
from tests.support.refusals import said_in

VERBS = Path(__file__).resolve().parents[2] / "dashboard" / "engine" / "verbs"
GIVEN = sorted(said_in(VERBS / "warnings.py", {}))


def first_row(reason: str) -> str:
    return next((name for name, pattern, _ in REASONS if re.fullmatch(pattern, reason)), "")


@pytest.mark.parametrize(("bare", "filled"), GIVEN, ids=[bare for bare, _ in GIVEN])
def test_every_reason_has_words(bare: str, filled: str) -> None:
    assert first_row(filled), filled


def test_no_row_is_left_over_and_each_fills_its_blanks() -> None:
    said = {first_row(filled) for _, filled in GIVEN}
    assert [name for name, _, _ in REASONS if name not in said] == ["late"], "which any verb may hear"
    for name, pattern, text in REASONS:
        assert set(re.findall(r"\{(\w+)\}", text)) <= set(re.compile(pattern).groupindex), name


@pytest.mark.parametrize("lang", ["zh_CN", "ar"])
def test_the_page_is_told_the_patterns_and_has_the_words(lang: str) -> None:
    told, _ = desk_options(f"?lang={lang}")
    said, english = setup(small_context(), told, Viewer()), words_for_warning(LANGUAGES["en"])
    assert [name for name, _ in said["reasons"]] == [name for name, _, _ in REASONS]
    for name, pattern in said["reasons"]:
        assert said["words"][f"refused.{name}"] != english[f"refused.{name}"]
        assert "?P<" not in pattern, "as a browser reads it"
    assert said["words"]["denied"] != english["denied"]
