"""What a position owns, from what the engine committed: it keeps people signed in, and it is what is handed over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from dashboard.access import Access
from dashboard.accounts.handover import Sheet, WaitingCases
from dashboard.accounts.handover_routes import handover_routes
from dashboard.accounts.routes import account_routes
from dashboard.accounts.sheet import compose, owns_incidents
from dashboard.signin import limiter_storage, start_signin
from streams.codec import encode
from tests.accounts.conftest import KEYS, PASSWORD, House
from tests.accounts.test_person_signin import submit
from tests.support.engines import NOON
from tests.support.redis_server import RedisServer

SOON = NOON + timedelta(minutes=5)
OVERDUE = (WaitingCases(item_id="overdue:gas", worklist="overdue", unit="gas", n=12),)


def commit(house: House, topic: str, /, **rows: dict[str, Any]) -> None:
    """Put rows where the engine's views stand."""
    house.client.delete(KEYS.view(topic))
    for name, row in rows.items():
        house.client.hset(KEYS.view(topic), name, encode(row))


def incident(area: str, priority: int = 1, **more: Any) -> dict[str, Any]:
    return {"kind": "fire", "priority": priority, "stage": "dispatched", "area": area, "received_at": NOON} | more


@pytest.fixture
def busy(house: House) -> House:
    """Two incidents in the North, one in the South, one that nobody has placed; crews, alarms and a call-back."""
    passing = {"to": "police", "state": "offered", "due_at": SOON}
    commit(
        house,
        "queue",
        i1=incident("North", major={"report_due_at": SOON}),
        i2=incident("North", 3, handover=passing),
        i3=incident("South"),
        i4=incident(""),
    )
    commit(
        house,
        "roster",
        E1={"status": "on-scene", "status_at": NOON, "incidents": ["i1"], "check_in_due_at": SOON},
        E2={"status": "notified", "status_at": NOON, "incidents": ["i2"]},
        E3={"status": "on-scene", "status_at": NOON, "incidents": ["i3"]},
        E4={"status": "available", "status_at": NOON, "incidents": []},
    )
    shelved = {"kind": "no-plan", "state": "shelved", "reason": "waits", "until": SOON, "owner": ""}
    commit(
        house,
        "alarms",
        a1=shelved | {"subject": "incident:i1"},
        a2=shelved | {"subject": "incident:i3"},
        a3=shelved | {"subject": "unit:E2", "state": "sounding"},
        a4=shelved | {"subject": "task:t9", "owner": "North"},
    )
    call = {"kind": "call-back", "call_id": "c1", "due_at": SOON, "state": "open", "owner": "", "incident_id": ""}
    commit(house, "tasks", t1=call, t2=call | {"owner": "eve"}, t3=call | {"incident_id": "i2"})
    return house


def blank(*positions: str) -> Sheet:
    return Sheet(sheet_id="s1", giver="ann", positions=positions, made_at=NOON, note="mind the gate")


def ids(items: Any) -> list[str]:
    return [item.item_id for item in items]


def test_the_sheet_lists_all_that_hangs_on_a_position_and_nothing_of_others(busy: House) -> None:
    ann = busy.sit("ann")
    busy.accounts.positions.take(ann, "North")
    sheet = compose(busy.client, KEYS, blank("North"))
    assert ids(sheet.incidents) == ["i1", "i2"]
    assert ids(sheet.units) == ["E1", "E2"]
    assert ids(sheet.timers) == ["acknowledge:E2", "check-in:E1", "handover:i2", "report:i1"]
    assert ids(sheet.shelved) == ["a1", "a4"]
    assert ids(sheet.callbacks) == ["t1", "t3"], "a call-back that is nobody's goes with everybody"
    assert sheet.note == "mind the gate"
    due = {timer.item_id: timer.due_at for timer in sheet.timers}
    assert due["acknowledge:E2"] == NOON + timedelta(seconds=30)


def test_the_city_position_has_what_no_other_position_has(busy: House) -> None:
    ann, bob = busy.sit("ann"), busy.sit("bob")
    busy.accounts.positions.take(ann, "city")
    sheet = compose(busy.client, KEYS, blank("city"))
    assert (ids(sheet.incidents), ids(sheet.shelved)) == (["i1", "i2", "i3", "i4"], ["a1", "a2", "a4"])
    busy.accounts.positions.take(bob, "North")
    assert ids(compose(busy.client, KEYS, blank("city")).incidents) == ["i3", "i4"]


