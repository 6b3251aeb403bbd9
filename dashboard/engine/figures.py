"""The figures of the picture: each name once, each with its definition, computed from the tallies."""

from __future__ import annotations

from typing import Any

from dashboard.engine.hours import Hours
from dashboard.engine.rooms.cases import CASE_MAPPED
from dashboard.engine.splits import AREA, CATEGORY, SoFar
from dashboard.engine.state import State
from dashboard.engine.tally import EVERY
from emergency.units import UnitStatus
from hotline.expected import Band

# figure prefix -> (measure, attribute) of the case tally
FIGURE_SPLITS = {
    "cases.by_channel": ("received_today", "channel"),
    "cases.by_category": ("received_today", "category"),
    "cases.by_area": ("received_today", "area"),
    "cases.open_by_area": ("open", "area"),
    "cases.open_by_category": ("open", "category"),
    "cases.overdue_by_area": ("overdue", "area"),
    "cases.received_1h_by_category": ("received_1h", "category"),
    "cases.received_1h_by_area": ("received_1h", "area"),
}

SPLIT_NAMES = {CATEGORY: "by_category", AREA: "by_area"}


def figures(state: State, comparison: Comparison) -> dict[str, Any]:
    """Every figure that screens, API, export and briefing may show, by flat name."""
    return (
        _case_figures(state)
        | _incident_figures(state)
        | _unit_figures(state)
        | _call_figures(state)
        | _compared(comparison)
    )


def _case_figures(state: State) -> dict[str, Any]:
    tally = state.case_room.tally
    values: dict[str, Any] = {f"cases.{name}": tally.count(name) for name in tally.bits}
    values["cases.received_total"] = state.totals["cases"]
    values["cases.without_location"] = tally.unlocated("open")
    for prefix, (measure, attribute) in FIGURE_SPLITS.items():
        values |= {f"{prefix}.{value}": n for value, n in tally.by(measure, attribute).items()}
    for measure in CASE_MAPPED:
        for category in tally.cells[tally.bits[measure]]:
            if n := tally.unlocated(measure, category):
                values[_unlocated_name(measure, category)] = n
        values.setdefault(_unlocated_name(measure, EVERY), 0)
    return values


def _unlocated_name(measure: str, category: str) -> str:
    return f"without_location.{measure}.{category}" if category else f"without_location.{measure}"


def _incident_figures(state: State) -> dict[str, Any]:
    tally = state.incident_room.tally
    values: dict[str, Any] = {
        "incidents.open": tally.count("incidents"),
        "incidents.received_today": tally.count("received_today"),
        "incidents.received_24h": tally.count("received_24h"),
        "incidents.closed_today": tally.count("closed_today"),
        "incidents.received_total": state.totals["incidents"],
        "incidents.with_busy_unit": sum(not _is_exercise(state, incident_id) for incident_id in state.crews),
        "without_location.incidents": tally.unlocated("incidents"),
    }
    values |= {f"incidents.by_kind.{kind}": n for kind, n in tally.by("incidents", "kind").items()}
    values |= {f"incidents.by_priority.{p}": 0 for p in (1, 2, 3)}
    for shown in state.views.current.get("incidents", {}).values():
        values[f"incidents.by_priority.{shown['priority']}"] += 1
    return values


def _is_exercise(state: State, incident_id: str) -> bool:
    incident = state.incidents.get(incident_id)
    return incident is not None and incident.exercise


def _unit_figures(state: State) -> dict[str, Any]:
    values: dict[str, Any] = {"units.total": len(state.units)}
    values |= {f"units.by_status.{status.value}": 0 for status in UnitStatus}
    for unit in state.units.values():
        values[f"units.by_status.{unit.status}"] += 1
    values["units.busy"] = sum(unit.is_busy for unit in state.units.values())
    return values


def _call_figures(state: State) -> dict[str, Any]:
    """Figures of the channels with a queue; none where no call was ever offered."""
    floor = state.call_room.floor
    return floor.totals(state.now, state.day_start) if floor.board(state.now, state.day_start) else {}


def _compared(comparison: Comparison) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if (band := comparison.band) is not None:
        values |= {
            "band.low": round(band.low),
            "band.expected": round(band.expected),
            "band.high": round(band.high),
            "band.days": band.days,
        }
    if comparison.yesterday is not None:
        values["yesterday.received_same_time"] = comparison.yesterday
    for name, so_far in comparison.splits.items():
        split = f"{SPLIT_NAMES[name[:2]]}.{name[2:]}"
        if so_far.yesterday is not None:
            values[f"yesterday.{split}"] = so_far.yesterday
        if so_far.usual:
            values[f"usual.{split}"] = so_far.usual
    return values


class Comparison:
    """Today against earlier days, computed once a minute of city time (it does not move faster) or hour of history."""

    def __init__(self) -> None:
        self._known = (-1, -1)
        self.band: Band | None = None
        self.yesterday: int | None = None
        self.splits: dict[str, SoFar] = {}

    def refresh(self, hours: Hours, state: State) -> None:
        known = (int(state.now.timestamp()) // 60, len(hours.hours))
        if known != self._known:
            self._known = known
            self.band = hours.band(state.now)
            self.yesterday = hours.yesterday_same_time(state.now)
            self.splits = state.splits.so_far(state.now)
