"""Other agencies at an incident: each was asked, and accepted or declined, on a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from streams.events import (
    IncidentAgencyAnswered,
    IncidentAgencyAsked,
    IncidentAgencyReleased,
    IncidentPayload,
    Recording,
)

if TYPE_CHECKING:
    from emergency.incidents import Incident

ANSWER_WITHIN = timedelta(minutes=2)  # a setting of this product, not a standard's


class Asking(StrEnum):
    """How far the asking of one agency has come."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    RELEASED = "released"


ANSWERS = frozenset({Asking.ACCEPTED.value, Asking.DECLINED.value})


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One agency at one incident. Times are times outside; asked anew it begins anew."""

    agency: str
    state: str = "asked"
    asked_at: datetime
    asked_by: str = ""
    answered_at: datetime | None = None
    answered_by: str = ""
    reason: str = ""

    @property
    def is_waiting(self) -> bool:
        return self.state == Asking.ASKED


AskedAgencies = tuple[Asked, ...]
Changes = dict[str, Any]


def asked_of(agencies: AskedAgencies, agency: str) -> Asked | None:
    """What is known of one agency, or None when it was never asked."""
    return next((known for known in agencies if known.agency == agency), None)


def states(agencies: AskedAgencies) -> dict[str, str]:
    """Agency -> state, of those that are asked or gave an answer, in the order in which they were asked."""
    return {known.agency: known.state for known in agencies if known.state != Asking.RELEASED}


def waits_s(asked: Asked, now: datetime) -> float:
    """Seconds from the asking to the answer, or until `now` while there is none. Never negative."""
    return max(0.0, ((asked.answered_at or now) - asked.asked_at).total_seconds())


def unanswered(agencies: Iterable[Asked], now: datetime, within: timedelta = ANSWER_WITHIN) -> list[Asked]:
    """The agencies that have owed an answer for longer than `within`, the longest first."""
    late = [known for known in agencies if known.is_waiting and now - known.asked_at > within]
    return sorted(late, key=lambda known: (known.asked_at, known.agency))


def refuse_ask(agencies: AskedAgencies, agency: str, leads: str) -> str:
    """Why asking an agency makes no sense now, or ""."""
    if agency == leads:
        return f"{agency} leads this incident"
    known = asked_of(agencies, agency)
    if known is not None and known.state in (Asking.ASKED, Asking.ACCEPTED):
        return f"{agency} has {known.state} already" if known.state == Asking.ACCEPTED else f"{agency} is asked already"
    return ""


def refuse_answer(agencies: AskedAgencies, agency: str, answer: str) -> str:
    """Why an answer makes no sense now, or "". An agency may change its mind."""
    known = asked_of(agencies, agency)
    if known is None or known.state == Asking.RELEASED:
        return f"{agency} was not asked"
    return f"{agency} has {answer} already" if known.state == answer else ""


def _asked(incident: Incident, payload: IncidentAgencyAsked, recording: Recording) -> Changes:
    known = asked_of(incident.agencies, payload.agency)
    if known is not None and (recording.occurred_at <= known.asked_at or refuse_ask((known,), payload.agency, "")):
        return {}
    asked = Asked(agency=payload.agency, asked_at=recording.occurred_at, asked_by=recording.by, reason=payload.reason)
    return _with(incident, asked)


def _answered(incident: Incident, payload: IncidentAgencyAnswered, recording: Recording) -> Changes:
    known = asked_of(incident.agencies, payload.agency)
    if payload.answer not in ANSWERS or known is None or known.state in (payload.answer, Asking.RELEASED):
        return {}
    if recording.occurred_at < (known.answered_at or known.asked_at):
        return {}  # an old answer says nothing about a newer question
    return _with(incident, _ended(known, payload.answer, payload.reason, recording))


def _released(incident: Incident, payload: IncidentAgencyReleased, recording: Recording) -> Changes:
    known = asked_of(incident.agencies, payload.agency)
    if known is None or known.state == Asking.RELEASED or recording.occurred_at < known.asked_at:
        return {}
    return _with(incident, _ended(known, Asking.RELEASED.value, payload.reason, recording))


def _ended(known: Asked, state: str, reason: str, recording: Recording) -> Asked:
    return msgspec.structs.replace(
        known, state=state, reason=reason, answered_at=recording.occurred_at, answered_by=recording.by
    )


def _with(incident: Incident, asked: Asked) -> Changes:
    others = tuple(known for known in incident.agencies if known.agency != asked.agency)
    return {"agencies": (*others, asked)}


AGENCY_FOLDS: dict[type[IncidentPayload], Callable[[Incident, Any, Recording], Changes]] = {
    IncidentAgencyAsked: _asked,
    IncidentAgencyAnswered: _answered,
    IncidentAgencyReleased: _released,
}
