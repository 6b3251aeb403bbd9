"""The archive against the log that it was made of, and damaged files made anew from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import redis

from dashboard.archive_rows import Memory, Rows, found_rows
from dashboard.archive_seed import found_calls
from dashboard.projection import Fact
from dashboard.reader_process import fact_of
from streams.archive import checkpoints, days, facts, rollups
from streams.archive.checkpoints import order
from streams.archive.files import Part, set_aside, sync_all, write_parts
from streams.archive.manifest import START, File, Manifest, change
from streams.archive.schema import CASE_COLUMNS, LOG
from streams.archive.verify import Finding
from streams.archive.view import View, bounds_of, connect
from streams.codec import encode
from streams.events import Envelope
from streams.keys import Keys

COUNT = 5_000


@dataclass
class Overlap:
    """What was compared: entries that stand both in the log and in the archive."""

    compared: int = 0
    first: str = ""
    last: str = ""


def check_log(client: redis.Redis, keys: Keys, folder: Path, manifest: Manifest, overlap: Overlap) -> Iterator[Finding]:
    """Over the overlap the archive has exactly the log's facts, each once and in every field."""
    start = max(manifest.begun, _before_oldest(client, keys), key=order)
    ours = facts.between(folder, manifest, start, manifest.position)
    theirs = _log(client, keys, start, manifest.position)
    mine = next(ours, None)
    for entry_id, envelope in theirs:
        while mine is not None and order(mine[0]) < order(entry_id):
            yield Finding(f"events: entry {mine[0]} is in the archive and not in the log")
            mine = next(ours, None)
        if mine is None or mine[0] != entry_id:
            if not _in_gap(manifest, entry_id):
                yield Finding(f"events: entry {entry_id} of the log is missing")
            continue
        if _public(mine[1]) != _public(envelope):
            yield Finding(f"events: entry {entry_id} differs from the log")
        overlap.compared += 1
        overlap.first = overlap.first or entry_id
        overlap.last = entry_id
        mine = next(ours, None)
        if mine is not None and mine[0] == entry_id:
            yield Finding(f"events: entry {entry_id} stands in the archive more than once")
            mine = next(ours, None)
    if mine is not None:
        yield Finding(f"events: entry {mine[0]} is in the archive and not in the log")


def _before_oldest(client: redis.Redis, keys: Keys) -> str:
    """An id just before the oldest entry of the log."""
    found: Any = client.xrange(keys.events, count=1)
    if not found:
        return "18446744073709551615-0"
    seq, index = order(found[0][0].decode())
    return f"{seq}-{index - 1}" if index else f"{seq - 1}-18446744073709551615"


def _in_gap(manifest: Manifest, entry_id: str) -> bool:
    return any(order(gap.after) < order(entry_id) <= order(gap.until) for gap in manifest.gaps)


def _log(client: redis.Redis, keys: Keys, after: str, until: str) -> Iterator[tuple[str, Envelope]]:
    while order(after) < order(until):
        entries: Any = client.xrange(keys.events, f"({after}", until, count=COUNT)
        for entry_id, fields in entries:
            fact = fact_of(entry_id.decode(), fields.get(b"e", b""))
            if fact is not None:
                yield entry_id.decode(), fact.envelope
        if len(entries) < COUNT:
            return
        after = entries[-1][0].decode()


def _public(envelope: Envelope) -> bytes:
    """As the archive would write it: an absent mapping and an empty one are one."""
    values = {name: getattr(envelope, name) or None for name in Envelope.__struct_fields__}
    return encode(values | {"data": sorted(facts.without_personal(envelope.data).items(), key=lambda item: item[0])})


