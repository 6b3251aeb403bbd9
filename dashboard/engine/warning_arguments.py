"""What people send with the verbs of early warnings: shapes and sizes."""

from __future__ import annotations

from dashboard.engine.arguments import Arguments, Id, Line, Why, Words


class OfWarning(Arguments, frozen=True, kw_only=True):
    warning_id: Id


class DismissWarning(OfWarning, frozen=True, kw_only=True):
    reason: Why


class WarningCase(OfWarning, frozen=True, kw_only=True):
    """`category` is needed where the warning rests on words of no category; `text` says what is to be looked at."""

    category: Line = ""
    grade: Line = ""
    text: Words = ""


class WarningSituation(OfWarning, frozen=True, kw_only=True):
    """`title` is made of category and area when absent."""

    title: Line = ""
    reason: Words = ""
