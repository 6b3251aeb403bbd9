"""The board of the channels: the same whether counted through, loaded anew, or kept warm beside the engine."""

from __future__ import annotations

from datetime import timedelta

import redis as redis_module
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.engine.loading import Warm
from tests.support.engines import NOON, TestCity

STEPS = ("call.offered", "call.queued", "call.answered", "call.abandoned", "call.ended")
told = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 6), st.integers(0, 90)), max_size=40)


def test_waiting_answered_and_given_up_stand_on_the_board(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    for number in range(4):
        city.post("call.offered", at=NOON, call_id=f"k{number}", channel="phone")
        city.post("call.queued", at=NOON, call_id=f"k{number}")
    city.post("call.answered", at=NOON + timedelta(seconds=8), call_id="k0", agent_id="a1")
    city.post("call.abandoned", at=NOON + timedelta(seconds=40), call_id="k1")
    city.post("agent.changed", at=NOON, agent_id="a1", state="talking", channel="phone")
    city.wall.pass_(minutes=1)
    city.turn()
    city.turn()
    phone = city.view("channels")["phone"]
    assert (phone["waiting"], phone["offered"], phone["answered"], phone["abandoned"]) == (2, 4, 1, 1)
    assert phone["service_level"] == {"n": 1, "of": 2, "threshold_s": 15, "goal": 0.95, "variant": "removed"}
    assert phone["waiting_since"] == NOON.isoformat().replace("+00:00", "Z")
    assert city.view("agents")["talking"] == 1
    assert city.figures()["calls.waiting"] == 2


def test_calls_for_help_are_no_part_of_the_hotlines_service_level(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    city.post("call.offered", at=NOON, call_id="k1", channel="120")
    city.post("call.offered", at=NOON, call_id="k2", channel="phone", agency="119")
    city.post("call.abandoned", at=NOON + timedelta(seconds=9), call_id="k1")
    city.turn()
    city.engine = city.new_engine()
    city.post("call.offered", at=NOON, call_id="k3", channel="phone")
    city.turn()
    city.turn()
    assert {name: board["offered"] for name, board in city.view("channels").items()} == {"phone": 1}
    assert list(city.view("tasks")) == ["call:k1"]


@settings(max_examples=25, deadline=None)
@given(told)
def test_an_engine_that_starts_again_shows_the_same_board(
    redis: redis_module.Redis, steps: list[tuple[str, int, int]]
) -> None:
    redis.flushdb()
    city = TestCity(redis)
    city.turn()
    warm = Warm(city.engine.store, city.engine.city)
    for type_, call, second in steps:
        city.post(type_, at=city.wall.at + timedelta(seconds=second - 90), call_id=f"k{call}")
        if second % 5 == 0:
            city.turn()
            city.wall.pass_(minutes=7 * (second % 4))
    city.turn()
    city.wall.pass_(hours=2)
    city.turn()
    board = city.engine.state.call_room.floor.board(city.engine.state.now, city.engine.state.day_start)
    state = warm.finish(city.engine.position)
    assert state.call_room.floor.board(state.now, state.day_start) == board
    city.new_engine()
    again = city.engine.state
    assert again.call_room.floor.board(again.now, again.day_start) == board
