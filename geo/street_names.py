"""Streets learnt from recorded addresses: house numbers fall away, the middle of its records is where a street is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from statistics import median

from geo import place_names
from geo.features import METRES_PER_DEGREE
from geo.gazetteer import Place

MAX_NAME = 60
LEAST_RECORDS = 2  # of one record alone the middle would be somebody's door
_DECIMALS = 4
_SMALLEST_M = 50
_SHARE = 0.9  # of its records lie within a street's precision

_CITY_AT_END = re.compile(r"\s{2,}[\w .'/-]+?\s{2,}[A-Z]{2}\b\s*[\d-]*\s*$")
_BLOCK = re.compile(r"^\s*(?:\d+\s+block\s+(?:of\s+)?|intersection\s+(?:of\s+)?|corner\s+(?:of\s+)?)", re.IGNORECASE)
_CROSSING = re.compile(r"\s*(?:&|(?<!\d)/|/(?!\d)|\s@\s)\s*")
_HOUSE = re.compile(r"^#?\d+[A-Za-z]?(?:\s*-\s*\d+[A-Za-z]?)?(?:\s+1/2)?\s+(?=\S+\s+\S|[^\W\d]\w*\s*$)")
_UNIT = re.compile(r"[,;#].*$|\s+(?:apt|unit|suite|ste|fl|floor|rm|room)\b.*$", re.IGNORECASE)
_IN_CHINESE = re.compile(r"[\u4e00-\u9fff]{1,12}?(?:大街|胡同|路|街|巷|道|里)(?![\u4e00-\u9fff]{0,2}(?:路|街|巷|道))")
_DISTRICT = re.compile(r"^(?:[\u4e00-\u9fff]{2,3}市)?[\u4e00-\u9fff]{2,4}?[区县]")
_ORDINAL = re.compile(r"\b(\d+)(St|Nd|Rd|Th)\b")
_NOT_STREETS = frozenset({"dead end", "unknown", "n a", "na", "none"})
_TYPES = frozenset((*place_names.SHORT_FORMS, *place_names.SHORT_FORMS.values()))


def address_to_streets(address: str) -> list[str]:
    """The streets that an address names: one, two at a crossing, none where it is no address.

    Knows `39 Lorraine St  Roslindale  MA  02131`, `0 Block of MARINA BLVD`, `HARRISON ST/6TH ST`, `8106 17 AVENUE`,
    and `东城区春和胡同12号`.
    """
    text = address.strip()
    if re.search(r"[\u4e00-\u9fff]", text):
        match = _IN_CHINESE.search(_DISTRICT.sub("", text))
        return [match[0]] if match else []
    text = _BLOCK.sub("", _CITY_AT_END.sub("", text))
    found = (_street(part) for part in _CROSSING.split(text)[:2])
    return list(dict.fromkeys(name for name in found if name))


def _street(part: str) -> str:
    """One street's name as it is written on a map, "" where this is none."""
    text = " ".join(_UNIT.sub("", part).split())
    bare = _HOUSE.sub("", text)
    if bare.lower() not in _TYPES:  # "17 AVENUE" is a street and not house 17 of "AVENUE"
        text = bare
    if not 3 <= len(text) <= MAX_NAME or not re.search(r"[^\W\d_]", text) or place_names.fold(text) in _NOT_STREETS:
        return ""
    if text.lower().startswith("not ") or text.lower() in _TYPES:
        return ""
    return _ORDINAL.sub(lambda m: m[1] + m[2].lower(), text.title()) if text.isupper() or text.islower() else text


class StreetLearner:
    """Collects where records of each street lie. One street in two areas is two places: a caller knows the area."""

    def __init__(self) -> None:
        self.records = 0  # that had an address and a usable position
        self._points: dict[tuple[str, str], list[tuple[float, float]]] = {}
        self._names: dict[tuple[str, str], str] = {}

    def add(self, address: str, lat: float, lng: float, area: str = "") -> None:
        """Take one record: its address, its position in degrees, its area."""
        streets = address_to_streets(address)
        self.records += bool(streets)
        for name in streets:
            key = place_names.phrase(place_names.words(name)), area
            self._names.setdefault(key, name)
            self._points.setdefault(key, []).append((lat, lng))

    def streets(self, least: int = LEAST_RECORDS) -> Iterator[Place]:
        """The streets with at least that many records, by name and area."""
        for key, points in sorted(self._points.items()):
            if len(points) < least or not key[0]:
                continue
            name, area = self._names[key], key[1]
            lat, lng = median(p[0] for p in points), median(p[1] for p in points)
            yield Place(
                id=f"street:{name}|{area}",
                kind="street",
                names={"": name},
                lat=round(lat, _DECIMALS),
                lng=round(lng, _DECIMALS),
                area=area,
                precision_m=_spread_m(points, lat, lng),
                n=len(points),
            )


def _spread_m(points: list[tuple[float, float]], lat: float, lng: float) -> int:
    """The distance from the middle within which nine tenths of the points lie, rounded up to ten metres."""
    east = METRES_PER_DEGREE * math.cos(math.radians(lat))
    away = sorted(math.hypot((p[0] - lat) * METRES_PER_DEGREE, (p[1] - lng) * east) for p in points)
    return max(_SMALLEST_M, math.ceil(away[math.ceil(_SHARE * len(away)) - 1] / 10) * 10)
