"""The log as the archive holds it: facts in their order, as the engine recorded them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from streams.archive.case_columns import as_table
from streams.archive.checkpoints import order
from streams.archive.files import read
from streams.archive.manifest import File, Manifest
from streams.codec import encode
from streams.events import PRIVATE_FIELDS, Envelope

_INSTANT = pa.timestamp("us", "UTC")
NAMES = ("seq", "index", "event_id", "said_by", "type", "version", "recorded_at", "occurred_at", "actor", "subject")


def rows_of(facts: list[tuple[int, int, Envelope]]) -> Any:
    """Facts `(seq, index, envelope)` as a table of `events`."""
    columns: dict[str, list[Any]] = {name: [] for name in (*NAMES, "area", "cell", "flags", "data", "placed")}
    for seq, index, envelope in facts:
        placed = envelope.placed or {}
        cell = placed.get("cell")
        values = (
            *(seq, index, envelope.id, envelope.source, envelope.type, envelope.version, envelope.recorded_at),
            *(envelope.occurred_at, envelope.actor, envelope.subject, placed.get("area", "")),
            int(cell, 16) if cell else None,
            None if envelope.flags is None else encode(envelope.flags).decode(),
            encode(without_personal(envelope.data)).decode(),
            None if envelope.placed is None else encode(envelope.placed).decode(),
        )
        for column, value in zip(columns.values(), values, strict=True):
            column.append(value)
    arrays = {
        name: pa.array(values, _INSTANT) if name.endswith("_at") else pa.array(values)
        for name, values in columns.items()
    }
    return as_table("events", arrays, len(facts))


def without_personal(data: dict[str, Any]) -> dict[str, Any]:
    """The engine keeps personal fields apart; should one ever reach the log, it goes no further."""
    return {k: v for k, v in data.items() if k not in PRIVATE_FIELDS} if PRIVATE_FIELDS & data.keys() else data


def envelopes(rows: Any) -> Iterator[tuple[str, Envelope]]:
    """(log id, envelope) of rows of `events`."""
    for row in rows.to_pylist():
        yield (
            f"{row['seq']}-{row['index']}",
            Envelope(
                source=row["said_by"],
                id=row["event_id"],
                type=row["type"],
                version=row["version"],
                occurred_at=row["occurred_at"],
                recorded_at=row["recorded_at"],
                actor=row["actor"],
                subject=row["subject"],
                data=msgspec.json.decode(row["data"]),
                placed=None if row["placed"] is None else json.loads(row["placed"]),
                flags=None if row["flags"] is None else json.loads(row["flags"]),
            ),
        )


def files_between(manifest: Manifest, after: str, until: str | None = None) -> list[File]:
    """Files of `events` with entries in (after, until], in the order of the log."""
    found = [
        file
        for file in manifest.of("events")
        if order(file.last) > order(after) and (until is None or order(file.first) <= order(until))
    ]
    return sorted(found, key=lambda file: order(file.first))


def between(
    folder: Path, manifest: Manifest, after: str, until: str | None = None, until_at: datetime | None = None
) -> Iterator[tuple[str, Envelope]]:
    """Facts after one log id, up to another or up to an instant of recording (inclusive), in the log's order."""
    low, high = order(after), order(until) if until else None
    for file in files_between(manifest, after, until):
        for entry_id, envelope in envelopes(
            read(folder, [file], "events").sort_by([("seq", "ascending"), ("index", "ascending")])
        ):
            at = order(entry_id)
            if at <= low or (high is not None and at > high):
                continue
            if until_at is not None and envelope.recorded_at is not None and envelope.recorded_at > until_at:
                return
            yield entry_id, envelope
