"""The people of a body that cases are dispatched to: what they see and may do, and that there is nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboard.access import SESSION_PERSON
from dashboard.accounts.audit import read_entries
from dashboard.api.asking import OWN, VERBS
from dashboard.api.worklists import NARROWING
from hotline.worklists import WORKLISTS
from tests.api.conftest import Door
from tests.support.people import CONSOLE, PASSWORD, accounts_of

PHONE, NAME, WORDS, STREET = "617-555-0100", "Miriam Quill", "a smell of gas in the hall", "9 Cordelia Lane"
OWNERS = {"g1": "gas", "g2": "gas", "w1": "water", "h1": "heating", "n1": ""}

Sign = Callable[..., FlaskClient]


def told(door: Door) -> None:
    """Cases with several bodies, and one that nobody has yet."""
    for case_id, owner in OWNERS.items():
        door.city.case(case_id, category="Gas", phone=PHONE, name=NAME, text=WORDS, address=STREET)
        door.city.turn()
        if owner:
            door.city.ask("dispatch_case", case_id=case_id, owner=owner)
    door.settle()


@pytest.fixture
def sign_in(door: Door) -> Sign:
    """A browser in which somebody of these bodies is signed in."""
    accounts = accounts_of(door.city.client, door.city.keys)
    door.context.access.attach(door.app)

    def signed(*bodies: str, roles: tuple[str, ...] = ("agency",)) -> FlaskClient:
        name = "-".join((*bodies, *roles))
        person = accounts.people.add(CONSOLE, name, roles, PASSWORD, bodies=bodies)
        browser = door.client
        with browser.session_transaction() as cookie:
            cookie[SESSION_PERSON], cookie["csrf"] = accounts.sessions.begin(person, ""), "t"
        browser.environ_base["HTTP_X_CSRF_TOKEN"] = "t"
        return browser

    return signed


def asked(browser: FlaskClient, path: str) -> Any:
    return browser.get(f"/api/v1{path}").get_json()


def rows(browser: FlaskClient, query: str = "list=open") -> set[str]:
    return {row["case_id"] for row in asked(browser, f"/cases/rows?{query}")["rows"]}


def counts(browser: FlaskClient) -> dict[str, int]:
    return {one["name"]: one["n"] for one in asked(browser, "/worklists")["lists"]}


def test_lists_counts_and_files_hold_the_cases_of_ones_own_bodies(door: Door, sign_in: Sign) -> None:
    told(door)
    gas, pipes, idle = sign_in("gas"), sign_in("gas", "water"), sign_in("parks")
    for browser, own in ((gas, {"g1", "g2"}), (pipes, {"g1", "g2", "w1"}), (idle, set[str]())):
        assert rows(browser) == own
        assert counts(browser)["open"] == len(own), "nobody is told the count that was kept for others"
        for name, n in counts(browser).items():
            assert len(rows(browser, f"list={name}")) == n
        text = browser.get("/api/v1/cases/export.csv?list=open").get_data(as_text=True)
        named = {line[0] for line in csv.reader(io.StringIO(text)) if line and line[0] in OWNERS}
        assert named == own
    assert counts(gas)["unassigned"] == 0
    for owner in ("water", ""):
        assert rows(gas, f"list=open&owner={owner or 'nobody'}") == set(), "another owner's filter opens nothing"
    assert {one["name"]: one["n"] for one in door.get("/worklists").get_json()["lists"]}["open"] == len(OWNERS)
    assert set(NARROWING) >= {"owner", "q"}
    assert set(WORKLISTS) == set(counts(gas))


def test_a_case_of_others_is_not_there(door: Door, sign_in: Sign) -> None:
    told(door)
    gas = sign_in("gas")
    assert asked(gas, "/cases/g1?private=0")["owner"] == "gas"
    assert asked(gas, "/cases/g1/history")["case_id"] == "g1"
    unknown = gas.get("/api/v1/cases/nowhere")
    for case_id in ("w1", "n1"):
        for path in (f"/cases/{case_id}", f"/cases/{case_id}/history"):
            other = gas.get(f"/api/v1{path}")
            assert other.status_code == unknown.status_code == 404
            assert other.get_json()["error"]["message"] == f"no case '{case_id}'"


def test_what_to_do_is_shown_and_written_down_and_never_who_called(door: Door, sign_in: Sign) -> None:
    told(door)
    door.city.ask("note_case", case_id="g1", text=f"call {PHONE} after six")
    door.settle()
    gas = sign_in("gas")
    answer = gas.get("/api/v1/cases/g1")
    assert answer.get_json()["private"] == {"text": WORDS, "address": STREET}
    pages = (answer, *(gas.get(f"/api/v1{path}") for path in ("/cases/rows", "/cases/g1/history", "/cases/export.csv")))
    for page in pages:
        text = page.get_data(as_text=True)
        assert PHONE not in text
        assert NAME not in text
        assert "caller" not in text.partition("rows")[2]
    seen = [e for e in read_entries(door.city.client, door.city.keys) if e.what == "private.revealed"]
    assert [(e.role, e.subject, e.after) for e in seen] == [("agency", "case:g1", {"fields": ["address", "text"]})]
    both = sign_in("gas", roles=("agency", "viewer"))
    assert "private" not in asked(both, "/cases/w1"), "who may look at all cases reads the words of none but their own"
    assert set(asked(both, "/cases/g1")["private"]) == {"text", "address"}


def test_the_body_lives_through_its_part_of_a_case(door: Door, sign_in: Sign) -> None:
    told(door)
    gas = sign_in("gas")

    def ask(verb: str, case_id: str = "g1", **more: Any) -> tuple[int, str]:
        with door.running_engine():
            answer = gas.post("/api/v1/requests", json={"verb": verb, "case_id": case_id, **more})
        body = answer.get_json()
        return answer.status_code, body.get("reason", "") or body.get("error", {}).get("code", "")

    assert ask("accept_case") == (200, "")
    assert ask("contact_case") == (200, "")
    assert ask("handle_case", result="the pipe was closed") == (200, "")
    assert ask("close_case") == (200, "")
    assert ask("ask_return", "g2", code="not_ours", reason="it is water")[0] == 200
    assert ask("review_return", "g2", granted=True) == (403, "forbidden")
    for case_id in ("w1", "n1", "nowhere"):
        assert ask("accept_case", case_id) == (409, f"case {case_id} is not with your body")
    door.city.ask("review_return", case_id="g2", granted=True, owner="water", reason="so it is")
    door.settle()
    assert ask("accept_case", "g2") == (409, "case g2 is not with your body"), "it went to somebody else meanwhile"
    assert rows(gas) == set()
    done = [e for e in read_entries(door.city.client, door.city.keys) if e.what == "request.accept_case"]
    assert {(e.who, e.role) for e in done} == {("gas-agency", "agency")}


def test_every_other_verb_is_refused(door: Door, sign_in: Sign) -> None:
    gas = sign_in("gas")
    for verb in set(VERBS) - set(OWN):
        answer = gas.post("/api/v1/requests", json={"verb": verb, "case_id": "g1"})
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "forbidden"), verb


def test_an_account_or_key_of_no_body_is_told_so(door: Door) -> None:
    told(door)
    for path in ("/worklists", "/cases/rows", "/cases/export.csv"):
        answer = door.get(path, "agency")
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "no_body")
    assert door.get("/cases/g1", "agency").status_code == 404
    with door.running_engine():
        answer = door.post("/requests", {"verb": "accept_case", "case_id": "g1"}, "agency")
    assert answer.get_json()["reason"] == "case g1 is not with your body"


def test_somebody_of_the_hotline_who_is_of_a_body_too_is_bound_by_nothing(door: Door, sign_in: Sign) -> None:
    told(door)
    both = sign_in("gas", roles=("hotline", "agency"))
    assert rows(both) == set(OWNERS)
    with door.running_engine():
        answer = both.post("/api/v1/requests", json={"verb": "accept_case", "case_id": "w1"})
    assert answer.status_code == 200
