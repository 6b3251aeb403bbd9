"""The briefing as a typst document: A4, every text as a literal, drawings as SVG files beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from layouts.briefing.lines import Line
from layouts.briefing.paper import Sheet
from layouts.briefing.table import Section
from layouts.briefing.words import FIRST_STRONG, POP, Piece, Speaker
from layouts.texts import gettext

# Families that set each language right, in the order in which they are tried.
FONTS: dict[str, tuple[str, ...]] = {
    "en": ("Noto Sans", "DejaVu Sans"),
    "zh_CN": ("Noto Sans", "Noto Sans CJK SC", "Noto Sans SC"),
    "ar": ("Noto Sans Arabic", "Noto Naskh Arabic", "Noto Sans"),
}
# Without one of these a page would be full of empty boxes.
NEEDED: dict[str, tuple[str, ...]] = {
    "en": ("Noto Sans", "DejaVu Sans", "Libertinus Serif"),
    "zh_CN": ("Noto Sans CJK SC", "Noto Sans SC"),
    "ar": ("Noto Sans Arabic", "Noto Naskh Arabic"),
}

ISOLATES = frozenset((FIRST_STRONG, POP))
SETTING = """#set document(title: {title}, date: none)
#set page(paper: "a4", margin: (x: 18mm, top: 16mm, bottom: 18mm), footer: context [
  #set text(7pt, fill: luma(40%))
  #grid(columns: (1fr, auto), {foot}, [#counter(page).display() / #counter(page).final().first()])
])
#set text(font: ({fonts}), size: 9.5pt, lang: {lang}, dir: {dir}, fill: rgb("#14202b"), number-width: "tabular")
#set par(leading: 0.55em, spacing: 0.6em)
#show heading: set block(above: 1.3em, below: 0.6em)
#show heading.where(level: 1): set text(19pt)
#show heading.where(level: 2): set text(11.5pt)
#set table(stroke: (x, y) => (bottom: 0.4pt + luma(80%)), inset: (x: 3pt, y: 3.2pt))
"""


def literal(text: str) -> str:
    """A typst string that says exactly this text."""
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    )
    return f'"{"".join(character for character in escaped if character.isprintable() or character in ISOLATES)}"'


def typst_page(speaker: Speaker, sheet: Sheet, charts: Iterable[str]) -> str:
    """The whole source. `charts`: names of SVG files that lie beside it."""
    drawn = set(charts)
    head = SETTING.format(
        title=literal(sheet.name),
        foot=literal(sheet.foot),
        fonts=", ".join(literal(name) for name in FONTS[speaker.lang.id]) + ",",
        lang=literal(speaker.lang.id.partition("_")[0]),
        dir=speaker.lang.direction,
    )
    state = f" #h(1fr) #box(stroke: 0.8pt, inset: 3pt, text(8.5pt, {literal(sheet.state)}))" if sheet.state else ""
    body = [
        f"= #{literal(sheet.title)}",
        f"#text(11pt)[#{literal(sheet.days)}{state}]",
        "#line(length: 100%, stroke: 1pt)",
        _lines(speaker, sheet),
        *(_section(section, drawn) for section in sheet.sections),
    ]
    return head + "\n".join(body) + "\n"


def _lines(speaker: Speaker, sheet: Sheet) -> str:
    _ = gettext(speaker.lang.id)

    def row(line: Line) -> str:
        several = r"#linebreak()" if line.is_list else " "
        said = several.join("".join(_piece(piece) for piece in sentence) for sentence in line.sentences)
        return (
            f"[#text(fill: luma(40%))[{line.number}]], [#text(fill: luma(35%), {literal(_(line.heading))})], [{said}],"
        )

    rows = "\n".join(row(line) for line in sheet.lines)
    return f"#table(columns: (auto, 28mm, 1fr), align: (end, start, start), inset: (x: 4pt, y: 4.5pt),\n{rows}\n)"


def _piece(piece: Piece) -> str:
    return f"#{literal(piece)}" if isinstance(piece, str) else f"#strong({literal(piece.text)})"


WIDTHS: Mapping[str, str] = {"map": "80mm"}


def _section(section: Section, drawn: set[str]) -> str:
    parts = [f"== #{literal(section.heading)}"]
    if not section.rows:
        return "\n".join([*parts, f"#text(fill: luma(40%), {literal(section.empty)})"])
    if section.chart in drawn:
        parts.append(f'#align(center, image("{section.chart}.svg", width: {WIDTHS.get(section.chart, "100%")}))')
    numbers = section.numbers
    # In the middle of the row: scripts of one line stand on different heights.
    align = ", ".join("end + horizon" if number else "start + horizon" for number in numbers)
    columns = ", ".join(_widths(section, numbers))
    size = "8pt" if sum(_lengths(section)) > WIDE else "9.5pt"
    heads = ", ".join(f"[#text(8.5pt, fill: luma(35%), {literal(column)})]" for column in section.columns)
    cells = [f"table.header({heads}),"]
    cells += [", ".join(f"[#{literal(cell.text)}]" for cell in row) + "," for row in section.rows]
    table = f"#table(columns: ({columns},), align: ({align},),\n" + "\n".join(cells) + "\n)"
    parts.append(f"#text({size})[{table}]")
    if section.note:
        parts.append(f"#text(8pt, fill: luma(40%), {literal(section.note)})")
    return "\n".join(parts)


SHORT, TOGETHER, WIDE = 20, 66, 80  # characters of a column, of columns that keep their width, of a line


def _places(section: Section) -> range:
    return range(len(section.columns))


def _lengths(section: Section) -> list[int]:
    """The longest text of each column; titles may break between words."""
    return [
        max([len(row[at].text) for row in section.rows] + [len(word) for word in section.columns[at].split()])
        for at in _places(section)
    ]


def _widths(section: Section, numbers: list[bool]) -> list[str]:
    """Columns as wide as their text; words share what is left, long ones first, and break their lines."""
    lengths = _lengths(section)
    order = sorted(_places(section), key=lambda at: (numbers[at], -lengths[at], at))
    broken = {at for at in order if lengths[at] > SHORT and not numbers[at]} or {0 if not numbers[0] else order[0]}
    for at in order:
        if sum(length for other, length in enumerate(lengths) if other not in broken) <= TOGETHER:
            break
        broken.add(at)
    return [f"{min(lengths[at], 3 * SHORT)}fr" if at in broken else "auto" for at in _places(section)]
