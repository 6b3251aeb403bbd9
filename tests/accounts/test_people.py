"""Accounts: who may be made, what is kept of a password, and that nobody learns which names there are."""

from __future__ import annotations

import secrets
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounts.audit import read_links
from dashboard.accounts.passwords import (
    ALPHABET,
    BadPassword,
    Passwords,
    check_password,
    check_pin,
    derived_password,
    new_password,
)
from dashboard.accounts.people import DEMO_PEOPLE, MOST_PIN_MISSES, BadPerson, People, demo_people
from dashboard.accounts.sessions import Ended
from dashboard.roles import KEY_ROLES, Role
from tests.accounts.conftest import CONSOLE, KEYS, PASSWORD, House, cheap

# accounts


def test_an_account_keeps_no_password_and_shows_no_hash(house: House) -> None:
    person = house.hire("Ann", "dispatcher", "leader")
    stored: Any = house.client.hvals(house.accounts.people.key)
    [raw] = stored
    assert PASSWORD.encode() not in raw
    assert b"$argon2id$" in raw
    assert "argon2" not in repr(person)
    assert PASSWORD not in repr(person)
    assert "argon2" not in str(person.shown())
    assert all(b"argon2" not in link.raw for link in read_links(house.client, KEYS))
    assert (person.role, person.roles) == (Role.DISPATCHER, (Role.DISPATCHER, Role.LEADER))


def test_a_name_is_one_person_however_it_is_written(house: House) -> None:
    house.hire("Zoë Ｗang")
    for spelling in ("zoë wang", " ZOE\u0308 WANG ", "Zoë Wang"):
        assert house.accounts.people.get(spelling) is not None
        with pytest.raises(BadPerson, match="already"):
            house.hire(spelling)
    assert [person.name for person in house.accounts.people.all()] == ["Zoë Wang"]
    assert house.accounts.people.check("zoë wang", PASSWORD) is not None


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\nb", "a\x00", "\u202eann"])
def test_a_name_can_be_read_and_told_apart(house: House, name: str) -> None:
    with pytest.raises(BadPerson):
        house.hire(name)
    assert house.written() == []


@pytest.mark.parametrize("roles", [["king"], ["kiosk"], ["viewer", "king"], ["viewer", "kiosk"]])
def test_a_person_has_roles_that_people_have(house: House, roles: list[str]) -> None:
    with pytest.raises(BadPerson, match="role"):
        house.hire("ann", *roles)
    with pytest.raises(BadPerson, match="role"):
        house.accounts.people.add(CONSOLE, "ann", [], PASSWORD)


def test_every_change_is_written_down_with_before_and_after(house: House) -> None:
    house.hire("ann", "viewer")
    people = house.accounts.people
    people.set_roles(CONSOLE, "ANN", ["leader"])
    people.disable(CONSOLE, "ann")
    people.enable(CONSOLE, "ann")
    people.set_pin(CONSOLE, "ann", "7319")
    people.set_password(CONSOLE, "ann", "another-long-passphrase")
    people.set_locale(CONSOLE, "ann", "ar")
    entries = house.written()
    assert [entry.what for entry in entries] == [
        "user.added",
        "user.roles_changed",
        "user.disabled",
        "user.enabled",
        "user.pin_changed",
        "user.password_changed",
        "user.locale_changed",
    ]
    assert {(entry.who, entry.subject) for entry in entries} == {("root", "ann")}
    assert (entries[1].before["roles"], entries[1].after["roles"]) == (["viewer"], ["leader"])
    assert (entries[2].before["disabled"], entries[2].after["disabled"]) == (False, True)
    assert (entries[5].before["has_pin"], entries[5].after["has_pin"]) == (True, False)
    assert house.verdict().is_whole
    with pytest.raises(BadPerson, match="nobody"):
        people.disable(CONSOLE, "bob")
    assert len(house.written()) == 7


def test_two_who_make_the_same_account_at_once_make_one(house: House) -> None:
    failed: list[BadPerson] = []

    def hire() -> None:
        try:
            house.hire("ann")
        except BadPerson as error:
            failed.append(error)

    threads = [threading.Thread(target=hire) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) == 3
    assert house.acts() == ["user.added"]


