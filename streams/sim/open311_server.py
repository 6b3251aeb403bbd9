"""A small Open311 GeoReport v2 server on the loopback interface: the simulated city publishes its reports here."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

import msgspec

LOOPBACK = "127.0.0.1"
BASE = "/open311/v2"
LIMIT = 1000  # GeoReport v2: an answer holds no more
TYPES = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
# Filter -> the field that it compares, and whether it keeps what lies before its instant.
DATES = {
    "start_date": ("requested_datetime", False),
    "end_date": ("requested_datetime", True),
    "updated_after": ("updated_datetime", False),
    "updated_before": ("updated_datetime", True),
}


class PublishedReport(msgspec.Struct, frozen=True, kw_only=True):
    """One service request as this server tells it. Published again under its id, it is replaced."""

    service_request_id: str
    service_code: str
    service_name: str
    requested_datetime: datetime
    status: str = "open"
    status_notes: str | None = None
    updated_datetime: datetime | None = None
    expected_datetime: datetime | None = None
    description: str | None = None
    agency_responsible: str | None = None
    address: str | None = None
    lat: float | None = None
    long: float | None = None


class Refusal(Exception):
    """The question has no answer: (HTTP status, what to say)."""


class Open311Server:
    """Serves `services`, `requests` and `requests/<id>` as JSON and XML, with filters and pages counted from 1.

    `now` gives the time of the Date header: the city's. Reads run in threads of their own; `publish` may be called
    from any thread.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        services: Mapping[str, str] | None = None,
        reports: Iterable[PublishedReport] = (),
        port: int = 0,
    ) -> None:
        self._now = now
        self._services = dict(services or {})
        self._reports = {report.service_request_id: report for report in reports}
        self._lock = threading.Lock()
        self._server = _Server((LOOPBACK, port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The address for `feed open311`."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}{BASE}"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def publish(self, report: PublishedReport) -> None:
        """Show this version of the report from now on."""
        with self._lock:
            self._reports[report.service_request_id] = report
            self._services.setdefault(report.service_code, report.service_name)

    def answer(self, path: str, asked: Mapping[str, str]) -> tuple[str, list[dict[str, Any]], str]:
        """(`services` or `requests`, the items, the format) of one question. Raises Refusal."""
        resource, _, form = path.removeprefix(f"{BASE}/").rpartition(".")
        if not path.startswith(f"{BASE}/") or form not in TYPES:
            raise Refusal(404, f"nothing is served at {path}")
        with self._lock:
            services, reports = dict(self._services), list(self._reports.values())
        if resource == "services":
            return "services", [_service(code, name) for code, name in services.items()], form
        if resource == "requests":
            return "requests", [_plain(report) for report in _chosen(reports, asked)], form
        folder, _, wanted = resource.partition("/")
        found = [report for report in reports if report.service_request_id == wanted]
        if folder != "requests" or not found:
            raise Refusal(404, "no such service request")
        return "requests", [_plain(found[0])], form

    def date(self) -> str:
        return format_datetime(self._now().astimezone(UTC), usegmt=True)


# what is chosen


def _chosen(reports: list[PublishedReport], asked: Mapping[str, str]) -> list[PublishedReport]:
    """The page of reports that the filters leave, newest first."""
    if ids := asked.get("service_request_id"):
        wanted = set(ids.split(","))
        return [report for report in reports if report.service_request_id in wanted]
    for name in ("status", "service_code"):
        if value := asked.get(name):
            allowed = set(value.split(","))
            reports = [report for report in reports if getattr(report, name) in allowed]
    for name, (field, is_end) in DATES.items():
        if name in asked:
            reports = [report for report in reports if _lies(_stamp(report, field), _instant(asked, name), is_end)]
    field = "updated_datetime" if "updated_after" in asked else "requested_datetime"
    reports = sorted(reports, key=lambda r: (_stamp(r, field), r.service_request_id), reverse=True)
    size = min(_number(asked, "page_size", LIMIT), LIMIT)
    start = (_number(asked, "page", 1) - 1) * size
    return reports[start : start + size]


def _stamp(report: PublishedReport, field: str) -> datetime:
    stamp: datetime = getattr(report, field) or report.requested_datetime
    return stamp


def _lies(at: datetime, bound: datetime, is_end: bool) -> bool:
    return at <= bound if is_end else at >= bound


def _instant(asked: Mapping[str, str], name: str) -> datetime:
    try:
        found = datetime.fromisoformat(asked[name])
    except ValueError:
        raise Refusal(400, f"{name}: needs a time such as 2026-01-31T09:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _number(asked: Mapping[str, str], name: str, default: int) -> int:
    text = asked.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0):
        raise Refusal(400, f"{name}: needs a number from 1 on")
    return int(text[:9])


# how it is written


def _plain(report: PublishedReport) -> dict[str, Any]:
    """All fields in their order, absent ones as null; times with their zone."""
    plain: dict[str, Any] = msgspec.to_builtins(report)
    return plain


def _service(code: str, name: str) -> dict[str, Any]:
    said = {"service_code": code, "service_name": name, "description": name}
    return said | {"metadata": False, "type": "realtime", "keywords": "", "group": ""}


def as_json(items: list[dict[str, Any]]) -> bytes:
    """A list of objects."""
    return json.dumps(items, ensure_ascii=False).encode()


def as_xml(items: list[dict[str, Any]], many: str, one: str) -> bytes:
    """`<many><one>…</one></many>`; what is absent is an empty element."""
    parts = ['<?xml version="1.0" encoding="utf-8"?>', f"<{many}>"]
    for item in items:
        fields = "".join(f"<{name}>{_xml_text(value)}</{name}>" for name, value in item.items())
        parts.append(f"<{one}>{fields}</{one}>")
    return "\n".join([*parts, f"</{many}>"]).encode()


def _xml_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape("".join(c for c in str(value) if c >= " " or c in "\t\n\r"))


NAMES = {
    "services": ("services", "service"),
    "requests": ("service_requests", "request"),
    "errors": ("errors", "error"),
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a reader that keeps its connection open does not hold up the end

    def __init__(self, address: tuple[str, int], open311: Open311Server) -> None:
        self.open311 = open311
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server_version = "Hexwatch-simulation"
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        try:
            what, items, form = self.server.open311.answer(split.path, dict(parse_qsl(split.query)))
        except Refusal as refusal:
            status, said = refusal.args
            self._send(status, "errors", [{"code": status, "description": said}], split.path.rpartition(".")[2])
        else:
            self._send(200, what, items, form)

    def _send(self, status: int, what: str, items: list[dict[str, Any]], form: str) -> None:
        form = form if form in TYPES else "json"
        body = as_json(items) if form == "json" else as_xml(items, *NAMES[what])
        self.send_response(status)
        self.send_header("Content-Type", TYPES[form])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return self.server.open311.date()

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads a line for each question."""
