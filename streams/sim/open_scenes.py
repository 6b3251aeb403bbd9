"""Incidents of the simulated city that are not over: who works there, what was worked, when each will close."""

from __future__ import annotations

from datetime import datetime

import msgspec

from streams.codec import encode
from streams.sim.city_log import Scene
from streams.sim.earlier import Mark, closing_time
from streams.sim.incidents import SOURCE
from streams.sim.runs import Task, World

Notes = dict[str, bytes | None]  # what the next commit keeps in the simulator's memory; None to delete


class OpenScenes:
    """Marks of open incidents; each change of one is also put into `notes`."""

    def __init__(self, world: World, notes: Notes):
        self._world, self._notes = world, notes
        self.marks: dict[str, Mark] = {}
        self._crews: dict[str, set[str]] = {}
        self._closings: dict[str, datetime] = {}

    def crew(self, incident_id: str) -> list[str]:
        """Units that work for an incident, by call sign."""
        return sorted(self._crews.get(incident_id, ()))

    def know(self, incident_id: str, scene: Scene) -> None:
        """Take note of an incident that was not ours so far."""
        if incident_id not in self.marks:
            self.set(incident_id, Mark(scene.kind, scene.priority, scene.source == SOURCE))

    def join(self, task: Task) -> None:
        """A unit works for the incident from now on."""
        self._crews.setdefault(task.incident_id, set()).add(task.unit_id)

    def keep_open(self, incident_id: str) -> None:
        """Somebody is sent again: what was planned as its closing is off."""
        self._closings.pop(incident_id, None)

    def arrived(self, task: Task) -> None:
        """A unit's kind of work was done there."""
        mark = self.marks.get(task.incident_id)
        kind = self._world.units[task.unit_id].kind
        if mark is not None and kind not in mark.worked:
            worked = tuple(sorted({*mark.worked, kind}))
            self.set(task.incident_id, msgspec.structs.replace(mark, worked=worked))

    def leave(self, task: Task) -> None:
        """A unit works there no longer."""
        crew = self._crews.get(task.incident_id)
        if crew is not None:
            crew.discard(task.unit_id)
            if not crew:
                del self._crews[task.incident_id]

    def cleared(self, incident_id: str, at: datetime) -> None:
        """A unit reported clear."""
        mark = self.marks.get(incident_id)
        if mark is not None:
            self.set(incident_id, msgspec.structs.replace(mark, cleared_at=at))
            self.plan_closing(incident_id)

    def plan_closing(self, incident_id: str) -> None:
        """An incident of the simulator's own closes some time after the last unit cleared."""
        mark = self.marks[incident_id]
        at = closing_time(self._world, incident_id, mark)
        if at is not None and mark.ours and incident_id not in self._crews:
            self._closings[incident_id] = at

    def due(self, now: datetime) -> list[tuple[datetime, str]]:
        """Incidents whose closing has come, earliest first."""
        return sorted((at, incident_id) for incident_id, at in self._closings.items() if at <= now)

    def set(self, incident_id: str, mark: Mark) -> None:
        """Know this of an open incident."""
        self.marks[incident_id] = mark
        self._notes[f"incident:{incident_id}"] = encode(mark)

    def drop(self, incident_id: str) -> None:
        """It is over."""
        self._closings.pop(incident_id, None)
        if self.marks.pop(incident_id, None) is not None:
            self._notes[f"incident:{incident_id}"] = None
