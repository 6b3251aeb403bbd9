"""What people send with the verbs of the hotline desk: shapes and sizes, the same at the door and in the engine."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from dashboard.engine.arguments import Arguments, Id, Instant, Line, Why, Words

Supporters = Annotated[tuple[Id, ...], Meta(max_length=20)]
Satisfied = Annotated[int, Meta(ge=1, le=5)]


class OfCase(Arguments, frozen=True, kw_only=True):
    case_id: Id


class DispatchCase(OfCase, frozen=True, kw_only=True):
    owner: Id
    supporters: Supporters = ()
    reason: Words = ""


class AskReturn(OfCase, frozen=True, kw_only=True):
    code: Id
    reason: Why


class ReviewReturn(OfCase, frozen=True, kw_only=True):
    """With `owner` a granted return is passed on at once."""

    granted: bool
    reason: Words = ""
    owner: Line = ""
    supporters: Supporters = ()


class ContactCase(OfCase, frozen=True, kw_only=True):
    by: Line = ""


class HandleCase(OfCase, frozen=True, kw_only=True):
    result: Why


class AnswerCase(OfCase, frozen=True, kw_only=True):
    answer: Annotated[str, Meta(min_length=1, max_length=8_000)]
    language: Line = ""


class CloseCase(OfCase, frozen=True, kw_only=True):
    reason: Words = ""


class ReopenCase(OfCase, frozen=True, kw_only=True):
    reason: Why


class FollowUp(OfCase, frozen=True, kw_only=True):
    """What is not said stays open: None."""

    contacted: bool
    resolved: bool | None = None
    satisfied: Satisfied | None = None


class RegradeCase(OfCase, frozen=True, kw_only=True):
    grade: Id
    reason: Why


class PauseCase(OfCase, frozen=True, kw_only=True):
    reason: Id
    until: Instant


class NoteCase(OfCase, frozen=True, kw_only=True):
    text: Why


class MergeCases(OfCase, frozen=True, kw_only=True):
    into: Id
    reason: Words = ""


class UnmergeCase(OfCase, frozen=True, kw_only=True):
    reason: Words = ""


class FlagCase(OfCase, frozen=True, kw_only=True):
    flag: Id
    until: Instant
    reason: Why


class UnflagCase(OfCase, frozen=True, kw_only=True):
    flag: Id
    reason: Words = ""
