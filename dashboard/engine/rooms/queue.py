"""The topic `queue`: every open incident as a dispatcher needs it, with its rank and the reasons for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from emergency import agencies, queueing
from emergency.assignments import STAMPS, STEPS
from emergency.incidents import Incident
from emergency.plans import Plans, load_plans, plan_for

if TYPE_CHECKING:
    from dashboard.engine.state import State

TOPIC = "queue"
MOST_KINDS = 4096  # sources may send any kind
STAMP_OF = {doing.value: STAMPS[cls] for cls, doing in STEPS.items()}


@cache
def known_plans() -> Plans:
    """The plans that come with Hexwatch."""
    return load_plans()


@dataclass
class PlanSizes:
    """How many units the alarms of a plan ask for that were called, looked up once per kind, priority and alarm."""

    plans: Plans
    _known: dict[tuple[str, int, int], int] = field(default_factory=dict)

    def of(self, kind: str, priority: int, alarm: int = 1) -> int:
        """0 for a kind without a plan of its own."""
        size = self._known.get((kind, priority, alarm))
        if size is None:
            if len(self._known) >= MOST_KINDS:
                self._known.clear()
            plan = plan_for(self.plans, kind, priority, alarm)
            size = 0 if plan.is_fallback else sum(need.number for need in plan.requirements)
            self._known[kind, priority, alarm] = size
        return size


class Queue:
    """Rows are made anew once before each frame, and only of the incidents that were marked since."""

    def __init__(self, state: State):
        self.state = state
        self.sizes = PlanSizes(known_plans())
        self.marked: set[str] = set()

    def mark(self, incident_id: str) -> None:
        self.marked.add(incident_id)

    def show(self) -> None:
        views, documents = self.state.views, self.state.incidents
        for incident_id in self.marked:
            incident = documents.get(incident_id)
            if incident is not None and incident.is_open:
                views.put(TOPIC, incident_id, self.row(incident))
            else:
                views.drop(TOPIC, incident_id)
        self.marked.clear()

    def row(self, incident: Incident) -> dict[str, Any]:
        """What a desk sees of one open incident. Personal fields are not in it."""
        asked = self.sizes.of(incident.kind, incident.priority, incident.alarm)
        why = queueing.reasons(incident, asked, self._in_danger(incident))
        where = {"lat": incident.lat, "lng": incident.lng} if incident.cell else {"lat": None, "lng": None}
        return {
            "id": incident.incident_id,
            "kind": incident.kind,
            "priority": incident.priority,
            "alarm": incident.alarm,
            "stage": incident.stage,
            "status": incident.status,
            "area": incident.area,
            **where,
            "cell": incident.cell,
            "placed": queueing.placed(incident),
            "occurred_at": incident.occurred_at,
            "received_at": incident.received_at,
            "agency": incident.agency,
            "source": incident.source,
            "units": _units(incident),
            "members": len(incident.members),
            "links": incident.links,
            "case_id": incident.case_id,
            "notes": incident.notes,
            "requeued_at": incident.requeued_at,
            "reopened": incident.reopened,
            "version": incident.seq,
            "exercise": incident.exercise,
            "rank": queueing.rank(incident, why),
            "why": why,
            "agencies": agencies.states(incident.agencies),
            "handover": _handover(incident),
            "major": _major(incident),
            "call_back": incident.incident_id in self.state.task_room.incidents,
        }

    def _in_danger(self, incident: Incident) -> bool:
        units = self.state.units
        crew = self.state.crews.get(incident.incident_id, ())
        return any(units[unit_id].distress_at is not None for unit_id in crew)


def _units(incident: Incident) -> list[dict[str, Any]]:
    return [
        {"id": a.unit_id, "status": a.status, "at": getattr(a, STAMP_OF[a.status]) if a.status else None}
        for a in incident.assignments
        if a.is_active
    ]


def _handover(incident: Incident) -> dict[str, Any] | None:
    known = incident.handover
    if known is None:
        return None
    return {
        "giver": known.giver,
        "to": known.to,
        "state": known.state,
        "due_at": known.due_at,
        "informed": known.informed_at is not None,
    }


def _major(incident: Incident) -> dict[str, Any] | None:
    known = incident.major
    if known is None:
        return None
    hurt = known.casualties
    return {
        "commander": known.commander,
        "staging": known.staging,
        "declared_at": known.declared_at,
        "t1": hurt.t1,
        "t2": hurt.t2,
        "t3": hurt.t3,
        "dead": hurt.dead,
        "reports": known.reports,
        "reported_at": known.reported_at,
        "report_due_at": known.report_due_at,
        "overdue": known.overdue_at is not None,
    }
