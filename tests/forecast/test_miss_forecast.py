"""Missed deadlines: the method on made-up cases whose chances are known, its laws, and Boston's October."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.forecast_trial import boston
from hotline.cases import Case
from hotline.forecast.columns import HOUR_S, Told, columns, told_of
from hotline.forecast.kept import from_bytes, to_bytes
from hotline.forecast.model import DAY_S, MissModel, learn
from hotline.forecast.rule import Rule
from hotline.forecast.scores import auc, scores
from hotline.forecast.survival import Survival
from hotline.forecast.worktime import WorkTime
from tests.support.shared_data import shared_path

BEGAN = datetime(2026, 3, 2, tzinfo=UTC).timestamp()  # a Monday
DAYS = 40
NOW = BEGAN + DAYS * DAY_S


def made(n: int = 4_000, seed: int = 1) -> list[Told]:
    """Cases of two kinds, each with a day's time: `quick` ones take 6 h in the mean, `slow` ones 40 h."""
    draw = np.random.default_rng(seed)
    received = BEGAN + draw.uniform(0, DAYS * DAY_S, n)
    slow = draw.random(n) < 0.5
    lived = draw.exponential(np.where(slow, 40.0, 6.0)) * HOUR_S
    return [
        Told(f"c{i}", received[i], received[i] + DAY_S, received[i] + lived[i], "", "slow" if slow[i] else "quick")
        for i in range(n)
    ]


@pytest.fixture(scope="module")
def model() -> MissModel:
    learnt = learn(columns(made()), BEGAN, NOW, "UTC")
    assert learnt is not None
    return learnt


def test_chances_are_those_the_cases_were_made_with(model: MissModel) -> None:
    asked = [Told(kind, NOW - 12 * HOUR_S, NOW + 12 * HOUR_S, math.inf, "", kind) for kind in ("quick", "slow")]
    quick, slow = model.chances(columns(asked), NOW)
    assert quick == pytest.approx(math.exp(-12 / 6), abs=0.06)
    assert slow == pytest.approx(math.exp(-12 / 40), abs=0.06)


def test_the_forecast_beats_the_rule_on_cases_it_has_not_seen(model: MissModel) -> None:
    assert model.check is not None
    assert model.rule_check is not None
    assert model.check.brier < model.rule_check.brier
    assert model.check.ece < 0.06


def test_what_was_closed_before_anybody_looked_is_not_missed_by_the_tables() -> None:
    """A file that holds only open cases and those closed lately: who was closed earlier is absent, and must not make
    handling look slow."""
    since = NOW - 12 * DAY_S
    kept = [case for case in made() if case.closed > since]
    learnt = learn(columns(kept), since, NOW, "UTC")
    assert learnt is not None
    asked = columns([Told("a", NOW - 2 * HOUR_S, NOW + 22 * HOUR_S, math.inf, "", "slow")])
    assert learnt.chances(asked, NOW)[0] == pytest.approx(math.exp(-22 / 40), abs=0.08)


def test_nothing_later_than_the_instant_is_known() -> None:
    """Whatever happened after `NOW`, the model of `NOW` is the same."""
    cases = made()
    later = [case._replace(closed=case.closed + 5 * DAY_S) if case.closed > NOW else case for case in cases]
    later += [Told("x", NOW + 60.0, NOW + DAY_S, NOW + 120.0, "", "quick")]
    first, second = (learn(columns(of), BEGAN, NOW, "UTC") for of in (cases, later))
    assert first is not None
    assert second is not None
    assert to_bytes(first) == to_bytes(second)


def test_too_little_teaches_nothing() -> None:
    assert learn(columns(made(300)), BEGAN, NOW, "UTC") is None
    assert learn(columns(made()), NOW - 2 * DAY_S, NOW, "UTC") is None


def test_a_kept_model_says_what_it_said(model: MissModel) -> None:
    asked = columns([case._replace(closed=math.inf) for case in made(50, seed=2)])
    assert (from_bytes(to_bytes(model)).chances(asked, NOW) == model.chances(asked, NOW)).all()
    with pytest.raises(ValueError, match="not a miss forecast"):
        from_bytes(b"something else")


