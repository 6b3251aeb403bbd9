"""EIDO 1.0 over HTTP: `GET /api/v1/incidents/{id}/eido` tells an incident, `POST /api/v1/eido` takes another's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from flask import Blueprint, Response, g, request

from dashboard.api import intake, lists
from dashboard.api.answers import Problem, answer, bad
from dashboard.api.arguments import read_arguments
from dashboard.api.context import ApiContext
from dashboard.roles import Permission, Principal
from emergency.eido import EidoRefused, Fact, Issuer, Reading, incident_to_eido, read_eido
from emergency.incidents import Incident
from emergency.units import Unit
from streams.codec import MAX_ENTRY_BYTES, Malformed
from streams.reader_schema import INCIDENTS

LEFT_KNOWN_S = 30 * 86_400  # how long a remainder that was put to the dead letters is not put there again


def issuer_of(context: ApiContext) -> Issuer:
    """By which domain EIDO names this city: the setting's, else one that can be nobody's."""
    return Issuer(context.eido_domain or f"{context.keys.city}.hexwatch.invalid")


def eido(blueprint: Blueprint, context: ApiContext) -> None:
    """Add both routes."""
    issuer = issuer_of(context)

    @blueprint.get("/incidents/<path:subject_id>/eido")
    @context.access.require(Permission.READ_INCIDENTS)
    def tell(subject_id: str) -> Response:
        read_arguments({})
        return answer(tell_eido(context, issuer, subject_id, g.principal, request.remote_addr or ""))

    @blueprint.post("/eido")
    @context.access.require(Permission.WRITE_EVENTS)
    def take() -> Response:
        request.max_content_length = intake.MAX_BODY_BYTES
        body = intake.decoded(request.get_data(cache=False))
        return answer(take_eido(context, issuer, body, g.principal), 202)


def tell_eido(context: ApiContext, issuer: Issuer, incident_id: str, principal: Principal, peer: str) -> dict[str, Any]:
    """The incident as of the last commit; personal fields for roles that may see them. Raises Problem 404."""
    raw, _ = lists.committed(context, INCIDENTS, incident_id)
    if raw is None:
        raise Problem(404, "not_found", f"no incident {incident_id[:200]!r}")
    incident = msgspec.json.decode(raw, type=Incident)
    if incident.exercise:  # EIDO has no word for one, and nobody else may take it for actual
        raise Problem(409, "exercise", f"incident {incident_id[:200]!r} is an exercise and not told to others")
    private: Mapping[str, str] = {}
    if principal.may(Permission.READ_PRIVATE):
        private = lists.reveal(context, f"incident:{incident_id}", principal, peer)
    return incident_to_eido(incident, issuer, _units(context, incident), private)


def _units(context: ApiContext, incident: Incident) -> dict[str, Unit]:
    """The units that were sent to it, and those that have it as a next job."""
    client, keys = context.client, context.keys
    wanted = {assignment.unit_id for assignment in incident.assignments}
    named = incident.incident_id.encode()
    raw: Any = client.hgetall(keys.units)
    found = (
        msgspec.json.decode(value, type=Unit)
        for unit_id, value in raw.items()
        if unit_id.decode() in wanted or (b'"stacked"' in value and named in value)
    )
    return {unit.unit_id: unit for unit in found}


def take_eido(context: ApiContext, issuer: Issuer, body: Any, principal: Principal) -> dict[str, Any]:
    """Put all facts of an EIDO into the inbox, or none. Raises Problem: 400 with every reason, 409, 503.

    Sent again it changes nothing: its facts have the same ids.
    """
    try:
        reading = read_eido(body, issuer)
    except EidoRefused as error:
        raise bad(f"no EIDO that can be taken: {error}"[:2_000], reasons=list(error.reasons)) from None
    intake.refuse_when_closed(context)
    intake.append(context, _entries(reading, principal))
    if reading.left:
        _bury(context, reading)
    return {
        "incident_id": reading.incident_id,
        "accepted": len(reading.facts),
        "facts": [{"type": fact.type, "id": fact.id} for fact in reading.facts],
        "warnings": list(reading.warnings),
    }


def _entries(reading: Reading, principal: Principal) -> list[bytes]:
    entries, reasons = [], []
    for fact in reading.facts:
        try:
            entries.append(intake.entry_of(_event(reading, fact), principal))
        except Malformed as error:
            reasons.append(f"{fact.type}: {error}")
    if reasons:
        raise bad(f"no EIDO that can be taken: {'; '.join(reasons)}"[:2_000], reasons=reasons)
    return entries


def _event(reading: Reading, fact: Fact) -> dict[str, Any]:
    at = fact.occurred_at.isoformat()
    return {"source": reading.source, "id": fact.id, "type": fact.type, "occurred_at": at, "data": fact.data}


def _bury(context: ApiContext, reading: Reading) -> None:
    """Keep what is neither mapped nor short enough for a note, once, where an administrator finds it."""
    raw = reading.left.encode("utf-8", "replace")
    digest = hashlib.blake2b(raw, digest_size=12).hexdigest()
    if not context.client.set(context.keys.of("eido", digest), b"1", nx=True, ex=LEFT_KNOWN_S):
        return
    reason = f"EIDO of incident {reading.incident_id}: elements that are not mapped"
    letter: dict[Any, Any] = {
        "reason": reason,
        "source": reading.source,
        "feed": "eido",
        "at": context.now().isoformat(),
        "raw": raw[:MAX_ENTRY_BYTES],
    }
    context.client.xadd(context.keys.dead, letter)
