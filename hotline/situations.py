"""A situation: one thing that people see behind several cases, from its opening to the incident it becomes, or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from hotline.cases import Case
from hotline.similar.place import ground_m
from streams.events import (
    Recording,
    SituationClosed,
    SituationDeclined,
    SituationDemoted,
    SituationExtended,
    SituationMerged,
    SituationOffered,
    SituationOpened,
    SituationPayload,
    SituationPromoted,
    SituationReduced,
    SituationReopened,
    SituationSplit,
    SituationWithdrawn,
)

SHOWN_IDS = 20  # of its cases, in frames
KEEP_CLOSED = timedelta(hours=26)
OPEN, OFFERED, DECLINED, PROMOTED, CLOSED = "open", "offered", "declined", "promoted", "closed"
Changes = dict[str, Any]


class Situation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One situation as of `seq`. Times are times outside; `told` counts the facts that changed it.

    `case_ids` in the order in which they came to it, each once. `incident_id` is the incident that it is, or was.
    """

    situation_id: str
    title: str = ""
    category: str = ""
    case_ids: tuple[str, ...] = ()
    lat: float | None = None
    lng: float | None = None
    area: str = ""
    reason: str = ""
    opened_at: datetime | None = None
    by: str = ""
    offered_at: datetime | None = None
    offered_by: str = ""
    declined_at: datetime | None = None
    declined_by: str = ""
    decline_reason: str = ""
    incident_id: str = ""
    promoted_at: datetime | None = None  # while that incident stands for it
    promoted_by: str = ""
    closed_at: datetime | None = None
    merged_into: str = ""  # the one that has its cases now; it is closed then
    told: int = 0
    seq: int = 0

    @property
    def state(self) -> str:
        """`closed`, `promoted`, `declined`, `offered` or `open`: the first that is so."""
        if self.closed_at is not None:
            return CLOSED
        if self.promoted_at is not None:
            return PROMOTED
        if self.declined_at is not None:
            return DECLINED
        return OFFERED if self.offered_at is not None else OPEN

    @property
    def is_open(self) -> bool:
        """Whether people still work on it: opened, and not closed."""
        return self.opened_at is not None and self.closed_at is None


def fold_situation(situation: Situation | None, payload: SituationPayload, recording: Recording) -> Situation:
    """The situation after one fact, or the same object when the fact changes nothing.

    A fact that comes before the opening makes a stub, which is shown nowhere until the opening comes.
    """
    known = situation or Situation(situation_id=payload.situation_id)
    changes = _FOLDS[type(payload)](known, payload, recording)
    if not changes:
        return known
    return msgspec.structs.replace(known, **changes, told=known.told + 1, seq=recording.seq)


def _opened(situation: Situation, payload: SituationOpened, recording: Recording) -> Changes:
    if situation.opened_at is not None:
        return {}
    return {
        "title": payload.title,
        "category": payload.category,
        "case_ids": _joined(payload.case_ids, situation.case_ids),
        "lat": payload.lat,
        "lng": payload.lng,
        "area": payload.area,
        "reason": payload.reason,
        "opened_at": recording.occurred_at,
        "by": recording.by,
    }


def _extended(situation: Situation, payload: SituationExtended, recording: Recording) -> Changes:
    together = _joined(situation.case_ids, payload.case_ids)
    return {"case_ids": together} if together != situation.case_ids else {}


def _reduced(situation: Situation, payload: SituationReduced, recording: Recording) -> Changes:
    left = tuple(case_id for case_id in situation.case_ids if case_id not in payload.case_ids)
    return {"case_ids": left} if left != situation.case_ids else {}


def _offered(situation: Situation, payload: SituationOffered, recording: Recording) -> Changes:
    if situation.state == OFFERED:
        return {}
    said = {"offered_at": recording.occurred_at, "offered_by": recording.by}
    return said | {"declined_at": None, "declined_by": "", "decline_reason": ""}


def _withdrawn(situation: Situation, payload: SituationWithdrawn, recording: Recording) -> Changes:
    return {"offered_at": None, "offered_by": ""} if situation.state == OFFERED else {}


def _declined(situation: Situation, payload: SituationDeclined, recording: Recording) -> Changes:
    if situation.declined_at is not None:
        return {}
    return {
        "declined_at": recording.occurred_at,
        "declined_by": recording.by,
        "decline_reason": payload.reason,
    }


