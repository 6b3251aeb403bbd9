"""From the frame stream to browsers: bytes in, bytes out, and nothing that grows while a client sleeps."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import redis
import structlog

from streams.codec import encode
from streams.keys import Keys

log = structlog.get_logger("relay")

BLOCK_MS = 1000
RETRY_S = 0.3
READ_COUNT = 50


@dataclass(frozen=True)
class Frame:
    """One frame as committed: header fields, and raw JSON per topic."""

    epoch: int
    prev: int
    seq: int
    at: str
    topics: dict[str, bytes]
    arrived_s: float


@dataclass
class Client:
    """One browser: what it asked for (and what its role is served for that), and how far it was sent."""

    topics: tuple[tuple[str, str], ...]
    epoch: int = 0
    seq: int = 0


def parse_frame(fields: dict[bytes, bytes], arrived_s: float) -> Frame:
    """A frame from its stream entry: `h` is the header, every other field a topic."""
    header = msgspec.json.decode(fields[b"h"])
    topics = {name.decode(): raw for name, raw in fields.items() if name != b"h"}
    return Frame(header["epoch"], header["prev"], header["seq"], header["at"], topics, arrived_s)


def message(frame: Frame, prev: int, topics: Iterable[tuple[str, bytes]]) -> bytes:
    """The JSON that a browser gets; topics are spliced in as the bytes they were committed as."""
    head = encode({"epoch": frame.epoch, "prev": prev, "seq": frame.seq, "at": frame.at})
    body = b",".join(encode(name) + b":" + raw for name, raw in topics)
    return head[:-1] + b',"topics":{' + body + b"}}"


def merged(frames: list[Frame], served: str) -> bytes | None:
    """One topic's change over several frames: the newest value of each key wins."""
    values: dict[str, Any] = {}
    gone: set[str] = set()
    found = False
    for frame in frames:
        raw = frame.topics.get(served)
        if raw is None:
            continue
        found = True
        change = msgspec.json.decode(raw)
        for key in change["remove"]:
            values.pop(key, None)
            gone.add(key)
        values |= change["set"]
        gone -= change["set"].keys()
    return encode({"set": values, "remove": sorted(gone)}) if found else None


@dataclass
class Relay:
    """All live clients of one web process.

    `send(sid, payload)` hands bytes to the transport, `is_idle(sid)` says whether everything handed over before
    has left. A client that is not idle is skipped; once idle it gets one merged frame from the ring, or a frame
    whose `prev` lies after what it has, which makes it take a snapshot.
    """

    send: Callable[[str, bytes], None]
    is_idle: Callable[[str], bool]
    ring_s: float = 60.0
    monotonic: Callable[[], float] = time.monotonic
    clients: dict[str, Client] = field(default_factory=dict)
    ring: deque[Frame] = field(default_factory=deque)
    last: Frame | None = None
    skipped: int = 0
    sent: int = 0

    def join(self, sid: str, topics: tuple[tuple[str, str], ...]) -> None:
        client = Client(topics)
        if self.last is not None:
            client.epoch, client.seq = self.last.epoch, self.last.seq
        self.clients[sid] = client

    def leave(self, sid: str) -> None:
        self.clients.pop(sid, None)

    def deliver(self, frame: Frame) -> None:
        """Give a new frame to every client that can take it now."""
        if self.last is not None and frame.epoch != self.last.epoch:
            self.ring.clear()
        self.ring.append(frame)
        while self.ring and self.ring[0].arrived_s < frame.arrived_s - self.ring_s:
            self.ring.popleft()
        self.last = frame
        encoded: dict[tuple[int, tuple[tuple[str, str], ...]], bytes] = {}
        for sid, client in list(self.clients.items()):
            if not self.is_idle(sid):
                self.skipped += 1
                continue
            key = (client.seq if client.epoch == frame.epoch else -1, client.topics)
            if key not in encoded:
                encoded[key] = self._encode(client, frame)
            client.epoch, client.seq = frame.epoch, frame.seq
            self.sent += 1
            self.send(sid, encoded[key])

    def _encode(self, client: Client, frame: Frame) -> bytes:
        if client.epoch != frame.epoch or client.seq >= frame.prev:
            return message(frame, frame.prev, _present(client.topics, frame))
        missed = [f for f in self.ring if f.seq > client.seq]
        if not missed or missed[0].prev > client.seq:
            return message(frame, frame.prev, ())  # too far behind: the gap tells the client to take a snapshot
        changes = ((asked, merged(missed, served)) for asked, served in client.topics)
        return message(frame, missed[0].prev, [(asked, raw) for asked, raw in changes if raw is not None])

    def silent_s(self) -> float:
        """Seconds since the last frame came; infinite before the first."""
        return self.monotonic() - self.last.arrived_s if self.last else float("inf")


