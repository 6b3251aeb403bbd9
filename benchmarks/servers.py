"""Real processes of one city in a folder of its own: Redis, engines, web; killed and restarted at will."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
import redis

from benchmarks.traffic import CITY
from dashboard.demo import command
from dashboard.embedded import redis_command
from dashboard.settings import PREFIX
from dashboard.supervisor import Child, Supervisor
from streams.keys import Keys

READY_S = 60.0
AT_ONCE = 2_000
LAST_WORDS = 1500
APPEND = "for index = 1, #ARGV do redis.call('XADD', KEYS[1], '*', 'e', ARGV[index]) end"
ROOT = Path(__file__).resolve().parents[1]


def wait_until(true: Callable[[], Any], timeout_s: float, what: str, every_s: float = 0.02) -> Any:
    """What `true()` answers as soon as it is truthy. Raises TimeoutError naming `what`."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if answer := true():
            return answer
        time.sleep(every_s)
    raise TimeoutError(f"not within {timeout_s:.0f} s: {what}")


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Servers:
    """One city's processes. Supervised ones are restarted as the product restarts them; `loose` ones are not."""

    city: str = CITY
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="hexwatch-bench-")))
    port: int = field(default_factory=free_port)
    cache: Path | None = None  # of area tables, shared by the servers of one run
    more: dict[str, str] = field(default_factory=dict)  # environment of every process, beside what all have

    def __post_init__(self) -> None:
        if self.cache is not None:
            (self.folder / "cache").symlink_to(self.cache)
        self.keys = Keys(self.city)
        self.socket = self.folder / "redis.sock"
        self.client = redis.Redis(unix_socket_path=str(self.socket), protocol=2)
        self.supervisor = Supervisor(self.folder / "logs")
        self.loose: list[subprocess.Popen[bytes]] = []
        self._watch = threading.Thread(target=self.supervisor.watch, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # processes

    def start_redis(self) -> None:
        data = self.folder / "redis"
        data.mkdir()
        self.start("redis", redis_command(data, self.socket))
        wait_until(self._answers, READY_S, "redis answers")
        self._watch.start()

    def start_engine(self, *options: str) -> Child:
        """A supervised active engine, once it has committed its first frame. Without options it fences any other."""
        epoch = self.frame_epoch()
        child = self.start("engine", command("engine", *(options or ("--take-over",))))
        wait_until(lambda: self.frame_epoch() > epoch, READY_S, "the engine's first frame")
        return child

    def release(self, child: Child) -> None:
        """End a supervised process for good."""
        self.supervisor.children.remove(child)
        if child.process is not None:
            child.process.terminate()
            child.process.wait()

    def run_loose(self, name: str, words: list[str]) -> subprocess.Popen[bytes]:
        """A process that nobody restarts."""
        with open(self.folder / "logs" / f"{name}.log", "ab") as out:
            process = subprocess.Popen(
                words,
                cwd=ROOT,
                env={**os.environ, **self.environment()},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.loose.append(process)
        return process

    def run_to_end(self, name: str, words: list[str], timeout_s: float) -> None:
        """A process that must end well before anything else. Raises subprocess.SubprocessError."""
        with open(self.folder / "logs" / f"{name}.log", "ab") as out:
            env = {**os.environ, **self.environment()}
            subprocess.run(
                words, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT, timeout=timeout_s, check=True
            )

    def start_web(self) -> Child:
        """The product's own web process, once it answers."""
        child = self.start("web", command("serve"))
        self.wait_for_web(self.port)
        return child

    def start(self, name: str, words: list[str]) -> Child:
        """A supervised process."""
        # The supervisor watches already: until the process runs, the watch must not start it a second time.
        return self.supervisor.start(Child(name, words, self.environment(), again_at_s=float("inf")))

    def wait_for_web(self, port: int) -> None:
        wait_until(lambda: _is_up(f"http://127.0.0.1:{port}/healthz"), READY_S, "the web process answers")

    def environment(self) -> dict[str, str]:
        values = {
            "CITY": self.city,
            "DATA": str(self.folder),
            "PORT": str(self.port),
            "OPEN_WALL": "yes",
            "MAX_CLIENTS": "2000",
            "LOG_LEVEL": "warning",
        }
        return {f"{PREFIX}{name}": value for name, value in values.items()} | self.more

    def stop(self) -> None:
        """End every process at once (nothing here is worth an orderly end) and delete the folder."""
        self.supervisor.stop.set()
        if self._watch.is_alive():
            self._watch.join()
        for process in [*self.loose, *(child.process for child in self.supervisor.children)]:
            if process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # each leads a session of its own
                process.wait()
        self.client.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def last_words(self) -> str:
        """The ends of all logs, for a measurement that broke off."""
        logs = sorted((self.folder / "logs").glob("*.log"))
        return "\n".join(f"--- {log.stem}\n{log.read_text(errors='replace')[-LAST_WORDS:]}" for log in logs)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False

    # the city

    def append(self, entries: Sequence[bytes]) -> None:
        """Append JSON of entries to the inbox, many in one command: filling is not what is measured."""
        for start in range(0, len(entries), AT_ONCE):
            self.client.eval(APPEND, 1, self.keys.inbox, *entries[start : start + AT_ONCE])

    def position(self) -> tuple[int, int, str]:
        """(epoch, seq, inbox position) as committed."""
        answer: Any = self.client.hmget(self.keys.position, "epoch", "seq", "inbox")
        epoch, seq, inbox = answer
        return int(epoch or 0), int(seq or 0), (inbox or b"0-0").decode()

    def frame_epoch(self) -> int:
        """Epoch of the newest frame; 0 before the first."""
        newest: Any = self.client.xrevrange(self.keys.frames, count=1)
        return int(msgspec.json.decode(newest[0][1][b"h"])["epoch"]) if newest else 0

    def wait_until_taken(self, timeout_s: float = 300.0) -> None:
        """Until the engine has passed the last entry of the inbox."""

        def is_taken() -> bool:
            newest: Any = self.client.xrevrange(self.keys.inbox, count=1)
            return not newest or self.position()[2] == newest[0][0].decode()

        wait_until(is_taken, timeout_s, "the engine has taken the inbox")


def kill(process: subprocess.Popen[bytes] | None) -> None:
    """SIGKILL, as in a crash."""
    assert process is not None, "not started"
    process.send_signal(signal.SIGKILL)
    process.wait()


def python(*words: str) -> list[str]:
    """A command line of this interpreter."""
    return [sys.executable, *words]


def _is_up(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
