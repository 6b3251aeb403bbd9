"""Made-up matters put into real streams: who finds them, how soon, and how many false warnings that costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import h3
import numpy as np

from geo.warning.area_detectors import AreaHours, area_detectors
from geo.warning.arrays import DAY_S, HOUR_S, Floats, Indexes
from geo.warning.baseline import Baseline, ZoneTable, zone_table
from geo.warning.budget import Law, Peaks, learn_law, peaks_of
from geo.warning.counts import WINDOWS_H, Events, zone_counts
from geo.warning.detectors import ON_ZONES, Scan
from geo.warning.grid import Grid
from geo.warning.learning import History, learn
from geo.warning.looking import Detector, Scores
from geo.warning.running import RunningCounts

Shape = Literal["point", "ring", "line", "district"]
SHAPES: tuple[Shape, ...] = ("point", "ring", "line", "district")
CALLS = (3, 6, 12, 25, 50)
SPEEDS_H = {"sharp": 1.0, "slow": 12.0}
STEP_S = 1800.0
WATCHED_H = 12.0  # after the last call; what is found later is not early
LINE_CELLS = 9  # about 3 km of a street
OWN_SHARE = 0.25  # of the calls so far that a finding must hold to count as having found the matter
RELEARN_DAYS = 7
RARE_PER_DAY = 0.5


@dataclass(frozen=True)
class Stream:
    """A city's cases as columns in order of time, and the grid they lie on. Tests run from `test_from_s` on."""

    name: str
    grid: Grid
    history: History
    zone: str
    test_from_s: float


class Matter(NamedTuple):
    """What was put in: `calls` of one category from `start_s` on, spread over `hours` and over cells of a shape."""

    shape: Shape
    speed: str
    category: int
    start_s: float
    hours: float
    times_s: Floats
    cell: Indexes
    usual_per_day: float  # cases of the category that its own cells have on a usual day


class Outcome(NamedTuple):
    """How a detector did on a matter. `delay_h` after the first call, `calls` that had come by then; NaN when missed.

    `precision`: share of the cases in the zone and window found that belong to the matter. `error_km`: between the
    middle of the zone and that of the matter.
    """

    detector: str
    city: str
    shape: Shape
    speed: str
    size: int
    usual_per_day: float
    found: bool
    delay_h: float
    calls: int
    precision: float
    error_km: float


@dataclass(frozen=True)
class Period:
    """A week of a stream with the baseline learnt from all before it."""

    from_s: float
    until_s: float
    baseline: Baseline
    table: ZoneTable


def periods(stream: Stream, rng: np.random.Generator, days: int = RELEARN_DAYS) -> Iterator[Period]:
    """The test time in parts, each with a baseline of the time before; the scan's laws are learnt with the first."""
    gumbel = None
    from_s = stream.test_from_s
    while from_s < stream.history.until_s:
        until_s = min(from_s + days * DAY_S, stream.history.until_s)
        baseline = learn(stream.grid, stream.history.between(stream.history.since_s, from_s), stream.zone)
        table = zone_table(stream.grid, baseline)
        if gumbel is None:
            for scan in (detector for detector in ON_ZONES if isinstance(detector, Scan)):
                baseline = scan.calibrated(stream.grid, baseline, table, rng, replicas=15)
            gumbel = baseline.gumbel
        else:
            baseline = Baseline(**{**vars(baseline), "gumbel": gumbel})
        yield Period(from_s, until_s, baseline, table)
        from_s = until_s


def quiet_peaks(
    stream: Stream, weeks: Sequence[Period], tell: Callable[[float], None], step_s: float = STEP_S
) -> dict[str, Peaks]:
    """What every detector finds in the stream as it was, per name: all of it counts as false."""
    on_areas = area_detectors(_hours(stream, stream.history, len(stream.grid.categories)))
    looks: dict[str, list[tuple[float, Scores]]] = {d.name: [] for d in (*ON_ZONES, *on_areas)}
    span = weeks[-1].until_s - weeks[0].from_s
    counted = RunningCounts(stream.grid, stream.history, len(stream.grid.categories))
    for week in weeks:
        for now_s in np.arange(week.from_s, week.until_s, step_s).tolist():
            look = counted.look(week.baseline, week.table, now_s)
            for detector in _due(ON_ZONES, on_areas, now_s):
                looks[detector.name].append((now_s, detector.score(look).best()))
            tell((now_s - weeks[0].from_s) / span)
    tell(1.0)
    return {name: peaks_of(stream.grid, found) for name, found in looks.items()}


