"""EIDO 1.0 out and in: what goes out comes back, nothing private slips through, and every refusal has its reason."""

from __future__ import annotations

import copy
import json
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emergency.eido import EidoRefused, Issuer, Reading, incident_to_eido, local_id, read_eido, tracking_id
from emergency.eido.pidf import UnreadableLocation, pidf_to_location, point_to_pidf
from emergency.incidents import Incident, fold_incident, fold_touched, incidents_touched
from emergency.units import Unit
from streams.codec import Malformed, envelope_from, payload_of
from streams.events import IncidentPayload, Payload, Recording, UnitAssignment
from tests.support.shared_data import shared_path

OURS = Issuer("beijing.example.org")
THEIRS = Issuer("cad.state.example.net")
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SAMPLE_AT = datetime(2021, 4, 30, 18, 40, tzinfo=UTC)


def fold(facts: list[tuple[str, datetime, dict[str, Any]]], only: str) -> Incident:
    """The incident of that id after the facts, as the engine would have it (places as given)."""
    incident: Incident | None = None
    for seq, (event, at, data) in enumerate(facts, 1):
        envelope = envelope_from({"source": "s", "id": str(seq), "type": event, "occurred_at": at, "data": data})
        payload: Payload = payload_of(envelope)
        recording = Recording(at=at, occurred_at=at, seq=seq, source="s", area=data.get("area", ""))
        if isinstance(payload, IncidentPayload) and payload.incident_id == only:
            incident = fold_incident(incident, payload, recording)
        elif isinstance(payload, UnitAssignment) or only in incidents_touched(payload):
            incident = fold_touched(incident, only, payload, recording)
    assert incident is not None
    return incident


def folded(reading: Reading) -> Incident:
    return fold([(fact.type, fact.occurred_at, fact.data) for fact in reading.facts], reading.incident_id)


def exchanged(incident: Incident) -> dict[str, Any]:
    """What EIDO carries of an incident."""
    newest = {a.unit_id: a for a in incident.assignments}
    return {
        "id": incident.incident_id,
        "kind": incident.kind,
        "priority": incident.priority,
        "where": (incident.lat, incident.lng, incident.area),
        "agency": incident.agency,
        "open": incident.is_open,
        "cancelled": incident.cancelled_at is not None,
        "into": incident.merged_into,
        "members": sorted(incident.members),
        "links": sorted(incident.links),
        "units": {unit_id: a.status if a.is_active else "gone" for unit_id, a in newest.items()},
        "occurred_at": incident.occurred_at,
    }


# the law of the round trip

STEPS = ("dispatched", "notified", "acknowledged", "departed", "arrived", "transported", "delivered", "cleared")
IDS = st.sampled_from(["170010023", "26/03 04:1", "A1:cad.state.example.net", "öffentlich", "a#b%20"])
UNIT_IDS = st.sampled_from(["E36", "急救 7", "M@1"])
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, datetime, dict[str, Any]]]:
    """Facts of one incident in the order of time: received, then anything that may happen to it."""
    incident_id = draw(IDS)
    said: dict[str, Any] = {
        "incident_id": incident_id,
        "kind": draw(st.sampled_from(["fire", "traffic_collision", "Medical Incident", "unknown", "火灾"])),
        "priority": draw(st.integers(1, 3)),
        "agency": draw(st.sampled_from(["", "fire", "119", "north.fire"])),
        "area": draw(st.sampled_from(["", "Dongcheng", "South of Market"])),
    }
    if draw(st.booleans()):
        said |= {"lat": draw(st.floats(-90, 90)), "lng": draw(st.floats(-180, 180))}
    facts = [("incident.received", NOON, said)]
    others = st.sampled_from(["other 1", "B2:far.example.com"])
    happens = st.one_of(
        st.tuples(st.just("incident.triaged"), st.fixed_dictionaries({"priority": st.integers(1, 3)})),
        st.tuples(st.just("incident.escalated"), st.fixed_dictionaries({"priority": st.integers(1, 3)})),
        st.tuples(
            st.just("incident.relocated"),
            st.fixed_dictionaries({"lat": st.floats(-89, 89), "lng": st.floats(-179, 179), "area": st.just("West")}),
        ),
        st.tuples(st.just("incident.linked"), st.fixed_dictionaries({"to": others})),
        st.tuples(st.just("incident.noted"), st.fixed_dictionaries({"note_id": st.sampled_from("ab")})),
        *(st.tuples(st.just(f"unit.{step}"), st.fixed_dictionaries({"unit_id": UNIT_IDS})) for step in STEPS),
    )
    for seconds, (event, more) in enumerate(draw(st.lists(happens, max_size=10)), 1):
        facts.append((event, NOON + timedelta(minutes=seconds), {"incident_id": incident_id, **more}))
    end = draw(st.sampled_from(["", "incident.closed", "incident.cancelled", "incident.merged"]))
    if end:
        more = {"into": "lead"} if end.endswith("merged") else {}
        facts.append((end, NOON + timedelta(hours=1), {"incident_id": incident_id, **more}))
    return facts


