"""Laws of counting: what is kept up to date equals what is counted anew, in any order of facts and any crash."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

import redis as redis_module
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.engine.rooms.cases import CASE_MAPPED
from dashboard.engine.state import State
from dashboard.engine.tally import EVERY
from geo.cities import load_city
from hotline.cases import CASE_MEASURES, Case, case_flags
from streams.events import CaseAmended, CaseClosed, CaseReceived, CaseReopened, Envelope
from tests.support.engines import NOON, TestCity, everything

BOSTON = load_city("boston")
CELLS = ("", "892a30664a3ffff", "892a30664abffff", "892a3066483ffff")
CATEGORIES = ("Noise", "Trees")

case_ids = st.sampled_from([f"c{n}" for n in range(6)])
steps = st.one_of(
    st.tuples(st.just("receive"), case_ids, st.sampled_from(CELLS), st.sampled_from(CATEGORIES), st.integers(-9, 60)),
    st.tuples(st.just("close"), case_ids),
    st.tuples(st.just("reopen"), case_ids),
    st.tuples(st.just("amend"), case_ids, st.sampled_from(CELLS), st.sampled_from(CATEGORIES)),
    st.tuples(st.just("wait"), st.integers(1, 3000)),
)


def apply(state: State, step: tuple, seq: int, now: datetime) -> datetime:
    kind = step[0]
    if kind == "wait":
        now += timedelta(minutes=step[1])
        state.advance(now)
        return now
    placed = None
    if kind == "receive":
        _, case_id, cell, category, target_h = step
        placed = {"cell": cell, "area": "North" if cell else ""}
        target_at = now + timedelta(hours=target_h) if target_h % 3 else None
        payload = CaseReceived(case_id=case_id, category=category, target_at=target_at)
    elif kind == "amend":
        _, case_id, cell, category = step
        placed = {"cell": cell, "area": "South"}
        payload = CaseAmended(case_id=case_id, category=category, lat=1.0, lng=1.0)
    else:
        payload = {"close": CaseClosed, "reopen": CaseReopened}[kind](case_id=step[1])
    fact = Envelope(source="s", id=str(seq), type="", occurred_at=now, recorded_at=now, data={}, placed=placed)
    state.absorb(fact, payload, seq)
    return now


def counted_anew(cases: dict[str, Case], state: State) -> tuple[Counter, dict]:
    totals: Counter = Counter()
    cells: dict = {name: {} for name in CASE_MAPPED}
    for case in cases.values():
        flags = case_flags(case, state.now, state.day_start)
        for name, bit in CASE_MEASURES.items():
            if flags & bit:
                totals[name] += 1
                if name in cells:
                    for category in (EVERY, case.category):
                        counts = cells[name].setdefault(category, Counter())
                        counts[case.cell] += 1
    return totals, cells


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=40))
def test_counts_kept_up_to_date_equal_counts_made_anew(history: list[tuple]) -> None:
    now = NOON
    state = State(BOSTON, now)
    for seq, step in enumerate(history, start=1):
        now = apply(state, step, seq, now)
        totals, cells = counted_anew(state.cases, state)
        for name in CASE_MEASURES:
            assert state.case_room.tally.count(name) == totals[name], name
        for name in CASE_MAPPED:
            kept = state.case_room.tally.cells[CASE_MEASURES[name]]
            tidy = {c: {k: n for k, n in counts.items() if n} for c, counts in kept.items()}
            assert {c: counts for c, counts in tidy.items() if counts} == cells[name]
            assert sum(cells[name].get(EVERY, {}).values()) == totals[name]


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=30), st.integers(0, 10_000))
def test_repeated_facts_change_no_count(history: list[tuple], seed: int) -> None:
    """Each receipt and closing told twice, the second time a little later, counts once."""
    rng = random.Random(seed)
    told = [s for step in history for s in ([step, step] if step[0] == "receive" and rng.random() < 0.5 else [step])]
    once, twice = State(BOSTON, NOON), State(BOSTON, NOON)
    now = NOON
    for seq, step in enumerate(history, start=1):
        now = apply(once, step, seq, now)
    now = NOON
    for seq, step in enumerate(told, start=1):
        now = apply(twice, step, seq, now)
    assert {n: once.case_room.tally.count(n) for n in CASE_MEASURES} == {
        n: twice.case_room.tally.count(n) for n in CASE_MEASURES
    }


def test_a_case_leaves_memory_at_the_very_instant_it_is_spent() -> None:
    """The timer and the rule agree on the boundary; when they did not, the engine looked at it for ever."""
    state = State(BOSTON, NOON)
    now = apply(state, ("receive", "c1", CELLS[1], "Noise", 0), 1, NOON)
    apply(state, ("close", "c1"), 2, now)
    apply(state, ("wait", 26 * 60), 3, now)
    assert not state.cases
    assert state.case_room.tally.total == dict.fromkeys(CASE_MEASURES.values(), 0)


def test_an_engine_rebuilt_after_every_batch_ends_like_one_that_never_stopped(redis: redis_module.Redis) -> None:
    """Crash and take-over between any two commits leave no trace but the epoch."""
    finals = []
    for crash in (False, True):
        redis.flushall()
        city = TestCity(redis)
        rng = random.Random(7)
        for n in range(200):
            case_id = f"c{rng.randrange(60)}"
            target = city.wall.at + timedelta(hours=rng.randrange(1, 12))
            kind = rng.choice(["received", "closed", "reopened"])
            extra = {"target_at": target, "lat": 42.3 + rng.random() / 50, "lng": -71.1} if kind == "received" else {}
            city.post(f"case.{kind}", case_id=case_id, **extra)
            if n % 5 == 0:
                city.wall.pass_(minutes=rng.randrange(40))
                city.turn()
                if crash:
                    city.engine = city.new_engine()
        city.turn()
        state = everything(redis, city.keys)
        for moving in ("frames", "position", "lease", "inbox", "views"):
            state.pop(city.keys.of(moving), None)
        finals.append(state)
    without, with_crashes = finals
    assert with_crashes == without
