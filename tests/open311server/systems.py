"""A body's own system on loopback: posts and questions are answered from scripts, and what it was sent is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.support.redis_server import wait_until

Reply = tuple[int, Any]  # status, body as JSON or bytes
Said = Callable[[int], Reply]  # number of the request -> the answer


def taken(number: str) -> Reply:
    """The answer of a body that took a case."""
    return 201, [{"service_request_id": number, "service_notice": "", "account_id": None}]


@dataclass(frozen=True)
class Posted:
    key: str
    form: dict[str, str]


@dataclass
class System:
    """`posts(n)` answers the n-th report, `gets(n)` the n-th question."""

    posts: Said = lambda n: taken(f"T{n}")
    gets: Said = lambda n: (200, [])
    received: list[Posted] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> System:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.system = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v2"

    def wait_for(self, count: int) -> list[Posted]:
        wait_until(lambda: len(self.received) >= count, what=f"{count} reports")
        return self.received


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_POST(self) -> None:
        system: System = self.server.system  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        number = len(system.received)
        system.received.append(Posted(self.headers["Idempotency-Key"], form))
        self._send(system.posts(number))

    def do_GET(self) -> None:
        system: System = self.server.system  # type: ignore[attr-defined]
        number = len(system.asked)
        system.asked.append(self.path)
        self._send(system.gets(number))

    def _send(self, reply: Reply) -> None:
        status, said = reply
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads a line for each question."""
