"""Slow calls leave the event loop free: seen from a real gevent loop in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.blocking import run_blocking

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import gevent
from gevent.monkey import get_original
from dashboard.blocking import run_blocking

slow = get_original("time", "sleep")
ticks = []

def tick():
    while True:
        ticks.append(1)
        gevent.sleep(0.005)

def fail():
    raise ValueError("as inline")

gevent.spawn(tick)
gevent.sleep(0)
slow(0.2)
frozen = len(ticks)
run_blocking(slow, 0.2)
assert len(ticks) - frozen >= 2, len(ticks)
assert run_blocking(lambda a, b: a + b, 1, b=2) == 3
try:
    run_blocking(fail)
except ValueError as error:
    assert str(error) == "as inline"
else:
    raise AssertionError("nothing was raised")
assert run_blocking(lambda: run_blocking(lambda: "nested")) == "nested"
print("frozen", frozen)
"""


@pytest.mark.parametrize("patched", ["", "from gevent import monkey; monkey.patch_all()\n"])
def test_a_slow_call_does_not_freeze_a_gevent_loop(patched: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", patched + PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "frozen 1"
    assert done.stderr == ""


def test_without_a_loop_the_call_happens_in_line() -> None:
    assert run_blocking(sorted, [2, 1], reverse=True) == [2, 1]
    with pytest.raises(ZeroDivisionError):
        run_blocking(divmod, 1, 0)
