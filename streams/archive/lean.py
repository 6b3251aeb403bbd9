"""Imported cases while they are sorted: only what differs between them; the rest is added as files are written.

A lean row has the id, the words (dictionary-encoded), the place, and three times in microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from streams.archive.case_columns import as_table
from streams.archive.schema import DIMENSIONS
from streams.archive.zones import utc_to_days

WORDS = ("kind", "category", "subcategory", "channel", "language", "grade", "area")
_EMPTY = ("owner", "merged_into", "situation_id", "incident_id")
_NONE_YET = ("reopened", "returned", "regraded")
_STAMP = pa.timestamp("us", "UTC")


class Day(NamedTuple):
    """Sorted lean rows of one local day (since 1970); `closing` says of each event row which of the two it is."""

    day: int
    rows: Any
    closing: Any = None


def joined(batches: list[Any]) -> Any:
    """Lean tables as one, with one dictionary a column."""
    return pa.concat_tables(batches).unify_dictionaries().combine_chunks()


def once(rows: Any) -> Any:
    """One row a case: the first in the file, with the first closing that any of its rows tells."""
    ids = rows["case_id"].combine_chunks().dictionary_encode()
    if len(ids.dictionary) == rows.num_rows:
        return rows
    codes, closed = np.asarray(ids.indices), rows["closed_at"].combine_chunks()
    has = np.asarray(pc.is_valid(closed))
    _, first = np.unique(codes, return_index=True)
    with_closing = np.flatnonzero(has)
    told, at = np.unique(codes[with_closing], return_index=True)
    source = np.full(len(ids.dictionary), -1)
    source[told] = with_closing[at]
    closing = source[codes]
    column = pa.array(np.asarray(closed.fill_null(0))[np.maximum(closing, 0)], mask=closing < 0)
    place = rows.column_names.index("closed_at")
    return rows.set_column(place, "closed_at", column).take(pa.array(np.sort(first)))


def by_receipt(rows: Any, zone: str) -> Iterator[Day]:
    """Rows by local day of receipt, inside a day by cell and time."""
    received = _micros(rows["received_at"])
    days = utc_to_days(received, zone)
    order = np.lexsort((received, _cells(rows), days))
    yield from _cut(rows, days, order)


def by_event(rows: Any, zone: str) -> Iterator[Day]:
    """Receipts and closings by local day, inside a day by cell and time."""
    received, closed = _micros(rows["received_at"]), _micros(rows["closed_at"])
    closings = np.flatnonzero(np.asarray(pc.is_valid(rows["closed_at"].combine_chunks())))
    places = np.concatenate([np.arange(rows.num_rows), closings])
    at = np.concatenate([received, closed[closings]])
    is_closing = np.concatenate([np.zeros(rows.num_rows, bool), np.ones(len(closings), bool)])
    days = utc_to_days(at, zone)
    order = np.lexsort((is_closing, at, _cells(rows)[places], days))
    yield from _cut(rows, days, order, places, is_closing)


def _cut(rows: Any, days: Any, order: Any, places: Any = None, closing: Any = None) -> Iterator[Day]:
    days = days[order]
    if not len(days):
        return
    starts = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist()]
    for start, end in zip(starts, [*starts[1:], len(days)], strict=True):
        chosen = order[start:end]
        taken = rows.take(pa.array(chosen if places is None else places[chosen]))
        yield Day(int(days[start]), taken, None if closing is None else closing[chosen])


def as_cases(rows: Any, source: str) -> Any:
    """Lean rows as `cases`."""
    n, closed = rows.num_rows, rows["closed_at"]
    columns = _case(rows, source) | {
        "closed_at": closed.cast(_STAMP),
        "is_open": pc.is_null(closed),
        "stage": pc.if_else(pc.is_null(closed), "received", "closed"),
        "is_revised": pa.repeat(pa.scalar(False), n),
        "seq": pa.repeat(pa.scalar(0), n),
    }
    return as_table("cases", columns, n)


def as_events(rows: Any, closing: Any, source: str) -> Any:
    """Lean rows as `case_events`: a receipt with the case as it stood then, or a closing."""
    n, is_closing = rows.num_rows, pa.array(closing)
    closed = pc.if_else(is_closing, rows["closed_at"], pa.scalar(None, pa.int64()))
    at = pc.if_else(is_closing, rows["closed_at"], rows["received_at"]).cast(_STAMP)
    what = pa.DictionaryArray.from_arrays(pa.array(closing.astype(np.int32)), ["received", "closed"])
    kinds = pa.DictionaryArray.from_arrays(what.indices, ["case.received", "case.closed"])
    columns = _case(rows, source) | {
        "closed_at": closed.cast(_STAMP),
        "is_open": pc.invert(is_closing),
        "stage": what,
        "seq": pa.repeat(pa.scalar(0), n),
        "index": pa.array(closing.astype(np.int64)),
        "event_id": pc.binary_join_element_wise(rows["case_id"], what.cast(pa.string()), ":"),
        "said_by": _same(source, n),
        "type": kinds,
        "version": pa.repeat(pa.scalar(1), n),
        "recorded_at": at,
        "occurred_at": at,
        "actor": _same("", n),
        "is_change": pa.repeat(pa.scalar(True), n),
        "was_open": is_closing,
        "was_target_at": pc.if_else(is_closing, rows["target_at"], pa.scalar(None, pa.int64())).cast(_STAMP),
        "reason": _same("", n),
        **{f"was_{name}": _where(rows[name], closing) for name in DIMENSIONS},
    }
    return as_table("case_events", columns, n)


def _case(rows: Any, source: str) -> dict[str, Any]:
    n, received = rows.num_rows, rows["received_at"].cast(_STAMP)
    return {
        "case_id": rows["case_id"],
        **{name: rows[name] for name in (*WORDS, "lat", "lng", "cell")},
        "source": _same(source, n),
        "happened_at": received,
        "received_at": received,
        "target_at": rows["target_at"].cast(_STAMP),
        "contacted": pa.repeat(pa.scalar(False), n),
        **{name: _same("", n) for name in _EMPTY},
        **{name: pa.repeat(pa.scalar(0), n) for name in _NONE_YET},
    }


def _where(column: Any, chosen: Any) -> Any:
    """A dictionary column, null where not chosen."""
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    codes = np.asarray(column.indices)
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=~chosen), column.dictionary)


def _same(text: str, n: int) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), [text])


def _micros(column: Any) -> Any:
    return np.asarray(column.combine_chunks().fill_null(0))


def _cells(rows: Any) -> Any:
    return np.asarray(rows["cell"].combine_chunks().fill_null(0))
