"""Two situations that are one thing: merged, split again, taken back; each case is in one of them throughout."""

from __future__ import annotations

from typing import Any

import pytest
import redis as redis_module

from dashboard.engine.situation_arguments import MOST_CASES
from tests.support.situations import GAS, Floor
from tests.support.truth import assert_agrees_with_its_log


@pytest.fixture
def desk(redis: redis_module.Redis) -> Floor:
    made = Floor(redis)
    made.done("open_situation", situation_id="part", title="Gas in the yard", case_ids=list(GAS[2:]))
    made.done("open_situation", situation_id="lead", title="Gas at the corner", case_ids=list(GAS[:2]))
    return made


def shown(desk: Floor) -> dict[str, Any]:
    desk.turn()
    return desk.view("situations")


def where(desk: Floor) -> dict[str, str]:
    """Each case -> the situation that its document names."""
    return {case_id: desk.document("cases", case_id).get("situation_id", "") for case_id in GAS}


def merge(desk: Floor, actor: str = "ann") -> dict[str, Any]:
    return desk.done("merge_situations", actor, situation_id="part", into="lead", reason="the same leak")


def test_merged_the_one_has_the_cases_of_both_and_the_other_is_closed_as_its_part(desk: Floor) -> None:
    assert merge(desk) == {"situation_id": "lead", "merged": "part"}
    [row] = shown(desk).values()
    assert (row["id"], row["n"], row["parts"]) == ("lead", 4, [{"id": "part", "title": "Gas in the yard"}])
    assert set(where(desk).values()) == {"lead"}
    part = desk.document("situations", "part")
    assert part["merged_into"] == "lead"
    assert part["closed_at"]
    assert "part of lead" in desk.refused("offer_situation", situation_id="part")["reason"]
    assert_agrees_with_its_log(desk.client, desk.keys, desk.city)


def test_split_it_is_open_again_as_it_was_with_what_the_other_one_still_has(desk: Floor) -> None:
    desk.done("offer_situation", situation_id="part")
    merge(desk)
    desk.done("remove_from_situation", situation_id="lead", case_ids=["g4"], reason="another street")
    desk.done("split_situation", situation_id="part", reason="two leaks")
    rows = shown(desk)
    assert (rows["lead"]["case_ids"], rows["lead"]["parts"]) == (["g1", "g2"], [])
    assert (rows["part"]["case_ids"], rows["part"]["state"]) == (["g3"], "offered")
    assert where(desk) == {"g1": "lead", "g2": "lead", "g3": "part", "g4": ""}
    assert "no part" in desk.refused("split_situation", situation_id="part")["reason"]
    assert_agrees_with_its_log(desk.client, desk.keys, desk.city)


def test_cases_that_join_an_incident_this_way_stand_for_it_and_no_more_when_split(desk: Floor) -> None:
    incident = desk.done("promote_situation", situation_id="lead", kind="gas_leak", priority=1)["incident_id"]
    merge(desk)
    assert {desk.document("cases", case_id)["incident_id"] for case_id in GAS} == {incident}
    desk.turn()
    assert (desk.figures()["incidents.open"], desk.figures()["incidents.received_total"]) == (1, 1)
    desk.done("split_situation", situation_id="part", reason="two leaks")
    stand = [case_id for case_id in GAS if "promoted_at" in desk.document("cases", case_id)]
    assert stand == list(GAS[:2])
    desk.done("undo")
    assert all("promoted_at" in desk.document("cases", case_id) for case_id in GAS)
    assert_agrees_with_its_log(desk.client, desk.keys, desk.city)


@pytest.mark.parametrize("split", [False, True])
def test_each_is_taken_back(desk: Floor, split: bool) -> None:
    if split:
        merge(desk)
    before, cases = shown(desk), where(desk)
    if split:
        desk.done("split_situation", situation_id="part")
    else:
        merge(desk)
    assert where(desk) != cases
    desk.done("undo")
    after = shown(desk)
    assert where(desk) == cases
    assert {key: row | {"version": 0} for key, row in after.items()} == {
        key: row | {"version": 0} for key, row in before.items()
    }
    assert_agrees_with_its_log(desk.client, desk.keys, desk.city)


def test_what_changed_since_is_not_taken_back(desk: Floor) -> None:
    merge(desk)
    desk.done("offer_situation", actor="bob", situation_id="lead")
    assert "lead was changed since" in desk.refused("undo")["reason"]


def test_what_cannot_be_merged_or_split_says_why(desk: Floor) -> None:
    def refused(verb: str = "merge_situations", **args: str) -> str:
        return str(desk.refused(verb, **{"situation_id": "part", "into": "lead"} | args)["reason"])

    assert "two different" in refused(into="part")
    assert "unknown" in refused(into="none")
    assert "no part of another" in desk.refused("split_situation", situation_id="part")["reason"]
    desk.done("promote_situation", situation_id="part", kind="gas_leak")
    assert "the other way round" in refused()
    desk.done("promote_situation", situation_id="lead", kind="gas_leak")
    assert "merge the incidents" in refused()
    desk.done("close_situation", situation_id="lead")
    assert "closed" in refused()


def test_a_part_that_would_leave_nothing_behind_is_not_split_off(desk: Floor) -> None:
    merge(desk)
    desk.done("remove_from_situation", situation_id="lead", case_ids=["g1", "g2"])
    assert "close it" in desk.refused("split_situation", situation_id="part")["reason"]


def test_a_situation_has_so_many_cases_at_most(desk: Floor) -> None:
    many = [f"m{n}" for n in range(MOST_CASES - 1)]
    for case_id in many:
        desk.case(case_id)
    desk.turn()
    desk.done("open_situation", situation_id="many", title="Many", case_ids=many)
    assert f"at most {MOST_CASES}" in desk.refused("merge_situations", situation_id="part", into="many")["reason"]


def test_another_engine_knows_what_is_part_of_what(desk: Floor) -> None:
    merge(desk)
    before = shown(desk)
    desk.engine = desk.new_engine()
    assert shown(desk) == before
    desk.done("split_situation", situation_id="part")
    assert set(shown(desk)) == {"lead", "part"}
