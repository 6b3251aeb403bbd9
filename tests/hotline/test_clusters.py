"""Clusters: planted ones are always found, ordinary days stay silent, and one caller is not a crowd."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.clusters import Cluster, Report, expected_rate, find_clusters, poisson_tail, share_of_cells
from tests.support.cost import least_cpu_s

NOW = datetime(2026, 1, 30, 9, 40, tzinfo=UTC)
CENTER = h3.latlng_to_cell(39.92, 116.46, 9)
NEXT = sorted(h3.grid_ring(CENTER, 1))
FAR = h3.latlng_to_cell(40.10, 116.10, 9)


def report(n: int, cell: str = CENTER, minutes_ago: float = 5, category: str = "gas_smell", **other: str) -> Report:
    return Report(
        case_id=f"S{n}",
        category=category,
        cell=cell,
        area=other.get("area", "Chaoyang"),
        at=NOW - timedelta(minutes=minutes_ago),
        caller=other.get("caller", ""),
    )


def expecting(expected: float) -> Callable[[str, frozenset[str], int], float]:
    """So many reports in any 19 cells."""
    return lambda category, cells, window_m: expected * len(cells) / 19


FOUR = [report(1, CENTER, 18), report(2, NEXT[0], 12), report(3, NEXT[1], 7), report(4, NEXT[3], 1)]


def test_four_gas_calls_in_neighbouring_cells_are_one_cluster() -> None:
    (cluster,) = find_clusters([*FOUR, report(5, FAR)], NOW, expecting(0.02))
    assert (cluster.category, cluster.area, cluster.n) == ("gas_smell", "Chaoyang", 4)
    assert cluster.since == FOUR[0].at
    assert cluster.case_ids == ("S1", "S2", "S3", "S4")
    assert {r.cell for r in FOUR} < cluster.cells
    assert FAR not in cluster.cells
    assert cluster.expected == pytest.approx(0.02 * len(cluster.cells) / 19)
    assert cluster.chance < 1e-5


def test_two_are_never_a_cluster_and_three_only_where_almost_none_are_expected() -> None:
    assert find_clusters(FOUR[:2], NOW, expecting(1e-9)) == []
    assert len(find_clusters(FOUR[:3], NOW, expecting(0.01))) == 1
    assert find_clusters(FOUR[:3], NOW, expecting(0.5)) == []


def test_a_nuisance_caller_and_a_case_told_twice_count_once() -> None:
    one_caller = [report(n, minutes_ago=n, caller="k-17") for n in range(1, 6)]
    assert find_clusters(one_caller, NOW, expecting(0.001)) == []
    assert find_clusters([report(1, minutes_ago=n) for n in range(1, 6)], NOW, expecting(0.001)) == []
    callers = [report(n, minutes_ago=n, caller=f"k-{n}") for n in range(1, 4)]
    assert len(find_clusters(callers, NOW, expecting(0.001))) == 1


def test_old_unplaced_and_future_reports_and_other_categories_do_not_count() -> None:
    others = [report(9, minutes_ago=31), report(10, cell=""), report(11, minutes_ago=-1), report(12, category="smoke")]
    assert find_clusters(FOUR[:2] + others, NOW, expecting(0.001)) == []


def test_the_area_is_the_one_most_reports_name() -> None:
    reports = [report(1, area="Tongzhou"), report(2), report(3), report(4, area="")]
    assert find_clusters(reports, NOW, expecting(0.001))[0].area == "Chaoyang"


def test_where_nothing_is_known_nothing_is_unusual() -> None:
    assert find_clusters(FOUR, NOW, expecting(expected_rate([], 0.01))) == []


def test_clusters_far_apart_are_two_the_stranger_first() -> None:
    there = [report(n, FAR, area="Mentougou") for n in range(10, 15)]
    clusters = find_clusters([*FOUR, *there], NOW, expecting(0.01))
    assert [(c.area, c.n) for c in clusters] == [("Mentougou", 5), ("Chaoyang", 4)]


def test_the_more_cells_are_looked_at_the_stranger_a_cluster_must_be() -> None:
    """The level is p / m: three where 0.03 are expected stand out among few cells, not among a hundred."""
    spread = [report(100 + n, cell, category="smoke") for n, cell in enumerate(sorted(h3.grid_disk(FAR, 60))[::101])]
    assert len(find_clusters(FOUR[:3], NOW, expecting(0.02))) == 1
    assert find_clusters(FOUR[:3] + spread, NOW, expecting(0.02)) == []


def test_a_known_cluster_stays_until_its_reports_have_left_the_window() -> None:
    known = find_clusters(FOUR, NOW, expecting(0.02))
    later = NOW + timedelta(minutes=19)  # two of four are left: not strange, but known
    assert find_clusters(FOUR, later, expecting(0.02)) == []
    (still,) = find_clusters(FOUR, later, expecting(0.02), known=known)
    assert (still.n, still.since, still.chance) == (2, FOUR[0].at, 1.0)
    assert find_clusters(FOUR, NOW + timedelta(minutes=24), expecting(0.02), known=[still]) == []


def test_a_known_cluster_dissolves_when_as_many_would_be_expected() -> None:
    known = [Cluster(category="gas_smell", cells=frozenset([CENTER, *NEXT]), since=NOW)]
    assert find_clusters(FOUR, NOW, expecting(6), known=known) == []


def test_a_neighbouring_report_joins_a_known_cluster() -> None:
    known = find_clusters(FOUR, NOW, expecting(0.02))
    (grown,) = find_clusters([*FOUR, report(5, NEXT[4], 0)], NOW, expecting(0.02), known=known)
    assert (grown.n, grown.since) == (5, FOUR[0].at)


@given(st.permutations([*FOUR, *(report(n, FAR, n % 7) for n in range(20, 24))]), st.floats(0.0001, 1))
def test_the_order_of_reports_does_not_matter(reports: list[Report], expected: float) -> None:
    assert find_clusters(reports, NOW, expecting(expected)) == find_clusters(
        sorted(reports, key=lambda r: r.case_id), NOW, expecting(expected)
    )


@given(st.lists(st.tuples(st.sampled_from([CENTER, *NEXT, FAR]), st.floats(0, 40)), max_size=20), st.floats(1e-4, 1))
def test_more_expected_never_makes_more_clusters(places: list[tuple[str, float]], expected: float) -> None:
    reports = [report(n, cell, ago) for n, (cell, ago) in enumerate(places)]
    few = find_clusters(reports, NOW, expecting(expected))
    covered = {cell for cluster in few for cell in cluster.cells}
    for cluster in find_clusters(reports, NOW, expecting(2 * expected)):
        assert cluster.cells <= covered


# --- the arithmetic -------------------------------------------------------------------------------------------------


@given(st.integers(0, 30), st.floats(1e-6, 50))
def test_the_tail_and_the_head_of_poisson_sum_to_one(n: int, expected: float) -> None:
    head = sum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(n))
    assert poisson_tail(n, expected) == pytest.approx(1 - head, abs=1e-9)
    assert poisson_tail(n + 1, expected) <= poisson_tail(n, expected) + 1e-12


def test_small_chances_keep_their_digits() -> None:
    assert poisson_tail(4, 0.001) == pytest.approx(1e-12 / 24 * (1 - 0.001 * 4 / 5), rel=1e-5)
    assert (poisson_tail(0, 5), poisson_tail(3, 0), poisson_tail(3, math.inf)) == (1, 0, 1)


def test_the_expected_rate_errs_to_silence_with_few_days() -> None:
    assert expected_rate([4, 6, 5, 5, 6, 4, 5, 5, 4, 6], 0.01) == pytest.approx(0.051)
    assert expected_rate([5], 0.01) == pytest.approx(0.06)
    assert expected_rate([0] * 20, 0.01) > 0
    assert expected_rate([], 0.01) == math.inf


def test_a_share_is_smoothed_and_never_more_than_all() -> None:
    counts = {CENTER: 30, FAR: 70}
    assert share_of_cells(counts, [CENTER], 100, 2) == pytest.approx(30.5 / 101)
    assert share_of_cells(counts, NEXT, 100, 100) == pytest.approx(3 / 150)
    assert share_of_cells({}, NEXT, 0, 0) == 1


@given(st.dictionaries(st.sampled_from([CENTER, *NEXT, FAR]), st.integers(0, 50)))
def test_shares_of_all_cells_sum_to_one(counts: dict[str, int]) -> None:
    cells = [CENTER, *NEXT, FAR]
    shares = [share_of_cells(counts, [cell], sum(counts.values()), len(cells)) for cell in cells]
    assert sum(shares) == pytest.approx(1)


# --- a city of ordinary days ----------------------------------------------------------------------------------------

# Reports of an ordinary day in a city of 70,000 contacts: three times those of the simulated city, to be strict.
PER_DAY = {"gas_smell": 110, "flooding": 220, "smoke": 90, "collapse": 35}
PROFILE = [1, 1, 1, 1, 1, 1, 2, 4, 6, 8, 8, 7, 5, 6, 7, 7, 7, 7, 6, 5, 5, 4, 3, 2]
MIDNIGHT = NOW.replace(hour=0, minute=0)


class Town:
    """Some 10,000 cells around four centres, uneven from street to street, with 24 hours of cases in them.

    The densest neighbourhood holds several times the share that the densest one of the simulated city does.
    """

    def __init__(self, seed: int) -> None:
        self.random = rng = random.Random(seed)
        weights: dict[str, float] = defaultdict(float)
        for ring, weight in ((50, 40), (25, 25), (15, 12), (15, 8)):
            middle = h3.latlng_to_cell(39.9 + rng.uniform(-0.1, 0.1), 116.4 + rng.uniform(-0.12, 0.12), 9)
            for cell in h3.grid_disk(middle, ring):
                near = math.exp(-2 * h3.grid_distance(middle, cell) / ring)
                weights[cell] += weight / ring**2 * near * rng.lognormvariate(0, 0.7)
        self.cells, self.weights = list(weights), list(weights.values())
        self.counts = Counter(rng.choices(self.cells, self.weights, k=70_000))
        self.days = {  # counts per hour of fourteen earlier days
            name: [[self.poisson(n * share / sum(PROFILE)) for _ in range(14)] for share in PROFILE]
            for name, n in PER_DAY.items()
        }

    def poisson(self, mean: float) -> int:
        limit, n, product = math.exp(-mean), 0, self.random.random()
        while product > limit:
            n, product = n + 1, product * self.random.random()
        return n

    def expected_at(self, hour: int) -> Callable[[str, frozenset[str], int], float]:
        def expected(category: str, cells: frozenset[str], window_m: int) -> float:
            share = share_of_cells(self.counts, cells, 70_000, len(self.cells))
            return expected_rate(self.days[category][hour], share) * window_m / 60

        return expected

    def day(self, number: int) -> list[Report]:
        """The grave reports of one ordinary day."""
        reports: list[Report] = []
        for category, n in PER_DAY.items():
            for at, cell in zip(
                self.instants(n), self.random.choices(self.cells, self.weights, k=int(10 * n)), strict=False
            ):
                case_id = f"{category}-{number}-{len(reports)}"
                reports.append(Report(case_id, category, cell, "Chaoyang", at + timedelta(days=number)))
        return sorted(reports, key=lambda r: r.at)

    def instants(self, n: float) -> list[datetime]:
        hours = [h for h, share in enumerate(PROFILE) for _ in range(self.poisson(n * share / sum(PROFILE)))]
        return [MIDNIGHT + timedelta(hours=h, minutes=self.random.uniform(0, 60)) for h in hours]

    def alarms(self, reports: list[Report]) -> list[Cluster]:
        """Every cluster that is new when the engine looks after each report."""
        known: list[Cluster] = []
        alarms = []
        for n, newest in enumerate(reports):
            recent = [r for r in reports[max(0, n - 200) : n + 1] if newest.at - r.at < timedelta(minutes=30)]
            found = find_clusters(recent, newest.at, self.expected_at(newest.at.hour), known=known)
            alarms += [c for c in found if all(c.cells.isdisjoint(k.cells) for k in known)]
            known = found
        return alarms


def test_ordinary_days_stay_silent() -> None:
    """Below 0.2 false alarms a day in twenty seeded days of three times the usual load."""
    town = Town(1)
    alarms = [alarm for day in range(20) for alarm in town.alarms(town.day(day))]
    assert len(alarms) / 20 < 0.2


def test_four_in_twenty_minutes_are_always_found() -> None:
    """Wherever people live, at any hour, among an ordinary day's reports."""
    town = Town(2)
    missed = []
    background = town.day(0)
    for n in range(60):
        (middle,) = town.random.choices(town.cells, town.weights)
        begin = MIDNIGHT + timedelta(hours=town.random.uniform(0, 23.5))
        planted = [
            Report(
                f"P{k}",
                "gas_smell",
                town.random.choice(h3.grid_disk(middle, 1)),
                "Chaoyang",
                begin + timedelta(minutes=town.random.uniform(0, 20)),
            )
            for k in range(4)
        ]
        now = max(r.at for r in planted)
        around = [r for r in background if now - timedelta(minutes=30) < r.at <= now]
        found = find_clusters([*around, *planted], now, town.expected_at(now.hour))
        if not any({r.case_id for r in planted} <= set(c.case_ids) for c in found):
            missed.append((n, middle, begin))
    assert missed == []


def test_hundreds_of_recent_reports_are_searched_in_a_blink() -> None:
    """Called once a second: 400 reports of a storm take some milliseconds; the bound leaves room for a busy machine."""
    town = Town(3)
    cells = town.random.choices(town.cells, town.weights, k=400)
    reports = [report(n, cell, n / 20, "flooding") for n, cell in enumerate(cells)]
    known = find_clusters(reports, NOW, town.expected_at(17), known=[])
    assert least_cpu_s(lambda: find_clusters(reports, NOW, town.expected_at(17), known=known)) < 0.1
