"""Situations in memory: which case is in which, and what desks see of those that are not closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.engine.rooms.room import Room
from hotline.situations import KEEP_CLOSED, Situation, fold_situation, situation_is_spent, situation_view
from streams.events import Recording, SituationPayload

if TYPE_CHECKING:
    from dashboard.engine.state import State

TOPIC = "situations"


class SituationsRoom(Room):
    entity = "situation"
    noun = "situations"
    document = Situation

    documents: dict[str, Situation]

    def __init__(self, state: State):
        super().__init__(state)
        self._of_case: dict[str, str] = {}  # case -> the open situation it is in

    def absorb(self, payload: SituationPayload, recording: Recording) -> None:
        before = self.documents.get(payload.situation_id)
        after = fold_situation(before, payload, recording)
        if after is not before:
            self.put(before, after)

    def put(self, before: Situation | None, after: Situation) -> None:
        self.changed.add(after.situation_id)
        self._keep(before, after)

    def adopt(self, document: Situation) -> None:
        self._keep(None, document)

    def _keep(self, before: Situation | None, after: Situation) -> None:
        self.documents[after.situation_id] = after
        for case_id in before.case_ids if before is not None and before.is_open else ():
            self._of_case.pop(case_id, None)
        for case_id in after.case_ids if after.is_open else ():
            self._of_case[case_id] = after.situation_id
        if after.closed_at is not None:
            self.set_timer(max(after.closed_at + KEEP_CLOSED, self.state.now), after.situation_id)

    def wake(self, key: str) -> None:
        situation = self.documents.get(key)
        if situation is not None and situation_is_spent(situation, self.state.now):
            self.leave(key)

    def of_case(self, case_id: str) -> str:
        """The open situation that a case is in, or ""."""
        return self._of_case.get(case_id, "")

    def of_incident(self, incident_id: str) -> list[str]:
        """The situations for which an incident stands now."""
        return sorted(
            s.situation_id
            for s in self.documents.values()
            if s.incident_id == incident_id and s.promoted_at is not None and s.is_open
        )

    def parts_of(self, situation_id: str) -> list[Situation]:
        """The situations that were merged into one, as long as they are remembered."""
        return [s for _, s in sorted(self.documents.items()) if s.merged_into == situation_id]

    def show(self) -> None:
        """What desks see follows from the cases, too, which change without a word to their situation. There are few."""
        shown = {
            key: situation_view(
                s, [case for i in s.case_ids if (case := self.state.cases.get(i)) is not None], self.parts_of(key)
            )
            for key, s in self.documents.items()
            if s.is_open
        }
        self.state.views.become(TOPIC, shown)
