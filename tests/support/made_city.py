"""Made-up records of a made-up summer in Boston: files for replays and events for intake, the same for one seed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PRESET = """
city = "boston"
zone = "America/New_York"
default_points = [[42.3594, -71.0587]]
[columns]
id = "id"
received = "opened"
target = "due"
closed = "closed"
category = "category"
channel = "channel"
area = "area"
text = "text"
lat = "lat"
lng = "lng"
"""
BEGIN = datetime(2011, 7, 4, 6, 0)  # the city's own time
CATEGORIES = ("Street Lights", "Noise", "Trees", "Graffiti", "Recycling", "Heating")
CHANNELS = ("phone", "web", "app")
AREAS = ("Roxbury", "Allston", "Dorchester", "Back Bay")
CITY_HALL = ("42.3594", "-71.0587")


def place(draw: random.Random) -> tuple[str, str]:
    """Mostly somewhere in Boston, sometimes nowhere, sometimes the point that stands for nowhere."""
    kind = draw.random()
    if kind < 0.08:
        return ("", "")
    if kind < 0.14:
        return CITY_HALL
    return f"{draw.gauss(42.33, 0.02):.5f}", f"{draw.gauss(-71.08, 0.03):.5f}"


def write_cases(folder: Path, seed: int, cases: int, hours: float) -> tuple[Path, Path]:
    """(file, preset) of `cases` cases received within `hours`; two in three are closed, some of them late."""
    draw = random.Random(seed)
    lines = ["id,opened,due,closed,category,channel,area,text,lat,lng"]
    for number in range(cases):
        opened = BEGIN + timedelta(seconds=draw.uniform(0, hours * 3600))
        due = opened + timedelta(hours=draw.choice((2, 6, 24, 72))) if draw.random() < 0.9 else ""
        closed = opened + timedelta(hours=draw.uniform(0, hours / 3)) if draw.random() < 0.7 else ""
        lat, lng = place(draw)
        fields = [
            f"c{number}", _text(opened), _text(due), _text(closed), draw.choice(CATEGORIES), draw.choice(CHANNELS),
            draw.choice(AREAS), f"words {number}", lat, lng,
        ]  # fmt: skip
        lines.append(",".join(fields))
    path, preset = folder / f"cases-{seed}.csv", folder / "made-cases.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    preset.write_text(PRESET, encoding="utf-8")
    return path, preset


def _text(at: datetime | str) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S") if isinstance(at, datetime) else at


def posted_events(seed: int, cases: int, now: datetime) -> list[dict[str, Any]]:
    """Events for intake, in an order in which a client may send them: cases, calls, units on the way and back."""
    draw = random.Random(f"posted {seed}")
    events: list[dict[str, Any]] = []

    def say(type_: str, source: str, **data: Any) -> None:
        at = now - timedelta(seconds=draw.uniform(0, 600))
        events.append(
            {"source": source, "id": f"{len(events)}", "type": type_, "occurred_at": at.isoformat(), "data": data}
        )

    for number in range(cases):
        lat, lng = place(draw)
        where: dict[str, Any] = {"lat": float(lat), "lng": float(lng)} if lat else {}
        say("case.received", "intake", case_id=f"p{number}", category=draw.choice(CATEGORIES), channel="web",
            text=f"said by caller {number}", target_at=_target(now, draw),
            **where)  # fmt: skip
        if draw.random() < 0.4:
            say("case.closed", "intake", case_id=f"p{draw.randrange(number + 1)}")
        if draw.random() < 0.2:
            incident = f"i{number}"
            kind = draw.choice(("fire", "medical", "crisis", "traffic-collision"))
            say("incident.received", "cad", incident_id=incident, kind=kind, priority=draw.randint(1, 3), **where)
            unit = f"u{draw.randrange(12)}"
            for step in ("dispatched", "departed", "arrived", "cleared")[: draw.randint(0, 4)]:
                say(f"unit.{step}", "cad", unit_id=unit, incident_id=incident)
            if draw.random() < 0.5:
                say("incident.closed", "cad", incident_id=incident)
    return events


def _target(now: datetime, draw: random.Random) -> str:
    """Past, due soon or later, but no hour that passes while a test runs: figures are exact to the full second only."""
    hours = draw.choice((-3.0, -1.0, -0.4, 0.4, 2.0, 3.5, 5.0, 9.0)) + draw.uniform(0, 0.2)
    return (now + timedelta(hours=hours)).isoformat()


def utc_now() -> datetime:
    return datetime.now(UTC)
