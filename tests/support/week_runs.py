"""The week in fast motion as tests use it: the engine's process, and what it said day by day."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.processes import ROOT, System

WARM_DAYS = 3  # after these as much leaves as comes
DAYS = 7


Reports = Iterator[dict[str, Any]]


@contextmanager
def week(
    system: System, step_m: float, per_day: int, frame_s: float = 0.005, seed: int = 1
) -> Iterator[Callable[[], Reports]]:
    """An engine that has shown its first frame; calling what this yields lets the week begin, a report a day."""
    command = [sys.executable, "-m", "tests.support.week", str(system.server.socket), system.city]
    command += [str(DAYS), str(step_m), str(per_day), str(frame_s), str(seed)]
    with (system.folder / "week.log").open("wb") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    assert process.stdin is not None
    assert process.stdout is not None
    reports = (json.loads(line) for line in process.stdout if line.startswith("{"))
    try:
        assert next(reports, {"day": None})["day"] == -1, (system.folder / "week.log").read_text()

        def begin() -> Reports:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
            return reports

        yield begin
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def assert_flat(values: list[float], tolerance: float, what: str) -> None:
    """After the warm-up no value is more than `tolerance` above the first."""
    settled = values[WARM_DAYS - 1 :]
    assert len(settled) >= 3, f"{what}: too few values: {values}"
    assert max(settled) - settled[0] <= tolerance, f"{what} grew: {values}"
