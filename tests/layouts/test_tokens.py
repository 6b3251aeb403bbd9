"""Colours: one table, readable against their grounds, in order for every kind of colour vision."""

from __future__ import annotations

from pathlib import Path

import pytest

from layouts.tokens import CELL_CLASSES, DARK, FONTS, NIGHT, PAPER, PRIORITY_SHAPES, custom_properties, mantine_theme

ROOT = Path(__file__).resolve().parents[2]
TEXT_ON_PANEL = ("text", "muted", "accent", "priority-1", "priority-2", "priority-3", "good", "late", "stale")


def luminance(colour: str) -> float:
    """WCAG relative luminance of `#rrggbb`."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_style_sheet_is_written_from_the_table() -> None:
    assert (ROOT / "assets" / "10-tokens.css").read_text(encoding="utf-8") == custom_properties()


@pytest.mark.parametrize("name", TEXT_ON_PANEL)
@pytest.mark.parametrize("ground", ["background", "panel", "raised"])
def test_text_colours_reach_four_and_a_half_to_one(name: str, ground: str) -> None:
    assert contrast(DARK[name], DARK[ground]) >= 4.5


@pytest.mark.parametrize("name", TEXT_ON_PANEL)
@pytest.mark.parametrize("ground", ["background", "panel", "raised"])
def test_night_colours_keep_the_contrast_with_less_light(name: str, ground: str) -> None:
    assert contrast(NIGHT[name], NIGHT[ground]) >= 4.5
    assert luminance(NIGHT[name]) <= luminance(DARK[name])
    assert luminance(NIGHT[ground]) < luminance(DARK[ground])


def test_every_palette_has_every_colour() -> None:
    assert NIGHT.keys() == DARK.keys()


@pytest.mark.parametrize("name", [n for n in TEXT_ON_PANEL if n in PAPER])
def test_paper_colours_reach_four_and_a_half_to_one(name: str) -> None:
    assert contrast(PAPER[name], PAPER["background"]) >= 4.5


def test_more_is_brighter() -> None:
    brightness = [luminance(colour) for colour in CELL_CLASSES]
    assert brightness == sorted(brightness)
    assert len(set(brightness)) == 7


def test_each_priority_has_a_shape_of_its_own() -> None:
    assert len(set(PRIORITY_SHAPES.values())) == len(PRIORITY_SHAPES) == 3


def test_mantine_takes_its_colours_from_the_same_table() -> None:
    theme = mantine_theme()
    assert set(theme["colors"]["dark"]) <= set(DARK.values())
    assert set(theme["colors"]["accent"]) == {DARK["accent"]}
    assert theme["fontFamily"] == FONTS
