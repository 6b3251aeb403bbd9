"""Early warnings of a period from the archive: how many were raised, what people made of them, which stand open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from dashboard.briefing.figures import Figure, figure
from dashboard.briefing.period import Period
from hotline.warned import ACKNOWLEDGED, ACTED, Warned, fold_warning, rank_of, verdicts_of
from layouts.briefing.definitions import UNTOLD
from streams.archive.checkpoints import order
from streams.archive.facts import envelopes
from streams.archive.view import EVERYTHING, View, Where
from streams.codec import Malformed, payload_of
from streams.events import WarningPayload, recording_of

LOOK_BACK = timedelta(days=7)  # an open warning is told anew while it stands; one that is older has long faded
MOST_SHOWN = 10
SHOWN = (
    *("warning_id", "category", "said", "area", "window_h", "observed", "expected", "per_day", "owner"),
    *("raised_at", "closed_at", "verdict", "dismiss_reason", "situation_id"),
)


class WarningCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What early warning said within a period. `open_n` stand open at its end, of which `open` are the strangest;
    `dismissed_for` counts reasons.
    """

    figures: dict[str, Figure]
    open_n: int = 0
    open: list[dict[str, Any]] = []
    dismissed_for: dict[str, int] = {}


def count_warnings(view: View, period: Period, where: Where = EVERYTHING) -> WarningCounts:
    """The warnings raised within the period, and those that stand open at its end."""
    known = warnings_known(view, period, where)
    if not known:
        names = ("warnings_raised", "warnings_useful")
        return WarningCounts(figures={name: figure(name, None, why=UNTOLD["warnings"]) for name in names})
    raised = raised_within(known, period)
    said, standing = verdicts_of(raised), sorted((one for one in known if one.is_shown), key=rank_of)
    useful, judged = said["useful"], said["judged"]
    return WarningCounts(
        figures={
            "warnings_raised": figure("warnings_raised", len(raised)),
            "warnings_useful": figure("warnings_useful", useful, n=useful, of=judged),
        },
        open_n=len(standing),
        open=[shown(one) for one in standing[:MOST_SHOWN]],
        dismissed_for=said["dismissed_for"],
    )


def warnings_known(view: View, period: Period, where: Where = EVERYTHING) -> list[Warned]:
    """Every warning of the period and the week before, as its facts told it before the period's end."""
    days = view.days_from(period.start - LOOK_BACK, period.end)
    rows = view.arrow(
        f"SELECT * EXCLUDE (day) FROM {view.table('events', days)} WHERE type LIKE 'warning.%' AND recorded_at < ?"
        " ORDER BY seq, index",
        [period.end],
    )
    known: dict[str, Warned] = {}
    for entry_id, envelope in envelopes(rows):
        try:
            payload = payload_of(envelope)
        except Malformed:
            continue
        if isinstance(payload, WarningPayload):
            recording = recording_of(envelope, order(entry_id)[0])
            known[payload.warning_id] = fold_warning(known.get(payload.warning_id), payload, recording)
    return [one for one in known.values() if not where.area or one.area in where.area]


def raised_within(known: list[Warned], period: Period) -> list[Warned]:
    """Those that the period raised; what became part of another counts with that one."""
    return [
        one
        for one in known
        if one.raised_at is not None and period.start <= one.raised_at < period.end and not one.merged_into
    ]


def useful_of(raised: list[Warned]) -> list[Warned]:
    """Those that people did something about, or took note of."""
    return [one for one in raised if one.verdict in (ACTED, ACKNOWLEDGED)]


def shown(warning: Warned) -> dict[str, Any]:
    """One warning as a row."""
    return {name: getattr(warning, name) for name in SHOWN}
