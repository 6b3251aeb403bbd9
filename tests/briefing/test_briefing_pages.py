"""The briefing by HTTP: who may read it, what it links to, and the files that it comes as."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask

from dashboard.access import Access
from dashboard.access_keys import new_key
from dashboard.blocking import run_blocking
from dashboard.briefing.desk import desk_of
from dashboard.briefing.document import Rules
from dashboard.briefing.routes import briefing_routes
from dashboard.roles import Role
from emergency.plans import load_plans
from emergency.segments import load_target_file
from layouts.context import context_of
from streams.keys import Keys
from tests.briefing.conftest import Told

pytestmark = pytest.mark.shared
DAY = "/briefing/2011-08-28"
HTML = {"Accept": "text/html"}
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def ask(boston: Told, redis_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Asks the pages of one city, as somebody of a role (None: as a stranger)."""
    client, keys = redis_server.client(), Keys("boston")
    client.flushall()
    held = {role: new_key(client, keys, f"a {role}", role) for role in Role}
    app, kept = Flask("briefings"), tmp_path_factory.mktemp("kept")
    app.secret_key = "for tests"
    rules = Rules(load_plans(), load_target_file(), {})
    desk = desk_of(boston.archive.folder, kept, boston.city, rules, lambda: 0.0)
    app.register_blueprint(briefing_routes(desk, Access(client, keys), context_of(boston.city)))
    with app.test_client() as http:

        def asked(path: str, role: Role | None = Role.LEADER, **headers: str) -> Any:
            key = {"X-API-Key": held[role]} if role is not None else {}
            return http.get(path, headers=key | headers)

        asked.kept = kept  # type: ignore[attr-defined]
        yield asked
    run_blocking(client.close)


def test_strangers_are_led_to_the_sign_in_and_screens_may_not(ask: Ask) -> None:
    answer = ask(DAY, None, **HTML)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/signin?next=")
    assert ask(DAY, None).status_code == 401
    assert ask(DAY, Role.KIOSK).status_code == 403


@pytest.mark.parametrize("lang", ["en", "zh_CN", "ar"])
def test_ten_lines_come_before_everything_else(ask: Ask, lang: str) -> None:
    page = ask(f"{DAY}?lang={lang}", **HTML).text
    ten = page[page.index('<ol class="ten">') : page.index("</ol>")]
    assert ten.count('<li class="line">') == 10
    assert page.index("</ol>") < page.index("<svg")
    assert f'dir="{"rtl" if lang == "ar" else "ltr"}"' in page
    assert "<script" not in page


def test_every_number_leads_to_as_many_cases(ask: Ask) -> None:
    page = ask(DAY, **HTML).text
    links = dict(re.findall(r'<a href="(/briefing/[\w-]+/n/\w+)\?lang=en">(?:<[^>]+>)?([^<]+)</a>', page))
    assert {link.rpartition("/")[2] for link in links} >= {"cases_received", "cases_open", "cases_overdue"}
    for link in links:
        listed = msgspec.json.decode(ask(f"{link}?format=json").data)
        name = link.rpartition("/")[2]
        assert listed["total"] == msgspec.json.decode(ask(f"{DAY}.json").data)["figures"][name]["value"], name
    shown = ask("/briefing/boston-2011-08-28/n/cases_received", **HTML).text
    assert "913 here; the figure says 913." in shown


def test_it_is_kept_from_the_first_time_on(ask: Ask) -> None:
    first = msgspec.json.decode(ask(f"{DAY}.json").data)
    assert first["revision"] == 1
    assert (Path(ask.kept) / "boston-2011-08-28" / "1.json").exists()  # type: ignore[attr-defined]
    assert msgspec.json.decode(ask(f"{DAY}.json").data) == first
    assert ask("/briefing/boston-2011-08-28", **HTML).status_code == 200


@pytest.mark.parametrize("lang", ["en", "zh_CN", "ar"])
def test_the_pdf_is_a_pdf_in_each_language(ask: Ask, lang: str) -> None:
    answer = ask(f"{DAY}.pdf?lang={lang}")
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="boston-2011-08-28.pdf"'


def test_the_workbook_has_a_sheet_a_section_and_numbers_as_numbers(ask: Ask) -> None:
    book = zipfile.ZipFile(io.BytesIO(ask(f"{DAY}.xlsx").data))
    sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 16
    first = book.read("xl/worksheets/sheet1.xml").decode()
    assert re.search(r"<c [^>]*><v>913</v>", first)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/briefing/2011-02-30", 404),
        ("/briefing/yesterday", 404),
        ("/briefing/..%2F..%2Fetc", 404),
        (f"{DAY}.doc", 404),
        (f"{DAY}?span=year", 400),
        ("/briefing/boston-2011-08-28/n/nothing", 404),
    ],
)
def test_what_is_not_there_is_said(ask: Ask, path: str, status: int) -> None:
    assert ask(path).status_code == status


def test_a_week_and_a_month_have_pages_too(ask: Ask) -> None:
    week = msgspec.json.decode(ask(f"{DAY}.json?span=week").data)
    assert (week["first"], week["last"]) == ("2011-08-22", "2011-08-28")
    assert msgspec.json.decode(ask("/briefing/2011-09-15.json?span=month").data)["last"] == "2011-09-30"
