"""The index of recent reports: equal to comparing everything with everything, whatever came, changed and went."""

from __future__ import annotations

import random
from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.similar.index import SimilarIndex
from hotline.similar.score import Report, compare
from streams.sim.scenes import load_scene
from tests.support.similar_pairs import CENTRE, NOON, pairs
from tests.support.similar_pairs import _report as report_of

GAS = "gas_smell"


def gas_calls() -> list[Report]:
    """The reports of the demonstration's scene."""
    return [
        report_of(f"g{n}", r.category, r.lat, r.lng, NOON + timedelta(seconds=r.after_s), r.text, r.language)
        for n, r in enumerate(load_scene("gas").report)
    ]


def crowded(seed: int, n: int) -> list[Report]:
    """Reports of generated pairs, moved into one neighbourhood and day."""
    draw = random.Random(seed)
    found = []
    for number, pair in enumerate(pairs(n // 2, seed)):
        for side, report in (("a", pair.one), ("b", pair.other)):
            lat, lng = CENTRE[0] + draw.uniform(0, 0.006), CENTRE[1] + draw.uniform(0, 0.006)
            at = NOON + timedelta(minutes=draw.randrange(2_000))
            made = report_of(f"{number}{side}", report.category, lat, lng, at, "", "")
            found.append(msgspec.structs.replace(made, words=report.words))
    return found


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_what_the_index_links_is_what_comparing_everything_links(seed: int) -> None:
    reports, index, draw = crowded(seed, 60), SimilarIndex(), random.Random(seed)
    for report in reports:
        index.put(report)
    for report in draw.sample(reports, 20):
        index.drop(report.case_id)
    again = draw.sample(reports, 10)
    for report in again:
        index.put(msgspec.structs.replace(report, category="other"))
    kept = list(index.reports.values())
    for report in kept:
        linked = {
            other.case_id
            for other in kept
            if other is not report and (e := compare(report, other)) is not None and e.is_linked
        }
        assert {e.case_id for e in index.similar(report.case_id)} | index.neighbours(report.case_id) == linked


def test_the_gas_calls_lie_together_and_she_who_smells_nothing_does_not() -> None:
    index = SimilarIndex()
    calls = gas_calls()
    for call in calls:
        index.put(call)
    cluster = index.cluster_of("g0")
    assert cluster is not None
    assert cluster.case_ids == ("g0", "g1", "g2", "g3")
    assert (cluster.category, cluster.since) == (GAS, calls[0].at)
    assert index.clusters() == [cluster]
    assert index.cluster_of("g4") is None
    assert not index.similar("g4")


def test_a_closed_case_leaves_its_cluster_and_stays_in_evidence() -> None:
    index = SimilarIndex()
    for call in gas_calls():
        index.put(call)
    index.put(msgspec.structs.replace(index.reports["g0"], is_open=False))
    assert index.cluster_of("g0") is None
    assert "g0" in {e.case_id for e in index.similar("g2")}
    assert all("g0" not in cluster.case_ids for cluster in index.clusters())


def test_what_is_older_than_the_window_is_forgotten_with_its_links() -> None:
    index = SimilarIndex(timedelta(hours=1))
    calls = gas_calls()
    for call in calls:
        index.put(call)
    touched = index.forget(NOON + timedelta(hours=1, seconds=30))
    assert touched >= {"g0", "g1", "g2"}
    assert set(index.reports) == {"g3", "g4"}
    assert index.clusters() == []


def test_a_case_without_usable_place_is_similar_to_nothing() -> None:
    index = SimilarIndex()
    calls = gas_calls()
    index.put(calls[0])
    index.put(msgspec.structs.replace(calls[1], cell=""))
    assert index.similar("g0") == index.similar("g1") == []
