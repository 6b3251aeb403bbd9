"""The areas of a city (districts, neighbourhoods): which one a point lies in, their names, outlines and labels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import h3

from geo import area_table, cells, features

# Properties that usually hold an area's name, in the order they are tried.
NAME_PROPERTIES = (
    *("name", "Name", "NAME", "name:en", "nhood", "neighborhood", "neighbourhood", "district", "boro_name", "label"),
    *("BoroCD", "FireBN"),
)
OUTLINE_TOLERANCE_M = 30.0
# Above this the table is not built ahead but family by family, as points come: it would pass 600,000 cells, 90 MB.
MOST_KM2_AHEAD = 60_000.0


class Label(NamedTuple):
    """Where an area's name is written."""

    name: str
    lat: float
    lng: float


class Areas:
    """Named areas. Where areas overlap, the first in the file owns the point; a border belongs to it too."""

    def __init__(
        self,
        shapes: Mapping[str, features.Shape],
        local_names: Mapping[str, Mapping[str, str]],
        table: area_table.Table | None = None,
    ) -> None:
        """`shapes` by name in order of precedence; `local_names` by name, then language; `table` if at hand."""
        import shapely

        self._names = tuple(shapes)
        self._shapes = list(shapes.values())
        self._local_names = local_names
        shapely.prepare(self._shapes)
        self._families: set[str] = set()
        self._ahead = sum(features.shape_area_km2(shape) for shape in self._shapes) <= MOST_KM2_AHEAD
        if table is None:
            table = area_table.shapes_to_table(self._shapes) if self._ahead else {}
        self._owners: dict[str, str | tuple[int, ...]] = {}
        self._learn(table)

    @classmethod
    def load(
        cls,
        path: Path,
        name_property: str | None = None,
        locale_names: Mapping[str, str] | None = None,
        cache_dir: Path | None = None,
    ) -> Areas:
        """Read a GeoJSON file of polygons (plain or gzip, degrees).

        `name_property` holds the name (guessed from the usual ones when absent; equal names become one area,
        features without a name belong to none). `locale_names` maps languages to properties with translations
        (absent: properties called `name:<language>`). With `cache_dir` the cell table is kept there, under the
        hash of the file. Raises ValueError naming the file and what is needed.
        """
        path = Path(path)
        found = features.read_areas(path)
        key = name_property or _guess_name_property(path, found)
        shapes = _shapes_by_name(path, found, key)
        local_names = _local_names(found, key, locale_names)
        if cache_dir is None:
            return cls(shapes, local_names)
        kept = cache_dir / f"areas-{_fingerprint(path, key)}.npz"
        table = area_table.load_table(kept, len(shapes))
        areas = cls(shapes, local_names, table)
        if table is None and areas._ahead:
            area_table.save_table(kept, areas._table())
        return areas

    def area_of(self, lat: float, lng: float, cell: str = "") -> str:
        """The name of the area at a point in degrees, or "" outside all of them.

        `cell` is the point's finest cell when the caller already has it. A cell wholly in one area costs one
        dictionary look-up; only where a border crosses the cell is the point itself compared.
        Raises ValueError when a coordinate is not a finite number and no cell is given.
        """
        cell = cell or h3.latlng_to_cell(lat, lng, cells.FINEST)
        owner = self._owners.get(cell)
        if owner is None:
            if self._ahead or self._knows_family_of(cell):
                return ""
            return self.area_of(lat, lng, cell)
        if isinstance(owner, str):
            return owner
        return next((self._names[i] for i in owner if features.shape_covers(self._shapes[i], lat, lng)), "")

    def area_of_cell(self, cell: str) -> str:
        """The area at the cell's centre, or "". For a cell at `FINEST`."""
        lat, lng = cells.cell_to_center(cell)
        return self.area_of(lat, lng, cell)

    def cells_by_area(self) -> dict[str, list[str]]:
        """Finest cells by the area at their centre, sorted; areas too small to hold a centre have none.

        Raises ValueError when the areas are too large to list (more than 60,000 square kilometres).
        """
        if not self._ahead:
            raise ValueError(f"areas of more than {MOST_KM2_AHEAD:,.0f} km2 are not listed cell by cell")
        found: dict[str, list[str]] = {name: [] for name in self._names}
        for cell, owner in sorted(self._owners.items()):
            name = owner if isinstance(owner, str) else self.area_of_cell(cell)
            if name:
                found[name].append(cell)
        return found

    def names(self) -> tuple[str, ...]:
        """All names, in the order of the file."""
        return self._names

    def local_name(self, name: str, lang: str) -> str:
        """The name in a language (`zh`, `zh-Hans`, `ar` …), or the name itself where none is given."""
        known = self._local_names.get(name, {})
        return known.get(lang) or known.get(lang.replace("_", "-").partition("-")[0]) or name

    def local_names(self, name: str) -> Mapping[str, str]:
        """Its names by language, as far as the file gives them."""
        return self._local_names.get(name, {})

    def sizes_km2(self) -> dict[str, float]:
        """Square kilometres by name, within 1 %."""
        return {name: features.shape_area_km2(shape) for name, shape in zip(self._names, self._shapes, strict=True)}

    def labels(self) -> list[Label]:
        """One point well inside each area, for its name on the map; computed once."""
        return list(self._labels)

    def outlines(self, tolerance_m: float = OUTLINE_TOLERANCE_M) -> dict[str, Any]:
        """A GeoJSON FeatureCollection for the map, simplified by about `tolerance_m` metres, shared borders shared.

        Properties: `name` and, where known, `name:<language>`.
        """
        simple = features.simplify_together(self._shapes, tolerance_m)
        return features.features_to_collection(
            features.area_to_feature(shape, {"name": name} | self._properties(name), name)
            for name, shape in zip(self._names, simple, strict=True)
        )

    @cached_property
    def _labels(self) -> list[Label]:
        return [
            Label(name, *features.shape_to_label_point(shape))
            for name, shape in zip(self._names, self._shapes, strict=True)
        ]

    def _properties(self, name: str) -> dict[str, str]:
        return {f"name:{lang}": text for lang, text in self._local_names.get(name, {}).items()}

    def _learn(self, table: area_table.Table) -> None:
        names = self._names
        self._owners.update((cell, names[owner] if isinstance(owner, int) else owner) for cell, owner in table.items())

    def _knows_family_of(self, cell: str) -> bool:
        """Whether the cell's family was looked at before; if not, it is now."""
        family = cells.cell_to_parent(cell, cells.COARSEST)
        if family in self._families:
            return True
        self._families.add(family)
        self._learn(area_table.families_to_table(self._shapes, [family]))
        return False

    def _table(self) -> area_table.Table:
        index = {name: number for number, name in enumerate(self._names)}
        return {cell: index[owner] if isinstance(owner, str) else owner for cell, owner in self._owners.items()}


