"""Early warning as the city runs: cases in, warnings out."""

from __future__ import annotations

from datetime import datetime, timedelta

import h3
import numpy as np
import pytest

from geo.warning.arrays import DAY_S
from geo.warning.recurring import recurring
from hotline.grave_words import grave_words, said
from hotline.warning_model import Model, PastCase, expected_of, learn_model, settings_of
from hotline.warnings import NewCase, Warning, Watch
from tests.warning.made import CELLS, CENTRE, SINCE, SINCE_S, ZONE, made_grid, made_history

GRID = made_grid()
NOW = SINCE + timedelta(days=28)
STEP = timedelta(minutes=5)


def _past(days: int = 28) -> list[PastCase]:
    history = made_history(days)
    areas = {cell: GRID.areas[GRID.area_of[n]] for n, cell in enumerate(GRID.cells)}
    return [
        PastCase(float(at), GRID.cells[cell], GRID.categories[k], areas[GRID.cells[cell]])
        for at, cell, k in zip(history.times_s, history.cell, history.category, strict=True)
    ]


@pytest.fixture(scope="module")
def model() -> Model:
    return learn_model(_past(), ZONE, NOW, since_s=SINCE_S, categories=[said(t) for t in grave_words().themes])


def _watch(model: Model) -> Watch:
    # A model's grid grows with new cells: each test has its own.
    owners = {"trees": "parks", "gas_smell": "gas"}
    return Watch(Model.from_bytes(model.to_bytes()), owners, grave_words().categories)


def _fallen_trees(at: datetime, n: int = 10) -> list[NewCase]:
    """One every two minutes around the centre."""
    near = sorted(h3.grid_disk(CENTRE, 1))
    return [NewCase(f"t{i}", at + timedelta(minutes=2 * i), "trees", near[i % 7], "east") for i in range(n)]


def _played(watch: Watch, cases: list[NewCase], begin: datetime, hours: float) -> list[list[Warning]]:
    told, now = [], begin
    while now <= begin + timedelta(hours=hours):
        fresh = [case for case in cases if now - STEP <= case.at < now]
        told.append(watch.update(now, fresh))
        now += STEP
    return told


def test_ten_fallen_trees_are_one_warning_in_the_right_place_before_the_last_call(model: Model) -> None:
    begin = NOW + timedelta(hours=14)
    told = _played(_watch(model), _fallen_trees(begin), begin, 6)
    first = next(number for number, warnings in enumerate(told) if warnings)
    assert begin + first * STEP <= begin + timedelta(minutes=20)
    assert {warning.id for warnings in told for warning in warnings} == {"w00001"}
    opened, grown = told[first][0], told[first + 4][0]
    assert (opened.category, opened.owner, opened.state) == ("trees", "parks", "rising")
    assert opened.observed >= 3 > opened.high >= opened.expected
    assert opened.per_day < 1
    assert CENTRE in opened.cells
    assert grown.observed > opened.observed
    assert set(grown.case_ids) <= {f"t{i}" for i in range(10)}
    assert told[-1] == [] or told[-1][0].state in ("fading", "closed", "standing")


def test_a_quiet_day_warns_of_next_to_nothing(model: Model) -> None:
    history = made_history(30, seed=77)
    fresh = [
        NewCase(f"q{n}", SINCE + timedelta(seconds=float(at - SINCE_S)), GRID.categories[k], GRID.cells[cell])
        for n, (at, cell, k) in enumerate(zip(history.times_s, history.cell, history.category, strict=True))
        if at >= SINCE_S + 28 * DAY_S
    ]
    watch = _watch(model)
    told: set[str] = set()
    now, done = NOW, 0
    while now < NOW + timedelta(days=2):
        now += timedelta(minutes=30)
        upto = [case for case in fresh[done:] if case.at < now]
        done += len(upto)
        told |= {warning.id for warning in watch.update(now, upto)}
    assert done == len(fresh) > 100
    assert len(told) <= 5  # two are accepted


def test_the_same_caller_and_the_same_case_count_once(model: Model) -> None:
    at = NOW + timedelta(hours=14)
    one = [NewCase(f"n{i}", at, "trees", CENTRE, "east", frozenset(), "caller-1") for i in range(9)]
    again = [NewCase("same", at, "trees", CENTRE, "east")] * 9
    watch = _watch(model)
    assert watch.update(at + STEP, one) == []
    assert watch.update(at + 2 * STEP, again) == []


def test_two_who_say_gas_next_to_each_other_are_heard_at_once(model: Model) -> None:
    at = NOW + timedelta(hours=14)
    words = grave_words().themes_of("I can smell gas in the stairwell", "en")
    beside = sorted(h3.grid_ring(CENTRE, 1))[0]
    watch = _watch(model)
    assert watch.update(at, [NewCase("g1", at - STEP, "other", CENTRE, "east", words)]) == []
    told = watch.update(at + STEP, [NewCase("g2", at, "housing", beside, "east", words)])
    assert [(w.category, w.said, w.owner, w.observed) for w in told] == [("said:gas", "gas", "gas", 2)]
    assert set(told[0].case_ids) == {"g1", "g2"}


