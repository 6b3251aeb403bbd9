"""The briefing's drawings as SVG text: small, in print colours, without a script, and only what figures say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import escape

from layouts.texts import Language, gettext
from layouts.texts import mark as N_

INK, QUIET, LINE = "#14202b", "#4a5b6c", "#d5dce3"
BAR, NOW, BAND = "#8fa3b5", "#0067a3", "#cfe3f1"
# Few to many on white paper, ordered for every kind of colour vision.
STEPS = ("#fde7c3", "#fdbb84", "#f07f4f", "#c94b3a", "#7f1d2d")
FONT = "Noto Sans, Noto Sans CJK SC, Noto Sans Arabic, sans-serif"


def labels(lang: Language) -> dict[str, str]:
    """The words of the drawings in a language."""
    _ = gettext(lang.id)
    return {
        "daily": _(N_("Cases received by day")),
        "usual": _(N_("usual")),
        "ranked": _(N_("Cases by problem, beside what is usual")),
        "map": _(N_("Where the cases were")),
    }


def _svg(width: int, height: int, parts: Sequence[str], label: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" font-family="{FONT}" font-size="11"><title>{escape(label)}</title>{"".join(parts)}</svg>'
    )


def _text(x: float, y: float, text: str, anchor: str = "start", fill: str = QUIET) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">{escape(text)}</text>'


def daily(rows: Sequence[Mapping[str, Any]], low: float | None, high: float | None, labels: Mapping[str, str]) -> str:
    """Cases received by day, the last one stressed, with the range in which it was expected."""
    width, height, left, base = 640, 150, 40, 122
    top = max([row["received"] for row in rows] + [high or 0, 1])
    step = (width - left - 8) / max(len(rows), 1)

    def y(value: float) -> float:
        return base - value / top * (base - 16)

    parts = []
    if low is not None and high is not None:
        across, upright = width - left - 8, y(low) - y(high)
        parts.append(f'<rect x="{left}" y="{y(high):.1f}" width="{across}" height="{upright:.1f}" fill="{BAND}"/>')
        parts.append(_text(left + 4, 12, f"▬ {labels['usual']}", fill=INK))
    for index, row in enumerate(rows):
        is_last = index == len(rows) - 1
        x, value = left + index * step, row["received"]
        parts.append(
            f'<rect x="{x + 1:.1f}" y="{y(value):.1f}" width="{max(step - 2, 1):.1f}" height="{base - y(value):.1f}"'
            f' fill="{NOW if is_last else BAR}"/>'
        )
        if index % 7 == (len(rows) - 1) % 7:
            parts.append(_text(x + step / 2, base + 14, str(row["day"])[5:], "middle", INK if is_last else QUIET))
    parts.append(f'<line x1="{left}" y1="{base}" x2="{width - 8}" y2="{base}" stroke="{INK}"/>')
    parts.append(_text(left - 5, y(top) + 4, f"{top:,.0f}", "end"))
    parts.append(_text(left - 5, base, "0", "end"))
    return _svg(width, height, parts, labels["daily"])


def ranked(rows: Sequence[Mapping[str, Any]], names: Sequence[str], labels: Mapping[str, str]) -> str:
    """One bar a problem, and behind it the range that is usual."""
    width, row_height, left = 640, 20, 210
    top = max([row["received"] for row in rows] + [row["high"] or 0 for row in rows] + [1])
    scale = (width - left - 60) / top
    parts = []
    for index, (row, name) in enumerate(zip(rows, names, strict=True)):
        y = index * row_height + 3
        shown = name if len(name) <= 30 else name[:29] + "…"
        parts.append(_text(left - 8, y + 12, shown, "end", INK))
        if row["high"] is not None:
            low, high = row["low"] * scale, row["high"] * scale
            parts.append(f'<rect x="{left + low:.1f}" y="{y}" width="{high - low:.1f}" height="16" fill="{BAND}"/>')
        fill = NOW if row["is_unusual"] else BAR
        length = row["received"] * scale
        parts.append(f'<rect x="{left}" y="{y + 4}" width="{length:.1f}" height="8" fill="{fill}"/>')
        parts.append(_text(left + length + 5, y + 12, f"{row['received']:,}", fill=INK))
    return _svg(width, max(len(rows), 1) * row_height + 6, parts, labels["ranked"])


Ring = Sequence[tuple[float, float]]  # (x, y), 0 to 1 from the north-west


def city_map(
    outlines: Sequence[Ring], cells: Sequence[tuple[Ring, int]], ratio: float, labels: Mapping[str, str]
) -> str:
    """Cells by their cases over the outlines of the districts. `ratio`: height by width of the city as it is drawn."""
    width = 420
    height = round(width * ratio)
    most = max((n for _, n in cells), default=1)
    limits = sorted({max(1, round(most * share)) for share in (0.05, 0.15, 0.35, 0.6)})

    def path(ring: Ring) -> str:
        return "M" + "L".join(f"{x * width:.1f} {y * height:.1f}" for x, y in ring) + "Z"

    parts = [f'<path d="{path(ring)}" fill="#f5f7f9" stroke="{LINE}"/>' for ring in outlines]
    for ring, n in cells:
        fill = STEPS[min(sum(n > limit for limit in limits), len(STEPS) - 1)]
        parts.append(f'<path d="{path(ring)}" fill="{fill}"/>')
    parts += [f'<path d="{path(ring)}" fill="none" stroke="{QUIET}" stroke-width="0.7"/>' for ring in outlines]
    bounds = [1, *(limit + 1 for limit in limits)]
    for index, low in enumerate(bounds):
        high = bounds[index + 1] - 1 if index + 1 < len(bounds) else most
        x = 8 + index * 62
        parts.append(f'<rect x="{x}" y="{height + 6}" width="12" height="12" fill="{STEPS[index]}"/>')
        parts.append(_text(x + 16, height + 16, f"{low}–{high}" if high > low else str(low)))
    return _svg(width, height + 24, parts, labels["map"])
