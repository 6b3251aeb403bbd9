"""Signing in with name and password, as a browser meets it: beside keys, limited, forgotten when it ends."""

from __future__ import annotations

from typing import Any

import pytest
import redis as redis_module
from flask import Flask, g, request
from flask.testing import FlaskClient
from redis.backoff import NoBackoff
from redis.retry import Retry

from dashboard.access import SESSION_PERSON, Access, csrf_token
from dashboard.access_keys import new_key, remove_key
from dashboard.accounts.routes import account_routes
from dashboard.accounts.sessions import mark_of
from dashboard.roles import KEY_ROLES, Permission, Role
from dashboard.signin import limiter_storage, start_signin
from tests.accounts.conftest import CONSOLE, KEYS, PASSWORD, House
from tests.support.redis_server import RedisServer

ADMIN_KEY = "a-key-from-the-settings"


class Site:
    """A small app behind the checks, with the accounts of a house."""

    def __init__(self, house: House, url: str) -> None:
        self.house, self.now_s = house, 0.0
        self.access = Access(
            house.client, KEYS, ADMIN_KEY, monotonic=lambda: self.now_s, sessions=house.accounts.sessions
        )
        self.app = Flask("test")
        self.app.secret_key = "secret"
        limiter = start_signin(self.app, self.access, limiter_storage(url), people=house.accounts.people)
        self.app.register_blueprint(account_routes(self.access, house.accounts, limiter))
        self._routes()

    def _routes(self) -> None:
        @self.app.get("/figures")
        @self.access.require(Permission.READ_PICTURE)
        def figures() -> Any:
            return {"name": g.principal.name}

        @self.app.get("/incidents")
        @self.access.require(Permission.READ_INCIDENTS)
        def incidents() -> Any:
            return {"name": g.principal.name, "roles": g.principal.roles, "csrf": csrf_token()}

        @self.app.post("/dispatch")
        @self.access.require(Permission.REQUEST_DISPATCH)
        def dispatch() -> Any:
            return {}

        @self.app.get("/mark")
        def mark() -> Any:
            return {"mark": self.access.mark(request)}

    @property
    def browser(self) -> FlaskClient:
        return self.app.test_client()

    def signed_in(self, name: str = "ann", password: str = PASSWORD) -> FlaskClient:
        browser = self.browser
        assert submit(browser, name=name, password=password).status_code == 302
        return browser


@pytest.fixture
def site(house: House, redis_server: RedisServer) -> Site:
    house.hire("ann")
    return Site(house, redis_server.url)


def submit(browser: FlaskClient, peer: str = "127.0.0.1", **fields: str) -> Any:
    there = {"REMOTE_ADDR": peer}
    page = browser.get("/signin", environ_base=there).get_data(as_text=True)
    token = page.split('name="csrf" value="')[1].split('"')[0]
    return browser.post("/signin", data={"csrf": token} | fields, environ_base=there)


def post(browser: FlaskClient, path: str, body: Any = None) -> Any:
    with browser.session_transaction() as session:
        token = session.get("csrf", "")
    if not token:
        token = browser.get("/account").get_json()["csrf"]
    return browser.post(path, json=body or {}, headers={"X-CSRF-Token": token})


def session_id_of(browser: FlaskClient) -> str:
    with browser.session_transaction() as session:
        return str(session[SESSION_PERSON])


# in


def test_name_and_password_open_a_session_with_the_persons_rights(site: Site) -> None:
    browser = site.browser
    answer = submit(browser, name="Ann", password=PASSWORD, next="/dispatch")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/dispatch")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    told = browser.get("/incidents").get_json()
    assert (told["name"], told["roles"]) == ("ann", ["dispatcher"])
    assert post(browser, "/dispatch").status_code == 200
    assert browser.post("/dispatch").get_json()["error"]["code"] == "csrf"
    assert "ann" in browser.get("/signin").get_data(as_text=True)
    entry = site.house.written()[-1]
    assert (entry.what, entry.who, entry.peer) == ("session.began", "ann", "127.0.0.1")


