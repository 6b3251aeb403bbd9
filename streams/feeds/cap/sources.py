"""Where CAP documents come from: one file, a folder, an address. A source offers; what is known already is not read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn, Protocol

import httpx

from streams.feeds.cap import atom
from streams.feeds.cap.fetch import Fetched, Fetcher, FetchFailed, Stamps, host_of, shown
from streams.feeds.cap.parse import Message, message_of, parse_cap
from streams.feeds.cap.tree import Limits, Refused, parse

_MOST_BYTES = Limits().most_bytes
Stamp = tuple[int, int]  # size in bytes, time of the last change in ns
_PARTIAL = (".part", ".tmp", ".swp", "~")  # files that somebody is still writing


@dataclass(frozen=True)
class Offer:
    """One document: `key` is equal as long as it says the same, `read` gives its message.

    `read` raises Refused, or FetchFailed where it has to be fetched first. `raw` gives its bytes for a dead letter.
    """

    key: str
    name: str
    read: Callable[[], Message]
    raw: Callable[[], bytes]


class Source(Protocol):
    """`place` is what it reads, without secrets; `offers` raises FetchFailed when it cannot be read this time.

    `known` are the keys that were taken: their documents need not be read, but are offered as still there.
    After the last offer `is_whole` says whether that was all there is: what was not offered is then gone.
    """

    place: str
    is_whole: bool

    def offers(self, known: Collection[str]) -> Iterator[Offer]: ...


def digest(raw: bytes) -> str:
    """What makes a document the same one: 16 bytes of its content, as text."""
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def offer_of(raw: bytes, name: str) -> Offer:
    """A document that is at hand."""
    return Offer(digest(raw), name, lambda: parse_cap(raw), lambda: raw)


class FileSource:
    """One file."""

    def __init__(self, path: Path) -> None:
        self.path, self.place, self.is_whole = path, str(path), True

    def offers(self, known: Collection[str]) -> Iterator[Offer]:
        yield offer_of(_read(self.path), self.path.name)


class FolderSource:
    """A folder that others put files into: each is taken once by its content, in the order of their times.

    With `settle` a file is taken when two looks found it unchanged, so that none is read half-written; hidden files
    and those named like unfinished ones are left alone.
    """

    def __init__(self, path: Path, *, settle: bool = True) -> None:
        self.path, self.place, self._settle, self.is_whole = path, str(path), settle, False
        self._before: dict[str, Stamp] = {}
        self._keys: dict[tuple[str, Stamp], str] = {}  # files that need no second reading to know their content

    def offers(self, known: Collection[str]) -> Iterator[Offer]:
        try:
            found = sorted(self._files(), key=lambda each: (each[1][1], each[0]))
        except OSError as error:
            raise FetchFailed(f"{self.place}: {error.strerror or error}") from None
        before, self._before = self._before, dict(found)
        keys, self._keys = self._keys, {}
        self.is_whole = not self._settle or all(before.get(name) == stamp for name, stamp in found)
        for name, stamp in found:
            seen = keys.get((name, stamp), "")
            if not seen and self._settle and before.get(name) != stamp:
                continue
            offer = Offer(seen, name, _not_read, bytes) if seen in known else self._offer(name)
            self._keys[(name, stamp)] = offer.key
            yield offer

    def _offer(self, name: str) -> Offer:
        try:
            return offer_of(_read(self.path / name), name)
        except FetchFailed as failure:
            self.is_whole = False
            return Offer(f"unreadable:{name}", name, partial(_raise, failure), bytes)

    def _files(self) -> Iterator[tuple[str, Stamp]]:
        for path in self.path.iterdir():
            if path.name.startswith(".") or path.name.endswith(_PARTIAL):
                continue
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue  # removed since it was listed
            if path.is_file():
                yield path.name, (stat.st_size, stat.st_mtime_ns)


class UrlSource:
    """An address that answers with one CAP message, or with an Atom feed of them.

    Messages that a feed points to are read from the feed's own host, and from `hosts` that were allowed by name.
    """

    def __init__(self, url: str, client: httpx.Client, *, hosts: Collection[str] = ()) -> None:
        self.url, self.place, self.is_whole = url, shown(url), False
        self._fetcher = Fetcher(client, (host_of(url), *hosts))
        self._stamps = Stamps()
        self._last: Fetched | None = None

    def offers(self, known: Collection[str]) -> Iterator[Offer]:
        fetched = self._fetch()
        raw, self.is_whole = fetched.raw or b"", False
        try:
            document = parse(raw, atom.FEED_LIMITS)
            entries = atom.entries_of(document, fetched.url) if atom.is_feed(document.root) else None
        except Refused as refused:
            yield Offer(digest(raw), self.place, partial(_raise, refused), lambda: raw)
            return
        if entries is None:
            yield offer_of(raw, self.place)
        else:
            yield from map(self._offer, entries)
        # An error page with status 200 is not the news that everything is gone.
        self.is_whole = entries is not None or document.root.name == "alert"

    def _fetch(self) -> Fetched:
        """The document, or the last one when the server says that it still holds."""
        try:
            fetched = self._fetcher.get(self.url, atom.FEED_LIMITS.most_bytes, self._stamps)
        except Refused as refused:
            raise FetchFailed(str(refused)) from None  # the operator named this address: it is asked again
        if fetched.raw is None and self._last is not None:
            return self._last
        if fetched.raw is None:
            raise FetchFailed(f"{self.place}: answers 304 to a first question")
        self._last, self._stamps = fetched, fetched.stamps
        return fetched

    def _offer(self, entry: atom.Entry) -> Offer:
        linked = _Linked(entry, self._fetcher)
        return Offer(entry.key, shown(entry.url) or self.place, linked.read, linked.raw)


class _Linked:
    """An entry of a feed, read when somebody asks. Its bytes are those of the message, as far as it was reached."""

    def __init__(self, entry: atom.Entry, fetcher: Fetcher) -> None:
        self._entry, self._fetcher, self._fetched = entry, fetcher, b""

    def read(self) -> Message:
        if self._entry.alert is not None:
            return message_of(self._entry.alert)
        if not self._entry.url:
            raise Refused("an entry that neither contains a CAP message nor links to one")
        self._fetched = self._fetcher.get(self._entry.url, _MOST_BYTES).raw or b""
        return parse_cap(self._fetched)

    def raw(self) -> bytes:
        return self._fetched or self._entry.raw


def _read(path: Path) -> bytes:
    """A file's bytes; of one that is too large, one byte more than may be."""
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise FetchFailed(f"{path}: {error.strerror or error}") from None


def _raise(reason: Exception) -> NoReturn:
    raise reason


def _not_read() -> NoReturn:
    raise AssertionError("this document is known and needs no reading")
