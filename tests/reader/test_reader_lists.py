"""Lists: filters, order, pages, counts and search, against plain Python over the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import h3
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.api.lists import MEASURES, measure_filters
from dashboard.projection import KINDS, row_of
from emergency.incidents import Incident
from hotline.cases import CASE_MEASURES, Case, case_flags
from streams.codec import encode
from streams.reader import NotReady, Reader
from streams.reader_query import BadCursor
from streams.reader_schema import CASES, INCIDENTS, to_microseconds
from streams.reader_writer import Busy, Position, ReaderWriter
from tests.support.city_log import START, hour
from tests.support.cost import least_cpu_s

CATEGORIES = ("Missed Trash", "Pothole", "垃圾清运")
AREAS = ("North", "South", "")


@dataclass
class Shelf:
    """A file of cases and the same cases in memory."""

    writer: ReaderWriter
    reader: Reader
    cases: dict[str, Case]
    told: dict[str, dict[str, str]]

    def put(self, *cases: Case, **told: str) -> None:
        stored = self.writer.rows(CASES, [case.case_id for case in cases])
        with self.writer.transaction():
            rows = [(stored.get(case.case_id), row_of(KINDS["case"], case, told)) for case in cases]
            self.writer.save(CASES, rows)
        self.cases |= {case.case_id: case for case in cases}
        self.told |= {case.case_id: told for case in cases}

    def ids(self, filters: dict[str, Any], **more: Any) -> list[str]:
        """Ids of all pages, a few at a time."""
        found, cursor = [], None
        while True:
            page = self.reader.list_cases(filters, 7, cursor, **more)
            found += [case_id_of(doc) for doc in page.docs]
            cursor = page.next
            if cursor is None:
                return found


def case_id_of(doc: bytes) -> str:
    return msgspec.json.decode(doc, type=Case).case_id


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with ReaderWriter(tmp_path / "reader.sqlite", "boston") as writer:
        writer.finish_build(Position(seq=5))
        yield Shelf(writer, Reader(writer.path, "boston"), {}, {})


def made(n: int, **given: Any) -> Case:
    lat, lng = 42.3 + (n % 50) / 500, -71.1 + (n % 37) / 500
    fields: dict[str, Any] = {
        "case_id": f"c-{n}",
        "category": CATEGORIES[n % 3],
        "channel": ("phone", "web")[n % 2],
        "area": AREAS[n % 3],
        "lat": lat,
        "lng": lng,
        "cell": h3.latlng_to_cell(lat, lng, 9),
        "received_at": START + timedelta(minutes=n),
        "seq": 1,
    }
    return Case(**(fields | given))


cases = st.builds(
    made,
    st.integers(0, 200),
    received_at=st.one_of(st.none(), st.integers(0, 90).map(lambda n: START + timedelta(minutes=n))),
    closed_at=st.one_of(st.none(), st.just(hour(3))),
    target_at=st.one_of(st.none(), st.integers(-100, 400).map(lambda n: START + timedelta(minutes=n))),
    cell=st.one_of(st.just(""), st.integers(0, 50).map(lambda n: h3.latlng_to_cell(42.3 + n / 500, -71.1, 9))),
)
CELLS = [
    h3.cell_to_parent(h3.latlng_to_cell(42.3 + n / 500, -71.1, 9), res) for n in (0, 7, 30) for res in (6, 7, 8, 9)
]
instants = st.integers(-100, 400).map(lambda n: START + timedelta(minutes=n))
filters = st.fixed_dictionaries(
    {},
    optional={
        "category": st.sampled_from(CATEGORIES),
        "channel": st.sampled_from(["phone", "web", "fax"]),
        "area": st.sampled_from(AREAS),
        "status": st.sampled_from(["open", "closed"]),
        "kind": st.sampled_from(["complaint", "praise"]),
        "cell": st.sampled_from(CELLS),
        "due_before": instants,
        "due_from": instants,
        "received_from": instants,
        "received_to": instants,
        "without_location": st.booleans(),
        "q": st.sampled_from(["trash", "垃圾", "hol", "17", "nowhere"]),
    },
)


def meets(case: Case, given: dict[str, Any]) -> bool:
    """The filters' meaning, said once more in Python."""
    received, target, cell = case.received_at, case.target_at, given.get("cell")
    if received is None:
        return False
    checks = [
        *(
            getattr(case, name) == given[name]
            for name in ("category", "channel", "area", "kind", "status")
            if name in given
        ),
        cell is None or (bool(case.cell) and h3.cell_to_parent(case.cell, h3.get_resolution(cell)) == cell),
        "due_before" not in given or (target is not None and target < given["due_before"]),
        "due_from" not in given or (target is not None and target >= given["due_from"]),
        "received_from" not in given or received >= given["received_from"],
        "received_to" not in given or received < given["received_to"],
        "without_location" not in given or (not case.cell) == given["without_location"],
        "q" not in given or any(given["q"] in words.lower() for words in (case.case_id, case.category)),
    ]
    return all(checks)


