"""Requests: one answer each, in time or not at all."""

from __future__ import annotations

import threading
from typing import Any

import msgspec
import pytest

from dashboard.api.asking import VERBS
from dashboard.engine.verbs import VERBS as DECIDED
from dashboard.roles import Permission, Role
from tests.api.conftest import Door
from tests.outgoing.desk import info, notice


def prepared(door: Door) -> None:
    door.city.post("incident.received", incident_id="i1", kind="fire")
    door.city.post("unit.listed", unit_id="E1")
    door.city.case("c1", text="too loud")
    door.settle()


DISPATCH = {"verb": "dispatch", "incident_id": "i1", "unit_ids": ["E1"]}


def test_a_granted_request_is_answered_with_its_commit_and_the_reader_shows_it(door: Door) -> None:
    prepared(door)
    with door.running_engine():
        answer = door.post("/requests", DISPATCH, role="dispatcher")
    reply = answer.get_json()
    assert (answer.status_code, reply["outcome"]) == (200, "done")
    while door.tail.step():
        pass
    [unit] = door.get(f"/units?min_seq={reply['seq']}").get_json()["units"]
    assert unit["status"] == "dispatched"
    assert door.get(f"/requests/{reply['request_id']}").get_json() == reply


def test_a_refused_request_says_why(door: Door) -> None:
    prepared(door)
    with door.running_engine():
        answer = door.post("/requests", DISPATCH | {"unit_ids": ["E9"]}, role="dispatcher")
        stale = door.post("/requests", DISPATCH | {"if_version": 99_999}, role="dispatcher")
    assert (answer.status_code, answer.get_json()["reason"]) == (409, "unit E9 is unknown")
    assert stale.get_json()["detail"]["version"]


def test_the_same_request_id_again_gets_the_same_answer(door: Door) -> None:
    prepared(door)
    asked = DISPATCH | {"request_id": "mine-1"}
    with door.running_engine():
        first = door.post("/requests", asked, role="dispatcher").get_json()
        again = door.post("/requests", asked, role="dispatcher").get_json()
    assert first == again
    assert [e["type"] for e in door.city.events()].count("unit.dispatched") == 1


def test_two_dispatchers_who_want_one_unit_do_not_both_get_it(door: Door) -> None:
    prepared(door)
    door.city.post("incident.received", incident_id="i2")
    door.settle()
    outcomes: list[int] = []

    def ask(incident_id: str) -> None:
        outcomes.append(door.post("/requests", DISPATCH | {"incident_id": incident_id}, role="dispatcher").status_code)

    askers = [threading.Thread(target=ask, args=(name,)) for name in ("i1", "i2")]
    with door.running_engine():
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
    assert sorted(outcomes) == [200, 409]


def test_without_an_engine_the_asker_is_told_that_nothing_was_sent_and_where_to_ask(door: Door) -> None:
    prepared(door)
    passed: list[float] = []
    object.__setattr__(door.context, "sleep", passed.append)
    object.__setattr__(door.context, "monotonic", lambda: sum(passed))
    answer = door.post("/requests", DISPATCH | {"request_id": "r-1"}, role="dispatcher")
    body = answer.get_json()
    assert (answer.status_code, body["ask"]) == (504, "/api/v1/requests/r-1")
    assert "NOT SENT" in body["error"]["message"]
    assert 10 < sum(passed) < 12
    assert door.get("/requests/r-1").status_code == 404
    door.city.wall.pass_(seconds=20)
    door.city.turn()
    late = door.get("/requests/r-1")
    assert late.status_code == 409
    assert late.get_json()["reason"].startswith("late")


