"""The sources of entries: when each was last heard, what it could not tell, and whether it fell silent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from dashboard.engine.own_names import ENGINE
from dashboard.engine.rooms.room import Room
from streams.events import FeedPayload, FeedRejected, FeedStalled, FeedStopped, Recording

if TYPE_CHECKING:
    from dashboard.engine.state import State

MOST_UNHEARD = 100  # names that only ever sent what could not be understood
OTHERS = "other sources"


class Source(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is known of one source of entries."""

    last_event_at: datetime | None = None  # when the log last heard it
    told_at: datetime | None = None  # of what time it last told
    received: int = 0
    dead: int = 0
    stale: bool = False
    stopped: str = ""  # a feed's own reason for ending


class SourcesRoom(Room):
    entity = "feed"
    noun = "sources"
    document = Source

    documents: dict[str, Source]

    def __init__(self, state: State):
        super().__init__(state)
        self._unheard = 0

    def load(self, sources: dict[str, Source]) -> None:
        """The committed ones, whole: a source has no version of its own."""
        self.documents = sources
        self._unheard = sum(not source.received for source in sources.values())

    def absorb(self, payload: FeedPayload, recording: Recording) -> None:
        """A feed speaks of its own source; the engine speaks of the feed that it names."""
        source = self.source(payload.feed if recording.source == ENGINE else recording.source)
        if isinstance(payload, FeedStalled):
            source.stale = True
        elif isinstance(payload, FeedRejected):
            source.dead += payload.n
        elif isinstance(payload, FeedStopped):
            source.stopped = payload.reason or "stopped"
        else:
            source.stale, source.stopped = False, ""
            if recording.source != ENGINE:
                source.last_event_at = self.state.now

    def heard(self, name: str, told_at: datetime) -> None:
        source = self.source(name)
        source.last_event_at = self.state.now
        source.told_at = told_at
        source.received += 1

    def source(self, name: str) -> Source:
        """The source of that name, to be changed."""
        known = self.documents.get(name)
        if known is None:
            known = self.documents[name] = Source()
        self.changed.add(name)
        return known

    def count_dead(self, name: str) -> None:
        """One entry could not be understood. Whoever writes rubbish may invent names: those share one after a while."""
        if name not in self.documents:
            if self._unheard >= MOST_UNHEARD:
                name = OTHERS
            self._unheard += 1
        self.source(name).dead += 1

    def silent(self) -> Iterable[tuple[str, int]]:
        """(source, seconds of silence) of those that have just become stale."""
        for name, source in self.documents.items():
            if source.stale or source.stopped or source.last_event_at is None:
                continue
            silent_s = int((self.state.now - source.last_event_at).total_seconds())
            if silent_s > self.state.city.stale_after_s:
                yield name, silent_s
