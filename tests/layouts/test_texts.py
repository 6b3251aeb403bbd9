"""Texts: every word on a page is in every catalogue, with its placeholders and all its plural forms."""

from __future__ import annotations

import ast
import gettext as plural_rules
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages.extract import extract_from_dir

from layouts.texts import (
    DESK_LANGUAGES,
    DESKS,
    DOMAIN,
    LANGUAGES,
    LOCALE_FOLDER,
    catalogue,
    gettext,
    language,
    ngettext,
    plural_forms,
)
from layouts.wall.words import PLURALS, WORDS, words_for_scripts

ROOT = Path(__file__).resolve().parents[2]
KEYWORDS = {"_": None, "N_": None, "NN_": (1, 2), "_n": (1, 2)}
FOLDERS = ("layouts", "callbacks", "dashboard")
DESK_FOLDERS = ("dispatch", "desk", "hotline", "briefing", "replay", "warning")  # of layouts/
SHOWN_KEYWORDS = {
    "title",
    "placeholder",
    "label",
    "alt",
    "children",
    "aria_label",
    "nothingFoundMessage",
    "description",
}
PLACEHOLDER = re.compile(r"\{(\w+)\}")
# Texts that are written alike in English: symbols of units, names, and words the languages share.
ALIKE = {
    "de": {"SIMULATION", "WeChat"},
    "fr": {"{n} s", "{n} min", "{n} h", "SIMULATION", "WeChat", "Assistant"},
    "ru": {"WeChat"},
    "es": {"{n} s", "{n} min", "{n} h", "WeChat"},
    "pt": {"{n} s", "{n} min", "{n} h", "WeChat"},
}
# A letter of the language's own script; Latin words stand in commands and names only.
SCRIPTS = {
    "zh_CN": r"[\u4e00-\u9fff]",
    "ko": r"[\uac00-\ud7a3]",
    "ja": r"[\u3040-\u30ff\u4e00-\u9fff]",
    "ru": r"[\u0400-\u04ff]",
    "ar": r"[\u0621-\u0652]",
}
COMMANDS = re.compile(r"python -m .+|(?<![A-Za-z])(kiosk|KEY|WeChat)(?![A-Za-z])")


# Each catalogue with the languages it speaks.
CATALOGUES = [*((lang, DOMAIN) for lang in LANGUAGES), *((lang, DESKS) for lang in DESK_LANGUAGES)]


def used_messages(domain: str = DOMAIN) -> set[str | tuple[str, str]]:
    """Every text named in the sources of a domain; plurals as pairs. What both say is in the one that all speak."""
    named: dict[str, set[Any]] = {DOMAIN: set(), DESKS: set()}
    for folder in FOLDERS:
        for path, _, text, *_ in extract_from_dir(
            str(ROOT / folder), method_map=[("**.py", "python")], keywords=KEYWORDS
        ):
            named[DESKS if path.split("/")[0] in DESK_FOLDERS else DOMAIN].add(text)
    return named[DOMAIN] if domain == DOMAIN else named[DESKS] - named[DOMAIN]


def test_the_pages_speak_the_ten_languages_of_the_portal() -> None:
    assert [known.partition("_")[0] for known in LANGUAGES] == [
        "en",
        "zh",
        "ko",
        "ja",
        "de",
        "fr",
        "ru",
        "es",
        "ar",
        "pt",
    ]
    assert {path.name for path in LOCALE_FOLDER.iterdir() if path.is_dir()} == set(LANGUAGES)
    assert [known.id for known in LANGUAGES.values() if known.direction == "rtl"] == ["ar"]
    assert all(known.tag.endswith("-u-nu-latn-hc-h23") for known in LANGUAGES.values())
    assert len({known.name for known in LANGUAGES.values()}) == len(LANGUAGES)


def test_texts_are_found_in_the_sources() -> None:
    used = used_messages()
    assert "Nothing needs a decision" in used
    assert ("{n} case", "{n} cases") in used


