"""Laying a file out in time: order, repeated ids, calls with many rows, dead letters, and files that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.feeds.prepare import Prepared, feed_name, items, prepare
from streams.feeds.preset import Preset
from streams.feeds.rows import FeedError
from tests.feeds.builders import CASES, HEADER, UNITS, envelopes, file_of, local, preset_from

UNIT_HEADER = "call,unit,received,dispatched,arrived,delivered,cleared"


@pytest.fixture
def preset(tmp_path: Path) -> Preset:
    return preset_from(tmp_path, CASES)


def case(case_id: str, opened: str, closed: str = "") -> str:
    return f"{case_id},{opened},,{closed},Trees,,,"


def prepared_of(folder: Path, preset: Preset, header: str, *lines: str | bytes, by_day: bool = False) -> Prepared:
    return prepare(file_of(folder, header, *lines), preset, folder / "work", by_day=by_day)


def ids(prepared: Prepared) -> list[str]:
    return [envelope.id for envelope in envelopes(prepared)]


def test_a_newest_first_file_comes_out_in_the_order_of_time(tmp_path: Path, preset: Preset) -> None:
    rows = [case("c3", "2011-08-28 20:00:00"), case("c1", "2011-08-28 18:00:00", "2011-08-28 19:00:00")]
    prepared = prepared_of(tmp_path, preset, HEADER, *rows, case("c2", "2011-08-28 19:00:00"))
    assert ids(prepared) == ["c1:received", "c2:received", "c1:closed", "c3:received"]
    assert [item.position for item in items(prepared)] == [0, 1, 2, 3]
    assert (prepared.rows, prepared.entries, prepared.dead, prepared.items) == (3, 4, 0, 4)
    assert (prepared.first_at, prepared.last_at) == (local("2011-08-28 18:00:00"), local("2011-08-28 20:00:00"))
    assert prepared.day_start == local("2011-08-28 00:00:00")


def test_reading_on_from_a_position_gives_the_rest(tmp_path: Path, preset: Preset) -> None:
    prepared = prepared_of(tmp_path, preset, HEADER, *[case(f"c{i}", "2011-08-28 20:00:00") for i in range(50_000)])
    assert [item.record for item in items(prepared, 49_998)] == ["c49998", "c49999"]
    assert list(items(prepared, 50_000)) == []
    assert next(items(prepared, 20_000)).position == 20_000


def test_a_repeated_id_is_one_event_but_its_later_closing_counts(tmp_path: Path, preset: Preset) -> None:
    rows = [case("c1", "2011-08-28 18:00:00"), case("c1", "2011-08-28 17:00:00", "2011-08-28 19:00:00")]
    prepared = prepared_of(tmp_path, preset, HEADER, *rows)
    assert [(e.id, e.occurred_at) for e in envelopes(prepared)] == [
        ("c1:received", local("2011-08-28 18:00:00")),
        ("c1:closed", local("2011-08-28 19:00:00")),
    ]
    assert prepared.repeated == 1


def test_each_item_knows_when_its_record_closes(tmp_path: Path, preset: Preset) -> None:
    rows = [case("c1", "2011-08-28 18:00:00", "2011-08-28 19:00:00"), case("c2", "2011-08-28 18:30:00")]
    closings = {(i.record, i.closes_at) for i in items(prepared_of(tmp_path, preset, HEADER, *rows))}
    assert closings == {("c1", local("2011-08-28 19:00:00")), ("c2", None)}


def test_a_dead_letter_stands_behind_the_row_before_it(tmp_path: Path, preset: Preset) -> None:
    rows = ["garbage", case("c1", "2011-08-28 18:00:00"), "c2,never,,,,,,", case("c3", "2011-08-28 17:00:00")]
    prepared = prepared_of(tmp_path, preset, HEADER, *rows)
    assert [(i.reason, i.body) for i in items(prepared) if i.reason] == [
        ("1 columns where the header has 8", b"garbage\n"),
        ("received: not a time: 'never'", b"c2,never,,,,,,\n"),
    ]
    assert [i.at for i in items(prepared) if i.reason] == [local("2011-08-28 17:00:00"), local("2011-08-28 18:00:00")]
    assert (prepared.entries, prepared.dead) == (2, 2)


def test_a_file_of_mostly_bad_rows_is_refused_and_keeps_only_its_dead_letters(tmp_path: Path, preset: Preset) -> None:
    rows = [case(f"c{i}", "2011-08-28 18:00:00") for i in range(100)] + ["nonsense"] * 150
    prepared = prepared_of(tmp_path, preset, HEADER, *rows)
    assert prepared.refused.startswith("most of the rows up to row 201 are malformed; the last one: 1 columns where")
    assert (prepared.entries, prepared.dead) == (0, 101)
    assert all(item.reason for item in items(prepared))


def test_an_empty_file_is_an_empty_sequence(tmp_path: Path, preset: Preset) -> None:
    prepared = prepared_of(tmp_path, preset, HEADER)
    assert (prepared.items, prepared.first_at, list(items(prepared))) == (0, None, [])


def test_the_sorted_file_is_found_again_and_belongs_to_file_and_preset(tmp_path: Path, preset: Preset) -> None:
    path = file_of(tmp_path, HEADER, case("c1", "2011-08-28 18:00:00"))
    first = prepare(path, preset, tmp_path / "work")
    written = first.path.stat().st_mtime_ns
    assert prepare(path, preset, tmp_path / "work") == first
    assert first.path.stat().st_mtime_ns == written
    other = preset_from(tmp_path, CASES.replace("New_York", "Chicago"))
    by_day = feed_name(path, preset, by_day=True)
    changed = file_of(tmp_path, HEADER, case("c2", "2011-08-28 18:00:00"), name="changed.csv")
    assert len({first.feed, feed_name(path, other), by_day, feed_name(changed, preset)}) == 4
    assert sorted(p.suffix for p in (tmp_path / "work").iterdir()) == [".json", ".parquet"]


def test_a_folder_that_moved_is_still_good(tmp_path: Path, preset: Preset) -> None:
    path = file_of(tmp_path, HEADER, case("c1", "2011-08-28 18:00:00"))
    prepare(path, preset, tmp_path / "work")
    (tmp_path / "work").rename(tmp_path / "it's moved")
    assert ids(prepare(path, preset, tmp_path / "it's moved")) == ["c1:received"]


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path, preset: Preset) -> None:
    path = file_of(tmp_path, HEADER, case("c1", "2011-08-28 18:00:00"))
    (tmp_path / "work" / f"{feed_name(path, preset)}.parquet" / "in the way").mkdir(parents=True)
    with pytest.raises(FeedError, match=r"file\.csv: cannot be sorted in .*work: .*directory"):
        prepare(path, preset, tmp_path / "work")


# calls with one row per unit


def test_a_call_is_received_once_and_closed_when_its_last_unit_is_available(tmp_path: Path) -> None:
    preset = preset_from(tmp_path, UNITS.replace("expires_after_h = 24\n", ""))
    rows = [
        "k1,E1,2017-01-01 00:00:00,2017-01-01 00:01:00,,,2017-01-01 00:20:00",
        "k1,M2,2017-01-01 00:00:00,2017-01-01 00:01:00,,,2017-01-01 00:50:00",
        "k2,E3,2017-01-01 00:10:00,2017-01-01 00:11:00,,,",
        "k2,E4,2017-01-01 00:10:00,2017-01-01 00:11:00,,,2017-01-01 00:30:00",
    ]
    prepared = prepared_of(tmp_path, preset, UNIT_HEADER, *rows)
    assert ids(prepared) == [
        *("k1:received", "k1:E1:dispatched", "k1:M2:dispatched", "k2:received", "k2:E3:dispatched", "k2:E4:dispatched"),
        *("k1:E1:cleared", "k2:E4:cleared", "k1:M2:cleared", "k1:closed"),
    ]
    assert {i.closes_at for i in items(prepared) if i.record == "k1"} == {local("2017-01-01 03:50:00")}


def test_a_call_whose_unit_never_clears_ends_by_expiry(tmp_path: Path) -> None:
    preset = preset_from(tmp_path, UNITS)
    rows = [
        "k1,E1,2017-01-01 00:00:00,2017-01-01 00:01:00,,,2017-01-01 00:20:00",
        "k1,M2,2017-01-01 00:00:00,2017-01-01 00:01:00,,,",
    ]
    last = list(envelopes(prepared_of(tmp_path, preset, UNIT_HEADER, *rows)))[-2:]
    assert [(e.id, e.occurred_at) for e in last] == [
        ("k1:M2:cleared", local("2017-01-02 03:01:00")),
        ("k1:closed", local("2017-01-02 03:01:00")),
    ]
    assert last[1].data["reason"] == "expired: the source says no closing"


def test_a_call_without_any_unit_stays_open(tmp_path: Path) -> None:
    preset = preset_from(tmp_path, UNITS)
    assert ids(prepared_of(tmp_path, preset, UNIT_HEADER, "k1,E1,2017-01-01 00:00:00,,,,")) == ["k1:received"]


# one day, to be repeated


def test_a_day_to_be_repeated_is_in_the_order_of_the_time_of_day(tmp_path: Path, preset: Preset) -> None:
    rows = [case("c1", "2011-08-28 09:00:00", "2011-08-29 08:00:00"), case("c2", "2011-08-28 23:00:00")]
    prepared = prepared_of(tmp_path, preset, HEADER, *rows, by_day=True)
    assert [(i.record, i.day) for i in items(prepared)] == [("c1", 1), ("c1", 0), ("c2", 0)]
