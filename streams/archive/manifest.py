"""The manifest: which files are the archive. What it does not name does not exist for readers."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from streams.archive.schema import LOG, SCHEMA

NAME = "manifest.json"
START = "0-0"


class BadArchive(ValueError):
    """The folder cannot be used as this city's archive; the message says why."""


class File(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file: its table, the day (or month) of its folder, its path within the archive, and what it holds.

    `digest` is of its bytes. `first` and `last` are the ids of the log entries it was made of. `due_low` and
    `due_high` (microseconds) hold the deadlines of its cases.
    """

    table: str
    day: str
    path: str
    rows: int
    size: int
    digest: str
    origin: str = LOG
    first: str = ""
    last: str = ""
    due_low: int | None = None
    due_high: int | None = None
    at: datetime | None = None  # the city's time of a checkpoint
    whole: bool = False  # a checkpoint with all that a replay needs to go on from it
    schema: int = SCHEMA
    columns: int = 1  # `streams.archive.schema.COLUMNS` when it was written


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Entries that the log no longer held: those after `after`, up to `until`. `at` is when it was found."""

    after: str
    until: str
    at: datetime


class Origin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One imported file: its name, preset and what was counted."""

    path: str
    preset: str
    rows: int
    refused: int = 0
    repeated: int = 0
    imported_at: datetime | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that a reader needs to know. `position` is the last entry of the log that is in files, `derived` the last
    that is in `cases`; `begun` is the first entry after which everything is here.

    `rolled` is the last local day whose counts stand in `daily_cases` for the log.
    """

    city: str
    zone: str
    schema: int = SCHEMA
    generation: int = 0
    begun: str = START
    position: str = START
    recorded_until: datetime | None = None
    derived: str = START
    rolled: str = ""
    files: tuple[File, ...] = ()
    origins: dict[str, Origin] = {}
    gaps: tuple[Gap, ...] = ()
    aside: tuple[str, ...] = ()  # damaged files that were set aside

    def of(self, table: str, days: Iterable[str] | None = None, origin: str | None = None) -> list[File]:
        """Files of a table, of some days or months, of one origin."""
        wanted = None if days is None else set(days)
        return [
            file
            for file in self.files
            if file.table == table
            and (wanted is None or file.day in wanted)
            and (origin is None or file.origin == origin)
        ]

    def days(self, table: str) -> list[str]:
        """Days (or months) that the table has files of, sorted."""
        return sorted({file.day for file in self.files if file.table == table})

    def changed(self, add: Iterable[File] = (), remove: Iterable[str] = (), **values: object) -> Manifest:
        """The next manifest: without the files of paths `remove`, with `add`, other fields as given."""
        new = {file.path: file for file in add}
        gone = {*remove, *new}
        kept = [file for file in self.files if file.path not in gone]
        files = tuple(sorted((*kept, *new.values()), key=lambda file: (file.table, file.day, file.path)))
        return msgspec.structs.replace(self, files=files, generation=self.generation + 1, **values)


def load(folder: Path) -> Manifest | None:
    """The manifest in the folder, None where there is none. Raises BadArchive for one that cannot be read."""
    try:
        raw = (folder / NAME).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadArchive(f"{folder / NAME}: {error.strerror}") from None
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadArchive(f"{folder / NAME}: is damaged: {error}") from None
    if manifest.schema > SCHEMA:
        raise BadArchive(f"{folder}: was written by a newer Hexwatch (schema {manifest.schema}, here {SCHEMA})")
    return manifest


def load_for(folder: Path, city: str, zone: str) -> Manifest:
    """The manifest of that city, an empty one where the folder has none. Raises BadArchive."""
    found = load(folder)
    if found is None:
        return Manifest(city=city, zone=zone)
    if found.city != city or found.zone != zone:
        raise BadArchive(f"{folder}: holds {found.city} in {found.zone}, not {city} in {zone}")
    return found


def save(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest: whole, and on the disk when this returns."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{NAME}.{os.getpid()}"
    with beside.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / NAME)
    sync_folder(folder)


def change(folder: Path, city: str, zone: str, how: Callable[[Manifest], Manifest]) -> Manifest:
    """Replace the manifest by what `how` makes of it; imports and the archiver take turns. Raises BadArchive."""
    with holding(folder, ".lock"):
        changed = how(load_for(folder, city, zone))
        save(folder, changed)
    return changed


@contextmanager
def holding(folder: Path, name: str, *, wait: bool = True) -> Iterator[None]:
    """Hold one of the archive's locks. Without `wait` raises BadArchive when another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise BadArchive(f"{folder}: another process has {name}") from None
        yield


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems cannot, and need not
            os.fsync(handle)
    finally:
        os.close(handle)
