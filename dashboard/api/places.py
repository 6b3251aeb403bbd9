"""`GET /api/v1/places`: where a typed place is; `GET /api/v1/nearby`: what is open there already."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, cast

import h3
import msgspec
import structlog
from flask import Blueprint, Response, g

from dashboard.api.answers import Problem, answer, bad
from dashboard.api.arguments import Parser, read_arguments, text, whole
from dashboard.api.context import ApiContext
from dashboard.api.lists import shown
from dashboard.blocking import run_blocking
from dashboard.city_time import city_time
from dashboard.roles import Permission, Principal
from emergency.incidents import Incident
from emergency.nearby import WITHIN, WITHIN_M, Matter, Nearby, box_around, nearby
from geo.catalogue import in_language
from geo.cells import FINEST, point_to_cell
from geo.cities import City, load_city
from geo.gazetteer import Found, Gazetteer, Place, cell_to_place, point_to_place, text_to_cell, text_to_point
from hotline.cases import Case
from streams.reader import NotReady
from streams.reader_schema import CASES

log = structlog.get_logger(__name__)

MOST_PLACES, USUAL_PLACES = 50, 10
MOST_NEARBY = 50
MOST_CASES = 500  # looked at around one point: in the worst storm not all of them


def degrees(most: float) -> Parser:
    def parse(value: str) -> float:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not abs(number) <= most:
            raise ValueError(f"a number from -{most:.0f} to {most:.0f}")
        return number

    return parse


PLACE: dict[str, Parser] = {"q": text, "lat": degrees(90), "lng": degrees(180), "limit": whole(1, MOST_PLACES)}
NEARBY: dict[str, Parser] = {"lat": degrees(90), "lng": degrees(180), "kind": text}


def places(blueprint: Blueprint, context: ApiContext) -> None:
    """Add both routes."""
    city = load_city(context.keys.city)
    nowhere = Gazetteer()

    @blueprint.get("/places")
    @context.access.require(Permission.READ_INCIDENTS)
    def search() -> Response:
        given = read_arguments(PLACE | {"lang": text})
        if "q" not in given:
            raise bad("q: needs a name, two numbers such as 39.91, 116.40, or an H3 cell")
        try:
            gazetteer = context.gazetteer() if context.gazetteer else nowhere
        except ValueError as error:
            log.error("places cannot be read", reason=str(error))
            raise Problem(503, "no_places", str(error)) from None
        found = find(gazetteer, city, given["q"], _point(given), given.get("limit", USUAL_PLACES))
        return answer({"q": given["q"], "places": [_said(one, given.get("lang", "en")) for one in found]})

    @blueprint.get("/nearby")
    @context.access.require(Permission.READ_INCIDENTS)
    def near() -> Response:
        given = read_arguments(NEARBY)
        point = _point(given)
        if point is None:
            raise bad("lat, lng: needed")
        return answer(what_is_near(context, city, *point, given.get("kind", ""), g.principal))


def _point(given: Mapping[str, Any]) -> tuple[float, float] | None:
    if ("lat" in given) != ("lng" in given):
        raise bad("lat, lng: come together")
    return (given["lat"], given["lng"]) if "lat" in given else None


# places


def find(gazetteer: Gazetteer, city: City, q: str, near: tuple[float, float] | None, limit: int) -> list[Found]:
    """What the text means: a cell, a point (also written longitude first, if only that is in the city), or names."""
    if (cell := text_to_cell(q)) is not None:
        return [Found(cell_to_place(cell, _area(gazetteer, cell)), ("cell",))]
    if (point := text_to_point(q)) is not None:
        is_turned = not city.usable(*point) and abs(point[1]) <= 90 and city.usable(point[1], point[0])
        lat, lng = (point[1], point[0]) if is_turned else point
        why = ("coordinates", "turned") if is_turned else ("coordinates",)
        return [Found(point_to_place(lat, lng, _area(gazetteer, point_to_cell(lat, lng))), why)]
    return gazetteer.search(q, near, limit)


def _area(gazetteer: Gazetteer, cell: str) -> str:
    """The area of a cell's centre, where the gazetteer knows the city's outlines."""
    lat, lng = h3.cell_to_latlng(cell)
    return gazetteer.area_of(lat, lng)


def _said(found: Found, lang: str) -> dict[str, Any]:
    place = found.place
    return {
        "id": place.id,
        "name": _name(place, lang),
        "kind": place.kind,
        "lat": place.lat,
        "lng": place.lng,
        "area": place.area,
        "cell": _cell(place),
        "precision_m": place.precision_m,
        "why": found.why,
        "names": place.names,
        "n": place.n or None,
    }


def _name(place: Place, lang: str) -> str:
    return in_language(place.names, lang) or next(iter(place.names.values()))


def _cell(place: Place) -> str:
    """The cell that says no more than is known: its own where it is one, the finest of the map for a place."""
    if place.kind == "cell":
        cell = place.id.partition(":")[2]
        finer = h3.get_resolution(cell) > FINEST
        return cast(str, h3.cell_to_parent(cell, FINEST)) if finer else cell
    return point_to_cell(place.lat, place.lng)


# nearby


def what_is_near(
    context: ApiContext, city: City, lat: float, lng: float, kind: str, principal: Principal
) -> dict[str, Any]:
    """Open incidents, from the committed view, and cases, from the reader, that may be what a caller means.

    Incidents of sensitive kinds only for roles that may see private fields. While the reader is not ready, `missing`
    says that cases are.
    """
    now = city_time(context.client, context.keys) or context.now()
    missing: list[str] = []
    cases: dict[str, Case] = {}
    if principal.may(Permission.READ_CASES):
        try:
            cases = {f"case:{case.case_id}": case for case in _cases(context, lat, lng, now)}
        except NotReady:
            missing.append("cases")
    matters = [*_incident_matters(context, city, principal), *_case_matters(cases)]
    found = nearby(matters, lat, lng, kind, now)[:MOST_NEARBY]
    incidents, seq = _incidents(context, [one.matter.subject for one in found])
    known: dict[str, Incident | Case] = {**cases, **incidents}
    said = [_matter(one, known[one.matter.subject]) for one in found if one.matter.subject in known]
    within = {"within_m": WITHIN_M, "within_s": int(WITHIN.total_seconds())}
    return {**within, "at": now, "seq": seq, "missing": missing, "nearby": said}


class _Seen(msgspec.Struct, frozen=True):
    """What is read of an open incident's entry in the committed view."""

    id: str
    kind: str
    received_at: datetime
    lat: float | None = None
    lng: float | None = None


