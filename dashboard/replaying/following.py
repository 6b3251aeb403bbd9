"""Where a replay may jump to: the next incident, alert or warning after an instant, looked up in the archived log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from geo.days import local_date
from streams.archive.view import View

# Kind -> the fact with which one begins.
KINDS = {"incident": "incident.received", "alert": "alert.issued", "warning": "warning.raised"}
DAYS_AT_ONCE = 31
ONE_SECOND = timedelta(seconds=1)


class Following(NamedTuple):
    """The first whole second at which something stands in the picture, and what it is."""

    at: datetime
    kind: str
    id: str


def following(view: View, kind: str, after: datetime) -> Following | None:
    """The first thing of a kind that was recorded after an instant; None where the archive knows no later one."""
    first = local_date(after, view.zone).isoformat()
    days = [day for day in view.manifest.days("events") if day >= first]
    for start in range(0, len(days), DAYS_AT_ONCE):
        table = view.table("events", days[start : start + DAYS_AT_ONCE])
        rows = view.rows(
            f"SELECT recorded_at, subject FROM {table} WHERE type = ? AND recorded_at > ?"
            " ORDER BY recorded_at, seq, index LIMIT 1",
            [KINDS[kind], after],
        )
        if rows:
            return Following(_ceiling(rows[0]["recorded_at"]), kind, rows[0]["subject"].partition(":")[2])
    return None


def _ceiling(at: datetime) -> datetime:
    whole = at.replace(microsecond=0)
    return whole if whole == at else whole + ONE_SECOND
