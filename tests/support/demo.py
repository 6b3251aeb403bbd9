"""A whole running Hexwatch as its users start it: `python -m dashboard demo` in a folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.redis_server import wait_until

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-for-tests-0123456789"
READY_S = 200  # a minute is promised for a machine of its own; tests share theirs


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Demo:
    """One supervisor process and what it started. Everything binds to loopback."""

    def __init__(self, folder: Path, *options: str, port: int | None = None, command: str = "demo", **settings: str):
        self.folder = folder
        self.options = options
        self.port = port or free_port()
        self.command = command
        self.said = Path(f"{folder}-said.txt") if folder.parent.is_dir() else folder.parent.with_suffix(".said")
        self.settings = {f"HEXWATCH_{name.upper()}": value for name, value in settings.items()}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def environment(self) -> dict[str, str]:
        plain = {k: v for k, v in os.environ.items() if not k.startswith("HEXWATCH_")}
        own = {"HEXWATCH_DATA": str(self.folder), "HEXWATCH_PORT": str(self.port), "HEXWATCH_API_KEY": KEY}
        own["HEXWATCH_WARNINGS"] = "no"  # learning takes a core for minutes; the warner has tests of its own
        return plain | own | self.settings

    def start(self, ready: bool = True) -> Demo:
        with open(self.said, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dashboard", self.command, *self.options],
                cwd=ROOT,
                env=self.environment(),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        if ready:
            self._wait_until_ready(self.process)
        return self

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        try:
            wait_until(self._is_ready_or_dead, READY_S, "/readyz answers 200")
            assert process.poll() is None, self.output()
        except BaseException:  # also when pytest's own limit ends it
            if process.poll() is None:
                self.stop()  # a fixture that fails here is never told to end
            raise

    def _is_ready_or_dead(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            return True
        try:
            return httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except httpx.HTTPError:
            return False

    def get(self, path: str, **parameters: object) -> httpx.Response:
        """GET with the admin key."""
        return httpx.get(f"{self.url}{path}", params=parameters, headers={"X-API-Key": KEY}, timeout=30)  # type: ignore[arg-type]

    def stop(self) -> int:
        """Ctrl-C, then wait. Returns the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(120)

    def output(self) -> str:
        """All that the supervisor said."""
        return self.said.read_text(encoding="utf-8")

    def logs(self) -> str:
        """The tails of the children's logs, for a failing test."""
        found = sorted((self.folder / "logs").glob("*.log"))
        return "\n".join(f"--- {p.name}\n{p.read_text(errors='replace')[-1500:]}" for p in found)


def children_of(folder: Path) -> list[str]:
    """Command lines of processes that still work in a demo's folder, by their environment or arguments."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if f"HEXWATCH_DATA={folder}".encode() in environment or f"{folder}/redis.sock".encode() in command:
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found


@dataclass(frozen=True)
class Restarted:
    """A demo that was ended and started again in its folder, and what was seen before and between."""

    demo: Demo
    first: dict[str, Any]  # the picture before the end
    code: int
    said: str
    left: list[str]  # processes that still worked in its folder
    second: dict[str, Any]  # the picture right after the second start
