"""What must be done by somebody, and who did it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from streams.events.envelope import Payload


class TaskPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "task"
    SUBJECT: ClassVar[str] = "task_id"
    task_id: str


class TaskOpened(TaskPayload, frozen=True, kw_only=True):
    """Somebody must be called back. The number stands with the call, apart; `phone_known` says whether there is one."""

    kind: str = "call-back"
    call_id: str = ""
    incident_id: str = ""
    agency: str = ""
    language: str = ""
    called_at: datetime | None = None
    phone_known: bool = False


class TaskTried(TaskPayload, frozen=True, kw_only=True):
    """They were called, and nobody answered."""

    incident_id: str = ""


class TaskClosed(TaskPayload, frozen=True, kw_only=True):
    """It is done: the caller was `reached`, or it was `resolved` in another way."""

    result: str = "resolved"
    incident_id: str = ""


class TaskReopened(TaskPayload, frozen=True, kw_only=True):
    """It is not done after all."""

    reason: str = ""
