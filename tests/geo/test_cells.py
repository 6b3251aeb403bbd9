"""Laws of cells: counts are conserved, roll-ups agree with themselves, ranges hold exactly the family."""

from __future__ import annotations

import time
from collections import Counter

import h3
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geo import cells

lats = st.floats(-89.9, 89.9)
lngs = st.floats(-180.0, 180.0)
points = st.lists(st.tuples(lats, lngs), max_size=50)
resolutions = st.integers(cells.COARSEST, cells.FINEST)
PENTAGONS = [p for r in (6, 7, 8, 9) for p in h3.get_pentagons(r)]


@given(points, resolutions)
def test_counts_are_conserved_by_binning_and_by_roll_up(where: list[tuple[float, float]], resolution: int) -> None:
    counts = cells.points_to_counts(where)
    assert sum(counts.values()) == len(where)
    assert sum(cells.counts_to_parents(counts, resolution).values()) == len(where)


@given(points, resolutions, resolutions)
def test_rolling_up_twice_is_rolling_up_once(where: list[tuple[float, float]], a: int, b: int) -> None:
    counts = cells.points_to_counts(where)
    fine, coarse = max(a, b), min(a, b)
    at_once = cells.counts_to_parents(counts, coarse)
    assert cells.counts_to_parents(cells.counts_to_parents(counts, fine), coarse) == at_once
    assert cells.counts_to_parents(at_once, coarse) == at_once


def test_binning_coarsely_differs_from_rolling_up_so_only_one_of_them_is_used() -> None:
    rng = np.random.default_rng(7)
    where = list(zip(rng.uniform(41.6, 42.1, 20_000), rng.uniform(-88.0, -87.4, 20_000), strict=True))
    moved = {
        resolution: sum(
            cells.cell_to_parent(cells.point_to_cell(lat, lng), resolution) != h3.latlng_to_cell(lat, lng, resolution)
            for lat, lng in where
        )
        / len(where)
        for resolution in (8, 7, 6)
    }
    assert all(0.05 < share < 0.085 for share in moved.values()), moved


@given(lats, lngs, resolutions, lats, lngs)
def test_descendant_range_holds_the_family_and_nobody_else(
    lat: float, lng: float, resolution: int, other_lat: float, other_lng: float
) -> None:
    cell = h3.latlng_to_cell(lat, lng, resolution)
    low, high = cells.cell_to_descendant_range(cell)
    other = cells.point_to_cell(other_lat, other_lng)
    for finest in (cells.point_to_cell(lat, lng), other, *h3.grid_disk(other, 1)):
        assert (low <= h3.str_to_int(finest) <= high) == (cells.cell_to_parent(finest, resolution) == cell)


@pytest.mark.parametrize("cell", [*PENTAGONS[::7], h3.latlng_to_cell(42.36, -71.06, 6), h3.latlng_to_cell(40, 116, 7)])
def test_descendant_range_begins_and_ends_with_a_descendant(cell: str) -> None:
    family = sorted(h3.str_to_int(child) for child in h3.cell_to_children(cell, cells.FINEST))
    assert cells.cell_to_descendant_range(cell) == (family[0], family[-1])
    assert family[-1] < 2**63


def test_descendant_range_refuses_a_cell_finer_than_the_finest() -> None:
    with pytest.raises(ValueError, match="resolution 10"):
        cells.cell_to_descendant_range(h3.latlng_to_cell(42.36, -71.06, 10))


@settings(max_examples=50, deadline=None)
@given(st.floats(-85, 85), lngs, st.floats(0, 0.08), st.floats(0, 0.08), resolutions, st.floats(0, 1), st.floats(0, 1))
def test_cells_of_a_box_cover_every_point_of_it(
    south: float, west: float, tall: float, wide: float, resolution: int, up: float, along: float
) -> None:
    north, east = south + tall, west + wide
    assume(east <= 180)
    box = cells.cells_in_box(south, west, north, east, resolution)
    assert len(box) == len(set(box))
    lat, lng = min(north, south + up * tall), min(east, west + along * wide)
    assert h3.latlng_to_cell(lat, lng, resolution) in box


