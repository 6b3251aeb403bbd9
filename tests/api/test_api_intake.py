"""Intake: what is accepted is in the inbox, what is not is answered with its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis as redis_module
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.api.intake import MAX_BODY_BYTES, MAX_ITEMS
from dashboard.engine.clock import Mode
from tests.api.conftest import Door, open_door
from tests.support.engines import NOON


def event(n: int = 1, type_: str = "case.received", **data: Any) -> dict[str, Any]:
    given = data or {"case_id": f"c{n}", "category": "Noise", "text": "too loud"}
    return {"source": "portal", "id": f"e{n}", "type": type_, "occurred_at": NOON.isoformat(), "data": given}


def inbox(door: Door) -> list[dict[str, Any]]:
    entries: Any = door.city.client.xrange(door.city.keys.inbox)
    return [msgspec.json.decode(fields[b"e"]) for _, fields in entries]


def test_accepted_events_are_in_the_inbox_and_become_the_picture(door: Door) -> None:
    answer = door.post("/events", [event(1), event(2)])
    assert (answer.status_code, answer.get_json()) == (202, {"accepted": 2, "errors": []})
    assert [entry["id"] for entry in inbox(door)] == ["e1", "e2"]
    door.settle()
    assert door.get("/picture").get_json()["cases"]["open"] == 2


def test_the_same_event_sent_twice_counts_once(door: Door) -> None:
    assert door.post("/events", event(1)).status_code == 202
    door.settle()
    assert door.post("/events", event(1)).status_code == 202
    door.settle()
    assert door.get("/picture").get_json()["cases"]["open"] == 1


def test_good_items_are_taken_and_bad_ones_answered_one_by_one(door: Door) -> None:
    bad = [{"id": "e7"}, event(8, "case.unheard"), event(9, case_id="")]
    answer = door.post("/events", [event(1), *bad])
    body = answer.get_json()
    assert (answer.status_code, body["accepted"]) == (207, 1)
    assert [(e["index"], e["id"]) for e in body["errors"]] == [(1, "e7"), (2, "e8"), (3, "e9")]
    assert all(e["reason"] for e in body["errors"])
    assert len(inbox(door)) == 1


def test_when_nothing_is_accepted_the_answer_is_no_success(door: Door) -> None:
    answer = door.post("/events", [{"id": "e7"}])
    assert answer.status_code == 400
    assert answer.get_json()["accepted"] == 0
    assert inbox(door) == []


@pytest.mark.parametrize("type_", ["feed.started", "clock.advanced", "subject.erased"])
def test_events_of_the_program_itself_are_not_taken_from_outside(door: Door, type_: str) -> None:
    data = {"feed.started": {"feed": "x"}, "clock.advanced": {}, "subject.erased": {"erased": "case:1"}}[type_]
    body = door.post("/events", event(1, type_) | {"data": data}).get_json()
    assert "not taken from outside" in body["errors"][0]["reason"]
    for name in ("desk", "warner"):
        own = door.post("/events", event(1) | {"source": name}).get_json()
        assert "program itself" in own["errors"][0]["reason"]


def test_a_source_cannot_say_what_only_the_engine_may_say(door: Door) -> None:
    claimed = {"recorded_at": "2020-01-01T00:00:00Z", "placed": {"cell": "x"}, "flags": ["x"], "subject": "case:other"}
    door.post("/events", event(1) | claimed | {"actor": "somebody else"})
    [entry] = inbox(door)
    assert set(entry) == {"source", "id", "type", "occurred_at", "data", "actor"}
    assert entry["actor"] == "admin one"


def test_a_role_reports_only_on_its_own_trade(door: Door) -> None:
    fire = event(2, "incident.received", incident_id="i1")
    assert door.post("/events", [event(1), fire], role="hotline").get_json()["accepted"] == 1
    assert door.post("/events", [event(1), fire], role="dispatcher").get_json()["accepted"] == 1
    assert [entry["type"] for entry in inbox(door)] == ["case.received", "incident.received"]
    assert door.post("/events", event(1), role="viewer").status_code == 403
    assert door.post("/events", event(1), role=None).status_code == 401


def test_too_many_too_large_and_not_json_are_refused_whole(door: Door) -> None:
    assert door.post("/events", [event(n) for n in range(MAX_ITEMS + 1)]).status_code == 400
    assert door.post("/events", []).status_code == 400
    assert door.post("/events", data=b"[" * 100_000).status_code == 400
    assert door.post("/events", data=b"\xff\xfe").status_code == 400
    assert door.post("/events", data=b" " * (MAX_BODY_BYTES + 1)).status_code == 413
    long = door.post("/events", event(1, case_id="c1", text="x" * 70_000)).get_json()
    assert "larger than" in long["errors"][0]["reason"]
    assert inbox(door) == []


def test_a_full_thousand_is_taken_at_once(door: Door) -> None:
    assert door.post("/events", [event(n) for n in range(MAX_ITEMS)]).get_json()["accepted"] == MAX_ITEMS


def test_beyond_the_backlog_intake_says_come_back_later_and_takes_nothing(door: Door) -> None:
    object.__setattr__(door.context, "max_backlog", 1)
    assert door.post("/events", [event(1), event(2)]).status_code == 202
    answer = door.post("/events", event(3))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert len(inbox(door)) == 2


def test_beyond_its_memory_intake_says_so(door: Door) -> None:
    object.__setattr__(door.context, "max_memory_mb", 0.001)
    assert door.post("/events", event(1)).status_code == 503


def test_a_replay_takes_no_live_events(redis: redis_module.Redis, tmp_path: Path) -> None:
    door = open_door(redis, tmp_path, Mode.REPLAY)
    try:
        door.city.turn()
        answer = door.post("/events", event(1))
        assert answer.status_code == 409
        assert answer.get_json()["error"]["message"] == "this city is a replay and takes no live events"
    finally:
        door.tail.writer.close()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
mutated = st.builds(
    lambda base, change: base | change,
    st.just(event(1)),
    st.dictionaries(
        st.sampled_from(["source", "id", "type", "occurred_at", "data", "version"]), json_values, max_size=3
    ),
)

bodies = st.one_of(mutated, json_values, st.lists(mutated, max_size=3)).map(lambda value: json.dumps(value).encode())


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=60), bodies))
def test_whatever_is_posted_is_answered_with_a_reason_and_what_is_taken_the_engine_understands(
    door: Door, body: bytes
) -> None:
    before = door.city.client.xlen(door.city.keys.dead)
    for path in ("/events", "/requests"):
        if path == "/requests" and b'"verb"' in body:
            continue
        answer = door.post(path, data=body)
        assert answer.status_code in (202, 207, 400)
        said = answer.get_json()
        assert answer.status_code == 202 or said.get("errors") or said["error"]["message"]
    door.city.turn()
    assert door.city.client.xlen(door.city.keys.dead) == before
