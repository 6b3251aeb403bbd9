"""What early warning says of a matter that begins, and what people make of it."""

from __future__ import annotations

from typing import ClassVar

from streams.events.envelope import Payload


class WarningPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "warning"
    SUBJECT: ClassVar[str] = "warning_id"
    warning_id: str


class WarningSaying(WarningPayload, frozen=True, kw_only=True):
    """How a warning stands: counted and expected in its cells and window, as of its last finding.

    `said` is the theme when it rests on grave words. `per_day`: how many findings so strange a quiet day has.
    """

    category: str
    said: str = ""
    state: str = "rising"
    area: str = ""
    cells: tuple[str, ...] = ()
    lat: float | None = None
    lng: float | None = None
    radius_km: float = 0.0
    window_h: int = 1
    observed: int = 0
    expected: float = 0.0
    low: float = 0.0
    high: float = 0.0
    strength: float = 0.0
    p: float = 1.0
    per_day: float = 0.0
    peak: int = 0
    owner: str = ""
    case_ids: tuple[str, ...] = ()


class WarningRaised(WarningSaying, frozen=True, kw_only=True):
    """Something begins that chance does not explain."""


class WarningUpdated(WarningSaying, frozen=True, kw_only=True):
    """It grew, moved or faded."""


class WarningClosed(WarningPayload, frozen=True, kw_only=True):
    """It is over, or grew together with the older one that `merged_into` names."""

    merged_into: str = ""


class WarningAcknowledged(WarningPayload, frozen=True, kw_only=True):
    """Somebody has seen it and looks after it."""


class WarningDismissed(WarningPayload, frozen=True, kw_only=True):
    """Somebody says that nothing is to be done, and why."""

    reason: str = ""


class WarningCaseOpened(WarningPayload, frozen=True, kw_only=True):
    """A case was opened before anybody complained."""

    case_id: str


class WarningSituationOpened(WarningPayload, frozen=True, kw_only=True):
    """Its cases were made a situation."""

    situation_id: str