@settings(max_examples=60, deadline=None)
@given(st.lists(cases, max_size=40), st.lists(filters, min_size=1, max_size=6))
def test_every_filter_finds_what_its_words_say_and_pages_lose_nothing(
    shelf: Shelf, given_cases: list[Case], asked: list[dict[str, Any]]
) -> None:
    shelf.put(*{case.case_id: case for case in given_cases if case.case_id not in shelf.cases}.values())
    for one in asked:
        expected = {case.case_id for case in shelf.cases.values() if meets(case, one)}
        found = shelf.ids(one)
        assert sorted(found) == sorted(expected), one
        times = [shelf.cases[case_id].received_at for case_id in found]
        assert times == sorted(times, reverse=True)  # type: ignore[type-var]
        assert shelf.reader.count(CASES, one) == len(expected)
        assert shelf.reader.list_cases(one, 3, count=True).total == len(expected)


def test_more_than_a_thousand_cases_of_one_instant_keep_their_place_in_time(shelf: Shelf) -> None:
    shelf.put(made(1, received_at=hour(0)), made(2, received_at=hour(2)))
    shelf.put(*(made(n, received_at=hour(1)) for n in range(10, 1_510)))
    shelf.put(*(made(n, received_at=hour(1)) for n in range(2_000, 3_500)))
    found = shelf.ids({})
    assert found[0] == "c-2"
    assert found[-1] == "c-1"
    assert len(set(found)) == len(found) == 3_002


def test_cases_that_arrive_while_someone_turns_pages_neither_repeat_nor_hide_others(shelf: Shelf) -> None:
    shelf.put(*(made(n) for n in range(20)))
    first = shelf.reader.list_cases({}, 10)
    shelf.put(*(made(n) for n in range(20, 40)))
    second = shelf.reader.list_cases({}, 10, first.next)
    assert [case_id_of(doc) for doc in first.docs + second.docs] == [f"c-{n}" for n in reversed(range(20))]
    assert second.next is None


def test_a_changed_case_moves_between_filters_and_is_found_by_its_new_words_only(shelf: Shelf) -> None:
    case = made(1, category="Pothole")
    shelf.put(case, address="Main Street", text="deep")
    shelf.put(
        Case(case_id="c-1", category="Noise", area="South", received_at=case.received_at, closed_at=hour(9), seq=2),
        address="Elm Street",
    )
    assert shelf.ids({"category": "Pothole"}) == shelf.ids({"q": "main"}) == shelf.ids({"q": "deep"}) == []
    assert shelf.ids({"status": "closed", "area": "South", "q": "elm street noise"}) == ["c-1"]


def test_a_closing_without_receipt_is_not_listed_until_the_receipt_comes(shelf: Shelf) -> None:
    shelf.put(Case(case_id="c-9", closed_at=hour(1), seq=1))
    shelf.put(Case(case_id="c-8", closed_at=hour(1), seq=1))
    assert shelf.ids({}) == shelf.ids({"q": "c-9"}) == []
    shelf.put(made(9, closed_at=hour(1), seq=2), address="Main Street")
    assert shelf.ids({}) == shelf.ids({"status": "closed", "q": "main"}) == ["c-9"]


def test_a_role_without_private_fields_cannot_find_out_words_by_searching(shelf: Shelf) -> None:
    shelf.put(made(1, category="Pothole"), address="Main Street", text="neighbour threatens")
    assert shelf.ids({"q": "threat"}) == ["c-1"]
    assert shelf.ids({"q": "threat"}, private=False) == shelf.ids({"q": "main"}, private=False) == []
    assert shelf.ids({"q": "pothole c-1"}, private=False) == ["c-1"]
    assert shelf.reader.count(CASES, {"q": "main"}, private=False) == 0


@given(st.text(max_size=60))
@settings(max_examples=50, deadline=None)
def test_any_text_as_cursor_search_or_filter_is_an_answer_or_a_bad_cursor(shelf: Shelf, text: str) -> None:
    for name in ("q", "area", "category", "channel", "kind"):
        shelf.reader.list_cases({name: text})
    with suppress(BadCursor):
        shelf.reader.list_cases({}, 10, text)


@given(
    st.integers(-300, 300),
    st.integers(-600, 600),
    st.sampled_from([None, -200, 100]),
)
@settings(max_examples=80, deadline=None)
def test_the_cases_behind_a_figure_are_those_that_the_figure_counts(
    shelf: Shelf, received_m: int, target_m: int, closed_m: int | None
) -> None:
    now = hour(30)
    at = {m: now + timedelta(minutes=m) for m in (received_m * 5, target_m, closed_m or 0)}
    case = made(
        len(shelf.cases),
        received_at=at[received_m * 5],
        target_at=at[target_m],
        closed_at=at[closed_m] if closed_m else None,
    )
    shelf.put(case)
    flags = case_flags(case, now, now)
    for measure in MEASURES:
        listed = case.case_id in shelf.ids(measure_filters(measure, now))
        if measure.startswith("received") or case.received_at <= now:  # type: ignore[operator]
            assert listed == bool(flags & CASE_MEASURES[measure]), measure


