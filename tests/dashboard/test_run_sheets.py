"""Run sheets: what a crew needs on paper, personal fields only for those who may see them, every reading audited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module

from dashboard.accounts.audit import read_entries
from dashboard.board import board_routes
from dashboard.outgoing.deliveries import delivery_of
from dashboard.outgoing.hooks import load_hooks
from dashboard.run_sheets import run_sheets
from layouts.context import context_of
from layouts.texts import DESK_LANGUAGES
from streams.codec import decode_envelope
from tests.api.conftest import Door, open_door
from tests.support.engines import CORNER

LAT, LNG = CORNER
SECRETS = {"address": "12 Main Street", "phone": "617-555-0100", "name": "A. Caller", "text": "smoke <b>everywhere</b>"}


@pytest.fixture
def door(redis: redis_module.Redis, tmp_path: Path) -> Iterator[Door]:
    """E9 drives to i1 with T1 and has i2 as its next job."""
    made = open_door(redis, tmp_path)
    pages = context_of(made.city.city)
    made.app.register_blueprint(run_sheets(made.context, pages))
    made.app.register_blueprint(board_routes(made.context.client, made.context.keys, made.context.access, pages))
    city = made.city
    for incident_id, priority in (("i1", 1), ("i2", 2)):
        place = {"lat": LAT, "lng": LNG}
        city.post(
            "incident.received", incident_id=incident_id, kind="structure_fire", priority=priority, **place, **SECRETS
        )
    for unit_id in ("E9", "T1", "E10"):
        city.post("unit.listed", unit_id=unit_id, kind="engine", station="36")
    city.turn()
    city.ask("dispatch", incident_id="i1", unit_ids=["E9", "T1"])
    city.turn()
    city.ask("report", unit_id="E9", incident_id="i1", status="en-route")
    city.ask("stack", unit_id="E9", incident_id="i2")
    city.ask("note", incident_id="i1", text="key at number 12")
    city.turn()
    yield made
    made.tail.writer.close()


def get(door: Door, path: str, role: str | None = "dispatcher") -> Any:
    return door.client.get(path, headers=door.headers(role))


def test_a_sheet_says_where_what_who_else_and_what_was_done_so_far(door: Door) -> None:
    answer = get(door, "/units/E9/run-sheet")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert answer.headers["Cache-Control"] == "no-store"
    for said in ("Run sheet", "Structure fire", "12 Main Street", "617-555-0100", "42.33010, -71.08990", "T1"):
        assert said in text
    assert 'en route</td><td class="pen"><bdi>12:00:03' in text
    assert "key at number 12" in text
    assert text.index("i1") < text.index("Next job: ") < text.index("i2")
    assert "smoke &lt;b&gt;everywhere&lt;/b&gt;" in text
    assert "<script" not in text


def test_a_role_without_personal_fields_gets_a_sheet_without_them_and_is_told_so(door: Door) -> None:
    text = get(door, "/units/E9/run-sheet", "viewer").get_data(as_text=True)
    assert "Structure fire" in text
    assert not [value for value in (*SECRETS.values(), "key at number 12") if value in text]
    assert "Address and words are left out" in text
    assert not door.city.client.exists(door.city.keys.of("audit"))


def test_each_reading_of_personal_fields_is_in_the_audit_without_what_they_said(door: Door) -> None:
    get(door, "/units/E9/run-sheet")
    entries = read_entries(door.city.client, door.city.keys, 100)
    assert {entry.subject for entry in entries} == {"incident:i1", "incident:i2"}
    assert {(entry.who, entry.what) for entry in entries} == {("dispatcher one", "private.revealed")}
    stored: Any = door.city.client.xrange(door.city.keys.of("audit"))
    assert "Main Street" not in str(stored)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (None, 401),
        ("kiosk", 403),
        ("viewer", 200),
        ("hotline", 200),
        ("leader", 200),
        ("dispatcher", 200),
        ("admin", 200),
    ],
)
@pytest.mark.parametrize("path", ["/units/E9/run-sheet", "/board"])
def test_who_may_read_incidents_may_read_sheets_and_boards(
    door: Door, path: str, role: str | None, status: int
) -> None:
    assert get(door, path, role).status_code == status


def test_a_unit_without_a_job_has_an_empty_sheet_and_an_unknown_one_none(door: Door) -> None:
    assert "This unit is on no incident." in get(door, "/units/E10/run-sheet").get_data(as_text=True)
    assert get(door, "/units/E99/run-sheet").status_code == 404


def test_a_source_may_name_units_as_it_likes(door: Door) -> None:
    door.city.post("unit.listed", unit_id="A/7 <x>", kind="engine")
    door.city.turn()
    text = get(door, "/units/A%2F7%20%3Cx%3E/run-sheet").get_data(as_text=True)
    assert "A/7 &lt;x&gt;" in text
    assert "<x>" not in text


@pytest.mark.parametrize("lang", DESK_LANGUAGES)
def test_sheets_and_boards_speak_the_language_that_was_asked_for(door: Door, lang: str) -> None:
    word = {"en": "Run sheet", "zh_CN": "出动单", "ar": "ورقة المهمة"}[lang]
    assert word in get(door, f"/units/E9/run-sheet?lang={lang}").get_data(as_text=True)
    word = {"en": "Open incidents", "zh_CN": "处置中警情", "ar": "الحوادث المفتوحة"}[lang]
    board = get(door, f"/board?lang={lang}").get_data(as_text=True)
    assert f'dir="{"rtl" if lang == "ar" else "ltr"}"' in board
    assert word in board


def test_the_webhook_of_an_assignment_tells_a_printer_which_sheet_to_fetch_and_nothing_private(
    door: Door, tmp_path: Path
) -> None:
    file = tmp_path / "hooks.toml"
    file.write_text(
        '[[hook]]\nname = "station-36"\nurl = "https://printer.example.org/"\nevents = ["unit.dispatched"]\n'
        'secret_env = "PRINTER_SECRET"\nfields = ["unit_id", "incident_id", "kind", "station"]\n'
    )
    (hook,) = load_hooks(file)
    entries: Any = door.city.client.xrange(door.city.keys.events)
    events = [(entry_id.decode(), decode_envelope(fields[b"e"])) for entry_id, fields in entries]
    told = [
        delivery_of(hook, entry_id, event, "boston", "live") for entry_id, event in events if hook.wants(event.type)
    ]
    assert len(told) == 2
    assert b'"unit_id":"E9"' in told[0].body
    assert b'"incident_id":"i1"' in told[0].body
    assert b'"station":"36"' in told[0].body, "the printer of another station would have to ask"
    assert b"Main Street" not in told[0].body
