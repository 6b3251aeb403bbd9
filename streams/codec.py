"""Bytes to events and back: the only place where JSON of the log is parsed.

Two refusals: `Malformed` means the entry can never be understood (dead letter, with the reason);
anything else rises.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from streams.events import PRIVATE_FIELDS, TYPES, Envelope, Payload

MAX_ENTRY_BYTES = 64 * 1024
MAX_ID = 200
TIMED = frozenset(
    {"sent_at", "effective_at", "onset_at", "expires_at", "starts_at", "ends_at", "due_at", "called_at", "until"}
)
MOST_PEOPLE = 1_000_000
MOST_KM = 20_040  # half the way around the earth
# Beyond these a calendar ends: adding a day or changing the zone would fail somewhere else.
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

_envelopes = msgspec.json.Decoder(Envelope)
_encoder = msgspec.json.Encoder()
encode = _encoder.encode


class Malformed(ValueError):
    """The entry cannot be understood, now or later; the message says why, for people."""


def decode_envelope(raw: bytes) -> Envelope:
    """Parse one entry. Raises Malformed with a reason that names the field."""
    if len(raw) > MAX_ENTRY_BYTES:
        raise Malformed(f"larger than {MAX_ENTRY_BYTES} bytes")
    try:
        envelope = _envelopes.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"not an event: {error}") from None
    return check_envelope(envelope)


def envelope_from(value: object) -> Envelope:
    """The same for a value that was already parsed from JSON (one item of a posted list)."""
    try:
        envelope = msgspec.convert(value, Envelope)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Malformed(f"not an event: {error}") from None
    return check_envelope(envelope)


def check_envelope(envelope: Envelope) -> Envelope:
    """Refuse what no engine could order or identify."""
    if not (_are_names(envelope.source, envelope.id, envelope.type) and _is_time(envelope.occurred_at)):
        _complain(envelope)
    if envelope.recorded_at is not None and not _is_time(envelope.recorded_at):
        _complain(envelope)
    return envelope


def _are_names(source: str, id_: str, type_: str) -> bool:
    return (
        0 < len(source) <= MAX_ID
        and 0 < len(id_) <= MAX_ID
        and 0 < len(type_) <= MAX_ID
        and (source + id_ + type_).isprintable()
    )


def _is_time(at: datetime) -> bool:
    return at.tzinfo is not None and EARLIEST < at < LATEST


def _complain(envelope: Envelope) -> None:
    for field, value in (("source", envelope.source), ("id", envelope.id), ("type", envelope.type)):
        if not _is_name(value):
            raise Malformed(f"{field}: needs 1 to {MAX_ID} printable characters")
    for field, at in (("occurred_at", envelope.occurred_at), ("recorded_at", envelope.recorded_at)):
        if at is not None and not _is_time(at):
            raise Malformed(f"{field}: needs a zone and a year from 1900 to 2199, e.g. 2026-01-31T09:00:00Z")


def payload_of(envelope: Envelope) -> Payload:
    """The typed payload. Raises Malformed for an unknown type or version, a missing or ill-typed field."""
    cls = TYPES.get(envelope.type)
    if cls is None:
        raise Malformed(f"type: unknown event {envelope.type!r}")
    if envelope.version != cls.VERSION:
        raise Malformed(f"version: {envelope.type} {envelope.version} is unknown, this is {cls.VERSION}")
    try:
        payload = msgspec.convert(envelope.data, cls)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Malformed(f"data: {error}") from None
    for check in _CHECKS_OF[cls]:
        check(payload)
    return payload


def _check_subject(payload: Any) -> None:
    if not _is_name(getattr(payload, payload.SUBJECT)):
        raise Malformed(f"data.{payload.SUBJECT}: needs 1 to {MAX_ID} printable characters")


def _check_place(payload: Any) -> None:
    lat, lng = payload.lat, payload.lng
    if (lat is None) != (lng is None):
        raise Malformed("data: lat and lng come together")
    if lat is not None:
        _check_point(lat, lng, "")


def _check_point(lat: float, lng: float, where: str) -> None:
    if not (-90 <= lat <= 90 and -180 <= lng <= 180):
        raise Malformed(f"data{where}: lat, lng outside -90..90, -180..180")


def _check_target(payload: Any) -> None:
    if payload.target_at is not None and payload.target_at.tzinfo is None:
        raise Malformed("data.target_at: needs a zone")


def _check_times(holder: Any, where: str = "") -> None:
    """Every instant of a message that timers will be set by."""
    for field in TIMED & set(holder.__struct_fields__):
        at = getattr(holder, field)
        if at is not None and not _is_time(at):
            raise Malformed(f"data{where}.{field}: needs a zone and a year from 1900 to 2199")


def _check_shapes(holder: Any, where: str = "") -> None:
    for ring in holder.polygons:
        for lat, lng in ring:
            _check_point(lat, lng, f"{where}.polygons")


def _check_infos(payload: Any) -> None:
    for number, info in enumerate(payload.infos):
        _check_times(info, f".infos[{number}]")
        for area in info.areas:
            where = f".infos[{number}].areas"
            _check_shapes(area, where)
            for lat, lng, km in area.circles:
                _check_point(lat, lng, f"{where}.circles")
                if not 0 <= km <= MOST_KM:
                    raise Malformed(f"data{where}.circles: a radius of 0 to {MOST_KM} km")


def _check_period(payload: Any) -> None:
    _check_times(payload)
    if payload.ends_at < payload.starts_at:
        raise Malformed("data.ends_at: lies before starts_at")


def _check_satisfied(payload: Any) -> None:
    if payload.satisfied is not None and not 1 <= payload.satisfied <= 5:
        raise Malformed("data.satisfied: 1 to 5")


def _check_priority(payload: Any) -> None:
    if payload.priority is not None and not 1 <= payload.priority <= 3:
        raise Malformed("data.priority: 1, 2 or 3")


def _check_counts(payload: Any) -> None:
    for field in ("t1", "t2", "t3", "dead"):
        if not 0 <= getattr(payload, field, 0) <= MOST_PEOPLE:
            raise Malformed(f"data.{field}: 0 to {MOST_PEOPLE}")


_CHECKS: dict[str, Callable[[Any], None]] = {
    "lat": _check_place,
    "target_at": _check_target,
    "priority": _check_priority,
    "sent_at": _check_times,
    "infos": _check_infos,
    "polygons": _check_shapes,
    "starts_at": _check_period,
    "satisfied": _check_satisfied,
    "due_at": _check_times,
    "called_at": _check_times,
    "until": _check_times,
    "t1": _check_counts,
}
# Which checks a payload needs is decided once per class: asking each event for fields it lacks took a tenth of a turn.
_CHECKS_OF = {
    cls: (
        *((_check_subject,) if cls.SUBJECT else ()),
        *(check for field, check in _CHECKS.items() if field in cls.__struct_fields__),
    )
    for cls in TYPES.values()
}


_NOTHING: dict[str, Any] = {}


def split_private(data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what may be seen, what names a person or carries their words)."""
    found = PRIVATE_FIELDS & data.keys()
    if not found:
        return data, _NOTHING
    public = {**data}
    private = {}
    for name in found:
        if value := public.pop(name):
            private[name] = value
    return public, private


def _is_name(value: str) -> bool:
    return 0 < len(value) <= MAX_ID and value.isprintable()


def utc(value: datetime) -> datetime:
    """The same instant in UTC."""
    return value.astimezone(UTC)
