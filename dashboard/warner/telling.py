"""From what early warning sees to what it says: facts for the log, and the picture for the API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import h3
import numpy as np

from dashboard.warner.field import HOURS, Curve, Seen, counts_of
from geo.cells import FINEST
from geo.warning.baseline import Mark
from geo.warning.tails import intervals
from hotline.similar.place import ground_m
from hotline.warning_model import Model
from hotline.warnings import Warning
from streams.events import WarningClosed, WarningSaying

MOST_CELLS = 500
DISKS = (20, 40, 60)  # rings around the middle of a warning within which its nearest cells are looked for
Said = TypeVar("Said", bound=WarningSaying)
_SAME = tuple(
    name for name in WarningSaying.__struct_fields__ if name in Warning.__struct_fields__ and name not in ("lat", "lng")
)


def saying(warning: Warning, kind: type[Said]) -> Said:
    """The fact that a warning stands so."""
    fields: dict[str, Any] = {name: getattr(warning, name) for name in _SAME}
    place = {"lat": round(warning.lat, 5), "lng": round(warning.lng, 5)}
    return kind(warning_id=warning.id, **(fields | place | {"cells": nearest(warning.cells, warning.lat, warning.lng)}))


def nearest(cells: Sequence[str], lat: float, lng: float) -> tuple[str, ...]:
    """A warning of a whole area or city has too many cells for one fact: those nearest to its middle stand for it."""
    if len(cells) <= MOST_CELLS:
        return tuple(cells)
    middle, some = h3.latlng_to_cell(lat, lng, FINEST), set[str]()
    for ring in DISKS:  # a whole city is not sorted at each look
        some = set(cells).intersection(h3.grid_disk(middle, ring))
        if len(some) >= MOST_CELLS:
            break
    place = {cell: h3.cell_to_latlng(cell) for cell in (some if len(some) >= MOST_CELLS else cells)}
    near = sorted(place, key=lambda cell: (ground_m(lat, lng, *place[cell]), cell))
    return tuple(sorted(near[:MOST_CELLS]))


def closing(warning_id: str, merged_into: str = "") -> WarningClosed:
    return WarningClosed(warning_id=warning_id, merged_into=merged_into)


def seen_of(
    model: Model | None,
    status: dict[str, Any],
    recurring: Sequence[dict[str, Any]],
    warnings: Sequence[Warning],
    cases: Iterable[tuple[float, str, str]],
    now: datetime,
    marks: Sequence[Mark] = (),
) -> Seen:
    """The whole city as of `now`; without a model only what can be said of that."""
    if model is None or not model.is_ready:
        return Seen(at=now, status=status)
    ends = [now - timedelta(hours=HOURS - 1 - hour) for hour in range(HOURS)]
    rates = np.stack([model.baseline.city(end.timestamp(), marks, (1,))[:, 0] for end in ends], axis=1)
    share = model.baseline.with_cells(len(model.grid.cells)).share
    counts = counts_of(cases, now, model.grid.index, model.categories)
    seen = {"rates": rates, "share": share, "counts": counts, "ends": ends}
    return Seen(
        at=now,
        status=status,
        cells=list(model.grid.cells),
        categories=list(model.grid.categories),
        share=share.astype(np.float32).tobytes(),
        rates=rates.astype(np.float32).tobytes(),
        counts=counts.tobytes(),
        curves={warning.id: _curve(model, warning, seen) for warning in warnings if warning.state != "closed"},
        recurring=list(recurring),
    )


def _curve(model: Model, warning: Warning, seen: dict[str, Any]) -> Curve:
    """Its cells and category over the last 24 hours, with the band that holds 95 % of usual hours."""
    category = model.categories.get(warning.category)
    cells = [model.grid.index[cell] for cell in warning.cells if cell in model.grid.index]
    if category is None or not cells:
        return []
    counts = seen["counts"]
    mine = counts[(counts[:, 1] == category) & np.isin(counts[:, 0], cells)]
    observed = np.bincount(mine[:, 2], weights=mine[:, 3], minlength=HOURS)
    expected = float(seen["share"][cells, category].sum()) * seen["rates"][category]
    known = [cell for cell in cells if cell < len(model.baseline.seen)]
    own = 1 / (float(model.baseline.seen[known, category].sum()) + 1)
    scale = min(range(5), key=lambda n: abs((1, 7, 19, 37, 150)[n] - len(cells)))
    dispersion = float(model.baseline.dispersion[scale, category, 0]) + own
    columns = (observed.astype(int), np.round(expected, 3), *intervals(expected, np.array(dispersion)))
    return list(zip(seen["ends"], *(column.tolist() for column in columns), strict=True))
