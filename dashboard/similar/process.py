"""The process that keeps similar cases: reads the open cases once, then follows the log, a little behind the engine.

It decides nothing and slows nobody: it runs at a lower priority, asks Redis what the reader asks, and what it holds is
made anew at each start. Of a case that changed it takes the committed document, so that no fact is folded here. Words
stay in its memory; the file gets scores.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import redis
import structlog

from dashboard.city_time import city_time
from dashboard.reader_process import entries_of, fact_of, private_of
from dashboard.similar.file import SimilarFile
from hotline.cases import Case, cases_touched
from hotline.similar.index import Cluster, SimilarIndex
from hotline.similar.score import Report
from hotline.similar.text import words_of
from streams.codec import Malformed, payload_of
from streams.keys import Keys

log = structlog.get_logger("similar")

BATCH = 1_000
BLOCK_MS = 250
SCAN_COUNT = 2_000
MOST_AT_START = 50_000  # the newest so many
SETTLED = 50  # reports compared between two looks at the log
FORGET_EVERY = timedelta(minutes=10)
NICE = 10
_decode = msgspec.json.Decoder(Case).decode


class Gap(Exception):
    """Something was missed: the log was trimmed, or is another one."""


@dataclass
class Follower:
    """Follows one city's log into an index and its file."""

    client: redis.Redis
    keys: Keys
    file: SimilarFile
    index: SimilarIndex = field(default_factory=SimilarIndex)
    stop: threading.Event = field(default_factory=threading.Event)
    _position: str = "0-0"
    _clusters: dict[str, Cluster] = field(default_factory=dict)
    _of: dict[str, str] = field(default_factory=dict)  # case -> its cluster
    _forgot_at: datetime | None = None

    def start(self) -> None:
        """Read the cases of the window. What happens meanwhile stands in the log behind where it ended before."""
        last: Any = self.client.xrevrange(self.keys.events, count=1)
        self._position = last[0][0].decode() if last else "0-0"
        now = city_time(self.client, self.keys)
        found = self._recent(now) if now else []
        for report in sorted(found, key=lambda report: report.at)[-MOST_AT_START:]:
            self.index.place(report)
        with self.file.transaction():
            self.file.say(seq=_seq_of(self._position), behind=self.index.waiting)
        log.info("similar cases are looked for", cases=len(self.index), position=self._position)

    def step(self) -> int:
        """Take one batch of the log, then compare some that wait. Returns how much there was to do."""
        entries = self._look()
        changed = self._changed_by(entries)
        touched = self._take(changed)
        touched |= self.index.settle(SETTLED) if len(entries) < BATCH else set()
        touched |= self._forget()
        if entries:
            self._position = entries[-1][0]
        if touched or entries:
            self._write(touched)
        return len(entries) + len(touched)

    def _look(self) -> list[tuple[str, bytes]]:
        """The next entries of the log. Raises Gap when it does not hold any more what was read last."""
        with self.client.pipeline(transaction=True) as pipe:
            pipe.xread({self.keys.events: self._position}, count=BATCH)
            pipe.xrange(self.keys.events, self._position, self._position, count=1)
            answer, anchor = pipe.execute()
        entries = entries_of(answer)
        if not anchor and self._position != "0-0":
            raise Gap(f"the log no longer holds {self._position}")
        return entries

    def wait(self) -> None:
        """Until something was appended, or a quarter of a second."""
        streams: dict[Any, Any] = {self.keys.events: self._position}
        self.client.xread(streams, count=1, block=BLOCK_MS)

    def _recent(self, now: datetime) -> list[Report]:
        reports: list[Report] = []
        cursor: int | None = None
        while cursor != 0 and not self.stop.is_set():
            answer: Any = self.client.hscan(self.keys.cases, cursor or 0, count=SCAN_COUNT)
            cursor, found = answer
            cases = (_decode(raw) for raw in found.values())
            reports += self._reports(
                [c for c in cases if c.received_at and c.cell and now - c.received_at <= self.index.window]
            )
        return reports

    def _changed_by(self, entries: Iterable[tuple[str, bytes]]) -> set[str]:
        """The cases that facts are about."""
        changed: set[str] = set()
        for entry_id, raw in entries:
            fact = fact_of(entry_id, raw)
            if fact is None:
                continue
            envelope = fact.envelope
            entity, _, subject_id = str(envelope.data.get("erased") or envelope.subject).partition(":")
            if entity == "case":
                changed.add(subject_id)
            if entity in ("case", "situation"):
                try:
                    changed.update(cases_touched(payload_of(envelope)))
                except Malformed:  # written by a newer version of ours; the document says what became of it
                    continue
        return changed

    def _take(self, case_ids: set[str]) -> set[str]:
        """Bring the index up to date with the committed documents. Returns whose evidence changed."""
        if not case_ids:
            return set()
        ids = sorted(case_ids)
        raws: Any = self.client.hmget(self.keys.cases, ids)
        cases = {case_id: _decode(raw) for case_id, raw in zip(ids, raws, strict=True) if raw}
        reports = {r.case_id: r for r in self._reports([c for c in cases.values() if c.received_at is not None])}
        touched: set[str] = set()
        for case_id in ids:
            report = reports.get(case_id)
            touched |= self.index.put(report) if report is not None else self.index.drop(case_id) | {case_id}
        return touched

    def _reports(self, cases: list[Case]) -> list[Report]:
        private = private_of(self.client, self.keys, [f"case:{case.case_id}" for case in cases])
        return [report_of(case, private.get(f"case:{case.case_id}", {}).get("text") or "") for case in cases]

    def _forget(self) -> set[str]:
        now = city_time(self.client, self.keys)
        if now is None or (self._forgot_at is not None and abs(now - self._forgot_at) < FORGET_EVERY):
            return set()
        self._forgot_at = now
        return self.index.forget(now)

    def _write(self, touched: set[str]) -> None:
        gone, clusters = self._recluster(touched)
        with self.file.transaction():
            for case_id in touched:
                found = [*self.index.similar(case_id), *self.index.held_back(case_id)]
                self.file.write_evidence(case_id, found)
            self.file.write_clusters(gone, clusters)
            self.file.say(seq=_seq_of(self._position), behind=self.index.waiting)

    def _recluster(self, touched: set[str]) -> tuple[set[str], list[Cluster]]:
        """(ids of clusters that are no more as they were, those that are now) around the touched cases."""
        gone = {self._of[case_id] for case_id in touched if case_id in self._of}
        around = touched.union(*(self._clusters[i].case_ids for i in gone if i in self._clusters))
        now: dict[str, Cluster] = {}
        seen: set[str] = set()
        for case_id in around:
            if case_id not in seen and (cluster := self.index.cluster_of(case_id)) is not None:
                seen.update(cluster.case_ids)
                now[cluster.id] = cluster
        # One that was not touched itself may have been joined.
        gone |= {self._of[case_id] for cluster in now.values() for case_id in cluster.case_ids if case_id in self._of}
        for cluster_id in gone:
            if (known := self._clusters.pop(cluster_id, None)) is not None:
                for case_id in known.case_ids:
                    self._of.pop(case_id, None)
        for cluster in now.values():
            self._clusters[cluster.id] = cluster
            self._of.update(dict.fromkeys(cluster.case_ids, cluster.id))
        return gone, list(now.values())


