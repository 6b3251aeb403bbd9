"""How long screens are without frames when the engine is killed, and whether anything is lost or doubled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from benchmarks.documents import write_cases
from benchmarks.drip import Drip
from benchmarks.machine import cpu_s
from benchmarks.results import Result, rounded
from benchmarks.run import Run
from benchmarks.servers import Servers, kill, wait_until
from benchmarks.traffic import Traffic
from dashboard.demo import command
from geo.cities import load_city

NAME = "engine-recovery"
ASKS = "seconds from kill -9 of the engine to the next frame, at 100,000 and 500,000 open cases, and with a standby"
# (open cases, seconds promised, kills) per size of the run
STEPS: tuple[tuple[tuple[int, float, int], ...], ...] = (
    ((100_000, 3.0, 3), (500_000, 10.0, 2)),
    ((20_000, 3.0, 1), (40_000, 10.0, 1)),
    ((2_000, 3.0, 1),),
)
STANDBY_S = 3.0
PER_S = 500
LOADED_S = (2.0, 1.0, 0.3)  # of load before each kill
TIMEOUT_S = 120.0


def measure(run: Run) -> Iterator[Result]:
    with run.servers() as servers:
        city = load_city(servers.city)
        areas = city.load_areas(cache_dir=servers.folder / "cache")
        sent = Sent(servers)
        written = 0
        for count, target_s, kills in run.pick(*STEPS):
            run.say(f"writing open cases up to {count:,}")
            write_cases(servers, range(written, count), city, areas, datetime.now(UTC))
            written = count
            yield _restarted(run, servers, count, target_s, kills, sent)
        yield _with_standby(run, servers, written, sent)


class Sent:
    """What was appended under load, and what the engine's own totals say of it."""

    def __init__(self, servers: Servers):
        self.servers = servers
        self.complaints = 0
        self.seed = 700

    def load(self) -> Drip:
        self.seed += 1
        return Drip(self.servers, Traffic(seed=self.seed), PER_S)

    def difference(self, drip: Drip) -> int:
        """Complaints counted minus complaints appended so far: negative when lost, positive when doubled."""
        self.complaints += sum(type_ == "case.received" for type_ in drip.types.values())
        self.servers.wait_until_taken()
        raw: Any = self.servers.client.hget(self.servers.keys.position, "totals")
        return int(msgspec.json.decode(raw)["cases"]) - self.complaints


def _restarted(run: Run, servers: Servers, cases: int, target_s: float, kills: int, sent: Sent) -> Result:
    """The supervisor restarts the engine, as in the product."""
    engine = servers.start_engine()
    seconds = []
    with sent.load() as drip:
        for _ in range(kills):
            time.sleep(run.pick(*LOADED_S))
            seconds.append(_silence_s(servers, lambda: kill(engine.process)))
    difference = sent.difference(drip)
    servers.release(engine)
    return _result(f"{NAME}: {cases:,} open cases, restarted", seconds, target_s, difference, cases, {
        "counted": "from kill -9 until the next frame stands in the stream; start of the interpreter included",
    })  # fmt: skip


def _with_standby(run: Run, servers: Servers, cases: int, sent: Sent) -> Result:
    """Nobody restarts the killed engine: a second one that waited takes over."""
    epoch = servers.position()[0]
    active = servers.run_loose("engine", command("engine", "--take-over"))
    wait_until(lambda: servers.frame_epoch() > epoch, TIMEOUT_S, "the active engine's first frame")
    standby = servers.run_loose("standby", command("engine"))
    _wait_until_idle(standby.pid)
    with sent.load() as drip:
        time.sleep(run.pick(*LOADED_S))
        seconds = [_silence_s(servers, lambda: kill(active))]
    difference = sent.difference(drip)
    standby.terminate()
    standby.wait()
    return _result(f"{NAME}: {cases:,} open cases, with a standby", seconds, STANDBY_S, difference, cases, {
        "counted": "from kill -9 of the active engine until the standby's first frame; its lease must run out first",
    })  # fmt: skip


def _silence_s(servers: Servers, strike: Callable[[], None]) -> float:
    """Seconds from the blow until a frame of a later epoch."""
    epoch = servers.position()[0]
    strike()
    began = time.perf_counter()
    wait_until(lambda: servers.frame_epoch() > epoch, TIMEOUT_S, "frames again")
    return time.perf_counter() - began


def _wait_until_idle(pid: int) -> None:
    """Until a process has stopped working hard: whatever it prepares is then prepared."""
    used = cpu_s(pid)

    def is_idle() -> bool:
        nonlocal used
        before, used = used, cpu_s(pid)
        return used > 0.3 and used - before < 0.1

    wait_until(is_idle, TIMEOUT_S, "the standby is ready", every_s=0.5)


def _result(
    name: str, seconds: list[float], target_s: float, difference: int, cases: int, conditions: dict[str, Any]
) -> Result:
    return Result(
        name=name,
        value=rounded(max(seconds)),
        unit="s without frames (worst)",
        target=f"≤ {target_s:g} s, nothing lost, nothing doubled",
        met=max(seconds) <= target_s and difference == 0,
        n=len(seconds),
        compared_with={
            "every kill, s": [rounded(s) for s in seconds],
            "complaints counted minus appended": difference,
        },
        conditions={"open cases": cases, "events/s": PER_S, **conditions},
    )
