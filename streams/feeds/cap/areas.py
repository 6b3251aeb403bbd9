"""Where a CAP message warns: its polygons, circles and geocodes, in numbers that were checked.

A place that cannot be read is never guessed and never left out: a warning shown for half of its area is worse
than a dead letter that somebody looks at. So a broken polygon refuses the whole message.
"""

from __future__ import annotations

import re

from streams.events import AlertArea
from streams.feeds.cap.tree import Element, Refused

MOST_POINTS = 10_000  # of one message; a coast drawn by hand has a few hundred
FARTHEST_KM = 20_038.0  # half around the Earth
_DECIMALS = 6  # of degrees: a tenth of a metre
_NUMBER = re.compile(r"[+-]?\d{1,5}(?:\.\d{0,20})?")

Point = tuple[float, float]


class Points:
    """How many points one message may still spend."""

    def __init__(self, most: int = MOST_POINTS) -> None:
        self.most, self.left = most, most

    def spend(self, n: int) -> None:
        self.left -= n
        if self.left < 0:
            raise Refused(f"polygons of more than {self.most} points")


def area_of(element: Element, points: Points, notes: list[str]) -> AlertArea:
    """One `area` element. Raises Refused, naming what is wrong."""
    described = element.all("areaDesc")
    if not described or not described[0].text:
        raise Refused("area: areaDesc is missing")
    return AlertArea(
        description=described[0].text,
        polygons=tuple(_polygon(each.text, points, notes) for each in element.all("polygon") if each.text),
        circles=tuple(_circle(each.text) for each in element.all("circle") if each.text),
        geocodes=tuple(code for each in element.all("geocode") if (code := _geocode(each, notes)) is not None),
    )


def _polygon(text: str, points: Points, notes: list[str]) -> tuple[Point, ...]:
    pairs = text.split(maxsplit=points.left + 1)  # no list of a million parts for a polygon that is too long anyway
    points.spend(len(pairs))
    ring = [_point(pair, "polygon") for pair in pairs]
    if ring[0] != ring[-1]:
        ring.append(ring[0])
        notes.append("a polygon was not closed; its first point closes it")
    if len(set(ring)) < 3:
        raise Refused("polygon: needs at least four points, of which the last is the first again")
    return tuple(ring)


def _circle(text: str) -> tuple[float, float, float]:
    parts = text.split(maxsplit=2)
    if len(parts) != 2:
        raise Refused(f"circle: {text[:40]!r} is not lat,lng radius")
    lat, lng = _point(parts[0], "circle")
    radius_km = _number(parts[1], "circle")
    if not 0 <= radius_km <= FARTHEST_KM:
        raise Refused(f"circle: a radius of {radius_km:g} km is not possible on Earth")
    return lat, lng, radius_km


def _point(text: str, where: str) -> Point:
    lat_text, comma, lng_text = text.partition(",")
    if not comma:
        raise Refused(f"{where}: {text[:40]!r} is not a point, use lat,lng")
    lat, lng = _number(lat_text, where), _number(lng_text, where)
    if not (-90 <= lat <= 90 and -180 <= lng <= 180):
        raise Refused(f"{where}: {text[:40]!r} lies outside -90..90, -180..180")
    return lat, lng


def _number(text: str, where: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise Refused(f"{where}: {text[:40]!r} is not a number in degrees or km")
    return round(float(text), _DECIMALS)


def _geocode(element: Element, notes: list[str]) -> tuple[str, str] | None:
    names, values = element.all("valueName"), element.all("value")
    if not (names and values and names[0].text and values[0].text):
        notes.append("a geocode without name or value was left out")
        return None
    return names[0].text, values[0].text
