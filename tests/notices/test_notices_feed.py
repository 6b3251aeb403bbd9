"""Following the file: new and changed notices are issued, dropped ones withdrawn, a broken file changes nothing."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.cli.cap import follow
from hotline.notices import Notice, fold_notice
from streams.codec import decode_envelope, payload_of
from streams.events import Envelope, NoticeIssued, Recording
from streams.feeds.cap.ledger import Ledger
from streams.feeds.notices import Synced, changes, mark_of, sync
from streams.keys import Keys

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)


class Plan:
    """A notices file and the log that follows it. `now` moves a second with each question."""

    keys = Keys("testville")

    def __init__(self, redis: redis_module.Redis, path: Path) -> None:
        self.redis, self.path, self.now = redis, path, NOW

    def tell(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def ledger(self) -> Ledger:
        return Ledger(self.redis, self.keys, "notices", "notices", self.tell)

    def write(self, **titles: str) -> None:
        days = "starts = 2026-05-01\nends = 2026-05-09"
        tables = [
            f'[[notice]]\nid = "{name}"\nkind = "works"\n{days}\ntitles.en = "{title}"\n'
            for name, title in titles.items()
        ]
        self.path.write_text('zone = "UTC"\n' + "".join(tables), encoding="utf-8")

    def sync(self) -> Synced:
        """As after a restart: with nothing but what Redis remembers."""
        return sync(self.path, self.ledger())

    def entries(self) -> list[Envelope]:
        found: Any = self.redis.xrange(self.keys.inbox)
        return [decode_envelope(fields[b"e"]) for _, fields in found]

    def told(self) -> list[str]:
        return [f"{each.type.partition('.')[2]} {each.data.get('notice_id', '')}".strip() for each in self.entries()]

    def documents(self) -> dict[str, Notice]:
        """What the engine makes of the log, each equal (source, id) once."""
        found: dict[str, Notice] = {}
        for envelope in {(e.source, e.id): e for e in self.entries()}.values():
            if envelope.type.startswith("notice."):
                payload: Any = payload_of(envelope)
                at = envelope.occurred_at
                after = fold_notice(found.get(payload.notice_id), payload, Recording(at=at, occurred_at=at, seq=1))
                assert after is not None
                found[payload.notice_id] = after
        return found

    def standing(self) -> dict[str, str]:
        return {name: each.titles["en"] for name, each in self.documents().items() if each.withdrawn_at is None}


@pytest.fixture
def plan(redis: redis_module.Redis, tmp_path: Path) -> Plan:
    return Plan(redis, tmp_path / "plan.toml")


def test_what_is_new_or_changed_is_issued_and_what_is_gone_withdrawn(plan: Plan) -> None:
    plan.write(a="A", b="B")
    assert str(plan.sync()) == "2 issued, 0 withdrawn"
    assert plan.sync() == Synced()
    plan.write(a="A changed", c="C")
    assert plan.sync() == Synced(issued=2, withdrawn=1)
    assert plan.told() == ["issued a", "issued b", "issued a", "issued c", "withdrawn b"]
    assert plan.entries()[-1].data["reason"] == "no longer in the file"


def test_notice_that_is_changed_back_or_put_back_is_told_again(plan: Plan) -> None:
    for titles in ({"a": "A"}, {"a": "B"}, {"a": "A"}, {}, {"a": "A"}):
        plan.write(**titles)
        plan.sync()
    assert len({each.id for each in plan.entries()}) == len(plan.entries()) == 5
    assert plan.standing() == {"a": "A"}


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.sampled_from(["X", "Y"])), min_size=1, max_size=6))
def test_the_log_always_says_what_the_file_says(
    tmp_path_factory: pytest.TempPathFactory, redis_server: Any, versions: list[dict[str, str]]
) -> None:
    with redis_server.client() as client:
        client.flushall()
        plan = Plan(client, tmp_path_factory.getbasetemp() / "law.toml")
        for titles in versions:
            plan.write(**titles)
            plan.sync()
            assert plan.standing() == titles


def test_broken_file_is_one_dead_letter_and_withdraws_nothing(plan: Plan) -> None:
    plan.write(a="A")
    plan.sync()
    plan.path.write_bytes(b'zone = "UTC"\n[[notice]]\nid = "a"')
    for _ in range(2):
        assert "kind: needed" in plan.sync().failed
    letters: Any = plan.redis.xrange(plan.keys.dead)
    ((_, letter),) = letters
    assert letter[b"raw"] == plan.path.read_bytes()
    assert plan.told() == ["issued a", "rejected"]
    plan.write(a="A")
    assert plan.sync() == Synced()


def test_file_that_is_gone_withdraws_nothing(plan: Plan) -> None:
    plan.write(a="A")
    plan.sync()
    plan.path.unlink()
    assert "No such file" in plan.sync().failed
    assert plan.told() == ["issued a"]


def test_notice_dropped_after_its_end_needs_no_withdrawal(plan: Plan) -> None:
    plan.write(a="A")
    plan.sync()
    plan.now = NOW + timedelta(days=30)
    plan.write()
    assert plan.sync() == Synced()
    assert b"a" not in plan.redis.hkeys(plan.keys.cursor("notices"))


def test_file_is_followed_once_it_stayed_the_same_between_two_looks(plan: Plan) -> None:
    plan.write(a="A")
    looks = 0

    def wait(seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            plan.path.write_text("zone = ", encoding="utf-8")
            os.utime(plan.path, (1, 1))
        if looks == 3:
            plan.write(a="A", b="B")

    follow(plan.path, plan.ledger, None, wait=wait, stopping=lambda: looks >= 6, every_s=5)
    assert plan.told() == ["issued a", "polled", "issued b"]
    assert plan.redis.xlen(plan.keys.dead) == 0


def test_mark_is_equal_exactly_as_long_as_the_notice_says_the_same() -> None:
    said = NoticeIssued(
        notice_id="a", kind="works", starts_at=NOW, ends_at=NOW + timedelta(1), titles={"en": "A", "zh": "B"}
    )
    turned = NoticeIssued(
        notice_id="a", kind="works", starts_at=NOW, ends_at=NOW + timedelta(1), titles={"zh": "B", "en": "A"}
    )
    assert mark_of(said) == mark_of(turned)
    assert changes({"a": mark_of(said)}, [turned], NOW).issued == ()
