"""Columns of an open-data file as rows of `cases`: the rules of `streams.feeds.records`, for many rows at once.

A test holds both ways against each other row by row.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.areas import Areas
from geo.cities import City
from streams.archive.columns_of_files import TIMES, WORDS, Told
from streams.archive.schema import TABLES
from streams.archive.zones import DAY_US, local_to_utc
from streams.feeds.preset import Preset
from streams.feeds.records import MAX_RECORD_ID, NEAR_DEG, Translator, _point
from streams.feeds.times import FIRST_YEAR, LAST_YEAR

HOUR_US = DAY_US // 24
EARLIEST = int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
LATEST = int(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
MOST_POINTS = 2_000_000
_ODD = np.uint64(0x9E3779B97F4A7C15)
DEFAULTS = {"kind": "complaint", "category": "other", "channel": "unknown"}


@dataclass
class Places:
    """Cells and areas of points, each different point looked up once."""

    city: City
    areas: Areas | None
    known: dict[tuple[float, float], tuple[int, str | None]] = field(default_factory=dict)

    def of(self, lat: float, lng: float) -> tuple[int, str | None]:
        """(cell, area); cell 0: no usable location, area None: what the source says."""
        found = self.known.get((lat, lng))
        if found is None:
            if not self.city.usable(lat, lng):
                found = 0, None
            else:
                place = self.city.place(lat, lng, self.areas)
                found = int(place.cell, 16), (place.area if self.areas is not None else None)
            if len(self.known) < MOST_POINTS:
                self.known[lat, lng] = found
        return found


@dataclass
class CaseColumns:
    """A preset made ready for batches."""

    preset: Preset
    places: Places
    told: Told
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    occurrences: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.translator = Translator(self.preset)

    def rows(self, batch: Any) -> Any:
        """The batch as lean rows (`streams.archive.lean`); what cannot be understood is left out and counted."""
        batch = self._identified(batch)
        stamps = {name: _Stamp.of(batch, name) for name in TIMES}
        bad = self._refused(batch, stamps)
        if bad.any():
            keep = pa.array(~bad)
            batch = batch.filter(keep)
            stamps = {name: _Stamp.of(batch, name) for name in TIMES}
        return self._cases(batch, stamps)

    def _identified(self, batch: Any) -> Any:
        """Rows without an id column are told apart by counting equal ones."""
        if "fingerprint" not in batch.schema.names:
            return batch
        found: list[str | None] = []
        for mark in batch.column("fingerprint").to_pylist():
            if mark is None:
                found.append(None)
                continue
            self.occurrences[mark] += 1
            n = self.occurrences[mark]
            found.append(mark if n == 1 else f"{mark}-{n}")
        columns = {name: batch.column(name) for name in batch.schema.names} | {"id": pa.array(found, pa.string())}
        return pa.RecordBatch.from_pydict(columns)

    def _refused(self, batch: Any, stamps: dict[str, _Stamp]) -> Any:
        """Which rows the feeds would refuse, counted with the first reason that applies."""
        zone = self.preset.zone
        received, closed = stamps["received"], stamps["closed"]
        identities = batch.column("id")
        long = pc.greater(pc.utf8_length(identities), MAX_RECORD_ID).fill_null(False)
        odd = pc.match_substring_regex(identities, r"\pC").fill_null(False)
        checks = {
            "id: is empty": np.asarray(pc.is_null(identities)),
            f"id: needs at most {MAX_RECORD_ID} printable characters": np.asarray(pc.or_(long, odd)),
            "received: is not a time": received.bad,
            "received: is empty": ~received.known & ~received.bad,
            "received: not a believable year": received.known & ~_believable(received.instants(zone)),
            "target: is not a time": stamps["target"].bad,
            "closed: is not a time": closed.bad,
            "closed: not a believable year": closed.known & ~_believable(closed.instants(zone)),
        }
        refused = np.zeros(batch.num_rows, bool)
        for reason, found in checks.items():
            new = found & ~refused
            if n := int(new.sum()):
                self.told.refuse(n, reason)
                refused |= new
        return refused

    def _cases(self, batch: Any, stamps: dict[str, _Stamp]) -> Any:
        received = stamps["received"].instants(self.preset.zone)
        closed, has_closed = self._closings(stamps["closed"], received)
        target, has_target = self._targets(stamps["target"], received)
        lat, lng, has_place = self._points(batch)
        words = {name: self._words(batch, name) for name in WORDS}
        cells, words["area"] = self._placed(lat, lng, has_place, words["area"])
        columns = {
            "case_id": batch.column("id"),
            **words,
            "lat": pa.array(lat, mask=~has_place),
            "lng": pa.array(lng, mask=~has_place),
            "cell": pa.array(cells, mask=cells == 0),
            "received_at": pa.array(received),
            "closed_at": pa.array(closed, mask=~has_closed),
            "target_at": pa.array(target, mask=~has_target),
        }
        return pa.table(columns)

    def _closings(self, stamp: _Stamp, received: Any) -> tuple[Any, Any]:
        """Never before the receipt; of what has no time, after the preset's expiry, if it has one."""
        known = stamp.known
        closed = np.maximum(stamp.instants(self.preset.zone, received), received)
        if self.preset.expires_after_h is None:
            return np.where(known, closed, 0), known
        expiry = received + round(self.preset.expires_after_h * HOUR_US)
        return np.where(known, closed, expiry), np.ones(len(known), bool)

    def _targets(self, stamp: _Stamp, received: Any) -> tuple[Any, Any]:
        """Targets that are believed; a year beyond all calendars means never, which is no target."""
        at, limits = stamp.instants(self.preset.zone), self.preset.target
        known = stamp.known & (stamp.us < LATEST) & (stamp.us >= EARLIEST)
        if limits.after_received:
            known &= at >= received
        if limits.max_days is not None:
            known &= at - received <= limits.max_days * DAY_US
        return np.where(known, at, 0), known

    def _points(self, batch: Any) -> tuple[Any, Any, Any]:
        """Degrees, and whether a row has a place at all."""
        lat, lng = (_reals(batch.column(name)) for name in ("lat", "lng"))
        texts = batch.column("point")
        if texts.null_count < len(texts):
            for row in np.flatnonzero(np.asarray(pc.is_valid(texts))).tolist():
                if (found := _point(texts[row].as_py())) is not None:
                    lat[row], lng[row] = found
        has = np.isfinite(lat) & np.isfinite(lng) & (np.abs(lat) <= 90) & (np.abs(lng) <= 180)
        for default_lat, default_lng in ((0.0, 0.0), *self.preset.default_points):
            has &= ~((np.abs(lat - default_lat) < NEAR_DEG) & (np.abs(lng - default_lng) < NEAR_DEG))
        return np.where(has, lat, 0.0), np.where(has, lng, 0.0), has

    def _placed(self, lat: Any, lng: Any, has: Any, said: Any) -> tuple[Any, Any]:
        """(cells, areas): the engine's own placing; what the source says holds where there is no usable point."""
        # Equal keys are equal points: two different ones share a key once in 10^7 files of a million.
        keys = (lat.view(np.uint64) * _ODD) ^ (lng.view(np.uint64) >> np.uint64(1))
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        of = self.places.of
        found = [of(*point) for point in zip(lat[first].tolist(), lng[first].tolist(), strict=True)]
        cells = np.where(has, np.array([cell for cell, _ in found], np.int64)[inverse], 0)
        if self.places.areas is None:
            return cells, said
        names = sorted({area for _, area in found if area is not None})
        number = {name: n for n, name in enumerate(names)}
        own = np.array([-1 if area is None else number[area] for _, area in found], np.int32)[inverse]
        own = np.where(has, own, -1)
        all_names = [*names, *said.dictionary.to_pylist()]
        codes = np.where(own >= 0, own, np.asarray(said.indices) + len(names))
        return cells, _one_each(codes, all_names)

    def _words(self, batch: Any, name: str) -> Any:
        """A field in our words: each different word is translated once."""
        column = batch.column(name).dictionary_encode()
        known = self.words.setdefault(name, {})
        ours = [self._word(name, word, known) for word in column.dictionary.to_pylist()]
        codes = np.asarray(column.indices.fill_null(len(ours)))
        return _one_each(codes, [*ours, self._default(name)])

    def _word(self, name: str, word: str, known: dict[str, str]) -> str:
        found = known.get(word)
        if found is None:
            columns = self.translator.columns.get(name, ())
            found = self.translator.word({columns[0]: word}, name) if columns else ""
            found = known[word] = found or DEFAULTS.get(name, "")
        return found

    def _default(self, name: str) -> str:
        return str(self.preset.defaults.get(name, "")) or DEFAULTS.get(name, "")


