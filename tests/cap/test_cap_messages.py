"""Reading one message: the recorded files, what the standard asks, and what is done where a message departs from it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.feeds.cap.parse import Message, Reference, Refused, parse_cap
from tests.cap.messages import CAP_11, SENDER, SQUARE, alert, area, info
from tests.support.shared_data import shared_path


def recorded(name: str) -> Message:
    return parse_cap(shared_path(f"fixtures/cap/{name}").read_bytes())


@pytest.mark.shared
def test_every_recorded_file_is_read_and_the_invalid_one_refused_for_its_missing_scope() -> None:
    folder = shared_path("fixtures/cap")
    refused = {}
    for path in sorted(folder.iterdir()):
        try:
            message = parse_cap(path.read_bytes())
        except Refused as error:
            refused[path.name] = str(error)
        else:
            assert message.status == "Actual"
            assert not message.notes
    assert refused == {"invalid.cap": "scope is missing"}
    assert len(list(folder.iterdir())) == 9


@pytest.mark.shared
def test_both_versions_of_the_standard_are_known() -> None:
    assert recorded("weather.cap").version == "1.1"
    assert recorded("thunderstorm.cap").version == "1.2"


@pytest.mark.shared
def test_bilingual_update_keeps_both_languages_its_outlines_codes_and_references() -> None:
    message = recorded("canada.cap")
    assert message.kind == "Update"
    assert [each.language for each in message.infos] == ["en-CA", "fr-CA"]
    assert message.infos[1].headline == "veille d'orages violents"
    windsor = message.infos[0].areas[0]
    assert windsor.description == "Windsor - Leamington - Essex County"
    assert windsor.polygons[0][0] == (42.3481, -82.9314)
    assert windsor.polygons[0][0] == windsor.polygons[0][-1]
    assert ("layer:EC-MSC-SMC:1.0:CLC", "041420") in windsor.geocodes
    assert message.references[0] == Reference("cap@ec.gc.ca", "2.49.0.1.124.a3f342a4.2012")
    assert message.infos[0].expires_at == datetime(2012, 5, 3, 0, 20, tzinfo=UTC)


@pytest.mark.shared
def test_latin_1_is_read_as_declared() -> None:
    headline = recorded("earthquake-iso8859-1.cap").infos[0].headline
    assert headline == "EQ 4.6 Usulután, Usulután, El Salvador - PRELIMINARY REPORT"


@pytest.mark.shared
def test_circle_without_radius_is_a_point_and_message_without_info_says_nothing() -> None:
    assert recorded("earthquake.cap").infos[0].areas[0].circles == ((-16.053, -173.274, 0.0),)
    assert recorded("no_optional_fields.cap").infos == ()


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        ("GB18030", "gb18030"),
        ("gbk", "gbk"),
        ("Shift_JIS", "shift_jis"),
        ("windows-1256", "cp1256"),
        ("UTF-8", "utf-8"),
    ],
)
def test_declared_encodings_of_the_region_are_read(encoding: str, codec: str) -> None:
    text = {"cp1256": "عاصفة", "shift_jis": "大雨警報"}.get(codec, "暴雨橙色预警")
    document = alert(info(headline=text)).decode().replace('"UTF-8"', f'"{encoding}"')
    assert parse_cap(document.encode(codec)).infos[0].headline == text


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_byte_order_mark_tells_the_encoding(codec: str) -> None:
    document = alert(info(headline="暴雨")).decode().replace(' encoding="UTF-8"', "")
    assert parse_cap(document.encode(codec)).infos[0].headline == "暴雨"


@pytest.mark.parametrize("name", ["identifier", "sender", "sent", "status", "msgType", "scope"])
def test_what_the_standard_requires_of_a_message_is_required(name: str) -> None:
    with pytest.raises(Refused, match=f"{name} is missing"):
        parse_cap(alert(info(), **dict.fromkeys([name])))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["category", "event", "urgency", "severity", "certainty"])
def test_what_the_standard_requires_of_an_info_is_required(name: str) -> None:
    with pytest.raises(Refused, match=f"info: {name} is missing"):
        parse_cap(alert(info(**{name: None})))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "Real"}, "status: 'Real' is none of Actual, Exercise, System, Test, Draft"),
        ({"msgType": "Warn"}, "msgType: 'Warn' is none of"),
        ({"scope": "Everybody"}, "scope: 'Everybody' is none of"),
        ({"scope": "Private"}, "addresses: missing"),
        ({"identifier": "two words"}, "identifier: blanks, commas"),
        ({"sender": "a,b"}, "sender: blanks, commas"),
        ({"identifier": "x" * 190}, "longer than 199 characters"),
        ({"msgType": "Cancel"}, "references: missing"),
        ({"sent": "2026-07-01T15:00:00"}, "has no zone"),
        ({"sent": "2026-07-01"}, "is not a time"),
        ({"sent": "01/07/2026 15:00"}, "is not a time"),
        ({"sent": "2026-02-30T15:00:00+08:00"}, "not in the calendar"),
        ({"sent": "0001-01-01T00:00:00+14:00"}, "not in the calendar"),
        ({"sent": "1700-01-01T00:00:00+00:00"}, "not between the years"),
        ({"sent": "2026-07-01T15:00:00+99:00"}, "not in the calendar"),
    ],
)
def test_message_that_cannot_be_meant_is_refused_with_a_reason(fields: dict[str, str], words: str) -> None:
    with pytest.raises(Refused, match=words):
        parse_cap(alert(info(), **fields))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"polygon": "39.9,116.3 39.9,116.5 39.9,116.3"}, "at least four points"),
        ({"polygon": "39.9;116.3 39.9;116.5 40.0;116.5"}, "is not a point"),
        ({"polygon": "139.9,16.3 39.9,116.5 40.0,116.5"}, "outside -90..90"),
        ({"polygon": "nan,16.3 39.9,116.5 40.0,116.5"}, "not a number"),
        ({"polygon": "1_0,16.3 39.9,116.5 40.0,116.5"}, "not a number"),
        ({"circle": "39.9,116.4"}, "is not lat,lng radius"),
        ({"circle": "39.9,116.4 -1"}, "not possible on Earth"),
        ({"circle": "39.9,116.4 30000"}, "not possible on Earth"),
        ({"circle": "39.9,116.4 1e3"}, "not a number"),
    ],
)
def test_place_that_cannot_be_read_refuses_the_warning_instead_of_shrinking_it(
    fields: dict[str, str], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        parse_cap(alert(info(area(polygon=SQUARE), area("elsewhere", **fields))))


def test_area_without_description_is_refused() -> None:
    with pytest.raises(Refused, match="areaDesc is missing"):
        parse_cap(alert(info(area(None, polygon=SQUARE))))


def test_cap_1_0_and_documents_without_namespace_are_refused_by_name() -> None:
    with pytest.raises(Refused, match=r"only CAP 1\.1 and 1\.2"):
        parse_cap(alert(space="http://www.incident.com/cap/1.0"))
    with pytest.raises(Refused, match="alert without a namespace"):
        parse_cap(alert(space=""))


def test_odd_grades_and_categories_become_the_standards_own_words_for_not_known_with_a_note() -> None:
    message = parse_cap(alert(info(severity="Apocalyptic", urgency="Soon", category="Aliens", responseType="Dance")))
    told = message.infos[0]
    assert (told.severity, told.urgency, told.categories, told.response_types) == ("Unknown", "Unknown", ("Other",), ())
    assert len(message.notes) == 4
    assert message.notes[0] == (
        "'Aliens' is none of Geo, Met, Safety, Security, Rescue, Fire, Health, Env, Transport, Infra, CBRNE, Other; "
        "read as Other"
    )


def test_very_likely_of_cap_1_0_is_likely_without_a_note() -> None:
    message = parse_cap(alert(info(certainty="Very Likely"), space=CAP_11))
    assert message.infos[0].certainty == "Likely"
    assert not message.notes


def test_what_can_mean_one_thing_only_is_read() -> None:
    open_ring = SQUARE.rpartition(" ")[0]
    message = parse_cap(
        alert(info(area(polygon=open_ring), expires=""), status="actual", sent="2026-07-01T07:00:00.5Z")
    )
    assert message.status == "Actual"
    assert message.sent_at == datetime(2026, 7, 1, 7, 0, 0, 500_000, tzinfo=UTC)
    assert message.infos[0].expires_at is None
    ring = message.infos[0].areas[0].polygons[0]
    assert ring[0] == ring[-1]
    assert message.notes == ("a polygon was not closed; its first point closes it",)


def test_comments_character_data_and_signatures_change_nothing() -> None:
    plain = alert(info(area(polygon=SQUARE)))
    dressed = (
        plain.replace(b"<status>Actual", b"<status>Act<!-- x -->ual")
        .replace(b"Thunderstorm", b"<![CDATA[Thunderstorm]]>")
        .replace(b"</alert>", b'<s:Signature xmlns:s="urn:s"><s:status>Test</s:status></s:Signature></alert>')
    )
    assert parse_cap(dressed) == parse_cap(plain)


def test_element_of_another_namespace_is_not_taken_for_one_of_the_standard() -> None:
    strange = alert(status=None).replace(b"<scope>", b'<x:status xmlns:x="urn:x">Actual</x:status><scope>')
    with pytest.raises(Refused, match="status is missing"):
        parse_cap(strange)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_never_anything_else(raw: bytes) -> None:
    with pytest.raises(Refused):
        parse_cap(raw)


@settings(deadline=None)
@given(st.data())
def test_damaged_messages_are_read_or_refused_never_anything_else(data: st.DataObject) -> None:
    whole = alert(info(area(polygon=SQUARE, circle="39.9,116.4 5")), references=f"{SENDER},a,2026-07-01T00:00:00+08:00")
    at = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.integers(0, 30))
    damaged = whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + length :]
    try:
        message = parse_cap(damaged)
    except Refused:
        return
    assert message.sender
    assert message.identifier


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=3, max_size=40, unique=True),
)
def test_polygons_come_back_as_they_were_drawn(points: list[tuple[float, float]]) -> None:
    rounded = list(dict.fromkeys((round(lat, 4) + 0.0, round(lng, 4) + 0.0) for lat, lng in points))
    if len(rounded) < 3:
        return
    text = " ".join(f"{lat:.4f},{lng:.4f}" for lat, lng in (*rounded, rounded[0]))
    assert parse_cap(alert(info(area(polygon=text)))).infos[0].areas[0].polygons == ((*rounded, rounded[0]),)
