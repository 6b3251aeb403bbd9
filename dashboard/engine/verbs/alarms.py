"""What a dispatcher may ask about alarms and about a crew's safety: hear, shelve, call for help, check in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dashboard.engine import arguments as given
from dashboard.engine.acts import Act
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.verbs.reading import clock, known_unit, moment, read, unchanged
from emergency.alarms import MOST_SHELVED, Alarm, AlarmState
from streams.events import (
    AlarmAcknowledged,
    AlarmShelved,
    AlarmUnshelved,
    Payload,
    UnitCheckedIn,
    UnitEmergency,
    UnitEmergencyEnded,
)

if TYPE_CHECKING:
    from dashboard.engine.state import State

UNDONE = "undone"


def _active(state: State, request: Request, alarm_id: str) -> Alarm:
    """An alarm that is not over. Raises Refused."""
    alarm: Alarm | None = state.alarm_room.documents.get(alarm_id)
    if alarm is None:
        raise Refused(f"alarm {alarm_id} is unknown: it may be over")
    if not alarm.is_active:
        raise Refused(f"alarm {alarm_id} is over: nobody need act on it any more", {"state": alarm.state})
    unchanged(request, alarm.seq)
    return alarm


def ack_alarm(state: State, request: Request) -> Granted:
    """Silence an alarm everywhere: somebody heard it."""
    asked = read(request, given.OfAlarm)
    alarm = _active(state, request, asked.alarm_id)
    if alarm.state == AlarmState.ACKNOWLEDGED:
        raise Refused(f"{alarm.by} has acknowledged it already", {"by": alarm.by})
    if alarm.state == AlarmState.SHELVED:
        raise Refused(f"{alarm.by} has shelved it; fetch it back first", {"by": alarm.by})
    return Granted([AlarmAcknowledged(alarm_id=asked.alarm_id)])


def shelve_alarm(state: State, request: Request) -> Granted:
    """Put an alarm aside, with a reason and the time at which it returns; never a crew's call for help."""
    asked = read(request, given.ShelveAlarm)
    alarm = _active(state, request, asked.alarm_id)
    if not alarm.may_be_shelved:
        raise Refused("a crew in danger is not shelved: end the emergency when the crew is safe")
    if alarm.state == AlarmState.SHELVED:
        raise Refused(f"{alarm.by} has shelved it already", {"by": alarm.by})
    if not state.now < asked.until <= state.now + MOST_SHELVED:
        hours = MOST_SHELVED // timedelta(hours=1)
        raise Refused(f"until: within {hours} h from now, it is {clock(state.now)} in the city")
    return Granted([AlarmShelved(alarm_id=asked.alarm_id, reason=asked.reason, until=asked.until)])


def unshelve_alarm(state: State, request: Request) -> Granted:
    """Let a shelved alarm sound again."""
    asked = read(request, given.OfAlarm)
    alarm = _active(state, request, asked.alarm_id)
    if alarm.state != AlarmState.SHELVED:
        raise Refused(f"alarm {asked.alarm_id} is {alarm.state}, not shelved", {"state": alarm.state})
    return Granted([AlarmUnshelved(alarm_id=asked.alarm_id)])


def unit_emergency(state: State, request: Request) -> Granted:
    """The crew is in danger itself. The answer names its incidents, so that help knows where to go."""
    asked = read(request, given.UnitDanger)
    unit = known_unit(state, asked.unit_id)
    if unit.distress_at is not None:
        raise Refused(f"unit {asked.unit_id} is in danger already, since {clock(unit.distress_at)}")
    fact = UnitEmergency(unit_id=asked.unit_id, reason=asked.reason)
    return Granted([fact], {"incident_ids": list(unit.assignments), "lat": unit.lat, "lng": unit.lng})


def end_unit_emergency(state: State, request: Request) -> Granted:
    asked = read(request, given.EndUnitDanger)
    if known_unit(state, asked.unit_id).distress_at is None:
        raise Refused(f"unit {asked.unit_id} is not in danger")
    return Granted([UnitEmergencyEnded(unit_id=asked.unit_id, reason=asked.reason)])


def check_in(state: State, request: Request) -> Granted:
    """The crew says that all of it is well; its timer begins anew."""
    asked = read(request, given.CheckIn)
    unit = known_unit(state, asked.unit_id)
    at = moment(state, asked.at, unit.checked_in_at, "it checked in last")
    if unit.checked_in_at is not None and (at or state.now) <= unit.checked_in_at:
        raise Refused(f"unit {asked.unit_id} has checked in already, at {clock(unit.checked_in_at)}")
    return Granted([UnitCheckedIn(unit_id=asked.unit_id)], occurred_at=at)


# taking back


def _shelving(state: State, act: Act) -> list[Payload]:
    fact: AlarmShelved = next(act.payloads(AlarmShelved))
    alarm = state.alarm_room.documents.get(fact.alarm_id)
    if alarm is None or alarm.state != AlarmState.SHELVED or alarm.until != fact.until:
        raise Refused(f"alarm {fact.alarm_id} is not shelved any more")
    return [AlarmUnshelved(alarm_id=fact.alarm_id, reason=UNDONE)]


def _call_for_help(state: State, act: Act) -> list[Payload]:
    """Pressed by mistake. Once it has ended there is nothing to take back."""
    unit_id = next(act.payloads(UnitEmergency)).unit_id
    if state.units[unit_id].distress_at is None:
        raise Refused(f"unit {unit_id} is not in danger any more")
    return [UnitEmergencyEnded(unit_id=unit_id, reason=UNDONE)]


ALARM_UNDOING = {"shelve_alarm": _shelving, "unit_emergency": _call_for_help}
ALARM_STAYS = {
    "ack_alarm": "what was heard was heard; shelve it to hear it again",
    "unshelve_alarm": "shelve it again",
    "end_unit_emergency": "declare the emergency again",
    "check_in": "a crew said so",
}
ALARM_VERBS = {
    "ack_alarm": ack_alarm,
    "shelve_alarm": shelve_alarm,
    "unshelve_alarm": unshelve_alarm,
    "unit_emergency": unit_emergency,
    "end_unit_emergency": end_unit_emergency,
    "check_in": check_in,
}
