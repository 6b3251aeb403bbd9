"""Labels of callers in memory, until their time is over."""

from __future__ import annotations

from dashboard.engine.rooms.room import Room
from hotline.callers import CallerFlag, fold_caller
from streams.events import CallerPayload, Recording


class CallersRoom(Room):
    entity = "caller"
    noun = "callers"
    document = CallerFlag

    documents: dict[str, CallerFlag]

    def absorb(self, payload: CallerPayload, recording: Recording) -> None:
        before = self.documents.get(payload.caller)
        after = fold_caller(before, payload, recording)
        if after is not None and after is not before:
            self.put(before, after)

    def put(self, before: CallerFlag | None, after: CallerFlag) -> None:
        self.documents[after.caller] = after
        self.changed.add(after.caller)
        self.set_timer(max(after.until, self.state.now) if after.until else self.state.now, after.caller)

    def wake(self, key: str) -> None:
        """A label falls off by itself."""
        flag = self.documents.get(key)
        if flag is not None and not flag.stands(self.state.now):
            self.leave(key)
