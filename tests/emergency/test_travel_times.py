"""Travel times: learnt from recorded trips, honest about how, the same one by one and by the thousand."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergency.fleet import Fleet
from emergency.travel import TravelTimes, assumed, distance_m, from_bytes, hour_class, learn, seconds_to, to_bytes
from emergency.trips import Run, Trip, estimate_homes, runs_to_trips, sf_rows_to_runs
from emergency.units import Unit
from tests.support.shared_data import shared_path

ZONE = "America/Los_Angeles"
SIX_DAYS = "emergency/sf_fire_calls_2016-12-31_2017-01-05.csv.gz"
CUT = datetime(2017, 1, 4, 8, tzinfo=UTC)  # midnight in San Francisco: four days before, two after
NOON = datetime(2017, 1, 2, 20, tzinfo=UTC)
HERE, THERE = (37.76, -122.44), (37.78, -122.41)
LATS, LNGS = st.floats(37.70, 37.81), st.floats(-122.51, -122.38)


def a_trip(travel_s: float = 300, kind: str = "engine", start: tuple[float, float] = HERE) -> Trip:
    return Trip(kind, *start, *THERE, NOON, travel_s, "home")


def a_run(minute: int, **more: object) -> Run:
    at = NOON + timedelta(minutes=minute)
    said = {"unit_id": "E01", "kind": "engine", "home": "01", "area": "01", "lat": 37.77, "lng": -122.42}
    stamps = {"dispatched_at": at, "departed_at": at + timedelta(seconds=60), "arrived_at": at + timedelta(seconds=240)}
    return Run(**{**said, **stamps, "cleared_at": at + timedelta(seconds=600), **more})  # type: ignore[arg-type]


def learnt(*trips: Trip) -> TravelTimes:
    return learn(trips, [], ZONE)


@cache
def six_days(path: Path) -> tuple[Run, ...]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return tuple(sf_rows_to_runs(csv.DictReader(file)))


def test_nothing_known_is_said_to_be_assumed() -> None:
    found = assumed(ZONE).estimate(HERE, THERE, NOON, "engine")
    assert (found.how, found.n) == ("assumed", 0)
    assert found.seconds == pytest.approx(30 + 0.133 * distance_m(HERE, THERE))


def test_an_estimate_says_how_it_was_found_and_from_how_many_trips() -> None:
    model = learnt(*[a_trip()] * 7, *[a_trip(start=(37.71, -122.50))] * 3)
    assert model.estimate(HERE, THERE, NOON, "engine")[1:] == ("pair", 7)
    assert model.estimate((37.80, -122.47), THERE, NOON, "engine")[1:] == ("destination", 10)
    assert model.estimate(HERE, (37.73, -122.39), NOON, "engine")[1:] == ("distance", 10)


def test_many_slow_trips_between_two_cells_count_more_than_few() -> None:
    usual = [Trip("engine", 37.72, -122.48, 37.74, -122.46, NOON, 200, "home")] * 200
    few, many = (learnt(*usual, *[a_trip(900)] * n).estimate(HERE, THERE, NOON, "engine").seconds for n in (1, 30))
    assert few < many <= 905


def test_hours_are_the_citys() -> None:
    evening = datetime(2017, 1, 3, 1, tzinfo=UTC)  # 17:00 of the day before in San Francisco
    assert hour_class(evening, ZONE) == 3
    assert hour_class(evening, "UTC") == 0


def test_a_kind_with_few_trips_drives_as_all_do() -> None:
    model = learnt(*[a_trip()] * 60, *[a_trip(kind="sledge")] * 2)
    assert model.drive("sledge") == model.drive("never seen")
    assert model.drive("engine").n == 60


def test_a_kind_whose_starts_nobody_knows_takes_as_much_longer_as_its_runs_did() -> None:
    roaming = [a_run(20 * n, unit_id="A1", kind="roamer", home="") for n in range(50)]  # 180 s each
    model = learn([a_trip(90)] * 60, roaming, ZONE)
    engine, roamer = (model.estimate(HERE, THERE, NOON, kind).seconds for kind in ("engine", "roamer"))
    assert roamer == pytest.approx(2 * engine, rel=0.01)


def test_one_wild_stamp_changes_little() -> None:
    calm = learnt(*[a_trip(300)] * 50).estimate(HERE, THERE, NOON, "engine").seconds
    wild = learnt(*[a_trip(300)] * 50, a_trip(3600)).estimate(HERE, THERE, NOON, "engine").seconds
    assert wild == pytest.approx(calm, rel=0.05)


def test_without_trips_nothing_is_learnt() -> None:
    with pytest.raises(ValueError, match="no trips"):
        learn([], [], ZONE)


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04 half a file", b"\x80\x04K\x01."])
def test_what_is_no_model_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="not a file of travel times"):
        from_bytes(raw)


def test_a_trip_starts_at_home_or_where_the_unit_has_just_cleared() -> None:
    homes = {"01": (37.70, -122.40)}
    near = a_run(15, lat=37.79)
    trips = runs_to_trips([a_run(0), near, a_run(120)], homes)
    assert [(trip.from_lat, trip.start) for trip in trips] == [(37.70, "home"), (37.77, "last call"), (37.70, "home")]


def test_nobody_knows_where_a_unit_stands_after_the_hospital_or_without_a_home() -> None:
    trips = runs_to_trips([a_run(0, transported=True), a_run(15), a_run(120, home="")], {"01": HERE})
    assert [trip.at for trip in trips] == [a_run(0).departed_at]


def test_a_home_lies_nearest_to_what_its_units_reach_soonest() -> None:
    at = NOON + timedelta(seconds=60)
    soon = a_run(0, lat=37.70, arrived_at=at + timedelta(seconds=60))
    late = a_run(0, lat=37.80, arrived_at=at + timedelta(seconds=600))
    assert estimate_homes([soon, late])["01"][0] < 37.705
    stranger = a_run(0, home="02", lat=37.75)
    assert estimate_homes([stranger])["01"] == (37.75, -122.42)


def test_incredible_stamps_are_no_travel_times() -> None:
    at = NOON + timedelta(seconds=60)
    assert a_run(0, arrived_at=at).travel_s is None
    assert a_run(0, arrived_at=at + timedelta(hours=2)).travel_s is None
    assert a_run(0, arrived_at=None).travel_s is None
    assert a_run(0).travel_s == 180


@given(st.lists(st.tuples(LATS, LNGS, st.sampled_from(["engine", "truck", "sledge"])), min_size=1, max_size=20))
def test_one_by_one_and_all_at_once_give_the_same_seconds(where: list[tuple[float, float, str]]) -> None:
    model = learnt(
        *[a_trip(s) for s in range(100, 500, 10)], *[a_trip(700, "truck", (lat, lng)) for lat, lng, _ in where]
    )
    units = [Unit(unit_id=str(n), kind=kind, lat=lat, lng=lng) for n, (lat, lng, kind) in enumerate(where)]
    fleet = Fleet({}, units)
    at_once = seconds_to(model, fleet.starts, fleet.kind_rows, fleet.kinds, THERE, NOON)
    singly = [model.estimate((lat, lng), THERE, NOON, kind).seconds for lat, lng, kind in where]
    np.testing.assert_allclose(at_once, singly, rtol=1e-9)


@given(st.lists(st.tuples(LATS, LNGS, st.floats(15, 3600)), min_size=1, max_size=60))
def test_a_model_read_back_is_the_model_written(drives: list[tuple[float, float, float]]) -> None:
    model = learn([a_trip(seconds, start=(lat, lng)) for lat, lng, seconds in drives], [a_run(0)], ZONE)
    assert from_bytes(to_bytes(model)) == model
    assert all(drive.base_s >= 0 and drive.rate >= 0 for drive in model.drives.values())


@pytest.mark.shared
def test_recorded_calls_of_san_francisco_become_runs_with_known_gaps() -> None:
    runs = six_days(shared_path(SIX_DAYS))
    assert len(runs) == 5_843
    assert sum(run.arrived_at is None for run in runs) == 1_162
    assert sum(run.departed_at is None for run in runs) == 163
    assert min(run.received_at for run in runs if run.received_at).isoformat() == "2016-12-31T08:01:04+00:00"


@pytest.mark.shared
def test_what_four_days_teach_beats_constant_speed_on_the_next_two() -> None:
    runs = six_days(shared_path(SIX_DAYS))
    past = [run for run in runs if run.dispatched_at < CUT]
    homes = estimate_homes(past)
    taught = runs_to_trips(past, homes)
    model = learn(taught, past, ZONE)
    asked = [trip for trip in runs_to_trips(runs, homes) if trip.at >= CUT]
    assert (len(taught), len(asked)) == (1_511, 814)
    lengths = np.array([distance_m((t.from_lat, t.from_lng), (t.to_lat, t.to_lng)) for t in asked])
    truth = np.array([trip.travel_s for trip in asked])
    ours = np.array([model.estimate((t.from_lat, t.from_lng), (t.to_lat, t.to_lng), t.at, t.kind)[0] for t in asked])
    error = np.abs(ours - truth)
    speeds = np.linspace(2, 20, 181)
    best = min(np.abs(lengths / speed - truth).mean() for speed in speeds)  # even chosen with hindsight
    assert error.mean() < 0.85 * best
    assert np.percentile(error, 90) < 250
