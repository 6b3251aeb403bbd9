"""Type sizes follow from distance and pitch, and parts leave by rank rather than shrink."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layouts.context import wall_options
from layouts.scale import PART_NEEDS_LINES, Viewing, glyph_height_mm, parts_shown, room, smallest_font_px

FULL_HD = (1920, 1080)
FOUR_K = (3840, 2160)


@pytest.mark.parametrize(("distance_m", "height_mm"), [(3, 14.0), (5, 23.3), (8, 37.2), (10, 46.5)])
def test_glyph_heights_are_those_of_the_standard(distance_m: float, height_mm: float) -> None:
    assert glyph_height_mm(distance_m) == pytest.approx(height_mm, abs=0.05)


@pytest.mark.parametrize(("distance_m", "glyph_px"), [(3, 22), (5, 37), (8, 59), (10, 74)])
def test_a_55_inch_screen_needs_the_pixels_of_the_table(distance_m: float, glyph_px: float) -> None:
    assert smallest_font_px(distance_m, 0.63) * 0.7 == pytest.approx(glyph_px, abs=0.6)


def test_at_eight_metres_a_55_inch_screen_holds_about_ten_lines_and_few_parts() -> None:
    far = Viewing(8, 0.63)
    assert far.font_px == pytest.approx(84, abs=1)
    assert room(*FULL_HD, far) == "huge"
    assert parts_shown(*FULL_HD, far) == ("incidents",)


def test_without_a_stated_distance_both_sizes_look_the_same_and_show_everything() -> None:
    for size in (FULL_HD, FOUR_K):
        assert room(*size, Viewing()) == "full"
        assert parts_shown(*size, Viewing()) == tuple(PART_NEEDS_LINES)


def test_a_narrow_screen_is_not_given_the_wide_arrangement() -> None:
    assert room(1080, 1920, Viewing()) != "full"
    assert room(1024, 768, Viewing()) == "large"


@given(
    near=st.floats(0.5, 20),
    further=st.floats(0.1, 20),
    pitch=st.floats(0.1, 5),
    size=st.sampled_from([FULL_HD, FOUR_K]),
)
def test_stepping_back_never_adds_a_part(near: float, further: float, pitch: float, size: tuple[int, int]) -> None:
    close, far = Viewing(near, pitch), Viewing(near + further, pitch)
    assert set(parts_shown(*size, far)) <= set(parts_shown(*size, close))


@pytest.mark.parametrize("search", ["?distance_m=x&pitch_mm=0.6", "?distance_m=-1", "?distance_m=inf&pitch_mm=1", ""])
def test_nonsense_in_the_address_falls_back_to_the_default(search: str) -> None:
    assert wall_options(search)[1].viewing.font_px is None


def test_the_address_sets_distance_and_pitch() -> None:
    assert wall_options("?distance_m=8&pitch_mm=0.63")[1].viewing == Viewing(8, 0.63)
