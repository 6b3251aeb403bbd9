"""snapshot(n) and the frames up to m make snapshot(m): a real engine, a real Redis, the real relay, any order."""

from __future__ import annotations

import json
from typing import Any

import redis as redis_module
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.engine.clock import Mode
from dashboard.relay import Relay, Snapshots, parse_frame
from tests.support.engines import CORNER, TestCity
from tests.support.viewer import Page

TOPICS = ("clock", "figures", "cells:open:", "cells:received_1h:", "incidents", "units", "sources", "curve")
PAIRS = tuple((topic, topic) for topic in TOPICS)

steps = st.sampled_from(
    [
        "post",
        "post",
        "post",
        "turn",
        "turn",
        "quick turn",
        "crash",
        "crash and turn",
        "join",
        "snapshot",
        "sleep",
        "wake",
    ]
)


class Audience:
    """Pages on a relay that reads the city's frames, and the pictures that the server had."""

    def __init__(self, client: redis_module.Redis) -> None:
        self.client = client
        self.city = TestCity(client)
        self.pages: list[Page] = []
        self.asking: list[bool] = []
        self.waiting: dict[int, list[bytes]] = {}
        self.relay = Relay(send=self._send, is_idle=lambda sid: int(sid) not in self.waiting, monotonic=lambda: 0.0)
        self.snapshots = Snapshots(client, self.city.keys, self._newest)
        self.read_to = "0-0"
        self.past: dict[tuple[int, int], dict[str, Any]] = {}
        self.numbers = 0

    def _newest(self) -> tuple[int, int]:
        return (self.relay.last.epoch, self.relay.last.seq) if self.relay.last else (-1, -1)

    def _send(self, sid: str, raw: bytes) -> None:
        if int(sid) in self.waiting:
            self.waiting[int(sid)].append(raw)
        else:
            self._show(int(sid), raw)

    def _show(self, number: int, raw: bytes) -> None:
        self.asking[number] |= self.pages[number].apply(raw) == "missing"

    def snapshot(self) -> dict[str, Any]:
        taken: dict[str, Any] = json.loads(self.snapshots.take(PAIRS))
        return taken

    def relay_frames(self) -> None:
        """Deliver what was committed, and remember the picture that went with it."""
        entries: Any = self.client.xrange(self.city.keys.frames, min=f"({self.read_to}" if self.read_to else "-")
        for entry_id, fields in entries:
            self.read_to = entry_id.decode()
            self.relay.deliver(parse_frame(fields, 0.0))
        if entries:
            self.past[self._newest()] = {topic: self.city.view(topic) for topic in TOPICS}

    def act(self, step: str) -> None:
        city, number = self.city, self.numbers % max(1, len(self.pages))
        self.numbers += 1
        if step == "post":
            self._post()
        elif step == "turn":
            city.turn()
        elif step == "quick turn":  # no frame is due: facts are committed that no frame has shown yet
            city.wall.pass_(milliseconds=10)
            city.engine.turn(block_ms=None)
        elif step.startswith("crash"):
            city.engine = city.new_engine()
            if step == "crash and turn":
                city.turn()
        elif step == "join":
            self.pages.append(Page())
            self.asking.append(True)
            self.relay.join(str(len(self.pages) - 1), PAIRS)
        elif self.pages:
            self._act_on_page(step, number)
        self.relay_frames()

    def _act_on_page(self, step: str, number: int) -> None:
        if step == "snapshot":
            self.pages[number].take(self.snapshot())
            self.asking[number] = False
        elif step == "sleep":
            self.waiting.setdefault(number, [])
        elif step == "wake":
            for raw in self.waiting.pop(number, []):
                self._show(number, raw)

    def _post(self) -> None:
        n = self.numbers
        if n % 3 == 0:
            self.city.post("incident.received", incident_id=f"i{n}", kind="fire", lat=CORNER[0], lng=CORNER[1])
        elif n % 3 == 1:
            self.city.case(f"c{n}", (42.33 + n % 7 / 500, -71.09))
        else:
            self.city.post("case.closed", case_id=f"c{n - 1}")


@settings(max_examples=120, deadline=None)
@given(story=st.lists(steps, max_size=40))
def test_a_page_with_a_snapshot_and_the_frames_after_it_has_the_servers_picture(
    redis: redis_module.Redis, story: list[str]
) -> None:
    redis.flushall()
    audience = Audience(redis)
    audience.act("turn")
    for step in ["join", *story, "turn", "turn"]:
        audience.act(step)
        for page, asks in zip(audience.pages, audience.asking, strict=True):
            if not asks and page.version in audience.past:
                assert page.picture == audience.past[page.version]
    for number, page in enumerate(audience.pages):
        if not audience.asking[number] and number not in audience.waiting:
            assert page.version == audience._newest()


def test_a_snapshot_taken_between_a_take_over_and_its_first_frame_does_not_hide_what_came_meanwhile(
    redis: redis_module.Redis,
) -> None:
    """Facts committed after the old engine's last frame stand in no frame; its successor's first frame is empty."""
    audience = Audience(redis)
    audience.act("turn")
    audience.act("join")
    audience.city.case("c1")
    audience.act("quick turn")
    audience.act("crash")
    audience.act("snapshot")
    audience.act("turn")
    audience.act("turn")
    assert audience.asking == [True] or audience.pages[0].picture["figures"] == audience.city.view("figures")


def test_a_snapshot_is_encoded_once_for_each_frame(redis: redis_module.Redis) -> None:
    audience = Audience(redis)
    audience.act("turn")
    first = audience.snapshots.take(PAIRS)
    assert audience.snapshots.take(PAIRS) is first
    audience.city.case("c1")
    audience.act("turn")
    second = audience.snapshots.take(PAIRS)
    assert second is not first
    assert json.loads(second)["seq"] > json.loads(first)["seq"]


def test_a_replay_that_stands_still_goes_on_telling_that_it_is_there(redis: redis_module.Redis) -> None:
    city = TestCity(redis, mode=Mode.REPLAY)
    city.turn()
    lengths = []
    for _ in range(5):
        city.turn()  # a second later
        lengths.append(redis.xlen(city.keys.frames))
    assert lengths == [2, 3, 4, 5, 6]
    newest: Any = redis.xrevrange(city.keys.frames, count=1)
    assert set(newest[0][1]) == {b"h"}
    assert city.view("clock")["standing"] is True
