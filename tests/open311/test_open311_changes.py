"""Laws of telling changes: each report is received once and ends as its newest version says, in whatever order."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hotline.cases import Case, fold_case
from streams.codec import decode_envelope, encode, payload_of
from streams.events import Envelope, recording_of
from streams.feeds.open311.envelopes import Known, Moment, Reading, Report, changes
from streams.feeds.rows import RawRow
from tests.open311.builders import endpoint
from tests.open311.servers import NOON, record

HOUR = timedelta(hours=1)


def report(**said: Any) -> Report:
    """A version of record 1."""
    values = {k: None if v is None else str(v) for k, v in record(1, **said).items()}
    answer = Reading(endpoint(), {}).report(RawRow(b"", values))
    assert isinstance(answer, Report), answer
    return answer


def version(hours: int, **said: Any) -> Report:
    """The record as it was changed after so many hours."""
    return report(**{"updated_datetime": (NOON + hours * HOUR).isoformat()} | said)


def told(reports: list[Report], moment: Moment | None = None) -> list[Envelope]:
    """Everything that is said while these versions come by; each entry is one that the log takes."""
    known: Known | None = None
    envelopes: list[Envelope] = []
    for n, seen in enumerate(reports):
        new, known = changes(known, seen, moment or Moment(NOON + timedelta(days=30, minutes=n)))
        known = msgspec.json.decode(msgspec.json.encode(known), type=Known)
        envelopes += new
    for envelope in envelopes:
        assert decode_envelope(encode(envelope)) == envelope
        payload_of(envelope)
    ids = [envelope.id for envelope in envelopes]
    assert len(set(ids)) == len(ids), "two changes of one record never share an id"
    return envelopes


def folded(envelopes: list[Envelope]) -> Case:
    case: Case | None = None
    for seq, envelope in enumerate(envelopes, start=1):
        case = fold_case(case, payload_of(envelope), recording_of(envelope, seq))  # type: ignore[arg-type]
    assert case is not None
    return case


def kinds(envelopes: list[Envelope]) -> list[str]:
    return [envelope.type.partition(".")[2] for envelope in envelopes]


versions = st.builds(
    lambda status, category, text, lat: {
        "status": status, "service_name": category, "description": text, "lat": lat, "long": -122.4,
    },
    st.sampled_from(["open", "closed"]), st.sampled_from(["Trees", "Noise"]), st.sampled_from(["a", "b"]),
    st.sampled_from([37.7, 37.8]),
)  # fmt: skip


@given(st.lists(versions, min_size=1, max_size=8), st.data())
def test_in_any_order_and_however_often_the_newest_version_decides(
    said: list[dict[str, Any]], data: st.DataObject
) -> None:
    stamped = [version(n, **fields) for n, fields in enumerate(said)]
    shown = data.draw(st.lists(st.sampled_from(stamped), max_size=20)) + data.draw(st.permutations(stamped))
    envelopes = told(shown)
    assert kinds(envelopes).count("received") == 1
    case, newest = folded(envelopes), said[-1]
    assert (case.is_open, case.category, case.lat) == (
        newest["status"] == "open", newest["service_name"], newest["lat"],
    )  # fmt: skip
    assert kinds(envelopes)[0] == "received"
    turns = [kind for kind in kinds(envelopes) if kind in ("closed", "reopened")]
    assert turns == ["closed", "reopened"] * (len(turns) // 2) + ["closed"] * (len(turns) % 2)


@given(st.lists(versions, min_size=1, max_size=8))
def test_without_stamps_the_version_seen_last_decides_and_going_back_is_a_change_too(
    said: list[dict[str, Any]],
) -> None:
    envelopes = told([report(updated_datetime=None, **fields) for fields in said])
    case, newest = folded(envelopes), said[-1]
    assert (case.is_open, case.category, case.lat) == (
        newest["status"] == "open", newest["service_name"], newest["lat"],
    )  # fmt: skip
    changed = sum(a != b for a, b in pairwise(said))
    assert (len(envelopes) > 1 + (said[0]["status"] == "closed")) == (changed > 0)


def test_the_life_of_a_report() -> None:
    life = [
        version(0),
        version(1, service_name="Trees"),
        version(2, service_name="Trees", status="closed"),
        version(5, service_name="Noise", status="open"),
        version(6, service_name="Trees", status="closed"),
    ]
    envelopes = told([seen for seen in life for _ in range(3)])
    assert [(envelope.id, envelope.occurred_at - NOON) for envelope in envelopes] == [
        ("1:received", timedelta(minutes=-1)),
        ("1:amended:20260304T130000Z", 1 * HOUR),
        ("1:closed:20260304T140000Z", 2 * HOUR),
        ("1:reopened:20260304T170000Z", 5 * HOUR),
        ("1:amended:20260304T170000Z", 5 * HOUR),
        ("1:amended:20260304T180000Z", 6 * HOUR),
        ("1:closed:20260304T180000Z", 6 * HOUR),
    ]
    assert {envelope.subject for envelope in envelopes} == {"case:1"}


def test_what_is_closed_when_first_seen_was_received_too() -> None:
    received, closed = told([version(3, status="Closed", status_notes="told by Mr Smith, 555-0100")])
    assert (received.type, closed.type) == ("case.received", "case.closed")
    assert closed.occurred_at == NOON + 3 * HOUR
    assert closed.data == {"case_id": "1"}, "notes are free text: they stay with the source"
    now = NOON + timedelta(days=30)
    assert told([report(updated_datetime=None, status="closed")])[1].occurred_at == now


def test_a_stamp_that_moves_without_a_change_says_nothing() -> None:
    assert kinds(told([version(0), version(1), version(2, media_url="https://photos.example/signed?token=9")])) == [
        "received"
    ]


def test_a_change_without_a_new_stamp_is_told_with_its_content() -> None:
    envelopes = told([version(0), version(0, service_name="Trees"), version(0), version(0, service_name="Trees")])
    assert kinds(envelopes) == ["received", "amended", "amended", "amended"]
    assert [folded(envelopes[: n + 1]).category for n in range(4)] == [
        "Sidewalk and Curb Issues", "Trees", "Sidewalk and Curb Issues", "Trees",
    ]  # fmt: skip


def test_the_past_of_a_first_start_was_known_when_it_happened() -> None:
    now = NOON + timedelta(days=1)
    received, closed = told([version(3, status="closed")], Moment(now, is_history=True))
    assert (received.recorded_at, closed.recorded_at) == (received.occurred_at, closed.occurred_at)
    assert [e.recorded_at for e in told([version(3, status="closed")], Moment(now))] == [None, None]


def test_times_ahead_of_us_are_now_only_as_far_as_the_servers_clock_explains_them() -> None:
    def occurred(ahead: timedelta, skew: timedelta) -> timedelta:
        at = NOON + ahead
        (received,) = told([report(requested_datetime=at.isoformat(), updated_datetime=None)], Moment(NOON, skew))
        return received.occurred_at - NOON

    assert occurred(2 * HOUR, 3 * HOUR) == timedelta(0)
    assert occurred(4 * HOUR, 3 * HOUR) == 4 * HOUR
    assert occurred(2 * HOUR, timedelta(0)) == 2 * HOUR
    assert occurred(-2 * HOUR, 3 * HOUR) == -2 * HOUR
    assert occurred(-2 * HOUR, -3 * HOUR) == -2 * HOUR


def test_the_target_follows_and_the_category_can_become_other() -> None:
    def due(hours: int) -> str:
        return (NOON + hours * HOUR).isoformat()

    envelopes = told(
        [version(0, expected_datetime=due(24)), version(1, expected_datetime=due(48), service_name="other")]
    )
    assert [folded(envelopes[:n]).target_at for n in (1, 2)] == [NOON + 24 * HOUR, NOON + 48 * HOUR]
    assert folded(envelopes).category == "other"


def test_local_times_take_the_presets_zone_and_false_utc_is_local() -> None:
    def read(text: str, **said: Any) -> tuple[datetime, str]:
        values: dict[str, str | None] = {
            k: str(v) for k, v in record(1, requested_datetime=text, updated_datetime="").items()
        }
        answer = Reading(endpoint(zone="America/Chicago", **said), {}).report(RawRow(b"", values))
        assert isinstance(answer, Report)
        return answer.received.occurred_at, answer.zone

    assert read("2026-03-04T06:00:00") == (NOON, "none")
    assert read("2026-03-04T06:00:00-06:00") == (NOON, "")
    assert read("2026-03-04T12:00:00Z") == (NOON, "")
    assert read("2026-03-04T07:00:00-05:00") == (NOON, "odd")
    assert read("2026-03-04T06:00:00Z", false_utc=True) == (NOON, "none")
    assert read("03/04/2026 06:00 AM", time_formats=["%m/%d/%Y %I:%M %p"]) == (NOON, "none")
