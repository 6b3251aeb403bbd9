"""The emergency side of a simulated city: it listens to the facts of the log and tells what its units do next.

Whoever dispatched a unit, a simulated colleague or a person, the fact `unit.dispatched` is all that counts here.
Steps and positions are told only up to the committed clock, after every fact of that time was read. So a person's
clearing is never older than a step of the plan it ends, and a late step cannot revive what was cleared.
"""

from __future__ import annotations

import heapq
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import redis

from geo.cities import City
from geo.days import day_start
from streams.codec import encode
from streams.events import (
    Envelope,
    Payload,
    UnitArrived,
    UnitCleared,
    UnitMoved,
    UnitPayload,
    UnitSignalled,
    type_of,
)
from streams.keys import Keys
from streams.sim.city_log import CityLog, Memory, Scene, UnitDocument
from streams.sim.earlier import Mark, Past, closing, play, receipt
from streams.sim.fleet import SimUnit, is_away, load_fleet, make_fleet, parked_report_before, reason_away
from streams.sim.incidents import SOURCE, Arrivals, Sampler, load_incidents
from streams.sim.lost_calls import LostCalls
from streams.sim.open_scenes import OpenScenes
from streams.sim.runs import PARKED, PATROL, STAGES, Moment, Run, Task, World

HISTORY = timedelta(hours=3)  # at least; else since local midnight
OVER = ("incident.closed", "incident.cancelled", "incident.merged")
ENDED = ("unit.cleared", "unit.recalled", "unit.diverted")
MISSED = timedelta(hours=1)  # incidents of a longer break in the simulation never happened
MINUTE = timedelta(minutes=1)
ON_THE_ROAD = ("en-route", "transporting")
JUST_BEFORE = timedelta(microseconds=1)


