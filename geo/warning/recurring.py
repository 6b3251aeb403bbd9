"""Problems that come back: cells and categories with more than their share, month after month."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from geo.warning.arrays import DAY_S, Booleans, Floats, Indexes
from geo.warning.grid import RINGS, Grid, disk_columns

MONTH_DAYS = 28  # four whole weeks: months of equal length, with every weekday equally often
HIGH = 2.0  # a month counts when it has this many times the place's share of all cases
LEAST_A_MONTH = 3
LEAST_MONTHS = 2
CHANCE = 1e-4


class Recurring(NamedTuple):
    """A cell with its neighbours and a category: cases of each period, oldest first, and what would be usual.

    `high` counts periods with clearly more than usual; `excess` is how many cases all periods have above it.
    """

    cell: str
    category: str
    area: str
    months: tuple[int, ...]
    expected: tuple[float, ...]
    high: int
    excess: float
    chance: float


def recurring(
    grid: Grid, times_s: Floats, cell: Indexes, category: Indexes, until_s: float, months: int = 4, most: int = 20
) -> list[Recurring]:
    """The matters that return most, ranked by the number of high periods, then by excess cases.

    Periods of 28 days that end at `until_s`. Usual for a place is its share of all other cases, times the city's
    cases of the category: a street that reports much of everything does not lead the list for that. Overlapping
    places of one category are told once, by the worst.
    """
    month = months - 1 - ((until_s - times_s - 1e-6) // (MONTH_DAYS * DAY_S)).astype(np.int64)
    rows = (month >= 0) & (month < months)
    size, categories = len(grid.cells), len(grid.categories)
    keys = (month[rows] * size + cell[rows]) * categories + category[rows]
    counts = np.bincount(keys, minlength=months * size * categories).reshape(months, size, categories).astype(float)
    around = np.array([_disk_sum(grid, part) for part in counts])
    everything, city = around.sum(axis=2, keepdims=True), counts.sum(axis=1, keepdims=True)
    total = np.maximum(city.sum(axis=2, keepdims=True) - city, 1.0)
    expected = (everything - around + 1.0) / total * city
    chance = special.gammainc(np.maximum(around, 1e-9), np.maximum(expected, 1e-9))
    high = (around >= LEAST_A_MONTH) & (around >= HIGH * expected) & (chance < CHANCE)
    return _ranked(grid, around, expected, high, most)


def _disk_sum(grid: Grid, counts: Floats) -> Floats:
    """Each cell with its six neighbours."""
    padded = np.vstack([counts, np.zeros((1, counts.shape[1]))])
    columns = grid.zones_of[:, disk_columns(1)].astype(np.int64)
    centres = np.where(columns < grid.zones, (columns - grid.first_disk) // len(RINGS), len(counts))
    found: Floats = padded[centres].sum(axis=1)
    return found


def _ranked(grid: Grid, around: Floats, expected: Floats, high: Booleans, most: int) -> list[Recurring]:
    times = high.sum(axis=0)
    excess = (around - expected).sum(axis=0)
    cells, categories = np.nonzero(times >= LEAST_MONTHS)
    order = np.lexsort((-excess[cells, categories], -times[cells, categories]))
    told: set[tuple[int, int]] = set()
    found: list[Recurring] = []
    for position in order.tolist():
        cell, category = int(cells[position]), int(categories[position])
        if (cell, category) in told:
            continue
        zone = grid.first_disk + cell * len(RINGS) + 2
        told |= {(int(other), category) for other in grid.zone_cells(zone)}
        area = int(grid.area_of[cell])
        n, mean = around[:, cell, category], expected[:, cell, category]
        found.append(
            Recurring(
                cell=grid.cells[cell],
                category=grid.categories[category],
                area=grid.areas[area] if area >= 0 else "",
                months=tuple(int(value) for value in n),
                expected=tuple(round(float(value), 1) for value in mean),
                high=int(times[cell, category]),
                excess=round(float(excess[cell, category]), 1),
                chance=float(special.gammainc(max(n.sum(), 1e-9), max(mean.sum(), 1e-9))),
            )
        )
        if len(found) == most:
            break
    return found
