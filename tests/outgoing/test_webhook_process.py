"""The webhook process as it is run: killed in the middle, misconfigured, looked at; its secret never told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
from click.testing import CliRunner, Result

from dashboard.cli.webhook import webhook
from dashboard.outgoing.deliveries import Ledger
from dashboard.outgoing.hooks import BadHooks, hook_named, load_hooks, unlock
from tests.outgoing.receivers import ENVIRON, SECRET, Received, Receiver, answers, hook_file, is_signed, status_line
from tests.support.demo import ROOT
from tests.support.engines import TestCity, everything
from tests.support.redis_server import RedisServer, wait_until

COMMAND = [sys.executable, "-c", "from dashboard.cli.webhook import webhook; webhook()", "run"]


class Running:
    """`webhook run` as a process of its own, which may be killed and started again."""

    def __init__(self, folder: Path, hooks: Path, server: RedisServer, city: str):
        self.said = folder / "said.txt"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HEXWATCH_")},
            **ENVIRON,
            "HEXWATCH_WEBHOOKS": str(hooks),
            "HEXWATCH_REDIS_URL": server.url,
            "HEXWATCH_CITY": city,
            "HEXWATCH_LOG_LEVEL": "debug",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Running:
        with open(self.said, "ab") as out:
            self.process = subprocess.Popen(
                COMMAND, cwd=ROOT, env=self.environment, stdout=out, stderr=subprocess.STDOUT
            )
        return self

    def end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(60)


@pytest.fixture
def city(redis: redis_module.Redis) -> TestCity:
    return TestCity(redis)


def started(city: TestCity, running: Running) -> Running:
    running.start()
    wait_until(lambda: Ledger(city.client, city.keys, "control-room").progress().at, 20, "the hook has a cursor")
    return running


@pytest.fixture
def ended() -> Iterator[list[Running]]:
    """Ends what a failing test left running."""
    made: list[Running] = []
    yield made
    for each in made:
        if each.process is not None and each.process.poll() is None:
            each.process.kill()
            each.process.wait()


def test_killed_in_the_middle_every_event_arrives_at_least_once_in_order_and_no_other(
    city: TestCity, tmp_path: Path, redis_server: RedisServer, ended: list[Running]
) -> None:
    kills = {3, 9, 15}

    def script(number: int, _: Received) -> bytes | None:
        if number in kills:  # the receiver took it, and the process never learns so
            running.end(signal.SIGKILL)
        return status_line(200)

    with Receiver(script) as server:
        running = Running(tmp_path, hook_file(tmp_path, server.url), redis_server, city.keys.city)
        ended.append(started(city, running))
        wanted = []
        for number in range(20):
            city.post("incident.received", incident_id=f"i{number}", kind="fire", text="somebody fell")
            city.case(f"c{number}", text="a hole in the road")
            wanted.append(f"incident:i{number}")
        city.turn()
        for kill in sorted(kills):
            server.wait_for(kill + 1)
            wait_until(lambda: running.process is not None and running.process.poll() is not None, what="killed")
            running.start()
        ledger = Ledger(city.client, city.keys, "control-room")
        wait_until(lambda: ledger.progress().delivered == len(wanted), 20, "all delivered")
        assert running.end(signal.SIGTERM) == 0
    subjects = server.subjects()
    assert list(dict.fromkeys(subjects)) == wanted
    assert len(subjects) == len(wanted) + len(kills)
    twice = {subject for subject in subjects if subjects.count(subject) > 1}
    assert twice == {subjects[kill] for kill in kills}
    for subject in twice:
        assert len({r.delivery for r in server.received if r.json["subject"] == subject}) == 1
    assert all(is_signed(each) for each in server.received)


def test_the_secret_and_private_words_stand_in_no_log_and_nowhere_in_redis(
    city: TestCity, tmp_path: Path, redis_server: RedisServer, ended: list[Running]
) -> None:
    with Receiver(answers(500, 301, 200, then=410)) as server:
        hooks = hook_file(tmp_path, server.url, attempts=2)
        running = started(city, Running(tmp_path, hooks, redis_server, city.keys.city))
        ended.append(running)
        for number in range(3):
            city.post("incident.received", incident_id=f"i{number}", kind="fire", phone="617-555-0100")
        city.turn()
        ledger = Ledger(city.client, city.keys, "control-room")
        wait_until(lambda: ledger.progress().disabled, 20, "disabled")
        running.end(signal.SIGTERM)
    said = running.said.read_text(encoding="utf-8")
    assert "delivery given up" in said
    assert "webhook disabled" in said
    assert SECRET not in said
    assert "617-555" not in said
    assert "/hooks" not in said  # a path may hold a token
    kept = {key: value for key, value in everything(city.client, city.keys).items() if "webhook" in key}
    assert len(kept) == 2
    assert SECRET not in str(kept)
    assert "617-555" not in str(kept)
    assert SECRET not in repr(unlock(load_hooks(hooks)[0], ENVIRON))


# the file


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"url": "ftp://example.org/"}, "url: needs http:// or https://"),
        ({"url": "https:///path"}, "url: needs http:// or https:// and a host"),
        ({"url": "https://ann:word@example.org/"}, "no user or password"),
        ({"url": "https://example.org/a b"}, "without spaces"),
        ({"url": "https://example.org:99999/"}, "url: Port out of range"),
        ({"url": "https://exämple.org/"}, "plain ASCII"),
        ({"url": "https://example.org/#top"}, "fragment"),
        ({"events": ["incident.exploded"]}, "'incident.exploded' fits no event"),
        ({"events": []}, "length >= 1"),
        ({"fields": ["kind", "phone", "text"]}, "phone, text name or locate a person"),
        ({"name": "Control Room"}, "matching regex"),
        ({"attempts": 0}, ">= 1"),
        ({"timeout_s": 600}, "<= 60"),
        ({"secret": "in the file"}, "unknown field `secret`"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(more: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(BadHooks) as refused:
        load_hooks(hook_file(tmp_path, **{"url": "https://example.org/", **more}))
    assert said in str(refused.value)
    assert "in the file" not in str(refused.value)


def test_two_hooks_of_one_name_are_refused(tmp_path: Path) -> None:
    path = hook_file(tmp_path, "https://example.org/")
    path.write_text(path.read_text() * 2)
    with pytest.raises(BadHooks, match="control-room: named twice"):
        load_hooks(path)


@pytest.mark.parametrize("environ", [{}, {"CONTROL_ROOM_SECRET": "short-secret"}])
def test_a_secret_must_be_there_and_long_and_is_not_repeated(environ: dict[str, str], tmp_path: Path) -> None:
    hook = load_hooks(hook_file(tmp_path, "https://example.org/"))[0]
    with pytest.raises(BadHooks) as refused:
        unlock(hook, environ)
    assert "CONTROL_ROOM_SECRET must be set" in str(refused.value)
    assert "short-secret" not in str(refused.value)


def test_an_unknown_hook_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BadHooks, match="no hook 'gate'; known: control-room"):
        hook_named(load_hooks(hook_file(tmp_path, "https://example.org/")), "gate")


# the commands


class Desk:
    """The command line of one city."""

    def __init__(self, hooks: Path, server: RedisServer, city: str):
        self.environment = {
            **ENVIRON,
            "HEXWATCH_WEBHOOKS": str(hooks),
            "HEXWATCH_REDIS_URL": server.url,
            "HEXWATCH_CITY": city,
        }

    def __call__(self, *words: str, **more: str | None) -> Result:
        return CliRunner().invoke(webhook, list(words), env={**self.environment, **more})


def test_list_says_where_a_hook_stands_without_its_secrets(
    city: TestCity, tmp_path: Path, redis_server: RedisServer
) -> None:
    desk = Desk(hook_file(tmp_path, "https://example.org/t0ken"), redis_server, city.keys.city)
    said = desk("list", CONTROL_ROOM_SECRET=None)
    assert said.exit_code == 0, said.output
    assert "control-room  https://example.org  incident.*" in said.output
    assert "not started" in said.output
    Ledger(city.client, city.keys, "control-room").disable("HTTP 410")
    assert "DISABLED: HTTP 410" in desk("list").output
    assert "t0ken" not in desk("list").output
    assert desk("enable", "control-room").exit_code == 0
    assert "well; delivered 0" in desk("list").output


def test_test_sends_one_signed_delivery_and_its_exit_code_says_what_came_back(
    city: TestCity, tmp_path: Path, redis_server: RedisServer
) -> None:
    city.turn()
    with Receiver(answers(200, 403)) as server:
        desk = Desk(hook_file(tmp_path, server.url), redis_server, city.keys.city)
        taken, refused = desk("test", "control-room"), desk("test", "control-room")
    assert (taken.exit_code, refused.exit_code) == (0, 1)
    assert "HTTP 200" in taken.output
    assert "not taken: HTTP 403" in refused.output
    assert [each.json["type"] for each in server.received] == ["webhook.test"] * 2
    assert all(is_signed(each) for each in server.received)
    assert server.received[0].delivery != server.received[1].delivery


def test_dead_letters_are_listed_and_sent_again_under_their_old_ids(
    city: TestCity, tmp_path: Path, redis_server: RedisServer, ended: list[Running]
) -> None:
    with Receiver(answers(500, 500, 200, 500, 200)) as server:
        hooks = hook_file(tmp_path, server.url, attempts=1)
        running = started(city, Running(tmp_path, hooks, redis_server, city.keys.city))
        ended.append(running)
        for number in range(2):
            city.post("incident.received", incident_id=f"i{number}", kind="fire")
        city.turn()
        ledger = Ledger(city.client, city.keys, "control-room")
        wait_until(lambda: ledger.count_dead() == 2, 20)
        running.end(signal.SIGTERM)
        desk = Desk(hooks, redis_server, city.keys.city)
        listed = desk("dead", "control-room")
        first, second = desk("dead", "control-room", "--retry"), desk("dead", "control-room", "--retry")
    assert "incident.received  HTTP 500" in listed.output
    assert "2 shown" in listed.output
    assert (first.exit_code, second.exit_code) == (1, 0)
    ids = [each.delivery for each in server.received]
    assert ids == [ids[0], ids[1], ids[0], ids[1], ids[1]]
    assert ledger.count_dead() == 0
    assert "No dead letters." in desk("dead", "control-room").output


def test_without_a_file_the_commands_say_which_setting_is_missing(redis_server: RedisServer) -> None:
    said = CliRunner().invoke(webhook, ["list"], env={"HEXWATCH_REDIS_URL": redis_server.url})
    assert said.exit_code == 1
    assert "HEXWATCH_WEBHOOKS names no file" in said.output
