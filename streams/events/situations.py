"""What people make of cases that belong together: a situation, offered to the dispatcher as one possible incident."""

from __future__ import annotations

from typing import ClassVar

from streams.events.envelope import Payload


class SituationPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "situation"
    SUBJECT: ClassVar[str] = "situation_id"
    situation_id: str


class SituationOpened(SituationPayload, frozen=True, kw_only=True):
    """Somebody sees one thing behind several cases. `lat`, `lng` are those of the case in their middle."""

    title: str = ""
    category: str = ""
    case_ids: tuple[str, ...] = ()
    lat: float | None = None
    lng: float | None = None
    area: str = ""
    reason: str = ""


class SituationExtended(SituationPayload, frozen=True, kw_only=True):
    """Further cases belong to it."""

    case_ids: tuple[str, ...] = ()
    reason: str = ""


class SituationReduced(SituationPayload, frozen=True, kw_only=True):
    """Some of its cases do not belong to it after all."""

    case_ids: tuple[str, ...] = ()
    reason: str = ""


class SituationOffered(SituationPayload, frozen=True, kw_only=True):
    """The dispatcher shall judge whether it is an incident."""


class SituationWithdrawn(SituationPayload, frozen=True, kw_only=True):
    """The offer was taken back before it was judged."""

    reason: str = ""


class SituationDeclined(SituationPayload, frozen=True, kw_only=True):
    """The dispatcher says that it is no incident, and why."""

    reason: str = ""


class SituationPromoted(SituationPayload, frozen=True, kw_only=True):
    """It is that one incident; each of its cases says so, too."""

    incident_id: str


class SituationDemoted(SituationPayload, frozen=True, kw_only=True):
    """It is no incident after all, and open again with its cases."""

    incident_id: str
    reason: str = ""


class SituationClosed(SituationPayload, frozen=True, kw_only=True):
    """It is over, or never was one; its cases go on."""

    reason: str = ""


class SituationReopened(SituationPayload, frozen=True, kw_only=True):
    """The closing was taken back."""

    reason: str = ""


class SituationMerged(SituationPayload, frozen=True, kw_only=True):
    """It is the same thing as the situation `into`, which has its cases from now on."""

    into: str
    reason: str = ""


class SituationSplit(SituationPayload, frozen=True, kw_only=True):
    """It is a thing of its own after all, no part of `of`, and open again with these of its cases."""

    of: str
    case_ids: tuple[str, ...] = ()
    reason: str = ""
