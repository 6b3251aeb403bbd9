"""The briefing as one HTML page that needs nothing but itself: for the screen, the printer and the archive of mails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from layouts.briefing.lines import Line, Told, ten_lines
from layouts.briefing.sections import sections
from layouts.briefing.table import Cell, Section
from layouts.briefing.words import Piece, Sentence, Speaker
from layouts.dispatch.markup import STYLE as PAPER
from layouts.dispatch.markup import tag
from layouts.texts import gettext
from layouts.texts import mark as N_

TITLE = N_("Briefing")
STYLE = (Path(__file__).parent / "briefing.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Sheet:
    """What stands on the pages: a title, the days it is of, its state, numbered lines, sections and the foot."""

    title: str
    days: str
    state: str
    lines: list[Line]
    sections: list[Section]
    foot: str
    kind: str  # of the lines: `ten` of a briefing, or `few`
    name: str  # in the window's bar and a file's properties


def briefing_sheet(speaker: Speaker, told: Told, city: str) -> Sheet:
    """A briefing of a city: whose it is, of which days, and whether it is frozen."""
    _ = gettext(speaker.lang.id)
    area = speaker.name("areas", told["area"]) if told["area"] else ""
    last = f" – {speaker.day(told['last'])}" if told["last"] != told["first"] else ""
    return Sheet(
        title=" · ".join(word for word in (_(TITLE), city, area) if word),
        days=speaker.day(told["first"]) + last,
        state=_(N_("revision {n}")).format(n=told["revision"]) if told["revision"] else _(N_("so far")),
        lines=ten_lines(speaker, told),
        sections=sections(speaker, told),
        foot=foot(speaker, told),
        kind="ten",
        name=f"{_(TITLE)} · {city} · {told['first']}",
    )


def sheet_page(speaker: Speaker, sheet: Sheet, charts: Mapping[str, str], link: str = "") -> str:
    """The whole page. `charts`: SVG by name; `link`: address of the cases behind a `{figure}`, "" for a file."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width"),
        tag("title", sheet.name),
        tag("style", Markup(PAPER + STYLE)),
    )
    state = tag("p", sheet.state, class_="mode") if sheet.state else None
    parts = [_section(section, charts, link) for section in sheet.sections]
    body = tag(
        "body",
        tag(
            "main",
            tag("header", tag("h1", sheet.title), tag("p", sheet.days), state),
            _lines(speaker, sheet, link),
            *parts,
        ),
        tag("footer", sheet.foot, class_="quiet"),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang=speaker.lang.html, dir=speaker.lang.direction)}\n"


def _lines(speaker: Speaker, sheet: Sheet, link: str) -> Markup:
    _ = gettext(speaker.lang.id)

    def item(line: Line) -> Markup:
        said = [tag("span", _pieces(sentence, link), " ") for sentence in line.sentences]
        return tag("li", tag("b", _(line.heading)), tag("p", *said), class_="line")

    return tag("ol", [item(line) for line in sheet.lines], class_=sheet.kind)


def _pieces(sentence: Sentence, link: str) -> list[str | Markup]:
    def shown(piece: Piece) -> str | Markup:
        if isinstance(piece, str):
            return piece
        return _figure(piece.text, piece.figure, link)

    return [shown(piece) for piece in sentence]


def _figure(text: str, figure: str, link: str, place: str | None = None) -> str | Markup:
    if link and figure:
        return tag("a", text, href=link.format(figure=quote(figure, safe="")), id=place)
    return tag("span", text, class_="figure", id=place)


def _section(section: Section, charts: Mapping[str, str], link: str) -> Markup:
    if not section.rows:
        return tag("section", tag("h2", section.heading), tag("p", section.empty, class_="quiet"))
    drawn = charts.get(section.chart, "")
    kinds = ["number" if is_number else None for is_number in section.numbers]
    heads = tag("tr", [tag("th", column, class_=kind) for column, kind in zip(section.columns, kinds, strict=True)])
    rows = [tag("tr", [_cell(cell, link, kind) for cell, kind in zip(row, kinds, strict=True)]) for row in section.rows]
    return tag(
        "section",
        tag("h2", section.heading),
        tag("figure", Markup(drawn)) if drawn else None,  # made by us from numbers, its texts escaped
        tag("table", tag("thead", heads), tag("tbody", rows)),
        tag("p", section.note, class_="quiet") if section.note else None,
        id=section.key,
    )


def _cell(cell: Cell, link: str, kind: str | None) -> Markup:
    place = cell.figure if cell.is_place else None
    shown = _figure(cell.text, cell.figure, link, place) if cell.figure else cell.text
    return tag("td", shown, class_=kind)


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
