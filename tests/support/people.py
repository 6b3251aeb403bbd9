"""People at real browsers' cookies: hired in the city's Redis, signed in through the form of a running web process."""

from __future__ import annotations

import re
from typing import Any

import argon2
import httpx
import redis

from dashboard.accounts.accounts import Accounts, open_accounts
from dashboard.accounts.audit import Actor
from dashboard.accounts.passwords import Passwords
from streams.keys import Keys

PASSWORD = "a-long-enough-passphrase"
CONSOLE = Actor("root", "command line", "command line")


def accounts_of(client: redis.Redis, keys: Keys) -> Accounts:
    """A city's accounts, with hashes that no test has to wait for."""
    cheap = Passwords(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return open_accounts(client, keys, passwords=cheap)


class Browser:
    """One browser: its cookie, and the token of its session."""

    def __init__(self, base: str) -> None:
        self.http = httpx.Client(base_url=base, timeout=20)

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        page = self.http.get("/signin").text
        found = re.search(r'name="csrf" value="([^"]+)"', page)
        assert found is not None, page
        return self.http.post("/signin", data={"csrf": found[1], "name": name, "password": password} | more)

    @property
    def account(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get("/account").json()
        return found

    @property
    def headers(self) -> dict[str, str]:
        """For a socket: the cookie as a browser sends it."""
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())}

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.http.post(path, json=body or {}, headers={"X-CSRF-Token": self.account["csrf"]})

    def close(self) -> None:
        self.http.close()


def signed_in(base: str, name: str, password: str = PASSWORD) -> Browser:
    browser = Browser(base)
    answer = browser.sign_in(name, password)
    assert answer.status_code == 302, answer.text
    return browser
