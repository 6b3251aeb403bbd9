"""A page without a browser: speaks Engine.IO 4 and Socket.IO 5 over a plain socket, and applies frames by the rule.

It reads only when told to, which no client library does: so a page can sleep, or never read at all.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Message,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)

PATH = "/socket.io/?EIO=4&transport=websocket"


class Refused(Exception):
    """The server would not have this page; the message is its reason."""


class Gone(Exception):
    """The connection ended."""


class RawSocket:
    """One Socket.IO connection. Small receive buffers make a page that does not read felt at once."""

    def __init__(
        self, port: int, topics: object, headers: Mapping[str, str] | None = None, receive_bytes: int | None = None
    ):
        self.ws = WSConnection(ConnectionType.CLIENT)
        self.sock = socket.socket()
        if receive_bytes:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.sock.settimeout(10)
        self.sock.connect(("127.0.0.1", port))
        self._partial: list[Any] = []
        self._messages: list[str | bytes] = []
        self._attachments = 0
        self.events: list[Any] = []  # other than frames: [name, value]
        self.read_bytes = 0
        try:
            self._shake_hands(port, topics, headers or {})
        except BaseException:
            self.sock.close()
            raise

    def _shake_hands(self, port: int, topics: object, headers: Mapping[str, str]) -> None:
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._send(Request(host=f"127.0.0.1:{port}", target=PATH, extra_headers=extra))
        opened = self._next_message(30)
        assert isinstance(opened, str), opened
        assert opened.startswith("0{"), opened
        self.opened: dict[str, Any] = json.loads(opened[1:])
        self._send(TextMessage(data="40" + json.dumps({"topics": topics})))
        answer = self._next_message(30)
        assert isinstance(answer, str), answer
        if answer.startswith("44"):
            raise Refused(json.loads(answer[2:])["message"])
        assert answer.startswith("40"), answer

    def frames(self, within_s: float) -> Iterator[bytes]:
        """Payloads of `frame` events as they come, until nothing came for so long. Raises Gone."""
        while (message := self._next_message(within_s)) is not None:
            if isinstance(message, bytes):
                assert self._attachments == 1, "binary bytes that no event announced"
                self._attachments = 0
                yield message
            elif message.startswith("451-"):
                assert json.loads(message[4:]) == ["frame", {"_placeholder": True, "num": 0}]
                self._attachments = 1
            elif message.startswith("42"):
                self.events.append(json.loads(message[2:]))
            elif message.startswith("41") or message == "1":
                raise Gone("told to go")
            else:
                raise AssertionError(f"not expected: {message[:100]}")

    def _next_message(self, within_s: float) -> str | bytes | None:
        """The next Engine.IO message that is not a ping; None when nothing came for so long."""
        deadline = time.monotonic() + within_s
        while not self._messages:
            left = deadline - time.monotonic()
            if left <= 0 or not self._receive(left):
                return None
        message = self._messages.pop(0)
        if message == "2":
            self._send(TextMessage(data="3"))
            return self._next_message(max(0.0, deadline - time.monotonic()))
        return message

    def _receive(self, within_s: float) -> bool:
        self.sock.settimeout(within_s)
        try:
            raw = self.sock.recv(65536)
        except TimeoutError:
            return False
        except ConnectionError as error:
            raise Gone(str(error)) from None
        if not raw:
            raise Gone("end of stream")
        self.read_bytes += len(raw)
        self.ws.receive_data(raw)
        for event in self.ws.events():
            self._take(event)
        return True

    def _take(self, event: Any) -> None:
        if isinstance(event, TextMessage | BytesMessage):
            self._partial.append(event.data)
            if event.message_finished:
                empty: Any = "" if isinstance(event, TextMessage) else b""
                self._messages.append(empty.join(self._partial))
                self._partial = []
        elif isinstance(event, Ping):
            self._send(event.response())
        elif isinstance(event, CloseConnection):
            raise Gone(f"closed: {event.code} {event.reason}")
        elif isinstance(event, RejectConnection):
            raise Refused(str(event.status_code))
        else:
            assert isinstance(event, AcceptConnection | Message | Pong), event

    def emit(self, name: str, value: Any) -> None:
        """Say something to the server."""
        self._send(TextMessage(data="42" + json.dumps([name, value])))

    def ping(self) -> None:
        """Ask for a WebSocket pong, which the server sends between its messages."""
        self._send(Ping(payload=b"are you there"))

    def _send(self, event: Any) -> None:
        self.sock.sendall(self.ws.send(event))

    def close(self) -> None:
        self.sock.close()


class Page:
    """A page's copy of the picture, and the three lines by which frames change it."""

    def __init__(self) -> None:
        self.picture: dict[str, dict[str, Any]] = {}
        self.epoch, self.seq = -1, -1

    @property
    def version(self) -> tuple[int, int]:
        return self.epoch, self.seq

    def take(self, snapshot: Mapping[str, Any]) -> None:
        if snapshot["epoch"] == self.epoch and snapshot["seq"] < self.seq:
            return
        self.epoch, self.seq = snapshot["epoch"], snapshot["seq"]
        self.picture = {topic: dict(values) for topic, values in snapshot["topics"].items()}

    def apply(self, raw: bytes) -> str:
        """`applied`, `old` or `missing`."""
        frame = json.loads(raw)
        if frame["epoch"] != self.epoch:
            return "missing"
        if frame["seq"] <= self.seq:
            return "old"
        if frame["prev"] > self.seq:
            return "missing"
        for topic, change in frame["topics"].items():
            values = self.picture[topic]
            values |= change["set"]
            for key in change["remove"]:
                values.pop(key, None)
        self.seq = frame["seq"]
        return "applied"