def test_two_writers_never_share_a_file(shelf: Shelf) -> None:
    with pytest.raises(Busy, match="another reader"):
        ReaderWriter(shelf.writer.path, "boston")


def test_a_file_of_another_city_or_damaged_is_replaced_and_an_absent_one_is_not_ready(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "reader.sqlite"
    with pytest.raises(NotReady):
        Reader(path, "boston").seq()
    with ReaderWriter(path, "boston") as writer:
        with pytest.raises(NotReady, match="being built"):
            Reader(path, "boston").seq()
        writer.finish_build(Position(seq=3))
        assert Reader(path, "boston").seq() == 3
        with pytest.raises(NotReady):
            Reader(path, "paris").seq()
    with ReaderWriter(path, "boston") as again:
        assert again.is_ready
        assert again.position == Position(seq=3)
    with ReaderWriter(path, "paris") as other:
        assert not other.is_ready
    path.write_bytes(b"not a database at all, but long enough to look like one" * 100)
    with pytest.raises(NotReady):
        Reader(path, "paris").seq()
    with ReaderWriter(path, "paris") as fresh:
        fresh.finish_build(Position(seq=1))
        assert Reader(path, "paris").list_cases({}).docs == ()


def test_incidents_are_listed_by_priority_and_searched_by_their_words(shelf: Shelf) -> None:
    rows = [
        row_of(
            KINDS["incident"],
            Incident(incident_id=f"i-{n}", kind="fire", priority=1 + n % 3, received_at=hour(n), seq=1),
            {"text": "smoke" if n == 4 else "alarm"},
        )
        for n in range(6)
    ]
    with shelf.writer.transaction():
        shelf.writer.save(INCIDENTS, [(None, row) for row in rows])
    assert shelf.reader.count(INCIDENTS, {"priority": 1}) == 2
    assert shelf.reader.count(INCIDENTS, {"q": "smok"}) == 1
    assert shelf.reader.count(INCIDENTS, {"q": "smok"}, private=False) == 0
    assert len(shelf.reader.list_incidents({"kind": "fire"}, 4).docs) == 4


def test_twenty_thousand_cases_are_listed_filtered_and_searched_in_milliseconds(shelf: Shelf) -> None:
    n = 20_000
    for start in range(0, n, 5_000):
        many = [made(i, target_at=START + timedelta(minutes=i + 60)) for i in range(start, start + 5_000)]
        with shelf.writer.transaction():
            told = {"address": "12 Main Street", "text": "garbage bags 垃圾 on the pavement since Monday"}
            shelf.writer.save(CASES, [(None, row_of(KINDS["case"], case, told)) for case in many])
    shelf.writer.analyze()
    asked: list[dict[str, Any]] = [
        {},
        {"status": "open"},
        {"area": "South", "category": "Pothole", "channel": "web"},
        {"area": "nowhere", "status": "open"},
        {"due_before": hour(2), "status": "open"},
        {"cell": CELLS[0], "status": "open"},
        {"q": "garbage"},
        {"q": "垃圾"},
        {"q": "c-19999"},
        {"q": "garbage", "area": "nowhere"},
    ]
    cost_s = {str(one): least_cpu_s(partial(shelf.reader.list_cases, one, 50)) for one in asked}
    assert not {one: took for one, took in cost_s.items() if took > 0.15}


def test_old_closed_cases_are_forgotten_with_their_words(shelf: Shelf) -> None:
    shelf.put(made(1, closed_at=hour(1)), made(2, closed_at=hour(50)), made(3), address="Main Street")
    with shelf.writer.transaction():
        assert shelf.writer.prune(CASES, to_microseconds(hour(10))) == 1
    assert shelf.ids({"q": "main"}) == ["c-3", "c-2"]


def test_a_failed_batch_leaves_nothing_behind(shelf: Shelf) -> None:
    def fail() -> None:
        with shelf.writer.transaction():
            shelf.writer.save(CASES, [(None, row_of(KINDS["case"], made(1)))])
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        fail()
    assert shelf.ids({}) == []
    shelf.put(made(1))
    assert shelf.ids({}) == ["c-1"]


def test_documents_come_back_as_they_were_written(shelf: Shelf) -> None:
    case = made(3, target_at=datetime.fromisoformat("2026-03-01T10:00:00.000001+00:00"))
    shelf.put(case)
    assert shelf.reader.document(CASES, "c-3") == (encode(case), 5)
    assert shelf.reader.document(CASES, "c-4") == (None, 5)
