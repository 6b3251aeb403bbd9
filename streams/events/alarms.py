"""What happens to an alarm: the engine raises, escalates and clears it, people acknowledge and shelve it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from streams.events.envelope import Payload


class AlarmPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "alarm"
    SUBJECT: ClassVar[str] = "alarm_id"
    alarm_id: str


class AlarmRaised(AlarmPayload, frozen=True, kw_only=True):
    """Somebody must act on `about` (`incident:<id>`, `unit:<id>` or `task:<id>`): it sounds at the position `owner`."""

    kind: str
    severity: int
    about: str
    area: str = ""
    owner: str = ""


class AlarmJoined(AlarmPayload, frozen=True, kw_only=True):
    """In a flood one more matter of the same area and kind joined the alarm, without a sound."""

    about: str


class AlarmLeft(AlarmPayload, frozen=True, kw_only=True):
    """Nobody need act on `about` any more; the alarm goes on for the others."""

    about: str


class AlarmCleared(AlarmPayload, frozen=True, kw_only=True):
    """Nobody need act on anything of it any more."""


class AlarmEscalated(AlarmPayload, frozen=True, kw_only=True):
    """Its owner did not hear it (`unattended`) or did not answer it (`unacknowledged`): it is the supervisor's, too."""

    reason: str


class AlarmAcknowledged(AlarmPayload, frozen=True, kw_only=True):
    """Somebody heard it: it is silent everywhere."""


class AlarmShelved(AlarmPayload, frozen=True, kw_only=True):
    """Somebody put it aside, for a reason, until it returns by itself."""

    reason: str
    until: datetime


class AlarmUnshelved(AlarmPayload, frozen=True, kw_only=True):
    """It sounds again: somebody fetched it back, or its time had come."""

    reason: str = ""