def test_several_roles_add_up(site: Site) -> None:
    site.house.hire("zoe", "viewer", "dispatcher")
    browser = site.signed_in("zoe")
    assert browser.get("/incidents").get_json()["roles"] == ["viewer", "dispatcher"]
    assert post(browser, "/dispatch").status_code == 200
    site.house.hire("max", "viewer", "leader")
    assert post(site.signed_in("max"), "/dispatch").status_code == 403


def test_wrong_unknown_and_disabled_get_one_answer(site: Site) -> None:
    site.house.hire("bob")
    site.house.accounts.people.disable(CONSOLE, "bob")
    pages = []
    for name, password in (("ann", "wrong"), ("eve", PASSWORD), ("bob", PASSWORD)):
        answer = submit(site.browser, name=name, password=password)
        assert answer.status_code == 401
        pages.append(answer.get_data(as_text=True).split('role="alert">')[1].split("</p>")[0])
    assert len(set(pages)) == 1
    refused = [entry for entry in site.house.written() if entry.what == "session.refused"]
    assert [(e.who, e.subject) for e in refused] == [("nobody", "ann"), ("nobody", ""), ("nobody", "bob")]


def test_nothing_typed_into_the_form_is_kept(site: Site) -> None:
    submit(site.browser, name="my-secret-in-the-wrong-field", password="hunter2-hunter2")
    submit(site.browser, name="ann", password="hunter2-hunter2")
    assert b"secret-in" not in b"".join(e.what.encode() + e.subject.encode() for e in site.house.written())
    for key in site.house.client.scan_iter():
        kind: Any = site.house.client.type(key)
        kept = site.house.client.dump(key) if kind != b"none" else b""
        assert b"hunter2" not in bytes(kept or b"") + bytes(key)


def test_the_form_needs_its_token(site: Site) -> None:
    assert site.browser.post("/signin", data={"name": "ann", "password": PASSWORD}).status_code == 400
    assert [e.what for e in site.house.written()] == ["user.added"]


def test_the_token_is_there_from_the_sign_in_on(site: Site) -> None:
    """Two requests of one page that come at once would else make one each, of which the cookie keeps one."""
    browser = site.signed_in()
    with browser.session_transaction() as session:
        token = session["csrf"]
    assert {browser.get("/account").get_json()["csrf"] for _ in range(2)} == {token}


def test_no_id_known_before_signing_in_is_one_after_it(site: Site) -> None:
    site.house.hire("bob")
    browser = site.signed_in("ann")
    planted = session_id_of(browser)
    with browser.session_transaction() as session:
        session["planted"] = "by someone else"
        before = session["csrf"] = "a token that an attacker knows"
    page = browser.get("/signin").get_data(as_text=True)
    assert 'name="password"' not in page, "one signs out first"
    answer = browser.post("/signin", data={"csrf": before, "name": "bob", "password": PASSWORD})
    assert answer.status_code == 302
    with browser.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf") != before
        assert session[SESSION_PERSON] != planted
    assert site.house.accounts.sessions.find(mark_of(planted)) is None, "the session before ended on the server"


def test_a_key_takes_the_place_of_a_person_and_the_other_way_round(site: Site) -> None:
    key = new_key(site.house.client, KEYS, "screen", "viewer")
    browser = site.signed_in("ann")
    mark = mark_of(session_id_of(browser))
    token = browser.get("/incidents").get_json()["csrf"]
    assert browser.post("/signin", data={"csrf": token, "key": key}).status_code == 302
    assert browser.get("/incidents").get_json()["name"] == "screen"
    assert site.house.accounts.sessions.find(mark) is None
    token = browser.get("/incidents").get_json()["csrf"]
    browser.post("/signin", data={"csrf": token, "name": "ann", "password": PASSWORD})
    assert browser.get("/incidents").get_json()["name"] == "ann"


# limits


