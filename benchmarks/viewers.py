"""Many viewers of the wall in one process: bare websocket clients that count bytes and the age of each frame.

Run as `python -m benchmarks.viewers PORT COUNT TOPIC…`; says `ready` when all are connected. Each line on standard
input ends a window, and the answer is one line of JSON about it. With `--deaf` nobody reads after connecting.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from benchmarks.results import percentile
from benchmarks.servers import ROOT, Servers, python

HOST = "127.0.0.1"
DEAF_BUFFER = 4096
HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, BINARY, PING, PONG = 1, 2, 9, 10
AT = b'"at":"'


@dataclass
class Window:
    """What all viewers together saw since the last report."""

    began: float = field(default_factory=time.monotonic)
    bytes: int = 0
    ages_s: list[float] = field(default_factory=list)
    longest_gap_s: float = 0.0


class Viewer(asyncio.Protocol):
    """One Socket.IO client over one websocket (RFC 6455), reading only what it needs."""

    def __init__(self, crowd: Crowd):
        self.crowd = crowd
        self.buffer = bytearray()
        self.is_open = False
        self.last_s = 0.0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(HANDSHAKE.format(host=HOST, port=self.crowd.port).encode())

    def connection_lost(self, error: Exception | None) -> None:
        self.crowd.lost += 1

    def data_received(self, data: bytes) -> None:
        self.crowd.window.bytes += len(data)
        self.buffer += data
        if not self.is_open:
            head, found, rest = bytes(self.buffer).partition(b"\r\n\r\n")
            if not found:
                return
            self.is_open = True
            if b" 101 " not in head.split(b"\r\n")[0]:
                raise ConnectionError(head.decode(errors="replace"))
            self.buffer = bytearray(rest)
        while (message := self._message()) is not None:
            self._take(*message)

    def _message(self) -> tuple[int, bytes] | None:
        """The next whole message of the buffer: (opcode, payload). The server neither masks nor splits."""
        buffer = self.buffer
        if len(buffer) < 2:
            return None
        start, length = 2, buffer[1] & 0x7F
        if length >= 126:
            start = 4 if length == 126 else 10
            if len(buffer) < start:
                return None
            length = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + length:
            return None
        message = buffer[0] & 0x0F, bytes(buffer[start : start + length])
        del buffer[: start + length]
        return message

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == BINARY:
            self._frame(payload)
        elif opcode == PING:
            self._send(PONG, payload)
        elif payload.startswith(b"0"):
            self._send(TEXT, b"40" + json.dumps({"topics": self.crowd.topics}).encode())
        elif payload.startswith(b"40"):
            self.crowd.joined(self)
        elif payload.startswith(b"2"):
            self._send(TEXT, b"3" + payload[1:])
        elif payload.startswith(b"44"):
            raise ConnectionError(payload.decode(errors="replace"))

    def _frame(self, payload: bytes) -> None:
        now = time.monotonic()
        window = self.crowd.window
        window.ages_s.append(time.time() - self.crowd.instant(payload))
        # A gap that began before the window belongs to it only from the window's beginning on.
        window.longest_gap_s = max(window.longest_gap_s, now - max(self.last_s, window.began))
        self.last_s = now

    def _send(self, opcode: int, payload: bytes) -> None:
        """A client must mask; a key of zeros leaves the bytes as they are."""
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
        self.transport.write(bytes([0x80 | opcode]) + length + bytes(4) + payload)


class Crowd:
    """All viewers of this process."""

    def __init__(self, port: int, topics: list[str], deaf: bool):
        self.port = port
        self.topics = topics
        self.deaf = deaf
        self.viewers: list[Viewer] = []
        self.window = Window()
        self.lost = 0
        self._instants: dict[bytes, float] = {}

    def instant(self, payload: bytes) -> float:
        """Epoch seconds of a frame's `at`; parsed once for all viewers."""
        start = payload.index(AT) + len(AT)
        text = payload[start : payload.index(b'"', start)]
        if text not in self._instants:
            self._instants.clear()
            self._instants[text] = datetime.fromisoformat(text.decode()).timestamp()
        return self._instants[text]

    async def gather(self, count: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(count):
            sock = socket.socket()
            if self.deaf:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, DEAF_BUFFER)
            sock.setblocking(False)
            await loop.sock_connect(sock, (HOST, self.port))
            await loop.create_connection(lambda: Viewer(self), sock=sock)
        while len(self.viewers) < count and not self.lost:
            await asyncio.sleep(0.01)

    def joined(self, viewer: Viewer) -> None:
        self.viewers.append(viewer)
        if self.deaf:
            viewer.transport.pause_reading()

    def report(self) -> dict[str, Any]:
        window, self.window = self.window, Window()
        ages_ms = [age * 1000 for age in window.ages_s]
        return {
            "viewers": len(self.viewers),
            "lost": self.lost,
            "seconds": time.monotonic() - window.began,
            "bytes": window.bytes,
            "frames": len(ages_ms),
            "p50_ms": percentile(ages_ms, 0.5) if ages_ms else None,
            "p99_ms": percentile(ages_ms, 0.99) if ages_ms else None,
            "longest_gap_ms": window.longest_gap_s * 1000,
        }


async def serve(port: int, count: int, topics: list[str], deaf: bool) -> None:
    crowd = Crowd(port, topics, deaf)
    await crowd.gather(count)
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while await lines.readline():
        print(json.dumps(crowd.report()), flush=True)


class Viewers:
    """The crowd as seen from a measurement: `with Viewers(servers, 200, topics) as crowd: crowd.report()`."""

    def __init__(self, servers: Servers, count: int, topics: list[str], port: int | None = None, deaf: bool = False):
        options = ["--deaf"] * deaf
        self.command = python(
            "-m", "benchmarks.viewers", *options, str(port or servers.port), str(count), *topics
        )  # fmt: skip

    def __enter__(self) -> Viewers:
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if self._line() != "ready":
            raise ConnectionError("the viewers could not connect")
        return self

    def report(self) -> dict[str, Any]:
        """What they saw since the last report (or the start), and begin a new window."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._line())
        return answer

    def over(self, seconds: float) -> dict[str, Any]:
        """What they see during so many seconds from now."""
        self.report()
        time.sleep(seconds)
        return self.report()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--deaf"]
    asyncio.run(serve(int(words[0]), int(words[1]), words[2:], "--deaf" in sys.argv))
