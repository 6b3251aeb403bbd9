"""A warning as people work with it: what early warning says of it, who saw it, and what was made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from streams.events import (
    Recording,
    WarningAcknowledged,
    WarningCaseOpened,
    WarningClosed,
    WarningDismissed,
    WarningPayload,
    WarningRaised,
    WarningSaying,
    WarningSituationOpened,
    WarningUpdated,
)

# Verdicts are judged over months; warnings are few.
KEEP_CLOSED = timedelta(days=92)
ACTED, ACKNOWLEDGED, DISMISSED, NOT_JUDGED = "acted", "acknowledged", "dismissed", "not_judged"
VERDICTS = (ACTED, ACKNOWLEDGED, DISMISSED, NOT_JUDGED)
MOST_OUTLINED = 61  # cells: a neighbourhood; what is wider is told by its area
MOST_IDS = 20
_SAID = tuple(name for name in WarningSaying.__struct_fields__ if name != "warning_id")
Changes = dict[str, Any]


class Warned(WarningSaying, frozen=True, kw_only=True):
    """One warning as of `seq`: what was said of it last, and what became of it. Times are the city's.

    `told` counts the facts that changed it. A fact of people may come before the first saying: then there is no
    category yet.
    """

    category: str = ""
    state: str = ""
    raised_at: datetime | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    merged_into: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    dismissed_at: datetime | None = None
    dismissed_by: str = ""
    dismiss_reason: str = ""
    opened_cases: tuple[str, ...] = ()
    situation_id: str = ""
    told: int = 0
    seq: int = 0

    @property
    def is_open(self) -> bool:
        """Whether early warning still sees it."""
        return self.raised_at is not None and self.closed_at is None

    @property
    def is_shown(self) -> bool:
        """Whether anybody's attention is asked for: open, and not dismissed."""
        return self.is_open and self.dismissed_at is None

    @property
    def verdict(self) -> str:
        """What people made of it: a case or situation counts more than a word."""
        if self.opened_cases or self.situation_id:
            return ACTED
        if self.dismissed_at is not None:
            return DISMISSED
        return ACKNOWLEDGED if self.acknowledged_at is not None else NOT_JUDGED


def fold_warning(warning: Warned | None, payload: WarningPayload, recording: Recording) -> Warned:
    """The warning after one fact, or the same object when the fact changes nothing."""
    known = warning or Warned(warning_id=payload.warning_id)
    changes = _FOLDS[type(payload)](known, payload, recording)
    if not changes:
        return known
    return msgspec.structs.replace(known, **changes, told=known.told + 1, seq=recording.seq)


def _raised(warning: Warned, payload: WarningSaying, recording: Recording) -> Changes:
    if warning.raised_at is not None:
        return {}
    return _saying(payload) | {"raised_at": recording.occurred_at, "updated_at": recording.occurred_at}


def _updated(warning: Warned, payload: WarningSaying, recording: Recording) -> Changes:
    # Facts come in any order: an older one, or one after the end, says nothing new.
    late = warning.updated_at is not None and recording.occurred_at <= warning.updated_at
    if late or warning.closed_at is not None:
        return {}
    raised = {} if warning.raised_at is not None else {"raised_at": recording.occurred_at}
    return _saying(payload) | raised | {"updated_at": recording.occurred_at}


def _saying(payload: WarningSaying) -> Changes:
    return {name: getattr(payload, name) for name in _SAID}


def _closed(warning: Warned, payload: WarningClosed, recording: Recording) -> Changes:
    if warning.closed_at is not None:
        return {}
    return {"closed_at": recording.occurred_at, "merged_into": payload.merged_into, "state": "closed"}


def _acknowledged(warning: Warned, payload: WarningPayload, recording: Recording) -> Changes:
    if warning.acknowledged_at is not None:
        return {}
    return {"acknowledged_at": recording.occurred_at, "acknowledged_by": recording.by}


def _dismissed(warning: Warned, payload: WarningDismissed, recording: Recording) -> Changes:
    if warning.dismissed_at is not None:
        return {}
    said = {"dismissed_at": recording.occurred_at, "dismissed_by": recording.by}
    return said | {"dismiss_reason": payload.reason}


