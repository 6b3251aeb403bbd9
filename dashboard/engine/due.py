"""What the engine itself must say because time passed or a call ended: facts of its own, from what is so now."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from streams.events import Payload, TaskOpened

if TYPE_CHECKING:
    from dashboard.engine.state import State

WithPhone = Callable[[Collection[str]], set[str]]  # of these subjects, those whose number is on record


def due_facts(state: State, with_phone: WithPhone) -> list[Payload]:
    """Hand-overs that nobody answered, reports that did not come, pauses that are over, calls to be returned."""
    return [
        *state.incident_room.take_overdue(),
        *state.case_room.take_resumed(),
        *state.matter_room.take_due(),
        *_call_backs(state, with_phone),
    ]


def _call_backs(state: State, with_phone: WithPhone) -> list[Payload]:
    wanted = state.task_room.take_wanted()
    if not wanted:
        return []
    known = with_phone([f"call:{call.call_id}" for call in wanted.values()])
    return [
        TaskOpened(
            task_id=task_id,
            call_id=call.call_id,
            agency=call.agency,
            language=call.language,
            called_at=call.offered_at,
            phone_known=f"call:{call.call_id}" in known,
        )
        for task_id, call in sorted(wanted.items())
    ]
