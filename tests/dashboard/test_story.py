"""The story bar: what it may ask for happens, and nothing else does."""

from __future__ import annotations

import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis as redis_module

from dashboard.engine.clock import Clock, Mode
from dashboard.story import ORDER, TOUR, Act, BadAct, Director, Story, check_act, shown
from dashboard.supervisor import Child, Supervisor
from streams.codec import encode
from streams.keys import Keys
from streams.sim.scenes import scene_names
from tests.support.redis_server import wait_until

KEYS = Keys("beijing-sim")
NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)


class Watch:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.at_s = 100.0

    def __call__(self) -> float:
        return self.at_s


@pytest.fixture
def story(redis: redis_module.Redis) -> Story:
    return Story(redis, KEYS)


def director(story: Story, tmp_path: Path, tour: tuple[tuple[float, Act], ...] = ()) -> tuple[Director, Watch]:
    watch = Watch()
    made = Director(story, Supervisor(tmp_path), lambda: NOW, tour, seconds=watch)
    made._position, made._began_s = "0-0", watch()
    return made, watch


def test_next_leads_through_every_scene_and_begins_again(story: Story, tmp_path: Path) -> None:
    assert set(ORDER) == set(scene_names())
    player, _ = director(story, tmp_path)
    played = []
    for _scene in ORDER:
        story.ask(Act(act="next"))
        player.look(block_ms=1)
        played.append(story.scene()[0])
    assert played == [*ORDER[1:], ORDER[0]]
    assert story.scene() == (ORDER[0], NOW)


def test_the_active_engine_is_killed_and_nothing_else_can_be(story: Story, tmp_path: Path) -> None:
    player, _ = director(story, tmp_path)
    waiting = [sys.executable, "-c", "import signal; signal.pause()"]
    engine, standby, web = (player.supervisor.start(Child(n, waiting)) for n in ("engine", "standby", "web"))
    assert standby.process is not None
    story.client.set(KEYS.lease, f"somewhere:{standby.process.pid}")
    try:
        player.perform(Act(act="kill", name="web"))
        player.perform(Act(act="kill", name="engine"))
        wait_until(lambda: not standby.is_running)
        assert standby.process.returncode == -signal.SIGKILL
        assert engine.is_running
        assert web.is_running
        assert story.state()["killed_at"] == "2026-11-23T09:40:00Z"
    finally:
        player.supervisor.end()


@pytest.mark.parametrize(
    "raw",
    [None, [], {"act": "kill", "name": "redis"}, {"act": "scene", "name": "../quiet"}, {"act": "rm"}, {"name": "gas"}],
)
def test_anything_else_is_refused_with_a_reason(raw: object) -> None:
    with pytest.raises(BadAct, match=r"\w"):
        check_act(raw)


def test_the_tour_plays_each_step_once_when_its_time_has_come(story: Story, tmp_path: Path) -> None:
    player, watch = director(story, tmp_path, TOUR)
    player.look(block_ms=1)
    assert story.scene()[0] == "quiet"
    watch.at_s += 20
    player.look(block_ms=1)
    assert story.scene()[0] == "gas"
    story.play("storm", NOW)
    player.look(block_ms=1)
    assert story.scene()[0] == "storm"


def test_the_proof_says_what_was_sent_and_what_was_counted(story: Story, redis: redis_module.Redis) -> None:
    assert shown(story, "zh")["proof"] == {"sent": 0, "counted": 0}
    redis.hset(KEYS.cursor("sim"), "cases", "12")
    story.note(seeded="30")
    redis.hset(f"{KEYS.cursor('open311')}:known", "P1", "{}")
    redis.hset(KEYS.position, "totals", '{"cases":43}')
    assert shown(story, "zh")["proof"] == {"sent": 43, "counted": 43}
    assert shown(story, "zh")["title"] == "平常的傍晚"


