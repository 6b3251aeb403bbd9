"""`dispatch` with `expected`: what was displayed is what is sent, or the difference is told and nothing is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.test_desk_verbs import Desk
from tests.engine.test_desk_verbs import desk as desk  # a fixture
from tests.support.engines import CORNER

LAT, LNG = CORNER


def displayed(desk: Desk, *unit_ids: str) -> list[dict[str, Any]]:
    return [{"unit_id": unit_id, "version": desk.unit(unit_id).seq} for unit_id in unit_ids]


def step(desk: Desk, type_: str, **data: Any) -> None:
    desk.post(type_, **data)
    desk.turn()


NO_CHANGE: dict[str, Callable[[Desk], object]] = {
    "nothing": lambda desk: None,
    "it moved": lambda desk: step(desk, "unit.moved", unit_id="E1", lat=LAT, lng=LNG),
    "it was listed again": lambda desk: step(desk, "unit.listed", unit_id="E1", kind="ENGINE", station="7"),
    "another one changed": lambda desk: step(desk, "unit.signalled", unit_id="E3", status="out_of_service"),
    "a word was written": lambda desk: desk.did("note", incident_id="i1", text="key under the mat"),
}
CHANGES: dict[str, Callable[[Desk], object]] = {
    "it was sent elsewhere": lambda desk: step(desk, "unit.dispatched", unit_id="E1", incident_id="i2"),
    "it broke down": lambda desk: step(desk, "unit.signalled", unit_id="E1", status="out_of_service", reason="clutch"),
    "it is on its way home": lambda desk: step(desk, "unit.signalled", unit_id="E1", status="returning"),
    "it does not answer": lambda desk: step(desk, "unit.signalled", unit_id="E1", status="out_of_contact"),
}


@pytest.mark.parametrize("what", NO_CHANGE)
def test_what_changes_no_status_stands_in_nobodys_way(desk: Desk, what: str) -> None:
    expected = displayed(desk, "E1", "E2")
    NO_CHANGE[what](desk)
    desk.did("dispatch", incident_id="i1", unit_ids=["E1", "E2"], expected=expected)
    assert [desk.unit(u).status for u in ("E1", "E2")] == ["dispatched"] * 2


@pytest.mark.parametrize("what", CHANGES)
def test_a_unit_whose_status_changed_is_told_and_none_is_sent(desk: Desk, what: str) -> None:
    expected = displayed(desk, "E1", "E2")
    CHANGES[what](desk)
    unit = desk.unit("E1")
    reply = desk.asked("dispatch", incident_id="i1", unit_ids=["E1", "E2"], expected=expected)
    assert reply["outcome"] == "refused"
    assert reply["reason"].startswith(f"changed since you saw it: E1 is {unit.status}")
    (difference,) = reply["detail"]["changed"]
    assert (difference["unit_id"], difference["version"]) == ("E1", unit.seq)
    assert (difference["status"], difference["incident_ids"]) == (unit.status, list(unit.assignments))
    assert desk.unit("E2").status == "available"
    again = desk.asked("dispatch", incident_id="i1", unit_ids=["E2"], expected=displayed(desk, "E2"))
    assert again["outcome"] == "done"


def test_a_unit_that_was_away_and_is_free_again_is_not_as_displayed(desk: Desk) -> None:
    """Its status reads the same, but it stands somewhere else and has worked."""
    expected = displayed(desk, "E1")
    for type_ in ("unit.dispatched", "unit.cleared"):
        step(desk, type_, unit_id="E1", incident_id="i2")
    assert desk.refused("dispatch", incident_id="i1", unit_ids=["E1"], expected=expected) == (
        "changed since you saw it: E1 is available"
    )


def test_a_unit_of_the_display_that_was_not_chosen_counts_only_when_it_is_named(desk: Desk) -> None:
    expected = displayed(desk, "E1", "E2")
    step(desk, "unit.signalled", unit_id="E1", status="out_of_service")
    assert "E1 is out-of-service" in desk.refused("dispatch", incident_id="i1", unit_ids=["E2"], expected=expected)
    desk.did("dispatch", incident_id="i1", unit_ids=["E2"], expected=expected[1:])


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ([{"unit_id": "E9", "version": 1}], "unit E9 is unknown"),
        ([{"unit_id": "E1"}], "version: needed"),
        ([{"unit_id": "E1", "version": -1}], "version"),
        ("E1", "expected: Expected `array`, got `str`"),
    ],
)
def test_a_display_that_cannot_have_been_is_refused(desk: Desk, expected: Any, said: str) -> None:
    assert said in desk.refused("dispatch", incident_id="i1", unit_ids=["E1"], expected=expected)


def test_versions_outlive_a_restart(desk: Desk) -> None:
    expected = displayed(desk, "E1")
    desk.restart()
    desk.did("dispatch", incident_id="i1", unit_ids=["E1"], expected=expected)
