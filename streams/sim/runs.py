"""The plan of one unit: from where it stands now to its home again, every step and position with its instant.

A run follows from its task alone. A task says which assignment it serves and since when, so a plan that was made
for an older state can be told from the present one, and a plan computed again after a restart is the same plan.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from streams.events import (
    Payload,
    UnitAcknowledged,
    UnitArrived,
    UnitAssignment,
    UnitCheckedIn,
    UnitCleared,
    UnitDelivered,
    UnitDeparted,
    UnitMoved,
    UnitNotified,
    UnitSignalled,
    UnitTransported,
    type_of,
)
from streams.sim.driving import METRES_PER_DEGREE, PLACES, Leg, Point, along, distance_m, leg, position_at, reports
from streams.sim.fleet import (
    FleetSetting,
    SimUnit,
    hospitals_by_distance,
    is_patrolling,
    is_silent,
    parked_report_after,
)
from streams.sim.incidents import IncidentSetting, drawn, is_transported, on_scene_s

# The stages of a task, in order: a plan begins at its task's stage. The names are those of the unit's status.
STAGES = ("dispatched", "en-route", "on-scene", "transporting", "at-hospital", "home")
PATROL = "patrol"
PARKED = "parked"
LOOK_AROUND_M = 1500.0


class Task(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a unit does: since when, from where (degrees), and for which incident ("" for none)."""

    unit_id: str
    stage: str
    since: datetime
    origin: Point
    incident_id: str = ""
    kind: str = ""
    priority: int = 2
    scene: Point | None = None
    ours: bool = False  # the incident is one of the simulator's own
    rolling: bool = False  # the unit was on the road when it was sent


class Moment(NamedTuple):
    """One event of a plan: when, under which id, and what it says."""

    at: datetime
    event_id: str
    payload: Payload


class Run(msgspec.Struct, frozen=True):
    """The plan of a task. `cleared_at` is when its assignment ends, None where there is none."""

    task: Task
    moments: tuple[Moment, ...]
    legs: tuple[Leg, ...]
    cleared_at: datetime | None
    ends_at: datetime

    def where(self, at: datetime) -> Point:
        """The unit's true position, told or not."""
        index = bisect_right(self.legs, at, key=lambda drive: drive.starts_at)
        return position_at(self.legs[index - 1], at) if index else self.task.origin

    def is_moving(self, at: datetime) -> bool:
        return any(drive.starts_at <= at < drive.ends_at for drive in self.legs)

    def has_arrived(self, at: datetime) -> bool:
        return any(moment.at <= at and isinstance(moment.payload, UnitArrived) for moment in self.moments)

    def is_busy(self, at: datetime) -> bool:
        return self.cleared_at is not None and at < self.cleared_at


@dataclass(frozen=True)
class World:
    """What every plan is made from: settings, the fleet, the seed and the city's zone."""

    incidents: IncidentSetting
    fleet: FleetSetting
    units: Mapping[str, SimUnit]
    seed: str
    zone: ZoneInfo

    def run(self, task: Task, tracked: bool = True) -> Run:
        """The plan of a task; one that is not `tracked` is the same without telling positions.

        Raises KeyError for a unit that is not of the fleet.
        """
        unit = self.units[task.unit_id]
        plan = _Plan(self, unit, task, tracked)
        if task.stage == PATROL:
            plan.tour()
        elif task.stage == PARKED:
            plan.stand()
        else:
            plan.serve()
        return plan.done()

    @cached_property
    def patrolling(self) -> tuple[SimUnit, ...]:
        return tuple(unit for unit in self.units.values() if is_patrolling(self.fleet, unit))


