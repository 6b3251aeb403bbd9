"""Odd hours through the whole engine: midnight, daylight-saving days, the future, the past, and clocks set back."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pandas as pd
import pytest
import redis as redis_module
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.engine.clock import Mode
from dashboard.engine.engine import Engine
from dashboard.engine.store import Store
from geo.cities import load_city
from tests.support.engines import NOON, TestCity
from tests.support.truth import assert_agrees_with_its_log, assert_same, committed_documents

# What tells in which order things became known, and so differs between two tellings of one story.
AS_HEARD = {"seq", "status_seq", "status_at", "status_by", "steps", "told", "began", "taken", "flags"}
NEW_YORK = "America/New_York"
SPRING, AUTUMN, PLAIN = "2026-03-08", "2026-11-01", "2026-06-10"
BOSTON = load_city("boston")


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(NEW_YORK), fold=fold).astimezone(UTC)


class Days:
    """Three local days around one, told to a live engine instant by instant, and the same in a table."""

    def __init__(self, client: redis_module.Redis, day: str, seed: int) -> None:
        self.begin = local(f"{day}T00:00:00") - timedelta(hours=26)
        self.city = TestCity(client, at=self.begin)
        self.rows: dict[str, dict[str, Any]] = {}
        self.draw = random.Random(f"{day} {seed}")

    def moments(self, day: str) -> list[datetime]:
        """Random instants over the three days, more of them in the small hours, and every edge to the second."""
        spread = [self.begin + timedelta(seconds=self.draw.uniform(0, 76 * 3600)) for _ in range(250)]
        night = [local(f"{day}T00:00:00") + timedelta(seconds=self.draw.uniform(-3600, 5 * 3600)) for _ in range(150)]
        edges = [local(f"{d}T00:00:00") for d in pd.date_range(day, periods=2).strftime("%Y-%m-%d")]
        near = [edge + timedelta(seconds=s) for edge in edges for s in (-1, 0, 1)]
        return sorted(at.replace(microsecond=0) for at in spread + night + near)

    def live(self, at: datetime) -> None:
        """One thing happens at this instant, and the engine takes it."""
        self.city.wall.at = at
        open_ones = [i for i, row in self.rows.items() if row["closed"] is None]
        if open_ones and self.draw.random() < 0.4:
            case_id = self.draw.choice(open_ones)
            self.city.post("case.closed", case_id=case_id)
            self.rows[case_id]["closed"] = at
        else:
            case_id = f"c{len(self.rows)}"
            target = at + timedelta(hours=self.draw.choice((1, 5, 30)))
            self.city.case(case_id, target_at=target)
            self.rows[case_id] = {"received": at, "closed": None, "target": target}
        self.city.engine.last_frame_at = float("-inf")
        self.city.engine.turn(block_ms=None)

    def counted(self, now: datetime) -> dict[str, int]:
        """The same figures by pandas."""
        table = pd.DataFrame(self.rows.values())
        received, closed, target = (
            pd.to_datetime(table[c], utc=True).dt.tz_convert(NEW_YORK) for c in ("received", "closed", "target")
        )
        here = pd.Timestamp(now).tz_convert(NEW_YORK)
        today = received.dt.date == here.date()
        is_open = closed.isna()
        return {
            "received_today": int(today.sum()),
            "closed_today": int((closed.dt.date == here.date()).sum()),
            "received_1h": int((received > here - pd.Timedelta("1h")).sum()),
            "received_24h": int((received > here - pd.Timedelta("24h")).sum()),
            "open": int(is_open.sum()),
            "overdue": int((is_open & (target < here)).sum()),
            "due_4h": int((is_open & (target >= here) & (target <= here + pd.Timedelta("4h"))).sum()),
        }

    def slots(self, now: datetime) -> dict[str, int]:
        """Cases per five minutes of the city's clock, today and yesterday, by pandas."""
        received = pd.to_datetime([row["received"] for row in self.rows.values()], utc=True).tz_convert(NEW_YORK)
        here = pd.Timestamp(now).tz_convert(NEW_YORK)
        clock = pd.Series(received.tz_localize(None))
        shown = clock[clock.dt.normalize() >= here.tz_localize(None).normalize() - pd.Timedelta("1D")]
        return shown.dt.floor("5min").dt.strftime("%Y-%m-%dT%H:%M").value_counts().to_dict()


