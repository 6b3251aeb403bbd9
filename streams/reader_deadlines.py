"""Cases with a deadline, open or closed, from the reader's file: what handling times are learnt from."""

from __future__ import annotations

from streams.reader import Reader

_NEWEST = (
    "SELECT d.doc FROM cases AS r JOIN cases_docs AS d ON d.place = r.place"
    " WHERE r.target_at IS NOT NULL ORDER BY r.place DESC LIMIT ?"
)


def newest_with_deadline(reader: Reader, most: int) -> tuple[list[bytes], int]:
    """(documents as JSON, those received last first; the seq as of which they are so). Raises NotReady."""
    with reader._snapshot() as (db, seq):
        return [bytes(doc) for (doc,) in db.execute(_NEWEST, (most,))], seq
