"""One row of a city's file as events: pure, so that a row always gives the same entries or the same refusal."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

import msgspec

from streams.events import (
    CaseClosed,
    CaseReceived,
    Envelope,
    IncidentClosed,
    IncidentReceived,
    Payload,
    UnitArrived,
    UnitAssignment,
    UnitCleared,
    UnitDelivered,
    UnitDeparted,
    UnitDispatched,
    UnitTransported,
    type_of,
)
from streams.feeds.preset import Preset, normal, wanted
from streams.feeds.times import LAST_YEAR, instant, parse_time, without_false_utc

Row = Mapping[str, str | None]

MAX_WORD, MAX_ADDRESS, MAX_TEXT, MAX_RECORD_ID = 120, 500, 4000, 120
NEAR_DEG = 0.00004  # two points closer than this are one: below the fourth decimal, to which cities round
CLOSED_EARLY = "closed before received at source"
OUT_OF_ORDER = "out of order at source"

_PAIR = re.compile(r"\(?\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*\)?")
_POINT = re.compile(r"POINT\s*\(\s*(-?\d+(?:\.\d+)?)\s+(-?\d+(?:\.\d+)?)\s*\)", re.IGNORECASE)
_NAMED = re.compile(r"latitude[^\d-]+(-?\d+(?:\.\d+)?).*?longitude[^\d-]+(-?\d+(?:\.\d+)?)", re.DOTALL)


class Rank(IntEnum):
    """Order of what one record says of the same instant."""

    RECEIVED = 0
    DISPATCHED = 1
    DEPARTED = 2
    ARRIVED = 3
    TRANSPORTED = 4
    DELIVERED = 5
    CLEARED = 6
    CLOSED = 7


STEPS: dict[Rank, type[UnitAssignment]] = {
    Rank.DISPATCHED: UnitDispatched,
    Rank.DEPARTED: UnitDeparted,
    Rank.ARRIVED: UnitArrived,
    Rank.TRANSPORTED: UnitTransported,
    Rank.DELIVERED: UnitDelivered,
    Rank.CLEARED: UnitCleared,
}


class Entry(msgspec.Struct, frozen=True):
    """One event of a record and where it sorts. `unit` and `expired` serve the closing of calls with many rows."""

    occurred_at: datetime
    rank: Rank
    record: str
    envelope: Envelope
    unit: str = ""
    expired: bool = False


class Rejected(msgspec.Struct, frozen=True):
    """Why a row gives no entries, and the bytes it had in the file."""

    reason: str
    raw: bytes = b""


class _Unreadable(ValueError):
    """The row cannot become entries; the message starts with the field."""


class Translator:
    """A preset made ready for rows. `entries` raises nothing: each row is answered with entries or a reason."""

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        self.columns = wanted(preset)
        self._tz = preset.tz
        self._words: dict[str, dict[str, str]] = {}
        self._id_columns = tuple(normal(name) for name in preset.id_from)
        self._build: Callable[[Row, int], list[Entry]] = {
            "case": self._case,
            "incident": self._incident,
            "unit-row": self._unit_row,
        }[preset.record]

    def entries(self, row: Row, occurrence: int = 1) -> list[Entry] | Rejected:
        """What the row says happened. `row` has normal column names; `occurrence` tells equal rows without id apart."""
        try:
            return self._build(row, occurrence)
        except _Unreadable as error:
            return Rejected(str(error))

    def fingerprint(self, row: Row) -> bytes | None:
        """For rows without an id column: equal for rows that are told apart only by their order. Else None."""
        if not self._id_columns:
            return None
        joined = "\x1f".join((row.get(name) or "").strip() for name in self._id_columns)
        return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=8).digest()

    # records

    def _case(self, row: Row, occurrence: int) -> list[Entry]:
        case_id = self._record_id(row, occurrence)
        received_at = self._required_time(row, "received")
        receipt = CaseReceived(
            case_id=case_id,
            kind=self.word(row, "kind") or "complaint",
            category=self.word(row, "category") or "other",
            subcategory=self.word(row, "subcategory"),
            channel=self.word(row, "channel") or "unknown",
            language=self.word(row, "language"),
            grade=self.word(row, "grade"),
            area=self.word(row, "area"),
            address=self.text(row, "address")[:MAX_ADDRESS],
            text=self.text(row, "text")[:MAX_TEXT],
            target_at=self._target(row, received_at),
            **self._place(row),
        )
        closing = self._closing(row, received_at, CaseClosed, case_id)
        return [self._entry(received_at, Rank.RECEIVED, case_id, receipt), *closing]

    def _incident(self, row: Row, occurrence: int) -> list[Entry]:
        incident_id = self._record_id(row, occurrence)
        received_at = self._required_time(row, "received")
        receipt = self._incident_receipt(row, incident_id)
        closing = self._closing(row, received_at, IncidentClosed, incident_id)
        return [self._entry(received_at, Rank.RECEIVED, incident_id, receipt), *closing]

    def _unit_row(self, row: Row, occurrence: int) -> list[Entry]:
        """One unit on one call. Each row of a call repeats its receipt (equal ids are one event)."""
        call, unit = self._record_id(row, occurrence), self._identity(self.value(row, "unit"), "unit")
        received_at = self._required_time(row, "received")
        said = {"incident_id": call, "unit_id": unit}
        said |= {"kind": self.word(row, "unit_kind"), "station": self.word(row, "station")}
        entries = [self._entry(received_at, Rank.RECEIVED, call, self._incident_receipt(row, call))]
        for rank, at, flag, expired in self._steps(row, received_at):
            payload = STEPS[rank](**said)
            entries.append(self._entry(at, rank, call, payload, unit=unit, flag=flag, expired=expired))
        return entries

    def call_closing(self, call: str, at: datetime, expired: bool) -> Entry:
        """The end of a call with many rows, once all its units are available again."""
        payload = IncidentClosed(incident_id=call, reason=self.preset.expiry_reason if expired else "")
        return self._entry(at, Rank.CLOSED, call, payload, expired=expired)

    # parts of a record

    def _incident_receipt(self, row: Row, incident_id: str) -> IncidentReceived:
        return IncidentReceived(
            incident_id=incident_id,
            kind=self.word(row, "kind") or "other",
            priority=self._priority(row),
            agency=self.word(row, "agency"),
            area=self.word(row, "area"),
            address=self.text(row, "address")[:MAX_ADDRESS],
            text=self.text(row, "text")[:MAX_TEXT],
            **self._place(row),
        )

    def _closing(
        self, row: Row, received_at: datetime, cls: type[CaseClosed] | type[IncidentClosed], record: str
    ) -> list[Entry]:
        """At its time, never before the receipt; of what has no time, after the preset's expiry, if it has one."""
        said = {cls.SUBJECT: record}
        closed_at = self._time(row, "closed", received_at)
        if closed_at is not None:
            flag = CLOSED_EARLY if closed_at < received_at else ""
            return [self._entry(max(closed_at, received_at), Rank.CLOSED, record, cls(**said), flag=flag)]
        if self.preset.expires_after_h is None:
            return []
        at = received_at + timedelta(hours=self.preset.expires_after_h)
        payload = cls(**said, reason=self.preset.expiry_reason)
        return [self._entry(at, Rank.CLOSED, record, payload, expired=True)]

    def _steps(self, row: Row, received_at: datetime) -> list[tuple[Rank, datetime, str, bool]]:
        """(step, instant, flag, expired) of one unit.

        A unit that its source calls available is available: steps stamped later are put at that instant, and an
        availability stamped before the dispatch at the dispatch. Both are flagged.
        """
        stamps: dict[Rank, datetime] = {}
        latest = received_at
        for rank in STEPS:
            at = self._time(row, rank.name.lower(), latest)
            if at is not None:
                stamps[rank] = at
                latest = max(latest, at)
        if not stamps:
            return []
        cleared_at = stamps.get(Rank.CLEARED)
        if cleared_at is None:
            steps = [(rank, at, "", False) for rank, at in stamps.items()]
            hours = self.preset.expires_after_h
            gone = [] if hours is None else [(Rank.CLEARED, latest + timedelta(hours=hours), "", True)]
            return steps + gone
        end = max(cleared_at, stamps.get(Rank.DISPATCHED, cleared_at))
        return [
            (rank, end, OUT_OF_ORDER if at != end else "", False)
            if rank is Rank.CLEARED or at > end
            else (rank, at, "", False)
            for rank, at in stamps.items()
        ]

    def _entry(
        self,
        at: datetime,
        rank: Rank,
        record: str,
        payload: Payload,
        *,
        unit: str = "",
        flag: str = "",
        expired: bool = False,
    ) -> Entry:
        kind = type_of(type(payload))
        envelope = Envelope(
            source=self.preset.source,
            id=":".join(part for part in (record, unit, kind.partition(".")[2]) if part),
            type=kind,
            occurred_at=at,
            data=msgspec.to_builtins(payload),
            subject=payload.subject,
            flags=[flag] if flag else None,
        )
        return Entry(at, rank, record, envelope, unit, expired)

    # single fields

    def value(self, row: Row, field: str) -> str:
        """The first filled column of the field, as the source wrote it; empty when there is none."""
        for name in self.columns.get(field, ()):
            found = row.get(name)
            if found and (found := found.strip()) and found not in self.preset.absent:
                return found
        return ""

    def word(self, row: Row, field: str) -> str:
        """The field in our words: translated by the preset's values, or as the source says it, on one short line."""
        found = self.value(row, field)
        known = self._words.setdefault(field, {})
        word = known.get(found)
        if word is None:
            word = str(self.preset.defaults.get(field, "")) if not found else _one_line(self._mapped(field, found))
            if len(known) < 10_000:
                known[found] = word
        return word

    def maps(self, field: str, found: str) -> bool:
        """Whether the preset's values name what the source said."""
        return _lookup(self.preset.values.get(field, {}), found) is not None

    def text(self, row: Row, field: str) -> str:
        """Free text: may be long and of several lines; what is no Unicode character becomes a question mark."""
        found = self.value(row, field) or str(self.preset.defaults.get(field, ""))
        return found if found.isprintable() else found.encode("utf-8", "replace").decode()

    def _mapped(self, field: str, found: str) -> str:
        mapped = _lookup(self.preset.values.get(field, {}), found)
        return found if mapped is None else str(mapped)

    def _priority(self, row: Row) -> int:
        """1, 2 or 3; what the preset does not name takes its default (2 where it has none)."""
        word = self.word(row, "priority")
        return int(word) if word in ("1", "2", "3") else int(self.preset.defaults.get("priority", 2))

    def _record_id(self, row: Row, occurrence: int) -> str:
        if found := self.value(row, "id"):
            return self._identity(found, "id")
        digest = self.fingerprint(row)
        if digest is None:
            raise _Unreadable("id: is empty")
        if not any((row.get(name) or "").strip() for name in self._id_columns):
            raise _Unreadable(f"id: all of {', '.join(self.preset.id_from)} are empty")
        return digest.hex() + (f"-{occurrence}" if occurrence > 1 else "")

    def _identity(self, found: str, field: str) -> str:
        if not found:
            raise _Unreadable(f"{field}: is empty")
        if len(found) > MAX_RECORD_ID or not found.isprintable():
            raise _Unreadable(f"{field}: needs at most {MAX_RECORD_ID} printable characters")
        return found

    def _required_time(self, row: Row, field: str) -> datetime:
        at = self._time(row, field)
        if at is None:
            raise _Unreadable(f"{field}: is empty")
        return at

    def _moment(self, row: Row, field: str) -> datetime | None:
        """The stamp as written: local without a zone, or with the offset that the source is believed to mean."""
        found = self.value(row, field)
        if not found:
            return None
        try:
            moment = parse_time(found, self.preset.time_formats)
        except ValueError as error:
            raise _Unreadable(f"{field}: {error}") from None
        return without_false_utc(moment) if self.preset.false_utc else moment

    def _time(self, row: Row, field: str, not_before: datetime | None = None) -> datetime | None:
        moment = self._moment(row, field)
        try:
            return None if moment is None else instant(moment, self._tz, not_before)
        except (ValueError, OverflowError) as error:
            raise _Unreadable(f"{field}: {error}") from None

    def _target(self, row: Row, received_at: datetime) -> datetime | None:
        """The target as the source says it; a year beyond all calendars means never, which is no target."""
        moment = self._moment(row, "target")
        if moment is None or moment.year > LAST_YEAR:
            return None
        target_at, limits = self._time(row, "target"), self.preset.target
        if target_at is None or (limits.after_received and target_at < received_at):
            return None
        too_far = limits.max_days is not None and target_at - received_at > timedelta(days=limits.max_days)
        return None if too_far else target_at

    def _place(self, row: Row) -> dict[str, Any]:
        """{"lat", "lng"} or nothing: for what has no place, stands at 0,0, off the globe or on a default point."""
        point = _numbers(self.value(row, "lat"), self.value(row, "lng")) or _point(self.value(row, "point"))
        if point is None or not (abs(point[0]) <= 90 and abs(point[1]) <= 180):
            return {}
        if any(_same(point, default) for default in ((0.0, 0.0), *self.preset.default_points)):
            return {}
        return {"lat": point[0], "lng": point[1]}