def _present(topics: tuple[tuple[str, str], ...], frame: Frame) -> list[tuple[str, bytes]]:
    return [(asked, frame.topics[served]) for asked, served in topics if served in frame.topics]


def tail(client: redis.Redis, keys: Keys, relay: Relay, sleep: Callable[[float], None]) -> None:
    """Read the frame stream for ever and deliver; survives any restart of Redis."""
    position: str | bytes = "$"
    while True:
        try:
            if position == "$":
                newest: Any = client.xrevrange(keys.frames, count=1)
                position = "0-0"
                if newest:
                    entry_id, fields = newest[0]
                    # Nobody knows how old it is: only the next one proves that an engine lives.
                    relay.deliver(parse_frame(fields, relay.monotonic() - relay.ring_s))
                    position = entry_id
            entries = _read(client, keys, position)
            for entry_id, fields in entries:
                relay.deliver(parse_frame(fields, relay.monotonic()))
                position = entry_id
            if not entries and _is_older(client, keys, position):
                position = "$"  # restored from a back-up: what is known here has not happened
        except (redis.ConnectionError, redis.TimeoutError) as error:
            log.warning("frames out of reach, trying again", error=str(error))
            sleep(RETRY_S)


def _is_older(client: redis.Redis, keys: Keys, position: str | bytes) -> bool:
    """Whether the stream ends before a position that was read from it."""
    newest: Any = client.xrevrange(keys.frames, count=1)
    return not newest or _seq_of(newest[0][0]) < _seq_of(position)


def _seq_of(entry_id: str | bytes) -> int:
    text = entry_id.decode() if isinstance(entry_id, bytes) else entry_id
    return int(text.partition("-")[0])


def _read(client: redis.Redis, keys: Keys, position: str | bytes) -> list[tuple[bytes, dict[bytes, bytes]]]:
    answer: Any = client.xread({keys.frames: position}, count=READ_COUNT, block=BLOCK_MS)
    pairs = list(answer.items() if isinstance(answer, dict) else answer)
    if not pairs:
        return []
    entries = pairs[0][1]
    return entries[0] if entries and isinstance(entries[0], list) else entries


@dataclass
class Snapshots:
    """Whole topics as committed, encoded once per set of topics and frame."""

    client: redis.Redis
    keys: Keys
    newest: Callable[[], tuple[int, int]]  # (epoch, seq) of the last frame the relay saw
    kept: int = 16
    cache: OrderedDict[tuple[tuple[str, str], ...], tuple[tuple[int, int], bytes]] = field(default_factory=OrderedDict)

    def take(self, topics: tuple[tuple[str, str], ...]) -> bytes:
        """JSON `{city, epoch, seq, at, topics}`; all of it of one instant, since views change with the position."""
        cached = self.cache.get(topics)
        if cached is not None and cached[0] == self.newest():
            return cached[1]
        with self.client.pipeline(transaction=True) as pipe:
            pipe.hmget(self.keys.position, "epoch", "frame_seq")
            pipe.hget(self.keys.view("clock"), "now")
            for _, served in topics:
                pipe.hgetall(self.keys.view(served))
            (epoch, seq), at, *maps = pipe.execute()
        version = (int(epoch or 0), int(seq or 0))
        head = encode({"city": self.keys.city, "epoch": version[0], "seq": version[1]})
        body = b",".join(encode(asked) + b":" + _object(m) for (asked, _), m in zip(topics, maps, strict=True))
        raw = head[:-1] + b',"at":' + (at or b"null") + b',"topics":{' + body + b"}}"
        self.cache[topics] = (version, raw)
        self.cache.move_to_end(topics)
        while len(self.cache) > self.kept:
            self.cache.popitem(last=False)
        return raw


def _object(fields: dict[bytes, bytes]) -> bytes:
    return b"{" + b",".join(encode(name.decode()) + b":" + value for name, value in fields.items()) + b"}"
