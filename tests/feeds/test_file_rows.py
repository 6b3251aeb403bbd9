"""Files as people hand them over: quotes, blanks, broken archives, JSON in three shapes, bytes that are no text."""

from __future__ import annotations

import gzip
import json
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.feeds.preset import Preset
from streams.feeds.rows import FeedError, Health, RawRow, identity, open_rows
from tests.feeds.builders import CASES, HEADER, file_of, preset_from

GOOD = "c1,2011-08-28 18:00:00,,,Trees,,,"


@pytest.fixture
def preset(tmp_path: Path) -> Preset:
    return preset_from(tmp_path, CASES)


def rows_of(path: Path, preset: Preset) -> list[RawRow]:
    with open_rows(path, preset) as source:
        return list(source.rows)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "named_wrongly.txt"])
def test_csv_is_read_gzipped_or_not_whatever_it_is_called(tmp_path: Path, preset: Preset, name: str) -> None:
    [row] = rows_of(file_of(tmp_path, "\ufeff" + HEADER, "", GOOD + "\r", "", name=name), preset)
    assert row.values is not None
    assert row.values["opened"] == "2011-08-28 18:00:00"
    assert row.raw == GOOD.encode() + b"\r\n"


def test_a_quoted_value_may_hold_commas_quotes_and_line_ends(tmp_path: Path, preset: Preset) -> None:
    [row] = rows_of(file_of(tmp_path, HEADER, 'c1,2011-08-28,,,"a, ""b""\nc",,,'), preset)
    assert row.values is not None
    assert row.values["category"] == 'a, "b"\nc'
    assert row.raw.count(b"\n") == 2


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path, preset: Preset) -> None:
    rest = [GOOD.replace("c1", f"c{i}") for i in range(2, 402)]
    rows = rows_of(file_of(tmp_path, HEADER, GOOD, 'bad,2011,,,"Trees,,,', *rest), preset)
    [broken] = [row for row in rows if row.values is None]
    assert broken == RawRow(b'bad,2011,,,"Trees,,,\n', None, "a quote is never closed")
    assert len(rows) == 402


def test_rows_of_the_wrong_length_keep_their_bytes(tmp_path: Path, preset: Preset) -> None:
    short, long = rows_of(file_of(tmp_path, HEADER, "c1,2011", GOOD + ",more"), preset)
    assert (short.raw, short.reason) == (b"c1,2011\n", "2 columns where the header has 8")
    assert long.reason == "9 columns where the header has 8"


def test_bytes_that_are_no_text_are_kept_as_they_are(tmp_path: Path, preset: Preset) -> None:
    row, after = rows_of(file_of(tmp_path, HEADER, b"c1,2011,,,caf\xe9,,,", GOOD), preset)
    assert (row.raw, row.reason) == (b"c1,2011,,,caf\xe9,,,\n", "not utf-8")
    assert after.values is not None


def test_another_encoding_is_read_when_the_preset_names_it(tmp_path: Path) -> None:
    preset = preset_from(tmp_path, 'encoding = "gb18030"\n' + CASES)
    [row] = rows_of(file_of(tmp_path, HEADER, "c1,2011,,,供暖,,,".encode("gb18030")), preset)
    assert row.values is not None
    assert row.values["category"] == "供暖"


def test_a_line_longer_than_any_record_is_one_malformed_row(tmp_path: Path, preset: Preset) -> None:
    rows = rows_of(file_of(tmp_path, HEADER, "x" * 3_000_000, GOOD), preset)
    assert [row.reason for row in rows] == ["a line longer than 1048576 bytes", ""]


def test_a_damaged_archive_gives_what_could_be_read_and_says_where_it_ends(tmp_path: Path, preset: Preset) -> None:
    whole = gzip.compress("\n".join([HEADER] + [GOOD] * 5000).encode())
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(whole[: len(whole) - 30])
    rows = rows_of(path, preset)
    assert sum(row.values is not None for row in rows) > 4000
    assert any(row.reason.startswith("the file breaks off: ") for row in rows)


def test_a_file_that_only_looks_like_an_archive_is_one_clear_line(tmp_path: Path, preset: Preset) -> None:
    path = tmp_path / "no.gz"
    path.write_bytes(b"\x1f\x8bnothing")
    with pytest.raises(FeedError, match=r"no\.gz: is a damaged archive"):
        rows_of(path, preset)


def test_a_file_without_a_needed_column_says_what_was_looked_for(tmp_path: Path, preset: Preset) -> None:
    with pytest.raises(FeedError, match=r"file\.csv: no column for received: .* looks for opened; found id, closed"):
        rows_of(file_of(tmp_path, "id,closed", "1,2"), preset)
    with pytest.raises(FeedError, match=r"no column for id: preset springfield looks for id"):
        rows_of(file_of(tmp_path, "opened,closed", "1,2"), preset)


