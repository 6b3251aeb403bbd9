"""How far two reports are apart on the ground."""

from __future__ import annotations

import math

from geo.features import METRES_PER_DEGREE


def ground_m(lat: float, lng: float, other_lat: float, other_lng: float) -> float:
    """Metres between two points in degrees, on a flat earth: right to a thousandth within a city, free of it beyond."""
    north = (other_lat - lat) * METRES_PER_DEGREE
    east = (other_lng - lng) * METRES_PER_DEGREE * math.cos(math.radians(lat))
    return math.hypot(north, east)
