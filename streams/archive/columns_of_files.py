"""Open-data files as columns, many rows at once: DuckDB reads CSV, everything else comes row by row.

Both ways give the same batches: the fields that a preset names, cleaned as `Translator.value` cleans them, times as
microseconds of the clock they were written by.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from streams.feeds.preset import Preset, normal, wanted
from streams.feeds.rows import open_rows

BATCH_ROWS = 131_072
MAX_LINE = 1 << 20
ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "latin-1": "latin-1", "iso-8859-1": "latin-1", "ascii": "utf-8"}
TIMES = ("received", "target", "closed")
WORDS = ("kind", "category", "subcategory", "channel", "language", "grade", "area")
# A time that ends in an offset: it says which instant it is, whatever the city's zone.
_OFFSET = r":\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)$"
_ZERO = r"(Z|[+-]00(:?00)?)$"

Progress = Callable[[float], None]


@dataclass
class Told:
    """What was counted while reading: rows that are no rows of this file, with some of the reasons."""

    rows: int = 0
    refused: int = 0
    reasons: list[str] | None = None

    def refuse(self, n: int, reason: str) -> None:
        self.refused += n
        self.reasons = self.reasons or []
        if len(self.reasons) < 20 and reason not in self.reasons:
            self.reasons.append(reason)


def batches(path: Path, preset: Preset, told: Told) -> Iterator[Any]:
    """Record batches with `id`, `<time>_us`, `<time>_is_utc`, `<time>_bad`, words, `lat`, `lng` and `point`.

    Without an id column there is `fingerprint` in place of `id`. Raises FeedError for a file that does not fit.
    """
    with open_rows(path, preset) as source:  # says plainly when a needed column is missing
        header = source.header
        if header and _is_for_duckdb(preset):
            header = list(header)
        else:
            yield from _slow(source.rows, preset, told)
            return
    yield from _fast(path, preset, header, told)


def _is_for_duckdb(preset: Preset) -> bool:
    odd = any("%z" in pattern.lower() for pattern in preset.time_formats)
    return preset.encoding.lower() in ENCODINGS and not preset.id_from and not odd


def _fast(path: Path, preset: Preset, header: list[str], told: Told) -> Iterator[Any]:
    with closing(duckdb.connect()) as db:
        db.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true; SET threads = 2")
        columns = {f"c{n}": "VARCHAR" for n in range(len(header))}
        source = db.read_csv(
            str(path),
            header=True,
            sep=preset.delimiter,
            quotechar='"',
            escapechar='"',
            columns=columns,
            auto_detect=False,
            encoding=ENCODINGS[preset.encoding.lower()],
            max_line_size=MAX_LINE,
            store_rejects=True,
            rejects_limit=0,
            compression="gzip" if _is_zipped(path) else "none",
        )
        answer = db.sql(_select(preset, header, source))
        reader: Any = answer.to_arrow_reader(BATCH_ROWS)
        for batch in reader:
            told.rows += batch.num_rows
            yield batch
        for n, reason in db.execute("SELECT count(*), error_message FROM reject_errors GROUP BY 2").fetchall():
            told.rows += n
            told.refuse(n, f"not a row of this file: {str(reason).splitlines()[0][:200]}")


def _is_zipped(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _select(preset: Preset, header: list[str], source: Any) -> str:
    source.create_view("source_file", replace=True)
    place = {column: f"c{n}" for n, column in enumerate(header)}
    return _sql({f: [place[c] for c in names if c in place] for f, names in wanted(preset).items()}, preset)


def _sql(columns: dict[str, list[str]], preset: Preset) -> str:
    """The SELECT that turns raw columns (all text) into fields."""
    values = {field: _value(columns.get(field, []), preset) for field in preset.fields}
    chosen = [f"{values['id']} AS id"]
    for field in TIMES:
        chosen += _time(values[field], field, preset)
    chosen += [f"{values[field]} AS {field}" for field in WORDS]
    chosen += [f"TRY_CAST({values['lat']} AS DOUBLE) AS lat", f"TRY_CAST({values['lng']} AS DOUBLE) AS lng"]
    chosen.append(f"CASE WHEN lat IS NULL OR lng IS NULL THEN {values['point']} END AS point")
    return f"SELECT {', '.join(chosen)} FROM source_file"


def _value(columns: list[str], preset: Preset) -> str:
    """The first filled column of a field, without blanks around it."""
    if not columns:
        return "NULL::VARCHAR"
    cleaned = [_trimmed(column) for column in columns]
    if preset.absent:
        absent = ", ".join(_quoted(word) for word in sorted(preset.absent))
        cleaned = [f"CASE WHEN {value} NOT IN ({absent}) THEN {value} END" for value in cleaned]
    return cleaned[0] if len(cleaned) == 1 else f"coalesce({', '.join(cleaned)})"


def _trimmed(column: str) -> str:
    """Without blanks of any kind around it, null when nothing is left.

    Trimming many kinds of blanks is slow, so only what begins or ends with something odd is trimmed.
    """
    blanks = "' ' || chr(9) || chr(10) || chr(13) || chr(11) || chr(12) || chr(160)"
    plain = f"ord({column}) BETWEEN 33 AND 126 AND ord(right({column}, 1)) BETWEEN 33 AND 126"
    return f"nullif(CASE WHEN {plain} THEN {column} ELSE trim({column}, {blanks}) END, '')"


def _time(value: str, field: str, preset: Preset) -> list[str]:
    if value.startswith("NULL"):
        return [f"NULL::BIGINT AS {field}_us", f"false AS {field}_is_utc", f"false AS {field}_bad"]
    ways = []
    for pattern in preset.time_formats:
        ways.append(
            f"TRY_CAST({value} AS TIMESTAMP)"
            if pattern == "iso"
            else f"try_strptime({value}, {_quoted(pattern)})::TIMESTAMP"
        )
    naive = f"epoch_us(coalesce({', '.join(ways)}))" if len(ways) > 1 else f"epoch_us({ways[0]})"
    if "iso" not in preset.time_formats:
        return [
            f"{naive} AS {field}_us",
            f"false AS {field}_is_utc",
            f"{value} IS NOT NULL AND {field}_us IS NULL AS {field}_bad",
        ]
    # Most times are `YYYY-MM-DD HH:MM:SS`, which has no room for an offset: those are not searched for one.
    has_offset = f"regexp_matches({value}, {_quoted(_OFFSET)})"
    if preset.false_utc:
        has_offset += f" AND NOT regexp_matches({value}, {_quoted(_ZERO)})"
    return [
        f"CASE WHEN length({value}) > 16 AND length({value}) <> 19 THEN {has_offset} ELSE false END AS {field}_is_utc",
        f"CASE WHEN {field}_is_utc THEN epoch_us(TRY_CAST({value} AS TIMESTAMPTZ)) ELSE {naive} END AS {field}_us",
        f"{value} IS NOT NULL AND {field}_us IS NULL AS {field}_bad",
    ]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _slow(rows: Any, preset: Preset, told: Told) -> Iterator[Any]:
    """Rows of the feeds' own reader, handed to the same SELECT in chunks of text."""
    names = sorted({name for names in wanted(preset).values() for name in names} | {normal(n) for n in preset.id_from})
    waiting: list[dict[str, str | None]] = []
    for row in rows:
        told.rows += 1
        if row.values is None:
            told.refuse(1, row.reason)
            continue
        waiting.append(row.values)
        if len(waiting) >= BATCH_ROWS:
            yield from _selected(waiting, names, preset)
            waiting = []
    if waiting:
        yield from _selected(waiting, names, preset)


