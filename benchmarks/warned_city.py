"""A made city of any size for early warning: its cells, its cases, and a model learnt from its last weeks.

Run as `python -m benchmarks.warned_city CELLS A_DAY DAYS NOW FILE`: learns until the instant NOW, writes the model to
FILE and says on standard output what that cost. A running city learns in a process (or thread) beside too.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import h3
import numpy as np

from benchmarks.servers import python
from benchmarks.traffic import CENTRE
from hotline.grave_words import grave_words, said
from hotline.warning_model import PastCase, learn_model

ZONE = "Asia/Shanghai"
CATEGORIES = tuple(f"category-{number:02d}" for number in range(10))
SEED = 11


def cells_of(n: int) -> list[str]:
    """`n` cells around the centre of the traffic's city, in the order of their names."""
    ring = 0
    while 3 * ring * (ring + 1) + 1 < n:
        ring += 1
    return sorted(h3.grid_disk(h3.latlng_to_cell(*CENTRE, 9), ring))[:n]


def past_of(cells: int, a_day: int, days: int, now: datetime) -> Iterator[PastCase]:
    """Cases at any hour, uneven over cells and categories."""
    rng = np.random.default_rng(SEED)
    names = cells_of(cells)
    area = [f"d{h3.cell_to_parent(cell, 6)[-6:-3]}" for cell in names]
    n = a_day * days
    people = rng.gamma(0.7, 1.0, cells)
    where = rng.choice(cells, n, p=people / people.sum())
    weights = np.arange(1, len(CATEGORIES) + 1)
    what = rng.choice(len(CATEGORIES), n, p=weights / weights.sum())
    at = now.timestamp() - days * 86_400 * (1 - np.sort(rng.random(n)))
    for a, w, k in zip(at.tolist(), where.tolist(), what.tolist(), strict=True):
        yield PastCase(a, names[w], CATEGORIES[k], area[w])


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
