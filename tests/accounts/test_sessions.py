"""Sessions on the server: they end here, everywhere, in time or not at all; what Redis holds opens none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dashboard.accounts.audit import Actor
from dashboard.accounts.sessions import UNSEEN, Ended, Sessions, mark_of
from tests.accounts.conftest import CONSOLE, House


def test_redis_holds_a_digest_that_opens_nothing(house: House) -> None:
    session_id = house.accounts.sessions.begin(house.hire("ann"), "10.0.0.7", "Firefox" * 100)
    stored: Any = house.client.hgetall(house.accounts.sessions.key)
    [(field, raw)] = stored.items()
    assert session_id.encode() not in field + raw
    assert house.accounts.sessions.find(session_id) is None
    found = house.accounts.sessions.find(mark_of(session_id))
    assert found is not None
    assert (found.name, found.roles, found.peer, len(found.agent)) == ("ann", ("dispatcher",), "10.0.0.7", 200)
    assert house.accounts.sessions.find(mark_of(field.decode())) is None


def test_ids_are_never_the_same_and_marks_of_odd_ids_are_only_marks(house: House) -> None:
    person = house.hire("ann")
    assert len({house.accounts.sessions.begin(person, "") for _ in range(20)}) == 20
    for odd in ("", "\ud800", "x" * 100_000):
        assert house.accounts.sessions.find(mark_of(odd)) is None


def test_a_session_ends_once_and_leaves_nothing(house: House) -> None:
    ann = house.sit("ann")
    assert house.accounts.sessions.end(ann.session)
    assert not house.accounts.sessions.end(ann.session)
    assert house.accounts.sessions.find(ann.session) is None
    assert house.client.exists(house.accounts.sessions.key, house.accounts.sessions.seen_key) == 0
    assert house.acts() == ["user.added", "session.began", "session.ended"]


@pytest.mark.parametrize("how", ["sign_out", "disable", "set_password", "set_roles"])
def test_what_must_end_sessions_ends_all_of_that_person_and_no_others(house: House, how: str) -> None:
    first, second, bob = house.sit("ann"), house.sit("ann"), house.sit("bob")
    arguments: dict[str, list[Any]] = {"set_password": ["another-long-passphrase"], "set_roles": [["viewer"]]}
    getattr(house.accounts.people, how)(CONSOLE, "ann", *arguments.get(how, []))
    living = house.accounts.sessions.living([first.session, second.session, bob.session, "0" * 64])
    assert living == {bob.session}
    assert [session.name for session in house.accounts.sessions.all()] == ["bob"]
    assert house.written()[-1].after["sessions_ended"] == 2


def test_a_session_runs_out_when_it_is_not_heard_of(house: House) -> None:
    ann, bob = house.sit("ann"), house.sit("bob")
    house.wall.pass_(hours=11)
    house.accounts.sessions.touch([ann.session])
    house.wall.pass_(hours=1, seconds=1)
    sessions = house.accounts.sessions
    assert sessions.living([ann.session, bob.session]) == {ann.session}
    assert sessions.find(bob.session) is None
    assert sessions.sweep() == 1
    assert sessions.sweep() == 0
    last = house.written()[-1]
    assert (last.who, last.what, last.subject) == ("clock", "session.ended", "bob")


def test_whoever_owns_an_incident_is_never_signed_out_by_the_clock(house: House) -> None:
    ann, bob = house.sit("ann"), house.sit("bob")
    owners = {"ann"}
    sessions = Sessions(house.accounts.audit, is_needed=owners.__contains__)
    house.wall.pass_(days=3)
    assert sessions.living([ann.session, bob.session]) == {ann.session}
    assert sessions.sweep() == 1
    owners.clear()
    assert sessions.living([ann.session]) == set()


def test_being_seen_is_written_now_and_then_and_brings_nothing_back(house: House) -> None:
    ann = house.sit("ann")
    sessions = house.accounts.sessions
    sessions.touch([ann.session])
    first = sessions.seen_at([ann.session])
    house.wall.pass_(seconds=5)
    sessions.touch([ann.session])
    assert sessions.seen_at([ann.session]) == first, "not at every request"
    house.wall.pass_(seconds=30)
    sessions.touch([ann.session])
    assert sessions.seen_at([ann.session])[ann.session] - first[ann.session] == timedelta(seconds=35)
    sessions.end(ann.session)
    house.wall.pass_(seconds=30)
    sessions.touch([ann.session])
    assert sessions.find(ann.session) is None
    sessions.sweep()
    assert sessions.seen_at([ann.session]) == {}
    assert sessions.living([]) == set()


def test_a_lock_stays_through_restarts_until_it_is_opened(house: House) -> None:
    ann = house.sit("ann")
    house.wall.pass_(minutes=3)
    house.accounts.sessions.lock(ann.session)
    locked_at = house.wall.at
    house.wall.pass_(minutes=3)
    again = Sessions(house.accounts.audit)
    assert again.lock(ann.session).locked_at == locked_at, "locking twice is locking once"
    found = again.find(ann.session)
    assert found is not None
    assert found.locked_at == locked_at
    assert again.unlock(ann.session).locked_at is None
    assert house.acts()[-2:] == ["session.locked", "session.unlocked"]


def test_a_desk_that_was_left_alone_comes_back_locked_and_one_that_was_not_does_not(house: House) -> None:
    ann, bob = house.sit("ann"), house.sit("bob")
    sessions = house.accounts.sessions
    for _ in range(3):
        house.wall.pass_(minutes=6)
        sessions.touch([bob.session])
    back, here = sessions.come_back(ann.session), sessions.come_back(bob.session)
    assert back is not None
    assert here is not None
    assert (back.locked_at, here.locked_at) == (house.wall.at, None)
    sessions.unlock(ann.session)
    sessions.touch([ann.session])
    again = sessions.come_back(ann.session)
    assert again is not None
    assert again.locked_at is None
    assert sessions.come_back("0" * 64) is None


def test_an_ended_session_is_neither_locked_nor_brought_back(house: House) -> None:
    ann = house.sit("ann")
    house.accounts.sessions.end(ann.session, Actor("leader"))
    for act in (house.accounts.sessions.lock, house.accounts.sessions.unlock):
        with pytest.raises(Ended):
            act(ann.session)
    assert house.accounts.sessions.all() == []
    assert timedelta(hours=8) < UNSEEN, "a shift fits"
