"""Agencies, hand-overs, demotion, major incidents, call-backs and exercises, each on a real Redis."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import redis as redis_module

from dashboard.engine.rooms.queue import PlanSizes, known_plans
from tests.engine.test_desk_verbs import Desk
from tests.support.engines import CORNER, TestCity
from tests.support.truth import assert_agrees_with_its_log, committed_cells

LAT, LNG = CORNER


class Capital(Desk):
    """The same in a city that has the numbers 12345, 110, 119, 120 and 122."""

    __test__ = False

    def __init__(self, client: redis_module.Redis):
        TestCity.__init__(self, client, city="beijing")
        self.post("incident.received", incident_id="i1", kind="domestic", priority=1, agency="12345")
        self.turn()


@pytest.fixture
def desk(redis: redis_module.Redis) -> Any:
    made = Desk(redis)
    yield made
    made.turn()
    assert_agrees_with_its_log(redis, made.keys, made.city)


@pytest.fixture
def capital(redis: redis_module.Redis) -> Any:
    made = Capital(redis)
    yield made
    made.turn()
    assert_agrees_with_its_log(redis, made.keys, made.city)


def row(desk: Desk, incident_id: str = "i1") -> dict[str, Any]:
    found: dict[str, Any] = desk.view("queue")[incident_id]
    return found


def order(desk: Desk) -> list[str]:
    queue = desk.view("queue")
    return sorted(queue, key=lambda incident_id: (queue[incident_id]["rank"], incident_id))


def said(desk: Desk, kind: str) -> list[dict[str, Any]]:
    return [event for event in desk.events() if event["type"] == kind]


# the queue


def test_the_queue_holds_every_open_incident_with_its_place_in_it_and_why(desk: Desk) -> None:
    assert order(desk) == ["i2", "i1"]
    assert row(desk)["why"] == ["unassigned"]
    desk.did("dispatch", incident_id="i2", unit_ids=["E1"])
    assert order(desk) == ["i1", "i2"]
    assert (row(desk, "i2")["why"], [u["id"] for u in row(desk, "i2")["units"]]) == (["working"], ["E1"])
    desk.did("divert", unit_id="E1", incident_id="i1")
    assert (order(desk), row(desk, "i2")["why"]) == (["i2", "i1"], ["requeued", "unassigned"])
    desk.did("close_incident", incident_id="i2")
    assert order(desk) == ["i1"]
    assert row(desk)["version"] == desk.incident("i1").seq


def test_an_unlocated_priority_1_is_first_although_nobody_knows_where(desk: Desk) -> None:
    incident_id = desk.did("create_incident", phone="617-555-0100", priority=1)["incident_id"]
    assert order(desk) == ["i2", incident_id, "i1"]
    assert row(desk, incident_id)["why"] == ["unassigned", "unlocated"]
    assert (row(desk, incident_id)["placed"], row(desk, incident_id)["lat"]) == ("unknown", None)
    assert "555" not in str(desk.view("queue"))


def test_an_incident_is_short_while_it_has_fewer_units_than_its_plan_asks_for(desk: Desk) -> None:
    sizes = PlanSizes(known_plans())
    assert (sizes.of("vehicle_fire", 1), sizes.of("vehicle_fire", 2)) == (3, 1)
    assert sizes.of("Fire", 1) == 0, "a kind without a plan of its own is never short"
    incident_id = desk.did("create_incident", kind="vehicle_fire", priority=1)["incident_id"]
    desk.did("dispatch", incident_id=incident_id, unit_ids=["E1", "E2"])
    assert row(desk, incident_id)["why"] == ["unlocated", "short", "working"]
    assert order(desk) == ["i2", incident_id, "i1"]
    desk.did("dispatch", incident_id=incident_id, unit_ids=["E3"])
    assert row(desk, incident_id)["why"] == ["unlocated", "working"]


def test_a_further_alarm_makes_it_short_again_until_it_is_taken_back(desk: Desk) -> None:
    incident_id = desk.did("create_incident", kind="vehicle_fire", priority=1)["incident_id"]
    desk.did("dispatch", incident_id=incident_id, unit_ids=["E1", "E2", "E3"])
    desk.did("further_alarm", incident_id=incident_id, alarm=2, reason="it spreads")
    assert (row(desk, incident_id)["alarm"], row(desk, incident_id)["why"]) == (2, ["unlocated", "short", "working"])
    said = f"incident {incident_id} has alarm 2 already"
    assert desk.refused("further_alarm", incident_id=incident_id, alarm=2) == said
    assert desk.incident(incident_id).steps[-1].why == "2: it spreads"
    desk.did("undo")
    assert (row(desk, incident_id)["alarm"], row(desk, incident_id)["why"]) == (1, ["unlocated", "working"])


def test_a_crew_in_danger_stands_above_everything(desk: Desk) -> None:
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    desk.post("unit.emergency", source="radio", unit_id="E1")
    desk.turn()
    assert (order(desk), row(desk)["why"]) == (["i1", "i2"], ["distress", "working"])
    desk.post("unit.emergency_ended", source="radio", unit_id="E1")
    desk.turn()
    assert (order(desk), row(desk)["why"]) == (["i2", "i1"], ["working"])


def test_a_restarted_engine_shows_the_same_queue_and_tasks(desk: Desk) -> None:
    desk.did("ask_agency", incident_id="i1", agency="police")
    desk.did("declare_major", incident_id="i2", commander="B2")
    abandoned(desk, "K1")
    before = {topic: desk.view(topic) for topic in ("queue", "tasks")}
    desk.restart()
    assert {topic: desk.view(topic) for topic in ("queue", "tasks")} == before


# agencies


def test_agencies_are_asked_and_answer_on_their_own_clocks(desk: Desk) -> None:
    desk.did("ask_agency", incident_id="i1", agency="police", reason="road to be closed")
    desk.did("ask_agency", "bob", incident_id="i1", agency="ems")
    assert row(desk)["agencies"] == {"police": "asked", "ems": "asked"}
    assert desk.refused("ask_agency", incident_id="i1", agency="police") == "police is asked already"
    assert desk.refused("ask_agency", incident_id="i1", agency="navy").startswith("agency: one of fire, police")
    desk.did("answer_agency", incident_id="i1", agency="police", answer="declined", reason="no car")
    assert row(desk)["agencies"] == {"ems": "asked", "police": "declined"}
    assert desk.refused("answer_agency", incident_id="i1", agency="works", answer="accepted") == "works was not asked"


def test_asking_an_agency_is_taken_back_until_it_answers(desk: Desk) -> None:
    desk.did("ask_agency", incident_id="i1", agency="police")
    desk.did("undo")
    assert row(desk)["agencies"] == {}
    desk.did("ask_agency", incident_id="i1", agency="police")
    desk.did("answer_agency", "bob", incident_id="i1", agency="police", answer="accepted")
    assert desk.refused("undo") == "police has answered since"
    assert "the agency said so" in desk.refused("undo", "bob")


# handing over


def test_a_hand_over_is_answered_and_the_other_side_leads(capital: Desk) -> None:
    assert capital.refused("hand_over", incident_id="i1", to="gas") == "to: one of 12345, 110, 119, 120, 122"
    assert capital.refused("hand_over", incident_id="i1", to="12345") == "12345 leads this incident"
    capital.did("hand_over", incident_id="i1", to="110", reason="a threat")
    assert row(capital)["handover"] | {"due_at": ""} == {
        "giver": "12345",
        "to": "110",
        "state": "offered",
        "due_at": "",
        "informed": False,
    }
    assert capital.refused("hand_over", incident_id="i1", to="120") == "it is offered to 110 already"
    capital.did("answer_hand_over", incident_id="i1", answer="informed")
    capital.did("answer_hand_over", "bob", incident_id="i1", answer="accepted")
    handed = row(capital)
    assert (handed["agency"], handed["handover"]["state"], handed["handover"]["informed"]) == ("110", "accepted", True)
    capital.wall.pass_(minutes=10)
    capital.turn()
    assert said(capital, "incident.hand_over_returned") == []


def test_the_hotlines_people_offer_what_12345_leads_and_answer_for_it_alone(capital: Desk) -> None:
    hotline = {"actor": "hua", "role": "hotline"}
    capital.did("hand_over", **hotline, incident_id="i1", to="110")
    not_theirs = "110 is asked: that is for its dispatchers to say"
    assert capital.refused("answer_hand_over", **hotline, incident_id="i1", answer="accepted") == not_theirs
    capital.did("answer_hand_over", **hotline, incident_id="i1", answer="informed")
    capital.did("answer_hand_over", "bob", incident_id="i1", answer="accepted")
    elsewhere = "110 leads: that is for its dispatchers to say"
    assert capital.refused("hand_over", **hotline, incident_id="i1", to="120") == elsewhere
    capital.did("hand_over", "bob", incident_id="i1", to="12345")
    capital.did("answer_hand_over", **hotline, incident_id="i1", answer="accepted")
    assert row(capital)["agency"] == "12345"


def test_how_long_an_offer_stands_is_a_setting_and_kept_with_the_offer(capital: Desk) -> None:
    alarms = capital.engine.state.alarm_room
    alarms.settings = msgspec.structs.replace(alarms.settings, hand_over_s={"1": 900.0, "2": 900.0, "3": 900.0})
    capital.did("hand_over", incident_id="i1", to="110")
    capital.restart()
    capital.wall.pass_(seconds=600)
    capital.turn()
    assert row(capital)["handover"]["state"] == "offered"
    capital.wall.pass_(seconds=400)
    capital.turn()
    capital.turn()
    assert row(capital)["handover"]["state"] == "returned"


def test_nobody_answered_and_the_giver_hears_of_it_once(capital: Desk) -> None:
    capital.did("hand_over", incident_id="i1", to="110")
    capital.wall.pass_(seconds=58)
    capital.turn()
    assert row(capital)["handover"]["state"] == "offered"
    capital.turn()
    capital.turn()
    (back,) = said(capital, "incident.hand_over_returned")
    assert (back["source"], back["data"]["reason"]) == ("engine", "no answer in time")
    assert (row(capital)["handover"]["state"], row(capital)["agency"]) == ("returned", "12345")
    assert row(capital)["why"] == ["returned", "unassigned", "unlocated"]
    assert capital.refused("answer_hand_over", incident_id="i1", answer="accepted") == "the offer to 110 was returned"
    capital.did("hand_over", incident_id="i1", to="120")
    assert row(capital)["why"] == ["unassigned", "unlocated"]


def test_an_offer_taken_back_is_no_offer_and_its_clock_is_silent(capital: Desk) -> None:
    capital.did("hand_over", incident_id="i1", to="110")
    capital.did("undo")
    assert row(capital)["handover"]["state"] == "returned"
    capital.did("hand_over", incident_id="i1", to="120")
    capital.wall.pass_(seconds=57)  # past the time of the first offer, not of the second
    capital.turn()
    assert row(capital)["handover"]["state"] == "offered"
    assert [event["source"] for event in said(capital, "incident.hand_over_returned")] == ["desk"]
    capital.did("answer_hand_over", "bob", incident_id="i1", answer="declined", reason="not medical")
    assert row(capital)["why"][0] == "returned"
    capital.did("hand_over", incident_id="i1", to="110")
    capital.did("answer_hand_over", "bob", incident_id="i1", answer="declined", reason="no threat")
    assert capital.refused("undo") == "110 has answered since, or the time ran out"


def test_an_engine_that_was_away_at_the_deadline_says_so_when_it_is_back(capital: Desk) -> None:
    capital.did("hand_over", incident_id="i1", to="110")
    capital.wall.pass_(minutes=5)
    capital.restart()
    assert len(said(capital, "incident.hand_over_returned")) == 1


# back to the case


def test_a_promoted_case_goes_back_and_both_keep_the_link(desk: Desk) -> None:
    desk.case("c1", category="Smell")
    desk.turn()
    incident_id = desk.did("promote_case", case_id="c1", kind="Fire", priority=1)["incident_id"]
    case = desk.engine.state.cases["c1"]
    assert (case.incident_id, case.promoted_at is not None, row(desk, incident_id)["case_id"]) == (
        incident_id,
        True,
        "c1",
    )
    desk.did("dispatch", incident_id=incident_id, unit_ids=["E1"])
    assert desk.refused("demote_incident", incident_id=incident_id, reason="no") == "units are still assigned: E1"
    desk.did("stand_down", unit_id="E1", incident_id=incident_id)
    assert desk.did("demote_incident", incident_id=incident_id, reason="a barbecue")["case_id"] == "c1"
    incident, case = desk.incident(incident_id), desk.engine.state.cases["c1"]
    assert (incident.is_open, incident.case_id, incident.stage) == (False, "c1", "closed")
    assert (case.is_open, case.incident_id, case.promoted_at) == (True, incident_id, None)
    assert (incident.steps[-1].what, incident.steps[-1].why) == ("demoted", "a barbecue")
    assert incident_id not in desk.view("queue")
    again = desk.did("promote_case", case_id="c1", kind="Fire")["incident_id"]
    assert again != incident_id


def test_a_case_that_was_closed_meanwhile_is_open_again_and_undo_restores_both(desk: Desk) -> None:
    desk.case("c1")
    desk.turn()
    incident_id = desk.did("promote_case", case_id="c1", kind="Fire")["incident_id"]
    desk.did("close_case", "eve", case_id="c1")
    desk.did("demote_incident", incident_id=incident_id, reason="no fire")
    assert desk.engine.state.cases["c1"].is_open
    desk.did("undo")
    case = desk.engine.state.cases["c1"]
    assert (desk.incident(incident_id).is_open, case.is_open, case.promoted_at is not None) == (True, False, True)
    desk.did("demote_incident", incident_id=incident_id, reason="no fire")
    desk.did("promote_case", "bob", case_id="c1", kind="Fire")
    assert desk.refused("undo").startswith("case c1 is incident")


def test_only_what_was_a_case_can_become_one_again(desk: Desk) -> None:
    assert desk.refused("demote_incident", incident_id="i1", reason="x").startswith(
        "incident i1 was not made of a case"
    )
    desk.case("c1")
    desk.turn()
    incident_id = desk.did("promote_case", case_id="c1", kind="Fire")["incident_id"]
    desk.did("undo")
    case = desk.engine.state.cases["c1"]
    assert (desk.incident(incident_id).stage, case.promoted_at, case.is_open) == ("cancelled", None, True)


# major incidents


def test_a_major_incident_has_commander_staging_and_casualties(desk: Desk) -> None:
    assert desk.refused("report_casualties", incident_id="i1", t1=1) == "incident i1 is no major incident: declare it"
    assert desk.refused("declare_major", incident_id="i1") == "commander: needed"
    desk.did("declare_major", incident_id="i1", commander="B2", staging="north gate")
    desk.did("declare_major", incident_id="i1", staging="south gate")
    desk.did("report_casualties", incident_id="i1", t1=2, t2=5, t3=11, dead=1)
    told = row(desk)["major"]
    assert (told["commander"], told["staging"]) == ("B2", "south gate")
    assert [told[name] for name in ("t1", "t2", "t3", "dead")] == [2, 5, 11, 1]
    assert desk.refused("report_casualties", incident_id="i1", t1=2, t2=5, t3=11, dead=1).endswith("changes nothing")
    desk.did("undo")
    assert [row(desk)["major"][name] for name in ("t1", "t2", "t3", "dead")] == [0, 0, 0, 0]


def test_a_declaration_is_taken_back_while_nothing_rests_on_it(desk: Desk) -> None:
    desk.did("declare_major", incident_id="i1", commander="B2")
    desk.did("declare_major", incident_id="i1", commander="B7", staging="gate")
    desk.did("undo")
    assert (row(desk)["major"]["commander"], row(desk)["major"]["staging"]) == ("B2", "")
    desk.did("declare_major", incident_id="i2", commander="B2")
    desk.did("undo")
    assert row(desk, "i2")["major"] is None
    desk.did("declare_major", incident_id="i2", commander="B2")
    desk.did("report_casualties", "bob", incident_id="i2", t1=1)
    assert desk.refused("undo") == "incident i2 was casualties_reported by bob since"


def test_the_situation_report_is_called_for_once_when_it_is_late(desk: Desk) -> None:
    desk.did("declare_major", incident_id="i1", commander="B2")
    desk.wall.pass_(minutes=15)
    desk.turn()
    desk.turn()
    (due,) = said(desk, "incident.situation_due")
    assert (due["source"], row(desk)["major"]["overdue"]) == ("engine", True)
    report_id = desk.did("report_situation", incident_id="i1", text="Miriam Quill is out of the house")["report_id"]
    assert (row(desk)["major"]["overdue"], row(desk)["major"]["reports"]) == (False, 1)
    assert "Quill" not in str(desk.events())
    assert "what was reported stays" in desk.refused("undo")
    private: Any = desk.client.hget(desk.keys.private, "incident:i1")
    assert msgspec.json.decode(private)[f"situation:{report_id}"] == "Miriam Quill is out of the house"
    desk.wall.pass_(minutes=14)
    desk.turn()
    assert len(said(desk, "incident.situation_due")) == 1


def test_hospitals_say_what_they_can_take_and_old_figures_look_old(desk: Desk) -> None:
    desk.did("report_hospital", hospital="General", t1=2, t2=6, t3=20)
    desk.did("report_hospital", hospital="General", t1=0, t2=6, t3=20)
    assert (desk.view("hospitals")["General"]["t1"], desk.view("hospitals")["General"]["old"]) == (0, False)
    desk.did("undo")
    assert desk.view("hospitals")["General"]["t1"] == 2
    desk.wall.pass_(hours=2)
    desk.restart()
    assert desk.view("hospitals")["General"]["old"] is True
    desk.did("report_hospital", "bob", hospital="Mercy", t1=1)
    assert desk.refused("undo", "bob") == "Mercy had said nothing before: report what is so"


# call-backs


def abandoned(desk: Desk, call_id: str, channel: str = "911", phone: str = "617-555-0177") -> None:
    desk.post("call.offered", source="phones", call_id=call_id, channel=channel, language="es", phone=phone)
    desk.wall.pass_(seconds=8)
    desk.post("call.abandoned", source="phones", call_id=call_id)
    desk.turn()
    desk.turn()


def test_an_abandoned_emergency_call_becomes_a_task_without_showing_the_number(desk: Desk) -> None:
    abandoned(desk, "K1")
    task = desk.view("tasks")["call:K1"]
    assert (task["kind"], task["phone_known"], task["lang"], task["state"]) == ("call-back", True, "es", "open")
    assert "0177" not in str(desk.events()) + str(desk.view("tasks"))
    private: Any = desk.client.hget(desk.keys.private, "call:K1")
    assert desk.sealer.open("call:K1", msgspec.json.decode(private)["phone"]) == "617-555-0177"
    abandoned(desk, "K2", phone="")
    assert desk.view("tasks")["call:K2"]["phone_known"] is False


def test_other_calls_make_no_task_and_a_silent_one_does(desk: Desk) -> None:
    abandoned(desk, "K1", channel="phone")
    desk.post("call.offered", source="phones", call_id="K2", channel="phone", agency="119")
    desk.post("call.answered", source="phones", call_id="K2", agent_id="a1")
    desk.turn()
    assert desk.view("tasks") == {}
    desk.post("call.ended", source="phones", call_id="K2", silent=True)
    desk.post("call.offered", source="phones", call_id="K3", channel="911")
    desk.post("call.answered", source="phones", call_id="K3", agent_id="a1")
    desk.post("call.ended", source="phones", call_id="K3")
    desk.turn()
    desk.turn()
    assert list(desk.view("tasks")) == ["call:K2"]
    assert len(said(desk, "task.opened")) == 1


def test_a_call_that_was_answered_after_all_in_the_same_breath_makes_no_task(desk: Desk) -> None:
    desk.post("call.offered", source="phones", call_id="K1", channel="911")
    desk.post("call.abandoned", source="phones", call_id="K1")
    desk.post("call.answered", source="phones", call_id="K1", agent_id="a1")
    desk.turn()
    assert said(desk, "task.opened") == []


def test_calling_back_until_somebody_answers(desk: Desk) -> None:
    abandoned(desk, "K1")
    desk.did("call_back", task_id="call:K1", result="no-answer", incident_id="i1")
    task = desk.view("tasks")["call:K1"]
    assert (task["tries"], task["owner"], task["state"], row(desk)["call_back"]) == (1, "ann", "tried", True)
    assert desk.refused("undo") == "call_back cannot be undone: the call was made"
    desk.did("call_back", "bob", task_id="call:K1", result="reached", incident_id="i1")
    assert (desk.view("tasks"), row(desk)["call_back"]) == ({}, False)
    assert desk.refused("call_back", task_id="call:K1", result="resolved") == "task call:K1 was reached by bob"
    desk.did("undo", "bob")
    assert (list(desk.view("tasks")), row(desk)["call_back"]) == (["call:K1"], True)
    assert desk.refused("call_back", task_id="call:K9", result="reached") == "task call:K9 is unknown"
    assert desk.refused("call_back", task_id="call:K1", result="reached", incident_id="i9") == "incident i9 is unknown"


def test_a_call_that_nobody_had_a_task_for_gets_one_from_the_next_engine(desk: Desk) -> None:
    """The engine stopped between the abandonment and its task: the documents tell the next one."""
    desk.engine.state.task_room.take_wanted()
    desk.post("call.offered", source="phones", call_id="K1", channel="911")
    desk.post("call.abandoned", source="phones", call_id="K1")
    engine = desk.engine
    engine.state.task_room.consider = lambda call: None  # type: ignore[method-assign]
    desk.turn()
    assert desk.view("tasks") == {}
    desk.restart()
    desk.turn()
    assert list(desk.view("tasks")) == ["call:K1"]


# exercises


def test_an_exercise_is_worked_like_any_other_and_counted_nowhere(desk: Desk) -> None:
    figures, cells = desk.figures(), committed_cells(desk.client, desk.keys)
    incident_id = desk.did("create_incident", kind="Fire", priority=1, lat=LAT + 0.02, lng=LNG, exercise=True)[
        "incident_id"
    ]
    assert row(desk, incident_id)["exercise"] is True
    for verb, more in (
        ("dispatch", {"unit_ids": ["E1"]}),
        ("relocate", {"lat": LAT + 0.01, "lng": LNG}),
        ("escalate", {"priority": 3}),
    ):
        desk.did(verb, incident_id=incident_id, **more)
        shown = desk.figures()
        assert {name: n for name, n in shown.items() if name.startswith("incidents.")} == {
            name: n for name, n in figures.items() if name.startswith("incidents.")
        }
        assert shown["without_location.incidents"] == 0
        assert committed_cells(desk.client, desk.keys) == cells
    for topic in ("incidents", "incidents.public"):
        assert incident_id not in desk.view(topic)
    public = desk.view("units.public")["E1"]
    assert (public["incidents"], public["lat"]) == ([], None)
    desk.restart()
    assert committed_cells(desk.client, desk.keys) == cells
    desk.did("clear_unit", unit_id="E1", incident_id=incident_id)
    desk.did("close_incident", incident_id=incident_id)
    assert desk.figures()["incidents.closed_today"] == 0
    assert desk.figures()["incidents.received_total"] == 2


def test_an_exercise_and_an_emergency_are_never_merged(desk: Desk) -> None:
    incident_id = desk.did("create_incident", kind="Fire", exercise=True)["incident_id"]
    for one, other in ((incident_id, "i1"), ("i1", incident_id)):
        assert desk.refused("merge", incident_id=one, into=other) == "an exercise and an emergency are never one"


def test_no_exercise_takes_a_unit_from_an_emergency(desk: Desk) -> None:
    incident_id = desk.did("create_incident", kind="Fire", exercise=True)["incident_id"]
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"])
    said_so = "unit E1 works at an emergency: no exercise takes it away"
    assert desk.refused("divert", unit_id="E1", incident_id=incident_id) == said_so
    desk.did("dispatch", incident_id=incident_id, unit_ids=["E2"])
    desk.did("divert", unit_id="E2", incident_id="i1")


def test_an_exercise_from_outside_is_one_too(desk: Desk) -> None:
    desk.post("incident.received", source="cad", incident_id="x1", kind="Fire", priority=1, exercise=True)
    desk.turn()
    assert (row(desk, "x1")["exercise"], desk.figures()["incidents.by_priority.1"]) == (True, 1)
