"""What dispatchers ask for, each on a real Redis: granted as facts, or refused with the reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
import redis as redis_module

from tests.support.engines import CORNER, NOON, TestCity
from tests.support.truth import assert_agrees_with_its_log

LAT, LNG = CORNER


class Desk(TestCity):
    """A city with two incidents and three units, and a short way to ask and be answered."""

    __test__ = False

    def __init__(self, client: redis_module.Redis):
        super().__init__(client)
        for incident_id, priority in (("i1", 2), ("i2", 1)):
            self.post("incident.received", incident_id=incident_id, kind="Fire", priority=priority, lat=LAT, lng=LNG)
        for unit_id in ("E1", "E2", "E3"):
            self.post("unit.listed", unit_id=unit_id, kind="ENGINE")
        self.turn()

    def did(self, verb: str, actor: str = "ann", **args: Any) -> dict[str, Any]:
        reply = self.asked(verb, actor, **args)
        assert reply["outcome"] == "done", reply
        return reply.get("detail", {})

    def refused(self, verb: str, actor: str = "ann", **args: Any) -> str:
        reply = self.asked(verb, actor, **args)
        assert reply["outcome"] == "refused", reply
        return reply["reason"]

    def asked(self, verb: str, actor: str = "ann", **args: Any) -> dict[str, Any]:
        request_id = self.ask(verb, actor=actor, **args)
        self.turn()
        return self.reply(request_id)

    def incident(self, incident_id: str) -> Any:
        return self.engine.state.incidents[incident_id]

    def unit(self, unit_id: str) -> Any:
        return self.engine.state.units[unit_id]

    def restart(self) -> None:
        self.engine = self.new_engine()
        self.turn()


@pytest.fixture
def desk(redis: redis_module.Redis) -> Any:
    made = Desk(redis)
    yield made
    made.turn()
    assert_agrees_with_its_log(redis, made.keys, made.city)


# entering and correcting


def test_a_call_back_number_is_enough_to_save_an_incident(desk: Desk) -> None:
    incident_id = desk.did("create_incident", phone="617-555-0100", priority=1)["incident_id"]
    assert desk.figures()["incidents.by_priority.1"] == 2
    assert desk.figures()["without_location.incidents"] == 1
    assert desk.view("incidents")[incident_id]["stage"] == "received"
    assert "555-0100" not in str(desk.events())
    subject = f"incident:{incident_id}"
    private: Any = desk.client.hget(desk.keys.private, subject)
    assert desk.sealer.open(subject, msgspec.json.decode(private)["phone"]) == "617-555-0100"
    assert desk.refused("create_incident") == "a kind, a place, a call-back number or a word is needed"


def test_an_incident_of_which_nobody_knows_what_it_is_has_no_place_on_the_wall(desk: Desk) -> None:
    incident_id = desk.did("create_incident", lat=LAT, lng=LNG)["incident_id"]
    assert desk.view("incidents.public")[incident_id]["lat"] is None
    assert sum(desk.view("cells:incidents.public:").values()) == 2
    desk.did("triage", incident_id=incident_id, kind="Fire", priority=1)
    assert desk.view("incidents.public")[incident_id]["lat"] == LAT
    assert sum(desk.view("cells:incidents.public:").values()) == 3
    desk.did("triage", incident_id=incident_id, kind="Medical Incident")
    assert sum(desk.view("cells:incidents.public:").values()) == 2


def test_numbers_of_new_incidents_are_short_and_never_the_same(desk: Desk) -> None:
    desk.post("incident.received", incident_id="260304-0005", kind="Fire")
    desk.turn()
    made = [desk.did("create_incident", kind="Fire")["incident_id"] for _ in range(3)]
    assert made == ["260304-0004", "260304-0006", "260304-0007"]


def test_a_new_place_is_counted_the_old_one_kept_and_units_under_way_are_named(desk: Desk) -> None:
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    assert desk.did("relocate", incident_id="i1", lat=LAT + 0.02, lng=LNG, reason="other end")["warn"] == ["E1"]
    assert len(desk.view("cells:incidents:")) == 2
    (old,) = desk.incident("i1").places
    assert (old.lat, old.lng) == CORNER
    desk.did("relocate", incident_id="i1")
    assert desk.figures()["without_location.incidents"] == 1
    assert sum(desk.view("cells:incidents:").values()) == 1


def test_notes_stand_beside_the_callers_words(desk: Desk) -> None:
    incident_id = desk.did("create_incident", kind="Fire", text="smoke from the roof")["incident_id"]
    first = desk.did("note", incident_id=incident_id, text="key with Miriam Quill")["note_id"]
    second = desk.did("note", "bob", incident_id=incident_id, text="hydrant frozen")["note_id"]
    assert "Quill" not in str(desk.events())
    private: Any = desk.client.hget(desk.keys.private, f"incident:{incident_id}")
    assert [w in private for w in (b"smoke from the roof", b"Miriam Quill", b"hydrant frozen")] == [True] * 3
    notes = [(step.why, step.by) for step in desk.incident(incident_id).steps if step.what == "noted"]
    assert notes == [(first, "ann"), (second, "bob")]


def test_what_was_done_on_paper_keeps_its_own_time(desk: Desk) -> None:
    desk.wall.pass_(minutes=30)
    desk.turn()
    at = [(NOON + timedelta(minutes=m)).isoformat() for m in (5, 10, 25)]
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"], at=at[0])
    desk.did("report", unit_id="E1", incident_id="i1", status="on-scene", at=at[1])
    desk.did("clear_unit", unit_id="E1", incident_id="i1", at=at[2])
    (run,) = desk.incident("i1").assignments
    assert [run.dispatched_at, run.on_scene_at, run.cleared_at] == [NOON + timedelta(minutes=m) for m in (5, 10, 25)]
    assert desk.incident("i1").stage == "cleared"
    late = desk.refused("dispatch", incident_id="i1", unit_ids=["E1"], at=at[1])
    assert "changes nothing on i1, which it left at" in late
    ahead = (desk.wall.at + timedelta(minutes=5)).isoformat()
    assert desk.refused("note", incident_id="i1", text="x", at=ahead).startswith("at: lies ahead")
    old = (NOON - timedelta(minutes=1)).isoformat()
    assert desk.refused("dispatch", incident_id="i1", unit_ids=["E2"], at=old).startswith("at: before")


# the end


def test_a_cancelled_incident_calls_back_who_is_under_way(desk: Desk) -> None:
    desk.did("dispatch", incident_id="i1", unit_ids=["E1", "E2"])
    assert desk.did("cancel", incident_id="i1", reason="false alarm") == {"recalled": ["E1", "E2"]}
    assert desk.figures()["units.busy"] == 0
    assert (desk.incident("i1").stage, desk.figures()["incidents.open"]) == ("cancelled", 1)
    assert desk.events()[-1]["data"]["before_arrival"] is True


def test_an_incident_where_somebody_arrived_is_closed_and_not_cancelled(desk: Desk) -> None:
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    desk.did("report", unit_id="E1", incident_id="i1", status="on-scene")
    assert desk.refused("cancel", incident_id="i1", reason="x").startswith("E1 arrived")
    assert desk.refused("close_incident", incident_id="i1") == "units are still assigned: E1"
    desk.did("contain", incident_id="i1")
    assert desk.view("incidents")["i1"]["stage"] == "contained"
    desk.did("clear_unit", unit_id="E1", incident_id="i1")
    desk.did("close_incident", incident_id="i1")
    assert [s.what for s in desk.incident("i1").steps] == [
        *("received", "dispatched", "on-scene", "contained", "cleared", "closed")
    ]
    assert {s.by for s in desk.incident("i1").steps[1:]} == {"ann"}


def test_an_old_timer_of_another_system_does_not_close_what_was_reopened(desk: Desk) -> None:
    desk.did("close_incident", incident_id="i1")
    then = desk.wall.at
    desk.wall.pass_(minutes=5)
    desk.did("reopen_incident", incident_id="i1", reason="smoke again")
    desk.post("incident.closed", incident_id="i1", at=then)
    desk.turn()
    assert desk.incident("i1").is_open
    assert desk.events()[-1]["flags"] == ["ended before it was reopened"]


def test_what_makes_no_sense_is_refused_at_the_desk_and_flagged_from_outside(desk: Desk) -> None:
    assert desk.refused("contain", incident_id="i1") == "incident i1 cannot be contained while received"
    desk.post("incident.contained", incident_id="i1")
    desk.turn()
    assert desk.events()[-1]["flags"] == ["contained while received"]


# units


def test_a_busy_unit_is_diverted_in_one_decision_and_the_robbed_incident_waits_again(desk: Desk) -> None:
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    assert desk.refused("dispatch", incident_id="i2", unit_ids=["E1"]) == "unit E1 is dispatched on i1"
    told = desk.did("divert", "bob", unit_id="E1", incident_id="i2", reason="child inside")
    robbed = {"incident_id": "i1", "kind": "Fire", "priority": 2, "unit_ids": [], "requeued": True}
    assert told == {"unit_id": "E1", "robbed": [robbed]}
    assert desk.unit("E1").assignments == {"i2": "dispatched"}
    assert desk.incident("i1").requeued_at is not None
    assert desk.view("incidents")["i1"]["stage"] == "received"
    assert desk.figures()["incidents.with_busy_unit"] == 1


def test_a_unit_with_a_patient_is_not_diverted_and_a_free_one_is_dispatched(desk: Desk) -> None:
    assert desk.refused("divert", unit_id="E1", incident_id="i2") == "unit E1 is available: dispatch it"
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    desk.did("report", unit_id="E1", incident_id="i1", status="transporting")
    assert desk.refused("divert", unit_id="E1", incident_id="i2") == "unit E1 is transporting with a patient"


def test_a_stacked_incident_waits_for_its_unit_and_is_named_when_the_unit_clears(desk: Desk) -> None:
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    assert desk.did("stack", unit_id="E1", incident_id="i2") == {"stacked": ["i2"]}
    assert "waits for unit E1 already" in desk.refused("stack", unit_id="E1", incident_id="i2")
    assert desk.unit("E1").assignments == {"i1": "dispatched"}
    assert desk.did("clear_unit", unit_id="E1", incident_id="i1") == {"next": "i2"}
    desk.did("dispatch", incident_id="i2", unit_ids=["E1"])
    assert desk.unit("E1").stacked == ()


def test_a_crew_is_told_acknowledges_and_is_stood_down_before_it_arrives(desk: Desk) -> None:
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    desk.post("unit.notified", source="pager", unit_id="E1", incident_id="i1")
    desk.did("acknowledge", unit_id="E1", incident_id="i1")
    assert desk.view("units")["E1"]["status"] == "acknowledged"
    assert desk.figures()["units.by_status.acknowledged"] == desk.figures()["units.busy"] == 1
    assert "already" in desk.refused("acknowledge", unit_id="E1", incident_id="i1")
    desk.did("stand_down", unit_id="E1", incident_id="i1", reason="not needed")
    assert desk.incident("i1").assignments[0].ended == "recalled"
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    desk.did("report", unit_id="E1", incident_id="i1", status="on-scene")
    assert desk.refused("stand_down", unit_id="E1", incident_id="i1") == "unit E1 is on-scene on i1: clear it"


# belonging together


def test_a_merged_incident_is_received_as_before_and_open_as_its_lead(desk: Desk) -> None:
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    desk.did("report", unit_id="E1", incident_id="i1", status="on-scene")
    before = desk.figures()
    assert desk.did("merge", incident_id="i1", into="i2") == {"lead": "i2", "unit_ids": ["E1"]}
    after = desk.figures()
    assert after["incidents.received_total"] == before["incidents.received_total"]
    assert after["incidents.received_today"] == before["incidents.received_today"]
    assert (after["incidents.open"], after["incidents.closed_today"]) == (1, 0)
    assert desk.unit("E1").assignments == {"i2": "on-scene"}
    assert (desk.incident("i2").members, desk.incident("i1").merged_into) == (("i1",), "i2")
    assert desk.refused("dispatch", incident_id="i1", unit_ids=["E2"]) == "incident i1 is part of i2"
    desk.did("split", incident_id="i1")
    assert desk.figures()["incidents.open"] == 2
    assert desk.incident("i2").members == ()


def test_two_incidents_are_linked_on_both_sides(desk: Desk) -> None:
    desk.did("link", incident_id="i1", to="i2")
    assert (desk.incident("i1").links, desk.incident("i2").links) == (("i2",), ("i1",))
    assert "linked already" in desk.refused("link", incident_id="i1", to="i2")
    assert desk.refused("link", incident_id="i1", to="i1") == "needs two different incidents"


def test_a_case_becomes_an_incident_once_and_goes_on(desk: Desk) -> None:
    desk.case("c1", category="gas_smell", area="Roxbury")
    desk.turn()
    made = desk.did("promote_case", case_id="c1", kind="gas_leak", priority=1)["incident_id"]
    assert (desk.incident(made).case_id, desk.incident(made).area) == ("c1", "Roxbury")
    assert desk.figures()["cases.open"] == 1
    assert desk.refused("promote_case", case_id="c1", kind="gas_leak") == f"case c1 is incident {made} already"
    desk.did("cancel", incident_id=made, reason="a matter of the hotline")
    desk.did("promote_case", case_id="c1", kind="gas_leak")


# undo


UNDONE = [
    ("triage", {"incident_id": "i1", "kind": "Alarm", "priority": 1}),
    ("escalate", {"incident_id": "i1", "priority": 1}),
    ("further_alarm", {"incident_id": "i1", "alarm": 2}),
    ("relocate", {"incident_id": "i1", "lat": LAT + 0.02, "lng": LNG}),
    ("cancel", {"incident_id": "i1", "reason": "x"}),
    ("merge", {"incident_id": "i1", "into": "i2"}),
    ("link", {"incident_id": "i1", "to": "i2"}),
    ("dispatch", {"incident_id": "i1", "unit_ids": ["E2", "E3"]}),
    ("divert", {"incident_id": "i2", "unit_id": "E1"}),
    ("stack", {"incident_id": "i2", "unit_id": "E1"}),
    ("stand_down", {"incident_id": "i1", "unit_id": "E1"}),
    ("clear_unit", {"incident_id": "i1", "unit_id": "E1"}),
]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(("verb", "args"), UNDONE, ids=[verb for verb, _ in UNDONE])
def test_an_act_that_is_undone_leaves_the_picture_as_it_was(
    desk: Desk, verb: str, args: dict[str, Any], restarted: bool
) -> None:
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    before = picture(desk)
    desk.did(verb, "bob", **args)
    assert picture(desk) != before
    if restarted:
        desk.restart()
    assert desk.did("undo", "bob")["undone"] == verb
    assert picture(desk) == before


def picture(desk: Desk) -> dict[str, Any]:
    """What everybody sees, and what of the documents is not history."""
    shown = {topic: desk.view(topic) for topic in ("incidents", "incidents.public", "units", "cells:incidents:")}
    known = desk.engine.state.incidents.items()
    incidents = {i: (k.merged_into, k.members, k.links, k.triaged_at, k.alarm) for i, k in known}
    return shown | {"documents": incidents, "stacks": {u: k.stacked for u, k in desk.engine.state.units.items()}}


def test_closing_reopening_and_splitting_are_undone_too(desk: Desk) -> None:
    desk.did("close_incident", incident_id="i1")
    desk.did("undo")
    assert desk.incident("i1").is_open
    desk.did("close_incident", incident_id="i1")
    desk.did("reopen_incident", incident_id="i1", reason="again")
    desk.did("undo")
    assert desk.incident("i1").stage == "closed"
    desk.did("reopen_incident", incident_id="i1", reason="again")
    desk.did("merge", incident_id="i1", into="i2")
    desk.did("split", incident_id="i1")
    desk.did("undo")
    assert desk.incident("i1").merged_into == "i2"


def test_a_mistaken_entry_is_taken_back_while_nobody_was_sent(desk: Desk) -> None:
    made = desk.did("create_incident", kind="Fire")["incident_id"]
    desk.did("undo")
    assert desk.incident(made).stage == "cancelled"
    made = desk.did("create_incident", kind="Fire")["incident_id"]
    desk.did("dispatch", "bob", incident_id=made, unit_ids=["E1"])
    assert desk.refused("undo").startswith(f"incident {made} was dispatched by bob since")


def test_after_half_a_minute_it_is_too_late(desk: Desk) -> None:
    desk.did("escalate", incident_id="i1", priority=1)
    desk.wall.pass_(seconds=30)
    assert desk.refused("undo") == "escalate: more than 30 s ago"


def test_a_person_undoes_only_what_they_did_last_and_once(desk: Desk) -> None:
    assert desk.refused("undo", "eve") == "nothing of yours to undo"
    desk.ask("escalate", "first", actor="bob", incident_id="i1", priority=1)
    desk.did("dispatch", "bob", incident_id="i1", unit_ids=["E1"])
    assert desk.refused("undo", "bob", request="first") == "your last act is another one: dispatch"
    desk.did("undo", "bob")
    assert desk.refused("undo", "bob").startswith("undo cannot be undone")
    desk.did("note", "bob", incident_id="i1", text="x")
    assert desk.refused("undo", "bob") == "note cannot be undone: what was written stays; write another note"


@pytest.mark.parametrize(
    ("act", "since", "reason"),
    [
        (
            ("dispatch", {"incident_id": "i1", "unit_ids": ["E1"]}),
            ("acknowledge", {"unit_id": "E1", "incident_id": "i1"}),
            "unit E1 is acknowledged on i1: stand_down",
        ),
        (
            ("escalate", {"incident_id": "i1", "priority": 1}),
            ("escalate", {"incident_id": "i1", "priority": 3}),
            "incident i1 was escalated by bob since",
        ),
        (
            ("relocate", {"incident_id": "i1"}),
            ("relocate", {"incident_id": "i1", "lat": LAT, "lng": LNG}),
            "incident i1 was relocated by bob since",
        ),
        (
            ("merge", {"incident_id": "i1", "into": "i2"}),
            ("split", {"incident_id": "i1"}),
            "incident i1 was split by bob since",
        ),
        (
            ("dispatch", {"incident_id": "i1", "unit_ids": ["E1"]}),
            ("divert", {"unit_id": "E1", "incident_id": "i2"}),
            "unit E1 has left i1 since",
        ),
    ],
)
def test_what_others_built_on_is_not_taken_back(desk: Desk, act: Any, since: Any, reason: str) -> None:
    desk.did(act[0], "ann", **act[1])
    desk.did(since[0], "bob", **since[1])
    assert desk.refused("undo", "ann") == reason


def test_a_stand_down_is_not_undone_when_the_unit_is_needed_elsewhere(desk: Desk) -> None:
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    desk.did("stand_down", incident_id="i1", unit_id="E1")
    desk.did("dispatch", "bob", incident_id="i2", unit_ids=["E1"])
    assert desk.refused("undo") == "unit E1 is dispatched on i2 since"


def test_a_version_that_is_gone_is_refused_for_every_verb_of_an_incident(desk: Desk) -> None:
    request = {"verb": "escalate", "actor": "ann", "role": "dispatcher", "if_version": 1}
    seen = desk.incident("i1").seq
    desk.did("escalate", incident_id="i1", priority=1)
    for n, (verb, args) in enumerate(UNDONE[:6]):
        body = request | {"verb": verb, "args": args, "if_version": seen, "request_id": f"old{n}"}
        body["valid_until"] = desk.wall.at + timedelta(seconds=60)
        desk.client.xadd(desk.keys.requests, {"e": msgspec.json.encode(body)})
        desk.turn()
        assert desk.reply(f"old{n}")["reason"] == "changed since you saw it", verb


def test_a_merged_incident_leaves_memory_and_is_split_all_the_same(desk: Desk) -> None:
    desk.did("merge", incident_id="i1", into="i2")
    desk.wall.pass_(hours=49)
    desk.turn()
    desk.turn()
    assert "i1" not in desk.engine.state.incidents
    desk.did("split", incident_id="i1")
    assert desk.figures()["incidents.open"] == 2


def test_late_steps_of_a_unit_find_an_incident_that_left_memory(desk: Desk) -> None:
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    then = desk.wall.at
    desk.wall.pass_(minutes=5)
    desk.did("clear_unit", unit_id="E1", incident_id="i1")
    desk.did("close_incident", incident_id="i1")
    desk.wall.pass_(hours=49)
    desk.turn()
    desk.turn()
    assert "i1" not in desk.engine.state.incidents
    desk.post("unit.arrived", unit_id="E1", incident_id="i1", at=then + timedelta(minutes=2))
    desk.turn()
    (run,) = assert_agrees_with_its_log(desk.client, desk.keys, desk.city).incidents["i1"].assignments
    assert run.on_scene_at == then + timedelta(minutes=2)
    assert desk.figures()["incidents.open"] == 1
