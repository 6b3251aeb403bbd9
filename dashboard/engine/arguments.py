"""What people send with the verbs of the dispatch desk: shapes and sizes, the same at the API's door and in the engine.

`at` is given for what was done earlier, on paper or by radio, and is entered now.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Line = Annotated[str, Meta(max_length=200)]
Words = Annotated[str, Meta(max_length=2_000)]
Why = Annotated[str, Meta(min_length=1, max_length=2_000)]
Priority = Annotated[int, Meta(ge=1, le=3)]
Lat = Annotated[float, Meta(ge=-90, le=90)]
Lng = Annotated[float, Meta(ge=-180, le=180)]
People = Annotated[int, Meta(ge=0, le=100_000)]
Instant = Annotated[datetime, Meta(tz=True)]


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a verb needs; anything else is refused."""


class OfIncident(Arguments, frozen=True, kw_only=True):
    incident_id: Id


class CreateIncident(Arguments, frozen=True, kw_only=True):
    kind: Line = ""
    priority: Priority = 2
    lat: Lat | None = None
    lng: Lng | None = None
    area: Line = ""
    address: Words = ""
    phone: Line = ""
    name: Line = ""
    text: Words = ""
    agency: Line = ""
    exercise: bool = False
    at: Instant | None = None


class Triage(OfIncident, frozen=True, kw_only=True):
    kind: Line = ""
    priority: Priority | None = None
    reason: Words = ""


class Escalate(OfIncident, frozen=True, kw_only=True):
    priority: Priority
    reason: Words = ""


class FurtherAlarm(OfIncident, frozen=True, kw_only=True):
    """`alarm`: how many alarms of its plan are to be called, 1 for the first alone."""

    alarm: Annotated[int, Meta(ge=1, le=9)]
    reason: Words = ""


class Relocate(OfIncident, frozen=True, kw_only=True):
    lat: Lat | None = None
    lng: Lng | None = None
    area: Line = ""
    address: Words = ""
    reason: Words = ""


class Contain(OfIncident, frozen=True, kw_only=True):
    reason: Words = ""
    at: Instant | None = None


class Note(OfIncident, frozen=True, kw_only=True):
    text: Why
    at: Instant | None = None


class Cancel(OfIncident, frozen=True, kw_only=True):
    reason: Why
    at: Instant | None = None


class CloseIncident(OfIncident, frozen=True, kw_only=True):
    reason: Words = ""
    at: Instant | None = None


class ReopenIncident(OfIncident, frozen=True, kw_only=True):
    reason: Why


class Link(OfIncident, frozen=True, kw_only=True):
    to: Id
    reason: Words = ""


class Merge(OfIncident, frozen=True, kw_only=True):
    into: Id
    reason: Words = ""


class Split(OfIncident, frozen=True, kw_only=True):
    reason: Words = ""


class PromoteCase(Arguments, frozen=True, kw_only=True):
    case_id: Id
    kind: Id
    priority: Priority = 2
    agency: Line = ""


class SeenUnit(Arguments, frozen=True, kw_only=True):
    """A unit as it was displayed."""

    unit_id: Id
    version: Annotated[int, Meta(ge=0)]


class DemoteIncident(OfIncident, frozen=True, kw_only=True):
    reason: Why


class AskAgency(OfIncident, frozen=True, kw_only=True):
    agency: Id
    reason: Words = ""
    at: Instant | None = None


class AnswerAgency(OfIncident, frozen=True, kw_only=True):
    agency: Id
    answer: Literal["accepted", "declined"]
    reason: Words = ""
    at: Instant | None = None


class HandOver(OfIncident, frozen=True, kw_only=True):
    """`informed`: the caller was told who will help."""

    to: Id
    reason: Words = ""
    informed: bool = False


class AnswerHandOver(OfIncident, frozen=True, kw_only=True):
    answer: Literal["accepted", "declined", "informed"]
    reason: Words = ""
    informed: bool = False
    at: Instant | None = None


class DeclareMajor(OfIncident, frozen=True, kw_only=True):
    commander: Line = ""
    staging: Line = ""
    at: Instant | None = None


class ReportCasualties(OfIncident, frozen=True, kw_only=True):
    t1: People = 0
    t2: People = 0
    t3: People = 0
    dead: People = 0
    at: Instant | None = None


class ReportSituation(OfIncident, frozen=True, kw_only=True):
    text: Why
    at: Instant | None = None


class ReportHospital(Arguments, frozen=True, kw_only=True):
    hospital: Id
    t1: People = 0
    t2: People = 0
    t3: People = 0
    at: Instant | None = None


class CallBack(Arguments, frozen=True, kw_only=True):
    task_id: Id
    result: Literal["reached", "no-answer", "resolved"]
    incident_id: Line = ""
    at: Instant | None = None


class Dispatch(OfIncident, frozen=True, kw_only=True):
    """`expected`: refused with the difference when the status of one of these changed since its version."""

    unit_ids: Annotated[list[Id], Meta(min_length=1, max_length=100)]
    at: Instant | None = None
    expected: Annotated[list[SeenUnit], Meta(max_length=100)] = []


class OfAssignment(Arguments, frozen=True, kw_only=True):
    unit_id: Id
    incident_id: Id


class Acknowledge(OfAssignment, frozen=True, kw_only=True):
    at: Instant | None = None


class Report(OfAssignment, frozen=True, kw_only=True):
    status: Literal["notified", "acknowledged", "en-route", "on-scene", "transporting", "at-hospital"]
    at: Instant | None = None


class Divert(OfAssignment, frozen=True, kw_only=True):
    """`incident_id` is where the unit is to go."""

    reason: Words = ""


class StandDown(OfAssignment, frozen=True, kw_only=True):
    reason: Words = ""
    at: Instant | None = None


class ClearUnit(OfAssignment, frozen=True, kw_only=True):
    at: Instant | None = None


class SignalUnit(Arguments, frozen=True, kw_only=True):
    unit_id: Id
    status: Literal["out_of_service", "available", "returning", "out_of_contact", "in_contact"]
    reason: Words = ""


class OfAlarm(Arguments, frozen=True, kw_only=True):
    alarm_id: Id


class ShelveAlarm(OfAlarm, frozen=True, kw_only=True):
    reason: Why
    until: Instant


class UnitDanger(Arguments, frozen=True, kw_only=True):
    unit_id: Id
    reason: Words = ""


class EndUnitDanger(Arguments, frozen=True, kw_only=True):
    unit_id: Id
    reason: Words = ""


class CheckIn(Arguments, frozen=True, kw_only=True):
    unit_id: Id
    at: Instant | None = None


class Undo(Arguments, frozen=True, kw_only=True):
    """`request` names the act that is meant: refused when it is not the last one any more."""

    request: Line = ""
