"""Scripted conversations with the hotline: the same lines in ten languages, by the category of the case.

Each file of `dialogues/` is one matter. Its lines are spoken in turn; `meanwhile.toml` holds pairs of lines that fit
between those of any other while the agent looks something up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

import msgspec

from geo.toml_files import read_toml, typed

FOLDER = Path(__file__).parent / "dialogues"
GENERAL, MEANWHILE = "general", "meanwhile"
SPEAKERS = frozenset({"agent", "caller"})
SPEAKER = "speaker"
PLACEHOLDERS = frozenset({"address"})


class Line(NamedTuple):
    """One utterance: who speaks, and the words by language."""

    speaker: str
    said: Mapping[str, str]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    categories: tuple[str, ...]
    lines: tuple[dict[str, str], ...]


class Dialogues:
    """All matters together, and the languages in which every one of them is spoken."""

    def __init__(self, matters: Mapping[str, Sequence[Line]], names: Mapping[str, str]) -> None:
        """`matters`: lines by the matter's name, `GENERAL` and `MEANWHILE` among them; `names`: matter by category."""
        self._matters, self._names = matters, names
        self.languages = frozenset(matters[GENERAL][0].said)

    def of(self, category: str) -> Sequence[Line]:
        """The conversation about a category."""
        return self._matters[self._names.get(category, GENERAL)]

    def longer(self, lines: Sequence[Line], n: int) -> list[Line]:
        """The same conversation with what is said meanwhile between its lines, so that it has about `n` of them.

        The first two lines and the last two stay together: whoever begins says why, and nobody goes on after thanks.
        """
        fillers = self._matters[MEANWHILE]
        pairs = [fillers[i : i + 2] for i in range(0, len(fillers) - 1, 2)]
        chosen = pairs[: max(0, (n - len(lines)) // 2)]
        found = list(lines)
        # From the back, so that the places before stay what they are.
        for number, pair in reversed(list(enumerate(chosen))):
            at = min(2 + 2 * number, len(lines) - 2)
            found[at:at] = pair
        return found


@cache
def load_dialogues(folder: Path = FOLDER) -> Dialogues:
    """Read every matter. Raises ValueError naming the file and what is needed."""
    matters: dict[str, Sequence[Line]] = {}
    names: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        told = typed(read_toml(path), _File, path, "a dialogue")
        matters[path.stem] = [Line(line[SPEAKER], _said(line)) for line in _checked(told, path)]
        names |= dict.fromkeys(told.categories, path.stem)
    if missing := sorted({GENERAL, MEANWHILE} - set(matters)):
        raise ValueError(f"{folder / missing[0]}.toml: missing, it goes with every conversation")
    return Dialogues(matters, names)


def _said(line: Mapping[str, str]) -> dict[str, str]:
    return {language: words for language, words in line.items() if language != SPEAKER}


def _checked(told: _File, path: Path) -> tuple[dict[str, str], ...]:
    """The lines, each with a speaker and in all languages of the first. Raises ValueError."""
    if not told.lines:
        raise ValueError(f"{path}: lines: give at least one")
    for n, line in enumerate(told.lines, start=1):
        if line.get(SPEAKER) not in SPEAKERS:
            raise ValueError(f"{path}: line {n}: speaker is one of {', '.join(sorted(SPEAKERS))}")
        if odd := sorted(set(line) ^ set(told.lines[0])):
            raise ValueError(f"{path}: line {n}: {odd[0]} is not in every line")
        if strangers := sorted(_asked(line) - PLACEHOLDERS):
            raise ValueError(f"{path}: line {n}: {{{strangers[0]}}} is not known there")
    return told.lines


def _asked(line: Mapping[str, Any]) -> set[str]:
    return {name for words in line.values() for _, name, _, _ in Formatter().parse(words) if name is not None}
