"""What an assignment leaves behind: the expected first arrival in every area before and after units are taken away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import numpy as np

from emergency.fleet import Fleet, Mask, Standing
from emergency.plans import Service
from emergency.travel import TravelTimes, seconds_to

Seconds = np.ndarray[Any, np.dtype[np.float32]]


class Place(NamedTuple):
    """A point of an area where people call from, in degrees; `weight` how often (calls, residents: any unit)."""

    area: str
    lat: float
    lng: float
    weight: float = 1.0


class AreaChange(msgspec.Struct, frozen=True):
    """Expected seconds until a service's first unit arrives in an area; None when no unit is left to send."""

    area: str
    service: str
    before_s: float | None
    after_s: float | None
    within_s: float

    @property
    def is_uncovered(self) -> bool:
        """Covered before and not after: the units taken make the difference."""
        before = float("inf") if self.before_s is None else self.before_s
        after = float("inf") if self.after_s is None else self.after_s
        return before <= self.within_s < after


class _Watched(NamedTuple):
    """One service: arrival seconds of shape (places, units), the units' rows in the fleet, and the limit."""

    seconds: Seconds
    rows: np.ndarray[Any, np.dtype[np.int64]]
    within_s: float


class Cover:
    """Arrival times of every unit at every place, computed once: who is free now is asked of the fleet each time.

    Positions are those of `at`; build it anew when they have changed (about 0.7 ms per place and 10,000 units).
    """

    def __init__(
        self,
        fleet: Fleet,
        model: TravelTimes,
        places: Sequence[Place],
        services: Mapping[str, Service],
        at: datetime,
    ) -> None:
        self.fleet = fleet
        self.areas = sorted({place.area for place in places})
        row = {area: number for number, area in enumerate(self.areas)}
        self._area = np.array([row[place.area] for place in places], dtype=np.int64)
        self._weight = np.array([place.weight for place in places], dtype=np.float64)
        turnout = np.array([model.turnout_s(kind) for kind in fleet.kinds])[fleet.kind_rows] if len(fleet) else 0.0
        all_seconds = np.empty((len(places), len(fleet)), dtype=np.float32)
        for number, place in enumerate(places):
            end = (place.lat, place.lng)
            all_seconds[number] = turnout + seconds_to(model, fleet.starts, fleet.kind_rows, fleet.kinds, end, at)
        all_seconds[np.isnan(all_seconds)] = np.inf
        self._watched = {name: self._watch(all_seconds, service) for name, service in services.items()}
        self._before: dict[str, tuple[int, Seconds, np.ndarray[Any, np.dtype[np.int64]]]] = {}

    def _watch(self, all_seconds: Seconds, service: Service) -> _Watched:
        rows = np.flatnonzero(self.fleet.having(service.capability))
        return _Watched(np.ascontiguousarray(all_seconds[:, rows]), rows, service.within_s)

    def changes(self, taken: Iterable[str]) -> list[AreaChange]:
        """Areas whose expected first arrival gets later by a second or more without those units, worst first."""
        rows = np.array([self.fleet.rows[unit_id] for unit_id in taken if unit_id in self.fleet.rows], dtype=np.int64)
        found: list[AreaChange] = []
        for service, watched in self._watched.items():
            if np.isin(watched.rows, rows).any():
                found += self._of_service(service, watched, rows)
        return sorted(found, key=lambda c: (not c.is_uncovered, -_later(c), c.service, c.area))

    def uncovered(self, taken: Iterable[str]) -> list[AreaChange]:
        """Areas that are within the service's limit with those units and not without them."""
        return [change for change in self.changes(taken) if change.is_uncovered]

    def _of_service(self, service: str, watched: _Watched, rows: Any) -> list[AreaChange]:
        before, first = self._first(service, watched)
        after = before.copy()
        hit = np.flatnonzero(np.isin(watched.rows[first], rows)) if len(first) else first
        if len(hit):
            left = self._free(watched) & ~np.isin(watched.rows, rows)
            after[hit] = _least(watched.seconds[hit], left)
        was, is_now = self._by_area(before), self._by_area(after)
        changed = [n for n in range(len(self.areas)) if is_now[n] > was[n] + 1]
        return [AreaChange(self.areas[n], service, _said(was[n]), _said(is_now[n]), watched.within_s) for n in changed]

    def _first(self, service: str, watched: _Watched) -> tuple[Seconds, Any]:
        """Per place the soonest arrival and whose it is; the same until the fleet changes."""
        known = self._before.get(service)
        if known is not None and known[0] == self.fleet.version:
            return known[1], known[2]
        masked = np.where(self._free(watched), watched.seconds, np.float32(np.inf))
        first = masked.argmin(axis=1)
        soonest: Seconds = masked[np.arange(len(masked)), first]
        self._before[service] = (self.fleet.version, soonest, first)
        return soonest, first

    def _free(self, watched: _Watched) -> Mask:
        mask: Mask = self.fleet.standings[watched.rows] == Standing.FREE
        return mask

    def _by_area(self, seconds: Seconds) -> list[float]:
        """Mean over an area's places by weight; infinite when one of them is out of everybody's reach."""
        total = np.bincount(self._area, weights=self._weight * seconds, minlength=len(self.areas))
        weight = np.bincount(self._area, weights=self._weight, minlength=len(self.areas))
        means: list[float] = (total / weight).tolist()
        return means


def _least(seconds: Seconds, left: Mask) -> Seconds:
    least: Seconds = np.where(left, seconds, np.float32(np.inf)).min(axis=1, initial=np.float32(np.inf))
    return least


def _said(seconds: float) -> float | None:
    return round(seconds, 1) if np.isfinite(seconds) else None


def _later(change: AreaChange) -> float:
    return float("inf") if change.after_s is None else change.after_s - (change.before_s or 0)
