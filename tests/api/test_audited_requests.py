"""What the API writes into the audit: every request with its outcome, every reveal, and nobody's words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import redis as redis_module
from redis.backoff import NoBackoff
from redis.retry import Retry

from dashboard.accounts.audit import Entry, read_entries
from dashboard.accounts.verdict import verify
from dashboard.api.asking import VERBS
from dashboard.api.audited import asked, subject_of
from tests.api.conftest import Door

WORDS = ("Ms. Somebody", "617-555-0100", "12 Hidden Lane", "she said that it burns")
DISPATCH = {"verb": "dispatch", "incident_id": "i1", "unit_ids": ["E1"]}


def prepared(door: Door) -> None:
    door.city.post("incident.received", incident_id="i1", kind="fire", address=WORDS[2], phone=WORDS[1])
    door.city.post("unit.listed", unit_id="E1")
    door.settle()


def nowhere() -> redis_module.Redis:
    """A Redis that is out of reach."""
    return redis_module.Redis(unix_socket_path="/nowhere/redis.sock", retry=Retry(NoBackoff(), 0))


def written(door: Door) -> list[Entry]:
    """Oldest first."""
    return read_entries(door.city.client, door.city.keys)[::-1]


def raw(door: Door) -> bytes:
    entries: Any = door.city.client.xrange(door.city.keys.of("audit"))
    return b"".join(value for _, fields in entries for value in fields.values())


def test_a_granted_request_says_who_asked_what_of_whom_and_how_it_stood_before_and_after(door: Door) -> None:
    prepared(door)
    with door.running_engine():
        reply = door.post("/requests", DISPATCH, role="dispatcher").get_json()
    [entry] = written(door)
    assert (entry.who, entry.role, entry.peer) == ("dispatcher one", "dispatcher", "127.0.0.1")
    assert (entry.what, entry.subject) == ("request.dispatch", "incident:i1")
    assert (entry.before["stage"], entry.before["units"]) == ("received", [])
    assert (entry.after["outcome"], entry.after["seq"]) == ("done", reply["seq"])
    assert (entry.after["now"]["stage"], entry.after["now"]["units"]) == ("dispatched", ["E1"])
    assert entry.after["asked"] == {"incident_id": "i1", "unit_ids": ["E1"]}
    assert verify(door.city.client, door.city.keys).is_whole


def test_a_refusal_and_a_silence_are_written_down_and_a_repetition_is_not(door: Door) -> None:
    prepared(door)
    with door.running_engine():
        for _ in range(2):
            door.post("/requests", DISPATCH | {"unit_ids": ["E9"], "request_id": "r1"}, role="dispatcher")
    object.__setattr__(door.context, "monotonic", iter([0.0, 100.0]).__next__)
    assert door.post("/requests", DISPATCH, role="admin").status_code == 504
    assert [entry.after["outcome"] for entry in written(door)] == ["refused", "unanswered"]
    assert "now" not in written(door)[0].after


def test_a_request_whose_record_failed_is_written_down_when_its_answer_is_asked_for_again(door: Door) -> None:
    prepared(door)
    audit, asking = door.context.access.audit, DISPATCH | {"request_id": "r1"}
    alive, audit.client = audit.client, nowhere()
    with door.running_engine():
        assert door.post("/requests", asking, role="dispatcher").status_code == 503
    audit.client = alive
    assert written(door) == []
    for _ in range(2):
        assert door.post("/requests", asking, role="dispatcher").get_json()["outcome"] == "done"
    [entry] = written(door)
    assert (entry.after["outcome"], entry.after["repeated"]) == ("done", True)


def test_nothing_that_somebody_typed_or_said_stands_in_it(door: Door) -> None:
    prepared(door)
    name, phone, address, text = WORDS
    with door.running_engine():
        told = {
            "verb": "create_incident",
            "kind": "fire",
            "name": name,
            "phone": phone,
            "address": address,
            "text": text,
        }
        created = door.post("/requests", told, role="dispatcher").get_json()
        note = {"verb": "note", "incident_id": "i1", "text": text}
        assert door.post("/requests", note, role="dispatcher").status_code == 200
    made, noted = written(door)
    assert made.subject == f"incident:{created['detail']['incident_id']}"
    assert made.after["asked"]["with"] == ["address", "name", "phone", "text"]
    assert noted.after["asked"] == {"incident_id": "i1", "with": ["text"]}
    assert not [word for word in WORDS if word.encode() in raw(door)]


def test_a_reveal_is_written_down_before_it_is_shown_and_not_shown_when_it_cannot_be(door: Door) -> None:
    prepared(door)
    assert door.get("/incidents/i1", role="dispatcher").get_json()["private"]["phone"] == WORDS[1]
    [entry] = written(door)
    assert (entry.what, entry.subject, entry.after) == (
        "private.revealed",
        "incident:i1",
        {"fields": ["address", "phone"]},
    )
    door.context.access.audit.client = nowhere()
    refused = door.get("/incidents/i1", role="dispatcher")
    assert refused.status_code == 503
    assert WORDS[1].encode() not in refused.data


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_names_what_it_is_about_or_what_it_made(verb: str) -> None:
    """A verb whose arguments name nothing that the audit knows must at least make something that it names."""
    fields = {field.name: "x1" for field in msgspec.structs.fields(VERBS[verb].arguments)}
    assert subject_of(fields, {"incident_id": "made", "alert_id": "made", "notice_id": "made"}), verb
    assert set(asked({"text": "words", "kind": "fire", "phone": ""})) == {"kind", "with"}
