"""Writes the recorded day that ships with Hexwatch: invented cases and emergencies of one day in Beijing.

Run `python -m streams.feeds.make_sample` after a change of `samples/beijing_day.words.toml`; equal input gives
equal bytes.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

SAMPLES = Path(__file__).parent / "samples"
SEED = 12345
KM_PER_DEG = 111.32
CASE_COLUMNS = (
    *("case_id", "received_at", "target_at", "closed_at", "kind", "category", "subcategory", "channel", "language"),
    *("grade", "district", "address", "text", "lat", "lng"),
)
UNIT_COLUMNS = (
    *("incident_id", "unit_id", "unit_kind", "station", "agency", "kind", "priority", "received_at", "dispatched_at"),
    *("departed_at", "arrived_at", "transported_at", "delivered_at", "cleared_at", "district", "address", "text"),
    *("lat", "lng"),
)
REACH_KM = 15.0  # further away only the first unit of a call is sent
LONGEST_H = 14 * 24  # what is not closed by then is never closed in the sample

Row = dict[str, Any]


def main() -> None:
    """Write both files beside the words."""
    words = tomllib.loads((SAMPLES / "beijing_day.words.toml").read_text(encoding="utf-8"))
    write(SAMPLES / "beijing_day.csv.gz", CASE_COLUMNS, cases(words, Random(SEED)))
    write(SAMPLES / "beijing_day_units.csv.gz", UNIT_COLUMNS, unit_rows(words, Random(SEED + 1)))


def write(path: Path, columns: Iterable[str], rows: Iterable[Row]) -> None:
    """A gzipped CSV without the time of writing in it, so that the same rows are the same bytes."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0))


# cases


def cases(words: Mapping[str, Any], random: Random) -> list[Row]:
    """All cases of the day, oldest first."""
    drawn = [_ordinary_case(words, random) for _ in range(words["cases"])]
    for surge in words["surges"]:
        drawn += [_surge_case(words, surge, random) for _ in range(surge["cases"])]
    drawn.sort(key=lambda row: row["received_at"])
    return [{"case_id": f"BJ{number:06d}"} | row for number, row in enumerate(drawn, 1)]


def _ordinary_case(words: Mapping[str, Any], random: Random) -> Row:
    hour = _pick(random, dict(enumerate(words["hours"])))
    received = _at(words, hour + random.random())
    night = hour < 6 or hour >= 22
    weights = {c: w["weight"] * (w.get("night", 1) if night else 1) for c, w in words["categories"].items()}
    category = _pick(random, weights)
    place = _place(words, random)
    return _case(
        words, random, received, category, place, random.choice(words["categories"][category]["subcategories"])
    )


def _surge_case(words: Mapping[str, Any], surge: Mapping[str, Any], random: Random) -> Row:
    hour = random.triangular(surge["from_h"], surge["until_h"], surge["from_h"] + 0.5)
    place = _around(random, surge["district"], surge["lat"], surge["lng"], surge["spread_km"])
    row = _case(words, random, _at(words, hour), surge["category"], place, surge["subcategory"])
    address = _address(words, random, place.district)
    return (
        row
        | {"kind": "complaint", "language": "zh", "address": address}
        | {
            "text": surge["text"].format(place=address),
            "channel": _pick(random, {"phone": 7, "wechat": 2, "app": 1}),
        }
    )


def _case(
    words: Mapping[str, Any], random: Random, received: datetime, category: str, place: _Place, subcategory: str
) -> Row:
    about = words["categories"][category]
    language = _language(words, random, category)
    kind = _kind(random, about)
    channel = _channel(words, random, language)
    grade = _pick(random, about["grades"])
    closed = _closed(random, received, kind, words["grades"][grade])
    address = _address(words, random, place.district)
    said = words["foreign"][category][language] if language != "zh" else random.choice(about["texts"])
    target = received + timedelta(hours=words["grades"][grade]["target_h"])
    return {
        "received_at": _stamp(received),
        "target_at": _stamp(target) if kind == "complaint" else "",
        "closed_at": _stamp(closed) if closed else "",
        "kind": kind,
        "category": category,
        "subcategory": subcategory,
        "channel": channel,
        "language": language,
        "grade": grade,
        "district": place.district,
        "address": address,
        "text": said.format(place=address, n=random.randint(3, 16)),
        **_coordinates(words, random, place),
    }


def _language(words: Mapping[str, Any], random: Random, category: str) -> str:
    if category not in words["foreign"] or random.random() > 0.45:
        return "zh"
    return str(_pick(random, words["languages"]))


def _kind(random: Random, about: Mapping[str, Any]) -> str:
    enquiry = about.get("enquiry", 0.22)
    return str(_pick(random, {"complaint": 1 - enquiry - 0.05, "enquiry": enquiry, "suggestion": 0.04, "praise": 0.01}))


def _channel(words: Mapping[str, Any], random: Random, language: str) -> str:
    if language == "zh":
        return str(_pick(random, {c: w for c, w in words["channels"].items() if c != "foreign-line"}))
    return str(_pick(random, {"foreign-line": 6, "web": 3, "app": 1, "counter": 1}))


def _closed(random: Random, received: datetime, kind: str, grade: Mapping[str, Any]) -> datetime | None:
    """Enquiries are mostly answered at once; the rest takes its time, some of it too long."""
    if kind != "complaint" and random.random() < 0.85:
        return received + timedelta(minutes=random.uniform(2, 25))
    hours = grade["typical_h"] * math.exp(random.gauss(0, grade["spread"]))
    return received + timedelta(hours=hours) if hours < LONGEST_H else None


# emergencies


