"""The label of a nuisance caller: two people, a reason and an end; it changes nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import redis as redis_module

from tests.support.engines import TestCity

PHONE = "617-555-0100"


class Hotline(TestCity):
    """A city with one case of one caller."""

    __test__ = False

    def __init__(self, client: redis_module.Redis):
        super().__init__(client)
        self.caller = self.sealer.caller_of(PHONE)
        self.case("c1", category="Noise", phone=PHONE)
        self.turn()

    def reply_to(self, verb: str, actor: str = "ann", **args: Any) -> dict[str, Any]:
        request = self.ask(verb, actor=actor, role="hotline", **({"caller": self.caller} | args))
        self.turn()
        return self.reply(request)

    def flag(self, actor: str = "ann", days: float = 30, **args: Any) -> dict[str, Any]:
        until = self.wall.at + timedelta(days=days)
        return self.reply_to("flag_caller", actor, **({"reason": "eleven times since Monday", "until": until} | args))

    def labels(self) -> dict[bytes, bytes]:
        return self.client.hgetall(self.keys.of("callers"))  # type: ignore[return-value]


@pytest.fixture
def hotline(redis: redis_module.Redis) -> Hotline:
    return Hotline(redis)


def test_a_label_needs_a_second_person(hotline: Hotline) -> None:
    assert hotline.flag()["outcome"] == "done"
    assert "second person" in hotline.reply_to("second_flag")["reason"]
    assert b"seconded_by" not in b"".join(hotline.labels().values())
    assert hotline.reply_to("second_flag", "bob")["outcome"] == "done"
    assert b'"seconded_by":"bob"' in hotline.labels()[hotline.caller.encode()]
    assert "seconded already, by bob" in hotline.reply_to("second_flag", "cem")["reason"]
    assert "labelled already, by ann" in hotline.flag("cem")["reason"]


def test_a_label_changes_no_case_and_no_figure(hotline: Hotline) -> None:
    before = hotline.client.hgetall(hotline.keys.cases), hotline.figures()["cases.open"]
    hotline.flag()
    hotline.reply_to("second_flag", "bob")
    assert (hotline.client.hgetall(hotline.keys.cases), hotline.figures()["cases.open"]) == before
    hotline.case("c2", category="Noise", phone=PHONE)
    hotline.turn()
    assert hotline.figures()["cases.open"] == 2


def test_a_label_falls_off_by_itself_and_is_then_unknown(hotline: Hotline) -> None:
    hotline.flag(days=1)
    hotline.reply_to("second_flag", "bob")
    hotline.wall.pass_(days=1)
    hotline.turn()
    assert hotline.labels() == {}
    assert "nothing is said" in hotline.reply_to("unflag_caller", reason="over")["reason"]
    assert hotline.flag("bob")["outcome"] == "done"


def test_a_label_is_taken_back_and_another_engine_knows_it(hotline: Hotline) -> None:
    hotline.flag()
    hotline.engine = hotline.new_engine()
    assert hotline.reply_to("second_flag", "bob")["outcome"] == "done"
    hotline.engine = hotline.new_engine()
    assert hotline.reply_to("unflag_caller", "cem", reason="it was the lift")["outcome"] == "done"
    hotline.turn()
    assert hotline.labels() == {}


@pytest.mark.parametrize(
    ("args", "needs"),
    [
        ({"reason": ""}, "reason: needed"),
        ({"days": 91}, "90 days at most"),
        ({"days": -1}, "until: needs a time from now"),
        ({"caller": "617-555-0100"}, "caller"),
    ],
)
def test_a_label_without_reason_or_end_is_refused(hotline: Hotline, args: dict[str, Any], needs: str) -> None:
    reply = hotline.flag(**args)
    assert (reply["outcome"], needs in reply["reason"]) == ("refused", True), reply


def test_nobody_outside_labels_a_caller(hotline: Hotline) -> None:
    hotline.post("caller.flagged", caller=hotline.caller, reason="rude", until="2027-01-01T00:00:00Z")
    hotline.turn()
    assert hotline.labels() == {}
    [letter] = hotline.dead()
    assert b"nobody outside" in letter[b"reason"]
