"""The whole program as a person starts it: what it says when it cannot, and that it goes on where it ended."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.demo import ROOT, Demo, Restarted, children_of, free_port
from tests.support.redis_server import wait_until


@pytest.fixture
def start() -> Iterator[type[Demo]]:
    """Makes demos, and ends those that a failing test left running."""
    made: list[Demo] = []

    class Noted(Demo):
        def __init__(self, *args: Any, **kwargs: Any):
            super().__init__(*args, **kwargs)
            made.append(self)

    yield Noted
    for demo in made:
        if demo.process is not None and demo.process.poll() is None:
            demo.stop()


def test_a_demo_ends_without_a_trace_and_goes_on_where_it_ended(restarted: Restarted) -> None:
    first = restarted.first
    assert first["clock"]["mode"] == "simulation"
    assert first["cases"]["open"] > 1000
    assert restarted.code == 0
    assert "Nothing is lost" in restarted.said
    assert restarted.left == []
    begun = restarted.second
    assert begun["seq"] > first["seq"]
    left, found = (datetime.fromisoformat(picture["clock"]["now"]) for picture in (first, begun))
    minutes = (found - left).total_seconds() / 60
    assert 0 <= minutes < 20
    # On a busy machine some of what was sent waited to be read; the past is not sent again.
    before, after = (picture["cases"]["received_today"] for picture in (first, begun))
    assert before <= after < 1.05 * before + 100 * minutes


def refused(demo: Demo) -> str:
    """The one line with which a program ends that cannot start."""
    demo.start(ready=False)
    assert demo.process is not None
    code = demo.process.wait(180)
    said = demo.output()
    assert code == 1, said
    lines = [line for line in said.splitlines() if line.startswith("Error:")]
    assert len(lines) == 1, said
    assert "Traceback" not in said
    return lines[0]


def test_a_port_in_use_is_named(tmp_path: Path, start: type[Demo]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"port {port}" in refused(start(tmp_path / "city", port=port))


def test_a_damaged_data_folder_is_named_with_what_to_do(tmp_path: Path, start: type[Demo]) -> None:
    demo = start(tmp_path / "city", command="up").start()
    demo.stop()
    log = demo.folder / "redis" / "appendonly.aof"
    damaged = bytearray(log.read_bytes())
    # Long enough to hit the protocol itself and not only a value.
    damaged[len(damaged) // 2 : len(damaged) // 2 + 4000] = b"\0" * 4000
    log.write_bytes(damaged)
    said = refused(start(demo.folder, command="up"))
    assert "damaged" in said
    assert "doctor" in said


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("mount"), reason="needs a small file system")
def test_a_full_disk_is_named(tmp_path: Path, start: type[Demo]) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    try:
        assert "MB free" in refused(Demo(small / "city"))
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, start: type[Demo]) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert "HEXWATCH_DATA" in refused(start(tmp_path / "file" / "city"))


def run(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("HEXWATCH_")}
    own = {f"HEXWATCH_{k.upper()}": v for k, v in settings.items()}
    command = [sys.executable, "-m", "dashboard", *words]
    return subprocess.run(command, cwd=ROOT, env=plain | own, capture_output=True, text=True, timeout=180)


@pytest.mark.parametrize(
    "words",
    [(), ("demo",), ("up",), ("serve",), ("engine",), ("reader",), ("feed",), ("feed", "replay"), ("feed", "check"),
     ("key", "add"), ("dead",), ("dead", "retry"), ("doctor",)],
)  # fmt: skip
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    answer = run(*words, "--help")
    assert answer.returncode == 0
    assert "Usage:" in answer.stdout
    assert len(answer.stdout.splitlines()) > 4


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        (("demo",), {"port": "abc"}, "HEXWATCH_PORT='abc'"),
        (("demo", "--replay", __file__), {}, "--replay and --preset belong together"),
        (("demo", "--replay", __file__, "--preset", "nope"), {}, "nope"),
        (("demo", "--replay", __file__, "--preset", "boston-311", "--until", "soon"), {}, "--until 'soon'"),
        (("demo", "--replay", __file__, "--preset", "boston-311", "--speed", "fast"), {}, "not a number above 0"),
        (("dead", "list"), {"data": "/nonexistent/x"}, "is Hexwatch running?"),
        (("key", "add", "me", "--role", "king"), {}, "'king' is not one of"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(words: tuple[str, ...], settings: dict[str, str], said: str) -> None:
    answer = run(*words, **settings)
    assert answer.returncode != 0
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_mistyped_setting_is_noticed() -> None:
    assert "HEXWATCH_PROT is not a setting" in run("feed", "presets", prot="8050").stderr


def test_a_live_city_is_examined_refuses_a_second_and_dies_without_a_trace(tmp_path: Path, start: type[Demo]) -> None:
    demo = start(tmp_path / "city", command="up").start()
    assert demo.process is not None
    answer = run("doctor", data=str(demo.folder), port=str(free_port()))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    for what in ("Python", "Redis", "durability", "memory", "clock", "city files", "presets", "disk", "wall at 5 m"):
        assert what in answer.stdout
    key = run("key", "add", "me", "--role", "viewer", data=str(demo.folder)).stdout.strip()
    picture = httpx.get(f"{demo.url}/api/v1/picture", headers={"Authorization": f"Bearer {key}"}, timeout=30)
    assert picture.json()["city"] == "beijing"
    assert "me  viewer" in run("key", "list", data=str(demo.folder)).stdout
    said = refused(start(demo.folder, command="up"))
    assert f"process {demo.process.pid}" in said
    assert "HEXWATCH_DATA" in said
    demo.process.kill()
    demo.process.wait(60)
    wait_until(lambda: not children_of(demo.folder), 30, "all children gone")
