"""Grave words in ten languages: found where they are said, not where they are denied."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.grave_words import GraveWords, grave_words

TEXTS = Path(__file__).resolve().parents[2] / "streams" / "sim" / "texts"
THEMES = {"gas_smell": "gas", "smoke": "smoke", "collapse": "collapse", "flooding": "flood"}
# Categories whose callers may say a grave word and mean it.
MAY = {"street_lights": {"live_wire"}, "air_quality": {"chemical"}}
LANGUAGES = ("zh", "en", "ko", "ja", "de", "fr", "ru", "es", "ar", "pt")


def _said(table: str) -> Iterator[tuple[str, str, str]]:
    """(language, category, text) of every sentence of the simulated callers."""
    for path in sorted(TEXTS.glob("??.toml")):
        voice = tomllib.loads(path.read_text(encoding="utf-8"))
        for category, texts in voice[table].items():
            yield from ((voice["language"], category, text) for text in texts)


def test_all_ten_languages_have_all_themes() -> None:
    assert set(grave_words().languages) == set(LANGUAGES) == {language for language, _, _ in _said("texts")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_grave_sentence_is_heard_and_no_other(language: str) -> None:
    words = grave_words()
    for said, category, text in _said("texts"):
        if said != language:
            continue
        themes = words.themes_of(text, said)
        if category in THEMES:
            assert THEMES[category] in themes, text
        else:
            assert themes <= MAY.get(category, set()), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_says_that_nothing_is_there_is_believed(language: str) -> None:
    words = grave_words()
    denied = [text for said, _, text in _said("opposites") if said == language]
    assert denied
    assert [text for text in denied if words.themes_of(text, language)] == []


@pytest.mark.parametrize(
    ("text", "language", "themes"),
    [
        ("There is no light, but I smell gas.", "en", {"gas"}),
        ("I have a question about my gas bill.", "en", set()),
        ("The smoke detector beeps all night.", "en", set()),
        ("The detector did not ring; smoke everywhere!", "en", {"smoke"}),
        ("燃气费怎么交？楼道里冒烟！", "zh", {"smoke"}),
        ("我家没有闻到燃气味。", "zh", set()),
        ("Meine Gasrechnung ist falsch.", "de", set()),
        ("Es gibt de plus en plus de fumée", "fr", {"smoke"}),
        ("Il y a de plus en plus de fumée dans la rue", "fr", {"smoke"}),
        ("담배 연기 때문에 힘들어요", "ko", set()),
        ("喫煙所を増やしてほしい。", "ja", set()),
        ("", "en", set()),
    ],
)
def test_words_around_a_word_decide(text: str, language: str, themes: set[str]) -> None:
    assert grave_words().themes_of(text, language) == themes


def test_an_unknown_language_is_read_by_its_script() -> None:
    words = grave_words()
    assert words.themes_of("楼道里有煤气味") == {"gas"}
    assert words.themes_of("Сильный запах газа", "uk") == {"gas"}
    assert "gas" in words.themes_of("Huele a gas", "")


def test_a_table_that_lacks_a_theme_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "words.toml"
    path.write_text(
        '[themes.gas]\ncategory = "gas_smell"\n[languages.en]\nbefore = 20\nafter = 20\n'
        '[languages.en.words]\nfire = ["fire"]\n',
        encoding="utf-8",
    )
    with pytest.raises(ValueError, match=r"words\.toml.*gas missing.*fire is no theme"):
        GraveWords.load(path)