def test_a_file_that_is_not_there_says_so(tmp_path: Path, preset: Preset) -> None:
    with pytest.raises(FeedError, match="cannot be read: No such file"):
        rows_of(tmp_path / "absent.csv", preset)


# JSON


def test_json_arrays_and_lines_give_the_same_rows(tmp_path: Path, preset: Preset) -> None:
    objects = [{"id": "c1", "Opened": "2011"}, {"id": "供暖", "lat": 42.5, "closed": None}]
    lines = rows_of(file_of(tmp_path, *(json.dumps(o) for o in objects), name="a.jsonl"), preset)
    for written in (json.dumps(objects), json.dumps(objects, indent=2), json.dumps(objects).replace("}, ", "}\n,")):
        array = rows_of(file_of(tmp_path, written, name="a.json.gz"), preset)
        assert [row.values for row in array] == [row.values for row in lines]
    assert lines[0].values == {"id": "c1", "opened": "2011"}
    assert lines[1].values == {"id": "供暖", "lat": "42.5", "closed": None}


def test_a_geojson_point_reads_as_text(tmp_path: Path, preset: Preset) -> None:
    point = {"id": "c1", "location": {"type": "Point", "coordinates": [-73.5, 40.25]}}
    [row] = rows_of(file_of(tmp_path, json.dumps([point]), name="a.json"), preset)
    assert row.values == {"id": "c1", "location": "POINT (-73.5 40.25)"}


def test_a_damaged_object_costs_itself_and_no_other(tmp_path: Path, preset: Preset) -> None:
    text = '[{"id": "c1"},\n{"id": c2, "opened"},\n{"id": "c3"}, 7, "eight",\n{"id": "c9"}]'
    rows = rows_of(file_of(tmp_path, text, name="a.json"), preset)
    assert [row.values["id"] if row.values else row.reason[:12] for row in rows] == [
        *("c1", "not JSON: Ex", "c3", "not a JSON o", "not a JSON o", "c9"),
    ]
    assert rows[1].raw == b'{"id": c2, "opened"}'


def test_an_array_that_breaks_off_gives_what_was_whole(tmp_path: Path, preset: Preset) -> None:
    rows = rows_of(file_of(tmp_path, '[{"id": "c1"}, {"id": "c2", "op', name="a.json"), preset)
    assert [row.values and row.values["id"] for row in rows] == ["c1", None]


def test_json_lines_answer_each_line(tmp_path: Path, preset: Preset) -> None:
    lines = ['{"id": "c1"}', "{", "", "[" * 100_000, '{"id": "c2"}']
    rows = rows_of(file_of(tmp_path, *lines, name="a.jsonl"), preset)
    assert [row.values["id"] if row.values else "bad" for row in rows] == ["c1", "bad", "bad", "c2"]


@settings(max_examples=150, deadline=None)
@given(
    raw=st.binary(max_size=400), start=st.sampled_from([b"", b"[", b"{", HEADER.encode() + b"\n"]), zipped=st.booleans()
)
def test_no_bytes_whatever_break_the_reader(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, start: bytes, zipped: bool
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = folder / "any"
    path.write_bytes(gzip.compress(start + raw)[: -1 if raw[:1] == b"x" else None] if zipped else start + raw)
    with suppress(FeedError):
        for row in rows_of(path, preset_from(folder, CASES)):
            assert (row.values is None) == bool(row.reason)


# whole files


def test_a_feed_is_lost_when_most_of_its_recent_rows_are_malformed() -> None:
    def lost_at(answers: list[bool]) -> int | None:
        health = Health()
        return next((i for i, bad in enumerate(answers, 1) if health.is_lost(bad)), None)

    assert lost_at([True] * 60) == 50
    assert lost_at([False] * 10_000 + [True] * 150) == 10_101
    assert lost_at([False, True] * 5_000) is None
    assert lost_at([True] * 49 + [False] * 1_000 + [True] * 100) is None


def test_the_identity_of_a_file_is_its_content(tmp_path: Path) -> None:
    one = file_of(tmp_path, HEADER, GOOD, name="one.csv")
    same = file_of(tmp_path, HEADER, GOOD, name="same.csv")
    other = file_of(tmp_path, HEADER, GOOD.replace("c1", "c2"), name="other.csv")
    assert identity(one) == identity(same) != identity(other)


def test_reading_says_how_far_it_is(tmp_path: Path, preset: Preset) -> None:
    noise = [f"{zlib.crc32(str(i).encode())},2011-08-28 18:00:00,,,,,," for i in range(50_000)]
    with open_rows(file_of(tmp_path, HEADER, *noise, name="a.csv.gz"), preset) as source:
        shares = [source.share() for i, _ in enumerate(source.rows) if i % 10_000 == 0]
        assert shares == sorted(shares)
        assert source.share() == 1.0
    assert 0 < shares[1] < 0.6
