"""One running city for the tests of the live side: an engine, a web process for people, one with an open wall."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from dashboard.access_keys import new_key
from tests.support.demo import free_port
from tests.support.processes import START_S, Process, System, running
from tests.support.viewer import Viewer

RING_S = 5


@dataclass
class LiveCity:
    """The running city and ways to look at it."""

    system: System
    web: Process
    open_port: int

    def key(self, role: str) -> dict[str, str]:
        """Headers of somebody of that role."""
        return {"X-API-Key": new_key(self.system.client, self.system.keys, f"a {role}", role)}


@pytest.fixture(scope="module")
def live_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCity]:
    with running(tmp_path_factory.mktemp("live"), FRAME_RING_S=str(RING_S)) as system:
        open_port = free_port()
        web = system.add("web", "serve")
        wall = system.add("open-wall", "serve", OPEN_WALL="yes", PORT=str(open_port))
        system.add_engine("engine", "--take-over")
        for port in (system.port, open_port):
            system.until(partial(system.web_answers, port), START_S, "the web answers", web, wall)
        yield LiveCity(system, web, open_port)


@pytest.fixture
def viewer(live_city: LiveCity) -> Iterator[Callable[..., Viewer]]:
    """Opens viewers (of a role, with topics) that are closed at the end."""
    opened: list[Viewer] = []

    def open_viewer(role: str = "viewer", topics: list[str] | None = None, **socket_options: int) -> Viewer:
        topics = ["figures", "incidents", "units"] if topics is None else topics
        opened.append(Viewer(live_city.system.port, topics, live_city.key(role), **socket_options))
        return opened[-1]

    yield open_viewer
    for one in opened:
        one.close()
