"""Laws of the relay: whatever is lost, doubled, merged or slept through, a page equals the server or asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.relay import Frame, Relay, merged, message, parse_frame
from streams.codec import encode
from tests.support.viewer import Page

TOPICS = ("figures", "cells:open:")
PAIRS = tuple((topic, topic) for topic in TOPICS)
RING_S = 60.0

keys = st.sampled_from("abcd")
topic_changes = st.fixed_dictionaries(
    {"set": st.dictionaries(keys, st.integers(0, 3), max_size=3), "remove": st.lists(keys, max_size=2, unique=True)}
)
changes = st.dictionaries(st.sampled_from(TOPICS), topic_changes, max_size=2)


@dataclass
class World:
    """The server's side: the picture at every seq, and the frames that lead from one to the next."""

    epoch: int = 1
    seq: int = 0
    picture: dict[str, dict[str, int]] = field(default_factory=lambda: {topic: {} for topic in TOPICS})
    past: dict[tuple[int, int], dict[str, dict[str, int]]] = field(default_factory=dict)

    def step(self, change: dict[str, Any], at_s: float, skip: int = 1) -> Frame:
        """Change the picture; the frame that says so."""
        prev, self.seq = self.seq, self.seq + skip
        topics = {}
        for topic, said in change.items():
            removed = [key for key in said["remove"] if key not in said["set"]]
            self.picture[topic] = {k: v for k, v in (self.picture[topic] | said["set"]).items() if k not in removed}
            topics[topic] = encode({"set": said["set"], "remove": removed})
        return self._frame(prev, topics, at_s)

    def take_over(self, change: dict[str, Any], at_s: float) -> Frame:
        """Another engine: a first frame without topics, after which everybody needs a snapshot."""
        self.step(change, at_s)
        self.epoch += 1
        return self._frame(self.seq, {}, at_s)

    def _frame(self, prev: int, topics: dict[str, bytes], at_s: float) -> Frame:
        self.past[self.epoch, self.seq] = {topic: dict(values) for topic, values in self.picture.items()}
        return Frame(self.epoch, prev, self.seq, "2026-03-04T17:00:00Z", topics, at_s)

    def snapshot(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "seq": self.seq, "topics": self.picture}


@dataclass
class Browser:
    """A page behind a send queue of one: what was handed over waits there while the page sleeps."""

    page: Page = field(default_factory=Page)
    asking: bool = True
    asleep: bool = False
    queue: list[bytes] = field(default_factory=list)

    def receive(self, raw: bytes) -> None:
        self.queue.append(raw)
        if not self.asleep:
            self.wake()

    def wake(self) -> None:
        self.asleep = False
        for raw in self.queue:
            self.asking |= self.page.apply(raw) == "missing"
        self.queue.clear()

    def ask(self, world: World) -> None:
        if self.asking:
            self.page.take(world.snapshot())
            self.asking = False


class Room:
    """A relay with its browsers, wired by plain functions."""

    def __init__(self) -> None:
        self.browsers: dict[str, Browser] = {}
        self.now = 0.0
        self.relay = Relay(
            send=lambda sid, raw: self.browsers[sid].receive(raw),
            is_idle=lambda sid: not self.browsers[sid].queue,
            ring_s=RING_S,
            monotonic=lambda: self.now,
        )

    def enter(self, sid: str, pairs: tuple[tuple[str, str], ...] = PAIRS) -> Browser:
        self.browsers[sid] = Browser()
        self.relay.join(sid, pairs)
        return self.browsers[sid]

    def leave(self, sid: str) -> None:
        self.relay.leave(sid)
        del self.browsers[sid]


