"""Emergencies of a period from the archive: how many of what kind, who was hurt, and how fast the city came."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import msgspec

from dashboard.briefing.counting import begins_after
from dashboard.briefing.figures import Figure, figure
from dashboard.briefing.period import Period
from dashboard.response_clocks import Timed, timed_figures
from emergency.assignments import Assignment
from emergency.plans import Plans
from emergency.segments import TargetFile
from layouts.briefing.definitions import UNTOLD
from streams.archive import lists
from streams.archive.view import EVERYTHING, View, Where

# A crew sent at midnight arrives on the next day. What was stamped by six in the morning belongs to the day before;
# the same for ever, since a day's briefing is never made earlier.
SETTLED = timedelta(hours=6)
STAMPS = (
    *("dispatched_at", "notified_at", "acknowledged_at", "en_route_at", "on_scene_at"),
    *("transporting_at", "at_hospital_at", "cleared_at"),
)
SLOWEST = 5


class EmergencyCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What the archive tells of emergencies. `times`: as `/api/v1/response-times` says them."""

    figures: dict[str, Figure]
    kinds: list[dict[str, Any]]
    times: dict[str, Any]
    slowest: list[dict[str, Any]]  # longest from receipt to the first arrival
    majors: list[dict[str, Any]]


def count_emergencies(
    view: View, period: Period, plans: Plans, targets: TargetFile, where: Where = EVERYTHING
) -> EmergencyCounts:
    """Everything of a period that incidents and units can tell."""
    rows = [row for row in lists.incidents(view, period.start, period.end, where) if not row["is_exercise"]]
    known_until = period.end + SETTLED if period.is_whole else period.end
    runs = _runs(view, period, known_until)
    timed = [_timed(row, runs.get(row["incident_id"], ()), known_until) for row in rows]
    return EmergencyCounts(
        figures=_figures(rows, _untold(view, period)),
        kinds=_kinds(rows),
        times=timed_figures(timed, {}, plans, targets, known_until),
        slowest=_slowest(timed),
        majors=[_major(row) for row in rows if row["is_major"]],
    )


def _untold(view: View, period: Period) -> str:
    """Why the count is not the whole; empty when it is."""
    if not view.manifest.of("incident_events"):
        return UNTOLD["emergencies"]
    return UNTOLD["begun"] if begins_after(view, period) else ""


def _figures(rows: list[dict[str, Any]], why: str) -> dict[str, Figure]:
    def people(*columns: str) -> int:
        return sum(row[column] or 0 for row in rows for column in columns)

    return {
        "incidents_received": figure("incidents_received", None if why == UNTOLD["begun"] else len(rows), why=why),
        "incidents_major": figure("incidents_major", sum(bool(row["is_major"]) for row in rows)),
        "deaths": figure("deaths", people("dead")),
        "gravely_hurt": figure("gravely_hurt", people("t1", "t2")),
    }


def _kinds(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    received, gravest = (
        Counter(row["kind"] for row in rows),
        Counter(row["kind"] for row in rows if row["priority"] == 1),
    )
    return [
        {"kind": kind, "received": n, "priority_1": gravest[kind]}
        for kind, n in sorted(received.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _runs(view: View, period: Period, known_until: datetime) -> dict[str, list[Assignment]]:
    """Units on the period's incidents, with the stamps that were known in time."""
    found: dict[str, list[Assignment]] = {}
    for row in lists.assignments(view, period.start, period.end, known_until):
        stamps = {name: at for name in STAMPS if (at := row[name]) is not None and at < known_until}
        if "dispatched_at" in stamps:
            found.setdefault(row["incident_id"], []).append(Assignment(unit_id=row["unit_id"], **stamps))
    return found


def _timed(row: dict[str, Any], runs: list[Assignment] | tuple[()], known_until: datetime) -> Timed:
    return Timed(
        incident_id=row["incident_id"],
        kind=row["kind"],
        priority=row["priority"],
        called_at=row["called_at"],
        occurred_at=row["happened_at"],
        received_at=row["received_at"],
        closed_at=row["closed_at"],
        cancelled_at=row["cancelled_at"],
        merged_into=row["merged_into"] or "",
        assignments=tuple(runs),
    )


def _slowest(timed: list[Timed]) -> list[dict[str, Any]]:
    """Incidents whose first unit took longest to arrive."""
    took = []
    for one in timed:
        arrived = min((run.on_scene_at for run in one.assignments if run.on_scene_at is not None), default=None)
        if arrived is not None and one.began_at is not None:
            took.append(((arrived - one.began_at).total_seconds(), one))
    took.sort(key=lambda pair: (-pair[0], pair[1].incident_id))
    return [
        {"incident_id": one.incident_id, "kind": one.kind, "priority": one.priority, "arrival_s": seconds}
        for seconds, one in took[:SLOWEST]
    ]


def _major(row: dict[str, Any]) -> dict[str, Any]:
    kept = ("incident_id", "kind", "area", "received_at", "closed_at", "t1", "t2", "t3", "dead")
    return {key: row[key] for key in kept}