@pytest.mark.parametrize("lng", [-180.0, 180.0])
@pytest.mark.parametrize("resolution", [6, 9])
def test_a_point_on_the_antimeridian_is_a_box_too(lng: float, resolution: int) -> None:
    assert h3.latlng_to_cell(0.0, lng, resolution) in cells.cells_in_box(0.0, lng, 0.0, lng, resolution)


def test_a_box_over_the_antimeridian_has_both_sides() -> None:
    box = set(cells.cells_in_box(-17.0, 179.95, -16.9, -179.95, 7))
    assert h3.latlng_to_cell(-16.95, 179.97, 7) in box
    assert h3.latlng_to_cell(-16.95, -179.97, 7) in box
    assert h3.latlng_to_cell(-16.95, 170.0, 7) not in box


def test_a_box_wider_than_half_the_globe_is_not_taken_inside_out() -> None:
    assert h3.latlng_to_cell(0.5, -100.0, 3) in cells.cells_in_box(0.0, -170.0, 1.0, 170.0, 3)
    assert h3.latlng_to_cell(0.5, 179.0, 3) not in cells.cells_in_box(0.0, -170.0, 1.0, 170.0, 3)


@pytest.mark.parametrize("box", [(1, 0, 0, 1), (0, -181, 1, 0), (-91, 0, 1, 1), (0, 0, 1, 200)])
def test_impossible_boxes_are_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="south <= north"):
        cells.cells_in_box(*box)


def test_a_box_of_a_continent_is_refused_at_the_finest_resolution() -> None:
    with pytest.raises(ValueError, match="smaller box"):
        cells.cells_in_box(20, 70, 50, 130)


@given(lats, lngs, resolutions)
def test_boundaries_are_the_vertices_of_h3_as_lat_lng(lat: float, lng: float, resolution: int) -> None:
    cell = h3.latlng_to_cell(lat, lng, resolution)
    outline = cells.cells_to_boundaries([cell])
    assert outline.shape == (1, 6, 2)
    assert outline.dtype == np.float32
    true = np.array([h3.vertex_to_latlng(v) for v in h3.cell_to_vertexes(cell)], dtype=np.float32)
    assert {tuple(v) for v in outline[0].tolist()} == {tuple(v) for v in true.tolist()}


def test_a_pentagon_repeats_its_last_vertex() -> None:
    outlines = cells.cells_to_boundaries(PENTAGONS)
    assert np.array_equal(outlines[:, 4], outlines[:, 5])
    assert all(len(np.unique(outline, axis=0)) == 5 for outline in outlines)


def test_boundaries_of_no_cells_are_an_empty_array() -> None:
    assert cells.cells_to_boundaries([]).shape == (0, 6, 2)


def test_twenty_thousand_boundaries_take_less_than_a_second() -> None:
    block = sorted(h3.grid_disk(cells.point_to_cell(42.36, -71.06), 82))[:20_000]
    started = time.process_time()
    assert cells.cells_to_boundaries(block).shape == (20_000, 6, 2)
    assert time.process_time() - started < 1.0


def test_children_have_a_seventh_of_the_area_of_their_parent() -> None:
    parent = h3.latlng_to_cell(42.36, -71.06, 8)
    whole = sum(cells.cell_area_km2(child) for child in h3.cell_to_children(parent, 9))
    assert whole == pytest.approx(cells.cell_area_km2(parent), rel=0.02)
    assert 0.05 < cells.cell_area_km2(cells.point_to_cell(42.36, -71.06)) < 0.2


@given(lats, lngs)
def test_the_centre_of_a_cell_lies_in_it(lat: float, lng: float) -> None:
    cell = cells.point_to_cell(lat, lng)
    assert cells.point_to_cell(*cells.cell_to_center(cell)) == cell


def test_counts_roll_up_by_hand() -> None:
    parent = h3.latlng_to_cell(42.36, -71.06, 8)
    first, second, *_ = h3.cell_to_children(parent, 9)
    assert cells.counts_to_parents({first: 2, second: 3}, 8) == Counter({parent: 5})


def test_a_point_that_is_no_number_has_no_cell() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - h3's own subclasses differ by version
        cells.point_to_cell(float("nan"), 0.0)
