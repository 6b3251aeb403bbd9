"""A city as it was known at an instant: the last checkpoint before it, and every fact recorded since, folded anew.

Nothing is counted here. State, views and figures are the engine's own, given the clock of then; so a picture of the
past is the picture that was committed. `docs/archive.md` lists what cannot be known again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from dashboard.engine import frames
from dashboard.engine.acts import Act
from dashboard.engine.clock import Clock, Mode
from dashboard.engine.figures import Comparison
from dashboard.engine.frames import Outlook
from dashboard.engine.hours import Hours
from dashboard.engine.rooms.sources import Source
from dashboard.engine.splits import Splits
from dashboard.engine.state import State
from dashboard.engine.watching import Watching
from emergency.plans import Plans
from geo.cities import City
from hotline.channels import Quarter
from streams.archive import checkpoints, facts
from streams.archive.checkpoints import Checkpoint
from streams.archive.view import Archive
from streams.codec import Malformed, payload_of
from streams.events import Envelope

LONG_STEP = timedelta(minutes=90)  # beyond that a later checkpoint is the shorter way
MOMENT = timedelta(microseconds=1)
TICK = timedelta(seconds=30)  # how often, in silence, time passes that the engine would have let pass


class NotKnown(LookupError):
    """An instant that the archive cannot tell of; the message says what it can."""


@dataclass
class Past:
    """One city at one instant, and able to go on from there. `views`: topic -> key -> JSON, as they are committed."""

    city: City
    checkpoint: Checkpoint
    state: State
    clock: Clock
    outlook: Outlook
    after: str
    seq: int
    views: dict[str, dict[str, bytes]] = field(default_factory=dict)

    @property
    def at(self) -> datetime:
        return self.state.now

    def documents(self, entity: str) -> dict[str, Any]:
        """Documents by id, also those that the engine of then had let go of and would still have found."""
        room = self.state.rooms[entity]
        return {**room.spent, **room.documents}

    def go_on(self, archive: Archive, until: datetime) -> None:
        """Take every fact recorded up to an instant, and let time pass until then."""
        with archive.view() as view:
            for entry_id, envelope in facts.between(view.folder, view.manifest, self.after, until_at=until):
                self._take(entry_id, envelope)
        self._pass_time(until)
        self._show()

    def _take(self, entry_id: str, envelope: Envelope) -> None:
        self.after, self.seq = entry_id, int(entry_id.partition("-")[0])
        try:
            payload = payload_of(envelope)
        except Malformed:
            return  # of a version that this program does not know: the live picture of today lacks it, too
        self._pass_time(envelope.recorded_at or envelope.occurred_at)
        self.state.recall(payload)
        self.state.absorb(envelope, payload, self.seq)

    def _pass_time(self, until: datetime) -> None:
        """In steps: what looks at the city once a second finds the same clusters and sentences as it did then."""
        while until - self.state.now > TICK:
            self.state.advance(self.state.now + TICK)
        self.state.advance(until)

    def _show(self) -> None:
        self.state.alarm_room.show_roster(self.clock.mode is not Mode.REPLAY)
        header = {"epoch": 0, "prev": 0, "seq": self.seq, "at": frames.instant(self.at)}
        self.clock = msgspec.structs.replace(self.clock, at=self.at)
        frame = frames.build(self.state, self.clock, self.outlook, header, fresh=False)
        for topic, fields in frame.fields.items():
            self.views.setdefault(topic, {}).update(fields)
        for topic, names in frame.removed.items():
            for name in names:
                self.views.get(topic, {}).pop(name, None)
        self._committed()

    def _committed(self) -> None:
        """Nothing is to be written. What left memory stays at hand: a late fact may ask for it."""
        for room in self.state.rooms.values():
            room.changed.clear()
        for ledger in self.state.ledgers.values():
            ledger.changed.clear()
        self.state.new_cells.clear()


def past_at(archive: Archive, city: City, until: datetime, plans: Plans | None = None, was: Past | None = None) -> Past:
    """The city at an instant. `was`: a past to go on from, if that is the shorter way. Raises NotKnown."""
    first, last = bounds(archive)
    if not first <= until <= last:
        raise NotKnown(f"the archive tells of {frames.instant(first)} to {frames.instant(last)}")
    if was is not None and was.at == until:
        return was
    if was is not None and was.at <= until <= was.at + LONG_STEP:
        was.go_on(archive, until)
        return was
    with archive.view() as view:
        found = _newest(view.folder, view.manifest, until)
    if found is None:
        raise NotKnown("the archive has no checkpoint before that instant that can be read")
    past = _remembered(city, found, plans)
    past.go_on(archive, until)
    return past


def bounds(archive: Archive) -> tuple[datetime, datetime]:
    """From when until when any instant can be shown. Raises NotKnown where there is none."""
    manifest = archive.manifest
    # One of documents alone only begins the files. Archives of before do not say so: theirs was the first.
    found = checkpoints.newest(manifest)
    taken = [file.at for file in found if file.at is not None and (file.whole or file is not found[-1])]
    if not taken or manifest.recorded_until is None:
        raise NotKnown("the archive has no checkpoint yet: the first is taken with the first full hour")
    return min(taken), max(manifest.recorded_until, max(taken))


def _newest(folder: Any, manifest: Any, until: datetime) -> Checkpoint | None:
    for file in checkpoints.newest(manifest, until=until):
        found = checkpoints.load(folder, manifest, until=file.at)
        if found is not None and found.position:
            return found
    return None


def _remembered(city: City, checkpoint: Checkpoint, plans: Plans | None) -> Past:
    """The engine's memory as of a checkpoint; what `dashboard.engine.loading` does with Redis."""
    clock = msgspec.json.decode(checkpoint.position["clock"], type=Clock)
    # Just before, so that time passes once: the checkpoint also holds what the engine had let go of by then.
    state = State(city, checkpoint.at - MOMENT)
    state.use_plans(plans)
    state.grid = {cell: number for number, cell in enumerate(checkpoint.grid)}
    state.hours = Hours(state.zone, _held(checkpoint, "hours", list[int]))
    state.hours.touched.update(state.hours.hours)
    state.call_room.load(_held(checkpoint, "quarters", Quarter))
    state.source_room.load(_held(checkpoint, "sources", Source))
    state.splits = Splits(state.zone, _held(checkpoint, "splits", dict[str, list[int]]))
    state.acts.load(_held(checkpoint, "acts", Act))
    if raw := checkpoint.position.get("totals"):
        state.totals |= msgspec.json.decode(raw)
    state.adopt(
        (room.entity, msgspec.json.decode(raw, type=room.document))
        for room in state.rooms.values()
        if room is not state.source_room
        for raw in checkpoint.documents.get(room.noun, {}).values()
    )
    outlook = Outlook(Comparison(), Watching(state.catalogue, {}))
    return Past(city, checkpoint, state, clock, outlook, checkpoint.after, checkpoint.seq)


def _held(checkpoint: Checkpoint, noun: str, kind: Any) -> dict[str, Any]:
    return {key: msgspec.json.decode(raw, type=kind) for key, raw in checkpoint.documents.get(noun, {}).items()}
