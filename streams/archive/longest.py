"""The cases that wait longest, without looking through all years: files are read in the order of what they can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from streams.archive.manifest import File
from streams.archive.query import Row, has_log, plain_open_sql, revised_open_sql
from streams.archive.view import EVERYTHING, View, Where, bounds_of, source

FIRST_FILES = 30  # looked through at first; each further step takes twice as many
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Waiting:
    """One way to wait: since when (a column), who counts, and the earliest instant that a file can hold of it."""

    since: str
    counts: str
    earliest: Callable[[File, str], datetime | None]


def _received(file: File, zone: str) -> datetime:
    return bounds_of(date.fromisoformat(file.day), zone)[0]


def _due(file: File, zone: str) -> datetime | None:
    return None if file.due_low is None else _EPOCH + timedelta(microseconds=file.due_low)


WAITING = {
    "open": Waiting("received_at", "true", _received),
    "overdue": Waiting("target_at", "target_at < ?", _due),
}


def longest_waiting(view: View, figure: str, at: datetime, where: Where = EVERYTHING, most: int = 10) -> list[Row]:
    """The `most` cases open just before `at` that wait longest: `open` since their receipt, `overdue` since their
    deadline; equal ones by id. The first rows of `lists.cases_behind` in that order.
    """
    waiting = WAITING[figure]
    found = _asked(view, revised_open_sql(view, at), waiting, at, where, most) if has_log(view) else []
    for earliest, files in _steps(view, waiting, at):
        if len(found) == most and found[-1][waiting.since] < earliest:
            break
        asked = plain_open_sql(view, at, source(view.folder, files, "cases"))
        found += _asked(view, asked, waiting, at, where, most)
        found = sorted(found, key=lambda row: (row[waiting.since], row["case_id"]))[:most]
    return found


def _steps(view: View, waiting: Waiting, at: datetime) -> Iterator[tuple[datetime, list[File]]]:
    """Files that may hold somebody, in the order of the earliest they can hold, in steps that double."""
    told = ((waiting.earliest(file, view.zone), file) for file in view.manifest.of("cases"))
    ordered = sorted(((since, file) for since, file in told if since is not None and since < at), key=lambda t: t[0])
    done, n = 0, FIRST_FILES
    while done < len(ordered):
        step = ordered[done : done + n]
        yield step[0][0], [file for _, file in step]
        done, n = done + n, 2 * n


def _asked(
    view: View, asked: tuple[str, list[Any]], waiting: Waiting, at: datetime, where: Where, most: int
) -> list[Row]:
    sql, values = asked
    condition, filters = where.sql()
    limits = [at] if "?" in waiting.counts else []
    return view.rows(
        f"SELECT * FROM ({sql}) WHERE {waiting.counts} AND {condition}"
        f" ORDER BY {waiting.since}, case_id LIMIT {int(most)}",
        [*values, *limits, *filters],
    )
