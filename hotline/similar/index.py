"""The recent reports by place, what each is similar to, and which of them lie together: kept up with every new case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from heapq import nsmallest
from itertools import islice

import h3
import msgspec

from hotline.similar.place import ground_m
from hotline.similar.score import LINKED, PROPOSED, WITHIN, Evidence, Report, compare

RING = 2  # cells of resolution 9 around a report's own: every point within 500 m of it lies in them
COMPARED = 80  # reports nearest in time that one is compared with, among those of its category, and as many others
KEPT = 12  # of the evidence of one report is shown; twice as much is known
LEAST = 2
MOST_IN_CLUSTER = 200
# A chain of links may lead through half a city on a loud night. A cluster that reaches further from its middle is
# taken apart: only what is proposed as a duplicate holds together then.
REACH_M = 600.0


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """Open cases that lie together, directly or through each other (`score.LINKED`); `id` follows from the first one.

    `category` and `area` are those most of them name, `lat`, `lng` their mean, `since` the first one's receipt.
    """

    id: str
    case_ids: tuple[str, ...]
    category: str
    area: str
    lat: float
    lng: float
    since: datetime
    cells: tuple[str, ...]

    @property
    def n(self) -> int:
        return len(self.case_ids)


class SimilarIndex:
    """Reports of the last `window`, by cell. Not for two threads at once."""

    def __init__(self, window: timedelta = WITHIN):
        self.window = window
        self.reports: dict[str, Report] = {}
        self._cells: dict[str, dict[str, dict[str, Report]]] = {}  # cell -> category -> reports as they came
        self._waiting: dict[str, None] = {}
        self._links: dict[str, dict[str, Evidence]] = {}  # from both sides
        self._held: dict[str, dict[str, Evidence]] = {}  # what a guard holds back, from both sides

    def __len__(self) -> int:
        return len(self.reports)

    def put(self, report: Report) -> set[str]:
        """Take a new report, or what has become of a known one. Returns every case whose evidence changed."""
        before = self.reports.get(report.case_id)
        if before is not None and _is_same_matter(before, report):
            self._replace(report)
            return self.neighbours(report.case_id) | {report.case_id}
        touched = self.drop(report.case_id)
        self._replace(report)
        return touched | self._compare(report)

    def place(self, report: Report) -> None:
        """Take a report of which `settle` finds out later what it is similar to: many are there at a start."""
        self._replace(report)
        self._waiting[report.case_id] = None

    def settle(self, most: int) -> set[str]:
        """Compare up to `most` of the reports that wait, the last placed first. Returns whose evidence changed."""
        touched: set[str] = set()
        for _ in range(min(most, len(self._waiting))):
            case_id, _ = self._waiting.popitem()
            # Those that do not wait were compared with everything that was there.
            touched |= self._compare(self.reports[case_id], self._waiting)
        return touched

    @property
    def waiting(self) -> int:
        """How many reports were placed and not yet compared."""
        return len(self._waiting)

    def _compare(self, report: Report, among: Container[str] | None = None) -> set[str]:
        for other in self._candidates(report):
            if among is not None and other.case_id not in among:
                continue
            if (evidence := compare(report, other, LINKED)) is not None:
                (self._held if evidence.guard else self._links).setdefault(report.case_id, {})[other.case_id] = evidence
        return self._mirror(report) | {report.case_id}

    def drop(self, case_id: str) -> set[str]:
        """Forget a report. Returns the cases that were linked with it."""
        report = self.reports.pop(case_id, None)
        if report is None:
            return set()
        self._waiting.pop(case_id, None)
        here = self._cells.get(report.cell, {})
        if (alike := here.get(report.category)) is not None:
            alike.pop(case_id, None)
            if not alike:
                del here[report.category]
        if not here:
            self._cells.pop(report.cell, None)
        return self._unlink(self._links, case_id) | self._unlink(self._held, case_id)

    def forget(self, now: datetime) -> set[str]:
        """Forget what is older than the window. Returns every case that this touched, the forgotten ones too."""
        old = [case_id for case_id, report in self.reports.items() if now - report.at > self.window]
        return set(old).union(*(self.drop(case_id) for case_id in old))

    def similar(self, case_id: str) -> list[Evidence]:
        """What may be the same matter, the likeliest first; each says whether it is proposed as a duplicate."""
        return _ranked(self._links.get(case_id, {}).values())[:KEPT]

    def held_back(self, case_id: str) -> list[Evidence]:
        """What looks alike and is not proposed, each with its guard."""
        return _ranked(self._held.get(case_id, {}).values())[:KEPT]

    def neighbours(self, case_id: str) -> set[str]:
        """The cases directly linked with one."""
        return set(self._links.get(case_id, ()))

    def cluster_of(self, case_id: str, least: int = LEAST) -> Cluster | None:
        """The cluster of an open case, None when it lies alone."""
        report = self.reports.get(case_id)
        if report is None or not report.is_open:
            return None
        members = self._together(case_id)
        return _cluster([self.reports[i] for i in members]) if len(members) >= least else None

    def clusters(self, least: int = LEAST) -> list[Cluster]:
        """All of them, the largest first, then the newest."""
        seen: set[str] = set()
        found = []
        for case_id in self._links:
            if case_id not in seen and (cluster := self.cluster_of(case_id, least)) is not None:
                seen.update(cluster.case_ids)
                found.append(cluster)
        return sorted(found, key=lambda cluster: (-cluster.n, -cluster.since.timestamp(), cluster.id))

    def _replace(self, report: Report) -> None:
        self.reports[report.case_id] = report
        if report.cell:
            self._cells.setdefault(report.cell, {}).setdefault(report.category, {})[report.case_id] = report

    def _candidates(self, report: Report) -> Iterator[Report]:
        """Reports around it, nearest in time first: at most `COMPARED` of its category and as many of others."""
        if not report.cell:
            return
        alike: list[Report] = []
        others: list[Report] = []
        for cell in _disk(report.cell):
            for category, here in self._cells.get(cell, {}).items():
                # A place with thousands of reports must not cost thousands of comparisons: the newest came last.
                newest = islice(reversed(here.values()), COMPARED + 1)
                (alike if category == report.category else others).extend(newest)
        for group in (alike, others):
            group = [other for other in group if other.case_id != report.case_id]
            if len(group) > COMPARED:
                group = nsmallest(COMPARED, group, key=lambda other: abs(report.at - other.at))
            yield from group

    def _mirror(self, report: Report) -> set[str]:
        """Write the new evidence down from the other side, too, and keep no more than twice what is ever shown."""
        touched: set[str] = set()
        for table in (self._links, self._held):
            mine = table.get(report.case_id, {})
            for weak in _ranked(mine.values())[2 * KEPT :]:
                if report.case_id not in table.get(weak.case_id, {}):
                    del mine[weak.case_id]
            for other_id, evidence in list(mine.items()):
                turned = msgspec.structs.replace(evidence, case_id=report.case_id, minutes=-evidence.minutes)
                table.setdefault(other_id, {})[report.case_id] = turned
                touched.add(other_id)
            for case_id in (report.case_id, *list(mine)):
                touched |= self._prune(table, case_id)
        return touched

    def _prune(self, table: dict[str, dict[str, Evidence]], case_id: str) -> set[str]:
        """Let go of the weakest evidence of a case that has too much. Returns the cases that lost it, too."""
        mine = table.get(case_id, {})
        if len(mine) <= 2 * KEPT:
            return set()
        gone = {evidence.case_id for evidence in _ranked(mine.values())[2 * KEPT :]}
        for other in gone:
            del mine[other]
            theirs = table.get(other, {})
            theirs.pop(case_id, None)
            if not theirs:
                table.pop(other, None)
        return gone

    def _unlink(self, table: dict[str, dict[str, Evidence]], case_id: str) -> set[str]:
        others = set(table.pop(case_id, ()))
        for other in others:
            theirs = table.get(other, {})
            theirs.pop(case_id, None)
            if not theirs:
                table.pop(other, None)
        return others

    def _together(self, case_id: str) -> list[str]:
        """The open cases of its cluster, the first received first. The same for each of them."""
        found = self._reached(case_id, LINKED)
        if _reach_m([self.reports[i] for i in found]) > REACH_M:
            found = self._reached(case_id, PROPOSED)
        return sorted(found, key=lambda i: (self.reports[i].at, i))

    def _reached(self, case_id: str, least: float) -> set[str]:
        """Open cases over links of at least that score; a walk that stops at `MOST_IN_CLUSTER`."""
        found, ahead = {case_id}, [case_id]
        while ahead and len(found) < MOST_IN_CLUSTER:
            for other, evidence in self._links.get(ahead.pop(), {}).items():
                if other not in found and evidence.score >= least and self.reports[other].is_open:
                    found.add(other)
                    ahead.append(other)
        return found


def _reach_m(members: list[Report]) -> float:
    lat = sum(report.lat for report in members) / len(members)
    lng = sum(report.lng for report in members) / len(members)
    return max(ground_m(lat, lng, report.lat, report.lng) for report in members)


def _is_same_matter(before: Report, after: Report) -> bool:
    """Whether nothing changed that a comparison looks at."""
    return msgspec.structs.replace(before, is_open=after.is_open, area=after.area) == after


def _ranked(evidence: Iterable[Evidence]) -> list[Evidence]:
    return sorted(evidence, key=lambda e: (-e.score, e.distance_m, e.case_id))


def _cluster(members: list[Report]) -> Cluster:
    areas = Counter(report.area for report in members if report.area)
    return Cluster(
        id=f"C{members[0].case_id}",
        case_ids=tuple(report.case_id for report in members),
        category=Counter(report.category for report in members).most_common(1)[0][0],
        area=areas.most_common(1)[0][0] if areas else "",
        lat=sum(report.lat for report in members) / len(members),
        lng=sum(report.lng for report in members) / len(members),
        since=members[0].at,
        cells=tuple(sorted({report.cell for report in members})),
    )


@lru_cache(maxsize=65_536)
def _disk(cell: str) -> tuple[str, ...]:
    return tuple(h3.grid_disk(cell, RING))
