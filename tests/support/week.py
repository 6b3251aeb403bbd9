"""A simulated week in fast motion: the real engine in a process of its own, its clock moved a step a turn.

Run as `python -m tests.support.week SOCKET CITY DAYS STEP_M PER_DAY FRAME_S SEED`; it prints one JSON line a simulated
day: resident memory, and how many of everything the engine keeps. It begins when it is told to, by a line of input.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import redis

from dashboard.engine.clock import Mode
from dashboard.engine.engine import Engine
from dashboard.engine.store import Store
from geo.cities import load_city
from streams.keys import Keys
from tests.support.processes import rss_kb

START = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
PLACES = [(42.25 + n % 40 / 300, -71.17 + n // 40 / 250) for n in range(1500)]
CATEGORIES = ("Noise", "Trees", "Graffiti", "Street Lights", "Recycling", "Heating")
UNITS = 40


class Traffic:
    """A steady city: what comes also goes. Cases close within hours, calls within one, units come back."""

    def __init__(self, per_day: int, seed: int) -> None:
        self.draw = random.Random(f"week {seed}")
        self.per_minute = per_day / 2 / 1440  # a beginning and an end
        self.owed = 0.0
        self.ends: list[tuple[datetime, str, dict[str, Any]]] = []
        self.numbers = 0

    def between(self, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        """Events of one step."""
        due = [e for e in self.ends if e[0] <= end]
        self.ends = [e for e in self.ends if e[0] > end]
        for at, type_, data in due:
            yield self._event(type_, at, data)
        self.owed += (end - start).total_seconds() / 60 * self.per_minute
        while self.owed >= 1:
            self.owed -= 1
            yield from self._begin(start + (end - start) * self.draw.random())

    def _begin(self, at: datetime) -> Iterator[dict[str, Any]]:
        draw, n = self.draw, self.numbers
        lat, lng = draw.choice(PLACES)
        if draw.random() < 0.8:
            yield self._event("case.received", at, {
                "case_id": f"c{n}", "category": draw.choice(CATEGORIES), "channel": draw.choice(("phone", "web")),
                "lat": lat, "lng": lng, "target_at": at + timedelta(hours=draw.uniform(1, 12)), "text": f"words {n}",
            })  # fmt: skip
            self.ends.append((at + timedelta(hours=draw.uniform(0.1, 8)), "case.closed", {"case_id": f"c{n}"}))
            return
        incident = {"incident_id": f"i{n}"}
        unit = {"unit_id": f"u{draw.randrange(UNITS)}"}
        yield self._event("incident.received", at, incident | {"kind": "fire", "lat": lat, "lng": lng})
        yield self._event("unit.dispatched", at, unit | incident)
        over = at + timedelta(minutes=draw.uniform(5, 60))
        self.ends.append((over, "unit.cleared", unit | incident))
        self.ends.append((over, "incident.closed", incident))

    def _event(self, type_: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
        self.numbers += 1
        return {"source": "week", "id": f"w{self.numbers}", "type": type_, "occurred_at": at, "data": data}


class Week:
    """The engine, its clock, and what happens in its city."""

    def __init__(self, client: redis.Redis, city_id: str, step_m: float, per_day: int, seed: int) -> None:
        self.client, self.keys = client, Keys(city_id)
        self.now = START
        self.engine = Engine(
            Store(client, self.keys, "week", events_kept=5_000),
            load_city(city_id),
            None,
            Mode.LIVE,
            wall=lambda: self.now,
            monotonic=lambda: self.now.timestamp(),
        )
        self.engine.start()
        self.engine.turn(block_ms=None)
        self.traffic, self.step_length, self.events = Traffic(per_day, seed), timedelta(minutes=step_m), 0

    def step(self) -> int:
        """Let one step pass; the seq of the frame that shows it."""
        told = list(self.traffic.between(self.now, self.now + self.step_length))
        with self.client.pipeline(transaction=False) as pipe:
            for event in told:
                pipe.xadd(self.keys.inbox, {"e": msgspec.json.encode(event)})
            pipe.execute()
        self.events += len(told)
        self.now += self.step_length
        self.engine.turn(block_ms=None)
        return self.engine.position.frame_seq

    def day(self) -> Iterator[int]:
        """The steps of one day."""
        end = self.now + timedelta(days=1)
        while self.now < end:
            yield self.step()

    def sizes(self) -> dict[str, int]:
        """How many of everything the engine keeps in memory."""
        state = self.engine.state
        tallies = (state.case_room.tally, state.incident_room.tally, state.incident_room.public_tally)
        return {
            "cases": len(state.cases),
            "incidents": len(state.incidents),
            "units": len(state.units),
            "crews": len(state.crews),
            "sources": len(state.sources),
            "cells": len(state.grid),
            "hours": len(state.hours.hours),
            "timers": len(state.timers),
            "flags": len(state.case_room.tally.flags) + len(state.incident_room.tally.flags),
            "counts": sum(len(counts) for tally in tallies for by in tally.cells.values() for counts in by.values()),
            "held": len(self.engine.held),
            "views": sum(len(values) for topic, values in state.views.current.items() if topic != "curve"),
        }


def main(socket: str, city_id: str, days: int, step_m: float, per_day: int, frame_s: float, seed: int) -> None:
    """`frame_s` is the least wall time of a step, which makes one frame."""
    week = Week(redis.Redis(unix_socket_path=socket), city_id, step_m, per_day, seed)
    print(json.dumps({"day": -1}), flush=True)
    sys.stdin.readline()
    for day in range(days):
        began = time.perf_counter()
        for _ in week.day():
            time.sleep(max(0.0, frame_s - (time.perf_counter() - began)))
            began = time.perf_counter()
        memory = rss_kb(Path("/proc/self").resolve().name)
        print(json.dumps({"day": day, "events": week.events, "rss_kb": memory, **week.sizes()}), flush=True)


if __name__ == "__main__":
    socket, city, days, step_m, per_day, frame_s, seed = sys.argv[1:]
    main(socket, city, int(days), float(step_m), int(per_day), float(frame_s), int(seed))
