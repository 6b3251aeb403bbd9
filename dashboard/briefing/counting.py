"""The figures of a briefing from the archive: counts, stocks, and how they compare. Nothing here words anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from dashboard.briefing.chance import Judged, judged
from dashboard.briefing.figures import Figure, figure
from dashboard.briefing.period import Period, comparisons, history
from geo.days import local_date
from layouts.briefing.definitions import UNTOLD
from streams.archive import lists, query
from streams.archive.longest import longest_waiting
from streams.archive.manifest import START
from streams.archive.schema import FLOWS, STOCKS
from streams.archive.view import EVERYTHING, View, Where

TOP = 10
BOTH = ("category", "area")
DAYS_SHOWN = 28
COMPARED = ("received", "closed")  # flows beside which the other periods stand
NOT_ACTUAL = ("Exercise", "Test", "System", "Draft")


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """One category or area: how many were received, beside what was usual. `matters`: merged cases counted once."""

    name: str
    received: int
    matters: int
    before: int
    expected: float | None
    low: float | None
    high: float | None
    is_unusual: bool | None
    open: int = 0
    overdue: int = 0
    deadline: int = 0


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The change that is furthest from the usual, and where most of it is."""

    by: str  # "category" or "area"
    name: str
    received: int
    expected: float
    low: float
    high: float
    questions: int
    where: str  # of a category: the area with most of the excess
    where_received: int
    where_expected: float


class CaseCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What the archive counts of cases."""

    figures: dict[str, Figure]
    compared: dict[str, dict[str, int]]  # period -> figure -> value; periods that the archive does not reach are absent
    categories: list[Ranked]
    areas: list[Ranked]
    change: Change | None
    daily: list[dict[str, Any]]  # of the last four weeks: day, received, closed
    channels: list[dict[str, Any]]
    languages: list[dict[str, Any]]
    rates: list[dict[str, Any]]  # by area: followed up, contacted, resolved, satisfied, with their denominators
    cells: list[dict[str, Any]]
    oldest_open: list[dict[str, Any]]
    oldest_overdue: list[dict[str, Any]]
    by_area: dict[str, int] = {}  # received, of every area
    beside: dict[str, date] = {}  # first days of the periods in `compared`


class Split(NamedTuple):
    """Rows by category and area: received now, in earlier periods like it, in the one before, merged; and standing."""

    now: list[dict[str, Any]]
    earlier: list[list[dict[str, Any]]]
    before: list[dict[str, Any]]
    merged: list[dict[str, Any]]
    standing: list[dict[str, Any]]


def begins_after(view: View, period: Period) -> datetime | None:
    """When the archive of a city that lived before it began, if that is a later day than the period's first.

    Of the day on which it began it found everything; of the days before only what stood open.
    """
    taken = [file.at for file in view.manifest.of("checkpoints") if file.at is not None]
    if view.manifest.begun == START or not taken:
        return None
    return min(taken) if local_date(min(taken), view.zone) > period.first else None


def first_day(view: View) -> date | None:
    """The first local day of which the archive has cases."""
    days = [file.day for file in view.manifest.of("case_events")]
    return date.fromisoformat(min(days)) if days else None


def count_cases(view: View, period: Period, where: Where = EVERYTHING, like: date | None = None) -> CaseCounts:
    """Everything of a period that cases can tell. `like`: the day of last year to compare with."""
    start, end = period.start, period.end
    flows = query.counts(view, start, end, where)[0]
    since = first_day(view)
    earlier = [past for past in history(period) if since is not None and past.first >= since]
    earlier_flows = {past.first: query.counts(view, past.start, past.end, where, BOTH) for past in earlier}
    received = judged(flows["received"], [_total(rows) for rows in earlier_flows.values()])
    split = query.counts(view, start, end, where, BOTH)
    by_cell = query.counts(view, start, end, where, ("cell",))
    unlocated = sum(row["received"] for row in by_cell if row["cell"] is None)
    due = lists.cases_behind(view, "due", start, end, where, limit=0).total
    others = comparisons(period, like) if since is not None else {}
    beside = {name: past for name, past in others.items() if since is not None and past.first >= since}
    instants = [end, *(past.end for past in beside.values())]
    standing, *stood = query.stocks(view, instants, where, BOTH)
    known = Split(
        now=split,
        earlier=list(earlier_flows.values()),
        before=query.counts(view, past.start, past.end, where, BOTH) if (past := beside.get("before")) else [],
        merged=_merged(view, period, where),
        standing=standing,
    )
    return CaseCounts(
        figures=_figures(flows, _stocks(standing), received, unlocated, due),
        compared=_compared(view, beside, stood, where),
        categories=_ranked(known, "category"),
        areas=_ranked(known, "area"),
        change=_largest_change(split, known.earlier),
        daily=_daily(view, period, where, since),
        channels=_nonzero(query.counts(view, start, end, where, ("channel",))),
        languages=_nonzero(query.counts(view, start, end, where, ("language",))),
        rates=_nonzero(query.counts(view, start, end, where, ("area",)), "followed_up"),
        cells=_cells(by_cell),
        oldest_open=_longest(view, "open", end, where),
        oldest_overdue=_longest(view, "overdue", end, where),
        by_area={name: n for name, n in _by(split, "area").items() if name},
        beside={name: past.first for name, past in beside.items()},
    )


def _figures(
    flows: dict[str, int], stock: dict[str, int], received: Judged, unlocated: int, due: int
) -> dict[str, Figure]:
    band = received.band
    expected: dict[str, Any] = {"why": UNTOLD["usual"]}
    if band is not None:
        expected = {"expected": band.expected, "low": received.low, "high": received.high, "days": band.days}
    deadline = stock["deadline"]
    return {
        "cases_received": figure("cases_received", flows["received"], **expected),
        "cases_closed": figure("cases_closed", flows["closed"]),
        "cases_closed_late": figure(
            "cases_closed_late", flows["closed_late"], n=flows["closed_late"], of=flows["closed"]
        ),
        "cases_followed_up": figure("cases_followed_up", flows["followed_up"]),
        "cases_open": figure("cases_open", stock["open"]),
        "cases_with_deadline": figure("cases_with_deadline", deadline, n=deadline, of=stock["open"]),
        "cases_overdue": figure("cases_overdue", stock["overdue"], n=stock["overdue"], of=deadline),
        "cases_due_24h": figure("cases_due_24h", due),
        "cases_without_location": figure("cases_without_location", unlocated, n=unlocated, of=flows["received"]),
    }


def _compared(
    view: View, beside: dict[str, Period], stood: list[list[dict[str, Any]]], where: Where
) -> dict[str, dict[str, int]]:
    found = {}
    for (name, past), rows in zip(beside.items(), stood, strict=True):
        stock = _stocks(rows)
        flows = query.counts(view, past.start, past.end, where)[0]
        found[name] = {f"cases_{flow}": flows[flow] for flow in COMPARED} | {
            "cases_open": stock["open"],
            "cases_overdue": stock["overdue"],
        }
    return found


def _total(rows: Iterable[dict[str, Any]]) -> int:
    return sum(row["received"] for row in rows)


def _by(rows: Iterable[dict[str, Any]], column: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        found[row[column]] = found.get(row[column], 0) + row["received"]
    return found


def _stocks(rows: Iterable[dict[str, Any]]) -> dict[str, int]:
    found = dict.fromkeys(STOCKS, 0)
    for row in rows:
        for name in STOCKS:
            found[name] += row[name]
    return found


def _nonzero(rows: list[dict[str, Any]], name: str = "") -> list[dict[str, Any]]:
    """Rows that say something, the largest first."""
    kept = [row for row in rows if (row[name] if name else any(row[flow] for flow in FLOWS))]
    return sorted(kept, key=lambda row: -row[name or "received"])


def _ranked(known: Split, column: str) -> list[Ranked]:
    now, before, merged = _by(known.now, column), _by(known.before, column), _by(known.merged, column)
    names = sorted(now, key=lambda name: (-now[name], name))[:TOP]
    past = [_by(rows, column) for rows in known.earlier]
    stocks = {name: _stocks(row for row in known.standing if row[column] == name) for name in names}
    return [
        _row(name, now[name], merged.get(name, 0), before.get(name, 0), [p.get(name, 0) for p in past], stocks[name])
        for name in names
    ]


def _row(name: str, received: int, merged: int, before: int, past: Sequence[int], stock: dict[str, int]) -> Ranked:
    said = judged(received, past, TOP)
    return Ranked(
        name=name,
        received=received,
        matters=received - merged,
        before=before,
        expected=None if said.band is None else said.band.expected,
        low=None if said.band is None else said.low,
        high=None if said.band is None else said.high,
        is_unusual=said.is_unusual,
        open=stock["open"],
        overdue=stock["overdue"],
        deadline=stock["deadline"],
    )


def _merged(view: View, period: Period, where: Where) -> list[dict[str, Any]]:
    """Cases received within the period that another one stands for, as known at its end."""
    condition, values = where.sql()
    days = view.days_from(period.start, period.end)
    names = ", ".join(BOTH)
    return view.rows(
        f"SELECT {names}, count(*) AS received FROM (SELECT * FROM {view.table('case_events', days)}"
        " WHERE recorded_at < ? QUALIFY row_number() OVER (PARTITION BY case_id ORDER BY seq DESC, index DESC) = 1)"
        f" WHERE received_at >= ? AND merged_into <> '' AND {condition} GROUP BY {names}",
        [period.end, period.start, *values],
    )


def _largest_change(split: list[dict[str, Any]], earlier: list[list[dict[str, Any]]]) -> Change | None:
    """The unusual category or area with the largest distance from what was expected, or None within chance."""
    found: list[tuple[float, Change]] = []
    asked = {
        column: set(_by(split, column)).union(*(_by(rows, column) for rows in earlier))
        for column in ("category", "area")
    }
    questions = sum(len(names) for names in asked.values())
    for column, names in asked.items():
        now, past = _by(split, column), [_by(rows, column) for rows in earlier]
        for name in names:
            said = judged(now.get(name, 0), [p.get(name, 0) for p in past], questions)
            if said.is_unusual and name:
                found.append((abs(said.excess), _change(column, name, said, split, earlier)))
    return max(found, key=lambda pair: (pair[0], pair[1].by, pair[1].name))[1] if found else None


def _change(
    column: str, name: str, said: Judged, split: list[dict[str, Any]], earlier: list[list[dict[str, Any]]]
) -> Change:
    """With the part of it that lies in one area (of an area: in one category)."""
    other = "area" if column == "category" else "category"
    now = _by([row for row in split if row[column] == name], other)
    past = [_by([row for row in rows if row[column] == name], other) for rows in earlier]
    mean = {key: sum(p.get(key, 0) for p in past) / len(past) for key in now}
    most = max((key for key in now if key), key=lambda key: (abs(now[key] - mean[key]), key), default="")
    assert said.band is not None
    return Change(
        by=column,
        name=name,
        received=said.value,
        expected=said.band.expected,
        low=said.low,
        high=said.high,
        questions=said.questions,
        where=most,
        where_received=now.get(most, 0),
        where_expected=mean.get(most, 0.0),
    )


def _daily(view: View, period: Period, where: Where, since: date | None) -> list[dict[str, Any]]:
    """Whole days only; a running one is not among them."""
    last = period.last if period.is_whole else local_date(period.end, view.zone) - timedelta(days=1)
    first = max(last - timedelta(days=DAYS_SHOWN - 1), since or period.first)
    if last < first:
        return []
    found = {row["period"]: row for row in query.trend(view, first, last, "day", (), where)}
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [{"day": day, **{name: found.get(day, {}).get(name, 0) for name in COMPARED}} for day in days]


def _cells(by_cell: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = sorted((row for row in by_cell if row["cell"] is not None), key=lambda row: (-row["received"], row["cell"]))
    return [{"cell": f"{row['cell']:x}", "received": row["received"]} for row in kept if row["received"]]


def _longest(view: View, figure: str, at: datetime, where: Where) -> list[dict[str, Any]]:
    rows = longest_waiting(view, figure, at, where, TOP)
    kept = ("case_id", "category", "area", "owner", "grade", "received_at", "target_at", "reopened", "returned")
    return [{key: row[key] for key in kept} for row in rows]


def alerts_issued(view: View, period: Period) -> list[dict[str, Any]]:
    """Alerts of the period that were meant."""
    found = lists.alerts(view, period.start, period.end)
    kept = ("alert_id", "sender", "event", "severity", "headline", "sent_at", "expires_at", "ended_at", "ended_by")
    return [{key: row[key] for key in kept} for row in found if row["status"] not in NOT_ACTUAL]
