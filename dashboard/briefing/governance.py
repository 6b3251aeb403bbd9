"""A governance case: what was there before a chosen situation, what was done, what came after, and the evidence.

Counted from the archive as known at its end: complaints of the situation's category in its cells and those around them,
week by week, before it was opened and after it was closed (or since it was opened, while it is open).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median
from typing import Any

import h3
import msgspec

from dashboard.briefing.document import Inputs, inputs_of
from dashboard.briefing.period import Period, Span, period_of
from geo.days import local_date
from hotline.rates import wilson
from hotline.situations import Situation, fold_situation
from streams.archive import lists
from streams.archive.checkpoints import order
from streams.archive.facts import envelopes
from streams.archive.manifest import BadArchive
from streams.archive.view import View, bounds_of
from streams.codec import Malformed, payload_of
from streams.events import Envelope, SituationPayload, recording_of

WEEK = timedelta(days=7)
WEEKS = 8  # looked at, before and after
MOST_CASES = 200
SHOWN = (
    *("case_id", "category", "area", "owner", "stage", "received_at", "dispatched_at", "contacted_at", "handled_at"),
    *("closed_at", "resolved", "satisfied", "reopened"),
)


class NoSituation(LookupError):
    """The archive knows no situation of that id."""


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """Complaints of a time: `n` in `days` whole or begun days."""

    n: int
    days: float


class Governance(msgspec.Struct, frozen=True, kw_only=True):
    """One governance case. `weeks`: (first day, complaints), the week of the opening among them.

    `share_low` to `share_high`: 95 % interval of the part of all complaints that came after; were nothing changed,
    `share_same` would be expected.
    """

    situation_id: str
    title: str
    category: str
    area: str
    reason: str
    opened_at: datetime
    closed_at: datetime | None
    state: str
    incident_id: str
    before: Side
    after: Side
    share_same: float
    share_low: float
    share_high: float
    weeks: list[tuple[str, int]]
    facts: list[dict[str, Any]]  # what was done; who did it is not told
    cases: list[dict[str, Any]]
    cases_n: int
    steps: dict[str, int]  # how many of its cases were dispatched, handled, closed, resolved, reopened
    hours: dict[str, float]  # median hours from receipt to each step, where there were any
    known_until: datetime
    inputs: Inputs

    @property
    def is_chance(self) -> bool:
        """Whether the difference may be nothing but chance."""
        return self.share_low <= self.share_same <= self.share_high


STEPS = {"dispatched": "dispatched_at", "contacted": "contacted_at", "handled": "handled_at", "closed": "closed_at"}


def governance_case(view: View, situation_id: str) -> Governance:
    """Count one case. Blocks. Raises NoSituation, BadArchive."""
    until = view.manifest.recorded_until
    if until is None:
        raise NoSituation("the archive holds no log")
    facts = _facts(view, situation_id)
    situation = _folded(situation_id, facts)
    if situation.opened_at is None:
        raise NoSituation(f"no situation {situation_id[:100]!r} in the archive")
    cases = lists.cases_named(view, situation.case_ids, order="oldest")
    cells = _around({row["cell"] for row in cases if row["cell"] is not None})
    ended = situation.closed_at or situation.opened_at
    start = max(situation.opened_at - WEEKS * WEEK, _begin(view))
    end = min(ended + WEEKS * WEEK, until)
    category = situation.category or max((row["category"] for row in cases), default="")
    times = _complaints(view, category, cells, start, end)
    before = Side(n=sum(at < situation.opened_at for at in times), days=_days(start, situation.opened_at))
    after = Side(n=sum(at >= ended for at in times), days=_days(ended, end))
    total_days = before.days + after.days
    low, high = wilson(after.n, before.n + after.n)
    period = _period(view, end)
    return Governance(
        situation_id=situation_id,
        title=situation.title,
        category=category,
        area=situation.area,
        reason=situation.reason,
        opened_at=situation.opened_at,
        closed_at=situation.closed_at,
        state=situation.state,
        incident_id=situation.incident_id,
        before=before,
        after=after,
        share_same=after.days / total_days if total_days else 0.0,
        share_low=low,
        share_high=high,
        weeks=_weeks(times, situation.opened_at, start, end, view.zone),
        facts=[_told(fact) for _, fact in facts],
        cases=[{name: row[name] for name in SHOWN} for row in cases[:MOST_CASES]],
        cases_n=len(cases),
        steps=_steps(cases),
        hours=_hours(cases),
        known_until=until,
        inputs=inputs_of(view, period),
    )


def _begin(view: View) -> datetime:
    """The beginning of the first local day of which the archive has cases. Raises BadArchive for an empty one."""
    days = view.manifest.days("cases") or view.manifest.days("case_events")
    if not days:
        raise BadArchive("the archive holds no case")
    return bounds_of(datetime.fromisoformat(days[0]).date(), view.zone)[0]


def _period(view: View, end: datetime) -> Period:
    return period_of(Span.DAY, local_date(end, view.zone), view.zone, end)


def _facts(view: View, situation_id: str) -> list[tuple[int, Envelope]]:
    rows = view.arrow(
        f"SELECT * EXCLUDE (day) FROM {view.table('events')} WHERE subject = ? AND type LIKE 'situation.%'"
        " ORDER BY seq, index",
        [f"situation:{situation_id}"],
    )
    return [(order(entry_id)[0], envelope) for entry_id, envelope in envelopes(rows)]


def _folded(situation_id: str, facts: list[tuple[int, Envelope]]) -> Situation:
    situation = Situation(situation_id=situation_id)
    for seq, envelope in facts:
        try:
            payload = payload_of(envelope)
        except Malformed:
            continue
        if isinstance(payload, SituationPayload):
            situation = fold_situation(situation, payload, recording_of(envelope, seq))
    return situation


def _around(cells: set[int]) -> list[int]:
    near = {other for cell in cells for other in h3.grid_disk(f"{cell:x}", 1)}
    return sorted(int(cell, 16) for cell in near)


def _complaints(view: View, category: str, cells: list[int], start: datetime, end: datetime) -> list[datetime]:
    """When complaints of the category were received in those cells, in [start, end)."""
    rows = view.rows(
        "SELECT received_at FROM (SELECT case_id, any_value(received_at) AS received_at"
        f" FROM {view.table('case_events', view.days_from(start, end))}"
        " WHERE received_at >= ? AND received_at < ? AND category = ? AND kind = 'complaint'"
        " AND list_contains(?, cell) GROUP BY case_id) ORDER BY received_at",
        [start, end, category, cells],
    )
    return [row["received_at"] for row in rows]


def _days(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start) / timedelta(days=1))


def _weeks(times: list[datetime], opened: datetime, start: datetime, end: datetime, zone: str) -> list[tuple[str, int]]:
    """Complaints by weeks counted from the opening, so that none lies half before it; broken weeks are left out."""
    first = -int((opened - start) / WEEK)
    last = int((end - opened) / WEEK)
    found = []
    for number in range(first, last):
        low = opened + number * WEEK
        n = sum(low <= at < low + WEEK for at in times)
        found.append((local_date(low, zone).isoformat(), n))
    return found


def _told(fact: Envelope) -> dict[str, Any]:
    reason = fact.data.get("reason") or ""
    return {"at": fact.occurred_at, "type": fact.type, "n": len(fact.data.get("case_ids") or ()), "reason": str(reason)}


def _steps(cases: list[dict[str, Any]]) -> dict[str, int]:
    known = {name: sum(row[column] is not None for row in cases) for name, column in STEPS.items()}
    asked = [row for row in cases if row["followed_up_at"] is not None and row["resolved"] is not None]
    said = {"asked": len(asked), "resolved": sum(bool(row["resolved"]) for row in asked)}
    return known | said | {"reopened": sum((row["reopened"] or 0) > 0 for row in cases)}


def _hours(cases: list[dict[str, Any]]) -> dict[str, float]:
    found = {}
    for name, column in STEPS.items():
        lasted = [(row[column] - row["received_at"]).total_seconds() / 3600 for row in cases if row[column] is not None]
        if lasted:
            found[name] = median(lasted)
    return found
