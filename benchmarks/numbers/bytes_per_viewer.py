"""How many bytes a viewer costs per second, beside a page that polls the same cells as GeoJSON each second."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

from benchmarks.drip import Drip
from benchmarks.numbers.seen_in_browser import WALL_TOPICS
from benchmarks.results import Result, rounded
from benchmarks.run import Run
from benchmarks.servers import Servers
from benchmarks.traffic import Traffic
from benchmarks.viewers import Viewers
from geo.features import cell_to_feature, features_to_collection
from streams.codec import encode

NAME = "bytes-per-viewer"
ASKS = "bytes per viewer and second of one measure's cells, beside polling their GeoJSON"
CELLS = "cells:open:"
MOST_SHARE = 1 / 50
PER_S = 50
VIEWERS = 10
SECONDS = (15.0, 3.0, 2.0)
GZIP_LEVEL = 6


def measure(run: Run) -> Iterator[Result]:
    servers, seconds = run.live(), run.pick(*SECONDS)
    with (
        Viewers(servers, VIEWERS, [CELLS]) as one,
        Viewers(servers, VIEWERS, WALL_TOPICS) as whole,
        Drip(servers, Traffic(seed=300), PER_S),
    ):
        whole.report()
        cells_per_s = _rate(one.over(seconds))
        wall_per_s = _rate(whole.report())
    occupied, polled = _geojson(servers)
    share = cells_per_s / len(polled)
    yield Result(
        name=NAME,
        value=round(cells_per_s),
        unit="bytes/s per viewer",
        target="≤ 1/50 of polling",
        met=share <= MOST_SHARE,
        n=round(seconds * VIEWERS),
        compared_with={
            "polling GeoJSON each second, gzip, bytes/s": len(polled),
            "polling ÷ frames": rounded(1 / share),
            "all topics of the wall, bytes/s": round(wall_per_s),
        },
        conditions={
            "occupied cells": occupied,
            "events/s": PER_S,
            "frames": "as they come through the socket with all of its framing; n is viewer-seconds",
            "polling": f"gzip level {GZIP_LEVEL}, body only: its request and headers are not counted",
        },
    )


def _rate(report: dict[str, Any]) -> float:
    return float(report["bytes"]) / report["viewers"] / report["seconds"]


def _geojson(servers: Servers) -> tuple[int, bytes]:
    """(cells, the same picture as a compressed collection of polygons)."""
    counts: Any = servers.client.hgetall(servers.keys.view(CELLS))
    grid: Any = servers.client.lrange(servers.keys.grid, 0, -1)
    features = [cell_to_feature(grid[int(number)].decode(), {"n": int(n)}) for number, n in counts.items()]
    return len(features), gzip.compress(encode(features_to_collection(features)), GZIP_LEVEL)