def unit_rows(words: Mapping[str, Any], random: Random) -> list[Row]:
    """One row per unit sent, oldest call first."""
    fleet = _fleet(words, random)
    calls = sorted(
        _at(words, _pick(random, dict(enumerate(words["hours"]))) + random.random()) for _ in range(words["incidents"])
    )
    rows: list[Row] = []
    for number, received in enumerate(calls, 1):
        rows += _call(words, random, f"E{number:04d}", received, fleet)
    return rows


class _Place(NamedTuple):
    district: str
    lat: float
    lng: float


class _Unit:
    """A unit of the sample and when it is free again."""

    def __init__(self, name: str, kind: str, home: _Place) -> None:
        self.name, self.kind, self.home = name, kind, home
        self.free_at = datetime.min


def _fleet(words: Mapping[str, Any], random: Random) -> list[_Unit]:
    """Each district has one unit of each kind as long as they last; the others stand where the people are."""
    everywhere = [_around(random, name, *about["centres"][0]) for name, about in words["districts"].items()]
    fleet = []
    for kind, about in words["units"].items():
        homes = everywhere + [_place(words, random) for _ in range(about["count"])]
        names = (f"{about['letters']}{number:02d}" for number in range(1, about["count"] + 1))
        fleet += [_Unit(name, kind, home) for name, home in zip(names, homes, strict=False)]
    return fleet


def _call(words: Mapping[str, Any], random: Random, name: str, received: datetime, fleet: list[_Unit]) -> list[Row]:
    about = words["emergencies"][_pick(random, {i: e["weight"] for i, e in enumerate(words["emergencies"])})]
    place = _place(words, random)
    call: Row = {
        "incident_id": name,
        "agency": about["agency"],
        "kind": about["kind"],
        "priority": _pick(random, dict(zip((1, 2, 3), about["priorities"], strict=True))),
        "received_at": _stamp(received),
        "district": place.district,
        "address": _address(words, random, place.district),
        "text": random.choice(about["texts"]),
        "lat": f"{place.lat:.5f}",
        "lng": f"{place.lng:.5f}",
    }
    rows: list[Row] = []
    for kind, count in about["units"].items():
        free = [unit for unit in fleet if unit.kind == kind and unit.free_at <= received]
        nearest = sorted(free, key=lambda unit: _km(unit.home, place))[:count]
        for unit in nearest if rows == [] else [u for u in nearest if _km(u.home, place) < REACH_KM]:
            rows.append(call | _served(words["units"][kind], random, unit, received, place, call["priority"]))
    return rows


def _served(
    about: Mapping[str, Any], random: Random, unit: _Unit, received: datetime, place: _Place, priority: int
) -> Row:
    """The stamps of one unit on one call; an ambulance mostly goes on to a hospital."""
    dispatched = received + timedelta(seconds=random.uniform(25, 60 + 60 * priority))
    departed = dispatched + timedelta(seconds=random.uniform(20, 90))
    ride = timedelta(hours=(_km(unit.home, place) * 1.35 + 0.4) / about["kmh"])
    arrived = departed + ride * random.uniform(0.85, 1.25)
    there = timedelta(minutes=about["there_min"] * math.exp(random.gauss(0, 0.35)))
    stamps = {"dispatched_at": dispatched, "departed_at": departed, "arrived_at": arrived}
    cleared = arrived + there
    if unit.kind == "ambulance" and random.random() < 0.75:
        stamps["transported_at"] = arrived + there
        stamps["delivered_at"] = stamps["transported_at"] + timedelta(minutes=random.uniform(6, 22))
        cleared = stamps["delivered_at"] + timedelta(minutes=random.uniform(8, 20))
    stamps["cleared_at"] = unit.free_at = cleared
    said = {"unit_id": unit.name, "unit_kind": unit.kind, "station": unit.home.district}
    return said | {name: _stamp(at) for name, at in stamps.items()}


# places and times


def _place(words: Mapping[str, Any], random: Random) -> _Place:
    districts = words["districts"]
    name = _pick(random, {district: about["weight"] for district, about in districts.items()})
    lat, lng, spread_km = random.choice(districts[name]["centres"])
    return _around(random, name, lat, lng, spread_km)


def _around(random: Random, district: str, lat: float, lng: float, spread_km: float) -> _Place:
    """A point near the centre, never further than two and a half spreads."""
    while True:
        north, east = random.gauss(0, spread_km), random.gauss(0, spread_km)
        if math.hypot(north, east) < 2.5 * spread_km:
            width = KM_PER_DEG * math.cos(math.radians(lat))
            return _Place(district, lat + north / KM_PER_DEG, lng + east / width)


def _coordinates(words: Mapping[str, Any], random: Random, place: _Place) -> Row:
    chance = random.random()
    if chance < words["without_place"]:
        return {"lat": "", "lng": ""}
    if chance < words["without_place"] + words["on_default_point"]:
        lat, lng = words["default_point"]
        return {"lat": lat, "lng": lng}
    return {"lat": f"{place.lat:.5f}", "lng": f"{place.lng:.5f}"}


def _address(words: Mapping[str, Any], random: Random, district: str) -> str:
    return f"{words['districts'][district]['zh']}{random.choice(words['streets']['names'])}{random.randint(1, 199)}号"


def _km(a: _Place, b: _Place) -> float:
    width = math.cos(math.radians((a.lat + b.lat) / 2))
    return KM_PER_DEG * math.hypot(a.lat - b.lat, (a.lng - b.lng) * width)


def _at(words: Mapping[str, Any], hour: float) -> datetime:
    return datetime.combine(words["day"], time()) + timedelta(seconds=int(hour * 3600))


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")


def _pick(random: Random, weights: Mapping[Any, float]) -> Any:
    """One key, with the chance that its weight gives it."""
    return random.choices(list(weights), list(weights.values()))[0]


if __name__ == "__main__":
    main()
