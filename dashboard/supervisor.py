"""Several processes as one program: started in order, restarted when they die, ended together."""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import click
import structlog

log = structlog.get_logger("supervisor")

LEAST_FREE_MB = 200
STOP_S = 15.0
QUICK_DEATH_S = 2.0
BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
# sysexits.h: the process says that starting it again would not help
EX_CONFIG = 78
PR_SET_PDEATHSIG = 1


class CannotStart(RuntimeError):
    """One clear line about what stands in the way and what to do."""


@dataclass
class Child:
    """One process to keep alive. `once` ones may end by themselves."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    once: bool = False
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    deaths: int = 0
    again_at_s: float = 0.0

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


def _die_with_parent() -> None:
    """Ask the kernel to end this child when the supervisor dies, even by SIGKILL. Linux only; elsewhere no harm."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Supervisor:
    """Keeps children running until `stop` is set. Output goes to one log file per child in `logs`."""

    logs: Path
    stop: threading.Event = field(default_factory=threading.Event)
    children: list[Child] = field(default_factory=list)
    monotonic: Callable[[], float] = time.monotonic

    def start(self, child: Child) -> Child:
        """Start one child now and keep it running from here on."""
        self._launch(child)
        self.children.append(child)  # only now: whoever watches would take it for dead and start it, too
        return child

    def _launch(self, child: Child) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        with open(self.logs / f"{child.name}.log", "ab") as out:
            # A session of its own: Ctrl-C reaches only the supervisor, which ends the others in order.
            child.process = subprocess.Popen(
                child.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **child.env},
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        child.started_s = self.monotonic()

    def wait_for(self, child: Child, ready: Callable[[], bool], timeout_s: float, hint: str) -> None:
        """Wait until a child is ready. Raises CannotStart with its last words when it dies or takes too long."""
        deadline = self.monotonic() + timeout_s
        while not ready():
            if self.stop.is_set():
                return
            if not child.is_running or self.monotonic() > deadline:
                raise CannotStart(f"{child.name} did not start: {self.last_words(child)}. {hint}")
            self.stop.wait(0.05)

    def last_words(self, child: Child) -> str:
        """The last line of a child's log."""
        path = self.logs / f"{child.name}.log"
        lines = path.read_text(errors="replace").strip().splitlines() if path.exists() else []
        return lines[-1].strip()[:300] if lines else "it said nothing"

    def watch(self) -> None:
        """Restart whoever dies, until `stop` is set. Raises CannotStart when a child says that it is no use."""
        while not self.stop.wait(0.1):
            for child in self.children:
                self._look_after(child)

    def _look_after(self, child: Child) -> None:
        if child.is_running:
            return
        now = self.monotonic()
        if child.process is not None:
            code = child.process.returncode
            child.process = None
            if child.once and code == 0:
                child.again_at_s = float("inf")
                return
            if code == EX_CONFIG:
                raise CannotStart(f"{child.name}: {self.last_words(child)}")
            child.deaths = child.deaths + 1 if now - child.started_s < QUICK_DEATH_S else 0
            child.again_at_s = now + BACKOFF_S[min(child.deaths, len(BACKOFF_S) - 1)]
            log.warning("process ended, starting it again", process=child.name, code=code, deaths=child.deaths)
        elif now >= child.again_at_s:
            self._launch(child)

    def end(self) -> None:
        """End every child, newest first, politely and then not."""
        for child in reversed(self.children):
            if child.process is None or not child.is_running:
                continue
            child.process.terminate()
            try:
                child.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                log.warning("process did not stop in time, killed", process=child.name)
                child.process.kill()
                child.process.wait()


def claim_folder(folder: Path) -> IO[str]:
    """Lock the data folder for this process. Raises CannotStart when another has it or it cannot be used."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / "lock", "a+")  # noqa: SIM115  held open for the life of the process
    except OSError as error:
        raise CannotStart(f"data folder {folder}: {error.strerror}; name another with HEXWATCH_DATA") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        owner = lock.read().strip() or "?"
        lock.close()
        raise CannotStart(
            f"another Hexwatch (process {owner}) uses {folder}; stop it, or name another folder with HEXWATCH_DATA"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def check_port(host: str, port: int) -> None:
    """Raises CannotStart when the port is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(f"port {port} on {host}: {error.strerror}; choose another with HEXWATCH_PORT") from None


def check_space(folder: Path) -> None:
    """Raises CannotStart when the disk is nearly full: the log could not be written."""
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < LEAST_FREE_MB:
        raise CannotStart(f"{folder}: {free_mb} MB free, {LEAST_FREE_MB} needed; free some or move HEXWATCH_DATA")


def stop_on_signals(stop: threading.Event) -> None:
    """SIGINT and SIGTERM ask for an orderly end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())


def say(text: str) -> None:
    """A line for the person at the terminal."""
    click.echo(text)
