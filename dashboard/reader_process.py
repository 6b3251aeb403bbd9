"""The reader process: keeps one SQLite file equal to the log, from the position that stands in the file.

Rows and position move in one SQLite transaction, so a kill at any moment repeats a batch at worst in memory, never
in the file. The stream is read together with the committed `seq` in one Redis transaction: when nothing is left to
read, the file is known to be complete up to that seq, also when the last commits carried no facts.
"""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import redis
import structlog

from dashboard.projection import KINDS, Document, Fact, Kind, project, row_of, telling
from streams.codec import Malformed, decode_envelope
from streams.keys import CLOSED_NOUNS, Keys
from streams.reader_schema import CASES, to_microseconds
from streams.reader_writer import Position, ReaderWriter, Row

log = structlog.get_logger(__name__)

BATCH = 2_000
BLOCK_MS = 250
SCAN_COUNT = 10_000
RETRY_S = 1.0
ANALYZE_FIRST, ANALYZE_EVERY = 2_000, 100_000  # facts
PRUNE_EVERY = timedelta(hours=1)
KEEP_CLOSED = timedelta(days=16)  # a little longer than the engine brings closed cases back


class Gap(Exception):
    """The log no longer holds what follows the file's position, or is another log."""


@dataclass(frozen=True)
class Told:
    """What one look at Redis said: facts after the position, and how far the log is committed."""

    facts: list[Fact]
    last_id: str | None  # of the last entry read; None: nothing new
    mark: str  # identity of that entry
    seq: int
    epoch: int
    is_all: bool


