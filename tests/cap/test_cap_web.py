"""Addresses as sources: documents, Atom feeds, and servers that are slow, endless, broken, or point elsewhere."""

from __future__ import annotations

import gzip
import itertools

import httpx
import pytest

from streams.feeds.cap.fetch import Fetcher, FetchFailed, host_of, shown
from streams.feeds.cap.poll import look
from streams.feeds.cap.sources import UrlSource
from streams.feeds.cap.tree import Refused
from tests.cap import web as answers
from tests.cap.conftest import CityInbox
from tests.cap.hostile import HOSTILE
from tests.cap.messages import alert, area, atom, contained, info, linked
from tests.cap.web import Web

MOST = 512 * 1024


def storm(n: int) -> bytes:
    return alert(info(), identifier=f"storm-{n}")


def test_address_of_one_message_is_taken_once_until_it_changes(
    city: CityInbox, web: Web, browser: httpx.Client
) -> None:
    web.pages["/cap.xml"] = storm(1)
    source = UrlSource(web.url("/cap.xml"), browser)
    ledger = city.ledger(source.place)
    for _ in range(2):
        look(source, ledger)
    web.pages["/cap.xml"] = storm(2)
    look(source, ledger)
    assert city.alerts() == ["storm-1", "storm-2"]


def test_feed_gives_contained_and_linked_messages_oldest_first_each_fetched_once(
    city: CityInbox, web: Web, browser: httpx.Client
) -> None:
    web.pages |= {"/1.cap": storm(1), "/2.cap": storm(2)}
    web.pages["/feed"] = atom(
        linked("urn:2", "2.cap"), contained("urn:3", storm(3)), linked("urn:1", web.url("/1.cap"))
    )
    source = UrlSource(web.url("/feed"), browser)
    ledger = city.ledger(source.place)
    assert look(source, ledger).taken == 3
    assert look(source, ledger).known == 3
    assert city.alerts() == ["storm-1", "storm-3", "storm-2"]
    assert web.paths() == ["/feed", "/1.cap", "/2.cap", "/feed"]


def test_entry_that_was_updated_is_read_again(city: CityInbox, web: Web, browser: httpx.Client) -> None:
    source = UrlSource(web.url("/feed"), browser)
    ledger = city.ledger(source.place)
    for n, updated in enumerate(["2026-07-01T07:00:00Z", "2026-07-01T08:00:00Z"], 1):
        web.pages |= {"/a.cap": storm(n), "/feed": atom(linked("urn:a", "/a.cap", updated))}
        look(source, ledger)
    assert city.alerts() == ["storm-1", "storm-2"]


def test_unchanged_feed_is_not_sent_again(city: CityInbox, web: Web, browser: httpx.Client) -> None:
    feed = atom(contained("urn:1", storm(1)))
    web.pages["/feed"] = answers.body(feed, ETag='"v1"')
    source = UrlSource(web.url("/feed"), browser)
    ledger = city.ledger(source.place)
    look(source, ledger)
    web.pages["/feed"] = answers.status(304)
    assert look(source, ledger).known == 1
    assert web.asked[1][1]["If-None-Match"] == '"v1"'
    assert len(ledger.memory) == 1


def test_link_to_another_host_is_a_dead_letter_unless_that_host_is_allowed(
    city: CityInbox, web: Web, browser: httpx.Client
) -> None:
    elsewhere = web.url("/1.cap", host="localhost")
    web.pages |= {"/1.cap": storm(1), "/feed": atom(linked("urn:1", elsewhere))}
    source = UrlSource(web.url("/feed"), browser)
    look(source, city.ledger(source.place))
    assert city.reasons() == [f"{elsewhere}: {elsewhere}: another host; it is read only when it is allowed by name"]
    assert b"<id>urn:1</id>" in city.dead()[0]["raw"]
    assert "/1.cap" not in web.paths()
    allowed = UrlSource(web.url("/feed"), browser, hosts=[f"localhost:{web.port}"])
    look(allowed, city.ledger("as if it were another place"))
    assert city.alerts() == ["storm-1"]