@dataclass
class _Stamp:
    """One time of every row, as written: microseconds of the clock it was written by."""

    us: Any
    known: Any
    is_utc: Any
    bad: Any

    @classmethod
    def of(cls, batch: Any, name: str) -> _Stamp:
        us = batch.column(f"{name}_us")
        known = np.asarray(pc.is_valid(us))
        return cls(
            us=np.asarray(us.fill_null(0)),
            known=known,
            is_utc=np.asarray(batch.column(f"{name}_is_utc")),
            bad=np.asarray(batch.column(f"{name}_bad").fill_null(False)),
        )

    def instants(self, zone: str, not_before: Any = None) -> Any:
        """UTC microseconds; meaningless where it is not known."""
        found = local_to_utc(self.us, zone, not_before)
        return np.where(self.is_utc, self.us, found) if self.is_utc.any() else found


def _believable(us: Any) -> Any:
    return (us >= EARLIEST) & (us < LATEST)


def _reals(column: Any) -> Any:
    return np.array(column.fill_null(float("nan")), dtype=np.float64)


def _one_each(codes: Any, words: list[str]) -> Any:
    """A dictionary column in whose dictionary each word stands once."""
    place = {word: n for n, word in enumerate(dict.fromkeys(words))}
    moved = np.array([place[word] for word in words], np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(moved[codes]), pa.array(list(place), pa.string()))


def as_table(table: str, columns: dict[str, Any], n: int) -> Any:
    """The columns in the table's order and types; absent ones are null. Words may stay dictionary-encoded."""
    schema = TABLES[table].arrow
    arrays = [_typed(columns[f.name], f.type) if f.name in columns else pa.nulls(n, f.type) for f in schema]
    return pa.Table.from_arrays(arrays, names=schema.names)


def _typed(array: Any, kind: Any) -> Any:
    return array if pa.types.is_dictionary(array.type) else array.cast(kind)
