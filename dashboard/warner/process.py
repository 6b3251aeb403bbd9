"""The process that warns: follows the log, looks at the city every five minutes of its time, and appends what it sees.

Where two people say the same grave thing near each other it looks within seconds. It decides nothing and holds nobody
up: it runs at a lower priority, and speaks as a source of its own, `warner`. What it keeps in the data folder is made
anew when lost; warnings that only the lost state knew of are then closed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from sys import intern
from typing import Any

import h3
import msgspec
import redis
import structlog

from dashboard.city_time import city_time
from dashboard.engine.own_names import WARNER
from dashboard.local_files import replace_whole
from dashboard.reader_process import entries_of, fact_of, private_of
from dashboard.warner.field import Seen
from dashboard.warner.learning import Learner
from dashboard.warner.telling import closing, saying, seen_of
from geo.warning.baseline import Mark
from hotline.grave_words import SAID, GraveWords, grave_words
from hotline.warned import Warned
from hotline.warning_model import PastCase
from hotline.warnings import KEPT, NewCase, Watch
from streams.codec import encode
from streams.events import CaseReceived, Envelope, FeedPolled, WarningPayload, WarningRaised, WarningUpdated, type_of
from streams.keys import Keys

log = structlog.get_logger("warner")

EVERY = timedelta(minutes=5)
SOONEST = timedelta(seconds=5)  # between two looks at what people say
SAID_WITHIN, SAID_NEAR = timedelta(hours=1), 4  # two who say so in cells so near each other are looked at at once
LAST_DAY = timedelta(days=1)
FORGETS_EVERY = timedelta(hours=1)
MOST_LOOKS = 12  # at one go, when the city's clock leapt
BATCH = 1_000
PAUSE_S = 0.5
SCAN_COUNT = 2_000
NICE = 19
RECEIVED = type_of(CaseReceived)
COUNTED = frozenset({"complaint"})
NOTHING: frozenset[str] = frozenset()
_decode_warned = msgspec.json.Decoder(Warned).decode


class Received(msgspec.Struct, frozen=True, gc=False):
    """What is read of a case on record: a city has many more cases than those of its last day."""

    case_id: str
    occurred_at: datetime | None = None  # none before its receipt; by the time of recording an import would be a storm
    kind: str = "complaint"
    category: str = "other"
    cell: str = ""
    area: str = ""
    language: str = ""


_decode = msgspec.json.Decoder(Received).decode


class Gap(Exception):
    """The log no longer holds what was read last."""


class Kept(msgspec.Struct, frozen=True):
    """What survives a restart."""

    prefix: str
    watch: bytes


@dataclass
class Warner:
    """Follows one city's log. `owners` by category; `marks_at`: the holidays, notices and alerts around an instant."""

    client: redis.Redis
    keys: Keys
    folder: Path
    learner: Learner
    owners: dict[str, str] = field(default_factory=dict)
    words: GraveWords = field(default_factory=grave_words)
    marks_at: Callable[[datetime], Sequence[Mark]] = lambda now: ()
    stop: threading.Event = field(default_factory=threading.Event)
    watch: Watch = field(default_factory=Watch)
    _position: str = "0-0"
    _waiting: list[NewCase] = field(default_factory=list)
    _recent: dict[str, NewCase] = field(default_factory=dict)
    _told: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)
    _next: datetime | None = None
    _looked_at: datetime | None = None
    _forgot_at: datetime | None = None
    _is_urgent: bool = False
    _grave: list[NewCase] = field(default_factory=list)  # of the last hour

    def start(self, now: datetime) -> None:
        """Go on with what is kept, and read the cases of the last day: the log may not reach so far back."""
        last: Any = self.client.xrevrange(self.keys.events, count=1)
        self._position = last[0][0].decode() if last else "0-0"
        self.watch = self._restored(now)
        for cases in self._recorded(now):
            self._hear(cases)
        known: Any = self.client.hvals(self.keys.of("warnings"))
        self._open = {warned.warning_id for raw in known if (warned := _decode_warned(raw)).is_open}
        log.info("early warning begins", cases=len(self._recent), open=len(self._open), position=self._position)

    def step(self) -> int:
        """Take one batch of the log, then look if it is time to. Returns how much there was to do."""
        entries = self._read()
        facts = [fact for entry in entries if (fact := fact_of(*entry)) is not None]
        received = [fact.envelope for fact in facts if fact.envelope.type == RECEIVED]
        self._hear_facts([envelope for envelope in received if envelope.data.get("kind", "complaint") in COUNTED])
        if entries:
            self._position = entries[-1][0]
        if len(entries) < BATCH and (now := city_time(self.client, self.keys)) is not None:
            return len(entries) + self._look_until(now)
        return len(entries)

    def wait(self) -> None:
        """Half a second: nothing is looked at sooner, and to read each fact by itself is dearer than to look."""
        self.stop.wait(PAUSE_S)

    # ---- cases

    def _read(self) -> list[tuple[str, bytes]]:
        with self.client.pipeline(transaction=True) as pipe:
            pipe.xread({self.keys.events: self._position}, count=BATCH)
            pipe.xrange(self.keys.events, self._position, self._position, count=1)
            answer, anchor = pipe.execute()
        if not anchor and self._position != "0-0":
            raise Gap(f"the log no longer holds {self._position}")
        return entries_of(answer)

    def _recorded(self, now: datetime) -> Iterator[list[Received]]:
        """Some at a time: with what was said, all at once would be hundreds of MB that the process never gives back."""
        cursor: int | None = None
        while cursor != 0 and not self.stop.is_set():
            answer: Any = self.client.hscan(self.keys.cases, cursor or 0, count=SCAN_COUNT)
            cursor, rows = answer
            cases = [_decode(raw) for raw in rows.values()]
            yield [c for c in cases if c.kind in COUNTED and c.occurred_at and now - c.occurred_at < KEPT]

    def _hear(self, cases: list[Received]) -> None:
        private = private_of(self.client, self.keys, [f"case:{case.case_id}" for case in cases])
        for case in cases:
            assert case.occurred_at is not None, "received, so it occurred"
            said = private.get(f"case:{case.case_id}", {})
            self._add(case.case_id, case.occurred_at, case.category, case.cell, case.area, said, case.language)

    def _hear_facts(self, facts: list[Envelope]) -> None:
        private = private_of(self.client, self.keys, [fact.subject for fact in facts])
        for fact in facts:
            data, placed = fact.data, fact.placed or {}
            said = private.get(fact.subject, {})
            place = (placed.get("cell") or "", placed.get("area") or "")
            category, language = data.get("category", "other"), data.get("language", "")
            case = self._add(data["case_id"], fact.occurred_at, category, *place, said, language)
            self._is_urgent = self._is_urgent or is_echoed(case, self._grave)

    def _add(
        self, case_id: str, at: datetime, category: str, cell: str, area: str, said: dict[str, Any], language: str
    ) -> NewCase:
        themes = self.words.themes_of(said.get("text") or "", language) if said.get("text") else frozenset()
        caller = str(said.get("caller") or "")
        case = NewCase(case_id, at, intern(category), intern(cell), intern(area), themes or NOTHING, caller)
        self._waiting.append(case)
        self._recent[case_id] = case
        if themes:
            self._grave.append(case)
        return case

    def _spoken(self, now: datetime) -> list[PastCase]:
        """The grave words of the last day."""
        return [
            PastCase(case.at.timestamp(), case.cell, SAID + theme, case.area)
            for case in self._recent.values()
            if case.themes and case.cell and now - case.at < LAST_DAY
            for theme in sorted(case.themes)
        ]

    # ---- looking

    def _look_until(self, now: datetime) -> int:
        if self.learner.has_news or self._next is None or not -EVERY <= now - self._next <= MOST_LOOKS * EVERY:
            self._next = now
        looks = 0
        while self._next <= now and not self.stop.is_set():
            self._look(self._next)
            self._next += EVERY
            looks += 1
        if self._is_urgent and self._looked_at is not None and now - self._looked_at >= SOONEST:
            self._look(now)
            looks += 1
        if looks and self.watch.model is not None and self.watch.model.is_ready:
            self._append([self._alive(now)])
        return looks

    def _look(self, now: datetime) -> None:
        self._looked_at, self._is_urgent = now, False
        self._grave = [case for case in self._grave if case.at > now - SAID_WITHIN]
        if (learnt := self.learner.turn(now, partial(self._spoken, now))) is not None:
            self.watch.teach(learnt.model)
        ready = [case for case in self._waiting if case.at <= now]
        self._waiting = [case for case in self._waiting if case.at > now]
        self._forget(now)
        marks = self.marks_at(now)
        warnings = self.watch.update(now, ready, marks)
        self._tell(warnings, now)
        replace_whole(self._file("state"), msgspec.msgpack.encode(Kept(self.watch.prefix, self.watch.to_bytes())))
        cases = (
            (case.at.timestamp(), case.cell, name)
            for case in self._recent.values()
            for name in ((case.category, *(SAID + theme for theme in case.themes)) if case.themes else (case.category,))
        )
        status, recurring = self.learner.status(), self.learner.recurring
        seen: Seen = seen_of(self.watch.model, status, recurring, warnings, cases, now, marks)
        replace_whole(self._file("seen"), msgspec.msgpack.encode(seen))

    def _forget(self, now: datetime) -> None:
        """What is older than any window, now and then."""
        if self._forgot_at is None or abs(now - self._forgot_at) >= FORGETS_EVERY:
            self._forgot_at = now
            self._recent = {key: case for key, case in self._recent.items() if now - case.at < KEPT}

    def _tell(self, warnings: list[Any], now: datetime) -> None:
        """Append what changed since it was told last; warnings that nobody sees any more are closed."""
        entries: list[Envelope] = []
        open_now = {warning.id for warning in warnings if warning.state != "closed"}
        for warning in warnings:
            if warning.state == "closed":
                if warning.id in self._open:
                    entries.append(self._entry(closing(warning.id, warning.merged_into), now))
                continue
            said = saying(warning, WarningUpdated if warning.id in self._open else WarningRaised)
            # What is expected drifts at every look; that alone is no news.
            news = (said.state, said.observed, said.window_h, said.cells, said.case_ids)
            if self._told.get(warning.id) != news:
                entries.append(self._entry(said, now))
            self._told[warning.id] = news
        closed = {warning.id for warning in warnings if warning.state == "closed"}
        entries += [self._entry(closing(gone), now) for gone in sorted(self._open - open_now - closed)]
        self._open = open_now
        self._told = {key: said for key, said in self._told.items() if key in open_now}
        self._append(entries)

    def _append(self, entries: list[Envelope]) -> None:
        if entries:
            with self.client.pipeline(transaction=True) as pipe:
                for entry in entries:
                    pipe.xadd(self.keys.inbox, {"e": encode(entry)})
                pipe.execute()

    def _alive(self, now: datetime) -> Envelope:
        """That it looked, with something to compare with: until it says so, the engine's simple rule stands in."""
        said = FeedPolled(feed=WARNER)
        return Envelope(
            source=WARNER,
            id=f"polled:{now.timestamp():.0f}",
            type=type_of(FeedPolled),
            occurred_at=now,
            data=msgspec.to_builtins(said),
        )

    def _entry(self, payload: WarningPayload, now: datetime) -> Envelope:
        return Envelope(
            source=WARNER,
            id=f"{payload.warning_id}:{now.timestamp():.0f}",
            type=type_of(type(payload)),
            occurred_at=now,
            data=msgspec.to_builtins(payload),
        )

    # ---- keeping

    def _file(self, what: str) -> Path:
        return self.folder / f"warnings-{self.keys.city}.{what}"

    def _restored(self, now: datetime) -> Watch:
        """The kept state; a new one names its warnings by when it began, so that no id comes twice."""
        try:
            kept = msgspec.msgpack.decode(self._file("state").read_bytes(), type=Kept)
            watch = self._watch(kept.prefix)
            watch.restore(kept.watch)
        except (OSError, ValueError, msgspec.DecodeError):
            return self._watch(f"w{now:%y%m%d%H%M}-")
        return watch

    def _watch(self, prefix: str) -> Watch:
        return Watch(None, self.owners, self.words.categories, prefix=prefix)


def is_echoed(case: NewCase, others: Iterable[NewCase]) -> bool:
    """Whether somebody else said the same grave thing nearby within the hour before."""
    if not case.themes or not case.cell:
        return False
    near = frozenset(h3.grid_disk(case.cell, SAID_NEAR))
    return any(
        other.case_id != case.case_id
        and not case.themes.isdisjoint(other.themes)
        and other.cell in near
        and case.at - SAID_WITHIN < other.at <= case.at
        for other in others
    )


def run(make: Callable[[], Warner], stop: threading.Event, nice: int = NICE) -> None:
    """Warn until `stop` is set. Redis away: waits, and begins anew."""
    os.nice(nice)
    while not stop.is_set():
        warner = make()
        try:
            _follow(warner)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            log.warning("redis does not answer; early warning stands still", error=str(error))
            stop.wait(1.0)
        except Gap as gap:
            log.warning("early warning begins anew", reason=str(gap))


def _follow(warner: Warner) -> None:
    while (now := city_time(warner.client, warner.keys)) is None:
        if warner.stop.wait(1.0):
            return
    warner.start(now)
    while not warner.stop.is_set():
        if not warner.step():
            warner.wait()
