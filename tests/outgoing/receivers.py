"""Receivers of webhooks on loopback: each answers from a script, and keeps what it was sent."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dashboard.outgoing.hooks import Hook, load_hooks, unlock
from tests.support.redis_server import wait_until

SECRET = "a secret of the control room"
ENVIRON = {"CONTROL_ROOM_SECRET": SECRET}


@dataclass(frozen=True)
class Received:
    """One request as it stood on the wire."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def delivery(self) -> str:
        return self.headers["hexwatch-delivery"]


def is_signed(received: Received, secret: str = SECRET) -> bool:
    """The receiver's side, written from docs/operations.md alone."""
    parts = dict(part.split("=", 1) for part in received.headers["hexwatch-signature"].split(","))
    expected = hmac.new(secret.encode(), parts["t"].encode() + b"." + received.body, hashlib.sha256)
    return hmac.compare_digest(expected.hexdigest(), parts["v1"])


Script = Callable[[int, Received], bytes | None]  # number of the request, the request -> the whole answer


def answers(*statuses: int, then: int = 200) -> Script:
    """These statuses in order, and `then` for ever."""
    return lambda n, _: status_line(statuses[n] if n < len(statuses) else then)


def status_line(status: int, **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}Content-Length: 0\r\n\r\n".encode()


@dataclass
class Receiver:
    """A server on loopback. A script that returns None hangs: it keeps the connection and says nothing."""

    script: Script = field(default_factory=answers)
    received: list[Received] = field(default_factory=list)
    held: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> Receiver:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join(60)
        for each in self.held:
            each.close()

    @property
    def port(self) -> int:
        return int(self.server.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?city=boston"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as file:
            head = list(iter(file.readline, b"\r\n"))
            pairs = (line.decode().strip().split(": ", 1) for line in head[1:])
            headers = {name.lower(): value for name, value in pairs}
            request = Received(headers, file.read(int(headers["content-length"])))
        number = len(self.received)
        self.received.append(request)
        answer = self.script(number, request)
        if answer is None:
            self.held.append(connection)
            return
        connection.sendall(answer)
        connection.close()

    def wait_for(self, count: int) -> list[Received]:
        wait_until(lambda: len(self.received) >= count, what=f"{count} requests")
        return self.received

    def subjects(self) -> list[str]:
        return [each.json["subject"] for each in self.received]


def hook_file(folder: Any, url: str, **more: Any) -> Any:
    """A file with one hook."""
    said = {
        "name": "control-room",
        "url": url,
        "events": ["incident.*"],
        "secret_env": "CONTROL_ROOM_SECRET",
        "fields": ["incident_id", "kind", "priority"],
        "allow_private": True,
        **more,
    }
    path = folder / f"{said['name']}.toml"
    lines = [f"{name} = {json.dumps(value)}" for name, value in said.items()]
    path.write_text("[[hook]]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def hook_to(folder: Any, url: str, **more: Any) -> Hook:
    return unlock(load_hooks(hook_file(folder, url, **more))[0], ENVIRON)
