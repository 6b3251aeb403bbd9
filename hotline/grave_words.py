"""Rare and grave words: what callers say long before counts rise, and what they say when it is not so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from geo.toml_files import read_toml, typed

TABLE = Path(__file__).with_name("grave_words.toml")
SAID = "said:"  # what themes are called among categories: `said:gas`
MOST_TEXT = 2_000
_GAP = 40
_ANY = "..."  # what NFKC makes of the table's …
_CLAUSE_END = ".!?;:。！？；：，,、،؛؟\n"
_SENTENCE_END = ".!?;。！？；؟\n"
_MARKS = re.compile("[\u064b-\u0652\u0640]")  # Arabic vowel signs and the stretching stroke


class Theme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a group of words is about: the category whose owner answers for it."""

    category: str


class Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a language. `before` and `after`: how many characters away a denial may stand."""

    words: dict[str, tuple[str, ...]]
    before: int
    after: int
    denied_before: tuple[str, ...] = ()
    denied_after: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    anywhere: bool = False


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    themes: dict[str, Theme]
    languages: dict[str, Language]


class _Ready(msgspec.Struct, frozen=True):
    """A language made ready for reading."""

    words: dict[str, re.Pattern[str]]
    guards: re.Pattern[str] | None
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    reach_before: int
    reach_after: int


class GraveWords:
    """Finds themes in what callers say. Reading one text costs some ten microseconds."""

    def __init__(self, table: Table) -> None:
        self.themes = tuple(table.themes)
        self.categories = {name: theme.category for name, theme in table.themes.items()}
        self.languages = tuple(table.languages)
        self._ready = {name: _made_ready(language) for name, language in table.languages.items()}

    @classmethod
    def load(cls, path: Path = TABLE) -> GraveWords:
        """Read the table. Raises ValueError naming the file and what is needed."""
        table = typed(read_toml(path), Table, path, "a table of grave words")
        if complaints := "; ".join(_complaints(table)):
            raise ValueError(f"{path}: {complaints}")
        return cls(table)

    def themes_of(self, text: str, language: str = "") -> frozenset[str]:
        """The themes a text speaks of and does not deny.

        `language` is what the case says (`zh`, `en-GB`); unknown or absent, it is guessed from the script, and
        texts in Latin letters are read with the words of all languages that use them.
        """
        if not text:
            return frozenset()
        plain = _plain(text[:MOST_TEXT])
        return frozenset(theme for name in self._read_as(plain, language) for theme in _found(self._ready[name], plain))

    def _read_as(self, plain: str, language: str) -> Sequence[str]:
        first = language.replace("_", "-").partition("-")[0].lower()
        if first in self._ready:
            return (first,)
        scripts = {_script(character) for character in plain if character.isalpha()}
        for script in ("ja", "ko", "zh", "ru", "ar"):
            if script in scripts and script in self._ready:
                return (script,)
        return [name for name in self._ready if name not in ("zh", "ja", "ko", "ru", "ar")]


@lru_cache(maxsize=1)
def grave_words() -> GraveWords:
    """The table that comes with Hexwatch."""
    return GraveWords.load()


def said(theme: str) -> str:
    """The name of a theme among categories."""
    return SAID + theme


def _found(ready: _Ready, plain: str) -> Iterator[str]:
    text = ready.guards.sub(" ", plain) if ready.guards else plain
    for theme, pattern in ready.words.items():
        if any(not _is_denied(ready, text, match) for match in pattern.finditer(text)):
            yield theme


def _is_denied(ready: _Ready, text: str, match: re.Match[str]) -> bool:
    """Whether a denial stands in the clause before the word, inside it, or in the rest of its sentence."""
    start, end = match.span()
    clause = _after_last(text[max(0, start - ready.reach_before) : start], _CLAUSE_END)
    if ready.before and ready.before.search(clause + text[start:end]):
        return True
    rest = _until_first(text[end : end + ready.reach_after], _SENTENCE_END)
    return bool(ready.after and ready.after.search(rest))


def _after_last(text: str, ends: str) -> str:
    return text[max(text.rfind(end) for end in ends) + 1 :]


def _until_first(text: str, ends: str) -> str:
    places = [place for end in ends if (place := text.find(end)) >= 0]
    return text[: min(places)] if places else text


def _made_ready(language: Language) -> _Ready:
    whole = not language.anywhere
    # Denials are whole words also where grave words are not: Arabic writes them apart.
    apart = whole or any("\u0600" <= word[0] <= "\u06ff" for word in language.denied_before)
    return _Ready(
        words={theme: _any_of(words, whole) for theme, words in language.words.items()},
        guards=_any_of(language.guards, whole) if language.guards else None,
        before=_any_of(language.denied_before, apart) if language.denied_before else None,
        after=_any_of(language.denied_after, apart) if language.denied_after else None,
        reach_before=language.before,
        reach_after=language.after,
    )


def _any_of(words: Sequence[str], whole: bool) -> re.Pattern[str]:
    return re.compile("|".join(_pattern(_plain(word), whole) for word in sorted(words, key=len, reverse=True)))


def _pattern(word: str, whole: bool) -> str:
    gap = rf"\b[^{re.escape(_CLAUSE_END)}]{{1,{_GAP}}}?\b" if whole else f"[^{re.escape(_CLAUSE_END)}]{{0,{_GAP}}}?"
    parts = [re.escape(part.strip()).replace(r"\*", r"\w*") for part in word.split(_ANY)]
    joined = gap.join(parts)
    return rf"\b{joined}\b" if whole else joined


def _plain(text: str) -> str:
    """One form for all ways to write the same: width, case, apostrophes, Arabic vowel signs."""
    found = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("ß", "ss")
    return _MARKS.sub("", found)


def _script(character: str) -> str:
    code = ord(character)
    if 0x3040 <= code <= 0x30FF:
        return "ja"
    if 0xAC00 <= code <= 0xD7A3:
        return "ko"
    if 0x4E00 <= code <= 0x9FFF:
        return "zh"
    if 0x0400 <= code <= 0x04FF:
        return "ru"
    return "ar" if 0x0600 <= code <= 0x06FF else "latin"


def _complaints(table: Table) -> Iterator[str]:
    """What the types cannot say."""
    for name, language in table.languages.items():
        if missing := sorted(set(table.themes) - set(language.words)):
            yield f"languages.{name}.words: {', '.join(missing)} missing"
        if unknown := sorted(set(language.words) - set(table.themes)):
            yield f"languages.{name}.words: {', '.join(unknown)} is no theme"
