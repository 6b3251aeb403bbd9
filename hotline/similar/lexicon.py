"""The words of `words.toml`, as patterns over plain text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("words.toml")
LANGUAGES: Mapping[str, str] = {"han": "zh", "latin": "en"}  # which language is read for a script


@cache
def words() -> dict[str, Any]:
    """The whole file."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def any_of(entries: Iterable[str], things: Iterable[str] = ()) -> str:
    """One pattern for any of the entries, longer ones first, so that none hides behind its own beginning."""
    inner = "|".join(things)
    return "|".join(entry.replace("THINGS", inner) for entry in sorted(entries, key=len, reverse=True))


@cache
def pattern(language: str, name: str, whole_words: bool = False) -> re.Pattern[str]:
    """One list of the file, compiled."""
    body = any_of(words()[language][name])
    return re.compile(rf"\b(?:{body})\b" if whole_words else body)
