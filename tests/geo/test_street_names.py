"""Streets from addresses as cities write them, and what is learnt of where they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.gazetteer_files import read_streets, write_streets
from geo.street_names import StreetLearner, address_to_streets


@pytest.mark.parametrize(
    ("address", "streets"),
    [
        ("39 Lorraine St  Roslindale  MA  02131", ["Lorraine St"]),
        ("INTERSECTION of Groveland St & River St  Mattapan  MA   ", ["Groveland St", "River St"]),
        ("INTERSECTION Corey St & Lagrange St", ["Corey St", "Lagrange St"]),
        ("0 Block of MARINA BLVD", ["Marina Blvd"]),
        ("HARRISON ST/6TH ST", ["Harrison St", "6th St"]),
        ("364 WEST  127 STREET", ["West 127 Street"]),
        ("8106 17 AVENUE", ["17 Avenue"]),
        ("17 AVENUE", ["17 Avenue"]),
        ("REINDEER CT & DEAD END", ["Reindeer Ct"]),
        ("12 1/2 Main St", ["Main St"]),
        ("12-14 Main St, Apt 3", ["Main St"]),
        ("500 Block of SOUTH VAN NESS AVE", ["South Van Ness Ave"]),
        ("东城区春和胡同12号", ["春和胡同"]),
        ("昌平区文化路117号", ["文化路"]),
        ("西城区北柳大街3号楼下", ["北柳大街"]),
        ("朝阳区春和公园附近", []),
        ("Not associated with a specific address", []),
        ("12", []),
        ("", []),
        ("?", []),
    ],
)
def test_a_street_is_what_is_left_of_an_address(address: str, streets: list[str]) -> None:
    assert address_to_streets(address) == streets


@given(st.text(max_size=80))
def test_any_text_gives_at_most_two_short_names_without_a_leading_house_number(address: str) -> None:
    found = address_to_streets(address)
    assert len(found) <= 2
    assert all(0 < len(name) <= 60 for name in found)


def test_a_street_lies_in_the_middle_of_its_records_once_for_each_area() -> None:
    learner = StreetLearner()
    for n in range(9):
        learner.add(f"{n} Main St", 42.33 + n * 0.001, -71.08, "Roxbury")
    learner.add("5 MAIN STREET", 42.30, -71.08, "Roxbury")
    learner.add("5 Main St", 42.38, -71.06, "Charlestown")
    learner.add("6 Main St", 42.38, -71.06, "Charlestown")
    learner.add("1 Lonely Ln", 42.38, -71.06, "Charlestown")
    found = {place.id: place for place in learner.streets()}
    assert set(found) == {"street:Main St|Roxbury", "street:Main St|Charlestown"}
    roxbury = found["street:Main St|Roxbury"]
    assert (roxbury.lat, roxbury.n, roxbury.names) == (pytest.approx(42.3335), 10, {"": "Main St"})
    assert 400 <= roxbury.precision_m <= 560, "nine tenths of the records"
    assert found["street:Main St|Charlestown"].precision_m == 50
    assert "street:Lonely Ln|Charlestown" in {place.id for place in learner.streets(least=1)}
    assert learner.records == 13


def test_learnt_streets_come_back_as_they_were_written(tmp_path: Path) -> None:
    learner = StreetLearner()
    for n in range(3):
        learner.add(f"{n} Main St & Élan Ave", 42.33, -71.08, "Roxbury")
    streets = list(learner.streets())
    path = tmp_path / "new" / "streets.json"
    assert write_streets(path, "boston", "records.csv", learner.records, streets) == 2
    kept = read_streets(path)
    assert (kept.city, kept.learnt_from, kept.records, list(kept.streets)) == ("boston", "records.csv", 3, streets)
    assert [p.name for p in path.parent.iterdir()] == ["streets.json"]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"city": "a"}', b"\xff"])
def test_another_file_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "streets.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"streets\.json.*places learn"):
        read_streets(path)
    with pytest.raises(ValueError, match=r"nothing\.json: cannot be read"):
        read_streets(tmp_path / "nothing.json")
