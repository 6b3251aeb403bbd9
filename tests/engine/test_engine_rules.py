"""The rules of the log, each on a real Redis: what enters, what counts, what is refused and why."""

from __future__ import annotations

import pytest
import redis as redis_module

from dashboard.engine.clock import Mode
from tests.support.engines import CITY_HALL, NOON, TestCity


@pytest.fixture
def boston(redis: redis_module.Redis) -> TestCity:
    return TestCity(redis)


def test_a_complaint_becomes_a_fact_a_document_and_a_figure(boston: TestCity) -> None:
    boston.case("c1", category="Noise", channel="phone", text="loud music", phone="555-0100")
    boston.turn()
    assert [e["type"] for e in boston.events()] == ["case.received"]
    figures = boston.figures()
    assert figures["cases.open"] == figures["cases.received_today"] == figures["cases.received_1h"] == 1
    assert figures["cases.by_category.Noise"] == 1
    assert list(boston.view("cells:open:").values()) == [1]


def test_personal_fields_leave_the_log_and_stand_apart(boston: TestCity) -> None:
    boston.case("c1", text="my neighbour Zachariah", phone="555-0100", name="Miriam Quill")
    boston.turn()
    written = str(boston.events()) + str(boston.client.hgetall(boston.keys.cases)) + str(boston.view("figures"))
    assert "Zachariah" not in written
    assert "555-0100" not in written
    private: bytes = boston.client.hget(boston.keys.private, "case:c1")  # type: ignore[assignment]
    assert b"Miriam Quill" in private


def test_an_equal_source_and_id_changes_nothing(boston: TestCity) -> None:
    for _ in range(3):
        boston.post("case.received", "same", case_id="c1", lat=42.33, lng=-71.09)
        boston.turn()
    boston.engine = boston.new_engine()
    boston.post("case.received", "same", case_id="c1", lat=42.33, lng=-71.09)
    boston.turn()
    assert boston.figures()["cases.received_today"] == 1
    assert len(boston.events()) == 1


def test_the_same_id_from_another_source_is_another_entry(boston: TestCity) -> None:
    boston.post("case.received", "same", source="311", case_id="a")
    boston.post("case.received", "same", source="app", case_id="b")
    boston.turn()
    assert boston.figures()["cases.open"] == 2


def test_a_closing_that_comes_before_its_receipt_still_closes(boston: TestCity) -> None:
    boston.post("case.closed", case_id="c1")
    boston.turn()
    boston.case("c1")
    boston.turn()
    figures = boston.figures()
    assert figures["cases.received_today"] == 1
    assert figures["cases.open"] == 0
    assert figures["cases.closed_today"] == 1


def test_a_late_fact_finds_a_case_that_had_left_memory(boston: TestCity) -> None:
    boston.case("c1")
    boston.post("case.closed", case_id="c1")
    boston.turn()
    boston.wall.pass_(hours=60)
    boston.turn()
    assert "c1" not in boston.engine.state.cases
    boston.post("case.reopened", case_id="c1", reason="again")
    boston.turn()
    assert boston.figures()["cases.open"] == 1


def test_what_claims_the_near_future_is_held_until_due(boston: TestCity) -> None:
    boston.case("now")
    boston.post("case.received", "later", at=NOON.replace(hour=18), case_id="later")
    boston.turn()
    assert boston.figures()["cases.received_total"] == 1
    boston.engine = boston.new_engine()
    boston.wall.pass_(hours=1)
    boston.turn()
    assert boston.figures()["cases.received_total"] == 2
    assert boston.client.hlen(boston.keys.held) == 0


