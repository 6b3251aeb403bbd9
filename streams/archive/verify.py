"""Is the archive what it says it is: files against the manifest, derived tables against the rows they came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from streams.archive import days, rollups
from streams.archive.files import damage
from streams.archive.manifest import File, Manifest
from streams.archive.schema import CASE_COLUMNS, DIMENSIONS, FLOWS, LOG, STOCKS
from streams.archive.view import View, connect

COUNTED = ", ".join(("day", *DIMENSIONS, *FLOWS, *(f"{name}_change" for name in STOCKS)))


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be; `file` names the file that is damaged, if one is."""

    what: str
    file: File | None = None


def check_files(folder: Path, manifest: Manifest, progress: Callable[[float], None] | None = None) -> Iterator[Finding]:
    """Every file has the bytes and the rows that the manifest says."""
    for number, file in enumerate(manifest.files, 1):
        wrong = damage(folder, file)
        if not wrong and (rows := pq.ParquetFile(folder / file.path).metadata.num_rows) != file.rows:
            wrong = f"has {rows:,} rows, the manifest says {file.rows:,}"
        if wrong:
            yield Finding(f"{file.path}: {wrong}", file)
        if progress is not None:
            progress(number / len(manifest.files))


def check_events(view: View) -> Iterator[Finding]:
    """No fact of the log stands twice in `events` or in `case_events`."""
    only = View(view.folder, days.only_log(view.manifest), view.db)
    for table, more in (("events", ""), ("case_events", ", case_id")):
        found = only.rows(f"SELECT seq, index{more} FROM {only.table(table)} GROUP BY ALL HAVING count(*) > 1 LIMIT 3")
        if found:
            yield Finding(f"{table}: entry {found[0]['seq']}-{found[0]['index']} stands in it more than once")


def check_cases(view: View) -> Iterator[Finding]:
    """`cases` of the log hold the newest state of each case; those of imports, of their events."""
    derived = int(view.manifest.derived.partition("-")[0])
    names = ", ".join(CASE_COLUMNS)
    for origin in _origins(view.manifest):
        only = View(view.folder, _only(view.manifest, origin), view.db)
        until = f"seq <= {derived}" if origin == LOG else "true"
        states = (
            f"SELECT {names} FROM {only.table('case_events')} WHERE received_at IS NOT NULL AND {until}"
            " QUALIFY row_number() OVER (PARTITION BY case_id ORDER BY seq DESC, index DESC) = 1"
        )
        cases = f"SELECT {names} FROM {only.table('cases')}"
        for missing, one, other in (("misses", states, cases), ("has", cases, states)):
            n = only.rows(f"SELECT count(*) AS n FROM (({one}) EXCEPT ALL ({other}))")[0]["n"]
            if n:
                yield Finding(f"cases of {origin}: {missing} {n:,} states that its events do not agree with")


def check_counts(view: View) -> Iterator[Finding]:
    """The daily counts are those of the rows."""
    for origin in _origins(view.manifest):
        only = View(view.folder, _only(view.manifest, origin), view.db)
        expected = _counted(only, origin)
        if expected is None:
            continue
        view.db.register("expected_counts", expected)
        stored = f"SELECT {COUNTED} FROM {only.table('daily_cases')}"
        anew = f"SELECT {COUNTED} FROM expected_counts"
        found = only.rows(
            f"SELECT day FROM ((({stored}) EXCEPT ALL ({anew})) UNION ALL (({anew}) EXCEPT ALL ({stored})))"
            " GROUP BY day ORDER BY day LIMIT 5"
        )
        if found:
            wrong = ", ".join(f"{row['day']}" for row in found)
            yield Finding(f"daily_cases of {origin}: differ from the rows on {wrong}")


def _counted(view: View, origin: str) -> Any:
    """The counts made anew, or None where there is nothing to compare with."""
    if origin != LOG:
        return rollups.daily_of_import(view.db, view.folder, view.manifest.files, view.zone, origin)
    with_facts = {file.day for file in view.manifest.of("case_events")}
    if not view.manifest.rolled or not with_facts:
        return None
    first, last = date.fromisoformat(min(with_facts)), date.fromisoformat(view.manifest.rolled)
    counted = {row["day"] for row in view.rows(f"SELECT DISTINCT day FROM {view.table('daily_cases')}")}
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    chosen = [day for day in every if day in counted or day.isoformat() in with_facts]
    return days.counted(view, chosen) if chosen else None


def _origins(manifest: Manifest) -> list[str]:
    return sorted({file.origin for file in manifest.files if file.table in ("cases", "case_events")})


def _only(manifest: Manifest, origin: str) -> Manifest:
    return manifest.changed(remove=[file.path for file in manifest.files if file.origin != origin])


def check(folder: Path, manifest: Manifest, progress: Callable[[float], None] | None = None) -> list[Finding]:
    """All of it. Where files are damaged, only that is said: the rest could not be read."""
    found = list(check_files(folder, manifest, progress))
    if found:
        return found
    db = connect()
    try:
        view = View(folder, manifest, db)
        checks: Iterable[Callable[[View], Iterator[Finding]]] = (check_events, check_cases, check_counts)
        return [finding for one in checks for finding in one(view)]
    finally:
        db.close()
