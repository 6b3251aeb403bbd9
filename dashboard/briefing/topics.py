"""Candidates for the topic of the month (每月一题): what came back at one place, month after month."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from dashboard.briefing.counting import first_day
from dashboard.briefing.period import Period
from geo.warning.arrays import DAY_S
from geo.warning.grid import Grid
from geo.warning.recurring import LEAST_MONTHS, MONTH_DAYS, recurring
from streams.archive.view import EVERYTHING, View, Where, bounds_of

MONTHS, MOST = 4, 5
COMPLAINT = "complaint"  # what the city enters itself, or answers at once, is no problem of its streets


def month_topics(view: View, period: Period, where: Where = EVERYTHING) -> list[dict[str, Any]] | None:
    """The matters that returned most in the last (up to four) times 28 days before the period's end.

    None where the archive reaches back less than twice that long.
    """
    since = first_day(view)
    if since is None:
        return None
    known_days = (period.end - bounds_of(since, view.zone)[0]).days
    months = min(MONTHS, known_days // MONTH_DAYS)
    if months < LEAST_MONTHS:
        return None
    start = period.end - timedelta(days=MONTH_DAYS * months)
    condition, filters = where.sql()
    month_us = MONTH_DAYS * round(DAY_S) * 1_000_000
    rows = view.arrow(
        f"SELECT (epoch_us(?) - epoch_us(received_at) - 1) // {month_us} AS back, cell, category,"
        f" any_value(area) AS area, count(*) AS n FROM {view.table('cases', view.days_from(start, period.end))}"
        f" WHERE kind = ? AND cell IS NOT NULL AND received_at >= ? AND received_at < ? AND {condition}"
        " GROUP BY back, cell, category ORDER BY back, cell, category",
        [period.end, COMPLAINT, start, period.end, *filters],
    )
    return _ranked(rows, period.end.timestamp(), months) if rows.num_rows else []


def _ranked(rows: Any, until_s: float, months: int) -> list[dict[str, Any]]:
    back, numbers, n = (rows[name].to_numpy() for name in ("back", "cell", "n"))
    cells = [f"{cell:x}" for cell in numbers.tolist()]
    categories, areas = (rows[name].to_pylist() for name in ("category", "area"))
    names = sorted(set(categories))
    grid = Grid(dict.fromkeys(cells), names, dict(zip(cells, (area or "" for area in areas), strict=True)))
    place = {name: number for number, name in enumerate(names)}
    # The middle of its 28 days stands for the time of each case.
    times = np.repeat(until_s - (back + 0.5) * MONTH_DAYS * DAY_S, n)
    where = np.repeat(np.array([grid.index[cell] for cell in cells], dtype=np.int32), n)
    what = np.repeat(np.array([place[name] for name in categories], dtype=np.int32), n)
    return [row._asdict() for row in recurring(grid, times, where, what, until_s, months, MOST)]
