"""What the warner last saw of the whole city: counted and expected per cell, category and hour; written for the API.

One file, replaced as a whole at each look. It holds counts, no words and no ids of cases.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from dashboard.settings import Settings
from geo.cells import FINEST, cell_to_parent

HOURS = 24
SMALLEST = 0.05  # what is less than this is not drawn
MEASURES = ("expected", "observed", "residual")
SAID = "said:"
Curve = list[tuple[datetime, int, float, float, float]]  # end of the hour, observed, expected, low, high


class NoField(Exception):
    """The warner has not looked yet, or has nothing to compare with."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The file. `share` (cells x categories) and `rates` (categories x hours) are float32, `counts` int32 rows of
    (cell, category, hour, n); hour 0 is the oldest of the 24 that end at `at`.
    """

    at: datetime
    status: dict[str, Any]
    cells: list[str] = []
    categories: list[str] = []
    share: bytes = b""
    rates: bytes = b""
    counts: bytes = b""
    curves: dict[str, Curve] = {}
    recurring: list[dict[str, Any]] = []


def field_path(settings: Settings) -> Path:
    """Where this machine keeps the file of a city."""
    return settings.data / f"warnings-{settings.city}.seen"


def read_seen(path: Path) -> Seen:
    """The file as it is. Raises NoField when there is none of ours."""
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Seen)
    except (OSError, msgspec.DecodeError):
        raise NoField("early warning has not looked at this city yet") from None


def counts_of(
    cases: Iterable[tuple[float, str, str]], now: datetime, cells: Mapping[str, int], categories: Mapping[str, int]
) -> Any:
    """Rows (cell, category, hour, n) of the last 24 hours; what the model does not know is left out."""
    known = ((at_s, cells.get(cell, -1), categories.get(category, -1)) for at_s, cell, category in cases)
    rows = np.fromiter(known, dtype=[("at_s", float), ("cell", np.int64), ("category", np.int64)])
    begin = now.timestamp() - HOURS * 3600
    hour = (np.ceil((rows["at_s"] - begin) / 3600) - 1).astype(np.int64)  # an hour includes its end, which may be now
    is_counted = (hour >= 0) & (hour < HOURS) & (rows["cell"] >= 0) & (rows["category"] >= 0)
    rows, hour = rows[is_counted], hour[is_counted]
    keys, n = np.unique((rows["cell"] * len(categories) + rows["category"]) * HOURS + hour, return_counts=True)
    place, hour = np.divmod(keys, HOURS)
    return np.column_stack([*np.divmod(place, max(len(categories), 1)), hour, n]).astype(np.int32)


def field_of(seen: Seen, category: str, measure: str, at: datetime, window_h: int, res: int) -> dict[str, float]:
    """Cell of resolution `res` -> cases in the window that ends with the hour in which `at` lies.

    `category` empty: all, without what rests on words. `residual` is observed less expected. Raises NoField for a
    city without a model, or an unknown category.
    """
    if not seen.cells:
        raise NoField(str(seen.status.get("words") or "nothing is learnt yet"))
    columns = _columns(seen.categories, category)
    last = hour_of(seen, at)
    first = max(0, last - window_h + 1)
    values = np.zeros(len(seen.cells))
    if measure in ("observed", "residual"):
        rows = np.frombuffer(seen.counts, dtype=np.int32).reshape(-1, 4)
        rows = rows[np.isin(rows[:, 1], columns) & (rows[:, 2] >= first) & (rows[:, 2] <= last)]
        np.add.at(values, rows[:, 0], rows[:, 3])
    if measure in ("expected", "residual"):
        share = np.frombuffer(seen.share, dtype=np.float32).reshape(len(seen.cells), -1)[:, columns]
        rates = np.frombuffer(seen.rates, dtype=np.float32).reshape(-1, HOURS)[columns, first : last + 1].sum(axis=1)
        values += (share @ rates) * (1 if measure == "expected" else -1)
    return _at_resolution(seen.cells, values.tolist(), res)


def hour_of(seen: Seen, at: datetime) -> int:
    """Which of the 24 hours an instant lies in; earlier and later ones are the first and last."""
    begin = seen.at - timedelta(hours=HOURS)
    return min(HOURS - 1, max(0, math.ceil((at - begin) / timedelta(hours=1)) - 1))


def _columns(categories: Sequence[str], category: str) -> list[int]:
    found = [n for n, name in enumerate(categories) if name == category or (not category and not name.startswith(SAID))]
    if not found:
        raise NoField(f"category {category[:100]!r} is not known to early warning")
    return found


def _at_resolution(cells: Sequence[str], values: Sequence[float], res: int) -> dict[str, float]:
    summed: dict[str, float] = {}
    for cell, value in zip(cells, values, strict=True):
        if value:
            key = cell if res == FINEST else cell_to_parent(cell, res)
            summed[key] = summed.get(key, 0.0) + value
    return {cell: round(value, 2) for cell, value in summed.items() if abs(value) >= SMALLEST}
