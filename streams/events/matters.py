"""What the hotline knows already and tells callers: a known matter, its script, and which cases it was offered to."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from streams.events.envelope import Payload


class MatterPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "matter"
    SUBJECT: ClassVar[str] = "matter_id"
    matter_id: str


class MatterPublished(MatterPayload, frozen=True, kw_only=True):
    """Callers who report this are told `scripts[language]`. Published again under its id it is replaced.

    Where: `areas` by name and `cells` of any resolution; neither: in the whole city. `until` is when it should be over.
    """

    what: str
    until: datetime
    category: str = ""
    areas: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    scripts: dict[str, str] = msgspec.field(default_factory=dict)
    case_id: str = ""


class MatterWithdrawn(MatterPayload, frozen=True, kw_only=True):
    """It is over before its time, or was a mistake."""

    reason: str = ""


class MatterMatched(MatterPayload, frozen=True, kw_only=True):
    """A case that came in fits it; the engine says so."""

    case_id: str


class MatterExpired(MatterPayload, frozen=True, kw_only=True):
    """Its `until` passed; the engine says so."""
