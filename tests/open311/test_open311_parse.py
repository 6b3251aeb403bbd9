"""Recorded and hostile GeoReport bodies: records with their own bytes, or a refusal for the right reason."""

from __future__ import annotations

import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.feeds.open311.envelopes import Reading, Report
from streams.feeds.open311.errors import NotNow
from streams.feeds.open311.parse import identity, parse_requests, parse_services
from streams.feeds.records import Rejected
from streams.feeds.rows import RawRow
from tests.open311.builders import endpoint
from tests.support.shared_data import shared_path

FIXTURES = Path(__file__).parent / "fixtures"


def recorded(name: str) -> bytes:
    return shared_path(f"fixtures/open311/{name}").read_bytes()


def reports_of(body: bytes, **said: object) -> list[Report | Rejected]:
    reading = Reading(endpoint(**said), {})
    return [reading.report(row) for row in parse_requests(body)]


def refusal(body: bytes, content_type: str = "") -> str:
    with pytest.raises(NotNow) as caught:
        parse_requests(body, content_type)
    return str(caught.value)


# recorded answers


def test_the_recorded_requests_of_bloomington_become_cases() -> None:
    reports = reports_of(recorded("bloomington_requests.json"), zone="America/Indiana/Indianapolis")
    assert len(reports) == len(parse_requests(recorded("bloomington_requests.json"))) > 10
    assert all(isinstance(report, Report) and not report.zone for report in reports)
    first, second, third = (r.received.data for r in reports[:3] if isinstance(r, Report))
    assert first["category"] == "Traffic Suggestions"
    assert "lat" not in first
    assert (second["lat"], second["lng"]) == (39.146551871103, -86.485448337464)
    assert "lat" not in third, "0,0 is no place"


def test_the_recorded_xml_of_san_francisco_becomes_cases_and_its_winter_offset_in_april_is_noticed() -> None:
    closed, opened = reports_of(recorded("sf2010_service_requests.xml"), zone="America/Los_Angeles")
    assert isinstance(closed, Report)
    assert isinstance(opened, Report)
    assert (closed.record, closed.is_open, closed.zone) == ("638344", False, "odd")
    assert (opened.record, opened.is_open) == ("638349", True)
    assert closed.received.occurred_at.isoformat() == "2010-04-14T14:37:38+00:00"
    assert closed.received.data["target_at"] == "2010-04-15T14:37:38Z"
    assert closed.received.data["address"] == "8TH AVE and JUDAH ST"
    assert reports_of(recorded("sf2010_get_service_request.xml"), zone="America/Los_Angeles") == [closed]


def test_services_are_read_in_both_formats() -> None:
    assert parse_services(recorded("bloomington_services.json"))["4e090d24992b941e78000027"] == "Graffiti"
    assert parse_services(recorded("sf2010_services.xml"))["001"] == "Cans_Left_Out_24x7"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sf2010_get_service_request_not_found.xml", "404 Service request not found"),
        ("sf2010_403.xml", "neither JSON nor XML"),  # recorded together with its HTTP header
        ("sf2010_service_definition.xml", "<service_definition>, not of <service_requests>"),
        ("sf2010_services.xml", "<services>, not of <service_requests>"),
    ],
)
def test_recorded_answers_to_other_questions_are_refused(name: str, reason: str) -> None:
    assert reason in refusal(recorded(name))


def test_the_recorded_error_body_says_what_the_server_says() -> None:
    body = recorded("sf2010_403.xml").partition(b"\n\n")[2] or recorded("sf2010_403.xml").partition(b"\r\n\r\n")[2]
    assert "Invalid api_key received" in refusal(body)


@pytest.mark.parametrize("name", ["sf2010_request_id_from_token.xml", "sf2010_post_service_request.xml"])
def test_answers_to_reports_that_were_sent_in_hold_no_record(name: str) -> None:
    (answer,) = reports_of(recorded(name))
    assert isinstance(answer, Rejected)
    assert "status" in answer.reason


def test_an_empty_list_is_no_error() -> None:
    assert parse_requests(recorded("sf2010_service_requests_empty.xml")) == []
    for body in (b"[]", b" []\n", b"\xef\xbb\xbf[]", b'{"requests":[]}', b"<service_requests/>"):
        assert parse_requests(body) == []


# awkward ones, written for this


def test_awkward_xml_is_read_with_its_own_bytes() -> None:
    first, second = parse_requests((FIXTURES / "awkward_requests.xml").read_bytes())
    report, rejected = reports_of((FIXTURES / "awkward_requests.xml").read_bytes(), zone="America/Chicago")
    assert isinstance(report, Report)
    assert report.zone == "none"
    assert report.received.occurred_at.isoformat() == "2026-03-04T15:00:00+00:00"
    assert report.received.data["category"] == "Trees & shrubs"
    assert report.received.data["text"] == "<b>fallen</b> branch"
    assert first.raw.startswith(b"<g:request>")
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "service_request_id: is empty"
    assert rejected.raw == second.raw
    assert b"2026-03-04T09:01:00Z" in second.raw


