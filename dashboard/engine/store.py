"""The engine's hands on Redis: take over, load, read, and commit everything of a batch in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec
import redis

from dashboard.engine.archived import Archived, archived_until, queue_event_trim
from dashboard.engine.clock import Clock
from dashboard.engine.request import Reply
from streams.codec import encode
from streams.keys import Keys

LEASE_MS = 1500
REPLY_KEPT_S = 86_400
FRAMES_KEPT = 600  # two minutes at five a second; a relay keeps 60 s of them
REPLIES_KEPT = 10_000
DEAD_KEPT = timedelta(days=30)
LOAD_COUNT = 20_000

# One command for all facts of a batch: two thousand XADDs in a MULTI cost the client a third of its time.
APPEND_FACTS = """
for index = 2, #ARGV do
    redis.call('XADD', KEYS[1], ARGV[1] .. '-' .. (index - 2), 'e', ARGV[index])
end
"""
# Only the one whose epoch it is may say that it is still there.
RENEW_LEASE = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 1
"""


class Fenced(Exception):
    """Another engine took over: this one must stop and may write nothing more."""


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Where the engine stands, committed with everything that led there."""

    epoch: int = 0
    seq: int = 0
    frame_seq: int = 0
    inbox: str = "0-0"
    requests: str = "0-0"
    clock: Clock | None = None
    totals: dict[str, int] = {}
    seen_days: list[str] = []
    closed_days: list[str] = []


@dataclass(frozen=True)
class Frame:
    """A frame ready to be written: header and JSON per topic, and the same changes for the committed views."""

    header: bytes
    topics: dict[str, bytes]
    fields: dict[str, dict[str, bytes]]
    removed: dict[str, list[str]]


@dataclass
class Batch:
    """Everything that one transaction writes."""

    facts: list[bytes] = field(default_factory=list)
    documents: dict[str, dict[str, bytes]] = field(default_factory=dict)  # hash key -> id -> JSON
    removed: dict[str, list[str]] = field(default_factory=dict)  # hash key -> ids
    private: dict[str, dict[str, Any]] = field(default_factory=dict)  # subject -> fields
    erased: list[str] = field(default_factory=list)
    seen: dict[str, list[bytes]] = field(default_factory=dict)  # day -> digests
    forgotten_keys: list[str] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    dead: list[dict[str, bytes | str]] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    frame: Frame | None = None
    fresh_views: bool = False  # first frame of an epoch: what stood in the views is replaced whole
    trim: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.facts or self.replies or self.dead or self.documents or self.removed or self.frame)


class Store:
    """One city's keys in Redis, as the engine uses them."""

    def __init__(
        self, client: redis.Redis, keys: Keys, engine_id: str, events_kept: int = 1_000_000, archive_wait: int = 0
    ):
        self.client = client
        self.keys = keys
        self.engine_id = engine_id
        self.events_kept = events_kept
        self.archive_wait = archive_wait  # facts beyond those that wait for a late archiver; 0: none does

    # --- start ---------------------------------------------------------------------------------------------

    def lease_holder(self) -> str | None:
        """Who says to be the active engine, or None."""
        holder: bytes | None = self.client.get(self.keys.lease)  # type: ignore[assignment]
        return holder.decode() if holder else None

    def take_over(self) -> Position:
        """Become the writer: a new epoch fences whoever wrote before."""
        with self.client.pipeline(transaction=True) as pipe:
            pipe.hincrby(self.keys.position, "epoch", 1)
            pipe.set(self.keys.lease, self.engine_id, px=LEASE_MS)
            pipe.execute()
        return self.position()

    def renew_lease(self, epoch: int) -> bool:
        """Say that the engine of this epoch is there, without a commit; False when another one took over."""
        keys = (self.keys.position, self.keys.lease)
        return bool(self.client.eval(RENEW_LEASE, 2, *keys, epoch, self.engine_id, LEASE_MS))

    def position(self) -> Position:
        """The committed position; a city never seen has epoch 0."""
        raw: dict[bytes, bytes] = self.client.hgetall(self.keys.position)  # type: ignore[assignment]
        values: dict[str, Any] = {}
        for name in Position.__struct_fields__:
            if (value := raw.get(name.encode())) is not None:
                values[name] = value.decode() if name in ("inbox", "requests") else msgspec.json.decode(value)
        return msgspec.convert(values, Position)

    def documents(self, key: str, kind: type[Any]) -> Iterator[Any]:
        """Every document of one hash."""
        decode = msgspec.json.Decoder(kind).decode
        for _, raw in self.client.hscan_iter(key, count=LOAD_COUNT):
            yield decode(raw)

    def mapping(self, key: str, kind: Any) -> dict[str, Any]:
        raw: dict[bytes, bytes] = self.client.hgetall(key)  # type: ignore[assignment]
        return {name.decode(): msgspec.json.decode(value, type=kind) for name, value in raw.items()}

    def grid(self) -> dict[str, int]:
        cells: list[bytes] = self.client.lrange(self.keys.grid, 0, -1)  # type: ignore[assignment]
        return {cell.decode(): number for number, cell in enumerate(cells)}

    # --- read ----------------------------------------------------------------------------------------------

    def read(self, position: Position, count: int, block_ms: int | None) -> dict[str, list[tuple[str, bytes]]]:
        """New entries after the committed positions, as (id, JSON), by stream key."""
        streams: dict[Any, Any] = {self.keys.requests: position.requests, self.keys.inbox: position.inbox}
        answer: Any = self.client.xread(streams, count=count, block=block_ms)
        pairs = answer.items() if isinstance(answer, dict) else answer
        found: dict[str, list[tuple[str, bytes]]] = {}
        for key, entries in pairs:
            # RESP3 clients wrap the entries once more
            rows = entries[0] if entries and isinstance(entries[0], list) else entries
            found[key.decode()] = [(entry_id.decode(), fields.get(b"e", b"")) for entry_id, fields in rows]
        return found

    def facts(self, after: str, count: int) -> list[tuple[str, bytes]]:
        """Recorded facts after an entry id, as (id, JSON)."""
        entries: Any = self.client.xrange(self.keys.events, min=f"({after}", count=count)
        return [(entry_id.decode(), fields[b"e"]) for entry_id, fields in entries]

    def seen(self, digests: list[bytes], days: Iterable[str]) -> set[bytes]:
        """Those of the digests that were taken before."""
        with self.client.pipeline(transaction=False) as pipe:
            for day in days:
                pipe.smismember(self.keys.seen(day), digests)
            answers = pipe.execute()
        return {d for answer in answers for d, known in zip(digests, answer, strict=True) if known}

    def replies(self, request_ids: list[str]) -> dict[str, Reply]:
        """Answers already given."""
        raw: list[bytes | None] = self.client.mget([self.keys.reply(i) for i in request_ids])  # type: ignore[assignment]
        return {i: msgspec.json.decode(value, type=Reply) for i, value in zip(request_ids, raw, strict=True) if value}

    def closed(self, noun: str, ids: list[str], days: Iterable[str]) -> dict[str, bytes]:
        """Documents that left memory, by id; of one that did so more than once the newest."""
        with self.client.pipeline(transaction=False) as pipe:
            for day in days:
                pipe.hmget(self.keys.of(noun, day), ids)
            answers = pipe.execute()
        return {i: raw for answer in answers for i, raw in zip(ids, answer, strict=True) if raw}

    def private(self, subjects: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Personal fields on record for the subjects that have any."""
        names = list(subjects)
        if not names:
            return {}
        raw: list[bytes | None] = self.client.hmget(self.keys.private, names)  # type: ignore[assignment]
        return {s: msgspec.json.decode(value) for s, value in zip(names, raw, strict=True) if value}

    # --- commit --------------------------------------------------------------------------------------------

    def commit(self, before: Position, after: Position, batch: Batch, wall: datetime) -> None:
        """Write the batch and the new position together, or nothing at all.

        Raises Fenced when the position is no longer the one this engine committed. A process that was stopped
        between WATCH and EXEC and woke after a take-over fails at EXEC, since the take-over touched the key.
        """
        try:
            self._commit(before, after, batch, wall)
        except redis.WatchError:
            # The client says the same when the connection breaks while it watches, in EXEC or in any read before it.
            self.check_epoch(before.epoch)
            raise redis.ConnectionError("the connection broke during a commit") from None

    def _commit(self, before: Position, after: Position, batch: Batch, wall: datetime) -> None:
        with self.client.pipeline(transaction=True) as pipe:
            pipe.watch(self.keys.position)
            epoch, seq = pipe.hmget(self.keys.position, "epoch", "seq")
            if int(epoch or 0) != before.epoch or int(seq or 0) != before.seq:
                raise Fenced(f"epoch {before.epoch} ended, now {int(epoch or 0)}")
            archived = self._archived(pipe) if batch.trim else None
            frame = self._renewing(batch.frame) if batch.frame and batch.fresh_views else batch.frame
            pipe.multi()
            self._queue_facts(pipe, batch, after.seq)
            self._queue_documents(pipe, batch)
            self._queue_replies(pipe, batch)
            if frame:
                self._queue_frame(pipe, frame, after.seq)
            if batch.trim:
                self._queue_trims(pipe, after, wall, archived)
            pipe.hset(self.keys.position, mapping=position_fields(before, after))
            pipe.set(self.keys.lease, self.engine_id, px=LEASE_MS)
            pipe.execute()

    def check_epoch(self, mine: int) -> None:
        """Raises Fenced when another engine took over, redis errors when that cannot be known."""
        epoch: Any = self.client.hget(self.keys.position, "epoch")
        if int(epoch or 0) != mine:
            raise Fenced(f"epoch {mine} ended, now {int(epoch or 0)}")

    def _renewing(self, frame: Frame) -> Frame:
        """A first frame, which holds every view whole, as what must be written for the committed views to equal it.

        Most of them do: writing all anew was a seventh of the time that screens waited for a restarted engine.
        """
        names = [name.decode() for name in cast("set[bytes]", self.client.smembers(self.keys.view_names))]
        with self.client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hgetall(self.keys.view(name))
            old: dict[str, dict[bytes, bytes]] = dict(zip(names, pipe.execute(), strict=True))
        fields = {
            topic: {key: value for key, value in now.items() if old.get(topic, {}).get(key.encode()) != value}
            for topic, now in frame.fields.items()
        }
        removed = {
            topic: [name for key in keys if (name := key.decode()) not in frame.fields.get(topic, {})]
            for topic, keys in old.items()
        }
        return Frame(frame.header, frame.topics, fields, removed)

    def _queue_facts(self, pipe: Any, batch: Batch, seq: int) -> None:
        if batch.facts:
            pipe.eval(APPEND_FACTS, 1, self.keys.events, seq, *batch.facts)
        for entry in batch.dead:
            pipe.xadd(self.keys.dead, entry)
        for day, digests in batch.seen.items():
            pipe.sadd(self.keys.seen(day), *digests)
        for key in batch.forgotten_keys:
            pipe.unlink(key)

    def _queue_documents(self, pipe: Any, batch: Batch) -> None:
        for key, documents in batch.documents.items():
            pipe.hset(key, mapping=documents)
        for key, ids in batch.removed.items():
            pipe.hdel(key, *ids)
        if batch.private:
            pipe.hset(self.keys.private, mapping={s: encode(fields) for s, fields in batch.private.items()})
        if batch.erased:
            pipe.hdel(self.keys.private, *batch.erased)
        if batch.cells:
            pipe.rpush(self.keys.grid, *batch.cells)

    def _queue_replies(self, pipe: Any, batch: Batch) -> None:
        for reply in batch.replies:
            raw = encode(reply)
            pipe.set(self.keys.reply(reply.request_id), raw, ex=REPLY_KEPT_S)
            pipe.xadd(self.keys.replies, {"e": raw}, maxlen=REPLIES_KEPT, approximate=True)

    def _queue_frame(self, pipe: Any, frame: Frame, seq: int) -> None:
        for topic, fields in frame.fields.items():
            if fields:
                pipe.hset(self.keys.view(topic), mapping=fields)
        for topic, names in frame.removed.items():
            if names:
                pipe.hdel(self.keys.view(topic), *names)
        if frame.fields:
            pipe.sadd(self.keys.view_names, *frame.fields)
        pipe.xadd(
            self.keys.frames, {"h": frame.header, **frame.topics}, id=f"{seq}-0", maxlen=FRAMES_KEPT, approximate=True
        )

    def _archived(self, pipe: Any) -> Archived | None:
        """How far the archive is, if the log waits for it."""
        return archived_until(pipe, self.keys, self.events_kept + self.archive_wait) if self.archive_wait else None

    def _queue_trims(self, pipe: Any, after: Position, wall: datetime, archived: Archived | None) -> None:
        # To the entry: what was taken holds personal fields in clear, and whole blocks would wait for the next hundred.
        pipe.xtrim(self.keys.inbox, minid=after.inbox, approximate=False)
        pipe.xtrim(self.keys.requests, minid=after.requests, approximate=False)
        queue_event_trim(pipe, self.keys, self.events_kept, archived)
        pipe.xtrim(self.keys.dead, minid=f"{int((wall - DEAD_KEPT).timestamp() * 1000)}-0", approximate=True)


def position_fields(before: Position, after: Position) -> dict[Any, Any]:
    fields: dict[Any, Any] = {"seq": str(after.seq)}
    for name in Position.__struct_fields__:
        value = getattr(after, name)
        if name not in ("epoch", "seq") and value != getattr(before, name):
            fields[name] = value if isinstance(value, str) else encode(value)
    return fields
