"""Files of any size as rows: CSV, JSON arrays and JSON lines, gzipped or not, one row at a time with its own bytes."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from streams.feeds.preset import REQUIRED, Preset, normal, wanted

LINE_BYTES = 1 << 20  # a longer line is no record
RECORD_LINES = 200  # a quote left open must not swallow the rest of the file
CHUNK_BYTES = 1 << 18
_OBJECT_END = re.compile(r"\}(?=\s*[,\]])")
BOM = b"\xef\xbb\xbf"
_FORMATS = {b"[": "json", b"{": "jsonl"}
_ENDS = (EOFError, gzip.BadGzipFile, zlib.error)

Progress = Callable[[int, int | None], None]


class FeedError(ValueError):
    """The file as a whole cannot be read with this preset; the message says what is needed."""


class RawRow(NamedTuple):
    """One record of the file: its bytes, and its values by normal column name, or why it has none."""

    raw: bytes
    values: dict[str, str | None] | None
    reason: str = ""


class Source(NamedTuple):
    """An open file: `rows` yields each record once; `share` says how much of the file has been read, 0..1."""

    header: list[str]
    rows: Iterator[RawRow]
    share: Callable[[], float]


@contextmanager
def open_rows(path: Path, preset: Preset) -> Iterator[Source]:
    """The rows of a file as its preset describes it. Raises FeedError for what no row can answer."""
    try:
        size = path.stat().st_size
        plain = path.open("rb")
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror}") from None
    with plain:
        zipped = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        file: io.BufferedReader[Any] = io.BufferedReader(gzip.GzipFile(fileobj=plain)) if zipped else plain
        header, rows = _rows(file, path, preset)
        yield Source(header, rows, lambda: plain.tell() / size if size else 1.0)


def identity(path: Path) -> str:
    """A short name for the content: its size and its two ends. Raises FeedError."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            digest = hashlib.blake2b(str(size).encode(), digest_size=6)
            digest.update(file.read(LINE_BYTES))
            file.seek(max(0, size - LINE_BYTES))
            digest.update(file.read(LINE_BYTES))
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror}") from None
    return digest.hexdigest()


class Health:
    """Whether the records lately read were mostly malformed: then the preset or the file is the wrong one."""

    def __init__(self, window: int = 200, least: int = 50) -> None:
        self._lately: deque[bool] = deque(maxlen=window)
        self._least = least

    def is_lost(self, malformed: bool) -> bool:
        """Take one record; true once more than half of the last `window` (at least `least`) are malformed."""
        self._lately.append(malformed)
        bad = sum(self._lately) if malformed else 0
        return len(self._lately) >= self._least and bad * 2 > len(self._lately)


def _rows(file: io.BufferedReader[Any], path: Path, preset: Preset) -> tuple[list[str], Iterator[RawRow]]:
    try:
        head = file.peek(64).removeprefix(BOM).lstrip()
    except _ENDS as error:
        raise FeedError(f"{path.name}: is a damaged archive: {error}") from None
    form = _FORMATS.get(head[:1], "csv") if preset.format == "auto" else preset.format
    if form == "json":
        return [], _array_rows(file, preset.encoding)
    lines = _lines(file)
    if form == "jsonl":
        return [], _line_rows(lines, preset.encoding)
    first = next((line for line in lines if isinstance(line, RawRow) or line.strip()), b"")
    if isinstance(first, RawRow):
        raise FeedError(f"{path.name}: {first.reason}")
    header = _header(first.removeprefix(BOM), path, preset)
    return header, _csv_rows(lines, header, preset)


def _lines(file: io.BufferedReader[Any]) -> Iterator[bytes | RawRow]:
    """The lines of the file; one that is too long, and the point where a damaged archive breaks off, as refusals."""
    while True:
        try:
            line = file.readline(LINE_BYTES)
        except _ENDS as error:
            yield RawRow(b"", None, f"the file breaks off: {error}")
            return
        if not line:
            return
        if len(line) < LINE_BYTES or line.endswith(b"\n"):
            yield line
            continue
        yield RawRow(line, None, f"a line longer than {LINE_BYTES} bytes")
        try:
            while line and not line.endswith(b"\n"):
                line = file.readline(LINE_BYTES)
        except _ENDS:
            continue


# CSV


