"""The addresses under /open311/v2: who asks, in which language, and which function answers. See docs/open311.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import redis
import structlog
from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from dashboard.api.answers import Problem
from dashboard.api.answers import answer as json_answer
from dashboard.api.lists import reveal
from dashboard.open311.context import Open311
from dashboard.open311.filing import MOST_KEY, source_of
from dashboard.open311.formats import FORMS, Fault, answer, without_ending
from dashboard.open311.openapi import description
from dashboard.open311.reading import find_many, find_one
from dashboard.open311.services import Service
from dashboard.open311.showing import Asker, Show
from dashboard.open311.words import asked_language, say
from dashboard.roles import Permission, Principal
from geo.catalogue import DEFAULT
from streams.reader import NotReady

log = structlog.get_logger(__name__)

PREFIX = "/open311/v2"
MOST_BODY = 100_000  # bytes of a posted form
MOST_PARTS = 500
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "")
ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]
# What there is, for those who come with another method.
METHODS = {
    r"requests(\.\w+)?": "GET, POST",
    r"(services(\.\w+)?|(services|requests|tokens)/.+|openapi\.json)": "GET",
}


def open311(server: Open311) -> Blueprint:
    """The blueprint, bound to one city."""
    blueprint = Blueprint("open311", __name__, url_prefix=PREFIX)
    _services(blueprint, server)
    _requests(blueprint, server)
    _filing(blueprint, server)
    _errors(blueprint)
    return blueprint


def _both(blueprint: Blueprint, name: str, view: Callable[..., Response], method: str = "GET") -> None:
    """The address with and without an ending."""
    endpoint = f"{name}_{method.lower()}"
    blueprint.add_url_rule(f"/{name}", endpoint, view, methods=[method])
    blueprint.add_url_rule(f"/{name}.<form>", f"{endpoint}_as", _with_form(view), methods=[method])


def _with_form(view: Callable[[], Response]) -> Callable[[str], Response]:
    def formed(form: str) -> Response:
        if form not in FORMS:
            raise Fault(404, f"nothing is served as {form[:20]!r}: xml and json are")
        return view()

    return formed


def _services(blueprint: Blueprint, server: Open311) -> None:
    def listed() -> Response:
        server.reading_limit()
        _jurisdiction(server)
        lang = _language(server)
        return answer("services", [server.services.shown(one, lang) for one in server.services.all().values()])

    @blueprint.get("/services/<path:code>")
    def definition(code: str) -> Response:
        server.reading_limit()
        _jurisdiction(server)
        known = server.services.all()
        service = known.get(code) or known.get(without_ending(code))
        if service is None:
            raise Fault(404, f"service_code {without_ending(code)[:100]!r} was not found")
        return answer("service_definition", server.services.definition(service, _language(server)))

    @blueprint.get("/openapi.json")
    def described() -> Response:
        server.reading_limit()
        return json_answer(description(server))

    _both(blueprint, "services", listed)


def _requests(blueprint: Blueprint, server: Open311) -> None:
    def listed() -> Response:
        show = _show(server)
        cases = find_many(server, show, _given)
        return answer("service_requests", [show.request(case) for case in cases])

    @blueprint.get("/requests/<path:request_id>")
    def one(request_id: str) -> Response:
        show = _show(server)
        case = find_one(server, show, without_ending(request_id))
        private: Mapping[str, Any] = {}
        if show.asker.principal is not None and show.asker.may(Permission.READ_PRIVATE):
            peer = request.remote_addr or ""
            private = reveal(server.api, f"case:{case.case_id}", show.asker.principal, peer)
        return answer("service_requests", [show.request(case, private)])

    @blueprint.get("/tokens/<path:token>")
    def token(token: str) -> Response:
        """A number is given at once, so it is its own token."""
        found = find_one(server, _show(server), without_ending(token)).case_id
        return answer("service_requests", [{"service_request_id": found, "token": found}])

    _both(blueprint, "requests", listed)


def _filing(blueprint: Blueprint, server: Open311) -> None:
    def filed() -> Response:
        form = bounded_form()
        server.filing_limit()
        if request.mimetype not in FORM_TYPES:
            raise Fault(415, "send a form: application/x-www-form-urlencoded or multipart/form-data")
        if request.files:
            raise Fault(400, "files are not taken: send a link as media_url")
        principal = _filer(server)
        _jurisdiction(server)
        server.door.check()
        lang = _language(server)
        report = server.desk.read(form.to_dict(flat=False), lang if _says_language() else "")
        number, is_repeated = server.door.take(report, principal.name, _idempotency_key())
        return answer("service_requests", [_told(number, report.service, lang)], 200 if is_repeated else 201)

    _both(blueprint, "requests", filed, "POST")


def _told(number: str, service: Service, lang: str) -> dict[str, Any]:
    notice = say("notice_grave" if service.is_grave else "notice", lang)
    return {"service_request_id": number, "service_notice": notice, "account_id": None}


# who asks, and how


def sent_key() -> str:
    """The key of the request: the standard's parameter, or a header as elsewhere here."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    if header := request.headers.get("X-API-Key", ""):
        return header.strip()
    given = request.args.get("api_key") or (bounded_form().get("api_key") if request.method == "POST" else "")
    return (given or "").strip()


