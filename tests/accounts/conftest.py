"""Accounts of a city on a real Redis, with a clock that the test moves and hashes that are cheap."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import argon2
import pytest
import redis as redis_module

from dashboard.accounts.accounts import Accounts, open_accounts
from dashboard.accounts.audit import Actor, Entry, heads_path, read_entries
from dashboard.accounts.passwords import Passwords
from dashboard.accounts.people import Person
from dashboard.accounts.sessions import mark_of
from dashboard.accounts.verdict import Verdict, verify
from streams.keys import Keys
from tests.support.engines import Wall

KEYS = Keys("boston")
PASSWORD = "a-long-enough-passphrase"
CONSOLE = Actor("root", "command line", "command line")


def cheap(time_cost: int = 1) -> Passwords:
    """Real argon2 with parameters that no test has to wait for."""
    return Passwords(argon2.PasswordHasher(time_cost=time_cost, memory_cost=8, parallelism=1))


OF = {("agency",): ("gas",)}  # whose people those of a role are


@dataclass
class House:
    """A city's accounts, and what a test asks of them again and again."""

    client: redis_module.Redis
    data: Path
    wall: Wall
    accounts: Accounts

    def hire(self, name: str, *roles: str) -> Person:
        return self.accounts.people.add(CONSOLE, name, roles or ("dispatcher",), PASSWORD, bodies=OF.get(roles, ()))

    def sit(self, name: str) -> Actor:
        """Somebody at a desk: hired if needed, signed in, heard of just now."""
        person = self.accounts.people.get(name) or self.hire(name)
        mark = mark_of(self.accounts.sessions.begin(person, "10.0.0.7"))
        session = self.accounts.sessions.find(mark)
        assert session is not None
        return session.actor

    def written(self) -> list[Entry]:
        """The audit, oldest first."""
        return read_entries(self.client, KEYS, 10_000)[::-1]

    def acts(self) -> list[str]:
        return [entry.what for entry in self.written()]

    def verdict(self) -> Verdict:
        return verify(self.client, KEYS, heads_path(self.data, KEYS.city))


def open_house(client: redis_module.Redis, data: Path) -> House:
    wall = Wall()
    accounts = open_accounts(client, KEYS, data, passwords=cheap())
    accounts.audit.now = wall
    return House(client, data, wall, accounts)


@pytest.fixture
def house(redis: redis_module.Redis, tmp_path: Path) -> House:
    return open_house(redis, tmp_path)
