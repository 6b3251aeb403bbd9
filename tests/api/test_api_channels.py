"""The day of a channel in intervals: sums that reconcile, the variant named, peak and off-peak apart."""

from __future__ import annotations

import math
import random
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from hotline.intervals import BOUNDS_S
from tests.api.conftest import Door

WITHIN_S, SHORT_S = 15, 5
AT_WORK = ["talking", "holding", "wrap_up", "available"]


def test_intervals_add_up_and_the_variant_is_named(door: Door) -> None:
    city, now = door.city, door.city.wall.at
    for number, (ago_m, wait_s) in enumerate([(40, 5), (25, 60), (10, 8), (2, 9)]):
        at, call = now - timedelta(minutes=ago_m), f"K{number}"
        city.post("call.offered", at=at, source="phones", call_id=call, channel="phone")
        city.post("call.answered", at=at + timedelta(seconds=wait_s), source="phones", call_id=call, agent_id="a1")
    door.settle()
    said = {minutes: door.get(f"/channels?interval={minutes}").get_json() for minutes in (15, 30)}
    for minutes, body in said.items():
        phone = body["channels"]["phone"]
        assert body["interval"] == minutes
        assert sum(one["offered"] for one in phone["intervals"]) == 4
        apart = [phone[name] for name in ("peak", "off_peak") if name in phone]
        assert sum(one["offered"] for one in apart) == 4
        assert sum(one["service_level"]["n"] for one in apart) == 3
        assert (phone["variant"], phone["threshold_s"], phone["goal"]) == ("removed", 15, 0.95)
        assert "abandoned_after_T" in body["formulas"]["removed"]
    assert len(said[30]["channels"]["phone"]["intervals"]) < len(said[15]["channels"]["phone"]["intervals"])
    assert door.get("/channels?variant=offered").get_json()["channels"]["phone"]["variant"] == "offered"
    assert door.get("/channels?interval=20").status_code == 400
    assert door.get("/channels?channel=wechat").get_json()["channels"] == {}


def a_morning(door: Door, draw: random.Random) -> None:
    """Calls on three channels and agents at work, from five hours before noon on: before the peak and in it."""
    city, begin = door.city, door.city.wall.at - timedelta(hours=5)
    for number in range(160):
        at, call = begin + timedelta(seconds=draw.uniform(0, 4.8 * 3600)), f"K{number}"
        channel = draw.choice(("phone", "wechat", "foreign"))
        language = draw.choice(("ko", "en-GB", "")) if channel == "foreign" else ""
        city.post("call.offered", at=at, source="phones", call_id=call, channel=channel, language=language)
        over = at + timedelta(seconds=round(draw.expovariate(1 / 12), 3))
        if draw.random() < 0.75:
            city.post("call.answered", at=over, source="phones", call_id=call, agent_id="a1")
        elif draw.random() < 0.95:
            city.post("call.abandoned", at=over, source="phones", call_id=call)
    for number in range(4):
        at, agent, channel = begin, f"a{number}", ("phone", "foreign")[number % 2]
        while at < door.city.wall.at - timedelta(minutes=10):
            state = draw.choice([*AT_WORK, "away"])
            city.post("agent.changed", at=at, source="desks", agent_id=agent, state=state, channel=channel)
            at += timedelta(seconds=round(draw.uniform(20, 1500), 3))
    door.settle()


def calls_of(events: list[dict[str, Any]]) -> pd.DataFrame:
    """One row a call, from its facts: when it was offered and over, how, and how long the caller waited."""
    facts = pd.DataFrame(
        [
            {"what": e["type"], "at": pd.Timestamp(e["occurred_at"]), **e["data"]}
            for e in events
            if "call_id" in e["data"]
        ]
    )
    offered = facts[facts.what == "call.offered"].set_index("call_id")[["at", "channel", "language"]]
    ended = facts[facts.what != "call.offered"].set_index("call_id")[["what", "at"]]
    calls = offered.join(ended.rename(columns={"at": "over"}))
    calls["wait_s"] = (calls["over"] - calls["at"]).dt.total_seconds()
    calls["language"] = calls["language"].fillna("").str[:2].replace("", "und")
    return calls


