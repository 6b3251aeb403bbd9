"""Every role at every address and with every verb, asked of a running web process; the tables of the documents say
what must come out, and an address or a verb that stands in none of them fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboard.access_keys import new_key
from dashboard.api.asking import VERBS
from dashboard.roles import KEY_ROLES, Role
from dashboard.settings import read_settings
from dashboard.web import create_app
from layouts.shell import PAGES
from tests.support.people import CONSOLE, PASSWORD, Browser, accounts_of, signed_in
from tests.support.processes import START_S, running

DOCS = Path(__file__).resolve().parents[2] / "docs"
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
API = (DOCS / "api.md").read_text(encoding="utf-8")
STRANGER = "stranger"
READING = frozenset({"GET"})


def table(page: str, first: str) -> list[list[str]]:
    """Rows of the table whose heading begins with `first`, without their code marks."""
    body = page.split(f"\n| {first} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in body.splitlines()[2:]]


@dataclass(frozen=True)
class Route:
    """One line of the table: who may open an address."""

    method: str
    address: str
    who: str

    @property
    def permission(self) -> str:
        found = re.search(r"`(\w+)`", self.who)
        return found[1] if found else ""

    @property
    def is_for_people(self) -> bool:
        return self.who.startswith("a person")

    @property
    def path(self) -> str:
        """An address of this shape where nothing is."""
        return re.sub(r"<[^>]+>", "nothing-here", self.address)


ROUTES = [Route(method, address.strip("`"), who) for method, address, who in table(OPERATIONS, "method")]
GRANTED = {
    role: {cells[0].strip("`") for cells in table(API, "permission") if cells[1 + n] == "yes"}
    for n, role in enumerate(Role)
}
NEEDED = {cells[0].strip("`"): set(re.findall(r"`(\w+)`", cells[-1])) for cells in table(API, "verb")}


@dataclass
class House:
    """A running web process, a key for each role, and for each role but the screen's a person signed in."""

    http: httpx.Client  # forgets each answer's cookie
    keys: dict[str, str]
    people: dict[str, Browser]

    def by_key(self, route: Route, role: str) -> httpx.Response:
        return self.ask(route.method, route.path, role)

    def ask(self, method: str, path: str, role: str, **more: Any) -> httpx.Response:
        headers = {"X-API-Key": self.keys[role]} if role != STRANGER else {}
        self.http.cookies.clear()
        return self.http.request(method, path, headers=headers, **more)

    def by_person(self, route: Route, role: str) -> httpx.Response:
        """Without the session's token: a request that would change something is understood to be allowed, and stops."""
        return self.people[role].http.request(route.method, route.path)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("matrix"), STORY="yes") as system:
        web = system.add("web", "serve")
        accounts = accounts_of(system.client, system.keys)
        keys = {role.value: new_key(system.client, system.keys, f"the {role}", role) for role in Role}
        for role in set(Role) - KEY_ROLES:
            accounts.people.add(CONSOLE, role.value, [role], PASSWORD, bodies=["gas"] if role is Role.AGENCY else [])
        system.until(system.web_answers, START_S, "the web answers", web)
        people = {role.value: signed_in(system.base, role.value) for role in set(Role) - KEY_ROLES}
        with httpx.Client(base_url=system.base, timeout=20) as http:
            yield House(http, keys, people)
        for browser in people.values():
            browser.close()


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """What the program itself says that it answers to."""
    folder = tmp_path_factory.mktemp("addresses")
    nowhere = f"unix://{folder}/nowhere.sock"
    app = create_app(read_settings({}, city="boston", data=folder, redis_url=nowhere, story=True))
    answered = {
        (method, str(rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if "_rest" not in str(rule) or method == "GET"
    }
    return answered | {("GET", page) for page in PAGES}


def code_of(answer: httpx.Response) -> str:
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return ""
    return str(error["code"]) if isinstance(error, dict) else ""


def is_let_in(answer: httpx.Response) -> bool:
    """Whether an answer is about the matter itself, and no longer about who asks."""
    return answer.status_code != 401 and code_of(answer) not in ("forbidden", "no_person")


def test_every_address_stands_in_the_table_once_and_none_that_is_gone(addresses: set[tuple[str, str]]) -> None:
    assert len(ROUTES) == len({(route.method, route.address) for route in ROUTES})
    assert {(route.method, route.address) for route in ROUTES} == addresses


def test_every_row_says_who() -> None:
    known = {permission for granted in GRANTED.values() for permission in granted}
    for route in ROUTES:
        is_open = route.who.startswith(("everybody", "who sees pages"))
        assert is_open or route.permission in known, route


@pytest.mark.parametrize("role", [*Role, STRANGER])
def test_a_key_opens_what_its_role_may_and_nothing_else(house: House, role: str) -> None:
    for route in ROUTES:
        answer = house.by_key(route, role)
        outcome = answer.status_code, code_of(answer)
        if route.who.startswith("everybody"):
            assert is_let_in(answer), (route, outcome)
        elif role == STRANGER or (role == Role.REPORTER and route.who.startswith("who sees pages")):
            is_asked_in = outcome[0] == 302 and answer.headers["Location"].startswith("/signin")
            assert outcome[0] == 401 or is_asked_in, (route, outcome)
        elif route.who.startswith("who sees pages"):
            assert is_let_in(answer), (route, outcome)
        elif route.permission not in GRANTED[Role(role)]:
            assert outcome == (403, "forbidden"), (route, outcome)
        elif route.is_for_people:
            assert outcome == (403, "no_person"), (route, outcome)
        else:
            assert is_let_in(answer), (route, outcome)


@pytest.mark.parametrize("role", sorted(set(Role) - KEY_ROLES))
def test_a_person_opens_what_the_role_may_and_changes_nothing_without_the_token(house: House, role: str) -> None:
    for route in ROUTES:
        if not route.permission or route.who.startswith("everybody"):
            continue
        answer = house.by_person(route, role)
        outcome = answer.status_code, code_of(answer)
        if route.permission not in GRANTED[Role(role)]:
            assert outcome == (403, "forbidden"), (route, outcome)
        elif route.method not in READING:
            assert outcome == (403, "csrf"), (route, outcome)
        else:
            assert is_let_in(answer), (route, outcome)


def test_every_verb_stands_in_the_table() -> None:
    assert set(NEEDED) == set(VERBS)


@pytest.mark.parametrize("role", list(Role))
def test_every_verb_is_open_to_whom_the_table_says(house: House, role: Role) -> None:
    """A request with an argument that no verb knows stops after the permission and before the engine."""
    for verb, permissions in NEEDED.items():
        body: dict[str, Any] = {"verb": verb, "no_such_argument": 1}
        answer = house.ask("POST", "/api/v1/requests", role, json=body)
        expected = (400, "bad_request") if permissions & GRANTED[role] else (403, "forbidden")
        assert (answer.status_code, code_of(answer)) == expected, (verb, role)


def test_what_another_sites_page_begins_changes_nothing_whatever_it_sends(house: House) -> None:
    browser = house.people["admin"]
    token = browser.account["csrf"]
    for site in ("cross-site", "same-site"):
        headers = {"X-CSRF-Token": token, "Sec-Fetch-Site": site}
        answer = browser.http.post("/account/lock", headers=headers)
        assert (answer.status_code, code_of(answer)) == (403, "csrf")
    assert browser.account["locked"] is False