def _lookup(values: Mapping[str, str | int], found: str) -> str | int | None:
    """An exact name first, then the longest `beginning*` that fits; `*` alone fits all."""
    if found in values:
        return values[found]
    beginnings = [key for key in values if key.endswith("*") and found.startswith(key[:-1])]
    return values[max(beginnings, key=len)] if beginnings else None


def _one_line(text: str) -> str:
    """A short word for counts and keys: no control characters, no doubled blanks, not long."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())[:MAX_WORD]


def _numbers(lat: str, lng: str) -> tuple[float, float] | None:
    try:
        point = float(lat), float(lng)
    except ValueError:
        return None
    return point if math.isfinite(point[0]) and math.isfinite(point[1]) else None


def _point(text: str) -> tuple[float, float] | None:
    """`(lat, lng)`, `POINT (lng lat)`, or a mapping that names latitude and longitude."""
    if not text:
        return None
    if pair := _PAIR.fullmatch(text):
        return float(pair[1]), float(pair[2])
    if pair := _POINT.match(text):
        return float(pair[2]), float(pair[1])
    pair = _NAMED.search(text[:500])
    return (float(pair[1]), float(pair[2])) if pair else None


def _same(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return abs(a[0] - b[0]) < NEAR_DEG and abs(a[1] - b[1]) < NEAR_DEG
