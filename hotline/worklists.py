"""The work lists of the hotline desk: which cases stand in each, said once, for the lists, their counts and the tests.

A list is a base (open cases, closed ones that wait for their follow-up, or some of either that the reader keeps at
hand) and what else must hold now: clauses, all of them. A clause is a tuple of terms, one of which must hold. A term
is (field, operator, value); comparing with what is not known (None) never holds. The reader's SQL is made of the same
terms that `stands_in` judges a document by.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from hotline.cases import DUE_SOON, Case

Term: TypeAlias = tuple[str, str, Any]
Clause: TypeAlias = tuple[Term, ...]
Clauses: TypeAlias = tuple[Clause, ...]
Judge: TypeAlias = Callable[[Mapping[str, Any]], bool]

REPEAT_CASES = 3  # of one caller, among those that the lists hold: from then on each of them is a repeat caller's
ENTERPRISE, FOREIGN = "enterprise", "foreign"  # channels
OPEN, FOLLOW_UP = "open", "follow_up"  # bases
_IS_OPEN: Clause = (("status", "=", "open"),)
BASES: Mapping[str, Clauses] = {
    OPEN: (_IS_OPEN,),
    FOLLOW_UP: (
        (("stage", "=", "closed"),),  # not followed up since
        (("merged_into", "=", ""),),  # its lead's caller is asked
        (("follow_up_due_at", "is not", None),),
        (("received_at", "is not", None),),
    ),
    "unassigned": (_IS_OPEN, (("owner", "=", ""),)),
    "returns": (_IS_OPEN, (("stage", "=", "return_asked"),)),
    "similar": (_IS_OPEN, (("situation_id", "!=", ""), ("members", ">", 0))),
    "repeat": (_IS_OPEN, (("repeated", "=", 1),)),
    "enterprise": (_IS_OPEN, (("channel", "=", ENTERPRISE),)),
}


@dataclass(frozen=True)
class Worklist:
    """One list. `clauses(now, own)`: what holds of its cases beside the base, `own` being the city's first language."""

    name: str
    base: str
    clauses: Callable[[datetime, str], Clauses]

    @property
    def due(self) -> str:
        """The field that says by when something must be done."""
        return "follow_up_due_at" if self.base == FOLLOW_UP else "target_at"


def _whole(now: datetime, own: str) -> Clauses:
    """All of the base."""
    return ()


def _overdue(now: datetime, own: str) -> Clauses:
    return ((("target_at", "<", now),),)


def _due_soon(now: datetime, own: str) -> Clauses:
    return ((("target_at", ">=", now),), (("target_at", "<=", now + DUE_SOON),))


def _foreign(now: datetime, own: str) -> Clauses:
    return ((("channel", "=", FOREIGN), ("tongue", "not in", ("", own))),)


_LISTS = (
    Worklist("unassigned", "unassigned", _whole),
    Worklist("overdue", OPEN, _overdue),
    Worklist("due_soon", OPEN, _due_soon),
    Worklist("returns", "returns", _whole),
    Worklist("follow_ups", FOLLOW_UP, _whole),
    Worklist("similar", "similar", _whole),
    Worklist("repeat", "repeat", _whole),
    Worklist("foreign", OPEN, _foreign),
    Worklist("enterprise", "enterprise", _whole),
    Worklist("open", OPEN, _whole),
)
WORKLISTS: Mapping[str, Worklist] = {one.name: one for one in _LISTS}

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "not in": lambda value, values: value not in values,
}


def tongue_of(language: str) -> str:
    """The main language of a BCP 47 tag, in lower case: `zh` of `zh-Hans-CN`; empty when none is known."""
    return language.replace("_", "-").partition("-")[0].strip().lower()


def fields_of(case: Case, repeated: bool = False) -> dict[str, Any]:
    """What the terms may ask of a case. `repeated`: its caller has `REPEAT_CASES` or more cases."""
    named = {name: getattr(case, name) for name in case.__struct_fields__}
    derived = {"status": case.status, "stage": case.stage, "tongue": tongue_of(case.language)}
    return named | derived | {"repeated": int(repeated)}


def holds(clauses: Clauses, fields: Mapping[str, Any]) -> bool:
    """Whether every clause has a term that is true of these fields."""
    return judge(clauses)(fields)


def judge(clauses: Clauses) -> Judge:
    """`holds`, put together once for as many cases as one likes."""
    judges = [_either(clause) for clause in clauses]

    def is_met(fields: Mapping[str, Any]) -> bool:
        return all(one(fields) for one in judges)

    return judges[0] if len(judges) == 1 else is_met


def _either(clause: Clause) -> Judge:
    judges = [_truth(*term) for term in clause]
    return judges[0] if len(judges) == 1 else lambda fields: any(one(fields) for one in judges)


def _truth(field: str, how: str, wanted: Any) -> Judge:
    """Whether one term is true."""
    if how in ("is", "is not"):
        return lambda fields: (fields.get(field) is None) == (how == "is")
    compare = _OPERATORS[how]

    def is_true(fields: Mapping[str, Any]) -> bool:
        value = fields.get(field)
        return value is not None and compare(value, wanted)

    return is_true


def stands_in(name: str, case: Case, now: datetime, own: str = "en", repeated: bool = False) -> bool:
    """Whether a case stands in the list `name` at `now`. Raises KeyError for a list that does not exist."""
    worklist = WORKLISTS[name]
    fields = fields_of(case, repeated)
    return holds(BASES[worklist.base], fields) and holds(worklist.clauses(now, own), fields)
