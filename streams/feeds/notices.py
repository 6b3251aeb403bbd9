"""Planned works, closures, events and holidays from a TOML file: what it says new is issued, what it drops withdrawn.

`docs/feeds.md` explains the keys. A file with a mistake changes nothing: all mistakes are said at once, and the
notices stay as they were.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from geo.days import zone_info
from streams.codec import EARLIEST, LATEST, MAX_ENTRY_BYTES, MAX_ID, encode
from streams.events import Envelope, NoticeIssued, NoticePayload, NoticeWithdrawn, type_of
from streams.feeds.cap.ledger import Ledger

SOURCE = "notices"
KINDS = ("works", "closure", "event", "holiday")
MOST_BYTES = 2 * 1024 * 1024
REMOVED = "no longer in the file"
_MOST_NOTICE_BYTES = MAX_ENTRY_BYTES - 4096
_ID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MAX_ID // 2 - 1}}}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_FILE_KEYS = ("zone", "owner", "notice")
_KEYS = ("id", "kind", "starts", "ends", "titles", "details", "areas", "polygons", "lat", "lng", "owner")


class NoticesError(ValueError):
    """The file cannot be taken. One line per mistake, each with the notice, the key and what is needed."""


def read_notices(path: Path, areas: Collection[str] | None = None) -> list[NoticeIssued]:
    """The notices of a file. With `areas` (a city's) every area must be one of them. Raises NoticesError."""
    return notices_from(_bytes(path), path.name, areas)


def notices_from(raw: bytes, name: str, areas: Collection[str] | None = None) -> list[NoticeIssued]:
    """The same from its bytes; `name` is what messages call the file."""
    try:
        said = tomllib.loads(raw.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NoticesError(f"{name}: not TOML in UTF-8 ({error})") from None
    mistakes = list(_unknown(said, _FILE_KEYS, "the file"))
    zone = _zone(said.get("zone"), mistakes)
    tables = said.get("notice", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise NoticesError(f"{name}: notice: write each as a table [[notice]]")
    reader = _Reader(zone, said.get("owner", ""), areas, mistakes)
    found = [notice for number, table in enumerate(tables, 1) if (notice := reader.read(number, table))]
    if mistakes:
        raise NoticesError("\n".join(f"{name}: {mistake}" for mistake in mistakes))
    return found


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise NoticesError(f"{path}: {error.strerror or error}") from None
    if len(raw) > MOST_BYTES:
        raise NoticesError(f"{path.name}: larger than {MOST_BYTES // 1024} kB")
    return raw


def _unknown(table: Mapping[str, Any], keys: Collection[str], where: str) -> Iterator[str]:
    for key in table.keys() - set(keys):
        near = difflib.get_close_matches(key, keys, 1)
        yield f"{where}: {key} is not a key" + (
            f", did you mean {near[0]}?" if near else f"; keys are {', '.join(keys)}"
        )


def _zone(said: object, mistakes: list[str]) -> ZoneInfo:
    try:
        if not isinstance(said, str):
            raise ValueError('needed, e.g. "Asia/Shanghai"')
        return zone_info(said)
    except ValueError as error:
        mistakes.append(f"zone: {error}")
        return ZoneInfo("UTC")


class _Wrong(ValueError):
    """One key of one notice: `key: what is needed`."""


class _Reader:
    """Reads the tables of one file and gathers what is wrong with them."""

    def __init__(self, zone: ZoneInfo, owner: Any, areas: Collection[str] | None, mistakes: list[str]) -> None:
        self.zone, self.owner, self.areas, self.mistakes = zone, owner, areas, mistakes
        self._ids: set[str] = set()

    def read(self, number: int, table: Mapping[str, Any]) -> NoticeIssued | None:
        """The notice of a table, or None with what is wrong added to `mistakes`."""
        where = f"notice {number} ({table.get('id', 'without id')})"
        wrong = list(_unknown(table, _KEYS, where))
        values: dict[str, Any] = {}
        for field, read in _FIELDS.items():
            try:
                values[field] = read(self, table)
            except _Wrong as error:
                wrong.append(f"{where}: {error}")
        wrong += [f"{where}: {error}" for error in self._together(values)]
        self.mistakes += wrong
        return None if wrong else NoticeIssued(**values)

    def _together(self, values: Mapping[str, Any]) -> Iterator[str]:
        """What only shows when values are seen together."""
        starts_at, ends_at = values.get("starts_at"), values.get("ends_at")
        if starts_at and ends_at and starts_at >= ends_at:
            yield "ends: must come after starts"
        if {"lat", "lng"} <= values.keys() and (values["lat"] is None) != (values["lng"] is None):
            yield "lat, lng: give both or neither"
        if len(encode(values)) > _MOST_NOTICE_BYTES:
            yield f"larger than {_MOST_NOTICE_BYTES // 1024} kB: use shorter texts or simpler outlines"

    def id(self, table: Mapping[str, Any]) -> str:
        said = _word(table, "id")
        if not _ID.fullmatch(said):
            raise _Wrong(f"id: {said[:40]!r} is none; use letters, digits, dots, hyphens and underscores")
        if said in self._ids:
            raise _Wrong("id: another notice has it")
        self._ids.add(said)
        return said

    def kind(self, table: Mapping[str, Any]) -> str:
        said = _word(table, "kind")
        if said not in KINDS:
            raise _Wrong(f"kind: {said[:40]!r} is none of {', '.join(KINDS)}")
        return said

    def starts_at(self, table: Mapping[str, Any]) -> datetime:
        return self._instant(table, "starts", timedelta())

    def ends_at(self, table: Mapping[str, Any]) -> datetime:
        return self._instant(table, "ends", timedelta(days=1))

    def _instant(self, table: Mapping[str, Any], key: str, whole_day: timedelta) -> datetime:
        """A date means the whole day in the file's zone; a time without offset is local there."""
        said = table.get(key)
        try:
            if isinstance(said, datetime):
                at = said if said.tzinfo else said.replace(tzinfo=self.zone)
            elif isinstance(said, date):
                at = datetime.combine(said + whole_day, time(), self.zone)
            else:
                raise _Wrong(f"{key}: needs a date or time, e.g. 2026-05-01 or 2026-05-01T22:00:00 (without quotes)")
            at = at.astimezone(UTC)
        except OverflowError:
            raise _Wrong(f"{key}: {said} is not in the calendar") from None
        if not EARLIEST < at < LATEST:
            raise _Wrong(f"{key}: {said} is not between the years 1900 and 2199")
        return at

    def titles(self, table: Mapping[str, Any]) -> dict[str, str]:
        if not (said := self._texts(table, "titles")):
            raise _Wrong('titles: needs one at least, e.g. titles = { zh = "…", en = "…" }')
        return said

    def details(self, table: Mapping[str, Any]) -> dict[str, str]:
        return self._texts(table, "details")

    def _texts(self, table: Mapping[str, Any], key: str) -> dict[str, str]:
        said = table.get(key, {})
        if not isinstance(said, dict) or not all(isinstance(text, str) and text.strip() for text in said.values()):
            raise _Wrong(f'{key}: needs texts by language, e.g. {{ zh = "…", en = "…" }}')
        if wrong := [tag for tag in said if not _LANGUAGE.fullmatch(tag)]:
            raise _Wrong(f"{key}: {wrong[0][:20]!r} is no language tag such as zh, en or pt-BR")
        return {tag: text.strip() for tag, text in said.items()}

    def areas_of(self, table: Mapping[str, Any]) -> tuple[str, ...]:
        said = table.get("areas", [])
        if not isinstance(said, list) or not all(isinstance(name, str) and name for name in said):
            raise _Wrong('areas: needs names, e.g. ["Chaoyang"]')
        if self.areas is not None and (unknown := [name for name in said if name not in self.areas]):
            near = difflib.get_close_matches(unknown[0], self.areas, 1)
            hint = f", did you mean {near[0]}?" if near else ""
            raise _Wrong(f"areas: the city has no {unknown[0]!r}{hint}")
        return tuple(dict.fromkeys(said))

    def polygons(self, table: Mapping[str, Any]) -> tuple[tuple[tuple[float, float], ...], ...]:
        said = table.get("polygons", [])
        if not isinstance(said, list):
            raise _Wrong("polygons: needs rings of [lat, lng]")
        return tuple(_ring(ring) for ring in said)

    def lat(self, table: Mapping[str, Any]) -> float | None:
        return _degrees(table.get("lat"), 90, "lat")

    def lng(self, table: Mapping[str, Any]) -> float | None:
        return _degrees(table.get("lng"), 180, "lng")

    def owner_of(self, table: Mapping[str, Any]) -> str:
        said = table.get("owner", self.owner)
        if not isinstance(said, str):
            raise _Wrong("owner: needs a text")
        return said


_FIELDS: Mapping[str, Callable[[_Reader, Mapping[str, Any]], Any]] = {
    "notice_id": _Reader.id,
    "kind": _Reader.kind,
    "starts_at": _Reader.starts_at,
    "ends_at": _Reader.ends_at,
    "titles": _Reader.titles,
    "details": _Reader.details,
    "areas": _Reader.areas_of,
    "polygons": _Reader.polygons,
    "lat": _Reader.lat,
    "lng": _Reader.lng,
    "owner": _Reader.owner_of,
}


def _word(table: Mapping[str, Any], key: str) -> str:
    said = table.get(key)
    if not isinstance(said, str) or not said:
        raise _Wrong(f"{key}: needed, as text")
    return said


def _ring(said: Any) -> tuple[tuple[float, float], ...]:
    if not isinstance(said, list) or not all(isinstance(point, list) and len(point) == 2 for point in said):
        raise _Wrong("polygons: needs rings of [lat, lng]")
    ring = [(_degrees(lat, 90, "polygons"), _degrees(lng, 180, "polygons")) for lat, lng in said]
    if ring and ring[0] != ring[-1]:
        ring.append(ring[0])
    if len(set(ring)) < 3:
        raise _Wrong("polygons: a ring needs three points at least")
    return tuple((lat, lng) for lat, lng in ring if lat is not None and lng is not None)


def _degrees(said: Any, most: int, key: str) -> float | None:
    if said is None:
        return None
    if isinstance(said, bool) or not isinstance(said, int | float) or not -most <= said <= most:
        raise _Wrong(f"{key}: {said!r} is not a number of degrees from -{most} to {most}")
    return float(said)


# changes


@dataclass(frozen=True)
class Changes:
    """What a file says anew: notices to issue, ids to withdraw, ids of notices that were dropped after their end."""

    issued: tuple[NoticeIssued, ...]
    withdrawn: tuple[str, ...]
    ended: tuple[str, ...]


def changes(known: Mapping[str, str], notices: Collection[NoticeIssued], now: datetime) -> Changes:
    """The difference between what was said (`known`: id -> `mark_of`) and the file. What ended needs no withdrawal."""
    present = {notice.notice_id for notice in notices}
    gone = [notice_id for notice_id in known if notice_id not in present]
    over = [notice_id for notice_id in gone if _end_of(known[notice_id]) <= now]
    return Changes(
        issued=tuple(notice for notice in notices if known.get(notice.notice_id) != mark_of(notice)),
        withdrawn=tuple(notice_id for notice_id in gone if notice_id not in over),
        ended=tuple(over),
    )


def mark_of(notice: NoticeIssued) -> str:
    """`<end> <digest>`: equal as long as the notice says the same."""
    said = msgspec.json.encode(notice, order="deterministic")
    return f"{notice.ends_at.isoformat()} {hashlib.blake2b(said, digest_size=12).hexdigest()}"


def _end_of(mark: str) -> datetime:
    return datetime.fromisoformat(mark.partition(" ")[0])


@dataclass(frozen=True)
class Synced:
    """What one reading of the file brought; `failed` lists its mistakes, and then nothing was changed."""

    issued: int = 0
    withdrawn: int = 0
    failed: str = ""

    def __str__(self) -> str:
        return self.failed or f"{self.issued} issued, {self.withdrawn} withdrawn"


_FILE_MARK = "file:refused"  # cannot be an id: those hold no colon


def sync(path: Path, ledger: Ledger, areas: Collection[str] | None = None) -> Synced:
    """Bring the inbox up to the file, in one commit. A file with mistakes goes to the dead letters once.

    Raises FeedTaken and redis errors.
    """
    try:
        raw = _bytes(path)
    except NoticesError as error:
        return Synced(failed=str(error))
    try:
        notices = notices_from(raw, path.name, areas)
    except NoticesError as error:
        digest = hashlib.blake2b(raw, digest_size=16).hexdigest()
        if ledger.memory.get(_FILE_MARK) != digest:
            ledger.bury(raw, str(error))
            ledger.remember(_FILE_MARK, digest)
            ledger.commit()
        return Synced(failed=str(error))
    ledger.forget(_FILE_MARK)
    todo = changes(ledger.memory, notices, ledger.now())
    for notice in todo.issued:
        _say(ledger, notice)
        ledger.remember(notice.notice_id, mark_of(notice))
    for notice_id in todo.withdrawn:
        _say(ledger, NoticeWithdrawn(notice_id=notice_id, reason=REMOVED))
    for notice_id in (*todo.withdrawn, *todo.ended):
        ledger.forget(notice_id)
    ledger.commit()
    return Synced(len(todo.issued), len(todo.withdrawn))


def _say(ledger: Ledger, payload: NoticePayload) -> None:
    """The id holds time and number of the commit: a notice that is changed and changed back is issued three times."""
    kind, at = type_of(type(payload)), ledger.now()
    ledger.say(
        Envelope(
            source=ledger.source,
            id=f"{payload.notice_id}:{kind.partition('.')[2]}:{ledger.position}:{at.isoformat()}",
            type=kind,
            occurred_at=at,
            subject=payload.subject,
            data=msgspec.to_builtins(payload),
        )
    )