actions = st.one_of(
    st.tuples(st.just("change"), changes),
    st.tuples(st.just("change"), changes),
    st.tuples(st.just("pause"), st.floats(0.2, 50)),
    st.tuples(st.just("take over"), changes),
    st.tuples(st.just("enter"), st.sampled_from("xyz")),
    st.tuples(st.just("leave"), st.sampled_from("xyz")),
    st.tuples(st.just("sleep"), st.sampled_from("xyz")),
    st.tuples(st.just("wake"), st.sampled_from("xyz")),
    st.tuples(st.just("ask"), st.sampled_from("xyz")),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(actions, max_size=60))
def test_every_page_is_at_all_times_equal_to_the_server_at_its_seq_or_asking(story: list[tuple[str, Any]]) -> None:
    room, world = Room(), World()
    world.step({}, 0.0)
    for kind, value in story:
        act(room, world, kind, value)
        for browser in room.browsers.values():
            assert len(browser.queue) <= 1, "something is queued for a page that sleeps"
            if not browser.asking and not browser.queue:
                assert browser.page.picture == world.past[browser.page.version]
    settle(room, world)
    for browser in room.browsers.values():
        assert browser.page.version == (world.epoch, world.seq)
        assert browser.page.picture == world.picture


def act(room: Room, world: World, kind: str, value: Any) -> None:
    browser = room.browsers.get(value) if isinstance(value, str) else None
    if kind == "change":
        room.now += 0.2
        room.relay.deliver(world.step(value, room.now))
    elif kind == "take over":
        room.now += 0.2
        room.relay.deliver(world.take_over(value, room.now))
    elif kind == "pause":
        room.now += value
    elif kind == "enter" and browser is None:
        room.enter(value)
    elif browser is not None:
        steps: dict[str, Callable[[], None]] = {
            "enter": lambda: None,
            "leave": lambda: room.leave(value),
            "sleep": lambda: setattr(browser, "asleep", True),
            "wake": browser.wake,
            "ask": lambda: browser.ask(world),
        }
        steps[kind]()


def settle(room: Room, world: World) -> None:
    """All awake, two more frames, and whoever misses something asks."""
    for _ in range(2):
        for browser in room.browsers.values():
            browser.wake()
            browser.ask(world)
        room.now += 0.2
        room.relay.deliver(world.step({}, room.now))
    for browser in room.browsers.values():
        browser.ask(world)


@given(st.lists(changes, min_size=1, max_size=12), st.data())
def test_frames_lost_doubled_or_out_of_order_leave_a_page_right_or_asking(
    history: list[dict[str, Any]], data: st.DataObject
) -> None:
    world = World()
    start = world.snapshot() | {"topics": {topic: {} for topic in TOPICS}}
    world.past[1, 0] = {topic: {} for topic in TOPICS}
    frames = [world.step(change, 0.0) for change in history]
    told = data.draw(st.lists(st.sampled_from(frames), max_size=20), label="what arrives")
    page = Page()
    page.take(start)
    for frame in told:
        outcome = page.apply(message(frame, frame.prev, frame.topics.items()))
        assert page.picture == world.past[page.version]
        assert outcome == ("old" if frame.seq <= page.seq and outcome != "applied" else outcome)
    page.take(world.snapshot())
    assert page.picture == world.picture


@given(st.lists(changes, min_size=1, max_size=10))
def test_one_merged_change_does_what_its_frames_did_one_by_one(history: list[dict[str, Any]]) -> None:
    world = World()
    frames = [world.step(change, 0.0) for change in history]
    for topic in TOPICS:
        raw = merged(frames, topic)
        if raw is None:
            assert all(topic not in frame.topics for frame in frames)
            continue
        change = json.loads(raw)
        assert not set(change["set"]) & set(change["remove"])
        for before in ({}, {"a": 9, "b": 9, "c": 9, "d": 9}):
            one_by_one = dict(before)
            for frame in frames:
                said = json.loads(frame.topics.get(topic, b'{"set":{},"remove":[]}'))
                one_by_one = {k: v for k, v in (one_by_one | said["set"]).items() if k not in said["remove"]}
            at_once = {k: v for k, v in (before | change["set"]).items() if k not in change["remove"]}
            assert at_once == one_by_one


