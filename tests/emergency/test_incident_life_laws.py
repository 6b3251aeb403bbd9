"""Any facts in any order, told late or twice: units and incidents agree, and stages follow from facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from emergency.assignments import ENDINGS, STEPS
from emergency.incident_flags import incident_flags
from emergency.incidents import Incident, fold_incident, fold_touched, incidents_touched, stage_of
from emergency.life import OPEN, SENSIBLE_IN, TRANSITIONS, Stage, is_legal, objection
from emergency.units import Unit, fold_unit
from streams.events import (
    IncidentCancelled,
    IncidentClosed,
    IncidentContained,
    IncidentEscalated,
    IncidentLinked,
    IncidentMerged,
    IncidentPayload,
    IncidentReceived,
    IncidentRelocated,
    IncidentReopened,
    IncidentSplit,
    IncidentTriaged,
    IncidentUnlinked,
    Payload,
    Recording,
    UnitSignalled,
    UnitStacked,
    UnitUnstacked,
)

BEGIN = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
INCIDENTS, UNITS = ("i1", "i2", "i3"), ("E1", "E2")
incident_ids, unit_ids = st.sampled_from(INCIDENTS), st.sampled_from(UNITS)
late_s = st.sampled_from((0, 0, 0, 1, 60, 600))
PLAIN = (IncidentClosed, IncidentCancelled, IncidentReopened, IncidentContained, IncidentTriaged)
RELATING: dict[Any, str] = {IncidentMerged: "into", IncidentSplit: "of", IncidentLinked: "to", IncidentUnlinked: "to"}


class Facts:
    """A board that is nothing but folds."""

    def __init__(self) -> None:
        self.now = BEGIN
        self.seq = 0
        self.incidents: dict[str, Incident] = {}
        self.units: dict[str, Unit] = {}

    def tell(self, payload: Payload, late: int = 0) -> None:
        self.seq += 1
        at = self.now - timedelta(seconds=late)
        self.take(payload, Recording(at=self.now, occurred_at=at, seq=self.seq, source="cad"))

    def take(self, payload: Any, recording: Recording) -> None:
        if isinstance(payload, IncidentPayload):
            self._keep(payload.incident_id, fold_incident(self.incidents.get(payload.incident_id), payload, recording))
        else:
            self.units[payload.unit_id] = fold_unit(self.units.get(payload.unit_id), payload, recording)
        for other in incidents_touched(payload):
            self._keep(other, fold_touched(self.incidents.get(other), other, payload, recording))

    def _keep(self, incident_id: str, incident: Incident | None) -> None:
        if incident is not None:
            self.incidents[incident_id] = incident


class Outside(RuleBasedStateMachine):
    """Other systems tell what they like; the laws hold all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.board = Facts()
        self.receipts: dict[str, datetime] = {}
        self.last: tuple[Payload, Recording] | None = None

    def tell(self, payload: Payload, late: int) -> None:
        before = dict(self.board.incidents)
        self.board.tell(payload, late)
        at = self.board.now - timedelta(seconds=late)
        self.last = (payload, Recording(at=self.board.now, occurred_at=at, seq=self.board.seq, source="cad"))
        if not isinstance(payload, IncidentPayload):
            return
        was, now = before.get(payload.incident_id), self.board.incidents.get(payload.incident_id)
        if was is not None and now is not None and was.received_at is not None:
            stage = Stage(was.stage)
            assert objection(stage, type(payload)) or is_legal(stage, Stage(now.stage)), (payload, stage, now.stage)

    @rule(s=st.integers(0, 400))
    def time_passes(self, s: int) -> None:
        self.board.now += timedelta(seconds=s)

    @rule(incident_id=incident_ids, late=late_s)
    def received(self, incident_id: str, late: int) -> None:
        self.tell(IncidentReceived(incident_id=incident_id, kind="fire", lat=42.3, lng=-71.1), late)
        known = self.board.incidents[incident_id].received_at
        assert known == self.receipts.setdefault(incident_id, self.board.now), "received never changes"

    @rule(incident_id=incident_ids, cls=st.sampled_from(PLAIN), late=late_s)
    def said(self, incident_id: str, cls: type[IncidentPayload], late: int) -> None:
        self.tell(cls(incident_id=incident_id), late)

    @rule(incident_id=incident_ids, priority=st.integers(1, 3), late=late_s)
    def escalated(self, incident_id: str, priority: int, late: int) -> None:
        self.tell(IncidentEscalated(incident_id=incident_id, priority=priority), late)

    @rule(incident_id=incident_ids, lat=st.sampled_from((None, 42.3, 42.4)))
    def relocated(self, incident_id: str, lat: float | None) -> None:
        self.tell(IncidentRelocated(incident_id=incident_id, lat=lat, lng=None if lat is None else -71.1), 0)

    @rule(one=incident_ids, other=incident_ids, cls=st.sampled_from(sorted(RELATING, key=str)))
    def related(self, one: str, other: str, cls: type[IncidentPayload]) -> None:
        assume(one != other)
        self.tell(cls(incident_id=one, **{RELATING[cls]: other}), 0)

    @rule(unit_id=unit_ids, incident_id=incident_ids, cls=st.sampled_from(sorted(STEPS, key=str)), late=late_s)
    def stepped(self, unit_id: str, incident_id: str, cls: Any, late: int) -> None:
        self.tell(cls(unit_id=unit_id, incident_id=incident_id), late)

    @rule(unit_id=unit_ids, incident_id=incident_ids, cls=st.sampled_from(sorted(ENDINGS, key=str)), late=late_s)
    def ended(self, unit_id: str, incident_id: str, cls: Any, late: int) -> None:
        more = {"to": "elsewhere"} if ENDINGS[cls] == "diverted" else {}
        self.tell(cls(unit_id=unit_id, incident_id=incident_id, **more), late)

    @rule(unit_id=unit_ids, incident_id=incident_ids, cls=st.sampled_from((UnitStacked, UnitUnstacked)))
    def queued(self, unit_id: str, incident_id: str, cls: Any) -> None:
        self.tell(cls(unit_id=unit_id, incident_id=incident_id), 0)

    @rule(unit_id=unit_ids, status=st.sampled_from(("out_of_service", "available", "returning", "out_of_contact")))
    def signalled(self, unit_id: str, status: str) -> None:
        self.tell(UnitSignalled(unit_id=unit_id, status=status), 0)

    @precondition(lambda self: self.last is not None)
    @rule()
    def told_twice(self) -> None:
        assert self.last is not None
        before = (dict(self.board.incidents), dict(self.board.units))
        self.board.take(*self.last)
        assert (self.board.incidents, self.board.units) == before

    @invariant()
    def units_and_incidents_agree_on_who_is_where(self) -> None:
        at_units = {(u, i): s for u, unit in self.board.units.items() for i, s in unit.assignments.items()}
        at_incidents = {
            (a.unit_id, i): a.status
            for i, known in self.board.incidents.items()
            for a in known.assignments
            if a.is_active
        }
        assert at_units == at_incidents

    @invariant()
    def the_stage_follows_from_the_facts(self) -> None:
        for incident in self.board.incidents.values():
            stage = stage_of(incident)
            assert incident.stage == stage
            if incident.received_at is not None:
                assert incident.is_open == (stage in OPEN)
                counted = incident_flags(incident, self.board.now, BEGIN)
                assert bool(counted & 1) == incident.is_open

    @invariant()
    def each_step_is_timed_and_attributed(self) -> None:
        for incident in self.board.incidents.values():
            assert incident.told >= len(incident.steps)
            assert all(step.by == "cad" and step.at <= self.board.now for step in incident.steps)

    @invariant()
    def nothing_waits_for_a_unit_that_is_there(self) -> None:
        for unit in self.board.units.values():
            assert not set(unit.stacked) & set(unit.assignments)


Outside.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestOutside = Outside.TestCase


def test_every_stage_can_be_left_and_reached() -> None:
    assert set(TRANSITIONS) == set(Stage)
    reached = {Stage.RECEIVED} | {after for stages in TRANSITIONS.values() for after in stages}
    assert reached == set(Stage)
    assert all(TRANSITIONS.values())


def test_what_a_stage_allows_is_never_nothing() -> None:
    for stage in Stage:
        assert any(stage in fitting for fitting in SENSIBLE_IN.values()), stage
