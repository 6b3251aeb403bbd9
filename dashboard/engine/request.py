"""A person's request, the one answer it gets, and how a verb refuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A person's request as the web process wrote it into the stream."""

    request_id: str
    verb: str
    actor: str
    role: str
    valid_until: datetime
    args: dict[str, Any] = {}
    if_version: int | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The one answer that a request id ever gets."""

    request_id: str
    outcome: str  # done | refused
    seq: int = 0
    reason: str = ""
    detail: dict[str, Any] = {}


@dataclass(frozen=True)
class Refused(Exception):
    """The request cannot be granted, and why, in words for the person who asked."""

    reason: str
    detail: dict[str, Any] | None = None
