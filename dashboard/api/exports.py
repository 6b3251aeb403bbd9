"""A work list as a file: CSV, XLSX or a page to print, exactly as filtered, with its cut-off and who asked for it.

For programs its headings are the names of the fields and its values are codes. In a language that is asked for both are
words; a CSV has the codes beside them, because that is what people hand to programs.
"""

from __future__ import annotations

import csv
import html
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import xlsxwriter
from flask import Blueprint, Response, g, request

from dashboard.accounts.audit import Record
from dashboard.api.answers import Problem
from dashboard.api.arguments import one_of, read_arguments
from dashboard.api.context import ApiContext, CaseNames
from dashboard.api.worklists import CHOICE, now_of, query_of
from dashboard.blocking import run_blocking
from dashboard.roles import Permission, Principal
from hotline.cases import Case
from layouts.hotline.export_words import HEAD, export_words
from layouts.texts import DEFAULT, DESK_LANGUAGES, LANGUAGES, Language
from streams.reader import ListRow

COLUMNS = (
    *("case_id", "kind", "category", "subcategory", "channel", "language", "grade", "stage", "status", "area"),
    *("owner", "received_at", "dispatch_due_at", "dispatched_at", "target_at", "closed_at", "follow_up_due_at"),
    *("returned", "reopened", "satisfied", "merged_into", "situation_id", "incident_id", "lat", "lng"),
)
# A spreadsheet takes text that begins so for a formula, and would carry out what a caller dictated.
# The wide forms of the four signs count, too.
_FORMULAE = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
MOST_XLSX, MOST_HTML = 50_000, 5_000  # rows: a workbook is whole before its first byte leaves, a page is printed
CHUNK_BYTES = 64 * 1024
BOM = "\ufeff"  # without it Excel takes UTF-8 for another encoding
_decode = msgspec.json.Decoder(Case).decode


EXPORT = CHOICE | {"lang": one_of(*DESK_LANGUAGES)}


def _for_programs(group: str, name: str) -> str:
    return HEAD[name] if group == "head" else name


@dataclass(frozen=True)
class Sheet:
    """What stands above the rows and in them; without a language they have the names that programs know.

    `called`: column -> code -> word.
    """

    city: str
    zone: ZoneInfo
    name: str
    filters: Mapping[str, Any]
    by: str
    at: datetime  # the city's time as of which the rows are true
    total: int
    seq: int
    language: Language | None = None
    called: CaseNames = field(default_factory=dict)

    @property
    def say(self) -> Callable[[str, str], str]:
        return export_words(self.language.id) if self.language else _for_programs

    @property
    def title(self) -> str:
        return self.say("list", self.name)

    @property
    def lines(self) -> list[tuple[str, Any]]:
        say = self.say
        narrowed = "; ".join(
            f"{say('filter', name)}={self.said(name, value)}" for name, value in sorted(self.filters.items())
        )
        told = {
            "list": self.title,
            "city": self.city,
            "filters": narrowed or say("head", "none"),
            "as_of": self.at,
            "commit": self.seq,
            "rows": self.total,
            "asked_by": self.by,
        }
        return [(say("head", name), value) for name, value in told.items()]

    def headings(self, columns: Iterable[str]) -> list[str]:
        return [self.say("heading", name) for name in columns]

    @property
    def coded(self) -> list[str]:
        """The columns whose codes have words."""
        return [name for name in COLUMNS if name in self.called]

    @property
    def code_headings(self) -> list[str]:
        """Of the columns that hold codes beside words."""
        pattern = self.say("head", "code")
        return [pattern.replace("{name}", self.say("heading", name)) for name in self.coded]

    def said(self, column: str, value: Any) -> Any:
        """The word for a code; a code that is called nothing, and what is no code, stays as it is."""
        return self.called.get(column, {}).get(value, value) if isinstance(value, str) else value

    def cells(self, case: Case, columns: Iterable[str]) -> list[Any]:
        """The values of a case: numbers and instants as what they are, codes as words."""
        return [self.said(name, getattr(case, name)) for name in columns]


Rows = Iterator[list[ListRow]]
Writer = Callable[[Sheet, Rows], Iterator[bytes]]


def exports(blueprint: Blueprint, context: ApiContext) -> None:
    """Add a route for each form."""

    def route(form: str) -> None:
        @blueprint.get(f"/cases/export.{form}", endpoint=f"export_{form}")
        @context.access.require(Permission.READ_OWN_CASES)
        def export() -> Response:
            return send(context, form, read_arguments(EXPORT), g.principal, request.remote_addr or "")

    for form in FORMS:
        route(form)


def send(context: ApiContext, form: str, asked: Mapping[str, Any], principal: Principal, peer: str) -> Response:
    """The list as a file, row by row from one state of it. Raises Problem 413 when the form cannot hold so many."""
    now = now_of(context)
    query = query_of(context, asked, principal, now)
    kind = FORMS[form]
    with ExitStack() as opening:
        total, seq, parts = run_blocking(opening.enter_context, context.reader.walk(query))
        if kind.most is not None and total > kind.most:
            message = f"{total:,} rows are more than {form} takes here ({kind.most:,}): narrow the list, or ask for csv"
            raise Problem(413, "too_many", message, rows=total)
        name = asked.get("list", "open")
        filters = {key: value for key, value in asked.items() if key not in ("list", "lang")}
        language = LANGUAGES.get(asked.get("lang", ""))
        called = context.called(language) if context.called and language else {}
        sheet = Sheet(context.keys.city, context.zone, name, filters, principal.name, now, total, seq, language, called)
        seen = {"form": form, "rows": total, "seq": seq, "narrowed_by": sorted(filters)}
        context.access.audit.append(Record(principal.actor(peer), "list.exported", f"list:{name}", None, seen))
        open_list = opening.pop_all()
    response = Response(_closing(open_list, kind.write(sheet, parts)), mimetype=kind.mimetype)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if form != "html":
        stamp = now.astimezone(context.zone).strftime("%Y%m%d-%H%M")
        response.headers["Content-Disposition"] = f'attachment; filename="{context.keys.city}-{name}-{stamp}.{form}"'
    return response


