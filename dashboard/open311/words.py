"""Sentences for outside apps, in the language that they ask for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from flask import request

from geo.catalogue import in_language

FILE = Path(__file__).parent / "words.toml"
MOST_LOCALE = 35  # characters of the longest language tag in use


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def say(key: str, lang: str, **parts: str) -> str:
    """The sentence in a language, else in English."""
    names = {language: texts[key] for language, texts in _sentences().items()}
    return in_language(names, lang).format(**parts)


def asked_language(languages: tuple[str, ...]) -> str:
    """Of the city's languages the one of `locale`, else the best of `Accept-Language`; "" where neither fits."""
    locale = request.values.get("locale", "")[:MOST_LOCALE].replace("_", "-")
    if (first := locale.partition("-")[0].lower()) in languages:
        return first
    for tag in request.accept_languages.values():
        if (first := tag.partition("-")[0].lower()) in languages:
            return first
    return ""
