"""Reports filed over HTTP into the program's own processes: on the wall's figures, and kept whatever is killed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from dashboard.access_keys import new_key
from tests.open311server.portal import REPORT
from tests.support.processes import KEY, START_S, System, running

PATH = "/open311/v2/requests.json"


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    with running(tmp_path, "beijing") as found:
        web = found.add("web", "serve", keep=True)
        found.add_engine(keep=True)
        found.until(found.web_answers, START_S, "the web answers", web)
        yield found


def received(system: System) -> int:
    """What the wall is served as received so far: no midnight begins it anew."""
    answer = httpx.get(f"{system.base}/live/snapshot?topics=figures", headers={"X-API-Key": KEY}, timeout=30)
    return int(answer.json()["topics"]["figures"].get("cases.received_total", 0))


def test_a_report_is_in_the_figures_of_the_wall_a_moment_after_its_number_was_given(system: System) -> None:
    key = new_key(system.client, system.keys, "city app", "reporter")
    with httpx.Client(base_url=system.base, timeout=30) as http:
        answer = http.post(PATH, data=REPORT | {"api_key": key})
        filed_at = time.monotonic()
        assert answer.status_code == 201
        number = answer.json()[0]["service_request_id"]
        system.until(lambda: received(system) == 1, 10, "the wall counts it")
        print(f"on the wall after {time.monotonic() - filed_at:.3f} s")
        one = http.get(f"/open311/v2/requests/{number}.json").json()[0]
        assert (one["service_request_id"], one["status"]) == (number, "open")
        assert http.get("/open311/v2/openapi.json").json()["openapi"] == "3.1.0"


@dataclass
class App:
    """Files reports in a thread, and sends each again under its idempotency key until it has a number."""

    base: str
    key: str
    name: int
    numbers: dict[str, set[str]] = field(default_factory=dict)
    tries: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        with httpx.Client(base_url=self.base, timeout=3) as http:
            for n in range(10_000):
                if self.stop.is_set():
                    return
                self._file(http, f"{self.name}-{n}")

    def _file(self, http: httpx.Client, mark: str) -> None:
        while not self.numbers.get(mark):
            self.tries += 1
            try:
                headers = {"X-API-Key": self.key, "Idempotency-Key": mark}
                answer = http.post(PATH, data=REPORT | {"description": mark}, headers=headers)
            except httpx.TransportError:
                self.stop.wait(0.05)
                continue
            if answer.status_code in (200, 201):
                self.numbers.setdefault(mark, set()).add(answer.json()[0]["service_request_id"])
            else:
                assert answer.status_code == 503, answer.text
                self.stop.wait(0.05)


@pytest.mark.thorough
def test_every_number_that_was_given_is_a_case_once_although_everything_is_killed(system: System) -> None:
    key = new_key(system.client, system.keys, "city app", "hotline")
    apps = [App(system.base, key, n) for n in range(4)]
    threads = [threading.Thread(target=app.run) for app in apps]
    for thread in threads:
        thread.start()
    web, engine = system.processes[:2]

    def filed() -> int:
        return sum(len(app.numbers) for app in apps)

    for victim in (web, engine, web, engine):
        goal = filed() + 60
        system.until(lambda goal=goal: filed() >= goal, 60, "reports are filed")
        victim.kill()
    goal = filed() + 60
    system.until(lambda: filed() >= goal, 60, "reports are filed after the last kill")
    for app in apps:
        app.stop.set()
    for thread in threads:
        thread.join(60)
    system.until(system.is_drained, 30, "the engine has taken everything")
    numbers = [number for app in apps for given in app.numbers.values() for number in given]
    marks = sum(len(app.numbers) for app in apps)
    assert len(set(numbers)) == len(numbers) == marks
    raw: Any = system.client.hgetall(system.keys.cases)
    assert set(numbers) == {name.decode() for name in raw}
    system.until(lambda: received(system) == marks, 10, "the figures count each once")
    words: Any = system.client.hgetall(system.keys.private)
    texts = {msgspec.json.decode(fields)["text"] for fields in words.values()}
    assert texts == {mark for app in apps for mark in app.numbers}
