"""A city in memory: rooms of documents, and how one fact or the passing of time changes them.

The memory is a cache of the committed documents. `absorb` and `advance` have no effects outside this object and
take the clock from their arguments, so the same facts give the same state in the engine, a standby and a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from dashboard.engine.acts import Acts
from dashboard.engine.hours import Hours
from dashboard.engine.rooms.agents import AgentsRoom
from dashboard.engine.rooms.alarms import AlarmsRoom
from dashboard.engine.rooms.alerts import AlertsRoom
from dashboard.engine.rooms.callers import CallersRoom
from dashboard.engine.rooms.calls import CallsRoom
from dashboard.engine.rooms.cases import CasesRoom
from dashboard.engine.rooms.hospitals import HospitalsRoom
from dashboard.engine.rooms.incidents import IncidentsRoom
from dashboard.engine.rooms.matters import MattersRoom
from dashboard.engine.rooms.notices import NoticesRoom
from dashboard.engine.rooms.queue import PlanSizes
from dashboard.engine.rooms.room import Room
from dashboard.engine.rooms.situations import SituationsRoom
from dashboard.engine.rooms.sources import SourcesRoom
from dashboard.engine.rooms.tasks import TasksRoom
from dashboard.engine.rooms.units import UnitsRoom
from dashboard.engine.rooms.warnings import WarningsRoom
from dashboard.engine.splits import Splits
from dashboard.engine.timers import Timers
from dashboard.engine.views import Views
from emergency.alarm_rules import Settings as AlarmSettings
from emergency.incidents import incidents_touched
from emergency.plans import Plans
from geo.cells import FINEST, cell_to_children, cell_to_parent
from geo.cities import City
from geo.days import day_start, next_day_start
from hotline.case_rules import CaseRules, default_case_rules
from hotline.cases import cases_touched
from hotline.deadlines import Deadlines
from streams.events import Envelope, Payload, recording_of


class Ledger(Protocol):
    """What outlives the documents it was made of, stored as one document per hour, quarter or person."""

    changed: set[str]

    def take_changed(self) -> Mapping[str, Any]:
        """Documents to write since the last commit, by key."""

    def forget(self, now: datetime) -> list[str]:
        """Drop what nothing asks for any more; returns the keys."""


IsNews = Callable[[str, str], bool]
HIDING = 7  # resolution of the neighbourhood in which a hidden cell hides: 49 finest cells


class State:
    """Everything the engine knows of one city at `seq` and `now`."""

    def __init__(self, city: City, now: datetime):
        self.city = city
        self.catalogue = city.load_catalogue()
        self.grave = self.catalogue.grave()
        self.zone = ZoneInfo(city.zone)
        self.now = now
        self.day_start = day_start(now, city.zone)
        self.next_day = next_day_start(now, city.zone)
        self.totals = {"cases": 0, "incidents": 0}
        self.hours = Hours(self.zone)
        self.splits = Splits(self.zone)
        self.acts = Acts()
        self.deadlines = Deadlines.of_city(city, default_case_rules())
        self.grid: dict[str, int] = {}
        self.new_cells: list[str] = []  # since the last commit
        self.timers = Timers()
        self.views = Views()
        self._curve_day: datetime | None = None
        self.case_room = CasesRoom(self)
        self.incident_room = IncidentsRoom(self)
        self.unit_room = UnitsRoom(self)
        self.task_room = TasksRoom(self)
        self.hospital_room = HospitalsRoom(self)
        self.call_room = CallsRoom(self)
        self.agent_room = AgentsRoom(self)
        self.caller_room = CallersRoom(self)
        self.situation_room = SituationsRoom(self)
        self.matter_room = MattersRoom(self)
        self.warning_room = WarningsRoom(self)
        self.alert_room = AlertsRoom(self)
        self.notice_room = NoticesRoom(self)
        self.alarm_room = AlarmsRoom(self)
        self.source_room = SourcesRoom(self)
        # In the order in which documents are loaded: an incident's kind decides what may be shown of its units.
        rooms: tuple[Room, ...] = (
            *(self.case_room, self.incident_room, self.unit_room, self.task_room, self.call_room, self.agent_room),
            *(self.situation_room, self.matter_room, self.warning_room),
            *(self.caller_room, self.alert_room, self.notice_room, self.hospital_room, self.alarm_room),
            self.source_room,
        )
        self.rooms: dict[str, Room] = {room.entity: room for room in rooms}
        self.cases = self.case_room.documents
        self.incidents = self.incident_room.documents
        self.units = self.unit_room.documents
        self.alerts = self.alert_room.documents
        self.notices = self.notice_room.documents
        self.crews = self.unit_room.crews

    @property
    def sources(self) -> dict[str, Any]:
        return self.source_room.documents

    def use_plans(self, plans: Plans | None) -> None:
        """Which response plans say how many units an incident needs; None: those that are used already."""
        if plans is not None:
            self.incident_room.queue.sizes = PlanSizes(plans)

    def use_rules(self, rules: CaseRules | None) -> None:
        """Which rules say how cases live; None: those that are used already."""
        if rules is not None:
            self.deadlines = Deadlines.of_city(self.city, rules)
            self.call_room.floor.use(rules.channels)

    def use_alarms(self, settings: AlarmSettings | None) -> None:
        """When somebody must act; None: as is used already."""
        if settings is not None:
            self.alarm_room.settings = settings

    # --- facts ---------------------------------------------------------------------------------------------

    def absorb(self, fact: Envelope, payload: Payload, seq: int, is_news: IsNews | None = None) -> None:
        """Fold one recorded fact into documents, counts and views.

        `is_news` says of which documents (entity, id) it is: a standby may have read some of them with the fact.
        """
        room = self.rooms.get(payload.ENTITY)
        if room is not None:
            recording = recording_of(fact, seq)
            if is_news is None or is_news(payload.ENTITY, getattr(payload, payload.SUBJECT)):
                room.absorb(payload, recording)
            self.alarm_room.hear(payload, fact.subject)
            for incident_id in incidents_touched(payload):
                if is_news is None or is_news("incident", incident_id):
                    self.incident_room.touch(incident_id, payload, recording)
                    self.alarm_room.hear_incident(incident_id)
            for case_id in cases_touched(payload):
                if is_news is None or is_news("case", case_id):
                    self.case_room.touch(case_id, payload, recording)
        if room is not self.source_room:
            self.source_room.heard(fact.source, fact.occurred_at)

    def recall(self, payload: Payload) -> None:
        """Bring back what a payload speaks of, when it left memory since the last commit."""
        room = self.rooms.get(payload.ENTITY)
        if room is not None and room.spent:
            room.recall(getattr(payload, payload.SUBJECT))
        if self.incident_room.spent:
            for incident_id in incidents_touched(payload):
                self.incident_room.recall(incident_id)
        if self.case_room.spent:
            for case_id in cases_touched(payload):
                self.case_room.recall(case_id)

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
            self.rooms[entity].wake(key)

    # --- views ---------------------------------------------------------------------------------------------

    def number(self, cell: str, hidden: bool = False) -> None:
        """Give a cell its number in frames, once.

        Everybody may read the numbered cells. One that is `hidden` is numbered together with all cells of its
        neighbourhood (5 km²), so that the list does not tell where a sensitive incident was.
        """
        if not cell or cell in self.grid:
            return
        for new in cell_to_children(cell_to_parent(cell, HIDING), FINEST) if hidden else (cell,):
            if new not in self.grid:
                self.grid[new] = len(self.grid)
                self.new_cells.append(new)

    def show_crew(self, incident_id: str) -> None:
        """An incident changed: what may be shown of its units may have, too."""
        for unit_id in self.crews.get(incident_id, ()):
            self.unit_room.show_one(self.units[unit_id])

    def show_curve(self) -> None:
        """The curve of today and yesterday, made anew when an hour was touched or a day began."""
        if self.hours.touched or self._curve_day != self.day_start:
            self.views.become("curve", self.hours.curve(self.now))
            self.hours.touched.clear()
            self._curve_day = self.day_start

    # --- start ---------------------------------------------------------------------------------------------

    def adopt(self, documents: Iterable[tuple[str, Any]]) -> None:
        """Take committed (entity, document) pairs as they are; counts, timers and views are derived from them."""
        for entity, document in documents:
            self.rooms[entity].adopt(document)
        for incident_id in self.crews:
            self.incident_room.show_one(incident_id)
        self.forget_changes()

    def forget_changes(self) -> None:
        """Nothing of what happened so far is ours to commit."""
        for room in self.rooms.values():
            room.forget_changes()
        self.new_cells.clear()
        for ledger in self.ledgers.values():
            ledger.changed.clear()

    @property
    def ledgers(self) -> dict[str, Ledger]:
        """What outlives the documents it was made of, by the noun of its hash."""
        floor = self.call_room.floor
        return {"hours": self.hours, "splits": self.splits, "quarters": floor, "acts": self.acts}
