"""What people send to publish an alert or a notice: shapes and sizes, the same at the API's door and in the engine."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Line = Annotated[str, Meta(min_length=1, max_length=200)]
OptionalLine = Annotated[str, Meta(max_length=200)]
Headline = Annotated[str, Meta(max_length=160)]  # CAP: longer ones do not fit the devices that show them
Words = Annotated[str, Meta(max_length=4_000)]
Reason = Annotated[str, Meta(min_length=1, max_length=1_000)]
Language = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$")]
Lat = Annotated[float, Meta(ge=-90, le=90)]
Lng = Annotated[float, Meta(ge=-180, le=180)]
Ring = Annotated[list[tuple[Lat, Lng]], Meta(min_length=3, max_length=500)]
Rings = Annotated[list[Ring], Meta(max_length=20)]
Circle = tuple[Lat, Lng, Annotated[float, Meta(gt=0, le=200)]]  # km
Instant = Annotated[datetime, Meta(tz=True)]
Texts = Annotated[dict[Language, Words], Meta(max_length=30)]


class _Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Anything that is not named is refused: a misspelt `expires_at` must not become an alert without end."""


class Area(_Shape, frozen=True, kw_only=True):
    """Where people are warned: in words, and as polygons, circles (lat, lng, km) or codes."""

    description: Line
    polygons: Rings = []
    circles: Annotated[list[Circle], Meta(max_length=20)] = []
    geocodes: Annotated[list[tuple[Line, Line]], Meta(max_length=20)] = []


class Info(_Shape, frozen=True, kw_only=True):
    """The warning in one language."""

    event: Line
    language: Language
    categories: Annotated[list[str], Meta(min_length=1, max_length=12)]
    urgency: str
    severity: str
    certainty: str
    expires_at: Instant
    areas: Annotated[list[Area], Meta(min_length=1, max_length=20)]
    response_types: Annotated[list[str], Meta(max_length=9)] = []
    effective_at: Instant | None = None
    onset_at: Instant | None = None
    sender_name: OptionalLine = ""
    headline: Headline = ""
    description: Words = ""
    instruction: Words = ""
    web: Annotated[str, Meta(max_length=500)] = ""


class PublishAlert(_Shape, frozen=True, kw_only=True):
    infos: Annotated[list[Info], Meta(min_length=1, max_length=12)]
    status: str = "Actual"
    scope: str = "Public"
    updates: Annotated[str, Meta(max_length=200)] = ""  # alert_id of an own alert that this one replaces


class CancelAlert(_Shape, frozen=True, kw_only=True):
    alert_id: Id
    reason: Reason


class PublishNotice(_Shape, frozen=True, kw_only=True):
    kind: str
    starts_at: Instant
    ends_at: Instant
    titles: Annotated[dict[Language, Line], Meta(min_length=1, max_length=30)]
    details: Texts = {}
    areas: Annotated[list[Line], Meta(max_length=50)] = []
    polygons: Rings = []
    lat: Lat | None = None
    lng: Lng | None = None
    owner: OptionalLine = ""
    notice_id: Annotated[str, Meta(max_length=200)] = ""  # of an own notice that this one replaces


class WithdrawNotice(_Shape, frozen=True, kw_only=True):
    notice_id: Id
    reason: Annotated[str, Meta(max_length=1_000)] = ""