@pytest.mark.parametrize("day", [SPRING, AUTUMN, PLAIN])
def test_every_count_of_a_daylight_saving_day_equals_pandas(redis: redis_module.Redis, day: str) -> None:
    seed = 7
    print(f"seed {seed}")
    days = Days(redis, day, seed)
    edges = {local(f"{d}T00:00:00") for d in pd.date_range(day, periods=2).strftime("%Y-%m-%d")}
    for number, at in enumerate(days.moments(day)):
        days.live(at)
        if number % 4 and not any(abs((at - edge).total_seconds()) <= 1 for edge in edges):
            continue
        figures = days.city.figures()
        expected = days.counted(at)
        assert {name: figures[f"cases.{name}"] for name in expected} == expected, at.isoformat()
    assert_agrees_with_its_log(redis, days.city.keys, BOSTON)


@pytest.mark.parametrize("day", [SPRING, AUTUMN, PLAIN])
def test_the_curve_of_a_daylight_saving_day_has_every_case_once(redis: redis_module.Redis, day: str) -> None:
    """In autumn one hour of the clock comes twice: its slots hold both."""
    days = Days(redis, day, 8)
    for number, at in enumerate(days.moments(day)):
        days.live(at)
        if number % 20 == 0:
            assert_same(days.city.view("curve"), days.slots(at), f"curve at {at.isoformat()}")
    days.city.engine = days.city.new_engine()
    days.city.turn()
    assert_same(days.city.view("curve"), days.slots(at), "curve after a restart")


def test_a_curve_shows_today_and_yesterday_however_far_the_clock_jumps(redis: redis_module.Redis) -> None:
    """A replay at full speed passes days within one frame; no slot of an older day may stay."""
    city = TestCity(redis, mode=Mode.REPLAY)
    for days_on in range(4):
        city.post("case.received", at=NOON + timedelta(days=days_on), case_id=f"c{days_on}")
    city.turn()
    assert sorted(slot[:10] for slot in city.view("curve")) == ["2026-03-06", "2026-03-07"]


@pytest.mark.parametrize("day", [SPRING, AUTUMN, PLAIN])
def test_yesterday_is_compared_at_the_same_clock_time(redis: redis_module.Redis, day: str) -> None:
    """By the clock on the wall, not by 24 hours. (Between one and three in the night clocks may not agree.)"""
    days = Days(redis, day, 9)
    compared = 0
    for at in days.moments(day):
        days.live(at)
        here = pd.Timestamp(at).tz_convert(NEW_YORK)
        figures = days.city.figures()
        if "yesterday.received_same_time" not in figures or here.hour in (1, 2):
            continue
        received = pd.to_datetime([row["received"] for row in days.rows.values()], utc=True).tz_convert(NEW_YORK)
        clock = received.tz_localize(None)
        until = here.tz_localize(None).floor("min") - pd.Timedelta("1D")
        expected = int(((clock >= until.normalize()) & (clock < until)).sum())
        assert figures["yesterday.received_same_time"] == expected, here.isoformat()
        compared += 1
    assert compared > 100


# --- order, repetition, future -----------------------------------------------------------------------------

steps = st.lists(
    st.tuples(st.sampled_from(["received", "closed", "sent", "there", "back", "call", "over"]), st.integers(0, 3)),
    max_size=25,
)


def history(story: list[tuple[str, int]]) -> list[dict[str, Any]]:
    """Events a second apart; each thing happens once, a unit goes to an incident once."""
    names = {
        "received": ("case.received", lambda n: {"case_id": f"c{n}"}),
        "closed": ("case.closed", lambda n: {"case_id": f"c{n}"}),
        "call": ("incident.received", lambda n: {"incident_id": f"i{n}", "kind": "fire"}),
        "over": ("incident.closed", lambda n: {"incident_id": f"i{n}"}),
        "sent": ("unit.dispatched", lambda n: {"unit_id": f"u{n}", "incident_id": f"i{n}"}),
        "there": ("unit.arrived", lambda n: {"unit_id": f"u{n}", "incident_id": f"i{n}"}),
        "back": ("unit.cleared", lambda n: {"unit_id": f"u{n}", "incident_id": f"i{n}"}),
    }
    order = ["sent", "there", "back"]
    once = sorted(dict.fromkeys(story), key=lambda s: order.index(s[0]) if s[0] in order else -1)
    events = []
    for second, (word, n) in enumerate(once):
        type_, data_of = names[word]
        at = NOON - timedelta(seconds=60 - second)
        events.append({"id": f"{word}{n}", "type": type_, "at": at, "data": data_of(n)})
    return events


