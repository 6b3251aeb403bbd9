"""Sentences with figures in them: templates filled with pieces, so that each output shows a figure in its own way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from string import Formatter
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from layouts.texts import Language, gettext
from layouts.texts import mark as N_

FIRST_STRONG, POP = "\u2068", "\u2069"  # Unicode isolates
LEFT_TO_RIGHT = "\u200e"  # makes signs beside it read from left to right
UNKNOWN = N_("unknown")
FEWEST_FOR_SHARE = 20  # below that a share is no percentage


@dataclass(frozen=True)
class Shown:
    """A figure in a sentence: its text, and the name under which the cases behind it are found ("" for none)."""

    text: str
    figure: str = ""


Piece = str | Shown
Sentence = Sequence[Piece]


@dataclass(frozen=True)
class Speaker:
    """One language, one zone, one table of names: what every sentence of a briefing is made with."""

    lang: Language
    zone: ZoneInfo
    names: Mapping[str, Mapping[str, str]]

    def say(self, template: str, **values: Piece) -> Sentence:
        """The template in this language, its `{fields}` replaced by pieces."""
        found: list[Piece] = []
        for text, field, _, _ in Formatter().parse(gettext(self.lang.id)(template)):
            found += [text] if text else []
            found += [self._isolated(values[field])] if field else []
        return found

    def _isolated(self, piece: Piece) -> Piece:
        """In a sentence from right to left a name or number of another direction keeps its own order."""
        if self.lang.direction != "rtl":
            return piece
        if isinstance(piece, Shown):
            return Shown(f"{FIRST_STRONG}{piece.text}{POP}", piece.figure)
        return f"{FIRST_STRONG}{piece}{POP}"

    def number(self, value: float | int | None, digits: int = 0) -> str:
        """With the separators of the language and Latin digits; a dash for what is unknown."""
        if value is None:
            return "–"
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(round(value, digits) if digits else round(value), pattern, locale=self._locale)

    def at_least(self, value: float, least: float) -> str:
        """With one digit, and `< 0.1` for what is below the least: zero would say that it cannot happen."""
        if value >= least:
            return self.number(value, 1)
        mark = LEFT_TO_RIGHT if self.lang.direction == "rtl" else ""  # else the sign would be turned round
        return f"{mark}< {self.number(least, 1)}"

    def ratio(self, value: float) -> str:
        """With one digit below ten."""
        return self.number(value, 0 if value >= 10 else 1)

    def share(self, n: int, of: int) -> str:
        """`24 % (1,074 of 4,506)`; without a percentage where there are too few."""
        counted = gettext(self.lang.id)("{n} of {of}").format(n=self.number(n), of=self.number(of))
        return f"{self.percent(n / of)} ({counted})" if of >= FEWEST_FOR_SHARE else counted

    def day(self, day: date | str) -> str:
        """The weekday and the date in full."""
        found = date.fromisoformat(day) if isinstance(day, str) else day
        return format_date(found, "full", locale=self._locale)

    def short_day(self, day: date | str) -> str:
        """The date, short."""
        found = date.fromisoformat(day) if isinstance(day, str) else day
        return format_date(found, "medium", locale=self._locale)

    def percent(self, share: float) -> str:
        """A share from 0 to 1 in whole percents."""
        return format_percent(share, "#,##0 %", locale=self._locale)

    def at(self, at: datetime | str) -> str:
        """City time, date and minute."""
        found = datetime.fromisoformat(at) if isinstance(at, str) else at
        local = found.astimezone(self.zone)
        return f"{format_date(local, 'medium', locale=self._locale)} {local:%H:%M}"

    def name(self, table: str, id_: str) -> str:
        """What a category, area or agency is called; what has no name is shown as it stands in the data."""
        if not id_:
            return gettext(self.lang.id)(UNKNOWN)
        return self.names.get(table, {}).get(id_) or id_

    def language(self, code: str) -> str:
        """What a language (BCP 47) is called; a code that is none stays as it stands in the data."""
        return Locale.parse(self.lang.id).languages.get(code) or code

    @property
    def _locale(self) -> str:
        return {"ar": "ar_EG@numbers=latn"}.get(self.lang.id, self.lang.id)


def plain(sentence: Sentence) -> str:
    """A sentence as text."""
    return "".join(piece if isinstance(piece, str) else piece.text for piece in sentence)
