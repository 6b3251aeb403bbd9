"""The wall's scripts on an empty page, for laws that need no server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h3

ASSETS = Path(__file__).resolve().parents[2] / "assets"
PURE = (
    *("15-core.js", "18-canvas.js", "19-grid.js", "20-hexlayer.js", "23-units.js", "24-alerts.js", "25-picture.js"),
    *("26-focus.js", "40-figures.js", "41-attention.js", "42-curve.js", "43-channels.js", "45-alerts.js"),
    *("46-scenes.js", "47-modes.js", "48-keys.js", "49-month.js"),
)

# Those of the desk that know neither page nor network.
DESK = (
    *("15-core.js", "25-picture.js", "59-store.js", "61-queue.js", "62-choice.js", "63-asks.js", "63-offers.js"),
    "64-keymatch.js",
)


def load_scripts(page: Any, names: tuple[str, ...] = PURE) -> Any:
    """An empty page that knows `window.hexwatch`."""
    page.goto("about:blank")
    for name in names:
        page.add_script_tag(path=str(ASSETS / name))
    return page


def grid_answer(cells: list[str], start: int = 0) -> dict[str, Any]:
    """What /live/grid answers for these cells, the first of which has the number `start`."""
    coarse = {}
    for res in (8, 7, 6):
        parents = [h3.cell_to_parent(cell, res) for cell in cells]
        known = list(dict.fromkeys(parents))
        index = [known.index(parent) for parent in parents]
        coarse[str(res)] = {"ids": known, "boundary": boundary(known), "index": index}
    return {"from": start, "total": start + len(cells), "cells": cells, "boundary": boundary(cells), "coarse": coarse}


def boundary(cells: list[str]) -> str:
    """Base64 of little-endian float32: six (lat, lng) corners a cell, a pentagon's last one repeated."""
    import base64
    import struct

    numbers: list[float] = []
    for cell in cells:
        corners = list(h3.cell_to_boundary(cell))
        corners += [corners[-1]] * (6 - len(corners))
        numbers += [degree for corner in corners[:6] for degree in corner]
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
