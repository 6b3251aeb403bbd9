"""A made city of any size for early warning: its cells, its cases, its traffic, and a model of its last weeks.

Run as `python -m benchmarks.warned_city CELLS A_DAY DAYS NOW FILE`: learns until the instant NOW, writes the model to
FILE and says on standard output what that cost. A running city learns in a process (or thread) beside too.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import h3
import numpy as np

from benchmarks.servers import python
from benchmarks.traffic import CENTRE, Traffic
from hotline.grave_words import grave_words, said
from hotline.warning_model import PastCase, learn_model

ZONE = "Asia/Shanghai"
CATEGORIES = tuple(f"category-{number:02d}" for number in range(10))
WEIGHTS = tuple(range(1, len(CATEGORIES) + 1))  # how often each is spoken of
WITHIN = 0.0008  # degrees from the middle of a cell that are still inside it
SEED = 11


def cells_of(n: int) -> list[str]:
    """`n` cells around the centre of the traffic's city, in the order of their names."""
    ring = 0
    while 3 * ring * (ring + 1) + 1 < n:
        ring += 1
    return sorted(h3.grid_disk(h3.latlng_to_cell(*CENTRE, 9), ring))[:n]


def people_of(cells: int) -> Any:
    """How much each cell has to say: few say most."""
    return np.random.default_rng(SEED).gamma(0.7, 1.0, cells)


def past_of(cells: int, a_day: int, days: int, now: datetime) -> Iterator[PastCase]:
    """Cases at any hour, uneven over cells and categories."""
    rng = np.random.default_rng(SEED + 1)
    names = cells_of(cells)
    area = [f"d{h3.cell_to_parent(cell, 6)[-6:-3]}" for cell in names]
    n = a_day * days
    people = people_of(cells)
    where = rng.choice(cells, n, p=people / people.sum())
    what = rng.choice(len(CATEGORIES), n, p=np.array(WEIGHTS) / sum(WEIGHTS))
    at = now.timestamp() - days * 86_400 * (1 - np.sort(rng.random(n)))
    for a, w, k in zip(at.tolist(), where.tolist(), what.tolist(), strict=True):
        yield PastCase(a, names[w], CATEGORIES[k], area[w])


@dataclass
class CityTraffic(Traffic):
    """Traffic of the same city, like its past: nothing begins in it that would be worth a warning.

    `complaints`: how many of the new cases are; the rest are enquiries, which cost the engine as much and are not
    counted by early warning.
    """

    cells: int = 1_000
    complaints: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.corners = [h3.cell_to_latlng(cell) for cell in cells_of(self.cells)]
        self._people = np.cumsum(people_of(self.cells)).tolist()

    def case(self, at: datetime) -> dict[str, Any]:
        """The data of a new case."""
        kind = "complaint" if self.random.random() < self.complaints else "enquiry"
        (category,) = self.random.choices(CATEGORIES, WEIGHTS)
        return super().case(at) | {"kind": kind, "category": category}

    def place(self) -> tuple[float, float]:
        """A (lat, lng) within one of the cells, in degrees."""
        ((lat, lng),) = self.random.choices(self.corners, cum_weights=self._people)
        vary = self.random.uniform
        return round(lat + vary(-WITHIN, WITHIN), 6), round(lng + vary(-WITHIN, WITHIN), 6)


def learning(cells: int, a_day: int, days: int, now: datetime, path: Path) -> list[str]:
    """The command that learns in a process of its own."""
    return python("-m", "benchmarks.warned_city", *map(str, (cells, a_day, days)), now.isoformat(), str(path))


def main(cells: int, a_day: int, days: int, now: datetime, path: Path) -> None:
    began = time.process_time()
    themes = [said(theme) for theme in grave_words().themes]
    since_s = now.timestamp() - days * 86_400
    model = learn_model(past_of(cells, a_day, days, now), ZONE, now, since_s=since_s, categories=themes)
    path.write_bytes(model.to_bytes())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"learn_s": time.process_time() - began, "peak_mb": peak}))


if __name__ == "__main__":
    size = [int(word) for word in sys.argv[1:4]]
    main(size[0], size[1], size[2], datetime.fromisoformat(sys.argv[4]), Path(sys.argv[5]))