def _promoted(situation: Situation, payload: SituationPromoted, recording: Recording) -> Changes:
    if situation.promoted_at is not None and situation.incident_id == payload.incident_id:
        return {}
    gone = {"declined_at": None, "declined_by": "", "decline_reason": ""}
    return gone | {
        "incident_id": payload.incident_id,
        "promoted_at": recording.occurred_at,
        "promoted_by": recording.by,
    }


def _demoted(situation: Situation, payload: SituationDemoted, recording: Recording) -> Changes:
    stands = situation.promoted_at is not None and situation.incident_id == payload.incident_id
    return {"promoted_at": None, "promoted_by": ""} if stands else {}


def _closed(situation: Situation, payload: SituationClosed, recording: Recording) -> Changes:
    return {"closed_at": recording.occurred_at} if situation.closed_at is None else {}


def _reopened(situation: Situation, payload: SituationReopened, recording: Recording) -> Changes:
    return {"closed_at": None} if situation.closed_at is not None else {}


def _merged(situation: Situation, payload: SituationMerged, recording: Recording) -> Changes:
    if situation.closed_at is not None:
        return {}
    return {"closed_at": recording.occurred_at, "merged_into": payload.into}


def _split(situation: Situation, payload: SituationSplit, recording: Recording) -> Changes:
    if situation.merged_into != payload.of:
        return {}
    return {"closed_at": None, "merged_into": "", "case_ids": payload.case_ids}


_FOLDS: dict[type[SituationPayload], Callable[[Situation, Any, Recording], Changes]] = {
    SituationOpened: _opened,
    SituationExtended: _extended,
    SituationReduced: _reduced,
    SituationOffered: _offered,
    SituationWithdrawn: _withdrawn,
    SituationDeclined: _declined,
    SituationPromoted: _promoted,
    SituationDemoted: _demoted,
    SituationClosed: _closed,
    SituationReopened: _reopened,
    SituationMerged: _merged,
    SituationSplit: _split,
}


def _joined(first: Sequence[str], then: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *then)))


def middle_case(cases: Iterable[Case]) -> Case | None:
    """The case nearest to the mean of all their places: its own place is a real one, which a mean need not be.

    Cases without a usable location do not count; None when none is left. Of equals the first by id.
    """
    placed = [(c, c.lat, c.lng) for c in cases if c.cell and c.lat is not None and c.lng is not None]
    if not placed:
        return None
    lat = sum(lat for _, lat, _ in placed) / len(placed)
    lng = sum(lng for _, _, lng in placed) / len(placed)
    return min(placed, key=lambda p: (ground_m(lat, lng, p[1], p[2]), p[0].case_id))[0]


def situation_view(situation: Situation, cases: Sequence[Case], parts: Iterable[Situation] = ()) -> dict[str, Any]:
    """What topic `situations` says: no words of callers, at most `SHOWN_IDS` cases by id.

    `cases` are those of the situation that are still in memory. `since` is the first one's receipt, `span_m` the
    largest distance in metres of a case from the place, `open` how many of them are not closed. `parts` are the
    situations that were merged into it and may still be split off.
    """
    received = [case.received_at for case in cases if case.received_at is not None]
    return {
        "id": situation.situation_id,
        "title": situation.title,
        "category": situation.category,
        "area": situation.area,
        "lat": situation.lat,
        "lng": situation.lng,
        "cells": sorted({case.cell for case in cases if case.cell}),
        "n": len(situation.case_ids),
        "open": sum(case.is_open for case in cases),
        "languages": sorted({case.language for case in cases if case.language}),
        "channels": sorted({case.channel for case in cases}),
        "span_m": _span_m(situation, cases),
        "since": min(received, default=situation.opened_at),
        "state": situation.state,
        "case_ids": list(situation.case_ids[:SHOWN_IDS]),
        "incident_id": situation.incident_id if situation.promoted_at is not None else "",
        "parts": [{"id": part.situation_id, "title": part.title} for part in parts],
        "by": situation.by,
        "offered_at": situation.offered_at,
        "version": situation.seq,
    }


def _span_m(situation: Situation, cases: Iterable[Case]) -> int:
    lat, lng = situation.lat, situation.lng
    if lat is None or lng is None:
        return 0
    placed = [(c.lat, c.lng) for c in cases if c.cell and c.lat is not None and c.lng is not None]
    return round(max((ground_m(lat, lng, *place) for place in placed), default=0.0))


def is_shown(situation: Situation) -> bool:
    """Whether desks see it: opened and not closed."""
    return situation.is_open


def situation_is_spent(situation: Situation, now: datetime) -> bool:
    """Whether it was closed so long ago that it may leave memory."""
    return situation.closed_at is not None and now - situation.closed_at >= KEEP_CLOSED