def test_whoever_owns_an_open_incident_is_never_signed_out_by_time(busy: House) -> None:
    ann, bob = busy.sit("ann"), busy.sit("bob")
    busy.accounts.positions.take(ann, "North")
    busy.accounts.positions.take(bob, "East")
    assert [owns_incidents(busy.client, KEYS, name) for name in ("ann", "bob", "eve")] == [True, False, False]
    busy.wall.pass_(days=2)
    sessions = busy.accounts.sessions
    assert sessions.living([ann.session, bob.session]) == {ann.session}
    commit(busy, "queue")
    assert sessions.living([ann.session]) == set()


# by HTTP


class Desk:
    """A signed-in browser, and its posts with the session's token."""

    def __init__(self, app: Any, name: str) -> None:
        self.browser = app.test_client()
        assert submit(self.browser, name=name, password=PASSWORD).status_code == 302
        self.browser.get("/signin")
        with self.browser.session_transaction() as session:
            self.token = session["csrf"]

    def get(self, path: str) -> Any:
        return self.browser.get(path).get_json()

    def post(self, path: str, body: Any = None) -> Any:
        return self.browser.post(path, json=body or {}, headers={"X-CSRF-Token": self.token})


@pytest.fixture
def desks(busy: House, redis_server: RedisServer) -> tuple[Desk, Desk]:
    """Ann at the North, and bob who comes to relieve her."""
    access = Access(busy.client, KEYS, sessions=busy.accounts.sessions)
    app = Flask("test")
    app.secret_key = "secret"
    limiter = start_signin(app, access, limiter_storage(redis_server.url), people=busy.accounts.people)
    app.register_blueprint(account_routes(access, busy.accounts, limiter))
    app.register_blueprint(handover_routes(access, busy.accounts, lambda: OVERDUE))
    for name in ("ann", "bob"):
        busy.hire(name)
    ann, bob = Desk(app, "ann"), Desk(app, "bob")
    assert ann.post("/positions/take", {"position": "North"}).status_code == 200
    return ann, bob


def test_a_shift_passes_from_desk_to_desk(busy: House, desks: tuple[Desk, Desk]) -> None:
    ann, bob = desks
    assert [i["item_id"] for i in ann.get("/handover")["mine"]["incidents"]] == ["i1", "i2"]
    offered = ann.post("/handover/offer", {"note": "mind the gate", "receiver": "bob"}).get_json()["sheet"]
    [waiting] = bob.get("/handover")["waiting"]
    assert (waiting["sheet_id"], waiting["note"]) == (offered["sheet_id"], "mind the gate")
    accepted = bob.post("/handover/accept", {"sheet": waiting, "desk": "D2"})
    assert (accepted.status_code, accepted.get_json()["positions"]) == (200, ["North"])
    assert busy.accounts.positions.of("ann") == []
    assert owns_incidents(busy.client, KEYS, "bob")
    assert not owns_incidents(busy.client, KEYS, "ann")
    assert busy.acts()[-3:] == ["handover.offered", "handover.accepted", "position.handed_over"]
    assert bob.get("/handover")["waiting"] == []


def test_what_came_since_the_sheet_was_read_is_said_and_nothing_moves(busy: House, desks: tuple[Desk, Desk]) -> None:
    ann, bob = desks
    ann.post("/handover/offer")
    [waiting] = bob.get("/handover")["waiting"]
    busy.client.hset(KEYS.view("roster"), "E1", encode({"status": "transporting", "incidents": ["i1"]}))
    busy.client.hset(KEYS.view("queue"), "i9", encode(incident("North")))
    refused = bob.post("/handover/accept", {"sheet": waiting})
    assert refused.status_code == 409
    assert "incidents: i9 is new" in refused.get_json()["differences"]
    assert busy.accounts.positions.of("ann") == ["North"]
    assert bob.post("/handover/accept", {"sheet": refused.get_json()["sheet"]}).status_code == 200


def test_a_sheet_is_offered_by_who_has_something_and_taken_back_by_the_same(desks: tuple[Desk, Desk]) -> None:
    ann, bob = desks
    assert bob.post("/handover/offer").status_code == 409
    sheet_id = ann.post("/handover/offer", {"positions": ["North"]}).get_json()["sheet"]["sheet_id"]
    assert [s["sheet_id"] for s in ann.get("/handover")["offered"]] == [sheet_id]
    assert bob.post("/handover/withdraw", {"sheet_id": sheet_id}).status_code == 409
    assert ann.post("/handover/withdraw", {"sheet_id": sheet_id}).status_code == 200
    assert bob.post("/handover/accept", {"sheet": 7}).status_code == 400
    assert bob.post("/handover/withdraw", {}).status_code == 400


