"""What a dispatcher may ask about call-back tasks: say how the call went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.engine import arguments as given
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.verbs.reading import clock, known_incident, moment, read, unchanged
from emergency.tasks import Task, next_try
from streams.events import TaskClosed, TaskPayload, TaskTried

if TYPE_CHECKING:
    from dashboard.engine.state import State


def call_back(state: State, request: Request) -> Granted:
    """Nobody answered: try again later. Reached, or resolved in another way: done; `incident_id` says what it was."""
    asked = read(request, given.CallBack)
    task: Task | None = state.task_room.documents.get(asked.task_id)
    if task is None or task.opened_at is None:
        raise Refused(f"task {asked.task_id} is unknown")
    unchanged(request, task.seq)
    if not task.is_open:
        raise Refused(f"task {asked.task_id} was {task.state} by {task.owner}", {"by": task.owner})
    if asked.incident_id:
        known_incident(state, asked.incident_id)
    at = moment(state, asked.at, task.tried_at or task.reopened_at or task.called_at, "the last call")
    if asked.result == "no-answer":
        if task.tried_at is not None and (at or state.now) <= task.tried_at:
            raise Refused(f"that call is written down already ({clock(task.tried_at)})")
        tried: TaskPayload = TaskTried(task_id=asked.task_id, incident_id=asked.incident_id)
        due_at = clock(next_try(task.tries + 1, at or state.now))
        return Granted([tried], {"due_at": due_at}, occurred_at=at)
    closed = TaskClosed(task_id=asked.task_id, result=asked.result, incident_id=asked.incident_id)
    return Granted([closed], occurred_at=at)


TASK_VERBS = {"call_back": call_back}
