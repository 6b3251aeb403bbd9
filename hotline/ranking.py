"""Scores and ranks of units over a period, by a rule set: ranks are ranges, as wide as the numbers leave open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from hotline.cases import Case
from hotline.ranking_rules import RuleSet
from hotline.rates import Counts, Rate, Rates, Why, excluded, rates_of

UnitOf = Callable[[Case], str]  # "" for a case by which nobody is judged


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Points from 0 to 100; `low` and `high` are all three rates at the ends of their intervals at once, so that the
    range is rather too wide than too narrow."""

    value: float
    low: float
    high: float


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One unit. `rank` is (best, worst) that its points allow; None without a score."""

    unit: str
    counts: Counts
    rates: Rates
    score: Score | None = None
    rank: tuple[int, int] | None = None


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """All units, those with a score first and the best of them first; and what stands in no row, by reason.

    `total` cases have their deadline in the period: those of the rows (dispatched or not, due or not yet) and the
    excluded ones.
    """

    rows: tuple[Row, ...]
    excluded: dict[str, int]
    waiting: int  # closed, and nobody has asked the caller yet
    not_due: int
    total: int


def month_of(period: str, zone: ZoneInfo) -> tuple[datetime, datetime, date]:
    """(first instant, first instant after, last day) of a local month `YYYY-MM`. Raises ValueError."""
    try:
        first = date.fromisoformat(f"{period}-01")
    except ValueError:
        raise ValueError("period: a month as YYYY-MM, such as 2026-03") from None
    after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    start, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, after))
    return start, end, after - timedelta(days=1)


def rank(cases: Iterable[Case], unit_of: UnitOf, rules: RuleSet, now: datetime) -> Ranking:
    """The ranking of the cases of one period, as far as it is known at `now`."""
    counts: dict[str, Counts] = {}
    left_out: Counter[str] = Counter()
    total = 0
    for case in cases:
        total += 1
        why = excluded(case, rules)
        unit = "" if why is not None else unit_of(case)
        if not unit:
            left_out[(why or Why.NO_UNIT).value] += 1
            continue
        counts.setdefault(unit, Counts()).add(case, rules, now)
    rows = [_row(unit, known, rules) for unit, known in sorted(counts.items())]
    return Ranking(
        rows=tuple(ranked(rows)),
        excluded={why.value: left_out[why.value] for why in Why},
        waiting=sum(known.waiting for known in counts.values()),
        not_due=sum(known.not_due for known in counts.values()),
        total=total,
    )


def _row(unit: str, counts: Counts, rules: RuleSet) -> Row:
    rates = rates_of(counts, rules)
    return Row(unit=unit, counts=counts, rates=rates, score=score(rates, rules))


def score(rates: Rates, rules: RuleSet) -> Score | None:
    """The weighted sum of the three rates; None while one of them is not known."""
    if rates.response is None or rates.resolution is None or rates.satisfaction is None:
        return None
    weighted: list[tuple[float, Rate]] = [
        (rules.weights.response, rates.response),
        (rules.weights.resolution, rates.resolution),
        (rules.weights.satisfaction, rates.satisfaction),
    ]
    value, low, high = (
        100 * sum(weight * getattr(rate, bound) for weight, rate in weighted) for bound in ("value", "low", "high")
    )
    return Score(value=value, low=low, high=high)


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Rows with their ranges of ranks: better than a unit is who surely has more points, worse who surely has less."""
    scored = [row for row in rows if row.score is not None]
    lows = [row.score.low for row in scored if row.score is not None]
    highs = [row.score.high for row in scored if row.score is not None]
    placed = []
    for row in scored:
        assert row.score is not None
        best = 1 + sum(low > row.score.high for low in lows)
        worst = sum(high >= row.score.low for high in highs)
        placed.append(msgspec.structs.replace(row, rank=(best, worst)))
    placed.sort(key=_by_points)
    return [*placed, *(row for row in rows if row.score is None)]


def _by_points(row: Row) -> tuple[float, str]:
    return (-row.score.value if row.score is not None else 0.0, row.unit)
