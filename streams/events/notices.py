"""What the city plans and announces: works, closures, events, holidays."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from streams.events.envelope import Payload


class NoticePayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "notice"
    SUBJECT: ClassVar[str] = "notice_id"
    notice_id: str


class NoticeIssued(NoticePayload, frozen=True, kw_only=True):
    """Something planned: `works`, `closure`, `event` or `holiday`. Issued again under its id, it is replaced.

    Titles and details by language tag; `areas` names areas, `polygons` are rings of (lat, lng).
    """

    kind: str
    starts_at: datetime
    ends_at: datetime
    titles: dict[str, str]
    details: dict[str, str] = msgspec.field(default_factory=dict)
    areas: tuple[str, ...] = ()
    polygons: tuple[tuple[tuple[float, float], ...], ...] = ()
    lat: float | None = None
    lng: float | None = None
    owner: str = ""


class NoticeWithdrawn(NoticePayload, frozen=True, kw_only=True):
    reason: str = ""