def _selected(rows: list[dict[str, str | None]], names: list[str], preset: Preset) -> Iterator[Any]:
    place = {name: f"c{n}" for n, name in enumerate(names)}
    arrays = {column: pa.array([row.get(name) for row in rows], pa.string()) for name, column in place.items()}
    with closing(duckdb.connect()) as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("source_file", pa.table(arrays))
        columns = {f: [place[c] for c in found if c in place] for f, found in wanted(preset).items()}
        answer: Any = db.sql(_sql(columns, preset))
        batch = answer.to_arrow_table().combine_chunks()
    if preset.id_from:
        joined = pa.array(_fingerprints(rows, preset), pa.string())
        batch = batch.append_column("fingerprint", joined)
    yield from batch.to_batches()


def _fingerprints(rows: list[dict[str, str | None]], preset: Preset) -> list[str | None]:
    """As `Translator.fingerprint`: equal for rows that only their order tells apart; None where all is empty."""
    from streams.feeds.records import Translator

    translator = Translator(preset)
    wanted_names = [normal(name) for name in preset.id_from]
    found: list[str | None] = []
    for row in rows:
        digest = translator.fingerprint(row)
        filled = any((row.get(name) or "").strip() for name in wanted_names)
        found.append(digest.hex() if digest is not None and filled else None)
    return found


def estimated_rows(path: Path) -> int:
    """About how many rows a file has, from its first megabyte and its size."""
    zipped, size = _is_zipped(path), path.stat().st_size
    if zipped:
        with path.open("rb") as file:
            file.seek(-4, 2)
            size = max(int.from_bytes(file.read(4), "little"), size)
    with path.open("rb") as plain:
        text: Any = gzip.GzipFile(fileobj=plain) if zipped else plain
        head = text.read(1 << 20)
    lines = head.count(b"\n")
    return max(1, round(lines * size / max(len(head), 1))) if lines else 1
