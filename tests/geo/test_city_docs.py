"""docs/cities.md: every key is explained, and its examples are city files and a catalogue that load."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from geo.catalogue import Catalogue, Category, Kind
from geo.cities import Bounds, Centre, City, Deadline, Population, View

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "cities.md").read_text(encoding="utf-8")
*EXAMPLES, CATALOGUE = re.findall(r"```toml\n(.+?)```", TEXT, re.DOTALL)
KEYS = [field.encode_name for field in msgspec.structs.fields(City)]


@pytest.mark.parametrize("key", KEYS)
def test_every_key_of_a_city_has_a_row(key: str) -> None:
    (row,) = re.findall(rf"^\| `{key}` \| (yes )?\| (.+) \|$", TEXT, re.MULTILINE)
    needed = next(field.required for field in msgspec.structs.fields(City) if field.encode_name == key)
    assert (row[0] == "yes ") is needed
    assert len(row[1]) > 20


@pytest.mark.parametrize("part", [Bounds, View, Deadline, Population, Centre, Category, Kind, Catalogue])
def test_every_key_of_a_part_is_mentioned(part: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(part):
        assert re.search(rf"`(population\.)?{field.encode_name}[` ]|\[{field.encode_name}\b", TEXT) or (
            re.search(rf"^{field.encode_name} = ", CATALOGUE, re.MULTILINE)
        ), field.encode_name


def test_no_row_explains_a_key_that_is_not_there() -> None:
    assert re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE) != []
    assert set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)) == set(KEYS)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_are_city_files(tmp_path: Path, example: str) -> None:
    path = tmp_path / "zaragoza.toml"
    path.write_text(example, encoding="utf-8")
    empty = {"type": "FeatureCollection", "features": []}
    (tmp_path / "zaragoza_districts.geojson").write_text(json.dumps(empty), encoding="utf-8")
    (tmp_path / "zaragoza_catalogue.toml").write_text(CATALOGUE, encoding="utf-8")
    city = City.from_toml(path)
    assert city.name() == "Zaragoza"
    if city.catalogue:
        assert city.load_catalogue().name_of("category", "gas_smell", "es") == "Olor a gas"


def test_there_is_a_smallest_and_a_fuller_example_and_the_fuller_shows_every_key() -> None:
    assert len(EXAMPLES) == 2
    assert all(re.search(rf"^(\[{key}|{key} =)", EXAMPLES[1], re.MULTILINE) for key in KEYS)
