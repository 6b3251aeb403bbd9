"""How soon units are recommended, how far off the travel times are, and how often the records did the same."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import geopandas
import numpy as np
import redis

from benchmarks.recorded_dispatch import SIX_DAYS, Records, ask_again, errors, read_records
from benchmarks.results import Result, not_measured, percentile, rounded
from benchmarks.run import Run
from benchmarks.traffic import CITY
from dashboard.recommending import Asked, Recommender, look
from emergency.fleet import Fleet
from emergency.incidents import Incident
from emergency.plans import Plans, load_plans, plan_for
from emergency.recommend import Need, need_of, recommend_together
from emergency.travel import TravelTimes, assumed
from emergency.units import Unit
from geo.cells import point_to_cell
from geo.cities import Bounds, load_city
from streams.codec import encode
from streams.keys import Keys

NAME = "recommendation"
ASKS = "units recommended for 1 and for 50 incidents among 10,000; error of travel times; agreement with the records"
UNITS = (10_000, 10_000, 1_000)
ROUNDS = {1: (200, 40, 3), 50: (20, 5, 1)}
MOST_MS = {1: 5, 50: 250}
CALLS = (10_000, 150, 10)
BUSY = 0.3
KINDS = ("engine",) * 4 + ("ladder", "rescue") + ("ambulance",) * 4 + ("police_car",) * 5 + ("traffic_police",) * 2
NOW = datetime(2026, 3, 2, 9, 40, tzinfo=UTC)
RADIUS_KM = 100


def measure(run: Run) -> Iterator[Result]:
    records = read_records() if SIX_DAYS.exists() else None
    model = records.model if records else assumed("UTC")
    units, plans = _units(run.pick(*UNITS), load_city(CITY).bounds), load_plans()
    began = time.perf_counter()
    fleet = Fleet(plans.able, units)
    build_ms = (time.perf_counter() - began) * 1000
    with run.servers() as servers:
        _fill_redis(servers.client, units, plans)
        served = _Served(servers.client, units, Recommender(plans, model, "UTC"))
        for count, rounds in ROUNDS.items():
            run.say(f"recommending for {count}")
            yield _speed(count, run.pick(*rounds), fleet, plans, model, served, build_ms)
    if records is None:
        why = "the recorded calls of San Francisco are not beside this checkout"
        yield not_measured(f"{NAME}: travel error", "s", "below constant speed", why)
        yield not_measured(f"{NAME}: first unit as recorded", "%", "(no promise)", why)
        return
    yield _travel(records)
    run.say("asking about recorded calls again")
    yield _agreement(records, run.pick(*CALLS))


def _units(count: int, box: Bounds) -> list[Unit]:
    rng = random.Random(4)
    return [
        Unit(
            unit_id=f"U{number:05d}",
            kind=rng.choice(KINDS),
            lat=rng.uniform(box.south, box.north),
            lng=rng.uniform(box.west, box.east),
            position_at=NOW - timedelta(seconds=rng.randrange(90)),
            assignments={"other": "on-scene"} if rng.random() < BUSY else {},
        )
        for number in range(count)
    ]


def _needs(count: int, plans: Plans, rng: random.Random) -> list[Need]:
    box, kinds = load_city(CITY).bounds, ["structure_fire", "medical_cardiac", "traffic_collision", "alarm", "theft"]
    found = []
    for number in range(count):
        kind, priority = rng.choice(kinds), rng.choice((1, 2, 3))
        where = rng.uniform(box.south, box.north), rng.uniform(box.west, box.east)
        found.append(need_of(f"i{number}", priority, where, plan_for(plans, kind, priority).requirements))
    return found


class _Served:
    """What a web process does for one question: read every unit from Redis, find what changed, recommend, tell."""

    def __init__(self, client: redis.Redis, units: Sequence[Unit], recommender: Recommender):
        self.client, self.keys, self.recommender = client, Keys("bench-units"), recommender
        self.client.hset(self.keys.units, mapping={unit.unit_id: encode(unit) for unit in units})

    def ask(self, needs: list[Need]) -> None:
        sight = look(self.client, self.keys, [], False, NOW)
        self.recommender.advise(sight._replace(incidents=[_incident(need) for need in needs]), Asked())


def _incident(need: Need) -> Incident:
    cell = point_to_cell(need.lat or 0, need.lng or 0)
    return Incident(
        incident_id=need.incident_id, kind="alarm", priority=need.priority, lat=need.lat, lng=need.lng, cell=cell
    )


def _speed(
    count: int, rounds: int, fleet: Fleet, plans: Plans, model: TravelTimes, served: _Served, build_ms: float
) -> Result:
    rng = random.Random(count)
    asked = [_needs(count, plans, rng) for _ in range(rounds + 1)]
    nearest = _nearest_join(fleet)
    ours = _timed(lambda needs: recommend_together(needs, fleet, model, NOW), asked)
    joined = _timed(lambda needs: nearest(needs), asked)
    found = _timed(lambda needs: _geosearch(served.client, needs), asked)
    whole = _timed(served.ask, asked)
    again_us = _timed(lambda _: fleet.put(_as_unit(fleet, rng)), asked)
    value = percentile(ours, 0.5)
    return Result(
        name=f"{NAME}: {count} together" if count > 1 else f"{NAME}: 1 incident",
        value=rounded(value),
        unit="ms (median)",
        target=f"≤ {MOST_MS[count]} ms among 10,000 units",
        met=value <= MOST_MS[count],
        n=rounds,
        compared_with={
            "ours, p99 ms": rounded(percentile(ours, 0.99)),
            "GeoPandas sjoin_nearest, ms": rounded(percentile(joined, 0.5)),
            "Redis GEOSEARCH, ms": rounded(percentile(found, 0.5)),
        },
        conditions={
            "units": len(fleet),
            "free": int(fleet.sendable().sum()),
            "units wanted (mean)": rounded(float(np.mean([sum(len(n.wanted) for n in needs) for needs in asked]))),
            "GeoPandas and Redis answer less": "one nearest unit of any kind by straight line; the nearest few per "
            "capability: no plan, no time of travel, no reasons, and the same unit for two incidents",
            "a web process's whole answer, with all units read from Redis, ms": rounded(percentile(whole, 0.5)),
            "columns of all units built anew, ms": rounded(build_ms),
            "one unit changed in them, ms": rounded(percentile(again_us, 0.5)),
        },
    )


def _as_unit(fleet: Fleet, rng: random.Random) -> Unit:
    row = rng.randrange(len(fleet))
    where = fleet.where[row]
    assert where is not None, "every unit of the measurement has a position"
    return Unit(unit_id=fleet.ids[row], kind=fleet.kind(row), lat=where.lat + 1e-4, lng=where.lng, position_at=NOW)


def _timed(act: Callable[[list[Need]], Any], asked: Sequence[list[Need]]) -> list[float]:
    """Milliseconds of each but the first, which warms up (the solver is imported when first needed)."""
    times = []
    for needs in asked:
        began = time.perf_counter()
        act(needs)
        times.append((time.perf_counter() - began) * 1000)
    return times[1:]


def _nearest_join(fleet: Fleet) -> Callable[[list[Need]], Any]:
    free = np.flatnonzero(fleet.sendable())
    points = geopandas.points_from_xy(fleet.starts.lng[free], fleet.starts.lat[free], crs=4326)
    units = geopandas.GeoDataFrame({"unit": free}, geometry=points).to_crs(3857)
    units.sindex.size  # noqa: B018  (builds the index outside the measurement)

    def join(needs: list[Need]) -> Any:
        places = geopandas.points_from_xy([need.lng for need in needs], [need.lat for need in needs], crs=4326)
        incidents = geopandas.GeoDataFrame({"incident": range(len(needs))}, geometry=places).to_crs(3857)
        return geopandas.sjoin_nearest(incidents, units)

    return join


def _fill_redis(client: redis.Redis, units: Sequence[Unit], plans: Plans) -> None:
    with client.pipeline(transaction=False) as pipeline:
        for unit in units:
            if unit.is_busy or unit.lat is None or unit.lng is None:
                continue
            for capability in plans.able[unit.kind]:
                pipeline.geoadd(f"bench:free:{capability}", (unit.lng, unit.lat, unit.unit_id))
        pipeline.execute()


def _geosearch(client: redis.Redis, needs: list[Need]) -> Any:
    with client.pipeline(transaction=False) as pipeline:
        for need in needs:
            for options in dict.fromkeys(need.wanted):
                pipeline.geosearch(
                    f"bench:free:{options[0]}",
                    longitude=need.lng,
                    latitude=need.lat,
                    radius=RADIUS_KM,
                    unit="km",
                    sort="ASC",
                    count=need.wanted.count(options),
                )
        return pipeline.execute()


def _travel(records: Records) -> Result:
    found = errors(records)
    ours = found.pop("learnt")
    others = {f"{name}, MAE s": rounded(float(error.mean())) for name, error in found.items()}
    tails = {f"{name}, P90 s": rounded(percentile(error.tolist(), 0.9)) for name, error in found.items()}
    least = min(float(error.mean()) for error in found.values())
    by_kind = {
        f"{kind}, MAE s of n": f"{ours[rows].mean():.0f} of {len(rows)}"
        for kind in ("engine", "truck", "ambulance")
        if (rows := [n for n, trip in enumerate(records.asked) if trip.kind == kind])
    }
    return Result(
        name=f"{NAME}: travel error",
        value=rounded(float(ours.mean())),
        unit="s (MAE)",
        target="below constant speed on straight lines",
        met=bool(ours.mean() < least),
        n=len(ours),
        compared_with={"ours, P90 s": rounded(percentile(ours.tolist(), 0.9)), **others, **tails},
        conditions={
            "data": "San Francisco 2016-12-31 to 2017-01-05: learnt from four days, asked about two",
            "trips learnt from": len(records.taught),
            "left out": "units whose start nobody knows, travel under 15 s or over an hour",
            **by_kind,
        },
    )


def _agreement(records: Records, most: int) -> Result:
    answers = list(ask_again(records, most))
    kinds = sum(answer.pick.kind == answer.first.kind for answer in answers)
    same = [a for a in answers if a.pick.unit_id == a.first.unit_id]
    stations = [a for a in answers if a.first.home]
    alike = sum(a.pick.kind == a.first.kind and a.pick_home == a.first.home for a in stations)
    gains = [a.first_arrival_s - a.pick.arrival_s for a in answers if a.pick.unit_id != a.first.unit_id]
    return Result(
        name=f"{NAME}: first unit as recorded",
        value=rounded(100 * alike / len(stations)) if stations else None,
        unit="% of calls with the same type and station",
        target="(no promise: the records are not the truth)",
        met=None,
        n=len(stations),
        compared_with={
            "same kind of unit first": f"{kinds} of {len(answers)}",
            "the very same unit first": f"{len(same)} of {len(answers)}",
            "modelled gain where another was recommended, median s": rounded(percentile(gains, 0.5)) if gains else 0,
            "where the modelled gain is below 0": f"{sum(gain < 0 for gain in gains)} of {len(gains)}",
        },
        conditions={
            "recorded first": "the unit that arrived first; type and station for engines and trucks",
            "not in the records": "who was on duty, where ambulances stood: assumed, partly from what came later",
            "a gain is": "by the model's own times, so it flatters the recommendation",
        },
    )