def told_by_pandas(calls: pd.DataFrame) -> dict[str, Any]:
    """What must be told of these calls."""
    answered, gone = calls[calls.what == "call.answered"], calls[calls.what == "call.abandoned"]
    waits = sorted(answered.wait_s)
    within, late = (answered.wait_s <= WITHIN_S).sum(), (gone.wait_s > WITHIN_S).sum()
    soon, short = len(gone) - late, (gone.wait_s < SHORT_S).sum()
    every = len(answered) + len(gone)
    nearest = waits[math.ceil(0.9 * len(waits)) - 1] if waits else None
    return {
        "offered": len(calls),
        "answered": len(answered),
        "abandoned": len(gone),
        "asa_s": round(answered.wait_s.mean(), 1) if waits else None,
        "p90_wait_s": next(bound for bound in BOUNDS_S if bound >= nearest) if nearest is not None else None,
        "service_levels": {
            "ignored": {"n": within, "of": len(answered)},
            "offered": {"n": within, "of": every},
            "removed": {"n": within, "of": len(answered) + late},
            "positive": {"n": within + soon, "of": every},
            "short": {"n": within + short, "of": every},
        },
    }


def spells_of(events: list[dict[str, Any]]) -> pd.DataFrame:
    """One row a spell of an agent that is over: on which channel, what they did, for how long, and what came then."""
    facts = pd.DataFrame([{"at": pd.Timestamp(e["occurred_at"]), **e["data"]} for e in events if "state" in e["data"]])
    facts = facts.sort_values(["agent_id", "at"])
    facts["then"] = facts.groupby("agent_id").state.shift(-1)
    facts["starts"] = facts.groupby("agent_id").state.shift(1) != facts.state
    facts["spell"] = facts.starts.cumsum()
    runs = facts.groupby(["agent_id", "spell"], as_index=False).agg(
        channel=("channel", "first"), state=("state", "first"), since=("at", "first"), then=("then", "last")
    )
    runs["until"] = runs.groupby("agent_id").since.shift(-1)
    runs["lasted_s"] = (runs.until - runs.since).dt.total_seconds()
    return runs.dropna(subset=["until"])


def same(told: dict[str, Any], known: dict[str, Any]) -> None:
    for name, value in known.items():
        if name != "service_levels":
            assert told[name] == (pytest.approx(value, abs=0.0501) if name == "asa_s" else value), name


@pytest.mark.parametrize("seed", [5])
def test_every_figure_of_a_channel_is_that_of_pandas_on_the_facts(door: Door, seed: int) -> None:
    a_morning(door, random.Random(seed))
    events, zone = door.city.events(), door.city.city.time_zone
    calls, spells = calls_of(events), spells_of(events)
    board, body = door.city.view("channels"), door.get("/channels?interval=30").get_json()
    is_peak = calls["at"].dt.tz_convert(zone).dt.hour.between(9, 17)
    assert is_peak.any()
    assert not is_peak.all()
    for name, of in calls.groupby("channel"):
        day, now = body["channels"][name], told_by_pandas(of)
        same(board[name], now)
        assert board[name]["service_level_today"] == now["service_levels"]["removed"]
        assert board[name]["waiting"] == of.over.isna().sum()
        for part, chosen in {"peak": of[is_peak[of.index]], "off_peak": of[~is_peak[of.index]]}.items():
            known = told_by_pandas(chosen)
            same(day[part], known)
            assert day[part]["service_levels"] == known["service_levels"]
        halves = {pd.Timestamp(one["at"]): one for one in day["intervals"]}
        by_half = of.groupby(of["at"].dt.floor("30min"))
        assert len(by_half) == len(halves)
        for half, chosen in by_half:
            same(halves[half], told_by_pandas(chosen))
    foreign = calls[calls.channel == "foreign"]
    assert sorted(board["foreign"]["languages"]) == ["en", "ko", "und"]
    for tongue, of in foreign.groupby("language"):
        same(board["foreign"]["languages"][tongue], told_by_pandas(of))
    assert "languages" not in board["phone"]
    for name in ("phone", "foreign"):
        spent = spells[spells.channel == name].groupby("state").lasted_s.sum()
        busy_s = spent.drop("available").drop("away").sum()
        mine = spells[(spells.channel == name) & spells.state.isin(["talking", "holding"])]
        contacts = (~mine.then.isin(["talking", "holding"])).sum()
        assert board[name]["aht_s"] == pytest.approx(busy_s / contacts, abs=0.06)
        assert board[name]["occupancy"] == pytest.approx(busy_s / (busy_s + spent["available"]), abs=0.001)
    assert not {"aht_s", "occupancy"} & board["wechat"].keys()  # nobody tells of its agents
