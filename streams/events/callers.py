"""What people at the hotline say of a caller, who is known here by a keyed hash of the number only."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from streams.events.envelope import Payload


class CallerPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "caller"
    SUBJECT: ClassVar[str] = "caller"
    caller: str


class CallerFlagged(CallerPayload, frozen=True, kw_only=True):
    """Somebody proposes to label the caller a nuisance until then. It is a label once a second person agrees."""

    reason: str
    until: datetime


class CallerSeconded(CallerPayload, frozen=True, kw_only=True):
    """A second person agrees: the label holds until its time is over."""


class CallerUnflagged(CallerPayload, frozen=True, kw_only=True):
    """The label, or the proposal, was taken back."""

    reason: str = ""