@pytest.mark.parametrize("href", ["file:///etc/passwd", "ftp://127.0.0.1/x", "javascript:alert(1)", "http://[", "//"])
def test_link_that_is_no_web_address_is_a_dead_letter(
    city: CityInbox, web: Web, browser: httpx.Client, href: str
) -> None:
    web.pages["/feed"] = atom(linked("urn:1", href), contained("urn:2", storm(2)))
    source = UrlSource(web.url("/feed"), browser)
    look(source, city.ledger(source.place))
    assert city.alerts() == ["storm-2"]
    assert len(city.dead()) == 1


def test_redirect_is_followed_on_the_same_host_and_refused_to_another(web: Web, browser: httpx.Client) -> None:
    fetcher = Fetcher(browser, [f"127.0.0.1:{web.port}"])
    web.pages |= {
        "/old": answers.status(302, Location="/new"),
        "/new": storm(1),
        "/out": answers.status(302, Location=f"http://localhost:{web.port}/new"),
        "/loop": answers.status(302, Location="/loop"),
    }
    assert fetcher.get(web.url("/old"), MOST).url == web.url("/new")
    with pytest.raises(Refused, match="another host"):
        fetcher.get(web.url("/out"), MOST)
    with pytest.raises(FetchFailed, match="more than 3 redirects"):
        fetcher.get(web.url("/loop"), MOST)


def test_endless_answer_is_left_at_the_limit(web: Web, browser: httpx.Client) -> None:
    web.pages["/endless"] = answers.stream(itertools.repeat(b" " * 10_000))
    with pytest.raises(Refused, match="larger than 512 kB"):
        Fetcher(browser, [f"127.0.0.1:{web.port}"]).get(web.url("/endless"), MOST)


def test_answer_that_drips_is_left_when_its_time_is_over(web: Web, browser: httpx.Client) -> None:
    ticks = itertools.count(0, 7.0)
    web.pages["/drip"] = answers.stream(itertools.repeat(b" "))
    fetcher = Fetcher(browser, [f"127.0.0.1:{web.port}"], monotonic=lambda: next(ticks))
    with pytest.raises(FetchFailed, match="not complete within 30 s"):
        fetcher.get(web.url("/drip"), 10 * MOST)


def test_compressed_answer_is_refused_unread(web: Web, browser: httpx.Client) -> None:
    web.pages["/bomb"] = answers.body(gzip.compress(b"0" * 50_000_000), Content_Encoding="gzip")
    with pytest.raises(Refused, match="compressed"):
        Fetcher(browser, [f"127.0.0.1:{web.port}"]).get(web.url("/bomb"), MOST)
    assert web.asked[0][1]["Accept-Encoding"] == "identity"


def test_truncated_answer_is_tried_again_not_buried(city: CityInbox, web: Web, browser: httpx.Client) -> None:
    web.pages["/feed"] = atom(linked("urn:1", "/1.cap"))
    web.pages["/1.cap"] = answers.body(storm(1)[:100], Content_Length="5000")
    source = UrlSource(web.url("/feed"), browser)
    ledger = city.ledger(source.place)
    assert look(source, ledger).missed == 1
    web.pages["/1.cap"] = storm(1)
    assert look(source, ledger).taken == 1
    assert city.dead() == []


def test_server_that_asks_for_patience_gets_it(city: CityInbox, web: Web, browser: httpx.Client) -> None:
    source = UrlSource(web.url("/feed"), browser)
    web.pages["/feed"] = answers.status(503, Retry_After="120")
    said = look(source, city.ledger(source.place))
    assert (said.after_s, said.failed) == (120.0, f"{web.url('/feed')}: answers 503")
    web.pages["/feed"] = answers.status(429, Retry_After="Thu, 01 Jan 2099 00:00:00 GMT")
    assert look(source, city.ledger(source.place)).after_s == 3600.0


def test_message_that_is_gone_is_buried_and_a_missing_feed_is_asked_again(
    city: CityInbox, web: Web, browser: httpx.Client
) -> None:
    source = UrlSource(web.url("/feed"), browser)
    assert look(source, city.ledger(source.place)).failed.endswith("answers 404")
    assert city.dead() == []
    web.pages["/feed"] = atom(linked("urn:1", "/gone.cap"))
    look(source, city.ledger(source.place))
    assert city.reasons()[0].endswith("/gone.cap: answers 404")


