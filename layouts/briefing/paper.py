"""The briefing as one HTML page that needs nothing but itself: for the screen, the printer and the archive of mails."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from layouts.briefing.lines import Line, Told, ten_lines
from layouts.briefing.sections import Cell, Section, sections
from layouts.briefing.words import Piece, Sentence, Speaker
from layouts.dispatch.markup import STYLE as PAPER
from layouts.dispatch.markup import tag
from layouts.texts import gettext
from layouts.texts import mark as N_

TITLE = N_("Briefing")
STYLE = (Path(__file__).parent / "briefing.css").read_text(encoding="utf-8")


def briefing_page(speaker: Speaker, told: Told, city: str, charts: Mapping[str, str], base: str = "") -> str:
    """The whole page. `charts`: SVG by name; `base`: address under which figures open their cases, "" for a file."""
    _ = gettext(speaker.lang.id)
    title = f"{_(N_('Briefing'))} · {city} · {told['first']}"
    link = f"{base}/{told['id']}/n" if base else ""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width"),
        tag("title", title),
        tag("style", Markup(PAPER + STYLE)),
    )
    body = tag(
        "body",
        tag(
            "main", masthead(speaker, told, city), _lines(speaker, told, link), *_sections(speaker, told, charts, link)
        ),
        tag("footer", foot(speaker, told), class_="quiet"),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang=speaker.lang.html, dir=speaker.lang.direction)}\n"


def masthead(speaker: Speaker, told: Told, city: str) -> Markup:
    """Whose briefing it is, of which day, and whether it is frozen."""
    _ = gettext(speaker.lang.id)
    area = speaker.name("areas", told["area"]) if told["area"] else ""
    state = _(N_("revision {n}")).format(n=told["revision"]) if told["revision"] else _(N_("so far"))
    return tag(
        "header",
        tag("h1", _(TITLE), " · ", city, f" · {area}" if area else None),
        tag(
            "p",
            speaker.day(told["first"]),
            f" – {speaker.day(told['last'])}" if told["last"] != told["first"] else None,
        ),
        tag("p", state, class_="mode"),
    )


def _lines(speaker: Speaker, told: Told, link: str) -> Markup:
    _ = gettext(speaker.lang.id)

    def item(line: Line) -> Markup:
        said = [tag("span", _pieces(sentence, link), " ") for sentence in line.sentences]
        return tag("li", tag("b", _(line.heading)), tag("p", *said), class_="line")

    return tag("ol", [item(line) for line in ten_lines(speaker, told)], class_="ten")


def _pieces(sentence: Sentence, link: str) -> list[str | Markup]:
    def shown(piece: Piece) -> str | Markup:
        if isinstance(piece, str):
            return piece
        return _figure(piece.text, piece.figure, link)

    return [shown(piece) for piece in sentence]


def _figure(text: str, figure: str, link: str) -> str | Markup:
    return tag("a", text, href=f"{link}/{figure}") if link and figure else tag("span", text, class_="figure")


def _sections(speaker: Speaker, told: Told, charts: Mapping[str, str], link: str) -> list[Markup]:
    return [_section(section, charts, link) for section in sections(speaker, told)]


def _section(section: Section, charts: Mapping[str, str], link: str) -> Markup:
    if not section.rows:
        return tag("section", tag("h2", section.heading), tag("p", section.empty, class_="quiet"))
    drawn = charts.get(section.chart, "")
    heads = tag("thead", tag("tr", [tag("th", column) for column in section.columns]))
    body = tag("tbody", [tag("tr", [_cell(cell, link) for cell in row]) for row in section.rows])
    return tag(
        "section",
        tag("h2", section.heading),
        tag("figure", Markup(drawn)) if drawn else None,  # made by us from numbers, its texts escaped
        tag("table", heads, body),
        tag("p", section.note, class_="quiet") if section.note else None,
        id=section.key,
    )


def _cell(cell: Cell, link: str) -> Markup:
    shown = _figure(cell.text, cell.figure, link) if cell.figure else cell.text
    return tag("td", shown, class_="number" if cell.value is not None else None)


def foot(speaker: Speaker, told: Told) -> str:
    """Where the figures come from, so that anybody can count them again."""
    _ = gettext(speaker.lang.id)
    return _(N_("{id}, known at {cut_off}; counted from {files} files, inputs {digest}; made {made}.")).format(
        id=f"{told['id']} r{told['revision']}",
        cut_off=speaker.at(told["cut_off"]),
        files=told["inputs"]["files"],
        digest=told["inputs"]["digest"][:16],
        made=speaker.at(told["made_at"]),
    )
