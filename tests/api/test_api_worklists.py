"""Work lists, exports, search and callers over HTTP: who may, what comes, and what is written down."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from dashboard.accounts.audit import read_entries
from dashboard.api import exports
from dashboard.api.worklists import NARROWING
from dashboard.callers.sealing import Sealer
from geo.cities import load_city
from hotline.cases import CaseStage
from hotline.worklists import WORKLISTS
from layouts.context import context_of
from layouts.hotline.export_words import FILTERS, HEADINGS, case_names
from layouts.texts import LANGUAGES
from tests.api.conftest import Door
from tests.support.engines import CALLER_KEY

ANN, BOB = "617-555-0100", "(617) 555-0177"
NAME, STREET, WORDS = "Miriam Quill", "9 Cordelia Lane", "a brass band at midnight"


def told(door: Door) -> None:
    """Four cases: three of one caller, one overdue, one closed."""
    soon, past = door.city.wall.at + timedelta(hours=1), door.city.wall.at - timedelta(hours=1)
    private = {"phone": ANN, "name": NAME, "address": STREET, "text": WORDS}
    noise = {"category": "Noise", "area": "North"}
    received: list[dict[str, Any]] = [
        {**noise, **private, "language": "en", "target_at": past},
        {**noise, "language": "pt-BR", "target_at": soon, "phone": "+1 617 5550100"},
        {"category": "=HYPERLINK(1)", "area": "South", "channel": "enterprise", "phone": "1 617 555 0100"},
        {"category": "Trash", "area": "South", "phone": BOB},
    ]
    for number, data in enumerate(received, 1):
        door.city.case(f"c{number}", **data)
        door.city.turn()
    door.city.post("case.closed", case_id="c4")
    door.settle()


def rows(door: Door, query: str, role: str = "hotline") -> list[str]:
    return [row["case_id"] for row in door.get(f"/cases/rows?{query}", role).get_json()["rows"]]


def audited(door: Door, what: str) -> list[Any]:
    return [entry for entry in read_entries(door.city.client, door.city.keys) if entry.what == what]


def test_the_lists_say_what_they_hold_and_rows_are_those(door: Door) -> None:
    told(door)
    body = door.get("/worklists").get_json()
    held = {one["name"]: one["n"] for one in body["lists"]}
    assert held == dict.fromkeys(WORKLISTS, 0) | {
        **{"open": 3, "unassigned": 3, "overdue": 1, "due_soon": 1},
        **{"repeat": 3, "foreign": 1, "enterprise": 1},
    }
    figures = door.city.figures()
    assert (held["open"], held["overdue"], held["due_soon"]) == tuple(
        figures[f"cases.{name}"] for name in ("open", "overdue", "due_4h")
    )
    for name, n in held.items():
        assert len(rows(door, f"list={name}")) == n
    assert rows(door, "list=open&sort=due") == ["c1", "c2", "c3"]
    assert rows(door, "list=open&sort=received&order=desc&start=1&end=2") == ["c2"]
    assert rows(door, "list=open&area=North&language=pt") == ["c2"]
    narrowed = {one["name"]: one["n"] for one in door.get("/worklists?area=South").get_json()["lists"]}
    assert (narrowed["open"], narrowed["repeat"], narrowed["overdue"]) == (1, 1, 0)


def test_counts_are_a_fifth_of_a_second_old_at_most_and_say_as_of_when(door: Door) -> None:
    clock = [0.0]
    object.__setattr__(door.context, "monotonic", lambda: clock[0])
    told(door)
    first = door.get("/worklists").get_json()
    door.city.case("c5", category="Noise")
    door.settle()
    assert door.get("/worklists").get_json() == first  # whoever heard of a later commit asks again
    clock[0] += 0.2
    later = door.get("/worklists").get_json()
    assert later["seq"] > first["seq"]
    assert {one["name"]: one["n"] for one in later["lists"]}["open"] == 4


def test_a_row_has_no_personal_field_and_who_called_only_for_those_who_may_know(door: Door) -> None:
    told(door)
    for role in ("viewer", "hotline"):
        body = door.get("/cases/rows?list=open", role).get_data(as_text=True)
        assert not any(word in body for word in (NAME, STREET, WORDS, "0100"))
    viewer, hotline = (
        door.get("/cases/rows?list=repeat", role).get_json()["rows"][0] for role in ("viewer", "hotline")
    )
    assert ("caller" in viewer, hotline["caller"]) == (False, door.city.sealer.caller_of(ANN))
    assert rows(door, "q=brass+band") == ["c1"]
    assert rows(door, "q=brass+band", "viewer") == []


@pytest.mark.parametrize(
    "query",
    ["list=none", "sort=colour", "order=up", "start=5&end=4", "end=1001", "stage=lost", "cell=x", "owner=a&owner=b"],
)
def test_what_makes_no_sense_is_refused(door: Door, query: str) -> None:
    assert door.get(f"/cases/rows?{query}").status_code in (400, 503)
    told(door)
    assert door.get(f"/cases/rows?{query}").status_code == 400


@pytest.mark.parametrize(
    ("typed", "why", "found"),
    [
        ("617.555.0100", "phone", ["c3", "c2", "c1"]),
        ("+1 (617) 555-0177", "phone", ["c4"]),
        ("0100", "tail", ["c3", "c2", "c1"]),
        ("c4", "id", ["c4"]),
        ("quill", "name", ["c1"]),
        ("cordelia", "address", ["c1"]),
        ("brass", "text", ["c1"]),
        ("nobody", "", []),
    ],
)
def test_search_while_the_caller_waits(door: Door, typed: str, why: str, found: list[str]) -> None:
    told(door)
    results = door.post("/search", {"q": typed}, "hotline").get_json()["results"]
    assert [result["case_id"] for result in results] == found
    assert {result["why"] for result in results} == ({why} if why else set())
    assert door.get("/search", "hotline", query_string={"q": typed}).get_json()["results"] == results
    first = audited(door, "search.asked")[0]
    assert first.after == {"found": {why: len(found)} if why else {}}
    assert typed not in f"{first.subject} {first.before} {first.after}"


def test_a_caller_is_known_by_cases_promises_and_languages_never_by_number(door: Door) -> None:
    told(door)
    door.city.post("case.noted", case_id="c2", note_id="n1", text="Promised to call on Friday")
    door.settle()
    caller = door.city.sealer.caller_of(ANN)
    answer = door.get(f"/callers/{caller}", "hotline")
    body = answer.get_json()
    assert [case["case_id"] for case in body["cases"]] == ["c3", "c2", "c1"]
    assert body["promises"] == [{"case_id": "c2", "note_id": "n1", "text": "Promised to call on Friday"}]
    assert body["languages"] == {"en": 1, "pt-BR": 1}
    assert body["flag"] is None
    assert "0100" not in answer.get_data(as_text=True)
    [entry] = audited(door, "caller.opened")
    assert (entry.who, entry.subject, entry.after) == ("hotline one", f"caller:{caller}", {"cases": 3, "notes": 1})
    assert door.get("/callers/" + "x" * 20, "hotline").status_code == 404


def test_each_reveal_of_a_number_is_written_down_without_it(door: Door) -> None:
    told(door)
    caller = door.city.sealer.caller_of(ANN)
    said = door.post(f"/callers/{caller}/reveal", {"reason": "must be called back"}, "hotline").get_json()
    assert said == {"caller": caller, "phone": "1 617 555 0100", "case_id": "c3"}
    [entry] = audited(door, "private.revealed")
    assert entry.after == {"fields": ["phone"], "case_id": "c3", "with": ["reason"]}
    assert door.post(f"/callers/{caller}/reveal", None, "viewer").status_code == 403


def test_with_another_key_nothing_is_revealed_and_that_is_said(door: Door) -> None:
    told(door)
    caller = door.city.sealer.caller_of(ANN)
    object.__setattr__(door.context, "sealer", Sealer(CALLER_KEY[::-1]))
    refused = door.post(f"/callers/{caller}/reveal", None, "hotline")
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (409, "sealed")
    assert audited(door, "private.revealed") == []
    assert "tail" not in door.get("/cases/c1", "hotline").get_json()["private"]


def test_erasing_a_case_takes_its_number_out_of_every_search_and_changes_no_count(door: Door) -> None:
    told(door)
    before = door.city.figures()
    door.city.ask("erase", subject="case:c4")
    door.settle()
    caller = door.city.sealer.caller_of(BOB)
    assert door.get(f"/callers/{caller}", "hotline").status_code == 404
    assert door.post("/search", {"q": BOB}, "hotline").get_json()["results"] == []
    assert door.city.client.hget(door.city.keys.private, "case:c4") is None
    same = {name: value for name, value in door.city.figures().items() if name.startswith("cases.")}
    assert same == {name: value for name, value in before.items() if name.startswith("cases.")}


def test_a_label_in_force_shows_on_rows_and_on_the_caller(door: Door) -> None:
    told(door)
    caller = door.city.sealer.caller_of(ANN)
    until = door.city.wall.at + timedelta(days=2)
    door.city.ask("flag_caller", caller=caller, reason="rude", until=until)
    door.settle()
    assert door.get(f"/callers/{caller}", "hotline").get_json()["flag"]["in_force"] is False
    assert {row["nuisance"] for row in door.get("/cases/rows", "hotline").get_json()["rows"]} == {False}
    door.city.ask("second_flag", actor="bob", caller=caller)
    door.settle()
    flag = door.get(f"/callers/{caller}", "hotline").get_json()["flag"]
    assert (flag["reason"], flag["by"], flag["seconded_by"], flag["in_force"]) == ("rude", "ann", "bob", True)
    assert {row["nuisance"] for row in door.get("/cases/rows", "hotline").get_json()["rows"]} == {True}
    door.city.wall.pass_(days=3)
    door.settle()
    assert door.get(f"/callers/{caller}", "hotline").get_json()["flag"] is None


# exports


def read_csv(body: bytes) -> tuple[dict[str, str], list[dict[str, str]]]:
    """(the lines above, the rows by name)."""
    lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    blank = lines.index([])
    names = lines[blank + 1]
    return dict(lines[:blank]), [dict(zip(names, line, strict=True)) for line in lines[blank + 2 :]]


def test_a_csv_is_the_list_as_filtered_with_its_cut_off_and_name(door: Door) -> None:
    told(door)
    answer = door.get("/cases/export.csv?list=open&sort=received&area=North", "hotline")
    head, found = read_csv(answer.get_data())
    assert [row["case_id"] for row in found] == rows(door, "list=open&sort=received&area=North")
    assert (head["List"], head["Rows"], head["Asked by"], head["City"]) == ("open", "2", "hotline one", "boston")
    assert head["Filters"] == "area=North; sort=received"
    assert head["As of"].endswith("-05:00")
    assert found[0]["lat"] == "42.3301"
    assert not any(word in answer.get_data(as_text=True) for word in (NAME, STREET, WORDS, "0100"))
    [entry] = audited(door, "list.exported")
    assert (entry.subject, entry.after["form"], entry.after["rows"]) == ("list:open", "csv", 2)
    assert entry.after["narrowed_by"] == ["area", "sort"]


def test_no_cell_of_a_csv_begins_like_a_formula(door: Door) -> None:
    told(door)
    _, found = read_csv(door.get("/cases/export.csv?list=enterprise", "hotline").get_data())
    assert found[0]["category"] == "'=HYPERLINK(1)"
    signs = ("=x", "+x", "-x", "@x", "\uff1dx", "\tx", "\rx")
    assert [exports.guarded(text) for text in signs] == ["'" + text for text in signs]
    assert exports.guarded("x=1") == "x=1"


def cells_of(body: bytes) -> list[list[tuple[str, str]]]:
    """(type, value) of each cell of the first sheet: `n` are numbers and dates, `inlineStr` is text."""
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 (we wrote it)
    assert sheet.findall(".//x:f", space) == []  # no formula
    return [
        [(cell.get("t", "n"), "".join(cell.itertext())) for cell in row.findall("x:c", space)]
        for row in sheet.findall(".//x:row", space)
    ]


def test_a_workbook_has_numbers_dates_and_no_formula(door: Door) -> None:
    told(door)
    answer = door.get("/cases/export.xlsx?list=open", "hotline")
    assert answer.headers["Content-Disposition"].endswith('.xlsx"')
    sheet = cells_of(answer.get_data())
    names = [value for _, value in sheet[len(sheet) - 4]]
    assert names == list(exports.COLUMNS)
    [row] = [row for row in sheet if ("inlineStr", "c3") in row]
    assert ("inlineStr", "=HYPERLINK(1)") in row
    assert ("n", "42.3301") in row
    [dated] = [row for row in sheet if ("inlineStr", "c1") in row]
    assert sum(kind == "n" and 46_000 < float(value) < 46_200 for kind, value in dated) == 2  # received, due


def test_a_page_to_print_is_plain_and_escaped(door: Door) -> None:
    told(door)
    door.city.case("c5", category="<script>alert(1)</script>")
    door.settle()
    page = door.get("/cases/export.html?list=open", "hotline").get_data(as_text=True)
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert all(word in page for word in ("hotline one", "c1", "c3", "As of"))


@pytest.mark.parametrize(
    ("lang", "title", "deadline", "direction"),
    [
        ("en", "Overdue", "Deadline", "ltr"),
        ("zh_CN", "已超时", "时限", "ltr"),
        ("ar", "متأخرة", "المهلة", "rtl"),
    ],
)
def test_headings_are_words_of_the_language_that_is_asked_for(
    door: Door, lang: str, title: str, deadline: str, direction: str
) -> None:
    told(door)
    asked = f"list=overdue&area=North&lang={lang}"
    head, [row] = read_csv(door.get(f"/cases/export.csv?{asked}", "hotline").get_data())
    assert title in head.values()
    assert row[deadline].endswith("-05:00")
    assert "c1" in row.values()
    book = door.get(f"/cases/export.xlsx?{asked}", "hotline").get_data()
    assert deadline in [value for line in cells_of(book) for _, value in line]
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        assert (b'rightToLeft="1"' in parts.read("xl/worksheets/sheet1.xml")) == (direction == "rtl")
    page = door.get(f"/cases/export.html?{asked}", "hotline").get_data(as_text=True)
    assert f'dir="{direction}"' in page
    assert f"<th>{deadline}</th>" in page
    assert door.get("/cases/export.csv?lang=fr", "hotline").status_code == 400


CALLED = {"category": {"Noise": "噪声"}, "area": {"North": "北区"}, "owner": {}, "status": {"open": "未结"}}


@pytest.fixture
def naming(door: Door) -> Door:
    """A city that has names for what its cases hold codes of."""
    object.__setattr__(door.context, "called", lambda lang: CALLED if lang.id == "zh_CN" else {})
    told(door)
    return door


def test_people_read_words_and_a_csv_has_the_codes_beside_them(naming: Door) -> None:
    asked = "list=overdue&area=North&lang=zh_CN"
    head, [row] = read_csv(naming.get(f"/cases/export.csv?{asked}", "hotline").get_data())
    assert (row["类别"], row["类别（代码）"]) == ("噪声", "Noise")
    assert (row["区域"], row["区域（代码）"]) == ("北区", "North")
    assert "区域=北区" in head.values()
    assert list(row)[len(exports.COLUMNS) :] == [
        f"{name}（代码）" for name in ("类别", "未结或已结", "区域", "承办单位")
    ]
    assert len(row) == len(exports.COLUMNS) + len(CALLED), "no two headings are alike"
    values = [
        value for line in cells_of(naming.get(f"/cases/export.xlsx?{asked}", "hotline").get_data()) for _, value in line
    ]
    page = naming.get(f"/cases/export.html?{asked}", "hotline").get_data(as_text=True)
    for word in ("噪声", "北区"):
        assert word in values
        assert f"<td>{word}</td>" in page
    for code in ("Noise", "North"):
        assert code not in values, "a workbook is for reading"
        assert code not in page


def test_programs_get_codes_and_what_has_no_name_stays_a_code(naming: Door) -> None:
    _, [row] = read_csv(naming.get("/cases/export.csv?list=overdue", "hotline").get_data())
    assert (row["category"], row["area"]) == ("Noise", "North")
    assert list(row) == list(exports.COLUMNS)
    _, [unnamed] = read_csv(naming.get("/cases/export.csv?list=enterprise&lang=zh_CN", "hotline").get_data())
    assert (unnamed["类别"], unnamed["类别（代码）"]) == ("'=HYPERLINK(1)", "'=HYPERLINK(1)")


@pytest.mark.parametrize(
    ("lang", "gas", "tongue"), [("en", "Gas utility", "Arabic"), ("zh_CN", "燃气集团", "阿拉伯语")]
)
def test_every_column_of_codes_is_called_something_in_a_real_city(lang: str, gas: str, tongue: str) -> None:
    called = case_names(context_of(load_city("beijing")), LANGUAGES[lang])
    assert set(called) == {"kind", "stage", "status", "category", "channel", "area", "owner", "language"}
    assert set(called) <= set(exports.COLUMNS)
    assert (called["owner"]["gas"], called["language"]["ar"]) == (gas, tongue)
    assert set(called["stage"]) >= set(CaseStage)
    assert set(called["status"]) >= {"open", "closed"}
    assert all(word for words in called.values() for word in words.values())


def test_every_column_has_a_heading() -> None:
    assert HEADINGS.keys() == set(exports.COLUMNS)
    assert set(NARROWING) | {"sort", "order"} == FILTERS.keys()


def test_what_a_form_cannot_hold_is_refused_before_a_byte_is_sent(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    told(door)
    monkeypatch.setitem(exports.FORMS, "html", exports.Form(exports.html_chunks, "text/html", most=2))
    refused = door.get("/cases/export.html?list=open", "hotline")
    assert (refused.status_code, refused.get_json()["rows"]) == (413, 3)
    assert door.get("/cases/export.html?list=open&area=North", "hotline").status_code == 200
