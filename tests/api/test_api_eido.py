"""EIDO over HTTP: out to another city and in again, idempotent, all or nothing, and only what a role may see."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from dashboard.accounts.audit import read_entries
from dashboard.api.intake import MAX_BODY_BYTES
from dashboard.engine.clock import Mode
from dashboard.roles import Role
from tests.api.conftest import Door, open_door
from tests.emergency.test_eido import MINIMAL
from tests.support.engines import CORNER
from tests.support.shared_data import shared_path

DOMAIN = "boston.hexwatch.invalid"


def at_work(door: Door) -> None:
    """A fire with an engine on its way and a note."""
    door.city.post(
        "incident.received",
        incident_id="170010023",
        kind="fire",
        priority=1,
        lat=CORNER[0],
        lng=CORNER[1],
        agency="fire",
        address="12 Main Street",
        text="Smoke",
        phone="617-555-0100",
    )
    door.city.post("unit.listed", unit_id="E36", kind="engine", agency="fire", lat=42.36, lng=-71.05)
    door.city.post("unit.listed", unit_id="L2", kind="ladder")
    door.city.post("unit.dispatched", unit_id="E36", incident_id="170010023")
    door.city.post("unit.stacked", unit_id="L2", incident_id="170010023")
    door.city.post("incident.noted", incident_id="170010023", note_id="n1", text="Key at number 12")
    door.settle()


def test_an_incident_is_told_with_its_units_and_private_words_only_to_those_who_may_see_them(door: Door) -> None:
    at_work(door)
    told = door.get("/incidents/170010023/eido", "dispatcher").get_json()
    assert told["$id"] == f"urn:emergency:uid:incidentid:170010023:{DOMAIN}"
    assert told["eidoVersion"] == "1.0"
    assert [r["emergencyResourceName"] for r in told["emergencyResourceComponent"]] == ["E36", "L2"]
    assert told["locationComponent"][0]["locationDescriptionText"] == "12 Main Street"
    assert [note["notesActionComments"] for note in told["notesComponent"]] == ["Smoke", "Key at number 12"]
    revealed = [e for e in read_entries(door.city.client, door.city.keys) if e.what == "private.revealed"]
    assert [(entry.subject, entry.role) for entry in revealed] == [("incident:170010023", "dispatcher")]
    seen = json.dumps(door.get("/incidents/170010023/eido", "viewer").get_json())
    assert not [words for words in ("12 Main", "Smoke", "617", "Key") if words in seen]
    assert "gml:pos" in seen
    assert door.get("/incidents/nothing/eido").status_code == 404
    assert door.get("/incidents/170010023/eido", "kiosk").status_code == 403
    assert door.get("/incidents/170010023").get_json()["incident_id"] == "170010023"


def test_an_exercise_is_not_told_to_others(door: Door) -> None:
    door.city.post("incident.received", incident_id="drill", kind="fire", exercise=True)
    door.settle()
    answer = door.get("/incidents/drill/eido", "dispatcher")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (409, "exercise")


def test_another_agencys_incident_is_taken_once_however_often_it_is_sent(door: Door) -> None:
    first = door.post("/eido", MINIMAL)
    assert first.status_code == 202
    body = first.get_json()
    assert body["incident_id"] == "A1:cad.example.com"
    assert body["accepted"] == len(body["facts"]) == 2
    door.settle()
    before = door.get("/incidents/A1:cad.example.com").get_json()
    assert (before["kind"], before["priority"], before["status"]) == ("structure_fire", 1, "open")
    assert before["source"] == "eido:cad.example.com"
    assert door.post("/eido", MINIMAL).get_json() == body
    door.settle()
    after = door.get("/incidents/A1:cad.example.com").get_json()
    assert after["version"] == before["version"]
    assert door.city.figures()["incidents.received_today"] == 1
    assert door.city.dead() == []


def test_what_goes_out_of_one_city_is_an_incident_in_another(door: Door) -> None:
    at_work(door)
    told = door.get("/incidents/170010023/eido", "dispatcher").get_json()
    elsewhere = json.loads(json.dumps(told).replace(DOMAIN, "north.example.org"))
    answer = door.post("/eido", elsewhere, "dispatcher")
    assert answer.status_code == 202, answer.get_json()
    door.settle()
    there = door.get("/incidents/170010023:north.example.org", "dispatcher").get_json()
    assert (there["kind"], there["priority"], there["lat"]) == ("fire", 1, CORNER[0])
    assert there["private"]["address"] == "12 Main Street"
    assert [a["unit_id"] for a in there["assignments"]] == ["E36@north.example.org"]
    assert door.get("/units/L2@north.example.org").get_json()["stacked"] == ["170010023:north.example.org"]
    assert door.get("/units/E36").get_json()["assignments"] == {"170010023": "dispatched"}, "ours is not moved"


def test_the_sample_of_a_call_transfer_is_taken_without_a_place(door: Door) -> None:
    sample = json.loads(shared_path("fixtures/eido/call_transfer_eido.json").read_text(encoding="utf-8"))
    assert door.post("/eido", sample).status_code == 202
    door.settle()
    incident = door.get("/incidents/a56e556d871:bcf.state.pa.us", "dispatcher").get_json()
    assert (incident["kind"], incident["priority"], incident["lat"]) == ("unknown", 1, None)
    assert incident["private"]["address"] == "42 W Cellular Street, Wilmington, DE, US"
    assert "Tschofenig" not in json.dumps(door.city.events()), "what is kept is private"
    assert any("Tschofenig" in text for text in incident["private"].values())


def test_only_those_who_report_incidents_and_units_may_send_one(door: Door) -> None:
    door.settle()
    taken = {role.value: door.post("/eido", MINIMAL, role.value).status_code for role in Role}
    others = dict.fromkeys(("leader", "agency", "viewer", "kiosk", "reporter"), 403)
    assert taken == {"admin": 202, "dispatcher": 202, "hotline": 400, **others}
    assert "may not report" in door.post("/eido", MINIMAL, "hotline").get_json()["reasons"][0]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "$id"),
        ([], "one JSON object"),
        (MINIMAL | {"eidoVersion": "3"}, "eidoVersion"),
        (MINIMAL | {"lastUpdateTimeStamp": "1700-01-01T00:00:00Z"}, "year"),
        (MINIMAL | {"notesComponent": [{"$id": "n", "notesActionComments": "x" * 70_000}]}, "larger than"),
    ],
)
def test_a_refusal_says_every_reason_and_takes_nothing(door: Door, body: Any, reason: str) -> None:
    answer = door.post("/eido", body)
    assert answer.status_code == 400
    assert any(reason in said for said in answer.get_json()["reasons"])
    assert door.city.client.xlen(door.city.keys.inbox) == 0


def test_limits_are_those_of_events(door: Door) -> None:
    assert door.post("/eido", data=b"x" * (MAX_BODY_BYTES + 1)).status_code == 413
    assert door.post("/eido", data=b"{").status_code == 400
    assert door.get("/incidents/x/eido?limit=1").status_code == 400


def test_a_replay_takes_none(redis: Any, tmp_path: Any) -> None:
    door = open_door(redis, tmp_path, Mode.REPLAY)
    try:
        door.city.turn()
        assert door.post("/eido", MINIMAL).status_code == 409
    finally:
        door.tail.writer.close()


def test_what_is_too_long_for_a_note_is_a_dead_letter_once(door: Door) -> None:
    large = copy.deepcopy(MINIMAL) | {"mediaComponent": [{"$id": "m", "label": "picture " * 4_000}]}
    for _ in range(2):
        assert door.post("/eido", large).status_code == 202
    [letter] = door.city.dead()
    assert letter[b"source"] == b"eido:cad.example.com"
    assert b"A1:cad.example.com" in letter[b"reason"]
    assert b"picture" in letter[b"raw"]