def test_the_tours_supervisor_opens_and_offers_the_situation_and_publishes_the_matter(
    story: Story, tmp_path: Path, redis: redis_module.Redis
) -> None:
    player, watch = director(story, tmp_path, TOUR[:3])
    stem = f"gas-{NOW:%y%m%d%H%M%S}"
    redis.hset(KEYS.cases, mapping={f"S{stem}-0": "{}", f"P{stem}-2": "{}", "S7": "{}"})
    player.together = lambda case_id: (case_id, "S7")
    for _ in range(2):
        watch.at_s += 70
        player.look(block_ms=1)
    entries: Any = redis.xrange(KEYS.requests)
    asked = [msgspec.json.decode(fields[b"e"]) for _, fields in entries]
    assert [request["verb"] for request in asked] == ["open_situation", "offer_situation", "publish_matter"]
    assert asked[0]["args"]["case_ids"] == [f"S{stem}-0", f"P{stem}-2", "S7"]
    assert {request["actor"] for request in asked} == {"simulated hotline supervisor"}
    assert asked[2]["args"]["scripts"].keys() >= {"en", "zh", "ar"}
    assert asked[2]["args"]["until"] == "2026-11-23T11:10:00Z"


def test_the_first_gas_call_can_be_gone_back_to_whatever_plays_since(story: Story, redis: redis_module.Redis) -> None:
    assert "replay" not in shown(story, "en")["stops"]
    story.play("gas", NOW)
    story.play("crash", NOW + timedelta(minutes=2))
    redis.hset(KEYS.position, "clock", encode(Clock(mode=Mode.SIMULATION, at=NOW)))
    assert "replay" not in shown(story, "en")["stops"], "it is yet to come"
    redis.hset(KEYS.position, "clock", encode(Clock(mode=Mode.SIMULATION, at=NOW + timedelta(seconds=6))))
    assert shown(story, "en")["stops"]["replay"] == "/replay?at=2026-11-23T09%3A40%3A05Z"


def test_the_tour_stops_at_what_there_is_by_now(story: Story, redis: redis_module.Redis) -> None:
    redis.hset(KEYS.view("clock"), "day", '"2026-11-23"')
    assert shown(story, "en")["stops"] == {"briefing": "/briefing", "pdf": "/briefing/2026-11-23.pdf"}
    story.play("gas", NOW)
    stem = f"gas-{NOW:%y%m%d%H%M%S}"
    redis.hset(KEYS.cases, mapping={f"S{stem}-{n}": "{}" for n in range(2)})
    redis.hset(KEYS.view("situations"), f"S{stem}", "{}")
    redis.hset(KEYS.view("matters"), f"M{stem}", "{}")
    said = {"w1": ("trees", ""), "w2": ("said:gas", "gas")}
    rows: dict[Any, Any] = {
        key: encode({"id": key, "category": category, "said": words, "observed": 4})
        for key, (category, words) in said.items()
    }
    redis.hset(KEYS.view("warnings.public"), mapping=rows)
    assert shown(story, "en")["stops"] == {
        "warning": "/warning?warning=w2",
        "calls": f"/hotline?case=S{stem}-0&compare=S{stem}-1",
        "situation": "/hotline?panel=situations",
        "matter": "/hotline?panel=matters",
        "briefing": "/briefing",
        "pdf": "/briefing/2026-11-23.pdf",
    }


def test_the_briefing_opens_at_the_largest_gas_warning_as_soon_as_the_archive_knows_it(
    story: Story, redis: redis_module.Redis
) -> None:
    story.play("gas", NOW)
    told = {"w1": ("gas_smell", "", 3), "w2": ("said:gas", "gas", 4), "w3": ("trees", "", 9)}
    rows: dict[Any, Any] = {
        key: encode({"id": key, "category": category, "said": words, "observed": observed})
        for key, (category, words, observed) in told.items()
    }
    redis.hset(KEYS.view("warnings.public"), mapping=rows)
    redis.hset(KEYS.of("warnings"), "w2", encode({"warning_id": "w2", "seq": 40}))
    assert shown(story, "en")["stops"]["briefing"] == "/briefing"
    redis.hset(KEYS.archive, "position", "39-7")
    assert shown(story, "en")["stops"]["briefing"] == "/briefing"
    redis.hset(KEYS.archive, "position", "40-2")
    assert shown(story, "en")["stops"]["briefing"] == "/briefing#warning_w2"
