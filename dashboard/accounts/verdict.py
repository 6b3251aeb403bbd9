"""Examining the audit's chain: what was changed, dropped, put in or reordered, and where."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import msgspec
import redis

from dashboard.accounts.audit import Head, Link, decoded, digest_of, read_head, read_heads, read_links
from streams.codec import encode
from streams.keys import Keys

FEW = 50  # faults told one by one; the rest is counted


class Kind(StrEnum):
    CHANGED = "changed"
    DROPPED = "dropped"
    REORDERED = "reordered"
    FOREIGN = "foreign"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, at the `n`-th place of the chain, in words."""

    kind: Kind
    n: int
    told: str


@dataclass(frozen=True)
class Verdict:
    """What an examination found. `before_chain` entries are older than the chain: nothing vouches for them."""

    entries: int
    head: Head
    faults: tuple[Fault, ...] = ()
    n_faults: int = 0
    before_chain: int = 0
    witnesses: int = 0  # heads that were compared
    torn: int = 0  # noted heads that cannot be read

    @property
    def is_whole(self) -> bool:
        return self.n_faults == 0


class Examination:
    """Takes the entries of a chain one after the other, and compares them with heads that were noted earlier."""

    def __init__(self, noted: Iterable[Head] = ()) -> None:
        self._noted: defaultdict[int, set[str]] = defaultdict(set)
        for head in noted:
            self._noted[head.n].add(head.digest)
        self._last = Head()
        self._taken = self._before_chain = self._n_faults = 0
        self._faults: list[Fault] = []

    def take(self, link: Link) -> None:
        """The next stored entry, as it stands."""
        entry = decoded(link.raw)
        if entry is None:
            if not link.raw and not self._taken:
                self._before_chain += 1
            else:
                self._fault(Kind.FOREIGN, self._last.n + 1, f"{link.id or 'a line'} is no entry of this chain")
            return
        digest = digest_of(link.raw)
        if digest != link.digest:
            self._fault(Kind.CHANGED, entry.n, f"entry {entry.n} is not what its digest was taken of")
        self._place(entry.n, entry.prev)
        for noted in self._noted.get(entry.n, ()):
            if noted != digest:
                self._fault(Kind.REWRITTEN, entry.n, f"entry {entry.n} is not the one whose digest was noted")
        self._taken += 1
        self._last = Head(entry.n, digest)

    def _place(self, n: int, prev: str) -> None:
        """Whether entry `n` stands where it belongs."""
        expected = self._last.n + 1
        if n > expected:
            missing = f"entry {expected} is" if n == expected + 1 else f"entries {expected} to {n - 1} are"
            self._fault(Kind.DROPPED, expected, f"{missing} missing before entry {n}")
        elif n < expected:
            self._fault(Kind.REORDERED, n, f"entry {n} stands after entry {self._last.n}")
        elif prev != self._last.digest:
            told = f"entry {n} does not follow what stands before it" if n > 1 else "entry 1 is not the first"
            self._fault(Kind.CHANGED, n, f"{told}: entry {n - 1} or {n} was changed" if n > 1 else told)

    def verdict(self, ends_at: Head | None = None, torn: int = 0) -> Verdict:
        """The judgement on all that was taken. `ends_at`: where the store says that the chain ends, read last."""
        newest = max(self._noted, default=0)
        if newest > self._last.n:
            told = f"the chain ends at entry {self._last.n}, but entry {newest} was noted"
            self._fault(Kind.TRUNCATED, self._last.n + 1, told)
        if ends_at is not None and ends_at.n < self._last.n:
            told = f"entries after {ends_at.n} were put in beside the desk: the head knows none of them"
            self._fault(Kind.FOREIGN, ends_at.n + 1, told)
        return Verdict(
            entries=self._taken,
            head=self._last,
            faults=tuple(self._faults),
            n_faults=self._n_faults,
            before_chain=self._before_chain,
            witnesses=sum(map(len, self._noted.values())),
            torn=torn,
        )

    def _fault(self, kind: Kind, n: int, told: str) -> None:
        self._n_faults += 1
        if len(self._faults) < FEW:
            self._faults.append(Fault(kind, n, told))


def verify(client: redis.Redis, keys: Keys, heads: Path | None = None) -> Verdict:
    """Examine a city's chain against its head and the heads noted in the file `heads`. Writers may go on meanwhile."""
    noted, torn = read_heads(heads)
    begun = read_head(client, keys)
    examination = Examination([*noted, begun] if begun.n else noted)
    for link in read_links(client, keys):
        examination.take(link)
    return examination.verdict(read_head(client, keys), torn)


# files


class ExportedLine(msgspec.Struct, frozen=True):
    """One line of an export: the entry stands in it byte by byte as it was hashed."""

    id: str
    digest: str
    entry: msgspec.Raw


def export_lines(links: Iterable[Link]) -> Iterator[bytes]:
    """JSON lines that `verify_lines` can examine without Redis; what is older than the chain is left out."""
    for link in links:
        if link.raw:
            readable = link.raw if decoded(link.raw) is not None else b"null"
            yield encode(ExportedLine(link.id, link.digest, msgspec.Raw(readable))) + b"\n"


def export(client: redis.Redis, keys: Keys, path: Path) -> int:
    """Write the chain to `path`, readable by its owner only, whole or not at all; how many entries."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            n = _write_all(file, export_lines(read_links(client, keys)))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return n


def _write_all(file: BinaryIO, lines: Iterable[bytes]) -> int:
    n = 0
    for line in lines:
        file.write(line)
        n += 1
    return n


def verify_lines(lines: Iterable[bytes], noted: Iterable[Head] = ()) -> Verdict:
    """Examine an exported chain."""
    examination = Examination(noted)
    for line in lines:
        try:
            exported = msgspec.json.decode(line, type=ExportedLine)
        except (msgspec.DecodeError, UnicodeDecodeError):
            examination.take(Link("", b"?", ""))
        else:
            examination.take(Link(exported.id, bytes(exported.entry), exported.digest))
    return examination.verdict()
