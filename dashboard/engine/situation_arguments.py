"""What people send with the verbs of situations and known matters: shapes and sizes."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from dashboard.engine.arguments import Arguments, Id, Instant, Line, Priority, Why, Words

MOST_CASES = 100
CaseIds = Annotated[list[Id], Meta(min_length=1, max_length=MOST_CASES)]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Tag = Annotated[str, Meta(min_length=2, max_length=20)]


class OpenSituation(Arguments, frozen=True, kw_only=True):
    """`situation_id` is made here when absent; without `category` it is the one most of the cases have."""

    situation_id: Line = ""
    title: Title
    category: Line = ""
    case_ids: CaseIds
    reason: Words = ""


class OfSituation(Arguments, frozen=True, kw_only=True):
    situation_id: Id


class ChangeSituation(OfSituation, frozen=True, kw_only=True):
    case_ids: CaseIds
    reason: Words = ""


class DeclineSituation(OfSituation, frozen=True, kw_only=True):
    reason: Why


class PromoteSituation(OfSituation, frozen=True, kw_only=True):
    """With `incident_id` its cases join that open incident; else `kind` says what the new one is."""

    kind: Line = ""
    priority: Priority = 2
    agency: Line = ""
    incident_id: Line = ""


class CloseSituation(OfSituation, frozen=True, kw_only=True):
    reason: Words = ""


class MergeSituations(OfSituation, frozen=True, kw_only=True):
    into: Id
    reason: Words = ""


class SplitSituation(OfSituation, frozen=True, kw_only=True):
    reason: Words = ""


class PublishMatter(Arguments, frozen=True, kw_only=True):
    """`matter_id` is made here when absent; given again, what it says is replaced."""

    matter_id: Line = ""
    what: Title
    category: Line = ""
    areas: Annotated[list[Line], Meta(max_length=400)] = msgspec.field(default_factory=list)
    cells: Annotated[list[Line], Meta(max_length=400)] = msgspec.field(default_factory=list)
    until: Instant
    scripts: Annotated[dict[Tag, Words], Meta(max_length=20)] = msgspec.field(default_factory=dict)
    case_id: Line = ""


class WithdrawMatter(Arguments, frozen=True, kw_only=True):
    matter_id: Id
    reason: Words = ""