@pytest.mark.parametrize(("lang", "domain"), CATALOGUES)
def test_every_text_is_translated_and_none_is_left_over(lang: str, domain: str) -> None:
    known = {message.id: message for message in catalogue(lang, domain) if message.id}
    assert set(known) == used_messages(domain)
    empty = [m.id for m in known.values() if not all(m.string if isinstance(m.string, tuple) else [m.string])]
    assert empty == []
    assert not any(message.fuzzy for message in known.values())


@pytest.mark.parametrize(("lang", "domain"), CATALOGUES)
def test_placeholders_survive_translation(lang: str, domain: str) -> None:
    for message in catalogue(lang, domain):
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        allowed = set(PLACEHOLDER.findall(originals[-1]))
        for text in message.string if isinstance(message.string, tuple) else (message.string,):
            if message.id:
                wanted = allowed - {"n"} if isinstance(message.id, tuple) else allowed  # "one case" needs no number
                assert wanted <= set(PLACEHOLDER.findall(text)) <= allowed, message.id


@pytest.mark.parametrize(("lang", "domain"), [one for one in CATALOGUES if one[0] != "en"])
def test_a_translation_is_not_the_english_text(lang: str, domain: str) -> None:
    messages = [m for m in catalogue(lang, domain) if m.id and re.search(r"[A-Za-z]", PLACEHOLDER.sub("", str(m.id)))]
    same = {m.id for m in messages if m.id == m.string}
    assert same <= ALIKE.get(lang, set())
    assert not any(m.id[1] in m.string for m in messages if isinstance(m.id, tuple) and lang != "en")


@pytest.mark.parametrize(("lang", "domain"), [one for one in CATALOGUES if one[0] in SCRIPTS])
def test_a_translation_is_written_in_the_script_of_its_language(lang: str, domain: str) -> None:
    for message in catalogue(lang, domain):
        for text in message.string if isinstance(message.string, tuple) else (message.string,):
            words = COMMANDS.sub("", PLACEHOLDER.sub("", text))
            if message.id and re.search(r"[^\W\d_]", words):
                assert re.search(SCRIPTS[lang], words), text
                assert not re.search(r"[A-Za-z]{2}", words), text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_catalogue_says_its_language_and_chooses_the_plural_that_the_browser_will(lang: str) -> None:
    """The forms go to the browser by CLDR category: within one category, gettext must not choose two forms."""
    messages = catalogue(lang)
    header = (LOCALE_FOLDER / lang / "LC_MESSAGES" / "hexwatch.po").read_text(encoding="utf-8").partition('msgid ""')[2]
    assert f"Language: {lang}\\n" in header
    index_of, category_of = plural_rules.c2py(messages.plural_expr), Locale.parse(lang).plural_form
    chosen: dict[str, set[int]] = {}
    for n in range(1000):
        chosen.setdefault(category_of(n), set()).add(index_of(n))
    assert all(len(indexes) == 1 for indexes in chosen.values()), chosen
    assert set.union(*chosen.values()) == set(range(messages.num_plurals))
    assert all(len(m.string) == messages.num_plurals for m in messages if isinstance(m.id, tuple))


def test_arabic_has_six_plural_forms_and_uses_them() -> None:
    say = ngettext("ar")
    assert len({say("{n} case", "{n} cases", n) for n in (0, 1, 2, 3, 11, 100)}) == 6
    assert say("{n} case", "{n} cases", 103) == say("{n} case", "{n} cases", 3)


def test_plural_forms_carry_the_categories_of_the_browser() -> None:
    assert set(plural_forms("ar", "{n} case", "{n} cases")) == {"zero", "one", "two", "few", "many", "other"}
    assert plural_forms("en", "{n} case", "{n} cases") == {"one": "{n} case", "other": "{n} cases"}
    assert set(plural_forms("zh_CN", "{n} case", "{n} cases")) == {"other"}
    assert set(plural_forms("ru", "{n} case", "{n} cases")) == {"one", "few", "many", "other"}
    assert set(plural_forms("fr", "{n} case", "{n} cases")) == {"one", "other"}


