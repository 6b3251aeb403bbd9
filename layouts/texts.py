"""The words of every page in every language, read straight from the `.po` catalogues beside this file."""

from __future__ import annotations

import gettext as plural_rules
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

LOCALE_FOLDER = Path(__file__).resolve().parent / "locale"
# What everybody sees speaks every language; the desks speak those that their operators work in.
DOMAIN, DESKS = "hexwatch", "desks"
DESK_LANGUAGES = ("en", "zh_CN", "ar")


@dataclass(frozen=True)
class Language:
    """A language of the pages. `tag` is its BCP 47 name, with Latin digits for every script."""

    id: str
    name: str
    html: str
    tag: str
    direction: str = "ltr"


LANGUAGES: dict[str, Language] = {
    "en": Language("en", "English", "en", "en-GB-u-nu-latn-hc-h23"),
    "zh_CN": Language("zh_CN", "中文", "zh-Hans", "zh-CN-u-nu-latn-hc-h23"),
    "ko": Language("ko", "한국어", "ko", "ko-KR-u-nu-latn-hc-h23"),
    "ja": Language("ja", "日本語", "ja", "ja-JP-u-nu-latn-hc-h23"),
    "de": Language("de", "Deutsch", "de", "de-DE-u-nu-latn-hc-h23"),
    "fr": Language("fr", "Français", "fr", "fr-FR-u-nu-latn-hc-h23"),
    "ru": Language("ru", "Русский", "ru", "ru-RU-u-nu-latn-hc-h23"),
    "es": Language("es", "Español", "es", "es-ES-u-nu-latn-hc-h23"),
    "ar": Language("ar", "العربية", "ar", "ar-u-nu-latn-hc-h23", "rtl"),
    "pt": Language("pt", "Português", "pt", "pt-BR-u-nu-latn-hc-h23"),
}
DEFAULT = "en"


def language(asked: str | None) -> Language:
    """The language that serves `asked`: exact, then by its first part (`zh`, `zh-Hans-CN`), else English."""
    wanted = (asked or "").replace("-", "_")
    if wanted in LANGUAGES:
        return LANGUAGES[wanted]
    first = wanted.partition("_")[0].lower()
    return next((known for known in LANGUAGES.values() if known.id.partition("_")[0] == first), LANGUAGES[DEFAULT])


@cache
def catalogue(lang: str, domain: str = DOMAIN) -> Catalog:
    """One parsed `.po` file."""
    with (LOCALE_FOLDER / lang / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        return read_po(file, locale=lang, domain=domain)


def _message(lang: str, text: str | tuple[str, str]) -> Message | None:
    """A text as the language says it, from whichever catalogue has it."""
    found = catalogue(lang).get(text)
    if found is None and lang in DESK_LANGUAGES:
        found = catalogue(lang, DESKS).get(text)
    return found


def mark(text: str) -> str:
    """Name a text for the catalogues without translating it here."""
    return text


def mark_plural(singular: str, plural: str) -> tuple[str, str]:
    """The same for a text with a plural."""
    return singular, plural


def gettext(lang: str) -> Callable[[str], str]:
    """The function that turns an English text into the page's language."""

    def translated(text: str) -> str:
        message = _message(lang, text)
        return message.string if message and isinstance(message.string, str) and message.string else text

    return translated


def ngettext(lang: str) -> Callable[[str, str, int], str]:
    """The function that picks the plural form for a count; `%(n)s` in it is still to be filled."""
    index_of = plural_rules.c2py(catalogue(lang).plural_expr)

    def translated(singular: str, plural: str, n: int) -> str:
        message = _message(lang, (singular, plural))
        forms = message.string if message and isinstance(message.string, tuple) else ()
        index = index_of(n)
        if index < len(forms) and forms[index]:
            return forms[index]
        return singular if n == 1 else plural

    return translated


def plural_forms(lang: str, singular: str, plural: str) -> dict[str, str]:
    """CLDR plural category -> form, which is what `Intl.PluralRules` in the browser asks for."""
    choose, category_of = ngettext(lang), Locale.parse(lang).plural_form
    forms: dict[str, str] = {}
    for n in range(201):
        forms.setdefault(category_of(n), choose(singular, plural, n))
    forms.setdefault("other", choose(singular, plural, 200))
    return forms
