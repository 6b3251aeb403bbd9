"""Bytes to events and back: the only place where JSON of the log is parsed.

Two refusals: `Malformed` means the entry can never be understood (dead letter, with the reason);
anything else rises.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from streams.events import PRIVATE_FIELDS, TYPES, Envelope, Payload

MAX_ENTRY_BYTES = 64 * 1024
MAX_ID = 200

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
    for field in ("source", "id", "type"):
        if not _is_name(getattr(envelope, field)):
            raise Malformed(f"{field}: needs 1 to {MAX_ID} printable characters")
    if envelope.occurred_at.tzinfo is None:
        raise Malformed("occurred_at: needs a zone, e.g. 2026-01-31T09:00:00Z")
    return envelope


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
    _check_payload(payload)
    return payload


def _check_payload(payload: Payload) -> None:
    """Ids must be printable, places on the globe, instants aware, priorities 1..3."""
    if payload.SUBJECT and not _is_name(getattr(payload, payload.SUBJECT)):
        raise Malformed(f"data.{payload.SUBJECT}: needs 1 to {MAX_ID} printable characters")
    lat, lng = getattr(payload, "lat", None), getattr(payload, "lng", None)
    if (lat is None) != (lng is None):
        raise Malformed("data: lat and lng come together")
    if lat is not None and lng is not None and not (-90 <= lat <= 90 and -180 <= lng <= 180):
        raise Malformed("data: lat, lng outside -90..90, -180..180")
    target_at = getattr(payload, "target_at", None)
    if target_at is not None and target_at.tzinfo is None:
        raise Malformed("data.target_at: needs a zone")
    if not 1 <= getattr(payload, "priority", 1) <= 3:
        raise Malformed("data.priority: 1, 2 or 3")


def split_private(data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what may be seen, what names a person or carries their words)."""
    if PRIVATE_FIELDS.isdisjoint(data):
        return dict(data), {}
    public = {k: v for k, v in data.items() if k not in PRIVATE_FIELDS}
    return public, {k: v for k, v in data.items() if v and k in PRIVATE_FIELDS}


def _is_name(value: str) -> bool:
    return 0 < len(value) <= MAX_ID and value.isprintable()


def utc(value: datetime) -> datetime:
    """The same instant in UTC."""
    return value.astimezone(UTC)