def test_russian_counts_by_the_last_digit() -> None:
    say = ngettext("ru")
    forms = {n: say("{n} case", "{n} cases", n) for n in (1, 2, 5, 11, 12, 21, 22, 25, 111)}
    assert forms[1] == forms[21] != forms[2] == forms[22] != forms[5]
    assert forms[5] == forms[11] == forms[12] == forms[25] == forms[111]


@pytest.mark.parametrize(
    ("lang", "singular"), [("fr", (0, 1)), ("pt", (0, 1)), ("de", (1,)), ("es", (1,)), ("en", (1,))]
)
def test_zero_is_singular_where_the_language_says_so(lang: str, singular: tuple[int, ...]) -> None:
    say = ngettext(lang)
    one = say("{n} incident", "{n} incidents", 1)
    assert [n for n in range(30) if say("{n} incident", "{n} incidents", n) == one] == list(singular)


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("zh-Hans", "zh_CN"),
        ("zh_CN", "zh_CN"),
        ("zh", "zh_CN"),
        ("ar-EG", "ar"),
        ("pt-PT", "pt"),
        ("fr-CA", "fr"),
        ("ja", "ja"),
        ("xx", "en"),
        (None, "en"),
        ("", "en"),
    ],
)
def test_the_nearest_language_serves(asked: str | None, served: str) -> None:
    assert language(asked).id == served


def test_an_unknown_text_stays_itself() -> None:
    assert gettext("ar")("not in any catalogue") == "not in any catalogue"


def test_scripts_use_exactly_the_words_they_are_given() -> None:
    wall = [path for path in (ROOT / "assets").glob("*.js") if path.name < "59"]  # then the desk's begin
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in wall)
    groups = "|".join({key.partition(".")[0] for key in WORDS | PLURALS})
    said = set(re.findall(rf'"((?:{groups})\.[a-z0-9_]+)"', scripts))
    groups_built = {"mode", "link", "band", "age", "agent", "scene"}
    built = {k for k in WORDS if k.partition(".")[0] in groups_built or k.startswith("curve.")}
    given = set(words_for_scripts(LANGUAGES["en"]))
    figures = {key for key in said if key.partition(".")[0] in {"units", "incidents", "band"}}  # names of figures too
    assert said - figures <= given
    assert set(re.findall(r'say\("([^"]+)"', scripts)) <= given
    unused = {k for k in WORDS.keys() | PLURALS.keys() if k not in said and k not in built}
    assert unused == set()


@pytest.mark.parametrize("path", sorted((ROOT / "layouts").rglob("*.py")), ids=lambda path: path.name)
def test_no_text_is_shown_without_translation(path: Path) -> None:
    assert list(_bare_texts(ast.parse(path.read_text(encoding="utf-8")))) == []


def _bare_texts(tree: ast.AST) -> Iterator[str]:
    """Literals with letters that a component would show: first arguments, lists in them, and texts of attributes."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        owner = node.func.value.id if isinstance(node.func, ast.Attribute) and _is_name(node.func.value) else ""
        shown = [k.value for k in node.keywords if k.arg in SHOWN_KEYWORDS]
        if owner in {"html", "dmc", "dcc"}:
            shown += node.args[:1]
        for value in shown:
            parts = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
            yield from (str(p.value) for p in parts if _is_text(p))


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name)


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(re.search(r"[^\W\d_]{2}", node.value))
    )


def test_the_bare_text_check_sees_a_bare_text() -> None:
    tree = ast.parse('html.P("Hello"); html.P(_("Hello")); html.A(["x", "Read"], title="More")')
    assert sorted(_bare_texts(tree)) == ["Hello", "More", "Read"]