@settings(max_examples=150)
@given(histories())
def test_what_goes_out_comes_back(history: list[tuple[str, datetime, dict[str, Any]]]) -> None:
    before = fold(history, history[0][2]["incident_id"])
    out = json.loads(json.dumps(incident_to_eido(before, OURS)))
    reading = read_eido(out, OURS)
    after = folded(reading)
    assert exchanged(after) == exchanged(before)
    assert reading.warnings == ()
    again = incident_to_eido(after, OURS)
    assert exchanged(folded(read_eido(again, OURS))) == exchanged(before), "and again"


@settings(max_examples=60)
@given(histories())
def test_another_city_gets_the_same_incident_under_our_name(
    history: list[tuple[str, datetime, dict[str, Any]]],
) -> None:
    before = fold(history, history[0][2]["incident_id"])
    if ":cad." in before.incident_id:
        return
    reading = read_eido(incident_to_eido(before, OURS), THEIRS)
    after = folded(reading)
    assert local_id(tracking_id(after.incident_id, THEIRS), THEIRS) == after.incident_id
    assert after.incident_id.endswith(":beijing.example.org")
    assert (after.kind, after.priority, after.lat, after.lng) == (before.kind, before.priority, before.lat, before.lng)
    assert after.is_open == before.is_open
    assert {a.unit_id.partition("@")[2] != "" for a in after.assignments} <= {True}


@settings(max_examples=60)
@given(histories())
def test_the_same_object_always_gives_the_same_facts_under_the_same_ids(
    history: list[tuple[str, datetime, dict[str, Any]]],
) -> None:
    incident = fold(history, history[0][2]["incident_id"])
    eido = incident_to_eido(incident, OURS)
    first, second = read_eido(eido, THEIRS), read_eido(copy.deepcopy(eido), THEIRS)
    assert first == second
    ids = [fact.id for fact in first.facts]
    assert len(set(ids)) == len(ids)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=40))
def test_an_id_goes_out_and_comes_back(incident_id: str) -> None:
    assert local_id(tracking_id(incident_id, OURS), OURS) == incident_id


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_point_goes_out_and_comes_back(lat: float, lng: float) -> None:
    place = pidf_to_location(point_to_pidf('x<"&', lat, lng))
    assert (place.lat, place.lng) == (lat, lng)


PRIVATE = {
    "address": "12 Main & First <Street>",
    "text": "Smoke from the roof\nof the <b>library",
    "name": "A. Caller",
    "phone": "617 555 0100",
    "note:n1": "Key at number 12 & 14",
    "note:n2": "第二条",
}
WORKED = Incident(
    incident_id="170010023",
    kind="fire",
    priority=1,
    lat=42.3301,
    lng=-71.0899,
    area="Roxbury",
    agency="fire",
    occurred_at=NOON,
    received_at=NOON,
)


