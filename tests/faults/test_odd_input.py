"""Ten thousand malformed inputs by every door: no crash, each answered with a reason, the good ones all counted."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis as redis_module
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.access import Access
from dashboard.api import ApiContext, api
from dashboard.engine.clock import Mode
from dashboard.engine.decide import AHEAD_HELD, AHEAD_REFUSED
from dashboard.engine.own_names import OWN_SOURCES
from geo.cities import load_city
from streams.codec import MAX_ENTRY_BYTES, Malformed, decode_envelope, payload_of
from streams.events import ClockAdvanced, Envelope
from streams.feeds.preset import load_preset
from streams.feeds.replay import Plan, replay
from streams.reader import Reader
from tests.support.engines import NOON, TestCity
from tests.support.made_city import posted_events, write_cases
from tests.support.mutations import as_bytes, damaged, malformed_inputs, real_documents
from tests.support.shared_data import SHARED
from tests.support.truth import assert_agrees_with_its_log, told_from_outside

SEED = 20260304
COUNT = 10_000
BATCH = 500
KEY = "the-admin-key-of-this-test"


def inputs_and_good(seed: int) -> tuple[list[bytes], list[dict[str, Any]]]:
    """Malformed inputs (with real documents where the shared data are) and good events to put between them."""
    documents = real_documents(SHARED / "fixtures") if SHARED.exists() else []
    good = posted_events(seed, 600, NOON)
    return malformed_inputs(seed, COUNT, good, documents), good


def mixed(bad: list[bytes], good: list[bytes], seed: int) -> list[bytes]:
    """Both, the good ones in their order, spread at random."""
    draw = random.Random(seed)
    places = sorted(draw.sample(range(len(bad) + len(good)), len(good)))
    rest, sound = iter(bad), iter(good)
    taken = set(places)
    return [next(sound) if n in taken else next(rest) for n in range(len(bad) + len(good))]


def understood(raw: bytes) -> Envelope | None:
    """The event, if it is one."""
    try:
        envelope = decode_envelope(raw)
        payload_of(envelope)
    except Malformed:
        return None
    return envelope


def test_ten_thousand_entries_in_the_inbox_are_facts_or_dead_letters_with_a_reason(redis: redis_module.Redis) -> None:
    print(f"seed {SEED}")
    bad, good = inputs_and_good(SEED)
    raws = mixed(bad, [as_bytes(event) for event in good], SEED)
    city = TestCity(redis)
    for start in range(0, len(raws), BATCH):
        with redis.pipeline(transaction=False) as pipe:
            for raw in raws[start : start + BATCH]:
                pipe.xadd(city.keys.inbox, {"e": raw})
            pipe.execute()
        city.engine.turn(block_ms=None)
    city.turn()
    city.turn()

    expected = Outcomes(raws, city.wall.at)
    dead = city.dead()
    assert all(letter[b"reason"] for letter in dead)
    assert Counter(letter[b"raw"] for letter in dead) == expected.dead
    assert len(dead) >= COUNT / 2, "most of it is malformed"
    told = told_from_outside(redis, city.keys)
    assert told - expected.taken == set()
    assert expected.taken - told == set()
    assert {(event["source"], event["id"]) for event in good} <= expected.taken
    assert redis.hlen(city.keys.held) == len(expected.held)
    assert_agrees_with_its_log(redis, city.keys, load_city("boston"))


class Outcomes:
    """What must become of each input, by the rules and nothing else."""

    def __init__(self, raws: list[bytes], now: datetime) -> None:
        self.dead: Counter[bytes] = Counter()
        self.taken: set[tuple[str, str]] = set()
        self.held: set[tuple[str, str]] = set()
        for raw in raws:
            self._sort(raw, now)

    def _sort(self, raw: bytes, now: datetime) -> None:
        envelope = understood(raw)
        pair = (envelope.source, envelope.id) if envelope else ("", "")
        if envelope is None or pair[0] in OWN_SOURCES or self._is_absurd(pair, envelope.occurred_at - now):
            self.dead[raw[:MAX_ENTRY_BYTES]] += 1
        elif envelope.occurred_at - now > AHEAD_HELD:
            self.held.add(pair)
        elif pair not in self.held and not isinstance(payload_of(envelope), ClockAdvanced):
            self.taken.add(pair)

    def _is_absurd(self, pair: tuple[str, str], ahead: timedelta) -> bool:
        return pair not in self.taken | self.held and ahead > AHEAD_REFUSED


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
WORDS = {"source": "s", "id": "i", "type": "case.received", "occurred_at": NOON.isoformat(), "data": {"case_id": "c"}}
almost_events = st.builds(
    lambda change: WORDS | change,
    st.dictionaries(
        st.sampled_from([*WORDS, "version", "recorded_at", "subject", "placed", "flags", "actor"]),
        json_values | st.datetimes().map(str) | st.sampled_from(["incident.received", "unit.moved", "subject.erased"]),
        max_size=3,
    ),
)


@pytest.mark.parametrize("mode", list(Mode))
@settings(max_examples=80, deadline=None)
@given(batch=st.lists(st.binary(max_size=40) | (json_values | almost_events).map(as_bytes), min_size=1, max_size=8))
def test_no_entry_stops_an_engine_of_any_mode(redis: redis_module.Redis, mode: Mode, batch: list[bytes]) -> None:
    redis.flushall()
    city = TestCity(redis, mode=mode)
    for raw in batch:
        redis.xadd(city.keys.inbox, {"e": raw})
    city.post("case.received", "good", source="s", at=NOON, case_id="good")
    city.turn()
    city.turn()
    replayed_by_another = mode is Mode.REPLAY and city.engine.clock.feed != "s"
    assert ("good" in city.engine.state.cases) != replayed_by_another
    assert all(letter[b"reason"] for letter in city.dead())


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
@pytest.mark.parametrize("mode", list(Mode))
def test_an_hour_beyond_all_calendars_stops_no_engine(redis: redis_module.Redis, mode: Mode, at: str) -> None:
    city = TestCity(redis, mode=mode)
    for n, extra in enumerate(({"occurred_at": at}, {"recorded_at": at}, {"recorded_at": "2026-03-04T17:00:00"})):
        redis.xadd(city.keys.inbox, {"e": as_bytes(WORDS | {"id": f"far{n}"} | extra)})
    redis.xadd(city.keys.inbox, {"e": as_bytes(WORDS | {"id": "good", "data": {"case_id": "good"}})})
    city.turn()
    city.turn()
    assert "good" in city.engine.state.cases
    city.engine = city.new_engine()
    city.turn()
    assert "good" in city.engine.state.cases


def test_malformed_requests_are_dead_letters_and_the_good_one_is_answered(redis: redis_module.Redis) -> None:
    city = TestCity(redis)
    good = {
        "request_id": "r", "verb": "close_case", "actor": "ann", "role": "hotline",
        "valid_until": "2036-03-04T17:00:00Z", "args": {"case_id": "c"},
    }  # fmt: skip
    draw = random.Random(SEED)
    raws = [damaged(as_bytes(good | {"request_id": f"r{n}"}), draw) for n in range(1000)]
    raws += [as_bytes(good | {"request_id": "naive", "valid_until": "2036-03-04T17:00:00"})]
    raws += [b'{"a":' * 5000, as_bytes(good)[:-2] + b',"x":' + b"[" * 30_000]
    for raw in raws:
        redis.xadd(city.keys.requests, {"e": raw})
    city.ask("close_case", "sound", case_id="nobody-knows-it")
    city.turn()
    assert city.reply("sound")["outcome"] == "refused"
    assert len(city.dead()) > 500
    assert all(letter[b"reason"] for letter in city.dead())


def test_ten_thousand_bodies_by_post_are_accepted_or_refused_with_a_reason(
    redis: redis_module.Redis, tmp_path: Path
) -> None:
    """Some alone, most of them as items of a list between good ones."""
    print(f"seed {SEED}")
    bad, good = inputs_and_good(SEED + 1)
    city = TestCity(redis)
    context = ApiContext(
        redis, city.keys, Reader(tmp_path / "none", "boston"), Access(redis, city.keys, admin_key=KEY), now=city.wall
    )
    app = Flask("test")
    app.secret_key = "secret"
    app.register_blueprint(api(context))
    client, headers = app.test_client(), {"X-API-Key": KEY}

    def post(body: bytes) -> dict[str, Any]:
        answer = client.post("/api/v1/events", data=body, headers=headers)
        assert answer.status_code in (202, 207, 400, 413), answer.get_data()
        said: dict[str, Any] = answer.get_json()
        refused = said.get("errors", [])
        assert answer.status_code == 202 or refused or said["error"]["message"]
        assert all(error["reason"] for error in refused)
        return said

    accepted = sum(post(body).get("accepted", 0) for body in bad[:1500])
    values = [value for raw in bad[1500:] if (value := _parsed(raw)) is not None]
    items = mixed([as_bytes(v) for v in values], [as_bytes(event) for event in good], SEED)
    for start in range(0, len(items), 50):
        batch = items[start : start + 50]
        said = post(b"[" + b",".join(batch) + b"]")
        assert said["accepted"] + len(said["errors"]) == len(batch)
        accepted += said["accepted"]
    assert accepted == redis.xlen(city.keys.inbox)
    while city.engine.turn(block_ms=None):
        pass
    city.turn()
    assert all(b"24 h ahead" in letter[b"reason"] for letter in city.dead()), "the door lets in what the engine takes"
    told = told_from_outside(redis, city.keys)
    assert {(event["source"], event["id"]) for event in good} <= told
    assert_agrees_with_its_log(redis, city.keys, load_city("boston"))


def _parsed(raw: bytes) -> Any:
    """The value, if the bytes are JSON at all: an item of a list must be, or the whole list is refused."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def test_damaged_rows_of_a_file_reach_neither_the_picture_nor_the_clock(
    redis: redis_module.Redis, tmp_path: Path
) -> None:
    """A feed of damaged rows through the engine: each row is in the log or a dead letter, the good ones counted."""
    print(f"seed {SEED}")
    draw = random.Random(SEED)
    path, preset = write_cases(tmp_path, SEED, 3000, 48)
    header, *rows = path.read_bytes().splitlines()
    lines = [damaged(row, draw).replace(b"\n", b" ") if draw.random() < 0.3 else row for row in rows]
    path.write_bytes(b"\n".join([header, *lines]) + b"\n")
    untouched = {row.split(b",")[0].decode() for row, line in zip(rows, lines, strict=True) if row == line}
    city = TestCity(redis, mode=Mode.REPLAY)
    result = replay(redis, city.keys, load_preset(preset), path, Plan(), work_dir=tmp_path / "work")
    assert not result.refused
    while city.engine.turn(block_ms=None):
        pass
    city.turn()
    assert result.dead > 100
    letters = city.dead()
    assert len(letters) == result.dead
    assert all(letter[b"reason"] for letter in letters)
    documents = assert_agrees_with_its_log(redis, city.keys, load_city("boston"))
    lost = untouched - documents.cases.keys()
    assert len(lost) <= 40, "a damaged row may swallow its neighbours by an open quote, and no others"
    assert city.engine.clock.at - NOON < timedelta(days=365 * 200)
