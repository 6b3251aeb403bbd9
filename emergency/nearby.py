"""What is going on near a place: the open matters that a further caller may mean, nearest first, each with reasons."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from geo.features import METRES_PER_DEGREE

WITHIN_M = 500
WITHIN = timedelta(minutes=30)
VERY_NEAR_M = 100
JUST_NOW = timedelta(minutes=5)


@dataclass(frozen=True)
class Matter:
    """An open incident or case: `subject` as in events, `kind` an incident's kind or a case's category."""

    subject: str
    kind: str
    lat: float
    lng: float
    received_at: datetime


@dataclass(frozen=True)
class Nearby:
    """A matter, how far away it is, how long ago it was received, and what speaks for it being the same."""

    matter: Matter
    distance_m: int
    age_s: int
    why: tuple[str, ...]


def nearby(matters: Iterable[Matter], lat: float, lng: float, kind: str, now: datetime) -> list[Nearby]:
    """The matters within 500 m of a point in degrees and 30 minutes of `now`, nearest first, then the newest.

    Reasons: `same_kind` (with `kind`), `very_near` (100 m), `just_now` (5 minutes), else `near`.
    """
    found = [one for matter in matters if (one := _seen(matter, lat, lng, kind, now)) is not None]
    return sorted(found, key=lambda one: (one.distance_m, one.age_s, one.matter.subject))


def box_around(lat: float, lng: float, metres: float = WITHIN_M) -> tuple[float, float, float, float]:
    """South, west, north, east (degrees) of the square that holds every point within `metres`."""
    high = metres / METRES_PER_DEGREE
    wide = high / max(0.01, math.cos(math.radians(lat)))
    return lat - high, lng - wide, lat + high, lng + wide


def _seen(matter: Matter, lat: float, lng: float, kind: str, now: datetime) -> Nearby | None:
    age = now - matter.received_at
    north = (matter.lat - lat) * METRES_PER_DEGREE
    east = (matter.lng - lng) * METRES_PER_DEGREE * math.cos(math.radians(lat))
    distance = math.hypot(north, east)
    if distance > WITHIN_M or age > WITHIN:
        return None
    speaks = {
        "same_kind": bool(kind) and matter.kind.casefold() == kind.casefold(),
        "very_near": distance <= VERY_NEAR_M,
        "just_now": age <= JUST_NOW,
    }
    why = tuple(code for code, is_so in speaks.items() if is_so)
    return Nearby(matter, round(distance), max(0, int(age.total_seconds())), why or ("near",))
