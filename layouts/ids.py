"""Every component id of every page, declared once: one `StrEnum` per panel."""

from __future__ import annotations

from enum import StrEnum


class Shell(StrEnum):
    """What surrounds every page."""

    ADDRESS = "shell-address"
    PAGE = "shell-page"


class Live(StrEnum):
    """The connection to the city's live picture."""

    SOCKET = "live-socket"


class Wall(StrEnum):
    """The wall as a whole; its `data-setup` is everything the page's scripts need to know."""

    PAGE = "wall-page"


class Map(StrEnum):
    """The map and what a person chooses on it."""

    CANVAS = "map-canvas"
    MEASURE = "map-measure"
    CATEGORY = "map-category"
    PLACE_CHOICE = "map-place-choice"


class Cases(StrEnum):
    """The drawer that lists the cases behind a cell."""

    DRAWER = "cases-drawer"
    LIST = "cases-list"


class Dispatch(StrEnum):
    """The dispatch desk as a whole, and its connection."""

    PAGE = "dispatch-page"
    SOCKET = "dispatch-socket"


class Deskmap(StrEnum):
    """The map of the dispatch desk."""

    CANVAS = "deskmap-canvas"


class Hotline(StrEnum):
    """The hotline desk as a whole, and its connection."""

    PAGE = "hotline-page"
    SOCKET = "hotline-socket"


class Hotlinemap(StrEnum):
    """The map of the hotline desk."""

    CANVAS = "hotlinemap-canvas"


class Worklist(StrEnum):
    """The grid over a work list."""

    GRID = "worklist-grid"


class Warnings(StrEnum):
    """The page of early warnings."""

    PAGE = "warnings-page"


PANELS: tuple[type[StrEnum], ...] = (
    *(Shell, Live, Wall, Map, Cases, Dispatch),
    *(Deskmap, Hotline, Hotlinemap, Worklist, Warnings),
)
