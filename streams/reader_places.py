"""Where a new row stands in the order of its table: the number that is its primary key."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from streams.reader_schema import PLACE_BITS, Table, first_place_us

_SLOTS = 1 << PLACE_BITS
_UNORDERED_END = 1 << 62


@dataclass
class Places:
    """Hands out places for rows that are about to be inserted in the current batch.

    `forget` after the batch was written: from then on the table itself knows what is taken. While a file is built
    from nothing, everything taken was handed out here, and the tables need not be asked (`begin`, `end`).
    """

    db: sqlite3.Connection
    _last: dict[tuple[str, int], int] = field(default_factory=dict)
    _tops: dict[str, int] = field(default_factory=dict)
    _is_complete: bool = False

    def begin(self) -> None:
        """The tables are empty."""
        self.end()
        self._is_complete = True

    def end(self) -> None:
        self._is_complete = False
        self.forget()

    def forget(self) -> None:
        if not self._is_complete:
            self._last.clear()
            self._tops.clear()

    def next(self, table: Table, received_us: int | None) -> int:
        """By time of receipt; below zero while the receipt is unknown; in order of arrival for undated tables."""
        if not table.by_time:
            return self._after_last(table, 1, _UNORDERED_END)
        if received_us is None:
            return self._below_lowest(table)
        first = first_place_us(received_us)
        while (place := self._after_last(table, first, first + _SLOTS)) == first + _SLOTS:
            first += _SLOTS  # more than 1,024 at one instant flow over into the next microsecond
        return place

    def _after_last(self, table: Table, first: int, end: int) -> int:
        """The place after the last one taken in [first, end); `end` itself when all are."""
        last = self._last.get((table.name, first))
        if last is None and not self._is_complete and first <= self._top(table):
            sql = f"SELECT max(place) FROM {table.name} WHERE place >= ? AND place < ?"
            (last,) = self.db.execute(sql, (first, end)).fetchone()
        place = first if last is None else min(last + 1, end)
        self._last[table.name, first] = place
        return place

    def _top(self, table: Table) -> int:
        """The highest place in the table: what comes in the order of time needs no further question."""
        if table.name not in self._tops:
            self._tops[table.name] = self.db.execute(f"SELECT max(place) FROM {table.name}").fetchone()[0] or 0
        return self._tops[table.name]

    def _below_lowest(self, table: Table) -> int:
        lowest = self._last.get((table.name, -1))
        if lowest is None and not self._is_complete:
            (lowest,) = self.db.execute(f"SELECT min(place) FROM {table.name}").fetchone()
        place = min(lowest or 0, 0) - 1
        self._last[table.name, -1] = place
        return place
