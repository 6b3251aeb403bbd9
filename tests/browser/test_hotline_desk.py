"""A supervisor's story on a real demo: a report of an outside app through its whole life, at two desks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import redis as redis_module
from georeport import GeoReport
from playwright.sync_api import expect

from dashboard.access_keys import new_key
from streams.keys import Keys
from tests.browser.desks import unique
from tests.browser.hotlines import post_case, sign_in
from tests.support.demo import Demo
from tests.support.redis_server import wait_until
from tests.support.seconds import second_s

pytestmark = pytest.mark.browser

LISTED = """(id) => {
  let found = false;
  hexwatch.desk.grid.api?.forEachNode((node) => (found ||= node.data?.case_id === id));
  return found && Date.now();
}"""
TRIES = 5
UNMARKED = dict.fromkeys(map(ord, "\u2066\u2068\u2069"))  # what keeps a name together in a sentence of another script
SERVICE = "tourism"
# Cases of the category received today, as the figures of the wall say.
ON_WALL = f"() => hexwatch.live.picture.topic('figures').get('cases.by_category.{SERVICE}') || 0"
STAGE = """(stage) => hexwatch.desk.case.document && hexwatch.stageOf(hexwatch.desk.case.document) === stage"""
UNKNOWN = "() => hexwatch.desk.case.status === 404 && !hexwatch.desk.case.document"
FACTS = "() => hexwatch.lifeOf(hexwatch.desk.case.document, hexwatch.desk.case.history).map((one) => one.what)"
UNASSIGNED = "() => Number(document.querySelector('[data-n-of=unassigned]').textContent.replace(/[^0-9]/g, '')) || 0"


@pytest.fixture(scope="module")
def desks(browser: Any, running_demo: Demo) -> Iterator[tuple[Any, Any]]:
    """A supervisor of the hotline, and somebody of the gas utility who reads Chinese."""
    contexts = [browser.new_context(viewport={"width": 1366, "height": 768}) for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for page, role, query in zip(pages, ("hotline", "agency"), ("", "?lang=zh_CN"), strict=True):
        page.set_default_timeout(60_000)
        sign_in(page, running_demo, role, query)
    yield pages[0], pages[1]
    for context in contexts:
        context.close()


def act(page: Any, verb: str, stage: str = "", **fields: str) -> None:
    """Press the button, fill the small form, send it; then the case is in that stage."""
    button = page.locator(f'.case-acts [data-verb="{verb}"]')
    if not button.count():
        page.locator(".case-acts .tool").click()
    button.click()
    for name, value in fields.items():
        field = page.locator(f'.case-form [data-name="{name}"]')
        if field.evaluate("(one) => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    if fields:
        page.locator(".case-form .strong").click()
    if stage:
        page.wait_for_function(STAGE, arg=stage)


def refused(page: Any, verb: str, case_id: str) -> str:
    """What the page says of a request that the engine refuses, whatever buttons there are."""
    page.evaluate("([verb, case_id]) => void hexwatch.desk.ask(verb, { case_id })", [verb, case_id])
    said = page.locator('.ask[data-state="refused"]')
    said.wait_for()
    why = said.locator(".ask-reason").inner_text()
    page.evaluate("() => hexwatch.desk.asking.dismiss()")
    said.wait_for(state="detached")
    return str(why)


def file_report(base: str, key: str, text: str) -> str:
    """A report as an app of others posts it: the form of the Open311 standard. Its number."""
    form = {"service_code": SERVICE, "lat": "39.93", "long": "116.45", "description": text, "api_key": key}
    answer = httpx.post(f"{base}/open311/v2/requests.json", data=form, timeout=30)
    assert answer.status_code == 201, answer.text
    return str(answer.json()[0]["service_request_id"])


@pytest.fixture(scope="module")
def app_key(running_demo: Demo) -> str:
    """The key of an app that may file reports and do nothing else."""
    with redis_module.Redis(unix_socket_path=str(running_demo.folder / "redis.sock")) as client:
        return new_key(client, Keys("beijing-sim"), "city app", "reporter")


@pytest.fixture(scope="module")
def wall(browser: Any, running_demo: Demo) -> Iterator[Any]:
    """The wall, with the map of one category."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{running_demo.url}/wall?measure=received_1h&category={SERVICE}")
    page.wait_for_function("() => window.hexwatch?.stats.seq >= 0 && window.hexwatch.map?.cells")
    yield page
    context.close()


