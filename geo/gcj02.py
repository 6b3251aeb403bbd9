"""GCJ-02, the offset in which maps of mainland China are published, and the way back to WGS-84.

The offset was never published by its makers. The formula is the one known as EvilTransform (posted anonymously in
2010, since then in every library for the purpose, such as coordtransform and eviltransform): sums of sines about
105 E, 35 N in metres, brought to degrees on the Krasovsky 1940 ellipsoid. Its inverse here is by iteration.
"""

from __future__ import annotations

import math

_SEMI_MAJOR_M = 6_378_245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_MAINLAND = (0.8293, 72.004, 55.8271, 137.8347)  # south, west, north, east: outside of it nothing is shifted
_ENOUGH = 1e-10  # degrees, a hundredth of a millimetre

# (amplitude in metres, half-periods per degree) of the sines in x, y; equal rows serve both directions.
_FINE = ((20.0, 6.0), (20.0, 2.0))
_NORTHWARD_BY_Y = ((20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30))
_EASTWARD_BY_X = ((20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30))


def wgs84_to_gcj02(lat: float, lng: float) -> tuple[float, float]:
    """A WGS-84 position as GCJ-02 writes it, both (lat, lng) in degrees; unchanged outside mainland China."""
    south, west, north, east = _MAINLAND
    if not (south <= lat <= north and west <= lng <= east):
        return lat, lng
    northward_m, eastward_m = _offset_m(lat - 35.0, lng - 105.0)
    phi = math.radians(lat)
    flattening = 1 - _ECCENTRICITY_SQUARED * math.sin(phi) ** 2
    meridian_m = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / flattening**1.5
    parallel_m = _SEMI_MAJOR_M / math.sqrt(flattening) * math.cos(phi)
    return lat + math.degrees(northward_m / meridian_m), lng + math.degrees(eastward_m / parallel_m)


def gcj02_to_wgs84(lat: float, lng: float) -> tuple[float, float]:
    """The WGS-84 position that GCJ-02 writes as this one, (lat, lng) in degrees, to less than a millimetre."""
    true_lat, true_lng = lat, lng
    for _ in range(30):
        shifted_lat, shifted_lng = wgs84_to_gcj02(true_lat, true_lng)
        off_lat, off_lng = lat - shifted_lat, lng - shifted_lng
        true_lat, true_lng = true_lat + off_lat, true_lng + off_lng
        if abs(off_lat) < _ENOUGH and abs(off_lng) < _ENOUGH:
            break
    return true_lat, true_lng


def _offset_m(y: float, x: float) -> tuple[float, float]:
    """Metres north and east, for degrees north of 35 and east of 105."""
    fine = _waves(x, _FINE)
    root = math.sqrt(abs(x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    return north + fine + _waves(y, _NORTHWARD_BY_Y), east + fine + _waves(x, _EASTWARD_BY_X)


def _waves(degrees: float, terms: tuple[tuple[float, float], ...]) -> float:
    return sum(amplitude * math.sin(degrees * frequency * math.pi) for amplitude, frequency in terms) * 2 / 3
