"""Counts kept up to date: each document's flags, and the totals that they add up to.

A document's flags are a pure function of the document and the clock; the tally only remembers the last ones and
moves the counts by the difference. `counts == count every document anew` is a law with a test.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

EVERY = ""  # the category that stands for all


class Counted(Protocol):
    """What a tally needs to know of a document."""

    @property
    def cell(self) -> str: ...
    @property
    def area(self) -> str: ...


class Tally:
    """Totals per measure, per dimension, and per cell and category.

    `measures` maps a name to its flag bit; `mapped` names those that the map shows; `dimensions` are document
    attributes by which every measure is split.
    """

    def __init__(self, measures: Mapping[str, int], mapped: Iterable[str], dimensions: Iterable[str], topic: str):
        self.bits = dict(measures)
        self.dimensions = tuple(dimensions)
        self.topic_dimension = topic
        self.total: Counter[int] = Counter()
        self.split: dict[tuple[int, str], Counter[str]] = {
            (bit, dimension): Counter() for bit in self.bits.values() for dimension in self.dimensions
        }
        self.mapped = {self.bits[name]: name for name in mapped}
        # bit -> category -> cell -> count; the empty cell holds those without usable location
        self.cells: dict[int, dict[str, Counter[str]]] = {bit: defaultdict(Counter) for bit in self.mapped}
        self.touched: dict[int, dict[str, set[str]]] = {bit: defaultdict(set) for bit in self.mapped}
        self.flags: dict[str, int] = {}

    def move(self, key: str, before: Counted | None, after: Counted | None, flags: int) -> None:
        """Count `key` as `after` with `flags` instead of as `before` with the flags it had."""
        old = self.flags.get(key, 0)
        if before is not None and after is not None and self._same_place(before, after):
            self._shift(after, old & ~flags, -1)
            self._shift(after, flags & ~old, 1)
        else:
            if before is not None:
                self._shift(before, old, -1)
            if after is not None:
                self._shift(after, flags, 1)
        if after is None or not flags:
            self.flags.pop(key, None)
        else:
            self.flags[key] = flags

    def _same_place(self, before: Counted, after: Counted) -> bool:
        return before is after or (
            before.cell == after.cell and all(getattr(before, d) == getattr(after, d) for d in self.dimensions)
        )

    def _shift(self, document: Counted, flags: int, by: int) -> None:
        if not flags:
            return
        cell, category = document.cell, getattr(document, self.topic_dimension)
        values = [(dimension, getattr(document, dimension)) for dimension in self.dimensions]
        while flags:
            bit = flags & -flags
            flags ^= bit
            self.total[bit] += by
            for dimension, value in values:
                self.split[bit, dimension][value] += by
            if bit in self.cells:
                cells, touched = self.cells[bit], self.touched[bit]
                cells[EVERY][cell] += by
                touched[EVERY].add(cell)
                cells[category][cell] += by
                touched[category].add(cell)

    def count(self, measure: str) -> int:
        return self.total[self.bits[measure]]

    def by(self, measure: str, dimension: str) -> dict[str, int]:
        """Counts of one measure by one dimension, zeros left out."""
        return {value: n for value, n in self.split[self.bits[measure], dimension].items() if n}

    def unlocated(self, measure: str, category: str = EVERY) -> int:
        categories = self.cells[self.bits[measure]]
        return categories[category][""] if category in categories else 0

    def take_touched(self) -> Iterable[tuple[str, str, dict[str, int]]]:
        """(measure, category, {cell: count}) of every cell that moved since the last call."""
        for bit, name in self.mapped.items():
            for category, cells in self.touched[bit].items():
                if cells:
                    counts = self.cells[bit][category]
                    yield name, category, {cell: counts[cell] for cell in cells}
            self.touched[bit].clear()