# signing in


def test_only_name_and_password_together_open_an_account(house: House) -> None:
    house.hire("ann")
    house.hire("bob")
    people = house.accounts.people
    people.set_password(CONSOLE, "bob", "the-other-passphrase")
    found = people.check("ann", PASSWORD)
    assert found is not None
    assert found.name == "ann"
    assert people.check("ann", "the-other-passphrase") is None
    assert people.check("ann", "") is None
    assert people.check("ann", PASSWORD + "x" * 100_000) is None
    assert people.check("nobody", PASSWORD) is None
    assert people.check("nobody", "nobody") is None, "the password of the hash that stands in for nobody's"
    assert people.check("", "\ud800") is None
    assert not people.passwords.fits("", "nobody")
    assert not people.passwords.fits("no hash at all", PASSWORD)
    people.disable(CONSOLE, "ann")
    assert people.check("ann", PASSWORD) is None


def test_one_spelling_of_a_password_serves_all_keyboards(house: House) -> None:
    house.accounts.people.add(CONSOLE, "ann", ["viewer"], "cafe\u0301-au-lait-密码")
    assert house.accounts.people.check("ann", "caf\u00e9-au-lait-密码") is not None
    assert house.accounts.people.check("ann", "cafe-au-lait-密码") is None


class Counting(Passwords):
    """Counts what takes the time: one argon2 computation each."""

    checked: int = 0

    def fits(self, stored: str, secret: str) -> bool:
        self.checked += 1
        return super().fits(stored, secret)


def test_unknown_disabled_and_wrong_cost_the_same_work(house: House) -> None:
    house.hire("ann")
    house.hire("bob")
    house.accounts.people.disable(CONSOLE, "bob")
    counting = Counting(cheap().hasher)
    people = People(house.accounts.sessions, counting)
    for tries, name in enumerate(("ann", "bob", "nobody", "nobody else", ""), start=1):
        assert people.check(name, "a-wrong-passphrase") is None
        assert counting.checked == tries
    # And the work is that of today's parameters, not a shorter one.
    assert not counting.is_outdated(counting._nobodys())


def test_a_hash_of_yesterdays_parameters_is_made_anew_at_the_next_sign_in(house: House) -> None:
    house.hire("ann")
    stronger = People(house.accounts.sessions, cheap(time_cost=2))
    old = stronger.get("ann")
    assert old is not None
    assert stronger.check("ann", "a-wrong-passphrase") is None
    assert stronger.get("ann") == old
    found = stronger.check("ann", PASSWORD)
    assert found is not None
    assert "t=2" in found.password
    assert stronger.get("ann") == found
    assert found.version == old.version, "no session ends by it"
    assert stronger.check("ann", PASSWORD) == found


class Meanwhile(Passwords):
    """Something happens while a hash is being made."""

    happens: Any = None

    def hash(self, secret: str) -> str:
        if self.happens:
            self.happens()
        return super().hash(secret)


def test_a_hash_made_anew_undoes_nothing_that_happened_meanwhile(house: House) -> None:
    house.hire("ann")
    slow = Meanwhile(cheap(time_cost=2).hasher)
    slow.happens = lambda: house.accounts.people.disable(CONSOLE, "ann")
    checked = People(house.accounts.sessions, slow).check("ann", PASSWORD)
    kept = house.accounts.people.get("ann")
    assert kept is not None
    assert kept.disabled
    assert checked is not None
    with pytest.raises(Ended):
        house.accounts.sessions.begin(checked, "10.0.0.7")


def test_a_password_changed_during_the_check_begins_no_session(house: House) -> None:
    person = house.hire("ann")
    house.accounts.people.set_password(CONSOLE, "ann", "another-long-passphrase")
    with pytest.raises(Ended):
        house.accounts.sessions.begin(person, "10.0.0.7")
    for end in (house.accounts.people.disable, house.accounts.people.sign_out):
        person = house.accounts.people.enable(CONSOLE, "ann")
        end(CONSOLE, "ann")
        with pytest.raises(Ended):
            house.accounts.sessions.begin(person, "10.0.0.7")


# the locked desk