class Viewer:
    """A page on a real connection: frames by the socket, snapshots by HTTP when something is missing."""

    def __init__(self, port: int, topics: list[str], headers: Mapping[str, str] | None = None, **socket_options: Any):
        self.topics = topics
        self.socket = RawSocket(port, topics, headers, **socket_options)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=dict(headers or {}), timeout=30)
        self.page = Page()
        self.outcomes: list[str] = []
        self.snapshots = 0
        self.take_snapshot()

    def take_snapshot(self) -> None:
        self.page.take(self.snapshot())
        self.snapshots += 1

    def snapshot(self) -> dict[str, Any]:
        """What the server says the picture is."""
        answer = self.http.get("/live/snapshot?" + urlencode([("topics", t) for t in ["clock", *self.topics]]))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def receive(self, raw: bytes) -> None:
        outcome = self.page.apply(raw)
        self.outcomes.append(outcome)
        if outcome == "missing":
            self.take_snapshot()

    def watch(self, for_s: float) -> int:
        """Read frames for so long, taking a snapshot when one is missing; how many came."""
        deadline = time.monotonic() + for_s
        count = 0
        while (left := deadline - time.monotonic()) > 0:
            for raw in self.socket.frames(min(left, 0.2)):
                count += 1
                self.receive(raw)
                if time.monotonic() >= deadline:
                    break
        return count

    def until(self, true: Callable[[], object], what: str, within_s: float = 30.0) -> None:
        """Read frames until it holds."""
        deadline = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
            self.watch(0.2)

    def equals_server(self, within_s: float) -> float:
        """Read on until the picture is the server's at the same seq; returns the seconds it took."""
        began = time.monotonic()
        while time.monotonic() - began < within_s:
            truth = self.snapshot()
            version = truth["epoch"], truth["seq"]
            frames = self.socket.frames(1.2)
            while self.page.version < version and (raw := next(frames, None)) is not None:
                self.receive(raw)
            if self.page.version == version:
                assert self.page.picture == truth["topics"]
                return time.monotonic() - began
        raise AssertionError(f"not equal to the server within {within_s} s; {self.outcomes[-20:]}")

    def close(self) -> None:
        self.socket.close()
        self.http.close()
