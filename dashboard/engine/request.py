"""A person's request, the one answer it gets, and how a verb grants or refuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from streams.events import CaseClosed, IncidentClosed, Payload

NAMING_CASES = ("case_id", "into")
NAMING = ("incident_id", "to", "into")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A person's request as the web process wrote it into the stream; `decided_at` is the engine's to say."""

    request_id: str
    verb: str
    actor: str
    role: str
    valid_until: datetime
    args: dict[str, Any] = {}
    if_version: int | None = None
    bodies: tuple[str, ...] | None = None  # whose cases alone it may be about; None: any
    decided_at: datetime | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The one answer that a request id ever gets."""

    request_id: str
    outcome: str  # done | refused
    seq: int = 0
    reason: str = ""
    detail: dict[str, Any] = {}


@dataclass(frozen=True)
class Granted:
    """What a request brings about: facts, what the person should know, and what undoing it would have to restore.

    `occurred_at` is set for what was done earlier and is entered now; else it happens at the moment of deciding.
    """

    facts: Sequence[Payload]
    detail: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    occurred_at: datetime | None = None


@dataclass(frozen=True)
class Refused(Exception):
    """The request cannot be granted, and why, in words for the person who asked."""

    reason: str
    detail: dict[str, Any] | None = None


def named_in(requests: Iterable[Request]) -> list[Payload]:
    """The cases and incidents that requests name, in the form in which facts name them."""
    asked = list(requests)
    named = [r.args.get(name) for r in asked for name in NAMING_CASES]
    listed = [i for r in asked if isinstance(ids := r.args.get("case_ids"), list) for i in ids]
    cases = [CaseClosed(case_id=i) for i in [*named, *listed] if isinstance(i, str)]
    incidents = [
        IncidentClosed(incident_id=i) for r in asked for name in NAMING if isinstance(i := r.args.get(name), str)
    ]
    return [*cases, *incidents]
