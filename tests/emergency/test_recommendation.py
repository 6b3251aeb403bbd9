"""Recommendations: the soonest set that fills a plan, never a unit twice, every gap with its reason."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emergency.coverage import Cover, Place
from emergency.fleet import Fleet
from emergency.plans import Service, load_plans, plan_for
from emergency.recommend import (
    ALTERNATIVE_WORTH_S,
    Need,
    Recommendation,
    need_of,
    recommend,
    recommend_together,
)
from emergency.travel import METRES_PER_DEGREE, assumed
from emergency.units import Unit

NOW = datetime(2026, 3, 2, 9, 40, tzinfo=UTC)
MODEL = assumed("Asia/Shanghai")
ABLE = {
    "engine": frozenset({"pump", "aid"}),
    "ladder": frozenset({"ladder"}),
    "both": frozenset({"pump", "ladder"}),
    "ambulance": frozenset({"transport", "aid"}),
}
SCENE = (39.9, 116.4)


def a_unit(unit_id: str, metres: float = 1000, kind: str = "engine", **more: Any) -> Unit:
    """A unit so many metres north of the scene."""
    place: dict[str, Any] = {
        "lat": SCENE[0] + metres / METRES_PER_DEGREE,
        "lng": SCENE[1],
        "position_at": NOW - timedelta(seconds=40),
    }
    return Unit(unit_id=unit_id, kind=kind, **{**place, **more})


def a_need(*wanted: str, incident_id: str = "i1", priority: int = 1, north_m: float = 0) -> Need:
    """`"pump/ladder"`: a pump, or else a ladder."""
    places = tuple(tuple(options.split("/")) for options in wanted)
    lat = SCENE[0] + north_m / METRES_PER_DEGREE
    return Need(incident_id=incident_id, priority=priority, lat=lat, lng=SCENE[1], wanted=places)


def sent(need: Need, *units: Unit, workload: dict[str, int] | None = None) -> Recommendation:
    return recommend(need, Fleet(ABLE, units, workload=workload), MODEL, NOW)


def ids(found: Recommendation) -> list[str]:
    return [pick.unit_id for pick in found.picks]


OPTIONS = st.lists(st.sampled_from(["pump", "ladder", "aid", "transport"]), min_size=1, max_size=3, unique=True)
WANTED = st.lists(OPTIONS.map("/".join), min_size=1, max_size=4)
ONLY = st.lists(st.sampled_from(["pump", "ladder", "aid", "transport"]), min_size=1, max_size=4)
STATES: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {}, {}, {"assignments": {"x": "on-scene"}}, {"out_of_service": "repair"}, {"lat": None}]
)
UNITS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(sorted(ABLE)), STATES),
    max_size=9,
).map(lambda rows: [a_unit(f"U{n}", 250.0 * far, kind, **state) for n, (far, kind, state) in enumerate(rows)])
FEW = settings(max_examples=60, deadline=None)


# stories


def test_the_soonest_units_are_sent_each_with_its_reasons() -> None:
    found = sent(
        a_need("pump", "pump", "transport"),
        *(a_unit(f"E{km}", km * 1000) for km in (3, 1, 2)),
        a_unit("A1", 500, "ambulance"),
    )
    assert ids(found) == ["A1", "E1", "E2"]
    best = found.picks[1]
    assert (best.capability, best.step, best.kind, best.how, best.n) == ("pump", 0, "engine", "assumed", 0)
    assert (best.position_age_s, best.workload) == (40, 0)
    assert best.arrival_s == round(best.turnout_s + best.travel_s)
    assert found.complete_s == found.picks[-1].arrival_s
    assert [other.unit_id for other in found.others] == ["E3"]


def test_a_unit_that_can_do_two_things_goes_where_it_helps_most() -> None:
    found = sent(a_need("pump", "ladder"), a_unit("B", 500, "both"), a_unit("L", 600, "ladder"))
    assert sorted(ids(found)) == ["B", "L"]
    found = sent(a_need("pump", "ladder"), a_unit("B", 500, "both"), a_unit("E", 600, "engine"))
    assert {pick.unit_id: pick.capability for pick in found.picks} == {"B": "ladder", "E": "pump"}


def test_an_alternative_serves_when_it_is_much_sooner_or_the_only_one() -> None:
    need, ladder = a_need("ladder/pump"), a_unit("L", 1000, "ladder")
    worth_m = ALTERNATIVE_WORTH_S / 0.133
    assert ids(sent(need, ladder, a_unit("E", 500))) == ["L"]
    far = a_unit("L", 1000 + 1.1 * worth_m, "ladder")
    assert [(pick.unit_id, pick.step) for pick in sent(need, far, a_unit("E", 500)).picks] == [("E", 1)]
    assert ids(sent(need, a_unit("E", 9000))) == ["E"]


@pytest.mark.parametrize(
    ("units", "why", "counts"),
    [
        ([], "no such unit", (0, 0, 0, 0)),
        ([a_unit("L", kind="ladder")], "no such unit", (0, 0, 0, 0)),
        ([a_unit("E", assignments={"x": "en-route"}), a_unit("F", out_of_service="repair")], "none free", (2, 1, 1, 0)),
        ([a_unit("E", lat=None)], "position unknown", (1, 0, 0, 1)),
    ],
)
def test_every_shortfall_says_why(units: list[Unit], why: str, counts: tuple[int, ...]) -> None:
    (gap,) = sent(a_need("pump"), *units).shortfalls
    assert (gap.why, gap.missing, gap.options) == (why, 1, ("pump",))
    assert (gap.able, gap.busy, gap.out_of_service, gap.without_position) == counts


def test_an_incident_nobody_can_place_gets_no_units_but_the_reason() -> None:
    nowhere = need_of("i1", 1, None, plan_for(load_plans(), "theft", 1).requirements)
    fleet = Fleet(load_plans().able, [a_unit("P", kind="police_car")])
    found = recommend(nowhere, fleet, MODEL, NOW)
    assert found.picks == ()
    assert [(gap.why, gap.missing) for gap in found.shortfalls] == [("place unknown", 2)]
    assert found.complete_s is None


def test_a_unit_set_aside_by_the_dispatcher_is_not_proposed_again() -> None:
    fleet = Fleet(ABLE, [a_unit("near", 100), a_unit("far", 900)])
    assert ids(recommend(a_need("pump"), fleet, MODEL, NOW, excluded={"near", "unheard-of"})) == ["far"]
    found = recommend(a_need("pump"), fleet, MODEL, NOW, excluded={"near", "far"})
    assert [gap.why for gap in found.shortfalls] == ["set aside"]


def test_the_last_engine_goes_to_the_graver_incident_even_if_it_is_further() -> None:
    fleet = Fleet(ABLE, [a_unit("E", 100)])
    needs = [a_need("pump", priority=3), a_need("pump", incident_id="grave", north_m=8000)]
    lesser, graver = recommend_together(needs, fleet, MODEL, NOW)
    assert ids(graver) == ["E"]
    assert [gap.why for gap in lesser.shortfalls] == ["sent elsewhere"]


def test_two_incidents_are_solved_together_not_one_after_the_other() -> None:
    """Greedily the first takes the middle engine, and the second waits for one from afar."""
    fleet = Fleet(ABLE, [a_unit("middle", 1000), a_unit("south", -1100)])
    first, second = recommend_together(
        [a_need("pump"), a_need("pump", incident_id="i2", north_m=2000)], fleet, MODEL, NOW
    )
    assert (ids(first), ids(second)) == (["south"], ["middle"])


def test_one_incident_is_asked_about_once() -> None:
    with pytest.raises(ValueError, match="two needs of one incident"):
        recommend_together([a_need("pump"), a_need("ladder")], Fleet(ABLE), MODEL, NOW)


def test_among_equals_the_one_with_less_work_goes_then_the_smaller_id() -> None:
    units = [a_unit("b"), a_unit("a"), a_unit("c")]
    assert ids(sent(a_need("pump"), *units)) == ["a"]
    assert ids(sent(a_need("pump"), *units, workload={"a": 2, "b": 1, "c": 1})) == ["b"]


@pytest.mark.parametrize("wanted", list(permutations(["pump", "ladder"])))
@pytest.mark.parametrize(("busier", "spared"), [("E", "E"), ("L", "L")])
def test_among_equal_sets_the_one_with_less_work_goes(wanted: tuple[str, str], busier: str, spared: str) -> None:
    """The one that can do both is sent, and beside it whoever worked less; the other stays."""
    units = [a_unit("B", kind="both"), a_unit("E", kind="engine"), a_unit("L", kind="ladder")]
    found = sent(a_need(*wanted), *units, workload={busier: 3})
    assert set(ids(found)) == {"B", "E", "L"} - {spared}


def test_a_unit_without_a_position_is_taken_to_stand_at_its_station() -> None:
    fleet = Fleet(ABLE, [a_unit("E", lat=None, station="S1")], stations={"S1": SCENE})
    assert [pick.position_age_s for pick in recommend(a_need("pump"), fleet, MODEL, NOW).picks] == [None]


def test_a_recommendation_tells_which_area_it_leaves_uncovered() -> None:
    fleet = Fleet(ABLE, [a_unit("E1", 100), a_unit("E2", 9000)])
    places = [Place("centre", *SCENE), Place("north", SCENE[0] + 9000 / METRES_PER_DEGREE, SCENE[1])]
    cover = Cover(fleet, MODEL, places, {"fire": Service("pump", 300)}, NOW)
    found = recommend(a_need("pump"), fleet, MODEL, NOW, cover=cover)
    assert [(change.area, change.service) for change in found.uncovered] == [("centre", "fire")]


# laws


@FEW
@given(st.lists(st.tuples(WANTED, st.sampled_from([1, 2, 3]), st.integers(-9, 9)), min_size=1, max_size=4), UNITS)
def test_no_unit_is_sent_twice_or_without_the_capability_or_while_it_is_not_free(
    asked: list[tuple[list[str], int, int]], units: list[Unit]
) -> None:
    needs = [a_need(*w, incident_id=f"i{n}", priority=p, north_m=m * 500.0) for n, (w, p, m) in enumerate(asked)]
    found = recommend_together(needs, Fleet(ABLE, units), MODEL, NOW)
    everyone = [unit_id for one in found for unit_id in ids(one)]
    assert len(everyone) == len(set(everyone))
    by_id = {unit.unit_id: unit for unit in units}
    for need, one in zip(needs, found, strict=True):
        assert len(one.picks) + sum(gap.missing for gap in one.shortfalls) == len(need.wanted)
        for pick in (*one.picks, *one.others):
            unit = by_id[pick.unit_id]
            assert not unit.is_busy
            assert not unit.out_of_service
            assert unit.lat is not None
            assert pick.capability in ABLE[unit.kind]
            assert any(options[pick.step : pick.step + 1] == (pick.capability,) for options in need.wanted)


@FEW
@given(ONLY, UNITS, st.integers(0, 40), st.sampled_from(sorted(ABLE)))
def test_one_more_unit_never_makes_a_plan_slower(wanted: list[str], units: list[Unit], far: int, kind: str) -> None:
    before = sent(a_need(*wanted), *units)
    after = sent(a_need(*wanted), *units, a_unit("new", 250.0 * far, kind))
    was, now = ([pick.arrival_s for pick in one.picks] for one in (before, after))
    assert len(now) >= len(was)
    assert all(sooner <= later for sooner, later in zip(now, was, strict=False))


@FEW
@given(WANTED, UNITS, st.sampled_from(sorted(ABLE)))
def test_one_more_unit_at_the_scene_never_makes_a_plan_with_alternatives_slower(
    wanted: list[str], units: list[Unit], kind: str
) -> None:
    before, after = sent(a_need(*wanted), *units), sent(a_need(*wanted), *units, a_unit("new", 0, kind))
    assert len(after.picks) >= len(before.picks)
    assert before.complete_s is None or (after.complete_s is not None and after.complete_s <= before.complete_s)


@FEW
@given(WANTED, UNITS)
def test_no_assignment_found_by_trying_all_is_better(wanted: list[str], units: list[Unit]) -> None:
    """Better: an earlier place filled; with the same places filled, sooner (an alternative counts as later)."""
    need, found = a_need(*wanted), sent(a_need(*wanted), *units[:6])
    cost = sum(pick.arrival_s + pick.step * ALTERNATIVE_WORTH_S for pick in found.picks)
    filled, least = _best_by_trying(need.wanted, _arrivals(units[:6]))
    assert (len(found.picks), cost) == (sum(filled), least)


@FEW
@given(WANTED, UNITS, st.randoms(use_true_random=False))
def test_the_order_in_which_units_are_told_changes_nothing(
    wanted: list[str], units: list[Unit], rng: random.Random
) -> None:
    shuffled = list(units)
    rng.shuffle(shuffled)
    assert sent(a_need(*wanted), *units) == sent(a_need(*wanted), *shuffled)


@FEW
@given(
    st.lists(st.tuples(ONLY, st.sampled_from([1, 2, 3])), min_size=2, max_size=4),
    UNITS,
    st.randoms(use_true_random=False),
)
def test_the_order_of_incidents_changes_nothing(
    asked: list[tuple[list[str], int]], units: list[Unit], rng: random.Random
) -> None:
    needs = [a_need(*w, incident_id=f"i{n}", priority=p, north_m=n * 700.0) for n, (w, p) in enumerate(asked)]
    fleet, shuffled = Fleet(ABLE, units), list(needs)
    rng.shuffle(shuffled)
    found = {one.incident_id: one for one in recommend_together(needs, fleet, MODEL, NOW)}
    assert {one.incident_id: one for one in recommend_together(shuffled, fleet, MODEL, NOW)} == found


@FEW
@given(UNITS, st.lists(st.integers(0, 8), max_size=6))
def test_a_fleet_kept_up_to_date_is_the_fleet_built_anew(units: list[Unit], changed: list[int]) -> None:
    kept, now = Fleet(ABLE, units), {unit.unit_id: unit for unit in units}
    for step, number in enumerate(changed):
        unit_id = f"U{number}"
        if step % 3 == 2:
            kept.remove(unit_id)
            now.pop(unit_id, None)
        else:
            now[unit_id] = a_unit(unit_id, 333.0 * step, sorted(ABLE)[number % 4])
            kept.put(now[unit_id])
    need = a_need("pump", "ladder/pump", "aid")
    assert recommend(need, kept, MODEL, NOW) == recommend(need, Fleet(ABLE, now.values()), MODEL, NOW)


Arrivals = dict[str, tuple[frozenset[str], int]]


def _arrivals(units: Sequence[Unit]) -> Arrivals:
    """By free unit what it can do and when it would be there, from asking for nobody else."""
    found: Arrivals = {}
    for unit in units:
        able = ABLE[unit.kind]
        for pick in sent(a_need(min(able)), unit).picks:
            found[unit.unit_id] = (able, pick.arrival_s)
    return found


def _best_by_trying(wanted: Sequence[tuple[str, ...]], left: Arrivals) -> tuple[tuple[bool, ...], int]:
    """Which places can be filled, the earlier the better, and at what least cost: every way of seating the units."""
    if not wanted:
        return (), 0
    filled, cost = _best_by_trying(wanted[1:], left)
    ways = [((False, *filled), cost)]
    for unit_id, (able, arrival_s) in left.items():
        steps = [step for step, option in enumerate(wanted[0]) if option in able]
        if steps:
            filled, cost = _best_by_trying(wanted[1:], {name: rest for name, rest in left.items() if name != unit_id})
            ways.append(((True, *filled), cost + arrival_s + steps[0] * ALTERNATIVE_WORTH_S))
    return min(ways, key=lambda way: (tuple(not place for place in way[0]), way[1]))
