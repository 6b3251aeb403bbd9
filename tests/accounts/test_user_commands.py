"""The commands `user` and `audit`, as an operator types them."""

from __future__ import annotations

import re
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dashboard.accounts.audit import heads_path
from dashboard.accounts.people import People
from dashboard.cli.audit import audit
from dashboard.cli.user import user
from tests.accounts.conftest import KEYS, House
from tests.support.redis_server import RedisServer


class Operator:
    """Somebody at a terminal of the machine where the city runs."""

    def __init__(self, house: House, url: str) -> None:
        self.house = house
        self.env = {"HEXWATCH_REDIS_URL": url, "HEXWATCH_CITY": KEYS.city, "HEXWATCH_DATA": str(house.data)}

    def types(self, command: Any, *words: str, answers: str = "") -> Result:
        return CliRunner().invoke(command, list(words), env=self.env, input=answers)

    def people(self) -> People:
        return People(self.house.accounts.sessions)  # checks what the commands made with their own parameters


@pytest.fixture
def operator(house: House, redis_server: RedisServer) -> Operator:
    return Operator(house, redis_server.url)


def listed(operator: Operator) -> str:
    return operator.types(user, "list").output


def told_password(said: Result) -> str:
    return re.findall(r"shown once\): (\S+)", said.output)[0]


def test_an_account_is_made_its_password_shown_once_and_it_works(operator: Operator) -> None:
    said = operator.types(user, "add", "王 Ann", "--role", "dispatcher", "--role", "leader", "--locale", "zh_CN")
    assert said.exit_code == 0, said.output
    person = operator.people().check("王 ann", told_password(said))
    assert person is not None
    assert (person.roles, person.locale) == (("dispatcher", "leader"), "zh_CN")
    listed = operator.types(user, "list").output
    assert "王 Ann  dispatcher,leader  signed in: 0" in listed
    assert told_password(said) not in listed
    [entry] = operator.house.written()
    assert (entry.what, entry.role, entry.peer) == ("user.added", "command line", "command line")
    assert entry.who


def test_a_password_can_be_given_and_is_then_not_repeated(operator: Operator) -> None:
    given = "a-passphrase-from-the-vault"
    said = operator.types(user, "add", "ann", "--role", "viewer", "--stdin", answers=f"{given}\r\n")
    assert said.exit_code == 0, said.output
    assert given not in said.output
    assert operator.people().check("ann", given) is not None
    refused = operator.types(user, "password", "ann", "--stdin", answers="short\n")
    assert refused.exit_code == 1
    assert "Error: a password has 12 to 256 characters" in refused.output
    changed = operator.types(user, "password", "ann")
    assert operator.people().check("ann", given) is None
    assert operator.people().check("ann", told_password(changed)) is not None


def test_sessions_end_with_signout_password_role_and_disable(operator: Operator) -> None:
    house = operator.house
    house.wall.at = datetime.now(UTC)  # as the commands see it, which have the machine's clock
    for words in (["signout", "ann"], ["password", "ann"], ["role", "ann", "--role", "viewer"], ["disable", "ann"]):
        ann = house.sit("ann")
        assert f"signed in: 1\n    since {house.wall.at:%Y-%m-%d %H:%M} UTC from 10.0.0.7" in listed(operator)
        said = operator.types(user, *words)
        assert (said.exit_code, "signed out everywhere" in said.output) == (0, True), said.output
        assert house.accounts.sessions.find(ann.session) is None
    assert "ann  viewer  disabled" in operator.types(user, "list").output
    assert operator.types(user, "enable", "ann").exit_code == 0
    assert "ann  viewer  signed in: 0" in operator.types(user, "list").output


@pytest.mark.parametrize(
    "words",
    [
        ["disable", "eve"],
        ["signout", "eve"],
        ["password", "eve"],
        ["enable", "eve"],
        ["role", "eve", "--role", "viewer"],
    ],
)
def test_an_unknown_name_is_one_line(operator: Operator, words: list[str]) -> None:
    said = operator.types(user, *words)
    assert said.exit_code == 1
    assert said.stderr == "Error: nobody is named 'eve'; see `user list`\n"


def test_names_roles_and_passwords_are_checked(operator: Operator) -> None:
    assert "Nobody yet" in operator.types(user, "list").output
    for words in (["add", "ann"], ["add", "ann", "--role", "kiosk"], ["add", "ann", "--role", "king"]):
        assert operator.types(user, *words).exit_code == 2
    assert operator.types(user, "add", "a\nb", "--role", "viewer").exit_code == 1
    assert operator.house.written() == []


# audit


def test_a_whole_audit_says_so_and_notes_its_head(operator: Operator) -> None:
    operator.house.hire("ann")
    said = operator.types(audit, "verify")
    assert (said.exit_code, "whole: 1 entries" in said.output) == (0, True), said.output
    path = heads_path(operator.house.data, KEYS.city)
    assert path.read_bytes().count(b'"n":1') == 2
    assert "user.added  ann  command line" in operator.types(audit, "list").output


def test_a_touched_audit_is_told_in_words_and_by_the_exit_code(operator: Operator) -> None:
    for name in ("ann", "bob", "eve"):
        operator.house.hire(name)
    entries: Any = operator.house.client.xrange(KEYS.of("audit"))
    operator.house.client.xdel(KEYS.of("audit"), entries[1][0])
    said = operator.types(audit, "verify")
    assert said.exit_code == 1
    assert "dropped: entry 2 is missing before entry 3" in said.output
    assert "the audit is NOT whole: 1 faults in 2 entries" in said.output


def test_an_export_is_examined_without_redis_and_stays_true_while_the_city_goes_on(
    operator: Operator, tmp_path: Path
) -> None:
    operator.house.hire("ann")
    path = tmp_path / "audit.jsonl"
    said = operator.types(audit, "export", str(path))
    assert (said.exit_code, "1 entries in" in said.output) == (0, True), said.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    operator.house.hire("bob")
    operator.env["HEXWATCH_REDIS_URL"] = "unix:///nowhere/redis.sock"
    assert operator.types(audit, "verify", "--file", str(path)).exit_code == 0
    path.write_bytes(path.read_bytes().replace(b'"user.added"', b'"user.found"'))
    said = operator.types(audit, "verify", "--file", str(path))
    assert (said.exit_code, "changed: entry 1" in said.output) == (1, True)
    path.write_bytes(b"not an export\n")
    assert operator.types(audit, "verify", "--file", str(path)).exit_code == 1


def test_an_export_may_go_into_a_pipe(operator: Operator) -> None:
    assert "Nothing was written down yet." in operator.types(audit, "list").output
    operator.house.hire("ann")
    said = operator.types(audit, "export", "-")
    assert (said.exit_code, said.output.count("\n")) == (0, 1)
    assert said.output.startswith('{"id":')
    assert operator.types(audit, "export", "/nowhere/at/all").exit_code == 1
