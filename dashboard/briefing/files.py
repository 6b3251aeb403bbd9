"""The files of a briefing: one writer for each format."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import typst
import xlsxwriter

from dashboard.briefing.document import Briefing, told
from dashboard.briefing.drawings import drawings
from dashboard.local_files import replace_whole
from layouts.briefing.definitions import NAMES
from layouts.briefing.paper import TITLE, Sheet, briefing_sheet, sheet_page
from layouts.briefing.typst_page import NEEDED, typst_page
from layouts.briefing.words import Speaker, plain
from layouts.context import Context, name_in
from layouts.dispatch.voice import desk_language
from layouts.texts import gettext
from layouts.wall.names import names

MOST_SHEET_NAME = 31


class FontMissing(ValueError):
    """A page cannot be set: the message says which font is needed for which language."""


@dataclass(frozen=True)
class Paper:
    """A briefing in one language, for the city it is of."""

    briefing: Briefing
    context: Context
    speaker: Speaker

    @property
    def city(self) -> str:
        return name_in(self.context.city.names, self.speaker.lang, self.context.city.id)


def paper_of(briefing: Briefing, context: Context, lang: str) -> Paper:
    """A briefing in the language that is nearest to what is asked for, of those that the desks speak."""
    language = desk_language(lang)
    zone = briefing.period.zone_info
    return Paper(briefing, context, Speaker(language, zone, names(context, language)))


def as_json(paper: Paper) -> bytes:
    """Every figure with its definition; the same in all languages."""
    return msgspec.json.format(msgspec.json.encode(told(paper.briefing)), indent=1) + b"\n"


def as_html(paper: Paper, base: str = "") -> bytes:
    """One page that needs nothing but itself. `base`: address below which figures open their cases."""
    charts = drawings(paper.briefing, paper.speaker, paper.context)
    link = f"{base}/{paper.briefing.id}/n/{{figure}}?lang={paper.speaker.lang.id}" if base else ""
    return sheet_page(paper.speaker, _sheet(paper), charts, link).encode()


def _sheet(paper: Paper) -> Sheet:
    return briefing_sheet(paper.speaker, _plain(paper), paper.city)


def as_pdf(paper: Paper) -> bytes:
    """A4, drawings as vectors. Raises FontMissing when a font for the language is not installed."""
    return compiled(paper, "pdf")[0]


def compiled(paper: Paper, kind: Literal["pdf", "png"], ppi: int = 110) -> list[bytes]:
    """The document as `pdf` (one) or as `png` pages, to be looked at."""
    return typeset(paper.speaker, _sheet(paper), drawings(paper.briefing, paper.speaker, paper.context), kind, ppi)


def typeset(
    speaker: Speaker, sheet: Sheet, charts: Mapping[str, str], kind: Literal["pdf", "png"] = "pdf", ppi: int = 110
) -> list[bytes]:
    """A sheet with its drawings (SVG by name). Raises FontMissing."""
    lang = speaker.lang
    needed = NEEDED[lang.id]
    if not set(needed) & set(typst.Fonts().families()):
        raise FontMissing(f"{lang.name}: none of the fonts {', '.join(needed)} is installed (Debian: fonts-noto)")
    with tempfile.TemporaryDirectory(prefix="hexwatch-briefing-") as folder:
        for name, drawing in charts.items():
            Path(folder, f"{name}.svg").write_text(drawing, encoding="utf-8")
        source = Path(folder, "briefing.typ")
        source.write_text(typst_page(speaker, sheet, charts), encoding="utf-8")
        found: Any = typst.compile(str(source), root=folder, format=kind, ppi=ppi)
    return found if isinstance(found, list) else [found]


def as_xlsx(paper: Paper) -> bytes:
    """One sheet a section, numbers as numbers; the first sheet holds the ten lines and every figure."""
    out = io.BytesIO()
    _ = gettext(paper.speaker.lang.id)
    sheet = _sheet(paper)
    # A text that begins with = + - @ stays a text.
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        first = book.add_worksheet(_(TITLE))
        first.set_column(0, 0, 28)
        first.set_column(1, 1, 90, wrap)
        at = 0
        for line in sheet.lines:
            first.write_row(at, 0, [f"{line.number} {_(line.heading)}"], bold)
            first.write_string(at, 1, " ".join(map(plain, line.sentences)))
            at += 1
        at += 1
        for name, figure in paper.briefing.figures.items():
            first.write_string(at, 0, _(NAMES[name]))
            first.write_string(at, 1, _(figure.definition))
            if figure.value is not None:
                first.write_number(at, 2, figure.value)
            at += 1
        first.write_string(at + 1, 0, sheet.foot)
        for section in sheet.sections:
            page = book.add_worksheet(_sheet_name(section.heading))
            page.set_column(0, 0, 34)
            page.write_row(0, 0, section.columns or [section.empty], bold)
            for number, row in enumerate(section.rows, start=1):
                for column, cell in enumerate(row):
                    if cell.value is None:
                        page.write_string(number, column, cell.text)
                    else:
                        page.write_number(number, column, cell.value)
            if not section.rows:
                page.write_string(1, 0, section.empty)
    return out.getvalue()


def _sheet_name(heading: str) -> str:
    return "".join(" " if character in "[]:*?/\\" else character for character in heading)[:MOST_SHEET_NAME]


def _plain(paper: Paper) -> dict[str, object]:
    plain_: dict[str, object] = msgspec.to_builtins(told(paper.briefing))
    return plain_


FORMATS: dict[str, Callable[[Paper], bytes]] = {"json": as_json, "html": as_html, "xlsx": as_xlsx, "pdf": as_pdf}


def write_files(paper: Paper, formats: Iterable[str], out: Path) -> list[Path]:
    """Write `<id>.<format>` for each format, replacing what stood there. Returns the paths."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name in formats:
        path = out / f"{paper.briefing.id}.{name}"
        replace_whole(path, FORMATS[name](paper))
        written.append(path)
    return written