def laws(stream: Stream, weeks: Sequence[Period], quiet: dict[str, Peaks], false_per_day: float) -> dict[str, Law]:
    """Thresholds that would have given every detector the same number of warnings over the test time."""
    days = (weeks[-1].until_s - weeks[0].from_s) / DAY_S
    return {name: learn_law(peaks, days, len(stream.grid.categories), false_per_day) for name, peaks in quiet.items()}


def make_matter(
    stream: Stream, week: Period, rng: np.random.Generator, shape: Shape, speed: str, calls: int
) -> Matter | None:
    """A matter at a random time of the week, of a random category, where people live; None where its shape has no room.

    Places are drawn in proportion to all cases, categories evenly among those with a case every other day.
    """
    grid, baseline = stream.grid, week.baseline
    usual = np.flatnonzero(baseline.level * 24 >= RARE_PER_DAY)
    category = int(rng.choice(usual))
    people = baseline.seen.sum(axis=1)
    centre = int(rng.choice(len(people), p=people / people.sum()))
    cells = _cells_of(grid, people, centre, shape, rng)
    if cells is None:
        return None
    hours = SPEEDS_H[speed]
    latest = week.until_s - (hours + WATCHED_H) * HOUR_S
    start_s = float(rng.uniform(week.from_s, latest))
    # A slow matter gathers pace: as many calls in its last third as in the first two.
    drawn = np.sort(rng.random(calls)) ** (1.0 if speed == "sharp" else 0.65)
    times_s = start_s + (drawn - drawn[0]) * hours * HOUR_S
    weights = people[cells] + 1.0 if shape == "district" else np.ones(len(cells))
    cell = rng.choice(cells, size=calls, p=weights / weights.sum()).astype(np.int32)
    own = float(baseline.share[np.unique(cell), category].sum() * baseline.level[category] * 24)
    return Matter(shape, speed, category, start_s, hours, times_s, cell, own)


def try_matter(stream: Stream, week: Period, matter: Matter, known: dict[str, Law]) -> list[Outcome]:
    """What each detector does when the matter happens. Only its category is looked at: no other changes."""
    k = matter.category
    baseline, table = week.baseline.only(k), _only(week.table, k)
    mixed = _with(stream.history, k, matter)
    on_areas = area_detectors(_hours(stream, mixed, 1))
    waiting = {detector.name for detector in (*ON_ZONES, *on_areas)}
    outcomes: list[Outcome] = []
    end_s = matter.start_s + (matter.hours + WATCHED_H) * HOUR_S
    counted = RunningCounts(stream.grid, mixed, 1)
    # Before its second call nothing can hold enough of it.
    begin_s = matter.times_s[min(1, len(matter.times_s) - 1)]
    for now_s in np.arange(np.ceil(begin_s / STEP_S) * STEP_S, end_s, STEP_S).tolist():
        look = counted.look(baseline, table, now_s)
        own: Indexes | None = None
        for detector in _due(ON_ZONES, on_areas, now_s):
            if detector.name not in waiting:
                continue
            scores = detector.score(look)
            scores = scores.where(known[detector.name].is_warning(np.full(len(scores), k), scores.strength))
            if not len(scores):
                continue
            own = _own_counts(stream.grid, matter, now_s) if own is None else own
            outcome = _outcome(stream, matter, detector.name, scores, own, now_s)
            if outcome is not None:
                outcomes.append(outcome)
                waiting.discard(detector.name)
        if not waiting:
            break
    return outcomes + [_missed(stream, matter, name) for name in sorted(waiting)]


def _due(on_zones: Sequence[Detector], on_areas: Sequence[Detector], now_s: float) -> Iterator[Detector]:
    """Charts of areas work on whole hours; asking more often gives the same answer."""
    yield from on_zones
    if now_s % HOUR_S == 0:
        yield from on_areas


