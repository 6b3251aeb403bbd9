"""Cells on the map: classes, geometry, roll-up by parent and pointing, on real H3 cells."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import h3
import pytest

from tests.browser.scripts import grid_answer, load_scripts

pytestmark = pytest.mark.browser


def some_cells(n: int, seed: int = 1) -> list[str]:
    """Distinct finest cells around Boston, in no order."""
    rng = random.Random(seed)
    cells: dict[str, None] = {}
    while len(cells) < n:
        cells[h3.latlng_to_cell(rng.uniform(42.2, 42.4), rng.uniform(-71.2, -70.95), 9)] = None
    return list(cells)


@pytest.mark.parametrize("seed", range(30))
def test_classes_are_few_ordered_and_never_split_equal_counts(page: Any, seed: int) -> None:
    rng = random.Random(seed)
    counts = [int(rng.paretovariate(rng.choice([0.6, 1.2, 3]))) for _ in range(rng.randint(1, 400))]
    limits = load_scripts(page).evaluate("(counts) => hexwatch.classLimits(counts)", counts)
    assert limits == sorted(set(limits))
    assert 1 <= len(limits) <= 7
    assert limits[0] == min(counts)
    assert len(limits) == 7 or len(limits) == len(set(counts)), "fewer classes only where there are fewer counts"


def test_no_cells_make_no_classes(page: Any) -> None:
    assert load_scripts(page).evaluate("() => hexwatch.classLimits([0, 0])") == []


def test_few_classes_use_the_whole_ramp(page: Any) -> None:
    script = "() => [1, 2, 3, 7].map((n) => [...Array(n).keys()].map((i) => hexwatch.colourIndex(i, n)))"
    assert load_scripts(page).evaluate(script) == [[4], [0, 6], [0, 3, 6], [0, 1, 2, 3, 4, 5, 6]]


def test_a_legend_keeps_still_for_a_minute_unless_the_map_becomes_another(page: Any) -> None:
    script = """() => {
      const held = new hexwatch.HeldLimits();
      return [
        held.of("open|9", [1, 2, 3], 3, 0), held.of("open|9", [5, 6, 7], 3, 59000),
        held.of("open|9", [5, 6, 7], 3, 60000),
        held.of("open|8", [9], 1, 0), held.of("open|9", [5, 6, 7, 8, 8, 8, 8], 7, 61000),
      ];
    }"""
    assert load_scripts(page).evaluate(script) == [[1, 2, 3], [1, 2, 3], [5, 6, 7], [9], [5, 6, 7, 8]]


def test_closer_is_never_coarser(page: Any) -> None:
    script = "() => [...Array(60).keys()].map((i) => hexwatch.resolutionAt(5 + i / 4, 42.3, 21.6))"
    found = load_scripts(page).evaluate(script)
    assert found == sorted(found)
    assert (found[0], found[-1]) == (6, 9)


def test_geometry_fetched_in_pieces_is_the_geometry_fetched_at_once(page: Any) -> None:
    cells = some_cells(300)
    pieces = [grid_answer(cells[0:100]), grid_answer(cells[99:180], 99), grid_answer(cells[180:], 180)]
    script = """([pieces, whole]) => {
      const [a, b] = [new hexwatch.Grid(), new hexwatch.Grid()];
      for (const piece of pieces) a.add(piece);
      b.add(whole);
      const said = (grid) => JSON.stringify([9, 8, 7, 6].map((res) => {
        const level = grid.levels[res];
        const corners = (id) => [...level.corners.slice(level.numberOf.get(id) * 12, level.numberOf.get(id) * 12 + 12)];
        return [...level.ids].sort().map((id) => [id, corners(id)]);
      }));
      return said(a) === said(b);
    }"""
    assert load_scripts(page).evaluate(script, [pieces, grid_answer(cells)]) is True


def test_an_answer_that_leaves_a_hole_changes_nothing(page: Any) -> None:
    cells = some_cells(20)
    script = """([first, later]) => {
      const grid = new hexwatch.Grid();
      grid.add(first);
      grid.add(later);
      return [grid.size, grid.agrees(first), grid.agrees({ ...first, cells: first.cells.slice().reverse() })];
    }"""
    assert load_scripts(page).evaluate(script, [grid_answer(cells[:5]), grid_answer(cells[10:], 10)]) == [
        5,
        True,
        False,
    ]


@pytest.mark.parametrize("res", [9, 8, 7, 6])
def test_coarser_counts_are_sums_over_children_by_parent(page: Any, res: int) -> None:
    cells, rng = some_cells(400), random.Random(2)
    counts = {str(n): rng.randint(0, 20) for n in range(len(cells))}
    script = """([answer, values, res]) => {
      const grid = new hexwatch.Grid(), counts = new hexwatch.Counts();
      grid.add(answer);
      for (const [number, n] of Object.entries(values)) counts.set(Number(number), n);
      const level = grid.levels[res], rolled = counts.on(level);
      return [Object.fromEntries([...rolled.counts].map((n, i) => [level.ids[i], n])), rolled.occupied, counts.total()];
    }"""
    rolled, occupied, total = load_scripts(page).evaluate(script, [grid_answer(cells), counts, res])
    expected: Counter[str] = Counter()
    for number, cell in enumerate(cells):
        expected[h3.cell_to_parent(cell, res)] += counts[str(number)]
    assert rolled == dict(expected)
    assert occupied == sum(n > 0 for n in expected.values())
    assert total == sum(counts.values())


def test_a_count_that_comes_before_its_geometry_shows_when_the_geometry_is_there(page: Any) -> None:
    cells = some_cells(10)
    script = """([first, rest]) => {
      const grid = new hexwatch.Grid(), counts = new hexwatch.Counts(), seen = [];
      grid.add(first);
      counts.set(7, 5);
      seen.push(counts.on(grid.levels[9]).occupied);
      grid.add(rest);
      seen.push(counts.on(grid.levels[9]).occupied);
      return seen;
    }"""
    assert load_scripts(page).evaluate(script, [grid_answer(cells[:5]), grid_answer(cells[5:], 5)]) == [0, 1]


def test_pointing_at_the_middle_of_a_cell_finds_it(page: Any) -> None:
    cells = some_cells(200)
    middles = [h3.cell_to_latlng(cell) for cell in cells]
    script = """([answer, middles]) => {
      const grid = new hexwatch.Grid();
      grid.add(answer);
      const level = grid.levels[9];
      return middles.map(([lat, lng]) => level.ids[level.at(hexwatch.worldX(lng), hexwatch.worldY(lat), () => true)]);
    }"""
    assert load_scripts(page).evaluate(script, [grid_answer(cells), middles]) == cells