def test_what_claims_the_far_future_goes_to_the_dead_letters_with_its_bytes(boston: TestCity) -> None:
    boston.post("case.received", "far", at=NOON.replace(year=2031), case_id="far")
    boston.turn()
    (dead,) = boston.dead()
    assert b"more than 24 h ahead" in dead[b"reason"]
    assert b'"case_id":"far"' in dead[b"raw"]
    assert boston.view("sources")["311"]["dead"] == 1


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"source":"x"}', b"\xff\xfe", b"null", b'{"a":' * 4000])
def test_an_entry_that_cannot_be_read_stops_nothing(boston: TestCity, raw: bytes) -> None:
    boston.client.xadd(boston.keys.inbox, {"e": raw})
    boston.case("c1")
    boston.turn()
    assert boston.figures()["cases.open"] == 1
    (dead,) = boston.dead()
    assert dead[b"reason"]
    assert dead[b"raw"] == raw


def test_a_case_without_usable_location_is_counted_but_never_drawn(boston: TestCity) -> None:
    boston.case("nowhere", where=None)
    boston.case("default", where=CITY_HALL)
    boston.case("zero", where=(0.0, 0.0))
    boston.case("here")
    boston.turn()
    figures = boston.figures()
    assert figures["cases.open"] == 4
    assert figures["cases.without_location"] == figures["without_location.open"] == 3
    assert sum(boston.view("cells:open:").values()) == 1


def test_windows_and_deadlines_pass_without_any_fact(boston: TestCity) -> None:
    boston.case("c1", target_at=(NOON.replace(hour=22)).isoformat())
    boston.turn()
    assert boston.figures()["cases.due_4h"] == 0
    boston.wall.at = NOON.replace(hour=18, minute=30)
    boston.turn()
    assert (boston.figures()["cases.received_1h"], boston.figures()["cases.due_4h"]) == (0, 1)
    boston.wall.at = NOON.replace(hour=22)
    boston.turn()
    assert (boston.figures()["cases.due_4h"], boston.figures()["cases.overdue"]) == (0, 1)
    boston.wall.at = NOON.replace(day=5, hour=4, minute=59)  # 23:59 in Boston
    boston.turn()
    assert boston.figures()["cases.received_today"] == 1
    boston.wall.at = NOON.replace(day=5, hour=5)
    boston.turn()
    assert boston.figures()["cases.received_today"] == 0
    assert boston.figures()["cases.received_24h"] == 1


def test_a_unit_sent_twice_by_its_source_is_kept_and_flagged(boston: TestCity) -> None:
    boston.post("incident.received", incident_id="i1", kind="Alarm", priority=1)
    boston.post("incident.received", incident_id="i2", kind="Alarm", priority=2)
    boston.post("unit.dispatched", unit_id="E1", incident_id="i1")
    boston.post("unit.dispatched", unit_id="E1", incident_id="i2")
    boston.turn()
    assert boston.events()[-1]["flags"] == ["double-assigned at source"]
    assert boston.figures()["incidents.with_busy_unit"] == 2
    assert boston.figures()["units.busy"] == 1


def test_a_step_that_comes_after_the_clearing_does_not_revive_the_assignment(boston: TestCity) -> None:
    boston.post("incident.received", incident_id="i1")
    early = boston.wall.at
    boston.wall.pass_(minutes=5)
    boston.post("unit.dispatched", at=early, unit_id="E1", incident_id="i1")
    boston.post("unit.cleared", unit_id="E1", incident_id="i1")
    boston.post("unit.arrived", at=early, unit_id="E1", incident_id="i1")
    boston.turn()
    assert boston.figures()["units.busy"] == 0


def test_a_sensitive_incident_has_no_place_on_the_wall(boston: TestCity) -> None:
    boston.post("incident.received", incident_id="i1", kind="Medical Incident", lat=42.33, lng=-71.09, area="Roxbury")
    boston.post("incident.received", incident_id="i2", kind="Structure Fire", lat=42.33, lng=-71.09)
    boston.turn()
    assert boston.view("incidents.public")["i1"]["lat"] is None
    assert boston.view("incidents.public")["i1"]["area"] == "Roxbury"
    assert boston.view("incidents.public")["i2"]["lat"] == 42.33
    assert boston.view("incidents")["i1"]["lat"] == 42.33
    assert sum(boston.view("cells:incidents.public:").values()) == 1
    assert sum(boston.view("cells:incidents:").values()) == 2


def test_a_silent_source_becomes_stale_and_recovers(boston: TestCity) -> None:
    boston.case("c1")
    boston.turn()
    boston.wall.pass_(minutes=11)
    boston.turn()
    assert boston.view("sources")["311"]["stale"] is True
    boston.case("c2")
    boston.turn()
    assert boston.view("sources")["311"]["stale"] is False
    assert [e["type"] for e in boston.events()][1:3] == ["feed.stalled", "feed.resumed"]


# --- requests ----------------------------------------------------------------------------------------------


@pytest.fixture
def desk(boston: TestCity) -> TestCity:
    boston.post("incident.received", incident_id="i1", kind="Fire", priority=1)
    boston.post("incident.received", incident_id="i2", kind="Fire", priority=1)
    boston.post("unit.listed", unit_id="E1", kind="ENGINE")
    boston.turn()
    return boston


def test_a_request_is_answered_while_the_inbox_is_full(desk: TestCity) -> None:
    for n in range(5000):
        desk.case(f"storm-{n}")
    asked = desk.ask("dispatch", incident_id="i1", unit_ids=["E1"])
    desk.turn()
    assert desk.reply(asked)["outcome"] == "done"
    assert desk.figures()["units.busy"] == 1
    assert desk.figures()["cases.received_total"] < 5000


def test_a_busy_unit_is_refused_with_the_reason(desk: TestCity) -> None:
    first = desk.ask("dispatch", incident_id="i1", unit_ids=["E1"])
    second = desk.ask("dispatch", incident_id="i2", unit_ids=["E1"])
    desk.turn()
    assert desk.reply(first)["outcome"] == "done"
    assert desk.reply(second)["outcome"] == "refused"
    assert desk.reply(second)["reason"] == "unit E1 is dispatched on i1"


def test_the_same_request_id_gets_the_same_answer(desk: TestCity) -> None:
    desk.ask("dispatch", "r", incident_id="i1", unit_ids=["E1"])
    desk.turn()
    first = desk.reply("r")
    desk.engine = desk.new_engine()
    desk.ask("dispatch", "r", incident_id="i2", unit_ids=["E1"])
    desk.ask("dispatch", "r", incident_id="i2", unit_ids=["E1"])
    desk.turn()
    assert desk.reply("r") == first
    assert [e["type"] for e in desk.events()].count("unit.dispatched") == 1


def test_a_request_decided_too_late_is_refused_and_never_executed(desk: TestCity) -> None:
    asked = desk.ask("dispatch", valid_s=10, incident_id="i1", unit_ids=["E1"])
    desk.wall.pass_(seconds=11)
    desk.turn()
    assert desk.reply(asked)["reason"].startswith("late")
    assert desk.figures()["units.busy"] == 0


@pytest.mark.parametrize(
    ("verb", "args", "reason"),
    [
        ("dispatch", {"incident_id": "nope", "unit_ids": ["E1"]}, "incident nope is unknown"),
        ("dispatch", {"incident_id": "i1", "unit_ids": ["E9"]}, "unit E9 is unknown"),
        ("dispatch", {"incident_id": "i1", "unit_ids": []}, "unit_ids: needed"),
        ("dispatch", {"unit_ids": ["E1"]}, "incident_id: needed"),
        ("clear_unit", {"incident_id": "i1", "unit_id": "E1"}, "unit E1 is not on i1"),
        ("reopen_case", {"case_id": "c9", "reason": "x"}, "case c9 is unknown"),
        ("fly", {}, "unknown verb 'fly'"),
    ],
)
def test_every_refusal_names_its_reason(desk: TestCity, verb: str, args: dict, reason: str) -> None:
    asked = desk.ask(verb, **args)
    desk.turn()
    assert desk.reply(asked)["outcome"] == "refused"
    assert desk.reply(asked)["reason"].startswith(reason)


def test_erasing_a_person_keeps_the_counts(boston: TestCity) -> None:
    boston.case("c1", name="Miriam Quill")
    boston.turn()
    boston.ask("erase", subject="case:c1")
    boston.turn()
    assert boston.client.hlen(boston.keys.private) == 0
    assert boston.figures()["cases.open"] == 1


# --- clocks ------------------------------------------------------------------------------------------------


def test_a_replay_follows_its_feed_and_listens_to_nobody_else(redis: redis_module.Redis) -> None:
    city = TestCity(redis, mode=Mode.REPLAY)
    then = NOON.replace(year=2011)
    city.post("case.received", source="boston-311", at=then, case_id="a")
    city.post("clock.advanced", source="boston-311", at=then.replace(minute=30), speed=60.0)
    city.post("case.received", source="live", at=city.wall.at, case_id="b")
    city.turn()
    clock = city.view("clock")
    assert (clock["now"], clock["mode"], clock["speed"]) == ("2011-03-04T17:30:00Z", "replay", 60.0)
    assert city.figures()["cases.received_total"] == 1
    assert b"replays boston-311" in city.dead()[0][b"reason"]


def test_a_standing_replay_keeps_its_heart_beating(redis: redis_module.Redis) -> None:
    city = TestCity(redis, mode=Mode.REPLAY)
    city.post("clock.advanced", source="f", at=NOON.replace(year=2011), standing=True)
    city.turn()
    before = city.client.xlen(city.keys.frames)
    city.turn()
    city.turn()
    assert city.client.xlen(city.keys.frames) == before + 2
    assert city.view("clock")["now"] == "2011-03-04T17:00:00Z"


def test_a_simulation_goes_on_where_it_ended(redis: redis_module.Redis) -> None:
    city = TestCity(redis, mode=Mode.SIMULATION)
    city.turn()
    city.turn()
    ended = city.engine.clock.at
    city.wall.pass_(days=3)
    city.engine = city.new_engine()
    city.turn()
    assert 0 < (city.engine.clock.at - ended).total_seconds() <= 2


def test_a_city_made_as_replay_refuses_to_go_live(redis: redis_module.Redis) -> None:
    city = TestCity(redis, mode=Mode.REPLAY)
    city.turn()
    city.mode = Mode.LIVE
    with pytest.raises(ValueError, match="runs as replay"):
        city.new_engine()


def test_a_closed_incident_leaves_the_documents_after_two_days(boston: TestCity) -> None:
    boston.post("incident.received", incident_id="i1", kind="Fire", lat=42.33, lng=-71.09)
    boston.post("incident.closed", incident_id="i1")
    boston.turn()
    assert boston.client.hlen(boston.keys.incidents) == 1
    boston.wall.pass_(hours=49)
    boston.turn()
    boston.turn()
    assert boston.client.hlen(boston.keys.incidents) == 0
    assert boston.engine.state.incidents == {}
    assert boston.figures()["incidents.received_total"] == 1
