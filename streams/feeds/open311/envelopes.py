"""What a service request says, compared with what is known of it, as events: pure, and the same for every order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from streams.codec import encode
from streams.events import CaseAmended, CaseClosed, CasePayload, CaseReceived, CaseReopened, Envelope, type_of
from streams.feeds.open311.endpoint import Endpoint
from streams.feeds.open311.parse import ID
from streams.feeds.open311.windows import Field
from streams.feeds.preset import Preset, normal
from streams.feeds.records import Rejected, Translator
from streams.feeds.rows import RawRow
from streams.feeds.times import instant, parse_time, to_micros, without_false_utc

STAMPS: dict[Field, str] = {"requested": "requested_datetime", "updated": "updated_datetime"}
# Our field -> theirs; `hexwatch_…` are put together here from several of theirs.
COLUMNS: dict[str, tuple[str, ...]] = {
    "id": (ID,),
    "received": ("requested_datetime",),
    "closed": ("updated_datetime",),
    "target": ("expected_datetime",),
    "kind": ("hexwatch_name",),
    "category": ("hexwatch_category",),
    "subcategory": ("hexwatch_subcategory",),
    "address": ("address", "address_string"),
    "text": ("description",),
    "lat": ("lat", "latitude"),
    "lng": ("long", "lng", "lon", "longitude"),
    "status": ("status",),
    "reason": ("status_notes",),
}
# Words for the two statuses of the standard that servers use all the same; a preset may add more.
STATUSES = {
    **dict.fromkeys(("open", "new", "submitted", "received", "acknowledged", "assigned", "reopened"), "open"),
    **dict.fromkeys(("in_progress", "in_process", "pending", "on_hold", "under_review", "investigating"), "open"),
    **dict.fromkeys(("closed", "fixed", "resolved", "completed", "complete", "done", "archived"), "closed"),
    **dict.fromkeys(("cancelled", "canceled", "duplicate", "rejected", "invalid", "not_possible"), "closed"),
}
# What a change of the record may change here; channel, language and grade it does not speak of.
AMENDED = ("kind", "category", "subcategory", "lat", "lng", "address", "text", "target_at")
SLACK = timedelta(minutes=1)


class Known(msgspec.Struct, frozen=True, array_like=True):
    """What was last told of a record: its content, whether open, its stamps (microseconds since 1970), its changes."""

    content: str
    is_open: bool
    requested: int
    updated: int  # 0: the source gives no stamp
    changes: int = 0


class Report(msgspec.Struct, frozen=True):
    """One version of a service request. `received` is its receipt as an event; `zone` is `none` or `odd` where its
    time was written without a zone or with an offset that its city does not have on that day.
    """

    record: str
    received: Envelope
    is_open: bool
    updated_at: datetime | None
    content: str
    reason: str = ""
    zone: str = ""


class Reading:
    """An endpoint's words made ready for records. Raises nothing: each is answered with a report or a reason."""

    def __init__(self, endpoint: Endpoint, services: Mapping[str, str]) -> None:
        self._endpoint, self._services = endpoint, services
        self._tz = endpoint.tz
        kinds: dict[str, str | int] = {
            "*": endpoint.defaults.get("kind", "complaint"),
            **endpoint.values.get("kind", {}),
        }
        preset = Preset(
            name=endpoint.source,
            city="open311",
            zone=endpoint.zone,
            source=endpoint.source,
            columns=COLUMNS,
            time_formats=endpoint.time_formats,
            false_utc=endpoint.false_utc,
            default_points=endpoint.default_points,
            target=endpoint.target,
            values={**{name: {**words} for name, words in endpoint.values.items()}, "kind": kinds},
            defaults=dict(endpoint.defaults),
        )
        self._translator = Translator(preset)

    def report(self, row: RawRow) -> Report | Rejected:
        """The record as of its version, or why it is none."""
        if row.values is None:
            return Rejected(row.reason, row.raw)
        values = self._prepared(row.values)
        status = STATUSES.get(normal(self._translator.word(values, "status")))
        if status is None:
            found = self._translator.value(values, "status")[:40]
            return Rejected(f"status: {found!r} is neither open nor closed; values.status can name it", row.raw)
        answer = self._translator.entries(values)
        if isinstance(answer, Rejected):
            return Rejected(_in_their_words(answer.reason), row.raw)
        received, *stamped = answer
        return Report(
            record=received.record,
            received=received.envelope,
            is_open=status == "open",
            updated_at=stamped[0].occurred_at if stamped else None,
            content=hashlib.blake2b(encode(received.envelope.data), digest_size=8).hexdigest(),
            reason=self._reason(values),
            zone=self._zone(values),
        )

    def stamp_of(self, row: RawRow, field: Field) -> datetime | None:
        """When it was requested or changed, None where that cannot be read."""
        moment = self._moment(row.values or {}, STAMPS[field])
        try:
            return None if moment is None else instant(moment, self._tz)
        except (ValueError, OverflowError):
            return None

    def _prepared(self, values: Mapping[str, str | None]) -> dict[str, str | None]:
        """Categories are found by code, then by name; what the source calls it is kept beside a translated one."""
        code = (values.get("service_code") or "").strip()
        name = (values.get("service_name") or "").strip() or self._services.get(code, "")
        by_code = self._endpoint.category_from == "code" or self._translator.maps("category", code)
        category = code if code and by_code else name or code
        number = (values.get(ID) or "").strip()
        return {
            **values,
            ID: self._endpoint.id_prefix + number if number else None,
            "hexwatch_name": name or code,
            "hexwatch_category": category,
            "hexwatch_subcategory": name if self._translator.maps("category", category) else None,
        }

    def _reason(self, values: Mapping[str, str | None]) -> str:
        """Only in a word of the preset: notes are free text, in which anybody may be named."""
        found = self._translator.value(values, "reason")
        return self._translator.word(values, "reason") if self._translator.maps("reason", found) else ""

    def _zone(self, values: Mapping[str, str | None]) -> str:
        moment = self._moment(values, STAMPS["requested"])
        if moment is None or moment.tzinfo is None:
            return "none"
        offset = moment.utcoffset()
        return "odd" if offset and offset != moment.astimezone(self._tz).utcoffset() else ""

    def _moment(self, values: Mapping[str, str | None], name: str) -> datetime | None:
        found = (values.get(name) or "").strip()
        try:
            moment = parse_time(found, self._endpoint.time_formats)
            return without_false_utc(moment) if self._endpoint.false_utc else moment
        except (ValueError, OverflowError):
            return None


