"""The demonstration's story: which scene plays, what a click on the story bar does, and the tour that plays itself.

The web process only writes down what somebody clicked; the process that started everything, and may therefore end
a part of it, acts. So no page can do more than what stands in `ACTS`.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import redis
import structlog

from dashboard.engine.frames import instant
from dashboard.story_asks import ASKS, MATTER, SITUATION, Together, supervisor_asks
from dashboard.story_stops import stops
from dashboard.supervisor import Child, Supervisor
from streams.codec import encode
from streams.keys import Keys
from streams.sim.scenes import load_scene, scene_names

log = structlog.get_logger("story")

ORDER = ("quiet", "gas", "crash", "storm")  # what "next" leads through
KILLABLE = frozenset({"engine"})
ENGINES = ("engine", "standby")  # the processes of which one is the engine now
ACTS = ("scene", "next", "kill", "ask")
ACTS_KEPT = 100
LOOK_MS = 250
SIMULATOR = "sim"  # the cursor of the simulated city's own feed
PARTNER = "open311"  # the feed that polls its partner's server, and knows each report it told


class Act(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One click on the story bar, or one step of the tour."""

    act: str
    name: str = ""


# Seconds of the city's clock after the wall is full, and what happens then: a machine that is slow delays the tour
# with the city, so that each act finds what the one before it told.
TOUR: tuple[tuple[float, Act], ...] = (
    (20, Act(act="scene", name="gas")),
    (66, Act(act="ask", name=SITUATION)),
    (70, Act(act="ask", name=MATTER)),
    (75, Act(act="kill", name="engine")),
    (95, Act(act="scene", name="crash")),
)


class BadAct(ValueError):
    """Nothing that a story bar may ask for."""


def check_act(raw: object) -> Act:
    """The act in what a page sent. Raises BadAct with the reason."""
    try:
        act = msgspec.convert(raw, Act)
    except msgspec.ValidationError as error:
        raise BadAct(str(error)) from None
    allowed = {"scene": scene_names(), "next": [""], "kill": sorted(KILLABLE), "ask": list(ASKS)}
    if act.act not in allowed:
        raise BadAct(f"act: one of {', '.join(ACTS)}")
    if act.name not in allowed[act.act]:
        raise BadAct(f"name: one of {', '.join(allowed[act.act])}")
    return act


@dataclass(frozen=True)
class Story:
    """The story's few keys in Redis."""

    client: redis.Redis
    keys: Keys

    @property
    def _acts(self) -> str:
        return self.keys.of("story-acts")

    @property
    def _state(self) -> str:
        return self.keys.of("story")

    def ask(self, act: Act) -> None:
        """Write down what somebody wants."""
        self.client.xadd(self._acts, {"e": encode(act)}, maxlen=ACTS_KEPT)

    def asked(self, after: str, block_ms: int) -> Iterable[tuple[str, Act]]:
        """What was wanted after an entry id; waits for it a while."""
        answer: Any = self.client.xread({self._acts: after}, block=block_ms)
        pairs = answer.values() if isinstance(answer, dict) else [entries for _, entries in answer or []]
        for entries in pairs:
            for entry_id, fields in entries[0] if entries and isinstance(entries[0], list) else entries:
                yield entry_id.decode(), msgspec.json.decode(fields[b"e"], type=Act)

    def last_asked(self) -> str:
        newest: Any = self.client.xrevrange(self._acts, count=1)
        return newest[0][0].decode() if newest else "0-0"

    def play(self, scene: str, at: datetime) -> None:
        """Let a scene begin at a city time. When each began last stays known, for who wants to see it again."""
        began = {"scene": scene, "scene_at": instant(at), f"began:{scene}": instant(at)}
        self.client.hset(self._state, mapping=dict[Any, Any](began))

    def note(self, **values: str) -> None:
        self.client.hset(self._state, mapping=dict[Any, Any](values))

    def state(self) -> dict[str, str]:
        found: Any = self.client.hgetall(self._state)
        return {name.decode(): value.decode() for name, value in found.items()}

    def scene(self) -> tuple[str, datetime | None]:
        """The scene that plays and the city time at which it began."""
        state = self.state()
        at = state.get("scene_at")
        return state.get("scene", ORDER[0]), datetime.fromisoformat(at) if at else None

    def lease_holder(self) -> str:
        """`<host>:<process id>` of the active engine, or ""."""
        holder: Any = self.client.get(self.keys.lease)
        return holder.decode() if holder else ""

    def proof(self) -> dict[str, int]:
        """Cases that the simulated city and its partner sent, and those counted; equal once nothing waits."""
        with self.client.pipeline(transaction=True) as pipe:
            pipe.hget(self.keys.cursor(SIMULATOR), "cases")
            pipe.hget(self._state, "seeded")
            pipe.hlen(f"{self.keys.cursor(PARTNER)}:known")
            pipe.hget(self.keys.position, "totals")
            sent, seeded, partners, totals = pipe.execute()
        counted = msgspec.json.decode(totals).get("cases", 0) if totals else 0
        return {"sent": int(sent or 0) + int(seeded or 0) + partners, "counted": counted}


