"""A city's log and documents written as the engine writes them, without its clock, tallies and frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import redis

from dashboard.projection import Document, Fact, fold_fact, subjects_of
from geo.cells import point_to_cell
from streams.codec import encode, payload_of, split_private
from streams.events import Envelope, SubjectErased
from streams.keys import Keys

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def event(type_: str, /, at: datetime = START, id: str = "", source: str = "test", **data: Any) -> Envelope:
    """An entry as a feed writes it."""
    return Envelope(source=source, id=id or f"{type_}:{at.timestamp()}:{data}", type=type_, occurred_at=at, data=data)


@dataclass
class CityLog:
    """Commits batches of events: facts, documents and private fields in one transaction, with a seq."""

    client: redis.Redis
    keys: Keys
    seq: int = 0
    epoch: int = 1
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    private: dict[str, dict[str, Any]] = field(default_factory=dict)

    def commit(self, events: Sequence[Envelope] = (), areas: str = "North") -> int:
        """Write one batch; returns its seq."""
        self.seq += 1
        with self.client.pipeline(transaction=True) as pipe:
            for index, given in enumerate(events):
                self._record(pipe, given, index, areas)
            pipe.hset(self.keys.position, mapping={"seq": str(self.seq), "epoch": str(self.epoch)})
            pipe.execute()
        return self.seq

    def _record(self, pipe: Any, given: Envelope, index: int, area: str) -> None:
        payload = payload_of(given)
        public, private = split_private(given.data)
        lat, lng = given.data.get("lat"), given.data.get("lng")
        placed = {"cell": point_to_cell(lat, lng), "area": area} if lat is not None and lng is not None else None
        fact = Envelope(
            source=given.source,
            id=given.id,
            type=given.type,
            occurred_at=given.occurred_at,
            recorded_at=given.occurred_at,
            subject=payload.subject,
            data=public,
            placed=placed,
        )
        pipe.execute_command("XADD", self.keys.events, f"{self.seq}-{index}", "e", encode(fact))
        if private:
            self.private[payload.subject] = self.private.get(payload.subject, {}) | private
            pipe.hset(self.keys.private, payload.subject, encode(self.private[payload.subject]))
        if isinstance(payload, SubjectErased):
            self.private.pop(payload.erased, None)
            pipe.hdel(self.keys.private, payload.erased)
            return
        recorded = Fact(self.seq, index, fact)
        for entity, subject_id in subjects_of(recorded, payload):
            document = fold_fact(self.documents.get((entity, subject_id)), (entity, subject_id), payload, recorded)
            if document is not None:
                self.documents[entity, subject_id] = document
                pipe.hset(self.keys.of(f"{entity}s"), subject_id, encode(document))


def hour(n: float) -> datetime:
    """`n` hours after the log's start."""
    return START + timedelta(hours=n)
