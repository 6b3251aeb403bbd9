"""A city in memory: documents, counts and views, and how one fact or the passing of time changes them.

The memory is a cache of the committed documents. `absorb` and `advance` have no effects outside this object and
take the clock from their arguments, so the same facts give the same state in the engine, a standby and a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from dashboard.engine.hours import Hours
from dashboard.engine.tally import Tally
from dashboard.engine.timers import Timers
from dashboard.engine.views import Views
from emergency.incidents import INCIDENT_MEASURES, Incident, fold_incident, incident_flags, incident_next_change
from emergency.units import Unit, fold_unit
from geo.cities import City
from geo.days import day_start, next_day_start
from hotline.cases import CASE_MEASURES, Case, case_flags, case_is_spent, case_next_change, fold_case
from streams.events import (
    CasePayload,
    CaseReceived,
    Envelope,
    FeedPayload,
    FeedRejected,
    FeedStalled,
    FeedStopped,
    IncidentPayload,
    IncidentReceived,
    Payload,
    Recording,
    UnitAssignment,
    UnitPayload,
    recording_of,
)

CASE_MAPPED = ("received_1h", "received_24h", "open", "overdue", "due_4h")
CASE_SPLITS = {
    "received_today": ("channel", "category", "area"),
    "received_1h": ("category", "area"),
    "open": ("category", "area"),
    "overdue": ("area",),
}
INCIDENT_MAPPED = ("incidents",)
INCIDENT_SPLITS = {"incidents": ("kind",)}
# Longer than the longest local day (25 h): a closed case may leave memory when no count can need it.
KEEP_SPENT = timedelta(hours=26)
KEEP_INCIDENT = timedelta(hours=48)  # a closed incident leaves the documents; lists keep it, from the reader's file
ENGINE = "engine"  # the source of facts that the engine itself decides
PUBLIC_MEASURE = "incidents.public"  # the map layer of incidents without the sensitive kinds


class Source(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is known of one source of entries."""

    last_event_at: datetime | None = None  # when the log last heard it
    told_at: datetime | None = None  # of what time it last told
    received: int = 0
    dead: int = 0
    stale: bool = False
    stopped: str = ""  # a feed's own reason for ending


