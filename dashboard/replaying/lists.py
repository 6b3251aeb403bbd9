"""The work lists of the hotline desk at a past instant, judged by the same terms as the lists of today.

The reader's file knows only now, so the cases of the past are looked through one by one. What the archive does not
hold is not asked for: words, and who called, so nobody is known to call again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import Any

from geo.cells import cell_to_descendant_range
from hotline.cases import Case
from hotline.worklists import BASES, FOLLOW_UP, WORKLISTS, Worklist, judge, tongue_of

MOST_CASES = 200_000  # open ones and those that wait for a follow-up: some seconds to look through
UNKNOWN = frozenset({"repeat"})  # lists that ask who called
Fields = dict[str, Any]


class TooManyCases(Exception):
    """More cases than can be looked through while somebody waits; the message says how many."""


@dataclass(frozen=True)
class Lists:
    """The cases known at `at` that may stand in a list; `own` is the city's first language."""

    at: datetime
    own: str
    cases: tuple[Case, ...]

    @staticmethod
    def of(cases: Iterable[Case], at: datetime, own: str) -> Lists:
        """Raises TooManyCases."""
        found = tuple(case for case in cases if _may_stand(case))
        if len(found) > MOST_CASES:
            raise TooManyCases(f"{len(found):,} cases: work lists of the past are told up to {MOST_CASES:,}")
        return Lists(at, own, found)

    @cached_property
    def bases(self) -> dict[str, list[Fields]]:
        """What the terms may ask of the cases of each base, the oldest first; the case itself under an empty name."""
        ordered = sorted(self.cases, key=lambda case: (case.received_at, case.case_id))
        fields = [_fields(case) for case in ordered]
        by_status = {status: [one for one in fields if one["status"] == status] for status in ("open", "closed")}
        return {
            name: list(filter(judge(clauses), by_status["closed" if name == FOLLOW_UP else "open"]))
            for name, clauses in BASES.items()
        }

    def summaries(self, filters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Each list that can be known: how many stand in it, since when the oldest, and what is due next."""
        return [self._summary(worklist, filters) for name, worklist in WORKLISTS.items() if name not in UNKNOWN]

    def _summary(self, worklist: Worklist, filters: Mapping[str, Any]) -> dict[str, Any]:
        found = self._in(worklist, filters)
        due = [one[worklist.due] for one in found if one[worklist.due] is not None and one[worklist.due] >= self.at]
        oldest = found[0]["received_at"] if found else None
        return {"name": worklist.name, "n": len(found), "oldest_at": oldest, "next_due_at": min(due, default=None)}

    def rows(
        self, name: str, filters: Mapping[str, Any], sort: str, descending: bool, start: int, end: int
    ) -> tuple[list[Case], int]:
        """The cases `start` to `end` (not included) of a list in an order of the live one, and how many it has."""
        worklist = WORKLISTS[name]
        found = [] if name in UNKNOWN else self._in(worklist, filters)
        ordered = ORDERS[sort](found, worklist.due, descending)
        return [one[""] for one in ordered[start:end]], len(found)

    def _in(self, worklist: Worklist, filters: Mapping[str, Any]) -> list[Fields]:
        found = self.bases[worklist.base]
        if clauses := worklist.clauses(self.at, self.own):
            found = list(filter(judge(clauses), found))
        return list(filter(_narrowing(filters), found)) if filters else found


# All that a list's terms, filters and orders ask of a case as it stands.
_NAMES = (
    *("case_id", "status", "stage", "received_at", "target_at", "follow_up_due_at", "merged_into", "members"),
    *("situation_id", "owner", "channel", "area", "category", "grade", "cell", "language"),
)
_ASKED = attrgetter(*_NAMES)


def _fields(case: Case) -> Fields:
    found = dict(zip(_NAMES, _ASKED(case), strict=True))
    found["tongue"], found["repeated"], found[""] = tongue_of(found["language"]), 0, case
    return found


def _may_stand(case: Case) -> bool:
    if case.received_at is None:
        return False
    return case.is_open or case.follow_up_due_at is not None


def _narrowing(filters: Mapping[str, Any]) -> Callable[[Fields], bool]:
    """Whether a case meets every filter."""
    equal = {name: value for name, value in filters.items() if name not in ("cell", "language")}
    if "language" in filters:
        equal["tongue"] = tongue_of(filters["language"])
    low, high = cell_to_descendant_range(filters["cell"]) if "cell" in filters else (0, 0)

    def meets(one: Fields) -> bool:
        if high and not (one["cell"] and low <= int(one["cell"], 16) <= high):
            return False
        return all(one[name] == value for name, value in equal.items())

    return meets


# The orders of `streams.reader_lists`; fields come by time of receipt, and sorting keeps that among equals.


def _by_due(found: list[Fields], due: str, descending: bool) -> list[Fields]:
    """What has no deadline comes last in either direction."""
    way = found[::-1] if descending else found
    known = sorted((one for one in way if one[due] is not None), key=lambda one: one[due], reverse=descending)
    return [*known, *(one for one in way if one[due] is None)]


def _by_receipt(found: list[Fields], due: str, descending: bool) -> list[Fields]:
    return found[::-1] if descending else found


def _by_age(found: list[Fields], due: str, descending: bool) -> list[Fields]:
    """The oldest was received first."""
    return _by_receipt(found, due, not descending)


def _by_grade(found: list[Fields], due: str, descending: bool) -> list[Fields]:
    """What has no grade comes last; within a grade what is due first, whatever the direction."""
    inner = _by_due(found, due, descending=False)
    graded = sorted({one["grade"] for one in found if one["grade"]}, reverse=descending)
    return [one for grade in (*graded, "") for one in inner if (one["grade"] or "") == grade]


Order = Callable[[list[Fields], str, bool], list[Fields]]
ORDERS: Mapping[str, Order] = {"due": _by_due, "received": _by_receipt, "age": _by_age, "grade": _by_grade}
