"""`doctor` about plans, travel times and targets: what is wrong in a file, and what nobody could send."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module

from dashboard.doctor_plans import examine_plans, examine_targets, examine_travel
from dashboard.settings import Settings, read_settings
from emergency.plans import PLANS
from emergency.segments import TARGETS
from tests.support.engines import TestCity
from tests.support.redis_server import RedisServer


def settings(tmp_path: Path, **more: Any) -> Settings:
    return read_settings({}, data=tmp_path, redis_url="unix:///nowhere.sock", **more)


def own_plans(folder: Path, old: str, new: str) -> str:
    """A copy of the shipped plans with one word changed."""
    folder.mkdir()
    for path in PLANS.glob("*.toml"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    return str(folder)


def test_the_shipped_files_fit_the_shipped_cities(tmp_path: Path) -> None:
    for city in ("beijing", "boston", "sf"):
        plans, travel, targets = (
            list(examine(settings(tmp_path, city=city))) for examine in (examine_plans, examine_travel, examine_targets)
        )
        assert [said[1] for said in plans] == ["ok"], plans
        assert [said[1] for said in travel] == ["note"]
        assert "assumed" in travel[0][2]
        assert [said[1] for said in targets] == ["ok"]
    assert "simulated" in next(iter(examine_travel(settings(tmp_path, city="beijing-sim"))))[2]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('capability = "command"', 'capability = "comand"', "no kind of unit has the capability 'comand'"),
        ("priorities = [2, 3]", "priorities = [2]", "priority 3 is not planned"),
        ("number = 4", "nummber = 4", "nummber is not a key of a plan file"),
    ],
)
def test_a_fault_in_a_plan_is_named_with_its_file(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = own_plans(tmp_path / "own", old, new)
    ((what, grade, found, advice),) = examine_plans(settings(tmp_path, plans=folder))
    assert (what, grade) == ("plans", "bad")
    assert said in found
    assert "own" in found
    assert "operations.md" in advice


def test_a_running_city_is_told_which_alarm_it_cannot_fill(
    tmp_path: Path, redis: redis_module.Redis, redis_server: RedisServer
) -> None:
    city = TestCity(redis)
    for n in range(9):
        city.post("unit.listed", unit_id=f"E{n}", kind="engine")
    city.post("unit.listed", unit_id="X", kind="balloon")
    city.post("incident.received", incident_id="i1", kind="structure_fire")
    city.post("incident.received", incident_id="i2", kind="meteorite")
    city.turn()
    running = replace(settings(tmp_path, city="boston"), redis_url=f"unix://{redis_server.socket}")
    said = [line[2] for line in examine_plans(running)]
    assert any("structure_fire, priority 1: asks for 11 units with pump" in line for line in said)
    assert any(line.endswith("the city has 9, so alarm 3 cannot be filled") for line in said)
    assert "unit kind 'balloon' has no capabilities in the plans" in said
    assert "incident kind 'meteorite' has no plan: it gets that of 'other'" in said
    assert said[-1].endswith("against 10 units")


def test_files_that_cannot_be_used_are_bad(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(TARGETS.read_text(encoding="utf-8").replace("[classes.fire]", "[classes.fires]"), encoding="utf-8")
    ((_, grade, found, _),) = examine_targets(settings(tmp_path, targets=str(path)))
    assert (grade, "applies_to 'fire' is not among the classes" in found) == ("bad", True)
    ((_, grade, found, _),) = examine_travel(settings(tmp_path, travel=str(path)))
    assert (grade, "not a file of travel times" in found) == ("bad", True)
    ((_, grade, _, _),) = examine_travel(settings(tmp_path, travel=str(tmp_path / "absent")))
    assert grade == "bad"
