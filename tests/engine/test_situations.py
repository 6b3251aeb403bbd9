"""One thing behind several cases: opened, offered, declined, made one incident, taken back; counted once throughout."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import redis as redis_module

from tests.support.engines import CORNER
from tests.support.situations import GAS, Floor
from tests.support.truth import assert_agrees_with_its_log


@pytest.fixture
def desk(redis: redis_module.Redis) -> Floor:
    return Floor(redis)


def opened(desk: Floor, case_ids: tuple[str, ...] = GAS[:3]) -> str:
    return str(desk.done("open_situation", title="Gas at the corner", case_ids=list(case_ids))["situation_id"])


def shown(desk: Floor, situation_id: str) -> dict[str, Any]:
    desk.turn()
    return desk.view("situations").get(situation_id, {})


def incidents(desk: Floor) -> tuple[int, int, int]:
    """(open, received in all, cases open) as screens show them."""
    desk.turn()
    figures = desk.figures()
    return figures["incidents.open"], figures["incidents.received_total"], figures["cases.open"]


def test_a_situation_says_where_it_is_and_nothing_that_callers_said(desk: Floor) -> None:
    situation_id = opened(desk)
    row = shown(desk, situation_id)
    assert row["state"] == "open"
    assert (row["n"], row["open"], row["case_ids"]) == (3, 3, list(GAS[:3]))
    assert (row["lat"], row["lng"]) == (CORNER[0] + 0.0005, CORNER[1])
    assert row["languages"] == ["ar", "en", "zh"]
    assert row["category"] == "gas_smell"
    assert row["span_m"] == 56
    assert "SECRET" not in msgspec.json.encode(desk.view("situations")).decode()
    assert desk.document("cases", "g1")["situation_id"] == situation_id


def test_offered_and_promoted_it_is_one_incident_and_counted_once(desk: Floor) -> None:
    situation_id = opened(desk)
    assert incidents(desk) == (0, 0, 4)
    desk.done("offer_situation", situation_id=situation_id)
    assert shown(desk, situation_id)["state"] == "offered"
    assert incidents(desk) == (0, 0, 4)
    made = desk.done("promote_situation", actor="bob", situation_id=situation_id, kind="gas_leak", priority=1)
    assert incidents(desk) == (1, 1, 4)
    row = shown(desk, situation_id)
    assert (row["state"], row["incident_id"]) == ("promoted", made["incident_id"])
    assert {desk.document("cases", c)["incident_id"] for c in GAS[:3]} == {made["incident_id"]}
    assert desk.document("incidents", made["incident_id"])["priority"] == 1
    assert_agrees_with_its_log(desk.client, desk.keys, desk.city)


def test_a_later_call_joins_the_incident_and_may_leave_it(desk: Floor) -> None:
    situation_id = opened(desk)
    incident_id = desk.done("promote_situation", situation_id=situation_id, kind="gas_leak")["incident_id"]
    desk.done("add_to_situation", situation_id=situation_id, case_ids=["g4"])
    assert desk.document("cases", "g4")["promoted_at"]
    desk.done("remove_from_situation", situation_id=situation_id, case_ids=["g4"], reason="another street")
    assert "promoted_at" not in desk.document("cases", "g4")
    assert "situation_id" not in desk.document("cases", "g4")
    assert incidents(desk) == (1, 1, 4)
    assert desk.document("situations", situation_id)["incident_id"] == incident_id


def test_declined_with_a_reason_it_may_be_offered_again(desk: Floor) -> None:
    situation_id = opened(desk)
    assert "offered" not in desk.refused("decline_situation", situation_id=situation_id, reason="x")["reason"]
    desk.done("offer_situation", situation_id=situation_id)
    assert "needed" in desk.refused("decline_situation", situation_id=situation_id, reason="")["reason"]
    desk.done("decline_situation", actor="bob", situation_id=situation_id, reason="planned works of the gas company")
    assert shown(desk, situation_id)["state"] == "declined"
    document = desk.document("situations", situation_id)
    assert (document["declined_by"], document["decline_reason"]) == ("bob", "planned works of the gas company")
    desk.done("offer_situation", situation_id=situation_id)
    assert shown(desk, situation_id)["state"] == "offered"


def test_a_case_is_in_one_open_situation_and_stands_for_one_incident(desk: Floor) -> None:
    first = opened(desk, GAS[:2])
    assert desk.refused("open_situation", title="x", case_ids=["g2", "g3"])["detail"]["situation_id"] == first
    second = opened(desk, GAS[2:])
    assert desk.refused("add_to_situation", situation_id=second, case_ids=["g1"])["detail"]["situation_id"] == first
    incident_id = desk.done("promote_case", case_id="g3", kind="fire")["incident_id"]
    said = desk.refused("promote_situation", situation_id=second, kind="gas_leak")
    assert said["detail"]["incident_id"] == incident_id
    desk.done("promote_situation", situation_id=second, incident_id=incident_id)
    assert desk.document("cases", "g4")["incident_id"] == incident_id
    assert incidents(desk) == (1, 1, 4)
    desk.done("close_situation", situation_id=first)
    assert opened(desk, GAS[:2]) != first


def test_demoting_the_incident_opens_the_situation_again_with_all_its_cases(desk: Floor) -> None:
    situation_id = opened(desk)
    desk.done("offer_situation", situation_id=situation_id)
    incident_id = desk.done("promote_situation", situation_id=situation_id, kind="gas_leak")["incident_id"]
    desk.done("demote_incident", incident_id=incident_id, reason="a cooker")
    assert shown(desk, situation_id)["state"] == "offered"
    assert all("promoted_at" not in desk.document("cases", c) for c in GAS[:3])
    desk.done("undo")
    assert shown(desk, situation_id)["state"] == "promoted"
    assert all(desk.document("cases", c)["promoted_at"] for c in GAS[:3])
    assert incidents(desk) == (1, 1, 4)


@pytest.mark.parametrize(
    ("before", "verb", "args", "state_after_undo"),
    [
        ((), "open_situation", {"title": "x", "case_ids": ["g1", "g2"]}, ""),
        (("open",), "add_to_situation", {"case_ids": ["g4"]}, "open"),
        (("open",), "remove_from_situation", {"case_ids": ["g3"]}, "open"),
        (("open",), "offer_situation", {}, "open"),
        (("open", "offer"), "decline_situation", {"reason": "x"}, "offered"),
        (("open", "offer"), "promote_situation", {"kind": "gas_leak"}, "offered"),
        (("open",), "close_situation", {}, "open"),
    ],
)
def test_every_act_can_be_taken_back(
    desk: Floor, before: tuple[str, ...], verb: str, args: dict[str, Any], state_after_undo: str
) -> None:
    situation_id = opened(desk) if before else ""
    if "offer" in before:
        desk.done("offer_situation", situation_id=situation_id)
    cases = {c: desk.document("cases", c) for c in GAS}
    counted = incidents(desk)
    made = desk.done(verb, **({"situation_id": situation_id} if before else {}), **args)
    desk.done("undo")
    situation_id = situation_id or str(made["situation_id"])
    assert shown(desk, situation_id).get("state", "") == state_after_undo
    now = incidents(desk)
    assert (now[0], now[2]) == (counted[0], counted[2])
    for c, known in cases.items():
        now_known = desk.document("cases", c)
        assert now_known.get("promoted_at") == known.get("promoted_at")
        if before:
            assert now_known.get("situation_id") == known.get("situation_id")
    assert_agrees_with_its_log(desk.client, desk.keys, desk.city)


def test_what_changed_since_is_not_taken_back(desk: Floor) -> None:
    situation_id = opened(desk)
    desk.done("offer_situation", actor="bob", situation_id=situation_id)
    assert "changed since" in desk.refused("undo")["reason"]
    incident_id = desk.done("promote_situation", situation_id=situation_id, kind="gas_leak")["incident_id"]
    desk.done("escalate", actor="bob", incident_id=incident_id, priority=1)
    assert "went on" in desk.refused("undo")["reason"]


def test_nobody_outside_speaks_of_situations(desk: Floor) -> None:
    desk.post("situation.opened", situation_id="s1", title="x", case_ids=["g1"])
    desk.post("matter.published", matter_id="m1", what="x", until="2026-03-05T00:00:00Z")
    desk.turn()
    assert desk.view("situations") == desk.view("matters") == {}
    assert len(desk.dead()) == 2


def test_another_engine_shows_the_same(desk: Floor) -> None:
    situation_id = opened(desk)
    desk.done("offer_situation", situation_id=situation_id)
    before = shown(desk, situation_id)
    desk.engine = desk.new_engine()
    assert shown(desk, situation_id) == before
    assert "is in situation" in desk.refused("open_situation", title="x", case_ids=["g1"])["reason"]
