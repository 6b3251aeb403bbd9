"""Rows to entries: two strange nights, places that are none, closings that cannot be, ids that were missing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.codec import check_envelope, payload_of
from streams.events import Envelope
from streams.feeds.preset import Preset, load_preset
from streams.feeds.records import CLOSED_EARLY, OUT_OF_ORDER, Entry, Rejected, Translator
from tests.feeds.builders import CASES, UNITS, local, preset_from


@pytest.fixture
def preset(tmp_path: Path) -> Preset:
    return preset_from(tmp_path, CASES)


def entries_of(preset: Preset, **row: str | None) -> list[Entry]:
    answer = Translator(preset).entries({"id": "c1", "opened": "2011-08-28 18:00:00", "call": "k1", "unit": "E1"} | row)
    assert isinstance(answer, list), answer
    for entry in answer:
        payload_of(check_envelope(entry.envelope))
    return answer


def reason_of(preset: Preset, **row: str | None) -> str:
    answer = Translator(preset).entries({"id": "c1", "opened": "2011-08-28 18:00:00"} | row)
    assert isinstance(answer, Rejected), answer
    return answer.reason


def receipt(preset: Preset, **row: str | None) -> Envelope:
    return entries_of(preset, **row)[0].envelope


def test_a_case_is_received_and_closed_at_the_citys_own_times(preset: Preset) -> None:
    received, closed = entries_of(preset, closed="2011-08-29 09:30:00", category=" Trees ", channel=" ")
    assert received.envelope.id == "c1:received"
    assert received.occurred_at == local("2011-08-28 18:00:00")
    assert received.envelope.data["category"] == "Trees"
    assert "channel" not in received.envelope.data
    assert (closed.envelope.id, closed.envelope.type) == ("c1:closed", "case.closed")
    assert closed.occurred_at == local("2011-08-29 09:30:00")
    assert closed.envelope.flags is None


def test_a_case_closed_in_the_same_second_is_received_first(preset: Preset) -> None:
    received, closed = entries_of(preset, closed="2011-08-28 18:00:00")
    assert (received.occurred_at, received.rank) < (closed.occurred_at, closed.rank)


def test_a_closing_before_the_receipt_is_kept_at_the_receipt_and_flagged(preset: Preset) -> None:
    received, closed = entries_of(preset, closed="2011-08-27 18:00:00")
    assert closed.occurred_at == received.occurred_at
    assert closed.envelope.flags == [CLOSED_EARLY]


# the night in autumn on which 01:00 to 02:00 happens twice (New York 2011-11-06)


def test_a_time_in_the_doubled_hour_is_its_first_pass(preset: Preset) -> None:
    assert receipt(preset, opened="2011-11-06 01:30:00").occurred_at.isoformat() == "2011-11-06T05:30:00+00:00"


def test_a_closing_in_the_doubled_hour_is_the_second_pass_if_the_first_lies_before_the_receipt(preset: Preset) -> None:
    received, closed = entries_of(preset, opened="2011-11-06 01:50:00", closed="2011-11-06 01:10:00")
    assert closed.occurred_at - received.occurred_at == timedelta(minutes=20)
    assert closed.envelope.flags is None


def test_a_closing_in_the_doubled_hour_stays_in_the_first_pass_if_it_can(preset: Preset) -> None:
    received, closed = entries_of(preset, opened="2011-11-06 01:10:00", closed="2011-11-06 01:50:00")
    assert closed.occurred_at - received.occurred_at == timedelta(minutes=40)


def test_a_closing_before_the_receipt_in_both_passes_is_flagged(preset: Preset) -> None:
    received, closed = entries_of(preset, opened="2011-11-06 02:10:00", closed="2011-11-06 01:50:00")
    assert closed.occurred_at == received.occurred_at
    assert closed.envelope.flags == [CLOSED_EARLY]


# the night in spring on which 02:00 to 03:00 does not happen (New York 2011-03-13)


def test_a_time_that_the_spring_night_skips_moves_forward(preset: Preset) -> None:
    assert receipt(preset, opened="2011-03-13 02:30:00").occurred_at == local("2011-03-13 03:30:00")


def test_a_skipped_closing_never_falls_before_its_receipt(preset: Preset) -> None:
    received, closed = entries_of(preset, opened="2011-03-13 01:59:00", closed="2011-03-13 02:01:00")
    assert received.occurred_at < closed.occurred_at == local("2011-03-13 03:01:00")


# zones


def test_a_false_plus_zero_is_local_time_and_a_true_offset_is_believed(tmp_path: Path) -> None:
    preset = preset_from(tmp_path, "false_utc = true\n" + CASES)
    assert receipt(preset, opened="2016-05-01 12:34:56+00:00").occurred_at == local("2016-05-01 12:34:56")
    assert receipt(preset, opened="2016-05-01T12:34:56Z").occurred_at == local("2016-05-01 12:34:56")
    assert receipt(preset, opened="2016-05-01 12:34:56-07:00").occurred_at == local("2016-05-01 15:34:56")


def test_an_offset_is_believed_unless_the_preset_says_otherwise(preset: Preset) -> None:
    assert receipt(preset, opened="2016-05-01 12:34:56+00:00").occurred_at == local("2016-05-01 08:34:56")


def test_several_time_formats_are_tried_in_order() -> None:
    preset = load_preset("nyc-311")
    translator = Translator(preset)
    for written in ("2025-03-24T23:33:07.000", "03/24/2025 11:33:07 PM"):
        answer = translator.entries({"unique_key": "1", "created_date": written})
        assert isinstance(answer, list)
        assert answer[0].occurred_at == local("2025-03-24 23:33:07")


# targets


def test_targets_are_kept_as_the_source_says_them(preset: Preset) -> None:
    assert receipt(preset, due="2059-12-31 00:00:00").data["target_at"] == "2059-12-31T05:00:00Z"
    assert receipt(preset, due="2010-01-01 00:00:00").data["target_at"] == "2010-01-01T05:00:00Z"
    assert "target_at" not in receipt(preset, due=" ").data
    assert "target_at" not in receipt(preset, due="9999-12-31 00:00:00").data


def test_a_preset_may_limit_which_targets_are_believed(tmp_path: Path) -> None:
    preset = preset_from(tmp_path, CASES + "[target]\nafter_received = true\nmax_days = 365")
    assert "target_at" not in receipt(preset, due="2011-08-28 17:59:59").data
    assert "target_at" not in receipt(preset, due="2013-01-01 00:00:00").data
    assert "target_at" in receipt(preset, due="2011-09-28 18:00:00").data


# places


@pytest.mark.parametrize(
    ("lat", "lng"),
    [("0", "0"), ("0.0", "-0.0"), ("", ""), ("42.3", None), ("north", "west"), ("nan", "1"), ("inf", "1"), ("91", "1")],
)
def test_a_place_that_is_none_leaves_the_case_without_location(preset: Preset, lat: str, lng: str | None) -> None:
    assert not {"lat", "lng"} & set(receipt(preset, lat=lat, lng=lng).data)


def test_the_default_point_of_a_city_is_no_place() -> None:
    row = {"case_enquiry_id": "1", "open_dt": "2011-08-28 18:00:00", "latitude": "42.3594"}
    translator = Translator(load_preset("boston-311"))
    at_city_hall = translator.entries(row | {"longitude": "-71.0587"})
    next_door = translator.entries(row | {"longitude": "-71.0588"})
    assert isinstance(at_city_hall, list)
    assert isinstance(next_door, list)
    assert "lat" not in at_city_hall[0].envelope.data
    assert next_door[0].envelope.data["lng"] == -71.0588


@pytest.mark.parametrize(
    "text",
    [
        "(40.5, -73.25)",
        "40.5,-73.25",
        "POINT (-73.25 40.5)",
        "{'latitude': '40.5', 'longitude': '-73.25', 'human_address': '{}'}",
        '{"latitude": 40.5, "longitude": -73.25}',
    ],
)
def test_a_position_in_one_column_is_read_in_each_style(tmp_path: Path, text: str) -> None:
    preset = preset_from(tmp_path, CASES.replace('lat = "lat"\nlng = "lng"', 'point = "where"'))
    data = receipt(preset, where=text).data
    assert (data["lat"], data["lng"]) == (40.5, -73.25)


# words and ids


def test_values_translate_exact_names_first_then_the_longest_beginning(tmp_path: Path) -> None:
    values = '[values.channel]\n"Web" = "web"\n"Web*" = "website"\n"Web form*" = "form"\n"*" = "other"'
    preset = preset_from(tmp_path, CASES + values)
    found = {said: receipt(preset, channel=said).data["channel"] for said in ("Web", "Web page", "Web form 2", "Fax")}
    assert found == {"Web": "web", "Web page": "website", "Web form 2": "form", "Fax": "other"}


def test_what_employees_enter_is_separable_from_complaints() -> None:
    row = {"case_enquiry_id": "1", "open_dt": "2011-08-28 18:00:00", "source": "Employee Generated"}
    answer = Translator(load_preset("boston-311")).entries(row)
    assert isinstance(answer, list)
    assert (answer[0].envelope.data["kind"], answer[0].envelope.data["channel"]) == ("staff", "staff")


def test_a_word_is_one_short_line_without_control_characters(preset: Preset) -> None:
    word = receipt(preset, category="Noise\n\x00 - \t Street" + "x" * 500).data["category"]
    assert word.startswith("Noise - Streetx")
    assert len(word) == 120


def test_rows_without_id_are_told_apart_by_their_columns_and_their_number(tmp_path: Path) -> None:
    preset = preset_from(tmp_path, 'id_from = ["opened", "category"]\n' + CASES.replace('id = "id"\n', ""))
    translator = Translator(preset)
    row: dict[str, str | None] = {"opened": "2011-08-28 18:00:00", "category": "Trees"}

    def id_of(row: dict[str, str | None], occurrence: int) -> Any:
        answer = translator.entries(row, occurrence)
        assert isinstance(answer, list)
        return answer[0].envelope.data["case_id"]

    assert id_of(row, 1) == id_of(dict(row), 1)
    assert id_of(row, 2) == f"{id_of(row, 1)}-2"
    assert id_of(row | {"category": "Roads"}, 1) != id_of(row, 1)
    assert translator.fingerprint(row) == translator.fingerprint(dict(row))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"id": ""}, "id: is empty"),
        ({"id": "a\x00b"}, "id: needs at most 120 printable characters"),
        ({"id": "x" * 121}, "id: needs at most 120 printable characters"),
        ({"opened": None}, "received: is empty"),
        ({"opened": "yesterday"}, "received: not a time: 'yesterday'"),
        ({"opened": "0001-01-01 00:00:00"}, "received: not a believable year: 1"),
        ({"closed": "31/31/2011"}, "closed: not a time: '31/31/2011'"),
        ({"due": "soon"}, "target: not a time: 'soon'"),
    ],
)
def test_a_row_that_cannot_be_understood_says_which_field(preset: Preset, row: dict[str, str], reason: str) -> None:
    assert reason_of(preset, **row) == reason


# expiry


def test_what_never_closes_expires_with_a_reason(tmp_path: Path) -> None:
    preset = preset_from(tmp_path, 'expires_after_h = 2\nexpiry_reason = "gone stale"\n' + CASES)
    received, closed = entries_of(preset)
    assert closed.occurred_at - received.occurred_at == timedelta(hours=2)
    assert closed.envelope.data["reason"] == "gone stale"
    assert "reason" not in entries_of(preset, closed="2011-08-29 09:30:00")[1].envelope.data


def test_without_an_expiry_a_case_stays_open(preset: Preset) -> None:
    assert len(entries_of(preset)) == 1


# units


def steps_of(preset: Preset, **stamps: str) -> dict[str, tuple[str, list[str] | None]]:
    row = {"received": "2017-01-01 00:00:00"} | stamps
    return {
        entry.envelope.id: (entry.occurred_at.strftime("%d %H:%M:%S"), entry.envelope.flags)
        for entry in entries_of(preset, **row)[1:]
    }


def test_a_unit_row_gives_the_receipt_and_each_stamp_of_the_unit(tmp_path: Path) -> None:
    preset = preset_from(tmp_path, UNITS)
    entries = entries_of(
        preset,
        received="2017-01-01 00:00:00",
        dispatched="2017-01-01 00:01:00",
        arrived="2017-01-01 00:06:00",
        cleared="2017-01-01 00:30:00",
    )
    assert [e.envelope.id for e in entries] == ["k1:received", "k1:E1:dispatched", "k1:E1:arrived", "k1:E1:cleared"]
    assert [e.envelope.subject for e in entries] == ["incident:k1", "unit:E1", "unit:E1", "unit:E1"]
    assert entries[1].occurred_at == local("2017-01-01 00:01:00", "America/Los_Angeles")


def test_a_step_after_the_unit_was_available_does_not_revive_it(tmp_path: Path) -> None:
    steps = steps_of(
        preset_from(tmp_path, UNITS),
        dispatched="2017-01-01 00:01:00",
        delivered="2017-01-01 00:40:00",
        cleared="2017-01-01 00:30:00",
    )
    assert steps["k1:E1:delivered"] == ("01 08:30:00", [OUT_OF_ORDER])
    assert steps["k1:E1:cleared"] == ("01 08:30:00", None)
    assert list(steps)[-1] == "k1:E1:cleared"


def test_an_availability_before_the_dispatch_moves_to_the_dispatch(tmp_path: Path) -> None:
    steps = steps_of(preset_from(tmp_path, UNITS), dispatched="2017-01-01 00:10:00", cleared="2017-01-01 00:05:00")
    assert steps["k1:E1:cleared"] == ("01 08:10:00", [OUT_OF_ORDER])


def test_a_unit_that_never_becomes_available_expires_after_its_last_stamp(tmp_path: Path) -> None:
    steps = steps_of(preset_from(tmp_path, UNITS), dispatched="2017-01-01 00:01:00", arrived="2017-01-01 00:06:00")
    assert steps["k1:E1:cleared"] == ("02 08:06:00", None)


def test_priorities_of_san_francisco_are_turned_into_ours() -> None:
    translator = Translator(load_preset("sf-fire"))
    row = {"call_number": "1", "unit_id": "E1", "received_dttm": "01/01/2017 12:00:01 AM"}
    found = {}
    for said in ("3", "2", "E", "1", ""):
        answer = translator.entries(row | {"final_priority": said})
        assert isinstance(answer, list)
        found[said] = answer[0].envelope.data.get("priority", 2)
    assert found == {"3": 1, "2": 2, "E": 3, "1": 3, "": 3}
