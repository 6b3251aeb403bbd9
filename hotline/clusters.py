"""Clusters: a few grave reports close together in place and time, where almost none would be expected.

The question is asked around every report, so the chance to answer is that of **further** reports nearby, and the
level is divided by the number of cells in which reports were looked at (Bonferroni). No source gives a method for
hotlines; this is the space-time scan idea in its smallest form, with the false alarms per day measured in tests.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import h3
import msgspec

WINDOW_M = 30
RING = 2  # 19 cells of resolution 9: about 2 km2, the radius in which one leak is smelled
LEAST = 3
# A known cluster stays while its window holds this many reports, and this many times the expected ones.
STAY = 2
# Accepted chance of one false cluster per window and city, over all categories watched. A bound for windows side by
# side; they slide and disks overlap, so it was measured: 6 false clusters in 200 simulated days (tests).
P = 0.005
SMOOTHING = 0.5  # cases added to each cell before its share is taken: a cell without any is not impossible

ExpectedOf = Callable[[str, frozenset[str], int], float]  # (category, cells, window in minutes) -> expected reports


class Report(msgspec.Struct, frozen=True, gc=False):
    """One case as the search sees it. `cell` is of resolution 9; empty, the case cannot be part of a cluster.

    Reports with the same `caller` (any key that stands for a person and does not tell who) count once.
    """

    case_id: str
    category: str
    cell: str
    area: str
    at: datetime
    caller: str = ""


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """`n` reports of a category where `expected` were to be expected, in `cells` within the window.

    `since` is the first report ever counted in it; `area` the one most reports name; `chance` the probability of so
    many further reports around one of them, the smaller the stranger (1 when it stays only because it is known).
    """

    category: str
    cells: frozenset[str]
    since: datetime
    area: str = ""
    n: int = 0
    expected: float = 0.0
    window_m: int = WINDOW_M
    case_ids: tuple[str, ...] = ()
    chance: float = 1.0


def find_clusters(
    recent: Iterable[Report],
    now: datetime,
    expected_of: ExpectedOf,
    *,
    window_m: int = WINDOW_M,
    ring: int = RING,
    least: int = LEAST,
    p: float = P,
    known: Iterable[Cluster] = (),
) -> list[Cluster]:
    """Clusters among the reports of the last `window_m` minutes, the strangest first.

    Around each cell with reports, its grid disk of `ring` holds n distinct callers. It is a cluster when n >= least
    and P(X >= n - 1) <= p / m, X Poisson with the expected number of the disk, m the number of cells with reports
    of any category in the window: the cells looked at. (n - 1: the report at the centre is there because we look
    there.) Disks of one category that overlap are one cluster. `known` are those of the last call: they stay, even
    when no longer strange, while two reports, and twice the expected ones, lie in the window.
    """
    start = now - timedelta(minutes=window_m)
    by_category: dict[str, list[Report]] = {}
    for report in recent:
        if report.cell and start < report.at <= now:
            by_category.setdefault(report.category, []).append(report)
    looked_at = sum(len({report.cell for report in reports}) for reports in by_category.values())
    known_by: dict[str, list[Cluster]] = {}
    for cluster in known:
        known_by.setdefault(cluster.category, []).append(cluster)
    found: list[Cluster] = []
    for category, reports in by_category.items():
        search = _Search(category, _distinct(reports), expected_of, window_m)
        hot = search.hot_disks(ring, least, p / looked_at)
        found += search.clusters(hot, known_by.get(category, ()))
    return sorted(found, key=lambda cluster: (cluster.chance, cluster.since, cluster.category))


def poisson_tail(n: int, expected: float) -> float:
    """P(X >= n) for a Poisson variable with that mean; 1 for an infinite mean, which nothing exceeds.

    Summed from the n-th term upwards, so that small probabilities keep their digits.
    """
    if n <= 0 or math.isinf(expected):
        return 1.0
    if expected <= 0:
        return 0.0
    if n <= expected:
        return 1.0 - sum(_poisson_terms(0, n, expected))
    return min(1.0, math.fsum(_poisson_terms(n, n + 200 + int(expected), expected)))


def expected_rate(counts_per_hour: Sequence[int], share_of_cells: float) -> float:
    """Reports per hour to be expected in some cells: the city's rate of the category times the cells' share.

    `counts_per_hour`: reports of the category in the city in this hour on earlier days of the same class (working
    day or weekend), up to 28 of them. One report more than was counted enters the mean, so that few days err to the
    side of silence; with no day at all the rate is infinite: what is unknown cannot be unusual.
    """
    if not counts_per_hour:
        return math.inf
    return (sum(counts_per_hour) + 1) / len(counts_per_hour) * share_of_cells


def share_of_cells(counts: Mapping[str, int], cells: Collection[str], total: int, known_cells: int) -> float:
    """The share of `cells` in a city's cases, from the last 24 hours' `counts` per cell (all categories).

    `total` is the sum of all counts, `known_cells` how many cells ever had a case. Additive smoothing with half a
    case per cell: a quiet street is quiet, not impossible.
    """
    here = sum(counts.get(cell, 0) for cell in cells) + SMOOTHING * len(cells)
    return min(1.0, here / (total + SMOOTHING * max(known_cells, len(cells))))


class _Disk(msgspec.Struct, frozen=True):
    cells: frozenset[str]
    chance: float


class _Search:
    """Reports of one category in the window, by cell."""

    def __init__(self, category: str, reports: list[Report], expected_of: ExpectedOf, window_m: int):
        self.category = category
        self.reports = reports
        self.expected_of = expected_of
        self.window_m = window_m
        self.counts = Counter(report.cell for report in reports)

    def hot_disks(self, ring: int, least: int, level: float) -> list[_Disk]:
        """Disks around a cell with reports that hold more than chance would put there."""
        hot = []
        for center in self.counts if len(self.reports) >= least else ():
            cells = _disk(center, ring)
            n = self._count(cells)
            if n >= least:
                chance = poisson_tail(n - 1, self.expected_of(self.category, cells, self.window_m))
                if chance <= level:
                    hot.append(_Disk(cells, chance))
        return hot

    def clusters(self, hot: list[_Disk], known: Iterable[Cluster]) -> list[Cluster]:
        """Join what overlaps, with the known clusters that have not dissolved."""
        staying = [cluster for cluster in known if self._stays(cluster.cells)]
        groups: list[tuple[set[str], float]] = []
        for cells, chance in [(d.cells, d.chance) for d in hot] + [(c.cells, 1.0) for c in staying]:
            touching = [group for group in groups if not group[0].isdisjoint(cells)]
            groups = [group for group in groups if group[0].isdisjoint(cells)]
            merged = set(cells).union(*(group[0] for group in touching))
            groups.append((merged, min([chance, *(group[1] for group in touching)])))
        return [self._cluster(frozenset(cells), chance, staying) for cells, chance in groups]

    def _stays(self, cells: frozenset[str]) -> bool:
        n = self._count(cells)
        return n >= STAY and n >= STAY * self.expected_of(self.category, cells, self.window_m)

    def _cluster(self, cells: frozenset[str], chance: float, staying: list[Cluster]) -> Cluster:
        members = sorted((r for r in self.reports if r.cell in cells), key=lambda r: (r.at, r.case_id))
        areas = Counter(report.area for report in members if report.area)
        earlier = [cluster.since for cluster in staying if not cluster.cells.isdisjoint(cells)]
        return Cluster(
            category=self.category,
            cells=cells,
            since=min([members[0].at, *earlier]),
            area=areas.most_common(1)[0][0] if areas else "",
            n=len(members),
            expected=self.expected_of(self.category, cells, self.window_m),
            window_m=self.window_m,
            case_ids=tuple(report.case_id for report in members),
            chance=chance,
        )

    def _count(self, cells: frozenset[str]) -> int:
        counts = self.counts
        if len(counts) < len(cells):
            return sum(n for cell, n in counts.items() if cell in cells)
        return sum(counts[cell] for cell in cells if cell in counts)


def _distinct(reports: Iterable[Report]) -> list[Report]:
    """The first report of each case and of each caller, in order of time."""
    cases: set[str] = set()
    callers: set[str] = set()
    first = []
    for report in sorted(reports, key=lambda r: (r.at, r.case_id)):
        if report.case_id in cases or (report.caller and report.caller in callers):
            continue
        cases.add(report.case_id)
        callers.add(report.caller)
        first.append(report)
    return first


def _poisson_terms(start: int, stop: int, expected: float) -> Iterable[float]:
    log_expected = math.log(expected)
    return (math.exp(k * log_expected - expected - math.lgamma(k + 1)) for k in range(start, stop))


@lru_cache(maxsize=4096)
def _disk(center: str, ring: int) -> frozenset[str]:
    return frozenset(h3.grid_disk(center, ring))