def test_a_locked_desk_opens_with_pin_or_password_and_nothing_else(house: House) -> None:
    ann = house.sit("ann")
    house.accounts.people.set_pin(ann, "ann", "7319")
    for secret in ("7319", PASSWORD):
        house.accounts.sessions.lock(ann.session)
        for wrong in ("", "7318", "73190", "the-wrong-passphrase"):
            assert not house.accounts.people.unlock(ann.session, wrong)
        assert house.accounts.people.unlock(ann.session, secret)
    assert house.acts()[-4:] == ["session.locked", "session.unlocked"] * 2
    assert not house.accounts.people.unlock("0" * 64, PASSWORD)


def test_a_pin_can_be_guessed_five_times_also_at_once_then_only_the_password_opens(house: House) -> None:
    ann = house.sit("ann")
    people = house.accounts.people
    people.set_pin(ann, "ann", "7319")
    house.accounts.sessions.lock(ann.session)
    threads = [threading.Thread(target=people.unlock, args=(ann.session, f"{n:04}")) for n in range(MOST_PIN_MISSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert people.pin_tries_left("ann") == 0
    assert not people.unlock(ann.session, "7319")
    assert people.unlock(ann.session, PASSWORD)
    assert people.pin_tries_left("ann") == MOST_PIN_MISSES
    assert people.unlock(ann.session, "7319")


def test_a_pin_signs_nobody_in_and_goes_with_the_password(house: House) -> None:
    house.hire("ann")
    people = house.accounts.people
    people.set_pin(CONSOLE, "ann", "73190246")
    assert people.check("ann", "73190246") is None
    assert people.set_password(CONSOLE, "ann", "another-long-passphrase").pin == ""


# passwords


@pytest.mark.parametrize("password", ["", "short", "x" * 40, "x" * 257, "abababababababab", "my-name-is-ANN-b"])
def test_a_password_that_would_be_guessed_is_refused(house: House, password: str) -> None:
    with pytest.raises(BadPassword):
        house.accounts.people.add(CONSOLE, "ann", ["viewer"], password)
    house.hire("ann")
    with pytest.raises(BadPassword):
        house.accounts.people.set_password(CONSOLE, "ann", password)


@pytest.mark.parametrize("pin", ["", "123", "1234", "9876", "0000", "123456789", "12a4", "１２４８", "²³¹²"])
def test_a_pin_that_would_be_guessed_is_refused(pin: str) -> None:
    with pytest.raises(BadPassword):
        check_pin(pin)


def test_a_made_password_is_long_different_each_time_and_easily_read_out() -> None:
    made = {new_password(secrets.choice) for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_password(password, "ann")
        assert len(password.replace("-", "")) == 20
        assert set(password) <= {*ALPHABET, "-"}
    assert not set("il1o0") & set(ALPHABET)


@given(st.text(min_size=1), st.sampled_from(list(DEMO_PEOPLE)))
def test_a_demo_password_belongs_to_name_and_installation(secret: str, name: str) -> None:
    password = derived_password(secret, name)
    check_password(password, name)
    assert password == derived_password(secret, name)
    assert password != derived_password(secret + "x", name)
    assert len({derived_password(secret, other) for other in DEMO_PEOPLE}) == len(DEMO_PEOPLE)


def test_a_demo_has_its_people_with_passwords_that_stay_printable(house: House) -> None:
    people = house.accounts.people
    first = demo_people(people, "installation", CONSOLE)
    assert {person.role for person, _ in first} == set(Role) - KEY_ROLES
    assert [p.role for p, _ in first].count(Role.DISPATCHER) == 2
    for person, password in first:
        assert people.check(person.name, password) is not None
    house.wall.pass_(hours=1)
    people.set_password(CONSOLE, "leader", "another-long-passphrase")
    again = {person.name: password for person, password in demo_people(people, "installation", CONSOLE)}
    assert again.pop("leader") == "", "somebody set another"
    assert again == {person.name: password for person, password in first if person.name != "leader"}


def test_hashes_are_made_with_the_parameters_of_the_rfc_and_no_more_than_two_at_once() -> None:
    passwords: Any = Passwords()
    made = passwords.hash("a-long-enough-passphrase")
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.fits(made, "a-long-enough-passphrase")
    assert passwords._places._value == 2
