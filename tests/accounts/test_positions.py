"""Positions: one person at each, taken, left and handed over in one piece; and whether anybody is there."""

from __future__ import annotations

import contextlib
import threading

import pytest

from dashboard.accounts.positions import NotYours, Presence
from tests.accounts.conftest import House


def presence(house: House, position: str) -> Presence:
    [standing] = [s for s in house.accounts.positions.standing([position]) if s.position == position]
    return standing.presence


def test_a_position_has_one_person_and_a_person_any_number(house: House) -> None:
    ann, bob = house.sit("ann"), house.sit("bob")
    positions = house.accounts.positions
    for sector in ("North", "South"):
        positions.take(ann, sector, "D1")
    with pytest.raises(NotYours, match="ann is at North") as refused:
        positions.take(bob, "North")
    assert refused.value.holding is not None
    assert refused.value.holding.name == "ann"
    assert (positions.of("ann"), positions.of("bob")) == (["North", "South"], [])
    assert house.acts()[-2:] == ["position.taken", "position.taken"]


def test_of_twenty_who_reach_for_a_position_one_gets_it(house: House) -> None:
    actors = [house.sit(f"person {n}") for n in range(20)]
    got: list[str] = []

    def reach(n: int) -> None:
        with contextlib.suppress(NotYours):
            got.append(house.accounts.positions.take(actors[n], "North").name)

    threads = [threading.Thread(target=reach, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [house.accounts.positions.holdings()["North"].name]
    assert house.acts().count("position.taken") == 1
    assert house.verdict().is_whole


def test_sitting_down_again_is_no_change_but_another_desk_is(house: House) -> None:
    ann = house.sit("ann")
    first = house.accounts.positions.take(ann, "North", "D1")
    house.wall.pass_(minutes=1)
    assert house.accounts.positions.take(ann, "North", "D1") == first
    moved = house.accounts.positions.take(house.sit("ann"), "North", "D2")
    assert (moved.desk, moved.since) == ("D2", house.wall.at)
    [entry] = [e for e in house.written() if e.what == "position.taken" and e.before]
    assert (entry.before["desk"], entry.after["desk"]) == ("D1", "D2")


def test_whoever_is_not_heard_of_is_not_there_and_may_be_relieved(house: House) -> None:
    ann, bob = house.sit("ann"), house.sit("bob")
    positions = house.accounts.positions
    positions.take(ann, "North")
    assert presence(house, "North") is Presence.ATTENDED
    house.wall.pass_(minutes=2, seconds=1)
    assert presence(house, "North") is Presence.UNATTENDED
    house.accounts.sessions.touch([ann.session])
    assert presence(house, "North") is Presence.ATTENDED
    with pytest.raises(NotYours):
        positions.take(bob, "North")
    house.accounts.sessions.end(ann.session)
    assert presence(house, "North") is Presence.UNATTENDED
    assert positions.take(bob, "North").name == "bob"
    assert house.written()[-1].before["name"] == "ann"


def test_a_locked_desk_is_not_an_empty_one(house: House) -> None:
    ann = house.sit("ann")
    house.accounts.positions.take(ann, "North")
    house.accounts.sessions.lock(ann.session)
    assert presence(house, "North") is Presence.LOCKED
    assert house.accounts.positions.unattended(["North", "South"]) == ["South"]


def test_a_position_is_left_by_who_has_it(house: House) -> None:
    ann, bob = house.sit("ann"), house.sit("bob")
    positions = house.accounts.positions
    positions.take(ann, "North")
    with pytest.raises(NotYours, match="not bob"):
        positions.leave(bob, "North")
    positions.leave(ann, "North")
    with pytest.raises(NotYours, match="nobody"):
        positions.leave(ann, "North")
    assert positions.holdings() == {}
    assert presence(house, "North") is Presence.UNATTENDED


def test_all_positions_pass_or_none(house: House) -> None:
    ann, bob, eve = house.sit("ann"), house.sit("bob"), house.sit("eve")
    positions = house.accounts.positions
    for who, sector in ((ann, "North"), (ann, "South"), (eve, "East")):
        positions.take(who, sector)
    before = positions.holdings()
    with pytest.raises(NotYours, match="eve is at East"):
        positions.hand_over("ann", bob, ["North", "South", "East"])
    assert positions.holdings() == before
    with pytest.raises(NotYours, match="cannot accept"):
        positions.hand_over("ann", ann, ["North"])
    passed = positions.hand_over("ann", bob, ["North", "South"], "D4")
    assert [(h.position, h.name, h.desk, h.session) for h in passed] == [
        ("North", "bob", "D4", bob.session),
        ("South", "bob", "D4", bob.session),
    ]
    assert positions.of("ann") == []
    handed = [e for e in house.written() if e.what == "position.handed_over"]
    assert [(e.who, e.before["name"], e.after["name"]) for e in handed] == [("bob", "ann", "bob")] * 2
    with pytest.raises(NotYours):
        positions.hand_over("ann", bob, ["North"])


@pytest.mark.parametrize(("position", "desk"), [("", ""), ("x" * 101, ""), ("North", "x" * 101), ("a\nb", "")])
def test_a_position_has_a_name_that_can_be_read(house: House, position: str, desk: str) -> None:
    with pytest.raises(NotYours):
        house.accounts.positions.take(house.sit("ann"), position, desk)
