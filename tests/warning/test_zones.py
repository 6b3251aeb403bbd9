"""Zones: every case is counted in all places it belongs to, and in no other."""

from __future__ import annotations

import h3
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.warning.counts import BIN_S, WINDOWS_H, Events, RecentCounts, zone_counts
from geo.warning.grid import CITY_ZONE, RINGS, Grid
from tests.warning.made import CELLS, made_grid

GRID = made_grid()
CASES = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 1), st.floats(0, 24.9)), max_size=25)


def _events(cases: list[tuple[int, int, float]]) -> Events:
    cell, category, age = zip(*cases, strict=True) if cases else ((), (), ())
    columns = (np.array(cell, dtype=np.int32), np.array(category, dtype=np.int32))
    return Events(*columns, np.array(age, dtype=float) * 3600)


@settings(max_examples=30, deadline=None)
@given(CASES)
def test_counts_are_those_of_asking_every_zone_for_its_cases(cases: list[tuple[int, int, float]]) -> None:
    found = zone_counts(GRID, _events(cases), 2).reshape(len(WINDOWS_H), GRID.zones, 2)
    rng = np.random.default_rng(len(cases))
    for zone in [CITY_ZONE, 1, 2, *rng.integers(3, GRID.zones, 12).tolist()]:
        members = set(GRID.zone_cells(zone).tolist())
        for window, hours in enumerate(WINDOWS_H):
            for category in (0, 1):
                inside = [c for c, k, age in cases if c in members and k == category and age < hours]
                assert found[window, zone, category] == len(inside)


def test_a_disk_holds_the_cells_that_h3_says() -> None:
    for position in (0, 40, 90):
        for ring in RINGS:
            cells = {GRID.cells[n] for n in GRID.zone_cells(GRID.first_disk + position * len(RINGS) + ring)}
            assert cells == set(h3.grid_disk(GRID.cells[position], ring)) & set(CELLS)


def test_a_grid_that_grew_counts_like_one_made_at_once() -> None:
    areas = {cell: GRID.areas[GRID.area_of[n]] for n, cell in enumerate(GRID.cells)}
    grown = Grid(CELLS[:50], GRID.categories, areas)
    grown.grow(CELLS[50:60], areas)
    grown.grow(CELLS[60:], areas)
    assert grown.cells == GRID.cells
    assert grown.zones == GRID.zones
    for position in range(len(CELLS)):
        for ring in RINGS:
            zone = GRID.first_disk + position * len(RINGS) + ring
            assert set(grown.zone_cells(zone).tolist()) == set(GRID.zone_cells(zone).tolist())
    assert (np.sort(grown.zones_of, axis=1) == np.sort(GRID.zones_of, axis=1)).all()


def test_sums_over_zones_are_those_of_their_cells_also_when_the_grid_has_grown() -> None:
    values = np.random.default_rng(4).random((len(CELLS), 2))
    sums = GRID.zone_sums(values)
    for zone in range(GRID.zones):
        assert np.allclose(sums[zone], values[GRID.zone_cells(zone)].sum(axis=0), rtol=1e-6)
    areas = {cell: GRID.areas[GRID.area_of[n]] for n, cell in enumerate(CELLS)}
    grown = Grid(CELLS[:50], GRID.categories, areas)
    for end in (60, len(CELLS)):
        before = grown.zone_sums(values[: len(grown.cells)])
        grown.grow(CELLS[:end], areas)
        assert (grown.zone_sums(values[:end], before) == grown.zone_sums(values[:end])).all()


def test_bins_forget_what_no_window_reaches() -> None:
    recent = RecentCounts()
    now_s = 1_000_000 * BIN_S + 10.0
    ages_h = np.array([0.0, 1.0, 23.0, 25.0])
    recent.add(now_s - ages_h * 3600, np.arange(4, dtype=np.int32), np.zeros(4, dtype=np.int32))
    assert sorted(recent.events(now_s).cell.tolist()) == [0, 1, 2]
    recent.drop(now_s + 2 * 3600)
    assert len(recent) == 2
    assert sorted(recent.events(now_s + 2 * 3600).cell.tolist()) == [0, 1]
    counts = zone_counts(GRID, recent.events(now_s), 2).reshape(len(WINDOWS_H), GRID.zones, 2)
    assert counts[:, CITY_ZONE, 0].tolist() == [1, 2, 2, 2, 2, 2]


def test_place_of_a_zone_says_its_area_and_size() -> None:
    assert GRID.place(CITY_ZONE).area == ""
    assert GRID.place(1).area == "east"
    small = GRID.place(GRID.first_disk + 3 * len(RINGS))
    large = GRID.place(GRID.first_disk + 3 * len(RINGS) + 3)
    assert small.radius_km < large.radius_km < GRID.place(CITY_ZONE).radius_km
