"""Units in memory: who is on which incident, and what of it the wall may show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.engine.rooms.room import Room
from emergency.units import Unit, fold_unit
from streams.events import Recording, UnitPayload

if TYPE_CHECKING:
    from dashboard.engine.state import State


class UnitsRoom(Room):
    entity = "unit"
    noun = "units"
    document = Unit

    documents: dict[str, Unit]

    def __init__(self, state: State):
        super().__init__(state)
        self.crews: dict[str, set[str]] = {}  # incident -> units assigned to it

    def absorb(self, payload: UnitPayload, recording: Recording) -> None:
        before = self.documents.get(payload.unit_id)
        after = fold_unit(before, payload, recording)
        if after is before:
            return
        self.put(before, after)

    def put(self, before: Unit | None, after: Unit) -> None:
        self.documents[after.unit_id] = after
        self.changed.add(after.unit_id)
        for incident_id in before.assignments if before else ():
            if incident_id not in after.assignments:
                self.crews[incident_id].discard(after.unit_id)
                if not self.crews[incident_id]:
                    del self.crews[incident_id]
        for incident_id in after.assignments:
            self.crews.setdefault(incident_id, set()).add(after.unit_id)
            if before is not None and before.distress_at is not after.distress_at:
                self.state.incident_room.queue.mark(incident_id)
        self.show_one(after)

    def show_one(self, unit: Unit) -> None:
        """Bring the two views of a unit up to date."""
        shown = {
            "id": unit.unit_id,
            "kind": unit.kind,
            "status": unit.status,
            "lat": unit.lat,
            "lng": unit.lng,
            "position_at": unit.position_at,
            "incidents": list(unit.assignments),
        }
        self.state.views.put("units", unit.unit_id, shown)
        hidden: dict[str, Any] = {"lat": None, "lng": None, "incidents": []}
        public = shown | hidden if self._tells_a_sensitive_place(unit) else shown
        self.state.views.put("units.public", unit.unit_id, public)

    def _tells_a_sensitive_place(self, unit: Unit) -> bool:
        """Whether where the unit is says where a sensitive incident is, or was when it was last seen there."""
        is_sensitive = self.state.incident_room.is_sensitive
        if any(is_sensitive(incident_id) for incident_id in unit.assignments):
            return True
        return any(
            unit.position_at is not None and unit.position_at <= cleared_at and is_sensitive(incident_id)
            for incident_id, cleared_at in unit.cleared.items()
        )