def bounded_form() -> MultiDict[str, str]:
    """The posted form. Whoever looks at it first sets its bounds, so everybody comes this way."""
    request.max_content_length, request.max_form_memory_size = MOST_BODY, MOST_BODY
    request.max_form_parts = MOST_PARTS
    return request.form


def _holder(server: Open311) -> Principal | None:
    """The holder of the key that was sent, None without one. Raises Fault 403 for one that is not known."""
    key = sent_key()
    principal = server.api.access.principal_of(key) if key else None
    if key and principal is None:
        raise Fault(403, "api_key: is not known")
    return principal


def _filer(server: Open311) -> Principal:
    principal = _holder(server)
    if principal is None:
        raise Fault(403, "api_key: is required to file a request")
    if not principal.may(Permission.FILE_REPORTS):
        raise Fault(403, f"api_key: its role, {principal.role}, may not file requests")
    return principal


def _show(server: Open311) -> Show:
    """Raises Fault 403 where strangers may not read, or the key is not known."""
    server.reading_limit()
    _jurisdiction(server)
    principal = _holder(server)
    if principal is None and not server.is_public:
        raise Fault(403, "api_key: is required to read requests here")
    asker = Asker(principal, source_of(principal.name) if principal else "")
    return Show(server.services, asker, _language(server))


def _given(name: str) -> str:
    """A parameter of the question; lists may come with commas, or again and again."""
    return ",".join(request.args.getlist(name)).strip()


def _jurisdiction(server: Open311) -> None:
    said = request.values.get("jurisdiction_id", "").strip()
    if said and said not in server.jurisdictions:
        raise Fault(404, f"jurisdiction_id {said[:100]!r} was not found; this is {server.city.id}")


def _language(server: Open311) -> str:
    return asked_language(server.city.languages) or DEFAULT


def _says_language() -> bool:
    """A language that only a program's library asks for says nothing about the person; one that is named does."""
    return bool(request.values.get("locale") or request.headers.get("Accept-Language"))


def _idempotency_key() -> str:
    key = (request.headers.get("Idempotency-Key") or request.form.get("idempotency_key") or "").strip()
    if len(key) > MOST_KEY or not key.isprintable():
        raise Fault(400, f"idempotency_key: at most {MOST_KEY} printable characters")
    return key


# refusals


def _errors(blueprint: Blueprint) -> None:
    @blueprint.errorhandler(Fault)
    def fault(error: Fault) -> Response:
        return error.response()

    @blueprint.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return Fault(error.status, error.message, retry_after_s=error.retry_after_s).response()

    @blueprint.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return Fault(error.code or 500, error.description or error.name).response()

    @blueprint.errorhandler(NotReady)
    def not_ready(error: NotReady) -> Response:
        return Fault(503, str(error), retry_after_s=2).response()

    @blueprint.errorhandler(redis.ConnectionError)
    @blueprint.errorhandler(redis.TimeoutError)
    def away(error: redis.RedisError) -> Response:
        log.warning("redis does not answer", error=str(error))
        return Fault(503, "Redis does not answer; nothing was taken", retry_after_s=2).response()

    @blueprint.route("/<path:_rest>", methods=ANY)
    def unknown(_rest: str) -> Response:
        for known, methods in METHODS.items():
            if re.fullmatch(known, _rest) and request.method not in methods:
                refused = Fault(405, f"not with {request.method}: {methods}").response()
                refused.headers["Allow"] = methods
                return refused
        return Fault(404, "no such address; see docs/open311.md").response()
