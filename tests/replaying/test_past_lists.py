"""The work lists of the past are those that the reader's file would have told: same cases, same order, same counts."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from dashboard.projection import KINDS, row_of
from dashboard.replaying.lists import UNKNOWN, Lists, TooManyCases
from geo.cells import cell_to_parent, point_to_cell
from hotline.cases import Case
from hotline.worklists import WORKLISTS
from streams.reader import Reader
from streams.reader_lists import SORTS, ListQuery
from streams.reader_schema import CASES, to_microseconds
from streams.reader_writer import Position, ReaderWriter

NOW = datetime(2026, 3, 4, 17, tzinfo=UTC)
CITY = "boston"


def some_case(draw: random.Random, n: int) -> Case:
    """A case anywhere in its life; no two were received in the same microsecond."""
    received = NOW - timedelta(hours=draw.uniform(0, 90), microseconds=n)
    closed = draw.choice((None, None, None, received + timedelta(minutes=5)))
    handled: dict[str, Any] = {
        "followed_up_at": draw.choice((None, closed)),
        "follow_up_due_at": draw.choice((None, NOW)),
    }
    return Case(
        case_id=f"c{n:04}",
        received_at=received,
        closed_at=closed,
        target_at=draw.choice((None, NOW + timedelta(minutes=draw.randrange(-600, 600)))),
        category=draw.choice(("Trees", "Noise")),
        channel=draw.choice(("phone", "foreign", "enterprise")),
        language=draw.choice(("", "en", "zh-Hans")),
        grade=draw.choice(("", "I", "II")),
        area=draw.choice(("Roxbury", "Dorchester")),
        owner=draw.choice(("", "parks")),
        cell=point_to_cell(42.33 + draw.randrange(3) / 100, -71.09),
        situation_id=draw.choice(("", "", "s1")),
        merged_into=draw.choice(("", "", "c0001")),
        seq=n + 1,
        **(handled if closed else {}),
    )


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    draw = random.Random(11)
    return [some_case(draw, n) for n in range(300)]


@pytest.fixture(scope="module")
def reader(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> Reader:
    path = tmp_path_factory.mktemp("reader") / "reader.db"
    with ReaderWriter(path, CITY) as writer:
        writer.begin_build()
        with writer.transaction():
            writer.save(CASES, [(None, row_of(KINDS["case"], case)) for case in cases], index=False)
        writer.finish_build(Position(seq=400))
    return Reader(path, CITY)


FILTERS: tuple[dict[str, str], ...] = ({}, {"area": "Roxbury"}, {"category": "Trees", "grade": "I"}, {"language": "zh"})


def query_of(name: str, filters: dict[str, str], sort: str = "due", descending: bool = False) -> ListQuery:
    known = {("tongue" if field == "language" else field): value for field, value in filters.items()}
    worklist = WORKLISTS[name]
    return ListQuery(worklist.base, worklist.clauses(NOW, "en"), known, sort, descending)


def test_every_list_has_the_same_cases_in_the_same_order(cases: list[Case], reader: Reader) -> None:
    lists = Lists.of(random.Random(3).sample(cases, len(cases)), NOW, "en")
    near = {"cell": cell_to_parent(point_to_cell(42.33, -71.09), 7)}
    for name in WORKLISTS.keys() - UNKNOWN:
        for filters in (*FILTERS, near):
            for sort in SORTS:
                for descending in (False, True):
                    then = reader.list_rows(query_of(name, filters, sort, descending), 3, 40)
                    found, total = lists.rows(name, filters, sort, descending, 3, 40)
                    told = [msgspec.json.decode(row.doc)["case_id"] for row in then.rows]
                    asked = (name, filters, sort, descending)
                    assert ([case.case_id for case in found], total) == (told, then.total), asked


def test_counts_and_the_next_due_are_the_same(cases: list[Case], reader: Reader) -> None:
    lists = Lists.of(cases, NOW, "en")
    for filters in FILTERS:
        then, _ = reader.summaries({name: query_of(name, filters) for name in WORKLISTS}, NOW)
        now = {one["name"]: one for one in lists.summaries(filters)}
        assert now.keys() == WORKLISTS.keys() - UNKNOWN
        for name, one in now.items():
            oldest, due = (one[at] and to_microseconds(one[at]) for at in ("oldest_at", "next_due_at"))
            assert (one["n"], oldest, due) == (then[name].n, then[name].oldest_us, then[name].next_due_us), name


def test_who_called_is_not_known_so_nobody_calls_again(cases: list[Case]) -> None:
    assert Lists.of(cases, NOW, "en").rows("repeat", {}, "due", False, 0, 100) == ([], 0)


def test_more_cases_than_somebody_would_wait_for_are_not_looked_through(
    cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.replaying.lists.MOST_CASES", 10)
    with pytest.raises(TooManyCases, match="up to 10"):
        Lists.of(cases, NOW, "en")