def _closing(open_list: ExitStack, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, each made where slow things are made; the list is let go at the end, also when nobody reads on."""
    with open_list:
        while (chunk := run_blocking(next, chunks, None)) is not None:
            yield chunk


def guarded(value: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return "'" + value if value.startswith(_FORMULAE) else value


# CSV


def csv_chunks(sheet: Sheet, parts: Rows) -> Iterator[bytes]:
    """UTF-8 with its mark; the head in lines of its own, then headings, then rows. Instants are ISO with their zone."""
    head = [[name, _plain(value, sheet.zone)] for name, value in sheet.lines]
    yield (BOM + _csv([*head, [], [*sheet.headings(COLUMNS), *sheet.code_headings]])).encode()
    for rows in parts:
        yield _csv(_csv_row(sheet, _decode(row.doc)) for row in rows).encode()


def _csv_row(sheet: Sheet, case: Case) -> list[Any]:
    """Words, then the codes of the columns that have words."""
    codes = (getattr(case, name) for name in sheet.coded)
    return [_plain(value, sheet.zone) for value in (*sheet.cells(case, COLUMNS), *codes)]


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _plain(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    return guarded(str(value)) if isinstance(value, str) else value


# XLSX


def xlsx_chunks(sheet: Sheet, parts: Rows) -> Iterator[bytes]:
    """A workbook, written row by row to a file of the system's, then sent. Dates are dates, text is never a formula."""
    with tempfile.TemporaryFile() as file:
        _write_workbook(file, sheet, parts)
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _write_workbook(file: Any, sheet: Sheet, parts: Rows) -> None:
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet(sheet.title)
    if sheet.language is not None and sheet.language.direction == "rtl":
        page.right_to_left()
    bold, dated = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    page.set_column(0, len(COLUMNS) - 1, 18)
    number = 0
    for number, (name, value) in enumerate(sheet.lines):
        page.write_string(number, 0, name, bold)
        _write_cell(page, number, 1, value, dated, sheet.zone)
    number += 2
    for column, name in enumerate(sheet.headings(COLUMNS)):
        page.write_string(number, column, name, bold)
    for rows in parts:
        for row in rows:
            number += 1
            for column, value in enumerate(sheet.cells(_decode(row.doc), COLUMNS)):
                _write_cell(page, number, column, value, dated, sheet.zone)
    book.close()


def _write_cell(page: Any, row: int, column: int, value: Any, dated: Any, zone: ZoneInfo) -> None:
    if value is None or value == "":
        return
    if isinstance(value, datetime):  # a spreadsheet knows no zones: the city's own time
        page.write_datetime(row, column, value.astimezone(zone).replace(tzinfo=None), dated)
    elif isinstance(value, int | float):
        page.write_number(row, column, value)
    else:
        page.write_string(row, column, str(value))


# a page to print

_STYLE = (
    "body{font:13px/1.4 system-ui,sans-serif;margin:1.5rem}table{border-collapse:collapse;width:100%}"
    "th,td{border-bottom:1px solid #999;padding:.2rem .5rem;text-align:start;vertical-align:top}"
    "thead{display:table-header-group}tr{break-inside:avoid}"
    "dl{display:grid;grid-template-columns:auto 1fr;gap:.1rem 1rem}"
    "dt{font-weight:600}dd{margin:0}"
)
PRINTED = ("case_id", "category", "area", "grade", "stage", "owner", "channel", "received_at", "target_at", "returned")


def html_chunks(sheet: Sheet, parts: Rows) -> Iterator[bytes]:
    """A plain page with the columns that fit on paper; no script, nothing from elsewhere."""
    head = "".join(f"<dt>{name}</dt><dd>{_shown(value, sheet.zone)}</dd>" for name, value in sheet.lines)
    names = "".join(f"<th>{name}</th>" for name in sheet.headings(PRINTED))
    title = html.escape(f"{sheet.title}: {sheet.city}")
    tongue = sheet.language or LANGUAGES[DEFAULT]
    yield (
        f'<!doctype html><html lang="{tongue.html}" dir="{tongue.direction}"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1><dl>{head}</dl><table><thead><tr>{names}</tr></thead><tbody>"
    ).encode()
    for rows in parts:
        yield "".join(_html_row(sheet, _decode(row.doc)) for row in rows).encode()
    yield b"</tbody></table></body></html>"


def _html_row(sheet: Sheet, case: Case) -> str:
    cells = "".join(f"<td>{_shown(value, sheet.zone)}</td>" for value in sheet.cells(case, PRINTED))
    return f"<tr>{cells}</tr>"


def _shown(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return "" if value is None else html.escape(str(value))


@dataclass(frozen=True)
class Form:
    """One form of file: what writes it, its media type, and how many rows it takes (None: any number)."""

    write: Writer
    mimetype: str
    most: int | None = None


FORMS = {
    "csv": Form(csv_chunks, "text/csv"),
    "xlsx": Form(xlsx_chunks, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", MOST_XLSX),
    "html": Form(html_chunks, "text/html", MOST_HTML),
}
