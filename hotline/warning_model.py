"""What early warning has learnt of a city: its cells, what is expected of them, and how strange is strange enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import numpy as np

from geo.warning.arrays import DAY_S, HOUR_S
from geo.warning.baseline import Baseline, Mark, ZoneTable, zone_table
from geo.warning.budget import FALSE_PER_DAY, Law, Peaks, learn_law, peaks_of
from geo.warning.counts import WINDOWS_H
from geo.warning.detectors import DEFAULT, Scan
from geo.warning.grid import Grid
from geo.warning.learning import History, learn
from geo.warning.looking import LEAST, Detector, Rules, Scores
from geo.warning.running import RunningCounts
from geo.warning.tails import interval
from hotline.grave_words import SAID

CALIBRATED_DAYS = 14
_SIZES = (1, 7, 19, 37, 150)  # cells of a disk of ring 0 to 3 and, about, of an area: whose scatter is the nearest
LOOK_EVERY_S = 1800.0
REPLICAS = 20
LEAST_SAID = 2  # two people who say "gas" near each other are worth a look
FEWEST_DAYS_FOR_LAW = 10


class PastCase(NamedTuple):
    """A case to learn from. `category` may be a theme (`said:gas`); a case with themes is told once for each."""

    at_s: float
    cell: str
    category: str
    area: str = ""


@dataclass(frozen=True)
class Model:
    """Everything that changes once a day. `law` is None while history is too short to know how chance behaves."""

    grid: Grid
    baseline: Baseline
    table: ZoneTable
    law: Law | None
    rules: Rules
    learnt_at_s: float
    cases: int
    false_per_day: float = FALSE_PER_DAY
    categories: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        """Whether anything can be called unusual yet."""
        return self.baseline.is_ready and self.cases > 0

    def in_words(self) -> str:
        """What the model rests on, for people."""
        known = f"{self.cases:,} cases of {self.baseline.days:.0f} days in {len(self.grid.cells):,} cells"
        if not self.is_ready:
            return f"too little to warn: {known}"
        if self.law is None:
            return f"learnt from {known}; how often chance looks like a matter is not known yet"
        return f"learnt from {known}; thresholds from {self.law.days:.0f} days"

    def to_bytes(self) -> bytes:
        """Everything, to be kept."""
        return msgspec.msgpack.encode(
            _Kept(
                cells=self.grid.cells,
                categories=list(self.grid.categories),
                areas=[self.grid.areas[n] if n >= 0 else "" for n in self.grid.area_of.tolist()],
                baseline=self.baseline.to_bytes(),
                law=self.law.to_bytes() if self.law else b"",
                learnt_at_s=self.learnt_at_s,
                cases=self.cases,
                false_per_day=self.false_per_day,
            )
        )

    @classmethod
    def from_bytes(cls, raw: bytes) -> Model:
        """Read what `to_bytes` wrote. Raises ValueError for anything else."""
        try:
            kept = msgspec.msgpack.decode(raw, type=_Kept)
        except msgspec.DecodeError as error:
            raise ValueError(f"not a model of early warning: {error}") from None
        grid = Grid(kept.cells, kept.categories, dict(zip(kept.cells, kept.areas, strict=True)))
        law = Law.from_bytes(kept.law) if kept.law else None
        numbers = (kept.learnt_at_s, kept.cases, kept.false_per_day)
        return _model(grid, Baseline.from_bytes(kept.baseline), law, *numbers)


class _Kept(msgspec.Struct, frozen=True):
    cells: list[str]
    categories: list[str]
    areas: list[str]
    baseline: bytes
    law: bytes
    learnt_at_s: float
    cases: int
    false_per_day: float


def learn_model(
    past: Iterable[PastCase],
    zone: str,
    now: datetime,
    *,
    since_s: float | None = None,
    categories: Iterable[str] = (),
    false_per_day: float = FALSE_PER_DAY,
    marks: Sequence[Mark] = (),
    detector: Detector = DEFAULT,
    tell: Callable[[float], None] = lambda share: None,
    first: Callable[[Model], None] = lambda model: None,
) -> Model:
    """Learn from the cases before `now`, in any order; `since_s` is the begin of the record when no case is that old.

    `categories` are watched even if no case ever had them: themes that nobody has spoken of yet.

    Thresholds come from a replay of the last 14 days (less, when there are not three times as many) with a baseline
    of the days before them, looking every half hour. For 1.5 million cases in 20,000 cells: some minutes;
    meant for once a day, outside the engine. Most of that goes into the thresholds: `first` is given the model without
    them as soon as it stands. Raises ValueError when there is no case at all.
    """
    cases = [case for case in past if case.cell and case.at_s < now.timestamp()]
    if not cases:
        raise ValueError("no case to learn from")
    grid = Grid(
        dict.fromkeys(case.cell for case in cases),
        sorted({case.category for case in cases}.union(categories)),
        {case.cell: case.area for case in cases if case.area},
    )
    known = {name: number for number, name in enumerate(grid.categories)}
    times = np.array([case.at_s for case in cases])
    begin = float(times.min()) if since_s is None else since_s
    history = History.of(
        times,
        np.array([grid.index[case.cell] for case in cases], dtype=np.int32),
        np.array([known[case.category] for case in cases], dtype=np.int32),
        begin // HOUR_S * HOUR_S,
        now.timestamp() // HOUR_S * HOUR_S,
    )
    baseline = _with_chances(grid, learn(grid, history, zone, marks), detector)
    first(_model(grid, baseline, None, now.timestamp(), len(cases), false_per_day))
    law = _law(grid, history, zone, marks, detector, false_per_day, tell)
    return _model(grid, baseline, law, now.timestamp(), len(cases), false_per_day)


def _with_chances(grid: Grid, baseline: Baseline, detector: Detector) -> Baseline:
    """With the chances of a scan, which are simulated; other detectors compute theirs."""
    if not isinstance(detector, Scan):
        return baseline
    table = zone_table(grid, baseline)
    rng = np.random.default_rng(REPLICAS)
    return detector.calibrated(grid, baseline, table, rng, REPLICAS, rules_of(grid.categories))


def _law(
    grid: Grid,
    history: History,
    zone: str,
    marks: Sequence[Mark],
    detector: Detector,
    false_per_day: float,
    tell: Callable[[float], None],
) -> Law | None:
    """Strengths by chance, from the end of the history as if it were new; None when it is too short."""
    span = (history.until_s - history.since_s) / DAY_S
    if span < FEWEST_DAYS_FOR_LAW:
        return None
    days = min(CALIBRATED_DAYS, span / 3)
    split = history.until_s - days * DAY_S
    earlier = learn(grid, history.between(history.since_s, split), zone, marks)
    table, rules = zone_table(grid, earlier), rules_of(grid.categories)
    looks: list[tuple[float, Scores]] = []
    counted = RunningCounts(grid, history, len(grid.categories))
    for now_s in np.arange(split, history.until_s, LOOK_EVERY_S).tolist():
        look = counted.look(earlier, table, now_s, marks, rules)
        looks.append((now_s, detector.score(look).best()))
        tell((now_s - split) / (history.until_s - split))
    peaks: Peaks = peaks_of(grid, looks)
    return learn_law(peaks, days, len(grid.categories), false_per_day)


def _model(
    grid: Grid, baseline: Baseline, law: Law | None, learnt_at_s: float, cases: int, false_per_day: float
) -> Model:
    return Model(
        grid=grid,
        baseline=baseline,
        table=zone_table(grid, baseline),
        law=law,
        rules=rules_of(grid.categories),
        learnt_at_s=learnt_at_s,
        cases=cases,
        false_per_day=false_per_day,
        categories={name: number for number, name in enumerate(grid.categories)},
    )


def rules_of(categories: Sequence[str]) -> Rules:
    """Grave words need fewer reports, but from neighbouring cells and within hours."""
    spoken = np.array([name.startswith(SAID) for name in categories], dtype=bool)
    return Rules(least=np.where(spoken, LEAST_SAID, LEAST), near=spoken)


def settings_of(model: Model) -> dict[str, Any]:
    """What a page may tell of the model."""
    return {
        "ready": model.is_ready,
        "days": round(model.baseline.days, 1),
        "cases": model.cases,
        "cells": len(model.grid.cells),
        "categories": len(model.grid.categories),
        "false_per_day": model.false_per_day,
        "calibrated_days": model.law.days if model.law else 0,
        "words": model.in_words(),
    }


class Expected(NamedTuple):
    """Cases to be expected, and the counts between which 95 % of usual ones lie."""

    expected: float
    low: float
    high: float


def expected_of(
    model: Model, cells: Iterable[str], category: str, now: datetime, window_h: int, marks: Sequence[Mark] = ()
) -> Expected | None:
    """What is usual for any set of cells in the window of so many hours (1 to 24) that ends now.

    None for a category the model never saw. Cells it does not know add what cells without cases have.
    """
    if category not in model.categories:
        return None
    number = model.categories[category]
    alone = model.baseline.only(number)
    rows = [model.grid.index.get(cell, -1) for cell in cells]
    known = alone.with_cells(len(model.grid.cells)).share[:, 0]
    share = sum(float(known[row]) if row >= 0 else float(alone.new_share[0]) for row in rows)
    seen = sum(float(alone.seen[row, 0]) for row in rows if 0 <= row < len(alone.seen))
    expected = share * float(alone.city(now.timestamp(), marks, (window_h,))[0, 0])
    scale = min(range(len(_SIZES)), key=lambda n: abs(_SIZES[n] - len(rows)))
    window = min(range(len(WINDOWS_H)), key=lambda n: abs(WINDOWS_H[n] - window_h))
    dispersion = float(alone.dispersion[scale, 0, window]) + 1 / (seen + 1)
    return Expected(expected, *interval(expected, dispersion))
