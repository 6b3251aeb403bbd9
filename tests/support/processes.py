"""The program's own processes under test: started, killed, stopped and continued as a bad day would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import redis

from dashboard.settings import PREFIX
from streams.keys import Keys
from tests.support.demo import free_port
from tests.support.redis_server import RedisServer, wait_until

ROOT = Path(__file__).resolve().parents[2]
KEY = "an-admin-key-for-tests-only"
START_S = 60.0  # imports on a busy machine; the product's own limits are tested where they matter


@dataclass
class Process:
    """One `python -m dashboard …` in a session of its own. Its output goes to one file, kept over restarts."""

    name: str
    words: list[str]
    env: dict[str, str]
    log: Path
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> Process:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dashboard", *self.words],
                cwd=ROOT,
                env={**_outer_environment(), **self.env},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.starts += 1
        return self

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.name} was never started"
        return self.process.pid

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def code(self) -> int | None:
        """How it ended, or None while it runs."""
        return None if self.process is None else self.process.poll()

    def kill(self) -> None:
        """SIGKILL to the process and whatever it started, as when a machine loses them all."""
        self._signal_all(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(60)

    def end(self, timeout_s: float = 60.0) -> None:
        """SIGTERM, then wait; killed if it does not listen."""
        if self.process is None:
            return
        if self.is_running:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.kill()
        self._signal_all(signal.SIGKILL)  # children that outlived it

    def pause(self) -> None:
        """SIGSTOP: it stands still wherever it is."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def _outer_environment() -> dict[str, str]:
    """The environment without settings that a developer's shell may hold."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


@dataclass
class System:
    """Redis and the processes of one city, in a folder of their own. `close` leaves nothing running."""

    folder: Path
    city: str = "boston"
    settings: dict[str, str] = field(default_factory=dict)
    appendfsync: str = "always"
    port: int = field(default_factory=free_port)
    processes: list[Process] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.data = self.folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        self.keys = Keys(self.city)
        self.server = RedisServer(self.folder / "redis", self.appendfsync).start()
        self.client = self.server.client()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def reader_file(self) -> Path:
        return self.data / f"reader-{self.city}.sqlite"

    def add(self, name: str, *words: str, keep: bool = False, **settings: str) -> Process:
        """Start one process. With `keep`, `tend` starts it again whenever it has died."""
        env = {
            "REDIS_URL": self.server.url,
            "CITY": self.city,
            "DATA": str(self.data),
            "PORT": str(self.port),
            "API_KEY": KEY,
            **self.settings,
            **settings,
        }
        process = Process(
            name, list(words), {PREFIX + k: v for k, v in env.items()}, self.folder / f"{name}.log"
        ).start()
        self.processes.append(process)
        if keep:
            self.kept.add(name)
        return process

    def add_engine(self, name: str = "engine", *options: str, keep: bool = False) -> Process:
        """An engine that has committed its first frame."""
        before = self.epoch()
        engine = self.add(name, "engine", *options, keep=keep)
        self.until(lambda: self.frame_epoch() > before, START_S, f"{name} commits", engine)
        return engine

    def tend(self) -> None:
        """Start again whoever died, as the supervisor does. A process that ended by itself with 0 stays ended."""
        for process in self.processes:
            if process.name in self.kept and not process.is_running and process.code != 0:
                process.start()

    def until(self, true: Callable[[], object], timeout_s: float, what: str, *alive: Process) -> None:
        """Wait, tending the kept ones; fails at once when one of `alive` dies."""

        def look() -> bool:
            self.tend()
            for process in alive:
                assert process.is_running, f"{process.name} died waiting until {what}:\n{process.output()[-2000:]}"
            try:
                return bool(true())
            except (redis.ConnectionError, redis.TimeoutError, httpx.TransportError):
                return False

        wait_until(look, timeout_s, what)

    def web_answers(self, port: int | None = None) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port or self.port}/healthz", timeout=10).status_code == 200
        except httpx.TransportError:
            return False

    def epoch(self) -> int:
        found: Any = self.client.hget(self.keys.position, "epoch")
        return int(found or 0)

    def frame_epoch(self) -> int:
        """The epoch of the newest frame; 0 before the first."""
        newest: Any = self.client.xrevrange(self.keys.frames, count=1)
        return int(httpx.Response(200, content=newest[0][1][b"h"]).json()["epoch"]) if newest else 0

    def is_drained(self) -> bool:
        """Whether the engine has passed everything in the inbox."""
        newest: Any = self.client.xrevrange(self.keys.inbox, count=1)
        passed: Any = self.client.hget(self.keys.position, "inbox")
        return not newest or newest[0][0] == passed

    def close(self) -> None:
        for process in reversed(self.processes):
            process.resume() if process.is_running else None
            process.kill() if process.process is not None else None
        self.client.close()
        self.server.stop()

    def said(self) -> str:
        """The last words of every process, for a failure to show."""
        return "\n".join(f"--- {p.name} (started {p.starts}x)\n{p.output()[-1500:]}" for p in self.processes)


@contextmanager
def running(folder: Path, city: str = "boston", **settings: str) -> Iterator[System]:
    """A system that is closed at the end, and tells what its processes said when the test fails."""
    system = System(folder, city, settings)
    try:
        yield system
    except BaseException:
        print(system.said())
        raise
    finally:
        system.close()


def rss_kb(pid: int | str) -> int:
    """Resident memory of one process in kB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def children_of(pid: int) -> list[int]:
    """Pids of its children (the worker of a web process)."""
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def moments(deadline_s: float) -> Callable[[], bool]:
    """A condition that holds once `deadline_s` have passed: for waits that mean time itself."""
    end = time.monotonic() + deadline_s
    return lambda: time.monotonic() >= end
