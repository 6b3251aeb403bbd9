"""Engines stopped in the middle of their work and continued after another took over; and standbys."""

from __future__ import annotations

import random
import time
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from geo.cities import load_city
from tests.support.aof import aof_path, writers
from tests.support.fault_runs import seeds
from tests.support.processes import START_S, Process, System, moments, running
from tests.support.pump import Pump
from tests.support.redis_server import wait_until
from tests.support.seconds import second_s
from tests.support.truth import assert_agrees_with_its_log, told_from_outside

TAKEN_OVER = "another engine took over"
LOST = "redis lost"
STANDBY_S = 3.0 * 2  # promised: 3 s, measured by `make bench`; here beside another half of the tests


def frame_epochs(system: System) -> list[int]:
    entries: Any = system.client.xrange(system.keys.frames)
    return [msgspec.json.decode(fields[b"h"])["epoch"] for _, fields in entries]


def newest_frame(system: System) -> int:
    entries: Any = system.client.xrevrange(system.keys.frames, count=1)
    return int(entries[0][0].partition(b"-")[0])


def has_newer_frame(system: System, seq: int) -> bool:
    return newest_frame(system) > seq


def has_ended(process: Process) -> bool:
    return process.code is not None


def assert_only_successors_wrote(system: System, engines: list[Process]) -> None:
    """In the order in which Redis made them durable, transactions of one engine never follow those of its successor."""
    order = [int(who.rpartition(b":")[2]) for who in writers(aof_path(system.server.folder), system.keys.lease)]
    turns = [pid for at, pid in enumerate(order) if at == 0 or order[at - 1] != pid]
    assert turns == [engine.pid for engine in engines]


def come_to_rest(system: System, pump: Pump, engine: Process) -> None:
    pump.stop()
    system.until(system.is_drained, START_S, "everything is taken", engine)
    seq = newest_frame(system)
    system.until(partial(has_newer_frame, system, seq), 10, "a frame of all of it", engine)
    engine.end()
    assert engine.code == 0


def test_a_stopped_engine_that_wakes_after_a_take_over_writes_nothing_and_says_why(tmp_path: Path) -> None:
    zombies_in_turn(tmp_path, seeds(3, 1)[0], count=2)


def zombies_in_turn(folder: Path, seed: int, count: int) -> None:
    """Stop the active engine at a random moment under load, let another take over, let the first go on; and again."""
    print(f"seed {seed}")
    draw = random.Random(seed)
    with running(folder) as system:
        engines = [system.add_engine("engine-0", "--take-over")]
        pump = Pump(system.server.client(), system.keys, seed).start()
        for number in range(1, count + 1):
            system.until(moments(draw.uniform(0.05, 0.6)), 5, "a random moment", engines[-1])
            old = engines[-1]
            old.pause()
            engines.append(system.add_engine(f"engine-{number}", "--take-over"))
            old.resume()
            system.until(partial(has_ended, old), 10, "the zombie ends", engines[-1])
            assert old.code == 1
            assert TAKEN_OVER in old.output()
        come_to_rest(system, pump, engines[-1])
        epochs = frame_epochs(system)
        assert epochs == sorted(epochs)
        assert epochs[-1] == count + 1
        assert_only_successors_wrote(system, engines)
        assert_agrees_with_its_log(system.client, system.keys, load_city("boston"))
        assert pump.told() == told_from_outside(system.client, system.keys)


def test_a_zombie_whose_redis_restarted_meanwhile_does_not_take_over_again(tmp_path: Path) -> None:
    """It finds its connection dead, connects anew, and must see that it was replaced."""
    with running(tmp_path) as system:
        zombie = system.add_engine("engine-0", "--take-over")
        zombie.pause()
        successor = system.add_engine("engine-1", "--take-over")
        system.server.kill()
        zombie.resume()
        wait_until(lambda: all(LOST in engine.output() for engine in (zombie, successor)), 20, "both miss Redis")
        system.server.start()
        system.until(lambda: system.frame_epoch() == 3, 10, "the successor goes on", successor)
        system.until(lambda: zombie.code is not None, 10, "the zombie ends", successor)
        assert TAKEN_OVER in zombie.output()
        assert system.epoch() == 3
        assert_only_successors_wrote(system, [zombie, successor])


def test_an_engine_outlives_every_restart_of_redis(tmp_path: Path) -> None:
    """A connection that dies during a commit is no take-over: the engine rebuilds its memory and goes on."""
    draw = random.Random(5)
    with running(tmp_path) as system:
        engine = system.add_engine("engine", "--take-over")
        pump = Pump(system.server.client(), system.keys, 5, pause_s=0.001).start()
        for _ in range(6):
            system.until(moments(draw.uniform(0.05, 0.2)), 5, "a random moment", engine)
            system.server.kill()
            system.server.start()
            seq = newest_frame(system)
            system.until(partial(has_newer_frame, system, seq), 10, "frames again", engine)
        come_to_rest(system, pump, engine)
        assert TAKEN_OVER not in engine.output()
        assert_agrees_with_its_log(system.client, system.keys, load_city("boston"))
        assert pump.told() == told_from_outside(system.client, system.keys)


def test_a_standby_takes_over_within_three_seconds(tmp_path: Path) -> None:
    with running(tmp_path) as system:
        active = system.add_engine("active", "--take-over")
        standby = system.add("standby", "engine")
        pump = Pump(system.server.client(), system.keys, 11).start()
        wait_until(lambda: "standing by" in standby.output(), START_S, "the standby waits")
        system.until(moments(0.5), 5, "some load", active, standby)
        assert system.frame_epoch() == 1
        active.kill()
        began = time.monotonic()
        system.until(lambda: system.frame_epoch() == 2, 10, "the standby commits", standby)
        took_s = time.monotonic() - began
        come_to_rest(system, pump, standby)
        assert took_s <= STANDBY_S * second_s()
        assert_only_successors_wrote(system, [active, standby])
        assert_agrees_with_its_log(system.client, system.keys, load_city("boston"))
        assert pump.told() == told_from_outside(system.client, system.keys)