def _in_their_words(reason: str) -> str:
    """A refusal names our field; people look for theirs."""
    field, _, problem = reason.partition(":")
    return f"{COLUMNS[field][0]}:{problem}" if field in COLUMNS else reason


class Moment(msgspec.Struct, frozen=True):
    """When a version was seen: our time, how far the server's clock is ahead, whether this loads the past."""

    now: datetime
    skew: timedelta = timedelta(0)
    is_history: bool = False

    def believed(self, at: datetime) -> datetime:
        """The time as the source says it, but not ahead of ours when only its clock is: it has happened already."""
        return self.now if self.now < at <= self.now + self.skew + SLACK else at


def changes(known: Known | None, report: Report, moment: Moment) -> tuple[list[Envelope], Known]:
    """(what happened, what is known now) after one version of a record.

    Older versions than the known one say nothing, so that the newest decides in whatever order they come; versions
    without a stamp count in the order in which they are seen.
    """
    updated = 0 if report.updated_at is None else to_micros(report.updated_at)
    if known is None:
        now_known = Known(report.content, report.is_open, to_micros(report.received.occurred_at), updated)
        return _first(report, moment), now_known
    if updated and updated < known.updated:
        return [], known
    told = []
    changed_at = moment.believed(report.updated_at) if report.updated_at else moment.now
    steps = ((report.content != known.content, _amendment), (report.is_open != known.is_open, _turn))
    n = known.changes + any(differs for differs, _ in steps)
    # A reopened case is open again before what else changed; of a closed one the closing comes last.
    for differs, build in steps if known.is_open else reversed(steps):
        if differs:
            told.append(_told(report, build(report), changed_at, _version(report, known, n)))
    after = Known(report.content, report.is_open, known.requested, updated or known.updated, n)
    return told, after


def _first(report: Report, moment: Moment) -> list[Envelope]:
    """The receipt, and the closing of what was closed when first seen (without a stamp: no later than now)."""
    received_at = moment.believed(report.received.occurred_at)
    told = [_dated(report.received, received_at, moment)]
    if not report.is_open:
        closed_at = max(received_at, moment.believed(report.updated_at) if report.updated_at else moment.now)
        version = _stamp(report.updated_at) if report.updated_at else report.content
        told.append(_dated(_told(report, _turn(report), closed_at, version), closed_at, moment))
    return told


def _dated(envelope: Envelope, at: datetime, moment: Moment) -> Envelope:
    """What lies in the past when a feed is first started was known then; only a simulated city may believe it."""
    recorded_at = at if moment.is_history else None
    return msgspec.structs.replace(envelope, occurred_at=at, recorded_at=recorded_at)


def _amendment(report: Report) -> CasePayload:
    receipt = msgspec.convert(report.received.data, CaseReceived)
    said: dict[str, Any] = {name: getattr(receipt, name) for name in AMENDED}
    return CaseAmended(case_id=report.record, **said)


def _turn(report: Report) -> CasePayload:
    kind = CaseReopened if report.is_open else CaseClosed
    return kind(case_id=report.record, reason="" if report.is_open else report.reason)


def _told(report: Report, payload: CasePayload, at: datetime, version: str) -> Envelope:
    kind = type_of(type(payload))
    return Envelope(
        source=report.received.source,
        id=f"{report.record}:{kind.partition('.')[2]}:{version}",
        type=kind,
        occurred_at=at,
        data=msgspec.to_builtins(payload),
        subject=payload.subject,
    )


def _version(report: Report, known: Known, n: int) -> str:
    """What tells this change from others of its record: the source's stamp where it moved, else content and number."""
    if report.updated_at and to_micros(report.updated_at) > known.updated:
        return _stamp(report.updated_at)
    return f"{report.content}-{n}"


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ").replace(".000000", "")
