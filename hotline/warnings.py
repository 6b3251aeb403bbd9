"""Early warnings of a running city: cases come in every five minutes, warnings open, grow, move, fade and close."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import numpy as np

from geo.warning.arrays import Booleans, Floats
from geo.warning.baseline import Mark, zone_table
from geo.warning.budget import false_discoveries
from geo.warning.counts import WINDOWS_H, RecentCounts
from geo.warning.detectors import DEFAULT
from geo.warning.grid import CITY_ZONE
from geo.warning.looking import Detector, Look, Scores
from geo.warning.tails import interval, upper_tail
from geo.warning.tracks import Finding, Track, advance
from hotline.grave_words import SAID, said
from hotline.warning_model import Model

KEPT = timedelta(hours=25)
DROPS_EVERY = timedelta(hours=1)
MOST_EXAMPLES = 20
HOLDS = 30.0  # a finding this many times commoner than one that opens a warning still keeps it alive
FALSE_DISCOVERIES = 0.1  # share of findings that may be false, over all zones looked at
# Without a law learnt from quiet days: how small a chance (for one zone) is accepted per look, for one a day.
LOOKS_PER_DAY = 48
COLD = 0.01  # of the budget is used while only computed chances are known: real cities scatter more than models
MOST_LOOKED_AT = 4_000


class NewCase(NamedTuple):
    """A case as early warning sees it. `themes`: what its text says that is grave (`grave_words().themes_of`).

    `caller` is any key that stands for a person without naming one: who calls twice of one thing counts once.
    """

    case_id: str
    at: datetime
    category: str
    cell: str
    area: str = ""
    themes: frozenset[str] = frozenset()
    caller: str = ""


class Warning(msgspec.Struct, frozen=True, kw_only=True):
    """One warning as it stands: numbers of its last finding, `peak` and `peak_per_day` of its strangest.

    `per_day`: how many findings so strange a quiet day has (0.1: one in ten days). `low` to `high` hold 95 % of usual
    counts. `said` is the theme when the warning rests on grave words. `case_ids`: up to 20, the latest first.
    """

    id: str
    category: str
    said: str = ""
    state: str
    area: str
    cells: tuple[str, ...]
    lat: float
    lng: float
    radius_km: float
    window_h: int
    observed: int
    expected: float
    low: float
    high: float
    strength: float
    p: float
    per_day: float
    peak: int
    peak_per_day: float
    first_seen_at: datetime
    last_seen_at: datetime
    closed_at: datetime | None = None
    merged_into: str = ""
    moved_km: float = 0.0
    owner: str = ""
    case_ids: tuple[str, ...] = ()


class _Recent(msgspec.Struct, frozen=True, array_like=True):
    case_id: str
    at: datetime
    category: str
    cell: str
    caller: str


class _Kept(msgspec.Struct, frozen=True):
    recent: list[_Recent]
    tracks: list[Track]
    opened: int
    now: datetime | None


class Watch:
    """The state of early warning. Everything it needs comes in as arguments, so a replay gives the same warnings."""

    def __init__(
        self,
        model: Model | None = None,
        owners: Mapping[str, str] | None = None,
        word_categories: Mapping[str, str] | None = None,
        detector: Detector = DEFAULT,
        prefix: str = "w",
    ) -> None:
        """`owners` by category; `word_categories` by theme (`GraveWords.categories`); `prefix` of the ids."""
        self.owners, self.word_categories = dict(owners or {}), dict(word_categories or {})
        self.detector, self.prefix = detector, prefix
        self.tracks: list[Track] = []
        self._recent: deque[_Recent] = deque()
        self._seen: set[tuple[str, str]] = set()
        self._opened = 0
        self._now: datetime | None = None
        self._dropped_at: datetime | None = None
        self.model: Model | None = None
        self._counts = RecentCounts()
        if model is not None:
            self.teach(model)

    def teach(self, model: Model) -> None:
        """Go on with another model; what is open stays open, and the cases of the last day are counted again."""
        self.model = model
        self._counts = RecentCounts()
        self._count(list(self._recent))

    def update(self, now: datetime, cases: Iterable[NewCase], marks: Sequence[Mark] = ()) -> list[Warning]:
        """Take the new cases and look at the city; all warnings that are open, and those that just closed.

        Call it every five minutes with what came since (order does not matter; what was told before, by case id or
        by caller and category, is not counted again). `marks`: holidays, notices and alerts in force. 20,000 cells
        and 10 categories: well below a second.
        """
        self._now = now
        self._take(cases)
        self._drop(now)
        findings = self._findings(now, marks) if self.model is not None and self.model.is_ready else []
        self.tracks = advance(self.tracks, findings, now, self._new_id)
        rows = self._rows_of({track.category for track in self.tracks})
        return [self._warning(track, rows[track.category]) for track in self.tracks]

    def to_bytes(self) -> bytes:
        """What has to survive a restart, without the model."""
        return msgspec.msgpack.encode(_Kept(list(self._recent), self.tracks, self._opened, self._now))

    def restore(self, raw: bytes) -> None:
        """Take over what `to_bytes` wrote. Raises ValueError for anything else."""
        try:
            kept = msgspec.msgpack.decode(raw, type=_Kept)
        except msgspec.DecodeError as error:
            raise ValueError(f"not a state of early warning: {error}") from None
        self.tracks, self._opened, self._now = kept.tracks, kept.opened, kept.now
        self._recent = deque(kept.recent)
        self._seen = {key for recent in kept.recent for key in _keys(recent)}
        self._counts = RecentCounts()
        self._count(kept.recent)

    # ---- cases

    def _take(self, cases: Iterable[NewCase]) -> None:
        fresh: list[_Recent] = []
        areas: dict[str, str] = {}
        for case in cases:
            for category in (case.category, *(said(theme) for theme in sorted(case.themes))):
                row = _Recent(case.case_id, case.at, category, case.cell, case.caller)
                keys = _keys(row)
                if case.cell and self._seen.isdisjoint(keys):
                    self._seen.update(keys)
                    fresh.append(row)
                    areas[case.cell] = case.area
        self._grow(areas)
        self._recent.extend(fresh)
        self._count(fresh)

    def _grow(self, areas: Mapping[str, str]) -> None:
        """Cells that never had a case get what the baseline gives such cells."""
        if self.model is None or all(cell in self.model.grid.index for cell in areas):
            return
        self.model.grid.grow(areas, areas)
        self.model = replace(self.model, table=zone_table(self.model.grid, self.model.baseline, self.model.table))

    def _count(self, rows: Sequence[_Recent]) -> None:
        if self.model is None:
            return
        index, known = self.model.grid.index, self.model.categories
        counted = [row for row in rows if row.cell in index and row.category in known]
        if counted:
            self._counts.add(
                [row.at.timestamp() for row in counted],
                np.array([index[row.cell] for row in counted], dtype=np.int32),
                np.array([known[row.category] for row in counted], dtype=np.int32),
            )

    def _drop(self, now: datetime) -> None:
        self._counts.drop(now.timestamp())
        if self._dropped_at is None or now - self._dropped_at >= DROPS_EVERY:
            self._dropped_at = now
            kept = [row for row in self._recent if row.at > now - KEPT]
            self._recent, self._seen = deque(kept), {key for row in kept for key in _keys(row)}

    # ---- findings

    def _findings(self, now: datetime, marks: Sequence[Mark]) -> list[Finding]:
        model = self.model
        assert model is not None, "asked only with a model"
        now_s = now.timestamp()
        look = Look(model.grid, model.baseline, model.table, self._counts.events(now_s), now_s, marks, model.rules)
        scores = self.detector.score(look)
        per_day, opens, holds = _judged(model, scores, self.detector.tests(look))
        opens &= _stands_out(look, scores, model.false_per_day)
        rows = np.flatnonzero(opens | holds)
        rows = rows[np.lexsort((-scores.strength[rows], per_day[rows]))][:MOST_LOOKED_AT]
        return _apart(model, scores, rows, per_day, opens)

    def _new_id(self) -> str:
        self._opened += 1
        return f"{self.prefix}{self._opened:05d}"

    # ---- telling

    def _rows_of(self, categories: set[str]) -> dict[str, list[_Recent]]:
        found: dict[str, list[_Recent]] = {category: [] for category in categories}
        if found:
            for row in self._recent:
                if row.category in found:
                    found[row.category].append(row)
        return found

    def _warning(self, track: Track, rows: Sequence[_Recent]) -> Warning:
        found, peak = track.latest, track.peak
        theme = track.category.removeprefix(SAID) if track.category.startswith(SAID) else ""
        category = self.word_categories.get(theme, "") if theme else track.category
        return Warning(
            id=track.id,
            category=track.category,
            said=theme,
            state=track.state,
            area=found.area or peak.area,
            cells=tuple(sorted(found.cells)),
            lat=found.lat,
            lng=found.lng,
            radius_km=found.radius_km,
            window_h=found.window_h,
            observed=found.observed,
            expected=found.expected,
            low=found.low,
            high=found.high,
            strength=found.strength,
            p=found.p,
            per_day=found.per_day,
            peak=peak.observed,
            peak_per_day=peak.per_day,
            first_seen_at=track.first_seen_at,
            last_seen_at=track.last_seen_at,
            closed_at=track.closed_at,
            merged_into=track.merged_into,
            moved_km=round(track.moved_km, 2),
            owner=self.owners.get(category, ""),
            case_ids=_examples(track, rows),
        )


def _examples(track: Track, rows: Sequence[_Recent]) -> tuple[str, ...]:
    """The latest cases of its category in its cells and window."""
    since = track.last_seen_at - timedelta(hours=track.latest.window_h)
    found = [row for row in rows if row.at > since and row.cell in track.latest.cells]
    found.sort(key=lambda row: (row.at, row.case_id), reverse=True)
    return tuple(dict.fromkeys(row.case_id for row in found))[:MOST_EXAMPLES]


def _keys(row: _Recent) -> list[tuple[str, str]]:
    """What makes two reports one: the case, or the caller, with the category."""
    keys = [(f"case:{row.case_id}", row.category)]
    return [*keys, (f"caller:{row.caller}", row.category)] if row.caller else keys


def _judged(model: Model, scores: Scores, tests: int) -> tuple[Floats, Booleans, Booleans]:
    """Per finding: how many so strange a quiet day has, whether it opens a warning, whether it keeps one alive."""
    discovered = false_discoveries(scores.p, tests, FALSE_DISCOVERIES)
    if model.law is None:
        # Chance as the baseline has it, as if every half hour's look were a new one.
        per_day = scores.p * tests * LOOKS_PER_DAY
        budget = model.false_per_day * COLD
        return per_day, discovered & (per_day <= budget), per_day <= budget * HOLDS
    per_day = model.law.per_day(scores.category, scores.strength)
    opens = discovered & model.law.is_warning(scores.category, scores.strength)
    return per_day, opens, per_day <= model.law.limit * HOLDS


def _stands_out(look: Look, scores: Scores, per_day: float) -> Booleans:
    """Whether what counts only nearby is also more than its place has of what the rest of the city says just now.

    A word that everybody says today is no matter of one corner, whatever was learnt of other days. As often as chance
    alone would make such a cluster, for every cell and half hour, is weighed against the accepted number a day.
    """
    share = look.table.share[scores.zone, scores.category].astype(np.float64)
    in_city = look.counts[:, CITY_ZONE * look.categories + scores.category]
    hours = np.array(WINDOWS_H, dtype=np.float64)[scores.window]
    now = in_city[scores.window, np.arange(len(scores))] - scores.observed
    all_day = (in_city[-1] - scores.observed) * hours / WINDOWS_H[-1]
    usual = share / np.maximum(1 - share, share) * np.maximum(now, all_day)
    # Whose share it is says everything that people call about, so how few spoke of this before adds no scatter.
    scatter = look.baseline.dispersion[look.table.scale[scores.zone], scores.category, scores.window]
    chance = upper_tail(scores.observed, np.maximum(scores.expected, usual), scatter)
    told: Booleans = chance * len(look.grid.cells) * LOOKS_PER_DAY <= per_day
    return told | ~look.rules.near[scores.category]


def _apart(model: Model, scores: Scores, rows: Any, per_day: Floats, opens: Booleans) -> list[Finding]:
    """The strangest finding of each place and category; what overlaps a stranger one is left out."""
    covered = np.zeros((len(model.grid.categories), len(model.grid.cells)), dtype=bool)
    found = []
    for row in rows.tolist():
        cells = model.grid.zone_cells(int(scores.zone[row]))
        category = int(scores.category[row])
        if covered[category, cells].any():
            continue
        covered[category, cells] = True
        found.append(_finding(model, scores, row, cells, float(per_day[row]), bool(opens[row])))
    return found


def _finding(model: Model, scores: Scores, row: int, cells: Any, per_day: float, opens: bool) -> Finding:
    place = model.grid.place(int(scores.zone[row]))
    expected = float(scores.expected[row])
    low, high = interval(expected, float(scores.dispersion[row]))
    return Finding(
        category=model.grid.categories[int(scores.category[row])],
        cells=frozenset(model.grid.cells[cell] for cell in cells.tolist()),
        lat=place.lat,
        lng=place.lng,
        radius_km=place.radius_km,
        area=place.area,
        window_h=WINDOWS_H[int(scores.window[row])],
        observed=int(scores.observed[row]),
        expected=round(expected, 3),
        low=low,
        high=high,
        strength=round(float(scores.strength[row]), 3),
        p=float(scores.p[row]),
        per_day=per_day,
        opens=opens,
    )
