"""The first cases of a stock in an order, without looking through all years: files are read in the order of what they
can hold, until nothing that is left can come before what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from streams.archive.manifest import File
from streams.archive.query import Row, has_log, plain_open_sql, revised_open_sql
from streams.archive.view import EVERYTHING, View, Where, bounds_of, source

FIRST_ROWS = 200_000  # of the files looked through at first; each further step takes twice as many
MOST_STEPPED = 20_000  # whoever looks further down a list asks all files at once
STANDING = {"open": "true", "deadline": "target_at IS NOT NULL", "overdue": "target_at < ?"}
WAITING = {"open": "oldest", "overdue": "due"}  # the order of those that wait longest
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Order:
    """By which column, and the bound that no case of a file comes before in that direction, if it has any to show."""

    column: str
    bound: Callable[[File, str], datetime | None]
    descending: bool = False

    @property
    def sql(self) -> str:
        return f"{self.column}{' DESC' if self.descending else ''}, case_id"

    def key(self, at: datetime) -> timedelta:
        return _EPOCH - at if self.descending else at - _EPOCH

    def place(self, row: Row) -> tuple[timedelta, str]:
        return self.key(row[self.column]), row["case_id"]


def _received_from(file: File, zone: str) -> datetime:
    return bounds_of(date.fromisoformat(file.day), zone)[0]


def _received_until(file: File, zone: str) -> datetime:
    return bounds_of(date.fromisoformat(file.day), zone)[1]


def _due_from(file: File, zone: str) -> datetime | None:
    return None if file.due_low is None else _EPOCH + timedelta(microseconds=file.due_low)


ORDERED = {
    "newest": Order("received_at", _received_until, descending=True),
    "oldest": Order("received_at", _received_from),
    "due": Order("target_at", _due_from),
}


def is_stepped(figure: str, order: str, most: int) -> bool:
    """Whether `first_standing` knows the figure in that order; cases without a deadline have no place in that of it."""
    has_place = order != "due" or figure != "open"
    return figure in STANDING and order in ORDERED and has_place and 0 < most <= MOST_STEPPED


def first_standing(
    view: View, figure: str, at: datetime, where: Where = EVERYTHING, order: str = "newest", most: int = 10
) -> list[Row]:
    """The first `most` cases that `figure` (of `STANDING`) counts just before `at`, in an order of `ORDERED`; equal
    ones by id. The first rows of `lists.cases_behind` in that order.
    """
    by = ORDERED[order]
    found = _asked(view, revised_open_sql(view, at), figure, by, at, where, most) if has_log(view) else []
    for bound, files in _steps(view, figure, by, at):
        if len(found) == most and by.key(found[-1][by.column]) < by.key(bound):
            break
        asked = plain_open_sql(view, at, source(view.folder, files, "cases"))
        found += _asked(view, asked, figure, by, at, where, most)
        found = sorted(found, key=by.place)[:most]
    return found


def longest_waiting(view: View, figure: str, at: datetime, where: Where = EVERYTHING, most: int = 10) -> list[Row]:
    """The `most` cases open just before `at` that wait longest: `open` since their receipt, `overdue` since their
    deadline; equal ones by id.
    """
    return first_standing(view, figure, at, where, WAITING[figure], most)


def _steps(view: View, figure: str, by: Order, at: datetime) -> Iterator[tuple[datetime, list[File]]]:
    """Files that may hold somebody, in the order of the first they can hold, in steps that double."""
    hopeful = [
        (bound, file)
        for file in view.manifest.of("cases")
        if (bound := by.bound(file, view.zone)) is not None
        and _received_from(file, view.zone) < at
        and (figure != "overdue" or by.column != "target_at" or bound < at)
    ]
    step: list[File] = []
    first, rows, enough = at, 0, FIRST_ROWS
    for bound, file in sorted(hopeful, key=lambda pair: by.key(pair[0])):
        first = first if step else bound
        step.append(file)
        rows += file.rows
        if rows >= enough:
            yield first, step
            step, rows, enough = [], 0, 2 * enough
    if step:
        yield first, step


def _asked(
    view: View, asked: tuple[str, list[Any]], figure: str, by: Order, at: datetime, where: Where, most: int
) -> list[Row]:
    sql, values = asked
    condition, filters = where.sql()
    limits = [at] if "?" in STANDING[figure] else []
    return view.rows(
        f"SELECT * FROM ({sql}) WHERE {STANDING[figure]} AND {condition} ORDER BY {by.sql} LIMIT {int(most)}",
        [*values, *limits, *filters],
    )
