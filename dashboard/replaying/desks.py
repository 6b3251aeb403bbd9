"""What a desk asks of a past instant besides its picture: work lists and their rows, one case, its story, one incident.

The answers have the shape of the live API's. Personal fields are under `private` in Redis, not in the archive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dashboard.api.history import fact_told, story_of
from dashboard.api.lists import shown
from dashboard.replaying.lists import Lists
from dashboard.replaying.past import NotKnown, Past
from hotline.cases import Case
from streams.archive import facts
from streams.archive.checkpoints import order
from streams.archive.view import Archive, View, source


@dataclass
class Desks:
    """Answers from one past after the other; the lists of the last one are kept, for a desk asks for many at once."""

    archive: Archive
    own_language: str
    _lists: Lists | None = field(default=None, repr=False)

    def told(self, past: Past, what: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one of `QUESTIONS`. Raises NotKnown and TooManyCases."""
        return QUESTIONS[what](self, past, asked)

    def lists(self, past: Past) -> Lists:
        if self._lists is None or self._lists.at != past.at:
            self._lists = Lists.of(past.documents("case").values(), past.at, self.own_language)
        return self._lists


def _worklists(desks: Desks, past: Past, asked: Mapping[str, Any]) -> dict[str, Any]:
    return {"lists": desks.lists(past).summaries(asked), "at": past.at, "seq": past.seq}


def _rows(desks: Desks, past: Past, asked: Mapping[str, Any]) -> dict[str, Any]:
    filters = dict(asked)
    start, end = filters.pop("start", 0), filters.pop("end", 100)
    name, sort = filters.pop("list", "open"), filters.pop("sort", "due")
    descending = filters.pop("order", "asc") == "desc"
    cases, total = desks.lists(past).rows(name, filters, sort, descending, start, end)
    return {"rows": [shown(case) | {"repeated": False} for case in cases], "total": total, "seq": past.seq}


def _one(entity: str) -> Callable[[Desks, Past, Mapping[str, Any]], dict[str, Any]]:
    def told(desks: Desks, past: Past, asked: Mapping[str, Any]) -> dict[str, Any]:
        return shown(_document(past, entity, asked["id"])) | {"seq": past.seq}

    return told


def _document(past: Past, entity: str, subject_id: str) -> Any:
    document = past.documents(entity).get(subject_id)
    if document is None:
        raise NotKnown(f"no {entity} {subject_id[:200]!r} was known then")
    return document


def _history(desks: Desks, past: Past, asked: Mapping[str, Any]) -> dict[str, Any]:
    case = _document(past, "case", asked["id"])
    with desks.archive.view() as view:
        found = [fact_told(envelope, case) for envelope in _facts(view, case, past)]
    return story_of(case, [fact for fact in found if fact is not None], past.seq)


def _facts(view: View, case: Case, past: Past) -> list[Any]:
    """What the archive holds of the commits that the document names, as far as that instant knew them."""
    seqs = [seq for seq in case.seqs if seq <= past.seq]
    files = [file for file in view.manifest.of("events") if _holds_any(file, seqs)]
    mark = msgspec.json.encode(case.case_id).decode()
    sql = (
        f"SELECT * FROM {source(view.folder, files, 'events')} WHERE list_contains(?, seq)"
        " AND (subject = ? OR contains(data, ?)) ORDER BY seq, index"
    )
    rows = view.arrow(sql, [seqs, f"case:{case.case_id}", mark])
    return [envelope for entry_id, envelope in facts.envelopes(rows) if order(entry_id) <= order(past.after)]


def _holds_any(file: Any, seqs: list[int]) -> bool:
    return any(order(file.first)[0] <= seq <= order(file.last)[0] for seq in seqs)


Question = Callable[[Desks, Past, Mapping[str, Any]], dict[str, Any]]
QUESTIONS: Mapping[str, Question] = {
    "worklists": _worklists,
    "rows": _rows,
    "case": _one("case"),
    "history": _history,
    "incident": _one("incident"),
}
