"""Whether a report says that something is wrong, or that all is well: what n-grams cannot see.

红绿灯坏了 and 红绿灯好了 share four characters of five. So words are looked up that say "wrong" or "well"; negations
turn them round, and what was said last counts: "it was repaired, and is broken again" is a complaint. English and
Chinese; of other languages nothing is known here, and nothing is concluded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from hotline.similar.lexicon import LANGUAGES, any_of, pattern, words

WRONG, WELL, UNKNOWN = -1, 1, 0
# How far a negation reaches: characters in Chinese (没有闻到燃气|味), words in English (no smell of any gas).
REACH = {"zh": 6, "en": 4}
_STOP = r"[,.;!?:()、。，；！？]"
_ASKED = re.compile(r" ?(?:吗|没有|没|\?)")


def mood_of(text: str, script: str) -> int:
    """`WRONG`, `WELL` or `UNKNOWN` of a plain text (see `letters.plain`)."""
    language = LANGUAGES.get(script)
    if language is None:
        return UNKNOWN
    last, asked = UNKNOWN, pattern(language, "asks", language == "en").search(text)
    for sign in _signs(text, language):
        last = sign or last
    if last == UNKNOWN and not asked and pattern(language, "relieved", language == "en").search(text):
        return WELL
    return last


def may_be_done(text: str, script: str, mood: int) -> bool:
    """Whether a text that says neither may tell of something that was done: no list has every way to say so."""
    language = LANGUAGES.get(script)
    return bool(language and mood == UNKNOWN and pattern(language, "done", language == "en").search(text))


def contrary(one: int, other: int) -> bool:
    """Whether only one of two reports says that all is well."""
    return (one == WELL) != (other == WELL)


@cache
def _scanner(language: str) -> re.Pattern[str]:
    said = words()[language]
    bound = r"\b" if language == "en" else ""
    groups = ("idioms", "undone", "absent", "well", "wrong", "but", "nobody", "not")
    parts = [
        f"(?P<{name}>{bound}(?:{any_of(said[name], said.get('things', ()))}){bound})" for name in groups if name in said
    ]
    return re.compile("|".join([parts[0], rf"(?P<stop>{_STOP})", *parts[1:], r"(?P<word>[a-z0-9']+)"]))


def _signs(text: str, language: str) -> Iterator[int]:
    """The signs that a text gives, in order. Negations end with their clause; a wish says nothing of what is."""
    wish = pattern(language, "wish", language == "en")
    negated, nobody, clause = _Reach(language), _Reach(language), 0
    for part in _scanner(language).finditer(text):
        kind = part.lastgroup
        if kind in ("stop", "but"):
            negated.end()
            nobody.end()
            clause = part.end()
        elif kind == "not":
            negated.begin(part.end())
        elif kind == "nobody":
            nobody.begin(part.end())
        elif kind in ("undone", "absent"):
            yield WELL if negated.take(part.start(), just_before=True) else WRONG
        elif kind == "wrong":
            yield WELL if negated.take(part.start()) else WRONG
        elif kind == "well":
            turned = negated.take(part.start()) or nobody.take(part.start())
            wished = wish.search(text, clause, part.start()) or _ASKED.match(text, part.end())
            yield WRONG if turned else (UNKNOWN if wished else WELL)
        elif kind == "word":
            negated.pass_word()
            nobody.pass_word()


class _Reach:
    """Whether a negation still holds: for so many characters, or words, after it."""

    def __init__(self, language: str):
        self._by_words = language == "en"
        self._reach = REACH[language]
        self._left = 0
        self._until = -1

    def begin(self, at: int) -> None:
        self._left, self._until = self._reach, at + self._reach

    def end(self) -> None:
        self._left, self._until = 0, -1

    def pass_word(self) -> None:
        self._left = max(0, self._left - 1)

    def take(self, at: int, just_before: bool = False) -> bool:
        """Whether it reaches `at`, or stands `just_before` it; it is used up by that."""
        if self._by_words:
            holds = self._left >= (self._reach if just_before else 1)
        else:
            holds = at <= self._until - (self._reach if just_before else 0)
        self.end()
        return holds
