"""Calls in memory while they last: what they were counted as stands in the intervals of their channels.

Calls for help are no part of the hotline's service levels: they are followed for whoever must be called back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dashboard.engine.rooms.room import Room
from emergency.tasks import is_emergency
from hotline.calls import KEEP_FINISHED, Call, call_spent_at, fold_call
from hotline.channels import Floor, Quarter
from hotline.following import FOLLOWING, following_view, is_followed
from streams.events import CallPayload, Recording

if TYPE_CHECKING:
    from dashboard.engine.state import State


class CallsRoom(Room):
    entity = "call"
    noun = "calls"
    document = Call

    documents: dict[str, Call]

    def __init__(self, state: State):
        super().__init__(state)
        self.floor = Floor()
        self.kept = KEEP_FINISHED

    def use_kept(self, kept: timedelta | None) -> None:
        """How long a call that is over stays, and its words with it; None: as long as before."""
        if kept is not None:
            self.kept = kept
            for call_id, call in self.documents.items():
                self._wait_for_end(call_id, call)

    def load(self, quarters: Mapping[str, Quarter]) -> None:
        """Take the committed intervals; the calls that are open wait on."""
        self.floor = Floor(self.floor.rules, quarters)
        for call in self.documents.values():
            if not is_emergency(call.channel, call.agency):
                self.floor.adopt(call)

    def absorb(self, payload: CallPayload, recording: Recording) -> None:
        before = self.documents.get(payload.call_id)
        after = fold_call(before, payload, recording)
        if after is not before:
            self.put(before, after)

    def put(self, before: Call | None, after: Call) -> None:
        if not is_emergency(after.channel, after.agency):
            self.floor.move(before, after)
        self._keep(after)
        self.changed.add(after.call_id)
        self.state.task_room.consider(after)

    def adopt(self, document: Call) -> None:
        if not is_emergency(document.channel, document.agency):
            self.floor.adopt(document)
        self._keep(document)
        self.state.task_room.consider(document)

    def _keep(self, call: Call) -> None:
        self.documents[call.call_id] = call
        if is_followed(call):
            self.state.views.put(FOLLOWING, call.call_id, following_view(call))
        else:
            self.state.views.drop(FOLLOWING, call.call_id)
        self._wait_for_end(call.call_id, call)

    def _wait_for_end(self, call_id: str, call: Call) -> None:
        self.set_timer(max(call_spent_at(call, self.kept), self.state.now), call_id)

    def worded(self, spent: Mapping[str, Any]) -> list[str]:
        return [f"{self.entity}:{call_id}" for call_id, call in spent.items() if call.said]

    def wake(self, key: str) -> None:
        call = self.documents.get(key)
        if call is not None and call_spent_at(call, self.kept) <= self.state.now:
            self.floor.leave(call)
            self.state.views.drop(FOLLOWING, key)
            self.leave(key)

    def show(self) -> None:
        """The board of the channels, as of now."""
        self.state.views.become("channels", self.floor.board(self.state.now, self.state.day_start))