def _outcome(stream: Stream, matter: Matter, name: str, scores: Scores, own: Indexes, now_s: float) -> Outcome | None:
    """The strongest finding that holds enough of the matter's calls."""
    so_far = int((matter.times_s < now_s).sum())
    inside = own[scores.window, scores.zone]
    rows = np.flatnonzero(inside >= max(2.0, OWN_SHARE * so_far))
    if not rows.size:
        return None
    best = rows[int(np.argmax(scores.strength[rows]))]
    place = stream.grid.place(int(scores.zone[best]))
    lat, lng = stream.grid.lat[matter.cell].mean(), stream.grid.lng[matter.cell].mean()
    return Outcome(
        *(name, stream.name, matter.shape, matter.speed, len(matter.cell), matter.usual_per_day, True),
        delay_h=float(now_s - matter.times_s[0]) / HOUR_S,
        calls=so_far,
        precision=float(inside[best] / max(scores.observed[best], 1.0)),
        error_km=_km(place.lat, place.lng, float(lat), float(lng)),
    )


def _missed(stream: Stream, matter: Matter, name: str) -> Outcome:
    nan = float("nan")
    return Outcome(
        *(name, stream.name, matter.shape, matter.speed, len(matter.cell), matter.usual_per_day, False),
        *(nan, len(matter.cell), nan, nan),
    )


def _own_counts(grid: Grid, matter: Matter, now_s: float) -> Indexes:
    """The matter's own calls per window and zone."""
    rows = (matter.times_s < now_s) & (matter.times_s >= now_s - WINDOWS_H[-1] * HOUR_S)
    none = np.zeros(int(rows.sum()), dtype=np.int32)
    return zone_counts(grid, Events(matter.cell[rows], none, now_s - matter.times_s[rows]), 1)


def _with(history: History, category: int, matter: Matter) -> History:
    """The cases of the matter's category around its time, with it."""
    begin, end = matter.start_s - 70 * DAY_S, matter.start_s + (matter.hours + WATCHED_H + 1) * HOUR_S
    around = history.between(begin, end)
    rows = np.flatnonzero(around.category == category)
    times = np.concatenate([around.times_s[rows], matter.times_s])
    cell = np.concatenate([around.cell[rows], matter.cell])
    return History.of(times, cell, np.zeros(len(times), dtype=np.int32), begin, end)


def _hours(stream: Stream, history: History, categories: int) -> AreaHours:
    begin = max(history.since_s, stream.history.since_s)
    columns = (history.times_s, history.cell, history.category)
    return AreaHours.of(stream.grid, *columns, begin, history.until_s, categories)


def _only(table: ZoneTable, category: int) -> ZoneTable:
    k = [category]
    return ZoneTable(table.share[:, k], table.seen[:, k], table.scale, table.area, table.cells)


def _cells_of(grid: Grid, people: Floats, centre: int, shape: Shape, rng: np.random.Generator) -> Indexes | None:
    """Positions of the cells a matter of that shape fills."""
    if shape == "point":
        return np.array([centre], dtype=np.int32)
    if shape == "ring":
        around = h3.grid_ring(grid.cells[centre], 2)
        return _known(grid, around, least=4)
    if shape == "line":
        far = [cell for cell in h3.grid_ring(grid.cells[centre], LINE_CELLS - 1) if cell in grid.index]
        if not far:
            return None
        return _known(grid, h3.grid_path_cells(grid.cells[centre], far[int(rng.integers(len(far)))]), least=5)
    area = int(grid.area_of[centre])
    members = np.flatnonzero(grid.area_of == area).astype(np.int32)
    return members if area >= 0 and len(members) >= 7 else None


def _known(grid: Grid, cells: Sequence[str], least: int) -> Indexes | None:
    found = [grid.index[cell] for cell in cells if cell in grid.index]
    return np.array(found, dtype=np.int32) if len(found) >= least else None


def _km(lat: float, lng: float, other_lat: float, other_lng: float) -> float:
    return float(np.hypot(lat - other_lat, (lng - other_lng) * np.cos(np.radians(lat))) * 111.195)
