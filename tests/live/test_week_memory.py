"""Memory over a simulated week: the engine keeps what the city holds, the web process nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.support.processes import KEY, START_S, children_of, rss_kb, running
from tests.support.viewer import Viewer
from tests.support.week_runs import DAYS, assert_flat, week

pytestmark = pytest.mark.thorough  # the soak has a larger one

STEP_M, PER_DAY = 10.0, 5_000  # 1,008 frames of a small city; the soak has 10,080 of a large one
ENGINE_KB, WEB_KB = 2_500, 4_000
TOPICS = ["figures", "incidents", "units", "sources", "curve", "cells:open:", "cells:received_1h:"]
PATHS = ("/api/v1/picture", "/api/v1/cells?measure=open&res=8", "/live/grid?from=0", "/readyz", "/metrics")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, Any]]]:
    """What engine and web process said and weighed at the end of each day; one page reads, one sleeps."""
    with running(tmp_path_factory.mktemp("week"), FRAME_RING_S="2") as system, week(system, STEP_M, PER_DAY) as begin:
        web = system.add("web", "serve")
        system.until(system.web_answers, START_S, "the web answers", web)
        (worker,) = children_of(web.pid)
        headers = {"X-API-Key": KEY}
        with (
            closing(Viewer(system.port, TOPICS, headers)) as reads,
            closing(Viewer(system.port, TOPICS, headers, receive_bytes=4096)),
            httpx.Client(base_url=system.base, headers=headers, timeout=30) as http,
        ):
            days = []
            for report in begin():
                reads.watch(0.3)
                for path in PATHS * 20:
                    http.get(path).raise_for_status()
                days.append(report | {"web_kb": rss_kb(worker), "seq": reads.page.seq})
        yield days


def test_the_week_happened(reports: list[dict[str, Any]]) -> None:
    assert [report["day"] for report in reports] == list(range(DAYS))
    assert reports[-1]["events"] > PER_DAY * (DAYS - 1)
    assert reports[-1]["seq"] > 800


@pytest.mark.parametrize(
    "what", ["cases", "incidents", "units", "crews", "sources", "cells", "timers", "flags", "counts", "views"]
)
def test_the_engine_keeps_no_more_of_anything_after_a_week_than_after_three_days(
    reports: list[dict[str, Any]], what: str
) -> None:
    values = [report[what] for report in reports]
    assert_flat(values, 30 + values[2] * 0.05, what)


def test_the_engines_memory_is_flat(reports: list[dict[str, Any]]) -> None:
    assert_flat([report["rss_kb"] for report in reports], ENGINE_KB, "engine")


def test_the_web_process_memory_is_flat(reports: list[dict[str, Any]]) -> None:
    assert_flat([report["web_kb"] for report in reports], WEB_KB, "web")
