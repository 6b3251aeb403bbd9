"""Geometry of the numbered cells, sent once: vertices and the parents that coarser maps draw."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import redis

from dashboard.blocking import run_blocking
from geo.cells import COARSEST, FINEST, cell_to_parent, cells_to_boundaries
from streams.keys import Keys

MOST = 5000  # cells in one answer; the page asks again from where this one ended


def grid_slice(client: redis.Redis, keys: Keys, start: int) -> dict[str, Any]:
    """Cells `start … start + 5000` of the grid.

    `boundary` is base64 of float32 little-endian, per cell six (lat, lng) vertices. `coarse[res]` lists the parents
    that occur, their boundaries, and for each cell the index of its parent in that list.
    """
    with client.pipeline(transaction=True) as pipe:
        pipe.llen(keys.grid)
        pipe.lrange(keys.grid, start, start + MOST - 1)
        total, raw = pipe.execute()
    return run_blocking(_geometry, start, total, [cell.decode() for cell in raw])


def _geometry(start: int, total: int, cells: list[str]) -> dict[str, Any]:
    return {
        "from": start,
        "total": total,
        "cells": cells,
        "boundary": _packed(cells),
        "coarse": {str(res): _level(cells, res) for res in range(FINEST - 1, COARSEST - 1, -1)},
    }


def _level(cells: list[str], resolution: int) -> dict[str, Any]:
    parents = [cell_to_parent(cell, resolution) for cell in cells]
    ids = list(dict.fromkeys(parents))
    place = {parent: index for index, parent in enumerate(ids)}
    return {"ids": ids, "boundary": _packed(ids), "index": [place[parent] for parent in parents]}


def _packed(cells: list[str]) -> str:
    if not cells:
        return ""
    return base64.b64encode(np.ascontiguousarray(cells_to_boundaries(cells), dtype="<f4").tobytes()).decode()