def test_a_report_from_an_app_of_others_is_on_the_wall_and_at_the_desk_within_a_second(
    desks: tuple[Any, Any], wall: Any, running_demo: Demo, app_key: str
) -> None:
    desk, _body = desks
    desk.evaluate("(category) => hexwatch.desk.lists.choose({ list: 'unassigned', category })", SERVICE)
    desk.wait_for_function(f"() => hexwatch.desk.grid.total === ({UNASSIGNED})()")  # both narrowed by now
    took_s, limit_s = [], 0.0
    for _ in range(TRIES):
        limit_s = max(limit_s, second_s())
        before, posted_at = wall.evaluate(ON_WALL), time.time()
        number = file_report(running_demo.url, app_key, "no signs at the gate")
        seen = [
            wall.wait_for_function(f"(n) => ({ON_WALL})() > n && Date.now()", arg=before),
            desk.wait_for_function(LISTED, arg=number),
            desk.wait_for_function(f"() => hexwatch.desk.grid.total === ({UNASSIGNED})() && Date.now()"),
        ]
        took_s.append([round(one.evaluate("(at) => at") / 1000 - posted_at, 2) for one in seen])
        limit_s = max(limit_s, second_s())
        if max(took_s[-1]) < limit_s:
            break
    desk.evaluate("() => hexwatch.desk.lists.choose({ category: '' })")
    print("on the wall, in the list, in its count after (s):", took_s, "limit:", limit_s)
    assert max(took_s[-1]) < limit_s, f"{took_s}: even the quickest took longer than {limit_s} s"
    outside = GeoReport(f"{running_demo.url}/open311/v2/", api_key=app_key)
    assert outside.get_service_request(number)["status"] == "open"


def test_a_report_from_an_app_of_others_lives_through_its_whole_life_at_two_desks(
    desks: tuple[Any, Any], running_demo: Demo, app_key: str
) -> None:
    """What one clicks, the other sees at once; the body has the case while it is the body's, and reads Chinese."""
    desk, body = desks
    number = file_report(running_demo.url, app_key, "the ticket office is closed")
    desk.evaluate("(category) => hexwatch.desk.lists.choose({ list: 'unassigned', category })", SERVICE)
    desk.wait_for_function(LISTED, arg=number)
    for page, opened in ((desk, STAGE), (body, UNKNOWN)):
        page.evaluate("(id) => hexwatch.desk.openCase(id)", number)
        page.wait_for_function(opened, arg="received")
    body.evaluate("(category) => hexwatch.desk.lists.choose({ list: 'open', category })", SERVICE)
    assert f"{number} 不由贵单位承办" in refused(body, "accept_case", number).translate(UNMARKED)

    act(desk, "dispatch_case", "dispatched", owner="gas")
    body.wait_for_function(STAGE, arg="dispatched")
    body.wait_for_function(LISTED, arg=number)
    act(body, "ask_return", "return_asked", code="not_ours", reason="the street is another body's")
    desk.wait_for_function(STAGE, arg="return_asked")
    desk.evaluate("() => hexwatch.desk.lists.choose({ list: 'returns' })")
    desk.wait_for_function(LISTED, arg=number)
    act(desk, "review_return", "dispatched", granted="yes", owner="water", reason="so it is")
    body.wait_for_function(UNKNOWN)
    body.wait_for_function(f"(id) => !({LISTED})(id)", arg=number)
    act(desk, "dispatch_case", "dispatched", owner="gas")
    body.wait_for_function(STAGE, arg="dispatched")
    act(body, "accept_case", "accepted")
    desk.wait_for_function(STAGE, arg="accepted")
    act(body, "contact_case", "contacted")
    act(body, "handle_case", "handled", result="the pipe was closed")
    desk.wait_for_function(STAGE, arg="handled")
    act(body, "close_case", "closed", reason="done")
    desk.wait_for_function(STAGE, arg="closed")
    outside = GeoReport(f"{running_demo.url}/open311/v2/", api_key=app_key)
    wait_until(lambda: outside.get_service_request(number)["status"] == "closed", 20, "the app is told that it is over")
    act(desk, "follow_up", "followed_up", contacted="yes", resolved="no", satisfied="2")
    body.wait_for_function(STAGE, arg="followed_up")
    act(desk, "reopen_case", "", reason="it smells again")
    for page in desks:
        page.wait_for_function("() => hexwatch.desk.case.document.reopened === 1")
        page.wait_for_function(f"() => ({FACTS})().includes('reopened')")
    facts = body.evaluate(FACTS)
    lived = {"received", "dispatched", "returned", "return_reviewed", "accepted", "contacted", "handled", "closed"}
    assert lived | {"followed_up"} <= set(facts)
    assert (facts[0], facts[-1]) == ("reopened", "received")


