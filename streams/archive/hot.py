"""Hot and cold as one: the reader's rows of what changed lately, the archive's of everything before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from geo.cells import cell_to_descendant_range
from streams.archive.manifest import BadArchive
from streams.archive.query import Row
from streams.archive.schema import CASE_COLUMNS
from streams.archive.view import Archive
from streams.reader import NotReady, Reader
from streams.reader_schema import CASES

MOST = 500
SAME = ("category", "channel", "area", "kind")  # columns that both sides filter by alike


@dataclass(frozen=True)
class Listed:
    """Cases, newest first. `before` continues the list; `hot` of them came from the reader, as of its `seq`."""

    rows: list[Row]
    before: tuple[datetime, str] | None
    hot: int
    seq: int


@dataclass(frozen=True)
class HotAndCold:
    """Questions about cases of any age. Every method may block: run it in the thread pool.

    The reader has every open case and those closed lately, as of this second; the archive has all, as of its last
    file. Where both have a case the reader's row counts, whatever the archive says of it.
    """

    reader: Reader | None
    archive: Archive

    def cases(self, filters: Mapping[str, Any], limit: int = 50, before: tuple[datetime, str] | None = None) -> Listed:
        """Cases that meet `filters` (`SAME`, `status` open or closed, `cell`, `received_from`, `received_to`).

        Newest receipt first; `before` is what the page before ended with.
        """
        limit = min(max(limit, 1), MOST)
        hot, seq = self._hot(filters, limit, before)
        cold = self._cold(filters, limit, before)
        known = {row["case_id"] for row in hot}
        fresh = self._in_reader([row["case_id"] for row in cold if row["case_id"] not in known])
        merged = hot + [row for row in cold if row["case_id"] not in known and row["case_id"] not in fresh]
        merged.sort(key=lambda row: (row["received_at"], row["case_id"]), reverse=True)
        page = merged[:limit]
        more = len(hot) >= limit or len(cold) >= limit or len(merged) > limit
        last = (page[-1]["received_at"], page[-1]["case_id"]) if page and more else None
        if not page and more and cold:
            last = cold[-1]["received_at"], cold[-1]["case_id"]
        return Listed(page, last, sum(row["case_id"] in known for row in page), seq)

    def _hot(
        self, filters: Mapping[str, Any], limit: int, before: tuple[datetime, str] | None
    ) -> tuple[list[Row], int]:
        if self.reader is None:
            return [], 0
        wanted = {name: value for name, value in filters.items() if value not in (None, "")}
        if before is not None:
            edge = before[0] + timedelta(microseconds=1)
            wanted["received_to"] = min(edge, wanted.get("received_to") or edge)
        try:
            page = self.reader.list_cases(wanted, limit + 1)
        except NotReady:
            return [], 0
        rows = [_row(msgspec.json.decode(doc)) for doc in page.docs]
        return [row for row in rows if before is None or (row["received_at"], row["case_id"]) < before], page.seq

    def _in_reader(self, ids: list[str]) -> set[str]:
        """Which of the cases the reader has: its row, shown or filtered out, is the newer one."""
        if self.reader is None or not ids:
            return set()
        found = set()
        for case_id in ids:
            try:
                document, _ = self.reader.document(CASES, case_id)
            except NotReady:
                return set()
            if document is not None:
                found.add(case_id)
        return found

    def _cold(self, filters: Mapping[str, Any], limit: int, before: tuple[datetime, str] | None) -> list[Row]:
        conditions, values = ["received_at IS NOT NULL"], []
        for name, value in filters.items():
            if value in (None, ""):
                continue
            condition, some = _condition(name, value)
            conditions.append(condition)
            values += some
        if before is not None:
            conditions.append("(received_at < ? OR (received_at = ? AND case_id < ?))")
            values += [before[0], before[0], before[1]]
        try:
            with self.archive.view() as view:
                names = ", ".join(CASE_COLUMNS)
                return view.rows(
                    f"SELECT {names} FROM {view.table('cases')} WHERE {' AND '.join(conditions)}"
                    f" ORDER BY received_at DESC, case_id DESC LIMIT {limit + 1}",
                    values,
                )
        except BadArchive:
            return []


def _condition(name: str, value: Any) -> tuple[str, list[Any]]:
    if name in SAME:
        return f"{name} = ?", [value]
    if name == "status":
        return ("is_open" if value == "open" else "NOT is_open"), []
    if name == "cell":
        return "cell BETWEEN ? AND ?", list(cell_to_descendant_range(value))
    if name == "received_from":
        return "received_at >= ?", [value]
    if name == "received_to":
        return "received_at < ?", [value]
    raise ValueError(f"{name}: no filter that hot and cold share")


_TIMES = tuple(name for name in CASE_COLUMNS if name.endswith("_at"))


def _row(document: Mapping[str, Any]) -> Row:
    """A case's document in the archive's columns."""
    row: Row = {name: document.get(name) for name in CASE_COLUMNS}
    row["happened_at"] = document.get("occurred_at")
    row["labels"] = ",".join(label["flag"] for label in document.get("labels", ())) or None
    row["cell"] = int(document["cell"], 16) if document.get("cell") else None
    for name in _TIMES:
        if isinstance(row[name], str):
            row[name] = datetime.fromisoformat(row[name])
    row["is_open"] = row["received_at"] is not None and row["closed_at"] is None and not document.get("merged_into")
    for name in ("kind", "category", "channel"):
        row[name] = row[name] or {"kind": "complaint", "category": "other", "channel": "unknown"}[name]
    for name in ("subcategory", "language", "grade", "area", "owner", "source", "merged_into", "situation_id"):
        row[name] = row[name] or ""
    return row
