"""Events to rows of the reader: the engine's own folds, applied to what the reader's file holds.

Nothing is decided here. The document of a row is what the engine wrote, or what the same fold makes of the same
facts; the columns follow from the document; words, and the keyed hashes of a caller's number, come from the private
record, at projection time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeAlias, cast

import msgspec
import structlog

from emergency.incidents import Incident, fold_incident, fold_touched, incidents_touched
from emergency.units import Unit, fold_unit
from hotline.cases import Case, cases_touched, fold_case, fold_touched_case
from hotline.worklists import tongue_of
from streams.codec import Malformed, encode, payload_of
from streams.events import TYPES, Envelope, Payload, Recording, SubjectErased, recording_of
from streams.reader_schema import CASES, INCIDENTS, UNITS, WORDS, Table, to_microseconds
from streams.reader_writer import ReaderWriter, Row

log = structlog.get_logger(__name__)

Document: TypeAlias = Case | Incident | Unit
Told: TypeAlias = tuple[tuple[str, ...], tuple[str | None, ...]]  # words, columns


@dataclass(frozen=True)
class Fact:
    """One entry of the event stream: `seq` and `index` are the two halves of its id."""

    seq: int
    index: int
    envelope: Envelope


# Columns that the document has as a cell's text or an instant, and the table as an integer.
NUMBERED = frozenset(
    {"cell", "received_at", "closed_at", "target_at", "dispatch_due_at", "follow_up_due_at", "position_at"}
)
# Columns that the document has under another name.
DERIVED: dict[str, tuple[str, Callable[[Any], Any]]] = {"tongue": ("language", tongue_of), "stage": ("stage", str)}


def _number(value: str | datetime | None) -> int | None:
    if not value:
        return None
    return int(value, 16) if isinstance(value, str) else to_microseconds(value)


@dataclass(frozen=True)
class Kind:
    """How one entity goes from facts to rows."""

    table: Table
    document: type[Document]
    id_field: str
    fold_recorded: Callable[[Any, Any, Recording], Document | None]

    def fold(self, document: Document | None, payload: Payload, fact: Fact) -> Document | None:
        return self.fold_recorded(document, payload, recording_of(fact.envelope, fact.seq))

    def id_of(self, document: Document) -> str:
        return cast(str, getattr(document, self.id_field))

    def values_of(self, document: Document) -> tuple[Any, ...]:
        """The table's columns: cells and instants as integers."""
        return tuple(
            value if read is None else read(value)
            for read, value in zip(self.readings, self.columns_of(document), strict=True)
        )

    @cached_property
    def columns_of(self) -> Callable[[Document], tuple[Any, ...]]:
        return attrgetter(*(DERIVED[name][0] if name in DERIVED else name for name in self.table.columns))

    @cached_property
    def readings(self) -> tuple[Callable[[Any], Any] | None, ...]:
        """What becomes of each value on its way into the table; None: nothing."""
        return tuple(
            _number if name in NUMBERED else DERIVED[name][1] if name in DERIVED else None
            for name in self.table.columns
        )

    def told_of(self, private: Mapping[str, Any] | None) -> Told:
        """What the file holds of a private record: the words, and the columns that are told."""
        known = private or {}
        words = tuple(str(known.get(name) or "") for name in WORDS)
        return words, tuple(str(known[name]) if known.get(name) else None for name in self.table.told)


KINDS: dict[str, Kind] = {
    "case": Kind(CASES, Case, "case_id", fold_case),
    "incident": Kind(INCIDENTS, Incident, "incident_id", fold_incident),
    "unit": Kind(UNITS, Unit, "unit_id", fold_unit),
}
# Events after which the private record is read: all of a subject that may have one. An amendment may bring words
# before anything else gives the subject its row.
TELLING = frozenset(name for name in TYPES if KINDS.get(name.partition(".")[0], KINDS["unit"]).table.searched)


def row_of(kind: Kind, document: Document, private: Mapping[str, Any] | None = None, base: int = 0) -> Row:
    """The row of a document: its columns, its JSON, and the private fields that search needs."""
    return _row(kind, document, kind.told_of(private), base)


def _row(kind: Kind, document: Document, told: Told, base: int) -> Row:
    received_at: datetime | None = getattr(document, "received_at", None)
    words, columns = told
    return Row(
        id=kind.id_of(document),
        values=kind.values_of(document) + columns,
        doc=encode(document),
        seq=document.seq,
        received_us=None if received_at is None else to_microseconds(received_at),
        words=words,
        base=base,
    )


@dataclass
class _Held:
    """One subject during a batch: as the file has it, and as it becomes."""

    row: Row | None
    document: Document | None
    told: Told