class State:
    """Everything the engine knows of one city at `seq` and `now`."""

    def __init__(self, city: City, now: datetime):
        self.city = city
        self.zone = ZoneInfo(city.zone)
        self.now = now
        self.day_start = day_start(now, city.zone)
        self.next_day = next_day_start(now, city.zone)
        self.cases: dict[str, Case] = {}
        self.incidents: dict[str, Incident] = {}
        self.units: dict[str, Unit] = {}
        self.sources: dict[str, Source] = {}
        self.totals = {"cases": 0, "incidents": 0}
        self.hours = Hours(self.zone)
        self.grid: dict[str, int] = {}
        self.new_cells: list[str] = []  # since the last commit
        self.case_tally = Tally(CASE_MEASURES, CASE_MAPPED, CASE_SPLITS, "category")
        self.incident_tally = Tally(INCIDENT_MEASURES, INCIDENT_MAPPED, INCIDENT_SPLITS, "kind")
        self.public_tally = Tally({PUBLIC_MEASURE: 1}, (PUBLIC_MEASURE,), {}, "kind")
        self.crews: dict[str, set[str]] = {}  # incident -> units assigned to it
        self.timers = Timers()
        self.views = Views()
        self.changed: dict[str, set[str]] = {"cases": set(), "incidents": set(), "units": set(), "sources": set()}
        self._curve_day: datetime | None = None
        self.spent: dict[str, Case] = {}  # left memory since the last commit
        self._absorbers: dict[str, Callable[[Any, Recording], None]] = {
            "case": self._absorb_case,
            "incident": self._absorb_incident,
            "unit": self._absorb_unit,
            "feed": self._absorb_feed,
        }

    # --- facts ---------------------------------------------------------------------------------------------

    def absorb(self, fact: Envelope, payload: Payload, seq: int) -> None:
        """Fold one recorded fact into documents, counts and views."""
        absorb = self._absorbers.get(payload.ENTITY)
        if absorb is not None:
            absorb(payload, recording_of(fact, seq))
        if payload.ENTITY != "feed":
            self._heard(fact.source, fact.occurred_at)

    def _absorb_case(self, payload: CasePayload, recording: Recording) -> None:
        before = self.cases.get(payload.case_id)
        after = fold_case(before, payload, recording)
        if after is before or after is None:
            return
        self.put_case(before, after)
        if isinstance(payload, CaseReceived):
            self.totals["cases"] += 1
            self.hours.add(recording.at)

    def put_case(self, before: Case | None, after: Case) -> None:
        self.cases[after.case_id] = after
        self.changed["cases"].add(after.case_id)
        self._number(after.cell)
        self._count_case(before, after)

    def recall(self, case_id: str) -> None:
        """Bring back a case that left memory since the last commit: nobody has written it away yet."""
        if (case := self.spent.pop(case_id, None)) is not None:
            self.put_case(None, case)

    def _count_case(self, before: Case | None, after: Case) -> None:
        flags = case_flags(after, self.now, self.day_start)
        self.case_tally.move(after.case_id, before, after, flags)
        again = case_next_change(after, self.now, self.next_day, flags)
        if again is None and not flags and after.closed_at is not None:
            again = max(after.closed_at, after.received_at or after.closed_at) + KEEP_SPENT
        if again is not None:
            self.timers.set(again, ("case", after.case_id))

    def _absorb_incident(self, payload: IncidentPayload, recording: Recording) -> None:
        before = self.incidents.get(payload.incident_id)
        after = fold_incident(before, payload, recording)
        if after is before or after is None:
            return
        self.put_incident(before, after)
        if isinstance(payload, IncidentReceived):
            self.totals["incidents"] += 1

    def put_incident(self, before: Incident | None, after: Incident) -> None:
        self.incidents[after.incident_id] = after
        self.changed["incidents"].add(after.incident_id)
        self._number(after.cell)
        self._count_incident(before, after)
        self._show_incident(after.incident_id)
        for unit_id in self.crews.get(after.incident_id, ()):
            self._show_unit(self.units[unit_id])

    def _count_incident(self, before: Incident | None, after: Incident) -> None:
        flags = incident_flags(after, self.now, self.day_start)
        self.incident_tally.move(after.incident_id, before, after, flags)
        if not self.city.is_sensitive(after.kind):
            self.public_tally.move(after.incident_id, before, after, flags & 1)
        again = incident_next_change(after, self.now, self.next_day, flags)
        if again is None and after.closed_at is not None:
            again = max(after.closed_at + KEEP_INCIDENT, self.now)
        if again is not None:
            self.timers.set(again, ("incident", after.incident_id))

    def _absorb_unit(self, payload: UnitPayload, recording: Recording) -> None:
        before = self.units.get(payload.unit_id)
        after = fold_unit(before, payload, recording)
        if after is before:
            return
        self.put_unit(before, after)
        if isinstance(payload, UnitAssignment):
            self._show_incident(payload.incident_id)

    def put_unit(self, before: Unit | None, after: Unit) -> None:
        self.units[after.unit_id] = after
        self.changed["units"].add(after.unit_id)
        for incident_id in before.assignments if before else ():
            if incident_id not in after.assignments:
                self.crews[incident_id].discard(after.unit_id)
                if not self.crews[incident_id]:
                    del self.crews[incident_id]
        for incident_id in after.assignments:
            self.crews.setdefault(incident_id, set()).add(after.unit_id)
        self._show_unit(after)

    def _absorb_feed(self, payload: FeedPayload, recording: Recording) -> None:
        """A feed speaks of its own source; the engine speaks of the feed that it names."""
        source = self.source(payload.feed if recording.source == ENGINE else recording.source)
        if isinstance(payload, FeedStalled):
            source.stale = True
        elif isinstance(payload, FeedRejected):
            source.dead += payload.n
        elif isinstance(payload, FeedStopped):
            source.stopped = payload.reason or "stopped"
        else:
            source.stale, source.stopped = False, ""

    def _heard(self, name: str, told_at: datetime) -> None:
        source = self.source(name)
        source.last_event_at = self.now
        source.told_at = told_at
        source.received += 1

    def source(self, name: str) -> Source:
        """The source of that name, to be changed."""
        self.changed["sources"].add(name)
        known = self.sources.get(name)
        if known is None:
            known = self.sources[name] = Source()
        return known

    def count_dead(self, name: str) -> None:
        self.source(name).dead += 1

    # --- time ----------------------------------------------------------------------------------------------

    def advance(self, now: datetime) -> None:
        """Let time pass up to `now`: documents whose flags may have changed are counted anew."""
        if now <= self.now:
            return
        self.now = now
        if now >= self.next_day:
            self.day_start = day_start(now, self.city.zone)
            self.next_day = next_day_start(now, self.city.zone)
        for entity, key in self.timers.due(now):
            if entity == "case":
                self._wake_case(key)
            elif entity == "incident":
                self._wake_incident(key)

    def _wake_case(self, case_id: str) -> None:
        case = self.cases.get(case_id)
        if case is None:
            return
        if case_is_spent(case, self.now, KEEP_SPENT) and not case_flags(case, self.now, self.day_start):
            self.case_tally.move(case_id, case, None, 0)
            self.spent[case_id] = self.cases.pop(case_id)
            return
        self._count_case(case, case)

    def _wake_incident(self, incident_id: str) -> None:
        incident = self.incidents.get(incident_id)
        if incident is None:
            return
        if incident.closed_at is not None and self.now - incident.closed_at >= KEEP_INCIDENT:
            self.incident_tally.move(incident_id, incident, None, 0)
            self.public_tally.move(incident_id, incident, None, 0)
            del self.incidents[incident_id]
            self.changed["incidents"].add(incident_id)
            return
        self._count_incident(incident, incident)

    def silent_sources(self) -> Iterable[tuple[str, int]]:
        """(source, seconds of silence) of those that have just become stale."""
        for name, source in self.sources.items():
            if source.stale or source.stopped or source.last_event_at is None:
                continue
            silent_s = int((self.now - source.last_event_at).total_seconds())
            if silent_s > self.city.stale_after_s:
                yield name, silent_s

    # --- views ---------------------------------------------------------------------------------------------

    def _number(self, cell: str) -> None:
        if cell and cell not in self.grid:
            self.grid[cell] = len(self.grid)
            self.new_cells.append(cell)

    def _show_incident(self, incident_id: str) -> None:
        incident = self.incidents.get(incident_id)
        if incident is None:
            return
        if not incident.is_open:
            self.views.drop("incidents", incident_id)
            self.views.drop("incidents.public", incident_id)
            return
        shown = {
            "id": incident_id,
            "kind": incident.kind,
            "priority": incident.priority,
            "lat": incident.lat if incident.cell else None,
            "lng": incident.lng if incident.cell else None,
            "area": incident.area,
            "received_at": incident.received_at,
            "units": len(self.crews.get(incident_id, ())),
            "status": incident.status,
        }
        self.views.put("incidents", incident_id, shown)
        hidden = {"lat": None, "lng": None} if self.city.is_sensitive(incident.kind) else {}
        self.views.put("incidents.public", incident_id, shown | hidden)

    def show_curve(self) -> None:
        """The curve of today and yesterday, made anew when an hour was touched or a day began."""
        if self.hours.touched or self._curve_day != self.day_start:
            self.views.become("curve", self.hours.curve(self.now))
            self.hours.touched.clear()
            self._curve_day = self.day_start

    def _show_unit(self, unit: Unit) -> None:
        shown = {
            "id": unit.unit_id,
            "kind": unit.kind,
            "status": unit.status,
            "lat": unit.lat,
            "lng": unit.lng,
            "position_at": unit.position_at,
            "incidents": list(unit.assignments),
        }
        self.views.put("units", unit.unit_id, shown)
        hidden: dict[str, Any] = {"lat": None, "lng": None, "incidents": []}
        public = shown | hidden if self._tells_a_sensitive_place(unit) else shown
        self.views.put("units.public", unit.unit_id, public)

    def _tells_a_sensitive_place(self, unit: Unit) -> bool:
        """Whether where the unit is says where a sensitive incident is, or was when it was last seen there.

        An incident that is not known yet counts as sensitive: its kind may come a moment later.
        """
        if any(self._is_sensitive_incident(incident_id) for incident_id in unit.assignments):
            return True
        return any(
            unit.position_at is not None and unit.position_at <= cleared_at and self._is_sensitive_incident(incident_id)
            for incident_id, cleared_at in unit.cleared.items()
        )

    def _is_sensitive_incident(self, incident_id: str) -> bool:
        incident = self.incidents.get(incident_id)
        return incident is None or incident.received_at is None or self.city.is_sensitive(incident.kind)

    # --- start ---------------------------------------------------------------------------------------------

    def adopt(self, cases: Iterable[Case], incidents: Iterable[Incident], units: Iterable[Unit]) -> None:
        """Take committed documents as they are and derive counts, timers and views from them."""
        for case in cases:
            self.put_case(None, case)
        for incident in incidents:
            self.put_incident(None, incident)
        for unit in units:  # after the incidents, whose kind decides what may be shown of a unit
            self.put_unit(None, unit)
            for incident_id in unit.assignments:
                self._show_incident(incident_id)
        self.new_cells.clear()
        for changed in self.changed.values():
            changed.clear()
