"""Which cases a question of GeoReport v2 means: filters, the limit of 90 days and 1,000 records, pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import redis

from dashboard.api.arguments import instant
from dashboard.open311.formats import Fault
from dashboard.open311.showing import STEPS
from hotline.cases import Case
from streams.keys import Keys
from streams.reader import Reader
from streams.reader_schema import first_place, to_microseconds

MOST_DAYS = 90
MOST_RECORDS = 1_000
MOST_IDS = 1_000
MOST_PAGES = 10_000
MOST_ID = 200
SECOND = timedelta(seconds=1)
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
SLACK = timedelta(seconds=2)  # of the commit that is looked for by its time
STATUSES = ("open", "closed")

MaySee = Callable[[str], bool]  # of a category
_decode = msgspec.json.Decoder(Case).decode


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A question for many requests; a bound that is None does not hold. Both ends of a range are included."""

    ids: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    page: int = 1
    page_size: int = MOST_RECORDS


class Asked:
    """The parameters of a question, read one by one; what is wrong with them is said all at once."""

    def __init__(self, given: Callable[[str], str]) -> None:
        self._given, self.complaints = given, list[str]()

    def words(self, name: str, most: int) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(word for part in self._given(name).split(",") if (word := part.strip())))
        if len(found) > most:
            self.complaints.append(f"{name}: at most {most} at once")
        return found[:most]

    def instant(self, name: str) -> datetime | None:
        text = self._given(name)
        try:
            at = instant(text) if text else None
        except ValueError as error:
            self.complaints.append(f"{name}: needs {error}")
            return None
        if at is not None and not EARLIEST < at < LATEST:
            self.complaints.append(f"{name}: needs a year from {EARLIEST.year + 1} to {LATEST.year - 1}")
            return None
        return at

    def whole(self, name: str, default: int, most: int) -> int:
        text = self._given(name)
        if not text:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
            self.complaints.append(f"{name}: needs a whole number from 1 to {most}")
            return default
        return int(text)


def read_question(given: Callable[[str], str], now: datetime) -> Wanted:
    """The question that the parameters ask. Raises Fault 400 with everything that is wrong with them."""
    asked = Asked(given)
    statuses = asked.words("status", 10)
    if unknown := set(statuses) - set(STATUSES):
        asked.complaints.append(f"status: {min(unknown)[:40]!r} is neither open nor closed")
    wanted = Wanted(
        ids=asked.words("service_request_id", MOST_IDS),
        codes=asked.words("service_code", MOST_IDS),
        statuses=statuses if len(statuses) == 1 else (),
        start=asked.instant("start_date"),
        end=asked.instant("end_date"),
        updated_after=asked.instant("updated_after"),
        updated_before=asked.instant("updated_before"),
        page=asked.whole("page", 1, MOST_PAGES),
        page_size=asked.whole("page_size", MOST_RECORDS, MOST_RECORDS),
    )
    if wanted.start and wanted.end and wanted.end - wanted.start > timedelta(days=MOST_DAYS):
        asked.complaints.append(f"start_date, end_date: may not span more than {MOST_DAYS} days")
    if wanted.start and wanted.end and wanted.end < wanted.start:
        asked.complaints.append("end_date: lies before start_date")
    if asked.complaints:
        raise Fault(400, *asked.complaints)
    return _bounded(wanted, now)


def _bounded(wanted: Wanted, now: datetime) -> Wanted:
    """The standard's range where none is given. Who asks for changes asks for those of older requests, too."""
    widest = timedelta(days=MOST_DAYS)
    if wanted.start is None and wanted.end is None:
        start = None if wanted.updated_after or wanted.updated_before else now - widest
        return msgspec.structs.replace(wanted, start=start)
    if wanted.start is None and wanted.end is not None:
        return msgspec.structs.replace(wanted, start=wanted.end - widest)
    if wanted.end is None and wanted.start is not None and wanted.start < now - widest:
        return msgspec.structs.replace(wanted, end=wanted.start + widest)
    return wanted


