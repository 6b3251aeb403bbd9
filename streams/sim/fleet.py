"""The simulated city's units: which there are, where their homes stand, and when they are away or silent.

The fleet is a function of the city's residents alone, so every seed has the same one. Habits (out of service, no
positions) are windows in time, a pure function of (seed, unit, instant). All numbers stand in `fleet.toml`.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import msgspec

from streams.events import UnitListed
from streams.sim.driving import Point, distance_m
from streams.sim.incidents import Sampler, Share, drawn

FILE = Path(__file__).with_name("fleet.toml")
FLEET_SEED = "fleet"
MOST_DRAWS_PER_STATION = 400

Positive = Annotated[float, msgspec.Meta(gt=0)]
Number = Annotated[int, msgspec.Meta(ge=1)]


class UnitKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of unit; `fleet.toml` explains the fields."""

    code: str
    agency: str
    number: Number
    service: str
    per_station: Number
    turnout_s: tuple[float, float]
    speed_mps: tuple[Positive, Positive]
    substitutes: tuple[str, ...] = ()


class Driving(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How fast, and how often a position is told."""

    flow: Annotated[tuple[Positive, ...], msgspec.Meta(min_length=24, max_length=24)]
    spread: Share
    rolling_s: tuple[float, float]
    report_s: Positive
    report_home_s: Positive
    report_patrol_s: Positive
    report_parked_s: Positive
    handover_min: tuple[float, float]
    nearest_hospital: Share
    detour_m: Positive


class Answering(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds from being sent to the word on the unit's screen and to its crew's; some are late."""

    notified_s: tuple[float, float]
    acknowledged_s: tuple[float, float]
    late: Share
    late_s: tuple[float, float]


class CheckIns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often crews say that they are well, and at which kinds of incident; a share is forgotten."""

    every_min: Positive
    forgotten: Share
    kinds: tuple[str, ...]


class Patrols(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which share of the units of one kind drives around while free."""

    kind: str
    share: Share
    speed_mps: Positive
    reach_m: Positive
    rest_min: tuple[float, float]


class Habit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that happens to a unit at most once in a block of hours, for some minutes."""

    block_h: Number
    share: Share
    minutes: tuple[float, float]
    reasons: tuple[str, ...] = ()


class Closing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds from the last unit's clearing to the incident's closing."""

    after_s: tuple[float, float]
    uncovered_after_s: float


class Hospital(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    lat: float
    lng: float


class FleetSetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`fleet.toml` as values."""

    label: str
    units: dict[str, UnitKind]
    driving: Driving
    answering: Answering
    check_ins: CheckIns
    patrols: Patrols
    out_of_service: Habit
    silence: Habit
    closing: Closing
    processing: dict[str, tuple[float, float]]
    hospitals: Annotated[tuple[Hospital, ...], msgspec.Meta(min_length=1)]


class SimUnit(msgspec.Struct, frozen=True):
    """One unit and its home, in degrees."""

    unit_id: str
    kind: str
    station: str
    agency: str
    lat: float
    lng: float

    @property
    def home(self) -> Point:
        return self.lat, self.lng

    @property
    def payload(self) -> UnitListed:
        return UnitListed(
            unit_id=self.unit_id, kind=self.kind, station=self.station, agency=self.agency, lat=self.lat, lng=self.lng
        )


def load_fleet(path: Path = FILE) -> FleetSetting:
    """Read the setting. Raises ValueError naming the file and what is wrong."""
    try:
        setting = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), FleetSetting)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path}: {error}") from error
    named = {setting.patrols.kind, *(s for kind in setting.units.values() for s in kind.substitutes)}
    if unknown := sorted(named - setting.units.keys()):
        raise ValueError(f"{path}: there are no units of kind {', '.join(unknown)}")
    if missing := {"1", "2", "3"} - setting.processing.keys():
        raise ValueError(f"{path}: processing: say how long priority {', '.join(sorted(missing))} takes")
    return setting


def make_fleet(setting: FleetSetting, residents: Mapping[str, int], place: Sampler) -> dict[str, SimUnit]:
    """All units by id: each kind spread over the areas by residents, homes drawn where people live.

    `residents` by area name; `place` draws (lat, lng, area). Raises ValueError when an area is never drawn.
    """
    quotas = {name: allot(kind.number, residents) for name, kind in setting.units.items()}
    homes = {
        service: _stations(service, _stations_wanted(setting, service, quotas), place)
        for service in sorted({kind.service for kind in setting.units.values()})
    }
    units: dict[str, SimUnit] = {}
    for name, kind in setting.units.items():
        number = 0
        for area in sorted(quotas[name]):
            stations = homes[kind.service].get(area, [])
            for n in range(quotas[name][area]):
                number += 1
                home = (n // kind.per_station) % len(stations)
                unit_id = f"{kind.code}{number:03d}"
                station = f"{area} {kind.service} {home + 1:02d} (illustrative)"
                units[unit_id] = SimUnit(unit_id, name, station, kind.agency, *stations[home])
    return units


def allot(number: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Shares of `number` in proportion to weights (largest remainders), at least one each where there are enough."""
    least = 1 if number >= len(weights) else 0
    total = sum(weights.values())
    exact = {name: (number - least * len(weights)) * weight / total for name, weight in weights.items()}
    found = {name: least + math.floor(share) for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (math.floor(exact[name]) - exact[name], name))
    for name in by_remainder[: number - sum(found.values())]:
        found[name] += 1
    return found


def _stations_wanted(setting: FleetSetting, service: str, quotas: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """How many stations of a service each area has: enough for every kind that lives there."""
    wanted: dict[str, int] = {}
    for name, kind in setting.units.items():
        if kind.service == service:
            for area, n in quotas[name].items():
                wanted[area] = max(wanted.get(area, 0), math.ceil(n / kind.per_station))
    return wanted


def _stations(service: str, wanted: Mapping[str, int], place: Sampler) -> dict[str, list[Point]]:
    """Positions drawn where people live, until every area has its number."""
    rng = drawn(FLEET_SEED, "stations", service)
    found: dict[str, list[Point]] = {area: [] for area, n in wanted.items() if n}
    missing = sum(wanted.values())
    for _ in range(missing * MOST_DRAWS_PER_STATION):
        if not missing:
            return found
        lat, lng, area = place(rng)
        if area in found and len(found[area]) < wanted[area]:
            found[area].append((round(lat, 5), round(lng, 5)))
            missing -= 1
    if missing:
        without = sorted(area for area, homes in found.items() if len(homes) < wanted[area])
        raise ValueError(f"no place was drawn in {', '.join(without)}")
    return found


def window_at(seed: str, what: str, unit_id: str, habit: Habit, at: datetime) -> tuple[datetime, datetime] | None:
    """The window [from, to) of a habit that holds at an instant, or None."""
    block = int(at.timestamp()) // (habit.block_h * 3600)
    for number in (block, block - 1):
        found = _window(seed, what, unit_id, habit, number)
        if found is not None and found[0] <= at < found[1]:
            return found
    return None


@lru_cache(maxsize=8192)
def _window(seed: str, what: str, unit_id: str, habit: Habit, block: int) -> tuple[datetime, datetime] | None:
    rng = drawn(seed, what, f"{unit_id}:{block}")
    if rng.random() >= habit.share:
        return None
    block_s = habit.block_h * 3600
    begins = datetime.fromtimestamp(block * block_s + rng.randrange(block_s), UTC)
    return begins, begins + timedelta(minutes=min(rng.uniform(*habit.minutes), habit.block_h * 60))


def is_away(setting: FleetSetting, seed: str, unit_id: str, at: datetime) -> bool:
    """Whether the unit would be out of service at an instant, if nothing kept it busy."""
    return window_at(seed, "out_of_service", unit_id, setting.out_of_service, at) is not None


def is_silent(setting: FleetSetting, seed: str, unit_id: str, at: datetime) -> bool:
    """Whether the unit's radio tells no positions at an instant."""
    return window_at(seed, "silence", unit_id, setting.silence, at) is not None


def reason_away(setting: FleetSetting, seed: str, unit_id: str, at: datetime) -> str:
    """Why a unit went out of service at an instant, in one of the words of the setting."""
    return drawn(seed, "reason", f"{unit_id}:{int(at.timestamp())}").choice(setting.out_of_service.reasons or ("",))


def is_patrolling(setting: FleetSetting, unit: SimUnit) -> bool:
    """Whether this unit drives around while it is free."""
    return (
        unit.kind == setting.patrols.kind and drawn(FLEET_SEED, "patrol", unit.unit_id).random() < setting.patrols.share
    )


def parked_report_after(setting: FleetSetting, unit_id: str, at: datetime) -> datetime:
    """When a unit at its station next tells its position, strictly after `at`: each unit at seconds of its own."""
    return parked_report_before(setting, unit_id, at) + timedelta(seconds=round(setting.driving.report_parked_s))


def parked_report_before(setting: FleetSetting, unit_id: str, at: datetime) -> datetime:
    """When it last did, at `at` or before."""
    every_s = round(setting.driving.report_parked_s)
    first_s = drawn(FLEET_SEED, "parked", unit_id).randrange(every_s)
    turns = (at.timestamp() - first_s) // every_s
    return datetime.fromtimestamp(first_s + turns * every_s, UTC)


def hospitals_by_distance(setting: FleetSetting, here: Point) -> list[Hospital]:
    """All hospitals, nearest first."""
    return sorted(setting.hospitals, key=lambda h: (distance_m(here, (h.lat, h.lng)), h.name))