@dataclass
class Tail:
    """Follows the event stream of one city into one file."""

    client: redis.Redis
    keys: Keys
    writer: ReaderWriter
    name: str = field(default_factory=lambda: socket.gethostname())
    batch: int = BATCH
    keep_closed: timedelta = KEEP_CLOSED
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    stop: threading.Event = field(default_factory=threading.Event)
    _analyzed_at: int = 0
    _projected: int = 0
    _pruned_at: datetime | None = None
    _is_first: bool = True

    def step(self) -> int:
        """Take one batch, building the file first when it must be. Returns the number of facts taken."""
        if not self._is_anchored():
            self.build()
        try:
            told = self._look()
        except Gap as gap:
            log.warning("reader file is rebuilt", reason=str(gap), position=self.writer.position.event_id)
            self.build()
            return 0
        if told.last_id is not None or told.seq != self.writer.position.seq:
            self._take(told)
        if told.is_all:
            self._tidy()
        return len(told.facts)

    def _is_anchored(self) -> bool:
        """Whether the file can be followed on. A file from an empty log has no event to recognise the log by."""
        was_first, self._is_first = self._is_first, False
        return self.writer.is_ready and not (was_first and self.writer.position.event_id == "0-0")

    def wait(self) -> None:
        """Until something was appended, or a quarter of a second."""
        streams: dict[Any, Any] = {self.keys.events: self.writer.position.event_id}
        self.client.xread(streams, count=1, block=BLOCK_MS)

    def publish(self) -> None:
        """Say how far this reader is."""
        value = msgspec.json.encode({"seq": self.writer.position.seq, "at": self.now()})
        self.client.hset(self.keys.of("readers"), self.name, value)

    def retire(self) -> None:
        """Leave the list of readers."""
        self.client.hdel(self.keys.of("readers"), self.name)

    # following

    def _look(self) -> Told:
        before = self.writer.position
        streams: dict[Any, Any] = {self.keys.events: before.event_id}
        with self.client.pipeline(transaction=True) as pipe:
            pipe.xread(streams, count=self.batch)
            pipe.xrange(self.keys.events, before.event_id, before.event_id, count=1)
            pipe.hmget(self.keys.position, ["seq", "epoch"])
            answer, anchor, (seq, epoch) = pipe.execute()
        committed, epoch = int(seq or 0), int(epoch or 0)
        _refuse_gap(before, anchor, committed, epoch)
        entries = entries_of(answer)
        facts = [fact for entry in entries if (fact := fact_of(*entry)) is not None]
        is_all = len(entries) < self.batch
        last_id, raw = (entries[-1][0], entries[-1][1]) if entries else (None, b"")
        return Told(
            facts,
            last_id,
            mark_of(raw) if last_id else before.mark,
            committed if is_all or last_id is None else _seq_of(last_id) - 1,
            epoch,
            is_all,
        )

    def _take(self, told: Told) -> None:
        private = private_of(self.client, self.keys, telling(told.facts))
        before = self.writer.position
        position = Position(told.last_id or before.event_id, told.mark, max(told.seq, before.seq), told.epoch)
        with self.writer.transaction():
            if project(self.writer, told.facts, private).erased:
                self.writer.ask_for_scrub()
            self.writer.move(position)
        self._projected += len(told.facts)

    def _tidy(self) -> None:
        """What may wait until there is nothing to read."""
        if self.writer.needs_scrub:
            self.writer.scrub()
        if self._projected - self._analyzed_at >= min(self._analyzed_at + ANALYZE_FIRST, ANALYZE_EVERY):
            self.writer.analyze()
            self._analyzed_at = self._projected
        now = self.now()
        if self._pruned_at is None or now - self._pruned_at >= PRUNE_EVERY:
            self._pruned_at = now
            self._prune()

    def _prune(self) -> None:
        """Forget cases closed long ago, by the city's own clock, as the engine does."""
        raw: Any = self.client.hget(self.keys.view("clock"), "now")
        if raw is None:
            return
        before = to_microseconds(msgspec.json.decode(raw, type=datetime) - self.keep_closed)
        gone = 1
        while gone and not self.stop.is_set():
            with self.writer.transaction():
                gone = self.writer.prune(CASES, before)

    # building

    def build(self) -> None:
        """Fill the file from the documents, then let `step` follow from where the log stood before the scan.

        The scan is fuzzy: documents change under it. Each row keeps the seq of the document it came from as its
        `base`, and later facts up to that seq are passed over for it.
        """
        start = self._end_of_log()
        self.writer.begin_build()
        for kind, key in self._documents():
            self._load(kind, key)
        if not self.stop.is_set():
            self.writer.finish_build(start)
            log.info("reader file built", seq=start.seq)

    def _end_of_log(self) -> Position:
        with self.client.pipeline(transaction=True) as pipe:
            pipe.xrevrange(self.keys.events, count=1)
            pipe.hmget(self.keys.position, ["seq", "epoch"])
            last, (seq, epoch) = pipe.execute()
        event_id, fields = last[0] if last else (b"0-0", {})
        raw = (fields or {}).get(b"e", b"")
        return Position(event_id.decode(), mark_of(raw) if last else "", int(seq or 0), int(epoch or 0))

    def _documents(self) -> Iterable[tuple[Kind, str]]:
        """Hashes to load; documents that left the engine's memory first, so that hot ones replace them."""
        raw: Any = self.client.hget(self.keys.position, "closed_days")
        for day in msgspec.json.decode(raw, type=list[str]) if raw else []:
            for entity, noun in CLOSED_NOUNS.items():
                yield KINDS[entity], self.keys.of(noun, day)
        yield KINDS["case"], self.keys.cases
        yield KINDS["incident"], self.keys.incidents
        yield KINDS["unit"], self.keys.units

    def _load(self, kind: Kind, key: str) -> None:
        entity = kind.id_field.removesuffix("_id")
        decode = msgspec.json.Decoder(kind.document).decode
        cursor: int | None = None
        while cursor != 0 and not self.stop.is_set():
            answer: Any = self.client.hscan(key, cursor or 0, count=SCAN_COUNT)
            cursor, found = answer
            documents: dict[str, Document] = {name.decode(): decode(raw) for name, raw in found.items()}
            private = private_of(self.client, self.keys, [f"{entity}:{name}" for name in documents])
            rows = {
                name: row_of(kind, document, private.get(f"{entity}:{name}"), base=document.seq)
                for name, document in documents.items()
            }
            with self.writer.transaction():
                self._save_loaded(kind, rows)

    def _save_loaded(self, kind: Kind, rows: Mapping[str, Row]) -> None:
        """HSCAN may return a document twice, and a reopened case stands in two hashes: the newer one holds."""
        stored = self.writer.rows(kind.table, list(rows))
        newer = [(stored.get(name), row) for name, row in rows.items() if not _is_older(row, stored.get(name))]
        self.writer.save(kind.table, newer, index=False)


