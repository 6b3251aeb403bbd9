"""A real Redis on a Unix socket for tests: the binary that the product itself embeds."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import redis

from dashboard.embedded import redis_command

# Limits are written for a free machine. A wait ends when its condition holds, so room costs nothing but failures.
PATIENCE = 3


def wait_until(true: Callable[[], object], timeout_s: float = 10.0, what: str = "") -> None:
    """Poll until `true()` holds; fails with `what` after the timeout."""
    deadline = time.monotonic() + timeout_s * PATIENCE
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(0.01)
    raise AssertionError(f"not within {timeout_s * PATIENCE} s: {what or true}")


class RedisServer:
    """One server process with its own folder. `kill()` is SIGKILL, `start()` starts it again on the same data."""

    def __init__(self, folder: Path, appendfsync: str = "always"):
        self.folder = folder
        self.socket = folder / "redis.sock"
        self.appendfsync = appendfsync
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket))

    def start(self) -> RedisServer:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = redis_command(self.folder, self.socket, appendfsync=self.appendfsync)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        wait_until(self._answers, 20, "redis answers")
        return self

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None
