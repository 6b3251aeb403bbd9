"""The cases whose deadline lies in a period, from the reader's file: what rates and rankings are counted from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from streams.reader import Reader
from streams.reader_schema import to_microseconds

_DUE = (
    "SELECT d.doc FROM cases AS r JOIN cases_docs AS d ON d.place = r.place WHERE r.target_at >= ? AND r.target_at < ?"
)


@contextmanager
def cases_due(reader: Reader, since: datetime, until: datetime) -> Iterator[tuple[Iterator[bytes], int]]:
    """(documents as JSON, in no order, one at a time; the seq as of which they are so) with since <= deadline < until.

    A month of a large city is two million rows: they are walked, never held. Raises NotReady.
    """
    with reader._snapshot() as (db, seq):
        rows = db.execute(_DUE, (to_microseconds(since), to_microseconds(until)))
        yield (bytes(doc) for (doc,) in rows), seq
