"""What is done with a day that ended: its cases brought together, its files made one, its counts counted.

All of it is derived from `case_events`, so whoever is killed in between does it again with the same result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from geo.days import local_date
from streams.archive import rollups
from streams.archive.checkpoints import order
from streams.archive.files import Part, read, write_parts
from streams.archive.manifest import File, Manifest
from streams.archive.query import derived_days, open_sql
from streams.archive.retention import Rules, expired
from streams.archive.schema import CASE_COLUMNS, DIMENSIONS, LATEST, LOG, RANGED, STOCKS, TABLES
from streams.archive.view import ONE_DAY, View, bounds_of, connect

MANY_FILES = 24  # of one table and day: more are made one before the day ends
MOST_EMPTY_DAYS = 62  # without any fact, counted one by one

# Facts after which the past of a case cannot be told from its row in `cases` alone.
REVISED = (
    "type NOT IN ('case.received', 'case.found') AND ("
    + " OR ".join(
        [
            "(is_open AND NOT was_open)",
            "(was_open AND NOT is_open AND type <> 'case.closed')",
            *(f"was_{name} IS DISTINCT FROM {name}" for name in ("target_at", *DIMENSIONS)),
        ]
    )
    + ")"
)


@dataclass
class Changes:
    """What a step adds to a manifest and takes out of it, and fields it sets."""

    add: list[File] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def of(self, manifest: Manifest) -> Manifest:
        return manifest.changed(self.add, self.remove, **self.values)


def close_days(folder: Path, manifest: Manifest, now: datetime, rules: Rules) -> Iterator[Changes]:
    """Everything due at `now` (the city's time), step by step; the caller saves each before it takes the next.

    Raises nothing of its own: OSError when the disk is full.
    """
    today = local_date(now, manifest.zone)
    if (changes := derive(folder, manifest)) is not None:
        yield changes
        manifest = changes.of(manifest)
    if (changes := compact(folder, manifest, today.isoformat())) is not None:
        yield changes
        manifest = changes.of(manifest)
    if (changes := roll(folder, manifest, today - ONE_DAY)) is not None:
        yield changes
        manifest = changes.of(manifest)
    gone = expired(manifest, rules, today)
    if gone:
        yield Changes(remove=[file.path for file in gone])


# --- cases ---------------------------------------------------------------------------------------------------


def derive(folder: Path, manifest: Manifest) -> Changes | None:
    """Bring `cases` up to the manifest's position: one row a case, in the folder of its day of receipt."""
    if order(manifest.derived) >= order(manifest.position):
        return None
    db = connect()
    try:
        view = View(folder, manifest, db)
        new = _new_cases(view)
        days = sorted({day for day in new["day"].to_pylist() if day is not None})
        parts, remove = [], []
        for day in days:
            mine = new.filter(pc.equal(new["day"], day)).drop_columns(["day"])
            before = [f for f in manifest.of("cases", [day.isoformat()]) if f.origin == LOG]
            rows = _merged(read(folder, before, "cases"), mine)
            parts.append(Part("cases", day.isoformat(), f"log-{manifest.position}", rows, last=manifest.position))
            remove += [file.path for file in before]
    finally:
        db.close()
    return Changes(write_parts(folder, parts), remove, {"derived": manifest.position})


def _new_cases(view: View) -> Any:
    """The newest state of each case on the days with facts after `derived`, and the local day of its receipt."""
    table = view.table("case_events", derived_days(view))
    names = ", ".join(CASE_COLUMNS)
    return view.db.sql(
        f"SELECT {names}, is_revised, seq, CAST(timezone('{view.zone}', received_at) AS DATE) AS day FROM ("
        f" SELECT *, bool_or({REVISED}) OVER (PARTITION BY case_id) OR reopened > 0 AS is_revised"
        f" FROM {table} WHERE received_at IS NOT NULL"
        " QUALIFY row_number() OVER (PARTITION BY case_id ORDER BY seq DESC, index DESC) = 1)"
    ).to_arrow_table()


def _merged(old: Any, new: Any) -> Any:
    """Rows of one day: the new ones in place of older ones of the same cases; once revised, always revised."""
    schema = TABLES["cases"].arrow
    new = new.select(schema.names).cast(schema)
    if old.num_rows:
        known = {
            c: (s, r) for c, s, r in zip(*(old[n].to_pylist() for n in ("case_id", "seq", "is_revised")), strict=True)
        }
        ids, seqs, revised = (new[name].to_pylist() for name in ("case_id", "seq", "is_revised"))
        marks = [r or known.get(c, (0, False))[1] for c, r in zip(ids, revised, strict=True)]
        new = new.set_column(schema.get_field_index("is_revised"), "is_revised", pa.array(marks, pa.bool_()))
        new = new.filter(
            pa.array([s >= known.get(c, (s, False))[0] for c, s in zip(ids, seqs, strict=True)], pa.bool_())
        )
        replaced = pc.is_in(old["case_id"], value_set=new["case_id"].combine_chunks())
        new = pa.concat_tables([old.filter(pc.invert(replaced)), new])
    return new.sort_by([(name, "ascending") for name in TABLES["cases"].order])


# --- many files to one -----------------------------------------------------------------------------------------


def compact(folder: Path, manifest: Manifest, today: str) -> Changes | None:
    """Files of one table and day become one, when the day has ended or they are many."""
    by_day: dict[tuple[str, str], list[File]] = {}
    for file in manifest.files:
        if file.origin == LOG and file.table in RANGED:
            by_day.setdefault((file.table, file.day), []).append(file)
    parts: list[Part] = []
    remove: list[str] = []
    for (table, day), files in by_day.items():
        if len(files) < 2 or (day >= today and len(files) < MANY_FILES):
            continue
        files = sorted(files, key=lambda file: order(file.first))
        rows = compacted(table, read(folder, files, table))
        first, last = files[0].first, max((file.last for file in files), key=order)
        parts.append(Part(table, day, f"log-{first}_{last}-of-{len(files)}", rows, first=first, last=last))
        remove += [file.path for file in files]
    return Changes(write_parts(folder, parts), remove) if parts else None


def compacted(table: str, rows: Any) -> Any:
    """Sorted; of tables that repeat a subject only its newest rows."""
    spec = TABLES[table]
    if table in LATEST:
        newest = rows.group_by(spec.key).aggregate([("seq", "max")])
        seq_of = dict(zip(newest[spec.key].to_pylist(), newest["seq_max"].to_pylist(), strict=True))
        pairs = zip(rows[spec.key].to_pylist(), rows["seq"].to_pylist(), strict=True)
        rows = rows.filter(pa.array([seq_of[key] == seq for key, seq in pairs], pa.bool_()))
    return rows.sort_by([(name, "ascending") for name in spec.order])


# --- counts ----------------------------------------------------------------------------------------------------


def roll(folder: Path, manifest: Manifest, last: date) -> Changes | None:
    """Count the days of the log that ended and are not counted, up to `last`."""
    days = [file.day for file in manifest.of("case_events", origin=LOG)]
    if not days:
        return None
    first = date.fromisoformat(manifest.rolled) + ONE_DAY if manifest.rolled else date.fromisoformat(min(days))
    late = [day for day in days if manifest.rolled and day <= manifest.rolled and _is_stale(manifest, day)]
    if late:
        first = min(first, date.fromisoformat(min(late)))
    if first > last:
        return None
    db = connect()
    try:
        view = View(folder, only_log(manifest), db)
        rows = counted(view, _to_count(first, last, set(days)))
    finally:
        db.close()
    return _replaced(folder, manifest, rows, first, last)


def only_log(manifest: Manifest) -> Manifest:
    """The manifest without imports."""
    return manifest.changed(remove=[file.path for file in manifest.files if file.origin != LOG])


def _is_stale(manifest: Manifest, day: str) -> bool:
    """Whether facts of that day came after it was counted."""
    counted = [f.last for f in manifest.of("daily_cases", [day[:7]], LOG)]
    newest = max((f.last for f in manifest.of("case_events", [day], LOG)), key=order)
    return not counted or order(newest) > order(max(counted, key=order))


def _to_count(first: date, last: date, with_facts: set[str]) -> list[date]:
    """Days to count: all, unless hundreds of them are empty."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    empty = 0
    chosen = []
    for day in days:
        empty = 0 if day.isoformat() in with_facts else empty + 1
        if empty <= MOST_EMPTY_DAYS or day == last:
            chosen.append(day)
    return chosen


def counted(view: View, days: list[date]) -> Any:
    """Counts of those days: flows of their rows, and the difference of two stocks."""
    before = _stocks(view, bounds_of(days[0], view.zone)[0])
    changes = []
    for day in days:
        after = _stocks(view, bounds_of(day, view.zone)[1])
        for key, change in rollups.stock_changes(before, after).items():
            changes.append((day, *key, *change))
        before = after
    view.db.register("stock_changes", _changes_table(changes))
    table = view.table("case_events", [day.isoformat() for day in days])
    return view.db.sql(rollups.log_days_sql(table, "SELECT * FROM stock_changes", view.zone)).to_arrow_table()


def _stocks(view: View, at: datetime) -> dict[tuple[str, ...], tuple[int, ...]]:
    sql, values = open_sql(view, at)
    dims = ", ".join(DIMENSIONS)
    rows = view.db.execute(
        f"SELECT {dims}, count(*), count(target_at), count(*) FILTER (target_at < ?) FROM ({sql}) GROUP BY ALL",
        [at, *values],
    ).fetchall()
    width = len(DIMENSIONS)
    return {tuple(row[:width]): tuple(row[width:]) for row in rows}


def _changes_table(rows: list[tuple[Any, ...]]) -> Any:
    names = ("day", *DIMENSIONS, *(f"{name}_change" for name in STOCKS))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    types = (pa.date32(), *(pa.string(),) * len(DIMENSIONS), *(pa.int64(),) * len(STOCKS))
    return pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})


def _replaced(folder: Path, manifest: Manifest, rows: Any, first: date, last: date) -> Changes:
    """Counts of days from `first` on take the place of those that stand for them."""
    months = sorted({f"{first + timedelta(days=n):%Y-%m}" for n in range((last - first).days + 1)})
    old = manifest.of("daily_cases", months, LOG)
    later = manifest.of("daily_cases", [m for m in manifest.days("daily_cases") if m > months[-1]], LOG)
    kept = read(folder, old, "daily_cases")
    kept = kept.filter(pc.less(kept["day"], pa.scalar(first)))
    joined = pa.concat_tables([kept, rows.cast(kept.schema)]).sort_by([("day", "ascending")])
    name = f"log-{manifest.position}"
    parts: Iterable[Part] = (part._replace(last=manifest.position) for part in rollups.month_parts(joined, name, LOG))
    remove = [file.path for file in (*old, *later)]
    return Changes(write_parts(folder, list(parts)), remove, {"rolled": last.isoformat()})
