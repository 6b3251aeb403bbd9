"""Cases sent on to a body's own system: once, through failures, with its answers coming back, dead ends visible."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis as redis_module
from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounts.audit import read_entries
from dashboard.doctor_onwards import examine_onwards
from dashboard.engine.clock import Mode
from dashboard.open311.onwards.bodies import BadBodies, Body, key_of, load_bodies
from dashboard.open311.onwards.books import Book, Sent, ledger_of, onward_counts
from dashboard.open311.onwards.errands import Errand, letter_errand
from dashboard.open311.onwards.following import MOST_MISSES, news
from dashboard.open311.onwards.run import Office, run_onwards
from dashboard.outgoing.webhooks import Pace
from dashboard.settings import read_settings
from streams.feeds.open311.http import Http, Limits
from tests.open311server.portal import DRUM_TOWER, Portal, open_portal
from tests.open311server.systems import Reply, System, taken
from tests.support.engines import NOON, TestCity
from tests.support.redis_server import wait_until

AT_ONCE = Pace(first_s=0.001, most_s=0.002)
CORNER = (42.3301, -71.0899)


def body(url: str, **more: Any) -> Body:
    said = {
        "agency": "works",
        "url": url,
        "services": {"noise": "N-1"},
        "allow_private": True,
        "every_s": 0.05,
        "attempts": 3,
    }
    return msgspec.convert(said | more, Body)


@pytest.fixture
def city(redis: redis_module.Redis) -> TestCity:
    made = TestCity(redis)
    made.turn()
    return made


def office_of(city: TestCity) -> Office:
    return Office(city.client, city.keys, pace=AT_ONCE, draw=random.Random(7).random, wall=city.wall)


@contextmanager
def sending(city: TestCity, *bodies: Body, key: str = "") -> Iterator[Office]:
    """`onwards run` in threads."""
    office = office_of(city)
    thread = threading.Thread(target=run_onwards, args=(office, bodies, {b.agency: key for b in bodies}))
    thread.start()
    try:
        for one in bodies:
            ledger = ledger_of(city.client, city.keys, one.agency)
            wait_until(lambda ledger=ledger: ledger.progress().at, what="the cursor of a body")
        yield office
    finally:
        office.stop.set()
        thread.join(60)
        assert not thread.is_alive()


def dispatched(city: TestCity, case_id: str, owner: str = "works", **data: Any) -> None:
    said = {"category": "noise", "text": "Planted words", "phone": "5555 0199", "address": "7 Planted Lane"}
    city.case(case_id, CORNER, **(said | data))
    city.turn()
    city.post("case.dispatched", case_id=case_id, owner=owner)
    city.turn()


def told(city: TestCity, case_id: str, source: str = "works-open311") -> list[str]:
    return [e["type"] for e in city.events() if e["source"] == source and e["data"].get("case_id") == case_id]


def test_a_case_goes_to_another_hexwatch_and_its_answers_come_back(redis: redis_module.Redis, tmp_path: Path) -> None:
    """A simulated Beijing dispatches to a body that runs Hexwatch, too: filed there, closed, and told back."""
    city = TestCity(redis, "beijing-sim")
    city.turn()
    there: Portal = open_portal(redis, tmp_path)
    with there.over_http() as url, there.running_engine():
        works = body(url, services={"noise": "noise"}, fields=["text"])
        key = there.keys["reporter"]
        with sending(city, works, key=key):
            city.case("c1", DRUM_TOWER, category="noise", text="Planted words")
            city.turn()
            city.post("case.dispatched", case_id="c1", owner="works")
            city.turn()
            book = Book(city.client, city.keys, "works")
            wait_until(lambda: book.get("c1") or ledger_of(redis, city.keys, "works").dead(), what="sent")
            sent = book.get("c1")
            assert sent is not None, ledger_of(redis, city.keys, "works").dead()

            def accepted() -> bool:
                city.turn()
                return "case.accepted" in told(city, "c1")

            wait_until(accepted, what="their system says that it has it")
            there.city.post("case.closed", case_id=sent.request_id)

            def handled() -> bool:
                city.turn()
                return "case.handled" in told(city, "c1")

            wait_until(handled, what="their closing comes back")
            assert book.get("c1") is None
    there.settle()
    raw: Any = redis.hget(there.city.keys.private, f"case:{sent.request_id}")
    assert msgspec.json.decode(raw)["text"] == "Planted words"
    assert told(city, "c1").count("case.handled") == 1
    there.tail.writer.close()


def test_only_configured_personal_fields_leave_and_that_is_written_down_first(city: TestCity) -> None:
    with System() as system, sending(city, body(system.url)):
        dispatched(city, "c1")
        (first,) = system.wait_for(1)
        wait_until(lambda: Book(city.client, city.keys, "works").get("c1"), what="the number of theirs")
    assert first.form == {
        "service_code": "N-1",
        "lat": repr(CORNER[0]),
        "long": repr(CORNER[1]),
        "description": "Planted words",
        "address_string": "7 Planted Lane",
    }
    assert first.key.startswith("boston/works/c1/")
    (entry,) = read_entries(city.client, city.keys)
    assert (entry.what, entry.subject, entry.after) == ("private.sent", "case:c1", {"fields": ["address", "text"]})


def test_a_number_is_opened_only_for_a_body_that_gets_numbers(city: TestCity) -> None:
    """The engine keeps numbers sealed; without the key the case goes on all the same, without the number."""
    with System() as system:
        for n, (fields, sealer) in enumerate([(["phone"], city.sealer), (["phone"], None), (["text"], city.sealer)]):
            sender = replace(office_of(city), sealer=sealer).sender(body(system.url, fields=fields), "")
            sender.step()
            dispatched(city, f"c{n}")
            sender.step()
    assert [posted.form.get("phone") for posted in system.received] == ["5555 0199", None, None]


def test_a_failing_body_is_tried_again_under_the_same_key_and_then_given_up_visibly(city: TestCity) -> None:
    script = [(503, b""), (503, b""), taken("T1")]
    with System(lambda n: script[n] if n < 3 else (500, b"")) as system, sending(city, body(system.url)):
        dispatched(city, "c1")
        wait_until(lambda: Book(city.client, city.keys, "works").get("c1"), what="taken at the third try")
        dispatched(city, "c2")
        ledger = ledger_of(city.client, city.keys, "works")
        wait_until(ledger.count_dead, what="a dead letter")
        first, second = (system.received[:3], system.received[3:])
        assert len(second) == 3
        assert len({posted.key for posted in first}) == len({posted.key for posted in second}) == 1
    ((_, letter),) = ledger.dead()
    assert (letter["type"], letter["reason"], letter["body"]) == ("c2", "HTTP 500", b"")
    assert "Planted" not in str(ledger.dead())
    assert onward_counts(city.client, city.keys) == {"open": 1, "dead": 1}


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ((400, []), "HTTP 400"),
        ((200, []), "none of Open311"),
        ((200, [{}]), "neither"),
        ((200, b"<html"), "none of Open311"),
        ((200, b""), "neither"),
    ],
)
def test_answers_that_are_none_become_dead_letters(city: TestCity, answer: Reply, word: str) -> None:
    with System(lambda n: answer) as system, sending(city, body(system.url)):
        dispatched(city, "c1")
        ledger = ledger_of(city.client, city.keys, "works")
        wait_until(ledger.count_dead, what="a dead letter")
    assert word in ledger.dead()[0][1]["reason"]


def test_cases_of_others_moved_ones_and_ones_they_have_are_not_sent(city: TestCity) -> None:
    with System() as system:
        sender = office_of(city).sender(body(system.url), "")
        sender.step()
        dispatched(city, "mine")
        dispatched(city, "others", owner="police")
        dispatched(city, "moved")
        city.post("case.dispatched", case_id="moved", owner="police")
        dispatched(city, "odd", category="gas")
        city.post("case.dispatched", case_id="mine", owner="works")
        city.turn()
        sender.step()
        assert [posted.form["service_code"] for posted in system.received] == ["N-1"]
    assert set(Book(city.client, city.keys, "works").all()) == {"mine"}
    ((_, letter),) = ledger_of(city.client, city.keys, "works").dead()
    assert (letter["type"], letter["reason"]) == ("odd", "no service of theirs for category 'gas'")
    assert letter_errand(letter).case_id == "odd"


def test_a_simulated_city_files_nowhere_unless_that_is_meant(redis: redis_module.Redis) -> None:
    city = TestCity(redis, "boston-sim", Mode.SIMULATION)
    city.turn()
    with System() as system:
        url = system.url
        silent, meant = office_of(city).sender(body(url), ""), office_of(city).sender(body(url, simulation=True), "")
        silent.step()
        dispatched(city, "c1")
        silent.step()
        assert system.received == []
        city.client.delete(silent.ledger.key)
        city.client.hset(silent.ledger.key, "at", "0-0")
        meant.step()
        assert len(system.received) == 1


def test_a_body_that_forgot_a_case_is_a_dead_end_that_is_seen(city: TestCity) -> None:
    with System() as system, Http(Limits(total_s=60, silent_s=30), lambda: datetime.now(UTC)) as http:
        works = body(system.url)
        follower = office_of(city).follower(works, "", http)
        follower.book.keep(Sent(case_id="c1", request_id="T1", sent_at=NOON, misses=MOST_MISSES - 1))
        follower.book.keep(Sent(case_id="c2", token="tok", sent_at=NOON))
        follower.step()
    assert [letter["type"] for _, letter in follower.ledger.dead()] == ["c1"]
    assert set(follower.book.all()) == {"c2"}


def test_a_token_is_redeemed_and_then_followed(city: TestCity) -> None:
    answers = [
        (404, []),
        (200, [{"token": "tok", "service_request_id": "T9"}]),
        (200, [{"service_request_id": "T9", "status": "closed", "status_notes": "Planted note"}]),
    ]
    with System(gets=lambda n: answers[n]) as system, Http(Limits(total_s=60, silent_s=30), lambda: NOON) as http:
        dispatched(city, "c1")
        follower = office_of(city).follower(body(system.url, closes=True), "", http)
        follower.book.keep(Sent(case_id="c1", token="tok", sent_at=NOON))
        follower.step()
        follower.step()
        assert [path.partition("?")[0] for path in system.asked] == ["/v2/tokens/tok.json"] * 2 + ["/v2/requests.json"]
    city.turn()
    assert told(city, "c1") == ["case.accepted", "case.noted", "case.handled", "case.closed"]
    assert "Planted" not in str(city.events())
    assert follower.book.all() == {}


# pure


values = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["open", "closed", "Fixed", "in progress", "", None, "?"]),
        "status_notes": st.one_of(st.none(), st.text(max_size=20)),
        "updated_datetime": st.one_of(st.none(), st.text(max_size=20), st.just("2026-03-04T16:00:00Z")),
    },
)


@given(st.lists(values, max_size=6))
def test_the_same_answer_is_never_told_twice_and_a_case_is_accepted_once(seen: list[dict[str, str | None]]) -> None:
    works = body("http://127.0.0.1:1")
    sent, ids, types = Sent(case_id="c1", request_id="T1", sent_at=NOON), list[str](), list[str]()
    for answer in seen:
        facts, sent, is_done = news(works, sent, answer, NOON)
        ids += [fact.id for fact in facts]
        types += [fact.type for fact in facts]
        assert all(fact.occurred_at <= NOON for fact in facts)
        again, same, _ = news(works, sent, answer, NOON)
        assert same == sent
        assert is_done or again == []
        if is_done:
            break
    assert types.count("case.accepted") == min(len(seen), 1)
    assert types.count("case.handled") <= 1


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("body = 3", "Expected"),
        ('[[body]]\nagency = "a"\nurl = "ftp://x"\nother_service = "1"', "url"),
        ('[[body]]\nagency = "a"\nurl = "http://u:p@x/"\nother_service = "1"', "password"),
        ('[[body]]\nagency = "a"\nurl = "http://x/"', "services"),
        ('[[body]]\nagency = "a"\nurl = "http://x/"\nother_service = "1"\nfields = ["name", "shoe"]', "shoe"),
        ('[[body]]\nagency = "a"\nurl = "http://x/"\nother_service = "1"\n' * 2, "named twice"),
        ('[[body]]\nagency = "a"\nurl = "http://x/"\nother_service = "1"\nodd = 1', "odd"),
        ("[[body", "TOML"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "bodies.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadBodies, match=word):
        load_bodies(path)


def test_a_key_is_named_and_never_shown(tmp_path: Path) -> None:
    with pytest.raises(BadBodies, match="WORKS_KEY is not set"):
        key_of(body("http://x", key_env="WORKS_KEY"), {})
    assert key_of(body("http://x", key_env="WORKS_KEY"), {"WORKS_KEY": "k"}) == "k"


def test_doctor_tells_of_dead_ends(city: TestCity, redis_server: Any, tmp_path: Path) -> None:
    path = tmp_path / "bodies.toml"
    path.write_text(
        '[[body]]\nagency = "works"\nurl = "http://127.0.0.1:1/v2"\nother_service = "1"\n', encoding="utf-8"
    )
    configured = read_settings({}, city="boston", redis_url=redis_server.url, onwards=str(path), data=tmp_path)
    assert [said[1] for said in examine_onwards(configured)] == ["ok"]
    ledger = ledger_of(city.client, city.keys, "works")
    ledger.lose(Errand("c1", "1-0").delivery("boston", "works"), "gone", NOON)
    ((_, grade, found, advice),) = examine_onwards(configured)
    assert (grade, "1 could not be sent" in found, "--retry" in advice) == ("bad", True, True)
    assert list(examine_onwards(read_settings({}, city="boston", data=tmp_path))) == []