@given(st.integers(1, 9), st.integers(0, 99), changes)
def test_a_frame_comes_out_of_its_stream_entry_as_it_went_in(epoch: int, seq: int, change: dict[str, Any]) -> None:
    header = {"epoch": epoch, "prev": seq, "seq": seq + 1, "at": "2026-03-04T17:00:00Z"}
    topics = {topic: encode(said) for topic, said in change.items()}
    frame = parse_frame({b"h": encode(header), **{t.encode(): raw for t, raw in topics.items()}}, 7.0)
    assert json.loads(message(frame, frame.prev, frame.topics.items())) == header | {"topics": change}
    assert frame.arrived_s == 7.0


def test_a_page_that_sleeps_gets_one_merged_frame_when_it_wakes() -> None:
    room, world = Room(), World()
    browser = room.enter("x")
    browser.ask(world)
    browser.asleep = True
    for n in range(20):
        room.now += 0.2
        room.relay.deliver(world.step({"figures": {"set": {"a": n, "b": n}, "remove": []}}, room.now))
    assert len(browser.queue) == 1
    assert (room.relay.sent, room.relay.skipped) == (1, 19)
    browser.wake()
    room.now += 0.2
    room.relay.deliver(world.step({"figures": {"set": {}, "remove": ["b"]}}, room.now))
    assert room.relay.sent == 2
    assert not browser.asking
    assert browser.page.picture["figures"] == {"a": 19}


def test_a_page_that_slept_longer_than_the_ring_is_told_by_a_gap_to_take_a_snapshot() -> None:
    room, world = Room(), World()
    browser = room.enter("x")
    browser.ask(world)
    browser.asleep = True
    for n in range(int(RING_S * 2)):
        room.now += 1.0
        room.relay.deliver(world.step({"figures": {"set": {"a": n}, "remove": []}}, room.now))
    browser.wake()
    room.now += 1.0
    room.relay.deliver(world.step({"figures": {"set": {"a": -1}, "remove": []}}, room.now))
    assert browser.asking
    browser.ask(world)
    assert browser.page.picture == world.picture


def test_the_ring_never_holds_more_than_its_seconds() -> None:
    room, world = Room(), World()
    for _ in range(1000):
        room.now += 0.7
        room.relay.deliver(world.step({}, room.now))
        assert room.relay.ring[-1].arrived_s - room.relay.ring[0].arrived_s <= RING_S
    room.relay.deliver(world.take_over({}, room.now))
    assert len(room.relay.ring) == 1


def test_pages_that_ask_for_the_same_share_one_message() -> None:
    room, world = Room(), World()
    taken: list[bytes] = []
    room.relay.send = lambda sid, raw: taken.append(raw)
    for sid in "xyz":
        room.enter(sid)
    room.relay.deliver(world.step({"figures": {"set": {"a": 1}, "remove": []}}, 0.0))
    assert len(taken) == 3
    assert taken[0] is taken[1] is taken[2]


def test_a_role_sees_the_served_topic_under_the_name_it_asked_for() -> None:
    room, world = Room(), World()
    browser = room.enter("x", (("incidents", "incidents.public"),))
    taken: list[bytes] = []
    room.relay.send = lambda sid, raw: taken.append(raw)
    topics = {"incidents": b'{"set":{"i":"secret"},"remove":[]}', "incidents.public": b'{"set":{},"remove":["i"]}'}
    room.relay.deliver(Frame(1, 0, 1, "", topics, 0.0))
    assert json.loads(taken[0])["topics"] == {"incidents": {"set": {}, "remove": ["i"]}}
    assert b"secret" not in taken[0]
    assert browser.queue == []
    assert world.seq == 0


def test_silence_is_measured_from_the_last_frame() -> None:
    room, world = Room(), World()
    assert room.relay.silent_s() == float("inf")
    room.relay.deliver(world.step({}, room.now))
    room.now += 3.5
    assert room.relay.silent_s() == 3.5
