"""The mirror of the units equals the units, places of an area keep it watched, and answers are quick at any size."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.recommending import Asked, Mirror, Recommender, Sight, fewer, places_of, worked
from dashboard.travel_models import travel_of_simulation, travel_times
from emergency.coverage import Place
from emergency.fleet import Fleet
from emergency.incidents import Incident
from emergency.plans import load_plans
from emergency.travel import METRES_PER_DEGREE, assumed, to_bytes
from emergency.units import Unit
from geo.areas import Areas
from geo.cells import point_to_cell
from geo.cities import load_city
from streams.codec import encode
from streams.sim.driving import leg
from streams.sim.fleet import load_fleet

NOW = datetime(2026, 3, 4, 1, 40, tzinfo=UTC)
ZONE = "Asia/Shanghai"
SCENE = (39.9, 116.4)
PLANS, MODEL = load_plans(), assumed(ZONE)
KINDS = ("engine", "ladder", "ambulance", "")


def documents(units: list[Unit]) -> dict[bytes, bytes]:
    return {unit.unit_id.encode(): encode(unit) for unit in units}


def an_incident(**more: Any) -> Incident:
    said: dict[str, Any] = {"lat": SCENE[0], "lng": SCENE[1], "cell": point_to_cell(*SCENE), "received_at": NOW}
    return Incident(**{"incident_id": "i1", "kind": "structure_fire", "priority": 3, **said, **more})


def north(metres: float) -> tuple[float, float]:
    return SCENE[0] + metres / METRES_PER_DEGREE, SCENE[1]


def an_engine(unit_id: str, metres: float) -> Unit:
    lat, lng = north(metres)
    return Unit(unit_id=unit_id, kind="engine", lat=lat, lng=lng, position_at=NOW)


UNIT = st.builds(
    Unit,
    unit_id=st.sampled_from("abcde"),
    kind=st.sampled_from(KINDS),
    lat=st.sampled_from([39.9, 39.95]),
    lng=st.just(116.4),
    assignments=st.sampled_from([{}, {"x": "on-scene"}]),
    out_of_service=st.sampled_from(["", "repair"]),
    cleared=st.sampled_from([{}, {"y": NOW - timedelta(hours=1)}, {"y": NOW - timedelta(hours=20)}]),
    seq=st.integers(0, 9),
)
FLEETS = st.lists(UNIT, max_size=5, unique_by=lambda unit: unit.unit_id)


@settings(max_examples=80, deadline=None)
@given(st.lists(FLEETS, min_size=1, max_size=5))
def test_whatever_came_before_the_mirror_equals_the_units_as_they_are(history: list[list[Unit]]) -> None:
    """Also for units that left and came back: nothing of an earlier look remains."""
    mirror = Mirror(PLANS, MODEL, ZONE)
    for n, units in enumerate(history):
        mirror.follow(documents(units), NOW + timedelta(hours=7 * n))
    day = NOW + timedelta(hours=7 * (len(history) - 1))
    last = history[-1]
    assert mirror.units == {unit.unit_id: unit for unit in last}
    anew = Mirror(PLANS, MODEL, ZONE)
    anew.follow(documents(last), day)
    assert _told(mirror.fleet) == _told(anew.fleet)


def _told(fleet: Fleet) -> set[tuple[Any, ...]]:
    free = fleet.sendable()
    return {
        (unit_id, fleet.kind(row), fleet.where[row], int(fleet.workload[row]))
        for unit_id, row in fleet.rows.items()
        if free[row]
    }


def test_work_is_counted_by_the_citys_day_and_says_when_there_may_be_more() -> None:
    midnight = datetime(2026, 3, 3, 16, tzinfo=UTC)
    cleared = {"today": NOW - timedelta(hours=1), "yesterday": NOW - timedelta(hours=20)}
    assert worked(Unit(unit_id="E", cleared=cleared, assignments={"now": "on-scene"}), midnight) == (2, False)
    busy = {f"i{n}": NOW - timedelta(minutes=n) for n in range(8)}
    assert worked(Unit(unit_id="E", cleared=busy), midnight) == (8, True)


def box(south: float, north_: float) -> Any:
    return shapely.box(116.3, south, 116.5, north_)


def test_an_answer_names_the_area_it_leaves_uncovered() -> None:
    areas = Areas({"south": box(39.85, 39.95), "north": box(39.95, 40.05)}, {})
    cells = [point_to_cell(*SCENE), point_to_cell(40.0, 116.4)]
    recommender = Recommender(PLANS, MODEL, ZONE, areas)
    units = [an_engine("E1", 100), an_engine("E2", 11_000), an_engine("E3", 300)]
    sight = Sight(NOW, 1, documents(units), [an_incident()], cells)
    assert recommender.wants_cells
    (said,) = recommender.advise(sight, Asked())
    assert not recommender.wants_cells
    assert [row["unit_id"] for row in said["picks"]] == ["E1", "E3"]
    (change,) = said["uncovered"]
    assert (change["area"], change["service"], change["within_s"]) == ("south", "fire", 320)
    assert change["before_s"] < 320 < change["after_s"]


def test_what_is_recommended_is_for_the_alarm_that_was_called_unless_another_is_asked_about() -> None:
    recommender = Recommender(PLANS, MODEL, ZONE)
    units = documents([an_engine(f"E{n}", 100 * n) for n in range(9)])
    wanted = {}
    for called, asked in ((1, 0), (2, 0), (2, 1), (1, 2)):
        (said,) = recommender.advise(Sight(NOW, 1, units, [an_incident(alarm=called)]), Asked(asked))
        wanted[called, asked] = (said["plan"]["alarm"], said["plan"]["wanted"])
    assert wanted[1, 0] == wanted[2, 1]
    assert wanted[2, 0] == wanted[1, 2]
    assert wanted[2, 0][0] == 2
    assert wanted[2, 0][1] > wanted[1, 0][1]


def test_an_incident_of_which_only_the_area_is_known_is_planned_for_its_middle() -> None:
    areas = Areas({"south": box(39.85, 39.95)}, {})
    recommender = Recommender(PLANS, MODEL, ZONE, areas)
    nowhere = an_incident(lat=None, lng=None, cell="", area="south")
    (said,) = recommender.advise(Sight(NOW, 1, documents([an_engine("E1", 0)]), [nowhere]), Asked())
    assert (said["placed"], [row["unit_id"] for row in said["picks"]]) == ("area", ["E1"])


def test_places_are_few_but_every_area_keeps_its_heaviest() -> None:
    many = [Place("a", 39.9, 116.4 + n / 100, 50 - n) for n in range(40)] + [Place("b", 40.0, 116.4, 1)]
    assert [len([p for p in fewer(many, 100) if p.area == area]) for area in "ab"] == [20, 1]
    assert [(place.area, place.weight) for place in fewer(many, 1)] == [("a", 50), ("b", 1)]


def test_cells_of_one_coarser_cell_are_one_place_of_each_area() -> None:
    areas = Areas({"south": box(39.85, 39.95), "north": box(39.95, 40.05)}, {})
    inside = [point_to_cell(39.9, 116.4), point_to_cell(39.9005, 116.4025), point_to_cell(10, 10)]
    (place,) = places_of(inside, areas)
    assert (place.area, place.weight) == ("south", 2)


def test_units_without_a_position_stand_where_the_records_say_they_live() -> None:
    model = msgspec.structs.replace(MODEL, homes={"E1": north(200)})
    recommender = Recommender(PLANS, model, ZONE)
    (said,) = recommender.advise(
        Sight(NOW, 1, documents([Unit(unit_id="E1", kind="engine", station="07")]), [an_incident()]), Asked()
    )
    (pick,) = said["picks"]
    assert [reason for reason in pick["reasons"] if reason["code"] == "position"] == [
        {"code": "position", "age_s": None, "from": "station"}
    ]


def test_among_ten_thousand_units_one_incident_costs_milliseconds() -> None:
    """The promise is 5 ms on a quiet machine (`make bench` says how many); processor time, with room for a busy one."""
    rng = random.Random(4)
    units = [
        Unit(unit_id=f"U{n}", kind=rng.choice(KINDS[:3]), lat=rng.uniform(39.8, 40.0), lng=116.4) for n in range(10_000)
    ]
    raw, recommender = documents(units), Recommender(PLANS, MODEL, ZONE)
    sights = [Sight(NOW + timedelta(seconds=n), n, dict(raw), [an_incident()]) for n in range(6)]
    recommender.advise(sights[0], Asked())
    began = time.process_time()
    for sight in sights[1:]:
        recommender.advise(sight, Asked())
    assert (time.process_time() - began) / 5 < 0.030


# which travel times


def test_a_simulated_city_is_judged_by_its_own_speeds() -> None:
    city = load_city("beijing-sim")
    model = travel_times("", city)
    assert (model.basis, model.trips) == ("simulated", 0)
    assert "streams/sim/fleet.toml" in model.source
    fleet = load_fleet()
    rng = random.Random(1)
    night = datetime(2026, 3, 3, 18, tzinfo=UTC)  # 02:00 there, when traffic flows freely
    ratios = []
    for _ in range(400):
        end = (SCENE[0] + rng.uniform(-0.05, 0.05), SCENE[1] + rng.uniform(-0.05, 0.05))
        drive = leg(SCENE, end, night, fleet.units["engine"].speed_mps[0], rng)
        ratios.append(model.estimate(SCENE, end, night, "engine").seconds / (drive.ends_at - night).total_seconds())
    assert sum(ratios) / len(ratios) == pytest.approx(1, abs=0.05)
    slow = model.estimate(SCENE, north(3000), datetime(2026, 3, 4, 9, tzinfo=UTC), "engine").seconds  # 17:00
    assert slow > 1.3 * model.estimate(SCENE, north(3000), night, "engine").seconds
    assert model.estimate(SCENE, north(3000), night, "engine").how == "simulated"


def test_a_kind_the_simulation_does_not_know_drives_as_all_do() -> None:
    model = travel_of_simulation(load_fleet(), ZONE)
    speeds = [said.speed_mps[0] for said in load_fleet().units.values()]
    assert 1.273 / max(speeds) < model.drive("balloon").rate < 1.273 / min(speeds)


def test_without_records_a_real_city_is_assumed_and_a_file_is_believed(tmp_path: Any) -> None:
    city = load_city("boston")
    assert travel_times("", city).basis == "assumed"
    path = tmp_path / "own.travel"
    path.write_bytes(to_bytes(msgspec.structs.replace(assumed("America/New_York"), source="mine")))
    assert travel_times(str(path), city).source == "mine"
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match="not a file of travel times"):
        travel_times(str(path), city)
