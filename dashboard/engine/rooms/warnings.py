"""Early warnings in memory: what desks see of those that are open, and what a public screen may say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.engine.rooms.room import Room
from hotline.warned import KEEP_CLOSED, Warned, fold_warning, warning_is_spent, warning_public, warning_view
from streams.events import Recording, WarningPayload

if TYPE_CHECKING:
    from dashboard.engine.state import State

TOPIC, PUBLIC = "warnings", "warnings.public"


class WarningsRoom(Room):
    entity = "warning"
    noun = "warnings"
    document = Warned

    documents: dict[str, Warned]

    def __init__(self, state: State):
        super().__init__(state)

    def absorb(self, payload: WarningPayload, recording: Recording) -> None:
        before = self.documents.get(payload.warning_id)
        after = fold_warning(before, payload, recording)
        if after is not before:
            self.put(before, after)

    def put(self, before: Warned | None, after: Warned) -> None:
        self.changed.add(after.warning_id)
        self.adopt(after)

    def adopt(self, document: Warned) -> None:
        key = document.warning_id
        self.documents[key] = document
        if document.is_shown:
            self.state.views.put(TOPIC, key, warning_view(document))
            self.state.views.put(PUBLIC, key, warning_public(document))
        else:
            self.state.views.drop(TOPIC, key)
            self.state.views.drop(PUBLIC, key)
        if document.closed_at is not None:
            self.set_timer(max(document.closed_at + KEEP_CLOSED, self.state.now), key)

    def wake(self, key: str) -> None:
        warning = self.documents.get(key)
        if warning is not None and warning_is_spent(warning, self.state.now):
            self.leave(key)