def test_personal_fields_and_notes_go_out_only_when_given_and_come_back_word_for_word() -> None:
    silent = json.dumps(incident_to_eido(WORKED, OURS), ensure_ascii=False)
    assert not [words for words in ("Main", "Smoke", "A. Caller", "617", "Key", "第二条", "Caller") if words in silent]
    reading = read_eido(incident_to_eido(WORKED, OURS, private=PRIVATE), OURS)
    [received] = [fact.data for fact in reading.facts if fact.type == "incident.received"]
    assert (received["address"], received["name"]) == (PRIVATE["address"], PRIVATE["name"])
    assert (received["phone"], received["text"]) == ("6175550100", PRIVATE["text"])
    notes = {f"note:{f.data['note_id']}": f.data["text"] for f in reading.facts if f.type == "incident.noted"}
    assert notes == {name: text for name, text in PRIVATE.items() if name.startswith("note:")}


def test_units_say_what_they_are_where_they_are_and_what_comes_next() -> None:
    history: list[tuple[str, datetime, dict[str, Any]]] = [
        ("incident.received", NOON, {"incident_id": "i", "kind": "fire", "priority": 1}),
        ("unit.dispatched", NOON + timedelta(seconds=60), {"incident_id": "i", "unit_id": "E36"}),
        ("unit.departed", NOON + timedelta(seconds=90), {"incident_id": "i", "unit_id": "E36"}),
    ]
    units = {
        "E36": Unit(unit_id="E36", kind="engine", agency="fire", lat=42.33, lng=-71.08, assignments={"i": "en-route"}),
        "L2": Unit(unit_id="L2", kind="ladder", stacked=("i",)),
    }
    out = incident_to_eido(fold(history, "i"), OURS, units)
    engine, ladder = out["emergencyResourceComponent"]
    assert (engine["emergencyResourceTypeCommonRegistryText"], engine["primaryUnitStatusRegistryText"]) == (
        "Engine",
        "Assigned",
    )
    assert engine["secondaryUnitStatusRegistryText"] == ["Enroute"]
    assert engine["lastUpdateTimeStamp"] == "2026-03-04T12:01:30Z"
    assert ladder["stackedOnIncidentId"] == [tracking_id("i", OURS)]
    assert out["dispatchComponent"][0]["lastUpdateTimeStamp"] == "2026-03-04T12:01:00Z"
    told = [(f.type, f.data["unit_id"]) for f in read_eido(out, OURS).facts if f.type.startswith("unit.")]
    assert told == [("unit.dispatched", "E36"), ("unit.departed", "E36"), ("unit.stacked", "L2")]
    theirs = [(f.type, f.data["unit_id"]) for f in read_eido(out, THEIRS).facts if f.type == "unit.listed"]
    assert theirs == [("unit.listed", f"{name}@beijing.example.org") for name in ("E36", "L2")]


def test_everything_that_is_referred_to_is_in_the_object() -> None:
    history: list[tuple[str, datetime, dict[str, Any]]] = [
        ("incident.received", NOON, {"incident_id": "i", "lat": 1.0, "lng": 2.0, "agency": "fire"}),
        ("unit.dispatched", NOON, {"incident_id": "i", "unit_id": "E36"}),
        ("incident.linked", NOON, {"incident_id": "i", "to": "j"}),
    ]
    units = {"E36": Unit(unit_id="E36", agency="ems", lat=1.0, lng=2.0)}
    out = incident_to_eido(fold(history, "i"), OURS, units, PRIVATE)
    ids, references = set(), set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            ids.add(value.get("$id"))
            references.add(value.get("$ref"))
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(out)
    assert references - ids - {None} == set()
    for name in ("eidoVersion", "issuingElementIdentification", "agencyComponent", "$id", "lastUpdateTimeStamp"):
        assert out[name]
    assert out["incidentComponent"]["incidentTypeCommonRegistryText"]


