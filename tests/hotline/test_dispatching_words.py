"""The reasons of the dispatch catalogue, in words of the page's language."""

from __future__ import annotations

import pytest

from geo.cities import load_city
from hotline.cases import Case
from hotline.dispatching import Why, load_dispatching, suggest
from layouts.context import context_of
from layouts.hotline.words import words_for_hotline
from layouts.pages.hotline import catalogue_says
from layouts.texts import LANGUAGES

CITIES = ("beijing", "boston")


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("lang", ["zh_CN", "ar"])
def test_every_reason_of_our_own_catalogues_is_said_in_every_language_of_the_desk(city: str, lang: str) -> None:
    catalogue = load_dispatching(city)
    said = catalogue_says(context_of(load_city(city)), LANGUAGES[lang])
    assert set(said) == {one.reason for one in (catalogue.backstop, *catalogue.entries)}
    assert all(words.isascii() is False for words in said.values())


def test_in_english_the_catalogue_speaks_for_itself() -> None:
    assert catalogue_says(context_of(load_city("beijing")), LANGUAGES["en"]) == {}


def test_each_reason_is_a_code_with_what_fitted() -> None:
    catalogue = load_dispatching("beijing")
    gas = suggest(Case(case_id="c1", category="gas_smell", area="Chaoyang", language="zh"), catalogue)
    assert gas.why == (
        Why(code="entry", value="a smell of gas belongs to the gas utility; fire brigade and district support it"),
        Why(code="category", value="gas_smell"),
    )
    assert gas.reasons == (gas.why[0].value, "category gas_smell")
    nobody = suggest(Case(case_id="c2", category="noise", area="Chaoyang", language="zh"), catalogue)
    assert [one.code for one in nobody.why] == ["backstop"]
    visitor = suggest(Case(case_id="c3", category="visa", kind="enquiry", language="fr"), catalogue)
    assert Why(code="caller", value="foreigner") in visitor.why


@pytest.mark.parametrize("lang", ["en", "zh_CN", "ar"])
def test_the_page_has_a_sentence_for_every_code(lang: str) -> None:
    words = words_for_hotline(LANGUAGES[lang])
    for key in ("category", "area", "kind"):
        assert "{value}" in str(words[f"why.{key}"])
    for caller in ("foreigner", "enterprise"):
        assert words[f"why.caller.{caller}"]
