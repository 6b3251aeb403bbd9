"""Cases that were answered in time, and those that were not: counts by local month and area.

A case belongs to the month in which it was received. It is on time when it was closed no later than its deadline, and
overdue when it was closed later, or is still open after it. One whose deadline lies ahead is neither: it is running.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from hotline.cases import Case


class Timeliness(msgspec.Struct, kw_only=True):
    """Cases of one group that have a deadline. Shares are of `on_time + overdue`, what is running left out."""

    on_time: int = 0
    overdue: int = 0
    running: int = 0

    @property
    def judged(self) -> int:
        return self.on_time + self.overdue

    @property
    def on_time_share(self) -> float | None:
        return self.on_time / self.judged if self.judged else None

    @property
    def overdue_share(self) -> float | None:
        return self.overdue / self.judged if self.judged else None


def timeliness(cases: Iterable[Case], zone: ZoneInfo, now: datetime) -> dict[tuple[str, str], Timeliness]:
    """By (month of receipt as YYYY-MM, area), at the aware instant `now`. Cases without a deadline are not counted."""
    found: dict[tuple[str, str], Timeliness] = {}
    for case in cases:
        if case.received_at is None or case.target_at is None:
            continue
        month = case.received_at.astimezone(zone).strftime("%Y-%m")
        counts = found.setdefault((month, case.area), Timeliness())
        end = case.closed_at if case.closed_at is not None and case.closed_at <= now else None
        if end is not None and end <= case.target_at:
            counts.on_time += 1
        elif (end or now) > case.target_at:
            counts.overdue += 1
        else:
            counts.running += 1
    return found
