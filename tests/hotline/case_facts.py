"""A case that is told facts by hand: what tests of case life share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from geo.cities import Deadline
from hotline.case_rules import CaseRules, default_case_rules
from hotline.cases import Case, fold_case
from hotline.deadlines import Deadlines
from hotline.working_days import Calendar
from streams.events import CasePayload, CaseReceived, Recording

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in Beijing
GRADES = {
    "I": Deadline(dispatch_h=1, feedback_h=2),
    "II": Deadline(dispatch_h=2, feedback_h=24),
    "III": Deadline(dispatch_h=24, feedback_h=168),
    "IV": Deadline(dispatch_h=24, feedback_h=360),
}


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


def days(n: float) -> timedelta:
    return timedelta(days=n)


class Told:
    """One case, its clock, and the deadlines that an engine would write beside each fact."""

    def __init__(self, calendar: Calendar, rules: CaseRules | None = None, at: datetime = MONDAY) -> None:
        self.deadlines = Deadlines(GRADES, calendar, rules or default_case_rules())
        self.now, self.case, self.seq = at, None, 0

    case: Case | None

    def received(self, **fields: Any) -> Case:
        return self.tell(CaseReceived(case_id="c1", **({"grade": "III"} | fields)))

    def tell(self, payload: CasePayload, after: timedelta = timedelta(0), occurred_at: datetime | None = None) -> Case:
        """One fact, so much later than the one before."""
        self.now += after
        self.seq += 1
        recording = Recording(
            at=self.now,
            occurred_at=occurred_at or self.now,
            seq=self.seq,
            source="12345",
            due=self.deadlines.due(self.case, payload, self.now),
        )
        self.case = fold_case(self.case, payload, recording)
        assert self.case is not None
        return self.case
