"""A small made city: a patch of cells in Boston, two subjects, seeded cases."""

from __future__ import annotations

from datetime import UTC, datetime

import h3
import numpy as np

from geo.warning.arrays import DAY_S, HOUR_S, Floats
from geo.warning.grid import Grid
from geo.warning.learning import History

ZONE = "America/New_York"
CENTRE = h3.latlng_to_cell(42.33, -71.08, 9)
CELLS = sorted(h3.grid_disk(CENTRE, 5))  # 91
SINCE = datetime(2026, 3, 2, 5, tzinfo=UTC)  # a Monday, midnight in Boston
SINCE_S = SINCE.timestamp()


def made_grid(categories: tuple[str, ...] = ("lights", "trees")) -> Grid:
    """Half of the cells in `west`, half in `east`."""
    west = {cell for cell in CELLS if h3.cell_to_latlng(cell)[1] < -71.08}
    return Grid(CELLS, categories, {cell: "west" if cell in west else "east" for cell in CELLS})


def daily(hours: Floats) -> Floats:
    """Cases per hour by the hour since SINCE: three times as many by day as by night."""
    return np.where((hours % 24 >= 8) & (hours % 24 < 20), 1.5, 0.5)


def made_history(
    days: int = 28,
    per_hour: tuple[float, ...] = (3.0, 1.0),
    seed: int = 1,
    scatter: float = 0.0,
    grid: Grid | None = None,
) -> History:
    """Cases of a quiet city: rates times `daily`, even over cells, with `scatter` of each cell's day (gamma)."""
    rng, grid = np.random.default_rng(seed), grid or made_grid()
    times, cells, categories = [], [], []
    for number, rate in enumerate(per_hour):
        for hour in range(days * 24):
            weight = np.ones(len(CELLS))
            if (scatter and hour % 24 == 0) or (scatter and hour == 0):
                weight = rng.gamma(1 / scatter, scatter, len(CELLS))
            n = rng.poisson(rate * float(daily(np.array(float(hour)))) * weight / len(CELLS))
            cell = np.repeat(np.arange(len(CELLS)), n)
            times.append(SINCE_S + (hour + rng.random(len(cell))) * HOUR_S)
            cells.append(cell)
            categories.append(np.full(len(cell), number))
    columns = (
        np.concatenate(times),
        np.concatenate(cells).astype(np.int32),
        np.concatenate(categories).astype(np.int32),
    )
    return History.of(*columns, SINCE_S, SINCE_S + days * DAY_S)
