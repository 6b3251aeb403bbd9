"""How pages without scripts speak: the desk's words and the city's names in one language, and the city's time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from layouts.context import Context
from layouts.dispatch.markup import clock
from layouts.dispatch.words import words_for_desk
from layouts.texts import DEFAULT, DESK_LANGUAGES, LANGUAGES, Language, language
from layouts.tokens import PRIORITY_SHAPES
from layouts.wall.names import names


@dataclass(frozen=True)
class Voice:
    """One page's words; `now` is the instant that the page is of, by the city's clock."""

    lang: Language
    words: Mapping[str, Any]
    names: Mapping[str, Mapping[str, str]]
    zone: ZoneInfo
    now: datetime

    def say(self, key: str, **values: object) -> str:
        """A text by its key; a key that nobody has words for is shown as it is."""
        said = self.words.get(key, key)
        return str(said).format(**values) if values else str(said)

    def name(self, table: str, id_: str) -> str:
        return self.names.get(table, {}).get(id_) or _readable(id_)

    def status(self, status: str) -> str:
        return self._coded("status", status)

    def stage(self, stage: str) -> str:
        return self._coded("stage", stage)

    def why(self, code: str) -> str:
        return self._coded("why", code)

    def priority(self, priority: object) -> str:
        """◆ 1"""
        return f"{PRIORITY_SHAPES.get(priority, '')} {priority}".strip()  # type: ignore[call-overload]

    def at(self, at: datetime | str | None) -> str:
        """City time, with the date when it is not today's."""
        return clock(at, self.zone, self.now)

    def _coded(self, group: str, code: str) -> str:
        key = f"{group}.{code}"
        return self.say(key) if key in self.words else _readable(code)


def desk_language(asked: str | None) -> Language:
    """The nearest language that the desks speak."""
    found = language(asked)
    return found if found.id in DESK_LANGUAGES else LANGUAGES[DEFAULT]


def voice_of(context: Context, lang: Language, now: datetime) -> Voice:
    return Voice(lang, words_for_desk(lang), names(context, lang), ZoneInfo(str(context.city.zone)), now)


def _readable(id_: str) -> str:
    """As the scripts do it: `gas_smell` -> `Gas smell`; what is already written for people stays."""
    if not id_ or id_ != id_.lower() or " " in id_:
        return id_
    words = id_.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
