"""An alarm: somebody must act now. Who, since when, who heard it; and how many sound when everything happens at once.

An alarm has members, the things it is about: one, or in a flood all of one area and kind that came later without a
sound. It is over when the last member needs nobody any more. After ISA-18.2 / EEMUA 191 (shared/domain.md, 3.7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from emergency.alarm_rules import DISTRESS, GRAVEST, RULES, Due, Settings
from streams.events import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmEscalated,
    AlarmJoined,
    AlarmLeft,
    AlarmPayload,
    AlarmRaised,
    AlarmShelved,
    AlarmUnshelved,
    Recording,
)

WINDOW = timedelta(minutes=10)
MOST_SHELVED = timedelta(hours=8)  # a shift
SOUNDINGS_KEPT = 20
LOOK_AGAIN = timedelta(seconds=5)  # whoever was at a position may have left it
UNATTENDED, UNACKNOWLEDGED = "unattended", "unacknowledged"
RETURNED = "its time had come"


class AlarmState(StrEnum):
    SOUNDING = "sounding"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    CLEARED = "cleared"


class Alarm(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One alarm as of `seq`. `members` says since when each thing belongs to it, the first one first; `owner` is the
    position that must act; `sounded` are the instants at which it began to sound; `by` is who changed its state last.
    """

    alarm_id: str
    kind: str
    severity: int = 2
    about: str = ""  # what it was raised for
    area: str = ""
    owner: str = ""
    at: datetime
    state: str = AlarmState.SOUNDING.value
    members: dict[str, datetime] = {}
    sounded: tuple[datetime, ...] = ()
    by: str = ""
    state_at: datetime | None = None
    reason: str = ""  # why it is shelved
    until: datetime | None = None  # when it returns
    escalated_at: datetime | None = None
    escalated: str = ""  # why
    seq: int = 0

    @property
    def is_active(self) -> bool:
        return self.state != AlarmState.CLEARED.value

    @property
    def is_sounding(self) -> bool:
        return self.state == AlarmState.SOUNDING.value

    @property
    def may_be_shelved(self) -> bool:
        return self.kind != DISTRESS


def fold_alarm(alarm: Alarm | None, payload: AlarmPayload, recording: Recording) -> Alarm | None:
    """The alarm after one fact, or the same object when the fact changes nothing."""
    if isinstance(payload, AlarmRaised):
        return _raised(payload, recording) if alarm is None else alarm
    if alarm is None or not alarm.is_active:
        return alarm
    changes = FOLDS[type(payload)](alarm, payload, recording)
    return msgspec.structs.replace(alarm, **changes, seq=recording.seq) if changes else alarm


Changes = dict[str, Any]


def _raised(payload: AlarmRaised, recording: Recording) -> Alarm:
    return Alarm(
        alarm_id=payload.alarm_id,
        kind=payload.kind,
        severity=payload.severity,
        about=payload.about,
        area=payload.area,
        owner=payload.owner,
        at=recording.at,
        members={payload.about: recording.at},
        sounded=(recording.at,),
        state_at=recording.at,
        seq=recording.seq,
    )


def _joined(alarm: Alarm, payload: AlarmJoined, recording: Recording) -> Changes:
    return {} if payload.about in alarm.members else {"members": {**alarm.members, payload.about: recording.at}}


def _left(alarm: Alarm, payload: AlarmLeft, recording: Recording) -> Changes:
    if payload.about not in alarm.members:
        return {}
    return {"members": {about: at for about, at in alarm.members.items() if about != payload.about}}


def _set(state: AlarmState, recording: Recording, **more: Any) -> Changes:
    return {"state": state.value, "by": recording.by, "state_at": recording.at, "reason": "", "until": None, **more}


def _unshelved(alarm: Alarm, payload: AlarmUnshelved, recording: Recording) -> Changes:
    if alarm.state != AlarmState.SHELVED.value:
        return {}
    sounded = (*alarm.sounded[1 - SOUNDINGS_KEPT :], recording.at)
    return _set(AlarmState.SOUNDING, recording, sounded=sounded, escalated_at=None, escalated="")


def _escalated(alarm: Alarm, payload: AlarmEscalated, recording: Recording) -> Changes:
    if alarm.escalated_at is not None or not alarm.is_sounding:
        return {}
    return {"escalated_at": recording.at, "escalated": payload.reason}


def _acknowledged(alarm: Alarm, payload: AlarmAcknowledged, recording: Recording) -> Changes:
    return _set(AlarmState.ACKNOWLEDGED, recording) if alarm.is_sounding else {}


def _shelved(alarm: Alarm, payload: AlarmShelved, recording: Recording) -> Changes:
    if not alarm.may_be_shelved:
        return {}
    return _set(AlarmState.SHELVED, recording, reason=payload.reason, until=payload.until)


FOLDS: dict[type[AlarmPayload], Callable[[Alarm, Any, Recording], Changes]] = {
    AlarmJoined: _joined,
    AlarmLeft: _left,
    AlarmCleared: lambda alarm, payload, recording: _set(AlarmState.CLEARED, recording, members={}),
    AlarmEscalated: _escalated,
    AlarmAcknowledged: _acknowledged,
    AlarmShelved: _shelved,
    AlarmUnshelved: _unshelved,
}