class _Plan:
    """A plan while it is being written: the clock and the place advance together."""

    def __init__(self, world: World, unit: SimUnit, task: Task, tracked: bool):
        self.world, self.unit, self.task, self.tracked = world, unit, task, tracked
        self.at, self.here = task.since, task.origin
        self.since_ms = _ms(task.since)
        self.named = f"{task.unit_id}:{task.incident_id}:{self.since_ms}"
        self.rng = drawn(world.seed, "run", self.named)
        self.moments: list[Moment] = []
        self.legs: list[Leg] = []
        self.cleared_at: datetime | None = None

    def done(self) -> Run:
        return Run(self.task, tuple(self.moments), tuple(self.legs), self.cleared_at, self.at)

    def serve(self) -> None:
        """The rest of an assignment from the task's stage on, and the way home."""
        stage = STAGES.index(self.task.stage)
        setting, driving = self.world.fleet, self.world.fleet.driving
        if stage <= 0:
            turnout_s = driving.rolling_s if self.task.rolling else setting.units[self.unit.kind].turnout_s
            self.turn_out(self.rng.uniform(*turnout_s))
            self.say(UnitDeparted)
        if stage <= 1:
            self.drive(self.scene(), driving.report_s, with_light=True)
            self.say(UnitArrived)
        if stage <= 2:
            self.work(on_scene_s(self.world.incidents, self.task.kind, self.rng))
            if self.takes_a_patient():
                self.say(UnitTransported)
                stage = 3
        if stage in (3, 4):
            self.hand_over(stage)
        if stage <= 4:
            self.say(UnitCleared)
            self.cleared_at = self.at
        self.go_home()

    def turn_out(self, seconds: float) -> None:
        """The word reaches the unit, its crew says so, and it rolls: never before it has said so."""
        answering = self.world.fleet.answering
        rng = drawn(self.world.seed, "answer", self.named)
        sent_at = self.at
        self.wait(rng.uniform(*answering.notified_s))
        self.say(UnitNotified)
        takes_s = answering.late_s if rng.random() < answering.late else answering.acknowledged_s
        self.at = max(self.at, sent_at + _seconds(rng.uniform(*takes_s)))
        self.say(UnitAcknowledged)
        self.at = max(self.at + _seconds(1), sent_at + _seconds(seconds))

    def work(self, seconds: float) -> None:
        """On scene, where crews at dangerous work say now and then that they are well."""
        setting, began = self.world.fleet.check_ins, self.at
        self.stay(seconds)
        if self.task.kind not in setting.kinds:
            return
        rng = drawn(self.world.seed, "check-in", self.named)
        every = timedelta(minutes=setting.every_min)
        at = began + every
        while at < self.at:
            if rng.random() >= setting.forgotten:
                event_id = f"{self.unit.unit_id}:checked_in:{_ms(at)}"
                self.moments.append(Moment(at, event_id, UnitCheckedIn(unit_id=self.unit.unit_id)))
            at += every
        self.moments.sort(key=lambda moment: moment.at)  # positions were told in between

    def go_home(self) -> None:
        """On the way home a unit may be sent again."""
        if self.here == self.unit.home:
            return
        self.signal("returning")
        self.drive(self.unit.home, self.world.fleet.driving.report_home_s)
        self.signal("available")

    def signal(self, status: str) -> None:
        payload = UnitSignalled(unit_id=self.unit.unit_id, status=status)
        self.moments.append(Moment(self.at, f"{self.unit.unit_id}:signalled:{status}:{_ms(self.at)}", payload))

    def hand_over(self, stage: int) -> None:
        driving = self.world.fleet.driving
        if stage == 3:
            self.drive(self.hospital(), driving.report_s, with_light=self.task.priority == 1)
            self.say(UnitDelivered)
        self.stay(60 * self.rng.uniform(*driving.handover_min))

    def tour(self) -> None:
        """Once around some blocks and a rest at home; the next tour is a task of its own."""
        patrols = self.world.fleet.patrols
        corners = _around(self.unit.home, patrols.reach_m, self.rng)
        self.ride(along(corners, self.at, patrols.speed_mps), self.world.fleet.driving.report_patrol_s)
        self.wait(60 * self.rng.uniform(*patrols.rest_min))

    def stand(self) -> None:
        """At home until its radio tells so the next time; what follows is a task of its own."""
        self.at = parked_report_after(self.world.fleet, self.unit.unit_id, self.at)
        self.tell_position(self.at, self.unit.home)

    # --- what a crew does ------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        self.at += _seconds(seconds)

    def stay(self, seconds: float) -> None:
        """Wait in one place, where its radio tells now and then."""
        fleet, at = self.world.fleet, self.at
        self.wait(seconds)
        while self.tracked and (at := parked_report_after(fleet, self.unit.unit_id, at)) < self.at:
            self.tell_position(at, self.here)

    def say(self, step: type[UnitAssignment]) -> None:
        name = type_of(step).partition(".")[2]
        event_id = f"{self.task.unit_id}:{self.task.incident_id}:{self.since_ms}:{name}"
        payload = step(unit_id=self.task.unit_id, incident_id=self.task.incident_id)
        self.moments.append(Moment(self.at, event_id, payload))

    def drive(self, target: Point, every_s: float, with_light: bool = False) -> None:
        if target == self.here:
            return
        setting = self.world.fleet
        hour = self.at.astimezone(self.world.zone).hour
        spread = setting.driving.spread
        free = setting.units[self.unit.kind].speed_mps[0 if with_light else 1]
        speed = free * setting.driving.flow[hour] * self.rng.uniform(1 - spread, 1 + spread)
        self.ride(leg(self.here, target, self.at, speed, self.rng), every_s)

    def ride(self, drive: Leg, every_s: float) -> None:
        self.legs.append(drive)
        ends_at = drive.ends_at
        if self.tracked:
            for at, lat, lng in reports(drive, every_s):
                self.tell_position(at, (lat, lng))
        self.at, self.here = ends_at, drive.target

    def tell_position(self, at: datetime, here: Point) -> None:
        unit_id = self.task.unit_id
        if not is_silent(self.world.fleet, self.world.seed, unit_id, at):
            payload = UnitMoved(unit_id=unit_id, lat=round(here[0], PLACES), lng=round(here[1], PLACES))
            self.moments.append(Moment(at, f"{unit_id}:moved:{_ms(at)}", payload))

    # --- where it goes ---------------------------------------------------------------------------------------

    def scene(self) -> Point:
        """The incident's place; of one without a place, somewhere near the unit's home, to look for it."""
        return (
            self.task.scene or _around(self.unit.home, 1500, drawn(self.world.seed, "look", self.task.incident_id))[1]
        )

    def hospital(self) -> Point:
        """The nearest, or now and then the second nearest where that is not much farther."""
        driving = self.world.fleet.driving
        here = self.task.scene or self.here
        first, *others = ((h.lat, h.lng) for h in hospitals_by_distance(self.world.fleet, here)[:2])
        for second in others:
            much_farther = distance_m(here, second) - distance_m(here, first) > driving.detour_m
            rng = drawn(self.world.seed, "hospital", self.task.incident_id)
            if not much_farther and rng.random() >= driving.nearest_hospital:
                return second
        return first

    def takes_a_patient(self) -> bool:
        rng = drawn(self.world.seed, "transport", f"{self.task.incident_id}:{self.unit.unit_id}")
        return self.unit.kind == "ambulance" and is_transported(self.world.incidents, self.task.kind, rng)


def _around(home: Point, reach_m: float, rng: Random) -> tuple[Point, ...]:
    """A way around a rectangle that has one corner at `home`, back to it."""
    north = rng.choice((-1, 1)) * reach_m * rng.uniform(0.5, 1) / METRES_PER_DEGREE
    east = rng.choice((-1, 1)) * reach_m * rng.uniform(0.5, 1) / METRES_PER_DEGREE / math.cos(math.radians(home[0]))
    lat, lng = home
    return home, (lat + north, lng), (lat + north, lng + east), (lat, lng + east), home


def _seconds(seconds: float) -> timedelta:
    """Whole seconds, rounded up: what a radio tells."""
    return timedelta(seconds=math.ceil(seconds))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
