"""All units of a city as columns, so that thousands are compared at once; kept up to date unit by unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from emergency.travel import Floats, Ints, Starts, travel_cell
from emergency.units import Unit, UnitStatus

Mask = np.ndarray[Any, np.dtype[np.bool_]]

FIRST_ROOM = 256
# A unit in one of these may be sent; in every other it may not.
SENDABLE = frozenset({UnitStatus.AVAILABLE.value, "returning"})
OUT = frozenset({UnitStatus.OUT_OF_SERVICE.value, "out-of-contact"})


class Standing(IntEnum):
    """Whether a unit may be sent, and if not, why."""

    FREE = 0
    BUSY = 1
    OUT_OF_SERVICE = 2
    GONE = 3


class Where(NamedTuple):
    """The last known position of a unit in degrees; `since` None means that it is its station's."""

    lat: float
    lng: float
    since: datetime | None


class Fleet:
    """Columns over units. `able`: capabilities by kind; `stations`: positions (lat, lng) for units without their own,
    by unit id or by station.

    The one mutable thing here: it mirrors the unit documents, and `put` after each change of one costs microseconds
    where building ten thousand rows anew costs tens of milliseconds. `version` changes with every `put`.
    """

    def __init__(
        self,
        able: Mapping[str, frozenset[str]],
        units: Iterable[Unit] = (),
        stations: Mapping[str, tuple[float, float]] | None = None,
        workload: Mapping[str, int] | None = None,
    ) -> None:
        self.able = able
        self.stations = dict(stations or {})
        self.version = 0
        self.rows: dict[str, int] = {}
        self.ids: list[str] = []
        self.kinds: list[str] = []
        self.where: list[Where | None] = []
        self._kind_row: dict[str, int] = {}
        self._id_ranks = np.zeros(0, dtype=np.int64)
        self._cells: dict[str, int] = {"": 0}
        self._room(FIRST_ROOM)
        for unit in units:
            self.put(unit, (workload or {}).get(unit.unit_id, 0))

    def __len__(self) -> int:
        return len(self.ids)

    def put(self, unit: Unit, workload: int | None = None) -> None:
        """A unit as it is now. `workload`: assignments so far today; None keeps what was said before."""
        row = self.rows.get(unit.unit_id)
        if row is None:
            row = self.rows[unit.unit_id] = len(self.ids)
            self.ids.append(unit.unit_id)
            self.where.append(None)
            if row >= len(self._lat):
                self._room(2 * row)
        if unit.kind not in self._kind_row:
            self._kind_row[unit.kind] = len(self.kinds)
            self.kinds.append(unit.kind)
        self._kind[row] = self._kind_row[unit.kind]
        self._standing[row] = standing(unit)
        if workload is not None:
            self._workload[row] = workload
        self._place(row, self._whereabouts(unit))
        self.version += 1

    def remove(self, unit_id: str) -> None:
        """The unit exists no more; an unknown one is no matter."""
        row = self.rows.get(unit_id)
        if row is not None:
            self._standing[row] = Standing.GONE
            self.version += 1

    def _whereabouts(self, unit: Unit) -> Where | None:
        if unit.lat is not None and unit.lng is not None:
            return Where(unit.lat, unit.lng, unit.position_at)
        station = self.stations.get(unit.unit_id) or self.stations.get(unit.station)
        return None if station is None else Where(*station, None)

    def _place(self, row: int, where: Where | None) -> None:
        if where == self.where[row] and self._standing[row] != Standing.GONE:
            return
        self.where[row] = where
        if where is None:
            self._lat[row] = self._lng[row] = np.nan
            self._cell[row] = 0
        else:
            self._lat[row], self._lng[row] = where.lat, where.lng
            self._cell[row] = self._cells.setdefault(travel_cell(where.lat, where.lng), len(self._cells))

    def _room(self, size: int) -> None:
        """Columns for `size` units, what stands there kept."""
        n = len(self.ids)
        for name, empty in _COLUMNS.items():
            column = np.full(size, empty)
            if n and hasattr(self, name):
                old = getattr(self, name)
                column[: len(old)] = old
            setattr(self, name, column)

    # columns, one entry per row

    _lat: Floats
    _lng: Floats
    _cell: Ints
    _kind: Ints
    _standing: Ints
    _workload: Ints

    @property
    def starts(self) -> Starts:
        """Where the units are; not a number where nobody knows."""
        n = len(self)
        return Starts(self._lat[:n], self._lng[:n], self._cell[:n], self._cells)

    @property
    def kind_rows(self) -> Ints:
        """Rows into `kinds`."""
        return self._kind[: len(self)]

    @property
    def workload(self) -> Ints:
        """Assignments so far today."""
        return self._workload[: len(self)]

    @property
    def standings(self) -> Ints:
        """`Standing` of each unit."""
        return self._standing[: len(self)]

    @property
    def precedence(self) -> Ints:
        """Who goes first among equals, the smaller the sooner: less work today, then the smaller id."""
        if len(self._id_ranks) != len(self):
            self._id_ranks = np.empty(len(self), dtype=np.int64)
            self._id_ranks[sorted(range(len(self)), key=self.ids.__getitem__)] = np.arange(len(self))
        ranks: Ints = self.workload * len(self) + self._id_ranks
        return ranks

    def kind(self, row: int) -> str:
        """The kind of the unit in that row."""
        return self.kinds[int(self._kind[row])]

    def having(self, capability: str) -> Mask:
        """Which units have a capability, whatever they do now."""
        by_kind = np.array([capability in self.able.get(kind, ()) for kind in self.kinds], dtype=np.bool_)
        mask: Mask = by_kind[self.kind_rows] & (self.standings != Standing.GONE) if len(self) else by_kind
        return mask

    def sendable(self) -> Mask:
        """Which units are free and have a known position."""
        mask: Mask = (self.standings == Standing.FREE) & ~np.isnan(self._lat[: len(self)])
        return mask


_COLUMNS: dict[str, float | int] = {
    "_lat": float("nan"),
    "_lng": float("nan"),
    "_cell": 0,
    "_kind": 0,
    "_standing": int(Standing.GONE),
    "_workload": 0,
}


def standing(unit: Unit) -> Standing:
    """Whether a unit may be sent: never while it is assigned, in danger, out of service or out of contact."""
    if unit.status in OUT or unit.out_of_service:
        return Standing.OUT_OF_SERVICE
    is_free = unit.status in SENDABLE and not unit.is_busy and unit.distress_at is None
    return Standing.FREE if is_free else Standing.BUSY
