"""What the emergency side did before the simulation began: its units are out, and today's incidents are counted.

Nobody could dispatch in a past that was never lived, so here the dispatching is played as well, by the same rules
as later by the simulated colleagues. Pure: the same world and the same hours give the same past.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from streams.events import IncidentClosed, Payload, UnitArrived, UnitDispatched
from streams.sim.dispatching import Candidate, able, choose, missing, processing_time
from streams.sim.driving import Point
from streams.sim.fleet import is_away
from streams.sim.incidents import Arrival, Needs, drawn
from streams.sim.runs import PATROL, Moment, Run, Task, World

ASK_AGAIN = timedelta(seconds=60)
MOST_ASKED = 10


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the simulator remembers of an incident: which kinds of unit came, and when the last one cleared."""

    kind: str = ""
    priority: int = 2
    ours: bool = False
    worked: tuple[str, ...] = ()
    cleared_at: datetime | None = None


class Past(msgspec.Struct, frozen=True):
    """All that happened up to a moment, oldest first, and what goes on from there."""

    moments: list[Moment]
    tasks: dict[str, Task]
    marks: dict[str, Mark]


def closing_time(world: World, incident_id: str, mark: Mark) -> datetime | None:
    """When an incident that nobody works at any more closes; None before anybody did.

    It waits longer while a kind of unit that it needs never came: somebody may still send one.
    """
    if not mark.worked or mark.cleared_at is None:
        return None
    lacking = missing(world.fleet, _one_each(world.incidents.needs(mark.kind, mark.priority)), mark.worked)
    rule = world.fleet.closing
    after_s = rule.uncovered_after_s if lacking else drawn(world.seed, "closing", incident_id).uniform(*rule.after_s)
    return mark.cleared_at + timedelta(seconds=round(after_s))


def _one_each(needs: Needs) -> Needs:
    return dict.fromkeys(needs, 1)


def closing(incident_id: str, mark: Mark, at: datetime) -> Moment:
    """The end of an incident. Its id names the clearing that led to it: one that was reopened closes again."""
    cleared_ms = round((mark.cleared_at or at).timestamp() * 1000)
    payload = IncidentClosed(incident_id=incident_id, reason="all units cleared")
    return Moment(at, f"{incident_id}:closed:{cleared_ms}", payload)


def receipt(arrival: Arrival) -> Moment:
    return Moment(arrival.received_at, f"{arrival.incident_id}:received", arrival.payload)


def play(world: World, arrivals: Sequence[Arrival], until: datetime) -> Past:
    """The hours before `until`, from the incidents that arrived in them (oldest first)."""
    return _Played(world, until).play(arrivals)


class _Played:
    """The past while it is being played: who is out until when."""

    def __init__(self, world: World, until: datetime):
        self.world, self.until = world, until
        self.runs: dict[str, Run] = {}
        self.moments: list[Moment] = []
        self.sent: dict[str, list[Run]] = {}

    def play(self, arrivals: Sequence[Arrival]) -> Past:
        known = {arrival.incident_id: arrival for arrival in arrivals}
        queue: list[tuple[datetime, str, int]] = []
        for arrival in arrivals:
            self.moments.append(receipt(arrival))
            wait = processing_time(self.world.fleet, self.world.seed, arrival.incident_id, arrival.priority)
            heapq.heappush(queue, (arrival.received_at + wait, arrival.incident_id, 0))
        while queue and queue[0][0] <= self.until:
            at, incident_id, asked = heapq.heappop(queue)
            if self._send(known[incident_id], at) and asked < MOST_ASKED:
                heapq.heappush(queue, (at + ASK_AGAIN, incident_id, asked + 1))
        marks = {incident_id: self._mark(known[incident_id]) for incident_id in self.sent}
        self._close(marks)
        self.moments.sort(key=lambda moment: (moment.at, moment.event_id))
        return Past(self.moments, self._tasks(), marks)

    def _send(self, arrival: Arrival, at: datetime) -> dict[str, int]:
        """Send the nearest free units; returns what could not be sent."""
        there = [self.world.units[run.task.unit_id].kind for run in self.sent.get(arrival.incident_id, ())]
        needs = self.world.incidents.needs(arrival.kind, arrival.priority)
        wanted = missing(self.world.fleet, needs, there)
        scene = (arrival.lat, arrival.lng)
        for chosen in choose(self.world.fleet, wanted, scene, self._free(at, able(self.world.fleet, wanted))):
            self._begin(arrival, chosen, at)
            there.append(chosen.kind)
        return missing(self.world.fleet, needs, there)

    def _begin(self, arrival: Arrival, chosen: Candidate, at: datetime) -> None:
        before = self.runs.get(chosen.unit_id)
        task = Task(
            unit_id=chosen.unit_id,
            stage="dispatched",
            since=at,
            origin=chosen.where,
            incident_id=arrival.incident_id,
            kind=arrival.kind,
            priority=arrival.priority,
            scene=(arrival.lat, arrival.lng),
            ours=True,
            rolling=before is not None and before.is_moving(at),
        )
        run = self.world.run(task, tracked=False)
        self.runs[chosen.unit_id] = run
        self.sent.setdefault(arrival.incident_id, []).append(run)
        payload = UnitDispatched(unit_id=chosen.unit_id, incident_id=arrival.incident_id)
        event_id = f"{chosen.unit_id}:{arrival.incident_id}:{round(at.timestamp() * 1000)}:dispatched"
        self.moments += (Moment(at, event_id, payload), *(m for m in run.moments if m.at <= self.until))

    def _free(self, at: datetime, kinds: set[str]) -> dict[str, list[Candidate]]:
        found: dict[str, list[Candidate]] = {}
        for unit in self.world.units.values():
            run = self.runs.get(unit.unit_id)
            if unit.kind not in kinds or (run is not None and run.is_busy(at)):
                continue
            if not is_away(self.world.fleet, self.world.seed, unit.unit_id, at):
                where: Point = run.where(at) if run is not None else unit.home
                found.setdefault(unit.kind, []).append(Candidate(unit.unit_id, unit.kind, where))
        return found

    def _mark(self, arrival: Arrival) -> Mark:
        runs = self.sent[arrival.incident_id]
        said: list[tuple[Run, Payload]] = [(run, m.payload) for run in runs for m in run.moments if m.at <= self.until]
        worked = {self.world.units[run.task.unit_id].kind for run, payload in said if isinstance(payload, UnitArrived)}
        cleared = [run.cleared_at for run in runs if run.cleared_at is not None and run.cleared_at <= self.until]
        return Mark(arrival.kind, arrival.priority, True, tuple(sorted(worked)), max(cleared, default=None))

    def _close(self, marks: dict[str, Mark]) -> None:
        """Incidents that are over leave the marks."""
        for incident_id, mark in list(marks.items()):
            at = closing_time(self.world, incident_id, mark)
            busy = any(run.is_busy(self.until) for run in self.sent[incident_id])
            if at is not None and at <= self.until and not busy:
                self.moments.append(closing(incident_id, mark, at))
                del marks[incident_id]

    def _tasks(self) -> dict[str, Task]:
        """What goes on: units under way, and patrols of those that are not."""
        found = {unit_id: run.task for unit_id, run in self.runs.items() if run.ends_at > self.until}
        for unit in self.world.patrolling:
            task = Task(unit_id=unit.unit_id, stage=PATROL, since=self.until, origin=unit.home)
            found.setdefault(unit.unit_id, task)
        return found
