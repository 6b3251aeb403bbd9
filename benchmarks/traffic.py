"""Load like a city's day: complaints with text, closings, moving units, incidents and the units sent to them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from streams.codec import encode
from streams.events import Envelope

CITY = "beijing"
CENTRE = (39.92, 116.42)
# Complaints come from the same corners again and again: 2,500 of them lie around the centre (standard deviations in
# degrees), and places vary around each by up to 130 m. Together they occupy about 5,000 cells.
CORNERS, SPREAD, JITTER = 2_500, (0.11, 0.14), 0.0012
CATEGORIES = tuple(f"category-{number:02d}" for number in range(30))
CHANNELS = ("phone", "web", "app", "wechat", "assistant")
DEADLINES_H = (2, 24, 72, 240)
KINDS = ("Fire", "Medical", "Alarm", "Traffic", "Rescue")
UNIT_STEPS = ("unit.dispatched", "unit.departed", "unit.arrived", "unit.cleared")
TEXTS = (
    "小区门口的垃圾已经三天没有清运,夏天气味很大,请尽快处理。",
    "The street light before our house has been out for a week and the crossing is dark when children come home.",
    "楼上装修每天早上六点开始施工,噪音扰民,多次反映没有结果。",
    "Water has been running from the pavement since this morning and the road is icing over.",
)
# Shares of the kinds of entries, in order; the rest are incidents and the units on them.
RECEIVED, CLOSED, MOVED = 0.55, 0.25, 0.15


@dataclass(frozen=True)
class Entry:
    """One entry of the inbox, ready to be appended."""

    id: str
    type: str
    raw: bytes


@dataclass
class Traffic:
    """An endless mix, the same for the same seed. `units` vehicles move; closings choose among what is open."""

    seed: int = 1
    units: int = 200
    only_cases: bool = False
    categories: Sequence[str] = CATEGORIES
    open_cases: list[str] = field(default_factory=list)
    open_incidents: list[str] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        corners = random.Random("corners")
        self.corners = [
            (corners.gauss(CENTRE[0], SPREAD[0]), corners.gauss(CENTRE[1], SPREAD[1])) for _ in range(CORNERS)
        ]

    def entries(self, count: int, start: datetime, step: timedelta) -> Iterator[Entry]:
        """`count` entries, one every `step` from `start`."""
        return (self.entry(start + step * number) for number in range(count))

    def entry(self, at: datetime) -> Entry:
        """One entry that happened at `at`."""
        self.made += 1
        type_, source, data = self._said(at)
        envelope = Envelope(source=source, id=f"{self.seed}-{self.made}", type=type_, occurred_at=at, data=data)
        return Entry(envelope.id, type_, encode(envelope))

    def _said(self, at: datetime) -> tuple[str, str, dict[str, Any]]:
        share = self.random.random()
        if share < RECEIVED:
            return "case.received", "311", self.case(at)
        if share < RECEIVED + CLOSED and self.open_cases:
            return "case.closed", "311", {"case_id": _taken(self.random, self.open_cases)}
        if self.only_cases:
            return "case.received", "311", self.case(at)
        if share < RECEIVED + CLOSED + MOVED:
            lat, lng = self.place()
            return "unit.moved", "cad", {"unit_id": self._unit(), "lat": lat, "lng": lng}
        return self._incident_matter()

    def case(self, at: datetime) -> dict[str, Any]:
        """The data of a new complaint."""
        choose = self.random.choice
        case_id = f"c{self.seed}-{self.made}"
        self.open_cases.append(case_id)
        lat, lng = self.place()
        return {
            "case_id": case_id,
            "kind": "complaint",
            "category": choose(self.categories),
            "channel": choose(CHANNELS),
            "lat": lat,
            "lng": lng,
            "address": f"{self.random.randrange(999)} Example Road",
            "text": choose(TEXTS),
            "target_at": at + timedelta(hours=choose(DEADLINES_H)),
        }

    def place(self) -> tuple[float, float]:
        """A (lat, lng) near one of the corners, in degrees."""
        lat, lng = self.random.choice(self.corners)
        vary = self.random.uniform
        return round(lat + vary(-JITTER, JITTER), 6), round(lng + vary(-JITTER, JITTER), 6)

    def _unit(self) -> str:
        return f"unit-{self.random.randrange(self.units)}"

    def _incident_matter(self) -> tuple[str, str, dict[str, Any]]:
        share = self.random.random()
        if share < 0.3 or len(self.open_incidents) < 2:
            lat, lng = self.place()
            incident_id = f"i{self.seed}-{self.made}"
            self.open_incidents.append(incident_id)
            kind, priority = self.random.choice(KINDS), self.random.choice((1, 2, 3))
            return "incident.received", "cad", {
                "incident_id": incident_id, "kind": kind, "priority": priority, "lat": lat, "lng": lng,
            }  # fmt: skip
        if share < 0.8:
            step = {"unit_id": self._unit(), "incident_id": self.random.choice(self.open_incidents)}
            return self.random.choice(UNIT_STEPS), "cad", step
        return "incident.closed", "cad", {"incident_id": _taken(self.random, self.open_incidents)}


def _taken(rng: random.Random, ids: list[str]) -> str:
    """Take out any one of the ids."""
    index = rng.randrange(len(ids))
    ids[index], ids[-1] = ids[-1], ids[index]
    return ids.pop()
