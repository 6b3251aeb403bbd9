"""How far the shipped Beijing districts lie from a finer boundary file."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import shapely

from geo.features import METRES_PER_DEGREE, Shape

EVERY_M = 100.0


class BoundaryError(NamedTuple):
    """Overlap of two shapes (intersection over union), and how far our boundary lies from the other's, in metres."""

    overlap: float
    median_m: float
    p95_m: float


def boundary_error(ours: Shape, other: Shape) -> tuple[BoundaryError, np.ndarray[Any, Any]]:
    """The error of one shape, and the distances behind it, sampled every 100 m along our boundary."""
    narrowed = math.cos(math.radians(ours.centroid.y))
    ours, other = _flat(ours, narrowed), _flat(other, narrowed)
    sampled = shapely.points(shapely.get_coordinates(shapely.segmentize(ours.boundary, EVERY_M)))
    distances = shapely.distance(sampled, other.boundary)
    overlap = ours.intersection(other).area / ours.union(other).area
    return summary(overlap, distances), distances


def summary(overlap: float, distances: np.ndarray[Any, Any]) -> BoundaryError:
    return BoundaryError(overlap, float(np.median(distances)), float(np.percentile(distances, 95)))


def _flat(shape: Shape, narrowed: float) -> Shape:
    """In metres; a degree of longitude is narrower by one factor for both shapes, or they would drift apart."""
    return shapely.transform(shape, lambda degrees: degrees * [METRES_PER_DEGREE * narrowed, METRES_PER_DEGREE])
