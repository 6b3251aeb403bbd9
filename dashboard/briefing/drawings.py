"""What a briefing draws: the last weeks, the problems beside what is usual, and where the cases were."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import h3

from dashboard.briefing.document import Briefing
from layouts.briefing import charts
from layouts.briefing.words import Speaker
from layouts.context import Context

COARSE = 8  # cells of resolution 9 are dust on a map the size of a hand
LEAST_DAYS = 2
MARGIN = 0.02


def drawings(briefing: Briefing, speaker: Speaker, context: Context) -> dict[str, str]:
    """SVG by name; what there is nothing to draw of is left out."""
    labels = charts.labels(speaker.lang)
    found: dict[str, str] = {}
    received = briefing.figures["cases_received"]
    if len(briefing.cases.daily) >= LEAST_DAYS:
        of_days = briefing.span == "day"
        low, high = (received.low, received.high) if of_days else (None, None)
        found["daily"] = charts.daily(briefing.cases.daily, low, high, labels)
    if rows := [row for row in briefing.cases.categories if row.received]:
        plain = [{name: getattr(row, name) for name in row.__struct_fields__} for row in rows]
        found["categories"] = charts.ranked(plain, [speaker.name("categories", row.name) for row in rows], labels)
    if briefing.cases.cells:
        found["map"] = _map(briefing.cases.cells, context, labels)
    return found


def _map(cells: list[dict[str, Any]], context: Context, labels: dict[str, str]) -> str:
    counts: dict[str, int] = {}
    for row in cells:
        parent = h3.cell_to_parent(row["cell"], COARSE)
        counts[parent] = counts.get(parent, 0) + row["received"]
    outlines = list(_rings(context))
    hexagons = {cell: list(h3.cell_to_boundary(cell)) for cell in counts}
    frame = _Frame([point for ring in outlines or hexagons.values() for point in ring])
    drawn = [(frame.of(hexagons[cell]), n) for cell, n in sorted(counts.items())]
    return charts.city_map([frame.of(ring) for ring in outlines], drawn, frame.ratio, labels)


def _rings(context: Context) -> Iterable[list[tuple[float, float]]]:
    """The outer rings of the districts, as (lat, lng)."""
    for feature in (context.outlines or {}).get("features", []):
        shape = feature["geometry"]
        parts = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        for part in parts:
            yield [(lat, lng) for lng, lat in part[0]]


class _Frame:
    """Degrees to the unit square, so that a kilometre is as long from east to west as from south to north."""

    def __init__(self, points: list[tuple[float, float]]):
        lats, lngs = [lat for lat, _ in points], [lng for _, lng in points]
        self.north, self.west = max(lats), min(lngs)
        self.height, self.width = max(lats) - min(lats) or 1e-9, max(lngs) - min(lngs) or 1e-9
        self.ratio = min(1.4, self.height / (self.width * math.cos(math.radians(sum(lats) / len(lats)))))

    def of(self, ring: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
        inner = 1 - 2 * MARGIN
        return [
            (MARGIN + inner * (lng - self.west) / self.width, MARGIN + inner * (self.north - lat) / self.height)
            for lat, lng in ring
        ]
