"""The colours of the control room, written once: CSS custom properties and the Mantine theme follow from them."""

from __future__ import annotations

from typing import Any

DARK: dict[str, str] = {
    "background": "#0b1016",
    "panel": "#131a23",
    "raised": "#1b2430",
    "hairline": "#2a3644",
    "text": "#e8eef5",
    "muted": "#9fb0c3",
    "faint": "#6f8196",
    "accent": "#4cc2ff",
    "priority-1": "#ff5c5c",
    "priority-2": "#ffb020",
    "priority-3": "#5aa9ff",
    "good": "#3ddc97",
    "late": "#ff8a3d",
    "stale": "#c9a6ff",
}

# For a dark room and a screen turned down: less light from the ground and the type, the same contrast between them.
NIGHT: dict[str, str] = {
    "background": "#000000",
    "panel": "#080b0f",
    "raised": "#10151b",
    "hairline": "#222b35",
    "text": "#c6ccd3",
    "muted": "#8f9aa6",
    "faint": "#697583",
    "accent": "#4aa3cf",
    "priority-1": "#f05a5a",
    "priority-2": "#d79a2b",
    "priority-3": "#5c95d6",
    "good": "#38b582",
    "late": "#dd8044",
    "stale": "#ac92d6",
}

PAPER: dict[str, str] = {
    "background": "#ffffff",
    "panel": "#ffffff",
    "raised": "#f5f7f9",
    "hairline": "#d5dce3",
    "text": "#14202b",
    "muted": "#4a5b6c",
    "accent": "#0067a3",
    "priority-1": "#c3202b",
    "priority-2": "#9a5b00",
    "priority-3": "#1559b3",
    "good": "#0b7a4b",
}

# Seven classes of cell counts: more is brighter on the dark map, and ordered for every kind of colour vision.
CELL_CLASSES: tuple[str, ...] = ("#1f2a5a", "#3b2f8f", "#6a2fa0", "#a8327d", "#dd5157", "#f98e3c", "#fdd35b")
CELL_OPACITY = 0.75

# A priority is never told by colour alone.
PRIORITY_SHAPES: dict[int, str] = {1: "◆", 2: "▲", 3: "●"}

FONTS = (
    '"Noto Sans", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans SC", "Noto Sans CJK SC", '
    '"PingFang SC", "Microsoft YaHei", "Noto Sans Arabic", "Noto Naskh Arabic", sans-serif'
)


def custom_properties() -> str:
    """The whole text of `assets/10-tokens.css`; a test keeps file and table equal."""
    dark = [f"  --{name}: {value};" for name, value in DARK.items()]
    cells = [f"  --cell-{n}: {value};" for n, value in enumerate(CELL_CLASSES, 1)]
    night = [f"  --{name}: {value};" for name, value in NIGHT.items()]
    paper = [f"  --{name}: {value};" for name, value in PAPER.items()]
    fixed = [f"  --cell-opacity: {CELL_OPACITY};", f"  --fonts: {FONTS};", "  --radius: 6px;"]
    head = "/* Written from layouts/tokens.py: change colours there, then run `python -m layouts.tokens`. */"
    lines = [head, ":root {", *dark, *cells, *fixed, "}", ""]
    lines += [':root[data-palette="night"] {', *night, "}", "", ".paper {", *paper, "}"]
    return "\n".join(lines) + "\n"


def mantine_theme() -> dict[str, Any]:
    """The theme given to `dmc.MantineProvider`; component colours come from the same table."""
    dark = DARK
    shades = [
        dark["text"], dark["muted"], dark["faint"], dark["faint"], dark["hairline"],
        dark["hairline"], dark["raised"], dark["panel"], dark["background"], dark["background"],
    ]  # fmt: skip
    return {
        "fontFamily": FONTS,
        "primaryColor": "accent",
        "primaryShade": 4,
        "colors": {"dark": shades, "accent": [dark["accent"]] * 10},
        "defaultRadius": "6px",
        "focusRing": "auto",
        "respectReducedMotion": True,
    }


if __name__ == "__main__":
    from pathlib import Path

    path = Path(__file__).resolve().parents[1] / "assets" / "10-tokens.css"
    path.write_text(custom_properties(), encoding="utf-8")