def test_a_restart_goes_on_where_it_stopped(model: Model) -> None:
    begin = NOW + timedelta(hours=14)
    cases = _fallen_trees(begin)
    through, stopped = _watch(model), _watch(model)
    _played(stopped, cases, begin, 0.25)
    restarted = _watch(model)
    restarted.restore(stopped.to_bytes())
    _played(through, cases, begin, 0.25)
    later = begin + timedelta(minutes=20)
    fresh = [case for case in cases if case.at >= begin + timedelta(minutes=15)]
    assert restarted.update(later, fresh) == through.update(later, fresh)
    with pytest.raises(ValueError, match="not a state"):
        restarted.restore(b"\x00")


def test_a_cell_that_nobody_ever_called_from_can_be_warned_of(model: Model) -> None:
    at = NOW + timedelta(hours=14)
    far = h3.latlng_to_cell(42.36, -71.0, 9)
    assert far not in CELLS
    told = _watch(model).update(at, [NewCase(f"f{i}", at - STEP, "lights", far) for i in range(6)])
    assert [far in warning.cells for warning in told] == [True]


def test_another_model_keeps_what_is_open(model: Model) -> None:
    begin = NOW + timedelta(hours=14)
    watch = _watch(model)
    told = _played(watch, _fallen_trees(begin), begin, 0.5)
    watch.teach(Model.from_bytes(model.to_bytes()))
    assert [w.id for w in watch.update(begin + timedelta(minutes=40), [])] == [w.id for w in told[-1]] == ["w00001"]


def test_a_young_city_says_that_it_knows_too_little() -> None:
    young = learn_model(_past(5), ZONE, SINCE + timedelta(days=5), since_s=SINCE_S)
    assert not young.is_ready
    assert "too little to warn" in settings_of(young)["words"]
    at = SINCE + timedelta(days=5)
    assert Watch(young).update(at, _fallen_trees(at - timedelta(minutes=30), 12)) == []
    assert Watch(None).update(at, _fallen_trees(at)) == []
    with pytest.raises(ValueError, match="no case"):
        learn_model([], ZONE, NOW)


def test_before_thresholds_are_known_chance_alone_decides() -> None:
    week = learn_model(_past(8), ZONE, SINCE + timedelta(days=8), since_s=SINCE_S)
    assert week.is_ready
    assert week.law is None
    at = SINCE + timedelta(days=8, hours=14)
    told = Watch(week).update(at, _fallen_trees(at - timedelta(minutes=30), 14))
    assert [warning.category for warning in told] == ["trees"]


def test_expected_of_any_cells_adds_up(model: Model) -> None:
    at = NOW + timedelta(hours=18)
    west = [cell for n, cell in enumerate(GRID.cells) if GRID.areas[GRID.area_of[n]] == "west"]
    east = [cell for cell in GRID.cells if cell not in west]
    whole = expected_of(model, CELLS, "lights", at, 6)
    parts = [expected_of(model, part, "lights", at, 6) for part in (west, east)]
    assert whole is not None
    assert whole.expected == pytest.approx(sum(p.expected for p in parts if p), rel=1e-6)
    assert whole.low <= whole.expected <= whole.high
    assert expected_of(model, CELLS, "unheard of", at, 6) is None


def test_a_model_comes_back_from_its_bytes(model: Model) -> None:
    again = Model.from_bytes(model.to_bytes())
    assert again.in_words() == model.in_words()
    assert again.grid.cells == model.grid.cells
    with pytest.raises(ValueError, match="not a model"):
        Model.from_bytes(b"nothing")


def test_what_returns_every_month_leads_the_list() -> None:
    history = made_history(112, seed=4)
    rng = np.random.default_rng(6)
    corner = CELLS.index(CENTRE)
    months = np.repeat(np.arange(4), 80)
    extra = SINCE_S + (months * 28 + rng.random(320) * 28) * DAY_S
    once = np.full(200, SINCE_S + 60 * DAY_S) + rng.random(200) * DAY_S
    times = np.concatenate([history.times_s, extra, once])
    cell = np.concatenate([history.cell, np.full(320, corner), np.full(200, 3)])
    category = np.concatenate([history.category, np.ones(320), np.ones(200)]).astype(int)
    found = recurring(GRID, times, cell.astype(np.int32), category.astype(np.int32), history.until_s)
    assert found[0].category == "trees"
    assert found[0].cell in h3.grid_disk(CENTRE, 1)
    assert found[0].high == 4
    assert sum(found[0].months) > 320
    assert all(one.cell not in h3.grid_disk(CELLS[3], 1) for one in found)  # one bad day is not a problem that returns
