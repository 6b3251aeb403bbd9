"""The audit: an append-only chain of who did what, when, from where, with what before and after.

Each entry is stored as the exact bytes that were hashed, and holds the digest of the entry before it. The newest digest
stands in Redis (the head) and, as a line of a file, outside it: whoever rewrites the stream and the head together is
contradicted by the file.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import redis
import structlog

from dashboard.blocking import run_blocking
from streams.codec import encode
from streams.keys import Keys

T = TypeVar("T")
log = structlog.get_logger("audit")

GENESIS = "0" * 64  # what the first entry follows
MOST_TRIES = 1_000
PAGE = 1_000
SESSION_SHOWN = 12  # enough of a session's mark to tell sessions apart, too little to find one


@dataclass(frozen=True)
class Actor:
    """Who acts, as what, from where; `session` is the mark of a person's session, empty for keys and commands."""

    name: str
    role: str = ""
    peer: str = ""
    session: str = ""


@dataclass(frozen=True)
class Record:
    """One act to be written down. `before` and `after` are plain JSON values without personal data or secrets."""

    by: Actor
    what: str  # `<noun>.<past participle>`, as events are named
    subject: str = ""
    before: Any = None
    after: Any = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored and hashed of a record: its number, its time, and the digest that it follows."""

    n: int
    at: datetime
    who: str
    role: str
    session: str
    peer: str
    what: str
    subject: str
    before: Any
    after: Any
    prev: str


class Head(msgspec.Struct, frozen=True):
    """The newest entry of a chain: how many there are, and its digest."""

    n: int = 0
    digest: str = GENESIS


class Link(msgspec.Struct, frozen=True):
    """One stored entry: its id in the stream, its exact bytes, and the digest written beside them."""

    id: str
    raw: bytes
    digest: str


@dataclass(frozen=True)
class Step(Generic[T]):
    """What a decision wants written, all of it or nothing: Redis commands and records; and its answer."""

    answer: T
    records: Sequence[Record] = ()
    writes: Sequence[tuple[Any, ...]] = ()


class TooBusy(RuntimeError):
    """Others kept changing the same keys; nothing was written."""


def _wall() -> datetime:
    return datetime.now(UTC)


def heads_path(data: Path, city: str) -> Path:
    """Where this machine notes the heads of a city's chain."""
    return data / f"audit-{city}.heads"