class EmergencySide:
    """Incidents that arrive, units that drive, incidents that close. `turn(now)` tells what happened up to `now`."""

    def __init__(self, client: redis.Redis, keys: Keys, world: World, arrivals: Arrivals):
        self._world, self._arrivals = world, arrivals
        self._lost_calls = LostCalls(world.incidents, world.seed, world.zone, arrivals.surge)
        self._log = CityLog(client, keys)
        self._forget()

    @classmethod
    def of_city(
        cls, client: redis.Redis, keys: Keys, city: City, place: Sampler, seed: str, surge: float = 1.0
    ) -> EmergencySide:
        """The emergency side with the project's own settings. Raises ValueError for a city without residents."""
        world = make_world(city, place, seed)
        return cls(client, keys, world, Arrivals(world.incidents, seed, place, city.zone, surge))

    def _forget(self) -> None:
        self._until: datetime | None = None
        self._runs: dict[str, Run] = {}  # unit -> its present plan
        self._queue: list[tuple[datetime, int, str, int, Run]] = []  # next moment of each plan, present or not
        self._order = 0
        self._away: set[str] = set()
        self._notes: dict[str, bytes | None] = {}  # to be committed, None to delete
        self._open = OpenScenes(self._world, self._notes)
        self._entries: list[Envelope] = []

    def at_work(self, incident_id: str, at: datetime) -> str:
        """A unit that is on the scene of an incident at an instant, the first by its call sign; "" for none."""
        crew = self._open.crew(incident_id)
        return next((unit_id for unit_id in crew if self._runs[unit_id].has_arrived(at)), "")

    # --- the turn --------------------------------------------------------------------------------------------

    def turn(self, now: datetime) -> int:
        """Append what happened up to `now`, the committed clock as read before this call; returns how many entries.

        Raises Overtaken when another process moved the cursor, redis errors; after either, the next turn goes on
        from what is committed.
        """
        try:
            if self._until is None:
                self._begin(now)
            else:
                self._go_on(self._until, now)
            n = len(self._entries)
            if n or self._notes:
                self._log.commit(self._entries, self._notes, self._until or now)
                self._entries = []
                self._notes.clear()
            return n
        except Exception:
            self._forget()
            raise

    def _begin(self, now: datetime) -> None:
        """Go on from the cursor; without one from the documents; in a new city with a played past."""
        memory = self._log.remember()
        if memory.until is not None:
            self._remember(memory, memory.until)
            if self._log.is_cut_off():
                self._adopt(now)
            self._go_on(memory.until, now)
        elif self._log.has_units():
            self._adopt(now)
            self._until = now
        else:
            self._found(now)
            self._until = now

    def _go_on(self, until: datetime, now: datetime) -> None:
        """Facts in their order, and before each of them what the plans said until then."""
        for fact in self._log.facts():
            at = fact.recorded_at or fact.occurred_at
            self._tell(min(at, now))
            self._react(fact, at)
        self._tell(now)
        for at, incident_id in self._open.due(now):
            self._say(closing(incident_id, self._open.marks[incident_id], at))
            self._open.drop(incident_id)
        for arrival in self._arrivals.between(max(until, now - MISSED), now):
            self._say(receipt(arrival))
        for moment in self._lost_calls.between(max(until, now - MISSED), now):
            self._say(moment)
        self._signal(until, now)
        self._until = max(until, now)

    # --- beginnings ------------------------------------------------------------------------------------------

    def _found(self, now: datetime) -> None:
        """A new city: its units, and a past since midnight, so that the day is neither empty nor still."""
        began = min(day_start(now, self._world.zone.key), now - HISTORY)
        for unit in self._world.units.values():
            self._say(Moment(began, f"{unit.unit_id}:listed", unit.payload), began)
        past = play(self._world, self._arrivals.calm().between(began, now), now)
        for moment in past.moments:
            self._say(moment, moment.at)
        for incident_id, mark in past.marks.items():
            self._open.set(incident_id, mark)
        for unit_id, task in past.tasks.items():
            lat, lng = self._start(task, after=now).where(now)
            payload = UnitMoved(unit_id=unit_id, lat=round(lat, 5), lng=round(lng, 5))
            self._say(Moment(now, f"{unit_id}:moved:begin", payload))
        for incident_id in past.marks:
            self._open.plan_closing(incident_id)
        self._tell_parked(past, now)
        self._signal(now - MINUTE, now)

    def _tell_parked(self, past: Past, now: datetime) -> None:
        """Where the units at their stations were when their radios last told, or since they came back."""
        back_at = {m.payload.unit_id: m.at for m in past.moments if isinstance(m.payload, UnitPayload)}
        for unit_id, unit in self._world.units.items():
            if unit_id in self._runs:
                continue
            at = parked_report_before(self._world.fleet, unit_id, now)
            at = max(at, back_at.get(unit_id, at))
            payload = UnitMoved(unit_id=unit_id, lat=unit.lat, lng=unit.lng)
            self._say(Moment(at, f"{unit_id}:moved:{round(at.timestamp() * 1000)}", payload), at)
        self._park_the_rest(now)

    def _remember(self, memory: Memory, until: datetime) -> None:
        """The memory as it was committed with the entries that it led to."""
        for name, raw in memory.notes.items():
            noun, _, subject = name.partition(":")
            if noun == "incident":
                self._open.marks[subject] = msgspec.json.decode(raw, type=Mark)
            elif noun == "unit":
                self._start(msgspec.json.decode(raw, type=Task), after=until, note=False)
            elif noun == "away":
                self._away.add(subject)
        for incident_id in self._open.marks:
            self._open.plan_closing(incident_id)
        self._park_the_rest(until)

    def _adopt(self, now: datetime) -> None:
        """Plans from the committed documents alone: each unit goes on from the status it has."""
        documents = self._log.units()
        scenes = self._log.scenes({i for document in documents.values() for i in document.assignments})
        for unit_id, unit in self._world.units.items():
            document = documents.get(unit_id)
            if document is None:
                self._say(Moment(now, f"{unit_id}:listed", unit.payload))
            else:
                self._adopt_unit(unit_id, document, scenes, now)
        for unit in self._world.patrolling:
            if unit.unit_id not in self._runs:
                self._start(Task(unit_id=unit.unit_id, stage=PATROL, since=now, origin=unit.home), after=now)
        self._park_the_rest(now)

    def _adopt_unit(self, unit_id: str, document: UnitDocument, scenes: dict[str, Scene], now: datetime) -> None:
        known = self._runs.get(unit_id)
        if not document.assignments:
            if known is not None and known.is_busy(now):
                self._go_home(unit_id, now)
            return
        incident_id, status = next(reversed(document.assignments.items()))
        if known is not None and known.task.incident_id == incident_id:
            return
        scene = scenes.get(incident_id, Scene())
        stage, since = status if status in STAGES else STAGES[0], document.status_at or now
        if stage in ON_THE_ROAD:
            since = max(since, document.position_at or since)
        home = self._world.units[unit_id].home
        here = (document.lat, document.lng) if document.lat is not None and document.lng is not None else home
        self._open.know(incident_id, scene)
        task = _task(unit_id, incident_id, scene, stage, since, here, rolling=False)
        self._start(task, after=now - MISSED)
        if STAGES.index(stage) >= STAGES.index("on-scene"):
            self._open.arrived(task)

    # --- facts -----------------------------------------------------------------------------------------------

    def _react(self, fact: Envelope, at: datetime) -> None:
        incident_id, unit_id = fact.data.get("incident_id", ""), fact.data.get("unit_id", "")
        if fact.type in OVER:
            self._open.drop(incident_id)
        elif fact.type == "unit.dispatched" and unit_id in self._world.units:
            self._dispatched(unit_id, incident_id, at)
        elif fact.type in ENDED and self._is_on(unit_id, incident_id, at):
            self._go_home(unit_id, at)
            self._open.cleared(incident_id, at)

    def _is_on(self, unit_id: str, incident_id: str, at: datetime) -> bool:
        run = self._runs.get(unit_id)
        return run is not None and run.is_busy(at) and run.task.incident_id == incident_id

    def _dispatched(self, unit_id: str, incident_id: str, at: datetime) -> None:
        """Somebody sent the unit: whatever it did before ends here."""
        before = self._runs.get(unit_id)
        if before is not None and before.is_busy(at) and before.task.incident_id != incident_id:
            left = before.task.incident_id
            event_id = f"{unit_id}:{left}:{round(before.task.since.timestamp() * 1000)}:left"
            self._say(Moment(at, event_id, UnitCleared(unit_id=unit_id, incident_id=left)))
            self._open.leave(before.task)
            self._open.cleared(left, at)
        scene = self._log.scenes({incident_id}).get(incident_id, Scene())
        here = before.where(at) if before is not None else self._world.units[unit_id].home
        rolling = before is not None and before.is_moving(at)
        self._open.know(incident_id, scene)
        self._open.keep_open(incident_id)
        self._start(_task(unit_id, incident_id, scene, STAGES[0], at, here, rolling), after=at)

    # --- plans -----------------------------------------------------------------------------------------------

    def _start(self, task: Task, after: datetime, note: bool = True) -> Run:
        """Make a task the unit's present one; what its plan says up to `after` was told already."""
        run = self._world.run(task)
        index = sum(moment.at <= after for moment in run.moments)
        self._runs[task.unit_id] = run
        if task.incident_id and run.is_busy(after):
            self._open.join(task)
        self._await(run, index)
        if note:
            self._notes[f"unit:{task.unit_id}"] = encode(task)
        return run

    def _await(self, run: Run, index: int) -> None:
        at = run.moments[index].at if index < len(run.moments) else run.ends_at
        self._order += 1
        heapq.heappush(self._queue, (at, self._order, run.task.unit_id, index, run))

    def _tell(self, until: datetime) -> None:
        """Say what the plans hold up to an instant. A plan that is no longer its unit's present one is mute."""
        while self._queue and self._queue[0][0] <= until:
            _, _, unit_id, index, run = heapq.heappop(self._queue)
            if self._runs.get(unit_id) is not run:
                continue
            if index == len(run.moments):
                self._finish(run)
                continue
            moment = run.moments[index]
            if not self._is_moot(moment.payload):
                self._say(moment)
            if isinstance(moment.payload, UnitArrived):
                self._open.arrived(run.task)
            elif isinstance(moment.payload, UnitCleared):
                self._open.leave(run.task)
                self._open.cleared(run.task.incident_id, moment.at)
            self._await(run, index + 1)

    def _is_moot(self, payload: Payload) -> bool:
        """Whether a unit that came home went out of service on the way: then it is not available there."""
        return isinstance(payload, UnitSignalled) and payload.unit_id in self._away

    def _finish(self, run: Run) -> None:
        """A plan came to its end: the unit is at home, or goes around the blocks again."""
        unit = self._world.units[run.task.unit_id]
        if unit in self._world.patrolling:
            task = Task(unit_id=unit.unit_id, stage=PATROL, since=run.ends_at, origin=unit.home)
            self._start(task, after=run.ends_at)
            return
        if run.task.stage != PARKED:
            self._notes[f"unit:{unit.unit_id}"] = None
        self._park(unit, run.ends_at)

    def _park(self, unit: SimUnit, at: datetime) -> None:
        """At its station it tells its position now and then. That needs no memory: it follows from the instant."""
        self._start(Task(unit_id=unit.unit_id, stage=PARKED, since=at, origin=unit.home), after=at, note=False)

    def _park_the_rest(self, at: datetime) -> None:
        for unit_id, unit in self._world.units.items():
            if unit_id not in self._runs:
                self._park(unit, at)

    def _go_home(self, unit_id: str, at: datetime) -> None:
        before = self._runs[unit_id]
        self._open.leave(before.task)
        task = Task(unit_id=unit_id, stage="home", since=at, origin=before.where(at))
        self._start(task, after=at - JUST_BEFORE)  # that it returns is told at once

    # --- out of service --------------------------------------------------------------------------------------

    def _signal(self, after: datetime, until: datetime) -> None:
        """Once a minute: units whose time has come go out of service or return; a busy one works on first."""
        minute = until.astimezone(UTC).replace(second=0, microsecond=0)
        if minute <= after:
            return
        fleet, seed = self._world.fleet, self._world.seed
        for unit_id in self._world.units:
            away = is_away(fleet, seed, unit_id, minute)
            if away == (unit_id in self._away) or (away and self._is_busy(unit_id, minute)):
                continue
            status = "out_of_service" if away else "available"
            reason = reason_away(fleet, seed, unit_id, minute) if away else ""
            payload = UnitSignalled(unit_id=unit_id, status=status, reason=reason)
            self._say(Moment(minute, f"{unit_id}:signalled:{int(minute.timestamp())}", payload))
            (self._away.add if away else self._away.discard)(unit_id)
            self._notes[f"away:{unit_id}"] = b"1" if away else None

    def _is_busy(self, unit_id: str, at: datetime) -> bool:
        run = self._runs.get(unit_id)
        return run is not None and run.is_busy(at)

    def _say(self, moment: Moment, recorded_at: datetime | None = None) -> None:
        self._entries.append(entry(moment, recorded_at))