def report_of(case: Case, text: str) -> Report:
    """A case as it is compared. One that was merged counts with its lead, and lies in no cluster of its own."""
    assert case.received_at is not None, "only received cases are compared"
    placed = bool(case.cell) and case.lat is not None and case.lng is not None
    return Report(
        case_id=case.case_id,
        category=case.category,
        cell=case.cell if placed else "",
        lat=case.lat or 0.0,
        lng=case.lng or 0.0,
        at=case.received_at,
        words=words_of(text) if text else None,
        finer=case.subcategory,
        area=case.area,
        language=case.language,
        is_open=case.is_open and not case.merged_into,
        apart=case.apart,
    )


def run(
    client: redis.Redis, keys: Keys, open_file: Callable[[], SimilarFile], stop: threading.Event, nice: int = NICE
) -> None:
    """Keep the file up until `stop` is set. Redis away: waits, and begins anew."""
    os.nice(nice)
    while not stop.is_set():
        file = open_file()
        try:
            _follow(Follower(client, keys, file, stop=stop))
        except (redis.ConnectionError, redis.TimeoutError) as error:
            log.warning("redis does not answer; similar cases stand still", error=str(error))
            stop.wait(1.0)
        except Gap as gap:
            log.warning("similar cases are looked for anew", reason=str(gap))
        finally:
            file.close()


def _follow(follower: Follower) -> None:
    follower.start()
    while not follower.stop.is_set():
        if not follower.step():
            follower.wait()


def _seq_of(entry_id: str) -> int:
    return int(entry_id.partition("-")[0])
