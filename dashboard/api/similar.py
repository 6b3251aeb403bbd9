"""What lies together: similar cases and clusters from their file, situations and known matters from the documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from flask import Blueprint, Response, g

from dashboard.api import lists
from dashboard.api.answers import Problem, answer
from dashboard.api.arguments import flag, read_arguments, text, whole
from dashboard.api.context import ApiContext
from dashboard.api.documents import documents
from dashboard.blocking import run_blocking
from dashboard.city_time import city_time
from dashboard.roles import Permission
from dashboard.similar.file import NotReady, SimilarReader, evidence_rows
from hotline.cases import Case
from hotline.matters import Described, Fit, Matter, matters_for, script_for
from hotline.similar.index import LEAST, Cluster
from hotline.situations import Situation
from streams.reader_schema import CASES

MOST_CLUSTERS, CLUSTERS = 500, 100
_decode = msgspec.json.Decoder(Case).decode


def similar(blueprint: Blueprint, context: ApiContext) -> None:
    """Add the routes."""
    _similar_cases(blueprint, context)

    @blueprint.get("/situations")
    @context.access.require(Permission.READ_CASES)
    def situations() -> Response:
        read_arguments({})
        found, seq = documents(context, "situations", Situation)
        known = sorted((s for s in found if s.is_open), key=lambda s: (s.opened_at, s.situation_id), reverse=True)
        return answer({"situations": [_situation(s) for s in known], "seq": seq})

    @blueprint.get("/situations/<path:subject_id>")
    @context.access.require(Permission.READ_CASES)
    def situation_one(subject_id: str) -> Response:
        read_arguments({})
        raw: Any = context.client.hget(context.keys.of("situations"), subject_id)
        if raw is None:
            raise Problem(404, "not_found", f"no situation {subject_id[:200]!r}")
        return answer(_situation(msgspec.json.decode(raw, type=Situation)))

    @blueprint.get("/matters")
    @context.access.require(Permission.READ_CASES)
    def matters() -> Response:
        asked = read_arguments({"case": text, "all": flag})
        return answer(_matters(context, asked.get("case", ""), asked.get("all", False)))


def _similar_cases(blueprint: Blueprint, context: ApiContext) -> None:
    @blueprint.get("/cases/<path:subject_id>/similar")
    @context.access.require(Permission.READ_CASES)
    def similar_to(subject_id: str) -> Response:
        read_arguments({})
        return answer(_similar_to(context, subject_id))

    @blueprint.get("/similar/clusters")
    @context.access.require(Permission.READ_CASES)
    def clusters() -> Response:
        asked = read_arguments({"limit": whole(1, MOST_CLUSTERS), "least": whole(2, 1_000)})
        return answer(_clusters(context, asked.get("limit", CLUSTERS), asked.get("least", LEAST)))


def _similar_to(context: ApiContext, case_id: str) -> dict[str, Any]:
    raw, _ = lists.committed(context, CASES, case_id)
    if raw is None:
        raise Problem(404, "not_found", f"no case {case_id[:200]!r}")
    try:
        found, cluster, meta = run_blocking(_file(context).of_case, case_id)
    except NotReady as error:
        raise Problem(503, "not_ready", str(error), retry_after_s=2) from None
    known = _cases(context, [evidence.case_id for evidence in found])
    return {
        "case_id": case_id,
        "similar": evidence_rows([e for e in found if not e.guard], known),
        "held_back": evidence_rows([e for e in found if e.guard], known),
        "cluster": _cluster(cluster, _cases(context, cluster.case_ids)) if cluster else None,
        "seq": int(meta["seq"]),
        "behind": int(meta.get("behind", 0)),
    }


def _clusters(context: ApiContext, limit: int, least: int) -> dict[str, Any]:
    try:
        found, total, meta = run_blocking(_file(context).clusters, limit, least)
    except NotReady as error:
        raise Problem(503, "not_ready", str(error), retry_after_s=2) from None
    known = _cases(context, [case_id for cluster in found for case_id in cluster.case_ids])
    return {
        "clusters": [_cluster(cluster, known) for cluster in found],
        "total": total,
        "seq": int(meta["seq"]),
        "behind": int(meta.get("behind", 0)),
    }


def _file(context: ApiContext) -> SimilarReader:
    if context.similar is None:
        raise NotReady("this process knows no file of similar cases")
    return context.similar


def _cases(context: ApiContext, case_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What a list of similar cases says of each: nothing personal."""
    ids = list(dict.fromkeys(case_ids))
    raws: Any = context.client.hmget(context.keys.cases, ids) if ids else []
    cases = [_decode(raw) for raw in raws if raw]
    return {
        case.case_id: {
            "status": case.status,
            "stage": case.stage,
            "category": case.category,
            "area": case.area,
            "language": case.language,
            "channel": case.channel,
            "received_at": case.received_at,
            "merged_into": case.merged_into,
            "situation_id": case.situation_id,
        }
        for case in cases
    }


def _cluster(cluster: Cluster, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    situations = [known[i]["situation_id"] for i in cluster.case_ids if i in known and known[i]["situation_id"]]
    fields = {name: getattr(cluster, name) for name in cluster.__struct_fields__}
    status = "situation" if situations else "open"
    return fields | {"n": cluster.n, "status": status, "situation_id": situations[0] if situations else ""}


def _situation(situation: Situation) -> dict[str, Any]:
    fields = {name: getattr(situation, name) for name in situation.__struct_fields__ if name not in ("seq", "told")}
    return fields | {"state": situation.state, "n": len(situation.case_ids), "version": situation.seq}


def _matters(context: ApiContext, case_id: str, everything: bool) -> dict[str, Any]:
    found, seq = documents(context, "matters", Matter)
    now = city_time(context.client, context.keys) or context.now()
    known = sorted((m for m in found if everything or m.is_in_force(now)), key=lambda m: (m.until, m.matter_id))
    if not case_id:
        return {"matters": [_matter(m, now) for m in known], "seq": seq}
    raw, _ = lists.committed(context, CASES, case_id)
    if raw is None:
        raise Problem(404, "not_found", f"no case {case_id[:200]!r}")
    case = _decode(raw)
    fits = _fitting(context, case, known)
    by_id = {matter.matter_id: matter for matter in known}
    offered = []
    for fit in fits:
        language, script = script_for(by_id[fit.matter_id], case.language)
        offered.append(
            _matter(by_id[fit.matter_id], now)
            | {"why": fit.why, "text_similarity": fit.text_similarity, "script": script, "script_language": language}
        )
    return {"case_id": case_id, "matters": offered, "n": len(offered), "seq": seq}


def _fitting(context: ApiContext, case: Case, matters: list[Matter]) -> list[Fit]:
    """The matters that a case may be about. Its words are compared for whoever may read them, and never shown here."""
    if case.received_at is None:
        return []
    words = ""
    if g.principal.may(Permission.READ_PRIVATE):
        raw: Any = context.client.hget(context.keys.private, f"case:{case.case_id}")
        words = str((msgspec.json.decode(raw) if raw else {}).get("text") or "")
    described = Described(case.category, case.cell, case.area, case.received_at, words)
    return matters_for(described, matters, city_time(context.client, context.keys) or context.now())


def _matter(matter: Matter, now: Any) -> dict[str, Any]:
    fields = {name: getattr(matter, name) for name in matter.__struct_fields__ if name not in ("seq", "told")}
    return fields | {"in_force": matter.is_in_force(now), "version": matter.seq}
