"""Units: where their homes are, how they drive, and what the plan of an assignment holds."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cities import load_city
from streams.events import UnitArrived, UnitAssignment, UnitCheckedIn, UnitMoved, UnitSignalled, type_of
from streams.sim.dispatching import Candidate, choose, missing
from streams.sim.driving import distance_m, leg, position_at, reports
from streams.sim.fleet import (
    allot,
    is_away,
    is_silent,
    load_fleet,
    make_fleet,
    parked_report_after,
    parked_report_before,
)
from streams.sim.runs import PARKED, STAGES, Run, Task
from tests.support.emergency import UNIVERSITY, places, world

START = datetime(2026, 3, 4, 9, 40, tzinfo=UTC)
SETTING = load_fleet()
RESIDENTS = load_city("beijing-sim").population.areas  # type: ignore[union-attr]
points = st.tuples(st.floats(39.5, 40.5), st.floats(115.8, 117.0))
FASTEST_MPS = 20.0


# --- the fleet -----------------------------------------------------------------------------------------------


def test_500_units_live_where_people_live() -> None:
    units = world().units.values()
    assert len(units) == 500
    assert Counter(unit.kind for unit in units) == {name: kind.number for name, kind in SETTING.units.items()}
    for kind in ("engine", "ambulance", "police_car", "traffic_police", "gas_crew"):
        homes = Counter(unit.station.split()[0] for unit in units if unit.kind == kind)
        assert set(homes) == set(RESIDENTS), kind
        assert homes.most_common(1)[0][0] == "Chaoyang"


def test_the_fleet_is_the_same_for_every_seed_and_in_every_process() -> None:
    assert make_fleet(SETTING, RESIDENTS, places().place) == dict(world().units)


def test_units_of_one_station_share_its_position_and_their_names_say_illustrative() -> None:
    homes: dict[str, set[tuple[float, float]]] = {}
    for unit in world().units.values():
        homes.setdefault(unit.station, set()).add(unit.home)
        assert "(illustrative)" in unit.station
    assert all(len(positions) == 1 for positions in homes.values())


@given(st.integers(0, 500), st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 10**7), min_size=1))
def test_an_allotment_gives_everything_away_and_nobody_less_than_the_smaller(n: int, weights: dict[str, int]) -> None:
    shares = allot(n, weights)
    assert sum(shares.values()) == n
    ranked = sorted(weights, key=lambda name: weights[name])
    assert all(shares[a] <= shares[b] + 1 for a, b in pairwise(ranked))
    if n >= len(weights):
        assert min(shares.values()) >= 1


def test_an_area_where_nobody_lives_is_named() -> None:
    with pytest.raises(ValueError, match="Atlantis"):
        make_fleet(SETTING, {"Atlantis": 1, "Haidian": 1}, lambda rng: (39.9, 116.3, "Haidian"))


def test_about_one_in_twenty_units_is_out_of_service_and_fewer_are_silent() -> None:
    hours = [START + timedelta(hours=n) for n in range(48)]
    looks = [(unit_id, at) for unit_id in world().units for at in hours]
    away = sum(is_away(SETTING, "test", unit_id, at) for unit_id, at in looks) / len(looks)
    silent = sum(is_silent(SETTING, "test", unit_id, at) for unit_id, at in looks) / len(looks)
    assert 0.02 < away < 0.08
    assert 0.001 < silent < 0.01


# --- driving -------------------------------------------------------------------------------------------------


@given(points, points, st.floats(2, 15), st.integers(0, 10**6), st.data())
@settings(deadline=None, max_examples=60)
def test_a_drive_is_steady_and_ends_where_it_should(origin, target, speed, seed, data) -> None:
    drive = leg(origin, target, START, speed, Random(seed))
    assert position_at(drive, START) == origin
    assert position_at(drive, drive.ends_at) == target
    lasts_s = (drive.ends_at - START).total_seconds()
    first_s, second_s = sorted(data.draw(st.lists(st.floats(0, lasts_s), min_size=2, max_size=2)))
    first, second = (position_at(drive, START + timedelta(seconds=s)) for s in (first_s, second_s))
    assert distance_m(first, second) <= speed * (second_s - first_s) * 1.02 + 1
    assert drive.length_m >= distance_m(origin, target) * 0.98


@given(points, points, st.floats(2, 15), st.integers(0, 10**6), st.sampled_from([5, 10, 30]))
@settings(deadline=None, max_examples=40)
def test_positions_are_told_every_5_s_at_most_and_only_30_m_apart(origin, target, speed, seed, every_s) -> None:
    drive = leg(origin, target, START, speed, Random(seed))
    told = reports(drive, every_s)
    assert bool(told) == (drive.length_m > 0)
    assert all(distance_m(last[1:], target) < 2 for last in told[-1:])
    for before, after in pairwise(told[:-1]):
        assert (after.at - before.at).total_seconds() >= every_s
        assert distance_m(before[1:], after[1:]) > 28  # 30, less the rounding to a metre


def test_two_drives_between_the_same_points_go_different_ways() -> None:
    ways = {leg(UNIVERSITY, (39.9, 116.4), START, 10, Random(n)).points for n in range(20)}
    assert len(ways) > 10


# --- plans ---------------------------------------------------------------------------------------------------


def task(unit_id: str = "A001", stage: str = "dispatched", **given: object) -> Task:
    home = world().units[unit_id].home
    fields = {"unit_id": unit_id, "stage": stage, "since": START, "origin": home, "incident_id": "E1"}
    return msgspec.convert(
        fields | {"kind": "medical_stroke", "scene": UNIVERSITY, "ours": True} | given, Task, strict=False
    )


EVERYTHING = [
    *("unit.notified", "unit.acknowledged", "unit.departed"),
    *("unit.arrived", "unit.transported", "unit.delivered", "unit.cleared"),
]


def steps(run: Run) -> list[str]:
    return [type_of(type(m.payload)) for m in run.moments if isinstance(m.payload, UnitAssignment)]


def test_a_plan_tells_all_steps_in_order_and_brings_the_unit_home() -> None:
    run = world().run(task())
    assert steps(run) == EVERYTHING
    assert [m.at for m in run.moments] == sorted(m.at for m in run.moments)
    assert len({m.event_id for m in run.moments}) == len(run.moments)
    assert run.where(run.ends_at) == world().units["A001"].home
    arrived_at = next(m.at for m in run.moments if isinstance(m.payload, UnitArrived))
    assert run.where(arrived_at) == UNIVERSITY


def signals(run: Run) -> list[tuple[str, datetime]]:
    return [(m.payload.status, m.at) for m in run.moments if isinstance(m.payload, UnitSignalled)]


def test_a_unit_that_cleared_is_returning_until_it_is_home() -> None:
    run = world().run(task())
    (returning, left_at), (available, home_at) = signals(run)
    assert (returning, available) == ("returning", "available")
    assert (left_at, home_at) == (run.cleared_at, run.ends_at)
    assert signals(world().run(task(stage="home", origin=world().units["A001"].home))) == []


def test_a_crew_rolls_after_it_has_said_so_and_a_few_are_late() -> None:
    late = 0
    for number in range(2000):
        run = world().run(task(incident_id=f"E{number}"), tracked=False)
        notified, acknowledged, departed = (m.at for m in run.moments[:3])
        assert START < notified <= acknowledged < departed
        late += (acknowledged - START).total_seconds() > 30
    assert 0 < late < 20


def test_crews_at_dangerous_work_say_that_they_are_well() -> None:
    told = [
        (m.at, run)
        for number in range(40)
        for run in [world().run(task("F001", incident_id=f"E{number}", kind="structure_fire"), tracked=False)]
        for m in run.moments
        if isinstance(m.payload, UnitCheckedIn)
    ]
    assert len(told) > 40
    assert all(run.has_arrived(at) and run.is_busy(at) for at, run in told)
    quiet = world().run(task(kind="medical_stroke"))
    assert not [m for m in quiet.moments if isinstance(m.payload, UnitCheckedIn)]


def test_only_ambulances_transport() -> None:
    assert "unit.transported" not in steps(world().run(task("F001")))


@pytest.mark.parametrize(("stage", "left"), [*zip(STAGES, (7, 4, 3, 2, 1, 0), strict=True)])
def test_a_plan_begins_at_any_stage(stage: str, left: int) -> None:
    run = world().run(task(stage=stage, origin=UNIVERSITY))
    assert steps(run) == EVERYTHING[7 - left :]
    assert (run.cleared_at is None) == (left == 0)


def test_the_same_task_gives_the_same_plan_and_positions_do_not_change_its_times() -> None:
    one, other = world().run(task()), world().run(task())
    assert one == other
    mute = world().run(task(), tracked=False)
    assert mute.moments == tuple(m for m in one.moments if not isinstance(m.payload, UnitMoved))
    assert mute.ends_at == one.ends_at


def test_a_unit_without_a_scene_looks_around_its_station() -> None:
    run = world().run(task(scene=None))
    assert "unit.arrived" in steps(run)
    home = world().units["A001"].home
    assert distance_m(run.legs[0].target, home) < 2000


def test_nobody_drives_faster_than_a_car_in_a_city() -> None:
    for number, unit_id in enumerate(world().units):
        run = world().run(task(unit_id, incident_id=f"E{number}"), tracked=False)
        assert all(drive.speed_mps < FASTEST_MPS for drive in run.legs)


# --- at the station ------------------------------------------------------------------------------------------


@given(st.integers(0, 10_000_000))
def test_a_parked_unit_tells_its_position_at_seconds_of_its_own_whenever_one_begins_to_look(ms: int) -> None:
    at, every = START + timedelta(milliseconds=ms), timedelta(seconds=SETTING.driving.report_parked_s)
    before, after = parked_report_before(SETTING, "A001", at), parked_report_after(SETTING, "A001", at)
    assert before <= at < after == before + every
    assert parked_report_after(SETTING, "A001", before) == after
    run = world().run(task(stage=PARKED, since=at))
    assert run.ends_at == after
    assert [m.at for m in run.moments] in ([], [after])
    assert all(
        isinstance(m.payload, UnitMoved) and (m.payload.lat, m.payload.lng) == run.task.origin for m in run.moments
    )
    assert not run.is_busy(at)


def test_a_unit_that_stands_at_a_scene_or_a_hospital_is_heard_of_all_the_same() -> None:
    run = world().run(task("A001"))
    assert list(run.moments) == sorted(run.moments, key=lambda moment: moment.at)
    heard = [run.moments[0].at, *(m.at for m in run.moments if isinstance(m.payload, UnitMoved)), run.ends_at]
    longest = timedelta(seconds=SETTING.driving.report_parked_s, minutes=SETTING.silence.minutes[1])
    assert max(b - a for a, b in pairwise(heard)) <= longest


def test_the_reports_of_all_stations_are_spread() -> None:
    seconds = Counter(parked_report_after(SETTING, unit_id, START) for unit_id in world().units)
    assert len(seconds) > 250
    assert max(seconds.values()) < 10


# --- choosing ------------------------------------------------------------------------------------------------


def test_the_nearest_are_chosen_and_substitutes_only_when_a_kind_runs_out() -> None:
    near, far = (39.99, 116.32), (39.8, 116.5)
    free = {
        "traffic_police": [Candidate("T1", "traffic_police", far)],
        "police_car": [Candidate("P1", "police_car", near), Candidate("P2", "police_car", far)],
    }
    chosen = choose(SETTING, {"traffic_police": 2}, UNIVERSITY, free)
    assert [c.unit_id for c in chosen] == ["T1", "P1"]
    assert choose(SETTING, {"ambulance": 1}, UNIVERSITY, free) == []


def test_what_is_missing_counts_substitutes_but_none_twice() -> None:
    needs = {"traffic_police": 1, "police_car": 1}
    assert missing(SETTING, needs, ["police_car"]) == {"traffic_police": 1}
    assert missing(SETTING, needs, ["police_car", "police_car"]) == {}
    assert missing(SETTING, needs, []) == needs