def test_the_page_of_a_body_asks_for_nothing_that_is_not_its_own(desks: tuple[Any, Any]) -> None:
    """No panel of the floor, no topic with the city's counts, no question that the server refuses."""
    _desk, body = desks
    assert body.evaluate("() => hexwatch.desk.setup.topics") == ["clock", "sources"]
    assert body.evaluate("() => [...hexwatch.desk.store.picture.topics.keys()].sort()") == ["clock", "sources"]
    for part in ("channel-cards", "hotlinemap", "clusters-list", "ranking-rows", "search-button", "counts"):
        assert body.locator(f"[data-part={part}]").count() == 0, part
    asked = "() => performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)"
    api = {path.split("/api/v1/")[1].split("/")[0] for path in body.evaluate(asked) if "/api/v1/" in path}
    assert api <= {"worklists", "cases", "requests", "sources"}, api


def test_who_called_is_shown_only_when_a_person_asks(desks: tuple[Any, Any], running_demo: Demo) -> None:
    desk, _body = desks
    case_id = unique("caller")
    post_case(running_demo.url, case_id, name="Planted Name", phone="01055501234")
    desk.evaluate("(id) => hexwatch.desk.openCase(id)", case_id)
    desk.wait_for_function("(id) => hexwatch.desk.case.document?.case_id === id", arg=case_id)
    assert "Planted Name" not in desk.content()
    desk.locator("[data-part=case-reveal]").click()
    desk.locator("[data-part=case-private]", has_text="Planted Name").wait_for()
    desk.keyboard.press("Escape")
    expect(desk.locator("[data-part=case-body]")).not_to_contain_text("Planted Name")
    audit = running_demo.get("/api/v1/audit", limit=50)
    if audit.status_code == 200:
        assert case_id in audit.text


def test_without_an_answer_it_says_so_and_nothing_is_lost(desks: tuple[Any, Any], running_demo: Demo) -> None:
    desk, _body = desks
    case_id = unique("unsent")
    post_case(running_demo.url, case_id)
    desk.evaluate("(id) => hexwatch.desk.openCase(id)", case_id)
    desk.wait_for_function(STAGE, arg="received")
    desk.route(
        "**/api/v1/requests**",
        lambda route: route.fulfill(status=504, json={"error": {"code": "no_answer", "message": "NOT SENT"}}),
    )
    act(desk, "dispatch_case", owner="gas")
    unsent = desk.locator('.ask[data-state="unsent"]')
    unsent.wait_for()
    desk.unroute("**/api/v1/requests**")
    assert "NOT SENT" in unsent.inner_text()
    assert case_id in unsent.inner_text()
    assert desk.evaluate("() => hexwatch.stageOf(hexwatch.desk.case.document)") == "received"
    desk.keyboard.press("Escape")