def shown(story: Story, language: str) -> dict[str, Any]:
    """What the story bar shows."""
    state = story.state()
    scene = state.get("scene", ORDER[0])
    following = after(scene)
    return {
        "scene": scene,
        "title": _title(scene, language),
        "next": following,
        "next_title": _title(following, language),
        "killed_at": state.get("killed_at"),
        "stops": stops(story.client, story.keys, state),
        "proof": story.proof(),
    }


def after(scene: str) -> str:
    """The scene that "next" leads to."""
    place = ORDER.index(scene) if scene in ORDER else -1
    return ORDER[(place + 1) % len(ORDER)]


def _title(scene: str, language: str) -> str:
    titles = load_scene(scene).titles
    return titles.get(language) or titles["en"]


@dataclass
class Director:
    """Acts on what was asked, beside the supervisor that may end and restart processes."""

    story: Story
    supervisor: Supervisor
    city_clock: Callable[[], datetime]
    tour: tuple[tuple[float, Act], ...] = ()
    seconds: Callable[[], float] = time.monotonic
    together: Together = lambda case_id: ()
    _position: str = ""
    _began_s: float | None = None
    _played: int = 0
    _thread: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> None:
        """Follow the story in a thread of its own until the supervisor stops."""
        self._position = self.story.last_asked()
        self._began_s = self.seconds()
        self._thread = threading.Thread(target=self._run, name="story", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self.supervisor.stop.is_set():
            try:
                self.look()
            except (redis.ConnectionError, redis.TimeoutError):
                self.supervisor.stop.wait(0.5)

    def look(self, block_ms: int = LOOK_MS) -> None:
        """Do what was asked, and what the tour's time has come for."""
        for entry_id, act in self.story.asked(self._position, block_ms):
            self._position = entry_id
            self.perform(act)
        since_s = self.seconds() - (self._began_s or 0.0)
        while self._played < len(self.tour) and self.tour[self._played][0] <= since_s:
            self.perform(self.tour[self._played][1])
            self._played += 1

    def perform(self, act: Act) -> None:
        """One act."""
        log.info("story", act=act.act, name=act.name)
        if act.act == "kill":
            self._kill(act.name)
        elif act.act == "ask":
            self._ask(act.name)
        else:
            name = act.name if act.act == "scene" else after(self.story.scene()[0])
            self.story.play(name, self.city_clock())

    def _ask(self, what: str) -> None:
        """Let the simulated supervisor of the hotline ask, about the scene that plays."""
        scene, began = self.story.scene()
        if began is not None:
            now = self.city_clock()
            supervisor_asks(self.story.client, self.story.keys, what, scene, began, now, self.together)

    def _kill(self, name: str) -> None:
        """End the active engine the hard way, as a power cut would; the supervisor starts it again."""
        child = self._active_engine() if name in KILLABLE else None
        if child is None or child.process is None:
            return
        self.story.note(killed_at=instant(self.city_clock()))
        os.kill(child.process.pid, signal.SIGKILL)

    def _active_engine(self) -> Child | None:
        """The process that holds the lease; when nobody does, the first of the engines that runs."""
        running = [c for c in self.supervisor.children if c.name in ENGINES and c.is_running]
        holder = self.story.lease_holder()
        holding = [c for c in running if c.process is not None and holder.endswith(f":{c.process.pid}")]
        return next(iter(holding or running), None)