def _is_older(row: Row, stored: Row | None) -> bool:
    return stored is not None and row.seq < stored.seq


def _refuse_gap(before: Position, anchor: list[Any], committed: int, epoch: int) -> None:
    """Raise Gap unless what follows the position in this log is what followed it when the file was written."""
    if epoch < before.epoch or committed < before.seq:
        raise Gap("the log is older than the file")
    if before.event_id == "0-0":
        return
    if not anchor:
        raise Gap("the log no longer holds the file's last event")
    if mark_of(anchor[0][1].get(b"e", b"")) != before.mark:
        raise Gap("the log holds another event at the file's position")


def run(
    client: redis.Redis,
    keys: Keys,
    path: Path,
    stop: threading.Event,
    *,
    name: str = "",
    batch: int = BATCH,
    on_step: Callable[[Position], None] | None = None,
) -> None:
    """Keep the file at `path` up to date until `stop` is set. Raises `Busy` when another reader has the file.

    Redis away, disk full: waits and goes on. A damaged file is made anew.
    """
    with ReaderWriter(path, keys.city) as writer:
        tail = Tail(client, keys, writer, name or socket.gethostname(), batch=batch, stop=stop)
        while not stop.is_set():
            try:
                taken = tail.step()
                tail.publish()
                if on_step:
                    on_step(writer.position)
                if taken < batch:
                    tail.wait()
            except (redis.ConnectionError, redis.TimeoutError) as error:
                log.warning("redis does not answer; the lists stand still", error=str(error))
                stop.wait(RETRY_S)
            except sqlite3.OperationalError as error:
                log.error("reader file cannot be written; trying again", path=str(path), error=str(error))
                stop.wait(RETRY_S)
            except sqlite3.DatabaseError as error:
                log.error("reader file is damaged; it is made anew", path=str(path), error=str(error))
                writer.throw_away()
        _retire(tail)


def _retire(tail: Tail) -> None:
    try:
        tail.retire()
    except redis.RedisError as error:
        log.info("could not sign off", error=str(error))


def entries_of(answer: Any) -> list[tuple[str, bytes]]:
    """(id, JSON) of an XREAD of one stream, whichever protocol the client speaks."""
    streams = list(answer.values()) if isinstance(answer, dict) else [entries for _, entries in answer or []]
    if not streams:
        return []
    rows = streams[0]
    if rows and isinstance(rows[0], list):  # RESP3 wraps the entries once more
        rows = rows[0]
    return [(entry_id.decode(), (fields or {}).get(b"e", b"")) for entry_id, fields in rows]


def fact_of(entry_id: str, raw: bytes) -> Fact | None:
    """The fact of one entry; None (logged) for what no version of ours has written."""
    try:
        envelope = decode_envelope(raw)
    except Malformed as error:
        log.warning("entry of the log not understood", id=entry_id, reason=str(error))
        return None
    seq, _, index = entry_id.partition("-")
    return Fact(int(seq), int(index), envelope)


def mark_of(raw: bytes) -> str:
    """Which event stands at a position: its source and id, not its bytes."""
    try:
        envelope = decode_envelope(raw)
    except Malformed:
        return ""
    return f"{envelope.source}\n{envelope.id}"


def private_of(client: redis.Redis, keys: Keys, subjects: list[str]) -> dict[str, dict[str, Any]]:
    """Personal fields on record of the subjects that have any."""
    if not subjects:
        return {}
    found: Any = client.hmget(keys.private, subjects)
    return {name: msgspec.json.decode(raw) for name, raw in zip(subjects, found, strict=True) if raw}


def _seq_of(entry_id: str) -> int:
    return int(entry_id.partition("-")[0])
