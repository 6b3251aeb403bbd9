"""The roster: every unit as its dispatcher needs it. It changes with a unit's state, never with its position."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from emergency.alarm_rules import Post, Settings, check_in_due_at
from emergency.plans import load_plans
from emergency.units import Unit

if TYPE_CHECKING:
    from dashboard.engine.state import State

TOPIC = "roster"


@cache
def capabilities() -> Mapping[str, list[str]]:
    """What each kind of unit can do, by the plans."""
    return {kind: sorted(able) for kind, able in load_plans().able.items()}


class Roster:
    """The topic `roster`."""

    def __init__(self, state: State):
        self.state = state

    def show(self, unit: Unit, posts: Mapping[str, Post], settings: Settings) -> None:
        row = {
            "id": unit.unit_id,
            "kind": unit.kind,
            "station": unit.station,
            "agency": unit.agency,
            "status": unit.status,
            "status_at": unit.status_at,
            "status_by": unit.status_by,
            "incidents": list(unit.assignments),
            "stacked": list(unit.stacked),
            "reason": unit.out_of_service or unit.out_of_contact,
            "out_of_contact": bool(unit.out_of_contact),
            "capabilities": capabilities().get(unit.kind, []),
            "crew": unit.crew,
            "check_in_due_at": check_in_due_at(unit, posts, settings),
            "distress": unit.distress_at is not None,
            "version": unit.status_seq,
        }
        self.state.views.put(TOPIC, unit.unit_id, row)