def _guess_name_property(path: Path, found: Sequence[features.AreaShape]) -> str:
    for key in NAME_PROPERTIES:
        if any(_name(shape, key) for shape in found):
            return key
    present = ", ".join(dict.fromkeys(key for shape in found for key in shape.properties)) or "none at all"
    raise ValueError(f"{path}: no property called name: say which one holds it (there are: {present})")


def _name(shape: features.AreaShape, key: str) -> str:
    """A name as text; numbers lose the `.0` that spreadsheets add."""
    value = shape.properties.get(key)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _shapes_by_name(path: Path, found: Sequence[features.AreaShape], key: str) -> dict[str, features.Shape]:
    by_name: dict[str, list[features.Shape]] = {}
    for shape in found:
        if name := _name(shape, key):
            by_name.setdefault(name, []).append(shape.geometry)
    if not by_name:
        present = ", ".join(dict.fromkeys(k for shape in found for k in shape.properties)) or "none at all"
        raise ValueError(f"{path}: no feature has a property {key!r}: name one that is there ({present})")
    return {name: parts[0] if len(parts) == 1 else _dissolved(parts) for name, parts in by_name.items()}


def _dissolved(parts: Sequence[features.Shape]) -> features.Shape:
    import geopandas

    return geopandas.GeoSeries(list(parts)).union_all()


def _local_names(
    found: Sequence[features.AreaShape], key: str, locale_names: Mapping[str, str] | None
) -> dict[str, dict[str, str]]:
    local: dict[str, dict[str, str]] = {}
    for shape in found:
        properties = locale_names or {k[5:]: k for k in shape.properties if k.startswith("name:") and k[5:]}
        known = {lang: text for lang, prop in properties.items() if (text := _name(shape, prop))}
        local.setdefault(_name(shape, key), {}).update(known)
    return local


def _fingerprint(path: Path, key: str) -> str:
    parts = (str(area_table.TABLE_VERSION), h3.versions()["c"], key)
    return hashlib.sha256("\0".join(parts).encode() + b"\0" + path.read_bytes()).hexdigest()[:24]
