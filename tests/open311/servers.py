"""Servers on loopback that a feed may meet: one that follows the rules in its own way, one that follows none."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
JSON = "application/json"

Record = dict[str, Any]


@dataclass
class Reply:
    """One answer: `body` is sent whole or piece by piece; `length` lies about it when given; no `date` when None."""

    body: bytes | Iterable[bytes] = b"[]"
    status: int = 200
    type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    date: datetime | None = NOON
    head: Iterable[bytes] | None = None  # sent instead of the status line and the headers


Answer = Callable[[str, dict[str, str]], Reply]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        asked = dict(parse_qsl(split.query, keep_blank_values=True))
        self.server.asked.append((split.path, asked))  # type: ignore[attr-defined]
        reply: Reply = self.server.answer(split.path.rpartition("/")[2], asked)  # type: ignore[attr-defined]
        self.close_connection = True
        try:
            self._send(reply)
        except OSError:
            return  # the client had enough

    def _send(self, reply: Reply) -> None:
        if reply.head is not None:
            for piece in reply.head:
                self.wfile.write(piece)
                self.wfile.flush()
            return
        self.send_response_only(reply.status)
        if reply.date is not None:
            self.send_header("Date", format_datetime(reply.date, usegmt=True))
        if reply.type:
            self.send_header("Content-Type", reply.type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        pieces = [reply.body] if isinstance(reply.body, bytes) else reply.body
        if isinstance(reply.body, bytes) or reply.length is not None:
            self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))  # type: ignore[arg-type]
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 50


@dataclass
class Running:
    """A server that runs: its address, and what it was asked: (path, parameters)."""

    url: str
    asked: list[tuple[str, dict[str, str]]]
    server: Any

    def answers(self, answer: Answer) -> None:
        """From now on."""
        self.server.answer = answer


@contextmanager
def serving(answer: Answer) -> Iterator[Running]:
    """A server for this answer."""
    server: Any = _Server(("127.0.0.1", 0), _Handler)
    server.answer, server.asked = answer, []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Running(f"http://127.0.0.1:{server.server_address[1]}/v2", server.asked, server)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def record(number: int, **said: Any) -> Record:
    """A service request, one minute apart from its neighbours."""
    at = (NOON - timedelta(minutes=number)).isoformat()
    known = {
        "service_request_id": str(number),
        "status": "open",
        "service_code": "006",
        "service_name": "Sidewalk and Curb Issues",
        "description": f"Report number {number}",
        "requested_datetime": at,
        "updated_datetime": at,
        "lat": 37.76,
        "long": -122.46,
    }
    return {k: v for k, v in (known | said).items() if v is not ...}


def listed(records: Iterable[Record]) -> Reply:
    """Them as JSON."""
    return Reply(json.dumps(list(records)).encode())


def one_after_another(*replies: Reply) -> Answer:
    """Each reply once to questions for requests, the last for ever; services are always answered."""
    left = list(replies)

    def answer(resource: str, asked: dict[str, str]) -> Reply:
        if resource.startswith("services"):
            return listed([{"service_code": "006", "service_name": "Sidewalk and Curb Issues"}])
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


@dataclass
class Habits:
    """How a server treats what the standard leaves open."""

    limit: int = 1000  # silent: what it cuts every answer to
    first_page: int | None = 1  # None: it knows no pages
    past_the_end: str = "empty"  # or "404", "last"
    order: str = "newest"  # or "oldest", "shuffled"
    knows_updated_after: bool = True
    knows_dates: bool = True
    skew: timedelta = timedelta(0)


class City:
    """A server by the rules, with habits. `records` may be changed at any time."""

    def __init__(self, records: Iterable[Record] = (), habits: Habits | None = None, now: datetime = NOON) -> None:
        self.records = {r["service_request_id"]: r for r in records}
        self.habits, self.now = habits or Habits(), now

    def put(self, *records: Record) -> None:
        self.records |= {r["service_request_id"]: r for r in records}

    def __call__(self, resource: str, asked: dict[str, str]) -> Reply:
        if resource.startswith("services"):
            codes = {r["service_code"]: r.get("service_name") for r in self.records.values()}
            reply = listed({"service_code": code, "service_name": name} for code, name in codes.items())
        else:
            reply = self._requests(asked)
        reply.date = self.now + self.habits.skew
        return reply

    def _requests(self, asked: dict[str, str]) -> Reply:
        habits = self.habits
        found = self._ordered(r for r in self.records.values() if self._fits(r, asked))
        size = min(int(asked.get("page_size", habits.limit)), habits.limit)
        if habits.first_page is None:
            return listed(found[: habits.limit])
        pages = max(1, -(-len(found) // size))
        page = int(asked.get("page", habits.first_page)) - habits.first_page
        if page >= pages and habits.past_the_end == "404":
            return Reply(b'[{"code":404,"description":"no such page"}]', 404)
        if habits.past_the_end == "last":
            page = min(page, pages - 1)
        return listed(found[page * size : (page + 1) * size])

    def _ordered(self, found: Iterable[Record]) -> list[Record]:
        if self.habits.order == "shuffled":
            return sorted(found, key=lambda r: zlib.crc32(r["service_request_id"].encode()))
        return sorted(found, key=_requested, reverse=self.habits.order == "newest")

    def _fits(self, r: Record, asked: dict[str, str]) -> bool:
        if ids := asked.get("service_request_id"):
            return r["service_request_id"] in ids.split(",")
        if asked.get("service_code", r["service_code"]) != r["service_code"]:
            return False
        bounds = []
        if self.habits.knows_dates:
            bounds += [("start_date", _requested(r)), ("end_date", _requested(r))]
        if self.habits.knows_updated_after:
            bounds += [("updated_after", _updated(r)), ("updated_before", _updated(r))]
        for name, at in bounds:
            if name in asked:
                bound = datetime.fromisoformat(asked[name])
                if (at > bound) if name in ("end_date", "updated_before") else (at < bound):
                    return False
        return True


def _requested(r: Record) -> datetime:
    return _aware(r["requested_datetime"])


def _updated(r: Record) -> datetime:
    return _aware(r.get("updated_datetime") or r["requested_datetime"])


def _aware(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return NOON
    return at if at.tzinfo else at.replace(tzinfo=UTC)
