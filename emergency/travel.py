"""How long a unit takes to a place: learnt from recorded trips by cells and hour, with distance where nothing is known.

    travel = (base + rate x metres^exponent) x hour factor x place factor

Base and rate are fitted per kind of unit (least absolute deviations); the hour factor per class of hour; the place
factor per pair of cells at `RESOLUTION`, drawn towards that of the destination and, with few trips, towards 1. Medians
of ratios throughout: records hold wild stamps. The exponent lies between the square root that short drives follow and
the straight line of long ones (Kolesar, Walker and Hausner found that law for New York's fire engines, 1975).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, NamedTuple
from zipfile import BadZipFile
from zoneinfo import ZoneInfo

import h3
import msgspec
import numpy as np

from emergency.trips import Run, Trip
from geo.cells import cell_to_parent, point_to_cell

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

RESOLUTION = 8  # about 0.7 km2
METRES_PER_DEGREE = 111_195.0
EXPONENT = 0.7  # chosen, as the two next, by leaving out each of the first four San Francisco days in turn
DRAWN_TO_PLACE = 8.0  # so many trips weigh as much as what is assumed without them
DRAWN_TO_HOUR = 50.0
FEWEST_OF_KIND = 40  # below that a kind drives as all kinds do
ANY = ""  # the kind of all kinds

# Local hours: the classes are coarse because a city's records are few.
HOUR_CLASSES = ("night", "morning", "day", "evening", "late")
_CLASS_OF_HOUR = (0,) * 6 + (1,) * 4 + (2,) * 6 + (3,) * 3 + (4,) * 5

# Without any record: a blue light at 36 km/h along roads that are a third longer than the straight line.
ASSUMED_BASE_S, ASSUMED_S_PER_M = 30.0, 1.33 / 10.0
ASSUMED_TURNOUT_S = 80.0


class Estimate(NamedTuple):
    """Expected seconds, how they were found, from how many trips.

    `how` is `pair`, `destination` or `distance` of a learnt model, else the model's basis (`simulated`, `assumed`).
    """

    seconds: float
    how: str
    n: int


class Drive(msgspec.Struct, frozen=True):
    """How a kind of unit drives and turns out; `n` trips behind it, 0 for assumed."""

    base_s: float
    rate: float
    turnout_s: float
    n: int


class TravelTimes(msgspec.Struct, frozen=True):
    """A learnt (or assumed) model. `places` and `pairs` hold (factor, trips) by cell and by (from, to) cells.

    `homes`: where units stand (lat, lng in degrees) of which nobody tells a position, by unit id.
    `basis` is `learnt`, `simulated` or `assumed`, `source` says in words from what.
    """

    zone: str
    exponent: float
    drives: dict[str, Drive]
    hours: tuple[float, ...]
    places: dict[str, tuple[float, int]]
    pairs: dict[str, dict[str, tuple[float, int]]]  # destination -> start -> (factor, trips)
    homes: dict[str, tuple[float, float]] = {}
    basis: str = "learnt"
    source: str = ""

    @property
    def trips(self) -> int:
        """How many trips it was learnt from."""
        return self.drives[ANY].n

    def estimate(self, start: tuple[float, float], end: tuple[float, float], at: datetime, kind: str) -> Estimate:
        """Seconds of travel from `start` to `end` (lat, lng in degrees) when a unit of that kind sets out at `at`."""
        drive = self.drive(kind)
        seconds = drive.base_s + drive.rate * distance_m(start, end) ** self.exponent
        seconds *= self.hour_factor(at)
        factor, how, n = self._place(travel_cell(*start), travel_cell(*end), drive)
        return Estimate(seconds * factor, how, n)

    def drive(self, kind: str) -> Drive:
        """What is known of a kind, or of all kinds together."""
        return self.drives.get(kind, self.drives[ANY])

    def turnout_s(self, kind: str) -> float:
        """Expected seconds from being sent to rolling."""
        return self.drive(kind).turnout_s

    def hour_factor(self, at: datetime) -> float:
        """By how much travel at that instant is longer than usual."""
        return self.hours[hour_class(at, self.zone)]

    def _place(self, start: str, end: str, drive: Drive) -> tuple[float, str, int]:
        pair = self.pairs.get(end, {}).get(start)
        if pair is not None:
            return pair[0], "pair", pair[1]
        place = self.places.get(end)
        if place is not None:
            return place[0], "destination", place[1]
        return 1.0, "distance" if self.basis == "learnt" else self.basis, drive.n


class Starts(NamedTuple):
    """Many starting points as columns: degrees, and rows into `cells`, the distinct cells they lie in."""

    lat: Floats
    lng: Floats
    cell_rows: Ints
    cells: Mapping[str, int]  # cell at `RESOLUTION` -> its row


def seconds_to(
    model: TravelTimes,
    starts: Starts,
    kind_rows: Ints,
    kinds: Sequence[str],
    end: tuple[float, float],
    at: datetime,
) -> Floats:
    """`estimate` for many units at once: seconds of travel from each start to `end`, shape (starts,).

    `kind_rows` are rows into `kinds`. Same numbers as `estimate`, which also says how it found them.
    """
    drives = [model.drive(kind) for kind in kinds] or [model.drives[ANY]]
    base = np.array([drive.base_s for drive in drives])[kind_rows]
    rate = np.array([drive.rate for drive in drives])[kind_rows]
    metres = distances_m(starts.lat, starts.lng, end)
    powered = metres if model.exponent == 1.0 else metres**model.exponent
    seconds: Floats = (base + rate * powered) * _factors(model, starts, travel_cell(*end)) * model.hour_factor(at)
    return seconds


def _factors(model: TravelTimes, starts: Starts, end: str) -> Floats:
    usual = model.places.get(end, (1.0, 0))[0]
    known = model.pairs.get(end)
    if not known:
        return np.full(len(starts.lat), usual)
    by_cell = np.full(len(starts.cells), usual)
    for cell, (factor, _) in known.items():
        row = starts.cells.get(cell)
        if row is not None:
            by_cell[row] = factor
    factors: Floats = by_cell[starts.cell_rows]
    return factors


def assumed(zone: str) -> TravelTimes:
    """A model without any record: constant speed, and it says so."""
    drive = Drive(ASSUMED_BASE_S, ASSUMED_S_PER_M, ASSUMED_TURNOUT_S, 0)
    return simulated(zone, {ANY: drive}, (1.0,) * 24, "36 km/h along roads a third longer", basis="assumed")


def simulated(
    zone: str, drives: Mapping[str, Drive], flow: Sequence[float], source: str, basis: str = "simulated"
) -> TravelTimes:
    """A model of known speeds: `drives` by kind (seconds per straight metre), slower by the `flow` of each local hour.

    `flow`: the share (0 to 1) of the free speed that is driven, one for each of the 24 hours.
    """
    by_class: list[list[float]] = [[] for _ in HOUR_CLASSES]
    for hour, share in enumerate(flow):
        by_class[_CLASS_OF_HOUR[hour]].append(1 / share)
    hours = tuple(round(sum(slower) / len(slower), 4) for slower in by_class)
    return TravelTimes(zone, 1.0, dict(drives), hours, {}, {}, basis=basis, source=source)


def learn(
    trips: Sequence[Trip],
    runs: Iterable[Run],
    zone: str,
    homes: Mapping[str, tuple[float, float]] | None = None,
    source: str = "recorded calls",
) -> TravelTimes:
    """A model from trips (for travel) and runs (for turnout); `homes` by station, for units that tell no position.

    Raises ValueError without trips.
    """
    if not trips:
        raise ValueError("no trips to learn from: use assumed(zone)")
    metres = np.array([distance_m((t.from_lat, t.from_lng), (t.to_lat, t.to_lng)) for t in trips])
    seconds = np.array([trip.travel_s for trip in trips])
    kinds = [trip.kind for trip in trips]
    runs = list(runs)
    drives = _drives(kinds, metres**EXPONENT, seconds, runs)
    bases = np.array([_drive(drives, kind).base_s for kind in kinds])
    rates = np.array([_drive(drives, kind).rate for kind in kinds])
    ratios = np.log(seconds / (bases + rates * metres**EXPONENT))
    hours = [hour_class(trip.at, zone) for trip in trips]
    of_hour = _drawn(hours, ratios, DRAWN_TO_HOUR)
    ratios = ratios - np.array([of_hour[hour][0] for hour in hours])
    ends = [travel_cell(trip.to_lat, trip.to_lng) for trip in trips]
    of_end = _drawn(ends, ratios, DRAWN_TO_PLACE)
    pairs = list(zip(ends, (travel_cell(trip.from_lat, trip.from_lng) for trip in trips), strict=True))
    rest = ratios - np.array([of_end[end][0] for end in ends])
    of_pair: dict[str, dict[str, tuple[float, int]]] = defaultdict(dict)
    for (end, start), (log, n) in _drawn(pairs, rest, DRAWN_TO_PLACE).items():
        of_pair[end][start] = (round(math.exp(log + of_end[end][0]), 4), n)
    return TravelTimes(
        zone=zone,
        exponent=EXPONENT,
        drives=drives,
        hours=tuple(round(math.exp(of_hour.get(c, (0.0, 0))[0]), 4) for c in range(len(HOUR_CLASSES))),
        places={end: (round(math.exp(log), 4), n) for end, (log, n) in of_end.items()},
        pairs=dict(of_pair),
        homes={run.unit_id: homes[run.home] for run in runs if run.home in homes} if homes else {},
        source=source,
    )


def to_bytes(model: TravelTimes) -> bytes:
    """The model as a small compressed file (numpy's npz, nothing in it that runs)."""
    starts = [(end, start, *said) for end, known in model.pairs.items() for start, said in known.items()]
    names = ("zone", "exponent", "drives", "hours", "homes", "basis", "source")
    head = {name: getattr(model, name) for name in names}
    file = BytesIO()
    np.savez_compressed(
        file,
        head=np.frombuffer(msgspec.json.encode(head), dtype=np.uint8),
        place_cells=_cell_ids(model.places),
        place_factors=np.array([factor for factor, _ in model.places.values()], dtype=np.float64),
        place_trips=np.array([n for _, n in model.places.values()], dtype=np.uint32),
        pair_cells=np.array([[h3.str_to_int(end), h3.str_to_int(start)] for end, start, _, _ in starts], np.uint64),
        pair_factors=np.array([factor for *_, factor, _ in starts], dtype=np.float64),
        pair_trips=np.array([n for *_, n in starts], dtype=np.uint32),
    )
    return file.getvalue()


def from_bytes(raw: bytes) -> TravelTimes:
    """A model written by `to_bytes`. Raises ValueError when it is none."""
    try:
        with np.load(BytesIO(raw), allow_pickle=False) as file:
            columns = {name: file[name] for name in file.files}
        head = msgspec.json.decode(columns["head"].tobytes())
        drives = msgspec.convert(head["drives"], dict[str, Drive])
        places = zip(columns["place_cells"], columns["place_factors"], columns["place_trips"], strict=True)
        pairs: dict[str, dict[str, tuple[float, int]]] = defaultdict(dict)
        for cells, factor, n in zip(columns["pair_cells"], columns["pair_factors"], columns["pair_trips"], strict=True):
            pairs[h3.int_to_str(int(cells[0]))][h3.int_to_str(int(cells[1]))] = (float(factor), int(n))
        return TravelTimes(
            zone=head["zone"],
            exponent=head["exponent"],
            drives=drives,
            hours=tuple(head["hours"]),
            places={h3.int_to_str(int(cell)): (float(factor), int(n)) for cell, factor, n in places},
            pairs=dict(pairs),
            homes=msgspec.convert(head["homes"], dict[str, tuple[float, float]]),
            basis=head["basis"],
            source=head["source"],
        )
    except (KeyError, OSError, EOFError, BadZipFile, msgspec.MsgspecError, ValueError) as error:
        raise ValueError(f"not a file of travel times: {error}") from error


def hour_class(at: datetime, zone: str) -> int:
    """Index into `HOUR_CLASSES` of an instant, by the city's clock."""
    return _CLASS_OF_HOUR[at.astimezone(ZoneInfo(zone)).hour]


def distance_m(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Straight metres between two points in degrees; within a city right to a few in a thousand."""
    north = (end[0] - start[0]) * METRES_PER_DEGREE
    east = (end[1] - start[1]) * METRES_PER_DEGREE * math.cos(math.radians(end[0]))
    return math.hypot(north, east)


def distances_m(lat: Floats, lng: Floats, end: tuple[float, float]) -> Floats:
    """`distance_m` from many points to one, shape (points,)."""
    north = (lat - end[0]) * METRES_PER_DEGREE
    east = (lng - end[1]) * (METRES_PER_DEGREE * math.cos(math.radians(end[0])))
    metres: Floats = np.sqrt(north * north + east * east)  # five times as fast as hypot, and nothing overflows here
    return metres


def travel_cell(lat: float, lng: float) -> str:
    """The cell that stands for a point in travel times."""
    return cell_to_parent(point_to_cell(lat, lng), RESOLUTION)


def _cell_ids(cells: Iterable[str]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    return np.array([h3.str_to_int(cell) for cell in cells], dtype=np.uint64)


def _drive(drives: Mapping[str, Drive], kind: str) -> Drive:
    return drives.get(kind, drives[ANY])


def _drives(kinds: Sequence[str], lengths: Floats, seconds: Floats, runs: Sequence[Run]) -> dict[str, Drive]:
    """By kind. One whose starts are mostly unknown drives as all do, but slower or faster as its runs lasted.

    Without that, ambulances that roam would pass for engines that set out from a station around the corner.
    """
    turnouts = _medians((run.kind, run.turnout_s) for run in runs)
    lasted = _medians((run.kind, run.travel_s) for run in runs)
    rows: dict[str, list[int]] = defaultdict(list)
    for row, kind in enumerate(kinds):
        rows[kind].append(row)
    rows = {ANY: list(range(len(kinds))), **{k: r for k, r in rows.items() if len(r) >= FEWEST_OF_KIND}}
    found = {}
    for kind, at in rows.items():
        base, rate = least_absolute(lengths[at], seconds[at])
        turnout_s = turnouts.get(kind, turnouts.get(ANY, ASSUMED_TURNOUT_S))
        found[kind] = Drive(round(base, 3), round(rate, 6), round(turnout_s, 1), len(at))
    usual = found[ANY]
    for kind in (turnouts.keys() | lasted.keys()) - found.keys():
        pace = lasted[kind] / float(np.median(seconds)) if kind in lasted else 1.0
        turnout_s = turnouts.get(kind, usual.turnout_s)
        found[kind] = Drive(round(usual.base_s * pace, 3), round(usual.rate * pace, 6), round(turnout_s, 1), usual.n)
    return found


def least_absolute(x: Floats, y: Floats, rounds: int = 40) -> tuple[float, float]:
    """`base` and `rate`, neither below 0, of the line with the least absolute deviations (reweighted squares)."""
    design, weight = np.column_stack([np.ones_like(x), x]), np.ones_like(y)
    base, rate = float(np.median(y)), 0.0
    for _ in range(rounds):
        base, rate = np.linalg.lstsq(design * weight[:, None], y * weight, rcond=None)[0]
        weight = 1 / np.sqrt(np.maximum(np.abs(y - base - rate * x), 5.0))
    if rate < 0:
        return float(np.median(y)), 0.0
    return (float(base), float(rate)) if base > 1 else (1.0, float(np.median((y - 1) / np.maximum(x, 1e-9))))


def _medians(said: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    """Median seconds by kind, and of all; of kinds with enough values."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for kind, value in said:
        if value is not None:
            seconds[kind].append(value)
            seconds[ANY].append(value)
    return {kind: float(np.median(values)) for kind, values in seconds.items() if len(values) >= FEWEST_OF_KIND}


def _drawn(keys: Sequence[Hashable], values: Floats, weight: float) -> dict[Any, tuple[float, int]]:
    """By key the median of the values, drawn towards 0 as if `weight` trips had said 0, and how many trips."""
    rows: dict[Hashable, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        rows[key].append(row)
    return {key: (float(np.median(values[at])) * len(at) / (len(at) + weight), len(at)) for key, at in rows.items()}