def make_world(city: City, place: Sampler, seed: str) -> World:
    """The world of a city with the project's own settings. Raises ValueError for a city without residents."""
    if city.population is None or not city.population.areas:
        raise ValueError(f"{city.id}: the city file needs residents under population.areas to be simulated")
    fleet = load_fleet()
    units = make_fleet(fleet, city.population.areas, place)
    return World(load_incidents(), fleet, units, seed, ZoneInfo(city.zone))


def entry(moment: Moment, recorded_at: datetime | None = None) -> Envelope:
    """An event of a plan as it enters the log; `recorded_at` only for a past that was never lived."""
    payload = moment.payload
    return Envelope(
        source=SOURCE,
        id=moment.event_id,
        type=type_of(type(payload)),
        occurred_at=moment.at,
        recorded_at=recorded_at,
        subject=payload.subject,
        data=msgspec.to_builtins(payload),
    )


def _task(
    unit_id: str,
    incident_id: str,
    scene: Scene,
    stage: str,
    since: datetime,
    origin: tuple[float, float],
    rolling: bool,
) -> Task:
    return Task(
        unit_id=unit_id,
        stage=stage,
        since=since,
        origin=origin,
        incident_id=incident_id,
        kind=scene.kind,
        priority=scene.priority,
        scene=scene.where,
        ours=scene.source == SOURCE,
        rolling=rolling,
    )
