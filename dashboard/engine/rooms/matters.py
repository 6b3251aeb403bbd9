"""Known matters in memory: those in force are shown and matched with what comes in, until their time has passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.engine.rooms.room import Room
from hotline.matters import KEEP_ENDED, Described, Matter, fold_matter, matter_is_spent, matter_view, matters_for
from streams.events import MatterExpired, MatterMatched, MatterPayload, Payload, Recording

if TYPE_CHECKING:
    from dashboard.engine.state import State

TOPIC = "matters"


class MattersRoom(Room):
    entity = "matter"
    noun = "matters"
    document = Matter

    documents: dict[str, Matter]

    def __init__(self, state: State):
        super().__init__(state)
        self._in_force: dict[str, Matter] = {}
        self._over: set[str] = set()  # matters whose time has passed while no fact says so yet
        self._matched: list[MatterMatched] = []  # the same of cases that fit

    def absorb(self, payload: MatterPayload, recording: Recording) -> None:
        before = self.documents.get(payload.matter_id)
        after = fold_matter(before, payload, recording)
        if after is not before:
            self.put(before, after)

    def put(self, before: Matter | None, after: Matter) -> None:
        self.changed.add(after.matter_id)
        self.adopt(after)

    def adopt(self, document: Matter) -> None:
        self.documents[document.matter_id] = document
        if matter_is_spent(document, self.state.now):
            self.set_timer(self.state.now, document.matter_id)  # it leaves in a turn, which can commit that
        else:
            self._look(document)

    def wake(self, key: str) -> None:
        matter = self.documents.get(key)
        if matter is None:
            return
        if matter_is_spent(matter, self.state.now):
            self._hide(key)
            self.leave(key)
        else:
            self._look(matter)

    def _look(self, matter: Matter) -> None:
        """Show it or not as of now, and know when to look again."""
        now, key = self.state.now, matter.matter_id
        self._over.discard(key)
        if matter.is_in_force(now):
            self._in_force[key] = matter
            self.state.views.put(TOPIC, key, matter_view(matter))
            self.set_timer(matter.until, key)
            return
        self._hide(key)
        if matter.ended_at is not None:
            self.set_timer(matter.ended_at + KEEP_ENDED, key)
        elif matter.published_at is not None:
            self._over.add(key)

    def _hide(self, key: str) -> None:
        self._in_force.pop(key, None)
        self.state.views.drop(TOPIC, key)

    def consider(self, case_id: str, text: str) -> None:
        """A case came in: note which matters fit it. Its words are looked at here and kept nowhere."""
        case = self.state.cases.get(case_id) if self._in_force else None
        if case is None or case.received_at is None:
            return
        described = Described(case.category, case.cell, case.area, case.received_at, text)
        for fit in matters_for(described, self._in_force.values(), self.state.now):
            self._matched.append(MatterMatched(matter_id=fit.matter_id, case_id=case_id))

    def take_due(self) -> list[Payload]:
        """What the engine must say: matters that are over, and cases that fit one."""
        over, self._over = sorted(self._over), set()
        matched, self._matched = self._matched, []
        return [*matched, *(MatterExpired(matter_id=key) for key in over)]
