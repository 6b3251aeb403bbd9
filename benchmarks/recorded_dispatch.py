"""Six recorded days of San Francisco's fire calls, asked again: what would have been sent, and how soon would it come.

Learnt from the first four days only; asked about the last two. The records do not say who was on duty or where units
stood, so: engines and trucks are always on duty and stand at their station, or where they cleared a call minutes ago;
others are on duty within six hours of a call of theirs, and stand where their last call was.
"""

from __future__ import annotations

import csv
import gzip
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from emergency.fleet import Fleet
from emergency.plans import Plans, load_plans, plan_for
from emergency.recommend import Pick, need_of, recommend
from emergency.travel import TravelTimes, distance_m, learn
from emergency.trips import STILL_NEAR, Run, Trip, estimate_homes, runs_to_trips, sf_rows_to_runs
from emergency.units import Unit
from streams.feeds.preset import load_preset

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "emergency"
SIX_DAYS = SHARED / "sf_fire_calls_2016-12-31_2017-01-05.csv.gz"
ZONE = "America/Los_Angeles"
CUT = datetime(2017, 1, 4, 8, tzinfo=UTC)  # midnight there: four days before, two after
ON_DUTY = timedelta(hours=6)
LONGEST_CALL = timedelta(hours=12)  # for the few without a stamp that they are available again


class Records(NamedTuple):
    """The runs of all days, and what the days before `CUT` teach."""

    runs: list[Run]
    homes: Mapping[str, tuple[float, float]]
    taught: list[Trip]
    asked: list[Trip]
    model: TravelTimes


class Answer(NamedTuple):
    """One call: who came first and when the model would have expected it, beside the first recommended."""

    first: Run
    first_arrival_s: float
    pick: Pick
    pick_home: str


def read_records(path: Path = SIX_DAYS) -> Records:
    """Parse and learn. Raises OSError when the data are absent."""
    preset = load_preset("sf-fire")
    units, calls = ({key: str(said) for key, said in preset.values[name].items()} for name in ("unit_kind", "kind"))
    with gzip.open(path, "rt", encoding="utf-8") as file:
        runs = sf_rows_to_runs(csv.DictReader(file), ZONE, units, calls)
    past = [run for run in runs if run.dispatched_at < CUT]
    homes = estimate_homes(past)
    taught = runs_to_trips(past, homes)
    asked = [trip for trip in runs_to_trips(runs, homes) if trip.at >= CUT]
    return Records(runs, homes, taught, asked, learn(taught, past, ZONE))


def errors(records: Records) -> dict[str, np.ndarray]:
    """Absolute errors in seconds on the asked trips: ours, and the baselines fitted to the taught ones."""
    asked, truth = records.asked, np.array([trip.travel_s for trip in records.asked])
    taught_m, asked_m = _lengths(records.taught), _lengths(asked)
    taught_s = np.array([trip.travel_s for trip in records.taught])
    speeds = np.linspace(1, 25, 241)
    speed = min(speeds, key=lambda v: float(np.abs(taught_m / v - taught_s).mean()))
    ours = [records.model.estimate((t.from_lat, t.from_lng), (t.to_lat, t.to_lng), t.at, t.kind).seconds for t in asked]
    return {
        "learnt": np.abs(np.array(ours) - truth),
        f"constant speed {speed * 3.6:.0f} km/h": np.abs(asked_m / speed - truth),
        "always the median": np.abs(np.median(taught_s) - truth),
    }


def _lengths(trips: Sequence[Trip]) -> np.ndarray:
    return np.array([distance_m((t.from_lat, t.from_lng), (t.to_lat, t.to_lng)) for t in trips])


def ask_again(records: Records, most: int) -> Iterator[Answer]:
    """For calls after `CUT`, in order and at most so many: the recommendation beside who came first."""
    plans = load_plans()
    calls: dict[str, list[Run]] = {}
    for run in records.runs:
        calls.setdefault(run.call_id, []).append(run)
    histories = _histories(records.runs)
    recent = [call for call in calls.values() if call[0].dispatched_at >= CUT]
    for call in recent[:most]:
        answer = _ask(call, plans, records, histories)
        if answer is not None:
            yield answer


def _histories(runs: Sequence[Run]) -> dict[str, list[Run]]:
    histories: dict[str, list[Run]] = {}
    for run in runs:
        histories.setdefault(run.unit_id, []).append(run)
    return histories


def _ask(call: Sequence[Run], plans: Plans, records: Records, histories: Mapping[str, list[Run]]) -> Answer | None:
    first = min((run for run in call if run.arrived_at), key=lambda run: str(run.arrived_at), default=None)
    if first is None:
        return None
    head = call[0]
    at, where = head.dispatched_at, (head.lat, head.lng)
    fleet = Fleet(plans.able, (unit for runs in histories.values() for unit in _unit_at(runs, head, records.homes)))
    if first.unit_id not in fleet.rows:
        return None
    needs = plan_for(plans, head.call_kind, head.priority).requirements
    found = recommend(need_of(head.call_id, head.priority, where, needs), fleet, records.model, at)
    stood = fleet.where[fleet.rows[first.unit_id]]
    if not found.picks or stood is None:
        return None
    travel = records.model.estimate((stood.lat, stood.lng), where, at, first.kind)
    pick = found.picks[0]
    arrival_s = travel.seconds + records.model.turnout_s(first.kind)
    return Answer(first, arrival_s, pick, histories[pick.unit_id][0].home)


def _unit_at(runs: Sequence[Run], call: Run, homes: Mapping[str, tuple[float, float]]) -> Iterator[Unit]:
    """The unit as it was when `call` was dispatched; nothing when it was off duty or nobody can tell where."""
    at = call.dispatched_at
    n = bisect_left(runs, at, key=lambda run: run.dispatched_at)
    before, after = (runs[n - 1] if n else None), (runs[n] if n < len(runs) else None)
    home = homes.get(runs[0].home)
    if home is None and not _on_duty(before, after, at):
        return
    cleared_at = None if before is None else before.cleared_at or before.dispatched_at + LONGEST_CALL
    busy = before is not None and before.call_id != call.call_id and cleared_at is not None and cleared_at > at
    where = home
    if before is not None and (home is None or (cleared_at is not None and at - cleared_at <= STILL_NEAR)):
        where = (before.lat, before.lng)
    if where is not None:
        assigned = {"before": "on-scene"} if busy else {}
        yield Unit(
            unit_id=runs[0].unit_id, kind=runs[0].kind, lat=where[0], lng=where[1], assignments=assigned, position_at=at
        )


def _on_duty(before: Run | None, after: Run | None, at: datetime) -> bool:
    worked = before is not None and at - before.dispatched_at <= ON_DUTY
    return worked or (after is not None and after.dispatched_at - at <= ON_DUTY)
