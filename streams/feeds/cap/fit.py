"""An alert small enough for one entry of the log: outlines are drawn with fewer points, then long texts are cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from streams.codec import MAX_ENTRY_BYTES, encode
from streams.events import AlertArea, AlertInfo
from streams.feeds.cap.tree import Refused

# The rest is for ids, notes, and what the log itself adds to an entry (receipt, subject).
MOST_BYTES = MAX_ENTRY_BYTES - 12 * 1024
_METRES_PER_DEGREE = 111_195.0
_TOLERANCES_M = (10, 30, 100, 300, 1_000, 3_000)
_TEXT_LENGTHS = (4_000, 1_000, 300)

Infos = tuple[AlertInfo, ...]
Ring = tuple[tuple[float, float], ...]


def fitted(infos: Infos, most_bytes: int = MOST_BYTES) -> tuple[Infos, tuple[str, ...]]:
    """The infos within `most_bytes` of JSON, and notes on what that took. Raises Refused when nothing helps.

    Outlines lose points first, by the least tolerance that helps: no point moves further than it. Only then are
    descriptions and instructions cut, with an ellipsis: they are the longest texts, and not the first read.
    """
    if _size(infos) <= most_bytes:
        return infos, ()
    before = _points(infos)
    notes: dict[str, str] = {}
    for smaller, what, how in _smaller(infos):
        notes[what] = how
        if _size(smaller) <= most_bytes:
            after = _points(smaller)
            return smaller, tuple(f"{what} {how}".format(before=before, after=after) for what, how in notes.items())
    raise Refused(f"larger than {most_bytes // 1024} kB even with simple outlines and short texts")


def _smaller(infos: Infos) -> Iterator[tuple[Infos, str, str]]:
    """Smaller and smaller versions, each with what was done to what."""
    simple = infos
    for tolerance_m in _TOLERANCES_M if _points(infos) else ():
        simple = _each_ring(infos, tolerance_m)
        yield simple, "outlines", f"simplified within {tolerance_m} m: {{after}} of {{before}} points left"
    for length in _TEXT_LENGTHS:
        yield _cut(simple, length), "descriptions and instructions", f"cut to {length} characters"


def simplified(ring: Ring, tolerance_m: float) -> Ring:
    """The closed ring of (lat, lng) with fewer points (Douglas-Peucker); no point of it is further off than this."""
    import shapely

    shape = shapely.Polygon(ring).simplify(tolerance_m / _METRES_PER_DEGREE, preserve_topology=True)
    return tuple(shape.exterior.coords) if not shape.is_empty else ring


def _each_ring(infos: Infos, tolerance_m: float) -> Infos:
    """The same outline often stands there once per language: it is worked on once."""
    done: dict[Ring, Ring] = {}

    def changed(ring: Ring) -> Ring:
        if ring not in done:
            done[ring] = simplified(ring, tolerance_m)
        return done[ring]

    def area(each: AlertArea) -> AlertArea:
        return _with(each, polygons=tuple(map(changed, each.polygons)))

    return tuple(_with(info, areas=tuple(map(area, info.areas))) for info in infos)


def _cut(infos: Infos, length: int) -> Infos:
    def short(text: str) -> str:
        return text if len(text) <= length else text[: length - 1] + "…"

    return tuple(
        _with(info, description=short(info.description), instruction=short(info.instruction)) for info in infos
    )


def _points(infos: Infos) -> int:
    return sum(len(ring) for info in infos for area in info.areas for ring in area.polygons)


def _size(infos: Infos) -> int:
    return len(encode(infos))


def _with(value: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(value, **changes)
