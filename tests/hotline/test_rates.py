"""The three rates, their intervals, and ranks as ranges: worked examples, and laws that any cases keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.case_steps import Label
from hotline.cases import Case
from hotline.ranking import month_of, rank
from hotline.ranking_rules import RuleSet, Weights, load_rule_sets, rules_for
from hotline.rates import Counts, Rate, counted, rates_of, wilson

NOW = datetime(2026, 4, 20, tzinfo=UTC)
DUE = datetime(2026, 3, 20, tzinfo=UTC)
RULES = load_rule_sets()[-1]


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


def judged(n: int = 1, **fields: Any) -> list[Case]:
    """Cases that went well, but for what is said."""
    sent = DUE - timedelta(days=6)
    well: dict[str, Any] = {
        "grade": "III",
        "area": "A",
        "received_at": DUE - timedelta(days=7),
        "target_at": DUE,
        "owner": "A",
        "dispatched_at": sent,
        "owned_at": sent,
        "first_contacted_at": sent + hours(5),
        "closed_at": DUE - timedelta(days=3),
        "followed_up_at": DUE - timedelta(days=2),
        "contacted": True,
        "resolved": True,
        "satisfied": 5,
    }
    return [Case(case_id=f"c{i}", **(well | fields)) for i in range(n)]


@pytest.mark.parametrize(
    ("n", "of", "low", "high"),
    [
        # Newcombe, R. G. (1998), Statistics in Medicine 17, 857-872, table I, method 3: 95 % score intervals.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals_equal_the_published_ones(n: int, of: int, low: float, high: float) -> None:
    found = wilson(n, of)
    assert found == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 500), st.integers(0, 500), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_intervals_hold_the_share_and_stay_within_0_and_1(n: int, more: int, confidence: float) -> None:
    of = n + more
    low, high = wilson(n, of, confidence)
    assert 0 <= low <= high <= 1
    if of:
        assert low <= n / of <= high
        mirrored = wilson(more, of, confidence)
        assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_a_share_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        wilson(3, 2)


def test_a_worked_example() -> None:
    """40 cases were passed on: 4 callers reached too late, 2 never; 36 closed, 30 followed up, 2 still may be."""
    late = DUE - timedelta(days=6) + hours(30)
    cases = [
        *judged(24),
        *judged(4, first_contacted_at=late, resolved=False, satisfied=2),
        *judged(2, first_contacted_at=None, resolved=None, satisfied=None, contacted=False),
        *judged(4, followed_up_at=None),
        *judged(2, followed_up_at=None, closed_at=NOW - hours(10)),
        *judged(4, closed_at=None, followed_up_at=None),
    ]
    counts = counted(cases, RULES, NOW)
    assert (counts.dispatched, counts.contact_known, counts.contacted_n) == (40, 40, 34)
    assert (counts.closed, counts.followed_up_n, counts.waiting) == (36, 30, 2)
    rates = rates_of(counts, RULES)
    assert rates.response is not None
    assert (rates.response.value, rates.response.n, rates.response.of) == (0.85, 34, 40)
    assert rates.resolution is not None
    assert (rates.resolution.n, rates.resolution.of) == (24, 28)
    assert rates.satisfaction is not None
    assert rates.satisfaction.value == pytest.approx(24 / 28)
    assert (rates.response.low, rates.response.high) == pytest.approx((0.7093, 0.9294), abs=5e-4)


def test_a_body_that_says_it_called_while_the_caller_denies_it_reached_nobody() -> None:
    counts = counted(judged(20, contacted=False, resolved=False, satisfied=1), RULES, NOW)
    assert (counts.contacted_n, counts.contact_known) == (0, 20)


def test_nothing_is_shown_below_twenty_nor_before_callers_were_asked() -> None:
    assert rates_of(counted(judged(19), RULES, NOW), RULES).response is None
    assert rates_of(counted(judged(20), RULES, NOW), RULES).response is not None
    asked_few = [*judged(25), *judged(30, followed_up_at=None)]
    rates = rates_of(counted(asked_few, RULES, NOW), RULES)
    assert rates.response is not None
    assert (rates.resolution, rates.satisfaction) == (None, None)


def test_a_limit_that_has_not_passed_is_held_against_nobody() -> None:
    sent = NOW - hours(20)
    running = judged(30, dispatched_at=sent, owned_at=sent, first_contacted_at=None, closed_at=None)
    counts = counted(running, RULES, NOW)
    assert (counts.dispatched, counts.contact_known) == (30, 0)
    assert counted(running, RULES, NOW + hours(10)).contact_known == 30


def test_another_owners_contact_is_not_his() -> None:
    later = DUE - timedelta(days=4)
    counts = counted(judged(20, owned_at=later, first_contacted_at=None), RULES, NOW)
    assert (counts.contacted_n, counts.contact_known) == (0, 20)


def test_what_is_excluded_is_counted_by_reason() -> None:
    ruled = (Label(flag="unreasonable", until=NOW),)
    cases = [
        *judged(30),
        *judged(3, kind="praise"),
        *judged(2, merged_into="c1"),
        *judged(4, labels=ruled),
        *judged(5, area=""),
        *judged(6, target_at=NOW + hours(1)),
    ]
    found = rank(cases, lambda case: case.area, RULES, NOW)
    assert found.excluded == {"kind": 3, "merged": 2, "label": 4, "no_unit": 5}
    assert (found.total, found.not_due, [row.unit for row in found.rows]) == (50, 6, ["A"])


def test_ranks_are_ranges_and_a_small_town_does_not_lead_by_luck() -> None:
    cases = [
        *judged(400, area="large and good"),
        *judged(20, area="large and good", resolved=False, satisfied=1),
        *judged(12, area="tiny and perfect"),
        *judged(20, area="small and perfect"),
        *judged(200, area="bad", first_contacted_at=None, resolved=False, satisfied=1, contacted=False),
        *judged(10, area="bad"),
    ]
    found = rank(cases, lambda case: case.area, RULES, NOW)
    ranks = {row.unit: row.rank for row in found.rows}
    assert ranks == {"small and perfect": (1, 2), "large and good": (1, 2), "bad": (3, 3), "tiny and perfect": None}
    assert [row.unit for row in found.rows][-1] == "tiny and perfect"
    scores = {row.unit: row.score for row in found.rows if row.score is not None}
    assert all(0 <= s.low <= s.value <= s.high <= 100 for s in scores.values())


def test_months_are_local_and_badly_written_ones_are_refused() -> None:
    since, until, last = month_of("2026-12", ZoneInfo("Asia/Shanghai"))
    assert (since, until) == (datetime(2026, 11, 30, 16, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC))
    assert last == date(2026, 12, 31)
    boston = ZoneInfo("America/New_York")
    since, until, _ = month_of("2011-03", boston)
    assert until - since == timedelta(days=31) - hours(1)
    for text in ("2026-13", "March", "2026-3", "2026-03-01"):
        with pytest.raises(ValueError, match="YYYY-MM"):
            month_of(text, boston)


def test_rule_sets_are_dated_and_bad_ones_are_refused(tmp_path: Path) -> None:
    def written(name: str, dated: str, response: float) -> None:
        text = f'version = "{name}"\ndated = {dated}\n[weights]\nresponse = {response}\nresolution = 0.4\n'
        (tmp_path / f"ranking_{name}.toml").write_text(text + "satisfaction = 0.4\n", encoding="utf-8")

    written("b", "2026-07-01", 0.2)
    written("a", "2026-01-01", 0.2)
    both = load_rule_sets(tmp_path)
    assert [rules.version for rules in both] == ["a", "b"]
    days = (date(2025, 1, 1), date(2026, 6, 30), date(2026, 7, 31))
    assert [rules_for(both, day).version for day in days] == ["a", "a", "b"]
    written("c", "2026-07-01", 0.2)
    with pytest.raises(ValueError, match="is version b already"):
        load_rule_sets(tmp_path)
    written("c", "2026-08-01", 0.3)
    with pytest.raises(ValueError, match=r"are 1\.1 together"):
        load_rule_sets(tmp_path)


@dataclass
class Fate:
    """Drawn cases, and what they are made of."""

    cases: list[Case]


@st.composite
def fates(draw: st.DrawFn) -> Fate:
    cases = []
    for i in range(draw(st.integers(0, 25))):
        at = st.one_of(st.none(), st.integers(-400, 1000).map(lambda h: DUE + hours(h)))
        sent, closed, asked, reached = draw(at), draw(at), draw(at), draw(at)
        cases.append(
            Case(
                case_id=f"c{i}",
                kind=draw(st.sampled_from(["complaint", "enquiry"])),
                grade=draw(st.sampled_from(["I", "III", "", "other"])),
                area=draw(st.sampled_from(["A", "B", ""])),
                received_at=DUE - timedelta(days=8),
                target_at=DUE + hours(draw(st.integers(-300, 900))),
                dispatched_at=sent,
                owned_at=sent,
                first_contacted_at=reached,
                closed_at=closed,
                followed_up_at=asked,
                contacted=draw(st.booleans()),
                resolved=draw(st.sampled_from([None, True, False])),
                satisfied=draw(st.sampled_from([None, 1, 3, 4, 5])),
                merged_into=draw(st.sampled_from(["", "", "", "c0"])),
            )
        )
    return Fate(cases)


def tolerant(least: int) -> RuleSet:
    return RuleSet(
        version="t",
        dated=date(2026, 1, 1),
        weights=Weights(response=0.2, resolution=0.4, satisfaction=0.4),
        least_n=least,
        least_coverage=0,
    )


@settings(max_examples=50, deadline=None)
@given(fates())
def test_rates_lie_within_0_and_1_and_counts_reconcile(fate: Fate) -> None:
    rules = tolerant(1)
    found = rank(fate.cases, lambda case: case.area, rules, NOW)
    in_rows = 0
    for row in found.rows:
        counts = row.counts
        for rate in (row.rates.response, row.rates.resolution, row.rates.satisfaction):
            assert rate is None or 0 <= rate.low <= rate.value <= rate.high <= 1
        assert counts.contacted_n <= counts.contact_known <= counts.dispatched
        assert max(counts.resolved_of, counts.satisfied_of, counts.reached) <= counts.followed_up_n
        assert counts.followed_up_n + counts.waiting <= counts.closed
        mine = [c for c in fate.cases if c.area == row.unit and c.kind == "complaint" and not c.merged_into]
        in_rows += len(mine)
        assert counts.not_due == sum(c.target_at is not None and c.target_at > NOW for c in mine)
    assert in_rows + sum(found.excluded.values()) == found.total == len(fate.cases)
    together = Counts()
    for row in found.rows:
        together.merge(row.counts)
    judged_cases = [case for case in fate.cases if case.area]
    assert together == counted(judged_cases, rules, NOW)


@settings(max_examples=25, deadline=None)
@given(fates(), st.randoms(use_true_random=False))
def test_a_ranking_does_not_depend_on_the_order_of_cases_and_holds_every_rank(fate: Fate, rng: Any) -> None:
    rules = tolerant(1)
    shuffled = list(fate.cases)
    rng.shuffle(shuffled)
    found = rank(fate.cases, lambda case: case.area, rules, NOW)
    assert rank(shuffled, lambda case: case.area, rules, NOW) == found
    scored = [row for row in found.rows if row.rank is not None]
    for place, row in enumerate(scored, start=1):
        assert row.rank is not None
        assert row.rank[0] <= place <= row.rank[1] <= len(scored)


def test_an_interval_is_narrower_the_more_cases_it_rests_on() -> None:
    few, many = wilson(18, 20), wilson(1800, 2000)
    assert few[0] < many[0] < 0.9 < many[1] < few[1]
    assert Rate(value=0.9, n=18, of=20, low=few[0], high=few[1]).low == few[0]