# what others send


def sample(name: str) -> Any:
    return json.loads(shared_path(f"fixtures/eido/{name}").read_text(encoding="utf-8"))


def test_the_sample_of_a_call_transfer_becomes_a_grave_incident_that_nobody_has_judged() -> None:
    reading = read_eido(sample("call_transfer_eido.json"), OURS)
    assert (reading.incident_id, reading.source) == ("a56e556d871:bcf.state.pa.us", "eido:idx.state.pa.us")
    received, kept = reading.facts
    assert received.type == "incident.received"
    assert received.occurred_at == SAMPLE_AT
    assert received.data == {
        "incident_id": "a56e556d871:bcf.state.pa.us",
        "kind": "unknown",
        "priority": 1,
        "phone": "8195551212",
        "address": "42 W Cellular Street, Wilmington, DE, US",
        "called_at": "2021-04-30T18:40:00Z",
    }
    assert kept.type == "incident.noted"
    assert "EmergencyCallData.ProviderInfo" in kept.data["text"], "what is not mapped is kept"
    assert "kept as a note" in reading.warnings[-1]
    incident = folded(reading)
    assert incident.is_open
    assert (incident.lat, incident.lng) == (None, None)


@pytest.mark.parametrize("name", ["template_traffic_collision.json", "template_ucsd_burglary_template.json"])
def test_a_template_that_nobody_filled_in_is_refused_with_every_placeholder(name: str) -> None:
    with pytest.raises(EidoRefused) as refused:
        read_eido(sample(name), OURS)
    assert any("[TIMESTAMP_ISO_OFFSET]" in reason for reason in refused.value.reasons)
    assert any("incidentTrackingIdentifier" in reason for reason in refused.value.reasons)


FILLED = {
    "[TIMESTAMP_ISO_OFFSET]": "2026-03-04T07:00:00-05:00",
    "[TIMESTAMP_ISO_OFFSET_SECOND_EVENT_IF_APPLICABLE]": "2026-03-04T07:05:00-05:00",
    "[LATITUDE] [LONGITUDE]": "32.8801 -117.2340",
    "[SOURCE_AGENCY_ID]": "ucsd.example.edu",
    "[EXTERNAL_CAD_ID_OR_REPORT_NUM]": "2026-0042",
    "[EXTERNAL_CAD_ID]": "2026-0042",
    "[EIDO_MESSAGE_UUID]": "7c0e7b5e",
    "[DESCRIPTION_OF_BURGLARY_1]": "Window broken",
    "[DESCRIPTION_OF_INCIDENT]": "Two cars, one on its side",
    "[FULL_LOCATION_ADDRESS_TEXT]": "Gilman Dr at Villa La Jolla Dr",
    "[LOCATION_ADDRESS_UCSD_FULL_TEXT]": "Geisel Library",
}


@pytest.mark.parametrize(
    ("name", "kind", "address"),
    [
        ("template_traffic_collision.json", "traffic_collision", "Gilman Dr at Villa La Jolla Dr"),
        ("template_ucsd_burglary_template.json", "burglary", "Geisel Library"),
    ],
)
def test_a_filled_template_is_read_though_it_is_looser_than_the_standard(name: str, kind: str, address: str) -> None:
    text = json.dumps(sample(name))
    for placeholder, value in FILLED.items():
        text = text.replace(placeholder, value)
    text = re.sub(r"\[([A-Z0-9_]+)\]", lambda match: match[1].lower(), text)
    reading = read_eido(json.loads(text), OURS)
    assert (reading.incident_id, reading.source) == ("2026-0042:ucsd.example.edu", "eido:ucsd.example.edu")
    received = reading.facts[0].data
    assert (received["kind"], received["lat"], received["lng"]) == (kind, 32.8801, -117.234)
    assert received["address"] == address
    assert reading.facts[0].occurred_at == NOON
    assert folded(reading).notes >= 1
    assert any("agencyComponent" in warning or "eidoVersion" in warning for warning in reading.warnings)


