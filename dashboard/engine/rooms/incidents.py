"""Incidents in memory: counted and shown, with and without the kinds that the wall may not place."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dashboard.engine.rooms.queue import Queue
from dashboard.engine.rooms.room import Room
from dashboard.engine.tally import Tally
from emergency import handover, major
from emergency.incident_flags import INCIDENT_MEASURES, incident_flags, incident_next_change
from emergency.incidents import Incident, fold_incident, fold_touched
from streams.events import IncidentPayload, IncidentReceived, Payload, Recording, UnitAssignment
from streams.keys import CLOSED_NOUNS

if TYPE_CHECKING:
    from dashboard.engine.state import State

INCIDENT_MAPPED = ("incidents",)
INCIDENT_SPLITS = {"incidents": ("kind",)}
PUBLIC_MEASURE = "incidents.public"  # the map layer of incidents without the sensitive kinds
KEEP_INCIDENT = timedelta(hours=48)  # how long a closed incident stays in memory


class IncidentsRoom(Room):
    entity = "incident"
    noun = "incidents"
    document = Incident
    closed_noun = CLOSED_NOUNS[entity]

    documents: dict[str, Incident]

    def __init__(self, state: State):
        super().__init__(state)
        self.tally = Tally(INCIDENT_MEASURES, INCIDENT_MAPPED, INCIDENT_SPLITS, "kind")
        self.public_tally = Tally({PUBLIC_MEASURE: 1}, (PUBLIC_MEASURE,), {}, "kind")
        self.queue = Queue(state)
        self._overdue: set[str] = set()  # incidents of which a deadline has passed while no fact says so yet

    def absorb(self, payload: IncidentPayload, recording: Recording) -> None:
        before = self.documents.get(payload.incident_id)
        after = fold_incident(before, payload, recording)
        if after is before or after is None:
            return
        self.put(before, after)
        if isinstance(payload, IncidentReceived) and not payload.exercise:
            self.state.totals["incidents"] += 1

    def touch(self, incident_id: str, payload: Payload, recording: Recording) -> None:
        """Fold one fact about something else that also changes this incident: a step of a unit, mostly."""
        before = self.documents.get(incident_id)
        after = fold_touched(before, incident_id, payload, recording)
        if after is None or after is before:
            self.show_one(incident_id)
        elif before is not None and before.received_at is not None and isinstance(payload, UnitAssignment):
            # What a unit does moves the incident through its life and into no other count.
            self.documents[incident_id] = after
            self.changed.add(incident_id)
            self.show_one(incident_id)
        else:
            self.put(before, after)

    def put(self, before: Incident | None, after: Incident) -> None:
        self.documents[after.incident_id] = after
        self.changed.add(after.incident_id)
        if not after.exercise:  # whoever may read the list of cells must not see where one is played
            self.state.number(after.cell, hidden=self.state.city.is_sensitive(after.kind))
        self._count(before, after)
        self._watch(after)
        self.show_one(after.incident_id)
        self.state.show_crew(after.incident_id)

    def _count(self, before: Incident | None, after: Incident) -> None:
        state = self.state
        flags = incident_flags(after, state.now, state.day_start)
        self.tally.move(after.incident_id, before, after, flags)
        shown_before = before if before is not None and not state.city.is_sensitive(before.kind) else None
        shown = None if state.city.is_sensitive(after.kind) else after
        self.public_tally.move(after.incident_id, shown_before, shown, flags & 1)
        again = incident_next_change(after, state.now, state.next_day, flags)
        if again is None and after.over_at is not None:
            again = max(after.over_at + KEEP_INCIDENT, state.now)
        self.set_timer(again, after.incident_id)

    def _watch(self, incident: Incident) -> None:
        """Know when a deadline of it runs out. What is due follows from the document as it is then."""
        due = [at for at in (handover.next_due(incident), major.next_report(incident)) if at is not None]
        if not due:
            self._overdue.discard(incident.incident_id)
        elif (first := min(due)) <= self.state.now:
            self._overdue.add(incident.incident_id)
        else:
            self.set_timer(first, incident.incident_id)

    def take_overdue(self) -> list[Payload]:
        """The facts that deadlines ran out, of the incidents as they stand now."""
        ids, self._overdue = sorted(self._overdue), set()
        known = [incident for i in ids if (incident := self.documents.get(i)) is not None]
        now = self.state.now
        facts = [fact for i in known for fact in (handover.overdue(i, now), major.report_due(i, now))]
        return [fact for fact in facts if fact is not None]

    def wake(self, key: str) -> None:
        incident = self.documents.get(key)
        if incident is None:
            return
        if incident.over_at is not None and self.state.now - incident.over_at >= KEEP_INCIDENT:
            self.tally.move(key, incident, None, 0)
            self.public_tally.move(key, incident, None, 0)
            self.leave(key)
            return
        self._count(incident, incident)
        self._watch(incident)

    def show_one(self, incident_id: str) -> None:
        """Bring the two views of an incident up to date."""
        views, incident = self.state.views, self.documents.get(incident_id)
        self.queue.mark(incident_id)
        if incident is None:
            return
        if not incident.is_open or incident.exercise:
            views.drop("incidents", incident_id)
            views.drop("incidents.public", incident_id)
            return
        shown = {
            "id": incident_id,
            "kind": incident.kind,
            "priority": incident.priority,
            "lat": incident.lat if incident.cell else None,
            "lng": incident.lng if incident.cell else None,
            "area": incident.area,
            "received_at": incident.received_at,
            "units": len(self.state.crews.get(incident_id, ())),
            "status": incident.status,
            "stage": incident.stage,
        }
        views.put("incidents", incident_id, shown)
        hidden = {"lat": None, "lng": None} if self.state.city.is_sensitive(incident.kind) else {}
        views.put("incidents.public", incident_id, shown | hidden)

    def is_sensitive(self, incident_id: str) -> bool:
        """Whether its place is not for the wall. One that is not known yet counts as such: its kind may come."""
        incident = self.documents.get(incident_id)
        if incident is None or incident.received_at is None or incident.exercise:
            return True
        return self.state.city.is_sensitive(incident.kind)

    def show(self) -> None:
        self.queue.show()