def test_one_address_cannot_lock_a_colleague_out_but_many_cannot_guess_on(site: Site) -> None:
    tries = [submit(site.browser, peer="10.0.0.9", name="ann", password="wrong").status_code for _ in range(11)]
    assert tries == [401] * 10 + [429]
    assert submit(site.browser, peer="10.0.0.7", name="ann", password=PASSWORD).status_code == 302
    tries = [
        submit(site.browser, peer=f"10.0.{n}.1", name=("ann", "ANN ")[n % 2], password="wrong").status_code
        for n in range(1, 25)
    ]
    assert (tries[0], tries[-1], tries.count(429) > 0) == (401, 429, True)
    assert submit(site.browser, peer="10.1.0.1", name="bob", password="wrong").status_code == 401
    assert submit(site.browser, peer="10.1.0.1", key=ADMIN_KEY).status_code == 302


# out


def test_signing_out_ends_the_session_also_for_a_copied_cookie(site: Site) -> None:
    browser = site.signed_in()
    copy = site.browser
    with copy.session_transaction() as session:
        session[SESSION_PERSON] = session_id_of(browser)
    assert copy.get("/incidents").status_code == 200
    token = browser.get("/incidents").get_json()["csrf"]
    assert browser.post("/signout", data={"csrf": token}).status_code == 302
    assert [client.get("/incidents").status_code for client in (browser, copy)] == [401, 401]
    assert site.house.acts()[-1] == "session.ended"


def test_being_signed_out_everywhere_holds_at_once(site: Site) -> None:
    first, second = site.signed_in(), site.signed_in()
    assert second.get("/incidents").status_code == 200
    assert post(first, "/account/signout-everywhere").status_code == 200
    assert [client.get("/incidents").status_code for client in (first, second)] == [401, 401]
    third = site.signed_in()
    site.house.accounts.people.disable(CONSOLE, "ann")
    assert third.get("/incidents").status_code == 401


@pytest.mark.parametrize("forged", ["", "x", "0" * 64, 7, None, ["a"]])
def test_a_made_up_session_is_nobodys(site: Site, forged: Any) -> None:
    browser = site.browser
    with browser.session_transaction() as session:
        session[SESSION_PERSON] = forged
    assert browser.get("/incidents").status_code == 401


def test_a_socket_lives_as_long_as_what_it_was_opened_with(site: Site) -> None:
    key = new_key(site.house.client, KEYS, "screen", "viewer")
    ann, screen = site.signed_in(), site.browser
    submit(screen, key=key)
    admin = site.browser
    submit(admin, key=ADMIN_KEY)
    marks = [client.get("/mark").get_json()["mark"] for client in (ann, screen, admin, site.browser)]
    by_header = site.browser.get("/mark", headers={"X-API-Key": key}).get_json()["mark"]
    assert by_header == marks[1]
    assert marks[2:] == ["", ""], "what stands in the settings, and the open wall, do not end"
    assert site.access.living(marks) == set(marks)
    site.house.wall.pass_(minutes=5)
    site.access.living(marks)
    seen = site.house.accounts.sessions.seen_at([marks[0].removeprefix("person:")])
    assert list(seen.values()) == [site.house.wall.at], "an open socket is being there"
    site.house.accounts.people.sign_out(CONSOLE, "ann")
    remove_key(site.house.client, KEYS, "screen")
    site.now_s += 5
    assert site.access.living([*marks, "person:", "key:", "odd"]) == {""}


# the locked desk


def test_a_locked_desk_shows_figures_and_does_nothing(site: Site) -> None:
    browser = site.signed_in()
    assert post(browser, "/account/lock").get_json()["locked"]
    assert browser.get("/figures").status_code == 200
    refused = browser.get("/incidents")
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (423, "locked")
    assert post(browser, "/dispatch").status_code == 423
    assert post(browser, "/positions/take", {"position": "North"}).status_code == 423
    wrong = post(browser, "/account/unlock", {"secret": "wrong"})
    assert (wrong.status_code, wrong.get_json()["error"]["code"]) == (403, "wrong")
    assert post(browser, "/account/unlock", {"secret": PASSWORD}).get_json()["locked"] is False
    assert browser.get("/incidents").status_code == 200
    other = site.signed_in()
    post(browser, "/account/lock")
    assert other.get("/incidents").status_code == 200, "a lock is a desk's, not a person's"