MINIMAL: dict[str, Any] = {
    "$id": "urn:emergency:uid:incidentid:A1:cad.example.com",
    "eidoVersion": "1.0",
    "lastUpdateTimeStamp": "2026-03-04T12:00:00Z",
    "issuingElementIdentification": "cad.example.com",
    "agencyComponent": [],
    "incidentComponent": {
        "$id": "x",
        "lastUpdateTimeStamp": "2026-03-04T12:00:00Z",
        "incidentTypeCommonRegistryText": "Structure Fire",
        "incidentCommonPriorityNumber": 8,
    },
}


def changed(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in (copy.deepcopy(MINIMAL) | parts).items() if value is not ...}


def incident_said(**more: Any) -> dict[str, Any]:
    return MINIMAL["incidentComponent"] | more


def test_a_second_object_tells_what_changed() -> None:
    first = read_eido(MINIMAL, OURS)
    later = {"lastUpdateTimeStamp": "2026-03-04T12:10:00Z"}
    second = read_eido(changed(incidentComponent=incident_said(incidentCommonPriorityNumber=1, **later), **later), OURS)
    assert second.facts[0].id == first.facts[0].id, "it was received once"
    triaged = [fact for fact in second.facts if fact.type == "incident.triaged"]
    assert triaged[0].id not in {fact.id for fact in first.facts}
    facts = [(f.type, f.occurred_at, f.data) for f in (*first.facts, *second.facts)]
    assert fold(facts, "A1:cad.example.com").priority == 3
    closed = read_eido(changed(incidentComponent=incident_said(incidentStatusCommonRegistryText="Closed")), OURS)
    assert closed.facts[-1].type == "incident.closed"
    assert not folded(closed).is_open


@pytest.mark.parametrize(
    ("common", "internal", "priority"),
    [(10, "", 1), (7, "", 1), (6, "", 2), (3, "", 2), (2, "", 3), (0, "", 3), (None, "1", 1), (None, "A", 2)],
)
def test_the_common_priority_runs_the_other_way(common: int | None, internal: str, priority: int) -> None:
    said = incident_said(incidentCommonPriorityNumber=common, incidentPriorityInternalText=internal)
    assert folded(read_eido(changed(incidentComponent=said), OURS)).priority == priority


