"""Making a frame: the figures as of now, and every key that changed since the last one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.engine.clock import Clock
from dashboard.engine.figures import Comparison, figures
from dashboard.engine.state import State
from dashboard.engine.store import Frame
from dashboard.engine.views import Change, view_fields
from dashboard.engine.watching import Watching
from streams.codec import encode


def instant(at: datetime) -> str:
    """ISO 8601 in UTC with Z, whole seconds when there is no fraction."""
    return at.isoformat().replace("+00:00", "Z")


def show_clock(state: State, clock: Clock) -> None:
    local = clock.at.astimezone(state.zone)
    values = {
        "now": instant(clock.at),
        "mode": clock.mode.value,
        "speed": clock.speed,
        "standing": clock.standing,
        "zone": state.city.zone,
        "day": local.date().isoformat(),
    }
    for key, value in values.items():
        state.views.put("clock", key, value)


def show_sources(state: State) -> None:
    for name, source in state.sources.items():
        state.views.put(
            "sources",
            name,
            {
                "last_event_at": instant(source.last_event_at) if source.last_event_at else None,
                "told_at": instant(source.told_at) if source.told_at else None,
                "stale": source.stale,
                "stopped": source.stopped,
                "dead": source.dead,
                "received": source.received,
            },
        )


def cell_changes(state: State) -> dict[str, Change]:
    """Counts of the cells that moved, by topic and grid number; a count of zero removes the key."""
    changes: dict[str, Change] = {}
    for tally in (state.case_room.tally, state.incident_room.tally, state.incident_room.public_tally):
        for measure, category, counts in tally.take_touched():
            numbered = {str(state.grid[cell]): n for cell, n in counts.items() if cell}
            changes[f"cells:{measure}:{category}"] = Change(
                set={number: n for number, n in numbered.items() if n},
                remove=[number for number, n in numbered.items() if not n],
            )
    return changes


@dataclass
class Outlook:
    """What the engine keeps between frames: today against earlier days, and what needs a decision."""

    comparison: Comparison
    watching: Watching


def build(state: State, clock: Clock, outlook: Outlook, header: dict[str, Any], fresh: bool) -> Frame:
    """The frame that brings screens from `header["prev"]` to `header["seq"]`.

    A fresh frame (first of an epoch) carries no topics: every client must take a snapshot anyway, and the whole
    picture in one message would be the largest of the day.
    """
    outlook.comparison.refresh(state.hours, state)
    state.show_curve()
    show_clock(state, clock)
    show_sources(state)
    for room in state.rooms.values():
        room.show()
    state.views.become("figures", figures(state, outlook.comparison))
    outlook.watching.look(state)
    changes = state.views.take_changes() | cell_changes(state)
    changes = {topic: change for topic, change in changes.items() if change.set or change.remove}
    return Frame(
        header=encode(header),
        topics={} if fresh else {topic: encode(change) for topic, change in changes.items()},
        fields={topic: view_fields(change) for topic, change in changes.items()},
        removed={} if fresh else {topic: change.remove for topic, change in changes.items()},
    )
