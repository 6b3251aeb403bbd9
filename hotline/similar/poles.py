"""Things that can be wrong in two ways: too hot and too cold, a lamp that is dark and one that burns all day."""

from __future__ import annotations

import re
from functools import cache

from hotline.similar.lexicon import LANGUAGES, any_of, words

_OTHER = {"low": "high", "high": "low"}


@cache
def _ends(language: str) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    axes = words()["axes"]
    return tuple((axis, end, re.compile(any_of(axes[axis][language][end]))) for axis in axes for end in _OTHER)


def poles_of(text: str, script: str) -> frozenset[str]:
    """The ends (`warmth:low`) that a plain text names. One that names both ends of an axis says nothing about it."""
    language = LANGUAGES.get(script)
    found = {(axis, end) for axis, end, said in _ends(language) if said.search(text)} if language else set()
    return frozenset(f"{axis}:{end}" for axis, end in found if (axis, _OTHER[end]) not in found)


def at_other_end(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two texts stand at the two ends of an axis."""
    return any(f"{axis}:{_OTHER[end]}" in other for axis, _, end in (pole.partition(":") for pole in one))
