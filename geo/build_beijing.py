"""Makes `cities/beijing_districts.geojson` from the district map that the npm package echarts 4.9.0 carries.

Run again with: npm pack echarts@4.9.0 && tar xzf echarts-4.9.0.tgz
                python -m geo.build_beijing package/map/json/province/beijing.json

The package's coordinates are differences of 1/1024 degree written as characters (its `UTF8Encoding`), and offset as
GCJ-02 is. Here they are decoded, moved to WGS-84, closed to one gapless mosaic and simplified. What error remains is
measured by a test and printed in `cities/NOTICE.md`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from geo import features
from geo.gcj02 import gcj02_to_wgs84

OUTPUT = Path(__file__).parent / "cities" / "beijing_districts.geojson"
STEPS_PER_DEGREE = 1024
# The encoder rounds up, so a vertex lies on average half a step below what is written: taking that into account
# raises the mean overlap with an unencoded GCJ-02 copy of the same districts from 0.980 to 0.987.
ROUNDED_UP_BY = 0.5
# Of Visvalingam and Whyatt, as GEOS simplifies mosaics: 118 kB instead of 186, 3 m more of median error.
SIMPLIFY_M = 200.0
SPECK_KM2 = 0.5

Point = tuple[float, float]

# adcode -> English, Arabic
NAMES: Mapping[str, tuple[str, str]] = {
    "110101": ("Dongcheng", "دونغتشنغ"),
    "110102": ("Xicheng", "شيتشنغ"),
    "110105": ("Chaoyang", "تشاويانغ"),
    "110106": ("Fengtai", "فنغتاي"),
    "110107": ("Shijingshan", "شيجينغشان"),
    "110108": ("Haidian", "هايديان"),
    "110109": ("Mentougou", "منتوغو"),
    "110111": ("Fangshan", "فانغشان"),
    "110112": ("Tongzhou", "تونغتشو"),
    "110113": ("Shunyi", "شونيي"),
    "110114": ("Changping", "تشانغبينغ"),
    "110115": ("Daxing", "داشينغ"),
    "110116": ("Huairou", "هوايرو"),
    "110117": ("Pinggu", "بينغغو"),
    "110118": ("Miyun", "مييون"),
    "110119": ("Yanqing", "يانتشينغ"),
}


def main(source: Path, output: Path = OUTPUT) -> None:
    """Read the package's file, write ours."""
    document = json.loads(source.read_text(encoding="utf-8"))
    collection = districts_to_collection(document)
    lines = ",\n".join(
        json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in collection["features"]
    )
    output.write_text('{"type":"FeatureCollection","features":[\n' + lines + "\n]}\n", encoding="utf-8")


def districts_to_collection(document: Mapping[str, Any]) -> features.Feature:
    """Our FeatureCollection from the package's document. Raises ValueError when it is not that document."""
    raw = {str(feature["id"]): feature for feature in document["features"]}
    if not document.get("UTF8Encoding") or set(raw) != set(NAMES):
        raise ValueError("not map/json/province/beijing.json of echarts 4.9.0: use that file")
    shapes = to_mosaic([_district(feature["geometry"]) for feature in raw.values()])
    simple = features.simplify_together(shapes, SIMPLIFY_M)
    return features.features_to_collection(
        features.area_to_feature(shape, _properties(adcode, feature["properties"]["name"]), adcode)
        for (adcode, feature), shape in zip(raw.items(), simple, strict=True)
    )


def decode_ring(text: str, start: Sequence[int]) -> list[Point]:
    """Vertices (lat, lng) in degrees of one encoded ring.

    Each pair of characters is a step east and a step north from the vertex before, `start` before the first: code
    point minus 64, the sign folded into the lowest bit.
    """
    east, north = start
    ring = []
    steps = [_unfold(ord(character) - 64) for character in text]
    for step_east, step_north in zip(steps[::2], steps[1::2], strict=True):
        east += step_east
        north += step_north
        ring.append(((north - ROUNDED_UP_BY) / STEPS_PER_DEGREE, (east - ROUNDED_UP_BY) / STEPS_PER_DEGREE))
    return ring


def to_mosaic(shapes: Sequence[features.Shape]) -> list[features.Shape]:
    """The same shapes without overlaps, and without gaps and specks smaller than half a square kilometre.

    All borders cut the plane into faces. A face belongs to the first shape that holds it; a small face, or one that
    no shape holds, goes to the neighbour it shares the longest border with.
    """
    import shapely

    borders = shapely.union_all([shape.boundary for shape in shapes])
    faces = shapely.get_parts(shapely.polygonize([borders])).tolist()
    owned: list[list[features.Shape]] = [[] for _ in shapes]
    loose = []
    for face in faces:
        inside = [n for n, shape in enumerate(shapes) if shape.contains(face.representative_point())]
        if inside and features.shape_area_km2(face) > SPECK_KM2:
            owned[inside[0]].append(face)
        else:
            loose.append(face)
    mosaic = [shapely.union_all(parts) for parts in owned]
    for face in sorted(loose, key=lambda face: -face.area):
        shared = [shape.boundary.intersection(face.boundary).length for shape in mosaic]
        if max(shared) > 0:
            longest = shared.index(max(shared))
            mosaic[longest] = mosaic[longest].union(face)
    return mosaic


def _district(geometry: Mapping[str, Any]) -> features.Shape:
    import shapely

    rings = [[gcj02_to_wgs84(lat, lng) for lat, lng in decode_ring(*ring)] for ring in _encoded_rings(geometry)]
    return shapely.union_all([features.points_to_shape(ring) for ring in rings])


def _encoded_rings(geometry: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[int]]]:
    """Outer rings with their starts; no district of this file has a hole."""
    for coordinates, offsets in zip(geometry["coordinates"], geometry["encodeOffsets"], strict=True):
        if geometry["type"] == "Polygon":
            yield coordinates, offsets
        else:
            yield coordinates[0], offsets[0]


def _unfold(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _properties(adcode: str, chinese: str) -> dict[str, Any]:
    english, arabic = NAMES[adcode]
    return {"name": english, "name:zh": chinese, "name:ar": arabic, "adcode": int(adcode)}


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python -m geo.build_beijing package/map/json/province/beijing.json [OUTPUT]")
    main(*(Path(argument) for argument in sys.argv[1:]))
