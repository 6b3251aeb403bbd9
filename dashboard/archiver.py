"""The archiver: copies the log into files, range by range, so that a kill at any moment loses and doubles nothing.

The order of a range: its ends are written down in Redis; its files are written and made durable; the manifest names
them and moves the position in the same replacement; the position is told in Redis, for the engine to trim by. Whoever
starts anew finds either the old manifest and the range that was written down, and writes the very same rows under the
same names, or the new one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import redis
import structlog

from dashboard.archive_rows import Memory, Rows, found_rows
from dashboard.archive_seed import documents_now, drop_seed, first_checkpoint, found_calls, small_nouns
from dashboard.engine.clock import Clock
from dashboard.projection import Fact
from dashboard.reader_process import entries_of, fact_of
from geo.days import local_date
from streams.archive import checkpoints, facts
from streams.archive.checkpoints import Checkpoint, order
from streams.archive.days import close_days
from streams.archive.files import Part, strays, write_parts
from streams.archive.manifest import START, File, Gap, Manifest, change, load_for
from streams.archive.retention import Rules
from streams.keys import Keys

log = structlog.get_logger("archiver")

BATCH = 5_000
RANGE_MOST = 20_000  # facts in one set of files
FLUSH_S = 60.0
TELL_S = 5.0
GRACE_S = 60.0  # a question that began with the manifest of before still finds its files
RANGE = "range"


class LogIsOlder(Exception):
    """The log ends before the archive does: it was lost, or is another city's. Nothing may be written over."""


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """Entries after `after` from `first` to `last`, `n` of them, all recorded on one local day."""

    after: str
    first: str
    last: str
    day: str
    n: int

    @property
    def name(self) -> str:
        return f"log-{self.first}_{self.last}"


@dataclass(frozen=True)
class Look:
    """What one look at Redis said: entries after those that are known, and the city's clock."""

    entries: list[tuple[str, bytes]]
    clock: Clock | None
    is_all: bool


