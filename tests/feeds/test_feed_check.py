"""`feed check`: the report says what a feed would do, and does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.feeds.check import Word, check
from streams.feeds.preset import Preset, load_preset
from tests.feeds.builders import CASES, HEADER, file_of, local, preset_from
from tests.support.shared_data import shared_path


@pytest.fixture
def preset(tmp_path: Path) -> Preset:
    return preset_from(tmp_path, CASES + '[values.channel]\n"Phone call" = "phone"')


ROWS = [
    "c1,2011-08-28 18:00:00,2011-08-29 18:00:00,2011-08-27 18:00:00,Trees,Phone call,42.5,-71.5",
    "c2,2011-08-28 19:00:00,,,Trees,Fax,0,0",
    "c3,someday,,,Trees,Fax,,",
    "c4,someday,,,Trees,Fax,,",
    "torn",
]


def test_a_report_counts_what_a_feed_would_do(tmp_path: Path, preset: Preset) -> None:
    report = check(file_of(tmp_path, HEADER + ",extra", *[row + ",x" for row in ROWS]), preset)
    assert report.rows == 5
    assert report.events == {"case.received": 2, "case.closed": 1}
    assert (report.first_at, report.last_at) == (local("2011-08-28 18:00:00"), local("2011-08-28 19:00:00"))
    assert (report.records, report.unlocated, report.never_closed) == (2, 1, 1)
    assert report.columns["received"] == ("opened",)
    assert report.unused == ("extra",)
    assert report.words["channel"] == (Word("Phone call", "phone", 1, True), Word("Fax", "Fax", 1, False))
    assert report.rejected == 3
    assert report.rejects["received: not a time: 'someday'"] == (2, b"c3,someday,,,Trees,Fax,,,x\n")
    assert report.flags == {"closed before received at source": 1}
    assert [e.id for e in report.examples] == ["c1:received", "c1:closed", "c2:received"]


def test_the_text_shows_what_a_person_must_decide(tmp_path: Path, preset: Preset) -> None:
    text = check(file_of(tmp_path, HEADER.replace("category", "kind_of_thing"), *ROWS), preset).text()
    assert text == str(check(tmp_path / "file.csv", preset))
    assert "file.csv with preset springfield (case records of springfield, America/New_York)" in text
    assert "time range       2011-08-28 18:00:00 to 2011-08-28 19:00:00 (city time)" in text
    assert "  category     NOT IN THIS FILE" in text
    assert "  subcategory  no column in the preset" in text
    assert "channel: 2 different, 1 that values.channel does not name" in text
    assert "        1  Phone call -> phone\n        1  Fax   NEW" in text
    assert "2  received: not a time: 'someday'" in text
    assert "without place    1 of 2\n" in text


def test_only_the_first_rows_are_read(tmp_path: Path, preset: Preset) -> None:
    path = file_of(tmp_path, HEADER, *[f"c{i},2011-08-28 18:00:00,,,,,," for i in range(500)])
    assert check(path, preset, rows=20).rows == 20
    assert check(path, preset).rows == 500


def test_a_file_that_a_replay_would_refuse_says_so(tmp_path: Path, preset: Preset) -> None:
    report = check(file_of(tmp_path, HEADER, *ROWS, *["torn"] * 100), preset)
    assert report.refused_at == 50
    assert "A replay would refuse this file: at row 50 most of the rows were malformed." in report.text()


def test_a_check_leaves_nothing_behind(tmp_path: Path, preset: Preset) -> None:
    path = file_of(tmp_path, HEADER, *ROWS)
    before = sorted(tmp_path.iterdir())
    check(path, preset)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.shared
def test_rows_per_unit_count_calls_not_rows() -> None:
    report = check(shared_path("emergency/sf_fire_calls_2016-12-31_2017-01-05.csv.gz"), load_preset("sf-fire"), 6_000)
    assert (report.rows, report.records, report.events["incident.received"]) == (5_843, 2_720, 2_720)
    assert report.missing == ("lat", "lng")
    assert "3 -> 1" in report.text()


@pytest.mark.shared
def test_text_never_shows_personal_fields() -> None:
    path = shared_path("emergency/montgomery_pa_911_2015-12_2016-05.csv.gz")
    assert "REINDEER CT" not in check(path, load_preset("montgomery-911"), 3).text()
