"""The order of the queue: total, stable, with a reason for every place, and never by whether the place is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergency.assignments import Assignment
from emergency.handover import HandOver
from emergency.incidents import Incident, stage_of
from emergency.queueing import Tier, placed, rank, reasons, waits_since

BEGIN = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)


def after(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def incident(name: str = "i1", units: int = 0, **fields: Any) -> Incident:
    crew = tuple(Assignment(unit_id=f"E{n}", dispatched_at=BEGIN) for n in range(units))
    plain = Incident(incident_id=name, cell="892a306", occurred_at=BEGIN, received_at=BEGIN, assignments=crew)
    found = msgspec.structs.replace(plain, **fields)
    return msgspec.structs.replace(found, stage=stage_of(found).value)


def order(*queue: tuple[Incident, int, bool]) -> list[str]:
    ranked = [(rank(i, reasons(i, asked, danger)), i.incident_id) for i, asked, danger in queue]
    return [name for _, name in sorted(ranked)]


LEFT = (Assignment(unit_id="E9", dispatched_at=BEGIN, ended="cleared", cleared_at=after(9)),)


def test_the_queue_is_ordered_as_a_dispatcher_would_look() -> None:
    queue = (
        (incident("cleared", assignments=LEFT, priority=1), 0, False),
        (incident("worked", units=2, priority=1), 2, False),
        (incident("new-3", priority=3), 0, False),
        (incident("new-2-later", occurred_at=after(5)), 0, False),
        (incident("new-2", occurred_at=after(1)), 0, False),
        (incident("short-1", units=1, priority=1), 4, False),
        (incident("new-1", priority=1), 0, False),
        (incident("robbed-1", priority=1, requeued_at=after(20)), 0, False),
        (incident("in-danger-3", units=1, priority=3), 0, True),
    )
    expected = ["in-danger-3", "robbed-1", "new-1", "short-1", "new-2", "new-2-later", "new-3", "worked", "cleared"]
    assert order(*queue) == expected
    assert order(*reversed(queue)) == expected


def test_an_unlocated_priority_1_queues_like_any_other() -> None:
    nowhere = incident("a", priority=1, cell="", area="")
    somewhere = incident("a", priority=1)
    assert rank(nowhere, reasons(nowhere)) == rank(somewhere, reasons(somewhere))
    assert reasons(nowhere) == ("unassigned", "unlocated")
    assert (placed(nowhere), placed(incident(cell="", area="Roxbury")), placed(somewhere)) == (
        "unknown",
        "area",
        "point",
    )


@pytest.mark.parametrize(
    ("fields", "asked", "expected"),
    [
        ({}, 0, ("unassigned",)),
        ({"requeued_at": BEGIN}, 0, ("requeued", "unassigned")),
        ({"units": 1}, 0, ("working",)),
        ({"units": 1}, 1, ("working",)),
        ({"units": 1}, 2, ("short", "working")),
        ({"units": 1, "contained_at": BEGIN}, 9, ("working",)),
        ({"reopened": 1, "reopened_at": after(9)}, 0, ("unassigned", "reopened")),
        ({"assignments": LEFT}, 3, ()),
    ],
)
def test_why_it_stands_there(fields: dict[str, Any], asked: int, expected: tuple[str, ...]) -> None:
    assert reasons(incident(**fields), asked) == expected


def test_what_came_back_from_another_agency_is_loud_until_somebody_is_sent() -> None:
    back = HandOver(to="110", state="returned", offered_at=BEGIN, due_at=after(2))
    waiting, worked = incident("b", handover=back), incident("b", handover=back, units=1)
    assert reasons(waiting) == ("returned", "unassigned")
    assert reasons(worked) == ("working",)
    assert order((incident("a"), 0, False), (waiting, 0, False)) == ["b", "a"]


some = st.builds(
    incident,
    name=st.text("abc", min_size=1, max_size=3),
    units=st.integers(0, 2),
    priority=st.integers(1, 3),
    cell=st.sampled_from(("", "892a306")),
    reopened=st.integers(0, 1),
    requeued_at=st.none() | st.just(after(3)),
    occurred_at=st.integers(0, 9).map(after),
)


@given(st.lists(st.tuples(some, st.integers(0, 3), st.booleans()), max_size=12), st.randoms())
def test_the_order_is_total_and_does_not_depend_on_the_order_of_arrival(queue: list[Any], draw: Any) -> None:
    expected = order(*queue)
    draw.shuffle(queue)
    assert order(*queue) == expected


@given(some, st.integers(0, 3), st.booleans())
def test_every_place_has_its_reason(one: Incident, asked: int, danger: bool) -> None:
    why = reasons(one, asked, danger)
    tier, urgency, since = rank(one, why)
    assert since == waits_since(one)
    assert (tier == Tier.DISTRESS) == danger == ("distress" in why)
    if tier == Tier.NEEDED:
        assert {"unassigned", "requeued", "short", "returned"} & set(why)
    if tier == Tier.WORKED:
        assert "working" in why
    graver = msgspec.structs.replace(one, priority=max(1, one.priority - 1))
    assert rank(graver, why) <= (tier, urgency, since)