@dataclass
class Archiver:
    """Follows one city's log into one folder. `step` does what is due; `flush_s` is how old a fact may grow first."""

    client: redis.Redis
    keys: Keys
    folder: Path
    zone: str
    rules: Rules = field(default_factory=Rules)
    flush_s: float = FLUSH_S
    range_most: int = RANGE_MOST
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    memory: Memory = field(default_factory=Memory)
    waiting: list[tuple[str, bytes]] = field(default_factory=list)
    _since: float | None = None
    _unsaved: tuple[Range, list[Part], datetime | None] | None = None
    _today: str = ""
    _told_s: float = -TELL_S
    _wants_checkpoint: bool = False
    _replaced: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.manifest: Manifest = load_for(self.folder, self.keys.city, self.zone)

    # --- start ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Stand where the files stand. Raises BadArchive, LogIsOlder and redis errors."""
        self.manifest = load_for(self.folder, self.keys.city, self.zone)
        self.waiting, self._unsaved, self._since = [], None, None
        if not self.manifest.of("checkpoints"):
            self._begin()
        self.memory = self._remembered()
        self._finish_range()
        self._tell()
        # One that was made of documents alone only begins the files: what else the engine keeps comes with the next.
        self._wants_checkpoint = not any(file.whole for file in self.manifest.of("checkpoints"))
        log.info("archive followed", position=self.manifest.position, files=len(self.manifest.files))

    def _begin(self) -> None:
        """The first checkpoint: of the city before its first second where that is known, else as Redis has it now."""
        known = first_checkpoint(self.client, self.keys, self.wall())
        if known is None:
            self._seed(None)
            return
        self._save_seed(known, known.after, None)
        drop_seed(self.client, self.keys)

    def _seed(self, gap_after: str | None) -> None:
        """Begin, or go on after a gap, with the documents as they are."""
        last, at, documents = documents_now(self.client, self.keys)
        gap = None if gap_after is None else Gap(after=gap_after, until=last, at=self.wall())
        self._save_seed(Checkpoint(last, at or self.wall(), documents), last, gap)

    def _save_seed(self, checkpoint: Checkpoint, position: str, gap: Gap | None) -> None:
        day = self._day_of(checkpoint.at)
        parts = [checkpoints.part_of(checkpoint, day)]
        memory = Memory()
        memory.adopt(checkpoint.documents, checkpoint.seq)
        found = found_rows(memory, self.memory, checkpoint.at)
        if gap is None and (calls := found_calls(checkpoint.documents)).num_rows:
            found["found_calls"] = calls
        name = f"log-found-{position}"
        parts += [Part(table, day, name, rows, first=position, last=position) for table, rows in found.items()]
        values = {"begun": position} if gap is None else {"gaps": (*self.manifest.gaps, gap)}
        self._change(write_parts(self.folder, parts), position=position, **values)
        self.memory = memory

    def _remembered(self) -> Memory:
        """The memory as of the manifest's position: the newest checkpoint, and the archived facts after it."""
        position = self.manifest.position
        checkpoint = checkpoints.load(self.folder, self.manifest, after=position)
        memory, rows = Memory(), Rows()
        if checkpoint is None:
            log.error("no checkpoint can be read; `archive verify` says why")
            return memory
        memory.adopt(checkpoint.documents, checkpoint.seq)
        for entry_id, envelope in facts.between(self.folder, self.manifest, checkpoint.after, position):
            seq, index = order(entry_id)
            memory.take(Fact(seq, index, envelope), rows)
        return memory

    def _finish_range(self) -> None:
        """Write again what was written down and not yet named."""
        raw: Any = self.client.hget(self.keys.archive, RANGE)
        if not raw:
            return
        pending = msgspec.json.decode(raw, type=Range)
        if order(pending.last) <= order(self.manifest.position):
            return
        if pending.after != self.manifest.position:
            log.warning("a range was written down that does not follow the files; planned anew", range=pending.name)
            return
        found: Any = self.client.xrange(self.keys.events, f"({pending.after}", pending.last)
        entries = [(entry_id.decode(), fields.get(b"e", b"")) for entry_id, fields in found]
        if len(entries) == pending.n:
            self._fold(pending, entries)
            self._write()
        else:
            log.error("the log no longer holds a range that was being written", range=pending.name, found=len(entries))

    # --- following -----------------------------------------------------------------------------------------

    def step(self) -> bool:
        """Read what is new and write what is due; whether there may be more at once."""
        if self._unsaved is not None:
            self._write()
        look = self._look()
        if look.entries and not self.waiting:
            self._since = self.monotonic()
        self.waiting += look.entries
        self._flush_due(look)
        self._drop_replaced()
        if look.is_all and look.clock is not None:
            self._keep_time(look.clock)
        if self.monotonic() - self._told_s >= TELL_S:
            self._tell()
        return not look.is_all

    def flush(self) -> None:
        """Write everything that waits, whatever its age."""
        while self.waiting:
            self._flush_one(is_end=True)

    def _look(self) -> Look:
        known = self.waiting[-1][0] if self.waiting else self.manifest.position
        streams: dict[Any, Any] = {self.keys.events: known}
        position = self.manifest.position
        with self.client.pipeline(transaction=True) as pipe:
            pipe.xread(streams, count=BATCH)
            pipe.xrange(self.keys.events, position, position, count=1)
            pipe.hmget(self.keys.position, ["seq", "clock"])
            answer, anchor, (seq, clock) = pipe.execute()
        committed = int(seq or 0)
        if committed < order(position)[0]:
            raise LogIsOlder(f"the log ends at {committed}, the archive at {position}")
        entries = entries_of(answer)
        if position != START and not anchor and (entries or self.waiting) and not self._is_seed(position):
            self._note_gap()
            return self._look()
        return Look(
            entries,
            msgspec.json.decode(clock, type=Clock) if clock else None,
            len(entries) < BATCH,
        )

    def _is_seed(self, position: str) -> bool:
        """The place where an empty log was joined holds no entry to recognise it by."""
        return position == self.manifest.begun and order(position)[1] == 0 and not self.manifest.of("events")

    def _note_gap(self) -> None:
        """The engine trimmed what was not archived: say so for ever, and go on from the documents as they are."""
        log.error("the log no longer holds what follows the archive", after=self.manifest.position)
        self.waiting, self._since = [], None
        self._seed(self.manifest.position)

    def _flush_due(self, look: Look) -> None:
        while self.waiting:
            is_old = self._since is not None and self.monotonic() - self._since >= self.flush_s
            if not self._flush_one(is_end=is_old and look.is_all):
                return

    def _flush_one(self, is_end: bool) -> bool:
        """Write the next range if it is complete: full, of a day that went on to the next, or old enough."""
        day, chosen = "", 0
        for _, raw in self.waiting[: self.range_most]:
            its_day = self._day_in(raw)
            if day and its_day != day:
                break
            day, chosen = its_day, chosen + 1
        is_cut = chosen < len(self.waiting)
        if not (is_cut or chosen >= self.range_most or is_end):
            return False
        entries = self.waiting[:chosen]
        after, first, last = self.manifest.position, entries[0][0], entries[-1][0]
        this = Range(after=after, first=first, last=last, day=day, n=len(entries))
        self.client.hset(self.keys.archive, RANGE, msgspec.json.encode(this))
        self._fold(this, entries)
        self.waiting = self.waiting[chosen:]
        self._since = self.monotonic() if self.waiting else None
        self._write()
        return True

    def _fold(self, this: Range, entries: list[tuple[str, bytes]]) -> None:
        rows, latest = Rows(), None
        for entry_id, raw in entries:
            fact = fact_of(entry_id, raw)
            if fact is not None:
                self.memory.take(fact, rows)
                latest = fact.envelope.recorded_at or latest
        parts = [
            Part(table, this.day, this.name, found, first=this.first, last=this.last)
            for table, found in rows.tables().items()
        ]
        self._unsaved = this, parts, latest

    def _write(self) -> None:
        """The files of the folded range, then the manifest; repeated as it is when the disk would not take it."""
        assert self._unsaved is not None, "something was folded"
        this, parts, latest = self._unsaved
        values: dict[str, Any] = {"position": this.last, "recorded_until": latest or self.manifest.recorded_until}
        self._change(write_parts(self.folder, parts), **values)
        self._unsaved = None
        self._tell()

    def _change(self, add: Iterable[File] = (), remove: Iterable[str] = (), **values: Any) -> None:
        """Replace the manifest; an import may have done so since it was read."""
        how = partial(Manifest.changed, add=list(add), remove=list(remove), **values)
        self.manifest = change(self.folder, self.keys.city, self.zone, how)

    def _tell(self) -> None:
        """Say in Redis how far the files reach: the engine trims by it."""
        self._told_s = self.monotonic()
        told = {
            "position": self.manifest.position,
            "at": msgspec.json.encode(self.wall()),
            "files": len(self.manifest.files),
            "bytes": sum(file.size for file in self.manifest.files),
            "gaps": len(self.manifest.gaps),
        }
        with self.client.pipeline(transaction=True) as pipe:
            pipe.hset(self.keys.archive, mapping=told)  # type: ignore[arg-type]
            if self._unsaved is None:
                pipe.hdel(self.keys.archive, RANGE)
            pipe.execute()

    # --- what the clock asks for -----------------------------------------------------------------------------

    def _keep_time(self, clock: Clock) -> None:
        """Checkpoints, and the days that ended. Only when nothing waits to be read."""
        newest = checkpoints.newest(self.manifest)
        taken = newest[0].at if newest else None
        if self._wants_checkpoint or taken is None or self._hour(clock.at) > self._hour(taken):
            self.flush()
            self._wants_checkpoint = not self.take_checkpoint()
        if self._today != (today := self._day_of(clock.at)):
            self.flush()
            self.close_days(clock.at)
            self._today = today

    def close_days(self, now: datetime) -> None:
        """Derive, compact and count what is due; files that were replaced go a little later, for who reads them."""
        for changes in close_days(self.folder, self.manifest, now, self.rules):
            self._change(changes.add, changes.remove, **changes.values)
            self._replaced += [(self.monotonic(), path) for path in changes.remove]
        self._tell()

    def take_checkpoint(self) -> bool:
        """Write down all documents as of one commit; False when too much happened meanwhile."""
        nouns = small_nouns(self.keys)
        streams: dict[Any, Any] = {self.keys.events: self.manifest.position}
        with self.client.pipeline(transaction=True) as pipe:
            pipe.xread(streams, count=BATCH)
            pipe.hgetall(self.keys.position)
            pipe.lrange(self.keys.grid, 0, -1)
            for noun in nouns:
                pipe.hgetall(self.keys.of(noun))
            answer, position, grid, *hashes = pipe.execute()
        entries = entries_of(answer)
        if len(entries) >= BATCH:
            self.waiting = entries
            return False
        self.waiting = entries
        self.flush()
        clock = msgspec.json.decode(position[b"clock"], type=Clock)
        self.memory.forget(clock.at)
        self.memory.bases.clear()
        small = {
            noun: {key.decode(): value for key, value in held.items()} for noun, held in zip(nouns, hashes, strict=True)
        }
        checkpoint = Checkpoint(
            self.manifest.position,
            clock.at,
            {**small, **self.memory.as_json()},
            tuple(cell.decode() for cell in grid),
            {name.decode(): value for name, value in position.items()},
        )
        files = write_parts(self.folder, [checkpoints.part_of(checkpoint, self._day_of(clock.at))])
        self._change(files)
        return True

    # --- small things ----------------------------------------------------------------------------------------

    def _drop_replaced(self) -> None:
        old = self.monotonic() - GRACE_S
        named = {file.path for file in self.manifest.files} if self._replaced else set()
        for since, path in self._replaced:
            if since <= old and path not in named:
                (self.folder / path).unlink(missing_ok=True)
        self._replaced = [(since, path) for since, path in self._replaced if since > old]

    def clean(self) -> int:
        """Remove files that no manifest names: of a writer that died. Returns how many there were."""
        found = strays(self.folder, [file.path for file in self.manifest.files])
        for path in found:
            path.unlink(missing_ok=True)
        return len(found)

    def _day_in(self, raw: bytes) -> str:
        try:
            return self._day_of(_times.decode(raw).at)
        except msgspec.DecodeError:
            return ""

    def _day_of(self, at: datetime) -> str:
        return local_date(at, self.zone).isoformat()

    def _hour(self, at: datetime) -> tuple[str, int]:
        every = max(1, self.rules.checkpoint_every_h)
        return self._day_of(at), at.hour // every


class _Times(msgspec.Struct):
    """As much of an entry as its day needs."""

    occurred_at: datetime
    recorded_at: datetime | None = None

    @property
    def at(self) -> datetime:
        return self.recorded_at or self.occurred_at


_times = msgspec.json.Decoder(_Times)
