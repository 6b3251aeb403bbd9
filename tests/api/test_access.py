"""Keys, roles, sessions: who gets in, who does not, and what a stranger can learn (nothing)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
from flask import Flask, g, request
from flask.testing import FlaskClient

from dashboard.access import Access, csrf_token
from dashboard.access_keys import digest_of, list_keys, new_key, remove_key
from dashboard.roles import ROLES, WRITES, Permission, Role
from dashboard.signin import limiter_storage, start_signin
from streams.keys import Keys
from tests.api.conftest import ADMIN_KEY, Door
from tests.support.redis_server import RedisServer

KEYS = Keys("boston")
LOCAL = {"REMOTE_ADDR": "127.0.0.1"}


class Site:
    """A small app behind the checks: one read, one write, one live page."""

    def __init__(self, client: redis_module.Redis, url: str, open_kiosk: bool = False) -> None:
        self.now_s = 0.0
        self.redis = client
        self.access = Access(client, KEYS, ADMIN_KEY, open_kiosk, monotonic=lambda: self.now_s)
        self.app = Flask("test")
        self.app.secret_key = "secret"
        start_signin(self.app, self.access, limiter_storage(url))
        self._routes()

    def _routes(self) -> None:
        @self.app.get("/read")
        @self.access.require(Permission.READ_CASES)
        def read() -> Any:
            return {"name": g.principal.name, "role": g.principal.role, "csrf": csrf_token()}

        @self.app.post("/write")
        @self.access.require(Permission.MANAGE)
        def write() -> Any:
            return {}

        @self.app.get("/live")
        def live() -> Any:
            principal = self.access.live_principal(request)
            return {"role": principal.role if principal else None}

    @property
    def browser(self) -> FlaskClient:
        return self.app.test_client()


@pytest.fixture
def site(redis: redis_module.Redis, redis_server: RedisServer) -> Site:
    return Site(redis, redis_server.url)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def sign_in(browser: FlaskClient, key: str, **more: Any) -> Any:
    page = browser.get("/signin").get_data(as_text=True)
    token = page.split('name="csrf" value="')[1].split('"')[0]
    return browser.post("/signin", data={"csrf": token, "key": key} | more)


# keys


def test_a_key_is_shown_once_and_only_its_digest_is_kept(redis: redis_module.Redis) -> None:
    key = new_key(redis, KEYS, "wall screen", "kiosk")
    assert key.startswith("hx_")
    assert len(key) >= 3 + 43  # 256 bits in base64
    stored: Any = redis.hgetall(KEYS.access)
    assert list(stored) == [digest_of(key).encode()]
    assert key.encode() not in b"".join([*stored, *stored.values()])
    assert [(record.name, record.role) for record in list_keys(redis, KEYS)] == [("wall screen", Role.KIOSK)]


def test_a_withdrawn_key_stops_working_within_seconds(site: Site) -> None:
    key = new_key(site.redis, KEYS, "ann", "viewer")
    other = new_key(site.redis, KEYS, "bob", "viewer")
    assert site.browser.get("/read", headers=bearer(key)).status_code == 200
    assert remove_key(site.redis, KEYS, "ann") == 1
    assert remove_key(site.redis, KEYS, "ann") == 0
    site.now_s += 5
    assert site.browser.get("/read", headers=bearer(key)).status_code == 401
    assert site.browser.get("/read", headers=bearer(other)).status_code == 200


@pytest.mark.parametrize(("name", "role"), [("", "viewer"), ("x" * 300, "viewer"), ("a\nb", "viewer"), ("a", "king")])
def test_a_key_needs_a_name_and_a_known_role(redis: redis_module.Redis, name: str, role: str) -> None:
    with pytest.raises(ValueError, match=r"name|king"):
        new_key(redis, KEYS, name, role)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {ADMIN_KEY}"},
        {"X-API-Key": ""},
        {"X-API-Key": "x" * 100_000},
        {"X-API-Key": "ÿþ"},
    ],
)
def test_strangers_are_told_nothing_but_to_bring_a_key(site: Site, headers: dict[str, str]) -> None:
    answer = site.browser.get("/read", headers=headers)
    assert answer.status_code == 401
    assert answer.get_json()["error"]["code"] == "unauthorized"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_admin_key_of_the_settings_works_from_the_start_in_both_headers(site: Site) -> None:
    for headers in (bearer(ADMIN_KEY), {"X-API-Key": ADMIN_KEY}):
        assert site.browser.get("/read", headers=headers).get_json()["role"] == "admin"
        assert site.browser.post("/write", headers=headers).status_code == 200


def test_without_an_admin_key_in_the_settings_an_empty_key_opens_nothing(redis: redis_module.Redis) -> None:
    access = Access(redis, KEYS)
    assert access.principal_of("") is None
    assert access.principal_of(digest_of("")) is None


# roles


def test_each_role_may_do_what_the_one_above_it_on_the_wall_may() -> None:
    assert ROLES[Role.KIOSK] < ROLES[Role.VIEWER] < ROLES[Role.LEADER]
    assert ROLES[Role.VIEWER] < ROLES[Role.DISPATCHER] < ROLES[Role.ADMIN] == set(Permission)
    assert {role for role in Role if Permission.READ_PRIVATE in ROLES[role]} == {"admin", "dispatcher", "hotline"}
    assert set(WRITES) == {role for role in Role if Permission.WRITE_EVENTS in ROLES[role]}


NEEDED = {
    "/picture": Permission.READ_PICTURE,
    "/cells": Permission.READ_CELLS,
    "/cases": Permission.READ_CASES,
    "/cases/c1": Permission.READ_OWN_CASES,
    "/incidents": Permission.READ_INCIDENTS,
    "/incidents/i1": Permission.READ_INCIDENTS,
    "/units": Permission.READ_UNITS,
    "/units/u1": Permission.READ_UNITS,
    "/requests/r1": Permission.READ_OWN_CASES,
}


@pytest.mark.parametrize("role", list(Role))
def test_every_read_is_checked_on_the_server(door: Door, role: Role) -> None:
    for path, permission in NEEDED.items():
        status = door.get(path, role=role.value).status_code
        assert (status == 403) == (permission not in ROLES[role]), (path, status)
        assert door.get(path, role=None).status_code == 401


def test_no_route_of_the_api_is_open(door: Door) -> None:
    rules = [rule for rule in door.app.url_map.iter_rules() if str(rule).startswith("/api/")]
    assert len(rules) >= 11
    for rule in rules:
        path = str(rule).replace("<path:subject_id>", "x").replace("<request_id>", "x")
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = door.client.open(path, method=method, environ_base=LOCAL)
            expected = 404 if "_rest" in path else 401
            assert answer.status_code == expected, (method, path)


# sessions


def test_signing_in_with_a_key_opens_a_session_that_ends_with_the_key(site: Site) -> None:
    key = new_key(site.redis, KEYS, "ann", "viewer")
    browser = site.browser
    answer = sign_in(browser, key, next="/wall")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/wall")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert key not in cookie
    assert browser.get("/read").get_json()["name"] == "ann"
    assert "ann" in browser.get("/signin").get_data(as_text=True)
    remove_key(site.redis, KEYS, "ann")
    site.now_s += 5
    assert browser.get("/read").status_code == 401


def test_a_session_of_the_admin_key_holds_no_digest_of_it(site: Site) -> None:
    browser = site.browser
    sign_in(browser, ADMIN_KEY)
    assert browser.get("/read").get_json()["role"] == "admin"
    with browser.session_transaction() as session:
        assert digest_of(ADMIN_KEY) not in str(dict(session))
    site.access.admin_key = "another"
    assert browser.get("/read").status_code == 401


def test_a_wrong_key_in_a_header_is_not_made_good_by_a_session(site: Site) -> None:
    browser = site.browser
    sign_in(browser, ADMIN_KEY)
    assert browser.get("/read", headers=bearer("wrong")).status_code == 401


def test_a_write_with_a_session_needs_the_token_that_other_sites_do_not_know(site: Site) -> None:
    browser = site.browser
    sign_in(browser, ADMIN_KEY)
    token = browser.get("/read").get_json()["csrf"]
    assert browser.post("/write").get_json()["error"]["code"] == "csrf"
    assert browser.post("/write", headers={"X-CSRF-Token": "wrong"}).status_code == 403
    assert browser.post("/write", headers={"X-CSRF-Token": token}).status_code == 200
    assert browser.post("/write", headers=bearer(ADMIN_KEY)).status_code == 200


def test_signing_in_needs_the_forms_token_and_a_known_key(site: Site) -> None:
    browser = site.browser
    assert browser.post("/signin", data={"key": ADMIN_KEY}).status_code == 400
    assert sign_in(browser, "wrong").status_code == 401
    assert browser.get("/read").status_code == 401


def test_signing_out_ends_the_session(site: Site) -> None:
    browser = site.browser
    sign_in(browser, ADMIN_KEY)
    assert browser.post("/signout").status_code == 400
    token = browser.get("/read").get_json()["csrf"]
    assert browser.post("/signout", data={"csrf": token}).status_code == 302
    assert browser.get("/read").status_code == 401


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
)
def test_signing_in_never_leads_to_another_site(site: Site, address: str) -> None:
    assert sign_in(site.browser, ADMIN_KEY, next=address).headers["Location"] == "/"


def test_the_form_echoes_nothing_as_markup_and_speaks_three_languages(site: Site) -> None:
    page = site.browser.get('/signin?next=/"><script>alert(1)</script>').get_data(as_text=True)
    assert "<script>" not in page
    assert 'dir="rtl"' in site.browser.get("/signin?lang=ar").get_data(as_text=True)
    chinese = site.browser.get("/signin", headers={"Accept-Language": "zh-CN"}).get_data(as_text=True)
    assert 'lang="zh-Hans"' in chinese


def test_the_eleventh_try_within_a_minute_is_refused_for_that_address_only(site: Site) -> None:
    browser = site.browser
    answers = [sign_in(browser, "wrong") for _ in range(11)]
    assert [a.status_code for a in answers] == [401] * 10 + [429]
    assert answers[-1].headers["Retry-After"]
    other = site.app.test_client()
    page = other.get("/signin", environ_base={"REMOTE_ADDR": "10.0.0.9"}).get_data(as_text=True)
    token = page.split('name="csrf" value="')[1].split('"')[0]
    data = {"csrf": token, "key": ADMIN_KEY}
    assert other.post("/signin", data=data, environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 302


# the open wall of a demo


@pytest.fixture
def demo(redis: redis_module.Redis, redis_server: RedisServer) -> Site:
    return Site(redis, redis_server.url, open_kiosk=True)


@pytest.mark.parametrize(
    ("headers", "peer", "host", "role"),
    [
        ({}, "127.0.0.1", "localhost:8050", "kiosk"),
        ({}, "127.0.0.5", "127.0.0.1", "kiosk"),
        ({}, "::1", "[::1]:8050", "kiosk"),
        ({}, "10.0.0.9", "localhost", None),
        ({}, "", "localhost", None),
        ({"X-Forwarded-For": "10.0.0.9"}, "127.0.0.1", "localhost", None),
        ({"Forwarded": "for=10.0.0.9"}, "127.0.0.1", "localhost", None),
        ({}, "127.0.0.1", "evil.example", None),
        ({"Authorization": f"Bearer {ADMIN_KEY}"}, "127.0.0.1", "localhost", "admin"),
    ],
)
def test_the_wall_of_a_demo_is_open_to_this_machine_only(
    demo: Site, headers: dict[str, str], peer: str, host: str, role: str | None
) -> None:
    given, headers = {"REMOTE_ADDR": peer}, headers | {"Host": host}
    assert demo.browser.get("/live", headers=headers, environ_base=given).get_json()["role"] == role
    if role == "kiosk":
        assert demo.browser.get("/read", headers=headers, environ_base=given).status_code == 401


def test_nothing_is_open_without_the_setting(site: Site) -> None:
    assert site.browser.get("/live", environ_base=LOCAL).get_json()["role"] is None


def test_no_secret_stands_in_what_a_log_may_print(site: Site, tmp_path: Path) -> None:
    key = new_key(site.redis, KEYS, "ann", "viewer")
    site.browser.get("/read", headers=bearer(key))
    assert ADMIN_KEY not in repr(site.access)
    assert digest_of(key) not in repr(site.access)
