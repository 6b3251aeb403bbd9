"""The commands `feed cap` and `feed notices`, as an operator types them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
from click.testing import CliRunner, Result

from dashboard.cli.cap import cap, notices
from streams.keys import Keys
from tests.cap.messages import alert, atom, contained, info, linked
from tests.cap.web import Web
from tests.support.redis_server import RedisServer

KEYS = Keys("beijing-sim")
PLAN = 'zone = "UTC"\n[[notice]]\nid = "a"\nkind = "works"\nstarts = 2026-05-01\nends = 2026-05-09\ntitles.en = "A"\n'


class Operator:
    def __init__(self, client: redis_module.Redis, url: str, folder: Path) -> None:
        self.client = client
        self.env = {"HEXWATCH_REDIS_URL": url, "HEXWATCH_CITY": "beijing-sim", "HEXWATCH_DATA": str(folder / "data")}

    def types(self, command: Any, *words: str) -> Result:
        return CliRunner().invoke(command, list(words), env={**self.env, "NO_PROXY": "127.0.0.1,localhost"})

    def entries(self) -> int:
        return int(self.client.xlen(KEYS.inbox))


@pytest.fixture
def operator(redis: redis_module.Redis, redis_server: RedisServer, tmp_path: Path) -> Operator:
    return Operator(redis, redis_server.url, tmp_path)


def test_file_is_taken_and_taken_again_without_effect(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "storm.xml"
    path.write_bytes(alert(info(severity="Odd")))
    first = operator.types(cap, str(path))
    assert first.exit_code == 0, first.output
    assert "1 taken (1 events), 0 ignored, 0 dead letters" in first.output
    assert "'Odd' is none of" in first.output
    assert operator.types(cap, str(path)).exit_code == 0
    assert operator.entries() == 1


def test_folder_and_feed_are_looked_at_once_when_asked(operator: Operator, web: Web, tmp_path: Path) -> None:
    (tmp_path / "cap").mkdir()
    (tmp_path / "cap" / "broken.xml").write_bytes(b"broken")
    said = operator.types(cap, str(tmp_path / "cap"), "--once")
    assert said.exit_code == 0
    assert "1 dead letters" in said.output
    web.pages["/feed"] = atom(contained("urn:1", alert(info())), linked("urn:2", web.url("/2", host="localhost")))
    web.pages["/2"] = alert(info(), identifier="storm-2")
    said = operator.types(cap, web.url("/feed"), "--once", "--allow-host", f"localhost:{web.port}", "--source", "met")
    assert "2 taken (2 events)" in said.output


def test_place_that_is_nowhere_and_feed_that_fails_are_one_line(operator: Operator, web: Web) -> None:
    nowhere = operator.types(cap, "/no/such/place")
    assert (nowhere.exit_code, "neither a file nor a folder" in nowhere.output) == (2, True)
    failing = operator.types(cap, web.url("/feed"), "--once")
    assert failing.exit_code == 1
    assert failing.output.splitlines()[-1] == f"Error: {web.url('/feed')}: answers 404"


def test_notices_are_checked_without_redis_and_taken_with_it(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN, encoding="utf-8")
    away = CliRunner().invoke(
        notices, [str(path), "--check"], env={**operator.env, "HEXWATCH_REDIS_URL": "redis://x:1"}
    )
    assert away.output.strip() == "plan.toml: 1 notices, no mistakes"
    assert operator.types(notices, str(path), "--once").output.strip() == "1 issued, 0 withdrawn"
    assert operator.entries() == 1


def test_notices_with_mistakes_are_refused_with_all_of_them(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.replace('"works"', '"party"') + 'areas = ["Chaoyan"]\n', encoding="utf-8")
    said = operator.types(notices, str(path), "--check")
    assert said.exit_code == 1
    assert "kind: 'party'" in said.output
    assert "did you mean Chaoyang?" in said.output
    assert operator.types(notices, str(path), "--once").exit_code == 1
