"""What a turn left in the state, brought into its batch: changed documents, spent ones, days that are over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dashboard.engine.rooms.room import Room
from dashboard.engine.state import State
from dashboard.engine.store import Batch, Store
from hotline.following import without_words
from streams.codec import encode

CLOSED_DAYS = 14


@dataclass
class Harvest:
    """Collects once a turn. `closed_days`: days that have spent documents on record; `amended`: subjects whose
    private fields were told again, so that the older ones must not be lost."""

    store: Store
    batch: Batch
    closed_days: list[str]
    amended: set[str] = field(default_factory=set)
    worded: list[str] = field(default_factory=list)  # subjects whose words end here

    def collect(self, state: State, at: datetime) -> None:
        """Everything that changed since the turn before."""
        keys, batch = self.store.keys, self.batch
        for room in state.rooms.values():
            self._write(keys.of(room.noun), room.take_changed())
            self._collect_spent(room, state, at)
        for noun, ledger in state.ledgers.items():
            self._write(keys.of(noun), ledger.take_changed())
        batch.cells, state.new_cells = state.new_cells, []
        if self.amended:
            on_record = self.store.private(self.amended & batch.private.keys())
            for subject, fields_before in on_record.items():
                batch.private[subject] = fields_before | batch.private[subject]
        self._forget_words()

    def _forget_words(self) -> None:
        """Of a call that left memory stays the number, for who must call back; what was said is gone for good."""
        batch, on_record = self.batch, self.store.private(self.worded)
        for subject in self.worded:
            told = on_record.get(subject, {}) | batch.private.pop(subject, {})
            if rest := without_words(told):
                batch.private[subject] = rest
            elif told:
                batch.erased.append(subject)
        self.worded.clear()

    def _write(self, key: str, documents: Mapping[str, Any]) -> None:
        if documents:
            self.batch.documents.setdefault(key, {}).update({i: encode(d) for i, d in documents.items()})

    def _collect_spent(self, room: Room, state: State, at: datetime) -> None:
        """Documents that no count needs leave memory; some wait a fortnight for late facts."""
        spent = room.take_spent()
        if not spent:
            return
        keys = self.store.keys
        self.batch.removed.setdefault(keys.of(room.noun), []).extend(spent)
        self.worded += room.worded(spent)
        if room.closed_noun:
            self._write(keys.of(room.closed_noun, self._closed_day(state, at)), spent)

    def _closed_day(self, state: State, at: datetime) -> str:
        day = at.date().isoformat()
        if day not in self.closed_days:
            self.closed_days.append(day)
            self._forget_counts(state, at)
            nouns = [room.closed_noun for room in state.rooms.values() if room.closed_noun]
            keys_of = (partial(self.store.keys.of, noun) for noun in nouns)
            forget_old(self.batch, at, self.closed_days, CLOSED_DAYS, *keys_of)
        return day

    def _forget_counts(self, state: State, at: datetime) -> None:
        for noun, ledger in state.ledgers.items():
            if old := ledger.forget(at):
                self.batch.removed.setdefault(self.store.keys.of(noun), []).extend(old)


def forget_old(batch: Batch, at: datetime, days: list[str], keep: int, *keys_of: Callable[[str], str]) -> None:
    """Drop days before the last `keep` from the list, and what stands under their keys with the batch."""
    oldest = (at.date() - timedelta(days=keep)).isoformat()
    for day in [d for d in days if d < oldest]:
        days.remove(day)
        batch.forgotten_keys.extend(key_of(day) for key_of in keys_of)
