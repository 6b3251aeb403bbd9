"""Counts kept up to date: each document's flags, and the totals that they add up to.

A document's flags are a pure function of the document and the clock; the tally only remembers the last ones and
moves the counts by the difference. `counts == count every document anew` is a law with a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

EVERY = ""  # the category that stands for all
_NO_SPLITS: dict[str, dict[str, int]] = {}


class Counted(Protocol):
    """What a tally needs to know of a document."""

    @property
    def cell(self) -> str: ...
    @property
    def area(self) -> str: ...


class Tally:
    """Totals per measure, some of them split by an attribute, some per cell and category.

    `measures` maps a name to its flag bit; `mapped` names those that the map shows; `splits` says by which document
    attributes a measure is split; `topic` is the attribute that the map can be filtered by.
    """

    def __init__(
        self,
        measures: Mapping[str, int],
        mapped: Iterable[str],
        splits: Mapping[str, Iterable[str]],
        topic: str,
    ):
        self.bits = dict(measures)
        self.topic = topic
        self.total: dict[int, int] = dict.fromkeys(self.bits.values(), 0)
        self.split: dict[int, dict[str, dict[str, int]]] = {
            self.bits[name]: {attribute: {} for attribute in attributes} for name, attributes in splits.items()
        }
        self.attributes = tuple(dict.fromkeys([topic, *(a for attributes in splits.values() for a in attributes)]))
        self.mapped = {self.bits[name]: name for name in mapped}
        # bit -> category -> cell -> count; the empty cell holds those without usable location
        self.cells: dict[int, dict[str, dict[str, int]]] = {bit: {EVERY: {}} for bit in self.mapped}
        self.touched: dict[int, dict[str, set[str]]] = {bit: {EVERY: set()} for bit in self.mapped}
        self.flags: dict[str, int] = {}
        self._steps: dict[int, list[Any]] = {}

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
            before.cell == after.cell and all(getattr(before, a) == getattr(after, a) for a in self.attributes)
        )

    def _shift(self, document: Counted, flags: int, by: int) -> None:
        if not flags:
            return
        cell, category, total = document.cell, getattr(document, self.topic), self.total
        for bit, splits, cells, touched in self._steps.get(flags) or self._plan(flags):
            total[bit] += by
            for attribute, counts in splits:
                value = getattr(document, attribute)
                counts[value] = counts.get(value, 0) + by
            if cells is None:
                continue
            counts = cells[EVERY]
            counts[cell] = counts.get(cell, 0) + by
            touched[EVERY].add(cell)
            counts = cells.get(category)
            if counts is None:
                counts = cells[category] = {}
                touched[category] = set()
            counts[cell] = counts.get(cell, 0) + by
            touched[category].add(cell)

    def _plan(self, flags: int) -> list[Any]:
        """What a set of flags moves: worked out once, since an engine sees the same few sets all day."""
        self._steps[flags] = [
            (bit, tuple(self.split.get(bit, _NO_SPLITS).items()), self.cells.get(bit), self.touched.get(bit))
            for bit in self.bits.values()
            if flags & bit
        ]
        return self._steps[flags]

    def count(self, measure: str) -> int:
        return self.total[self.bits[measure]]

    def by(self, measure: str, attribute: str) -> dict[str, int]:
        """Counts of one measure by one attribute, zeros left out."""
        return {value: n for value, n in self.split[self.bits[measure]][attribute].items() if n}

    def unlocated(self, measure: str, category: str = EVERY) -> int:
        return self.cells[self.bits[measure]].get(category, {}).get("", 0)

    def take_touched(self) -> Iterable[tuple[str, str, dict[str, int]]]:
        """(measure, category, {cell: count}) of every cell that moved since the last call.

        Cells that came down to zero are forgotten then, so that a count keeps no memory of where it once was.
        """
        for bit, name in self.mapped.items():
            for category, cells in self.touched[bit].items():
                if not cells:
                    continue
                counts = self.cells[bit][category]
                moved = {cell: counts[cell] for cell in cells}
                cells.clear()
                for cell, n in moved.items():
                    if not n:
                        del counts[cell]
                yield name, category, moved
