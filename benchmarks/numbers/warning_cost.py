"""What early warning costs: one look at 20,000 cells and 10 categories, and its memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from benchmarks.results import Result, not_measured, percentile, rounded
from benchmarks.run import Run
from benchmarks.warned_city import CATEGORIES, learning

NAME = "warning-cost"
ASKS = "processor time and memory of one look at 20,000 cells and 10 categories, every five minutes"
CELLS = (20_000, 20_000, 5_000)
A_DAY = (65_000, 65_000, 16_000)
LEARNT_DAYS = (28, 14, 9)
LOOKS = (40, 20, 6)
MOST_S, MOST_MB = 1.0, 300
NOW = datetime(2026, 3, 30, 16, tzinfo=UTC)


def measure(run: Run) -> Iterator[Result]:
    run.say("learning and looking, in a process of its own")
    sizes = [run.pick(*each) for each in (CELLS, A_DAY, LEARNT_DAYS, LOOKS)]
    asked = [sys.executable, "-m", "benchmarks.numbers.warning_cost", *map(str, sizes)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        yield not_measured(f"{NAME}: one look", "s", f"≤ {MOST_S:g} s", done.stderr.strip().splitlines()[-1])
        return
    told = json.loads(done.stdout)
    conditions = {
        "cells": sizes[0],
        "categories": f"{len(CATEGORIES)}, and the themes of grave words",
        "cases a day": sizes[1],
        "days learnt from": sizes[2],
        "learning a model, s of processor time": rounded(told["learn_s"]),
    }
    yield Result(
        name=f"{NAME}: one look",
        value=rounded(percentile(told["look_s"], 0.95)),
        unit="s of processor time (p95)",
        target=f"≤ {MOST_S:g} s every five minutes",
        met=percentile(told["look_s"], 0.95) <= MOST_S,
        n=len(told["look_s"]),
        compared_with={"median, s": rounded(percentile(told["look_s"], 0.5)), "warnings open": told["open"]},
        conditions=conditions,
    )
    yield Result(
        name=f"{NAME}: memory",
        value=rounded(told["mb"]),
        unit="MB more than the interpreter with its libraries",
        target=f"≤ {MOST_MB} MB",
        met=told["mb"] <= MOST_MB,
        n=1,
        compared_with={
            "whole process, resident, MB": rounded(told["rss_mb"]),
            "highest while learning, MB": rounded(told["peak_mb"]),
        },
        conditions={
            "counted": "resident memory of a process that read a learnt model and looked; learning is another one"
        },
    )


def _look(sizes: list[int]) -> None:
    import tempfile
    from pathlib import Path

    import numpy as np

    from hotline.warning_model import Model
    from hotline.warnings import NewCase, Watch

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        asked = learning(sizes[0], sizes[1], sizes[2], NOW, path)
        learnt = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
        before = _resident()
        model = Model.from_bytes(path.read_bytes())
    watch = Watch(model)
    rng = np.random.default_rng(12)
    names, share = model.grid.cells, model.baseline.share.mean(axis=1)
    share = share / share.sum()

    def cases(begin: datetime, minutes: int, n: int) -> list[NewCase]:
        where = rng.choice(len(names), n, p=share)
        what = rng.choice(len(CATEGORIES), n)
        seconds = rng.random(n) * minutes * 60
        rows = zip(where.tolist(), what.tolist(), seconds.tolist(), strict=True)
        return [
            NewCase(f"{begin:%d%H%M}-{i}", begin + timedelta(seconds=s), CATEGORIES[k], names[w])
            for i, (w, k, s) in enumerate(rows)
        ]

    watch.update(NOW, cases(NOW - timedelta(days=1), 1440, sizes[1]))
    spent, now, open_now = [], NOW, 0
    for _ in range(sizes[3]):
        fresh = cases(now, 5, sizes[1] // 288)
        now += timedelta(minutes=5)
        began = time.process_time()
        open_now = len(watch.update(now, fresh))
        spent.append(time.process_time() - began)
    rss = _resident()
    told = {"look_s": spent, "open": open_now, "mb": (rss - before) / 1e6, "rss_mb": rss / 1e6, **learnt}
    print(json.dumps(told))


def _resident() -> int:
    """Bytes of memory this process has now (Linux)."""
    from pathlib import Path

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    _look([int(each) for each in sys.argv[1:]])