class RequestReader(Reader):
    """Questions to the reader's file that its own lists do not know: several codes, changes, numbered pages."""

    def requests(self, wanted: Wanted, categories: Sequence[str] | None, from_seq: int, may_see: MaySee) -> list[Case]:
        """One page, newest request first. `categories` None: all. May block: run it in the thread pool."""
        sql, parameters = _statement(wanted, categories, from_seq)
        with self._snapshot() as (db, _):
            db.create_function("may_see", 1, lambda category: may_see(category or ""))
            rows = db.execute(sql, parameters).fetchall()
        return [_decode(bytes(doc)) for (doc,) in rows]

    def named(self, ids: Sequence[str]) -> list[Case]:
        """The cases with these numbers that the file knows."""
        marks = ", ".join("?" * len(ids))
        sql = f"SELECT d.doc FROM cases AS r JOIN cases_docs AS d ON d.place = r.place WHERE r.id IN ({marks})"
        with self._snapshot() as (db, _):
            rows = db.execute(sql, list(ids)).fetchall() if ids else []
        return [_decode(bytes(doc)) for (doc,) in rows]


def _updated_s() -> str:
    """`updated_at` of a document, in whole seconds, as SQL: a function of ours would hold up whoever else is served."""
    found = (f"ifnull(CAST(strftime('%s', json_extract(d.doc, '$.{name}')) AS INTEGER), 0)" for name in STEPS)
    return f"max({', '.join(found)})".replace("d.doc", "CAST(d.doc AS TEXT)")


def _seconds(at: datetime) -> int:
    return to_microseconds(at) // 1_000_000


def _statement(wanted: Wanted, categories: Sequence[str] | None, from_seq: int) -> tuple[str, list[Any]]:
    """Narrow rows alone are walked, newest first, until the page is full; documents are looked into last."""
    conditions: list[tuple[str, list[Any]]] = [("r.place > 0", [])]
    if wanted.start is not None:
        conditions.append(("r.place >= ?", [first_place(wanted.start)]))
    if wanted.end is not None:
        conditions.append(("r.place < ?", [first_place(wanted.end.replace(microsecond=0) + SECOND)]))
    if categories is not None:
        conditions.append((f"+r.category IN ({', '.join('?' * len(categories))})", list(categories)))
    if wanted.statuses:
        conditions.append(("+r.status = ?", list(wanted.statuses)))
    if from_seq:
        conditions.append(("r.seq >= ?", [from_seq]))
    if wanted.updated_after is not None:
        conditions.append((f"{_updated_s()} >= ?", [_seconds(wanted.updated_after)]))
    if wanted.updated_before is not None:
        conditions.append((f"{_updated_s()} <= ?", [_seconds(wanted.updated_before)]))
    conditions.append(("may_see(r.category)", []))
    # Changes are told to the second, so they are found to the second.
    is_by_change = bool(wanted.updated_after or wanted.updated_before)
    looked_into = " CROSS JOIN cases_docs AS d ON d.place = r.place" if is_by_change else ""
    chosen = (
        f"SELECT r.place FROM cases AS r{looked_into} WHERE {' AND '.join(text for text, _ in conditions)}"
        " ORDER BY r.place DESC LIMIT ? OFFSET ?"
    )
    sql = f"SELECT d.doc FROM ({chosen}) AS p CROSS JOIN cases_docs AS d ON d.place = p.place ORDER BY p.place DESC"
    values = [value for _, some in conditions for value in some]
    return sql, [*values, wanted.page_size, (wanted.page - 1) * wanted.page_size]


def seq_at(client: redis.Redis, keys: Keys, at: datetime) -> int:
    """The first commit that may have been written at or after that time; 0 where the log does not reach so far back.

    Entries of the log are numbered by commits and stamped with the city's time, which only goes forward: halving
    finds the place in some twenty questions.
    """
    first: Any = client.xrange(keys.events, count=1)
    last: Any = client.xrevrange(keys.events, count=1)
    if not first or _recorded(first[0]) >= at - SLACK:
        return 0
    low, high = _seq(first[0]), _seq(last[0]) + 1
    while low < high:
        middle = (low + high) // 2
        found: Any = client.xrange(keys.events, min=f"{middle}-0", count=1)
        if found and _recorded(found[0]) < at - SLACK:
            low = _seq(found[0]) + 1
        else:
            high = middle
    return low


def _seq(entry: Any) -> int:
    return int(entry[0].decode().partition("-")[0])


class _Stamped(msgspec.Struct):
    recorded_at: datetime


def _recorded(entry: Any) -> datetime:
    return msgspec.json.decode(entry[1][b"e"], type=_Stamped).recorded_at
