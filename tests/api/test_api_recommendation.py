"""Recommendations by HTTP: numbered rows with reasons, from what is committed, and commits of what was displayed."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.roles import ROLES, Permission, Role
from emergency.travel import METRES_PER_DEGREE
from tests.api.conftest import Door
from tests.support.engines import CORNER

LAT, LNG = CORNER


def north(metres: float) -> dict[str, Any]:
    return {"lat": round(LAT + metres / METRES_PER_DEGREE, 6), "lng": LNG}


def at_night(door: Door) -> None:
    """A fire, and units at 500 m steps: two engines, a ladder that is out of service, an ambulance, a police car."""
    city = door.city
    city.post("incident.received", incident_id="i1", kind="structure_fire", priority=3, lat=LAT, lng=LNG)
    for n, (unit_id, kind) in enumerate([("E2", "engine"), ("E1", "engine"), ("L1", "ladder"), ("A1", "ambulance")]):
        city.post("unit.listed", unit_id=unit_id, kind=kind, station=f"S{n}", **north(500.0 * (n + 1)))
    city.post("unit.signalled", unit_id="L1", status="out_of_service", reason="repair")
    door.settle()


def recommended(door: Door, query: str = "incident=i1", role: str = "dispatcher") -> dict[str, Any]:
    answer = door.get(f"/recommendation?{query}", role)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["unit_id"] for row in rows]


def reasons(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {reason["code"]: reason for reason in row["reasons"]}


def test_the_soonest_units_come_numbered_each_with_its_reasons(door: Door) -> None:
    at_night(door)
    said = recommended(door)
    assert ids(said["picks"]) == ["E2", "E1"]
    assert [row["number"] for row in said["picks"] + said["others"]] == [1, 2]
    assert said["plan"] == {
        "name": "structure_fire",
        "priority": 3,
        "alarm": 1,
        "alarms": 2,
        "is_fallback": False,
        "wanted": 2,
        "there": 0,
        "places": [{"capability": "pump", "alternatives": [], "wanted": 2, "filled": 0}],
    }
    why = reasons(said["picks"][0])
    assert why["arrival"]["arrival_s"] == said["first_s"] == pytest.approx(80 + 30 + 0.133 * 500, abs=1)
    assert (why["arrival"]["how"], why["arrival"]["distance_m"]) == ("assumed", 500)
    assert why["capability"] == {"code": "capability", "capability": "pump", "step": 0, "instead_of": ""}
    assert (why["position"]["from"], why["workload"]["n"]) == ("unit", 0)
    assert (said["model"]["how"], said["placed"], said["shortfalls"]) == ("assumed", "point", [])
    assert said["incident_version"] == door.get("/incidents/i1").get_json()["version"]
    assert said["picks"][0]["version"] == door.get("/units/E2").get_json()["version"]


def test_a_further_alarm_asks_for_more_and_what_is_missing_has_its_reason(door: Door) -> None:
    at_night(door)
    said = recommended(door, "incident=i1&alarm=2")
    (pumps, command) = said["shortfalls"]
    assert (pumps["capability"], pumps["missing"], pumps["why"], pumps["busy"]) == ("pump", 2, "no-more-free", 0)
    assert (command["capability"], command["why"], command["able"]) == ("command", "no-such-unit", 0)
    assert (said["plan"]["alarm"], said["complete_s"]) == (2, None)
    aside = recommended(door, "incident=i1&without=E2,E1")
    assert [(gap["why"], gap["missing"]) for gap in aside["shortfalls"]] == [("set-aside", 2)]


def test_units_that_are_there_fill_the_plan_and_busy_ones_are_not_offered(door: Door) -> None:
    at_night(door)
    door.city.ask("dispatch", incident_id="i1", unit_ids=["E1"])
    door.settle()
    said = recommended(door)
    assert (ids(said["picks"]), said["plan"]["there"], said["others"]) == (["E2"], 1, [])
    door.city.ask("dispatch", incident_id="i1", unit_ids=["E2"])
    door.settle()
    said = recommended(door)
    assert (said["picks"], said["shortfalls"], said["complete_s"]) == ([], [], None)


def test_the_next_question_sees_units_that_moved_broke_down_or_worked(door: Door) -> None:
    at_night(door)
    assert ids(recommended(door)["picks"]) == ["E2", "E1"]
    door.city.post("unit.moved", unit_id="E1", **north(50))
    door.settle()
    assert ids(recommended(door)["picks"]) == ["E1", "E2"]
    for step in ("unit.dispatched", "unit.cleared"):
        door.city.post(step, unit_id="E1", incident_id="other")
        door.settle()
    assert reasons(recommended(door)["picks"][0])["workload"] == {"code": "workload", "n": 1, "or_more": False}
    door.city.post("unit.signalled", unit_id="E1", status="out_of_service")
    door.settle()
    assert ids(recommended(door)["picks"]) == ["E2"]


def test_a_set_is_committed_as_displayed(door: Door) -> None:
    at_night(door)
    shown = recommended(door)["picks"]
    door.city.post("unit.moved", unit_id="E2", **north(40))  # a position is no change of what was displayed
    door.settle()
    with door.running_engine():
        done = commit(door, shown)
    assert (done.status_code, done.get_json()["outcome"]) == (200, "done")


def test_a_set_that_changed_is_refused_with_the_difference(door: Door) -> None:
    at_night(door)
    shown = recommended(door)["picks"]
    door.city.post("incident.received", incident_id="i2", kind="theft", priority=2)
    door.settle()
    door.city.ask("dispatch", actor="ben", incident_id="i2", unit_ids=["E2"])
    door.settle()
    with door.running_engine():
        refused = commit(door, shown)
    said = refused.get_json()
    assert (refused.status_code, said["reason"]) == (409, "changed since you saw it: E2 is dispatched on i2")
    (difference,) = said["detail"]["changed"]
    assert (difference["unit_id"], difference["incident_ids"], difference["status_by"]) == ("E2", ["i2"], "ben")
    assert difference["version"] > shown[0]["version"]
    assert said["detail"]["version"] == door.get("/incidents/i1").get_json()["version"]
    assert door.get("/units/E1").get_json()["status"] == "available"


def commit(door: Door, shown: list[dict[str, Any]]) -> Any:
    expected = [{"unit_id": row["unit_id"], "version": row["version"]} for row in shown]
    body = {"verb": "dispatch", "incident_id": "i1", "unit_ids": ids(shown), "expected": expected}
    return door.post("/requests", body, role="dispatcher")


def test_all_that_wait_are_solved_together_and_an_exercise_takes_nothing_from_them(door: Door) -> None:
    at_night(door)
    door.city.post("incident.received", incident_id="grave", kind="structure_fire", priority=2, **north(9000))
    door.city.post("incident.received", incident_id="played", kind="structure_fire", priority=1, exercise=True)
    door.settle()
    said = recommended(door, "waiting=1")
    by_id = {one["incident_id"]: one for one in said["recommendations"]}
    assert list(by_id) == ["grave", "i1"]
    assert sorted(ids(by_id["grave"]["picks"])) == ["A1", "E1", "E2"]
    assert [gap["why"] for gap in by_id["i1"]["shortfalls"]] == ["sent-elsewhere"]
    assert said["left_out"] == 0
    door.city.ask("dispatch", incident_id="grave", unit_ids=["E1"])
    door.settle()
    assert [one["incident_id"] for one in recommended(door, "waiting=1")["recommendations"]] == ["i1"]


def test_an_incident_that_nobody_can_place_gets_the_reason(door: Door) -> None:
    at_night(door)
    door.city.post("incident.received", incident_id="nowhere", kind="structure_fire", priority=3)
    door.settle()
    said = recommended(door, "incident=nowhere")
    assert (said["placed"], said["picks"]) == ("unknown", [])
    assert [gap["why"] for gap in said["shortfalls"]] == ["place-unknown"]


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("incident=i9", 404, "no incident 'i9'"),
        ("", 400, "incident=ID or waiting=1"),
        ("incident=i1&waiting=1", 400, "incident=ID or waiting=1"),
        ("incident=i1&alarm=0", 400, "alarm: needs a whole number from 1 to 9"),
        ("incident=i1&unit=E1", 400, "unknown parameter 'unit'"),
        ("incident=i1&without=" + "x," * 101, 400, "without: needs at most 100"),
    ],
)
def test_what_cannot_be_answered_says_why(door: Door, query: str, status: int, said: str) -> None:
    at_night(door)
    answer = door.get(f"/recommendation?{query}", "dispatcher")
    assert answer.status_code == status
    assert said in answer.get_json()["error"]["message"]


def test_nobody_is_recommended_for_what_is_over(door: Door) -> None:
    at_night(door)
    door.city.post("incident.received", incident_id="i2", kind="theft", lat=LAT, lng=LNG)
    door.city.post("incident.merged", incident_id="i2", into="i1")
    door.settle()
    merged = door.get("/recommendation?incident=i2", "dispatcher")
    assert (merged.status_code, merged.get_json()["merged_into"]) == (409, "i1")
    door.city.post("incident.closed", incident_id="i1")
    door.settle()
    assert door.get("/recommendation?incident=i1", "dispatcher").get_json()["error"]["code"] == "over"
    assert recommended(door, "waiting=1")["recommendations"] == []


def test_who_may_read_incidents_may_ask(door: Door) -> None:
    at_night(door)
    for path in ("/recommendation?incident=i1", "/response-times"):
        codes = {role.value: door.get(path, role.value).status_code for role in Role}
        assert codes == {role.value: 200 if Permission.READ_INCIDENTS in ROLES[role] else 403 for role in Role}
        assert door.get(path, None).status_code == 401
