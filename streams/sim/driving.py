"""How simulated units move: along a staircase of streets from one point to another, at a steady speed.

Everything here is a pure function of its arguments. A leg knows its whole way from the start, so a process that
comes back after a crash finds every unit where it would have been, and reports the same positions again.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import NamedTuple

import msgspec

METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371,008.8 m (IUGG mean radius)
REPORTED_AFTER_M = 30.0
MOST_CORNERS = 3
PLACES = 5  # decimals of a reported degree: about a metre

Point = tuple[float, float]  # lat, lng in degrees


class Report(NamedTuple):
    """One position as the unit's radio tells it."""

    at: datetime
    lat: float
    lng: float


class Leg(msgspec.Struct, frozen=True, gc=False):
    """A drive without a stop. `marks_m` says how far along the way each of its points lies."""

    starts_at: datetime
    speed_mps: float
    points: tuple[Point, ...]
    marks_m: tuple[float, ...]

    @property
    def length_m(self) -> float:
        return self.marks_m[-1]

    @property
    def ends_at(self) -> datetime:
        """Arrival, counted in whole seconds from the start."""
        return self.starts_at + timedelta(seconds=math.ceil(self.length_m / self.speed_mps))

    @property
    def target(self) -> Point:
        return self.points[-1]


def distance_m(here: Point, there: Point) -> float:
    """Metres between two points in degrees, on a flat map: good to 0.1 % across a city away from the poles."""
    middle = math.radians((here[0] + there[0]) / 2)
    return METRES_PER_DEGREE * math.hypot(there[0] - here[0], (there[1] - here[1]) * math.cos(middle))


def leg(origin: Point, target: Point, starts_at: datetime, speed_mps: float, rng: Random) -> Leg:
    """A drive by streets that run north-south and east-west, with one to three corners that `rng` chooses.

    The way is as long as the two sides of the right angle between the ends. Raises ValueError when the speed
    (metres per second) is not above zero.
    """
    return along(_staircase(origin, target, rng), starts_at, speed_mps)


def along(points: tuple[Point, ...], starts_at: datetime, speed_mps: float) -> Leg:
    """A drive through given points, in degrees. Raises ValueError when the speed is not above zero."""
    if not speed_mps > 0:
        raise ValueError(f"speed {speed_mps} m/s: needs to be above zero")
    marks = [0.0]
    for here, there in pairwise(points):
        marks.append(marks[-1] + distance_m(here, there))
    return Leg(starts_at, speed_mps, points, tuple(marks))


def _staircase(origin: Point, target: Point, rng: Random) -> tuple[Point, ...]:
    """Ways between two points that turn at right angles: steps north or south, then steps east or west."""
    corners = rng.randint(1, MOST_CORNERS)
    lat_first = rng.random() < 0.5
    lat_steps = corners // 2 + 1 if lat_first else (corners + 1) // 2
    lng_steps = corners + 1 - lat_steps
    lats = _cuts(origin[0], target[0], lat_steps, rng)
    lngs = _cuts(origin[1], target[1], lng_steps, rng)
    points, lat, lng = [origin], origin[0], origin[1]
    for turn in range(corners + 1):
        if (turn % 2 == 0) == lat_first:
            lat = lats.pop(0)
        else:
            lng = lngs.pop(0)
        points.append((lat, lng))
    return tuple(points)


def _cuts(start: float, end: float, steps: int, rng: Random) -> list[float]:
    """Where each of `steps` steps from `start` ends; the last at `end` exactly."""
    shares = sorted(rng.uniform(0.2, 0.8) for _ in range(steps - 1))
    return [*(start + (end - start) * share for share in shares), end]


def position_at(leg: Leg, at: datetime) -> Point:
    """Where the unit is at an instant: at the start before the leg begins, at the target after it has ended."""
    gone_m = leg.speed_mps * (at - leg.starts_at).total_seconds()
    if gone_m <= 0:
        return leg.points[0]
    if gone_m >= leg.length_m:
        return leg.points[-1]
    index = bisect_right(leg.marks_m, gone_m)
    before_m, after_m = leg.marks_m[index - 1], leg.marks_m[index]
    share = (gone_m - before_m) / (after_m - before_m)
    (lat, lng), (next_lat, next_lng) = leg.points[index - 1], leg.points[index]
    return lat + (next_lat - lat) * share, lng + (next_lng - lng) * share


def reports(leg: Leg, every_s: float) -> tuple[Report, ...]:
    """The positions told on the way: at most one each `every_s` seconds, each more than 30 m from the one before.

    The last is told on arrival and is the target itself, wherever the one before was. Raises ValueError when
    `every_s` is not above zero.
    """
    if not every_s > 0:
        raise ValueError(f"{every_s} s between reports: needs to be above zero")
    told: list[Report] = []
    last, step, ends_at = leg.points[0], timedelta(seconds=every_s), leg.ends_at
    at = leg.starts_at + step
    while at < ends_at:
        here = position_at(leg, at)
        if distance_m(last, here) > REPORTED_AFTER_M:
            told.append(_report(at, here))
            last = here
        at += step
    if leg.length_m > 0:
        told.append(_report(ends_at, leg.target))
    return tuple(told)


def _report(at: datetime, here: Point) -> Report:
    return Report(at, round(here[0], PLACES), round(here[1], PLACES))
