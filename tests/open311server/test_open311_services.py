"""Services and their definitions: in two formats, many languages, and the shapes that others recorded."""

from __future__ import annotations

import json

import pytest
from defusedxml import ElementTree

from tests.open311server.portal import Portal, as_json, texts, tree
from tests.support.shared_data import shared_path


def test_services_are_the_citys_categories_and_anything_else_fits_other(portal: Portal) -> None:
    services = {one["service_code"]: one for one in portal.get("services.json").get_json()}
    assert set(services) == {*portal.server.services.catalogue.categories, "other"}
    gas = services["gas_smell"]
    assert (gas["service_name"], gas["metadata"], gas["type"]) == ("Gas smell", True, "realtime")
    assert gas["group"] == portal.city.city.agencies["gas"]["en"]
    assert services["dust"]["metadata"] is False
    assert "燃气异味" in gas["keywords"].split(",")


@pytest.mark.parametrize(
    ("asked", "headers", "name"),
    [
        ("", {}, "Gas smell"),
        ("?locale=zh", {}, "燃气异味"),
        ("?locale=zh_CN", {}, "燃气异味"),
        ("?locale=de-AT", {"Accept-Language": "zh"}, "Gasgeruch"),
        ("", {"Accept-Language": "xx, ar;q=0.8, en;q=0.5"}, "رائحة غاز"),
        ("?locale=tlh", {}, "Gas smell"),
    ],
)
def test_names_come_in_the_language_that_is_asked_for(portal: Portal, asked: str, headers: dict, name: str) -> None:
    answer = portal.get(f"services.json{asked}", headers=headers)
    assert name in {one["service_name"] for one in answer.get_json()}


@pytest.mark.parametrize(
    "path", ["services", "services/gas_smell", "services/dust", "services/elevators", "services/none"]
)
def test_xml_says_what_json_says(portal: Portal, path: str) -> None:
    in_json, in_xml = portal.get(f"{path}.json"), portal.get(f"{path}.xml")
    assert in_json.status_code == in_xml.status_code
    assert as_json(tree(in_xml)) == texts(in_json.get_json())


def test_without_an_ending_the_headers_decide_and_xml_is_the_standards_own(portal: Portal) -> None:
    assert tree(portal.get("services")).tag == "services"
    assert portal.get("services", headers={"Accept": "application/json"}).get_json()
    assert tree(portal.get("services", headers={"Accept": "text/xml"})).tag == "services"
    assert portal.get("services.csv").status_code == 404


def test_definitions_carry_what_the_city_asks(portal: Portal) -> None:
    said = portal.get("services/gas_smell.json?locale=zh").get_json()
    assert said["service_code"] == "gas_smell"
    where = said["attributes"][0]
    assert (where["code"], where["datatype"], where["required"], where["variable"]) == (
        "WHERE",
        "singlevaluelist",
        False,
        True,
    )
    assert {"key": "stairwell", "name": "楼道"} in where["values"]
    assert portal.get("services/dust.json").get_json()["attributes"] == []


def test_what_does_not_exist_is_refused_in_the_standards_words(portal: Portal) -> None:
    for path in (
        "services/none.json",
        "services.json?jurisdiction_id=springfield",
        "requests/nothing.json",
        "nowhere.json",
    ):
        answer = portal.get(path)
        assert answer.status_code == 404, path
        assert answer.get_json()[0]["code"] == 404
        assert answer.get_json()[0]["description"]
    assert portal.get("services.json?jurisdiction_id=beijing").status_code == 200
    missing = tree(portal.get("requests/not-an-id.xml"))
    recorded = ElementTree.fromstring(
        shared_path("fixtures/open311/sf2010_get_service_request_not_found.xml").read_bytes()
    )
    assert [e.tag for e in missing.iter()] == [e.tag for e in recorded.iter()]


def test_other_methods_are_named(portal: Portal) -> None:
    for path, allowed in (("requests.json", "GET, POST"), ("services.json", "GET"), ("tokens/x.json", "GET")):
        answer = portal.app.test_client().delete(f"/open311/v2/{path}")
        assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


def test_records_have_the_fields_of_recorded_answers(portal: Portal) -> None:
    """What other cities' servers were recorded to say, ours says under the same names."""
    portal.city.case("c1", (39.94, 116.39), category="noise")
    portal.settle()
    folder = "fixtures/open311"
    services = json.loads(shared_path(f"{folder}/bloomington_services.json").read_text(encoding="utf-8"))
    requests = json.loads(shared_path(f"{folder}/bloomington_requests.json").read_text(encoding="utf-8"))
    assert set(services[0]) <= set(portal.get("services.json").get_json()[0])
    assert set(requests[0]) <= set(portal.get("requests.json").get_json()[0])
    pairs = {
        "services": "sf2010_services.xml",
        "requests": "sf2010_service_requests.xml",
        "requests/c1": "sf2010_get_service_request.xml",
    }
    for path, name in pairs.items():
        recorded = ElementTree.fromstring(shared_path(f"{folder}/{name}").read_bytes())
        said = tree(portal.get(f"{path}.xml"))
        assert said.tag == recorded.tag
        assert said[0].tag == recorded[0].tag
        assert {e.tag for e in recorded[0]} <= {e.tag for e in said[0]}
    definition = tree(portal.get("services/elevators.xml"))
    recorded = ElementTree.fromstring(shared_path(f"{folder}/sf2010_service_definition.xml").read_bytes())
    assert {e.tag for e in recorded.iter()} - {"attribute"} <= {e.tag for e in definition.iter()}