def digest_of(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


class Audit:
    """One city's chain, for any number of processes that append to it."""

    def __init__(
        self, client: redis.Redis, keys: Keys, heads: Path | None = None, now: Callable[[], datetime] = _wall
    ) -> None:
        self.client, self.keys, self.heads, self.now = client, keys, heads, now
        # Within a process they queue: only writers of other processes make a transaction repeat itself.
        self._turn = threading.Lock()

    def append(self, record: Record) -> Head:
        """Write one record down. Raises redis.RedisError: then it must be taken as not written."""
        return self.commit(lambda _: Step(None, [record]))[1]

    def commit(self, decide: Callable[[Any], Step[T]], *watched: str) -> tuple[T, Head]:
        """Carry out a change and its records in one transaction.

        `decide(redis)` reads with the client it is given and may raise to refuse; it is asked anew when one of the
        `watched` keys, or the chain, changed meanwhile.
        """
        with self._turn:
            step, links, head = self._committed(decide, watched)
        if links and self.heads is not None:
            run_blocking(_note, self.heads, [Head(head.n - len(links) + 1 + i, k.digest) for i, k in enumerate(links)])
        return step.answer, head

    def _committed(self, decide: Callable[[Any], Step[T]], watched: Sequence[str]) -> tuple[Step[T], list[Link], Head]:
        tried: dict[str, tuple[Step[T], list[Link], Head]] = {}
        for _ in range(MOST_TRIES):
            with self.client.pipeline(transaction=True) as pipe:
                try:
                    pipe.watch(self._head_key, *watched)
                    before = read_head(pipe, self.keys)
                    if before.digest in tried:  # the answer to EXEC was lost on its way: it had been carried out
                        return tried[before.digest]
                    step = decide(pipe)
                    links, head = chained(before, step.records, self.now())
                    tried[head.digest] = (step, links, head)
                    if links or step.writes:
                        self._write(pipe, step, links, head)
                    return step, links, head
                except redis.WatchError:
                    continue
        raise TooBusy(f"no turn in {MOST_TRIES} tries")

    def _write(self, pipe: Any, step: Step[T], links: Sequence[Link], head: Head) -> None:
        pipe.multi()
        for write in step.writes:
            pipe.execute_command(*write)
        for link in links:
            pipe.xadd(self.keys.of("audit"), {"e": link.raw, "digest": link.digest})
        if links:
            pipe.hset(self._head_key, mapping={"n": head.n, "digest": head.digest})
        pipe.execute()

    @property
    def _head_key(self) -> str:
        return _head_key(self.keys)


def chained(head: Head, records: Sequence[Record], now: datetime) -> tuple[list[Link], Head]:
    """Records as entries that follow `head`, and the head after them."""
    links = []
    for record in records:
        by = record.by
        entry = Entry(
            n=head.n + 1,
            at=now,
            who=by.name,
            role=str(by.role),
            session=by.session[:SESSION_SHOWN],
            peer=by.peer,
            what=record.what,
            subject=record.subject,
            before=record.before,
            after=record.after,
            prev=head.digest,
        )
        raw = encode(entry)
        links.append(Link("", raw, digest_of(raw)))
        head = Head(entry.n, links[-1].digest)
    return links, head


# reading


def read_head(client: Any, keys: Keys) -> Head:
    """Where the chain ends according to Redis."""
    n, digest = client.hmget(_head_key(keys), "n", "digest")
    return Head() if digest is None else Head(int(n or 0), digest.decode("ascii", "replace"))


def read_links(client: redis.Redis, keys: Keys) -> Iterator[Link]:
    """Every stored entry, oldest first. What is no entry of a chain comes with empty bytes and digest."""
    after = "-"
    while True:
        page: Any = client.xrange(keys.of("audit"), min=after, count=PAGE)
        for entry_id, fields in page:
            yield Link(entry_id.decode(), fields.get(b"e", b""), fields.get(b"digest", b"").decode("ascii", "replace"))
        if len(page) < PAGE:
            return
        after = f"({page[-1][0].decode()}"


def read_entries(client: redis.Redis, keys: Keys, newest: int = 100) -> list[Entry]:
    """The newest entries, newest first; what cannot be read is left out here (`verify` speaks of it)."""
    page: Any = client.xrevrange(keys.of("audit"), count=newest)
    return [entry for _, fields in page if (entry := decoded(fields.get(b"e", b""))) is not None]


def decoded(raw: bytes) -> Entry | None:
    """The entry behind stored bytes, None when they are none."""
    try:
        return msgspec.json.decode(raw, type=Entry)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def read_heads(path: Path | None) -> tuple[list[Head], int]:
    """(heads that were noted outside Redis, lines that cannot be read: a power cut may leave a torn one)."""
    if path is None or not path.exists():
        return [], 0
    heads, torn = [], 0
    for line in filter(None, path.read_bytes().splitlines()):
        try:
            heads.append(msgspec.json.decode(line, type=Head))
        except (msgspec.DecodeError, UnicodeDecodeError):
            torn += 1
    return heads, torn


def _note(path: Path, heads: Sequence[Head]) -> None:
    """Note heads outside Redis. A full disk must not stop the desk: it is said, and the chain goes on without."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # One short write in append mode: lines of several processes do not mix. It begins with the line's end, so
        # that a line torn by a power cut spoils only itself.
        with path.open("ab", buffering=0) as file:
            file.write(b"".join(b"\n" + encode(head) for head in heads))
    except OSError as error:
        log.warning("the audit's head could not be noted outside redis", path=str(path), error=str(error))


def note_head(client: redis.Redis, keys: Keys, path: Path) -> Head:
    """Note where the chain ends now, e.g. after it was verified or exported."""
    head = read_head(client, keys)
    if head.n:
        _note(path, [head])
    return head


def _head_key(keys: Keys) -> str:
    return keys.of("audit-head")
