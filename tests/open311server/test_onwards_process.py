"""`onwards` as it is run: killed in the middle and started again, looked at, its dead letters sent once more."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
from click.testing import CliRunner, Result

from dashboard.cli.onwards import onwards
from dashboard.open311.onwards.books import Book, ledger_of
from dashboard.open311.onwards.errands import Errand
from tests.open311server.systems import System, taken
from tests.support.demo import ROOT
from tests.support.engines import TestCity
from tests.support.redis_server import RedisServer, wait_until

COMMAND = [sys.executable, "-c", "from dashboard.cli.onwards import onwards; onwards()", "run"]
KEY = "the key of the works department"
CORNER = (42.3301, -71.0899)


@pytest.fixture
def city(redis: redis_module.Redis) -> TestCity:
    made = TestCity(redis)
    made.turn()
    return made


@pytest.fixture
def environment(city: TestCity, redis_server: RedisServer, tmp_path: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("HEXWATCH_")},
        "WORKS_KEY": KEY,
        "HEXWATCH_ONWARDS": str(tmp_path / "bodies.toml"),
        "HEXWATCH_DATA": str(tmp_path),
        "HEXWATCH_REDIS_URL": redis_server.url,
        "HEXWATCH_CITY": city.keys.city,
    }


def write_file(environment: dict[str, str], url: str) -> None:
    text = f'[[body]]\nagency = "works"\nurl = "{url}"\nkey_env = "WORKS_KEY"\nother_service = "N-1"\n'
    Path(environment["HEXWATCH_ONWARDS"]).write_text(
        text + "allow_private = true\nevery_s = 0.2\nattempts = 2\n", encoding="utf-8"
    )


@pytest.fixture
def processes(environment: dict[str, str], tmp_path: Path) -> Iterator[Any]:
    """Starts `onwards run`; what a failing test left is ended."""
    made: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        with open(tmp_path / "said.txt", "ab") as out:
            made.append(subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT))
        return made[-1]

    yield start
    for each in made:
        if each.poll() is None:
            each.kill()
            each.wait()


def dispatched(city: TestCity, case_id: str) -> None:
    city.case(case_id, CORNER, category="noise", text="Planted words", phone="617-555-0199")
    city.turn()
    city.post("case.dispatched", case_id=case_id, owner="works")
    city.turn()


def run(environment: dict[str, str], *words: str) -> Result:
    return CliRunner().invoke(onwards, words, env=environment)


@pytest.mark.thorough
def test_killed_before_the_answer_it_sends_again_under_the_same_key_and_then_goes_on(
    city: TestCity, environment: dict[str, str], processes: Any, tmp_path: Path
) -> None:
    holding: list[Any] = []

    def posts(number: int) -> Any:
        if number == 0:
            holding[0].kill()  # it had sent the report, and never learns what became of it
        return taken(f"T{number}")

    with System(posts) as system:
        write_file(environment, system.url)
        holding.append(processes())
        ledger = ledger_of(city.client, city.keys, "works")
        wait_until(lambda: ledger.progress().at, 30, "the cursor")
        dispatched(city, "c1")
        wait_until(lambda: system.received, 20, "the first try")
        holding[0].wait(60)
        assert Book(city.client, city.keys, "works").get("c1") is None
        second = processes()
        wait_until(lambda: Book(city.client, city.keys, "works").get("c1"), 30, "the second try")
        second.terminate()
        assert second.wait(60) == 0
        assert [posted.key for posted in system.received] == [system.received[0].key] * 2
        assert {posted.form["api_key"] for posted in system.received} == {KEY}
        said = run(environment, "list")
        assert "with them 1" in said.output
        assert "dead 0" in said.output
    logged = (tmp_path / "said.txt").read_text()
    for secret in (KEY, "Planted", "5550199", "555-0199"):
        assert secret not in logged + said.output


def test_dead_letters_are_listed_and_sent_once_more(city: TestCity, environment: dict[str, str]) -> None:
    with System() as system:
        write_file(environment, system.url)
        dispatched(city, "c1")
        ledger = ledger_of(city.client, city.keys, "works")
        ledger.lose(Errand("c1", "7-0").delivery("boston", "works"), "HTTP 500", city.wall.at)
        assert "c1  HTTP 500" in run(environment, "dead", "works").output
        again = run(environment, "dead", "works", "--retry")
        assert again.output == "c1: settled\n", again.output
        assert len(system.received) == 1
    assert "No dead letters." in run(environment, "dead", "works").output
    assert run(environment, "dead", "gas").exit_code == 1


def test_what_is_missing_is_said_in_one_line(environment: dict[str, str]) -> None:
    for name, word in (("HEXWATCH_ONWARDS", "names no file"), ("WORKS_KEY", "WORKS_KEY is not set")):
        write_file(environment, "http://127.0.0.1:1/v2")
        said = run({**environment, name: ""}, "run")
        assert said.exit_code == 1
        assert word in said.output
        assert said.output.count("\n") == 1