def test_awkward_json_is_read_record_by_record() -> None:
    body = (FIXTURES / "awkward_requests.json").read_bytes()
    good, *bad = reports_of(body)
    assert isinstance(good, Report)
    assert (good.record, good.is_open) == ("12", False)
    assert good.received.data["category"] == "树木 & shrubs"
    assert good.updated_at is not None
    assert good.updated_at.isoformat() == "2026-03-04T17:30:00+00:00"
    assert "target_at" not in good.received.data
    reasons = [answer.reason for answer in bad if isinstance(answer, Rejected)]
    assert reasons == [
        "status: 'mislaid' is neither open nor closed; values.status can name it",
        "requested_datetime: not a time: 'yesterday'",
        "a record that is no object",
    ]
    assert [a.raw for a in bad if isinstance(a, Rejected)][2] == b'["15"]'
    assert all(a.raw in body for a in bad if isinstance(a, Rejected))


def test_words_are_translated_by_code_or_name_and_notes_only_by_the_presets_words() -> None:
    values = {
        "category": {"7": "trees"},
        "status": {"mislaid": "closed"},
        "reason": {"Duplicate*": "duplicate"},
        "kind": {"Praise*": "praise"},
    }
    good, mislaid, *_ = reports_of((FIXTURES / "awkward_requests.json").read_bytes(), values=values, id_prefix="x-")
    assert isinstance(good, Report)
    assert isinstance(mislaid, Report)
    assert good.record == "x-12"
    assert (good.received.data["category"], good.received.data["subcategory"]) == ("trees", "树木 & shrubs")
    assert good.reason == "duplicate"
    assert "kind" not in good.received.data, "the usual kind is a complaint"
    assert not mislaid.is_open


# hostile ones


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "an empty answer"),
        (b"Service unavailable", "neither JSON nor XML"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "DOCTYPE"),
        (b"<html><body>Sign in</body></html>", "<html>"),
        (b'[{"service_request_id": "1"}, {"service', "not valid JSON"),
        (b"[1,2,", "not valid JSON"),
        (b'{"a": 1}', "without a list of requests"),
        (b'{"requests": 5}', "not valid JSON"),
        (b'{"errors": [{"code": 400, "description": "jurisdiction_id missing"}]}', "400 jurisdiction_id missing"),
        (b'[{"code": 403, "description": "no key"}]', "403 no key"),
        (b"[" * 100_000, "not valid JSON"),
        (b"<service_requests><request>", "not well-formed"),
        (b"<a>" * 5_000, "nested deeper"),
        (b"<service_requests>" + b"<request/>" * 300_000 + b"</service_requests>", "more than"),
        (b"[" + b"{}," * 30_000 + b"{}]", "more than"),
    ],
)
def test_bodies_that_are_no_list_of_requests_are_refused(body: bytes, reason: str) -> None:
    assert reason in refusal(body)


XINCLUDE = b"""<service_requests xmlns:xi="http://www.w3.org/2001/XInclude">
<request><service_request_id><xi:include href="file:///etc/hostname" parse="text"/></service_request_id></request>
</service_requests>"""


def entities(levels: int) -> bytes:
    """A billion laughs, of so many levels of ten."""
    lines = [b'<!ENTITY l0 "ha">', *(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, levels))]
    return b"<!DOCTYPE r [%s]><service_requests>&l%d;</service_requests>" % (b"".join(lines), levels - 1)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (entities(10), "DOCTYPE"),
        (
            b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><service_requests>&x;</service_requests>',
            "DOCTYPE",
        ),
        (b'<!DOCTYPE r SYSTEM "http://127.0.0.1:1/r.dtd"><service_requests/>', "DOCTYPE"),
        (b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]><service_requests/>', "DOCTYPE"),
        (
            b'<!DOCTYPE r [<!ENTITY a "%s">]><service_requests>%s</service_requests>'
            % (b"a" * 50_000, b"&a;" * 50_000),
            "DOCTYPE",
        ),
        (XINCLUDE, "XInclude"),
        (b"<service_requests>&undefined;</service_requests>", "not well-formed"),
        (b'<?xml version="1.0" encoding="utf-7"?><service_requests/>', "encoding"),
        (b"<service_requests " + b" ".join(b'a%d="1"' % n for n in range(50_000)) + b"/>", "attributes"),
    ],
)
def test_hostile_xml_is_refused_quickly_and_without_memory(body: bytes, reason: str) -> None:
    tracemalloc.start()
    begun = time.process_time()
    try:
        assert reason in refusal(body)
        assert time.process_time() - begun < 2
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_bytes_that_are_no_text_spoil_their_record_only() -> None:
    good, bad = parse_requests(b'[{"service_request_id": "1"}, {"description": "\xff\xfe"}]')
    assert good.values == {"service_request_id": "1"}
    assert bad.values is None
    assert bad.raw == b'{"description": "\xff\xfe"}'


def test_the_label_does_not_matter_but_is_told_when_nothing_can_be_read() -> None:
    assert parse_requests(b"[]", "text/html") == []
    assert parse_requests(b"<service_requests/>", "application/json") == []
    assert "labelled 'image/png'" in refusal(b"\x89PNG", "image/png")


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_records_or_a_reason(body: bytes) -> None:
    for start in (b"", b"[", b"{", b"<service_requests>", b'[{"service_request_id":'):
        rows: list[RawRow] = []
        with suppress(NotNow):
            rows = parse_requests(start + body)
        reading = Reading(endpoint(), {})
        assert all(identity(row) and reading.report(row) for row in rows)
