"""How large type must be to be read from where people stand, and which panels then fit."""

from __future__ import annotations

import math
from dataclasses import dataclass

GLYPH_ARC_MINUTES = 16  # NUREG-0700, group-view displays: least character height at the greatest distance
CAP_HEIGHT_EM = 0.7  # of Latin fonts; Chinese glyphs fill more of the em and come out larger
# Without a stated distance: type of 2 % of the screen's height, which is 16' seen from three screen heights
# (four metres before a 110-inch wall, two before a 55-inch screen), whatever the number of pixels.
DEFAULT_SHARE_OF_HEIGHT = 0.02

# How many lines of the smallest type a screen's height must hold before each part is shown. What is missing
# here is always shown; what needs most leaves first.
PART_NEEDS_LINES: dict[str, int] = {
    "incidents": 12,
    "due": 22,
    "units": 22,
    "names": 22,
    "sources": 22,
    "legend": 24,
    "curve": 32,
    "switches": 40,
    "notes": 44,
    "date": 44,
    "areas": 44,
    "categories": 44,
    "channels": 44,
    "alerts": 44,
    "agents": 44,
}
# A scene gives its subject the room of what it leaves out: these stay longer than in the whole wall.
SCENE_NEEDS: dict[str, dict[str, int]] = {
    "map": {"legend": 20, "names": 20},
    "hotline": {"channels": 26, "curve": 38, "agents": 30},
    "emergency": {"incidents": 10, "alerts": 26, "incident-list": 26},
}
# How much room the wall has, in lines and in ems of the smallest type: 20-wall.css has one arrangement for each.
ROOMS: dict[str, tuple[int, int]] = {"full": (44, 78), "large": (22, 38), "huge": (0, 0)}


@dataclass(frozen=True)
class Viewing:
    """Where people stand and how fine the screen is; None where nobody said."""

    distance_m: float | None = None
    pitch_mm: float | None = None

    @property
    def font_px(self) -> float | None:
        """The smallest font size in CSS pixels, or None when distance or pitch are not known."""
        if self.distance_m is None or self.pitch_mm is None:
            return None
        return smallest_font_px(self.distance_m, self.pitch_mm)


def glyph_height_mm(distance_m: float, arc_minutes: float = GLYPH_ARC_MINUTES) -> float:
    """Height in millimetres of a glyph that subtends `arc_minutes` at `distance_m` metres."""
    return 2 * distance_m * 1000 * math.tan(math.radians(arc_minutes / 60) / 2)


def smallest_font_px(distance_m: float, pitch_mm: float) -> float:
    """The least `font-size` in CSS pixels for a screen of this pixel pitch seen from this distance."""
    return glyph_height_mm(distance_m) / pitch_mm / CAP_HEIGHT_EM


def lines_of(height_px: float, viewing: Viewing) -> float:
    """How many times the smallest font size goes into the screen's height."""
    return height_px / (viewing.font_px or height_px * DEFAULT_SHARE_OF_HEIGHT)


def room(width_px: float, height_px: float, viewing: Viewing) -> str:
    """The arrangement for a screen: the first of `ROOMS` that fits."""
    lines = lines_of(height_px, viewing)
    ems = lines * width_px / height_px
    return next(name for name, (least_lines, least_ems) in ROOMS.items() if lines >= least_lines and ems >= least_ems)


def parts_shown(width_px: float, height_px: float, viewing: Viewing) -> tuple[str, ...]:
    """The optional parts of the wall that fit, most important first."""
    lines = lines_of(height_px, viewing)
    if room(width_px, height_px, viewing) != "full":
        lines = min(lines, ROOMS["full"][0] - 1)
    return tuple(part for part, needs in PART_NEEDS_LINES.items() if lines >= needs)
