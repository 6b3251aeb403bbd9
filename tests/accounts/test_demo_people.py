"""The people of a demo: printed with their passwords, able to sign in, and led to the desk of their role."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from dashboard.demo import people_to_try
from dashboard.roles import KEY_ROLES, Role
from dashboard.settings import read_settings
from dashboard.web import HOMES
from streams.keys import Keys
from tests.support.people import CONSOLE, PASSWORD, Browser, accounts_of
from tests.support.processes import START_S, System, running

LINE = re.compile(r"^    (\w+)\s+(\S+)\s+(\w+)$", re.M)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("demo-people")) as found:
        web = found.add("web", "serve")
        found.until(found.web_answers, START_S, "the web answers", web)
        yield found


def printed(system: System, **other: str) -> str:
    """What a demo says of its people when it starts."""
    given = {"city": system.city, "data": system.data, "redis_url": system.server.url, "port": system.port}
    return people_to_try(read_settings({}, **(given | other)))


def test_every_person_that_is_printed_can_sign_in_and_comes_to_the_desk_of_the_role(system: System) -> None:
    said = printed(system)
    people = LINE.findall(said)
    assert {role for _, _, role in people} == set(Role) - KEY_ROLES
    assert system.base in said
    for name, password, role in people:
        browser = Browser(system.base)
        answer = browser.sign_in(name, password)
        assert (answer.status_code, answer.headers["Location"]) == (302, HOMES.get(Role(role), "/")), name
        assert browser.account["roles"] == [role]
        browser.close()
    assert printed(system) == said, "the same at each start"


def test_a_password_that_was_changed_is_not_printed_and_a_city_in_a_network_gets_no_people(system: System) -> None:
    printed(system, city="berlin")
    accounts_of(system.client, Keys("berlin")).people.set_password(CONSOLE, "viewer", PASSWORD)
    assert re.search(r"viewer +\(its password was changed\)", printed(system, city="berlin"))
    assert "user add" in printed(system, host="0.0.0.0")