def test_the_server_writes_who_asks_and_until_when(door: Door) -> None:
    prepared(door)
    object.__setattr__(door.context, "monotonic", iter([0.0, 100.0]).__next__)
    door.post("/requests", DISPATCH | {"if_version": 7}, role="dispatcher")
    entries: Any = door.city.client.xrange(door.city.keys.requests)
    [(_, fields)] = entries[-1:]
    entry = msgspec.json.decode(fields[b"e"])
    assert (entry["actor"], entry["role"], entry["if_version"]) == ("dispatcher one", "dispatcher", 7)
    assert entry["args"] == {"incident_id": "i1", "unit_ids": ["E1"]}
    until = msgspec.convert(entry["valid_until"], type=type(door.city.wall.at))
    assert (until - door.city.wall.at).total_seconds() == 10


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_each_verb_is_granted_by_its_permission_alone(door: Door, verb: str) -> None:
    unit, incident, case = {"unit_id": "y", "incident_id": "x"}, {"incident_id": "x"}, {"case_id": "x"}
    situation = {"situation_id": "x"}
    bodies: dict[str, dict[str, Any]] = {
        "create_incident": {"phone": "555-0100"},
        "triage": incident | {"kind": "fire"},
        "escalate": incident | {"priority": 1},
        "further_alarm": incident | {"alarm": 2},
        "relocate": incident | {"lat": 42.33, "lng": -71.09},
        "contain": incident,
        "note": incident | {"text": "key at number 12"},
        "cancel": incident | {"reason": "false alarm"},
        "close_incident": incident,
        "reopen_incident": incident | {"reason": "again"},
        "link": incident | {"to": "z"},
        "merge": incident | {"into": "z"},
        "split": incident,
        "promote_case": case | {"kind": "gas_leak"},
        "dispatch": incident | {"unit_ids": ["y"]},
        "acknowledge": unit,
        "report": unit | {"status": "on-scene"},
        "divert": unit,
        "stack": unit,
        "stand_down": unit,
        "clear_unit": unit,
        "signal_unit": {"unit_id": "y", "status": "returning"},
        "undo": {},
        "dispatch_case": case | {"owner": "Roxbury"},
        "accept_case": case,
        "ask_return": case | {"code": "unclear", "reason": "no address"},
        "review_return": case | {"granted": False, "reason": "there is one"},
        "contact_case": case,
        "handle_case": case | {"result": "mended"},
        "answer_case": case | {"answer": "at nine"},
        "close_case": case,
        "follow_up": case | {"contacted": True, "satisfied": 4},
        "reopen_case": case | {"reason": "not done"},
        "regrade_case": case | {"grade": "I", "reason": "danger"},
        "pause_case": case | {"reason": "weather", "until": "2026-03-05T18:00:00Z"},
        "resume_case": case,
        "note_case": case | {"text": "calls at night"},
        "merge_cases": case | {"into": "z"},
        "unmerge_case": case,
        "flag_case": case | {"flag": "unreasonable", "reason": "x", "until": "2026-03-05T18:00:00Z"},
        "unflag_case": case | {"flag": "unreasonable"},
        "flag_caller": {"caller": "x" * 20, "reason": "rude", "until": "2026-03-05T18:00:00Z"},
        "second_flag": {"caller": "x" * 20},
        "unflag_caller": {"caller": "x" * 20, "reason": "was not"},
        "open_situation": {"title": "gas", "case_ids": ["x"]},
        "add_to_situation": situation | {"case_ids": ["x"]},
        "remove_from_situation": situation | {"case_ids": ["x"]},
        "offer_situation": situation,
        "decline_situation": situation | {"reason": "drains"},
        "promote_situation": situation | {"kind": "gas_leak"},
        "close_situation": situation,
        "merge_situations": situation | {"into": "z"},
        "split_situation": situation,
        "publish_matter": {"what": "no water", "until": "2026-03-05T18:00:00Z"},
        "withdraw_matter": {"matter_id": "x"},
        "acknowledge_warning": {"warning_id": "x"},
        "dismiss_warning": {"warning_id": "x", "reason": "a parade"},
        "warning_case": {"warning_id": "x"},
        "warning_situation": {"warning_id": "x"},
        "join_call": {"call_id": "x"},
        "leave_call": {"call_id": "x"},
        "erase": {"subject": "case:x"},
        "publish_alert": {"infos": [info()]},
        "cancel_alert": {"alert_id": "hexwatch@boston,x", "reason": "over"},
        "publish_notice": notice(),
        "withdraw_notice": {"notice_id": "x"},
        "demote_incident": incident | {"reason": "no danger"},
        "ask_agency": incident | {"agency": "police"},
        "answer_agency": incident | {"agency": "police", "answer": "accepted"},
        "hand_over": incident | {"to": "police"},
        "answer_hand_over": incident | {"answer": "accepted"},
        "declare_major": incident,
        "report_casualties": incident | {"t1": 1},
        "report_situation": incident | {"text": "under control"},
        "report_hospital": {"hospital": "x", "t1": 2},
        "call_back": {"task_id": "x", "result": "reached"},
        "ack_alarm": {"alarm_id": "x"},
        "shelve_alarm": {"alarm_id": "x", "reason": "known", "until": "2026-03-04T18:00:00Z"},
        "unshelve_alarm": {"alarm_id": "x"},
        "unit_emergency": {"unit_id": "y"},
        "end_unit_emergency": {"unit_id": "y"},
        "check_in": {"unit_id": "y"},
    }
    known = {
        Permission.REQUEST_DISPATCH: {Role.ADMIN, Role.DISPATCHER},
        Permission.REQUEST_CASE: {Role.ADMIN, Role.HOTLINE},
        Permission.REQUEST_OWN_CASE: {Role.ADMIN, Role.AGENCY},
        Permission.PUBLISH: {Role.ADMIN, Role.LEADER},
        Permission.MANAGE: {Role.ADMIN},
    }
    may = set().union(*(known[which] for which in (VERBS[verb].permission, VERBS[verb].other) if which))
    for role in Role:
        object.__setattr__(door.context, "monotonic", iter([0.0, 100.0, 200.0]).__next__)
        status = door.post("/requests", {"verb": verb} | bodies[verb], role=role.value).status_code
        assert (role, status) == (role, 504 if role in may else 403)


def test_the_door_knows_the_verbs_that_the_engine_decides() -> None:
    assert set(VERBS) == set(DECIDED)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ([], "one request"),
        ({}, "verb: one of accept_case, ack_alarm, acknowledge"),
        ({"verb": ["dispatch"]}, "verb: one of"),
        ({"verb": "dispatch"}, "incident_id"),
        (DISPATCH | {"unit_ids": []}, "unit_ids"),
        (DISPATCH | {"colour": "red"}, "colour"),
        (DISPATCH | {"if_version": "1"}, "if_version"),
        (DISPATCH | {"if_version": True}, "if_version"),
        (DISPATCH | {"request_id": "a b"}, "request_id"),
        (DISPATCH | {"request_id": 5}, "request_id"),
        ({"verb": "erase", "subject": "unit:E1"}, "subject"),
    ],
)
def test_a_request_that_cannot_be_understood_is_told_what_can(door: Door, body: Any, says: str) -> None:
    answer = door.post("/requests", body)
    assert answer.status_code == 400
    assert says in answer.get_json()["error"]["message"]


def test_erasing_a_subject_takes_its_words_from_every_read(door: Door) -> None:
    prepared(door)
    assert len(door.get("/cases?q=loud", role="hotline").get_json()["cases"]) == 1
    with door.running_engine():
        assert door.post("/requests", {"verb": "erase", "subject": "case:c1"}).status_code == 200
    door.settle()
    assert door.get("/cases?q=loud", role="hotline").get_json()["cases"] == []
    assert door.get("/cases/c1", role="hotline").get_json()["private"] == {}
    assert door.get("/picture").get_json()["cases"]["open"] == 1
