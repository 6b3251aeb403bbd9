"""By when a case must be dispatched, answered and asked about: from its grade, the city's days and its pauses.

A deadline is reckoned when a fact is recorded, and written down with it, so that a rule that changes later changes
nothing that was promised. Whoever looks at a case later looks at the deadline it has then: there is no timer to go
off for an older one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from geo.cities import City, Deadline
from hotline.case_rules import CaseRules
from hotline.cases import Case
from hotline.working_days import Calendar
from streams.events import (
    CaseAmended,
    CaseClosed,
    CasePaused,
    CasePayload,
    CaseReceived,
    CaseRegraded,
    CaseResumed,
    CaseReturnReviewed,
)

Due = dict[str, datetime]
DAYS_FROM_H = 48  # a number of hours that is so many whole days or more means days, not hours
NONE = timedelta(0)


class Deadlines:
    """The deadlines of one city: a table of grades, its calendar, and when callers are asked."""

    def __init__(self, grades: Mapping[str, Deadline], calendar: Calendar, rules: CaseRules) -> None:
        self.grades, self.calendar, self.rules = grades, calendar, rules

    @classmethod
    def of_city(cls, city: City, rules: CaseRules) -> Deadlines:
        calendar = Calendar.of(city.time_zone, city.deadline_days, city.holidays, city.workdays)
        return cls(city.deadlines, calendar, rules)

    def dispatch_due_at(self, grade: str, since: datetime) -> datetime | None:
        """By when it must be passed on; None for a grade without deadlines."""
        known = self.grades.get(grade)
        return self._after(since, known.dispatch_h) if known else None

    def target_at(self, grade: str, since: datetime, stood: timedelta = NONE) -> datetime | None:
        """By when the caller must be answered, if the clock stood for so long; None without a deadline.

        What stood moves the deadline by as much; where only working days count, on to the next of them.
        """
        known = self.grades.get(grade)
        if known is None:
            return None
        at = self._after(since, known.feedback_h)
        if not stood:
            return at
        return self.calendar.rolled(at + stood) if _is_days(known.feedback_h) else at + stood

    def due(self, case: Case | None, payload: CasePayload, at: datetime) -> Due | None:
        """What a fact about `case` (as it was before) that is recorded at `at` makes of its deadlines."""
        reckon = _RECKONED.get(type(payload))
        return reckon(self, case, payload, at) or None if reckon is not None else None

    def _after(self, since: datetime, hours: float) -> datetime:
        if _is_days(hours):
            return self.calendar.after(since, int(hours) // 24)
        # In UTC: Python adds hours to a local time by the clock on the wall, which skips one in spring.
        return since.astimezone(UTC) + timedelta(hours=hours)

    def _received(self, case: Case | None, payload: CaseReceived, at: datetime) -> Due:
        if payload.grade not in self.grades:
            return {}
        due: Due = {"dispatch_due_at": at + timedelta(hours=self.grades[payload.grade].dispatch_h)}
        if payload.target_at is None and (target_at := self.target_at(payload.grade, at)) is not None:
            due["target_at"] = target_at
        return due

    def _amended(self, case: Case | None, payload: CaseAmended, at: datetime) -> Due:
        if case is None or payload.grade is None or payload.grade == case.grade or payload.target_at is not None:
            return {}
        return self._graded(case, payload.grade)

    def _regraded(self, case: Case | None, payload: CaseRegraded, at: datetime) -> Due:
        return {} if case is None or payload.grade == case.grade else self._graded(case, payload.grade)

    def _graded(self, case: Case, grade: str) -> Due:
        """Anew from the receipt, with what the clock stood so far and is going to."""
        since = case.received_at
        if since is None or grade not in self.grades:
            return {}
        stood = timedelta(seconds=case.paused_s)
        if case.paused_at is not None and case.paused_until is not None:
            stood += case.paused_until - case.paused_at
        target_at, dispatch_due_at = self.target_at(grade, since, stood), self.dispatch_due_at(grade, since)
        found = (("target_at", target_at), ("dispatch_due_at", dispatch_due_at))
        return {name: at for name, at in found if at is not None}

    def _paused(self, case: Case | None, payload: CasePaused, at: datetime) -> Due:
        if case is None or case.paused_at is not None or case.target_at is None or case.target_at <= at:
            return {}
        return self._moved(case, timedelta(seconds=case.paused_s), payload.until - at)

    def _resumed(self, case: Case | None, payload: CaseResumed, at: datetime) -> Due:
        if case is None or case.paused_at is None or case.paused_until is None:
            return {}
        stood = min(max(at, case.paused_at), case.paused_until) - case.paused_at
        planned = case.paused_until - case.paused_at
        return self._moved(case, timedelta(seconds=case.paused_s) + planned, stood - planned)

    def _moved(self, case: Case, stood: timedelta, more: timedelta) -> Due:
        """A deadline that its grade gave is reckoned from the receipt again: on working days a difference is not
        enough. One that the source gave is left to the fold, which moves it by the difference."""
        if case.received_at is None or case.target_at != self.target_at(case.grade, case.received_at, stood):
            return {}
        target_at = self.target_at(case.grade, case.received_at, stood + more)
        return {} if target_at is None else {"target_at": target_at}

    def _reviewed(self, case: Case | None, payload: CaseReturnReviewed, at: datetime) -> Due:
        """A case that came back must be passed on again."""
        if case is None or not payload.granted or (due_at := self.dispatch_due_at(case.grade, at)) is None:
            return {}
        return {"dispatch_due_at": due_at}

    def _closed(self, case: Case | None, payload: CaseClosed, at: datetime) -> Due:
        within_h = self.rules.follow_up.within_h.get(case.kind) if case is not None and case.grade else None
        return {} if within_h is None else {"follow_up_due_at": at + timedelta(hours=within_h)}


def _is_days(hours: float) -> bool:
    return hours >= DAYS_FROM_H and hours % 24 == 0


_RECKONED: dict[type[CasePayload], Callable[[Deadlines, Case | None, Any, datetime], Due]] = {
    CaseReceived: Deadlines._received,
    CaseAmended: Deadlines._amended,
    CaseRegraded: Deadlines._regraded,
    CasePaused: Deadlines._paused,
    CaseResumed: Deadlines._resumed,
    CaseReturnReviewed: Deadlines._reviewed,
    CaseClosed: Deadlines._closed,
}
