"""Filing a request: durable, once, by those who may; what is personal stays apart; what is wrong is said."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis as redis_module
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.accounts.audit import read_entries
from dashboard.engine.clock import Mode
from dashboard.open311.filing import ALPHABET, case_id_of, source_of
from dashboard.open311.start import open311_routes
from dashboard.roles import ROLES, Permission, Role
from dashboard.settings import read_settings
from dashboard.signin import start_signin
from tests.open311server.portal import DRUM_TOWER, PERSONAL, REPORT, Portal, open_portal, tree
from tests.support.engines import TestCity

PLANTED = ("Planted", "Surname", "5555 0199", "planted@example.org", "煤气味", "planted.jpg")


def case(portal: Portal, number: str) -> dict[str, Any]:
    raw: Any = portal.city.client.hget(portal.city.keys.cases, number)
    return msgspec.json.decode(raw)


def private(portal: Portal, number: str) -> dict[str, Any]:
    raw: Any = portal.city.client.hget(portal.city.keys.private, f"case:{number}")
    return msgspec.json.decode(raw) if raw else {}


def test_a_posted_request_is_a_case_of_the_hotline(portal: Portal) -> None:
    answer = portal.post(REPORT | PERSONAL | {"attribute[WHERE]": "stairwell", "locale": "zh"})
    assert answer.status_code == 201
    (told,) = answer.get_json()
    number = told["service_request_id"]
    assert "热线" in told["service_notice"]
    portal.settle()
    kept = case(portal, number)
    assert (kept["category"], kept["channel"], kept["language"], kept["grade"]) == ("gas_smell", "app", "zh", "I")
    assert (kept["lat"], kept["lng"]) == DRUM_TOWER
    assert kept["source"] == source_of("reporter one")
    one = portal.get(f"requests/{number}.json").get_json()[0]
    expected, requested = (datetime.fromisoformat(one[f"{name}_datetime"]) for name in ("expected", "requested"))
    hours = portal.city.city.deadlines["I"].feedback_h
    assert abs(expected - requested - timedelta(hours=hours)) <= timedelta(seconds=1), "of its grade"
    words = private(portal, number)
    assert words["text"].splitlines() == [PERSONAL["description"], "气味在哪里？ 楼道", PERSONAL["media_url"]]
    assert (words["name"], words["address"]) == (
        "Planted Surname",
        "7 Planted Lane",
    )
    assert "5555" not in words["phone"], "sealed by the engine"
    assert portal.city.figures()["cases.by_channel.app"] == 1


def test_it_is_durable_before_the_answer_and_known_a_moment_later(portal: Portal) -> None:
    """A client that reads at once what it filed is not told that there is nothing."""
    with portal.running_engine():
        number = portal.file()
        entries: Any = portal.city.client.xrange(portal.city.keys.inbox)
        events: Any = portal.city.client.xrange(portal.city.keys.events)
        assert any(number.encode() in fields[b"e"] for _, fields in [*entries, *events])
        assert portal.get(f"requests/{number}.json").get_json()[0]["status"] == "open"
        token = portal.get(f"tokens/{number}.json").get_json()
        assert token == [{"service_request_id": number, "token": number}]


def test_no_personal_field_is_in_any_public_answer(portal: Portal) -> None:
    number = portal.file(**PERSONAL)
    portal.settle()
    for role in (None, "reporter", "viewer", "leader", "kiosk"):
        for path in (f"requests/{number}.json", f"requests/{number}.xml", "requests.json", f"tokens/{number}.json"):
            said = portal.get(path, role).get_data(as_text=True)
            assert number in said
            assert not any(word in said for word in PLANTED), (role, path)
    assert not any(word in json.dumps(portal.city.events(), ensure_ascii=False) for word in PLANTED)


def test_who_may_read_private_fields_reads_them_in_one_request_and_that_is_written_down(portal: Portal) -> None:
    number = portal.file(**PERSONAL)
    portal.settle()
    one = portal.get(f"requests/{number}.json", "hotline").get_json()[0]
    assert (one["description"].splitlines()[0], one["address"]) == (PERSONAL["description"], PERSONAL["address_string"])
    said = tree(portal.get(f"requests/{number}.xml", "hotline")).findtext("request/description")
    assert said is not None
    assert said.splitlines()[0] == PERSONAL["description"], "escaped, and read back as it was"
    assert portal.get("requests.json", "hotline").get_json()[0]["description"] is None
    audited = read_entries(portal.city.client, portal.city.keys)
    assert [(e.what, e.subject) for e in audited] == [("private.revealed", f"case:{number}")] * 2


def test_only_keys_that_may_file_do(portal: Portal) -> None:
    for role in Role:
        expected = 201 if Permission.FILE_REPORTS in ROLES[role] else 403
        assert portal.post(REPORT, role.value).status_code == expected, role
    for form in (REPORT, REPORT | {"api_key": "hx_guess"}, REPORT | {"api_key": ""}):
        answer = portal.post(form, None)
        assert (answer.status_code, answer.get_json()[0]["code"]) == (403, 403)
    key = portal.keys["reporter"]
    for sent in (
        portal.post(REPORT | {"api_key": key}, None),
        portal.post(REPORT, None, path=f"requests.json?api_key={key}"),
        portal.post(REPORT, None, headers={"Authorization": f"Bearer {key}"}),
    ):
        assert sent.status_code == 201


def test_a_reporters_key_reads_what_strangers_read(portal: Portal) -> None:
    portal.city.case("c1", (39.94, 116.39), category="noise", source="311")
    portal.settle()
    assert portal.get("requests/c1.json", "reporter").get_json() == portal.get("requests/c1.json").get_json()
    assert portal.get("requests/c1.json", headers={"X-API-Key": "hx_guess"}).status_code == 403


@pytest.mark.parametrize(
    ("form", "status", "word"),
    [
        ({}, 400, "service_code"),
        ({"service_code": "gas_smell"}, 400, "lat and long"),
        ({**REPORT, "service_code": "no such"}, 404, "no such"),
        ({**REPORT, "lat": "north"}, 400, "two numbers"),
        ({**REPORT, "lat": "nan"}, 400, "Beijing"),
        ({**REPORT, "lat": "0", "long": "0"}, 400, "Beijing"),
        ({**REPORT, "lat": ""}, 400, "two numbers"),
        ({"service_code": "noise", "address_id": "landmark:none"}, 400, "address_id"),
        ({**REPORT, "description": "x" * 4001}, 400, "description"),
        ({**REPORT, "phone": "1" * 51}, 400, "phone"),
        ({**REPORT, "media_url": "javascript:alert(1)"}, 400, "media_url"),
        ({**REPORT, "media_url": "http://"}, 400, "media_url"),
        ({**REPORT, "service_code": "elevators"}, 400, "attribute[TRAPPED]"),
        ({**REPORT, "attribute[WHERE]": "roof"}, 400, "indoors, stairwell, street"),
        ({**REPORT, "service_code": "heating", "attribute[TEMPERATURE]": "cold"}, 400, "a number"),
        ({**REPORT, "service_code": "heating", "attribute[SINCE]": "2026-01-01"}, 400, "a time"),
        ({**REPORT, "jurisdiction_id": "springfield"}, 404, "springfield"),
        ({**REPORT, "idempotency_key": "x" * 201}, 400, "idempotency_key"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_taken(portal: Portal, form: dict, status: int, word: str) -> None:
    before = portal.city.client.xlen(portal.city.keys.inbox)
    answer = portal.post(form)
    assert answer.status_code == status
    assert {error["code"] for error in answer.get_json()} == {status}
    assert any(word in error["description"] for error in answer.get_json()), answer.get_json()
    assert portal.city.client.xlen(portal.city.keys.inbox) == before


def test_everything_that_is_wrong_is_said_at_once(portal: Portal) -> None:
    answer = portal.post({"service_code": "elevators", "phone": "1" * 51, "media_url": "x"}, path="requests.xml")
    assert len(tree(answer).findall("error/description")) == 4


def test_an_address_that_is_known_gives_the_place_and_any_other_is_kept(portal: Portal) -> None:
    said = [
        {"address_string": "Drum Tower"},
        {"address_string": "Everywhere"},
        {"address_string": "a lane nobody knows"},
        {"address_id": "landmark:drum-tower"},
    ]
    numbers = []
    for where in said:
        answer = portal.post({"service_code": "noise", **where})
        assert answer.status_code == 201
        numbers.append(answer.get_json()[0]["service_request_id"])
    portal.settle()
    places = [case(portal, number).get("lat") for number in numbers]
    assert places == [DRUM_TOWER[0], None, None, DRUM_TOWER[0]]
    assert private(portal, numbers[2])["address"] == "a lane nobody knows"


def test_several_values_of_an_attribute_come_with_brackets(portal: Portal) -> None:
    form = {**REPORT, "service_code": "noise", "attribute[SOURCE][]": ["music", "traffic"]}
    number = portal.post(form).get_json()[0]["service_request_id"]
    assert (
        portal.post({**form, "service_code": "gas_smell", "attribute[WHERE]": ["indoors", "street"]}).status_code == 400
    )
    portal.settle()
    assert "Music, Traffic" in private(portal, number)["text"]


@pytest.mark.parametrize("kind", ["application/json", "application/xml", "text/xml", "text/plain"])
def test_only_forms_are_taken(portal: Portal, kind: str) -> None:
    answer = portal.post(b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>", content_type=kind)
    assert answer.status_code == 415


def test_a_form_in_parts_is_taken_and_a_file_in_it_is_not(portal: Portal) -> None:
    assert portal.post(REPORT, content_type="multipart/form-data").status_code == 201
    with Path(__file__).open("rb") as file:
        assert portal.post({**REPORT, "media": file}, content_type="multipart/form-data").status_code == 400


def test_too_much_is_refused_before_it_is_read(portal: Portal) -> None:
    assert portal.post({**REPORT, "description": "x" * 200_000}).status_code == 413


def test_the_same_idempotency_key_files_once_whatever_happens_in_between(portal: Portal) -> None:
    sent = {"headers": {"Idempotency-Key": "report 1"}}
    first = portal.post(REPORT | PERSONAL, **sent)
    number = first.get_json()[0]["service_request_id"]
    again = portal.post(REPORT | PERSONAL, **sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.get_json()[0]["service_request_id"] == number
    assert portal.post({**REPORT, "idempotency_key": "report 1"} | PERSONAL).status_code == 200
    assert portal.post(REPORT | PERSONAL | {"phone": "1"}, **sent).status_code == 409
    other = portal.post(REPORT | PERSONAL, "hotline", **sent)
    assert other.status_code == 201
    assert other.get_json()[0]["service_request_id"] != number, "keys of others are others"
    portal.settle()
    assert portal.city.figures()["cases.received_today"] == 2


def test_when_too_much_waits_nothing_is_taken_and_the_client_is_told_when_to_come_back(
    redis: redis_module.Redis, tmp_path: Path
) -> None:
    portal = open_portal(redis, tmp_path)
    object.__setattr__(portal.server.door.context, "max_backlog", 3)
    assert portal.post(REPORT).status_code == 201
    for number in range(5):
        portal.city.case(f"c{number}", None)
    answer = portal.post(REPORT)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json()[0]["code"] == 503
    portal.settle()
    portal.tail.writer.close()


def test_a_replay_takes_no_reports_and_a_simulated_city_dates_them_by_its_own_clock(
    redis: redis_module.Redis, tmp_path: Path
) -> None:
    replay = open_portal(redis, tmp_path, mode=Mode.REPLAY)
    assert replay.post(REPORT).status_code == 409
    replay.tail.writer.close()
    redis.flushall()
    portal = open_portal(redis, tmp_path, "beijing-sim", Mode.SIMULATION)
    number = portal.file(jurisdiction_id="beijing")
    portal.settle()
    (event,) = [event for event in portal.city.events() if event["data"].get("case_id") == number]
    assert (
        abs(
            (
                portal.city.engine.clock.at - msgspec.convert(event["occurred_at"], type(portal.city.wall.at))
            ).total_seconds()
        )
        < 10
    )
    portal.tail.writer.close()


def test_keys_have_limits_of_their_own(redis: redis_module.Redis, redis_server: Any, tmp_path: Path) -> None:
    portal = open_portal(redis, tmp_path)
    app = Flask("limited")
    app.secret_key = "secret"
    app.config["MAX_CONTENT_LENGTH"] = 2_000_000
    limiter = start_signin(app, portal.server.api.access, "memory://")
    configured = read_settings({}, city="beijing", data=tmp_path, open311_per_minute=3)
    app.register_blueprint(open311_routes(configured, portal.server.api, portal.city.city, limiter))
    browser = app.test_client()

    def post(role: str) -> Any:
        return browser.post("/open311/v2/requests.json", data=REPORT, headers=portal.headers(role))

    assert [post("reporter").status_code for _ in range(4)] == [201, 201, 201, 429]
    refused = post("reporter")
    assert (refused.get_json()[0]["code"], "Retry-After" in refused.headers) == (429, True)
    assert post("hotline").status_code == 201
    large = browser.post("/open311/v2/requests.json", data=REPORT | {"description": "x" * 150_000})
    assert large.status_code == 413, "also where a limit looked for the key first"
    portal.tail.writer.close()


# laws


@given(st.binary(min_size=1, max_size=40), st.binary(min_size=1, max_size=40))
def test_numbers_follow_from_their_seed_and_can_be_read_out(one: bytes, other: bytes) -> None:
    number = case_id_of(one)
    assert (number == case_id_of(other)) == (one == other)
    assert number[0] == "O"
    assert set(number[1:]) <= set(ALPHABET)
    assert len(number) == 13


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_no_two_names_share_a_source(one: str, other: str) -> None:
    assert (source_of(one) == source_of(other)) == (one == other)
    assert source_of(one).isascii()


TEXT = st.text(max_size=60)


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from([*REPORT, *PERSONAL, "attribute[WHERE]", "idempotency_key", "locale"]), TEXT))
def test_whatever_a_form_holds_it_is_taken_whole_or_refused_with_a_reason(portal: Portal, form: dict[str, str]) -> None:
    before = portal.city.client.xlen(portal.city.keys.inbox)
    answer = portal.post(REPORT | form)
    taken = answer.status_code in (200, 201)
    assert taken or answer.status_code in (400, 404, 409), form
    assert answer.get_json()
    assert portal.city.client.xlen(portal.city.keys.inbox) == before + taken
    assert answer.headers["Content-Type"].startswith("application/json")


def test_what_was_taken_is_understood_by_the_engine(portal: Portal) -> None:
    odd = {"description": "\x00\x1b[31m\ud800 𝒳\u2028", "first_name": "‮", "address_string": "\t"}
    numbers = [portal.file(**{name: value.encode("utf-8", "replace").decode()}) for name, value in odd.items()]
    portal.settle()
    assert portal.city.dead() == []
    assert {case(portal, number)["category"] for number in numbers} == {"gas_smell"}


def test_a_city_without_a_catalogue_serves_what_its_cases_are(redis: redis_module.Redis, tmp_path: Path) -> None:
    portal = open_portal(redis, tmp_path, "boston")
    city: TestCity = portal.city
    city.case("c1", category="Street Light: Out, Dark")
    portal.settle()
    services = {one["service_code"]: one["service_name"] for one in portal.get("services.json").get_json()}
    assert services == {"street-light-out-dark": "Street Light: Out, Dark", "other": "Other"}
    assert portal.ids("service_code=street-light-out-dark") == ["c1"]
    assert portal.get("requests/c1.json").get_json()[0]["service_code"] == "street-light-out-dark"
    portal.tail.writer.close()
