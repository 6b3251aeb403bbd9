"""The briefing as a typst document: A4, every text as a literal, drawings as SVG files beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from layouts.briefing.lines import Line, Told, ten_lines
from layouts.briefing.paper import foot
from layouts.briefing.sections import Section, sections
from layouts.briefing.words import FIRST_STRONG, POP, Piece, Sentence, Speaker
from layouts.texts import gettext
from layouts.texts import mark as N_

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


def typst_page(speaker: Speaker, told: Told, city: str, charts: Iterable[str]) -> str:
    """The whole source. `charts`: names of SVG files that lie beside it."""
    _ = gettext(speaker.lang.id)
    drawn = set(charts)
    title = f"{_(N_('Briefing'))} · {city}"
    days = speaker.day(told["first"]) + (f" – {speaker.day(told['last'])}" if told["last"] != told["first"] else "")
    state = _(N_("revision {n}")).format(n=told["revision"]) if told["revision"] else _(N_("so far"))
    area = speaker.name("areas", told["area"]) if told["area"] else ""
    head = SETTING.format(
        title=literal(f"{title} {told['first']}"),
        foot=literal(foot(speaker, told)),
        fonts=", ".join(literal(name) for name in FONTS[speaker.lang.id]) + ",",
        lang=literal(speaker.lang.id.partition("_")[0]),
        dir=speaker.lang.direction,
    )
    shown = " · ".join(part for part in (title, area) if part)
    body = [
        f"= #{literal(shown)}",
        f"#text(11pt)[#{literal(days)} #h(1fr) #box(stroke: 0.8pt, inset: 3pt, text(8.5pt, {literal(state)}))]",
        "#line(length: 100%, stroke: 1pt)",
        _lines(speaker, told),
        *(_section(section, drawn) for section in sections(speaker, told)),
    ]
    return head + "\n".join(body) + "\n"


def _lines(speaker: Speaker, told: Told) -> str:
    _ = gettext(speaker.lang.id)

    def row(line: Line) -> str:
        several = r"#linebreak()" if line.number in APART else " "
        said = several.join("".join(_piece(piece) for piece in sentence) for sentence in line.sentences)
        return (
            f"[#text(fill: luma(40%))[{line.number}]], [#text(fill: luma(35%), {literal(_(line.heading))})], [{said}],"
        )

    rows = "\n".join(row(line) for line in ten_lines(speaker, told))
    return f"#table(columns: (auto, 28mm, 1fr), align: (end, start, start), inset: (x: 4pt, y: 4.5pt),\n{rows}\n)"


def _piece(piece: Piece) -> str:
    return f"#{literal(piece)}" if isinstance(piece, str) else f"#strong({literal(piece.text)})"


def sentence_source(sentence: Sentence) -> str:
    """A sentence with its figures stressed."""
    return "".join(_piece(piece) for piece in sentence)


APART = (3, 9)  # lines whose sentences stand one below the other: decisions
WIDTHS: Mapping[str, str] = {"map": "80mm"}


def _section(section: Section, drawn: set[str]) -> str:
    parts = [f"== #{literal(section.heading)}"]
    if not section.rows:
        return "\n".join([*parts, f"#text(fill: luma(40%), {literal(section.empty)})"])
    if section.chart in drawn:
        parts.append(f'#align(center, image("{section.chart}.svg", width: {WIDTHS.get(section.chart, "100%")}))')
    count = len(section.columns)
    numbers = [all(row[at].value is not None or row[at].text == "–" for row in section.rows) for at in range(count)]
    columns = ", ".join("auto" if number else "1fr" for number in numbers)
    if count > 4:
        columns = ", ".join(["1.6fr", *(["auto"] * (count - 2)), "1fr"])
    align = ", ".join("end" if number else "start" for number in numbers)
    heads = ", ".join(f"[#text(8.5pt, fill: luma(35%), {literal(column)})]" for column in section.columns)
    cells = [f"table.header({heads}),"]
    cells += [", ".join(f"[#{literal(cell.text)}]" for cell in row) + "," for row in section.rows]
    parts.append(f"#table(columns: ({columns},), align: ({align},),\n" + "\n".join(cells) + "\n)")
    if section.note:
        parts.append(f"#text(8pt, fill: luma(40%), {literal(section.note)})")
    return "\n".join(parts)
