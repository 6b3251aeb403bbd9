"""Facts to rows of the archive: the engine's own folds, and each document as it stood after the fact.

The same memory serves the archiver, which follows the log, and an import of recorded incidents. It is a pure fold: the
same facts onto the same documents give the same rows, which is what makes writing a range again harmless.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pyarrow as pa
import structlog

from dashboard.projection import Fact
from emergency.alerts import Alert, fold_alert
from emergency.incidents import Incident, fold_incident, fold_touched, incidents_touched
from hotline.calls import Call, fold_call
from hotline.cases import Case, fold_case
from streams.archive import facts as log_facts
from streams.archive.case_columns import as_table
from streams.archive.schema import CASE_COLUMNS, DIMENSIONS, INCIDENT_COLUMNS, TABLES
from streams.codec import Malformed, encode, payload_of
from streams.events import Envelope, Payload, recording_of

log = structlog.get_logger(__name__)

KEEP_CLOSED = timedelta(days=16)  # a little longer than the engine finds closed cases again
DOCUMENTS: dict[str, type[Any]] = {"case": Case, "incident": Incident, "call": Call, "alert": Alert}
NOUNS = {"case": "cases", "incident": "incidents", "call": "calls", "alert": "alerts"}
FOLDS: dict[str, Any] = {"case": fold_case, "incident": fold_incident, "call": fold_call, "alert": fold_alert}
FOUND = "found"  # `case.found`, `incident.found`: how it stood when the archive began, or went on after a gap
ASSIGNMENT_TIMES = (
    *("dispatched_at", "notified_at", "acknowledged_at", "en_route_at", "on_scene_at"),
    *("transporting_at", "at_hospital_at", "cleared_at"),
)
_INSTANT = pa.timestamp("us", "UTC")


@dataclass
class Memory:
    """Documents of the log so far, by entity and id. `bases`: facts up to this seq are in the document already."""

    documents: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: {} for name in DOCUMENTS})
    bases: dict[tuple[str, str], int] = field(default_factory=dict)

    def adopt(self, nouns: Mapping[str, Mapping[str, bytes]], after: int = 0) -> None:
        """Take committed documents (JSON by noun and id); those newer than commit `after` hold later facts already."""
        for entity, noun in NOUNS.items():
            decode = msgspec.json.Decoder(DOCUMENTS[entity]).decode
            for name, raw in nouns.get(noun, {}).items():
                document = decode(raw)
                self.documents[entity][name] = document
                if document.seq > after:
                    self.bases[entity, name] = document.seq

    def as_json(self) -> dict[str, dict[str, bytes]]:
        """Every document by noun, for a checkpoint."""
        return {NOUNS[e]: {name: encode(d) for name, d in held.items()} for e, held in self.documents.items()}

    def forget(self, now: datetime) -> None:
        """Let go of what ended so long ago that no late fact finds it in the engine either."""
        before = now - KEEP_CLOSED
        for held in self.documents.values():
            for name in [n for n, document in held.items() if _ended_before(document, before)]:
                del held[name]

    def take(self, fact: Fact, rows: Rows) -> None:
        """Fold one fact and note the rows that it makes."""
        envelope = fact.envelope
        rows.facts.append((fact.seq, fact.index, envelope))
        entity = envelope.type.partition(".")[0]
        if entity not in DOCUMENTS and entity != "unit":
            return
        try:
            payload = payload_of(envelope)
        except Malformed as error:
            log.warning("fact not understood", seq=fact.seq, index=fact.index, reason=str(error))
            return
        if entity in DOCUMENTS:
            name = envelope.subject.partition(":")[2]
            before, after = self._folded(entity, name, payload, fact)
            rows.note(entity, name, fact, payload, before, after)
        for name in incidents_touched(payload):
            before, after = self._touched(name, payload, fact)
            rows.note("incident", name, fact, payload, before, after)

    def _folded(self, entity: str, name: str, payload: Payload, fact: Fact) -> tuple[Any, Any]:
        before = self.documents[entity].get(name)
        if fact.seq <= self.bases.get((entity, name), -1):
            return before, before
        return before, self._kept(entity, name, FOLDS[entity](before, payload, recording_of(fact.envelope, fact.seq)))

    def _touched(self, name: str, payload: Payload, fact: Fact) -> tuple[Any, Any]:
        before = self.documents["incident"].get(name)
        if fact.seq <= self.bases.get(("incident", name), -1):
            return before, before
        recording = recording_of(fact.envelope, fact.seq)
        return before, self._kept("incident", name, fold_touched(before, name, payload, recording))

    def _kept(self, entity: str, name: str, document: Any) -> Any:
        if document is not None:
            self.documents[entity][name] = document
        return document


def _ended_before(document: Any, before: datetime) -> bool:
    if isinstance(document, Case):
        return not document.is_open and document.closed_at is not None and document.closed_at < before
    if isinstance(document, Incident):
        return not document.is_open and document.over_at is not None and document.over_at < before
    if isinstance(document, Call):
        times = (
            document.offered_at,
            document.queued_at,
            document.answered_at,
            document.abandoned_at,
            document.ended_at,
        )
        return max(at for at in times if at is not None) < before
    ends = [at for at in (document.expired_at, document.cancelled_at, document.superseded_at) if at is not None]
    return bool(ends) and max(ends) < before


@dataclass
class Rows:
    """Rows of one range of the log, by table."""

    facts: list[tuple[int, int, Envelope]] = field(default_factory=list)
    cases: list[tuple[Any, ...]] = field(default_factory=list)
    incidents: list[tuple[Any, ...]] = field(default_factory=list)
    newest: dict[str, dict[str, Any]] = field(default_factory=lambda: {n: {} for n in ("incident", "call", "alert")})

    def note(self, entity: str, name: str, fact: Fact, payload: Any, before: Any, after: Any) -> None:
        if entity == "case":
            stamp = stamp_of(fact.envelope, fact.seq, fact.index)
            self.cases.append((*stamp, *before_case(before, after, _reason(payload)), *case_values(name, after)))
            return
        if entity == "incident":
            stamp = stamp_of(fact.envelope, fact.seq, fact.index)
            told = (after is not before, getattr(payload, "unit_id", ""), _reason(payload))
            self.incidents.append((*stamp, *told, *incident_values(name, after)))
        if after is not None and after is not before:
            self.newest[entity][name] = after

    def tables(self) -> dict[str, Any]:
        """The rows as pyarrow tables; tables without rows are left out."""
        incidents = list(self.newest["incident"].values())
        found = {
            "case_events": table_of("case_events", self.cases),
            "incident_events": table_of("incident_events", self.incidents),
            "incidents": table_of("incidents", [(*incident_values(d.incident_id, d), d.seq) for d in incidents]),
            "assignments": table_of("assignments", [row for d in incidents for row in assignment_values(d)]),
            "calls": table_of("calls", [call_values(d) for d in self.newest["call"].values()]),
            "alerts": table_of("alerts", [alert_values(d) for d in self.newest["alert"].values()]),
        }
        found = {name: table for name, table in found.items() if table.num_rows}
        return {"events": log_facts.rows_of(self.facts), **found} if self.facts else found


def found_rows(memory: Memory, known: Memory, at: datetime) -> dict[str, Any]:
    """How everything stood at `at`, when the archive began or after a gap, by table; `known` from before it."""
    rows = Rows()
    for entity, held in memory.documents.items():
        new = {name: one for name, one in held.items() if known.documents[entity].get(name) != one}
        if entity != "case":
            rows.newest[entity] = new
        for name, one in new.items():
            stamp = (one.seq, -1, f"{name}:{FOUND}", "archive", f"{entity}.{FOUND}", 1, at, at, "")
            if entity == "case":
                before = known.documents["case"].get(name)
                rows.cases.append((*stamp, *before_case(before, one, ""), *case_values(name, one)))
            elif entity == "incident":
                rows.incidents.append((*stamp, True, "", "", *incident_values(name, one)))
    return rows.tables()


def stamp_of(envelope: Envelope, seq: int, index: int) -> tuple[Any, ...]:
    return (
        *(seq, index, envelope.id, envelope.source, envelope.type, envelope.version),
        *(envelope.recorded_at or envelope.occurred_at, envelope.occurred_at, envelope.actor),
    )


def before_case(before: Case | None, after: Case | None, reason: str) -> tuple[Any, ...]:
    """Whether the fact changed the case, and what of it the stocks counted before."""
    is_change = after is not before
    if before is None:
        return (is_change, False, None, None, None, None, None, reason)
    dims = {name: getattr(before, name) for name in DIMENSIONS}
    was = (dims["area"], dims["category"], dims["channel"], dims["kind"])
    return (is_change, before.is_open, before.target_at, *was, reason)


_CASE_FIELDS = {
    "happened_at": lambda case: case.occurred_at,
    "cell": lambda case: int(case.cell, 16) if case.cell else None,
    "labels": lambda case: ",".join(label.flag for label in case.labels) or None,
}


def case_values(name: str, case: Case | None) -> tuple[Any, ...]:
    """The columns of a case; of an unknown one only its name."""
    if case is None:
        return (name, *(None,) * (len(CASE_COLUMNS) - 1))
    return tuple(
        _CASE_FIELDS[column](case) if column in _CASE_FIELDS else _plain(getattr(case, column, None))
        for column in CASE_COLUMNS
    )


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)


_INCIDENT_FIELDS = {
    "happened_at": lambda i: i.occurred_at,
    "cell": lambda i: int(i.cell, 16) if i.cell else None,
    "is_exercise": lambda i: i.exercise,
    "is_major": lambda i: i.major is not None,
    "t1": lambda i: i.major.casualties.t1 if i.major else None,
    "t2": lambda i: i.major.casualties.t2 if i.major else None,
    "t3": lambda i: i.major.casualties.t3 if i.major else None,
    "dead": lambda i: i.major.casualties.dead if i.major else None,
    "flags": lambda i: encode([flag.said for flag in i.flags]).decode() if i.flags else None,
}


def incident_values(name: str, incident: Incident | None) -> tuple[Any, ...]:
    """The columns of an incident; of an unknown one only its name."""
    if incident is None:
        return (name, *(None,) * (len(INCIDENT_COLUMNS) - 1))
    return tuple(
        _INCIDENT_FIELDS[column](incident) if column in _INCIDENT_FIELDS else _plain(getattr(incident, column, None))
        for column in INCIDENT_COLUMNS
    )


def assignment_values(incident: Incident) -> list[tuple[Any, ...]]:
    about = (incident.received_at, incident.area, incident.priority)
    return [
        (
            *(incident.incident_id, number, run.unit_id, *about),
            *(getattr(run, name) for name in ASSIGNMENT_TIMES),
            *(run.ended, run.to, incident.seq),
        )
        for number, run in enumerate(incident.assignments)
    ]


def call_values(call: Call) -> tuple[Any, ...]:
    return (
        *(call.call_id, call.channel, call.language, call.agency, call.offered_at, call.queued_at, call.answered_at),
        *(call.abandoned_at, call.ended_at, call.agent_id, call.case_id, call.silent, call.seq),
    )


SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor")


def alert_values(alert: Alert) -> tuple[Any, ...]:
    first = alert.infos[0] if alert.infos else None
    gravest = min((SEVERITIES.index(i.severity) for i in alert.infos if i.severity in SEVERITIES), default=None)
    ends = [info.expires_at for info in alert.infos if info.expires_at is not None]
    ended = [
        (at, name)
        for name in ("superseded", "cancelled", "expired")
        if (at := getattr(alert, f"{name}_at")) is not None
    ]
    ended_at, ended_by = min(ended) if ended else (None, "")
    return (
        *(alert.alert_id, alert.sender, alert.status, first.event if first else ""),
        *("Unknown" if gravest is None else SEVERITIES[gravest], first.headline if first else ""),
        *(alert.sent_at, alert.recorded_at, max(ends, default=None), ended_at, ended_by),
        *(encode(alert).decode(), alert.seq),
    )


def _reason(payload: Any) -> str:
    code, reason = getattr(payload, "code", ""), getattr(payload, "reason", "")
    return f"{code}: {reason}" if code and reason else str(code or reason or "")


def table_of(name: str, rows: list[tuple[Any, ...]]) -> Any:
    spec = TABLES[name]
    if not rows:
        return spec.arrow.empty_table()
    arrays = {
        column.name: pa.array(values, spec.arrow.field(column.name).type)
        for column, values in zip(spec.columns, zip(*rows, strict=True), strict=True)
    }
    return as_table(name, arrays, len(rows))
