"""Files that were written before a table got its newest columns are read with the others: those columns are null."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from dashboard.archive_rows import case_values, table_of
from hotline.cases import Case
from streams.archive.files import Part, path_of, write_parts
from streams.archive.manifest import File, change
from streams.archive.view import Archive

AT = datetime(2026, 3, 4, 17, tzinfo=UTC)
NEW = ("owned_at", "first_contacted_at", "labels")


def _write(folder: Path, case_id: str, day: str, *, is_old: bool) -> File:
    case = Case(case_id=case_id, received_at=AT, owned_at=AT)
    rows = table_of("cases", [(*case_values(case_id, case), False, 1)])
    (file,) = write_parts(folder, [Part("cases", day, f"log-{case_id}", rows)])
    if is_old:
        path = folder / path_of("cases", day, f"log-{case_id}")
        pq.write_table(pq.read_table(path, partitioning=None).drop_columns(list(NEW)), path, store_schema=False)
        file = msgspec.structs.replace(file, columns=1)
    return file


@pytest.mark.parametrize("old", [("a",), ("b",), ("a", "b"), ()])
def test_older_files_are_read_beside_newer_ones(tmp_path: Path, old: tuple[str, ...]) -> None:
    files = [_write(tmp_path, name, f"2026-03-0{n}", is_old=name in old) for n, name in enumerate("ab", start=3)]
    change(tmp_path, "boston", "America/New_York", lambda manifest: manifest.changed(files))
    with Archive(tmp_path).view() as view:
        rows: list[dict[str, Any]] = view.rows(f"SELECT case_id, owned_at, day FROM {view.table('cases')} ORDER BY 1")
        assert {row["case_id"]: row["owned_at"] for row in rows} == {name: None if name in old else AT for name in "ab"}
        assert [f"{row['day']}" for row in rows] == ["2026-03-03", "2026-03-04"]


def test_a_manifest_of_before_has_files_of_the_first_columns(tmp_path: Path) -> None:
    file = _write(tmp_path, "a", "2026-03-03", is_old=False)
    told = msgspec.to_builtins(file)
    assert told.pop("columns") == 2
    assert msgspec.convert(told, File).columns == 1
