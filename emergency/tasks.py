"""Call-back tasks: an emergency call that was silent, or given up before anybody answered, is not forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from streams.events import Recording, TaskClosed, TaskOpened, TaskPayload, TaskReopened, TaskTried

# Numbers that are dialled for help; a city whose floor answers several says it by channel or by agency.
EMERGENCY_NUMBERS = frozenset({"110", "119", "120", "122", "911", "112", "999", "000", "emergency"})
FIRST_TRY = timedelta(seconds=60)
NEXT_TRIES = (timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15))  # after the first, second … try
KEEP_CLOSED = timedelta(hours=26)
CALL_BACK = "call-back"


class Task(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One call to be made, as of `seq`. Times are times outside; the number itself stands apart, with the call.

    `result` is how it ended: `reached` or `resolved`. A fact that comes before the opening makes a stub, which waits
    nowhere until the opening comes.
    """

    task_id: str
    kind: str = CALL_BACK
    call_id: str = ""
    incident_id: str = ""  # what it turned out to be about
    agency: str = ""
    language: str = ""
    phone_known: bool = False
    called_at: datetime | None = None
    opened_at: datetime | None = None
    due_at: datetime | None = None
    owner: str = ""  # who last had it in hand
    tries: int = 0
    tried_at: datetime | None = None
    closed_at: datetime | None = None
    reopened_at: datetime | None = None
    result: str = ""
    seq: int = 0

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None and self.closed_at is None

    @property
    def state(self) -> str:
        """`open`, `tried` (nobody answered yet), or how it ended."""
        if self.closed_at is not None:
            return self.result or "resolved"
        return "tried" if self.tries else "open"


def is_emergency(channel: str, agency: str) -> bool:
    """Whether a call came in on an emergency number."""
    return channel.lower() in EMERGENCY_NUMBERS or agency in EMERGENCY_NUMBERS


def task_id_of(call_id: str) -> str:
    """The one task of a call. A very long id is cut: ids have 200 characters at most."""
    return f"call:{call_id}"[:200]


def next_try(tries: int, tried_at: datetime) -> datetime:
    """When to try again after so many tries, the last at `tried_at`."""
    return tried_at + NEXT_TRIES[min(max(tries, 1), len(NEXT_TRIES)) - 1]


def fold_task(task: Task | None, payload: TaskPayload, recording: Recording) -> Task:
    """The task after one fact, or the same object when the fact changes nothing."""
    known = task or Task(task_id=payload.task_id)
    if isinstance(payload, TaskOpened):
        return _opened(known, payload, recording)
    if isinstance(payload, TaskTried):
        return _tried(known, payload, recording)
    if isinstance(payload, TaskClosed):
        return _closed(known, payload, recording)
    return _reopened(known, recording) if isinstance(payload, TaskReopened) else known


def _opened(task: Task, payload: TaskOpened, recording: Recording) -> Task:
    if task.opened_at is not None:
        return task
    return msgspec.structs.replace(
        task,
        kind=payload.kind,
        call_id=payload.call_id,
        incident_id=task.incident_id or payload.incident_id,
        agency=payload.agency,
        language=payload.language,
        phone_known=payload.phone_known,
        called_at=payload.called_at,
        opened_at=recording.occurred_at,
        due_at=task.due_at or recording.occurred_at + FIRST_TRY,
        seq=recording.seq,
    )


def _tried(task: Task, payload: TaskTried, recording: Recording) -> Task:
    at = recording.occurred_at
    if task.closed_at is not None or (task.tried_at is not None and at <= task.tried_at):
        return task
    tries = task.tries + 1
    return msgspec.structs.replace(
        task,
        tries=tries,
        tried_at=at,
        due_at=next_try(tries, at),
        owner=recording.by,
        incident_id=payload.incident_id or task.incident_id,
        seq=recording.seq,
    )


def _closed(task: Task, payload: TaskClosed, recording: Recording) -> Task:
    at = recording.occurred_at
    if task.closed_at is not None or (task.reopened_at is not None and at < task.reopened_at):
        return task  # an old end ends nothing new
    return msgspec.structs.replace(
        task,
        closed_at=at,
        result=payload.result,
        owner=recording.by,
        incident_id=payload.incident_id or task.incident_id,
        seq=recording.seq,
    )


def _reopened(task: Task, recording: Recording) -> Task:
    if task.closed_at is None:
        return task
    return msgspec.structs.replace(
        task, closed_at=None, result="", reopened_at=recording.occurred_at, seq=recording.seq
    )
