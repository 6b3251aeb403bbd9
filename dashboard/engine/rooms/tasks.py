"""Tasks in memory: emergency calls that nobody answered, or in which nobody spoke, until somebody calls back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.engine.rooms.room import Room
from emergency.tasks import KEEP_CLOSED, Task, fold_task, is_emergency, task_id_of
from hotline.calls import Call
from streams.events import Recording, TaskPayload

if TYPE_CHECKING:
    from dashboard.engine.state import State

TOPIC = "tasks"


class TasksRoom(Room):
    entity = "task"
    noun = "tasks"
    document = Task

    documents: dict[str, Task]

    def __init__(self, state: State):
        super().__init__(state)
        self.incidents: dict[str, set[str]] = {}  # incident -> open tasks that belong to it
        self._wanted: dict[str, Call] = {}  # calls that should have a task, while no fact opens one

    def absorb(self, payload: TaskPayload, recording: Recording) -> None:
        before = self.documents.get(payload.task_id)
        after = fold_task(before, payload, recording)
        if after is not before:
            self.put(before, after)

    def put(self, before: Task | None, after: Task) -> None:
        self.changed.add(after.task_id)
        self._keep(before, after)

    def adopt(self, document: Task) -> None:
        self._keep(None, document)

    def _keep(self, before: Task | None, after: Task) -> None:
        self.documents[after.task_id] = after
        self._wanted.pop(after.task_id, None)
        self._relate(before, after)
        if after.is_open:
            self.state.views.put(TOPIC, after.task_id, _row(after))
        else:
            self.state.views.drop(TOPIC, after.task_id)
        if after.closed_at is not None:
            self.set_timer(max(after.closed_at + KEEP_CLOSED, self.state.now), after.task_id)

    def _relate(self, before: Task | None, after: Task) -> None:
        """Incidents of which a task is open say so in the queue."""
        mark = self.state.incident_room.queue.mark
        if before is not None and (known := self.incidents.get(before.incident_id)) is not None:
            known.discard(before.task_id)
            if not known:
                del self.incidents[before.incident_id]
            mark(before.incident_id)
        if after.is_open and after.incident_id:
            self.incidents.setdefault(after.incident_id, set()).add(after.task_id)
            mark(after.incident_id)

    def wake(self, key: str) -> None:
        task = self.documents.get(key)
        if task is not None and task.closed_at is not None and self.state.now - task.closed_at >= KEEP_CLOSED:
            self.leave(key)

    def consider(self, call: Call) -> None:
        """An emergency call that was silent or given up needs a task; one that was answered after all needs none."""
        if not is_emergency(call.channel, call.agency):
            return
        task_id = task_id_of(call.call_id)
        if call.offered_at is not None and (call.gone_at is not None or call.silent):
            if task_id not in self.documents:
                self._wanted[task_id] = call
        else:
            self._wanted.pop(task_id, None)

    def take_wanted(self) -> dict[str, Call]:
        """Task id -> call, of the calls that need a task which nobody has opened yet."""
        found, self._wanted = self._wanted, {}
        return found


def _row(task: Task) -> dict[str, object]:
    """What a desk sees of an open task: never the number itself."""
    return {
        "id": task.task_id,
        "kind": task.kind,
        "phone_known": task.phone_known,
        "call_id": task.call_id,
        "incident_id": task.incident_id,
        "agency": task.agency,
        "lang": task.language,
        "called_at": task.called_at,
        "at": task.opened_at,
        "due_at": task.due_at,
        "owner": task.owner,
        "state": task.state,
        "tries": task.tries,
        "version": task.seq,
    }