@dataclass
class Batch:
    """The subjects that one batch of facts touches, each loaded once and written once."""

    writer: ReaderWriter
    private: Mapping[str, Mapping[str, Any]]
    held: dict[tuple[str, str], _Held] = field(default_factory=dict)
    erased: int = 0

    def load(self, subjects: Iterable[tuple[str, str]]) -> None:
        """Read what the file has of `(entity, id)` subjects."""
        by_entity: dict[str, list[str]] = {}
        for entity, subject_id in dict.fromkeys(subjects):
            by_entity.setdefault(entity, []).append(subject_id)
        for entity, ids in by_entity.items():
            kind = KINDS[entity]
            rows = self.writer.rows(kind.table, ids)
            for subject_id in ids:
                self.held[entity, subject_id] = _held(kind, rows.get(subject_id))

    def apply(self, fact: Fact, payload: Payload, subject: tuple[str, str]) -> None:
        """Fold one fact into its subject. Facts that a build already found in the document are passed over."""
        held = self.held[subject]
        if held.row is not None and fact.seq <= held.row.base:
            return
        if isinstance(payload, SubjectErased):
            held.told = KINDS[subject[0]].told_of(None)
            self.erased += 1
            return
        held.document = fold_fact(held.document, subject, payload, fact)
        if fact.envelope.type in TELLING and fact.envelope.subject == ":".join(subject):
            held.told = KINDS[subject[0]].told_of(self.private.get(fact.envelope.subject))

    def save(self) -> None:
        for entity, kind in KINDS.items():
            changes = [
                change
                for (of, _), held in self.held.items()
                if of == entity and (change := _change(kind, held)) is not None
            ]
            self.writer.save(kind.table, changes)


def project(writer: ReaderWriter, facts: Sequence[Fact], private: Mapping[str, Mapping[str, Any]]) -> Batch:
    """Fold facts, in their order, into the file; inside the caller's transaction.

    `private` holds the personal fields on record now, by subject, for the subjects of `telling(facts)`.
    """
    told = [
        (fact, payload, subject)
        for fact in facts
        if (payload := _payload(fact)) is not None
        for subject in subjects_of(fact, payload)
        if subject[0] in KINDS
    ]
    batch = Batch(writer, private)
    batch.load(subject for _, _, subject in told)
    for fact, payload, subject in told:
        batch.apply(fact, payload, subject)
    batch.save()
    return batch


def telling(facts: Iterable[Fact]) -> list[str]:
    """Subjects whose private record the projection of `facts` needs."""
    return list(dict.fromkeys(fact.envelope.subject for fact in facts if fact.envelope.type in TELLING))


def _payload(fact: Fact) -> Payload | None:
    """The payload of a fact that has a row, or None."""
    entity = fact.envelope.type.partition(".")[0]
    if entity not in KINDS and entity not in ("subject", "situation"):
        return None
    try:
        return payload_of(fact.envelope)
    except Malformed as error:
        # Written by a newer version of ours: the rows miss this fact until the reader is updated and rebuilt.
        log.warning("fact not understood", seq=fact.seq, index=fact.index, reason=str(error))
        return None


def subjects_of(fact: Fact, payload: Payload) -> list[tuple[str, str]]:
    """The `(entity, id)` pairs whose documents a fact changes: what it is about, and incidents that it also touches."""
    name = payload.erased if isinstance(payload, SubjectErased) else fact.envelope.subject
    entity, _, subject_id = name.partition(":")
    found = [(entity, subject_id), *(("incident", touched) for touched in incidents_touched(payload))]
    found += [("case", touched) for touched in cases_touched(payload)]
    return list(dict.fromkeys(found))


def fold_fact(document: Document | None, subject: tuple[str, str], payload: Payload, fact: Fact) -> Document | None:
    """A subject's document after one fact about it or about something that touches it."""
    entity, subject_id = subject
    if fact.envelope.subject == f"{entity}:{subject_id}":
        return KINDS[entity].fold(document, payload, fact)
    if entity == "case":
        case = cast("Case | None", document)
        return fold_touched_case(case, payload, recording_of(fact.envelope, fact.seq))
    incident = cast("Incident | None", document)
    return fold_touched(incident, subject_id, payload, recording_of(fact.envelope, fact.seq))


def _held(kind: Kind, row: Row | None) -> _Held:
    if row is None:
        return _Held(None, None, kind.told_of(None))
    told = row.words, row.values[len(kind.table.columns) :]
    return _Held(row, msgspec.json.decode(row.doc, type=kind.document), told)


def _change(kind: Kind, held: _Held) -> tuple[Row | None, Row] | None:
    if held.document is None:
        return None
    base = held.row.base if held.row else 0
    row = _row(kind, held.document, held.told, base)
    if held.row and (held.row.doc, held.row.words, held.row.values) == (row.doc, row.words, row.values):
        return None
    return held.row, row
