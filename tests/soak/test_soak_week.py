"""A full week of a large city, a frame a minute, seventy thousand events a day: nothing grows."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.page_memory import watch_a_week
from tests.support.processes import KEY, START_S, children_of, rss_kb, running
from tests.support.viewer import Viewer
from tests.support.week_runs import assert_flat, week

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
STEP_M, PER_DAY = 1.0, 70_000
TOPICS = ["figures", "incidents", "units", "sources", "curve", "cells:open:", "cells:received_1h:"]


def test_engine_and_web(tmp_path: Path) -> None:
    with running(tmp_path, FRAME_RING_S="5") as system, week(system, STEP_M, PER_DAY) as begin:
        web = system.add("web", "serve")
        system.until(system.web_answers, START_S, "the web answers", web)
        (worker,) = children_of(web.pid)
        with closing(Viewer(system.port, TOPICS, {"X-API-Key": KEY})) as reads:
            days = []
            for report in begin():
                reads.watch(1.0)
                days.append(report | {"web_kb": rss_kb(worker)})
                print(days[-1])
    for what in ("cases", "incidents", "units", "crews", "sources", "cells", "timers", "flags", "counts", "views"):
        values = [day[what] for day in days]
        assert_flat(values, 50 + values[2] * 0.05, what)
    assert_flat([day["rss_kb"] for day in days], 8_000, "engine")
    assert_flat([day["web_kb"] for day in days], 5_000, "web")


def test_a_page_over_ten_thousand_frames(page: Any, tmp_path: Path) -> None:
    watch_a_week(page, tmp_path, step_m=0.9, per_day=10_000)