@settings(max_examples=60, deadline=None)
@given(
    age_h=st.floats(0, 5_000),
    allowed_h=st.floats(0.1, 20_000),
    more_h=st.floats(0, 500),
    kind=st.sampled_from(["quick", "slow", "never seen"]),
)
def test_a_chance_is_a_chance_and_an_earlier_deadline_is_missed_sooner(
    model: MissModel, age_h: float, allowed_h: float, more_h: float, kind: str
) -> None:
    received, target = NOW - age_h * HOUR_S, NOW + (allowed_h - age_h) * HOUR_S
    one = columns([Told("a", received, target, math.inf, "", kind)])
    for chance in (model.chances(one, NOW)[0], model.rule.chances(one, NOW)[0], Rule({}).chances(one, NOW)[0]):
        assert 0.0 <= chance <= 1.0
        assert chance == 1.0 or target > NOW
    if target <= NOW:
        assert model.chances(one, NOW)[0] == 1.0
    age, until = np.array([age_h]), np.array([age_h + more_h])
    alive = model.tables.by_age.lives_on(one.groups, age, until)[0]
    assert 0.0 <= alive <= 1.0


def test_a_life_table_by_hand() -> None:
    """Ten cases: four closed in the first hour, three of the rest in the second, three never: without neighbours to
    lean on, what lives on is 6/10 and then 3/6, drawn a little towards the average."""
    lived = np.array([0.5] * 4 + [1.5] * 3 + [9.0] * 3)
    closed = np.array([True] * 7 + [False] * 3)
    groups = (("",) * 1_000,)
    many = Survival.learnt(np.arange(4.0), np.zeros(1_000), np.tile(lived, 100), np.tile(closed, 100), groups)
    alive = many.lives_on((("",) * 2,), np.zeros(2), np.array([1.0, 2.0]))
    assert alive == pytest.approx([0.6, 0.3], abs=0.01)


def test_hours_of_work_count_by_how_much_is_done_in_them() -> None:
    nine_to_five = [BEGAN + day * DAY_S + hour * HOUR_S for day in range(5) for hour in range(9, 17)]
    work = WorkTime.learnt(np.array(nine_to_five * 200), BEGAN, BEGAN + 7 * DAY_S, "UTC")
    night, day = (work.at(np.array([BEGAN + h * HOUR_S, BEGAN + (h + 4) * HOUR_S])) for h in (0, 10))
    assert day[1] - day[0] > 20 * (night[1] - night[0])
    week = work.at(np.array([BEGAN, BEGAN + 7 * DAY_S]))
    assert week[1] - week[0] == pytest.approx(168.0)


def test_scores_by_hand() -> None:
    found = scores(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    assert found.auc == pytest.approx(0.75)
    assert found.brier == pytest.approx((0.01 + 0.16 + 0.4225 + 0.04) / 4)
    assert sum(each.n for each in found.bins) == found.n == 4
    assert auc(np.array([0.5, 0.5]), np.array([True, False])) == pytest.approx(0.5)
    assert math.isnan(auc(np.array([0.5, 0.5]), np.array([True, True])))


def test_a_document_becomes_a_row() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    assert told_of(Case(case_id="a", received_at=at)) is None
    told = told_of(Case(case_id="a", received_at=at, target_at=at.replace(day=4), area="North", owner="water"))
    assert told is not None
    assert (told.unit, told.closed) == ("water", math.inf)


@pytest.mark.shared
def test_october_in_boston_is_forecast_better_than_by_the_rule() -> None:
    shared_path("service_requests/boston_311_2011-07_2011-10.csv.gz")
    found = boston(True, lambda share: None)
    assert found is not None
    for part in found.parts:
        assert part.model.brier < part.rule_fitted.brier
        assert part.model.brier < part.rule.brier
        assert part.model.auc > max(part.rule.auc, part.rule_fitted.auc)
    soon = next(part for part in found.parts if part.name == "due within 24 h")
    assert soon.model.auc > 0.85
    assert soon.model.ece < 0.06
