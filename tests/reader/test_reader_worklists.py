"""Work lists: what stands in each, in which order, on which page and how many, against plain Python over the cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import h3
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.projection import KINDS, row_of
from hotline.cases import CASE_MEASURES, Case, case_flags
from hotline.worklists import BASES, REPEAT_CASES, WORKLISTS, fields_of, holds, stands_in, tongue_of
from streams.reader import ListRow, NotReady, Reader
from streams.reader_lists import SORTS, ListQuery
from streams.reader_schema import BASES as SQL_BASES
from streams.reader_schema import CASES, REPEATED, due_of, to_microseconds
from streams.reader_tally import BY, NEVER, first_of_slot
from streams.reader_writer import Position, ReaderWriter
from tests.support.city_log import START, hour

OWN = "zh"
NOW = hour(6)
AREAS = ("North", "South", "")
CELLS = [h3.latlng_to_cell(42.3 + n / 50, -71.1, 9) for n in range(4)]


@dataclass
class Shelf:
    """A file of cases, and the same cases with their callers in memory."""

    writer: ReaderWriter
    reader: Reader
    cases: dict[str, Case] = field(default_factory=dict)
    callers: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def put(self, *pairs: tuple[Case, str], name: str = "") -> None:
        stored = self.writer.rows(CASES, [case.case_id for case, _ in pairs])
        private = {case.case_id: {"caller": caller, "tail": caller[-1:], "name": name} for case, caller in pairs}
        rows = [(stored.get(c.case_id), row_of(KINDS["case"], c, private[c.case_id])) for c, _ in pairs]
        with self.writer.transaction():
            self.writer.save(CASES, rows)
        self.cases |= {case.case_id: case for case, _ in pairs}
        self.callers |= {case.case_id: caller for case, caller in pairs}
        self.names |= {case.case_id: name for case, _ in pairs}

    def prune(self, before: datetime) -> None:
        """Forget what was closed before that instant."""
        with self.writer.transaction():
            gone = self.writer.prune(CASES, to_microseconds(before))
        old = [name for name, case in self.cases.items() if case.closed_at is not None and case.closed_at < before]
        assert gone == len(old)
        for name in old:
            del self.cases[name], self.callers[name], self.names[name]

    def repeated(self, case: Case) -> bool:
        """Said once more: whose caller has called three times or more."""
        calls = Counter(filter(None, self.callers.values()))
        return calls[self.callers[case.case_id]] >= REPEAT_CASES

    def expected(self, name: str, **filters: Any) -> list[Case]:
        return [
            case
            for case in self.cases.values()
            if case.received_at is not None
            and stands_in(name, case, NOW, OWN, self.repeated(case))
            and all(meets(case, self.names[case.case_id], key, value) for key, value in filters.items())
        ]


def meets(case: Case, name: str, key: str, value: Any) -> bool:
    if key == "q":
        # A single digit is a word of its own: `c-1` is not the beginning of `c-14`.
        return case.case_id == value or any(value in words.lower() for words in (case.category, name))
    if key == "cell":
        return bool(case.cell) and h3.cell_to_parent(case.cell, h3.get_resolution(value)) == value
    return bool((tongue_of(case.language) if key == "tongue" else getattr(case, key)) == value)


def query(name: str, sort: str = "due", descending: bool = False, **filters: Any) -> ListQuery:
    worklist = WORKLISTS[name]
    return ListQuery(worklist.base, worklist.clauses(NOW, OWN), filters, sort, descending, private=True)


def case_id_of(row: ListRow) -> str:
    return msgspec.json.decode(row.doc, type=Case).case_id


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with ReaderWriter(tmp_path / "reader.sqlite", "boston") as writer:
        writer.finish_build(Position(seq=5))
        yield Shelf(writer, Reader(writer.path, "boston"))


def at(low: int, high: int) -> st.SearchStrategy[datetime]:
    return st.integers(low, high).map(lambda n: START + timedelta(minutes=n))


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


cases = st.builds(
    Case,
    case_id=st.integers(0, 60).map("c-{}".format),
    category=st.sampled_from(["Missed Trash", "Pothole", "噪音"]),
    channel=st.sampled_from(["phone", "enterprise", "foreign"]),
    language=st.sampled_from(["", "zh-CN", "en", "ar", "EN-GB"]),
    grade=st.sampled_from(["I", "II", "IV", ""]),
    area=st.sampled_from(AREAS),
    cell=st.sampled_from(["", *CELLS]),
    owner=st.sampled_from(["", "parks", "water"]),
    received_at=maybe(at(0, 300)),
    closed_at=st.one_of(st.none(), st.none(), at(300, 350)),
    target_at=maybe(st.one_of(at(0, 1000), st.just(NOW), st.just(NOW + timedelta(hours=4)))),
    return_asked_at=st.one_of(st.none(), st.none(), at(0, 300)),
    follow_up_due_at=maybe(at(300, 400)),
    followed_up_at=st.one_of(st.none(), st.none(), at(300, 400)),
    merged_into=st.sampled_from(["", "", "", "c-1"]),
    members=st.sampled_from([0, 0, 2]),
    situation_id=st.sampled_from(["", "", "s-1"]),
    seq=st.just(1),
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "area": st.sampled_from(AREAS),
        "category": st.sampled_from(["Pothole", "噪音"]),
        "channel": st.sampled_from(["phone", "web"]),
        "tongue": st.sampled_from(["zh", "en"]),
        "owner": st.sampled_from(["parks", ""]),
        "grade": st.sampled_from(["I", "V"]),
        "stage": st.sampled_from(["received", "dispatched", "closed"]),
        "cell": st.sampled_from([h3.cell_to_parent(CELLS[1], res) for res in (6, 8, 9)]),
        "q": st.sampled_from(["trash", "噪音", "c-1", "quill"]),
    },
)
callers = st.sampled_from(["", "", "ann", "bob"])


@settings(max_examples=20)
@given(
    st.lists(st.tuples(cases, callers, st.sampled_from(["", "Miriam Quill"])), max_size=10),
    st.lists(filters, min_size=1, max_size=2),
)
def test_every_list_holds_what_its_definition_says_however_it_is_narrowed(
    shelf: Shelf, given_cases: list[tuple[Case, str, str]], asked: list[dict[str, Any]]
) -> None:
    for case, caller, name in given_cases:
        shelf.put((case, caller), name=name)
    for name in WORKLISTS:
        for narrowed in ({}, *asked):
            wanted = {case.case_id for case in shelf.expected(name, **narrowed)}
            page = shelf.reader.list_rows(query(name, **narrowed), 0, 1_000)
            assert {case_id_of(row) for row in page.rows} == wanted, (name, narrowed)
            assert page.total == len(page.rows) == len(wanted)
    for row in shelf.reader.list_rows(query("open"), 0, 1_000).rows:
        case = shelf.cases[case_id_of(row)]
        assert (row.caller, row.repeated) == (shelf.callers[case.case_id], shelf.repeated(case))


@settings(max_examples=20)
@given(
    st.lists(cases, max_size=12, unique_by=lambda case: case.case_id),
    st.sampled_from(["open", "follow_ups", "overdue"]),
    st.sampled_from(SORTS),
    st.booleans(),
    st.integers(1, 9),
)
def test_pages_are_pieces_of_one_order_and_what_has_no_deadline_comes_last(
    shelf: Shelf, given_cases: list[Case], name: str, sort: str, descending: bool, page: int
) -> None:
    fresh = [case for case in given_cases if case.case_id not in shelf.cases]
    shelf.put(*((case, "") for case in sorted(fresh, key=lambda case: case.received_at or START)))
    asked, found = query(name, sort, descending), []
    whole = [case_id_of(row) for row in shelf.reader.list_rows(asked, 0, 1_000).rows]
    for start in range(0, len(whole) + page, page):
        found += [case_id_of(row) for row in shelf.reader.list_rows(asked, start, start + page).rows]
    with shelf.reader.walk(asked) as (total, _, parts):
        walked = [case_id_of(row) for rows in parts for row in rows]
    assert found == whole == walked
    assert total == len(whole)
    listed = [shelf.cases[case_id] for case_id in whole]
    field_of = {"due": WORKLISTS[name].due, "grade": "grade"}.get(sort, "received_at")
    values = [getattr(case, field_of) or None for case in listed]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=descending != (sort == "age"))
    assert values[: len(known)] == known


@settings(max_examples=20)
@given(
    st.lists(st.tuples(cases, callers), max_size=12, unique_by=lambda pair: pair[0].case_id),
    st.one_of(st.just({}), filters),
)
def test_summaries_count_the_lists_and_name_their_oldest_and_next(
    shelf: Shelf, pairs: list[tuple[Case, str]], narrowed: dict[str, Any]
) -> None:
    shelf.put(*(pair for pair in pairs if pair[0].case_id not in shelf.cases))
    found, seq = shelf.reader.summaries({name: query(name, **narrowed) for name in WORKLISTS}, NOW)
    assert seq == 5
    for name, summary in found.items():
        expected = shelf.expected(name, **narrowed)
        oldest = min((case.received_at for case in expected if case.received_at), default=None)
        dues = [getattr(case, WORKLISTS[name].due) for case in expected]
        coming = min((due for due in dues if due is not None and due >= NOW), default=None)
        assert summary.n == len(expected), name
        assert summary.oldest_us == (None if oldest is None else round(oldest.timestamp() * 1e6)), name
        assert summary.next_due_us == (None if coming is None else round(coming.timestamp() * 1e6)), name


def tally_of(shelf: Shelf) -> Counter[tuple[Any, ...]]:
    """The tally, counted anew from the cases."""
    found: Counter[tuple[Any, ...]] = Counter()
    for case in shelf.cases.values():
        fields = fields_of(case, shelf.repeated(case))
        for base in BASES:
            if case.received_at is not None and holds(BASES[base], fields):
                due = fields[due_of(base)]
                slot = NEVER if due is None else first_of_slot(to_microseconds(due))
                found[base, slot, *(fields[name] for name in BY)] += 1
    return found


@settings(max_examples=20)
@given(st.lists(st.one_of(st.tuples(cases, callers), at(300, 350)), max_size=16))
def test_the_tally_equals_counting_after_every_change(shelf: Shelf, steps: list[Any]) -> None:
    """Cases come, change, are closed and forgotten, callers become repeat callers and cease to be."""
    for step in steps:
        shelf.put(step) if isinstance(step, tuple) else shelf.prune(step)
        *_, kept = zip(*shelf.writer.db.execute("SELECT * FROM tally").fetchall() or [(0,)], strict=True)
        assert min(kept) >= 0
    rows = shelf.writer.db.execute("SELECT * FROM tally WHERE n <> 0").fetchall()
    assert {tuple(key): n for *key, n in rows} == tally_of(shelf)


@settings(max_examples=20)
@given(
    st.lists(st.tuples(cases, callers), max_size=12, unique_by=lambda pair: pair[0].case_id),
    st.sampled_from(list(WORKLISTS)),
    st.sampled_from(["due", "grade"]),
    st.booleans(),
)
def test_what_the_tally_counts_and_what_the_index_counts_is_one_list(
    shelf: Shelf, pairs: list[tuple[Case, str]], name: str, sort: str, descending: bool
) -> None:
    """A filter that no case fails: the first list is counted by the tally, the second in the index."""
    shelf.put(*(pair for pair in pairs if pair[0].case_id not in shelf.cases))
    quick, slow = query(name, sort, descending), query(name, sort, descending, cell=h3.cell_to_parent(CELLS[0], 3))
    assert (quick.is_tallied, slow.is_tallied) == (True, False)
    whole = [case_id_of(row) for row in shelf.reader.list_rows(quick, 0, 1_000).rows]
    placed = [case_id for case_id in whole if shelf.cases[case_id].cell]
    assert placed == [case_id_of(row) for row in shelf.reader.list_rows(slow, 0, 1_000).rows]


@pytest.mark.parametrize("name", WORKLISTS)
def test_no_question_about_a_list_passes_over_the_whole_table(shelf: Shelf, name: str) -> None:
    """SQLite says how it would find each answer: in the tally, or in an index of this base, in its order."""
    made = [Case(case_id=f"c-{n}", grade="I", received_at=hour(n), target_at=NOW, seq=1) for n in range(9)]
    shelf.put(*((case, "ann") for case in made))
    db, base = shelf.writer.db, WORKLISTS[name].base
    for sort in SORTS:
        asked = query(name, sort)
        runs = asked.runs(db.execute(*asked.tallied()).fetchall())
        questions = [asked.tallied(), asked.oldest(9), asked.next_due(NOW)]
        for sql, values in [*questions, *(asked.places(run, 0, 100) for run in runs)]:
            plan = [line for *_, line in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
            found = [line for line in plan if line.startswith(("SCAN", "SEARCH"))]
            ways = ("tally USING PRIMARY KEY (base=?", f"INDEX cases_{base}_")
            assert found, sql
            assert all(any(way in line for way in ways) for line in found), (sql, plan)
            assert base != "open" or "USE TEMP B-TREE FOR ORDER BY" not in plan, (sql, plan)


@settings(max_examples=50)
@given(cases)
def test_lists_count_what_the_figures_count(case: Case) -> None:
    flags = case_flags(case, NOW, START)
    for name, measure in {"open": "open", "overdue": "overdue", "due_soon": "due_4h"}.items():
        assert stands_in(name, case, NOW) == bool(flags & CASE_MEASURES[measure]), name


@settings(max_examples=50)
@given(cases)
def test_a_case_stands_in_open_or_follow_ups_never_in_both(case: Case) -> None:
    fields = fields_of(case)
    assert not (holds(BASES["open"], fields) and holds(BASES["follow_up"], fields))


def test_the_same_bases_and_the_same_number_of_calls_are_meant_here_and_there() -> None:
    assert set(SQL_BASES) == set(BASES)
    assert REPEATED == REPEAT_CASES


def test_the_third_call_marks_all_and_an_erasure_unmarks_them(shelf: Shelf) -> None:
    made = [Case(case_id=f"c-{n}", received_at=hour(n), seq=1) for n in range(4)]
    for case in made:
        shelf.put((case, "ann"))
    assert shelf.reader.list_rows(query("repeat"), 0, 10).total == 4
    shelf.put((made[0], ""), (made[1], ""))
    assert shelf.reader.list_rows(query("repeat"), 0, 10).total == 0
    assert [case_id_of(row) for row in shelf.reader.cases_of("caller", "ann", 10)[0]] == ["c-3", "c-2"]
    assert shelf.writer.db.execute("SELECT * FROM callers").fetchall() == [("ann", 2)]


def test_a_case_that_turns_out_to_be_another_callers_is_a_repeat_no_more(shelf: Shelf) -> None:
    made = [Case(case_id=f"c-{n}", received_at=hour(n), seq=1) for n in range(4)]
    shelf.put(*((case, "ann") for case in made))
    shelf.put((made[0], "bob"))
    listed = shelf.reader.list_rows(query("repeat"), 0, 10).rows
    assert [case_id_of(row) for row in listed] == ["c-1", "c-2", "c-3"]
    assert dict(shelf.writer.db.execute("SELECT * FROM callers").fetchall()) == {"ann": 3, "bob": 1}


def test_a_file_that_is_built_counts_callers_as_one_that_follows(shelf: Shelf, tmp_path: Path) -> None:
    made = [Case(case_id=f"c-{n}", received_at=hour(n), seq=1) for n in range(8)]
    pairs = [(case, ("ann", "bob", "")[n % 3]) for n, case in enumerate(made)]
    shelf.put(*pairs)
    with ReaderWriter(tmp_path / "built.sqlite", "boston") as writer:
        rows = [(None, row_of(KINDS["case"], case, {"caller": caller})) for case, caller in pairs]
        with writer.transaction():
            writer.save(CASES, rows, index=False)
        with pytest.raises(NotReady):
            Reader(writer.path, "boston").list_rows(query("open"), 0, 1)
        writer.finish_build(Position(seq=5))
        sql = "SELECT id, caller, repeated FROM cases ORDER BY id"
        assert writer.db.execute(sql).fetchall() == shelf.writer.db.execute(sql).fetchall()
        counted = "SELECT * FROM callers ORDER BY caller"
        assert writer.db.execute(counted).fetchall() == shelf.writer.db.execute(counted).fetchall()


def test_unknown_names_are_refused(shelf: Shelf) -> None:
    with pytest.raises(KeyError):
        shelf.reader.list_rows(ListQuery("open", filters={"colour": "red"}), 0, 1)
    with pytest.raises(KeyError):
        shelf.reader.list_rows(ListQuery("open", ((("colour", "=", "red"),),)), 0, 1)
    assert shelf.reader.list_rows(query("open", q="!!!"), 0, 1).total == 0


def test_summaries_of_several_searches_are_not_mixed_up(shelf: Shelf) -> None:
    shelf.put(*((Case(case_id=f"c-{n}", category=f"Kind {n % 3}", received_at=hour(n), seq=1), "") for n in range(9)))
    asked = {q: query("open", q=q) for q in ("kind", "c-1", "!!!", "kind 2", "")}
    found, _ = shelf.reader.summaries(asked, NOW)
    assert {q: summary.n for q, summary in found.items()} == {"kind": 9, "c-1": 3, "!!!": 0, "kind 2": 3, "": 9}


def test_cases_are_counted_by_a_column_of_a_list_that_is_narrowed_by_words_too(shelf: Shelf) -> None:
    owners = ("parks", "water", "")
    shelf.put(
        *(
            (Case(case_id=f"c-{n}", category=f"Kind {n % 2}", owner=owners[n % 3], received_at=hour(n), seq=1), "")
            for n in range(12)
        )
    )
    asked = {q: query("open", q=q) for q in ("kind 0", "kind", "!!!", "")}
    found = shelf.reader.counted_by("owner", asked)
    each = {"parks": 4, "water": 4, "": 4}
    assert found == {"kind 0": {"parks": 2, "water": 2, "": 2}, "kind": each, "!!!": {}, "": each}