def _case_opened(warning: Warned, payload: WarningCaseOpened, recording: Recording) -> Changes:
    if payload.case_id in warning.opened_cases:
        return {}
    return {"opened_cases": (*warning.opened_cases, payload.case_id)}


def _situation_opened(warning: Warned, payload: WarningSituationOpened, recording: Recording) -> Changes:
    return {"situation_id": payload.situation_id} if warning.situation_id != payload.situation_id else {}


_FOLDS: dict[type[WarningPayload], Callable[[Warned, Any, Recording], Changes]] = {
    WarningRaised: _raised,
    WarningUpdated: _updated,
    WarningClosed: _closed,
    WarningAcknowledged: _acknowledged,
    WarningDismissed: _dismissed,
    WarningCaseOpened: _case_opened,
    WarningSituationOpened: _situation_opened,
}


def rank_of(warning: Warned) -> tuple[float, datetime | None, str]:
    """The strangest first, then the older; a raised warning always has a time."""
    return warning.per_day, warning.raised_at, warning.warning_id


def warning_view(warning: Warned) -> dict[str, Any]:
    """What the desks' topic says: ids of cases, no words of callers."""
    return (
        warning_public(warning)
        | {
            "cells": list(warning.cells),  # all of them
            "lat": warning.lat,
            "lng": warning.lng,
            "radius_km": warning.radius_km,
            "low": warning.low,
            "high": warning.high,
            "strength": warning.strength,
            "p": warning.p,
            "per_day": warning.per_day,
            "peak": warning.peak,
            "updated_at": warning.updated_at,
            "case_ids": list(warning.case_ids[:MOST_IDS]),
            "acknowledged_at": warning.acknowledged_at,
            "acknowledged_by": warning.acknowledged_by,
            "opened_cases": list(warning.opened_cases),
            "situation_id": warning.situation_id,
            "version": warning.seq,
        }
    )


def warning_public(warning: Warned) -> dict[str, Any]:
    """What a public screen may say: subject, area, numbers, and the cells to be outlined; no case, no word of anybody.

    Cells tell no more than the public map, which counts cases by cell.
    """
    return {
        "id": warning.warning_id,
        "category": warning.category,
        "said": warning.said,
        "state": warning.state,
        "area": warning.area,
        "window_h": warning.window_h,
        "observed": warning.observed,
        "expected": warning.expected,
        "owner": warning.owner,
        "since": warning.raised_at,
        "cells": list(warning.cells) if len(warning.cells) <= MOST_OUTLINED else [],
    }


def warning_is_spent(warning: Warned, now: datetime) -> bool:
    """Whether it ended so long ago that it may leave memory."""
    return warning.closed_at is not None and now - warning.closed_at >= KEEP_CLOSED


def verdicts_of(warnings: Iterable[Warned], since: datetime | None = None) -> dict[str, Any]:
    """How many warnings were of use, in all and by category; merged ones count with the warning they became part of.

    `useful` is out of `judged`: those that led to a case or situation, were acknowledged, or were dismissed.
    """
    counted = [
        warning
        for warning in warnings
        if warning.raised_at is not None and not warning.merged_into and (since is None or warning.raised_at >= since)
    ]
    by_category: dict[str, Counter[str]] = {}
    for warning in counted:
        by_category.setdefault(warning.category, Counter())[warning.verdict] += 1
    total = sum(by_category.values(), Counter[str]())
    return {
        **_figures(total),
        "by_category": {category: _figures(n) for category, n in sorted(by_category.items())},
        "dismissed_for": dict(Counter(w.dismiss_reason for w in counted if w.dismiss_reason).most_common(MOST_IDS)),
    }


def _figures(counts: Counter[str]) -> dict[str, int]:
    known = {name: counts[name] for name in VERDICTS}
    judged = sum(n for name, n in known.items() if name != NOT_JUDGED)
    return {"warnings": counts.total(), "judged": judged, "useful": known[ACTED] + known[ACKNOWLEDGED], **known}
