"""Early warnings of a period from the archive: how many were raised, with which cases, and what people made of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from dashboard.briefing.figures import Figure, figure
from dashboard.briefing.period import Period
from hotline.grave_words import grave_words
from hotline.warned import ACKNOWLEDGED, ACTED, Warned, fold_warning, rank_of, verdicts_of
from layouts.briefing.definitions import LIST_OF_WARNING, UNTOLD
from streams.archive import lists
from streams.archive.checkpoints import order
from streams.archive.facts import envelopes
from streams.archive.query import Row
from streams.archive.view import EVERYTHING, View, Where
from streams.codec import Malformed, payload_of
from streams.events import WarningPayload, WarningSaying, recording_of

LOOK_BACK = timedelta(days=7)  # an open warning is told anew while it stands; one that is older has long faded
LONGEST_WINDOW = timedelta(hours=25)  # in which the cases of a warning came in
MOST_TOLD = 20
NUMBERS = ("area", "window_h", "observed", "expected", "per_day", "owner")  # as told with the most cases, `told_at`
ENDED = ("raised_at", "closed_at", "verdict", "dismiss_reason", "situation_id")  # as known at the end
SHOWN = ("warning_id", "category", "said", *NUMBERS, "told_at", *ENDED)


class Known(NamedTuple):
    """A warning as its facts left it, and as it stood when it was told with the most cases, the first such time."""

    last: Warned
    most: Warned


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One warning with the cases that it named, the latest first. `subject`: the category of grave words, or its own.

    `figure`: the name of the list of its cases; "" where it counted more than it names (20), so that none is as long.
    """

    warning_id: str
    subject: str
    said: str
    area: str
    window_h: int
    observed: int
    expected: float
    told_at: datetime
    is_open: bool
    verdict: str
    case_ids: tuple[str, ...] = ()
    figure: str = ""


class WarningCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What early warning said within a period. `open_n` stand open at its end and are not dismissed, one of them the
    `strangest`; `told` are these and those that the period raised (up to 20); `dismissed_for` counts reasons.
    """

    figures: dict[str, Figure]
    open_n: int = 0
    strangest: Told | None = None
    told: list[Told] = []
    dismissed_for: dict[str, int] = {}

    def listed(self, name: str) -> Told | None:
        """The warning whose cases are found under a figure's name."""
        return next((one for one in self.told if name and one.figure == name), None)


def count_warnings(view: View, period: Period, where: Where = EVERYTHING) -> WarningCounts:
    """The warnings raised within the period, and those that stand open at its end."""
    known = warnings_known(view, period, where)
    if not known:
        names = ("warnings_raised", "warnings_useful")
        return WarningCounts(figures={name: figure(name, None, why=UNTOLD["warnings"]) for name in names})
    raised = raised_within(known, period)
    said = verdicts_of([one.last for one in raised])
    standing = sorted((one for one in known if one.last.is_shown), key=lambda one: rank_of(one.most))
    useful, judged = said["useful"], said["judged"]
    told = _told(view, period, standing, [one for one in raised if not one.last.is_shown])
    strangest = [one for one in told if one.warning_id == standing[0].last.warning_id] if standing else [None]
    return WarningCounts(
        figures={
            "warnings_raised": figure("warnings_raised", len(raised)),
            "warnings_useful": figure("warnings_useful", useful, n=useful, of=judged),
        },
        open_n=len(standing),
        strangest=strangest[0],
        told=told,
        dismissed_for=said["dismissed_for"],
    )


def warnings_known(view: View, period: Period, where: Where = EVERYTHING) -> list[Known]:
    """Every warning of the period and the week before, as its facts told it before the period's end."""
    days = view.days_from(period.start - LOOK_BACK, period.end)
    rows = view.arrow(
        f"SELECT * EXCLUDE (day) FROM {view.table('events', days)} WHERE type LIKE 'warning.%' AND recorded_at < ?"
        " ORDER BY seq, index",
        [period.end],
    )
    known: dict[str, Known] = {}
    for entry_id, envelope in envelopes(rows):
        try:
            payload = payload_of(envelope)
        except Malformed:
            continue
        if isinstance(payload, WarningPayload):
            before = known.get(payload.warning_id)
            recording = recording_of(envelope, order(entry_id)[0])
            after = fold_warning(before and before.last, payload, recording)
            known[payload.warning_id] = Known(after, _most(before, after, payload))
    return [one for one in known.values() if not where.area or one.last.area in where.area]


def _most(before: Known | None, after: Warned, payload: WarningPayload) -> Warned:
    if before is None or (isinstance(payload, WarningSaying) and before.most.updated_at is None):
        return after
    return after if after.observed > before.most.observed else before.most


def raised_within(known: list[Known], period: Period) -> list[Known]:
    """Those that the period raised; what became part of another counts with that one."""
    return [
        one
        for one in known
        if one.last.raised_at is not None
        and period.start <= one.last.raised_at < period.end
        and not one.last.merged_into
    ]


def useful_of(raised: list[Known]) -> list[Known]:
    """Those that people did something about, or took note of."""
    return [one for one in raised if one.last.verdict in (ACTED, ACKNOWLEDGED)]


def shown(warning: Known) -> dict[str, Any]:
    """One warning as a row: its numbers as told with the most cases, and what became of it."""
    last, most = warning
    numbers = {name: getattr(most, name) for name in NUMBERS} | {"told_at": most.updated_at}
    ended = {name: getattr(last, name) for name in ENDED}
    return {"warning_id": last.warning_id, "category": last.category, "said": last.said} | numbers | ended


def cases_of(view: View, period: Period, told: Told) -> list[Row]:
    """The cases that a warning named, as known at the period's end, the latest first."""
    return lists.cases_named(view, told.case_ids, told.told_at - LONGEST_WINDOW, period.end)


def _told(view: View, period: Period, standing: list[Known], ended: list[Known]) -> list[Told]:
    """With their cases; first what callers said that is grave, then what stands open, the strangest of each first.

    A list is offered only where it is as long as the number.
    """
    first = sorted([*standing, *ended], key=lambda one: (not one.last.said, not one.last.is_shown, *rank_of(one.most)))
    if standing[:1] and standing[0] not in first[:MOST_TOLD]:
        first.insert(MOST_TOLD - 1, standing[0])
    rows = [_row(one) for one in first[:MOST_TOLD]]
    if not rows:
        return []
    named = [case_id for row in rows for case_id in row.case_ids]
    since = min(row.told_at for row in rows) - LONGEST_WINDOW
    found = {row["case_id"] for row in lists.cases_named(view, named, since, period.end)}
    return [
        row
        if row.case_ids and len(row.case_ids) == row.observed and found.issuperset(row.case_ids)
        else msgspec.structs.replace(row, case_ids=(), figure="")
        for row in rows
    ]


def _row(warning: Known) -> Told:
    last, most = warning
    assert most.updated_at is not None, "a warning that was raised was told"
    return Told(
        warning_id=last.warning_id,
        subject=grave_words().categories.get(last.said) or last.category,
        said=last.said,
        area=most.area,
        window_h=most.window_h,
        observed=most.observed,
        expected=most.expected,
        told_at=most.updated_at,
        is_open=last.is_open,
        verdict=last.verdict,
        # Windows are counted in parts of five minutes: of the cases named the latest are those that were counted.
        case_ids=most.case_ids[: most.observed],
        figure=f"{LIST_OF_WARNING}{last.warning_id}",
    )
