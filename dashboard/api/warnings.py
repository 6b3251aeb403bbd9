"""Early warnings: those that are open, one with its evidence, the whole city as it was last seen, and the verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import h3
import msgspec
from flask import Blueprint, Response

from dashboard.api.answers import Problem, answer
from dashboard.api.arguments import flag, instant, one_of, read_arguments, text, whole
from dashboard.api.context import ApiContext
from dashboard.api.documents import documents
from dashboard.blocking import run_blocking
from dashboard.city_time import city_time
from dashboard.roles import Permission
from dashboard.similar.file import NotReady
from dashboard.warner.field import HOURS, MEASURES, NoField, Seen, field_of, read_seen
from geo.cells import FINEST
from hotline.cases import Case
from hotline.similar.place import ground_m
from hotline.warned import ACTED, NOT_JUDGED, Warned, rank_of, verdicts_of

WINDOW_H, RES, COARSEST = 3, 8, 7
MOST_NEAR, MOST_EARLIER, MOST_DAYS = 20, 5, 92
NEAR_M = 1_000.0  # beyond a warning's own radius
_decode_case = msgspec.json.Decoder(Case).decode


def warnings(blueprint: Blueprint, context: ApiContext) -> None:
    """Add the routes."""

    @blueprint.get("/warnings")
    @context.access.require(Permission.READ_CASES)
    def warnings_page() -> Response:
        asked = read_arguments({"all": flag})
        return answer(_listed(context, asked.get("all", False)))

    @blueprint.get("/warnings/verdicts")
    @context.access.require(Permission.READ_CASES)
    def warning_verdicts() -> Response:
        days = read_arguments({"days": whole(1, MOST_DAYS)}).get("days", MOST_DAYS)
        found, seq = documents(context, "warnings", Warned)
        now = city_time(context.client, context.keys) or context.now()
        return answer(verdicts_of(found, now - timedelta(days=days)) | {"days": days, "seq": seq})

    @blueprint.get("/warnings/field")
    @context.access.require(Permission.READ_CASES)
    def warning_field() -> Response:
        known = {"category": text, "measure": one_of(*MEASURES), "at": instant}
        asked = read_arguments(known | {"window_h": whole(1, HOURS), "res": whole(COARSEST, FINEST), "shapes": flag})
        return answer(run_blocking(_field, context, asked))

    @blueprint.get("/warnings/<path:subject_id>")
    @context.access.require(Permission.READ_CASES)
    def warning_one(subject_id: str) -> Response:
        read_arguments({})
        raw: Any = context.client.hget(context.keys.of("warnings"), subject_id)
        if raw is None:
            raise Problem(404, "not_found", f"no warning {subject_id[:200]!r}")
        return answer(_evidence(context, msgspec.json.decode(raw, type=Warned)))


def _listed(context: ApiContext, everything: bool) -> dict[str, Any]:
    found, seq = documents(context, "warnings", Warned)
    known = sorted((w for w in found if w.raised_at and (everything or w.is_shown)), key=rank_of)
    seen = _seen_or_none(context)
    return {
        "warnings": [_warning(warning) for warning in known],
        "status": seen.status if seen else {"state": "cold", "words": "early warning has not looked yet"},
        "looked_at": seen.at if seen else None,
        "recurring": seen.recurring if seen else [],
        "seq": seq,
    }


def _field(context: ApiContext, asked: dict[str, Any]) -> dict[str, Any]:
    shapes = asked.pop("shapes", False)
    given: dict[str, Any] = {"category": "", "measure": "residual", "window_h": WINDOW_H, "res": RES} | asked
    try:
        seen = read_seen(_path(context))
        at = given.pop("at", seen.at)
        cells = field_of(seen, at=at, **given)
    except NoField as error:
        raise Problem(503, "not_ready", str(error), retry_after_s=30) from None
    told = given | {"at": at, "from": seen.at - timedelta(hours=HOURS), "to": seen.at, "cells": cells}
    return told | {"shapes": {cell: _shape(cell) for cell in cells}} if shapes else told


@lru_cache(maxsize=50_000)
def _shape(cell: str) -> list[tuple[float, float]]:
    """The corners of a cell, (lat, lng), to the metre."""
    return [(round(lat, 5), round(lng, 5)) for lat, lng in h3.cell_to_boundary(cell)]


def _evidence(context: ApiContext, warning: Warned) -> dict[str, Any]:
    """One warning with its curve, example cases by the cluster they lie in, what else is there, and what was made of
    others like it."""
    seen = _seen_or_none(context)
    others, seq = documents(context, "warnings", Warned)
    return {
        "warning": _warning(warning),
        "curve": [
            dict(zip(("at", "observed", "expected", "low", "high"), row, strict=True))
            for row in (seen.curves.get(warning.warning_id, []) if seen else [])
        ],
        "examples": _examples(context, warning.case_ids),
        "near": _near(context, warning),
        "earlier": _earlier(warning, others),
        "seq": seq,
    }


def _examples(context: ApiContext, case_ids: Iterable[str]) -> list[dict[str, Any]]:
    """Groups of similar cases, the largest first; nothing personal."""
    ids = list(case_ids)
    raws: Any = context.client.hmget(context.keys.cases, ids) if ids else []
    cases = [_decode_case(raw) for raw in raws if raw]
    clusters = run_blocking(_clusters_of, context, [case.case_id for case in cases])
    groups: dict[str, list[dict[str, Any]]] = {}
    wanted = ("case_id", "category", "area", "stage", "language", "received_at")
    for case in cases:
        group = groups.setdefault(clusters.get(case.case_id) or case.case_id, [])
        group.append({name: getattr(case, name) for name in wanted})
    return [{"n": len(g), "cases": g} for g in sorted(groups.values(), key=len, reverse=True)]


def _clusters_of(context: ApiContext, case_ids: Iterable[str]) -> dict[str, str]:
    """Case -> its cluster, as far as similar cases have been found."""
    try:
        known = context.similar.similar_ids() if context.similar else {}
    except NotReady:
        return {}
    return {case_id: known[case_id] for case_id in case_ids if case_id in known}


def _near(context: ApiContext, warning: Warned) -> dict[str, list[dict[str, Any]]]:
    """What else is going on: open incidents in the area or nearby, alerts and notices in force."""
    incidents = [row for row in _view(context, "incidents") if _is_near(warning, row)]
    wanted = ("id", "kind", "priority", "area", "received_at")
    return {
        "incidents": [{name: row.get(name) for name in wanted} for row in incidents[:MOST_NEAR]],
        "alerts": _view(context, "alerts.public")[:MOST_NEAR],
        "notices": _view(context, "notices")[:MOST_NEAR],
    }


def _is_near(warning: Warned, row: dict[str, Any]) -> bool:
    if warning.lat is None or warning.lng is None or row.get("lat") is None or row.get("lng") is None:
        return bool(warning.area) and row.get("area") == warning.area
    return ground_m(warning.lat, warning.lng, row["lat"], row["lng"]) <= warning.radius_km * 1_000 + NEAR_M


def _earlier(warning: Warned, others: Iterable[Warned]) -> list[dict[str, Any]]:
    """What was made of warnings of its category before: those in its cells first, then the latest."""
    cells = set(warning.cells)
    judged = [
        w
        for w in others
        if w.warning_id != warning.warning_id and w.category == warning.category and w.verdict != NOT_JUDGED
    ]
    judged.sort(key=lambda w: (not cells.isdisjoint(w.cells), w.verdict == ACTED, w.seq), reverse=True)
    wanted = ("warning_id", "area", "raised_at", "closed_at", "verdict", "opened_cases", "situation_id")
    return [{name: getattr(w, name) for name in (*wanted, "dismiss_reason")} for w in judged[:MOST_EARLIER]]


def _warning(warning: Warned) -> dict[str, Any]:
    fields = {name: getattr(warning, name) for name in warning.__struct_fields__ if name not in ("seq", "told")}
    return fields | {"verdict": warning.verdict, "version": warning.seq}


def _view(context: ApiContext, topic: str) -> list[dict[str, Any]]:
    rows: Any = context.client.hgetall(context.keys.view(topic))
    return [{"id": key.decode()} | msgspec.json.decode(raw) for key, raw in sorted(rows.items())]


def _seen_or_none(context: ApiContext) -> Seen | None:
    try:
        return run_blocking(read_seen, _path(context))
    except NoField:
        return None


def _path(context: ApiContext) -> Path:
    if context.warnings is None:
        raise NoField("this process knows no early warning")
    return context.warnings