def test_messages_that_never_answer_do_not_stand_before_those_that_do(
    city: CityInbox, web: Web, browser: httpx.Client
) -> None:
    broken = [linked(f"urn:broken-{n}", f"/broken-{n}") for n in range(4)]
    web.pages |= {f"/broken-{n}": answers.status(500) for n in range(4)}
    web.pages |= {"/1.cap": storm(1), "/feed": atom(linked("urn:1", "/1.cap"), *broken)}
    source = UrlSource(web.url("/feed"), browser)
    ledger, missed = city.ledger(source.place), set[str]()
    assert "3 documents in a row" in look(source, ledger, missed).failed
    look(source, ledger, missed)
    assert city.alerts() == ["storm-1"]
    assert web.paths().count("/broken-0") <= 2


def test_page_that_is_neither_feed_nor_message_is_buried_once_and_forgets_nothing(
    city: CityInbox, web: Web, browser: httpx.Client
) -> None:
    good = atom(contained("urn:1", storm(1)))
    source = UrlSource(web.url("/feed"), browser)
    ledger = city.ledger(source.place)
    for page in (good, b"<html>Down for maintenance</html>", b"<html>Down for maintenance</html>", good):
        web.pages["/feed"] = page
        look(source, ledger)
    assert city.alerts() == ["storm-1"]
    assert city.reasons() == [f"{source.place}: not a CAP message: the root is html without a namespace"]


def test_entry_without_a_message_and_broken_contained_one_are_buried_alone(
    city: CityInbox, web: Web, browser: httpx.Client
) -> None:
    empty = "<entry><id>urn:0</id></entry>"
    web.pages["/feed"] = atom(empty, contained("urn:1", alert(info(), scope=None)), contained("urn:2", storm(2)))
    source = UrlSource(web.url("/feed"), browser)
    look(source, city.ledger(source.place))
    assert city.alerts() == ["storm-2"]
    assert [reason.rpartition(": ")[2] for reason in city.reasons()] == [
        "scope is missing",
        "an entry that neither contains a CAP message nor links to one",
    ]
    assert city.dead()[1]["raw"] == empty.encode()


@pytest.mark.parametrize("name", ["billion laughs", "XInclude", "one huge polygon"])
def test_hostile_document_behind_a_link_is_buried_with_its_own_bytes(
    city: CityInbox, web: Web, browser: httpx.Client, name: str
) -> None:
    raw = HOSTILE[name][0]()
    web.pages |= {"/1.cap": raw, "/feed": atom(linked("urn:1", "/1.cap"))}
    source = UrlSource(web.url("/feed"), browser)
    look(source, city.ledger(source.place))
    (letter,) = city.dead()
    assert letter["raw"] == raw[: 64 * 1024]
    assert city.alerts() == []


def test_feed_with_a_doctype_or_too_many_entries_is_refused_whole(
    city: CityInbox, web: Web, browser: httpx.Client
) -> None:
    source = UrlSource(web.url("/feed"), browser)
    web.pages["/feed"] = b'<!DOCTYPE feed [<!ENTITY x "y">]>' + atom().partition(b"?>")[2]
    look(source, city.ledger(source.place))
    web.pages["/feed"] = atom(*(linked(f"urn:{n}", f"/{n}") for n in range(2_001)))
    look(source, city.ledger(source.place))
    assert web.paths() == ["/feed", "/feed"]
    assert "DOCTYPE" in city.reasons()[0]
    assert "2000 entries" in city.reasons()[1]


def test_hosts_are_told_apart_by_name_and_port() -> None:
    assert host_of("https://Alerts.Example.org/a") == "alerts.example.org:443"
    assert host_of("http://alerts.example.org:8080/") == "alerts.example.org:8080"
    with pytest.raises(Refused, match="not an http or https address"):
        host_of("file:///etc/passwd")


def test_password_in_an_address_is_never_shown() -> None:
    assert shown("https://me:secret@alerts.example.org/feed") == "https://alerts.example.org/feed"


def test_several_areas_come_through_a_feed(city: CityInbox, web: Web, browser: httpx.Client) -> None:
    web.pages["/feed"] = atom(contained("urn:1", alert(info(area("East"), area("West", circle="39.9,116.4 5")))))
    source = UrlSource(web.url("/feed"), browser)
    look(source, city.ledger(source.place))
    (issued,) = city.entries()
    assert [each["description"] for each in issued.data["infos"][0]["areas"]] == ["East", "West"]
