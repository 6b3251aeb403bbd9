"""Reading requests: filters against plain reckoning, the standard's limits, and what strangers are not shown."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import h3
import msgspec
import pytest
import redis as redis_module
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.open311 import finding
from dashboard.open311.finding import seq_at
from dashboard.open311.showing import updated_at
from hotline.cases import Case
from streams.reader_schema import CASES
from tests.open311server.portal import DRUM_TOWER, Portal, as_json, open_portal, texts, tree
from tests.support.engines import NOON

CATEGORIES = ("noise", "dust", "gas_smell")
SENSITIVE = "Child welfare"


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


@pytest.fixture(scope="module")
def history(redis_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Sixty cases over half a year, some closed, some long after they came."""
    client = redis_server.client()
    client.flushall()
    portal = open_portal(client, tmp_path_factory.mktemp("history"))
    portal.city.wall.pass_(days=-180)
    portal.city.wall.at = NOON  # the engine's clock only goes forward
    numbers = itertools.count()
    for step in range(60):
        number = next(numbers)
        portal.city.case(f"c{number}", DRUM_TOWER, category=CATEGORIES[number % 3])
        if number % 4 == 3:
            portal.city.post("case.closed", case_id=f"c{number // 2}", reason="Planted reason")
        portal.city.turn()
        portal.city.wall.pass_(days=3, seconds=step * 7.25)
    portal.settle()
    yield portal
    portal.tail.writer.close()
    client.close()


def documents(portal: Portal) -> list[Case]:
    """All cases, newest first, from the engine's own documents and from what it has put away."""
    page = portal.server.reader.page(CASES, {}, 1000)
    return [msgspec.json.decode(doc, type=Case) for doc in page.docs]


instants = st.integers(-5 * 86_400, 200 * 86_400).map(lambda s: NOON + timedelta(seconds=s))
questions = st.fixed_dictionaries(
    {},
    optional={
        "service_code": st.lists(st.sampled_from([*CATEGORIES, "other", "none"]), min_size=1, max_size=3).map(",".join),
        "status": st.sampled_from(["open", "closed", "open,closed"]),
        "start_date": instants,
        "end_date": instants,
        "updated_after": instants,
        "updated_before": instants,
    },
)


def reckoned(portal: Portal, asked: dict[str, Any]) -> list[str]:
    """What the standard's words mean, case by case."""
    start, end = asked.get("start_date"), asked.get("end_date")
    after, before = asked.get("updated_after"), asked.get("updated_before")
    now, widest = portal.city.wall.at, timedelta(days=90)
    if start is None and end is None:
        start = None if after or before else now - widest
    elif start is None:
        start = end - widest
    elif end is None and start < now - widest:
        end = start + widest
    codes, statuses = asked.get("service_code", "").split(","), asked.get("status", "open,closed").split(",")

    def fits(case: Case) -> bool:
        received, updated = case.received_at, updated_at(case)
        assert received is not None
        assert updated is not None
        return (
            (codes == [""] or case.category in codes)
            and case.status in statuses
            and (start is None or received >= start)
            and (end is None or received < end + timedelta(seconds=1))
            and (after is None or updated.replace(microsecond=0) >= after)
            and (before is None or updated.replace(microsecond=0) <= before)
        )

    return [case.case_id for case in documents(portal) if fits(case)]


@settings(max_examples=80)
@given(questions)
def test_filters_find_what_their_words_mean(history: Portal, asked: dict[str, Any]) -> None:
    start, end = asked.get("start_date"), asked.get("end_date")
    query = urlencode({name: stamp(v) if isinstance(v, datetime) else v for name, v in asked.items()})
    answer = history.get(f"requests.json?{query}")
    if start and end and not timedelta(0) <= end - start <= timedelta(days=90):
        assert answer.status_code == 400
        return
    assert answer.status_code == 200, answer.get_json()
    assert [one["service_request_id"] for one in answer.get_json()] == reckoned(history, asked)


@settings(max_examples=12)
@given(st.integers(1, 40))
def test_pages_are_the_whole_cut_into_pieces(history: Portal, size: int) -> None:
    whole = history.ids()
    pages = [history.ids(f"page={n}&page_size={size}") for n in range(1, len(whole) // size + 3)]
    assert [number for page in pages for number in page] == whole
    assert pages[-1] == []


@settings(max_examples=12)
@given(instants)
def test_the_commit_of_a_time_is_found_and_never_a_later_one(history: Portal, at: datetime) -> None:
    """What was committed before the found one was recorded before that time."""
    entries: Any = history.city.client.xrange(history.city.keys.events)
    seq = seq_at(history.city.client, history.city.keys, at)
    for entry_id, fields in entries:
        number = int(entry_id.decode().partition("-")[0])
        recorded = msgspec.json.decode(fields[b"e"])["recorded_at"]
        if msgspec.convert(recorded, datetime) >= at:
            assert number >= seq


def test_named_requests_come_in_the_order_asked_and_override_other_filters(history: Portal) -> None:
    query = "service_request_id=c5,c0,%20nothing,c59&status=closed&start_date=2026-03-04T00:00:00Z"
    assert history.ids(query) == ["c5", "c0", "c59"]
    assert history.ids("service_code=noise&service_code=dust") == history.ids("service_code=dust,noise")


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("start_date=2026-01-01T00:00:00Z&end_date=2026-04-02T00:00:01Z", "90 days"),
        ("start_date=2026-02-01T00:00:00Z&end_date=2026-01-02T00:00:00Z", "before"),
        ("start_date=yesterday", "start_date"),
        ("end_date=2026-01-01", "end_date"),
        ("updated_after=2026-01-01T00:00:00", "updated_after"),
        ("status=fixed", "status"),
        ("page=0", "page"),
        ("page_size=1001", "page_size"),
        ("page_size=x", "page_size"),
    ],
)
def test_questions_that_cannot_be_understood_are_refused(history: Portal, query: str, word: str) -> None:
    for form in ("json", "xml"):
        answer = history.get(f"requests.{form}?{query}")
        assert answer.status_code == 400
        assert word in answer.get_data(as_text=True)


