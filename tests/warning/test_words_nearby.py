"""Grave words warn of a corner, not of a city that talks of one thing, and seldom on an ordinary day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

import h3
import pytest

from dashboard.warner.past import simulated
from geo.cities import load_city
from geo.warning.looking import NEAR_H, NEAR_RING
from hotline.grave_words import SAID, grave_words, said
from hotline.warning_model import LOOK_EVERY_S, Model, PastCase, learn_model
from hotline.warnings import NewCase, Warning, Watch
from tests.warning.made import CELLS, CENTRE, SINCE, SINCE_S, ZONE, made_grid, made_history

NOW = SINCE + timedelta(days=28)
THEMES = [said(theme) for theme in grave_words().themes]
STEP = timedelta(minutes=15)
MONDAY = datetime(2026, 3, 16, 16, tzinfo=UTC)  # midnight in Beijing


@pytest.fixture(scope="module")
def kept() -> bytes:
    """A model of a city where nobody ever said a grave word: its counts are known, its talk is not."""
    grid, history = made_grid(), made_history()
    columns = zip(history.times_s.tolist(), history.cell.tolist(), history.category.tolist(), strict=True)
    past = [PastCase(at, grid.cells[cell], grid.categories[k]) for at, cell, k in columns]
    return learn_model(past, ZONE, NOW, since_s=SINCE_S, categories=THEMES).to_bytes()


def _gas(cells: Sequence[str], at: datetime, prefix: str = "g") -> list[NewCase]:
    return [NewCase(f"{prefix}{n}", at, "other", cell, "", frozenset({"gas"})) for n, cell in enumerate(cells)]


def _told(kept: bytes, cases: list[NewCase], at: datetime = NOW) -> list[Warning]:
    return [warning for warning in Watch(Model.from_bytes(kept)).update(at, cases) if warning.said]


def test_two_who_say_gas_at_opposite_ends_of_the_city_are_no_matter(kept: bytes) -> None:
    at = NOW - timedelta(minutes=10)
    ends = sorted(CELLS, key=lambda cell: h3.cell_to_latlng(cell))
    assert _told(kept, _gas([ends[0], ends[-1]], at)) == []
    assert [w.observed for w in _told(kept, _gas([CENTRE, sorted(h3.grid_ring(CENTRE, 2))[0]], at))] == [2]


def test_two_neighbours_who_say_gas_half_a_day_apart_are_no_matter(kept: bytes) -> None:
    early, late = _gas([CENTRE], NOW - timedelta(hours=9), "a"), _gas([CENTRE], NOW - timedelta(minutes=10), "b")
    assert _told(kept, early + late) == []


def test_a_word_that_the_whole_city_says_is_no_matter_of_one_corner_though_nobody_ever_said_it_before(
    kept: bytes,
) -> None:
    at = NOW - timedelta(minutes=20)
    everywhere = _gas(CELLS, at)
    assert _told(kept, everywhere) == []
    beside = _gas(sorted(h3.grid_disk(CENTRE, 1)) * 6, at, "more")
    (warning,) = _told(kept, everywhere + beside)
    assert CENTRE in warning.cells
    assert len(warning.cells) <= 3 * NEAR_RING * (NEAR_RING + 1) + 1
    assert warning.window_h <= NEAR_H


def _days(days: int, until: datetime) -> list[PastCase]:
    return list(simulated(load_city("beijing-sim"), None, until, days, lambda share: None))


def _warned(model: Model, days: list[PastCase], step: timedelta = STEP) -> list[Warning]:
    """All warnings by words of the days after those learnt from; `days` in order."""
    watch, opened = Watch(model), dict[str, Warning]()
    cases = [
        NewCase(str(n), datetime.fromtimestamp(case.at_s, UTC), case.category, case.cell, case.area)
        for n, case in enumerate(sorted(days))
    ]
    step_s = step.total_seconds()
    for number, fresh in groupby(cases, key=lambda case: case.at.timestamp() // step_s):
        for warning in watch.update(datetime.fromtimestamp((number + 1) * step_s, UTC), fresh):
            opened.setdefault(warning.id, warning)
    return [warning for warning in opened.values() if warning.said]


def test_an_ordinary_day_of_the_simulated_city_warns_by_words_at_most_once() -> None:
    """Only what is grave is told and learnt: the same words, a smaller city."""
    grave = [case for case in _days(8, MONDAY + timedelta(days=1)) if case.category.startswith(SAID)]
    past = [case for case in grave if case.at_s < MONDAY.timestamp()]
    model = learn_model(past, "Asia/Shanghai", MONDAY, since_s=min(past).at_s, categories=THEMES)
    today = [case for case in grave if case.at_s >= MONDAY.timestamp()]
    assert len(today) > 50
    assert len(_warned(model, today)) <= 1


@pytest.mark.thorough
@pytest.mark.timeout(1800)
def test_three_ordinary_days_of_the_simulated_city_cost_no_more_warnings_by_words_than_are_accepted() -> None:
    past = _days(14, MONDAY)
    model = learn_model(past, "Asia/Shanghai", MONDAY, since_s=min(past).at_s, categories=THEMES)
    assert model.law is not None
    # As often as the days were looked at that its thresholds come from.
    told = _warned(model, _days(3, MONDAY + timedelta(days=3)), timedelta(seconds=LOOK_EVERY_S))
    assert len(told) <= 3 * model.false_per_day