def test_unlocking_is_guessed_at_ten_times_a_minute_at_most(site: Site) -> None:
    browser = site.signed_in()
    post(browser, "/account/lock")
    tries = [post(browser, "/account/unlock", {"secret": "wrong"}).status_code for _ in range(11)]
    assert tries == [403] * 10 + [429]


def test_a_pin_is_set_with_the_password_and_opens_the_desk(site: Site) -> None:
    browser = site.signed_in()
    assert post(browser, "/account/pin", {"password": "wrong", "pin": "7319"}).status_code == 403
    assert post(browser, "/account/pin", {"password": PASSWORD, "pin": "1234"}).status_code == 400
    assert post(browser, "/account/pin", {"password": PASSWORD, "pin": "7319"}).get_json()["has_pin"]
    post(browser, "/account/lock")
    assert post(browser, "/account/unlock", {"secret": "7318"}).get_json()["pin_tries_left"] == 4
    assert post(browser, "/account/unlock", {"secret": "7319"}).get_json()["pin_tries_left"] == 5
    assert post(browser, "/account/unlock").status_code == 403


# positions


def test_positions_are_taken_seen_and_left_from_the_page(site: Site) -> None:
    site.house.hire("bob")
    ann, bob = site.signed_in("ann"), site.signed_in("bob")
    assert post(ann, "/positions/take", {"position": "North", "desk": "D1"}).get_json()["positions"] == ["North"]
    refused = post(bob, "/positions/take", {"position": "North"})
    assert refused.status_code == 409
    assert "ann is at North" in refused.get_json()["reason"]
    assert refused.get_json()["holding"]["desk"] == "D1"
    told = bob.get("/positions?position=South").get_json()["positions"]
    assert [(p["position"], p["presence"]) for p in told] == [("North", "attended"), ("South", "unattended")]
    assert told[0]["held"]["name"] == "ann"
    assert b"session" not in bob.get("/positions").data
    assert post(ann, "/positions/leave", {"position": "North"}).get_json()["positions"] == []
    assert post(ann, "/positions/take").status_code == 409


def test_a_key_has_no_account_and_a_stranger_learns_nothing(site: Site) -> None:
    header = {"X-API-Key": ADMIN_KEY}
    for path in ("/account", "/positions"):
        assert site.browser.get(path).status_code == 401
        assert site.browser.get(path, headers=header).get_json()["error"]["code"] == "no_person"
    for path in ("/account/lock", "/account/unlock", "/account/pin", "/account/signout-everywhere", "/positions/take"):
        assert site.browser.post(path).status_code == 401
        assert site.browser.post(path, headers=header).status_code == 403
        browser = site.signed_in()
        assert browser.post(path).get_json()["error"]["code"] == "csrf", path


def test_every_role_keeps_to_its_permissions_when_it_belongs_to_a_person(site: Site) -> None:
    for role in set(Role) - KEY_ROLES:
        site.house.hire(f"the {role}", role)
        session = site.house.accounts.sessions.begin(site.house.accounts.people.get(f"the {role}"), "")
        key = new_key(site.house.client, KEYS, role, role)
        browser = site.browser
        with browser.session_transaction() as cookie:
            cookie[SESSION_PERSON], cookie["csrf"] = session, "t"
        by_person = {"X-CSRF-Token": "t"}
        by_key = {"X-API-Key": key}
        for method, path in (("GET", "/figures"), ("GET", "/incidents"), ("POST", "/dispatch")):
            person = browser.open(path, method=method, headers=by_person).status_code
            assert person == site.browser.open(path, method=method, headers=by_key).status_code, (role, path)


def test_redis_away_is_no_open_door(redis: redis_module.Redis, site: Site) -> None:
    browser = site.signed_in()
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    site.access.person_sessions._client = redis_module.Redis(
        unix_socket_path="/nowhere/redis.sock", retry=Retry(NoBackoff(), 0)
    )
    assert browser.get("/incidents").status_code == 500