def _incident_matters(context: ApiContext, city: City, principal: Principal) -> Iterator[Matter]:
    may_all = principal.may(Permission.READ_PRIVATE)
    raw: Any = context.client.hvals(context.keys.view("incidents"))
    for value in raw:
        one = msgspec.json.decode(value, type=_Seen)
        if one.lat is None or one.lng is None or not (may_all or not city.is_sensitive(one.kind)):
            continue
        yield Matter(f"incident:{one.id}", one.kind, one.lat, one.lng, one.received_at)


def _cases(context: ApiContext, lat: float, lng: float, now: datetime) -> list[Case]:
    filters = {"status": "open", "received_from": now - WITHIN, "box": box_around(lat, lng)}
    page = run_blocking(context.reader.page, CASES, filters, MOST_CASES, private=False)
    decode = msgspec.json.Decoder(Case).decode
    return [decode(doc) for doc in page.docs]


def _case_matters(cases: Mapping[str, Case]) -> Iterable[Matter]:
    for subject, case in cases.items():
        # What became an incident is offered as that.
        if case.lat is None or case.lng is None or not case.cell or case.received_at is None or case.promoted_at:
            continue
        yield Matter(subject, case.category, case.lat, case.lng, case.received_at)


def _incidents(context: ApiContext, subjects: Iterable[str]) -> tuple[dict[str, Incident], int]:
    """The documents of the incidents among the subjects, as of the last commit."""
    ids = [subject.partition(":")[2] for subject in subjects if subject.startswith("incident:")]
    with context.client.pipeline(transaction=True) as pipe:
        pipe.hget(context.keys.position, "seq")
        if ids:
            pipe.hmget(context.keys.incidents, ids)
        seq, *found = pipe.execute()
    decode = msgspec.json.Decoder(Incident).decode
    documents = {f"incident:{i}": decode(raw) for i, raw in zip(ids, found[0] if found else [], strict=True) if raw}
    return documents, int(seq or 0)


def _matter(one: Nearby, document: Incident | Case) -> dict[str, Any]:
    entity, _, subject_id = one.matter.subject.partition(":")
    incident = document if isinstance(document, Incident) else None
    fields = shown(document)
    return {
        "subject": one.matter.subject,
        "type": entity,
        "id": subject_id,
        "kind": one.matter.kind,
        "priority": fields.get("priority"),
        "status": fields["status"],
        "stage": fields.get("stage"),
        "area": fields["area"],
        "lat": one.matter.lat,
        "lng": one.matter.lng,
        "distance_m": one.distance_m,
        "age_s": one.age_s,
        "received_at": one.matter.received_at,
        "units": sum(a.is_active for a in incident.assignments) if incident else None,
        "agency": fields.get("agency") if incident else None,
        "version": fields["version"],
        "why": one.why,
    }
