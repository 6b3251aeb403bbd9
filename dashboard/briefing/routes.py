"""`/briefing`: today so far, any day, week or month; its files; what is behind each figure; and governance cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any
from urllib.parse import quote

import msgspec
from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from dashboard.access import Access
from dashboard.api.answers import Problem, answer
from dashboard.blocking import run_blocking
from dashboard.briefing.behind import PAGE, Behind, NoList, behind
from dashboard.briefing.desk import BriefingDesk, NotYet
from dashboard.briefing.document import Briefing
from dashboard.briefing.files import FORMATS, FontMissing, Paper, as_html, paper_of
from dashboard.briefing.governance import Governance, NoSituation, governance_case
from dashboard.briefing.governance_paper import case_html, case_paper, case_pdf
from dashboard.briefing.period import Span
from dashboard.roles import Permission
from layouts.briefing.pages import around, case_links, list_page, nothing_page
from layouts.context import Context
from layouts.dispatch.voice import desk_language
from streams.archive.manifest import BadArchive

BASE = "/briefing"
TYPES = {
    "json": "application/json",
    "html": "text/html",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


View = Callable[..., AnyResponse]


def briefing_routes(desk: BriefingDesk, access: Access, pages: Context) -> Blueprint:
    """The blueprint, bound to one city."""
    blueprint = Blueprint("briefing", __name__)
    guard, answers = _readers_only(access), _Answers(desk, pages)
    routes: tuple[tuple[str, View], ...] = (
        (BASE, answers.today),
        (f"{BASE}/<day>", answers.day),
        (f"{BASE}/<briefing_id>/n/<figure>", answers.listed),
        (f"{BASE}/case/<situation_id>", answers.case),
    )
    for rule, view in routes:
        blueprint.add_url_rule(rule, view.__name__, guard(view), methods=["GET"])
    blueprint.register_error_handler(Problem, _problem)
    return blueprint


def _readers_only(access: Access) -> Callable[[View], View]:
    """Whoever may read lists; a browser that nobody is signed in with is asked to sign in."""

    def readers_only(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> AnyResponse:
            principal = access.authenticate(request)
            if principal is None and "text/html" in request.headers.get("Accept", ""):
                return redirect(f"/signin?next={quote(request.full_path.rstrip('?'), safe='/')}")
            checked: Any = access.require(Permission.READ_CASES)(view)
            return checked(*args, **kwargs)

        return guarded

    return readers_only


@dataclass(frozen=True)
class _Answers:
    """What each address answers with."""

    desk: BriefingDesk
    pages: Context

    def today(self) -> AnyResponse:
        span, area = _span(), request.args.get("area", "")
        return self._page(_asked(lambda: self.desk.brief(span, _today(self.desk), area)))

    def day(self, day: str) -> AnyResponse:
        name, _, kind = day.rpartition(".") if "." in day else (day, "", "")
        span, area = _span(), request.args.get("area", "")
        briefing = _asked(lambda: _brief(self.desk, name, span, area))
        return self._file(briefing, kind) if kind else self._page(briefing)

    def listed(self, briefing_id: str, figure: str) -> AnyResponse:
        offset = max(0, request.args.get("offset", 0, type=int))
        briefing, found = _asked(lambda: _behind(self.desk, briefing_id, figure, offset))
        if request.args.get("format") == "json" or "text/html" not in request.headers.get("Accept", "text/html"):
            return answer({"briefing": briefing.id, "revision": briefing.revision} | msgspec.to_builtins(found))
        of = {"id": briefing.id, "first": f"{briefing.first}", "span": f"{briefing.span}", "area": briefing.area}
        return _html(list_page(self._paper(briefing).speaker, of, msgspec.to_builtins(found), offset, PAGE))

    def case(self, situation_id: str) -> AnyResponse:
        """A governance case; its address with `.pdf` is the paper."""
        name = situation_id.removesuffix(".pdf")
        case = _asked(lambda: _case(self.desk, name))
        page = case_paper(case, self.pages, request.args.get("lang", ""))
        if name == situation_id:
            has_desk = self.pages.viewer is None or self.pages.viewer().may_read
            links = case_links(page.speaker, name, has_desk)
            return _html(run_blocking(case_html, page).decode().replace("<body>", f"<body>{links}", 1))
        return _download(lambda: run_blocking(case_pdf, page), "pdf", f"case-{_file_name(name)}.pdf")

    def _paper(self, briefing: Briefing) -> Paper:
        return paper_of(briefing, self.pages, request.args.get("lang", ""))

    def _page(self, briefing: Briefing) -> AnyResponse:
        paper = self._paper(briefing)
        html = run_blocking(as_html, paper, BASE).decode()
        links = around(paper.speaker, briefing.first, briefing.last, briefing.span, tuple(FORMATS))
        return _html(html.replace("<body>", f"<body>{links}", 1))

    def _file(self, briefing: Briefing, kind: str) -> AnyResponse:
        if kind not in FORMATS:
            raise Problem(404, "not_found", f"format: one of {', '.join(FORMATS)}")
        paper = self._paper(briefing)
        return _download(lambda: run_blocking(FORMATS[kind], paper), kind, f"{briefing.id}.{kind}")


def _download(make: Callable[[], bytes], kind: str, name: str) -> AnyResponse:
    try:
        body = make()
    except FontMissing as error:
        raise Problem(503, "font_missing", str(error)) from None
    response = Response(body, mimetype=TYPES[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _file_name(text: str) -> str:
    """Letters, digits and dashes of a name, so that no header or disk is surprised."""
    return "".join(character if character.isascii() and character.isalnum() else "-" for character in text)[:80]


def _html(text: str) -> Response:
    response = Response(text, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response


def _problem(error: Problem) -> Response:
    if "text/html" in request.headers.get("Accept", ""):
        response = _html(nothing_page(desk_language(request.args.get("lang", "")), error.message))
        response.status_code = error.status
        return response
    return error.response()


def _span() -> Span:
    try:
        return Span(request.args.get("span", "day"))
    except ValueError:
        raise Problem(400, "bad_request", f"span: one of {', '.join(Span)}") from None


def _asked(ask: Callable[[], Any]) -> Any:
    """In the thread pool, where there is no request any more; what cannot be answered is said with its reason."""
    try:
        return run_blocking(ask)
    except (NotYet, NoList, NoSituation, BadArchive) as error:
        raise Problem(404, "not_found", str(error)) from None
    except ValueError as error:
        raise Problem(400, "bad_request", str(error)) from None


def _case(desk: BriefingDesk, situation_id: str) -> Governance:
    with desk.archive.view() as view:
        return governance_case(view, situation_id)


def _today(desk: BriefingDesk) -> date:
    with desk.archive.view() as view:
        return desk.today(view)


def _brief(desk: BriefingDesk, name: str, span: Span, area: str) -> Briefing:
    """By day (`2011-08-28`, with the request's span and area) or by the id of one that is kept."""
    try:
        day = date.fromisoformat(name)
    except ValueError:
        found = desk.find(name)
        if found is None:
            raise NotYet(f"no briefing {name[:100]!r}") from None
        return found
    return desk.brief(span, day, area)


def _behind(desk: BriefingDesk, briefing_id: str, figure: str, offset: int) -> tuple[Briefing, Behind]:
    briefing = desk.find(briefing_id) or desk.running(briefing_id)
    if briefing is None:
        raise NotYet(f"no briefing {briefing_id[:100]!r}")
    with desk.archive.view() as view:
        return briefing, behind(view, briefing, figure, offset)
