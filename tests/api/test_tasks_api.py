"""Call-back tasks and hospitals by HTTP: what is due, and the number only for those who may see it, written down."""

from __future__ import annotations

import pytest

from dashboard.accounts.audit import read_entries
from tests.api.conftest import Door


@pytest.fixture
def called(door: Door) -> Door:
    """A door behind which one emergency call was given up."""
    for kind, more in (("call.offered", {"channel": "911", "phone": "617-555-0177"}), ("call.abandoned", {})):
        door.city.post(kind, source="phones", call_id="K1", **more)
    door.settle()
    return door


def test_the_number_is_shown_by_role_and_each_reveal_is_written_down(called: Door) -> None:
    (task,) = called.get("/tasks").get_json()["tasks"]
    assert (task["task_id"], task["phone_known"], task["state"]) == ("call:K1", True, "open")
    assert "private" not in called.get("/tasks/call:K1").get_json()
    assert "private" not in called.get("/tasks/call:K1?private=0", "dispatcher").get_json()
    assert "0177" not in called.get("/tasks", "admin").get_data(as_text=True)
    assert list(read_entries(called.city.client, called.city.keys)) == []
    assert called.get("/tasks/call:K1", "dispatcher").get_json()["private"] == {"phone": "617-555-0177"}
    (entry,) = read_entries(called.city.client, called.city.keys)
    assert (entry.who, entry.what) == ("dispatcher one", "private.revealed")
    assert called.get("/tasks/call:K1", "kiosk").status_code == 403
    assert called.get("/tasks/none").status_code == 404


def test_a_number_can_be_erased(called: Door) -> None:
    with called.running_engine():
        assert called.post("/requests", {"verb": "erase", "subject": "call:K1"}).status_code == 200
    assert called.get("/tasks/call:K1", "dispatcher").get_json()["private"] == {}


def test_tasks_stand_in_the_order_in_which_they_are_due_and_leave_when_done(called: Door) -> None:
    with called.running_engine():
        asked = {"verb": "call_back", "task_id": "call:K1", "result": "no-answer"}
        assert called.post("/requests", asked, "dispatcher").status_code == 200
    for kind in ("call.offered", "call.abandoned"):
        called.city.post(kind, source="phones", call_id="K0", **({"channel": "119"} if kind == "call.offered" else {}))
    called.settle()
    assert [task["task_id"] for task in called.get("/tasks").get_json()["tasks"]] == ["call:K0", "call:K1"]
    with called.running_engine():
        asked = {"verb": "call_back", "task_id": "call:K0", "result": "resolved"}
        assert called.post("/requests", asked, "dispatcher").status_code == 200
    assert [task["task_id"] for task in called.get("/tasks").get_json()["tasks"]] == ["call:K1"]


def test_hospitals_say_how_many_they_can_take(door: Door) -> None:
    event = {
        "source": "hospitals",
        "id": "h1",
        "type": "hospital.reported",
        "occurred_at": "2026-03-04T17:00:00Z",
        "data": {"hospital": "General", "t1": 2, "t3": 20},
    }
    assert door.post("/events", event, "dispatcher").status_code == 202
    bad = door.post("/events", event | {"id": "h2", "data": {"hospital": "General", "t1": -1}}, "dispatcher")
    assert "data.t1" in bad.get_data(as_text=True)
    door.settle()
    (hospital,) = door.get("/hospitals").get_json()["hospitals"]
    assert (hospital["hospital"], hospital["t1"], hospital["t2"], hospital["t3"]) == ("General", 2, 0, 20)