def test_an_offer_of_what_one_does_not_look_after_is_refused_with_the_reason(
    desks: tuple[Desk, Desk], floor: tuple[Desk, Desk]
) -> None:
    (ann, bob), (mei, lan) = desks, floor
    for desk, positions, why in (
        (ann, ["North", "East"], "nobody is at East"),
        (bob, ["North"], "ann is at North, not bob"),
        (lan, ["hotline"], "mei is at hotline, not lan"),
    ):
        refused = desk.post("/handover/offer", {"positions": positions})
        assert (refused.status_code, refused.get_json()["error"]["message"]) == (409, why)
        assert desk.get("/handover")["offered"] == []
    assert mei.post("/handover/offer", {"positions": ["hotline"]}).status_code == 200


def test_signing_out_while_owning_incidents_is_asked_about_once(desks: tuple[Desk, Desk]) -> None:
    ann, bob = desks
    refused = ann.browser.post("/signout", data={"csrf": ann.token})
    assert refused.status_code == 409
    assert 'name="anyway"' in refused.get_data(as_text=True)
    assert ann.browser.get("/account").status_code == 200
    assert bob.browser.post("/signout", data={"csrf": bob.token}).status_code == 302
    assert ann.browser.post("/signout", data={"csrf": ann.token, "anyway": "1"}).status_code == 302
    assert ann.browser.get("/account").status_code == 401


@pytest.fixture
def floor(busy: House, desks: tuple[Desk, Desk]) -> tuple[Desk, Desk]:
    """Mei leads the hotline's floor, and lan comes to relieve her."""
    ann, _ = desks
    commit(
        busy,
        "situations",
        s1={"title": "Gas smell", "state": "open", "area": "North", "since": NOON},
        s2={"title": "Flood", "state": "closed", "area": "South", "since": NOON},
    )
    commit(busy, "matters", m1={"what": "Heating repair", "areas": ["North", "South"], "published_at": NOON})
    commit(busy, "following", K1={"channel": "foreign", "lang": "ru", "since": NOON})
    for name in ("mei", "lan"):
        busy.hire(name, "hotline")
    mei, lan = Desk(ann.browser.application, "mei"), Desk(ann.browser.application, "lan")
    assert mei.post("/positions/take", {"position": "hotline"}).status_code == 200
    return mei, lan


def test_the_floor_passes_with_its_lists_matters_and_calls(busy: House, floor: tuple[Desk, Desk]) -> None:
    mei, lan = floor
    mine = mei.get("/handover")["mine"]
    assert [(one["worklist"], one["unit"], one["n"]) for one in mine["lists"]] == [("overdue", "gas", 12)]
    assert [one["item_id"] for one in mine["matters"]] == ["situation:s1", "matter:m1", "call:K1"]
    assert mine["incidents"] == []
    assert lan.get("/handover?position=hotline")["mine"]["lists"] == mine["lists"]
    mei.post("/handover/offer", {"note": "the gas body answers slowly"})
    [waiting] = lan.get("/handover")["waiting"]
    assert (waiting["giver"], waiting["note"]) == ("mei", "the gas body answers slowly")
    commit(busy, "following", K2={"channel": "foreign", "lang": "ar", "since": NOON})
    assert lan.post("/handover/accept", {"sheet": waiting, "desk": "D2"}).get_json()["positions"] == ["hotline"]
    assert busy.acts()[-3:] == ["handover.offered", "handover.accepted", "position.handed_over"]


def test_a_situation_that_came_since_is_shown_before_the_floor_passes(busy: House, floor: tuple[Desk, Desk]) -> None:
    mei, lan = floor
    mei.post("/handover/offer")
    [waiting] = lan.get("/handover")["waiting"]
    busy.client.hset(KEYS.view("situations"), "s3", encode({"title": "Outage", "state": "offered", "since": NOON}))
    refused = lan.post("/handover/accept", {"sheet": waiting})
    assert refused.status_code == 409
    assert "matters: situation:s3 is new" in refused.get_json()["differences"]


def test_nobody_sits_where_the_role_does_not_reach(desks: tuple[Desk, Desk], floor: tuple[Desk, Desk]) -> None:
    (ann, bob), (mei, lan) = desks, floor
    assert bob.post("/positions/take", {"position": "hotline"}).status_code == 403
    assert lan.post("/positions/take", {"position": "South"}).status_code == 403
    assert lan.browser.get("/handover?position=North").status_code == 403
    ann.post("/handover/offer")
    assert lan.get("/handover")["waiting"] == []
    mei.post("/handover/offer")
    [waiting] = lan.get("/handover")["waiting"]
    assert [one["positions"] for one in bob.get("/handover")["waiting"]] == [["North"]]
    assert bob.post("/handover/accept", {"sheet": waiting}).status_code == 403
