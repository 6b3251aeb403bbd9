"""Which cell lies in which area: found level by level with geopandas, and kept on disk under the file's hash.

A coarse cell that lies wholly in an area, with a margin for descendants that stick out of it, settles its whole
family at once; only cells near a border are looked at one by one.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import h3

from geo import cells, features

# A cell's owner: the index of the area that covers it wholly, or the indices (in file order) of those that reach
# into it and must be asked point by point. Cells in no area are absent.
Owner: TypeAlias = int | tuple[int, ...]
Table: TypeAlias = dict[str, Owner]

TABLE_VERSION = 1
# Hexagons are enlarged before they are compared. Descendants reach out to 1.164 times their ancestor's size, and
# sides on an edge of the icosahedron bulge by up to a tenth (both measured over the globe), so this is enough.
_GROWTH = {cells.FINEST: 1.15}
_GROWTH_OF_FAMILIES = 1.35


def shapes_to_table(shapes: Sequence[features.Shape]) -> Table:
    """The owner of every finest cell that any of the shapes reaches into."""
    return families_to_table(shapes, shapes_to_families(shapes))


def shapes_to_families(shapes: Sequence[features.Shape]) -> list[str]:
    """Cells at `COARSEST` whose descendants may touch one of the shapes (some more than needed)."""
    boxes = {features.shape_to_box(part) for shape in shapes for part in features.shape_to_polygons(shape)}
    inside = {cell for box in boxes for cell in cells.cells_in_box(*box, cells.COARSEST)}
    return list(dict.fromkeys(chain.from_iterable(h3.grid_disk(cell, 1) for cell in sorted(inside))))


def families_to_table(shapes: Sequence[features.Shape], families: Iterable[str]) -> Table:
    """Owners of the finest descendants of `families`, all cells at `COARSEST`."""
    table: Table = {}
    pending = list(families)
    for resolution in range(cells.COARSEST, cells.FINEST + 1):
        owners = _owners(shapes, pending, resolution)
        pending = []
        for cell, owner in owners.items():
            if isinstance(owner, int):
                table.update(dict.fromkeys(h3.cell_to_children(cell, cells.FINEST), owner))
            elif resolution == cells.FINEST:
                table[cell] = owner
            else:
                pending += h3.cell_to_children(cell, resolution + 1)
    return table


def _owners(shapes: Sequence[features.Shape], candidates: Sequence[str], resolution: int) -> Table:
    """Owners of cells of one resolution; where the first area that reaches in covers all, it is the owner."""
    if not candidates:
        return {}
    import geopandas

    hexagons = geopandas.GeoSeries(
        features.cells_to_shapes(candidates, _GROWTH.get(resolution, _GROWTH_OF_FAMILIES)), crs="OGC:CRS84"
    )
    areas = geopandas.GeoSeries(list(shapes), crs="OGC:CRS84")
    # The areas ask, because the side that asks is the one that GEOS prepares, and theirs are the many vertices.
    reaching: dict[int, list[int]] = {}
    for area, cell in hexagons.sindex.query(areas, predicate="intersects").T.tolist():
        reaching.setdefault(cell, []).append(area)
    covering = {(area, cell) for area, cell in hexagons.sindex.query(areas, predicate="covers").T.tolist()}
    return {
        candidates[cell]: found[0] if (found[0], cell) in covering else tuple(found)
        for cell, found in ((cell, sorted(found)) for cell, found in sorted(reaching.items()))
    }


# ---- on disk


def save_table(path: Path, table: Table) -> None:
    """Write the table, whole or not at all; a disk that cannot take it is reported as a warning only."""
    import numpy as np

    settled = {cell: owner for cell, owner in table.items() if isinstance(owner, int)}
    crossed = {cell: owner for cell, owner in table.items() if isinstance(owner, tuple)}
    arrays: dict[str, Any] = {
        "settled": np.array([h3.str_to_int(cell) for cell in settled], dtype=np.uint64),
        "owner": np.array(list(settled.values()), dtype=np.int32),
        "crossed": np.array([h3.str_to_int(cell) for cell in crossed], dtype=np.uint64),
        "asked": np.array([len(owner) for owner in crossed.values()], dtype=np.int32),
        "askable": np.array(list(chain.from_iterable(crossed.values())), dtype=np.int32),
    }
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            np.savez(file, **arrays)
        temporary.replace(path)
    except OSError as error:
        warnings.warn(f"{path}: area table not kept ({error}); it will be built again", RuntimeWarning, stacklevel=2)
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def load_table(path: Path, areas: int) -> Table | None:
    """The table as saved, or None when there is none that can be used for that number of areas."""
    import zipfile

    import numpy as np

    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            settled, owner, crossed, asked, askable = (
                kept[name].tolist() for name in ("settled", "owner", "crossed", "asked", "askable")
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if len(settled) != len(owner) or len(crossed) != len(asked) or sum(asked) != len(askable):
        return None
    if not all(0 <= index < areas for index in {*owner, *askable}):
        return None
    table: Table = {f"{cell:x}": index for cell, index in zip(settled, owner, strict=True)}
    rest = iter(askable)
    table.update({f"{cell:x}": tuple(next(rest) for _ in range(n)) for cell, n in zip(crossed, asked, strict=True)})
    return table
