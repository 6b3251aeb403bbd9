"""How long the script of one redraw of 20,000 occupied cells takes, beside restyling them as GeoJSON."""

from __future__ import annotations

import random
from collections.abc import Iterator
from statistics import median
from typing import Any

import h3

from benchmarks.browser import NO_BROWSER, wall
from benchmarks.machine import browser_path
from benchmarks.results import Result, not_measured, percentile, rounded
from benchmarks.run import Run
from benchmarks.servers import Servers
from benchmarks.traffic import CENTRE
from dashboard.grid import MOST, grid_slice
from geo.cells import FINEST
from streams.keys import Keys

NAME = "browser-redraw"
ASKS = "ms of script to redraw 20,000 occupied cells, beside restyling as many GeoJSON features"
TARGET = "≤ 16 ms"
MOST_MS = 16.0
CELLS = (20_000, 20_000, 2_000)
DRAWINGS = (60, 20, 5)
RESTYLINGS = (5, 2, 1)
# A layer of the product on the wall's own map, far enough out that every cell is in sight at the finest resolution.
DRAW = """async ({ answers, counts, drawings }) => {
  const L = window.L, map = hexwatch.map.map, look = hexwatch.map.cells.look, grid = new hexwatch.Grid();
  answers.forEach((answer) => grid.add(answer));
  const layer = new (hexwatch.hexLayer(L))("benchmark-cells", 420);
  layer.setup(grid, look);
  layer.key = "benchmark";
  layer.resolution = () => 9;
  counts.forEach((n, i) => layer.counts.set(i, n));
  map.setView([%f, %f], %f, { animate: false });
  layer.addTo(map);
  const times = [];
  let cells = 0;
  for (let i = 0; i < drawings; i++) {
    for (let k = 0; k < 20; k++) layer.counts.set((i * 20 + k) %% counts.length, 1 + ((i + k) %% 40));
    const painted = new Promise((resolve) => (layer.onDrawn = resolve));
    layer.redraw();
    const drawn = await painted;
    times.push(drawn.ms);
    cells = drawn.cells;
  }
  layer.remove();
  return { times, cells };
}"""
RESTYLE = """async ({ answers, times, canvas }) => {
  const L = window.L, map = hexwatch.map.map, colours = hexwatch.map.cells.look.colours;
  const features = answers.flatMap((answer) => {
    const bytes = Uint8Array.from(atob(answer.boundary), (c) => c.charCodeAt(0)), at = new Float32Array(bytes.buffer);
    return answer.cells.map((id, i) => {
      const ring = [0, 1, 2, 3, 4, 5, 0].map((k) => [at[i * 12 + 2 * k + 1], at[i * 12 + 2 * k]]);
      return { type: "Feature", properties: { n: i }, geometry: { type: "Polygon", coordinates: [ring] } };
    });
  });
  const renderer = canvas ? L.canvas() : L.svg();
  const layer = L.geoJSON({ type: "FeatureCollection", features }, { renderer, style: { weight: 1 } }).addTo(map);
  const took = [];
  for (let i = 0; i < times; i++) {
    const style = (f) => ({ fillColor: colours[(f.properties.n + i) % colours.length], fillOpacity: 0.7, weight: 1 });
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const began = performance.now();
    layer.setStyle(style);
    if (canvas) await new Promise((resolve) => requestAnimationFrame(resolve)); // it draws in the next frame
    took.push(performance.now() - began);
  }
  layer.remove();
  return took;
}"""
ZOOM = 9.5


def measure(run: Run) -> Iterator[Result]:
    if browser_path() is None:
        yield not_measured(NAME, "ms", TARGET, NO_BROWSER)
        return
    servers, count = run.live(), run.pick(*CELLS)
    answers, counts = _city(servers, count)
    with wall(servers) as page:
        drawn: dict[str, Any] = page.evaluate(
            DRAW % (*CENTRE, ZOOM), {"answers": answers, "counts": counts, "drawings": run.pick(*DRAWINGS)}
        )
        times = run.pick(*RESTYLINGS)
        svg = page.evaluate(RESTYLE, {"answers": answers, "times": times, "canvas": False})
        canvas = page.evaluate(RESTYLE, {"answers": answers, "times": times, "canvas": True})
    typical = median(drawn["times"])
    yield Result(
        name=NAME,
        value=rounded(typical),
        unit="ms of script (median)",
        target=TARGET,
        met=typical <= MOST_MS and drawn["cells"] == count,
        n=len(drawn["times"]),
        compared_with={
            "p90 ms": rounded(percentile(drawn["times"], 0.9)),
            "restyling L.geoJSON as SVG, ms": rounded(median(svg)),
            "restyling L.geoJSON on a canvas, ms": rounded(median(canvas)),
            "SVG ÷ ours": rounded(median(svg) / typical),
        },
        conditions={
            "cells drawn": drawn["cells"],
            "features restyled": count,
            "browser": "headless Chromium, software rendering, 1920×1080; L.geoJSON is what dl.GeoJSON uses",
        },
    )


def _city(servers: Servers, count: int) -> tuple[list[dict[str, Any]], list[int]]:
    """The geometry of `count` cells around the centre as the server sends it, and their counts."""
    middle, rings = h3.latlng_to_cell(*CENTRE, FINEST), 1
    while 3 * rings * (rings + 1) + 1 < count:
        rings += 1
    cells = sorted(h3.grid_disk(middle, rings))[:count]
    keys = Keys("benchmark-redraw")
    servers.client.rpush(keys.grid, *cells)
    answers = [grid_slice(servers.client, keys, start) for start in range(0, count, MOST)]
    rng = random.Random(8)
    return answers, [int(rng.paretovariate(1.2)) for _ in cells]
