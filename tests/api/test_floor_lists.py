"""The sheet of the hotline's floor counts by unit what its lists count in all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dashboard.accounts.floor_lists import LISTS, lists_of
from tests.api.conftest import Door, door
from tests.support.engines import NOON

__all__ = ["door"]

OWNERS = ("gas", "water", "gas", "", "gas", "water")


def test_units_add_up_to_the_lists_and_the_longest_stands_first(door: Door) -> None:
    for n, owner in enumerate(OWNERS):
        due_at = NOON + timedelta(hours=-1 if n < 4 else 2)
        door.city.case(f"C{n}", target_at=due_at.isoformat())
        if owner:
            door.city.post("case.dispatched", case_id=f"C{n}", owner=owner)
    door.city.post("case.closed", case_id="C1", at=NOON)
    door.settle()
    stand = lists_of(door.context)()
    by_list: dict[str, list[tuple[str, int]]] = {name: [] for name in LISTS}
    for one in stand:
        by_list[one.worklist].append((one.unit, one.n))
    told: Any = door.get("/worklists", "hotline").get_json()
    in_all = {one["name"]: one["n"] for one in told["lists"]}
    assert {name: sum(n for _, n in units) for name, units in by_list.items()} == {name: in_all[name] for name in LISTS}
    assert by_list["overdue"] == [("gas", 2), ("", 1)]
    assert by_list["due_soon"] == [("gas", 1), ("water", 1)]
    assert len({one.item_id for one in stand}) == len(stand)