def tell(city: TestCity, events: list[dict[str, Any]]) -> None:
    for event in events:
        city.post(event["type"], event["id"], at=event["at"], **event["data"])
    city.turn()
    city.turn()


@settings(max_examples=60, deadline=None)
@given(story=steps, seed=st.integers(0, 999))
def test_any_order_and_any_repetition_ends_in_the_same_counts(
    redis: redis_module.Redis, story: list[tuple[str, int]], seed: int
) -> None:
    events, draw = history(story), random.Random(seed)
    muddled = [*events, *draw.choices(events, k=len(events))] if events else []
    draw.shuffle(muddled)
    pictures = []
    for told in (events, muddled):
        redis.flushall()
        city = TestCity(redis)
        tell(city, told)
        figures = {name: n for name, n in city.figures().items() if n}
        pictures.append((figures, committed_documents(redis, city.keys).plain(AS_HEARD)))
        assert_agrees_with_its_log(redis, city.keys, BOSTON)
    assert_same(pictures[1][0], pictures[0][0], "figures")
    assert_same(pictures[1][1], pictures[0][1], "documents")


def test_what_comes_from_the_future_waits_through_crashes_and_repetitions_and_counts_once(
    redis: redis_module.Redis,
) -> None:
    city = TestCity(redis)
    ahead = {"soon": 1, "held": 30, "far": 23 * 60, "refused": 25 * 60}
    due = {name: NOON + timedelta(minutes=minutes) for name, minutes in ahead.items()}
    received: list[set[str]] = []
    for _ in range(3):
        for name, at in due.items():
            city.post("case.received", name, at=at, case_id=name)
        city.turn()
        city.engine = city.new_engine()
        received.append(set(city.engine.state.cases))
    assert received == [{"soon"}] * 3
    assert len(city.dead()) == 3
    city.wall.pass_(minutes=29)
    city.turn()
    assert set(city.engine.state.cases) == {"soon"}
    city.wall.pass_(minutes=2)
    city.turn()
    assert set(city.engine.state.cases) == {"soon", "held"}
    city.post("case.received", "refused", at=due["refused"], case_id="refused")  # now less than a day ahead
    city.wall.pass_(hours=26)
    city.turn()
    city.turn()
    assert set(city.engine.state.cases) == {"soon", "held", "far", "refused"}
    assert city.figures()["cases.received_total"] == 4
    assert redis.hlen(city.keys.held) == 0
    recorded = [e["recorded_at"] for e in city.events() if e["type"] == "case.received"]
    assert recorded == sorted(recorded)


def test_a_machine_whose_clock_is_set_back_never_takes_the_city_back(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    steady = itertools.count(1.0)
    city.engine = Engine(
        Store(redis, city.keys, "test"), city.city, None, Mode.LIVE, wall=city.wall, monotonic=lambda: next(steady)
    )
    city.engine.start()
    seen: list[datetime] = []
    for jump_m in (0, 5, -120, 1, 1, 30, 200, -1, 1):
        city.wall.pass_(minutes=jump_m)
        city.case(f"c{len(seen)}")
        frames = redis.xlen(city.keys.frames)
        city.engine.turn(block_ms=None)
        assert redis.xlen(city.keys.frames) > frames, "its heart goes on beating"
        seen.append(msgspec.convert(city.view("clock")["now"], datetime))
    assert seen == sorted(seen)
    assert seen[-1] == max(seen)
    recorded = [e["recorded_at"] for e in city.events() if e["type"] == "case.received"]
    assert len(recorded) == len(seen)
    assert recorded == sorted(recorded)
    assert_agrees_with_its_log(redis, city.keys, BOSTON)