def test_of_our_own_incident_others_tell_notes_and_their_units_and_nothing_we_know_better() -> None:
    ours = incident_to_eido(WORKED, OURS, {"E36": Unit(unit_id="E36")}, PRIVATE)
    stamp = {"lastUpdateTimeStamp": "2026-03-04T12:20:00Z"}
    note = {"$id": "n-77", "notesActionComments": "We close the <i>valve</i>", **stamp}
    unit = {"$id": "u-1", "emergencyResourceName": "GAS1", "unitStatusInternal": ["Enroute"], **stamp}
    theirs = ours | {
        "issuingElementIdentification": "gas.example.com",
        "incidentComponent": ours["incidentComponent"] | {"incidentCommonPriorityNumber": 1},
        "notesComponent": [*ours["notesComponent"], note],
        "emergencyResourceComponent": [unit],
    }
    reading = read_eido(theirs, OURS)
    assert reading.incident_id == WORKED.incident_id
    assert {fact.type for fact in reading.facts} == {"incident.noted", "unit.listed", "unit.departed"}
    assert [f.data["text"] for f in reading.facts if f.type == "incident.noted"] == ["We close the valve"]
    assert reading.facts[-1].data["unit_id"] == "GAS1@gas.example.com"
    assert any("ours" in warning for warning in reading.warnings)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "one JSON object"),
        (None, "one JSON object"),
        (changed(eidoVersion="2.0"), "eidoVersion"),
        (changed(**{"$id": ...}), r"\$id"),
        (changed(issuingElementIdentification=...), "issuingElementIdentification"),
        (changed(lastUpdateTimeStamp=..., incidentComponent={"$id": "x"}), "lastUpdateTimeStamp"),
        (changed(lastUpdateTimeStamp="yesterday"), "no instant"),
        (changed(lastUpdateTimeStamp="2026-03-04T12:00:00"), "zone"),
        (changed(incidentComponent=[incident_said(), incident_said()]), "more than one"),
        (changed(notesComponent=["text"]), r"notesComponent\[0\]"),
        (changed(mergeComponent=[{"$id": "m", "incidentTrackingIdentifier": "B:c.de"}]), "REPLACING"),
        (changed(linkComponent=[{"$id": "l", "linkDirectionCode": "RELATED"}]), "no other incident"),
        (changed(notesComponent=[{"$id": str(n)} for n in range(600)]), "at most 500"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_reason(value: Any, reason: str) -> None:
    with pytest.raises(EidoRefused, match=reason):
        read_eido(value, OURS)


def test_what_is_not_mapped_is_kept_and_handed_back_when_it_is_too_long() -> None:
    reading = read_eido(changed(vehicleComponent=[{"$id": "v", "plate": "ABC 1"}]), OURS)
    [note] = [fact.data["text"] for fact in reading.facts if fact.type == "incident.noted"]
    assert "ABC 1" in note
    assert reading.left == ""
    large = read_eido(changed(mediaComponent=[{"$id": "m", "label": "x" * 20_000}]), OURS)
    assert "x" * 20_000 in large.left
    assert not [fact for fact in large.facts if fact.type == "incident.noted"]


@pytest.mark.parametrize(
    "xml",
    [
        "<a",
        "x",
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        "<a>" * 50 + "</a>" * 50,
        "<a>" + "x" * 70_000 + "</a>",
    ],
)
def test_a_hostile_location_is_said_and_costs_only_the_place(xml: str) -> None:
    with pytest.raises(UnreadableLocation):
        pidf_to_location(xml)
    place = {"$id": "p", "lastUpdateTimeStamp": "2026-03-04T12:00:00Z", "locationByValue": xml}
    reading = read_eido(changed(locationComponent=[place]), OURS)
    assert folded(reading).lat is None
    assert any("locationByValue" in warning for warning in reading.warnings)


JSON = st.recursive(
    st.none() | st.booleans() | FINITE | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
PARTS = (
    *("incidentComponent", "callComponent", "locationComponent", "personComponent", "notesComponent"),
    *("callbackComponent", "emergencyResourceComponent", "dispatchComponent", "mergeComponent", "linkComponent"),
    "agencyComponent",
)
ELEMENTS = (
    *("$id", "lastUpdateTimeStamp", "incidentTypeInternalText", "incidentStatusInternalText", "locationByValue"),
    *("locationReference", "callStartTimestamp", "callBackInformationUri", "ncPersonComponent", "notesActionComments"),
    *("emergencyResourceName", "unitStatusInternal", "emergencyResourceReference", "incidentTrackingIdentifier"),
    *("incidentCommonPriorityNumber", "linkDirectionCode", "personIncidentRoleRegistryText", "callBackReference"),
)
ODD = st.dictionaries(st.sampled_from(ELEMENTS), JSON, max_size=5)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(PARTS), JSON | ODD | st.lists(ODD, max_size=3), max_size=5))
def test_any_json_is_read_or_refused_with_reasons(parts: dict[str, Any]) -> None:
    try:
        reading = read_eido(MINIMAL | parts, OURS)
    except EidoRefused as refused:
        reasons = refused.reasons
    else:
        reasons = tuple(f"{len(reading.facts)} facts" for _ in [0] if reading.facts)
        for fact in reading.facts:
            said = {"source": reading.source, "id": fact.id, "type": fact.type, "occurred_at": fact.occurred_at}
            with suppress(Malformed):  # the door says why
                payload_of(envelope_from(said | {"data": fact.data}))
    assert reasons
