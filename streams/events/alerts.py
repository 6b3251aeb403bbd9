"""What the authorities who warn say (CAP 1.2): alerts with their areas and languages."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from streams.events.envelope import Payload


class AlertPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "alert"
    SUBJECT: ClassVar[str] = "alert_id"
    alert_id: str


class AlertArea(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where people are warned (CAP `area`). Polygons are rings of (lat, lng); circles (lat, lng, radius in km)."""

    description: str = ""
    polygons: tuple[tuple[tuple[float, float], ...], ...] = ()
    circles: tuple[tuple[float, float, float], ...] = ()
    geocodes: tuple[tuple[str, str], ...] = ()  # (value name, value)


class AlertInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One `info` block of a CAP message: the warning in one language."""

    event: str
    language: str = "en-US"
    categories: tuple[str, ...] = ()
    response_types: tuple[str, ...] = ()
    urgency: str = "Unknown"
    severity: str = "Unknown"
    certainty: str = "Unknown"
    effective_at: datetime | None = None
    onset_at: datetime | None = None
    expires_at: datetime | None = None
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    areas: tuple[AlertArea, ...] = ()


class AlertIssued(AlertPayload, frozen=True, kw_only=True):
    """A CAP message of type Alert or Update. `alert_id` is `<sender>,<identifier>`; statuses other than Actual
    (Exercise, System, Test, Draft) are kept and never shown as actual.
    """

    sender: str
    identifier: str
    sent_at: datetime
    status: str = "Actual"
    scope: str = "Public"
    infos: tuple[AlertInfo, ...] = ()


class AlertSuperseded(AlertPayload, frozen=True, kw_only=True):
    """A later message of its sender took the alert's place."""

    by: str


class AlertCancelled(AlertPayload, frozen=True, kw_only=True):
    """Its sender took the alert back; `by` is the cancelling message, `reason` its note."""

    by: str = ""
    reason: str = ""


class AlertExpired(AlertPayload, frozen=True, kw_only=True):
    """The last `expires` of the alert passed."""