@dataclass
class Repair:
    """Makes damaged files anew. `client` None: only from what the archive itself still holds."""

    folder: Path
    manifest: Manifest
    keys: Keys
    client: redis.Redis | None = None

    def file(self, damaged: File) -> str:
        """Set the file aside and make it anew; returns what became of it, in words."""
        try:
            rows = self._rows(damaged)
        except LookupError as error:
            self._replace(damaged, None)
            return f"{damaged.path}: set aside; {error}"
        self._replace(damaged, rows)
        n = rows.num_rows
        return f"{damaged.path}: set aside and made anew, {n:,} rows" + (
            "" if n == damaged.rows else f" where {damaged.rows:,} were written"
        )

    def _replace(self, damaged: File, rows: Any) -> None:
        set_aside(self.folder, damaged)
        add: list[File] = []
        if rows is not None:
            name = Path(damaged.path).stem
            part = Part(damaged.table, damaged.day, name, rows, damaged.origin, damaged.first, damaged.last, damaged.at)
            add = write_parts(self.folder, [part])
            sync_all()
        self.manifest = change(
            self.folder,
            self.manifest.city,
            self.manifest.zone,
            lambda manifest: manifest.changed(add, [damaged.path], aside=(*manifest.aside, damaged.path)),
        )

    def _rows(self, damaged: File) -> Any:
        if damaged.table == "daily_cases":
            return self._counts(damaged)
        if damaged.table == "cases":
            return self._cases(damaged)
        if damaged.table == "checkpoints":
            raise LookupError("older and newer checkpoints serve in its place")
        if damaged.origin != LOG:
            raise LookupError("it came from a file: `archive import` that file again")
        if damaged.table == "found_calls":
            return self._found_calls(damaged)
        if damaged.table == "events":
            return facts.rows_of([(f.seq, f.index, f.envelope) for f in self._from_log(damaged)])
        return self._folded(damaged)

    def _view(self, db: Any, *, without: File, origin: str) -> View:
        gone = [f.path for f in self.manifest.files if f.path == without.path or f.origin != origin]
        return View(self.folder, self.manifest.changed(remove=gone), db)

    def _counts(self, damaged: File) -> Any:
        db = connect()
        try:
            view = self._view(db, without=damaged, origin=damaged.origin)
            if damaged.origin != LOG:
                rows = rollups.daily_of_import(db, self.folder, view.manifest.files, view.zone, damaged.origin)
            else:
                rows = days.counted(view, self._days_of(damaged))
        finally:
            db.close()
        parts = rollups.month_parts(rows, "", damaged.origin)
        return next((part.rows for part in parts if part.day == damaged.day), rows.slice(0, 0))

    def _days_of(self, damaged: File) -> list[date]:
        first = date.fromisoformat(f"{damaged.day}-01")
        known = [file.day for file in self.manifest.of("case_events", origin=LOG)]
        last = min(date.fromisoformat(self.manifest.rolled), (first + timedelta(days=40)).replace(day=1))
        begin = max(first, date.fromisoformat(min(known)))
        every = [begin + timedelta(days=n) for n in range((last - begin).days + 1)]
        return [day for day in every if f"{day:%Y-%m}" == damaged.day]

    def _cases(self, damaged: File) -> Any:
        """The newest state of each case that was received on that day."""
        derived = int(self.manifest.derived.partition("-")[0])
        db = connect()
        try:
            view = self._view(db, without=damaged, origin=damaged.origin)
            low, high = bounds_of(date.fromisoformat(damaged.day), view.zone)
            until = f"seq <= {derived}" if damaged.origin == LOG else "true"
            names = ", ".join(CASE_COLUMNS)
            rows = view.arrow(
                f"SELECT {names}, is_revised, seq FROM (SELECT *, bool_or({days.REVISED}) OVER (PARTITION BY case_id)"
                f" OR reopened > 0 AS is_revised FROM {view.table('case_events')}"
                f" WHERE received_at >= ? AND received_at < ? AND {until}"
                " QUALIFY row_number() OVER (PARTITION BY case_id ORDER BY seq DESC, index DESC) = 1)"
                " ORDER BY cell NULLS FIRST, received_at, case_id",
                [low, high],
            )
        finally:
            db.close()
        if not rows.num_rows:
            raise LookupError("its events are not in the archive either")
        return rows

    def _folded(self, damaged: File) -> Any:
        """Rows of a range: the documents as they were before it, and its facts folded onto them."""
        checkpoint = checkpoints.load(self.folder, self.manifest, after=_before(damaged.first))
        if checkpoint is None:
            raise LookupError("no checkpoint before it can be read")
        memory, rows = Memory(), Rows()
        memory.adopt(checkpoint.documents, checkpoint.seq)
        for entry_id, envelope in facts.between(self.folder, self.manifest, checkpoint.after, _before(damaged.first)):
            memory.take(Fact(*order(entry_id), envelope), rows)
        rows = Rows()
        for fact in self._facts(damaged):
            memory.take(fact, rows)
        tables = [part for part in (rows.tables().get(damaged.table), self._found(damaged)) if part is not None]
        if not tables:
            raise LookupError("its facts are neither in `events` nor in the log")
        import pyarrow as pa

        return days.compacted(damaged.table, pa.concat_tables(tables))

    def _found(self, damaged: File) -> Any:
        """How things stood when the archive began, if the file holds that, too."""
        if order(damaged.first) > order(self.manifest.begun):
            return None
        seed = checkpoints.load(self.folder, self.manifest, after=self.manifest.begun)
        if seed is None:
            return None
        memory = Memory()
        memory.adopt(seed.documents, seed.seq)
        return found_rows(memory, Memory(), seed.at).get(damaged.table)

    def _found_calls(self, damaged: File) -> Any:
        """Calls that were over when the archive began: only its first checkpoint still has their counts."""
        seed = checkpoints.load(self.folder, self.manifest, after=damaged.last)
        if seed is None or seed.after != damaged.last:
            raise LookupError(
                f"the checkpoint of entry {damaged.last}, which alone could tell, is not there or damaged: calls that"
                " were over when the archive began are missing from counts of calls"
            )
        return found_calls(seed.documents)

    def _facts(self, damaged: File) -> list[Fact]:
        """From the archive's own copy of the log where that is whole, else from Redis."""
        after = _before(damaged.first)
        found = [
            Fact(*order(entry_id), envelope)
            for entry_id, envelope in facts.between(self.folder, self.manifest, after, damaged.last)
        ]
        return found or self._from_log(damaged)

    def _from_log(self, damaged: File) -> list[Fact]:
        if self.client is None:
            raise LookupError("the log is not at hand: start Hexwatch, then `archive verify --repair` again")
        after = _before(damaged.first)
        found = [Fact(*order(i), e) for i, e in _log(self.client, self.keys, after, damaged.last)]
        if not found or found[0].seq != order(damaged.first)[0]:
            raise LookupError("the log no longer reaches back that far")
        return found


def _before(entry_id: str) -> str:
    """The largest id before an entry."""
    seq, index = order(entry_id)
    if index > 0:
        return f"{seq}-{index - 1}"
    return f"{seq - 1}-18446744073709551615" if seq else START