def test_xml_says_what_json_says(history: Portal) -> None:
    for path in ("requests", "requests/c0", "tokens/c1"):
        in_json, in_xml = history.get(f"{path}.json"), history.get(f"{path}.xml")
        assert as_json(tree(in_xml)) == texts(in_json.get_json())
    assert list(tree(history.get("requests.xml?service_code=other"))) == []


def test_an_answer_holds_a_thousand_at_most(
    redis: redis_module.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = open_portal(redis, tmp_path)
    for number in range(1003):
        portal.city.case(f"c{number}", DRUM_TOWER)
    portal.settle()
    first, second = portal.ids(), portal.ids("page=2")
    assert (len(first), len(second)) == (finding.MOST_RECORDS, 3)
    assert not set(first) & set(second)
    portal.tail.writer.close()


# what is shown


def test_strangers_see_the_cell_and_a_sentence_of_ours(portal: Portal) -> None:
    portal.city.case("c1", DRUM_TOWER, category="noise", text="Planted words", phone="5555", target_at=NOON)
    portal.city.post("case.dispatched", case_id="c1", owner="urban", reason="Planted reason")
    portal.settle()
    seen = portal.get("requests/c1.json").get_json()[0]
    cell = h3.latlng_to_cell(*DRUM_TOWER, 9)
    assert (seen["lat"], seen["long"]) == tuple(round(x, 6) for x in h3.cell_to_latlng(cell))
    urban = portal.city.city.agencies["urban"]["en"]
    assert (seen["agency_responsible"], seen["status_notes"]) == (urban, f"Sent to {urban}.")
    assert seen["requested_datetime"].endswith("+08:00")
    assert msgspec.convert(seen["expected_datetime"], datetime) == NOON
    assert "Planted" not in str(seen)
    exact = portal.get("requests/c1.json", "viewer").get_json()[0]
    assert (exact["lat"], exact["long"]) == DRUM_TOWER


def test_a_place_that_is_not_usable_is_not_told(portal: Portal) -> None:
    portal.city.case("c1", (0.0, 0.0), category="noise")
    portal.settle()
    seen = portal.get("requests/c1.json").get_json()[0]
    assert (seen["lat"], seen["long"]) == (None, None)


def test_its_life_is_told_as_open_or_closed(portal: Portal) -> None:
    told = []
    portal.city.case("c1", DRUM_TOWER, category="noise")
    for event in (None, "case.closed", "case.reopened"):
        if event:
            portal.city.post(event, case_id="c1", reason="Planted reason")
        portal.settle()
        one = portal.get("requests/c1.json").get_json()[0]
        told.append((one["status"], one["status_notes"], one["updated_datetime"]))
    assert [status for status, _, _ in told] == ["open", "closed", "open"]
    assert len({note for _, note, _ in told}) == 3
    assert sorted(at for _, _, at in told) == [at for _, _, at in told]


def test_sensitive_matters_are_for_those_who_filed_them_and_those_who_may(portal: Portal) -> None:
    portal.city.case("c1", DRUM_TOWER, category=SENSITIVE)
    portal.city.case("c2", DRUM_TOWER, category=SENSITIVE, source="311")
    portal.city.case("c3", DRUM_TOWER, category="noise")
    portal.settle()
    assert portal.ids() == ["c3"]
    assert sorted(portal.ids(role="viewer")) == ["c1", "c2", "c3"]
    for path in ("requests/c1.json", "tokens/c1.json"):
        assert portal.get(path).status_code == 404
        assert portal.get(path, "viewer").status_code == 200
    assert portal.ids("service_request_id=c1,c2,c3") == ["c3"]
    code = portal.get("requests/c1.json", "viewer").get_json()[0]["service_code"]
    assert portal.ids(f"service_code={code}") == []


def test_where_strangers_may_not_read_a_key_opens(redis: redis_module.Redis, tmp_path: Path) -> None:
    portal = open_portal(redis, tmp_path, is_public=False)
    portal.city.case("c1", DRUM_TOWER)
    portal.settle()
    for path in ("requests.json", "requests/c1.json", "tokens/c1.json"):
        assert portal.get(path).status_code == 403
        assert portal.get(path, "reporter").status_code == 200
    assert portal.get("services.json").status_code == 200
    portal.tail.writer.close()
