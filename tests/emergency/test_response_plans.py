"""Response plans: the shipped set is whole, further alarms only add, and a wrong file says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergency.plans import FALLBACK, PRIORITIES, Requirement, check_plans, load_plans, places, plan_for, unfilled
from streams.feeds.preset import load_preset

INCIDENT_KINDS = [
    "structure_fire",
    "vehicle_fire",
    "outside_fire",
    "smoke",
    "gas_leak",
    "alarm",
    "rescue",
    "elevator_rescue",
    "water_rescue",
    "medical_cardiac",
    "medical_breathing",
    "medical_trauma",
    "medical_stroke",
    "medical_other",
    "traffic_collision",
    "traffic_hazard",
    "disturbance",
    "theft",
    "domestic",
    "crisis",
    "flooding",
    "tree_down",
    "power_line",
    "hazmat",
]
UNIT_KINDS = ["engine", "ladder", "rescue", "ambulance", "police_car", "traffic_police", "gas_crew", "command"]
SET = load_plans()
WHOLE = """
[unit_kinds]
engine = { capabilities = ["pump"] }
truck = { capabilities = ["ladder"] }
[[plans]]
kind = "other"
priorities = [1, 2, 3]
alarms = [[{ capability = "pump" }]]
"""


def test_every_kind_of_incident_of_the_vocabulary_has_a_plan_of_its_own() -> None:
    assert set(INCIDENT_KINDS) <= SET.kinds


def test_the_city_of_the_demo_can_fill_every_plan() -> None:
    assert check_plans(SET, dict.fromkeys(UNIT_KINDS, 12), INCIDENT_KINDS) == []


def test_every_call_type_and_unit_type_of_san_francisco_is_planned_for() -> None:
    preset = load_preset("sf-fire")
    kinds, units = ({str(said) for said in preset.values[name].values()} for name in ("kind", "unit_kind"))
    said = check_plans(SET, dict.fromkeys(units, 12), kinds)
    # Its calls share this plan with Beijing's; the police of San Francisco are not in the fire department's records.
    assert said == ["hazmat, priority 1: asks for police, which no unit of the city has"]


@given(st.sampled_from(sorted(SET.kinds)), st.sampled_from(PRIORITIES), st.integers(1, 5))
def test_a_further_alarm_only_adds(kind: str, priority: int, alarm: int) -> None:
    before, after = plan_for(SET, kind, priority, alarm), plan_for(SET, kind, priority, alarm + 1)
    wanted = places(after.requirements)
    for options in places(before.requirements):
        wanted.remove(options)
    assert (len(wanted) > 0) == (alarm < after.alarms)


def test_a_kind_without_a_plan_gets_the_fallback_and_says_so() -> None:
    plan = plan_for(SET, "meteorite", 1)
    assert plan.is_fallback
    assert plan.requirements == plan_for(SET, FALLBACK, 1).requirements
    assert not plan_for(SET, "theft", 1).is_fallback


def test_equal_wants_of_two_alarms_are_added_up() -> None:
    first, second = (plan_for(SET, "structure_fire", 1, alarm) for alarm in (1, 2))
    pumps = [next(need.number for need in plan.requirements if need.capability == "pump") for plan in (first, second)]
    assert pumps == [4, 7]


def test_units_already_there_fill_the_places_they_can() -> None:
    needs = [Requirement("first_aid"), Requirement("transport")]
    # The ambulance, counted first as first aid, moves on to the place that only it can fill.
    assert unfilled(SET, needs, ["ambulance", "engine"]) == []
    assert unfilled(SET, needs, ["ambulance"]) == [("transport",)]
    assert unfilled(SET, needs, ["gas_crew", "unheard-of"]) == [("first_aid",), ("transport",)]


@given(st.lists(st.sampled_from(UNIT_KINDS), max_size=8))
def test_each_unit_there_fills_at_most_one_place(there: list[str]) -> None:
    wanted = places(plan_for(SET, "structure_fire", 1).requirements)
    left = unfilled(SET, plan_for(SET, "structure_fire", 1).requirements, there)
    assert len(wanted) - len(left) <= len(there)
    assert len(unfilled(SET, plan_for(SET, "structure_fire", 1).requirements, [*there, "engine"])) <= len(left)


def test_doctor_is_told_what_a_city_lacks() -> None:
    said = check_plans(SET, {"engine": 2, "sledge": 1}, ["structure_fire", "meteorite"])
    assert "unit kind 'sledge' has no capabilities in the plans" in said
    assert "incident kind 'meteorite' has no plan: it gets that of 'other'" in said
    assert "structure_fire, priority 1: asks for command, which no unit of the city has" in said
    assert any(line.startswith("structure_fire, priority 1: asks for 11 units with pump") for line in said)
    assert not any(line.startswith("theft") for line in said)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (WHOLE.replace("[1, 2, 3]", "[1, 2]"), "plan other: priority 3 is not planned"),
        (WHOLE.replace("[1, 2, 3]", "[1, 2, 3, 3]"), "plan other: priority 3 is planned twice"),
        (WHOLE.replace("[1, 2, 3]", "[]"), "priorities is empty"),
        (WHOLE.replace('"other"', '"theft"'), "no plan 'other'"),
        (WHOLE.replace('[[{ capability = "pump" }]]', "[[]]"), "every alarm must ask for something"),
        (
            WHOLE.replace('{ capability = "pump" }', '{ capability = "pmup" }'),
            "no kind of unit has the capability 'pmup'",
        ),
        (WHOLE.replace('"pump" }]]', '"pump", number = 0 }]]'), "number"),
        (WHOLE.replace('"pump" }]]', '"pump", numbr = 2 }]]'), "numbr is not a key of a plan file"),
        (WHOLE.replace('"pump" }]]', '"pump", alternatives = ["pump"] }]]'), "names an alternative twice"),
        ('like = { fire = "blaze" }\n' + WHOLE, "like.fire: there is no plan 'blaze' for priority 1"),
        ('like = { other = "other" }\n' + WHOLE, "like.other: it has a plan of its own"),
        (WHOLE + '[services]\nsea = { capability = "boat", within_s = 60 }\n', "services.sea: no kind of unit"),
        ("plans = 3", "Expected"),
        ("[[", "not TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_the_fault(tmp_path: Path, wrong: str, said: str) -> None:
    (tmp_path / "own.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(ValueError, match=tmp_path.name) as refusal:
        load_plans(tmp_path)
    assert said.lower() in str(refusal.value).lower()
    assert "\n" not in str(refusal.value)


def test_an_empty_folder_is_no_set_and_units_are_described_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no plans there"):
        load_plans(tmp_path)
    (tmp_path / "a.toml").write_text(WHOLE, encoding="utf-8")
    load_plans(tmp_path)
    (tmp_path / "b.toml").write_text('unit_kinds = { engine = { capabilities = ["pump"] } }', encoding="utf-8")
    with pytest.raises(ValueError, match=r"b\.toml: unit_kinds\.engine: described in another file"):
        load_plans(tmp_path)
