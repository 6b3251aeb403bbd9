"""`places learn`: the streets of a city from its records, without a word about anybody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dashboard.cli import main
from dashboard.doctor_places import examine_places
from dashboard.places import load_gazetteer
from dashboard.settings import read_settings
from geo.cities import load_city
from tests.support.shared_data import shared_path

PRESET = """
city = "boston"
zone = "America/New_York"
[columns]
id = "id"
received = "opened"
area = "part"
address = "where"
text = "words"
lat = "lat"
lng = "lng"
"""
ROWS = [
    "id,opened,part,where,words,lat,lng",
    *(f"{n},2026-03-04 10:00:00,Roxbury,{n} Main St,Mrs Smith called,42.33,-71.08" for n in range(5)),
    "7,2026-03-04 10:00:00,Roxbury,7 Lonely Ln,me,42.33,-71.08",
    "8,2026-03-04 10:00:00,Roxbury,8 Main St,at city hall,42.3594,-71.0587",
    "9,2026-03-04 10:00:00,Roxbury,9 Main St,,,",
    "10,never,Roxbury,10 Main St,bad,42.33,-71.08",
]


def learn(tmp_path: Path, *more: str, rows: list[str] | None = None) -> tuple[Result, Path]:
    (tmp_path / "own.toml").write_text(PRESET, encoding="utf-8")
    (tmp_path / "records.csv").write_text("\n".join(ROWS if rows is None else rows) + "\n", encoding="utf-8")
    out = tmp_path / "streets.json"
    words = [
        "places",
        "learn",
        str(tmp_path / "records.csv"),
        "--preset",
        str(tmp_path / "own.toml"),
        "--out",
        str(out),
    ]
    result = CliRunner(env={"HEXWATCH_DATA": str(tmp_path / "data")}).invoke(main, [*words, *more])
    return result, out


def test_streets_are_learnt_and_found_by_the_desk(tmp_path: Path) -> None:
    result, out = learn(tmp_path)
    assert result.exit_code == 0, result.output
    assert "1 streets of 6 addresses (9 records, 1 not readable)" in result.output
    assert f"HEXWATCH_PLACES={out}" in result.output
    written = out.read_text(encoding="utf-8")
    assert not [word for word in ("Smith", "Lonely", "7 ", "called") if word in written], "nothing of anybody"
    settings = read_settings({"HEXWATCH_PLACES": str(out)}, data=tmp_path / "data")
    found = load_gazetteer(settings, load_city("boston"), None).search("12 main street")[0]
    assert (found.place.n, found.place.area, found.why) == (5, "Roxbury", ("exact", "number", "learnt"))


def test_a_street_with_one_record_is_kept_only_when_asked_for(tmp_path: Path) -> None:
    result, out = learn(tmp_path, "--least", "1")
    assert result.exit_code == 0
    assert {street["names"][""] for street in json.loads(out.read_bytes())["streets"]} == {"Main St", "Lonely Ln"}


@pytest.mark.parametrize(
    ("more", "rows", "words"),
    [
        (["--least", "0"], None, "--least"),
        (["--preset", "no-such"], None, "no-such"),
        (
            [],
            ["id,opened,part,where,words,lat,lng", "1,2026-03-04 10:00:00,Roxbury,,x,42.33,-71.08"],
            "none of 1 records",
        ),
        ([], ["a,b", "1,2"], "opened"),
        (["--out", "/dev/null/x.json"], None, "x.json"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, more: list[str], rows: list[str] | None, words: str) -> None:
    result, _ = learn(tmp_path, *more, rows=rows)
    assert result.exit_code != 0
    assert words in result.output
    assert "Traceback" not in result.output


def test_the_streets_of_boston_are_learnt_from_its_requests(tmp_path: Path) -> None:
    path = shared_path("service_requests/boston_311_2011-07_2011-10.csv.gz")
    out = tmp_path / "boston.json"
    words = ["places", "learn", str(path), "--preset", "boston-311", "--out", str(out)]
    result = CliRunner(env={"HEXWATCH_DATA": str(tmp_path / "data")}).invoke(main, words)
    assert result.exit_code == 0, result.output
    settings = read_settings({"HEXWATCH_PLACES": str(out)}, data=tmp_path / "data")
    gazetteer = load_gazetteer(settings, load_city("boston"), None)
    assert len(gazetteer.places) > 2_000
    dorchester = gazetteer.search("1200 Dorchester Ave", near=(42.29, -71.06))[0].place
    assert dorchester.names[""] == "Dorchester Ave"
    assert abs(dorchester.lat - 42.30) < 0.05
    assert abs(dorchester.lng + 71.06) < 0.03
    assert not [
        p for p in gazetteer.places if p.kind == "street" and p.names[""][0].isdigit() and " " not in p.names[""]
    ]


def test_the_doctor_says_whose_streets_they_are(tmp_path: Path) -> None:
    _, out = learn(tmp_path)
    said = {
        city: {what: grade for what, grade, _, _ in examine_places(read_settings({}, city=city, places=str(out)))}
        for city in ("boston-replay", "beijing")
    }
    assert said == {
        "boston-replay": {"landmarks": "ok", "HEXWATCH_PLACES": "ok"},
        "beijing": {"landmarks": "ok", "HEXWATCH_PLACES": "bad"},
    }
    assert [grade for _, grade, _, _ in examine_places(read_settings({}, city="boston"))] == ["ok", "note"]
    assert [grade for _, grade, _, _ in examine_places(read_settings({}, places=str(tmp_path)))] == ["ok", "bad"]
