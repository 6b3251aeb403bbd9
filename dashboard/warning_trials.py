"""The evaluation of early warning: matters of all shapes put into streams, and tables of who found them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from dashboard.local_files import replace_whole
from geo.warning.arrays import DAY_S
from geo.warning.budget import Law, Peaks, learn_law, separate
from geo.warning.trials import (
    CALLS,
    SHAPES,
    SPEEDS_H,
    STEP_S,
    Outcome,
    Period,
    Stream,
    laws,
    make_matter,
    periods,
    quiet_peaks,
    try_matter,
)

Z_95 = 1.959964
RESAMPLED = 400
SEEDS = 20
QUICK_CALLS = (6, 25)
DEFAULT_DETECTOR = "scan"


@dataclass(frozen=True)
class Scope:
    """How much is tried: calls of each matter, repetitions with different seeds, accepted false warnings a day."""

    calls: tuple[int, ...] = CALLS
    seeds: int = SEEDS
    false_per_day: float = 1.0
    step_s: float = STEP_S

    @property
    def matters(self) -> int:
        """How many make one repetition."""
        return len(SHAPES) * len(SPEEDS_H) * len(self.calls)


class Span(NamedTuple):
    """A value with the interval that holds it 95 times of 100; NaN where there is nothing to tell it from."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        if math.isnan(self.value):
            return "–"
        return f"{self.value:.2f} ({self.low:.2f}–{self.high:.2f})"


class Row(NamedTuple):
    """One detector over some matters: medians of those found, of precision the mean (its median is 1 throughout)."""

    detector: str
    n: int
    found: Span
    delay_h: Span
    calls: Span
    precision: Span
    error_km: Span
    false_per_day: float  # as it was on the days that thresholds were not learnt from; NaN unless for a city


class Tried(NamedTuple):
    """A city's outcomes and how many false warnings a day each detector really made beyond the days it learnt from.

    `seeds`: how many repetitions are done; fewer than asked for where somebody stopped.
    """

    city: str
    outcomes: list[Outcome]
    realised: dict[str, float]
    days: float
    seeds: int = SEEDS


def evaluate(
    stream: Stream,
    scope: Scope,
    tell: Callable[[str, float], None],
    before: Tried | None = None,
    keep: Callable[[Tried], None] = lambda tried: None,
) -> Tried:
    """Quiet days first, for thresholds at equal false warnings, then matters one by one.

    Goes on from `before`; `keep` is told after each repetition.
    """
    weeks = list(periods(stream, np.random.default_rng(7)))
    quiet = quiet_peaks(stream, weeks, lambda share: tell("quiet days", share), scope.step_s)
    known = laws(stream, weeks, quiet, scope.false_per_day)
    days = (weeks[-1].until_s - weeks[0].from_s) / DAY_S
    realised = _realised(stream, weeks, quiet, scope.false_per_day)
    tried = before or Tried(stream.name, [], realised, days, 0)
    for seed in range(tried.seeds, scope.seeds):
        outcomes = list(tried.outcomes)
        for number, wanted in enumerate(_wanted(scope)):
            tell("matters", (seed + number / scope.matters) / scope.seeds)
            outcomes += _one(stream, weeks, known, (*wanted, seed))
        tried = tried._replace(outcomes=outcomes, seeds=seed + 1)
        keep(tried)
    tell("matters", 1.0)
    return tried


def kept(folder: Path | None, city: str, scope: Scope) -> Tried | None:
    """What was tried before in the same way, with as many seeds or fewer. Raises ValueError for another file."""
    if folder is None or not (path := _kept_at(folder, city)).exists():
        return None
    try:
        said, tried = msgspec.msgpack.decode(path.read_bytes(), type=tuple[Scope, Tried])
    except msgspec.DecodeError as error:
        raise ValueError(f"{path}: {error}") from None
    return tried if replace(said, seeds=scope.seeds) == scope and tried.seeds <= scope.seeds else None