def _header(first: bytes, path: Path, preset: Preset) -> list[str]:
    """The normal column names. Raises FeedError when a needed column is not among them."""
    try:
        names = next(csv.reader([first.decode(preset.encoding)], delimiter=preset.delimiter), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise FeedError(f"{path.name}: the first line is no header: {error}") from None
    header = [normal(name) for name in names]
    columns = wanted(preset)
    needed = {field: columns[field] for field in REQUIRED[preset.record]}
    if preset.id_from:
        needed["id_from"] = tuple(normal(name) for name in preset.id_from)
    else:
        needed["id"] = columns["id"]
    for field, looked in needed.items():
        if not set(looked) & set(header):
            raise FeedError(
                f"{path.name}: no column for {field}: preset {preset.name} looks for {' or '.join(looked)}; "
                f"found {', '.join(header[:40]) or 'nothing'}"
            )
    return header


class _QuoteLeftOpen(Exception):
    """More lines than any record has were read into one."""


class _Feeder:
    """Hands lines to the CSV reader and remembers which ones the record at hand consists of."""

    def __init__(self, lines: Iterator[bytes | RawRow], encoding: str) -> None:
        self._lines, self._encoding = lines, encoding
        self.pushed: deque[bytes] = deque()
        self.taken: list[bytes] = []
        self.broken: RawRow | None = None
        self.undecodable = False

    def __iter__(self) -> _Feeder:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= RECORD_LINES:
            raise _QuoteLeftOpen
        line = self.pushed.popleft() if self.pushed else next(self._lines)
        if isinstance(line, RawRow):
            self.broken = line
            raise StopIteration
        self.taken.append(line)
        try:
            return line.decode(self._encoding)
        except UnicodeDecodeError:
            self.undecodable = True
            return line.decode(self._encoding, "replace")

    def record(self) -> tuple[bytes, bool]:
        """(bytes of the record just read, whether they decode); starts the next one."""
        raw, undecodable = b"".join(self.taken), self.undecodable
        self.taken, self.undecodable = [], False
        return raw, not undecodable


def _csv_rows(lines: Iterator[bytes | RawRow], header: list[str], preset: Preset) -> Iterator[RawRow]:
    feeder = _Feeder(lines, preset.encoding)
    reader = csv.reader(feeder, delimiter=preset.delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            if feeder.broken is None:
                return
            broken, feeder.broken = feeder.broken, None
            yield broken
            continue
        except csv.Error as error:
            yield RawRow(feeder.record()[0], None, f"not CSV: {error}")
            continue
        except _QuoteLeftOpen:
            yield RawRow(feeder.taken[0], None, "a quote is never closed")
            feeder.pushed.extendleft(reversed(feeder.taken[1:]))
            feeder.record()
            reader = csv.reader(feeder, delimiter=preset.delimiter)
            continue
        raw, decodes = feeder.record()
        if cells:
            yield _csv_row(raw, cells, header, decodes, preset.encoding)


def _csv_row(raw: bytes, cells: list[str], header: list[str], decodes: bool, encoding: str) -> RawRow:
    if not decodes:
        return RawRow(raw, None, f"not {encoding}")
    if len(cells) != len(header):
        return RawRow(raw, None, f"{len(cells)} columns where the header has {len(header)}")
    return RawRow(raw, dict(zip(header, cells, strict=True)))


# JSON


def _line_rows(lines: Iterator[bytes | RawRow], encoding: str) -> Iterator[RawRow]:
    for line in lines:
        if isinstance(line, RawRow):
            yield line
        elif line.strip():
            yield _json_row(line, encoding)


def _json_row(raw: bytes, encoding: str) -> RawRow:
    try:
        return _object_row(raw, json.loads(raw.decode(encoding)))
    except (ValueError, RecursionError) as error:
        return RawRow(raw, None, f"not JSON: {error}")


def _object_row(raw: bytes, value: object) -> RawRow:
    if not isinstance(value, dict):
        return RawRow(raw, None, "not a JSON object")
    return RawRow(raw, {normal(key): _cell(item) for key, item in value.items()})


def _cell(value: Any) -> str | None:
    """A JSON value as a CSV would hold it; GeoJSON points as `POINT (lng lat)`."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict) and value.get("type") == "Point" and isinstance(value.get("coordinates"), list):
        return f"POINT ({' '.join(str(part) for part in value['coordinates'])})"
    return json.dumps(value, ensure_ascii=False)


def _array_rows(file: io.BufferedReader[Any], encoding: str) -> Iterator[RawRow]:
    """The objects of one big array, decoded one at a time; after a damaged one, reading goes on at the next."""
    decoder = json.JSONDecoder()
    chunks = _chunks(file, encoding)
    text, at, ended = "", 0, False
    while True:
        at = _skip(text, at)
        if at < len(text):
            try:
                value, end = decoder.raw_decode(text, at)
                # a chunk may end inside a bare word or number; objects end with their brace
                row = _object_row(_bytes(text[at:end], encoding), value) if ended or text[at] == "{" else None
            except (ValueError, RecursionError) as error:
                end = _next_object(text, at)
                damaged = ended or len(text) - at > LINE_BYTES
                row = RawRow(_bytes(text[at:end], encoding), None, f"not JSON: {error}") if damaged else None
            if row is not None:
                yield row
                at = end
                continue
        if ended:
            return
        more = next(chunks, None)
        ended = more is None
        if isinstance(more, RawRow):
            yield more
        text, at = text[at:] + (more if isinstance(more, str) else ""), 0


def _chunks(file: io.BufferedReader[Any], encoding: str) -> Iterator[str | RawRow]:
    """The text in pieces; bytes that do not decode survive as lone surrogates, so that they can be given back."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
    try:
        while chunk := file.read(CHUNK_BYTES):
            yield decoder.decode(chunk)
    except _ENDS as error:
        yield RawRow(b"", None, f"the file breaks off: {error}")
    yield decoder.decode(b"", final=True)


def _bytes(text: str, encoding: str) -> bytes:
    return text.encode(encoding, "surrogateescape")


def _skip(text: str, at: int) -> int:
    """Past what stands between the objects of an array."""
    while at < len(text) and text[at] in " \t\r\n,[]\ufeff":
        at += 1
    return at


def _next_object(text: str, at: int) -> int:
    """Where the next object seems to begin: after a closing brace, or the end."""
    found = _OBJECT_END.search(text, at)
    return found.end() if found else len(text)