# what must happen to alarms


def outdated(alarm: Alarm, about: str, dues: Mapping[str, Due], now: datetime) -> AlarmLeft | AlarmCleared | None:
    """What ends an alarm for one of its members, `dues` being that one's causes by kind; None when it goes on.

    A cause that became graver, or moved to another area, is an alarm of its own: somebody must hear it anew.
    """
    due = dues.get(alarm.kind)
    if due is not None and due.holds(now) and due.severity >= alarm.severity and due.area == alarm.area:
        return None
    if alarm.members.keys() - {about}:
        return AlarmLeft(alarm_id=alarm.alarm_id, about=about)
    return AlarmCleared(alarm_id=alarm.alarm_id)


def raise_or_join(
    due: Due, active: Iterable[Alarm], sounded: Sequence[datetime], now: datetime, settings: Settings, alarm_id: str
) -> AlarmRaised | AlarmJoined:
    """Let a cause sound, or in a flood join what sounds already for its area and kind.

    `active` are the alarms of its owner, `sounded` when alarms began to sound there. What is grave always sounds:
    two incidents of priority 1 never share an alarm.
    """
    if due.severity > GRAVEST and is_flood(sounded, now, settings):
        for alarm in active:
            if _takes(alarm, due):
                return AlarmJoined(alarm_id=alarm.alarm_id, about=due.about)
    return AlarmRaised(
        alarm_id=alarm_id, kind=due.kind, severity=due.severity, about=due.about, area=due.area, owner=due.area
    )


def _takes(alarm: Alarm, due: Due) -> bool:
    """Whether a cause may hide behind an alarm: never behind a shelved one, nor behind a milder one."""
    return (
        alarm.is_active
        and alarm.state != AlarmState.SHELVED.value
        and GRAVEST < alarm.severity <= due.severity
        and (alarm.kind, alarm.area) == (due.kind, due.area)
        and due.about not in alarm.members
    )


def rate(sounded: Iterable[datetime], now: datetime) -> int:
    """How many alarms began to sound in the last ten minutes."""
    return sum(now - WINDOW < at <= now for at in sounded)


def is_flood(sounded: Iterable[datetime], now: datetime, settings: Settings) -> bool:
    return rate(sounded, now) >= settings.rate.flood


def escalation(alarm: Alarm, attended: bool, now: datetime, settings: Settings) -> AlarmEscalated | None:
    """Whether an alarm goes to the supervisor, too: nobody is at its position, or nobody answers."""
    if not alarm.is_sounding or alarm.escalated_at is not None:
        return None
    sounds_for = now - alarm.sounded[-1]
    if not attended and sounds_for >= timedelta(seconds=settings.unattended_s):
        return AlarmEscalated(alarm_id=alarm.alarm_id, reason=UNATTENDED)
    if sounds_for >= settings.escalate_after(alarm.severity):
        return AlarmEscalated(alarm_id=alarm.alarm_id, reason=UNACKNOWLEDGED)
    return None


def returning(alarm: Alarm, now: datetime) -> AlarmUnshelved | None:
    """A shelved alarm whose time has come sounds again."""
    if alarm.state != AlarmState.SHELVED.value or alarm.until is None or now < alarm.until:
        return None
    return AlarmUnshelved(alarm_id=alarm.alarm_id, reason=RETURNED)


def next_change(alarm: Alarm, now: datetime, settings: Settings) -> datetime | None:
    """The first instant after `now` at which an alarm may escalate or return without a fact, or None."""
    if alarm.state == AlarmState.SHELVED.value:
        return alarm.until
    if not alarm.is_sounding or alarm.escalated_at is not None:
        return None
    alone_at = alarm.sounded[-1] + timedelta(seconds=settings.unattended_s)
    late_at = alarm.sounded[-1] + settings.escalate_after(alarm.severity)
    return min(late_at, alone_at if alone_at > now else now + LOOK_AGAIN)


def rank(alarm: Alarm) -> tuple[int, int, int, datetime]:
    """Sort key: crews in danger first, then the graver, then the kind as `RULES` has it, then the older."""
    return (alarm.kind != DISTRESS, alarm.severity, list(RULES).index(alarm.kind), alarm.at)


def alarm_view(alarm: Alarm) -> dict[str, Any]:
    """The alarm as the topic `alarms` shows it."""
    rule = RULES[alarm.kind]
    first, severity, kind, at = rank(alarm)
    return {
        "id": alarm.alarm_id,
        "kind": alarm.kind,
        "severity": alarm.severity,
        "subject": next(iter(alarm.members), alarm.about),
        "area": alarm.area,
        "at": alarm.at,
        "owner": alarm.owner,
        "action": rule.action,
        "clears": rule.clears,
        "state": alarm.state,
        "by": alarm.by,
        "state_at": alarm.state_at,
        "reason": alarm.reason,
        "until": alarm.until,
        "count": len(alarm.members),
        "members": list(alarm.members),
        "escalated": alarm.escalated_at is not None,
        "may_be_shelved": alarm.may_be_shelved,
        "rank": [int(first), severity, kind, at],
        "version": alarm.seq,
    }
