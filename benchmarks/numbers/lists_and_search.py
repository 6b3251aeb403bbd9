"""How fast the reader lists, filters and searches half a million open cases, and how fast it follows the log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.documents import CALLER_KEY, SEQ, phone_of, write_cases
from benchmarks.results import Result, percentile, rounded
from benchmarks.run import Run
from benchmarks.servers import Servers
from benchmarks.traffic import Traffic
from dashboard.api.search import asked_of, in_lists
from dashboard.callers.numbers import dialling_of
from dashboard.callers.sealing import Sealer
from dashboard.engine.decide import Fact, decide
from dashboard.engine.state import State
from dashboard.reader_process import BATCH, Tail
from geo.areas import Areas
from geo.cities import City, load_city
from hotline.cases import Case
from hotline.worklists import WORKLISTS
from streams.codec import decode_envelope, encode, payload_of
from streams.reader import Reader
from streams.reader_lists import ListQuery
from streams.reader_writer import ReaderWriter

NAME = "lists-and-search"
ASKS = "first page, filter and search among 500,000 open cases; events per second that the reader takes"
MOST_MS = 300
CASES = (500_000, 30_000, 2_000)
REPEATS = (20, 10, 3)
EVENTS = (20_000, 5_000, 1_000)
PAGE, ROWS = 50, 100
OWN = "zh"


def measure(run: Run) -> Iterator[Result]:
    cases = run.pick(*CASES)
    with run.servers() as servers:
        city = load_city(servers.city)
        areas = city.load_areas(cache_dir=servers.folder / "cache")
        run.say(f"writing {cases:,} open cases")
        write_cases(servers, range(cases), city, areas, datetime.now(UTC))
        path = servers.folder / f"reader-{servers.city}.sqlite"
        with ReaderWriter(path, servers.city) as writer:
            tail = Tail(servers.client, servers.keys, writer)
            run.say("building the reader's file")
            began = time.perf_counter()
            tail.step()
            build_s = time.perf_counter() - began
            yield _lists(run, path, servers, cases, build_s)
            yield _work(run, path, city, _common_area(servers), cases)
            yield _following(run, servers, tail, city, areas)


def _lists(run: Run, path: Path, servers: Servers, cases: int, build_s: float) -> Result:
    reader = Reader(path, servers.city)
    area = _common_area(servers)
    asked: dict[str, Callable[[], Any]] = {
        "first page": lambda: reader.list_cases({}, PAGE),
        "category and area": lambda: reader.list_cases({"category": "category-07", "area": area}, PAGE),
        "due within a day": lambda: reader.list_cases({"due_before": datetime.now(UTC) + timedelta(days=1)}, PAGE),
        "search, a quarter of all": lambda: reader.list_cases({"q": "垃圾"}, PAGE),
        "search, one": lambda: reader.list_cases({"q": f"old-{cases // 2}"}, PAGE),
        "search in an area": lambda: reader.list_cases({"q": "street light", "area": area}, PAGE),
    }
    times = {what: _times_ms(ask, run.pick(*REPEATS)) for what, ask in asked.items()}
    slowest = max(percentile(ms, 0.99) for ms in times.values())
    return Result(
        name=NAME,
        value=rounded(slowest),
        unit="ms (p99 of the slowest question)",
        target=f"≤ {MOST_MS} ms",
        met=slowest <= MOST_MS,
        n=sum(map(len, times.values())),
        compared_with={
            **{f"{what}, p50 ms": rounded(percentile(ms, 0.5)) for what, ms in times.items()},
            "finding the same words by reading every document in Redis, ms": _scan_ms(servers),
        },
        conditions={
            "open cases": cases,
            "page": PAGE,
            "asked": "as a web process asks, in its thread pool; HTTP not included",
            "building the file took s": rounded(build_s),
        },
    )


def _work(run: Run, path: Path, city: City, area: str, cases: int) -> Result:
    """The work lists of the hotline: rows anywhere, narrowed, searched; counts; search while the caller waits."""
    reader, now = Reader(path, city.id), datetime.now(UTC)
    times = {what: _times_ms(ask, run.pick(*REPEATS)) for what, ask in _asked(reader, city, area, cases, now).items()}
    queries = {name: _query(name, now) for name in WORKLISTS}
    counts = _times_ms(lambda: reader.summaries(queries, now)[0], run.pick(*REPEATS))
    slowest = max(percentile(ms, 0.99) for ms in times.values())
    return Result(
        name=f"{NAME}: work lists",
        value=rounded(slowest),
        unit="ms (p99 of the slowest question)",
        target=f"≤ {MOST_MS} ms",
        met=slowest <= MOST_MS,
        n=sum(map(len, times.values())),
        compared_with={
            **{f"{what}, p50 ms": rounded(percentile(ms, 0.5)) for what, ms in times.items()},
            "all ten lists counted, p50 ms": rounded(percentile(counts, 0.5)),
        },
        conditions={"open cases": cases, "rows of a page": ROWS, "each page also counts its list": True},
    )


def _asked(reader: Reader, city: City, area: str, cases: int, now: datetime) -> dict[str, Callable[[], Any]]:
    sealer = Sealer(CALLER_KEY, dialling_of(city))
    phone = phone_of(cases // 50 * 20)

    def rows(name: str, sort: str = "due", start: int = 0, **filters: Any) -> Callable[[], Any]:
        return lambda: reader.list_rows(_query(name, now, sort, **filters), start, start + ROWS).rows

    def search(q: str) -> Callable[[], Any]:
        return lambda: in_lists(reader, asked_of(q, 30, sealer))[0]

    narrowed: dict[str, Any] = {"area": area, "category": "category-07", "grade": "II"}
    return {
        "first page, open by deadline": rows("open"),
        "first page, open by receipt": rows("open", "received"),
        "first page, open by grade": rows("open", "grade"),
        "a page in the middle, by deadline": rows("open", start=cases // 2),
        "a page in the middle, by grade": rows("open", "grade", cases // 2),
        "first page, overdue": rows("overdue"),
        "first page, unassigned in an area": rows("unassigned", area=area),
        "first page, repeat callers": rows("repeat"),
        "three filters": rows("open", **narrowed),
        "three filters, by receipt": rows("open", "received", **narrowed),
        "words that a quarter has, by deadline": rows("open", q="垃圾"),
        "words in an area": rows("open", q="street light", area=area),
        "search: a number": search(phone),
        "search: its last four digits": search(phone[-4:]),
        "search: a name": search("Caller 12"),
        "search: words that a quarter has": search("垃圾"),
    }


def _query(name: str, now: datetime, sort: str = "due", **filters: Any) -> ListQuery:
    worklist = WORKLISTS[name]
    return ListQuery(worklist.base, worklist.clauses(now, OWN), filters, sort, private=True)


def _common_area(servers: Servers) -> str:
    """The area of some case: large areas are likelier."""
    raw: Any = servers.client.hget(servers.keys.cases, "old-0")
    return msgspec.json.decode(raw, type=Case).area


def _times_ms(ask: Callable[[], Any], repeats: int) -> list[float]:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        found = ask()
        if not getattr(found, "docs", found):
            raise AssertionError("nothing was found")
        times.append((time.perf_counter() - began) * 1000)
    return times


def _scan_ms(servers: Servers) -> int:
    """The way without a reader: one pass over all private records."""
    began = time.perf_counter()
    needle = "垃圾".encode()
    found = sum(needle in raw for _, raw in servers.client.hscan_iter(servers.keys.private, count=20_000))
    if not found:
        raise AssertionError("nothing was found")
    return round((time.perf_counter() - began) * 1000)


def _following(run: Run, servers: Servers, tail: Tail, city: City, areas: Areas | None) -> Result:
    """Facts of mixed traffic into the large file."""
    count = run.pick(*EVENTS)
    _write_facts(servers, count, city, areas)
    began, taken = time.perf_counter(), 0
    while taken < count:
        taken += tail.step()
    per_s = count / (time.perf_counter() - began)
    return Result(
        name=f"{NAME}: following the log",
        value=round(per_s),
        unit="events/s",
        target="(no promise: as many as come in)",
        met=None,
        n=count,
        compared_with={},
        conditions={"file": "the large one, with its search index", "batch": BATCH},
    )


def _write_facts(servers: Servers, count: int, city: City, areas: Areas | None) -> None:
    """Facts as the engine writes them, decided by its own rule, with their private fields."""
    now = datetime.now(UTC)
    state = State(city, now)
    entries = Traffic(seed=800).entries(count, now - timedelta(milliseconds=count), timedelta(milliseconds=1))
    seq = SEQ
    while some := list(islice(entries, BATCH)):
        seq += 1
        with servers.client.pipeline(transaction=True) as pipe:
            for index, entry in enumerate(some):
                envelope = decode_envelope(entry.raw)
                fact = decide(state, envelope, payload_of(envelope), now, areas)
                assert isinstance(fact, Fact), "such traffic is neither held nor refused"
                pipe.execute_command("XADD", servers.keys.events, f"{seq}-{index}", "e", encode(fact.envelope))
                if fact.private:
                    pipe.hset(servers.keys.private, fact.envelope.subject, encode(fact.private))
            pipe.hset(servers.keys.position, "seq", str(seq))
            pipe.execute()
