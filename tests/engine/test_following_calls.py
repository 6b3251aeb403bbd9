"""A call is followed while it lasts: its words are kept apart, frames say only that there are some."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from dashboard.accounts.audit import read_entries
from hotline.calls import Call, call_spent_at, fold_call
from hotline.following import following_view, is_followed
from streams.events import CallEnded, CallJoined, CallLeft, CallOffered, CallPayload, CallSaid, Recording
from tests.api.conftest import Door, door

__all__ = ["door"]

FIVE = datetime(2026, 3, 2, 17, tzinfo=UTC)
HEARD, MEANT = "В подъезде пахнет газом", "It smells of gas in the stairwell"


def told(*facts: CallPayload) -> Call:
    call: Call | None = None
    for seq, payload in enumerate(facts, start=1):
        at = payload.at or FIVE if isinstance(payload, CallSaid) else FIVE
        if isinstance(payload, CallLeft):
            at = FIVE + timedelta(seconds=60)
        call = fold_call(call, payload, Recording(at=FIVE, occurred_at=at, seq=seq))
    assert call is not None
    return call


def test_the_facts_of_a_followed_call_give_the_same_picture_in_any_order() -> None:
    facts = [
        CallOffered(call_id="K1", channel="foreign", language="ru"),
        CallSaid(call_id="K1", at=FIVE + timedelta(seconds=5), text=HEARD),
        CallJoined(call_id="K1", who="olga"),
        CallJoined(call_id="K1", who="ann", role="supervisor"),
        CallLeft(call_id="K1", who="ann"),
    ]
    views = [following_view(told(*order)) for order in permutations(facts)]
    assert all(view == views[0] for view in views)
    assert (views[0]["interpreter"], views[0]["supervisor"], views[0]["lines"]) == ("olga", "", 1)


def test_what_is_over_is_followed_no_longer_and_leaves_memory() -> None:
    said = CallSaid(call_id="K1", at=FIVE)
    assert is_followed(told(said))
    assert not is_followed(told(said, CallEnded(call_id="K1")))
    assert call_spent_at(told(said)) > FIVE  # a call known by its words alone


def begun(door: Door, **more: Any) -> None:
    city = door.city
    city.post("call.offered", source="phones", call_id="K1", channel="foreign", language="ru", phone="6175550142")
    city.post("call.answered", source="phones", call_id="K1", agent_id="a17")
    said: dict[str, Any] = {"lang": "ru", "text": HEARD, "line": "1", "speaker": "caller"} | more
    city.post("call.said", "said-1", source="translator", call_id="K1", **said)
    door.settle()


def test_the_original_stays_beside_a_translation_that_is_marked(door: Door) -> None:
    begun(door)
    again: dict[str, Any] = {"lang": "ru", "text": HEARD, "line": "1", "translated": MEANT, "by": "machine"}
    door.city.post("call.said", "said-1-again", source="translator", call_id="K1", **again)
    reply: dict[str, Any] = {"lang": "en", "text": "Please leave the house", "line": "2", "speaker": "agent"}
    door.city.post("call.said", "said-2", source="translator", call_id="K1", **reply)
    door.settle()
    said = door.get("/calls/K1/said", "hotline").get_json()
    assert [(line["text"], line["translated"], line["machine"]) for line in said["lines"]] == [
        (HEARD, MEANT, True),
        ("Please leave the house", "", False),
    ]
    assert (said["n"], said["open"]) == (2, True)
    assert [line["line"] for line in door.get("/calls/K1/said?after=1", "hotline").get_json()["lines"]] == ["2"]


def test_no_word_is_in_a_frame_or_in_the_log_and_each_look_is_written_down_once(door: Door) -> None:
    begun(door, translated=MEANT, by="machine")
    client, keys = door.city.client, door.city.keys
    followed: Any = client.hget(keys.view("following"), "K1")
    assert b'"lines":1' in followed
    for stream in (keys.events, keys.frames):
        entries = repr(client.xrange(stream)).encode()
        for words in (HEARD, MEANT):
            assert words.encode() not in entries
            assert repr(words.encode())[2:-1].encode() not in entries
    for _ in range(3):
        assert door.get("/calls/K1/said", "hotline").status_code == 200
    looks = [e for e in read_entries(client, keys) if e.what == "private.revealed" and e.subject == "call:K1"]
    assert len(looks) == 1


@pytest.mark.parametrize("role", ["viewer", "kiosk"])
def test_whoever_may_not_see_callers_hears_nothing(door: Door, role: str) -> None:
    begun(door)
    assert door.get("/calls/K1/said", role).status_code == 403
    assert door.get("/calls/none/said", "hotline").status_code == 404


def test_one_interpreter_and_one_supervisor_join_and_leave(door: Door) -> None:
    begun(door)
    city = door.city

    def asks(verb: str, actor: str, **args: Any) -> Any:
        request = city.ask(verb, actor=actor, role="hotline", call_id="K1", **args)
        door.settle()
        return city.reply(request)

    assert asks("join_call", "olga")["outcome"] == "done"
    assert "olga is in this call" in asks("join_call", "ivan")["reason"]
    assert asks("leave_call", "ivan")["outcome"] == "refused"
    assert asks("leave_call", "olga")["outcome"] == "done"
    assert asks("join_call", "ivan")["outcome"] == "done"
    city.post("call.ended", source="phones", call_id="K1")
    door.settle()
    assert city.client.hget(city.keys.view("following"), "K1") is None
    assert "is over" in asks("join_call", "olga")["reason"]


def test_words_go_when_the_call_leaves_memory_and_the_number_stays(door: Door) -> None:
    begun(door, translated=MEANT, by="machine")
    city = door.city
    city.post("call.ended", source="phones", call_id="K1")
    door.settle()
    assert door.get("/calls/K1/said", "hotline").get_json()["n"] == 1
    city.wall.pass_(minutes=58)
    city.turn()
    assert HEARD.encode() in stored_words(door)
    city.wall.pass_(minutes=2)
    city.turn()
    city.turn()
    assert door.get("/calls/K1/said", "hotline").status_code == 404
    kept = stored_words(door)
    assert b"said:" not in kept
    assert b"phone" in kept


def test_how_long_words_stay_is_a_setting(door: Door) -> None:
    begun(door)
    city = door.city
    city.post("call.ended", source="phones", call_id="K1")
    city.turn()
    city.engine.state.call_room.use_kept(timedelta(minutes=5))
    city.wall.pass_(minutes=5)
    city.turn()
    city.turn()
    assert b"said:" not in stored_words(door)


def stored_words(door: Door) -> bytes:
    found: Any = door.city.client.hget(door.city.keys.private, "call:K1")
    return found or b""
