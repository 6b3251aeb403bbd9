"""Where the simulation's invented streets and landmarks lie: a made-up but lasting position in their district."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence

from geo.areas import Areas
from geo.cities import City
from geo.features import METRES_PER_DEGREE
from geo.gazetteer import Place
from streams.sim.texts import Street, Streets

PRECISION_M = 400
_TRIES = 40
_REACH_SHARE = 0.7  # of a built-up place's reach: its edge is thin


# The landmarks that callers name in their addresses (`landmarks` of zh, en and ar), one kind a line.
LANDMARKS: tuple[dict[str, str], ...] = (
    {"zh": "{stem}公园", "en": "{stem} Park", "ar": "حديقة {stem}"},
    {"zh": "{stem}里小区", "en": "{stem} estate", "ar": "مجمع {stem} السكني"},
    {"zh": "{stem}小学", "en": "{stem} primary school", "ar": "مدرسة {stem}"},
    {"zh": "{stem}菜市场", "en": "{stem} market", "ar": "سوق {stem}"},
    {"zh": "{stem}地铁站", "en": "{stem} metro station", "ar": "محطة {stem}"},
    {"zh": "{stem}社区医院", "en": "{stem} community hospital", "ar": "مستشفى حي {stem}"},
)


def invented_places(city: City, areas: Areas, streets: Streets) -> Iterator[Place]:
    """A place for each invented street, and one for each landmark made of its stem.

    The position follows from the names alone: near a built-up centre of the district, the same at each start. It is
    illustrative: simulated callers stand anywhere in the district, whatever street they name.
    """
    labels = {label.name: (label.lat, label.lng) for label in areas.labels()}
    for area, known in streets.streets.items():
        if area not in labels:
            continue
        around = [c for c in city.centres if areas.area_of(c.lat, c.lng) == area]
        spots = [(c.lat, c.lng, c.reach_km * 1000.0) for c in around] or [(*labels[area], 2000.0)]
        for street in known:
            yield _street(areas, area, street, spots)
            for number, names in enumerate(LANDMARKS):
                yield _landmark(areas, area, street, number, names, spots)


def _street(areas: Areas, area: str, street: Street, spots: Sequence[tuple[float, float, float]]) -> Place:
    lat, lng = _position(areas, area, street.stem + street.ending, spots)
    return Place(
        id=f"street:{street.latin_stem} {street.latin_ending}|{area}",
        kind="street",
        names={"zh": street.stem + street.ending, "en": f"{street.latin_stem} {street.latin_ending}"},
        lat=lat,
        lng=lng,
        area=area,
        precision_m=PRECISION_M,
        is_illustrative=True,
    )


def _landmark(
    areas: Areas,
    area: str,
    street: Street,
    number: int,
    patterns: dict[str, str],
    spots: Sequence[tuple[float, float, float]],
) -> Place:
    names = {
        language: pattern.format(stem=street.stem if language == "zh" else street.latin_stem)
        for language, pattern in patterns.items()
    }
    lat, lng = _position(areas, area, f"{street.stem}#{number}", spots)
    return Place(
        id=f"landmark:{street.latin_stem}-{number}|{area}",
        kind="landmark",
        names=names,
        lat=lat,
        lng=lng,
        area=area,
        precision_m=PRECISION_M,
        is_illustrative=True,
    )


def _position(areas: Areas, area: str, name: str, spots: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """Somewhere near one of the spots (lat, lng, reach in metres) and inside the area; the first spot if need be."""
    for number in range(_TRIES):
        which, far, whither = _draws(f"{area}|{name}|{number}")
        lat, lng, reach_m = spots[int(which * len(spots))]
        away = math.sqrt(far) * reach_m * _REACH_SHARE / METRES_PER_DEGREE
        north = lat + away * math.sin(2 * math.pi * whither)
        east = lng + away * math.cos(2 * math.pi * whither) / math.cos(math.radians(lat))
        if areas.area_of(north, east) == area:
            return round(north, 5), round(east, 5)
    return spots[0][0], spots[0][1]


def _draws(name: str) -> tuple[float, float, float]:
    """Three numbers in [0, 1) that follow from a text."""
    digest = hashlib.blake2b(name.encode(), digest_size=12).digest()
    which, far, whither = (int.from_bytes(digest[i : i + 4], "big") / 2**32 for i in (0, 4, 8))
    return which, far, whither
