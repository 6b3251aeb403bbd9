"""The words of a report as far as another report can be compared with them: n-grams, mood, poles, marks."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import pairwise

import msgspec

from hotline.similar.letters import plain, script_of
from hotline.similar.lexicon import pattern, words
from hotline.similar.marks import marks_of, other_thing
from hotline.similar.mood import contrary, may_be_done, mood_of
from hotline.similar.poles import at_other_end, poles_of

MOST = 600  # characters of a report that are looked at
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
_ENDINGS = ("ingly", "edly", "ing", "ies", "ed", "es", "ly", "s")
_IDLE_WORDS = frozenset(words()["en"]["idle"])
_IDLE_CHARACTERS = frozenset(words()["zh"]["idle_characters"])


class Words(msgspec.Struct, frozen=True, gc=False):
    """What is kept of a text to compare it. It is personal like the text itself, and stays in memory."""

    script: str
    grams: frozenset[str]
    mood: int
    unclear: bool  # whether it may tell that the matter is over, in words that nobody here knows
    poles: frozenset[str]
    marks: Mapping[str, frozenset[str]]


def words_of(text: str) -> Words:
    """The comparable words of a text as it was typed; of a very long one, of its beginning."""
    shown = plain(text[:MOST])
    script = script_of(shown)
    grams = _han_grams(shown) if script in ("han", "kana") else _word_grams(shown)
    mood = mood_of(shown, script)
    unclear = may_be_done(shown, script, mood)
    return Words(script, frozenset(grams), mood, unclear, poles_of(shown, script), marks_of(shown, script))


def likeness(one: Words, other: Words) -> float | None:
    """How much two texts share, 0 to 1: the cosine of their sets of n-grams. None when they cannot be compared.

    Chinese: single characters and pairs of neighbours, without those that every report has. Other scripts: triples of
    letters within words, without the commonest English words. Texts in two scripts have nothing to compare.
    """
    if one.script != other.script or not one.grams or not other.grams:
        return None
    return len(one.grams & other.grams) / math.sqrt(len(one.grams) * len(other.grams))


def conflict(one: Words, other: Words) -> str:
    """Why two texts cannot be about one matter, whatever they share: `opposite`, `number`, or ""."""
    if contrary(one.mood, other.mood) or at_other_end(one.poles, other.poles):
        return "opposite"
    return "number" if other_thing(one.marks, other.marks) else ""


def _han_grams(text: str) -> set[str]:
    grams: set[str] = set()
    for run in _HAN.findall(pattern("zh", "idle").sub(" ", text)):
        kept = [c for c in run if c not in _IDLE_CHARACTERS]
        grams.update(kept)
        grams.update(a + b for a, b in pairwise(kept))
    return grams


def _word_grams(text: str) -> set[str]:
    grams: set[str] = set()
    for word in _WORD.findall(text):
        if word in _IDLE_WORDS or word.endswith("n't"):
            continue
        stem = f"^{_stem(word)}$"
        grams.update(stem[i : i + 3] for i in range(len(stem) - 2))
    return grams


def _stem(word: str) -> str:
    """Without the endings of English grammar, so that `leaking` and `leaks` share more than their middle."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
