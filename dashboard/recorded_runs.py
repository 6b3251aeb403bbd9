"""Recorded files as runs of units, by any preset with one row per unit sent; and how well they teach travel times."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from emergency.travel import TravelTimes, distance_m, learn
from emergency.trips import SF_HOME, Run, Trip, estimate_homes, runs_to_trips
from streams.events import IncidentReceived, UnitDispatched
from streams.feeds.answers import answers
from streams.feeds.preset import Preset
from streams.feeds.records import Entry, Rank, Rejected

FEWEST_TRIPS = 200
OWN_SHARE = 0.9  # a unit that is recorded with one station so often is at home there
HOMES = {"sf": SF_HOME}  # where the id of a unit says its station; the station column says whose area the call lies in
SPEEDS_MPS = np.linspace(1, 25, 241)


class Recorded(NamedTuple):
    """What a file tells: its runs in order of dispatch, how many rows there were and how many could not be read."""

    runs: list[Run]
    rows: int
    rejected: int


class Learnt(NamedTuple):
    """A model of all trips, and how one of the first two thirds did on the last: mean and 90th percentile of the
    absolute error in seconds, of it and of the best constant speed on straight lines (metres per second)."""

    model: TravelTimes
    stations: int
    asked: int
    mae_s: float
    p90_s: float
    constant_mae_s: float
    constant_p90_s: float
    constant_mps: float


def read_runs(path: Path, preset: Preset, progress: Callable[[float], None]) -> Recorded:
    """Raises ValueError for a preset without units, FeedError for a file that does not fit it."""
    if preset.record != "unit-row":
        raise ValueError(f"preset {preset.name} tells of no units: travel is learnt from rows of units sent (unit-row)")
    runs: list[Run] = []
    rows = rejected = 0
    for answer in answers(path, preset, progress):
        rows += 1
        if isinstance(answer, Rejected):
            rejected += 1
        elif (run := entries_to_run(answer)) is not None:
            runs.append(run)
    runs.sort(key=lambda run: (run.dispatched_at, run.unit_id))
    return Recorded(_at_home(runs, HOMES.get(preset.city)), rows, rejected)


def entries_to_run(entries: Sequence[Entry]) -> Run | None:
    """One row as a run, its station as the area of the call; None without a dispatch or a place."""
    said: dict[Rank, Entry] = {entry.rank: entry for entry in entries if not entry.expired}
    receipt, sent = said.get(Rank.RECEIVED), said.get(Rank.DISPATCHED)
    if receipt is None or sent is None:
        return None
    call = msgspec.convert(receipt.envelope.data, IncidentReceived)
    unit = msgspec.convert(sent.envelope.data, UnitDispatched)
    if call.lat is None or call.lng is None:
        return None

    def at(rank: Rank) -> Any:
        return said[rank].occurred_at if rank in said else None

    return Run(
        unit_id=unit.unit_id,
        kind=unit.kind,
        home="",
        area=unit.station,
        lat=call.lat,
        lng=call.lng,
        call_id=receipt.record,
        call_kind=call.kind,
        priority=call.priority,
        received_at=receipt.occurred_at,
        dispatched_at=sent.occurred_at,
        departed_at=at(Rank.DEPARTED),
        arrived_at=at(Rank.ARRIVED),
        transported=Rank.TRANSPORTED in said,
        cleared_at=at(Rank.CLEARED),
    )


def _at_home(runs: Sequence[Run], pattern: re.Pattern[str] | None) -> list[Run]:
    """The runs with the station where each unit stands: as its id says, else the one that its rows mostly name."""
    own: dict[str, Counter[str]] = defaultdict(Counter)
    for run in runs:
        own[run.unit_id][run.area] += 1
    homes = {unit_id: _home(unit_id, named, pattern) for unit_id, named in own.items()}
    return [msgspec.structs.replace(run, home=homes[run.unit_id]) for run in runs]


def _home(unit_id: str, named: Counter[str], pattern: re.Pattern[str] | None) -> str:
    if pattern is not None:
        found = pattern.fullmatch(unit_id)
        return found[1] if found else ""
    station, n = named.most_common(1)[0]
    return station if n >= OWN_SHARE * named.total() else ""


def learn_from(runs: Sequence[Run], zone: str, name: str) -> Learnt:
    """A model from runs in order of dispatch. Raises ValueError for fewer trips than could teach anything."""
    homes = estimate_homes(runs)
    trips = runs_to_trips(runs, homes)
    if len(trips) < FEWEST_TRIPS:
        raise ValueError(
            f"{len(trips):,} of {len(runs):,} runs have a known start and a credible duration; "
            f"at least {FEWEST_TRIPS} are needed"
        )
    cut = trips[2 * len(trips) // 3].at
    past = [run for run in runs if run.dispatched_at < cut]
    taught = [trip for trip in trips if trip.at < cut]
    asked = [trip for trip in trips if trip.at >= cut]
    first = learn(taught, past, zone)
    ours = _error([first.estimate(*_ends(trip), trip.at, trip.kind).seconds for trip in asked], asked)
    speed = min(SPEEDS_MPS, key=lambda v: float(_error(_lengths(taught) / v, taught).mean()))
    constant = _error(_lengths(asked) / speed, asked)
    return Learnt(
        model=learn(trips, runs, zone, homes, f"{name}: {len(trips):,} trips"),
        stations=len(homes),
        asked=len(asked),
        mae_s=float(ours.mean()),
        p90_s=float(np.percentile(ours, 90)),
        constant_mae_s=float(constant.mean()),
        constant_p90_s=float(np.percentile(constant, 90)),
        constant_mps=float(speed),
    )


def _ends(trip: Trip) -> tuple[tuple[float, float], tuple[float, float]]:
    return (trip.from_lat, trip.from_lng), (trip.to_lat, trip.to_lng)


def _lengths(trips: Sequence[Trip]) -> Any:
    return np.array([distance_m(*_ends(trip)) for trip in trips])


def _error(said: Any, trips: Sequence[Trip]) -> Any:
    return np.abs(np.asarray(said) - np.array([trip.travel_s for trip in trips]))
