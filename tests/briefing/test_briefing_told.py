"""The morning's briefing is written once, and told to a real receiver until it takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module

from dashboard.briefing.desk import desk_of
from dashboard.briefing.document import Rules
from dashboard.briefing.schedule import MorningWriter, due_day
from dashboard.briefing.telling import Telling, hooks_for_briefings
from dashboard.outgoing.deliveries import Ledger
from dashboard.outgoing.posting import Wire
from emergency.plans import load_plans
from emergency.segments import load_target_file
from layouts.context import context_of
from streams.keys import Keys
from tests.briefing.conftest import Told
from tests.outgoing.receivers import ENVIRON, Receiver, answers, hook_file, is_signed

pytestmark = pytest.mark.shared
MORNING = datetime(2011, 8, 29, 12, tzinfo=UTC)  # 08:00 in Boston
FIELDS = ["briefing", "first", "figures", "files"]


@dataclass
class Clock:
    at_s: float = 0.0

    def __call__(self) -> float:
        return self.at_s


@pytest.fixture
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    with Receiver(answers(*getattr(request, "param", ()))) as made:
        yield made


@pytest.fixture
def morning(
    boston: Told, redis: redis_module.Redis, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[MorningWriter, Clock]]]:
    monkeypatch.setenv(*next(iter(ENVIRON.items())))
    desk = desk_of(
        boston.archive.folder, tmp_path / "kept", boston.city, Rules(load_plans(), load_target_file(), {}), Clock()
    )

    writers: list[MorningWriter] = []

    def made(**more: Any) -> tuple[MorningWriter, Clock]:
        said = {"events": ["briefing.written"], "fields": FIELDS} | more
        hooks = hooks_for_briefings(str(hook_file(tmp_path, receiver.url, **said)))
        clock = Clock()
        telling = Telling(redis, Keys("boston"), hooks, Wire(clock), jitter=lambda: 1.0)
        out, pages = tmp_path / "out", context_of(boston.city)
        writers.append(MorningWriter(desk, pages, out, time(7), "en", lambda: MORNING, telling))
        return writers[-1], clock

    yield made
    for writer in writers:
        writer.holder.release()


def test_the_day_that_is_due_is_yesterday_from_seven_on(boston: Told) -> None:
    zone = boston.city.time_zone
    assert due_day(datetime(2011, 8, 29, 10, 59, tzinfo=UTC), time(7), zone) == date(2011, 8, 27)
    assert due_day(datetime(2011, 8, 29, 11, tzinfo=UTC), time(7), zone) == date(2011, 8, 28)


def test_the_files_are_written_once_and_told_once_signed(
    morning: Callable[..., tuple[MorningWriter, Clock]], receiver: Receiver
) -> None:
    writer, _ = morning()
    for _ in range(3):
        writer.look()
    assert sorted(path.suffix for path in writer.folder.glob("boston-2011-08-28.*")) == [
        ".html",
        ".json",
        ".pdf",
        ".xlsx",
    ]
    (told,) = receiver.received
    assert is_signed(told)
    assert told.json["type"] == "briefing.written"
    data = told.json["data"]
    assert (data["briefing"], data["first"], data["figures"]["cases_received"]) == (
        "boston-2011-08-28",
        "2011-08-28",
        913,
    )
    assert data["files"] == [f"boston-2011-08-28.{kind}" for kind in ("html", "json", "pdf", "xlsx")]
    assert data.keys() == set(FIELDS)


@pytest.mark.parametrize("receiver", [(500, 503)], indirect=True)
def test_a_receiver_that_fails_is_asked_again_later_under_the_same_id(
    morning: Callable[..., tuple[MorningWriter, Clock]], receiver: Receiver
) -> None:
    writer, clock = morning()
    writer.look()
    writer.look()  # too early
    assert len(receiver.received) == 1
    for _ in range(4):
        clock.at_s += 120
        writer.look()
    assert len({told.delivery for told in receiver.received}) == 1
    assert len(receiver.received) == 3


@pytest.mark.parametrize("receiver", [(500,) * 9], indirect=True)
def test_what_nobody_takes_is_a_dead_letter(
    morning: Callable[..., tuple[MorningWriter, Clock]], receiver: Receiver, redis: redis_module.Redis
) -> None:
    writer, clock = morning(attempts=2)
    for _ in range(5):
        writer.look()
        clock.at_s += 7200
    assert len(receiver.received) == 2
    ((_, letter),) = Ledger(redis, Keys("boston"), "control-room").dead()
    assert letter["type"] == "briefing.written"


def test_a_private_address_is_reached_only_where_that_is_meant(
    morning: Callable[..., tuple[MorningWriter, Clock]], receiver: Receiver, redis: redis_module.Redis
) -> None:
    writer, _ = morning(allow_private=False)
    writer.look()
    assert receiver.received == []
    assert "is private" in Ledger(redis, Keys("boston"), "control-room", "briefing-webhook").progress().last_error


def test_hooks_without_that_event_or_without_a_secret_are_told_nothing(tmp_path: Path, receiver: Receiver) -> None:
    assert hooks_for_briefings("") == []
    assert hooks_for_briefings(str(hook_file(tmp_path, receiver.url))) == []  # its secret is not set either
    assert hooks_for_briefings(str(hook_file(tmp_path, receiver.url, events=["briefing.*"]))) == []
