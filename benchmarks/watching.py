"""What a measurement notes while a city lives: the complaints sent and recorded, and whether it says it is ready."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Self

import httpx
import redis

from benchmarks.servers import Servers
from streams.codec import decode_envelope
from streams.events import CaseReceived, type_of

RECEIVED = type_of(CaseReceived)
MENTIONED = b'"%s"' % RECEIVED.encode()
AT_ONCE = 1_000
BLOCK_MS = 200
EVERY_S = 1.0
ANSWER_S = 5.0


class Watcher:
    """`with` it: a thread of its own looks again and again until the block ends; a failed look fails the block."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._failed: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    def look(self) -> None:
        """One look; may wait a little."""
        raise NotImplementedError

    @property
    def is_looking(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self.stop.is_set():
                self.look()
        except Exception as error:
            self._failed = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop.set()
        self._thread.join()
        if self._failed is not None and kind is None:
            raise self._failed


class Log(Watcher):
    """Both ends of the engine: what enters the inbox, and the facts that it records. Cases are named by their ids."""

    def __init__(self, servers: Servers):
        super().__init__()
        self.entries = self.facts = 0
        self.sent_ms: dict[str, int] = {}  # when Redis had the complaint; told twice, the first time counts
        self.recorded: set[str] = set()  # complaints in the log; entries of the inbox go once they are passed
        self.drawable: dict[str, int] = {}  # complaints that have a cell -> seq of the commit
        keys = servers.keys
        self._client = redis.Redis(unix_socket_path=str(servers.socket), protocol=2)
        self._takes: dict[bytes, Callable[[str, bytes], None]] = {
            keys.inbox.encode(): self._take_entry,
            keys.events.encode(): self._take_fact,
        }
        self._after: dict[Any, Any] = {stream: self._newest(stream) for stream in self._takes}

    def _newest(self, stream: bytes) -> bytes:
        newest: Any = self._client.xrevrange(stream, count=1)
        return newest[0][0] if newest else b"0-0"

    def look(self) -> None:
        answer: Any = self._client.xread(self._after, count=AT_ONCE, block=BLOCK_MS)
        for stream, entries in answer:
            for entry_id, fields in entries:
                self._takes[stream](entry_id.decode(), fields[b"e"])
            self._after[stream] = entries[-1][0]

    def _take_entry(self, entry_id: str, raw: bytes) -> None:
        self.entries += 1
        # Most entries are moves of units: not worth decoding.
        if MENTIONED in raw and (envelope := decode_envelope(raw)).type == RECEIVED:
            self.sent_ms.setdefault(envelope.data["case_id"], int(entry_id.partition("-")[0]))

    def _take_fact(self, entry_id: str, raw: bytes) -> None:
        self.facts += 1
        if MENTIONED not in raw:
            return
        envelope = decode_envelope(raw)
        if envelope.type != RECEIVED:
            return
        self.recorded.add(envelope.data["case_id"])
        if (envelope.placed or {}).get("cell"):
            self.drawable.setdefault(envelope.data["case_id"], int(entry_id.partition("-")[0]))

    def __exit__(self, *about: Any) -> None:
        super().__exit__(*about)
        self._client.close()


class Readiness(Watcher):
    """Asks `/readyz` at even intervals. `refusals`: the answers other than 200; `slowest_s`: the longest wait."""

    def __init__(self, url: str, every_s: float = EVERY_S):
        super().__init__()
        self.url = f"{url}/readyz"
        self.every_s = every_s
        self.polls = 0
        self.slowest_s = 0.0
        self.refusals: list[str] = []
        self._due = time.monotonic()

    def look(self) -> None:
        self._due += self.every_s
        asked = time.monotonic()
        if said := refusal(self.url):
            self.refusals.append(said)
        self.polls += 1
        self.slowest_s = max(self.slowest_s, time.monotonic() - asked)
        self.stop.wait(max(0.0, self._due - time.monotonic()))


def refusal(url: str) -> str:
    """What an address answers other than 200, or "" when it answers that."""
    try:
        answer = httpx.get(url, timeout=ANSWER_S)
    except httpx.HTTPError as error:
        return repr(error)
    return "" if answer.status_code == 200 else f"{answer.status_code} {answer.text}"