def put_by(folder: Path | None, city: str, scope: Scope, tried: Tried) -> None:
    """Keep outcomes for another time."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        replace_whole(_kept_at(folder, city), msgspec.msgpack.encode((scope, tried)))


def _kept_at(folder: Path, city: str) -> Path:
    return folder / f"warning-{city}.msgpack"


def _wanted(scope: Scope) -> Iterator[tuple[Any, str, int]]:
    return product(SHAPES, SPEEDS_H, scope.calls)


def _one(
    stream: Stream, weeks: Sequence[Period], known: dict[str, Law], wanted: tuple[Any, str, int, int]
) -> list[Outcome]:
    shape, speed, calls, seed = wanted
    # The same seed takes place, time and category again for every number of calls: curves compare like with like.
    rng = np.random.default_rng([seed, SHAPES.index(shape), list(SPEEDS_H).index(speed)])
    for _ in range(20):
        long_weeks = [week for week in weeks if week.until_s - week.from_s >= 2 * DAY_S]
        week = long_weeks[int(rng.integers(len(long_weeks)))]
        matter = make_matter(stream, week, rng, shape, speed, calls)
        if matter is not None:
            return try_matter(stream, week, matter, known)
    return []


def _realised(
    stream: Stream, weeks: Sequence[Period], quiet: dict[str, Peaks], false_per_day: float
) -> dict[str, float]:
    """Thresholds from the first half of the quiet days, warnings counted in the second: what a city would get."""
    middle = (weeks[0].from_s + weeks[-1].until_s) / 2
    half_days = (middle - weeks[0].from_s) / DAY_S
    found = {}
    for name, peaks in quiet.items():
        law = learn_law(peaks.where(peaks.at_s < middle), half_days, len(stream.grid.categories), false_per_day)
        later = peaks.where(peaks.at_s >= middle)
        told = separate(later.where(law.is_warning(later.category, later.strength)))
        found[name] = len(told.strength) / half_days
    return found


def table(outcomes: Sequence[Outcome], realised: dict[str, float] | None = None) -> list[Row]:
    """One row per detector, the surest first."""
    rows = []
    for name in dict.fromkeys(outcome.detector for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.detector == name]
        hits = [outcome for outcome in own if outcome.found]
        rows.append(
            Row(
                detector=name,
                n=len(own),
                found=wilson(len(hits), len(own)),
                delay_h=median([hit.delay_h for hit in hits]),
                calls=median([float(hit.calls) for hit in hits]),
                precision=mean([hit.precision for hit in hits]),
                error_km=median([hit.error_km for hit in hits]),
                false_per_day=(realised or {}).get(name, math.nan),
            )
        )
    return sorted(rows, key=lambda row: -row.found.value)


def paired(outcomes: Sequence[Outcome], detector: str) -> dict[str, tuple[int, int]]:
    """How many matters each other detector alone found, and how many `detector` alone: the same matters for all."""
    found: dict[str, list[bool]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.detector, []).append(outcome.found)
    ours = np.array(found.pop(detector, []), dtype=bool)
    others = {name: np.array(theirs) for name, theirs in found.items()}
    return {name: (int((theirs & ~ours).sum()), int((ours & ~theirs).sum())) for name, theirs in others.items()}


def wilson(hits: int, n: int) -> Span:
    """A share with Wilson's interval."""
    if not n:
        return Span(math.nan, math.nan, math.nan)
    share, z2 = hits / n, Z_95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return Span(share, max(0.0, centre - half), min(1.0, centre + half))


def median(values: Sequence[float]) -> Span:
    """The median with an interval by resampling."""
    return _resampled(values, np.median)


def mean(values: Sequence[float]) -> Span:
    """The mean with an interval by resampling."""
    return _resampled(values, np.mean)


def _resampled(values: Sequence[float], what: Any) -> Span:
    if not values:
        return Span(math.nan, math.nan, math.nan)
    known = np.array(values)
    drawn = np.random.default_rng(1).choice(known, size=(RESAMPLED, len(known)))
    low, high = np.quantile(what(drawn, axis=1), [0.025, 0.975])
    return Span(float(what(known)), float(low), float(high))


HEAD = (
    "| detector | n | found | delay, h | calls by then | precision | place error, km |",
    "|---|---|---|---|---|---|---|",
)


def as_markdown(rows: Sequence[Row]) -> list[str]:
    """The rows as a table."""
    return [
        *HEAD,
        *(
            f"| {row.detector} | {row.n} | {row.found} | {row.delay_h} | {row.calls} | {row.precision} "
            f"| {row.error_km} |"
            for row in rows
        ),
    ]


def by(outcomes: Sequence[Outcome], detector: str, key: Callable[[Outcome], Any]) -> list[tuple[Any, Span]]:
    """How often one detector found the matters of each group."""
    own = [outcome for outcome in outcomes if outcome.detector == detector]
    groups = sorted({key(outcome) for outcome in own}, key=lambda group: (str(type(group)), group))
    found = []
    for group in groups:
        members = [outcome for outcome in own if key(outcome) == group]
        found.append((group, wilson(sum(outcome.found for outcome in members), len(members))))
    return found


def as_dict(row: Row) -> dict[str, Any]:
    """A row for `--json`; NaN as null."""
    said: dict[str, Any] = {"detector": row.detector, "n": row.n, "false_per_day": _number(row.false_per_day)}
    for name in ("found", "delay_h", "calls", "precision", "error_km"):
        span: Span = getattr(row, name)
        said[name] = {part: _number(value) for part, value in span._asdict().items()}
    return said


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)
