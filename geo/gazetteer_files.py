"""Files of places: landmarks of a city in TOML, written by hand, and its streets in JSON, learnt from records."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec

from geo.cities import CITIES, Latitude, Longitude, base_city_id
from geo.gazetteer import Place
from geo.toml_files import read_toml, typed

VERSION = 1
FORMAT = "hexwatch-streets"


class Landmark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place that everybody knows: its position, its names by language, others it goes by, and how large it is."""

    lat: Latitude
    lng: Longitude
    names: dict[str, Annotated[str, msgspec.Meta(min_length=1)]]
    precision_m: Annotated[int, msgspec.Meta(gt=0)] = 150
    also: tuple[str, ...] = ()


class Landmarks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The landmarks of a city by id, and where the positions are from."""

    source: Annotated[str, msgspec.Meta(min_length=1)]
    landmarks: dict[str, Landmark] = {}


class Streets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The streets that were learnt for a city, from which file and how many of its records."""

    city: str
    learnt_from: str
    records: int
    streets: tuple[Place, ...]
    format: str = FORMAT
    version: int = VERSION


def landmarks_file(city_id: str, folder: Path = CITIES) -> Path:
    """Where the landmarks of a city stand; a replay or a simulation has those of its city."""
    return folder / f"{base_city_id(city_id)}_landmarks.toml"


def read_landmarks(path: Path) -> list[Place]:
    """The landmarks of a file, without their areas. Raises ValueError naming the file, the key and what is needed."""
    known = typed(read_toml(path), Landmarks, path, "a file of landmarks")
    if bare := [key for key, landmark in known.landmarks.items() if not landmark.names]:
        raise ValueError(f"{path}: landmarks.{bare[0]}.names: give at least one name")
    return [
        Place(
            id=f"landmark:{key}",
            kind="landmark",
            names=landmark.names,
            also=landmark.also,
            lat=landmark.lat,
            lng=landmark.lng,
            precision_m=landmark.precision_m,
        )
        for key, landmark in known.landmarks.items()
    ]


def write_streets(path: Path, city: str, learnt_from: str, records: int, streets: Iterable[Place]) -> int:
    """Write learnt streets, whole or not at all; returns how many. Raises OSError."""
    kept = Streets(city=city, learnt_from=learnt_from, records=records, streets=tuple(streets))
    temporary = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1))
    temporary.replace(path)
    return len(kept.streets)


def read_streets(path: Path) -> Streets:
    """What `write_streets` wrote. Raises ValueError naming the file and what is wrong with it."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Streets)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: no file of streets ({error}); `places learn` makes one") from error
    if (found.format, found.version) != (FORMAT, VERSION):
        raise ValueError(f"{path}: is {found.format} {found.version}, needs {FORMAT} {VERSION}; learn it anew")
    return found
