"""Simulated colleagues beside signed-in dispatchers: whose sector it is, and who acts when nobody does."""

from __future__ import annotations

from typing import Any

import pytest
import redis as redis_module

from dashboard.accounts.accounts import Accounts
from dashboard.accounts.audit import Actor
from dashboard.accounts.sessions import mark_of
from tests.support.emergency import SimCity
from tests.support.people import CONSOLE, PASSWORD, accounts_of

pytestmark = pytest.mark.thorough

UNIVERSITY = (39.99, 116.31)


@pytest.fixture
def city(redis: redis_module.Redis) -> SimCity:
    return SimCity(redis, sector=None)


@pytest.fixture
def accounts(city: SimCity) -> Accounts:
    found = accounts_of(city.client, city.keys)
    found.audit.now = city.city.wall
    return found


def sit(accounts: Accounts, name: str, position: str) -> Actor:
    person = accounts.people.get(name) or accounts.people.add(CONSOLE, name, ["dispatcher"], PASSWORD)
    session = accounts.sessions.find(mark_of(accounts.sessions.begin(person, "10.0.0.7")))
    assert session is not None
    accounts.positions.take(session.actor, position)
    return session.actor


def attended(city: SimCity, accounts: Accounts, actor: Actor, seconds: int) -> None:
    """Let time pass with somebody at the desk."""
    for _ in range(seconds // 20 + 1):
        accounts.sessions.touch([actor.session])
        city.live(min(20, seconds))
        seconds -= 20
        if seconds <= 0:
            return


def dispatches(city: SimCity, incident_id: str = "E9") -> list[dict[str, Any]]:
    return [e for e in city.story(incident_id) if e["type"] == "unit.dispatched"]


def test_a_signed_in_dispatchers_sector_is_left_to_them_and_taken_over_after_90_s(
    city: SimCity, accounts: Accounts
) -> None:
    ann = sit(accounts, "ann", "Haidian")
    city.incident("E9", where=UNIVERSITY, area="Haidian", priority=1)
    attended(city, accounts, ann, 85)
    assert dispatches(city) == []
    attended(city, accounts, ann, 20)
    assert [e["actor"] for e in dispatches(city)] == ["simulated dispatcher Haidian"]


def test_what_a_person_did_with_an_incident_gives_them_another_90_s(city: SimCity, accounts: Accounts) -> None:
    ann = sit(accounts, "ann", "Haidian")
    city.incident("E9", where=UNIVERSITY, area="Haidian", priority=1)
    attended(city, accounts, ann, 60)
    city.city.ask("triage", incident_id="E9", priority=2, reason="smoke only")
    attended(city, accounts, ann, 80)
    assert dispatches(city) == []
    attended(city, accounts, ann, 20)
    assert len(dispatches(city)) == 1


def test_nobody_waits_for_somebody_who_left(city: SimCity, accounts: Accounts) -> None:
    ann = sit(accounts, "ann", "Haidian")
    accounts.sessions.end(ann.session)
    city.incident("E9", where=UNIVERSITY, area="Haidian", priority=1)
    city.live(60)
    assert len(dispatches(city)) == 1


def test_at_the_city_position_everything_is_left_that_nobody_else_has(city: SimCity, accounts: Accounts) -> None:
    ann = sit(accounts, "ann", "city")
    bob = sit(accounts, "bob", "Chaoyang")
    accounts.sessions.end(bob.session)
    city.incident("E9", where=UNIVERSITY, area="Haidian", priority=1)
    city.incident("X1", where=(39.93, 116.47), area="Chaoyang", priority=1)
    attended(city, accounts, ann, 60)
    assert dispatches(city) == []
    assert len(dispatches(city, "X1")) == 1, "bob's, who is not there"
