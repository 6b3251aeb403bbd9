"""What somebody has to decide, by rules over the figures: what for, whose, by when. At most three, gravest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from dashboard.briefing.counting import CaseCounts, Ranked
from dashboard.briefing.emergencies import EmergencyCounts
from dashboard.briefing.period import Period

MOST = 3
# Settings of a briefing, not law: from where on a leader is asked.
LATE_SHARE, FEWEST = 0.2, 20
OLD = timedelta(days=30)
SOON, LATER = time(12), time(18)


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`rule` names the sentence; `subject` what it is about; `owner` an agency or area; `n` of `of` the evidence."""

    rule: str  # surge | arrival | late_area | oldest
    subject: str
    owner: str
    by: datetime
    n: int
    of: int | None = None
    where: str = ""


def decisions(
    period: Period, cases: CaseCounts, emergencies: EmergencyCounts, owners: Mapping[str, str]
) -> list[Decision]:
    """`owners`: category -> the agency that handles it."""
    found = [
        *_surge(period, cases, owners),
        *_arrival(period, emergencies),
        *_late(period, cases),
        *_oldest(period, cases),
    ]
    return found[:MOST]


def _at(period: Period, clock: time) -> datetime:
    """That clock time on the day after the period."""
    return datetime.combine(period.last + timedelta(days=1), clock, ZoneInfo(period.zone))


def _surge(period: Period, cases: CaseCounts, owners: Mapping[str, str]) -> Iterator[Decision]:
    change = cases.change
    if change is None or change.received <= change.high:
        return
    owner = owners.get(change.name, "") if change.by == "category" else change.name
    yield Decision(
        rule="surge",
        subject=change.name,
        owner=owner or change.where,
        by=_at(period, SOON),
        n=change.received,
        of=round(change.expected),
        where=change.where,
    )


def _arrival(period: Period, emergencies: EmergencyCounts) -> Iterator[Decision]:
    for target in emergencies.times["segments"]["travel"]["targets"]:
        within = target["within"]
        if target["is_met"] is False and within["of"] >= FEWEST and not target["applies_to"]:
            yield Decision(
                rule="arrival",
                subject=target["edition"],
                owner="",
                by=_at(period, LATER),
                n=within["n"],
                of=within["of"],
            )
            return


def _late(period: Period, cases: CaseCounts) -> Iterator[Decision]:
    def share(row: Ranked) -> float:
        return row.overdue / row.deadline

    worst = max((row for row in cases.areas if row.name and row.deadline >= FEWEST), key=share, default=None)
    if worst is not None and share(worst) > LATE_SHARE:
        yield Decision(
            rule="late_area",
            subject=worst.name,
            owner=worst.name,
            by=_at(period, LATER),
            n=worst.overdue,
            of=worst.deadline,
        )


def _oldest(period: Period, cases: CaseCounts) -> Iterator[Decision]:
    for row in cases.oldest_overdue[:1]:
        late = period.end - row["target_at"]
        if late > OLD:
            owner = row["owner"] or row["area"] or ""
            yield Decision(rule="oldest", subject=row["case_id"], owner=owner, by=_at(period, LATER), n=late.days)
