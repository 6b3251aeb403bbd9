"""Fixtures for every test: a real Redis, flushed before each use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_module
from hypothesis import HealthCheck, settings

from tests.support import chromium, shared_data
from tests.support.demo import Demo, Restarted, children_of
from tests.support.redis_server import RedisServer

# How fast examples are made says something of a busy machine and nothing of the program; fixtures that are shared
# by the examples of a law are cleared by the law itself.
settings.register_profile(
    "hexwatch", suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], deadline=None
)
# `make test` judges a change: the same examples every time. `make thorough` looks for new ones.
settings.register_profile("repeatable", settings.get_profile("hexwatch"), derandomize=True)
settings.load_profile("hexwatch")


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server for this test process. Fsync is off here: durability has tests of its own."""
    server = RedisServer(Path(tmp_path_factory.mktemp("redis")), appendfsync="no").start()
    yield server
    server.stop()


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[redis_module.Redis]:
    """A client on a flushed database, answers as bytes."""
    client = redis_server.client()
    client.flushall()
    yield client
    client.close()


@pytest.fixture(scope="session")
def restarted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restarted]:
    """The one simulated city that all tests of whole programs and pages share: filling its past takes long."""
    demo = Demo(tmp_path_factory.mktemp("demo") / "city").start()
    try:
        first = demo.get("/api/v1/picture").json()
        code = demo.stop()
        said, left = demo.output(), children_of(demo.folder)
        demo.start()
        yield Restarted(demo, first, code, said, left, demo.get("/api/v1/picture").json())
    finally:
        if demo.is_running:
            demo.stop()


@pytest.fixture(scope="session")
def running_demo(restarted: Restarted) -> Demo:
    """It, running, with what it printed when it began."""
    return restarted.demo


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test in a real browser beside a running city gets a second try, which the summary names (RERUN)."""
    for item in items:
        if item.get_closest_marker("browser") is not None:
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say plainly which tier did not run: no test passes because something was missing."""
    if not shared_data.SHARED.exists():
        terminalreporter.write_line(f"NOT RUN: {shared_data.ABSENT}")
    if chromium.chromium() is None:
        terminalreporter.write_line(f"NOT RUN: {chromium.ABSENT}")
