"""Checkpoints: the city's documents at one instant, so that any later second is a short fold away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from streams.archive.files import Part, damage, read
from streams.archive.manifest import START, File, Manifest
from streams.archive.schema import TABLES

GRID, POSITION = "grid", "position"


@dataclass(frozen=True)
class Checkpoint:
    """What was committed after the log's entry `after`; `at` is the city's time then.

    `documents` hold JSON by noun (the hash they stand in) and id; among them every case, incident, call and alert that
    the archive still follows, also closed ones that left the engine's memory. `position` is the engine's; one without
    it begins the files, but no replay can go on from it.
    """

    after: str
    at: datetime
    documents: Mapping[str, Mapping[str, bytes]]
    grid: tuple[str, ...] = ()
    position: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def seq(self) -> int:
        return int(self.after.partition("-")[0])

    @property
    def is_whole(self) -> bool:
        """Whether the engine's memory can be made of it."""
        return bool(self.position)


def part_of(checkpoint: Checkpoint, day: str) -> Part:
    """The checkpoint as rows to be written."""
    hashes = {
        **checkpoint.documents,
        GRID: {str(n): cell.encode() for n, cell in enumerate(checkpoint.grid)},
        POSITION: checkpoint.position,
    }
    rows = [(noun, key, value) for noun, held in sorted(hashes.items()) for key, value in held.items()]
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    schema = TABLES["checkpoints"].arrow
    arrays = [pa.array(column, item.type) for column, item in zip(columns, schema, strict=True)]
    table = pa.Table.from_arrays(arrays, schema=schema)
    name, is_whole = f"log-{checkpoint.after}", checkpoint.is_whole
    return Part("checkpoints", day, name, table, last=checkpoint.after, at=checkpoint.at, whole=is_whole)


def newest(manifest: Manifest, *, until: datetime | None = None, after: str | None = None) -> list[File]:
    """Checkpoints, the newest first: taken at or before an instant, or after no later entry than `after`."""
    found = [
        file
        for file in manifest.of("checkpoints")
        if (until is None or (file.at is not None and file.at <= until))
        and (after is None or order(file.last) <= order(after))
    ]
    return sorted(found, key=lambda file: order(file.last), reverse=True)


def load(
    folder: Path, manifest: Manifest, *, until: datetime | None = None, after: str | None = None
) -> Checkpoint | None:
    """The newest checkpoint of those that can be read; None where there is none."""
    for file in newest(manifest, until=until, after=after):
        if not damage(folder, file):
            return _loaded(folder, file)
    return None


def _loaded(folder: Path, file: File) -> Checkpoint:
    rows = read(folder, [file], "checkpoints")
    documents: dict[str, dict[str, bytes]] = {}
    columns = (rows[name].to_pylist() for name in ("noun", "key", "value"))
    for noun, key, value in zip(*columns, strict=True):
        documents.setdefault(noun, {})[key] = value
    grid = documents.pop(GRID, {})
    position = documents.pop(POSITION, {})
    assert file.at is not None, "a checkpoint says when it was taken"
    cells = tuple(grid[str(n)].decode() for n in range(len(grid)))
    return Checkpoint(file.last or START, file.at, documents, cells, position)


def order(entry_id: str) -> tuple[int, int]:
    """Log ids in their order."""
    seq, _, index = (entry_id or START).partition("-")
    return int(seq), int(index or 0)


def as_json(documents: Mapping[str, Any], encode: Any) -> dict[str, bytes]:
    """Documents by id as JSON."""
    return {key: encode(document) for key, document in documents.items()}
