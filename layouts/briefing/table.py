"""A table of a briefing: cells that say something to people and to spreadsheets."""

from __future__ import annotations

from dataclasses import dataclass, field

from layouts.briefing.words import Speaker
from layouts.texts import gettext


@dataclass(frozen=True)
class Cell:
    """One cell: what people read, the number behind it if it is one, and the figure that lists its cases.

    `is_place`: a page can be opened at it, by the figure's name.
    """

    text: str
    value: float | int | None = None
    figure: str = ""
    is_place: bool = False


@dataclass(frozen=True)
class Section:
    """A heading and its table; without rows `empty` says why. `chart` names the drawing that belongs to it."""

    key: str
    heading: str
    columns: list[str]
    rows: list[list[Cell]] = field(default_factory=list)
    empty: str = ""
    note: str = ""
    chart: str = ""

    @property
    def numbers(self) -> list[bool]:
        """Which columns hold nothing but numbers, and dashes where there is none."""
        return [
            all(row[at].value is not None or row[at].text == "–" for row in self.rows)
            for at in range(len(self.columns))
        ]


def numbers(speaker: Speaker, *values: float | int | None) -> list[Cell]:
    """One cell each."""
    return [Cell(speaker.number(value), value) for value in values]


def heads(speaker: Speaker, *texts: str) -> list[str]:
    """Titles of columns in the speaker's language."""
    return [gettext(speaker.lang.id)(text) for text in texts]


def part(speaker: Speaker, n: int, of: int) -> Cell:
    """`n` of `of`; a dash where there is nothing to take a share of."""
    return Cell(speaker.share(n, of), n) if of else Cell("–")
